//! A value anywhere between voxels.

mod labels;
mod row;

pub(crate) use labels::Labels;
pub(crate) use row::Line;

use super::{Affine, BrainMap};
use crate::error::{Error, Result};

/// From millimetres to voxels, as a linear map: v = origin + x · step₀ + y · step₁ + z · step₂.
#[derive(Clone, Copy)]
struct Inverse {
    origin: [f64; 3],
    step: [[f64; 3]; 3],
}

impl Inverse {
    fn new(affine: &Affine) -> Result<Inverse> {
        let broken = || {
            Error::value(
                format!("the affine {:?} cannot be inverted", affine.0),
                "look at the image's header: srow_x, srow_y and srow_z must span the space",
            )
        };
        let origin = affine.voxel([0.0; 3]).ok_or_else(broken)?;
        let mut step = [[0.0; 3]; 3];
        for (axis, step) in step.iter_mut().enumerate() {
            let mut mm = [0.0; 3];
            mm[axis] = 1.0;
            let moved = affine.voxel(mm).ok_or_else(broken)?;
            *step = std::array::from_fn(|c| moved[c] - origin[c]);
        }
        Ok(Inverse { origin, step })
    }

    fn voxel(&self, mm: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|c| {
            self.origin[c] + mm[0] * self.step[0][c] + mm[1] * self.step[1][c] + mm[2] * self.step[2][c]
        })
    }
}

/// The eight voxels around a point with their weights in linear interpolation.
fn corners(shape: [usize; 3], voxel: [f64; 3], mut visit: impl FnMut(usize, f64)) {
    // Along each axis the voxel below and the one above; a weight of 0 for one beyond the grid.
    let mut near = [[(0, 0.0); 2]; 3];
    let mut stride = 1;
    for axis in 0..3 {
        let base = below(voxel[axis]);
        let share = voxel[axis] - base;
        if !(base >= -1.0 && base < shape[axis] as f64) {
            return;
        }
        let below = base as isize;
        if below >= 0 {
            near[axis][0] = (stride * below as usize, 1.0 - share);
        }
        if below + 1 < shape[axis] as isize {
            near[axis][1] = (stride * (below + 1) as usize, share);
        }
        stride *= shape[axis];
    }
    for (z, wz) in near[2] {
        for (y, wy) in near[1] {
            for (x, wx) in near[0] {
                let weight = wx * wy * wz;
                if weight > 0.0 {
                    visit(x + y + z, weight);
                }
            }
        }
    }
}

/// Values on a grid, NaN where there is none, read between the voxels by linear interpolation.
#[derive(Clone)]
pub(crate) struct Volume {
    shape: [usize; 3],
    affine: Affine,
    inverse: Inverse,
    values: Vec<f32>,
}

impl Volume {
    /// `values` in NIfTI's order (the first axis runs fastest).
    pub fn new(shape: [usize; 3], affine: &Affine, values: Vec<f32>) -> Result<Volume> {
        Ok(Volume { shape, affine: *affine, inverse: Inverse::new(affine)?, values })
    }

    /// A map on its mask's grid; voxels outside the mask or without a finite value are empty.
    pub fn of_map(map: &BrainMap) -> Result<Volume> {
        let mask = map.mask();
        let mut values = vec![f32::NAN; mask.shape().iter().product()];
        for (flat, value) in mask.voxels().iter().zip(map.values()) {
            if value.is_finite() {
                values[*flat as usize] = *value;
            }
        }
        Volume::new(mask.shape(), mask.affine(), values)
    }

    /// Voxels along each axis of the grid.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// From voxels to millimetres.
    pub fn affine(&self) -> &Affine {
        &self.affine
    }

    /// Whether the voxels of another grid lie on this one's, as far as both reach and it goes on.
    pub fn same_lattice(&self, affine: &Affine) -> bool {
        let near = |v: f64| (v - v.round()).abs() < 0.01;
        let at = self.inverse.voxel(affine.mm([0.0; 3]));
        let step = |axis: usize| {
            let mut voxel = [0.0; 3];
            voxel[axis] = 1.0;
            let moved = self.inverse.voxel(affine.mm(voxel));
            let step: [f64; 3] = std::array::from_fn(|c| moved[c] - at[c]);
            step.iter().all(|v| near(*v)) && (step.iter().map(|v| v.abs()).sum::<f64>() - 1.0).abs() < 0.01
        };
        at.iter().all(|v| near(*v)) && (0..3).all(step)
    }

