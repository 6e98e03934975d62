//! The files that a model is loaded from.

use super::checkpoint::{Weights, shards, weights_among};
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The files of a model.
pub(super) enum Files {
    /// In a folder.
    Folder { config: PathBuf, tokenizer: PathBuf, weights: WeightFiles },
    /// All in one.
    Gguf(PathBuf),
}

pub(super) enum WeightFiles {
    Safetensors(Vec<PathBuf>),
    Torch(Vec<PathBuf>),
}

impl Files {
    /// The files in a folder in which all of a checkpoint is, or the one file.
    pub(super) fn of(path: &Path) -> Result<Files> {
        if !path.is_dir() {
            return Ok(Files::Gguf(path.to_owned()));
        }
        let unreadable = |e| Error::file("list", path, e, "give a folder that may be read");
        let listed = std::fs::read_dir(path).map_err(unreadable)?;
        let names: Vec<String> = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (first, parts) = match weights_among(&names, &path.display().to_string())? {
            Weights::Gguf(name) => return Ok(Files::Gguf(path.join(name))),
            Weights::One(name) => (name.clone(), vec![name]),
            Weights::Index(index) => (index.clone(), shards(&path.join(index))?),
        };
        let parts = parts.into_iter().map(|name| path.join(name)).collect();
        let weights = match first.starts_with("pytorch_model") {
            true => WeightFiles::Torch(parts),
            false => WeightFiles::Safetensors(parts),
        };
        Ok(Files::Folder { config: path.join("config.json"), tokenizer: path.join("tokenizer.json"), weights })
    }

    /// The weights' files.
    pub(super) fn weights(&self) -> &[PathBuf] {
        match self {
            Files::Folder { weights: WeightFiles::Safetensors(paths) | WeightFiles::Torch(paths), .. } => paths,
            Files::Gguf(path) => std::slice::from_ref(path),
        }
    }

    /// The other files that decide what is computed.
    pub(super) fn others(&self) -> Vec<&Path> {
        match self {
            Files::Folder { config, tokenizer, .. } => vec![config, tokenizer],
            Files::Gguf(_) => Vec::new(),
        }
    }

    /// The folder that they are in.
    pub(super) fn folder(&self) -> PathBuf {
        let (Files::Folder { config: inside, .. } | Files::Gguf(inside)) = self;
        inside.parent().unwrap_or(inside).to_owned()
    }
}
