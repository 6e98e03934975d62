//! Images through a masker, beside nilearn's.

use crate::reference::{array, path};
use ndarray::{Array2, Ix1, Ix2};
use neurocell::brain::{Interpolation, Masker, write_series};
use neurocell::prelude::*;

fn mask(name: &str) -> Mask {
    Mask::read(path(&format!("image/{name}.nii.gz"))).unwrap()
}

fn read(masker: Masker) -> VoxelSeries {
    masker.read(path("image/bold.nii.gz"), None).unwrap()
}

/// Largest difference as a share of the largest value.
fn apart(ours: &Array2<f32>, name: &str) -> f32 {
    let theirs = array::<f32, Ix2>(&format!("image/{name}"));
    assert_eq!(ours.dim(), theirs.dim());
    let largest = theirs.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    ours.iter().zip(&theirs).fold(0.0f32, |m, (a, b)| m.max((a - b).abs())) / largest
}

#[test]
fn masked_values_are_those_of_nilearn() {
    let series = read(Masker::new(&mask("mask")));
    assert!(apart(series.data(), "masked") < 1e-6);
    assert_eq!((series.clock().tr(), series.clock().total()), (2.0, 7));
}

#[test]
fn smoothed_values_are_those_of_nilearn_also_at_the_masks_border() {
    let series = read(Masker::new(&mask("mask")).smoothing(5.5));
    assert!(apart(series.data(), "masked_smooth") < 1e-5);
    assert!(series.name().contains("smoothed 5.5 mm"), "{}", series.name());
}

#[test]
fn values_on_another_grid_are_those_of_nilearn() {
    let cubic = Masker::new(&mask("other_mask")).resampling(Interpolation::Cubic);
    assert!(apart(read(cubic.clone()).data(), "masked_other") < 1e-5);
    let smooth = read(cubic.smoothing(6.0));
    assert!(apart(smooth.data(), "masked_other_smooth") < 1e-5);
    assert!(smooth.name().contains("on the mask's grid (cubic)"), "{}", smooth.name());
}

#[test]
fn another_grid_is_an_error_that_shows_both_unless_resampling_is_asked_for() {
    let error = Masker::new(&mask("other_mask")).read(path("image/bold.nii.gz"), None).unwrap_err();
    assert!(error.problem().contains("8 × 7 × 6") && error.problem().contains("12 × 11 × 9"), "{error}");
    assert!(error.advice().contains("resampling"), "{error}");
}

#[test]
fn a_width_below_zero_is_refused() {
    let error = Masker::new(&mask("mask")).smoothing(-3.0).read(path("image/bold.nii.gz"), None).unwrap_err();
    assert!(error.problem().contains("-3 mm"), "{error}");
}

#[test]
fn a_series_goes_through_a_file_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let series = read(Masker::new(&mask("mask")));
    let file = folder.path().join("again.nii.gz");
    write_series(&file, series.mask(), series.data(), 2.0).unwrap();
    let again = Masker::new(series.mask()).read(&file, None).unwrap();
    let largest = series.data().iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let off = again.data().iter().zip(series.data()).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
    // int16 with one slope: half a step.
    assert!(off <= 0.51 * largest / 32767.0, "{off}");
}

#[test]
fn the_brain_that_is_found_in_a_series_is_nilearns() {
    let found = Mask::of_epi(path("image/bold.nii.gz")).unwrap();
    let theirs = array::<u8, Ix1>("image/bold_mask");
    let inside: Vec<u32> = (0u32..).zip(&theirs).filter(|(_, v)| **v == 1).map(|(n, _)| n).collect();
    assert!(inside.len() > 50);
    assert_eq!(found.voxels(), inside);
}

#[test]
fn means_of_labelled_regions_are_those_of_nilearn() {
    let regions = Networks::read(path("image/labels.nii.gz"), path("image/labels.tsv")).unwrap();
    let courses = read(Masker::new(&mask("mask"))).network_courses(&regions).unwrap();
    assert!(apart(courses.data(), "labels_means") < 1e-5);
    assert_eq!(courses.names()[4], "ends");
    assert_eq!(courses.course("left front").unwrap(), courses.data().column(2).to_vec());
    assert!(courses.course("left fornt").unwrap_err().advice().contains("left front"));
}

#[test]
fn courses_of_overlapping_maps_are_those_of_nilearn() {
    let names = ["one", "two", "three"].map(str::to_owned);
    let networks = Networks::new(array::<f32, Ix2>("image/maps"), &mask("mask"), &names, "made maps").unwrap();
    let courses = read(Masker::new(&mask("mask"))).network_courses(&networks).unwrap();
    assert!(apart(courses.data(), "maps_courses") < 1e-5);
}

#[test]
fn maps_that_are_no_networks_are_refused_by_name() {
    let mask = mask("mask");
    let names = ["one", "two"].map(str::to_owned);
    let maps = |value: f32| Array2::from_shape_fn((2, mask.count()), |(n, _)| if n == 1 { value } else { 1.0 });
    assert!(Networks::new(maps(0.0), &mask, &names, "made").unwrap_err().problem().contains("two is 0 throughout"));
    assert!(
        Networks::new(maps(f32::NAN), &mask, &names, "made").unwrap_err().problem().contains("two has the value NaN")
    );
    let twice = ["one", "one"].map(str::to_owned);
    assert!(Networks::new(maps(2.0), &mask, &twice, "made").unwrap_err().problem().contains("comes twice"));
    assert!(Networks::new(maps(2.0), &mask, &names[..1], "made").unwrap_err().problem().contains("1 names"));
}
