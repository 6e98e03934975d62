//! Pictures of cuts: the template, and what lies on it.

use super::direction::Cut;
use super::layer::{Layer, NOTHING, Row, Sheer, stack};
use super::pane::Pane;
use crate::error::Result;
use crate::figure::sheet::Pixels;
use crate::figure::template::{Template, template};
use crate::linalg::in_pool;
use rayon::prelude::*;

/// The picture of a cut that stands in `pane`.
pub(super) fn picture(cut: Cut, pane: &Pane, layer: &Layer) -> Result<Pixels> {
    crate::notebook::check_cancelled("drawing slices")?;
    Ok(draw(cut, pane.points(), template()?, layer))
}

fn draw(cut: Cut, [columns, rows]: [usize; 2], template: &Template, layer: &Layer) -> Pixels {
    let mut pixels = Pixels::new(columns, rows);
    let [wide, high] = cut.direction.size();
    let [wide, high] = [wide / columns as f64, high / rows as f64];
    let mut step = [0.0; 3];
    step[cut.direction.across()[0]] = wide;
    let room = || (Row::default(), Row::default(), Row::default(), vec![NOTHING; columns]);
    in_pool(|| {
        let lines = pixels.data.par_chunks_mut(columns).enumerate();
        lines.for_each_init(room, |(grey, cover, values, above), (row, points)| {
            let from = cut.mm([0.5 * wide, (row as f64 + 0.5) * high]);
            layer.along(from, step, values, above);
            let grey = grey.read(&template.grey, from, step, columns);
            let cover = cover.read(&template.cover, from, step, columns);
            for (n, point) in points.iter_mut().enumerate() {
                let (colour, covers) = above[n];
                // Steps that are not seen keep the file small.
                let covers = f64::from((32.0 * covers + 0.5) as u8) / 32.0;
                let ([r, g, b], covers) = stack(brain(grey[n], cover[n].0), (colour, covers));
                *point = [r, g, b, (255.0 * covers + 0.5) as u8];
            }
        })
    });
    pixels
}

/// The template's grey where so much of it is known; it ends smoothly at the brain's surface.
fn brain((grey, known): (f64, f64), cover: f64) -> Sheer {
    if known <= 0.0 {
        return NOTHING;
    }
    let cover = ((cover - 0.4) / 0.2).clamp(0.0, 1.0);
    // The template has some fifty levels itself; steps between them are not seen, and make the file larger.
    let level = 4 * (0.25 * (45.0 + 190.0 * grey) + 0.5) as u8;
    ([level; 3], cover)
}

#[cfg(test)]
mod tests {
    use super::super::direction::Direction;
    use super::super::tests::{oblique, path};
    use super::*;
    use crate::brain::Volume;
    use crate::figure::look::{ColourRange, Look, Threshold};
    use crate::figure::paint::Paint;
    use ndarray::{Array1, Array2};

    #[test]
    fn each_point_of_a_cut_has_the_scales_colour_of_the_value_that_scipy_finds_there() {
        let map = oblique();
        let look = Look::default().threshold(Threshold::Both(0.0)).range(ColourRange::Symmetric(3.0));
        let paint = Paint::new(std::slice::from_ref(&map), &look).unwrap();
        let layer = Layer::Values { volume: Volume::of_map(&map).unwrap(), paint: paint.clone() };
        let at: Array1<f64> = ndarray_npy::read_npy(path("cut_positions")).unwrap();
        for (direction, at) in [Direction::Sagittal, Direction::Coronal, Direction::Axial].into_iter().zip(at) {
            let values: Array2<f64> = ndarray_npy::read_npy(path(&format!("cut_{}", direction.name()))).unwrap();
            let points = [values.ncols(), values.nrows()];
            let pixels = draw(Cut { direction, at }, points, template().unwrap(), &layer);
            for ((row, column), value) in values.indexed_iter() {
                let [r, g, b, cover] = pixels.data[row * pixels.columns + column];
                assert_eq!(cover, 255);
                let off = paint.scale(*value).iter().zip([r, g, b]).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                assert!(off <= 1, "{direction:?} row {row}, column {column}: {value}, {:?}", [r, g, b]);
            }
        }
    }
}
