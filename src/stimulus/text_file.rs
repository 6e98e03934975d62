//! Text files as they come: UTF-8 with or without a mark at its head, and UTF-16, which Praat writes.

use crate::error::{Error, Result};
use std::path::Path;

/// A file's text, which must be UTF-8; a byte order mark at its head is left out.
pub(super) fn utf8(path: &Path, advice: &str) -> Result<String> {
    decode(path, read(path, advice)?)
}

/// The text of a file's bytes, which are UTF-16 where they begin with that mark, and else must be UTF-8.
pub(super) fn utf8_or_utf16(path: &Path, bytes: Vec<u8>) -> Result<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes[..] {
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        _ => return decode(path, bytes),
    };
    if !bytes.len().is_multiple_of(2) {
        let problem =
            format!("the file is UTF-16 by its first two bytes, but has an odd number of bytes ({})", bytes.len());
        return Err(Error::format(path, problem, "it was cut off: fetch or save it again"));
    }
    let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16(&units).map_err(|cause| {
        let sound = char::decode_utf16(units.iter().copied()).map_while(|c| c.ok());
        let line = 1 + sound.filter(|c| *c == '\n').count();
        Error::format(path, format!("line {line} is not UTF-16"), "save the file as UTF-8").caused_by(cause)
    })
}

/// A file's name without its extension, to call a stimulus by.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A file's bytes.
pub(super) fn read(path: &Path, advice: &str) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|cause| Error::file("read", path, cause, advice))
}

fn decode(path: &Path, bytes: Vec<u8>) -> Result<String> {
    let text = String::from_utf8(bytes).map_err(|cause| {
        let line = 1 + cause.as_bytes()[..cause.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count();
        Error::format(path, format!("line {line} is not UTF-8"), "save the file as UTF-8").caused_by(cause)
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(text) => text.to_owned(),
        None => text,
    })
}
