//! Writing a figure's file.

use crate::error::{Error, ErrorKind, Result};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Writes a file beside its place and renames it, so that a half-written one is never found; a link's target is
/// replaced, not the link.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let place = place(path)?;
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let beside = place.with_file_name(format!(".neurocell-{}-{number}.part", std::process::id()));
    let written = fs::File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        // A file that is written anew may be read by whom the old one could be read.
        .and_then(|()| fs::metadata(&place).map_or(Ok(()), |old| fs::set_permissions(&beside, old.permissions())))
        .and_then(|()| fs::rename(&beside, &place));
    written.map_err(|cause| {
        // What was written so far is of no use; if it was never made there is nothing to remove.
        let _ = fs::remove_file(&beside);
        let advice = advice(&place, &cause);
        Error::file("write", path, cause, advice)
    })
}

/// Where the bytes go, if they can go there.
fn place(path: &Path) -> Result<PathBuf> {
    let refused = |why: &str, advice: String| {
        Err(Error::new(ErrorKind::File, format!("a figure cannot be saved as {}: {why}", path.display()), advice))
    };
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => {
            refused("that is a folder", format!("give the file a name in it: {}", path.join("figure.png").display()))
        }
        Ok(there) if !there.is_file() => {
            refused("that is a device, not a file", "choose a name of which there is nothing yet".to_owned())
        }
        Ok(_) => fs::canonicalize(path)
            .map_err(|cause| Error::file("write", path, cause, "choose another name for the file")),
        Err(_) => Ok(path.to_owned()),
    }
}

/// The next step after a failure.
fn advice(place: &Path, cause: &io::Error) -> String {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file_above = folder.ancestors().find(|above| above.is_file());
    match (cause.kind(), file_above) {
        (_, Some(file)) => format!("{} is a file, not a folder: choose another place", file.display()),
        (io::ErrorKind::NotFound, _) => {
            format!("there is no folder {}: make it first, by `std::fs::create_dir_all(…)?`", folder.display())
        }
        (io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem, _) => {
            format!("choose a folder in which you may write, {} is not one", folder.display())
        }
        (io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded, _) => {
            format!("make room on the disk of {}, or choose another", folder.display())
        }
        (io::ErrorKind::InvalidFilename, _) => "choose a shorter name".to_owned(),
        _ => "make the folder first, or choose one in which you may write".to_owned(),
    }
}
