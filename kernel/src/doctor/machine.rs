//! Folders that must be writable, models, free disk and memory.

use super::Check;
use crate::size::human;
use crate::{cache, prebuilt, room};
use std::path::Path;

/// A session's cells and a rebuilt prelude fit in this.
const DISK: u64 = 2_000_000_000;
/// A session with its rust-analyzer and a small model.
const MEMORY: u64 = 2_000_000_000;

pub fn examine() -> Vec<Check> {
    let temporary = std::env::temp_dir();
    let mut checks =
        vec![home(), models(), writable("temporary", &temporary, "set TMPDIR to a folder that may be written")];
    checks.push(disk("disk, temporary", &temporary));
    if let Ok(state) = prebuilt::state() {
        checks.push(disk("disk, prelude", &state.project));
    }
    checks.push(free_memory());
    checks
}

fn home() -> Check {
    match std::env::home_dir().filter(|home| !home.as_os_str().is_empty()) {
        Some(home) => writable("home", &home, "set HOME to a folder that may be written"),
        None => Check::notice("home", "HOME is not set", "export HOME=… (history and models are kept below it)"),
    }
}

/// Tries to write: permissions alone do not tell of a file system that is mounted read-only.
fn writable(name: &'static str, folder: &Path, fix: &str) -> Check {
    let probe = folder.join(format!(".neurocell-doctor-{}", std::process::id()));
    let tried = std::fs::write(&probe, "x");
    // If it was not written there is nothing to remove.
    let _ = std::fs::remove_file(&probe);
    match tried {
        Ok(()) => Check::good(name, folder.display().to_string()),
        Err(error) if name == "home" => {
            Check::notice(name, format!("{} cannot be written: {error}", folder.display()), fix)
        }
        Err(error) => Check::bad(name, format!("{} cannot be written: {error}", folder.display()), fix),
    }
}

fn models() -> Check {
    const NAME: &str = "models";
    let place = match neurocell::model::models_folder() {
        Ok(folder) => folder.display().to_string(),
        Err(error) => return Check::notice(NAME, error.problem(), error.advice()),
    };
    let there = cache::models();
    if there.is_empty() {
        let name = neurocell::model::registry().first().map(|entry| entry.name.clone()).unwrap_or_default();
        return Check::notice(NAME, format!("none in {place}"), format!("neurocell fetch {name}"));
    }
    let names: Vec<String> = there.iter().map(|(name, bytes)| format!("{name} ({})", human(*bytes))).collect();
    Check::good(NAME, format!("{} in {place}", names.join(", ")))
}

fn disk(name: &'static str, folder: &Path) -> Check {
    match room::on_disk(folder) {
        Some(free) if free < DISK => Check::notice(
            name,
            format!("{} free at {}", human(free), folder.display()),
            "neurocell cache clear, or make room by other means",
        ),
        Some(free) => Check::good(name, format!("{} free at {}", human(free), folder.display())),
        None => Check::notice(name, format!("{} cannot be looked at", folder.display()), "see whether it is there"),
    }
}

fn free_memory() -> Check {
    const NAME: &str = "memory";
    match room::in_memory() {
        Some(free) if free < MEMORY => Check::notice(
            NAME,
            format!("{} free", human(free)),
            "close other programs; a session takes about 2 GB with a small model",
        ),
        Some(free) => Check::good(NAME, format!("{} free", human(free))),
        None => Check::good(NAME, "not known on this system"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_cannot_be_written() {
        let check = writable("temporary", Path::new("/no/such/folder"), "set TMPDIR");
        assert_eq!(check.health, super::super::Health::Bad);
        assert!(check.found.contains("/no/such/folder"));
    }
}
