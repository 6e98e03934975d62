//! A fit on its way to disk.

use super::ELSEWHERE;
use super::meta::{FILES, Meta, Reached};
use super::stored::Stored;
use crate::error::{Error, Result};
use crate::store::{self, Blocks, Found, reserve};
use ndarray::Array2;
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time between two notes of which blocks are there: what is lost at most when the process is killed, besides the blocks at work.
const NOTE: Duration = Duration::from_millis(500);

/// What is found for a block of voxels.
pub(crate) struct Columns {
    /// Regressor × voxel.
    pub(crate) weights: Array2<f32>,
    /// Volume × voxel.
    pub(crate) predicted: Array2<f32>,
    /// r of each fold, R² of each fold, α, mean, 1 / standard deviation × voxel.
    pub(crate) scores: Array2<f64>,
}

/// A folder that is being filled, block by block, by several threads; it has its final name only when all of them are there.
pub(crate) struct Filling {
    meta: Meta,
    blocks: [Blocks; 3],
    files: [File; 3],
    partial: PathBuf,
    folder: PathBuf,
    /// Gone once the fit is finished.
    lock: Option<File>,
    done: Mutex<Vec<bool>>,
    /// When the last note was written.
    noted: Mutex<Option<Instant>>,
}

impl Filling {
    /// Begins, or goes on where another process was stopped; `lock` is held alone.
    pub(super) fn begin(meta: Meta, partial: PathBuf, folder: PathBuf, lock: File) -> Result<Filling> {
        let (blocks, sizes) = (meta.blocks(), meta.sizes()?);
        let open = |name: &str| {
            let path = partial.join(name);
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            file.map_err(|e| Error::file("open", &path, e, ELSEWHERE))
        };
        let files = [open(FILES[0])?, open(FILES[1])?, open(FILES[2])?];
        let count = blocks[0].count();
        let before = Meta::read(&partial).is_ok_and(|before| before == meta);
        let whole = files.iter().zip(sizes).all(|(file, size)| file.metadata().is_ok_and(|meta| meta.len() == size));
        let reached = Reached::read(&partial).filter(|reached| {
            before && whole && !reached.blocks.is_empty() && reached.blocks.iter().all(|block| *block < count)
        });
        let mut done = vec![false; count];
        match reached {
            Some(reached) => reached.blocks.iter().for_each(|block| done[*block] = true),
            None => {
                let begun = Reached::forget(&partial).map_err(|e| Error::file("write in", &partial, e, ELSEWHERE));
                let begun = begun.and_then(|()| {
                    for ((file, name), size) in files.iter().zip(FILES).zip(sizes) {
                        let path = partial.join(name);
                        file.set_len(0).map_err(|e| Error::file("write", &path, e, ELSEWHERE))?;
                        reserve(file, &path, size, ELSEWHERE)?;
                    }
                    meta.write(&partial)
                });
                begun.inspect_err(|_| store::remove(&partial))?;
            }
        }
        let (done, noted) = (Mutex::new(done), Mutex::new(None));
        Ok(Filling { meta, blocks, files, partial, folder, lock: Some(lock), done, noted })
    }

    /// Whether each block is there already.
    pub(crate) fn done(&self) -> Vec<bool> {
        locked(&self.done).clone()
    }

    /// Writes what was found for a block.
    pub(crate) fn put(&self, block: usize, found: &Columns) -> Result<()> {
        let unwritten = |name: &str, e| Error::file("write", &self.partial.join(name), e, ELSEWHERE);
        let [weights, predicted, scores] = &self.files;
        self.blocks[0].write(weights, block, found.weights.view()).map_err(|e| unwritten(FILES[0], e))?;
        self.blocks[1].write(predicted, block, found.predicted.view()).map_err(|e| unwritten(FILES[1], e))?;
        self.blocks[2].write(scores, block, found.scores.view()).map_err(|e| unwritten(FILES[2], e))?;
        locked(&self.done)[block] = true;
        // One thread notes; the others go on.
        let Ok(mut noted) = self.noted.try_lock() else { return Ok(()) };
        if noted.is_none_or(|noted| noted.elapsed() >= NOTE) {
            self.note()?;
            *noted = Some(Instant::now());
        }
        Ok(())
    }

    /// First the blocks, then the note: after a power failure there are never fewer than the note says.
    fn note(&self) -> Result<()> {
        let done = self.done();
        for (file, name) in self.files.iter().zip(FILES) {
            file.sync_data().map_err(|e| Error::file("write", &self.partial.join(name), e, ELSEWHERE))?;
        }
        let blocks = (0..done.len()).filter(|block| done[*block]).collect();
        Reached { blocks }.write(&self.partial)
    }

    /// All blocks are written: the folder gets its final name.
    pub(crate) fn finish(mut self) -> Result<Stored> {
        let failed = |e| Error::file("finish", &self.folder, e, ELSEWHERE);
        self.files.iter().try_for_each(File::sync_data).map_err(failed)?;
        Reached::forget(&self.partial).map_err(failed)?;
        let lock = self.lock.take().ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?;
        store::finish(&self.partial, &self.folder, &lock).map_err(failed)?;
        match Stored::find(&self.folder, &self.meta, true).map_err(failed)? {
            Found::Whole(stored) => Ok(stored),
            Found::Nothing => Err(failed(std::io::ErrorKind::NotFound.into())),
            Found::Damaged(why) => Err(failed(std::io::Error::other(why))),
        }
    }
}

impl Drop for Filling {
    /// What was done is noted; a folder in which nothing was done holds room for nothing.
    fn drop(&mut self) {
        if self.lock.is_none() {
            return;
        }
        // Asked before, so that its lock is free again.
        let any = locked(&self.done).contains(&true);
        match any {
            // Without the note the blocks are fitted again, and nothing is lost but time.
            true => drop(self.note()),
            false => store::remove(&self.partial),
        }
    }
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
