//! Tables that are written for other programs.

use crate::error::Result;
use crate::provenance::{Provenance, Traced, beside_of};
use crate::replace::{replace, replace_all, unwritten};
use std::path::Path;

/// A text as a cell: in quotes where it must be.
pub(crate) fn cell(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// Writes a table, and what it was made of beside it; both are written before either gets its name.
pub(crate) fn write_traced(path: &Path, text: &str, made: &dyn Traced) -> Result<()> {
    let table = Provenance::step("table").input("values", made);
    let (place, about) = beside_of(path, &table);
    let files: [(&Path, &[u8]); 2] = [(&place, about.as_bytes()), (path, text.as_bytes())];
    replace_all(&files).map_err(|(path, cause)| unwritten(path, cause))
}

/// Writes a table whose origin others keep.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    replace(path, text.as_bytes()).map_err(|cause| unwritten(path, cause))
}
