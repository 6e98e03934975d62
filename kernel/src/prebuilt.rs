//! The prelude as a shared library, built once, and the facade package through which cells see it.
//!
//! A cell links `libneurocell_prebuilt.so` instead of compiling or linking the prelude's 300 crates.
//! What the cell's Cargo.toml names is a *facade* package: to rustc it re-exports the shared library, to
//! rust-analyzer (which finds the types of variables, completions and docs by reading sources) it is a copy
//! of the prelude's own sources.

use crate::std_sources;
use neurocell::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Name of the shared library's crate.
const PREBUILT: &str = "neurocell_prebuilt";
const LIBRARY: &str = "libneurocell_prebuilt.so";
const FACADE: &str = "facade";
const FACADE_LIBRARY: &str = "libfacade.rlib";
/// Holds rustc's flags for a linker that is called without the C compiler, a line each.
const LINKER: &str = "linker";
/// Below the folder of release builds: what sessions of each version and toolchain need.
const PRELUDES: &str = "neurocell-prelude";

/// A prelude that is ready to be linked by cells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prelude {
    /// Holds the shared library, the metadata of the crate in it, and the facade.
    folder: PathBuf,
    /// Holds the metadata of the crates that the prelude is made from.
    dependencies: PathBuf,
    /// The toolchain's folder.
    sysroot: PathBuf,
}

impl Prelude {
    /// Finds the prelude, and builds it if there is none for these sources and this toolchain.
    ///
    /// # Errors
    /// If the project's folder, the toolchain or its `rust-src` component is missing, or the build fails.
    pub fn prepare() -> Result<Prelude> {
        let project = project_folder()?;
        let sysroot = sysroot()?;
        require_std_sources(&sysroot)?;
        let target = target_folder(&project);
        let release = target.join("release");
        let preludes = release.join(PRELUDES);
        let compiler = rustc_version();
        std_sources::prepare(&sysroot, &preludes, &compiler)?;
        let folder = preludes.join(&key(&project, &compiler)?[..16]);
        let prelude = Prelude { folder, dependencies: release.join("deps"), sysroot };
        if !prelude.folder.is_dir() {
            let _lock = lock(&preludes)?;
            // Another process may have built it while this one waited.
            if !prelude.folder.is_dir() {
                prelude.build(&project, &target)?;
            }
        }
        Ok(prelude)
    }

    /// Flags with which rustc links a cell to the shared library.
    pub fn cell_flags(&self) -> Vec<String> {
        let mut flags = self.crate_flags();
        for folder in [&self.folder, &self.standard_library()] {
            flags.extend(rpath(folder));
        }
        flags
    }

    /// The same, with the linker called at once where the toolchain brings it.
    pub fn direct_cell_flags(&self) -> Vec<String> {
        let Ok(linker) = fs::read_to_string(self.folder.join(LINKER)) else { return self.cell_flags() };
        let mut flags = self.crate_flags();
        flags.extend(linker.lines().map(str::to_owned));
        for folder in [&self.folder, &self.standard_library()] {
            flags.extend(["-Clink-arg=-rpath".to_owned(), format!("-Clink-arg={}", folder.display())]);
        }
        flags
    }

    fn crate_flags(&self) -> Vec<String> {
        vec![
            "-Cprefer-dynamic".to_owned(),
            format!("-Ldependency={}", self.folder.display()),
            format!("-Ldependency={}", self.dependencies.display()),
            "--extern".to_owned(),
            format!("{PREBUILT}={}", self.library().display()),
        ]
    }

    /// Where the toolchain keeps the standard library that cells are linked to.
    fn standard_library(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(env!("NEUROCELL_HOST")).join("lib")
    }

    /// The toolchain's own program; without the one that rustup puts before it, if it is there.
    pub fn tool(&self, name: &str) -> PathBuf {
        let own = self.sysroot.join("bin").join(name);
        if own.is_file() { own } else { PathBuf::from(name) }
    }

    /// The facade as cells see it, compiled.
    pub fn facade_library(&self) -> PathBuf {
        self.folder.join(FACADE_LIBRARY)
    }

    /// Where rust-analyzer is to read the standard library's sources.
    pub fn std_sources(&self) -> PathBuf {
        std_sources::place(self.folder.parent().unwrap_or(&self.folder))
    }

