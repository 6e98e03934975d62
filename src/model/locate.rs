//! From what a user calls a model to the place of its files.

use super::registry::registry;
use super::{fetch, hub};
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The files of a checkpoint.
pub(super) const FILES: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];

/// A model's files on this machine.
pub(super) struct Located {
    /// The name by which the model goes from here on.
    pub(super) name: String,
    /// The folder of its files, or its GGUF file.
    pub(super) path: PathBuf,
    /// Where they came from.
    pub(super) source: String,
}

/// Finds a model by a name of the registry, a folder or a hub id, and fetches it where that is needed.
pub(super) fn locate(name: &str) -> Result<Located> {
    let path = Path::new(name);
    if registry().iter().any(|entry| entry.name == name) {
        let fetched = fetch(name)?;
        return Ok(Located { name: name.to_owned(), path: fetched.path, source: fetched.source });
    }
    if path.is_dir() {
        let stem = path.canonicalize().ok().and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()));
        let name = stem.unwrap_or_else(|| name.to_owned());
        return Ok(Located { name, path: path.to_owned(), source: "a folder".to_owned() });
    }
    if is_hub_id(name) {
        let folder = hub::folder_of(name, &FILES)?;
        return Ok(Located { name: name.to_owned(), path: folder, source: "the hub".to_owned() });
    }
    let names: Vec<String> = registry().into_iter().map(|entry| entry.name).collect();
    let unknown = Error::unknown("model", name, &names);
    let forms = "a model is given as one of these names, as a folder with config.json, tokenizer.json and model.safetensors, or as a hub id `owner/name`";
    Err(Error::new(unknown.kind(), unknown.problem(), format!("{}; {forms}", unknown.advice())))
}

fn is_hub_id(name: &str) -> bool {
    let plain = |part: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(allowed)
    };
    let parts: Vec<&str> = name.split('/').collect();
    parts.len() == 2 && parts.into_iter().all(plain)
}