    /// The value at a point in millimetres and how much of it is known: the weighted mean of those of the eight voxels
    /// around that have a value, and the sum of their weights (0 to 1).
    pub fn at(&self, mm: [f64; 3]) -> (f64, f64) {
        let voxel = self.inverse.voxel(mm);
        if let Some((flat, share)) = inner(self.shape, voxel) {
            let (around, mean) = self.between(flat, share);
            if !mean.is_nan() {
                return (mean, 1.0);
            }
            if around.iter().all(|v| v.is_nan()) {
                return (0.0, 0.0);
            }
        }
        let (mut sum, mut known) = (0.0, 0.0);
        corners(self.shape, voxel, |flat, weight| {
            let value = self.values[flat];
            if !value.is_nan() {
                sum += weight * f64::from(value);
                known += weight;
            }
        });
        if known > 0.0 { (sum / known, known) } else { (0.0, 0.0) }
    }

    /// The eight voxels from number `flat` on, and the value between them: NaN if one of them is.
    fn between(&self, flat: usize, [x, y, z]: [f64; 3]) -> ([f32; 8], f64) {
        let (row, plane) = (self.shape[0], self.shape[0] * self.shape[1]);
        let steps = [0, 1, row, row + 1, plane, plane + 1, plane + row, plane + row + 1];
        let around = steps.map(|step| self.values[flat + step]);
        let mix = |a: f64, b: f64, share: f64| a + share * (b - a);
        let along = |n: usize| mix(f64::from(around[n]), f64::from(around[n + 1]), x);
        (around, mix(mix(along(0), along(2), y), mix(along(4), along(6), y), z))
    }
}

/// The greatest whole number that is not above a value; `f64::floor` is a call where the processor's own is not assumed.
fn below(value: f64) -> f64 {
    let whole = value as i64 as f64;
    if whole > value { whole - 1.0 } else { whole }
}

/// The first of the eight voxels around a place, and how far it lies from there to the last, if all eight are in the grid.
fn inner(shape: [usize; 3], voxel: [f64; 3]) -> Option<(usize, [f64; 3])> {
    let (mut flat, mut stride, mut share) = (0, 1, [0.0; 3]);
    for axis in 0..3 {
        let base = below(voxel[axis]);
        if !(base >= 0.0 && base + 1.0 < shape[axis] as f64) {
            return None;
        }
        share[axis] = voxel[axis] - base;
        flat += stride * base as usize;
        stride *= shape[axis];
    }
    Some((flat, share))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(affine: Affine) -> Volume {
        // value = i + 10 j + 100 k on 4 × 4 × 4.
        let values = (0..64).map(|n| (n % 4 + 10 * (n / 4 % 4) + 100 * (n / 16)) as f32).collect();
        Volume::new([4, 4, 4], &affine, values).unwrap()
    }

    #[test]
    fn a_linear_field_is_read_exactly_between_voxels_whatever_the_affine() {
        let plain = Affine([[4.0, 0.0, 0.0, -8.0], [0.0, 4.0, 0.0, -8.0], [0.0, 0.0, 4.0, -8.0]]);
        let flipped = Affine([[-4.0, 0.0, 0.0, 8.0], [0.0, 4.0, 0.0, -8.0], [0.0, 0.0, 4.0, -8.0]]);
        for affine in [plain, flipped] {
            let mm = affine.mm([1.25, 2.5, 0.75]);
            let (value, known) = grid(affine).at(mm);
            assert!((value - (1.25 + 25.0 + 75.0)).abs() < 1e-4, "{value}");
            assert!((known - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn outside_the_grid_nothing_is_known() {
        let affine = Affine([[4.0, 0.0, 0.0, -8.0], [0.0, 4.0, 0.0, -8.0], [0.0, 0.0, 4.0, -8.0]]);
        assert_eq!(grid(affine).at([100.0, 0.0, 0.0]).1, 0.0);
    }

    #[test]
    fn an_affine_that_spans_no_space_is_an_error() {
        let flat = Affine([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]);
        assert!(Volume::new([1, 1, 1], &flat, vec![0.0]).is_err());
    }

    #[test]
    fn values_between_voxels_are_those_of_scipy_for_an_oblique_affine() {
        let path = |name: &str| format!("{}/tests/reference/figure/{name}.npy", env!("CARGO_MANIFEST_DIR"));
        let volume: ndarray::Array3<f32> = ndarray_npy::read_npy(path("volume")).unwrap();
        let rows: ndarray::Array2<f64> = ndarray_npy::read_npy(path("affine")).unwrap();
        let points: ndarray::Array2<f64> = ndarray_npy::read_npy(path("points")).unwrap();
        let values: ndarray::Array1<f64> = ndarray_npy::read_npy(path("values")).unwrap();
        let affine = Affine(std::array::from_fn(|r| std::array::from_fn(|c| rows[[r, c]])));
        // Reversing the axes gives the order in which the first axis runs fastest.
        let fastest_first = volume.t().iter().copied().collect();
        let volume = Volume::new([5, 6, 7], &affine, fastest_first).unwrap();
        for (point, expected) in points.rows().into_iter().zip(&values) {
            let (value, known) = volume.at([point[0], point[1], point[2]]);
            assert!((value - expected).abs() < 1e-5 && known > 0.999, "{point}: {value} against {expected}");
        }
    }
}
