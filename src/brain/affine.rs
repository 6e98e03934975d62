//! From voxel indices to millimetres.

use std::fmt;

/// A NIfTI affine: three rows of four, mm = A · (i, j, k, 1), RAS+ (x to the right, y to the front, z up).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine(pub [[f64; 4]; 3]);

impl Affine {
    /// Millimetres of a voxel's centre.
    pub fn mm(&self, voxel: [f64; 3]) -> [f64; 3] {
        self.0.map(|row| row[0] * voxel[0] + row[1] * voxel[1] + row[2] * voxel[2] + row[3])
    }

    /// Voxel (fractional) of a point in millimetres; `None` if the affine cannot be inverted.
    pub fn voxel(&self, mm: [f64; 3]) -> Option<[f64; 3]> {
        let m = &self.0;
        let det = self.determinant();
        if !det.is_finite() || det.abs() < 1e-12 {
            return None;
        }
        let d = [mm[0] - m[0][3], mm[1] - m[1][3], mm[2] - m[2][3]];
        let with_column = |c: usize| {
            let mut a = self.0;
            for (row, d) in a.iter_mut().zip(d) {
                row[c] = d;
            }
            Affine(a).determinant() / det
        };
        Some([with_column(0), with_column(1), with_column(2)])
    }

    /// Determinant of the 3 × 3 part; its absolute value is a voxel's volume in mm³.
    pub fn determinant(&self) -> f64 {
        let m = &self.0;
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    }

    /// Lengths of a voxel's three edges in mm.
    pub fn voxel_size(&self) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.0.iter().map(|row| row[axis] * row[axis]).sum::<f64>().sqrt())
    }

    /// Whether voxels have a volume, so that [`Affine::voxel`] has an answer.
    pub fn invertible(&self) -> bool {
        self.0.iter().flatten().all(|v| v.is_finite()) && self.voxel([0.0; 3]).is_some()
    }

    /// How far apart, in mm, the two affines place a corner of a grid at the most.
    pub fn farthest_corner(&self, other: &Affine, shape: [usize; 3]) -> f64 {
        let corners = (0..8).map(|corner| {
            let at = [0, 1, 2].map(|axis| ((corner >> axis & 1) * shape[axis].saturating_sub(1)) as f64);
            let (a, b) = (self.mm(at), other.mm(at));
            (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt()
        });
        corners.fold(0.0, f64::max)
    }
}

/// The rows, as nibabel prints them but in one line.
impl fmt::Display for Affine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |row: &[f64; 4]| row.map(|v| (v * 1e4).round() / 1e4).map(|v| (v + 0.0).to_string()).join(" ");
        write!(f, "[{}; {}; {}]", row(&self.0[0]), row(&self.0[1]), row(&self.0[2]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voxel_is_the_inverse_of_mm_for_an_oblique_flipped_affine() {
        let affine = Affine([[-2.9, 0.4, 0.1, 80.0], [0.3, 3.1, -0.5, -110.0], [0.0, 0.6, 3.4, -60.0]]);
        let back = affine.voxel(affine.mm([3.0, 50.0, 7.25])).unwrap();
        assert!([3.0, 50.0, 7.25].iter().zip(back).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn an_affine_with_a_flat_axis_has_no_inverse() {
        let affine = Affine([[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]);
        assert!(!affine.invertible() && affine.voxel([1.0; 3]).is_none());
    }
}
