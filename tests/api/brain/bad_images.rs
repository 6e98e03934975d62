//! Each damaged image is refused by name, with what is wrong in it.

use super::assert_says;
use super::images::small_mask;
use crate::reference;
use ndarray::Array2;
use neurocell::brain::{Affine, BrainMap, Mask, Networks, VoxelSeries, write_series};
use neurocell::error::ErrorKind;
use neurocell::{Error, Result};
use std::path::PathBuf;
use tempfile::TempDir;

/// A sound uncompressed series of 4 volumes in a folder of its own.
fn series() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bold.nii");
    let mask = small_mask();
    write_series(&path, &mask, &Array2::from_shape_fn((4, mask.count()), |(t, v)| (1 + t + v) as f32), 1.5).unwrap();
    (folder, path)
}

/// The error of reading a series after its bytes were changed.
fn after(change: impl FnOnce(&mut Vec<u8>)) -> Error {
    let (_folder, path) = series();
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes);
    std::fs::write(&path, bytes).unwrap();
    let error = VoxelSeries::read(&path, &small_mask(), None).unwrap_err();
    assert_says(&error, &["bold.nii"]);
    error
}

fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) {
    bytes[at..at + N].copy_from_slice(&value);
}

fn dims(bytes: &mut [u8], dims: &[i16]) {
    for (n, dim) in dims.iter().enumerate() {
        put(bytes, 40 + 2 * n, dim.to_le_bytes());
    }
}

/// Where the voxels begin, by the header: behind what it says of itself.
pub fn voxels_at(bytes: &[u8]) -> usize {
    f32::from_le_bytes([bytes[108], bytes[109], bytes[110], bytes[111]]) as usize
}

#[test]
fn a_header_that_promises_more_than_there_is_shows_both_sizes() {
    let error = after(|bytes| bytes.truncate(voxels_at(bytes) + 300));
    assert_says(&error, &["promises 5 × 4 × 3 × 4 of Int16 = 480 bytes", "has 300"]);
    assert_eq!(error.kind(), ErrorKind::Format);
}

#[test]
fn a_truncated_gzip_stream_is_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("short.nii.gz");
    let bytes = std::fs::read(reference::path("brain/int16_scaled.nii.gz")).unwrap();
    let mask = Mask::read(reference::path("brain/odd_mask.nii.gz")).unwrap();
    for keep in [5, 100, bytes.len() / 2, bytes.len() - 3] {
        std::fs::write(&path, &bytes[..keep]).unwrap();
        let error = VoxelSeries::read(&path, &mask, None).unwrap_err();
        assert_says(&error, &["short.nii.gz", "gzip stream breaks off", "fetch the image again"]);
    }
}

#[test]
fn a_gzip_stream_with_a_changed_byte_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.nii.gz");
    let mut bytes = std::fs::read(reference::path("brain/int16_scaled.nii.gz")).unwrap();
    // The checksum, just before the length that ends the stream.
    let at = bytes.len() - 8;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let mask = Mask::read(reference::path("brain/odd_mask.nii.gz")).unwrap();
    let error = VoxelSeries::read(&path, &mask, None).unwrap_err();
    assert_says(&error, &["bad.nii.gz", "gzip stream is damaged"]);
}

#[test]
fn a_gzip_stream_that_ends_well_but_early_shows_both_sizes() {
    use std::io::Write;
    let (folder, path) = series();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(voxels_at(&bytes) + 300);
    let packed = folder.path().join("bold.nii.gz");
    let mut gz = flate2::write::GzEncoder::new(std::fs::File::create(&packed).unwrap(), flate2::Compression::fast());
    gz.write_all(&bytes).unwrap();
    gz.finish().unwrap();
    let error = VoxelSeries::read(&packed, &small_mask(), None).unwrap_err();
    assert_says(&error, &["bold.nii.gz", "= 480 bytes of voxels", "has 300", "fetch the image again"]);
}

#[test]
fn a_header_that_promises_more_than_memory_holds_is_refused_by_the_files_size() {
    let error = after(|bytes| dims(bytes, &[4, 1600, 1600, 1600, 30_000]));
    assert_says(&error, &["promises 1600 × 1600 × 1600 × 30000", "has 480"]);
}

