//! Questions to the toolchain whose answers are the same in every session.
//!
//! An answer is kept beside the prelude, which is made anew for another toolchain, lock file or source: what it depends
//! on besides is in the key. Paths of the session's own folder are written as a word that stands for it.

use super::Tools;
use crate::hex::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// Stands for the session's folder in an answer.
const SESSION: &str = "@session@";

#[derive(Serialize, Deserialize)]
struct Answer {
    success: bool,
    stdout: String,
    stderr: String,
}

/// Answers a question that is known; none if it has to go to the real tool.
pub fn answer(tools: &Tools, name: &str, arguments: &[&str]) -> Option<bool> {
    // evcxr asks for the path of cargo, and is to use the one here.
    if name == "rustup" && arguments == ["which", "cargo"] {
        println!("{}", tools.session.join("tools/bin/cargo").display());
        return Some(true);
    }
    if name == "rustup" && arguments == ["which", "rustc"] {
        println!("{}", tools.session.join("tools/bin/rustc").display());
        return Some(true);
    }
    if !is_known(tools, name, arguments) {
        return None;
    }
    let session = tools.session.to_str()?;
    let file = place(tools, name, arguments, session);
    let kept = fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Answer>(&text).ok());
    let answer = match kept {
        Some(answer) => answer,
        None => {
            let asked = |more: &[&str]| tools.real(name).args(arguments).args(more).output().ok();
            // Without the network first: what it needs was downloaded for this machine's build, as a rule.
            let quick = if arguments.contains(&"metadata") { asked(&["--offline"]) } else { None };
            let output = match quick.filter(|output| output.status.success()) {
                Some(output) => output,
                None => asked(&[])?,
            };
            let keep = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(session, SESSION);
            let answer =
                Answer { success: output.status.success(), stdout: keep(&output.stdout), stderr: keep(&output.stderr) };
            // rust-analyzer asks for the standard library's packages too, whose vendored parts no toolchain brings: cargo
            // refuses, each time after a second search, and the crates are found by their folders.
            if answer.success || tools.is_of_std(arguments) {
                keep_answer(&file, &answer);
            }
            answer
        }
    };
    let say = |text: &str| text.replace(SESSION, session);
    // Whoever asked may have gone.
    let _ = std::io::stdout().write_all(say(&answer.stdout).as_bytes());
    let _ = std::io::stderr().write_all(say(&answer.stderr).as_bytes());
    Some(answer.success)
}

/// Whether the answer depends on nothing that changes while the prelude stays the same.
fn is_known(tools: &Tools, name: &str, arguments: &[&str]) -> bool {
    let asks = |word: &str| arguments.contains(&word);
    match name {
        "rustc" => asks("-vV") || asks("-Vv") || asks("--version") || (asks("--print") && !asks("-")),
        "cargo" => {
            let question = asks("locate-project") || asks("config") || asks("--version") || asks("metadata");
            (question || (asks("rustc") && asks("--print")))
                && (!asks("metadata") || tools.is_plain() || tools.is_of_std(arguments))
        }
        _ => false,
    }
}

fn place(tools: &Tools, name: &str, arguments: &[&str], session: &str) -> PathBuf {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    add(name);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        // A copy of the lock file in a folder of its own each time.
        if *word == "--lockfile-path" {
            words.next();
            continue;
        }
        add(&word.replace(session, SESSION));
    }
    let folder = std::env::current_dir().unwrap_or_default();
    add(&folder.to_string_lossy().replace(session, SESSION));
    for variable in ["RUSTFLAGS", "RUSTC_BOOTSTRAP", "RUSTUP_TOOLCHAIN"] {
        add(&std::env::var(variable).unwrap_or_default());
    }
    // A user's own settings of cargo: targets, registries, paths.
    for settings in [".cargo/config.toml", ".cargo/config"] {
        let home = std::env::home_dir().unwrap_or_default();
        add(&fs::read_to_string(home.join(settings)).unwrap_or_default());
    }
    tools.prelude.answers().join(&hex(&hash.finalize())[..24])
}

/// Keeps an answer; where it cannot be written, the next session asks again.
fn keep_answer(file: &std::path::Path, answer: &Answer) {
    let Some(folder) = file.parent() else { return };
    let part = file.with_extension(format!("part-{}", std::process::id()));
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&part, serde_json::to_vec(answer)?))
        .and_then(|()| fs::rename(&part, file));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
}
