//! Which files of a folder make a model.

use super::load::{folder, missing};
use crate::error::{Error, Result};
use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tokenizers::Tokenizer;

/// The files of a model.
pub(super) enum Files {
    Folder {
        config: PathBuf,
        tokenizer: PathBuf,
        weights: WeightFiles,
    },
    /// All in one.
    Gguf(PathBuf),
}

pub(super) enum WeightFiles {
    Safetensors(Vec<PathBuf>),
    Torch(Vec<PathBuf>),
}

impl Files {
    /// The files in a folder, or the one file.
    pub(super) fn of(path: &Path) -> Result<Files> {
        if !path.is_dir() {
            return Ok(Files::Gguf(path.to_owned()));
        }
        let there = |name: &str| Some(path.join(name)).filter(|path| path.is_file());
        let Some(config) = there("config.json") else {
            return match &ggufs(path)?[..] {
                [one] => Ok(Files::Gguf(one.clone())),
                [] => Err(missing(path, "config.json")),
                [first, second, ..] => Err(Error::format(
                    path,
                    format!(
                        "the folder holds several GGUF files, {} and {} among them",
                        first.display(),
                        second.display()
                    ),
                    "give the path of the one to load",
                )),
            };
        };
        let tokenizer = there("tokenizer.json").ok_or_else(|| missing(path, "tokenizer.json"))?;
        let weights = if let Some(one) = there("model.safetensors") {
            WeightFiles::Safetensors(vec![one])
        } else if let Some(index) = there("model.safetensors.index.json") {
            WeightFiles::Safetensors(shards(&index)?)
        } else if let Some(one) = there("pytorch_model.bin") {
            WeightFiles::Torch(vec![one])
        } else if let Some(index) = there("pytorch_model.bin.index.json") {
            WeightFiles::Torch(shards(&index)?)
        } else {
            return Err(missing(path, "model.safetensors"));
        };
        Ok(Files::Folder { config, tokenizer, weights })
    }

    /// The weights' files.
    pub(super) fn weights(&self) -> Vec<PathBuf> {
        match self {
            Files::Folder { weights: WeightFiles::Safetensors(paths) | WeightFiles::Torch(paths), .. } => paths.clone(),
            Files::Gguf(path) => vec![path.clone()],
        }
    }

    /// The other files that decide what is computed.
    pub(super) fn others(&self) -> Vec<&Path> {
        match self {
            Files::Folder { config, tokenizer, .. } => vec![config, tokenizer],
            Files::Gguf(_) => Vec::new(),
        }
    }

    pub(super) fn folder(&self) -> PathBuf {
        match self {
            Files::Folder { config, .. } => folder(config),
            Files::Gguf(path) => folder(path),
        }
    }
}

fn ggufs(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |e| Error::file("list", folder, e, "see that the folder may be read");
    let listed = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut found: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|path| path.extension().is_some_and(|e| e == "gguf"));
    found.sort();
    Ok(found)
}

/// The files that an index names, each of which must be there.
fn shards(index: &Path) -> Result<Vec<PathBuf>> {
    let advice = "fetch or save the checkpoint again";
    let text = std::fs::read(index).map_err(|e| Error::file("read", index, e, advice))?;
    let json: Value = serde_json::from_slice(&text).map_err(|e| Error::format(index, &e, advice).caused_by(e))?;
    let map = json.get("weight_map").and_then(Value::as_object);
    let map = map.ok_or_else(|| Error::format(index, "there is no `weight_map` in it", advice))?;
    let mut names = BTreeSet::new();
    for (tensor, file) in map {
        let name = file.as_str().filter(|name| !name.contains(['/', '\\']) && *name != "..");
        let problem =
            || Error::format(index, format!("the tensor `{tensor}` lies in {file}, which is no file's name"), advice);
        names.insert(name.ok_or_else(problem)?);
    }
    let folder = folder(index);
    let paths: Vec<PathBuf> = names.into_iter().map(|name| folder.join(name)).collect();
    match paths.iter().find(|path| !path.is_file()) {
        Some(missing) => Err(Error::format(index, format!("the shard {} is not there", missing.display()), advice)),
        None if paths.is_empty() => Err(Error::format(index, "it names no shard", advice)),
        None => Ok(paths),
    }
}

pub(super) fn gguf_content(path: &Path) -> Result<Content> {
    let advice = "fetch the file again";
    let file = std::fs::File::open(path).map_err(|e| Error::file("read", path, e, "give the path of a GGUF file"))?;
    Content::read(&mut std::io::BufReader::new(file)).map_err(|e| Error::format(path, &e, advice).caused_by(e))
}

pub(super) fn gguf_tokenizer(content: &Content, path: &Path) -> Result<Tokenizer> {
    Tokenizer::from_gguf(content).map_err(|e| Error::format(path, &e, "give a file with a BPE tokenizer").caused_by(e))
}
