//! The prelude as a shared library, built once, and the facade package through which cells see it.
//!
//! A cell links `libneurocell_prebuilt.so` instead of compiling or linking the prelude's 300 crates.
//! What the cell's Cargo.toml names is a *facade* package: to rustc it re-exports the shared library, to
//! rust-analyzer (which finds the types of variables, completions and docs by reading sources) it is a copy
//! of the prelude's own sources.

mod facade;
mod making;
mod place;

pub use place::{has_std_sources, state};

use crate::std_sources;
use making::{lock, rpath};
use neurocell::error::Result;
use place::{key, project_folder, require_std_sources, rustc_version, sysroot, target_folder};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;

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
