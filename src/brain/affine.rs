//! From voxel indices to millimetres.

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
}
