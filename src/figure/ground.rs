//! What a text stands on: the page, a coloured block, or a point of a picture.

use super::font;
use super::sheet::{Anchor, Ink, Shape};

/// What lies below the middle of the text that is shape `n` of the list.
pub(super) fn ground(shapes: &[Shape], n: usize) -> Ink {
    let Some(Shape::Words { at: [x, y], text }) = shapes.get(n) else { return Ink::Paper };
    let along = font::width(&text.text, text.size, text.bold)
        * match text.anchor {
            Anchor::Start => 0.5,
            Anchor::Middle => 0.0,
            Anchor::End => -0.5,
        };
    let up = 0.3 * text.size;
    let point = if text.upward { [x - up, y - along] } else { [x + along, y - up] };
    shapes[..n].iter().rev().find_map(|shape| under(shape, point)).unwrap_or(Ink::Paper)
}

/// The colour of a shape at a point, if it covers it.
fn under(shape: &Shape, [x, y]: [f64; 2]) -> Option<Ink> {
    let inside = |[left, top]: [f64; 2], [w, h]: [f64; 2]| x >= left && x < left + w && y >= top && y < top + h;
    match shape {
        Shape::Block { corner, size, colour } if inside(*corner, *size) => Some(*colour),
        Shape::Disc { centre, radius, colour } if (x - centre[0]).hypot(y - centre[1]) < *radius => Some(*colour),
        Shape::Polygon { corners, colour } => {
            // A ray to the right crosses the sides of a polygon that holds the point an odd number of times.
            let sides = corners.iter().zip(corners.iter().cycle().skip(1));
            let crossed = sides
                .filter(|(a, b)| (a[1] > y) != (b[1] > y) && x < a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]));
            (crossed.count() % 2 == 1).then_some(*colour)
        }
        Shape::Picture { corner, size, pixels, .. } if inside(*corner, *size) => {
            let place = |at: f64, from: f64, length: f64, count: usize| {
                (((at - from) / length * count as f64) as usize).min(count - 1)
            };
            let row = place(y, corner[1], size[1], pixels.rows);
            let [r, g, b, cover] = pixels.data[row * pixels.columns + place(x, corner[0], size[0], pixels.columns)];
            (cover >= 128).then_some(Ink::Own([r, g, b]))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::{Pixels, Sheet, Text};
    use super::*;

    #[test]
    fn a_text_stands_on_what_was_drawn_last_below_its_middle() {
        let mut sheet = Sheet::new(100.0, 100.0);
        sheet.block([0.0, 0.0], [40.0, 40.0], [1, 2, 3]);
        sheet.polygon(vec![[50.0, 50.0], [90.0, 50.0], [90.0, 90.0]], [4, 5, 6]);
        let mut pixels = Pixels::new(2, 1);
        pixels.set(1, 0, [7, 8, 9]);
        sheet.picture([0.0, 50.0], [40.0, 40.0], pixels, false);
        let mut on = |at: [f64; 2]| {
            sheet.centred(at, Text::new("i", 8.0).anchor(Anchor::Middle));
            ground(&sheet.shapes, sheet.shapes.len() - 1)
        };
        assert_eq!(on([20.0, 20.0]), Ink::Own([1, 2, 3]));
        assert_eq!(on([60.0, 20.0]), Ink::Paper);
        assert_eq!(on([80.0, 60.0]), Ink::Own([4, 5, 6]));
        assert_eq!(on([60.0, 80.0]), Ink::Paper);
        assert_eq!((on([10.0, 70.0]), on([30.0, 70.0])), (Ink::Paper, Ink::Own([7, 8, 9])));
    }
}
