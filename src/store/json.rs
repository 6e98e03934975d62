//! Small files in words that a person can read.

use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads a file; what is wrong with it, in words.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = std::fs::read(path).map_err(|e| format!("{name} cannot be read: {e}"))?;
    serde_json::from_slice(&text).map_err(|e| format!("{name} is not what it should be: {e}"))
}

/// Writes beside and renames; on disk when it returns.
pub(crate) fn write_beside(path: &Path, bytes: &[u8], advice: &str) -> Result<()> {
    let beside = path.with_extension("part");
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        std::io::Write::write_all(&mut file, bytes)?;
        file.sync_data()?;
        std::fs::rename(&beside, path)
    });
    written.map_err(|e| Error::file("write", path, e, advice))
}
