//! How much room there is: memory, and disk.

use std::path::Path;

/// Memory that programs may still take, in bytes; none where the system does not say.
pub fn in_memory() -> Option<u64> {
    kilobytes("/proc/meminfo", "MemAvailable:")
}

/// What this process holds in memory, in bytes.
pub fn held() -> Option<u64> {
    kilobytes("/proc/self/status", "VmRSS:")
}

/// Whether the system, when memory runs out, is to end this process before others: the cell, not the copy of its variables.
pub fn end_me_first(first: bool) {
    // Where the system knows no such wish, it chooses by size.
    let _ = std::fs::write("/proc/self/oom_score_adj", if first { "500" } else { "0" });
}

/// The bytes that this user may still write on a folder's file system.
pub fn on_disk(folder: &Path) -> Option<u64> {
    let path = std::ffi::CString::new(folder.as_os_str().as_encoded_bytes()).ok()?;
    let mut answer = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero byte, and statvfs fills the answer in when it returns 0.
    let answer = unsafe {
        match libc::statvfs(path.as_ptr(), answer.as_mut_ptr()) {
            0 => answer.assume_init(),
            _ => return None,
        }
    };
    Some(answer.f_bavail.saturating_mul(answer.f_frsize))
}

fn kilobytes(file: &str, key: &str) -> Option<u64> {
    let told = std::fs::read_to_string(file).ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_system_tells() {
        let (free, held) = (super::in_memory().unwrap(), super::held().unwrap());
        assert!(free > 1 << 20 && held > 1 << 20, "{free}, {held}");
        assert!(super::on_disk(Path::new("/")).is_some() && super::on_disk(Path::new("/no/such/folder")).is_none());
    }
}
