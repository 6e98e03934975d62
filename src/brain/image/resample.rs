//! Values of a volume at the voxels of another grid.

use super::spline::{coefficients, cubic_weights, mirrored};
use crate::brain::Affine;
use crate::error::{Error, Result};

/// How a value between voxels follows from those around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// The nearest voxel's value: for labels and masks.
    Nearest,
    /// Between the eight voxels around it, in proportion to nearness.
    Linear,
    /// A cubic spline through all voxels: for data. nilearn's "continuous".
    #[default]
    Cubic,
}

/// Brings volumes of one grid onto another, with the values of nilearn's `resample_img` (scipy's `affine_transform`, 0 outside the volume).
#[derive(Clone, Debug)]
pub(in crate::brain) struct Resampler {
    from: [usize; 3],
    to: [usize; 3],
    interpolation: Interpolation,
    /// Voxel of the target → place in the source.
    matrix: [[f64; 3]; 3],
    offset: [f64; 3],
}

/// A place between voxels along one axis: the voxels around it and their weights.
#[derive(Clone, Copy)]
struct Taps {
    voxels: [usize; 4],
    weights: [f64; 4],
}

impl Resampler {
    /// From a grid onto another.
    ///
    /// # Errors
    /// If an affine cannot be inverted.
    pub(in crate::brain) fn new(
        (from, from_affine): ([usize; 3], &Affine),
        (to, to_affine): ([usize; 3], &Affine),
        interpolation: Interpolation,
    ) -> Result<Resampler> {
        let flat = |affine: &Affine| {
            Error::value(format!("the affine {affine} cannot be inverted"), "take the affine of an image")
        };
        let place = |voxel: [f64; 3]| from_affine.voxel(to_affine.mm(voxel)).ok_or_else(|| flat(from_affine));
        let offset = place([0.0; 3])?;
        let steps = [place([1.0, 0.0, 0.0])?, place([0.0, 1.0, 0.0])?, place([0.0, 0.0, 1.0])?];
        // What is a whole number but for rounding is one: a place on a voxel must not fall outside by 1e-16.
        let neat = |v: f64| if (v - v.round()).abs() < 1e-9 { v.round() } else { v };
        let matrix = [0, 1, 2].map(|row| [0, 1, 2].map(|column| neat(steps[column][row] - offset[row])));
        Ok(Resampler { from, to, interpolation, matrix, offset: offset.map(neat) })
    }

    /// A volume's values on the target grid.
    pub(in crate::brain) fn resample(&self, volume: &[f32]) -> Vec<f32> {
        let source = match self.interpolation {
            Interpolation::Cubic => coefficients(volume, self.from),
            _ => volume.iter().map(|v| f64::from(*v)).collect(),
        };
        let straight = (0..3).all(|row| (0..3).all(|column| row == column || self.matrix[row][column] == 0.0));
        if straight { self.axis_by_axis(&source) } else { self.place_by_place(&source) }
    }

    /// The axes of both grids are parallel: three passes along one axis each.
    fn axis_by_axis(&self, source: &[f64]) -> Vec<f32> {
        let taps: [Vec<Option<Taps>>; 3] = [0, 1, 2].map(|axis| {
            let place = |n: usize| self.offset[axis] + self.matrix[axis][axis] * n as f64;
            (0..self.to[axis]).map(|n| self.taps(place(n), self.from[axis])).collect()
        });
        let [nx, ny, nz] = self.from;
        let [tx, ty, tz] = self.to;
        let mut rows = vec![0.0; tx * ny * nz];
        for (to, from) in rows.chunks_exact_mut(tx.max(1)).zip(source.chunks_exact(nx.max(1))) {
            for (to, taps) in to.iter_mut().zip(&taps[0]) {
                if let Some(taps) = taps {
                    *to = taps.voxels.iter().zip(taps.weights).map(|(v, w)| w * from[*v]).sum();
                }
            }
        }
        let mut planes = vec![0.0; tx * ty * nz];
        for (to, from) in planes.chunks_exact_mut((tx * ty).max(1)).zip(rows.chunks_exact((tx * ny).max(1))) {
            weighted_rows(to, from, tx, &taps[1]);
        }
        let mut whole = vec![0.0; tx * ty * tz];
        weighted_rows(&mut whole, &planes, tx * ty, &taps[2]);
        whole.into_iter().map(|v| v as f32).collect()
    }

    /// Any other affine.
    fn place_by_place(&self, source: &[f64]) -> Vec<f32> {
        let [nx, ny, _] = self.from;
        let [tx, ty, tz] = self.to;
        let mut values = vec![0.0; tx * ty * tz];
        for (n, value) in values.iter_mut().enumerate() {
            let voxel = [n % tx, n / tx % ty, n / (tx * ty)].map(|i| i as f64);
            let place = |axis: usize| {
                let row = self.matrix[axis];
                self.offset[axis] + row[0] * voxel[0] + row[1] * voxel[1] + row[2] * voxel[2]
            };
            let [x, y, z] = [0, 1, 2].map(|axis| self.taps(place(axis), self.from[axis]));
            let (Some(x), Some(y), Some(z)) = (x, y, z) else { continue };
            let mut sum = 0.0;
            for (vz, wz) in z.voxels.iter().zip(z.weights).filter(|(_, w)| *w != 0.0) {
                for (vy, wy) in y.voxels.iter().zip(y.weights).filter(|(_, w)| *w != 0.0) {
                    let row = &source[nx * (vy + ny * vz)..][..nx];
                    let along: f64 = x.voxels.iter().zip(x.weights).map(|(vx, wx)| wx * row[*vx]).sum();
                    sum += wz * wy * along;
                }
            }
            *value = sum as f32;
        }
        values
    }

    /// `None` outside the volume, whose first and last voxels' centres are its borders.
    fn taps(&self, place: f64, n: usize) -> Option<Taps> {
        if !(place >= 0.0 && place <= (n - 1) as f64) {
            return None;
        }
        let below = place.floor();
        let t = place - below;
        let at = |shift: isize| mirrored(below as isize + shift, n);
        Some(match self.interpolation {
            Interpolation::Nearest => {
                Taps { voxels: [mirrored((place + 0.5).floor() as isize, n), 0, 0, 0], weights: [1.0, 0.0, 0.0, 0.0] }
            }
            Interpolation::Linear => Taps { voxels: [at(0), at(1), 0, 0], weights: [1.0 - t, t, 0.0, 0.0] },
            Interpolation::Cubic => Taps { voxels: [at(-1), at(0), at(1), at(2)], weights: cubic_weights(t) },
        })
    }
}

/// Rows of `width` values as weighted sums of rows.
fn weighted_rows(to: &mut [f64], from: &[f64], width: usize, taps: &[Option<Taps>]) {
    for (to, taps) in to.chunks_exact_mut(width.max(1)).zip(taps) {
        let Some(taps) = taps else { continue };
        for (voxel, weight) in taps.voxels.iter().zip(taps.weights).filter(|(_, w)| *w != 0.0) {
            let row = &from[voxel * width..][..width];
            to.iter_mut().zip(row).for_each(|(to, v)| *to += weight * v);
        }
    }
}
