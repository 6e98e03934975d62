//! What the store holds, and taking things out of it.

use super::meta::{Meta, Reached};
use crate::error::Result;
use crate::store::{Entry, State, entries, remove_unused};
use std::path::PathBuf;
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
        remove_unused(&self.folder)
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
    Ok(entries(&super::activations_folder()?).into_iter().map(named).collect())
}

fn named(entry: Entry) -> StoredActivations {
    let Entry { key, folder, state, in_use, bytes, used } = entry;
    let state = match state {
        State::Whole => StoredState::Whole,
        State::Unfinished => StoredState::Unfinished { words: Reached::read(&folder).unwrap_or_default().words },
        State::SetAside => StoredState::SetAside,
    };
    let what = Meta::read(&folder).map_or_else(|why| format!("damaged: {why}"), |meta| meta.title());
    StoredActivations { key, folder, what, state, in_use, bytes, used }
}
