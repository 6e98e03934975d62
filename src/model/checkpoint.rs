//! Which files make a checkpoint.

use crate::error::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Files that stand beside the weights, unless these are a GGUF file, which holds everything.
pub(super) const BESIDE: [&str; 2] = ["config.json", "tokenizer.json"];
/// Weights in the order in which they are preferred; those of an index are in the files that it names.
const WEIGHTS: [&str; 4] =
    ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

/// The form in which a checkpoint's weights are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Weights {
    /// One file beside config.json and tokenizer.json.
    One(String),
    /// A file that names the others.
    Index(String),
    /// One file that holds everything.
    Gguf(String),
}

/// The weights among some files of a folder or of a repository.
///
/// # Errors
/// If there are none, or several GGUF files and nothing else; `place` is where the files are.
pub(super) fn weights_among(names: &[&str], place: &str) -> Result<Weights> {
    if let Some(name) = WEIGHTS.iter().find(|name| names.contains(name)) {
        let name = (*name).to_owned();
        return Ok(if name.ends_with(".json") { Weights::Index(name) } else { Weights::One(name) });
    }
    let ggufs: Vec<&str> = names.iter().filter(|name| name.ends_with(".gguf")).copied().collect();
    match ggufs[..] {
        [one] => Ok(Weights::Gguf(one.to_owned())),
        [] => Err(Error::new(
            ErrorKind::File,
            format!("there are no weights in {place}: none of {}, and no .gguf file", WEIGHTS.join(", ")),
            "give a model whose weights are in one of these files",
        )),
        [first, ..] => Err(Error::new(
            ErrorKind::File,
            format!("there are {} GGUF files in {place}: {}", ggufs.len(), ggufs.join(", ")),
            format!("say which, as in `{place}/{first}`"),
        )),
    }
}

/// The files that an index names.
pub(super) fn shards(index: &Path) -> Result<Vec<String>> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let advice = "fetch or save the checkpoint again";
    let text = std::fs::read(index).map_err(|e| Error::file("read", index, e, advice))?;
    let read: Index = serde_json::from_slice(&text).map_err(|e| Error::format(index, &e, advice).caused_by(e))?;
    let names: BTreeSet<String> = read.weight_map.into_values().collect();
    let plain = |name: &String| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
    match names.iter().find(|name| !plain(name)) {
        Some(name) => Err(Error::format(index, format!("`{name}` is no file beside it"), advice)),
        None if names.is_empty() => Err(Error::format(index, "it names no file", advice)),
        None => Ok(names.into_iter().collect()),
    }
}

/// What a model is loaded from: the folder, if all of a checkpoint is there, or its one GGUF file.
///
/// # Errors
/// If a file is missing; the error names it.
pub(super) fn whole_in(folder: &Path) -> Result<PathBuf> {
    let listed =
        std::fs::read_dir(folder).map_err(|e| Error::file("list", folder, e, "give a folder that may be read"))?;
    let names: Vec<String> = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let weights = weights_among(&names, &folder.display().to_string())?;
    let mut wanted = BESIDE.map(str::to_owned).to_vec();
    match weights {
        Weights::Gguf(name) => return Ok(folder.join(name)),
        Weights::One(_) => {}
        Weights::Index(index) => wanted.extend(shards(&folder.join(index))?),
    }
    for name in wanted {
        let path = folder.join(&name);
        let advice = match name.as_str() {
            "tokenizer.json" => NO_TOKENIZER,
            _ => "give a folder that holds config.json, tokenizer.json and the weights",
        };
        std::fs::metadata(&path).map_err(|e| Error::file("find", &path, e, advice))?;
    }
    Ok(folder.to_owned())
}

pub(super) const NO_TOKENIZER: &str =
    "write it in Python, by AutoTokenizer.from_pretrained(…).save_pretrained(…), or give a folder that has one";

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    #[test]
    fn safetensors_come_before_torch_files_and_before_gguf() {
        let weights = |names: &[&str]| weights_among(names, "here").unwrap();
        let all = ["x.gguf", "pytorch_model.bin", "model.safetensors.index.json", "model.safetensors"];
        assert_eq!(weights(&all), Weights::One("model.safetensors".to_owned()));
        assert_eq!(weights(&all[..3]), Weights::Index("model.safetensors.index.json".to_owned()));
        assert_eq!(weights(&all[..2]), Weights::One("pytorch_model.bin".to_owned()));
        assert_eq!(weights(&all[..1]), Weights::Gguf("x.gguf".to_owned()));
    }

    #[test]
    fn several_gguf_files_are_listed_and_none_is_taken() {
        let folder = folder(&["a.gguf", "b.gguf"]);
        let error = whole_in(folder.path()).unwrap_err();
        assert!(error.problem().contains("a.gguf") && error.problem().contains("b.gguf"), "{error}");
    }

    #[test]
    fn the_file_that_is_missing_is_named() {
        let has = |names: &[&str]| whole_in(folder(names).path());
        assert!(has(&["config.json", "tokenizer.json", "model.safetensors"]).is_ok());
        for (names, missing) in [
            (&["config.json", "tokenizer.json"][..], "model.safetensors"),
            (&["config.json", "pytorch_model.bin"], "tokenizer.json"),
            (&["tokenizer.json", "pytorch_model.bin"], "config.json"),
        ] {
            let error = has(names).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::File);
            assert!(error.problem().contains(missing), "{error}");
        }
    }

    #[test]
    fn every_file_of_an_index_must_be_there_and_beside_it() {
        let folder = folder(&["config.json", "tokenizer.json", "one.safetensors"]);
        let index = folder.path().join("model.safetensors.index.json");
        let with = |map: &str| {
            std::fs::write(&index, format!("{{\"weight_map\": {map}}}")).unwrap();
            whole_in(folder.path())
        };
        assert_eq!(with(r#"{"a": "one.safetensors", "b": "one.safetensors"}"#).unwrap(), folder.path());
        let missing = with(r#"{"a": "one.safetensors", "b": "two.safetensors"}"#).unwrap_err();
        assert!(missing.problem().contains("two.safetensors"), "{missing}");
        for outside in [r#"{"a": "../x"}"#, r#"{"a": "/etc/passwd"}"#, r#"{"a": ""}"#, "{}", "[]"] {
            assert_eq!(with(outside).unwrap_err().kind(), ErrorKind::Format, "{outside}");
        }
    }
}
