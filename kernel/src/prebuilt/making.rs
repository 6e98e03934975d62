//! The shared library and what cells need beside it, built once for each version of the sources and the toolchain.

use super::facade::{write, write_facade};
use super::{FACADE, LIBRARY, LINKER, PREBUILT, Prelude};
use neurocell::error::{Error, ErrorKind, Result};
use serde_json::Value;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Waits until no other process builds a prelude here; the lock ends with the file, also if this process is killed.
pub fn lock(preludes: &Path) -> Result<fs::File> {
    let path = preludes.join(".lock");
    let refuse = |e| Error::file("write", &path, e, "check the folder's permissions and the free space");
    fs::create_dir_all(preludes).map_err(refuse)?;
    let file = fs::File::create(&path).map_err(refuse)?;
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
        eprintln!("another neurocell is preparing the prelude: waiting for it …");
        // Where the file system knows no locks both build, each in a folder of its own: slower, and no harm.
        let _ = file.lock();
    }
    Ok(file)
}

impl Prelude {
    /// Builds the shared library and the facade in a folder beside, then renames it: a half-made one is never found.
    pub fn build(&self, project: &Path, target: &Path) -> Result<()> {
        match has_older(&self.folder) {
            true => {
                eprintln!("the sources or the toolchain have changed: preparing the prelude for notebook cells anew …");
            }
            false => eprintln!("preparing the prelude for notebook cells (once for this version and toolchain) …"),
        }
        let refuse = |e| Error::file("write", &self.folder, e, "check the folder's permissions and the free space");
        let part =
            Prelude { folder: self.folder.with_extension(format!("part-{}", std::process::id())), ..self.clone() };
        let _ = fs::remove_dir_all(&part.folder);
        fs::create_dir_all(&part.folder).map_err(refuse)?;
        let built = compile_prelude(project, target).and_then(|crate_file| {
            // A link keeps the file that the shared library was made from when cargo replaces it.
            let kept = part.folder.join(crate_file.file_name().unwrap_or_default());
            fs::hard_link(&crate_file, &kept).or_else(|_| fs::copy(&crate_file, &kept).map(drop)).map_err(refuse)?;
            part.link(project, target, &kept)?;
            write_facade(project, &part.folder.join(FACADE))?;
            part.compile_facade()?;
            part.find_linker()
        });
        if let Err(error) = built {
            let _ = fs::remove_dir_all(&part.folder);
            return Err(error);
        }
        match fs::rename(&part.folder, &self.folder) {
            // Another kernel was quicker: its folder holds the same.
            Err(_) if self.folder.is_dir() => fs::remove_dir_all(&part.folder).map_err(refuse),
            result => result.map_err(refuse),
        }
    }

    /// Links the crate of the prelude, with all that it is made from, into the shared library.
    fn link(&self, project: &Path, target: &Path, crate_file: &Path) -> Result<()> {
        let named = |name: &str, path: &Path| format!("{name}={}", path.display());
        let mut rustc = Command::new("rustc");
        rustc
            .arg(project.join("kernel/prebuilt/lib.rs"))
            .args(["--crate-name", PREBUILT, "--crate-type", "dylib", "--edition", "2024"])
            .args(["-Cprefer-dynamic", "-Copt-level=3"])
            .args([
                "--extern",
                &named("neurocell", crate_file),
                "-L",
                &named("dependency", &target.join("release/deps")),
            ])
            // The process that runs cells loads the library before any cell has loaded the standard library.
            .args(rpath(&self.standard_library()))
            .arg("-o")
            .arg(self.library());
        run(rustc, "the prelude's shared library cannot be linked")
    }

    /// Compiles the facade once for all sessions.
    fn compile_facade(&self) -> Result<()> {
        let mut rustc = Command::new("rustc");
        rustc
            .arg(self.folder.join(FACADE).join("src/lib.rs"))
            .args(["--crate-name", "neurocell", "--crate-type", "rlib", "--edition", "2024", "-Cmetadata=facade"])
            .args(["--cap-lints", "allow"])
            .args(self.cell_flags())
            .arg("-o")
            .arg(self.facade_library());
        run(rustc, "the prelude's face for cells cannot be compiled")
    }
}

