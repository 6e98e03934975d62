//! Tables that are written for other programs.

use crate::error::{Error, Result};
use crate::provenance::{Provenance, Traced, beside_of};
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
    write_all(&[(&place, &about), (path, text)])
}

/// Writes a file beside its place and renames it, so that a half-written one is never there.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    write_all(&[(path, text)])
}

fn write_all(files: &[(&Path, &str)]) -> Result<()> {
    let partial = |path: &Path| {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".partial-{}", std::process::id()));
        path.with_file_name(name)
    };
    let failed = |path: &Path, cause| {
        // What could not be written may also not be there to remove.
        files.iter().for_each(|(path, _)| drop(std::fs::remove_file(partial(path))));
        Error::file("write", path, cause, "choose a place that exists and can be written to")
    };
    for (path, text) in files {
        std::fs::write(partial(path), text).map_err(|cause| failed(path, cause))?;
    }
    files.iter().try_for_each(|(path, _)| std::fs::rename(partial(path), path).map_err(|cause| failed(path, cause)))
}
