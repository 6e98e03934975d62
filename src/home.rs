//! The folder of everything that the project keeps on this machine.

use crate::error::{Error, ErrorKind, Result};
use std::path::PathBuf;

/// `$NEUROCELL_HOME`, else `$XDG_DATA_HOME/neurocell`, else `~/.local/share/neurocell`; it need not be there yet.
pub(crate) fn home() -> Result<PathBuf> {
    let named = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let data = || named("XDG_DATA_HOME").or_else(|| Some(std::env::home_dir()?.join(".local/share")));
    let home = named("NEUROCELL_HOME").or_else(|| Some(data()?.join("neurocell"))).ok_or_else(|| {
        Error::new(
            ErrorKind::File,
            "no folder to keep models and results in: there is no home directory",
            "set NEUROCELL_HOME to a folder",
        )
    })?;
    std::path::absolute(&home).map_err(|e| Error::file("find", &home, e, "set NEUROCELL_HOME to a folder"))
}
