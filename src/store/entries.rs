//! What a store holds, and taking things out of it.

use super::LOCK;
use super::claim::{is_same, partial};
use crate::error::{Error, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// One folder of a store.
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) folder: PathBuf,
    pub(crate) state: State,
    /// Whether a program holds it open, or fills it.
    pub(crate) in_use: bool,
    pub(crate) bytes: u64,
    /// When it was last asked for.
    pub(crate) used: SystemTime,
}

/// Whether a result is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Whole,
    Unfinished,
    SetAside,
}

/// The results in a folder, by key.
pub(crate) fn entries(folder: &Path) -> Vec<Entry> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<Entry> = entries.filter_map(|entry| one(&entry.path())).collect();
    all.sort_by(|a, b| a.folder.cmp(&b.folder));
    all
}

fn one(folder: &Path) -> Option<Entry> {
    let key = folder.file_stem()?.to_str()?.to_owned();
    // Whatever else lies there belongs to somebody else.
    if key.len() != 64 || !key.bytes().all(|b| b.is_ascii_hexdigit()) || !folder.is_dir() {
        return None;
    }
    let state = match folder.extension() {
        None => State::Whole,
        Some(_) if folder == partial(folder) => State::Unfinished,
        Some(_) => State::SetAside,
    };
    let lock = File::open(folder.join(LOCK)).ok();
    let in_use = state != State::SetAside && lock.as_ref().is_some_and(|lock| lock.try_lock().is_err());
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = files.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum();
    let touched = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
    let used = touched(&folder.join(LOCK)).or_else(|| touched(folder)).unwrap_or(SystemTime::UNIX_EPOCH);
    Some(Entry { key, folder: folder.to_owned(), state, in_use, bytes, used })
}

/// Takes a folder of a store from the disk, unless a program holds it open; whether it is gone.
///
/// # Errors
/// If the folder cannot be removed.
pub(crate) fn remove_unused(folder: &Path) -> Result<bool> {
    let path = folder.join(LOCK);
    let lock = File::open(&path).ok();
    if let Some(lock) = &lock
        && (lock.try_lock().is_err() || !is_same(lock, &path))
    {
        return Ok(false);
    }
    // Renamed first: nobody finds half of it.
    let gone = folder.with_extension(format!("gone-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&gone);
    match std::fs::rename(folder, &gone).and_then(|()| std::fs::remove_dir_all(&gone)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", folder, error, "see whether the folder may be written"))
        }
        _ => Ok(true),
    }
}
