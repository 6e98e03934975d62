//! Everything that is kept on disk, found where the other parts put it.

use super::mapped::Mapped;
use crate::{prebuilt, size};
use neurocell::activation::{StoredState, stored_activations};
use neurocell::encoding::{StoredFit, stored_encodings};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Model,
    Atlas,
    Activations,
    Encodings,
    Prelude,
    StdSources,
    Leftover,
    Figures,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::Model,
        Kind::Atlas,
        Kind::Activations,
        Kind::Encodings,
        Kind::Prelude,
        Kind::StdSources,
        Kind::Leftover,
        Kind::Figures,
    ];

    pub fn heading(self) -> &'static str {
        match self {
            Kind::Model => "models",
            Kind::Atlas => "atlases",
            Kind::Activations => "activations that were read",
            Kind::Encodings => "encoding models that were fitted",
            Kind::Prelude => "preludes for notebook cells",
            Kind::StdSources => "sources of the standard library",
            Kind::Leftover => "left by sessions that were killed",
            Kind::Figures => "figures of the terminal",
        }
    }
}

/// Whether something may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A running program has it open.
    InUse,
    /// The next session wants it.
    Current,
    /// Nothing asks for it any more.
    Stale,
    /// The user's own to decide.
    Kept,
}

impl Need {
    pub fn word(self) -> &'static str {
        match self {
            Need::InUse => "in use",
            Need::Current => "current",
            Need::Stale => "not needed any more",
            Need::Kept => "kept",
        }
    }
}

/// One thing on disk.
#[derive(Clone, Debug)]
pub struct Kept {
    pub kind: Kind,
    pub need: Need,
    pub name: String,
    pub path: PathBuf,
    pub bytes: u64,
    pub age: Option<Duration>,
}

impl Kept {
    fn at(kind: Kind, need: Need, path: PathBuf) -> Kept {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let made = path.symlink_metadata().and_then(|meta| meta.modified()).ok();
        let age = made.and_then(|made| SystemTime::now().duration_since(made).ok());
        Kept { kind, need, name, bytes: size::of(&path), path, age }
    }

