//! What evcxr and rust-analyzer ask of the toolchain, answered sooner.
//!
//! A session asks cargo, rustc and rustup some fifteen questions before the first cell, each a process, most of them
//! the same in every session; and each cell is a `cargo build` that finds out anew what it found out before. So this
//! binary stands in for the three tools, under their names, in a folder that only the session's process has on its
//! `PATH`: known questions are answered from what the real tool said before ([`answers`]), and a cell that needs
//! nothing but the prelude is given to rustc at once ([`build`]). Everything else goes to the real tool unchanged.
//! `NEUROCELL_TOOLS=real` in the environment leaves all to the real tools.

mod answers;
mod build;
mod dependent;
mod variables;

pub use build::{OPENING, OPTIMIZE};
pub use dependent::BUILDING;

use crate::prebuilt::Prelude;
use neurocell::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that names the description of the session's tools.
const DESCRIPTION: &str = "NEUROCELL_TOOLS";
const REAL: &str = "real";
/// rust-analyzer sees the facade's sources by this flag; cells are built with flags of their own.
const ANALYZER_FLAGS: &str = "--cfg rust_analyzer";
const NAMES: [&str; 3] = ["cargo", "rustc", "rustup"];

/// What the stand-ins need to know of their session.
#[derive(Serialize, Deserialize)]
struct Tools {
    session: PathBuf,
    prelude: Prelude,
    /// The user's own values of the variables that the session's process has changed.
    environment: Environment,
}

/// Names of variables, each with its value; none where it is not set.
pub type Environment = Vec<(String, Option<OsString>)>;

/// Lets a program have the user's own values of what the session's process has changed for itself.
pub fn give_back(environment: &Environment, command: &mut Command) {
    for (name, value) in environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

/// Acts as the tool by whose name this binary was started, and never returns then.
pub fn take_over_if_asked() {
    let Some(description) = std::env::var_os(DESCRIPTION).filter(|value| value != REAL) else { return };
    let mut arguments = std::env::args_os();
    let Some(name) = arguments.next().and_then(|path| Some(Path::new(&path).file_name()?.to_owned())) else { return };
    let Some(name) = NAMES.into_iter().find(|known| name == *known) else { return };
    let arguments: Vec<OsString> = arguments.collect();
    let read = fs::read(&description).map_err(|e| e.to_string());
    let done = match read.and_then(|text| serde_json::from_slice::<Tools>(&text).map_err(|e| e.to_string())) {
        Ok(tools) => tools.act(name, &arguments),
        Err(problem) => {
            eprintln!("the description of the session's tools cannot be read: {problem}");
            false
        }
    };
    // 101 is cargo's own.
    std::process::exit(if done { 0 } else { 101 })
}

impl Tools {
    fn act(&self, name: &'static str, arguments: &[OsString]) -> bool {
        let arguments: Option<Vec<&str>> = arguments.iter().map(|argument| argument.to_str()).collect();
        // Words that are no text are in no question that is known here.
        let Some(arguments) = arguments else { return self.pass_on(name, std::env::args_os().skip(1)) };
        if name == "cargo"
            && let Some(done) = build::build(self, &arguments)
        {
            return done;
        }
        if name == "cargo"
            && let Some(done) = dependent::metadata(self, &arguments)
        {
            return done;
        }
        answers::answer(self, name, &arguments).unwrap_or_else(|| self.pass_on(name, &arguments))
    }

    /// Becomes the real tool.
    fn pass_on(&self, name: &str, arguments: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>) -> bool {
        let arguments: Vec<OsString> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        let builds = arguments.iter().any(|argument| argument == "build" || argument == "check");
        let mut command = if name == "cargo" && builds { self.real_cargo_build() } else { self.real(name) };
        command.args(arguments);
        let error = command.exec();
        eprintln!("{} cannot be started: {error}", command.get_program().to_string_lossy());
        false
    }

    /// The real tool in the user's environment, with the flags that the question needs.
    fn real(&self, name: &str) -> Command {
        let mut command = Command::new(self.prelude.tool(name));
        give_back(&self.environment, &mut command);
        // evcxr tells cargo to use the stand-in.
        command.env("RUSTC", self.prelude.tool("rustc"));
        command.env("RUSTFLAGS", ANALYZER_FLAGS);
        // Files of a compilation that is killed go with the session.
        command.env("TMPDIR", self.session.join("tmp"));
        command
    }

    /// The real cargo, with the flags that cells are built with.
    fn real_cargo_build(&self) -> Command {
        let mut command = self.real("cargo");
        command.env("CARGO_ENCODED_RUSTFLAGS", self.prelude.cell_flags().join("\u{1f}"));
        command
    }

    /// Whether a question is about the standard library's packages.
    fn is_of_std(&self, arguments: &[&str]) -> bool {
        let std = self.prelude.std_sources();
        arguments.iter().any(|word| Path::new(word).starts_with(&std))
    }

    /// Whether the cells' crate needs the prelude only.
    fn is_plain(&self) -> bool {
        let manifest = fs::read_to_string(self.session.join("Cargo.toml")).unwrap_or_default();
        manifest.contains(&self.prelude.profile()) && manifest.trim_end().ends_with("[dependencies]")
    }
}

/// Adds cargo's own folder to `PATH` where no cargo is found: a Jupyter that was started from a desktop knows nothing of
/// what a shell's profile adds. To be called before the process has a second thread.
pub fn complete_path() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("cargo").is_file()) {
        return;
    }
    let home = || std::env::home_dir().map(|home| home.join(".cargo"));
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home);
    let Some(bin) = cargo_home.map(|home| home.join("bin")).filter(|bin| bin.join("cargo").is_file()) else { return };
    let folders = std::env::split_paths(&path).chain(std::iter::once(bin));
    if let Ok(path) = std::env::join_paths(folders) {
        // SAFETY: no other thread runs yet.
        unsafe { std::env::set_var("PATH", path) };
    }
}

