//! Values that were read once are kept on disk, under a digest of all that they depend on.
//!
//! A result is a folder KEY below [`activations_folder`]: `values.f32` (word × neuron, 32-bit floats, little-endian, read by memory map),
//! `meta.json` (what it is) and `lock`. Who reads a model holds the lock of `KEY.partial` alone and fills that; who finds it held waits, and
//! takes the other's result. When all rows are on disk the folder is renamed. Who uses a result shares its lock, and what is locked is
//! never removed.

mod filling;
mod key;
mod list;
mod meta;
mod stored;

use crate::error::{Error, Result};
use crate::store::{Claimed, Found, Place};
pub(crate) use filling::Filling;
pub(crate) use key::{CODE, Parts};
pub use list::{StoredActivations, StoredState, stored_activations};
pub(crate) use meta::{Meta, Reached};
use std::path::PathBuf;
pub(crate) use stored::Stored;

/// What to do when the store cannot be written.
const ELSEWHERE: &str = "set NEUROCELL_HOME to a folder on a disk with room that may be written, or make room with `neurocell cache clear --activations`";

/// The folder in which [`Model::activations`](crate::model::Model::activations) keeps what it has read; it need not be there yet.
///
/// It is `activations` below the folder named by the environment variable `NEUROCELL_HOME`, else below `$XDG_DATA_HOME/neurocell`, else
/// below `~/.local/share/neurocell`. It holds at most 50 GB, or the number of GB that the environment variable `NEUROCELL_STORE_LIMIT`
/// gives; what has not been used for longest goes first, and what is in use stays.
///
/// # Errors
/// If there is neither `NEUROCELL_HOME` nor a home directory.
pub fn activations_folder() -> Result<PathBuf> {
    Ok(crate::home::home()?.join("activations"))
}

/// A folder of results.
pub(crate) struct Store(PathBuf);

/// What someone gets who would fill a key.
pub(crate) enum Claim {
    /// Another process has filled it meanwhile.
    Whole(Stored),
    /// It is this process' own to fill.
    Fill(Filling),
    /// The folder cannot be written.
    Unwritable(Error),
}

impl Store {
    pub(crate) fn at(folder: PathBuf) -> Store {
        Store(folder)
    }

    /// The finished result under a key, if there is one; a damaged one counts as none.
    pub(crate) fn take(&self, key: &str, words: usize, neurons: usize) -> Option<Stored> {
        match Stored::find(&self.0.join(key), words, neurons) {
            Ok(Found::Whole(stored)) => Some(*stored),
            _ => None,
        }
    }

    /// Makes a key this process' own to fill, or waits for the process that is filling it.
    ///
    /// # Errors
    /// If the disk has no room, or the user stops the wait.
    pub(crate) fn claim(&self, key: &str, meta: Meta) -> Result<Claim> {
        let meta = meta.stamped();
        let place = Place { folder: &self.0, advice: ELSEWHERE, makes: ["reads", "read"] };
        let find = |folder: &std::path::Path| Stored::find(folder, meta.words, meta.neurons);
        Ok(match crate::store::claim(&place, key, meta.bytes(), find)? {
            Claimed::Whole(stored) => Claim::Whole(*stored),
            Claimed::Unwritable(error) => Claim::Unwritable(error),
            Claimed::Mine { partial, lock } => {
                let filling = Filling::begin(meta, partial.clone(), self.0.join(key), lock);
                Claim::Fill(filling.inspect_err(|_| {
                    if Reached::read(&partial).is_none() {
                        crate::store::remove(&partial);
                    }
                })?)
            }
        })
    }
}
