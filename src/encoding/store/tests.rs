//! Fits on disk beside those in memory, and fits that were stopped.

use crate::brain::{Mask, VoxelFile, VoxelSeries};
use crate::clock::Clock;
use crate::encoding::tests::{bold, noise};
use crate::encoding::{EncodingFit, Features, Ridge, Targets, encode};
use crate::error::{Error, ErrorKind, Result};
use crate::provenance::{Provenance, Traced};
use ndarray::Array2;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Four blocks.
const VOXELS: usize = 3300;

/// Few α, to be quick.
fn ridge() -> Ridge {
    Ridge::default().alphas(&[10.0, 1000.0])
}

fn data() -> (Features, VoxelSeries) {
    let clock = Clock::new(2.0, &[40, 40, 40]).unwrap();
    let mut y = noise(120, VOXELS, 2);
    y.column_mut(VOXELS - 1).fill(1.0);
    let bold = bold(y, &clock).censor(1, &[3, 4]).unwrap();
    (Features::new("noise", noise(120, 8, 1), &clock).unwrap(), bold)
}

/// A series that is stopped when it comes to one block of voxels, after the others had time to be done.
struct Stops<'a>(&'a VoxelSeries, usize);

impl Traced for Stops<'_> {
    fn provenance(&self) -> Provenance {
        self.0.provenance()
    }
}

