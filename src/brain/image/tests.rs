//! Volumes beside nilearn's.

use super::*;
use crate::brain::Affine;
use ndarray::Array1;

const SHAPE: [usize; 3] = [11, 9, 7];
const OBLIQUE: Affine = Affine([[-2.9, 0.4, 0.1, 20.0], [0.3, 3.1, -0.5, -15.0], [0.0, 0.6, 3.9, -12.0]]);
const STRAIGHT: Affine = Affine([[-2.0, 0.0, 0.0, 9.5], [0.0, 2.5, 0.0, -8.25], [0.0, 0.0, 3.0, -7.75]]);
const TARGET: Affine = Affine([[3.0, 0.0, 0.0, -10.0], [0.0, 3.0, 0.0, -9.0], [0.0, 0.0, 2.2, -8.0]]);

fn values(name: &str) -> Vec<f32> {
    let path = format!("{}/tests/reference/image/{name}.npy", env!("CARGO_MANIFEST_DIR"));
    let values: Array1<f32> = ndarray_npy::read_npy(path).unwrap();
    values.to_vec()
}

/// Largest difference as a share of the largest value.
fn apart(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let largest = theirs.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    ours.iter().zip(theirs).fold(0.0f32, |m, (a, b)| m.max((a - b).abs())) / largest
}

#[test]
fn resampled_values_are_those_of_nilearn_for_parallel_and_oblique_grids() {
    let volume = values("volume");
    for (name, affine) in [("oblique", OBLIQUE), ("straight", STRAIGHT)] {
        for (how, interpolation) in [
            ("nearest", Interpolation::Nearest),
            ("linear", Interpolation::Linear),
            ("continuous", Interpolation::Cubic),
        ] {
            let resampler = Resampler::new((SHAPE, &affine), ([8, 7, 9], &TARGET), interpolation).unwrap();
            let expected = values(&format!("{name}_{how}"));
            assert!(expected.contains(&0.0) && expected.iter().any(|v| *v > 50.0), "inside and outside are both there");
            let off = apart(&resampler.resample(&volume), &expected);
            assert!(off < 1e-6, "{name}, {how}: {off}");
        }
    }
}

#[test]
fn a_grid_onto_itself_changes_nothing() {
    let volume = values("volume");
    let same = Resampler::new((SHAPE, &OBLIQUE), (SHAPE, &OBLIQUE), Interpolation::Cubic).unwrap();
    assert!(apart(&same.resample(&volume), &volume) < 1e-6);
}

#[test]
fn a_flat_affine_is_refused() {
    let flat = Affine([[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]);
    let error = Resampler::new((SHAPE, &flat), (SHAPE, &TARGET), Interpolation::Linear).unwrap_err();
    assert!(error.problem().contains("cannot be inverted"), "{error}");
}

#[test]
fn smoothed_values_are_those_of_nilearn_with_unequal_widths_and_kernels_wider_than_the_volume() {
    for (name, fwhm, affine) in [("smooth", [5.0, 0.0, 9.0], OBLIQUE), ("smooth_wide", [12.0; 3], STRAIGHT)] {
        let mut volume = values("volume");
        Gaussian::new(fwhm, affine.voxel_size()).smooth(&mut volume, SHAPE);
        let off = apart(&volume, &values(name));
        assert!(off < 1e-6, "{name}: {off}");
    }
}

#[test]
fn the_brain_in_an_epi_image_is_nilearns() {
    let path = format!("{}/tests/reference/image/epi_mask.npy", env!("CARGO_MANIFEST_DIR"));
    let theirs: Array1<u8> = ndarray_npy::read_npy(path).unwrap();
    let ours = epi_mask(&values("epi"), [24, 28, 20]);
    let different = ours.iter().zip(&theirs).filter(|(a, b)| **a != (**b == 1)).count();
    assert_eq!(different, 0, "of {} voxels inside", theirs.iter().filter(|v| **v == 1).count());
}