    /// Where the crates are built that cells name by `:dep`, once for all sessions.
    pub fn dependencies_of_cells(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// Holds what the toolchain has answered to questions of earlier sessions.
    pub fn answers(&self) -> PathBuf {
        self.folder.join("answers")
    }

    /// The cells' profile and their dependency, as it stands in their manifest behind `opt-level = `.
    ///
    /// evcxr takes no dependency before it has made a context, but any text for the level, and goes on with settings of
    /// the same section. So the profile is written whole, the dependency after it, and what follows falls to a profile
    /// that no cell is built with.
    pub fn profile(&self) -> String {
        let rest = "debug = false\nstrip = \"debuginfo\"\ncodegen-units = 16\nincremental = true";
        let dependency = self.folder.join(FACADE);
        format!("1\n{rest}\n\n[dependencies.neurocell]\npath = {dependency:?}\n\n[profile.release]\nopt-level = 1")
    }

    /// The shared library.
    pub fn library(&self) -> PathBuf {
        self.folder.join(LIBRARY)
    }

    /// The dependency that a cell's Cargo.toml names.
    pub fn dependency(&self) -> String {
        format!("{{ path = {:?} }}", self.folder.join(FACADE))
    }
}

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
fn project_folder() -> Result<PathBuf> {
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

fn target_folder(project: &Path) -> PathBuf {
    // This binary lies in target/release/: the shared library is built beside it.
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.to_owned()));
    match beside {
        Some(target) if target.join("release").join("deps").is_dir() => target,
        _ => project.join("target"),
    }
}

fn sysroot() -> Result<PathBuf> {
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

fn core_sources(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust/library/core/src/lib.rs")
}

/// rust-analyzer needs the standard library's sources to find the types of variables.
fn require_std_sources(sysroot: &Path) -> Result<()> {
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
fn key(project: &Path, compiler: &[u8]) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(compiler);
    hash.update(include_bytes!("prebuilt.rs"));
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

pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn rustc_version() -> Vec<u8> {
    Command::new("rustc").arg("-vV").output().map(|output| output.stdout).unwrap_or_default()
}

/// All files below a folder, in a fixed order.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
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

/// Waits until no other process builds a prelude here; the lock ends with the file, also if this process is killed.
fn lock(preludes: &Path) -> Result<fs::File> {
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
    fn build(&self, project: &Path, target: &Path) -> Result<()> {
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
fn rpath(folder: &Path) -> [String; 4] {
    let argument = |text: &str| format!("-Clink-arg={text}");
    [argument("-Xlinker"), argument("-rpath"), argument("-Xlinker"), argument(&folder.display().to_string())]
}

fn not_started(program: &str, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Unknown,
        format!("{program} cannot be started: {error}"),
        "install Rust (rustup.rs) or put its bin folder on PATH; cells are compiled by it",
    )
}

/// Writes the facade package: to rustc the shared library, to rust-analyzer the sources.
fn write_facade(project: &Path, facade: &Path) -> Result<()> {
    let source = project.join("src");
    for file in sources(&source)? {
        let Ok(inside) = file.strip_prefix(&source) else { continue };
        let text =
            fs::read_to_string(&file).map_err(|e| Error::file("read", &file, e, "check out the project anew"))?;
        let text = if inside == Path::new("lib.rs") { facade_root(&text) } else { text };
        write(&facade.join("src").join(inside), &text)?;
    }
    write(&facade.join("Cargo.toml"), &facade_manifest(project)?)
}

/// lib.rs with each of its items seen by rust-analyzer only.
fn facade_root(lib: &str) -> String {
    let items = lib.lines().filter(|line| !line.starts_with("#![deny"));
    let items = items.map(|line| {
        match line.starts_with("pub mod ") || line.starts_with("mod ") || line.starts_with("pub use ") {
            true => format!("#[cfg(rust_analyzer)]\n{line}\n"),
            false => format!("{line}\n"),
        }
    });
    items.collect::<String>() + &format!("\n#[cfg(not(rust_analyzer))]\npub use {PREBUILT}::*;\n")
}

fn facade_manifest(project: &Path) -> Result<String> {
    let lock = project.join("Cargo.lock");
    let text = fs::read_to_string(&lock).map_err(|e| Error::file("read", &lock, e, "check out the project anew"))?;
    let ndarray = locked_version(&text, "ndarray")
        .ok_or_else(|| Error::format(&lock, "ndarray is not in it", "check out the project anew"))?;
    Ok(format!(
        "[package]\nname = \"neurocell\"\nversion = \"{}\"\nedition = \"2024\"\n\n[workspace]\n\n[lints.rust]\nunexpected_cfgs = \"allow\"\n\n\
         # The crates whose types stand in public signatures.\n[target.'cfg(rust_analyzer)'.dependencies]\nndarray = \"={ndarray}\"\n",
        env!("CARGO_PKG_VERSION")
    ))
}

fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{package}\"\n")))?;
    entry.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
}

/// Writes a file beside its place and renames it, so that a half-written one is never read.
fn write(path: &Path, text: &str) -> Result<()> {
    let refuse = |e| Error::file("write", path, e, "check the folder's permissions and the free space");
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(refuse)?;
    }
    let part = path.with_extension(format!("part-{}", std::process::id()));
    fs::write(&part, text).map_err(refuse)?;
    fs::rename(&part, path).map_err(refuse)
}