impl Targets for Stops<'_> {
    fn clock(&self) -> &Clock {
        self.0.clock()
    }
    fn mask(&self) -> &Mask {
        self.0.mask()
    }
    fn name(&self) -> &str {
        self.0.name()
    }
    fn kept(&self) -> &[bool] {
        self.0.kept()
    }
    fn columns(&self, voxels: Range<usize>) -> Result<Array2<f32>> {
        if voxels.start == self.1 && voxels.len() > 100 {
            std::thread::sleep(Duration::from_millis(300));
            return Err(Error::new(ErrorKind::Cancelled, "encoding was stopped", "run the cell again to go on"));
        }
        Targets::columns(self.0, voxels)
    }
    fn digest(&self) -> Result<String> {
        Targets::digest(self.0)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn bits(values: impl IntoIterator<Item = f32>) -> Vec<u32> {
    values.into_iter().map(f32::to_bits).collect()
}

fn same(a: &EncodingFit, b: &EncodingFit) {
    assert_eq!(bits(a.weights().iter().copied()), bits(b.weights().iter().copied()));
    assert_eq!(bits(a.r().iter().copied()), bits(b.r().iter().copied()));
    assert_eq!(bits(a.fold_r2().iter().copied()), bits(b.fold_r2().iter().copied()));
    assert_eq!(a.alphas(), b.alphas());
    let predicted = |fit: &EncodingFit| bits(fit.predictions(0..VOXELS).unwrap());
    assert_eq!(predicted(a), predicted(b));
    assert_eq!(a.about(), b.about());
}

/// Stops a fit, and gives the folder of what was done.
fn stopped(x: &Features, bold: &VoxelSeries, folder: &Path) -> PathBuf {
    let error = encode(x, &Stops(bold, 3072), ridge().store_in(folder)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let left = names(folder);
    assert!(left.len() == 1 && left[0].ends_with(".partial"), "{left:?}");
    folder.join(&left[0])
}

#[test]
fn a_fit_that_was_stopped_goes_on_with_the_missing_blocks_and_ends_with_the_same_bytes() {
    let (x, bold) = data();
    let folder = tempfile::tempdir().unwrap();
    let memory = encode(&x, &bold, ridge().without_store()).unwrap();
    let partial = stopped(&x, &bold, folder.path());
    let note = fs::read_to_string(partial.join("progress.json")).unwrap();
    assert!(note.contains('0') && !note.contains('3'), "{note}");
    let resumed = encode(&x, &bold, ridge().store_in(folder.path())).unwrap();
    same(&resumed, &memory);
    assert!(memory.folder().is_none());
    let place = resumed.folder().unwrap().to_owned();
    assert_eq!(names(&place), ["lock", "meta.json", "predicted.f32", "scores.f64", "weights.f32"]);
    // In one go the files have the same bytes.
    let other = tempfile::tempdir().unwrap();
    let whole = encode(&x, &bold, ridge().store_in(other.path())).unwrap();
    for file in ["predicted.f32", "scores.f64", "weights.f32"] {
        assert!(fs::read(place.join(file)).unwrap() == fs::read(whole.folder().unwrap().join(file)).unwrap(), "{file}");
    }
    // A row of the matrix on disk is that in memory.
    assert_eq!(resumed.weight_map(3).unwrap().values(), memory.weight_map(3).unwrap().values());
    assert_eq!(resumed.weights_of(1000..1030).unwrap(), memory.weights_of(1000..1030).unwrap());
}

#[test]
fn blocks_that_are_done_are_not_fitted_again_and_a_finished_fit_is_there_at_once() {
    let (x, bold) = data();
    let folder = tempfile::tempdir().unwrap();
    let partial = stopped(&x, &bold, folder.path());
    // What no fit gives: only from the file can it come back.
    let path = partial.join("weights.f32");
    let mut bytes = fs::read(&path).unwrap();
    bytes[..4].copy_from_slice(&77.25_f32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let resumed = encode(&x, &bold, ridge().store_in(folder.path())).unwrap();
    assert_eq!(resumed.weights_of(0..1).unwrap()[[0, 0]], 77.25);
    assert!(resumed.to_string().contains("stored in"), "{resumed}");
    // Nothing is fitted: the blocks of this series cannot be read.
    let again = encode(&x, &Stops(&bold, 0), ridge().store_in(folder.path())).unwrap();
    same(&again, &resumed);
    assert!(again.to_string().contains("taken from the store"), "{again}");
    // Anything else that it depends on is another fit.
    encode(&x, &bold, ridge().delays(&[1]).store_in(folder.path())).unwrap();
    assert_eq!(names(folder.path()).len(), 2);
}

#[test]
fn what_is_cut_short_is_fitted_anew() {
    let (x, bold) = data();
    let memory = encode(&x, &bold, ridge().without_store()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let partial = stopped(&x, &bold, folder.path());
    fs::OpenOptions::new().write(true).open(partial.join("predicted.f32")).unwrap().set_len(1000).unwrap();
    let anew = encode(&x, &bold, ridge().store_in(folder.path())).unwrap();
    same(&anew, &memory);
    // A finished one is set aside.
    let place = anew.folder().unwrap().to_owned();
    drop(anew);
    fs::write(place.join("scores.f64"), b"short").unwrap();
    let again = encode(&x, &bold, ridge().store_in(folder.path())).unwrap();
    same(&again, &memory);
    let key = place.file_name().unwrap().to_str().unwrap();
    assert_eq!(names(folder.path()), [key.to_owned(), format!("{key}.damaged")]);
}

#[test]
fn bold_on_disk_gives_the_fit_of_bold_in_memory_under_the_same_key() {
    let (x, bold) = data();
    let folder = tempfile::tempdir().unwrap();
    let file = bold.to_file(folder.path().join("bold.voxels")).unwrap();
    assert_eq!(file.digest(), Targets::digest(&bold).unwrap());
    let streamed = encode(&x, &file, ridge().without_store()).unwrap();
    same(&streamed, &encode(&x, &bold, ridge().without_store()).unwrap());
    let store = folder.path().join("store");
    encode(&x, &VoxelFile::open(file.path()).unwrap(), ridge().store_in(&store)).unwrap();
    let found = encode(&x, &bold, ridge().store_in(&store)).unwrap();
    assert!(found.to_string().contains("taken from the store"), "{found}");
    same(&found, &streamed);
}
