//! What the store holds, and taking things out of it.

use super::filling;
use super::meta::{Meta, Reached};
use super::stored::{LOCK, is_same};
use crate::error::{Error, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// One result in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredActivations {
    /// The digest under which it is kept.
    pub key: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What it is: model, site, stimulus and shape.
    pub what: String,
    /// Whether it is whole.
    pub state: StoredState,
    /// Whether a program holds it open, or fills it.
    pub in_use: bool,
    /// Its size on disk.
    pub bytes: u64,
    /// When it was last asked for.
    pub used: SystemTime,
}

/// Whether a stored result is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredState {
    /// All words are there.
    Whole,
    /// The program that filled it was stopped, or is still at work; it is gone on with when the same is asked for again.
    Unfinished {
        /// Words that are there.
        words: usize,
    },
    /// It was found damaged and set aside, or left when it was removed.
    SetAside,
}

impl StoredActivations {
    /// Takes the result from the disk, unless a program holds it open; whether it is gone.
    ///
    /// # Errors
    /// If the folder cannot be removed.
    pub fn remove(&self) -> Result<bool> {
        let advice = "see whether the folder may be written";
        let refuse = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => Ok(true),
            _ => Err(Error::file("remove", &self.folder, e, advice)),
        };
        let path = self.folder.join(LOCK);
        let lock = File::open(&path).ok();
        if let Some(lock) = &lock
            && (lock.try_lock().is_err() || !is_same(lock, &path))
        {
            return Ok(false);
        }
        // Renamed first: nobody finds half of it.
        let gone = self.folder.with_extension(format!("gone-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&gone);
        match std::fs::rename(&self.folder, &gone).and_then(|()| std::fs::remove_dir_all(&gone)) {
            Ok(()) => Ok(true),
            Err(error) => refuse(error),
        }
    }
}

/// The results in the store, the folder given by [`activations_folder`](super::activations_folder); none if there is no store yet.
///
/// # Errors
/// If there is neither `NEUROCELL_HOME` nor a home directory.
///
/// ```
/// for stored in neurocell::activation::stored_activations()? {
///     println!("{} ({:.1} MB)", stored.what, stored.bytes as f64 / 1e6);
/// }
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn stored_activations() -> Result<Vec<StoredActivations>> {
    Ok(of(&super::activations_folder()?))
}

/// The results in a folder, by key.
pub(super) fn of(folder: &Path) -> Vec<StoredActivations> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<StoredActivations> = entries.filter_map(|entry| one(&entry.path())).collect();
    all.sort_by(|a, b| a.folder.cmp(&b.folder));
    all
}

fn one(folder: &Path) -> Option<StoredActivations> {
    let key = folder.file_stem()?.to_str()?.to_owned();
    // Whatever else lies there belongs to somebody else.
    if key.len() != 64 || !key.bytes().all(|b| b.is_ascii_hexdigit()) || !folder.is_dir() {
        return None;
    }
    let state = match folder.extension() {
        None => StoredState::Whole,
        Some(_) if folder == filling::partial(folder) => {
            StoredState::Unfinished { words: Reached::read(folder).unwrap_or_default().words }
        }
        Some(_) => StoredState::SetAside,
    };
    let lock = File::open(folder.join(LOCK)).ok();
    let in_use = state != StoredState::SetAside && lock.as_ref().is_some_and(|lock| lock.try_lock().is_err());
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = files.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum();
    let touched = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
    let used = touched(&folder.join(LOCK)).or_else(|| touched(folder)).unwrap_or(SystemTime::UNIX_EPOCH);
    let what = Meta::read(folder).map_or_else(|why| format!("damaged: {why}"), |meta| meta.title());
    Some(StoredActivations { key, folder: folder.to_owned(), what, state, in_use, bytes, used })
}
