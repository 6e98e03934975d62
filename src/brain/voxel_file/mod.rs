//! Cleaned BOLD on disk: a series that is larger than the memory, read some voxels at a time.
//!
//! The file begins with a page that says where things lie; then come the runs, one after the other, each in blocks of [`WIDTH`] voxels (volume ×
//! voxel, 32-bit floats, little-endian); last a head in JSON: mask, clock, censored volumes, name and a digest of the values.

mod digest;
mod head;
#[cfg(test)]
mod tests;
mod write;

use super::{Mask, VoxelSeries, censoring};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::{Provenance, Traced};
use crate::store::Blocks;
pub(crate) use digest::digest;
use head::Head;
use ndarray::{Array2, s};
use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub(super) use write::Writer;

/// Voxels of a block.
pub(crate) const WIDTH: usize = 256;

/// Masked and cleaned BOLD of all runs that lies on disk: as a [`VoxelSeries`], but only the voxels that are asked for come into memory. Clones are
/// cheap.
///
/// Written by [`Bold::clean_to`](super::Bold::clean_to) or [`VoxelSeries::to_file`]; [`encode`](crate::encoding::encode) takes it as it takes a series.
///
/// ```
/// use neurocell::prelude::*;
/// let mask = Mask::mni4mm()?;
/// let data = ndarray::Array2::from_shape_fn((10, mask.count()), |(t, v)| (t * v % 7) as f32);
/// let series = VoxelSeries::new(data, mask, Clock::new(1.5, &[6, 4])?, "made")?;
/// let path = std::env::temp_dir().join(format!("neurocell-doc-{}.voxels", std::process::id()));
/// let file = series.to_file(&path)?;
/// assert_eq!(file.columns(300..302)?, series.data().slice(ndarray::s![.., 300..302]));
/// println!("{}", VoxelFile::open(&path)?);
/// # std::fs::remove_file(path).ok();
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct VoxelFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: File,
    head: Head,
    mask: Mask,
    clock: Clock,
    kept: Vec<bool>,
    runs: Vec<Blocks>,
}

impl VoxelFile {
    /// Opens a file; its values are read when they are asked for.
    ///
    /// # Errors
    /// If it cannot be read, is no such file, has another size than it says of itself (both are named), or its head is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<VoxelFile> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|e| Error::file("open", path, e, "see whether the path is right"))?;
        let (head, mask, clock) = Head::read(&file, path)?;
        let mut kept = vec![true; clock.total()];
        head.censored.iter().for_each(|row| kept[*row] = false);
        let runs = head::layout(&clock, mask.count());
        Ok(VoxelFile(Arc::new(Inner { path: path.to_owned(), file, head, mask, clock, kept, runs })))
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The scan's clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The mask whose voxels are the columns.
    pub fn mask(&self) -> &Mask {
        &self.0.mask
    }

    /// Whose data, and how they were cleaned.
    pub fn name(&self) -> &str {
        &self.0.head.name
    }

    /// Whether each row is kept; censored rows are 0.
    pub fn kept(&self) -> &[bool] {
        &self.0.kept
    }

    /// SHA-256 of values, mask, clock and censored volumes: the same for the same series, in memory or on disk.
    pub fn digest(&self) -> &str {
        &self.0.head.digest
    }

    /// What the values are made of, as the file says.
    pub(crate) fn made(&self) -> Provenance {
        let head = &self.0.head;
        let given = || Provenance::content("voxel series", &head.digest).option("name", &head.name);
        Provenance::from_json(&head.provenance).unwrap_or_else(|_| given())
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        head::START + 4 * (self.0.clock.total() as u64) * (self.0.mask.count() as u64)
    }

    /// All volumes of some voxels, time × voxel.
    ///
    /// # Errors
    /// If there are no such voxels, or the file cannot be read.
    pub fn columns(&self, voxels: Range<usize>) -> Result<Array2<f32>> {
        let count = self.0.mask.count();
        if voxels.start > voxels.end || voxels.end > count {
            return Err(Error::value(
                format!("voxels {} to {} of {count} in {}", voxels.start, voxels.end, self.0.path.display()),
                "voxels are those of the mask, counted from 0",
            ));
        }
        let mut out = Array2::zeros((self.0.clock.total(), voxels.len()));
        for run in 0..self.0.runs.len() {
            let part = self.run_columns(run, voxels.clone())?;
            out.slice_mut(s![self.0.clock.rows(run), ..]).assign(&part);
        }
        Ok(out)
    }

    /// All voxels of a run, volume × voxel.
    pub(super) fn run(&self, run: usize) -> Result<Array2<f32>> {
        self.run_columns(run, 0..self.0.mask.count())
    }

    fn run_columns(&self, run: usize, voxels: Range<usize>) -> Result<Array2<f32>> {
        self.0.runs[run].read(&self.0.file, voxels).map_err(|e| {
            Error::file(
                "read",
                &self.0.path,
                e,
                "see whether the disk is there; write the file anew if it was shortened",
            )
        })
    }

    /// The whole series, in memory.
    ///
    /// # Errors
    /// If there is no memory for it, or the file cannot be read.
    pub fn read(&self) -> Result<VoxelSeries> {
        let Inner { mask, clock, head, .. } = &*self.0;
        let (rows, voxels) = (clock.total(), mask.count());
        let data = Array2::from_shape_vec((rows, voxels), super::series::room(rows, voxels)?);
        let mut data = data.map_err(|cause| Error::shape(cause.to_string(), "open the file again"))?;
        for start in (0..voxels).step_by(8 * WIDTH) {
            crate::notebook::check_cancelled("reading a series")?;
            let some = start..(start + 8 * WIDTH).min(voxels);
            data.slice_mut(s![.., some.clone()]).assign(&self.columns(some)?);
        }
        let series = VoxelSeries::new(data, mask.clone(), clock.clone(), head.name.clone())?;
        Ok(series.without_rows(&head.censored).made(self.made()))
    }
}

/// What the values of a file are made of, as JSON, if it says so.
pub(crate) fn voxel_file_provenance(path: &Path) -> Result<Option<String>> {
    let said = VoxelFile::open(path)?.0.head.provenance.clone();
    Ok((!said.is_empty()).then_some(said))
}

impl VoxelSeries {
    /// Writes the series to a file of which [`VoxelFile::columns`] reads some voxels at a time.
    ///
    /// # Errors
    /// If the disk has no room, or the file cannot be written; nothing half-written stays.
    pub fn to_file(&self, path: impl AsRef<Path>) -> Result<VoxelFile> {
        let writer = Writer::new(path.as_ref(), self.clock(), self.mask())?;
        for run in 0..self.clock().runs() {
            writer.run(run, self.data().slice(s![self.clock().rows(run), ..]))?;
        }
        writer.finish(self.name(), self.kept(), &self.provenance())
    }
}

impl fmt::Display for VoxelFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { head, clock, mask, path, kept, .. } = &*self.0;
        write!(f, "{}\n  {clock}\n  {mask}", head.name)?;
        if let Some(said) = censoring(kept) {
            write!(f, "\n  {said}")?;
        }
        write!(f, "\n  on disk: {} ({:.2} GB)", path.display(), self.bytes() as f64 / 1e9)
    }
}
