//! Room on the disk: reserved before hours are spent, and made by removing what has not been used for longest.

use super::entries::{Entry, entries, remove_unused};
use crate::error::{Error, ErrorKind, Result};
use crate::notebook::check_cancelled;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

/// The variable that says how large the store may get, in GB of 10⁹ bytes.
const LIMIT: &str = "NEUROCELL_STORE_LIMIT";
/// The store's size, in bytes, where the variable is not set.
const DEFAULT_LIMIT: u64 = 50_000_000_000;

/// How large the store may get, in bytes.
fn limit() -> Result<u64> {
    let Some(text) = std::env::var_os(LIMIT).filter(|text| !text.is_empty()) else { return Ok(DEFAULT_LIMIT) };
    let text = text.to_string_lossy();
    match text.trim().parse::<f64>() {
        Ok(gigabytes) if gigabytes.is_finite() && gigabytes >= 0.0 => Ok((gigabytes * 1e9) as u64),
        _ => Err(Error::value(
            format!("{LIMIT} is `{text}`, which is no size"),
            "set it to a number of GB, such as 50, or unset it",
        )),
    }
}

/// Sees to it that the store in `folder` stays within its limit when `needed` bytes come in `partial`; what is in use stays.
pub(super) fn make_room(folder: &Path, partial: &Path, needed: u64) -> Result<()> {
    let limit = limit()?;
    let others = entries(folder).into_iter().filter(|stored| stored.folder != partial);
    let (gone, kept) = remove_oldest(others.collect(), needed, limit)?;
    if gone > 0 {
        println!(
            "{gone} stored result(s) that had not been used for longest were removed, to stay below {:.1} GB ({LIMIT})",
            limit as f64 / 1e9
        );
    }
    if kept.saturating_add(needed) > limit {
        println!(
            "the store takes {:.2} GB, more than its limit of {:.2} GB ({LIMIT}): what is in use is not removed",
            (kept + needed) as f64 / 1e9,
            limit as f64 / 1e9
        );
    }
    Ok(())
}

/// How many were removed, and the bytes of those that stay.
fn remove_oldest(mut all: Vec<Entry>, needed: u64, limit: u64) -> Result<(usize, u64)> {
    let mut kept: u64 = all.iter().map(|stored| stored.bytes).sum();
    all.sort_by_key(|stored| stored.used);
    let mut gone = 0;
    for stored in all {
        if kept.saturating_add(needed) <= limit {
            break;
        }
        if remove_unused(&stored.folder)? {
            kept -= stored.bytes;
            gone += 1;
        }
    }
    Ok((gone, kept))
}

/// Gives a new file its length, with room on the disk for all of it.
pub(crate) fn reserve(file: &File, path: &Path, bytes: u64, advice: &str) -> Result<()> {
    let free = free(file);
    let full = || {
        Error::new(
            ErrorKind::File,
            format!(
                "{} needs {:.3} GB, and its disk has {:.3} GB free",
                path.display(),
                bytes as f64 / 1e9,
                free.unwrap_or(0) as f64 / 1e9
            ),
            advice,
        )
    };
    if free.is_some_and(|free| free < bytes) {
        return Err(full());
    }
    let length = i64::try_from(bytes).map_err(|_| full())?;
    loop {
        match allocate(file, length) {
            0 => return Ok(()),
            libc::EINTR => check_cancelled("reserving room on the disk")?,
            libc::ENOSPC | libc::EDQUOT | libc::EFBIG => return Err(full()),
            // A file system that cannot reserve gives the length alone.
            libc::EOPNOTSUPP | libc::ENOSYS | libc::EINVAL => {
                return file.set_len(bytes).map_err(|e| Error::file("reserve room for", path, e, advice));
            }
            other => {
                let cause = std::io::Error::from_raw_os_error(other);
                return Err(Error::file("reserve room for", path, cause, advice));
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn allocate(file: &File, length: i64) -> libc::c_int {
    // SAFETY: the descriptor is open for as long as `file` is borrowed.
    unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length) }
}

#[cfg(not(target_os = "linux"))]
fn allocate(_file: &File, _length: i64) -> libc::c_int {
    libc::ENOSYS
}

/// The bytes that this user may still write on a file's disk.
fn free(file: &File) -> Option<u64> {
    let mut answer = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the descriptor is open, and fstatvfs fills the answer in when it returns 0.
    let answer = unsafe {
        match libc::fstatvfs(file.as_raw_fd(), answer.as_mut_ptr()) {
            0 => answer.assume_init(),
            _ => return None,
        }
    };
    Some((answer.f_bavail as u64).saturating_mul(answer.f_frsize as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_disk_has_is_refused_with_what_is_needed_and_what_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values.f32");
        let file = File::create(&path).unwrap();
        for bytes in [1 << 60, u64::MAX] {
            let error = reserve(&file, &path, bytes, "set NEUROCELL_HOME").unwrap_err();
            assert!(error.problem().contains(path.to_str().unwrap()), "{error}");
            assert!(error.problem().contains("GB free") && error.advice().contains("NEUROCELL_HOME"), "{error}");
        }
        reserve(&file, &path, 5000, "").unwrap();
        assert_eq!(file.metadata().unwrap().len(), 5000);
    }
}
