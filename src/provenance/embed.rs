//! How a provenance lies in the files that carry it.

use super::Provenance;
use crate::csv;
use crate::error::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The keyword of PNG's text chunk, the name in other files' metadata.
pub(super) const KEYWORD: &str = "neurocell";
/// The id of SVG's metadata element.
pub(super) const ELEMENT: &str = "<metadata id=\"neurocell-provenance\">";
/// What begins a text of letters and digits only.
pub(super) const MARK: &str = "neurocell-provenance:";
/// NIfTI's registered code of an extension in plain text ("comment").
pub(crate) const COMMENT: i32 = 6;

/// The content of a PNG's `iTXt` chunk: keyword, compressed, no language, text (PNG specification, 11.3.3.4).
pub(crate) fn png_chunk(made: &Provenance) -> Vec<u8> {
    let mut chunk = format!("{KEYWORD}\0\u{1}\0\0\0").into_bytes();
    chunk.extend(packed(made));
    chunk
}

/// An SVG's metadata element.
pub(crate) fn svg_element(made: &Provenance) -> String {
    let text = made.json().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("{ELEMENT}{text}</metadata>\n")
}

/// A text of letters, digits and `+/=:;-` only, for files whose texts are written in ways of their own (a string of a PDF's).
pub(crate) fn marked_text(made: &Provenance) -> String {
    format!("{MARK}{};", BASE64.encode(packed(made)))
}

fn packed(made: &Provenance) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    // Memory takes all that is written to it.
    packer.write_all(made.json().as_bytes()).and_then(|()| packer.finish()).unwrap_or_default()
}

/// An extension of a NIfTI header: length, code, text, filled up with zeros to a multiple of 16 bytes.
pub(crate) fn nifti_extension(made: &Provenance) -> Vec<u8> {
    let text = made.json();
    let length = (8 + text.len() + 1).next_multiple_of(16);
    // A provenance is some kB.
    let mut extension = (length as i32).to_le_bytes().to_vec();
    extension.extend(COMMENT.to_le_bytes());
    extension.extend(text.as_bytes());
    extension.resize(length, 0);
    extension
}

/// Where the provenance of a file lies that has no place for it: `scores.csv.provenance.json` beside `scores.csv`.
pub(super) fn place_beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".provenance.json");
    path.with_file_name(name)
}

/// Writes the provenance of a file beside it, whole or not at all.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn beside(path: &Path, made: &Provenance) -> Result<()> {
    let (place, text) = beside_of(path, made);
    csv::write(&place, &text)
}

/// Where the provenance of a file lies beside it, and its text.
pub(crate) fn beside_of(path: &Path, made: &Provenance) -> (PathBuf, String) {
    (place_beside(path), format!("{}\n", made.pretty_json()))
}
