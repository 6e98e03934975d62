//! Gives the crate digests of the sources on which a model's values and an encoding model's fits depend: what was stored by other sources is
//! never taken for the result of these.

use std::fs;
use std::path::{Path, PathBuf};

/// The places whose code decides what a neuron's value is.
const VALUES: [&str; 4] = ["src/model", "src/linalg", "src/activation/read", "src/stimulus/speaking.rs"];
/// The crates that do.
const OF_VALUES: [&str; 7] = ["candle-core", "candle-nn", "candle-transformers", "faer", "gemm", "half", "tokenizers"];
/// The places whose code decides what an encoding model finds.
const FITS: [&str; 2] = ["src/encoding", "src/linalg"];
/// The crates that do.
const OF_FITS: [&str; 4] = ["faer", "gemm", "ndarray", "pulp"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Used by another workspace, the crate has no lock file of its own.
    let lock = fs::read_to_string("Cargo.lock").unwrap_or_default();
    if !lock.is_empty() {
        println!("cargo:rerun-if-changed=Cargo.lock");
    }
    println!("cargo:rustc-env=NEUROCELL_VALUES={:016x}", digest(&VALUES, &OF_VALUES, &lock));
    println!("cargo:rustc-env=NEUROCELL_FITS={:016x}", digest(&FITS, &OF_FITS, &lock));
    // What made a result is all of the code: any of it may have had a part.
    println!("cargo:rustc-env=NEUROCELL_CODE={:016x}", digest(&["src"], &[], ""));
}

fn digest(rooms: &[&str], crates: &[&str], lock: &str) -> u64 {
    let mut files = Vec::new();
    for room in rooms {
        println!("cargo:rerun-if-changed={room}");
        sources(Path::new(room), &mut files);
    }
    files.sort();
    let mut digest = Fnv(0xcbf2_9ce4_8422_2325);
    for file in files {
        digest.add(file.to_string_lossy().as_bytes());
        digest.add(&fs::read(&file).unwrap_or_default());
    }
    for entry in lock.split("[[package]]") {
        if crates.iter().any(|name| entry.contains(&format!("name = \"{name}\"\n"))) {
            digest.add(entry.as_bytes());
        }
    }
    digest.0
}

fn sources(place: &Path, files: &mut Vec<PathBuf>) {
    if !place.is_dir() {
        return files.push(place.to_owned());
    }
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        sources(&entry.path(), files);
    }
}

/// FNV-1a of 64 bits: it tells versions apart, and nobody tries to make two the same.
struct Fnv(u64);

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&(bytes.len() as u64).to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}