#[test]
fn the_first_nan_inside_the_mask_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.nii");
    let mask = small_mask();
    let mut values = vec![1.0; mask.count()];
    values[4] = f32::NAN;
    values[7] = f32::INFINITY;
    BrainMap::new(values, &mask, "map", "").unwrap().write(&path).unwrap();
    // Voxel 4 of the mask is flat index 12 of a grid of 5 × 4 × 3.
    assert_says(&BrainMap::read_in(&path, &mask).unwrap_err(), &["map.nii", "voxel [2, 2, 0]", "NaN"]);
}

#[test]
fn nan_outside_the_mask_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.nii");
    let mask = small_mask();
    let mut values = vec![1.0; mask.count()];
    values[4] = f32::NAN;
    let map = BrainMap::new(values, &mask, "map", "").unwrap();
    map.write(&path).unwrap();
    assert_eq!(BrainMap::read(&path).unwrap().values().len(), mask.count() - 1);
}

#[test]
fn a_series_with_nan_names_voxel_and_volume() {
    let error = after(|bytes| {
        // float32 with 4 bytes each, the third volume's first voxel NaN.
        put(bytes, 70, 16i16.to_le_bytes());
        let voxels = voxels_at(bytes);
        bytes.resize(voxels + 4 * 240, 0);
        put(bytes, voxels + 4 * 120, f32::NAN.to_le_bytes());
    });
    assert_says(&error, &["voxel [0, 0, 0] of volume 2", "NaN"]);
}

#[test]
fn an_affine_without_volume_is_shown() {
    let error = after(|bytes| bytes[280..328].fill(0));
    assert_says(&error, &["sform [0 0 0 0; 0 0 0 0; 0 0 0 0] cannot be inverted"]);
}

#[test]
fn a_qform_without_volume_is_shown() {
    let error = after(|bytes| {
        // sform_code 0, and a voxel that is 0 mm wide.
        put(bytes, 254, 0i16.to_le_bytes());
        put(bytes, 84, 0.0f32.to_le_bytes());
    });
    assert_says(&error, &["qform", "cannot be inverted"]);
}

#[test]
fn an_image_that_says_nothing_about_space_is_refused() {
    let error = after(|bytes| bytes[252..256].fill(0));
    assert_says(&error, &["neither sform nor qform"]);
}

#[test]
fn forms_of_one_space_that_disagree_are_both_shown() {
    let error = after(|bytes| put(bytes, 268, 500.0f32.to_le_bytes()));
    assert_says(&error, &["sform", "qform", "40", "500"]);
}

#[test]
fn forms_of_two_spaces_may_differ_and_the_sform_is_taken() {
    let (_folder, path) = series();
    let mut bytes = std::fs::read(&path).unwrap();
    put(&mut bytes, 252, 1i16.to_le_bytes());
    put(&mut bytes, 268, 500.0f32.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    VoxelSeries::read(&path, &small_mask(), None).unwrap();
}

#[test]
fn a_mask_of_another_shape_shows_both() {
    let (_folder, path) = series();
    let other = Mask::mni4mm().unwrap();
    let error = VoxelSeries::read(&path, &other, None).unwrap_err();
    assert_says(&error, &["39 × 49 × 40", "5 × 4 × 3", "bold.nii"]);
    assert_eq!(error.kind(), ErrorKind::Shape);
}

#[test]
fn a_mask_of_another_affine_shows_both() {
    let (_folder, path) = series();
    let small = small_mask();
    let mut affine = *small.affine();
    affine.0[0][3] += 2.0;
    let moved = Mask::new(small.shape(), affine, &[true; 60]).unwrap();
    assert_says(&VoxelSeries::read(&path, &moved, None).unwrap_err(), &["40;", "42;"]);
}

#[test]
fn a_mask_that_differs_by_rounding_only_is_the_same_grid() {
    let (_folder, path) = series();
    let small = small_mask();
    let mut affine = *small.affine();
    affine.0[1][3] += 1e-5;
    let near = Mask::new(small.shape(), affine, &[true; 60]).unwrap();
    VoxelSeries::read(&path, &near, None).unwrap();
}

#[test]
fn a_3d_image_is_no_series() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mean.nii.gz");
    small_mask().write(&path).unwrap();
    assert_says(&VoxelSeries::read(&path, &small_mask(), None).unwrap_err(), &["4-D", "3-D", "5 × 4 × 3"]);
}

