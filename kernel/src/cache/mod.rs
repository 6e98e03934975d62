//! `neurocell cache`: what the project keeps on disk, and the way to have the space back.

mod kept;
mod mapped;

use crate::size::human;
use clap::{Args, FromArgMatches, Subcommand};
use kept::{Kept, Kind, Need};
use neurocell::error::{Error, Result};
use std::fmt::Write;
use std::time::Duration;

/// What `cache` is asked.
#[derive(Args, Clone, Debug)]
pub struct Cache {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand, Clone, Debug)]
enum Task {
    /// Remove what is not needed any more: preludes of earlier versions and toolchains, and what was left behind or found damaged
    Clear(Clear),
}

/// What to remove.
#[derive(Args, Clone, Debug, Default)]
struct Clear {
    /// The fetched models, and nothing else
    #[arg(long)]
    models: bool,
    /// The fetched atlases, and nothing else
    #[arg(long)]
    atlases: bool,
    /// The activations that were read from models, and nothing else; they are read again when they are asked for
    #[arg(long)]
    activations: bool,
    /// The encoding models that were kept because they took long, and nothing else; they are fitted again when they are asked for
    #[arg(long)]
    encodings: bool,
    /// The preludes of earlier versions and toolchains, and nothing else
    #[arg(long)]
    preludes: bool,
    /// Also the prelude of this version, unless a session uses it; the next session builds it again
    #[arg(long)]
    all: bool,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
}

/// Does what is asked and says what was done.
///
/// # Errors
/// If something cannot be removed.
pub fn perform(wish: &Cache) -> Result<String> {
    match &wish.task {
        None => Ok(list(&kept::all())),
        Some(Task::Clear(clear)) => remove(clear, &kept::all()),
    }
}

/// The same for `:cache` in a cell, from the words behind it.
///
/// # Errors
/// If the words are none that the command knows, or something cannot be removed.
pub fn by_words(words: &str) -> Result<String> {
    let command = Cache::augment_args(clap::Command::new(":cache").no_binary_name(true));
    let parsed = command
        .try_get_matches_from(words.split_whitespace())
        .and_then(|matches| Cache::from_arg_matches(&matches))
        .map_err(|e| Error::value(e.to_string().trim_end(), "`:cache` lists, `:cache clear --dry-run` tries"))?;
    perform(&parsed)
}

/// What a listing and the doctor say of the fetched models.
pub fn models() -> Vec<(String, u64)> {
    let models = kept::all().into_iter().filter(|kept| kept.kind == Kind::Model);
    models.map(|kept| (kept.name, kept.bytes)).collect()
}

fn list(all: &[Kept]) -> String {
    let mut text = String::new();
    let mut total = 0;
    for kind in Kind::ALL {
        let mut of_kind = all.iter().filter(|kept| kept.kind == kind).peekable();
        let Some(first) = of_kind.peek() else { continue };
        let folder = first.path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        // `write!` to a String cannot fail.
        let _ = writeln!(text, "{} in {folder}", kind.heading());
        for kept in of_kind {
            total += kept.bytes;
            let _ = writeln!(text, "{}", line(kept));
        }
    }
    match text.is_empty() {
        true => "nothing is kept on disk yet".to_owned(),
        false => format!("{text}total {}; `neurocell cache clear` removes what is not needed", human(total)),
    }
}

fn line(kept: &Kept) -> String {
    let age = kept.age.map(|age| format!(", {} old", rough(age))).unwrap_or_default();
    format!("  {:>7}  {}  ({}{age})", human(kept.bytes), kept.name, kept.need.word())
}

fn remove(clear: &Clear, all: &[Kept]) -> Result<String> {
    let mut text = String::new();
    let (mut total, mut count) = (0, 0);
    for kept in all.iter().filter(|kept| wanted(clear, kept)) {
        if !clear.dry_run {
            kept.remove().map_err(|e| Error::file("remove", &kept.path, e, "see whether the folder may be written"))?;
        }
        (total, count) = (total + kept.bytes, count + 1);
        let _ = writeln!(text, "{}", line(kept));
    }
    Ok(match (count, clear.dry_run) {
        (0, _) => "nothing to remove".to_owned(),
        (_, true) => format!("would remove\n{text}together {}; without `--dry-run` they go", human(total)),
        (_, false) => format!("removed\n{text}together {}", human(total)),
    })
}