/// Puts the stand-ins before the real tools for this process, and sets what evcxr and rust-analyzer read from the
/// environment. Gives the user's own values of what was changed. To be called before the process has a second thread.
///
/// # Errors
/// If the session's folder cannot be written.
pub fn enter(session: &Path, prelude: &Prelude) -> Result<Environment> {
    let refuse =
        |cause| Error::file("write", session, cause, "free some space there, or name another folder by TMPDIR");
    let home = session.join("tools");
    let bin = home.join("bin");
    for folder in [&bin, &session.join("tmp")] {
        fs::create_dir_all(folder).map_err(refuse)?;
    }
    fs::write(session.join(OPENING), "").map_err(refuse)?;
    // evcxr reads its settings here.
    fs::write(session.join("evcxr.toml"), settings(prelude)).map_err(refuse)?;
    let with_tools = std::env::var_os(DESCRIPTION).is_none_or(|value| value != REAL);
    let mut path = OsString::new();
    if with_tools {
        let program = fs::read_link("/proc/self/exe").map_err(refuse)?;
        for name in NAMES {
            std::os::unix::fs::symlink(&program, bin.join(name)).map_err(refuse)?;
        }
        path.push(&bin);
        path.push(":");
    }
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut variables: Vec<(&str, Option<OsString>)> = vec![
        ("EVCXR_TMPDIR", Some(session.into())),
        ("EVCXR_CONFIG_DIR", Some(session.into())),
        ("PATH", Some(path)),
        ("TMPDIR", Some(session.join("tmp").into())),
        ("RUSTFLAGS", Some(ANALYZER_FLAGS.into())),
        ("CARGO_ENCODED_RUSTFLAGS", None),
        ("RUST_SRC_PATH", Some(prelude.std_sources().into())),
        (super::engine::ORDER, None),
    ];
    let description = session.join("tools.json");
    if with_tools {
        // rust-analyzer looks for cargo there before it looks at PATH.
        variables.push(("CARGO_HOME", Some(home.into())));
        variables.push((DESCRIPTION, Some(description.clone().into())));
    } else {
        // Without the stand-ins it is cargo that hands the flags to rustc, and rust-analyzer reads them too.
        variables.push(("CARGO_ENCODED_RUSTFLAGS", Some(prelude.cell_flags().join("\u{1f}").into())));
    }
    let environment: Environment =
        variables.iter().map(|(name, _)| ((*name).to_owned(), std::env::var_os(name))).collect();
    let tools = Tools { session: session.to_owned(), prelude: prelude.clone(), environment: environment.clone() };
    let text = serde_json::to_vec(&tools).map_err(|e| refuse(e.into()))?;
    fs::write(&description, text).map_err(refuse)?;
    for (name, value) in variables {
        // SAFETY: no other thread runs yet.
        unsafe {
            match value {
                Some(value) => std::env::set_var(name, value),
                None => std::env::remove_var(name),
            }
        }
    }
    Ok(environment)
}

/// evcxr's settings. What it takes for the optimisation's level goes into the cells' manifest as it is, and so this can
/// name the prelude there as well.
fn settings(prelude: &Prelude) -> String {
    format!("[evcxr]\noffline_mode = false\nopt_level = {:?}\n", prelude.profile())
}