impl Prelude {
    /// Notes how the toolchain's own linker is called, if it is there and the C compiler tells where its libraries are.
    fn find_linker(&self) -> Result<()> {
        let linker = self.sysroot.join("lib/rustlib").join(env!("NEUROCELL_HOST")).join("bin/rust-lld");
        let folder_of = |library: &str| {
            let output = Command::new("cc").arg(format!("-print-file-name={library}")).output().ok()?;
            let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
            path.is_absolute().then(|| path.canonicalize().ok()?.parent().map(Path::to_owned))?
        };
        let (Some(gcc), Some(libc), true) = (folder_of("libgcc_s.so"), folder_of("libc.so"), linker.is_file()) else {
            return Ok(());
        };
        let flags = [
            format!("-Clinker={}", linker.display()),
            "-Clinker-flavor=ld.lld".to_owned(),
            format!("-Clink-arg=-L{}", gcc.display()),
            format!("-Clink-arg=-L{}", libc.display()),
        ];
        write(&self.folder.join(LINKER), &flags.join("\n"))
    }
}

/// Runs rustc with no flags from the environment.
fn run(mut rustc: Command, failure: &str) -> Result<()> {
    let output = rustc
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .map_err(|e| not_started("rustc", &e))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::Unknown,
            format!("{failure}:\n{}", String::from_utf8_lossy(&output.stderr)),
            "run `cargo clean` in the project's folder and start again",
        )),
    }
}

/// Whether there is a prelude of another version or toolchain.
fn has_older(folder: &Path) -> bool {
    let Some(entries) = folder.parent().and_then(|preludes| fs::read_dir(preludes).ok()) else { return false };
    entries.flatten().any(|entry| entry.path().join(LIBRARY).is_file())
}

/// Builds the crate `neurocell` as cargo builds it for everything else here, and says which file it became.
fn compile_prelude(project: &Path, target: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    // Under `cargo run` the environment describes this program's package. Build scripts that watch such variables (ring's
    // does) would run again, now and at the next build, and everything above them be compiled anew.
    let inherited = std::env::vars_os().map(|(name, _)| name);
    inherited.filter(|name| describes_a_package(&name.to_string_lossy())).for_each(|name| {
        cargo.env_remove(name);
    });
    let output = cargo
        .args(["build", "--release", "--workspace", "--lib", "--locked", "--message-format=json-render-diagnostics"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(project)
        // Flags of the session's own rust-analyzer must not reach this build.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|e| not_started("cargo", &e))?;
    if !output.status.success() {
        return Err(Error::new(
            ErrorKind::Unknown,
            format!("the prelude's build ended with {}", output.status),
            "the compiler's message stands above; `cargo build --release` in the project's folder shows it again",
        ));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_prelude = artifacts.filter(|a| a["reason"] == "compiler-artifact" && a["target"]["name"] == "neurocell");
    let mut files = of_prelude.filter_map(|a| {
        let files = a["filenames"].as_array()?.iter().filter_map(|f| f.as_str().map(PathBuf::from));
        files.into_iter().find(|f| f.extension().is_some_and(|e| e == "rlib"))
    });
    let uplifted = files.next_back().ok_or_else(|| {
        Error::new(ErrorKind::Unknown, "cargo did not say where the prelude's library lies", "update the toolchain")
    })?;
    with_hash(&uplifted, &target.join("release/deps"))
}

/// Whether cargo sets this variable for a program of a package that it runs.
fn describes_a_package(name: &str) -> bool {
    let of_a_target = ["OUT_DIR", "CARGO_CRATE_NAME", "CARGO_BIN_NAME", "CARGO_PRIMARY_PACKAGE"];
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || of_a_target.contains(&name)
}

/// cargo names the copy without a hash; rustc's search wants the same file under its name in `deps`.
fn with_hash(uplifted: &Path, deps: &Path) -> Result<PathBuf> {
    let refuse = |e| Error::file("read", deps, e, "run `cargo build --release` in the project's folder");
    let identity = |path: &Path| fs::metadata(path).map(|m| (m.dev(), m.ino()));
    let wanted = identity(uplifted).map_err(refuse)?;
    let mut same = fs::read_dir(deps).map_err(refuse)?.flatten().map(|entry| entry.path()).filter(|path| {
        path.extension().is_some_and(|e| e == "rlib") && identity(path).is_ok_and(|found| found == wanted)
    });
    // Where the file system has no hard links, the copy serves.
    Ok(same.next().unwrap_or_else(|| uplifted.to_owned()))
}

/// Flags by which the linker notes where a library is found at run time; the folder's name may hold spaces and commas.
pub fn rpath(folder: &Path) -> [String; 4] {
    let argument = |text: &str| format!("-Clink-arg={text}");
    [argument("-Xlinker"), argument("-rpath"), argument("-Xlinker"), argument(&folder.display().to_string())]
}

pub fn not_started(program: &str, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Unknown,
        format!("{program} cannot be started: {error}"),
        "install Rust (rustup.rs) or put its bin folder on PATH; cells are compiled by it",
    )
}
