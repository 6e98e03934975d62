//! SHA-256 of a model's files, computed once for each state of a file: a large model is read from disk once to load it, not twice.

use crate::error::{Error, Result};
use crate::hex::hex;
use crate::home::home;
use crate::notebook::check_cancelled;
use crate::replace::replace;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Files smaller than this are not worth a note.
const WORTH_A_NOTE: u64 = 1 << 20;
/// A file changed so shortly ago may change again without its times showing it.
const SETTLED: Duration = Duration::from_secs(2);

/// SHA-256 of a file in lower-case hexadecimal digits; of a large file that has not changed since (its inode, length and times are the
/// same), as it was noted below `$NEUROCELL_HOME/digests`.
pub(crate) fn noted_sha256(path: &Path) -> Result<String> {
    let Some((note, state)) = home().ok().and_then(|home| noted(path, &home.join("digests"))) else {
        return sha256(path);
    };
    if let Some(digest) = std::fs::read_to_string(&note).ok().and_then(|text| digest_of(&text, &state)) {
        return Ok(digest);
    }
    let digest = sha256(path)?;
    // A note that cannot be written costs time and nothing else.
    let _ = write(&note, &format!("{state} {digest}"));
    Ok(digest)
}

/// Where a file's digest is noted, and the state of the file that it is for; nothing for a small file and for one just written.
fn noted(path: &Path, folder: &Path) -> Option<(PathBuf, String)> {
    let path = path.canonicalize().ok()?;
    let m = path.metadata().ok()?;
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(m.ctime()).ok()?);
    let settled = SystemTime::now().duration_since(changed).is_ok_and(|since| since > SETTLED);
    if m.len() < WORTH_A_NOTE || !settled {
        return None;
    }
    let times = format!("{}.{:09} {}.{:09}", m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec());
    let state = format!("{} {} {} {times}", m.dev(), m.ino(), m.len());
    let name = hex(Sha256::new().chain_update(path.as_os_str().as_encoded_bytes()));
    Some((folder.join(&name[..32]), state))
}

/// The digest in a note, if it is for this state.
fn digest_of(note: &str, state: &str) -> Option<String> {
    let digest = note.strip_prefix(state)?.strip_prefix(' ')?;
    (digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit())).then(|| digest.to_owned())
}

fn write(note: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = note.parent() {
        std::fs::create_dir_all(folder)?;
    }
    replace(note, text.as_bytes())
}

/// SHA-256 of a file in lower-case hexadecimal digits.
pub(super) fn sha256(path: &Path) -> Result<String> {
    let unreadable = |e| Error::file("read", path, e, "see that the file is there and may be read");
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        check_cancelled("checking the model's files")?;
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => return Ok(hex(digest)),
            n => digest.update(&buffer[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_holds_for_the_state_of_the_file_that_it_was_made_of_and_for_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weights");
        std::fs::write(&file, vec![1; WORTH_A_NOTE as usize]).unwrap();
        assert!(noted(&file, folder.path()).is_none(), "it was written just now");
        let old = SystemTime::now() - Duration::from_secs(100);
        let set = |time| std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        set(old);
        std::thread::sleep(SETTLED + Duration::from_millis(1100));
        let (note, state) = noted(&file, folder.path()).unwrap();
        let digest = sha256(&file).unwrap();
        write(&note, &format!("{state} {digest}")).unwrap();
        let kept = std::fs::read_to_string(&note).unwrap();
        assert_eq!(digest_of(&kept, &state), Some(digest));
        assert_eq!(digest_of(&kept, &state.replacen(' ', "  ", 1)), None);
        assert_eq!(digest_of(&kept[..kept.len() - 1], &state), None);
        // Other bytes, then the old modification time again: the change of the inode shows it.
        std::fs::write(&file, vec![2; WORTH_A_NOTE as usize]).unwrap();
        set(old);
        assert!(noted(&file, folder.path()).is_none_or(|(_, other)| other != state));
    }
}
