//! Where the project, its build and the toolchain lie, and which prelude belongs to them.

use super::PRELUDES;
use super::making::not_started;
use crate::hex::hex;
use crate::std_sources;
use neurocell::error::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What there is of preludes on this machine; nothing is built.
pub struct State {
    /// The folder of the project whose sources the prelude is made from.
    pub project: PathBuf,
    /// Holds a folder for each version and toolchain.
    pub preludes: PathBuf,
    /// The folder of the sources and toolchain as they are now.
    pub current: PathBuf,
    /// The copy of the standard library's sources for the toolchain as it is now.
    pub std_sources: PathBuf,
}

impl State {
    /// Whether a session can start without a build.
    pub fn is_ready(&self) -> bool {
        self.current.is_dir()
    }
}

/// Looks for the prelude of these sources and this toolchain.
///
/// # Errors
/// If the project's folder is not found or cannot be read.
pub fn state() -> Result<State> {
    let project = project_folder()?;
    let preludes = target_folder(&project).join("release").join(PRELUDES);
    let compiler = rustc_version();
    let current = preludes.join(&key(&project, &compiler)?[..16]);
    let std_sources = std_sources::folder(&preludes, &compiler);
    Ok(State { project, preludes, current, std_sources })
}

/// Where the toolchain lies and whether it has what a session needs of it; nothing is added to it.
///
/// # Errors
/// If rustc does not run.
pub fn has_std_sources() -> Result<bool> {
    Ok(core_sources(&sysroot()?).is_file())
}

/// The folder of the project from which this binary was built.
pub fn project_folder() -> Result<PathBuf> {
    let is_project = |folder: &Path| folder.join("kernel/prebuilt/lib.rs").is_file();
    let open = |folder: &Path| {
        folder.canonicalize().map_err(|e| Error::file("open", folder, e, "check the folder's permissions"))
    };
    if let Some(named) = std::env::var_os("NEUROCELL_PROJECT").filter(|named| !named.is_empty()).map(PathBuf::from) {
        return match is_project(&named) {
            true => open(&named),
            false => Err(Error::new(
                ErrorKind::File,
                format!("NEUROCELL_PROJECT is {}, and the sources of neurocell are not there", named.display()),
                "set it to the project's folder, the one that holds README.md and kernel/",
            )),
        };
    }
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // This binary lies in target/release/ of a project that has moved as a whole.
    let around = std::env::current_exe().ok().and_then(|exe| Some(exe.ancestors().nth(3)?.to_owned()));
    let found = std::iter::once(built_from).chain(around).find(|folder| is_project(folder));
    match found {
        Some(folder) => open(&folder),
        None => Err(Error::new(
            ErrorKind::File,
            format!(
                "the sources of neurocell, from which cells are served, are not at {} any more",
                Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).display()
            ),
            "if the project's folder has moved, run `cargo build --release` there, or set NEUROCELL_PROJECT to it",
        )),
    }
}

pub fn target_folder(project: &Path) -> PathBuf {
    // This binary lies in target/release/: the shared library is built beside it.
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.to_owned()));
    match beside {
        Some(target) if target.join("release").join("deps").is_dir() => target,
        _ => project.join("target"),
    }
}

pub fn sysroot() -> Result<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim().to_owned()))
        }
        Ok(output) => Err(Error::new(
            ErrorKind::Unknown,
            // Its first line says what is wrong; a back-trace of rustup's may follow.
            format!(
                "rustc does not run: {}",
                String::from_utf8_lossy(&output.stderr).trim().lines().next().unwrap_or_default()
            ),
            "mend the Rust toolchain (`rustup show`)",
        )),
        Err(error) => Err(not_started("rustc", &error)),
    }
}

pub fn core_sources(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust/library/core/src/lib.rs")
}

/// rust-analyzer needs the standard library's sources to find the types of variables.
pub fn require_std_sources(sysroot: &Path) -> Result<()> {
    let core = core_sources(sysroot);
    if core.is_file() {
        return Ok(());
    }
    eprintln!("adding the toolchain's component rust-src, which the types of a notebook's variables are read from …");
    let added = Command::new("rustup").args(["component", "add", "rust-src"]).status();
    match added {
        Ok(status) if status.success() && core.is_file() => Ok(()),
        _ => Err(Error::new(
            ErrorKind::File,
            format!("the toolchain has no standard library sources ({} is missing)", core.display()),
            "run `rustup component add rust-src`",
        )),
    }
}

/// What the shared library is made from: sources, lock file, compiler.
pub fn key(project: &Path, compiler: &[u8]) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(compiler);
    hash.update(concat!(include_str!("mod.rs"), include_str!("making.rs"), include_str!("facade.rs")));
    let mut files = vec![project.join("Cargo.toml"), project.join("Cargo.lock")];
    files.extend(sources(&project.join("kernel/prebuilt"))?);
    files.extend(sources(&project.join("src"))?);
    files.extend(sources(&project.join("assets"))?);
    for file in files {
        let content = fs::read(&file).map_err(|e| Error::file("read", &file, e, "check out the project anew"))?;
        hash.update(file.strip_prefix(project).unwrap_or(&file).as_os_str().as_encoded_bytes());
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    Ok(hex(hash.finalize().as_slice()))
}

pub fn rustc_version() -> Vec<u8> {
    Command::new("rustc").arg("-vV").output().map(|output| output.stdout).unwrap_or_default()
}

/// All files below a folder, in a fixed order.
pub fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let refuse = |e| Error::file("read", folder, e, "check out the project anew");
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(refuse)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()
        .map_err(refuse)?;
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            files.extend(sources(&entry)?);
        } else {
            files.push(entry);
        }
    }
    Ok(files)
}
