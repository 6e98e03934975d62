//! Where a NIfTI header places its voxels: sform, qform, and what happens when they disagree.

use crate::brain::Affine;
use crate::error::{Error, Result};
use nifti::NiftiHeader;
use std::path::Path;

/// The image's affine: the sform if its code is set, else the qform, as in nibabel and nilearn.
///
/// Both forms may be set with different codes: they then mean two spaces, and the sform's is taken. With the same
/// code both speak of one space, so a disagreement of more than half a voxel is an error.
pub(super) fn affine(header: &NiftiHeader, shape: [usize; 3], path: &Path) -> Result<Affine> {
    let sform = (header.sform_code > 0).then(|| sform(header));
    let qform = match header.qform_code > 0 {
        true => Some(qform(header, path)?),
        false => None,
    };
    if let (Some(s), Some(q)) = (sform, qform)
        && header.sform_code == header.qform_code
        && s.invertible()
        && q.invertible()
    {
        let apart = s.farthest_corner(&q, shape);
        if apart > 0.5 * s.voxel_size().into_iter().fold(f64::INFINITY, f64::min) {
            return Err(Error::format(
                path,
                format!(
                    "sform and qform have the same code ({}) and place voxels up to {apart:.1} mm apart: \
                     sform {s}, qform {q}",
                    header.sform_code
                ),
                "decide which is right and write it in both, for example `image.set_qform(image.affine)` in nibabel",
            ));
        }
    }
    let Some(affine) = sform.or(qform) else {
        return Err(Error::format(
            path,
            "the header has neither sform nor qform (both codes are 0): where the brain lies is unknown",
            "set the affine, for example with nibabel's `image.set_sform(affine, 4)` for MNI space",
        ));
    };
    if !affine.invertible() {
        let form = if sform.is_some() { "sform" } else { "qform" };
        return Err(Error::format(
            path,
            format!("the {form} {affine} cannot be inverted: its voxels have no volume"),
            "the header is damaged: fetch or make the image again",
        ));
    }
    Ok(affine)
}

fn sform(header: &NiftiHeader) -> Affine {
    Affine([header.srow_x, header.srow_y, header.srow_z].map(|row| row.map(f64::from)))
}

/// The rotation by the quaternion (a, b, c, d), times the voxel size, plus the offset.
fn qform(header: &NiftiHeader, path: &Path) -> Result<Affine> {
    let [b, c, d] = [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from);
    let rest = 1.0 - (b * b + c * c + d * d);
    // f32 parts of a half turn may add up to a little more than 1.
    if !rest.is_finite() || rest < -1e-5 {
        return Err(Error::format(
            path,
            format!("the qform's quaternion ({b}, {c}, {d}) is longer than 1"),
            "the header is damaged: fetch or make the image again",
        ));
    }
    let [a, b, c, d] = match rest < 1e-7 {
        true => {
            let length = (b * b + c * c + d * d).sqrt();
            [0.0, b / length, c / length, d / length]
        }
        false => [rest.sqrt(), b, c, d],
    };
    let rotation = [
        [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
        [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
        [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - c * c - b * b],
    ];
    // pixdim[0] holds the sign of the third axis; 0 counts as +1.
    let flip = if header.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let size = [1, 2, 3].map(|axis| f64::from(header.pixdim[axis]).abs());
    let offset = [header.quatern_x, header.quatern_y, header.quatern_z].map(f64::from);
    let mut rows = [[0.0; 4]; 3];
    for (row, (from, offset)) in rows.iter_mut().zip(rotation.iter().zip(offset)) {
        *row = [from[0] * size[0], from[1] * size[1], from[2] * size[2] * flip, offset];
    }
    Ok(Affine(rows))
}

/// The qform of an affine: quaternion (b, c, d) and sign of the third axis; `None` if the axes are not at right
/// angles, which a quaternion cannot say.
pub(super) fn quaternion(affine: &Affine) -> Option<([f64; 3], f64)> {
    let size = affine.voxel_size();
    let mut r = [[0.0; 3]; 3];
    for (row, from) in r.iter_mut().zip(affine.0) {
        for axis in 0..3 {
            row[axis] = from[axis] / size[axis];
        }
    }
    let dot = |p: usize, q: usize| (0..3).map(|row| r[row][p] * r[row][q]).sum::<f64>();
    if [dot(0, 1), dot(0, 2), dot(1, 2)].iter().any(|d| !d.is_finite() || d.abs() > 1e-4) {
        return None;
    }
    let flip = if affine.determinant() < 0.0 { -1.0 } else { 1.0 };
    r.iter_mut().for_each(|row| row[2] *= flip);
    // The largest of the four parts is computed from the diagonal, the others from it, so that nothing small is divided by.
    let trace = r[0][0] + r[1][1] + r[2][2];
    let [a, b, c, d] = if trace > 0.0 {
        let a = (1.0 + trace).sqrt() / 2.0;
        [a, (r[2][1] - r[1][2]) / (4.0 * a), (r[0][2] - r[2][0]) / (4.0 * a), (r[1][0] - r[0][1]) / (4.0 * a)]
    } else if r[0][0] >= r[1][1] && r[0][0] >= r[2][2] {
        let b = (1.0 + r[0][0] - r[1][1] - r[2][2]).sqrt() / 2.0;
        [(r[2][1] - r[1][2]) / (4.0 * b), b, (r[0][1] + r[1][0]) / (4.0 * b), (r[0][2] + r[2][0]) / (4.0 * b)]
    } else if r[1][1] >= r[2][2] {
        let c = (1.0 + r[1][1] - r[0][0] - r[2][2]).sqrt() / 2.0;
        [(r[0][2] - r[2][0]) / (4.0 * c), (r[0][1] + r[1][0]) / (4.0 * c), c, (r[1][2] + r[2][1]) / (4.0 * c)]
    } else {
        let d = (1.0 + r[2][2] - r[0][0] - r[1][1]).sqrt() / 2.0;
        [(r[1][0] - r[0][1]) / (4.0 * d), (r[0][2] + r[2][0]) / (4.0 * d), (r[1][2] + r[2][1]) / (4.0 * d), d]
    };
    let sign = if a < 0.0 { -1.0 } else { 1.0 };
    Some(([b * sign, c * sign, d * sign], flip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qform_made_from_an_affine_gives_the_affine_back() {
        let (s, c) = 0.7f64.sin_cos();
        let turns = [
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]],
            [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]],
            [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]],
            [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]],
            [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, -1.0]],
            [[-c, 0.0, s], [0.0, 1.0, 0.0], [s, 0.0, c]],
        ];
        for turn in turns {
            let size = [2.0, 3.0, 3.5];
            let row = |r: usize| [turn[r][0] * size[0], turn[r][1] * size[1], turn[r][2] * size[2], 10.0 * r as f64];
            let affine = Affine([row(0), row(1), row(2)]);
            let (q, flip) = quaternion(&affine).unwrap();
            let header = NiftiHeader {
                quatern_b: q[0] as f32,
                quatern_c: q[1] as f32,
                quatern_d: q[2] as f32,
                quatern_x: 0.0,
                quatern_y: 10.0,
                quatern_z: 20.0,
                pixdim: [flip as f32, 2.0, 3.0, 3.5, 1.0, 1.0, 1.0, 1.0],
                ..NiftiHeader::default()
            };
            let back = qform(&header, Path::new("x.nii")).unwrap();
            assert!(back.farthest_corner(&affine, [50, 50, 50]) < 1e-3, "{turn:?}: {back} for {affine}");
        }
    }
}
