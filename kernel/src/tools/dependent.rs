//! A cell that uses crates of the user's own (`:dep`): cargo builds it, and what it depends on once for all sessions.

use super::Tools;
use super::build::{BUILT, LIBRARY, OPTIMIZE};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::Stdio;

/// A file in the session's folder to which the names of the crates are written that are being built.
pub const BUILDING: &str = "building";

/// A file that is there if what the cell depends on is all on this machine.
const AT_HAND: &str = "at-hand";

/// Answers which packages the cell depends on: without the network if they are all on this machine.
///
/// None if something else is asked, or if the network is needed.
pub fn metadata(tools: &Tools, arguments: &[&str]) -> Option<bool> {
    if !arguments.contains(&"metadata") || tools.is_plain() || tools.is_of_std(arguments) {
        return None;
    }
    let mark = tools.session.join(AT_HAND);
    let output = tools.real("cargo").args(arguments).arg("--offline").output().ok()?;
    if !output.status.success() {
        let _ = fs::remove_file(mark);
        return None;
    }
    // Without the mark the build asks the network, and finds the same.
    let _ = fs::write(mark, "");
    // Whoever asked may have gone.
    let _ = std::io::stdout().write_all(&output.stdout);
    Some(true)
}

/// Builds the cell in a folder that all sessions share, and takes the cell's library from there.
///
/// None if that folder cannot be used: cargo then builds in the session's own.
pub fn build(tools: &Tools, arguments: &[&str]) -> Option<bool> {
    let built = std::env::var_os(BUILT)?;
    let shared = tools.prelude.dependencies_of_cells();
    fs::create_dir_all(&shared).ok()?;
    // The cells of all sessions have one name: no other may be built before this one's library is taken.
    let lock = File::create(shared.join("lock")).ok()?;
    lock.lock().ok()?;
    let mut cargo = tools.real_cargo_build();
    cargo.args(arguments).env("CARGO_TARGET_DIR", &shared).env("CARGO_BUILD_BUILD_DIR", &shared);
    if tools.session.join(AT_HAND).exists() {
        cargo.arg("--offline");
    }
    if tools.session.join(OPTIMIZE).exists() {
        cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "3");
    }
    let mut child = cargo.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()?;
    let (said, progress) = (child.stdout.take()?, child.stderr.take()?);
    let log = tools.session.join(BUILDING);
    let telling = std::thread::spawn(move || {
        let mut log = File::create(log).ok();
        for line in BufReader::new(progress).lines().map_while(Result::ok) {
            if let Some(name) = line.trim_start().strip_prefix("Compiling ")
                && let Some(log) = &mut log
            {
                // Progress that nobody can read is no reason to stop.
                let _ = writeln!(log, "{name}");
            }
            eprintln!("{line}");
        }
    });
    let mut library = None;
    let mut stdout = std::io::stdout().lock();
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        library = cell_library(&line).or(library);
        let _ = writeln!(stdout, "{line}");
    }
    let success = child.wait().ok()?.success();
    // It only prints; a panic there has printed as well.
    let _ = telling.join();
    if success {
        let own = tools.session.join("target").join(LIBRARY);
        fs::copy(library?, &own).ok()?;
        fs::write(built, own.as_os_str().as_encoded_bytes()).ok()?;
    }
    Some(success)
}

/// The cell's library, if this message of cargo says where it lies.
fn cell_library(line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message["reason"] != "compiler-artifact" || message["target"]["name"] != "ctx" {
        return None;
    }
    let files = message["filenames"].as_array()?;
    files.iter().filter_map(Value::as_str).find(|file| file.ends_with(LIBRARY)).map(PathBuf::from)
}
