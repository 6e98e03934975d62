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
mod room;
mod stored;

use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
pub(crate) use filling::{Filling, bytes};
pub(crate) use key::{CODE, Parts};
pub use list::{StoredActivations, StoredState, stored_activations};
pub(crate) use meta::{Meta, Reached};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
pub(crate) use stored::Stored;
use stored::{Found, LOCK, is_same};

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

const WAITING: &str = "waiting for another process that reads the same";

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
        let folder = self.0.join(key);
        let partial = filling::partial(&folder);
        let refused = |e| Error::file("write in", &self.0, e, ELSEWHERE);
        let mut said = false;
        let lock = loop {
            let lock = match lock_file(&partial) {
                Ok(lock) => lock,
                // Someone has removed it just now.
                Err(error) if error.kind() == ErrorKind::NotFound && self.0.is_dir() => {
                    check_cancelled(WAITING)?;
                    continue;
                }
                Err(error) => return Ok(Claim::Unwritable(refused(error))),
            };
            match lock.try_lock() {
                Ok(()) if is_same(&lock, &partial.join(LOCK)) => break lock,
                // It has become someone's result, or was removed.
                Ok(()) => continue,
                Err(TryLockError::WouldBlock) => {
                    if !std::mem::replace(&mut said, true) {
                        println!(
                            "another process or thread reads the same; waiting for its result ({})",
                            partial.display()
                        );
                    }
                    check_cancelled(WAITING)?;
                    std::thread::sleep(Duration::from_millis(50));
                }
                Err(TryLockError::Error(error)) => return Ok(Claim::Unwritable(refused(error))),
            }
            if let Some(stored) = self.take(key, meta.words, meta.neurons) {
                return Ok(Claim::Whole(stored));
            }
        };
        match Stored::find(&folder, meta.words, meta.neurons) {
            Ok(Found::Whole(stored)) => {
                remove(&partial);
                return Ok(Claim::Whole(*stored));
            }
            Ok(Found::Nothing) => {}
            Ok(Found::Damaged(why)) => self.set_aside(&folder, &why)?,
            Err(error) => return Ok(Claim::Unwritable(refused(error))),
        }
        room::make_room(&self.0, &partial, meta.bytes())?;
        Filling::begin(meta, partial.clone(), folder, lock).map(Claim::Fill).inspect_err(|_| {
            if Reached::read(&partial).is_none() {
                remove(&partial);
            }
        })
    }

    fn set_aside(&self, folder: &Path, why: &str) -> Result<()> {
        let aside = folder.with_extension("damaged");
        remove(&aside);
        std::fs::rename(folder, &aside).map_err(|e| Error::file("set aside", folder, e, ELSEWHERE))?;
        println!("a stored result is damaged ({why}): set aside as {}, and read anew", aside.display());
        Ok(())
    }
}

/// The lock file of a folder, both made where they are missing.
fn lock_file(partial: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(partial)?;
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(partial.join(LOCK))
}

/// What cannot be removed stays, and `neurocell cache` lists it.
fn remove(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
}

/// After a power failure a renamed folder has its new name; a file system that cannot promise that is none the worse.
fn sync_folder(folder: &Path) {
    if let Some(parent) = folder.parent().and_then(|parent| File::open(parent).ok()) {
        let _ = parent.sync_all();
    }
}