#[test]
fn a_2d_image_is_refused() {
    assert_says(&after(|bytes| dims(bytes, &[2, 5, 4, 1, 1])), &["2-D (5 × 4)"]);
}

#[test]
fn a_5d_image_is_refused() {
    assert_says(&after(|bytes| dims(bytes, &[5, 5, 4, 3, 1, 4])), &["5-D (5 × 4 × 3 × 1 × 4)"]);
}

#[test]
fn axes_of_no_or_negative_length_are_refused() {
    assert_says(&after(|bytes| dims(bytes, &[4, 5, 0, 3, 4])), &["length 0"]);
    assert_says(&after(|bytes| dims(bytes, &[4, 5, 4, -3, 4])), &["length -3"]);
}

#[test]
fn a_series_is_no_mask_and_no_map() {
    let (_folder, path) = series();
    assert_says(&Mask::read(&path).unwrap_err(), &["a mask has one volume, this image has 4"]);
    assert_says(&BrainMap::read(&path).unwrap_err(), &["a map has one volume, this image has 4"]);
}

#[test]
fn a_tr_of_zero_asks_for_one() {
    let error = after(|bytes| put(bytes, 92, 0.0f32.to_le_bytes()));
    assert_says(&error, &["TR is 0", "Some(1.5)"]);
}

#[test]
fn a_tr_of_1500_without_unit_is_not_taken_for_seconds() {
    let error = after(|bytes| {
        put(bytes, 92, 1500.0f32.to_le_bytes());
        bytes[123] = 2;
    });
    assert_says(&error, &["TR is 1500 s, and no unit is said"]);
}

#[test]
fn a_tr_of_seconds_in_milliseconds_is_too_short_to_be_one() {
    let error = after(|bytes| bytes[123] = 2 | 16);
    assert_says(&error, &["TR is 0.0015 s", "Some(1.5)"]);
}

#[test]
fn a_fourth_axis_in_hertz_is_no_time() {
    assert_says(&after(|bytes| bytes[123] = 2 | 32), &["not time"]);
}

#[test]
fn nifti2_pairs_text_and_complex_numbers_are_told_apart() {
    assert_says(&after(|bytes| put(bytes, 0, 540i32.to_le_bytes())), &["NIfTI-2"]);
    assert_says(&after(|bytes| put(bytes, 344, *b"ni1\0")), &[".hdr/.img pair"]);
    assert_says(&after(|bytes| bytes.fill(b'x')), &["not a NIfTI-1 image"]);
    assert_says(&after(|bytes| put(bytes, 70, 32i16.to_le_bytes())), &["Complex64"]);
    assert_says(&after(|bytes| put(bytes, 70, 999i16.to_le_bytes())), &["code 999"]);
    assert_says(&after(|bytes| bytes.truncate(100)), &["ends after 100 bytes"]);
    assert_says(&after(Vec::clear), &["ends after 0 bytes"]);
}

#[test]
fn an_empty_mask_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mask.nii");
    small_mask().write(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let voxels = voxels_at(&bytes);
    bytes[voxels..].fill(0);
    std::fs::write(&path, bytes).unwrap();
    assert_says(&Mask::read(&path).unwrap_err(), &["mask.nii", "mask is empty"]);
    assert_says(&Mask::new([2, 2, 1], Affine([[1.0; 4]; 3]), &[true; 4]).unwrap_err(), &["cannot be inverted"]);
}

#[test]
fn a_map_of_many_values_is_no_mask() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("probability.nii.gz");
    let mask = small_mask();
    let values = (0..mask.count()).map(|n| 0.1 + n as f32 / 40.0).collect();
    let map = BrainMap::new(values, &mask, "probability", "").unwrap();
    map.write(&path).unwrap();
    assert_says(&Mask::read(&path).unwrap_err(), &["one other value", "above(0.5)"]);
    assert_eq!(BrainMap::read(&path).unwrap().above(0.3).unwrap().count(), 11);
}

