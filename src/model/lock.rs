//! One process at a time.

use super::http::disk;
use crate::error::Result;
use crate::notebook::check_cancelled;
use std::fs::{File, Metadata, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A file that this process holds until the value is dropped, which removes it, or until the process ends in whatever way.
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Waits for the file, which is made if it is not there; `what` is said once if another process has it.
    pub(crate) fn of(path: &Path, what: &str) -> Result<Lock> {
        let mut told = false;
        loop {
            let opened = File::options().create(true).truncate(false).write(true).open(path);
            let file = opened.map_err(|e| disk(path, e))?;
            loop {
                match file.try_lock() {
                    Ok(()) => break,
                    Err(TryLockError::Error(e)) => return Err(disk(path, e)),
                    Err(TryLockError::WouldBlock) => {
                        if !std::mem::replace(&mut told, true) {
                            println!("{what} is being fetched by another process; waiting for it");
                        }
                        check_cancelled("waiting for another download")?;
                        std::thread::sleep(Duration::from_millis(50));
                    }
                }
            }
            // Its last holder removed it: a lock of a file that is not there any more guards nothing.
            let number = |m: Metadata| (m.dev(), m.ino());
            if file.metadata().map(number).ok() == std::fs::metadata(path).map(number).ok() {
                return Ok(Lock { path: path.to_owned(), _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still held; one that stays is taken over by the next.
        let _ = std::fs::remove_file(&self.path);
    }
}
