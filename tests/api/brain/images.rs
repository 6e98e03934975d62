use super::assert_close;
use crate::reference;
use ndarray::Array2;
use neurocell::brain::{Affine, BrainMap, Mask, VoxelSeries, write_series};
use neurocell::clock::Clock;

const ODD: &str = "brain/odd_mask.nii.gz";

/// An oblique affine whose first axis is flipped, on a small grid, with every third voxel inside.
pub fn small_mask() -> Mask {
    let affine = Affine([[-2.4, -0.7, 0.0, 40.0], [-0.7, 2.4, 0.0, -50.0], [0.0, 0.0, 3.0, 10.0]]);
    let inside: Vec<bool> = (0..60).map(|n| n % 3 == 0).collect();
    Mask::new([5, 4, 3], affine, &inside).unwrap()
}

#[test]
fn scaled_int16_with_an_oblique_flipped_affine_reads_as_nibabel_reads_it() {
    let mask = Mask::read(reference::path(ODD)).unwrap();
    let series = VoxelSeries::read(reference::path("brain/int16_scaled.nii.gz"), &mask, None).unwrap();
    assert_close(series.data(), &reference::array("brain/int16_scaled"), 1e-7);
    assert_eq!(series.clock(), &Clock::new(1.5, &[7]).unwrap());
}

#[test]
fn big_endian_float64_with_only_a_qform_and_milliseconds_reads_as_nibabel_reads_it() {
    let mask = Mask::read(reference::path(ODD)).unwrap();
    let series = VoxelSeries::read(reference::path("brain/float64_big_endian.nii"), &mask, None).unwrap();
    assert_close(series.data(), &reference::array("brain/float64_big_endian"), 1e-7);
    assert_eq!(series.clock().tr(), 1.5);
}

#[test]
fn the_affine_is_nibabels() {
    let mask = Mask::read(reference::path(ODD)).unwrap();
    let expected: Array2<f64> = reference::array("brain/odd_affine");
    let apart = mask.affine().0.iter().flatten().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart < 1e-5, "{apart}");
}

#[test]
fn a_given_tr_goes_before_the_headers() {
    let mask = Mask::read(reference::path(ODD)).unwrap();
    let series = VoxelSeries::read(reference::path("brain/int16_scaled.nii.gz"), &mask, Some(0.8)).unwrap();
    assert_eq!(series.clock().tr(), 0.8);
}

#[test]
fn a_gzipped_image_is_known_by_its_bytes_not_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mask.nii");
    std::fs::copy(reference::path(ODD), &path).unwrap();
    assert_eq!(Mask::read(&path).unwrap(), Mask::read(reference::path(ODD)).unwrap());
}

#[test]
fn a_mask_that_was_written_reads_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["mask.nii", "mask.with.dots.nii.gz"] {
        let path = folder.path().join(name);
        let mask = Mask::mni4mm().unwrap();
        mask.write(&path).unwrap();
        assert_eq!(Mask::read(&path).unwrap(), mask, "{name}");
    }
}

#[test]
fn a_map_that_was_written_reads_back_the_same_with_its_zeros() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.nii.gz");
    let mask = small_mask();
    let values: Vec<f32> = (0..mask.count()).map(|n| 0.25 * n as f32 - 1.0).collect();
    assert!(values.contains(&0.0));
    BrainMap::new(values.clone(), &mask, "a map", "r").unwrap().write(&path).unwrap();
    assert_eq!(BrainMap::read_in(&path, &mask).unwrap().values(), values);
}

#[test]
fn the_qform_that_is_written_says_the_same_as_the_sform() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mask.nii");
    let mask = small_mask();
    mask.write(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // sform_code: without it the reader takes the qform.
    bytes[254..256].copy_from_slice(&0i16.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let apart = Mask::read(&path).unwrap().affine().farthest_corner(mask.affine(), mask.shape());
    assert!(apart < 1e-4, "{apart}");
}

#[test]
fn a_written_series_keeps_its_values_to_half_a_step_and_its_tr() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bold.nii.gz");
    let mask = small_mask();
    let data = Array2::from_shape_fn((6, mask.count()), |(t, v)| 1000.0 + 37.3 * (t as f32) - 90.1 * v as f32);
    write_series(&path, &mask, &data, 0.72).unwrap();
    let back = VoxelSeries::read(&path, &mask, None).unwrap();
    let step = data.iter().fold(0.0f32, |m, v| m.max(v.abs())) / 32767.0;
    assert!(back.data().iter().zip(&data).all(|(a, b)| (a - b).abs() <= 0.51 * step));
    assert_eq!(back.clock().tr(), 0.72);
}

#[test]
fn the_same_series_is_written_as_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mask = small_mask();
    let data = Array2::from_shape_fn((3, mask.count()), |(t, v)| (t * v) as f32);
    let write = |name: &str| {
        let path = folder.path().join(name);
        write_series(&path, &mask, &data, 1.5).unwrap();
        std::fs::read(path).unwrap()
    };
    assert_eq!(write("a.nii.gz"), write("b.nii.gz"));
}

#[test]
fn a_peak_is_given_in_millimetres() {
    let mask = Mask::mni4mm().unwrap();
    let mut values = vec![0.0; mask.count()];
    let n = mask.number([9, 20, 25]).unwrap();
    values[n] = 0.5;
    let map = BrainMap::new(values, &mask, "one voxel", "r").unwrap();
    let peak = map.peak().unwrap();
    // The grid begins at (-76, -112, -72) mm in steps of 4 mm.
    assert_eq!((peak.position, peak.mm), ([9, 20, 25], [-40.0, -32.0, 28.0]));
    assert_eq!(map.to_string(), "one voxel: 29460 voxels, 0.000 to 0.500 r, peak 0.500 r at (-40, -32, 28) mm");
}

#[test]
fn masks_meet_in_their_common_voxels() {
    let even = small_mask();
    let inside: Vec<bool> = (0..60).map(|n| n % 2 == 0).collect();
    let other = Mask::new(even.shape(), *even.affine(), &inside).unwrap();
    let common = even.and(&other).unwrap();
    assert!(common.voxels().iter().all(|v| v % 6 == 0) && common.count() == 10);
}
