//! Writing a file of voxels, one run after the other.

use super::digest::{of_block, of_series};
use super::head::{Head, START, layout};
use super::{Mask, VoxelFile};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use crate::provenance::Provenance;
use crate::replace::{Part, unwritten};
use crate::store::{Blocks, reserve};
use ndarray::{ArrayView2, s};
use rayon::prelude::*;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const ELSEWHERE: &str = "write to a disk with room, in a folder that may be written";

/// A file that is being written beside its place, and goes there when it is whole.
pub(in crate::brain) struct Writer {
    path: PathBuf,
    part: Part,
    file: File,
    runs: Vec<Blocks>,
    clock: Clock,
    mask: Mask,
    /// The digest of each run in each block of voxels.
    digests: Mutex<Vec<Vec<[u8; 32]>>>,
}

impl Writer {
    /// Begins, with room on the disk for all values.
    pub fn new(path: &Path, clock: &Clock, mask: &Mask) -> Result<Writer> {
        let (rows, voxels) = (clock.total(), mask.count());
        let bytes = Blocks::bytes::<f32>(rows, voxels).and_then(|bytes| bytes.checked_add(START));
        let Some(bytes) = bytes else {
            return Err(Error::value(
                format!("{rows} volumes × {voxels} voxels take more bytes than can be counted"),
                "take a smaller mask, or fewer runs",
            ));
        };
        let part = Part::of(path).map_err(|cause| unwritten(path, cause))?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(part.path());
        let file = file.map_err(|cause| unwritten(path, cause))?;
        let runs = layout(clock, voxels);
        let digests = vec![vec![[0; 32]; clock.runs()]; runs.first().map_or(0, Blocks::count)];
        let writer = Writer {
            path: path.to_owned(),
            part,
            file,
            runs,
            clock: clock.clone(),
            mask: mask.clone(),
            digests: Mutex::new(digests),
        };
        reserve(&writer.file, path, bytes, ELSEWHERE)?;
        Ok(writer)
    }

    /// Writes the values of a run, volume × voxel of the mask.
    pub fn run(&self, run: usize, values: ArrayView2<f32>) -> Result<()> {
        let blocks = self.runs[run];
        if let Some(((row, column), value)) = values.indexed_iter().find(|(_, v)| !v.is_finite()) {
            return Err(Error::value(
                format!("voxel {:?} has the value {value} at volume {row} of run {run}", self.mask.position(column)),
                "leave the voxel out of the mask, or mend the image",
            ));
        }
        in_pool(|| {
            (0..blocks.count()).into_par_iter().try_for_each(|block| {
                check_cancelled("writing a series")?;
                let part = values.slice(s![.., blocks.block(block)]);
                let part = part.as_standard_layout();
                let written = blocks.write(&self.file, block, part.view());
                written.map_err(|e| unwritten(&self.path, e))?;
                self.digests.lock().unwrap_or_else(PoisonError::into_inner)[block][run] = of_block(part.view());
                Ok(())
            })
        })
    }

    /// All runs are written: the file goes to its place.
    pub fn finish(self, name: &str, kept: &[bool], made: &Provenance) -> Result<VoxelFile> {
        let digests = std::mem::take(&mut *self.digests.lock().unwrap_or_else(PoisonError::into_inner));
        let head = Head {
            name: name.to_owned(),
            provenance: made.json(),
            code: env!("CARGO_PKG_VERSION").to_owned(),
            digest: of_series(&self.clock, &self.mask, kept, &digests),
            tr: self.clock.tr(),
            volumes: (0..self.clock.runs()).map(|run| self.clock.volumes(run)).collect(),
            censored: (0..kept.len()).filter(|row| !kept[*row]).collect(),
            shape: self.mask.shape(),
            affine: self.mask.affine().0,
            voxels: Head::stretches(&self.mask),
        };
        let values = 4 * self.clock.total() as u64 * self.mask.count() as u64;
        let written = head.write(&self.file, values).and_then(|()| self.part.place());
        written.map_err(|cause| unwritten(&self.path, cause))?;
        VoxelFile::open(&self.path)
    }
}
