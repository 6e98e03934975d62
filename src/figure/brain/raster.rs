//! Pictures of cuts: the template, and what lies on it.

use super::direction::Cut;
use super::layer::{Layer, NOTHING, Sheer, stack};
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

fn draw(cut: Cut, points: [usize; 2], template: &Template, layer: &Layer) -> Pixels {
    raster(cut.direction.size(), points, |place| {
        let mm = cut.mm(place);
        let (colour, cover) = layer.at(mm);
        // Steps that are not seen keep the file small.
        stack(brain(template, mm), (colour, f64::from((32.0 * cover + 0.5) as u8) / 32.0))
    })
}

/// A picture of `size` mm; `colour` gets a point's centre in mm from the upper left corner.
pub(super) fn raster(size: [f64; 2], [columns, rows]: [usize; 2], colour: impl Fn([f64; 2]) -> Sheer + Sync) -> Pixels {
    let mut pixels = Pixels::new(columns, rows);
    let share = |n: usize, of: usize| (n as f64 + 0.5) / of as f64;
    in_pool(|| {
        pixels.data.par_chunks_mut(columns).enumerate().for_each(|(row, points)| {
            let down = share(row, rows) * size[1];
            for (column, point) in points.iter_mut().enumerate() {
                let ([r, g, b], cover) = colour([share(column, columns) * size[0], down]);
                *point = [r, g, b, (255.0 * cover + 0.5) as u8];
            }
        })
    });
    pixels
}

/// The template's grey at a point; it ends smoothly at the brain's surface.
fn brain(template: &Template, mm: [f64; 3]) -> Sheer {
    let (grey, known) = template.grey.at(mm);
    if known <= 0.0 {
        return NOTHING;
    }
    let cover = ((template.cover.at(mm).0 - 0.4) / 0.2).clamp(0.0, 1.0);
    // The template has some fifty levels itself; steps between them are not seen, and make the file larger.
    let level = 4 * (0.25 * (45.0 + 190.0 * grey) + 0.5) as u8;
    ([level; 3], cover)
}

#[cfg(test)]
mod tests {
    use super::super::direction::Direction;
    use super::super::tests::{oblique, path};
    use super::*;
    use crate::figure::look::{ColourRange, Look, Threshold};
    use crate::figure::paint::Paint;
    use crate::figure::volume::Volume;
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
