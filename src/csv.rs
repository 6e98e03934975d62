//! Tables that are written for other programs.

use crate::error::{Error, Result};
use crate::provenance::{Provenance, Traced, beside};
use std::path::Path;

/// A text as a cell: in quotes where it must be.
pub(crate) fn cell(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// Writes a table, and what it was made of beside it.
pub(crate) fn write_traced(path: &Path, text: &str, made: &dyn Traced) -> Result<()> {
    let table = Provenance::step("table").input("values", made);
    write(path, text)?;
    beside(path, &table).inspect_err(|_| {
        // A table without what it was made of would be half of what was asked for; the error in hand says more than one from here.
        let _ = std::fs::remove_file(path);
    })
}

/// Writes a file beside its place and renames it, so that a half-written one is never there.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".partial-{}", std::process::id()));
    let partial = path.with_file_name(name);
    let written = std::fs::write(&partial, text).and_then(|()| std::fs::rename(&partial, path));
    written.map_err(|cause| {
        // What could not be written may also not be there to remove.
        let _ = std::fs::remove_file(&partial);
        Error::file("write", path, cause, "choose a place that exists and can be written to")
    })
}
