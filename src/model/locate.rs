//! From what a user calls a model to the place of its files.

use super::checkpoint::whole_in;
use super::fetch;
use super::hub::HubId;
use super::registry::registry;
use crate::error::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// A model's files on this machine.
pub(super) struct Located {
    /// The name by which the model goes from here on.
    pub(super) name: String,
    /// The folder of its files, or its GGUF file.
    pub(super) path: PathBuf,
    /// Where they came from.
    pub(super) source: String,
}

/// Finds a model by a name of the registry, a folder, a GGUF file or a hub id, and fetches it where that is needed.
pub(super) fn locate(name: &str) -> Result<Located> {
    let known = registry();
    if known.iter().any(|entry| entry.name == name) {
        let fetched = fetch(name)?;
        return Ok(Located { name: name.to_owned(), path: fetched.path, source: fetched.source });
    }
    let path = Path::new(name);
    if path.is_dir() {
        let own = path.canonicalize().ok().and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()));
        let own = own.unwrap_or_else(|| name.to_owned());
        return Ok(Located { name: own, path: whole_in(path)?, source: "a folder".to_owned() });
    }
    if path.is_file() && path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gguf")) {
        let own = path.file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned());
        return Ok(Located { name: own, path: path.to_owned(), source: "a file".to_owned() });
    }
    if HubId::parse(name).is_some() {
        // It may have been meant for a place on this machine.
        let fetched = fetch(name).map_err(|e| match e.kind() {
            ErrorKind::Network => {
                let problem = format!("{} (nor is there a folder or .gguf file {name} here)", e.problem());
                Error::new(e.kind(), problem, e.advice())
            }
            _ => e,
        })?;
        return Ok(Located { name: name.to_owned(), path: fetched.path, source: fetched.source });
    }
    let names: Vec<String> = known.into_iter().map(|entry| entry.name).collect();
    let unknown = Error::unknown("model", name, &names);
    let forms = "a model is given as one of these names, as a folder with config.json, tokenizer.json and the weights, as a .gguf file, or as a hub id `owner/name` or `owner/name@revision`";
    Err(Error::new(unknown.kind(), unknown.problem(), format!("{}; {forms}", unknown.advice())))
}

#[cfg(test)]
mod tests;
