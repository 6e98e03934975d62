//! The greatest values along lines of sight: maximum-intensity projections that keep the sign.

use super::direction::FIELD;
use super::space::aligned;
use super::view::View;
use crate::brain::Volume;
use crate::linalg::in_pool;
use rayon::prelude::*;

/// Places in equal steps along one axis, in mm.
#[derive(Clone, Copy, Debug)]
struct Places {
    first: f64,
    step: f64,
    count: usize,
}

impl Places {
    fn mm(&self, n: usize) -> f64 {
        self.first + self.step * n as f64
    }

    /// The place below a position, and the share of the way to the next.
    fn below(&self, mm: f64) -> (isize, f64) {
        let at = (mm - self.first) / self.step;
        (at.floor() as isize, at - at.floor())
    }
}

/// A map's values at the places of a lattice along x, y and z; NaN where there is none.
pub(super) struct Sampled {
    places: [Places; 3],
    values: Vec<f32>,
}

/// A grid whose voxels are smaller than this (mm) is looked at in steps of 1 mm.
const FINEST: f64 = 0.65;

impl Sampled {
    /// The map's own voxels where its axes are those of the space; otherwise values between voxels, in steps of half a voxel's shortest edge.
    pub fn of(volume: &Volume) -> Sampled {
        let places = [0, 1, 2].map(|axis| places(volume, axis));
        let [nx, ny, nz] = places.map(|p| p.count);
        let mut values = vec![f32::NAN; nx * ny * nz];
        if nx * ny > 0 {
            in_pool(|| {
                values.par_chunks_mut(nx * ny).enumerate().for_each(|(k, plane)| {
                    for (n, value) in plane.iter_mut().enumerate() {
                        let mm = [places[0].mm(n % nx), places[1].mm(n / nx), places[2].mm(k)];
                        if let (found, known) = volume.at(mm)
                            && known >= 0.5
                        {
                            *value = found as f32;
                        }
                    }
                })
            });
        }
        Sampled { places, values }
    }
}

/// The lattice along one axis of the space, inside the field and one step around it.
fn places(volume: &Volume, axis: usize) -> Places {
    let rows = &volume.affine().0;
    let shape = volume.shape();
    let steps = &rows[axis][..3];
    let largest = steps.iter().fold(0.0, |largest: f64, v| largest.max(v.abs()));
    let along: Vec<usize> = (0..3).filter(|n| steps[*n].abs() > 1e-4 * largest).collect();
    let edges = volume.affine().voxel_size();
    let shortest = edges.into_iter().fold(f64::INFINITY, f64::min);
    let (low, high, step) = match along[..] {
        [own] if aligned(volume.affine()) && shortest >= FINEST => {
            let ends = [rows[axis][3], rows[axis][3] + steps[own] * (shape[own].max(1) - 1) as f64];
            (ends[0].min(ends[1]), ends[0].max(ends[1]), steps[own].abs())
        }
        _ => {
            let reach = |sign: f64| -> f64 {
                let far = (0..3).map(|n| (sign * steps[n] * (shape[n].max(1) - 1) as f64).max(0.0)).sum::<f64>();
                rows[axis][3] + sign * far
            };
            let step = if shortest < FINEST { 1.0 } else { (0.5 * shortest).max(FINEST) };
            (reach(-1.0), reach(1.0), step)
        }
    };
    // The first place that lies inside the field, or one step before it.
    let first = low + step * ((FIELD[axis][0] - low) / step).floor().max(0.0);
    let last = high.min(FIELD[axis][1] + step);
    let count = if last >= first { ((last - first) / step + 1e-6).floor() as usize + 1 } else { 0 };
    Places { first, step, count }
}

/// The greatest value above 0 and the greatest size of one below along each line of sight.
pub(super) struct Projection {
    across: Places,
    up: Places,
    /// Up × across: above 0, below 0, and whether there is a value at all.
    cells: Vec<[f32; 3]>,
}

impl Projection {
    pub fn of(sampled: &Sampled, view: View) -> Projection {
        let direction = view.direction();
        let [across, up] = direction.across();
        let places = &sampled.places;
        let (width, height) = (places[across].count, places[up].count);
        let mut cells = vec![[0.0f32; 3]; width * height];
        let [nx, ny, _] = places.map(|p| p.count);
        let seen: Vec<bool> = {
            let along = places[direction.axis()];
            (0..along.count).map(|n| view.sees(along.mm(n))).collect()
        };
        for (flat, value) in sampled.values.iter().enumerate() {
            let at = [flat % nx, flat / nx % ny, flat / (nx * ny)];
            if value.is_nan() || !seen[at[direction.axis()]] {
                continue;
            }
            let cell = &mut cells[at[up] * width + at[across]];
            *cell = [cell[0].max(*value), cell[1].max(-value), 1.0];
        }
        Projection { across: places[across], up: places[up], cells }
    }

