//! The folder in which one session builds its cells, and that nothing of it stays behind.
//!
//! A session that ends takes its folder away. One that is killed cannot, so each start removes the folders whose
//! session lives no more: a living one holds a lock in its folder, which the system gives back however it ends.

use neurocell::error::{Error, ErrorKind, Result};
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";
const ADVICE: &str = "free some space there, or name another folder by TMPDIR";

/// A session's folder, which goes with this value.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder of a new session, and removes those of sessions that were killed.
    ///
    /// # Errors
    /// If the temporary folder cannot be written, or another user has taken its name.
    pub fn make() -> Result<Folder> {
        let all = of_this_user()?;
        sweep(&all);
        let path = all.join(format!("session-{}-{}", std::process::id(), uuid::Uuid::new_v4().simple()));
        let refuse = |cause| Error::file("make", &path, cause, ADVICE);
        DirBuilder::new().mode(0o700).create(&path).map_err(refuse)?;
        let lock = File::create(path.join(LOCK)).map_err(refuse)?;
        lock.lock().map_err(refuse)?;
        Ok(Folder { path, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next start.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The folder of all of a user's sessions, which nobody else may enter.
pub fn of_this_user() -> Result<PathBuf> {
    // SAFETY: the call has no arguments and cannot fail.
    let user = unsafe { libc::getuid() };
    let path = std::env::temp_dir().join(format!("neurocell-{user}"));
    let refuse = |cause| Error::file("make", &path, cause, ADVICE);
    match DirBuilder::new().mode(0o700).create(&path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::AlreadyExists => return Err(refuse(cause)),
        _ => {}
    }
    let found = fs::symlink_metadata(&path).map_err(refuse)?;
    if !found.is_dir() || found.uid() != user {
        let problem = format!("{} is not a folder of this user (id {user}, owner {})", path.display(), found.uid());
        return Err(Error::new(ErrorKind::File, problem, "remove it, or name another folder by TMPDIR"));
    }
    Ok(path)
}

/// Removes the folders of sessions that live no more.
fn sweep(all: &Path) {
    let Ok(entries) = fs::read_dir(all) else { return };
    for entry in entries.flatten() {
        let is_session = entry.file_name().to_string_lossy().starts_with("session-");
        let lives = || match File::open(entry.path().join(LOCK)) {
            Ok(lock) => lock.try_lock().is_err(),
            // One that is being made has no lock yet.
            Err(_) => entry
                .metadata()
                .and_then(|m| m.modified())
                .is_ok_and(|at| at.elapsed().is_ok_and(|age| age.as_secs() < 60)),
        };
        if is_session && !lives() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_dead_sessions_are_swept() {
        let all = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = all.path().join(name);
            fs::create_dir(&path).unwrap();
            let lock = File::create(path.join(LOCK)).unwrap();
            (path, lock)
        };
        let (dead, lock) = folder("session-1-a");
        drop(lock);
        let (living, lock) = folder("session-2-b");
        lock.lock().unwrap();
        let (other, _) = folder("figures");
        let fresh = all.path().join("session-3-c");
        fs::create_dir(&fresh).unwrap();
        sweep(all.path());
        assert!(!dead.exists());
        assert!(living.exists() && other.exists() && fresh.exists());
    }

    #[test]
    fn a_session_takes_its_folder_away() {
        let folder = Folder::make().unwrap();
        let path = folder.path().to_owned();
        fs::create_dir_all(path.join("target/debug")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        drop(folder);
        assert!(!path.exists());
    }
}