    /// Takes it from the disk; that it is gone already is as good.
    pub fn remove(&self) -> io::Result<()> {
        match self.kind {
            Kind::Activations => return remove_activations(&self.path),
            Kind::Encodings => return remove_encodings(&self.path),
            _ => {}
        }
        match std::fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Everything there is, in the order of [`Kind::ALL`].
pub fn all() -> Vec<Kept> {
    let mapped = Mapped::now();
    let mut all = fetched(Kind::Model, neurocell::model::models_folder());
    all.extend(fetched(Kind::Atlas, neurocell::brain::atlases_folder()));
    all.extend(activations());
    all.extend(encodings());
    all.extend(preludes(&mapped));
    all.extend(leftovers(&std::env::temp_dir()));
    let figures = Path::new(crate::repl::FIGURES);
    if figures.is_dir() {
        all.push(Kept::at(Kind::Figures, Need::Kept, std::path::absolute(figures).unwrap_or_else(|_| figures.into())));
    }
    all.sort_by_key(|kept| Kind::ALL.iter().position(|kind| *kind == kept.kind));
    all
}

fn folders(inside: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(inside).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn fetched(kind: Kind, folder: neurocell::Result<PathBuf>) -> Vec<Kept> {
    let Ok(folder) = folder else { return Vec::new() };
    folders(&folder)
        .into_iter()
        .map(|path| match path.extension().is_some_and(|ending| ending == "partial") {
            true => Kept::at(Kind::Leftover, Need::Stale, path),
            false => Kept::at(kind, Need::Kept, path),
        })
        .collect()
}

fn activations() -> Vec<Kept> {
    let one = |stored: neurocell::activation::StoredActivations| {
        let need = match stored.state {
            _ if stored.in_use => Need::InUse,
            StoredState::SetAside => Need::Stale,
            StoredState::Whole | StoredState::Unfinished { .. } => Need::Kept,
        };
        let how_far = match stored.state {
            StoredState::Whole => String::new(),
            StoredState::Unfinished { words } => format!(", unfinished after {words} words"),
            StoredState::SetAside => ", set aside".to_owned(),
        };
        let name = format!("{}{how_far} [{}]", stored.what, &stored.key[..8]);
        let age = SystemTime::now().duration_since(stored.used).ok();
        Kept { kind: Kind::Activations, need, name, path: stored.folder, bytes: stored.bytes, age }
    };
    stored_activations().unwrap_or_default().into_iter().map(one).collect()
}

fn encodings() -> Vec<Kept> {
    let one = |stored: neurocell::encoding::StoredEncoding| {
        let need = match stored.state {
            _ if stored.in_use => Need::InUse,
            StoredFit::SetAside => Need::Stale,
            StoredFit::Whole | StoredFit::Unfinished { .. } => Need::Kept,
        };
        let how_far = match stored.state {
            StoredFit::Whole => String::new(),
            StoredFit::Unfinished { voxels } => format!(", unfinished after {voxels} voxels"),
            StoredFit::SetAside => ", set aside".to_owned(),
        };
        let name = format!("{}{how_far} [{}]", stored.what, &stored.key[..8]);
        let age = SystemTime::now().duration_since(stored.used).ok();
        Kept { kind: Kind::Encodings, need, name, path: stored.folder, bytes: stored.bytes, age }
    };
    stored_encodings().unwrap_or_default().into_iter().map(one).collect()
}

/// Under the store's lock: a program may have begun to use it since the list was made.
fn remove_activations(folder: &Path) -> io::Result<()> {
    let all = stored_activations().unwrap_or_default();
    all.into_iter().find(|stored| stored.folder == folder).map_or(Ok(()), |stored| gone(stored.remove()))
}

fn remove_encodings(folder: &Path) -> io::Result<()> {
    let all = stored_encodings().unwrap_or_default();
    all.into_iter().find(|stored| stored.folder == folder).map_or(Ok(()), |stored| gone(stored.remove()))
}

fn gone(removed: neurocell::Result<bool>) -> io::Result<()> {
    match removed {
        Ok(true) => Ok(()),
        Ok(false) => Err(io::Error::other("a program has begun to use it")),
        Err(error) => Err(io::Error::other(error.problem().to_owned())),
    }
}

fn preludes(mapped: &Mapped) -> Vec<Kept> {
    let Ok(state) = prebuilt::state() else { return Vec::new() };
    let sort = |path: PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let (kind, current) = if name.contains(".part-") {
            return unfinished(path);
        } else if name.starts_with("std-") {
            (Kind::StdSources, path == state.std_sources)
        } else if path.join("facade").is_dir() {
            (Kind::Prelude, path == state.current)
        } else {
            // Whatever else lies there belongs to another part.
            return None;
        };
        let need = match current {
            _ if mapped.below(&path) => Need::InUse,
            true => Need::Current,
            false => Need::Stale,
        };
        Some(Kept::at(kind, need, path))
    };
    folders(&state.preludes).into_iter().filter_map(sort).collect()
}

/// A folder `NAME.part-PROCESS` whose process has ended without finishing it.
fn unfinished(path: PathBuf) -> Option<Kept> {
    let process = path.extension()?.to_str()?.strip_prefix("part-")?.to_owned();
    let lives = Path::new("/proc").join(process).is_dir();
    (!lives).then(|| Kept::at(Kind::Leftover, Need::Stale, path))
}

/// Folders of sessions that were killed; a living session holds a lock in its folder.
fn leftovers(temporary: &Path) -> Vec<Kept> {
    /// A session that starts right now has no lock yet.
    const STARTING: Duration = Duration::from_secs(60);
    // SAFETY: the call has no arguments and cannot fail.
    let user = unsafe { libc::getuid() };
    let sessions = folders(&temporary.join(format!("neurocell-{user}"))).into_iter();
    let sessions =
        sessions.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("session-")));
    let ended = sessions.filter(|path| File::open(path.join("lock")).map_or(true, |lock| lock.try_lock().is_ok()));
    let kept = ended.map(|path| Kept::at(Kind::Leftover, Need::Stale, path));
    kept.filter(|kept| kept.age.is_some_and(|age| age > STARTING)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_an_ended_session_is_found_and_that_of_a_living_one_is_left_alone() {
        let temporary = tempfile::tempdir().unwrap();
        // SAFETY: the call has no arguments and cannot fail.
        let all = temporary.path().join(format!("neurocell-{}", unsafe { libc::getuid() }));
        let make = |name: &str| {
            std::fs::create_dir_all(all.join(name)).unwrap();
            let lock = File::create(all.join(name).join("lock")).unwrap();
            let old = SystemTime::now() - Duration::from_secs(3600);
            File::open(all.join(name)).unwrap().set_modified(old).unwrap();
            lock
        };
        let living = make("session-1");
        living.lock().unwrap();
        drop(make("session-2"));
        drop(make("other"));
        let names: Vec<String> = leftovers(temporary.path()).into_iter().map(|kept| kept.name).collect();
        assert_eq!(names, ["session-2"]);
    }

    #[test]
    fn an_unfinished_folder_of_a_living_process_is_no_leftover() {
        let folder = tempfile::tempdir().unwrap();
        let living = folder.path().join(format!("key.part-{}", std::process::id()));
        assert!(unfinished(living).is_none());
        assert!(unfinished(folder.path().join("key.part-999999999")).is_some());
    }
}
