//! A folder that is being filled.

use super::ELSEWHERE;
use super::meta::{Meta, Reached};
use super::stored::{Stored, VALUES};
use crate::error::{Error, Result};
use crate::store::{self, bytes, reserve};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Time between two notes of how far it has come: what is lost at most when the process is killed, besides the windows at work.
const NOTE: Duration = Duration::from_millis(500);

/// Values on their way to disk. Rows are written where they belong as words get complete; the folder has its final name only when all of
/// them are there.
pub(crate) struct Filling {
    meta: Meta,
    partial: PathBuf,
    folder: PathBuf,
    /// Gone once the result is finished.
    lock: Option<File>,
    values: File,
    reached: Reached,
    noted: Option<Instant>,
}

impl Filling {
    /// Begins, or goes on where another process was stopped; `lock` is held alone.
    pub(super) fn begin(meta: Meta, partial: PathBuf, folder: PathBuf, lock: File) -> Result<Filling> {
        let path = partial.join(VALUES);
        let refused = |e| Error::file("open", &path, e, ELSEWHERE);
        let values = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let values = values.map_err(refused)?;
        let before = Meta::read(&partial).is_ok_and(|before| before.unmatched == meta.unmatched);
        let whole = values.metadata().map_err(refused)?.len() == meta.bytes();
        let reached = Reached::read(&partial).filter(|reached| before && whole && reached.words <= meta.words);
        if reached.is_none() {
            Reached::forget(&partial).map_err(|e| Error::file("write in", &partial, e, ELSEWHERE))?;
            // What may lie there belongs to nothing: rows of words without a token must be zeros.
            values.set_len(0).map_err(refused)?;
            reserve(&values, &path, meta.bytes(), ELSEWHERE)?;
            meta.write(&partial)?;
        }
        let reached = reached.unwrap_or_default();
        Ok(Filling { meta, partial, folder, lock: Some(lock), values, reached, noted: None })
    }

    /// How far it had come before.
    pub(crate) fn reached(&self) -> Reached {
        self.reached
    }

    /// Writes the row of a word.
    pub(crate) fn put(&self, word: usize, row: &[f32]) -> Result<()> {
        self.values.write_all_at(bytes(row), word as u64 * self.meta.neurons as u64 * 4).map_err(|e| self.unwritten(e))
    }

    /// Notes that all words before this one are written, now and then; `now` whether it is to be noted in any case.
    pub(crate) fn note(&mut self, reached: Reached, now: bool) -> Result<()> {
        let due = self.noted.is_none_or(|noted| noted.elapsed() >= NOTE);
        if reached.words <= self.reached.words || !(now || due) {
            return Ok(());
        }
        // First the rows, then the note: after a power failure there are never fewer rows than the note says.
        self.values.sync_data().map_err(|e| self.unwritten(e))?;
        reached.write(&self.partial)?;
        (self.reached, self.noted) = (reached, Some(Instant::now()));
        Ok(())
    }

    /// All rows are written: the folder gets its final name.
    pub(crate) fn finish(mut self) -> Result<Stored> {
        let failed = |e| Error::file("finish", &self.folder, e, ELSEWHERE);
        self.values.sync_data().map_err(failed)?;
        Reached::forget(&self.partial).map_err(failed)?;
        let lock = self.lock.take().ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?;
        store::finish(&self.partial, &self.folder, &lock).map_err(failed)?;
        Stored::mapped(self.meta.clone(), self.folder.clone(), &self.values, lock, true)
            .map_err(|e| Error::file("map", &self.folder, e, ELSEWHERE))
    }

    fn unwritten(&self, cause: std::io::Error) -> Error {
        Error::file("write", &self.partial.join(VALUES), cause, ELSEWHERE)
    }
}

impl Drop for Filling {
    /// A folder in which nothing was noted holds room for nothing.
    fn drop(&mut self) {
        if self.lock.is_some() && self.reached.words == 0 {
            store::remove(&self.partial);
        }
    }
}
