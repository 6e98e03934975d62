//! The brain under a map: the MNI ICBM 152 template (2009a, symmetric), brain-extracted T1, 2 mm.

use crate::brain::{Affine, Volume};
use crate::error::{Error, Result};
use flate2::read::GzDecoder;
use nifti::{InMemNiftiObject, IntoNdArray, NiftiObject};
use std::sync::OnceLock;

/// The image as it is shipped.
pub(super) static FILE: &[u8] = include_bytes!("../../assets/template/mni152_t1_2mm.nii.gz");

/// The template on its grid.
pub(super) struct Template {
    /// 0 (dark) to 1 inside the brain, nothing outside.
    pub grey: Volume,
    /// Share of the neighbourhood that is brain; a half is the brain's surface, without the voxels' corners.
    pub cover: Volume,
}

/// The template; unpacked once.
pub(super) fn template() -> Result<&'static Template> {
    static TEMPLATE: OnceLock<std::result::Result<Template, String>> = OnceLock::new();
    let read = TEMPLATE.get_or_init(read);
    read.as_ref().map_err(|problem| {
        Error::value(
            format!("the shipped MNI template cannot be read: {problem}"),
            "build neurocell again from clean sources",
        )
    })
}

fn read() -> std::result::Result<Template, String> {
    let image = InMemNiftiObject::from_reader(GzDecoder::new(FILE)).map_err(|e| e.to_string())?;
    let header = image.header();
    let affine = Affine([header.srow_x, header.srow_y, header.srow_z].map(|row| row.map(f64::from)));
    let data = image.into_volume().into_ndarray::<f32>().map_err(|e| e.to_string())?;
    let shape = match *data.shape() {
        [nx, ny, nz] => [nx, ny, nz],
        ref other => return Err(format!("it has the shape {other:?}")),
    };
    let mut grey = vec![f32::NAN; shape.iter().product()];
    let mut cover = vec![0.0; grey.len()];
    for (at, value) in data.indexed_iter() {
        // Grey levels are 5 to 235; 0 is outside.
        if *value > 0.0 {
            let flat = at[0] + shape[0] * (at[1] + shape[1] * at[2]);
            grey[flat] = (value - 5.0) / 230.0;
            cover[flat] = 1.0;
        }
    }
    let cover = blur(cover, shape);
    let volume = |values| Volume::new(shape, &affine, values).map_err(|e| e.to_string());
    Ok(Template { grey: volume(grey)?, cover: volume(cover)? })
}

/// Weights 1, 2, 1 along each axis, twice; zero beyond the grid.
fn blur(mut values: Vec<f32>, shape: [usize; 3]) -> Vec<f32> {
    for _ in 0..2 {
        let mut stride = 1;
        for length in shape {
            let source = values.clone();
            for (flat, value) in values.iter_mut().enumerate() {
                let index = flat / stride % length;
                let before = if index > 0 { source[flat - stride] } else { 0.0 };
                let after = if index + 1 < length { source[flat + stride] } else { 0.0 };
                *value = 0.25 * before + 0.5 * source[flat] + 0.25 * after;
            }
            stride *= length;
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_a_brain_in_mni_space() {
        let template = &template().unwrap().grey;
        // White matter is light, the lateral ventricle dark, the air in front of the face empty.
        let (white, _) = template.at([-26.0, -30.0, 30.0]);
        let (ventricle, _) = template.at([-22.0, -36.0, 16.0]);
        assert!(white > 0.7, "{white}");
        assert!(ventricle < 0.5 * white, "{ventricle}");
        assert_eq!(template.at([0.0, 100.0, 0.0]).1, 0.0);
    }
}
