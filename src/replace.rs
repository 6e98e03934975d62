//! Files that are replaced in one step: whoever looks finds the old file or the whole new one, never half of one.

use crate::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A file that is written beside its place, and goes there when it is whole. One that is given up is removed.
pub(crate) struct Part {
    place: PathBuf,
    beside: PathBuf,
    placed: bool,
}

impl Part {
    /// The part of what is to be at `path`; nothing is written yet. Where a link is, its target is replaced.
    ///
    /// # Errors
    /// If a folder or a device is there.
    pub fn of(path: &Path) -> io::Result<Part> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let place = match fs::metadata(path) {
            Ok(there) if there.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "that is a folder")),
            Ok(there) if !there.is_file() => {
                Err(io::Error::new(io::ErrorKind::InvalidInput, "that is a device, not a file"))
            }
            Ok(_) => fs::canonicalize(path),
            Err(_) => Ok(path.to_owned()),
        }?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let beside = place.with_file_name(format!(".neurocell-{}-{number}.part", std::process::id()));
        Ok(Part { place, beside, placed: false })
    }

    /// Where it is written.
    pub fn path(&self) -> &Path {
        &self.beside
    }

    /// Puts the written file, of which all is on the disk, in its place.
    pub fn place(mut self) -> io::Result<()> {
        // A file that is written anew may be read by whom the old one could be read.
        if let Ok(old) = fs::metadata(&self.place) {
            fs::set_permissions(&self.beside, old.permissions())?;
        }
        fs::rename(&self.beside, &self.place)?;
        self.placed = true;
        Ok(())
    }

    /// Writes these bytes.
    fn fill(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(&self.beside)?;
        file.write_all(bytes)?;
        file.sync_all()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.placed {
            // What was never made need not be removed, and what cannot be removed says by its name that it is a part.
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// Writes a file.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = Part::of(path)?;
    part.fill(bytes)?;
    part.place()
}

/// Writes several files that belong together: all are written before any gets its place. The path that could not be written comes with the cause.
pub(crate) fn replace_all<'a>(files: &[(&'a Path, &[u8])]) -> Result<(), (&'a Path, io::Error)> {
    let written = files.iter().map(|(path, bytes)| {
        let part = Part::of(path).and_then(|part| part.fill(bytes).map(|()| part));
        part.map(|part| (*path, part)).map_err(|cause| (*path, cause))
    });
    let parts: Vec<(&Path, Part)> = written.collect::<Result<_, _>>()?;
    parts.into_iter().try_for_each(|(path, part)| part.place().map_err(|cause| (path, cause)))
}

/// That a file could not be written, and what to do.
pub(crate) fn unwritten(path: &Path, cause: io::Error) -> Error {
    let advice = advice(path, &cause);
    Error::file("write", path, cause, advice)
}

/// The next step after a failure.
fn advice(path: &Path, cause: &io::Error) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file_above = folder.ancestors().find(|above| above.is_file());
    match (cause.kind(), file_above) {
        (_, Some(file)) => format!("{} is a file, not a folder: choose another place", file.display()),
        (io::ErrorKind::IsADirectory, _) => format!("give the file a name in it: {}", path.join("name").display()),
        (io::ErrorKind::InvalidInput, _) => "choose a name of which there is nothing yet".to_owned(),
        (io::ErrorKind::NotFound, _) if !folder.is_dir() => {
            format!("there is no folder {}: make it first, by `std::fs::create_dir_all(…)?`", folder.display())
        }
        (io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::NotFound, _) => {
            format!("choose a folder in which you may write, {} is not one", folder.display())
        }
        (io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge, _) => {
            format!("make room on the disk of {}, or choose another", folder.display())
        }
        (io::ErrorKind::InvalidFilename, _) => "choose a shorter name".to_owned(),
        _ => {
            format!("choose a folder in which you may write, on a disk with room; {} cannot be used", folder.display())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_with_its_permissions_and_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("table.csv"), folder.path().join("link.csv"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(link.is_symlink());
        assert_eq!(names(folder.path()), ["link.csv", "table.csv"]);
    }

    #[test]
    fn of_files_that_belong_together_none_is_written_where_one_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one.csv"), folder.path().join("none/other.csv"));
        let (path, cause) = replace_all(&[(&one, b"1"), (&other, b"2")]).unwrap_err();
        assert_eq!((path, cause.kind()), (&*other, io::ErrorKind::NotFound));
        assert!(names(folder.path()).is_empty());
        assert!(unwritten(path, cause).advice().contains("make it first"));
    }

    #[test]
    fn where_nobody_may_write_the_next_step_is_another_folder() {
        // Not even root makes files there.
        let path = Path::new("/sys/figure.png");
        let error = unwritten(path, replace(path, b"picture").unwrap_err());
        assert!(error.advice().contains("choose a folder in which you may write, /sys is not one"), "{error}");
    }

    /// Runs `full_disk_child` in a process that may write no more than a few kilobytes into a file.
    #[test]
    fn a_disk_that_is_full_leaves_the_old_file_whole_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("figure.png");
        fs::write(&file, "old").unwrap();
        let child = Command::new("sh")
            .args(["-c", "ulimit -f 8; trap '' XFSZ; exec \"$0\" --exact replace::tests::full_disk_child --nocapture"])
            .arg(std::env::current_exe().unwrap())
            .env("NEUROCELL_TEST_FULL", &file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(said.contains("cannot write") && said.contains("make room on the disk"), "{said}");
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["figure.png"]);
    }

    #[test]
    fn full_disk_child() {
        if let Some(file) = std::env::var_os("NEUROCELL_TEST_FULL").map(PathBuf::from) {
            println!("{}", unwritten(&file, replace(&file, &[7; 200_000]).unwrap_err()));
        }
    }
}
