//! What the store of fits holds, and taking things out of it.

use super::meta::{Meta, Reached};
use crate::error::Result;
use crate::store::{Entry, State, entries, remove_unused};
use std::path::PathBuf;
use std::time::SystemTime;

/// One fit in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEncoding {
    /// The digest under which it is kept.
    pub key: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What it is: whose data, from what, and sizes.
    pub what: String,
    /// Whether it is whole.
    pub state: StoredFit,
    /// Whether a program holds it open, or fits it.
    pub in_use: bool,
    /// Its size on disk.
    pub bytes: u64,
    /// When it was last asked for.
    pub used: SystemTime,
}

/// Whether a stored fit is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredFit {
    /// All voxels are there.
    Whole,
    /// The program that fitted it was stopped, or is still at work; it is gone on with when the same is asked for again.
    Unfinished {
        /// Voxels that are there.
        voxels: usize,
    },
    /// It was found damaged and set aside, or left when it was removed.
    SetAside,
}

impl StoredEncoding {
    /// Takes the fit from the disk, unless a program holds it open; whether it is gone.
    ///
    /// # Errors
    /// If the folder cannot be removed.
    pub fn remove(&self) -> Result<bool> {
        remove_unused(&self.folder)
    }
}

/// The fits in the store, the folder given by [`encodings_folder`](super::encodings_folder); none if there is no store yet.
///
/// # Errors
/// If there is neither `NEUROCELL_HOME` nor a home directory.
///
/// ```
/// for stored in neurocell::encoding::stored_encodings()? {
///     println!("{} ({:.1} MB)", stored.what, stored.bytes as f64 / 1e6);
/// }
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn stored_encodings() -> Result<Vec<StoredEncoding>> {
    Ok(entries(&super::encodings_folder()?).into_iter().map(named).collect())
}

fn named(entry: Entry) -> StoredEncoding {
    let Entry { key, folder, state, in_use, bytes, used } = entry;
    let meta = Meta::read(&folder);
    let state = match state {
        State::Whole => StoredFit::Whole,
        State::Unfinished => {
            let blocks = Reached::read(&folder).unwrap_or_default().blocks;
            let of = |meta: &Meta| blocks.iter().map(|block| meta.blocks()[0].block(*block).len()).sum();
            StoredFit::Unfinished { voxels: meta.as_ref().map_or(0, of) }
        }
        State::SetAside => StoredFit::SetAside,
    };
    let what = meta.map_or_else(|why| format!("damaged: {why}"), |meta| meta.title());
    StoredEncoding { key, folder, what, state, in_use, bytes, used }
}
