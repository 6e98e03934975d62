//! The package that a cell's manifest names: to rustc the shared library, to rust-analyzer the prelude's sources.

use super::PREBUILT;
use super::place::sources;
use neurocell::error::{Error, Result};
use std::fs;
use std::path::Path;

/// Writes the facade package: to rustc the shared library, to rust-analyzer the sources.
pub fn write_facade(project: &Path, facade: &Path) -> Result<()> {
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
pub fn write(path: &Path, text: &str) -> Result<()> {
    let refuse = |e| Error::file("write", path, e, "check the folder's permissions and the free space");
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(refuse)?;
    }
    let part = path.with_extension(format!("part-{}", std::process::id()));
    fs::write(&part, text).map_err(refuse)?;
    fs::rename(&part, path).map_err(refuse)
}
