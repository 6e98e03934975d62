//! Whose turn it is to make a result.

use super::LOCK;
use super::room::make_room;
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A folder of results, and what is said of it.
pub(crate) struct Place<'a> {
    pub(crate) folder: &'a Path,
    /// What to do when it cannot be written.
    pub(crate) advice: &'static str,
    /// The verb of making a result, as in "another process reads the same", and its participle.
    pub(crate) makes: [&'static str; 2],
}

/// What was found under a key.
pub(crate) enum Found<T> {
    Whole(T),
    Nothing,
    /// Something is there, and is not what it should be.
    Damaged(String),
}

/// What someone gets who would fill a key.
pub(crate) enum Claimed<T> {
    /// Another process has filled it meanwhile.
    Whole(T),
    /// It is this process' own to fill: the folder, and its lock, held alone.
    Mine { partial: PathBuf, lock: File },
    /// The folder cannot be written.
    Unwritable(Error),
}

/// Makes a key this process' own to fill with so many bytes, or waits for the process that is filling it; `find` looks into a finished folder.
///
/// # Errors
/// If the user stops the wait, or a damaged result cannot be set aside.
pub(crate) fn claim<T>(
    place: &Place,
    key: &str,
    bytes: u64,
    find: impl Fn(&Path) -> std::io::Result<Found<T>>,
) -> Result<Claimed<T>> {
    let folder = place.folder.join(key);
    let partial = partial(&folder);
    let refused = |e| Error::file("write in", place.folder, e, place.advice);
    let [makes, made] = place.makes;
    let waiting = format!("waiting for another process that {makes} the same");
    let mut said = false;
    let lock = loop {
        let lock = match lock_file(&partial) {
            Ok(lock) => lock,
            // Someone has removed it just now.
            Err(error) if error.kind() == ErrorKind::NotFound && place.folder.is_dir() => {
                check_cancelled(&waiting)?;
                continue;
            }
            Err(error) => return Ok(Claimed::Unwritable(refused(error))),
        };
        match lock.try_lock() {
            Ok(()) if is_same(&lock, &partial.join(LOCK)) => break lock,
            // It has become someone's result, or was removed.
            Ok(()) => continue,
            Err(TryLockError::WouldBlock) => {
                if !std::mem::replace(&mut said, true) {
                    println!(
                        "another process or thread {makes} the same; waiting for its result ({})",
                        partial.display()
                    );
                }
                check_cancelled(&waiting)?;
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::Error(error)) => return Ok(Claimed::Unwritable(refused(error))),
        }
        if let Ok(Found::Whole(stored)) = find(&folder) {
            return Ok(Claimed::Whole(stored));
        }
    };
    match find(&folder) {
        Ok(Found::Whole(stored)) => {
            remove(&partial);
            return Ok(Claimed::Whole(stored));
        }
        Ok(Found::Nothing) => {}
        Ok(Found::Damaged(why)) => {
            let aside = folder.with_extension("damaged");
            remove(&aside);
            std::fs::rename(&folder, &aside).map_err(|e| Error::file("set aside", &folder, e, place.advice))?;
            println!("a stored result is damaged ({why}): set aside as {}, and {made} anew", aside.display());
        }
        Err(error) => return Ok(Claimed::Unwritable(refused(error))),
    }
    make_room(place.folder, &partial, bytes)?;
    Ok(Claimed::Mine { partial, lock })
}

/// The lock of a finished folder, shared, and a note that it was used.
pub(crate) fn held(folder: &Path) -> std::io::Result<Found<File>> {
    let lock = match File::open(folder.join(LOCK)) {
        Ok(lock) => lock,
        Err(_) if !folder.exists() => return Ok(Found::Nothing),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Found::Damaged("its lock file is missing".to_owned()));
        }
        Err(error) => return Err(error),
    };
    // Someone who holds it alone is taking it away; or has just finished it, and will not hold it for long.
    lock.lock_shared()?;
    if !is_same(&lock, &folder.join(LOCK)) {
        return Ok(Found::Nothing);
    }
    // A store that may only be read keeps no account of its use.
    let _ = lock.set_modified(SystemTime::now());
    Ok(Found::Whole(lock))
}

/// Gives a filled folder its final name; from then on others may read it, and nobody may take it away.
pub(crate) fn finish(partial: &Path, folder: &Path, lock: &File) -> std::io::Result<()> {
    std::fs::rename(partial, folder)?;
    // After a power failure a renamed folder has its new name; a file system that cannot promise that is none the worse.
    if let Some(parent) = folder.parent().and_then(|parent| File::open(parent).ok()) {
        let _ = parent.sync_all();
    }
    lock.lock_shared()
}

/// The folder in which a key's values are while they are incomplete.
pub(crate) fn partial(folder: &Path) -> PathBuf {
    folder.with_extension("partial")
}

/// What cannot be removed stays, and `neurocell cache` lists it.
pub(crate) fn remove(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
}

/// The lock file of a folder, both made where they are missing.
fn lock_file(partial: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(partial)?;
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(partial.join(LOCK))
}

/// Whether an open file is the one that has this path now.
pub(super) fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}
