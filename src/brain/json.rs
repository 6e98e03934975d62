//! Sidecars.

use crate::error::{Error, Result};
use std::path::Path;

pub(super) fn read(path: &Path) -> Result<serde_json::Value> {
    let text =
        std::fs::read(path).map_err(|cause| Error::file("read", path, cause, "check that the file may be read"))?;
    serde_json::from_slice(&text).map_err(|cause| {
        Error::format(path, format!("this is no JSON: {cause}"), "mend or fetch it again").caused_by(cause)
    })
}
