use super::*;
use crate::brain::Affine;
use crate::error::ErrorKind;
use std::fs;

/// 2 runs, 700 voxels with holes in the mask, two censored volumes.
fn series() -> VoxelSeries {
    let affine = Affine([[2.0, 0.0, 0.0, -3.0], [0.0, 2.0, 0.0, 4.0], [0.0, 0.0, 2.5, 0.0]]);
    let inside: Vec<bool> = (0..1000).map(|n| n % 10 < 7).collect();
    let mask = Mask::new([10, 10, 10], affine, &inside).unwrap();
    let data = Array2::from_shape_fn((11, 700), |(t, v)| ((t * 31 + v * 17) % 23) as f32 - 11.5);
    let clock = Clock::new(1.5, &[6, 5]).unwrap();
    VoxelSeries::new(data, mask, clock, "made; cleaned").unwrap().censor(1, &[0, 2]).unwrap()
}

#[test]
fn a_file_gives_back_the_series() {
    let folder = tempfile::tempdir().unwrap();
    let series = series();
    series.to_file(folder.path().join("a.voxels")).unwrap();
    let file = VoxelFile::open(folder.path().join("a.voxels")).unwrap();
    assert_eq!((file.mask(), file.clock(), file.name()), (series.mask(), series.clock(), series.name()));
    assert_eq!(file.kept(), series.kept());
    for voxels in [0..700, 0..0, 250..260, 256..512, 100..699] {
        assert_eq!(file.columns(voxels.clone()).unwrap(), series.data().slice(s![.., voxels]));
    }
    let back = file.read().unwrap();
    assert_eq!((back.data(), back.kept()), (series.data(), series.kept()));
    assert!(file.to_string().contains("2 of 11 volumes censored") && file.to_string().contains("a.voxels"), "{file}");
    let beyond = 690..701;
    assert!(file.columns(beyond).unwrap_err().problem().contains("690 to 701 of 700"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_digest_is_that_of_the_series_in_memory_and_changes_with_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let series = series();
    let of = |series: &VoxelSeries| {
        digest(series.clock(), series.mask(), series.kept(), |v| Ok(series.data().slice(s![.., v]).to_owned())).unwrap()
    };
    assert_eq!(series.to_file(folder.path().join("a")).unwrap().digest(), of(&series));
    assert_ne!(of(&series.censor(0, &[1]).unwrap()), of(&series));
    let mut data = series.data().clone();
    data[[3, 600]] += 1.0;
    let other = VoxelSeries::new(data, series.mask().clone(), series.clock().clone(), "x").unwrap();
    assert_ne!(of(&other.censor(1, &[0, 2]).unwrap()), of(&series));
}

#[test]
fn a_file_of_another_size_is_refused_with_both_sizes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.voxels");
    series().to_file(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 100]).unwrap();
    let error = VoxelFile::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    assert!(error.problem().contains(&format!("{} bytes", whole.len() - 100)), "{error}");
    assert!(error.problem().contains(&whole.len().to_string()), "{error}");
    // A head that says other sizes than there are values.
    let text = String::from_utf8_lossy(&whole).into_owned();
    assert!(text.contains("\"volumes\":[6,5]"));
    let at = whole.windows(15).position(|part| part == b"\"volumes\":[6,5]").unwrap();
    let mut other = whole.clone();
    other[at + 11] = b'7';
    fs::write(&path, other).unwrap();
    let error = VoxelFile::open(&path).unwrap_err();
    assert!(error.problem().contains("12 volumes × 700 voxels do not take 30800 bytes"), "{error}");
    fs::write(&path, b"nothing").unwrap();
    assert!(VoxelFile::open(&path).unwrap_err().problem().contains("no file of voxels"));
}

#[test]
fn a_disk_without_room_is_named_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let series = series();
    let clock = Clock::new(1.0, &[1 << 40]).unwrap();
    let Err(error) = Writer::new(&folder.path().join("a"), &clock, series.mask()) else {
        panic!("there is no such disk")
    };
    assert!(error.problem().contains("GB free"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let clock = Clock::new(1.0, &[1 << 60]).unwrap();
    let Err(error) = Writer::new(&folder.path().join("a"), &clock, series.mask()) else {
        panic!("there is no such disk")
    };
    assert!(error.problem().contains("can be counted"), "{error}");
}
