//! The standard library's sources as the session's rust-analyzer reads them, less what no cell names.
//!
//! rust-analyzer reads them at each start of a session. Almost half of them are the vendor intrinsics of every
//! processor and tests; without these a session is ready 1.5 s sooner. The copy is made from the user's own
//! toolchain, once for each version of it; `RUST_SRC_PATH` names it to rust-analyzer.

mod lean;
mod vendored;

use crate::hex::hex;
use neurocell::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders of the library that are left out.
const LEFT_OUT: [&str; 6] = ["coretests", "alloctests", "stdarch", "benches", "tests", "portable-simd"];

/// Where the copy is read, whichever toolchain it is of: a link to that toolchain's folder.
pub fn place(preludes: &Path) -> PathBuf {
    preludes.join("std").join("library")
}

/// The copy for the toolchain of this version; what is left out is part of the key.
pub fn folder(preludes: &Path, compiler: &[u8]) -> PathBuf {
    let left_out = concat!(include_str!("lean.rs"), include_str!("vendored.rs"));
    let key = hex(&Sha256::new().chain_update(compiler).chain_update(left_out).finalize());
    preludes.join(format!("std-{}", &key[..16]))
}

/// Makes the copy for the toolchain of this version, unless it is there.
pub fn prepare(sysroot: &Path, preludes: &Path, compiler: &[u8]) -> Result<()> {
    let folder = folder(preludes, compiler);
    let refuse = |e| Error::file("write", &folder, e, "check the folder's permissions and the free space");
    if !folder.is_dir() {
        let part = folder.with_extension(format!("part-{}", std::process::id()));
        let _ = fs::remove_dir_all(&part);
        let library = part.join("library");
        copy(&sysroot.join("lib/rustlib/src/rust/library"), &library).map_err(refuse)?;
        // core says `mod core_arch` with the path of the folder that was left out.
        let intrinsics = library.join("stdarch/crates/core_arch/src");
        fs::create_dir_all(&intrinsics).map_err(refuse)?;
        fs::write(intrinsics.join("mod.rs"), "pub mod arch {}\n").map_err(refuse)?;
        match fs::rename(&part, &folder) {
            // Another kernel was quicker: its folder holds the same.
            Err(_) if folder.is_dir() => fs::remove_dir_all(&part).map_err(refuse)?,
            result => result.map_err(refuse)?,
        }
    }
    let link = preludes.join("std");
    if fs::read_link(&link).ok().as_deref() != Some(&folder) {
        let part = preludes.join(format!("std.part-{}", std::process::id()));
        let _ = fs::remove_file(&part);
        std::os::unix::fs::symlink(&folder, &part).map_err(refuse)?;
        fs::rename(&part, &link).map_err(refuse)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let target = to.join(&name);
        if entry.path().extension().is_some_and(|e| e == "rs") {
            fs::write(target, vendored::replaced(lean::lean(&fs::read_to_string(entry.path())?)))?;
        } else if !entry.file_type()?.is_dir() {
            fs::copy(entry.path(), target)?;
        } else if !LEFT_OUT.iter().any(|left_out| name == *left_out) {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}