#[test]
fn what_cannot_be_written_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mask = small_mask();
    let here = |name: &str| folder.path().join(name);
    let refused: [Result<()>; 4] = [
        mask.write(here("missing/mask.nii")),
        mask.write(here("mask.png")),
        write_series(&here("nan.nii"), &mask, &Array2::from_elem((2, mask.count()), f32::NAN), 1.0),
        write_series(&here("narrow.nii"), &mask, &Array2::zeros((2, 3)), 1.0),
    ];
    let texts: Vec<String> = refused.into_iter().map(|r| r.unwrap_err().to_string()).collect();
    let parts =
        ["there is no folder", ".nii.gz or .nii", "has the value NaN at volume 0", "3 columns, the mask 20 voxels"];
    assert!(texts.iter().zip(parts).all(|(text, part)| text.contains(part)), "{texts:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_a_missing_file_and_a_link_to_nothing_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    assert_says(&Mask::read(folder.path()).unwrap_err(), &["not a folder"]);
    assert_says(&Mask::read(folder.path().join("no.nii")).unwrap_err(), &["no.nii", "check the path"]);
    let link = folder.path().join("link.nii.gz");
    std::os::unix::fs::symlink(folder.path().join("gone"), &link).unwrap();
    assert_says(&Mask::read(&link).unwrap_err(), &["datalad get"]);
}

#[test]
fn an_atlas_label_without_a_name_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (image, table) = (folder.path().join("atlas.nii.gz"), folder.path().join("atlas.tsv"));
    let mask = small_mask();
    let values = (0..mask.count()).map(|n| (1 + n % 3) as f32).collect();
    BrainMap::new(values, &mask, "atlas", "").unwrap().write(&image).unwrap();
    let read = |text: &str| {
        std::fs::write(&table, text).unwrap();
        Networks::read(&image, &table)
    };
    assert_eq!(read("index\tname\n1\tA\n2\tB\n3\tC\n").unwrap().count(), 3);
    assert_says(&read("index\tname\n1\tA\n2\tB\n").unwrap_err(), &["label 3", "atlas.tsv"]);
    assert_eq!(read("index\tname\n1\tA\n2\tB\n3\tC\n9\tD\n").unwrap().names(), ["A", "B", "C"]);
    assert_says(&read("index\tname\n1\tA\n1\tB\n3\tC\n").unwrap_err(), &["index 1 comes twice"]);
    assert_says(&read("index\ttitle\n1\tA\n").unwrap_err(), &["unknown column", "name", "index, title"]);
    assert_says(&read("index\tname\n1\tA\tred\n").unwrap_err(), &["line 2 has 3 cells, the header 2"]);
    assert_says(&read("index\tname\tr\tg\tb\n1\tA\t300\t0\t0\n").unwrap_err(), &["300"]);
}

#[test]
fn no_change_of_header_bytes_is_answered_by_a_panic() {
    use rand::{Rng, SeedableRng};
    let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(1);
    let (folder, good) = series();
    let good = std::fs::read(good).unwrap();
    let path = folder.path().join("changed.nii");
    for _ in 0..600 {
        let mut bytes = good.clone();
        for _ in 0..random.gen_range(1..4) {
            // The fields that reading depends on: size, axes, type, steps, offset, scale, units, forms, magic.
            let fields = [0..4, 40..56, 70..74, 76..124, 252..328, 344..348];
            let field = fields[random.gen_range(0..fields.len())].clone();
            bytes[random.gen_range(field)] = [0, 1, 0x7f, 0x80, 0xff, random.r#gen()][random.gen_range(0..6)];
        }
        std::fs::write(&path, bytes).unwrap();
        for result in [
            VoxelSeries::read(&path, &small_mask(), None).map(drop),
            Mask::read(&path).map(drop),
            BrainMap::read(&path).map(drop),
        ] {
            if let Err(error) = result {
                assert!(!error.problem().is_empty() && !error.advice().is_empty());
            }
        }
    }
}