/// Whether something goes; what a running session uses never does.
fn wanted(clear: &Clear, kept: &Kept) -> bool {
    let preludes = clear.preludes || clear.all;
    let named = clear.models || clear.atlases || clear.activations || clear.encodings || preludes;
    let asked = match kept.kind {
        Kind::Activations | Kind::Encodings if !named => kept.need == Need::Stale,
        Kind::Model => clear.models,
        Kind::Atlas => clear.atlases,
        Kind::Activations => clear.activations,
        Kind::Encodings => clear.encodings,
        Kind::Prelude | Kind::StdSources => preludes || !named,
        Kind::Leftover => !named,
        Kind::Figures => false,
    };
    asked
        && match kept.need {
            Need::InUse => false,
            Need::Current => clear.all,
            Need::Stale => true,
            Need::Kept => matches!(kept.kind, Kind::Model | Kind::Atlas | Kind::Activations | Kind::Encodings),
        }
}

fn rough(age: Duration) -> String {
    let minutes = age.as_secs() / 60;
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn kept(kind: Kind, need: Need) -> Kept {
        Kept { kind, need, name: "thing".to_owned(), path: PathBuf::from("/folder/thing"), bytes: 2_000_000, age: None }
    }

    #[test]
    fn what_is_in_use_is_never_removed() {
        let everything = Clear {
            models: true,
            atlases: true,
            activations: true,
            encodings: true,
            preludes: true,
            all: true,
            dry_run: false,
        };
        for kind in Kind::ALL {
            assert!(!wanted(&everything, &kept(kind, Need::InUse)), "{}", kind.heading());
        }
    }

    #[test]
    fn without_flags_only_what_nobody_needs_is_removed() {
        let plain = Clear::default();
        assert!(wanted(&plain, &kept(Kind::Prelude, Need::Stale)));
        assert!(wanted(&plain, &kept(Kind::Leftover, Need::Stale)));
        assert!(!wanted(&plain, &kept(Kind::Prelude, Need::Current)));
        assert!(!wanted(&plain, &kept(Kind::Model, Need::Kept)));
        assert!(!wanted(&plain, &kept(Kind::Activations, Need::Kept)));
        assert!(wanted(&plain, &kept(Kind::Activations, Need::Stale)));
        assert!(!wanted(&plain, &kept(Kind::Figures, Need::Kept)));
    }

    #[test]
    fn each_flag_removes_its_own_kind() {
        let models = Clear { models: true, ..Clear::default() };
        assert!(wanted(&models, &kept(Kind::Model, Need::Kept)));
        assert!(!wanted(&models, &kept(Kind::Prelude, Need::Stale)));
        assert!(!wanted(&models, &kept(Kind::Atlas, Need::Kept)));
        let atlases = Clear { atlases: true, ..Clear::default() };
        assert!(wanted(&atlases, &kept(Kind::Atlas, Need::Kept)));
        assert!(!wanted(&atlases, &kept(Kind::Model, Need::Kept)));
        assert!(!wanted(&models, &kept(Kind::Activations, Need::Kept)));
        let activations = Clear { activations: true, ..Clear::default() };
        assert!(wanted(&activations, &kept(Kind::Activations, Need::Kept)));
        assert!(!wanted(&activations, &kept(Kind::Model, Need::Kept)));
        assert!(!wanted(&activations, &kept(Kind::Prelude, Need::Stale)));
        assert!(!wanted(&activations, &kept(Kind::Encodings, Need::Kept)));
        let encodings = Clear { encodings: true, ..Clear::default() };
        assert!(wanted(&encodings, &kept(Kind::Encodings, Need::Kept)));
        assert!(!wanted(&encodings, &kept(Kind::Activations, Need::Kept)));
        let preludes = Clear { preludes: true, ..Clear::default() };
        assert!(!wanted(&preludes, &kept(Kind::Prelude, Need::Current)));
        assert!(!wanted(&preludes, &kept(Kind::Model, Need::Kept)));
        assert!(wanted(&Clear { all: true, ..preludes }, &kept(Kind::Prelude, Need::Current)));
    }

    #[test]
    fn a_dry_run_says_what_would_go_and_how_large_it_is() {
        let clear = Clear { dry_run: true, ..Clear::default() };
        let text = remove(&clear, &[kept(Kind::Prelude, Need::Stale)]).unwrap();
        assert!(text.starts_with("would remove") && text.contains("2.0 MB"), "{text}");
    }

    #[test]
    fn words_that_the_command_does_not_know_are_named() {
        let error = by_words("clear --modls").unwrap_err().to_string();
        assert!(error.contains("--modls") && error.contains("--models"), "{error}");
    }
}