    /// The two greatest values at a place of the plane, in mm, between the lines of sight in proportion: one at or above 0,
    /// one at or below; nothing where most of what is around has no value.
    pub fn at(&self, [across, up]: [f64; 2]) -> Option<[f64; 2]> {
        let ((column, right), (row, above)) = (self.across.below(across), self.up.below(up));
        let mut sum = [0.0; 3];
        for (dr, wr) in [(0, 1.0 - above), (1, above)] {
            for (dc, wc) in [(0, 1.0 - right), (1, right)] {
                let (r, c) = (row + dr, column + dc);
                if r < 0 || c < 0 || r as usize >= self.up.count || c as usize >= self.across.count {
                    continue;
                }
                let cell = self.cells[r as usize * self.across.count + c as usize];
                sum.iter_mut().zip(cell).for_each(|(sum, v)| *sum += wr * wc * f64::from(v));
            }
        }
        // What lies on both sides of the map's border is told from what is known of it.
        (sum[2] >= 0.5).then(|| [sum[0] / sum[2], -sum[1] / sum[2]])
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{oblique, path};
    use super::super::view::VIEWS;
    use super::*;
    use crate::brain::{Affine, BrainMap, Mask};
    use ndarray::Array2;

    #[test]
    fn projections_of_a_flipped_grid_are_numpys_maxima_along_its_axes() {
        // Voxel (i, j, k) of a 2 × 2.5 × 3 mm grid whose first axis runs from right to left.
        let affine = Affine([[-2.0, 0.0, 0.0, 31.0], [0.0, 2.5, 0.0, -30.0], [0.0, 0.0, 3.0, -20.0]]);
        let shape = [32, 20, 15];
        let values: ndarray::Array3<f32> = ndarray_npy::read_npy(path("glass")).unwrap();
        let mask = Mask::new(shape, affine, &vec![true; 32 * 20 * 15]).unwrap();
        let map = BrainMap::new(values.t().iter().copied().collect(), &mask, "made", "z").unwrap();
        let sampled = Sampled::of(&Volume::of_map(&map).unwrap());
        for view in VIEWS {
            let projection = Projection::of(&sampled, view);
            let name = ["left", "behind", "right", "above"][VIEWS.iter().position(|v| *v == view).unwrap()];
            // Up × across, in rising mm.
            let [high, low]: [Array2<f32>; 2] =
                ["high", "low"].map(|end| ndarray_npy::read_npy(path(&format!("glass_{name}_{end}"))).unwrap());
            assert_eq!(high.dim(), (projection.up.count, projection.across.count), "{view:?}");
            for ((row, column), high) in high.indexed_iter() {
                let at = [projection.across.mm(column), projection.up.mm(row)];
                let [found_high, found_low] = projection.at(at).unwrap();
                assert!((found_high - f64::from(high.max(0.0))).abs() < 1e-5, "{view:?} {at:?}: {found_high} {high}");
                let low = low[[row, column]].min(0.0);
                assert!((found_low - f64::from(low)).abs() < 1e-5, "{view:?} {at:?}: {found_low} {low}");
            }
        }
    }

    #[test]
    fn an_oblique_map_projects_nearly_its_greatest_values() {
        let map = oblique();
        let sampled = Sampled::of(&Volume::of_map(&map).unwrap());
        let found: Array2<f64> = ndarray_npy::read_npy(path("oblique_above")).unwrap();
        let projection = Projection::of(&sampled, View::Above);
        // From scipy: rays along z in steps of 0.1 mm, one every 6 mm; ours look every 1.3 mm and average their neighbours.
        let mut off = Vec::new();
        for ray in found.rows() {
            let [high, _] = projection.at([ray[0], ray[1]]).unwrap();
            off.push((high - ray[2].max(0.0)).abs());
        }
        off.sort_by(f64::total_cmp);
        let (median, worst) = (off[off.len() / 2], off[off.len() - 1]);
        assert!(median < 0.06 && worst < 0.25, "{median} {worst}");
    }

    #[test]
    fn a_map_beside_the_field_projects_nothing() {
        let affine = Affine([[2.0, 0.0, 0.0, 900.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]]);
        let mask = Mask::new([4, 4, 4], affine, &[true; 64]).unwrap();
        let map = BrainMap::new(vec![1.0; 64], &mask, "far", "z").unwrap();
        let sampled = Sampled::of(&Volume::of_map(&map).unwrap());
        assert!(Projection::of(&sampled, View::Above).at([0.0, 0.0]).is_none());
    }
}
