//! A cell that needs nothing but the prelude is given to rustc at once.
//!
//! cargo would find out that nothing but the cell has changed, and call rustc with the arguments of the last time.

use super::Tools;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

/// Where evcxr wants to read the path of the built cell.
const BUILT: &str = "EVCXR_EXECUTION_SO_PATH";
/// A file by which the session asks for full optimisation of the next cell.
pub const OPTIMIZE: &str = "optimize";

/// Builds or checks the cell; none if that is not what cargo is asked, or if it takes a dependency.
pub fn build(tools: &Tools, arguments: &[&str]) -> Option<bool> {
    let command = arguments.iter().find(|argument| !argument.starts_with('-'))?;
    let emit = match *command {
        "build" => "link",
        "check" => "metadata",
        _ => return None,
    };
    if !tools.is_plain() {
        return None;
    }
    let out = tools.session.join("target").join("cells");
    fs::create_dir_all(&out).ok()?;
    let level = if fs::remove_file(tools.session.join(OPTIMIZE)).is_ok() { "3" } else { "1" };
    let mut rustc = tools.real("rustc");
    rustc
        .current_dir(&tools.session)
        .args(["--crate-name", "ctx", "--edition=2024", "src/lib.rs", "--crate-type", "cdylib"])
        .args(["--error-format=json", "--json=diagnostic-rendered-ansi"])
        .arg(format!("--emit={emit}"))
        .args(["-C", &format!("opt-level={level}")])
        .args(["-C", "codegen-units=16", "-C", "debug-assertions=on", "-C", "overflow-checks=on", "-C", "strip=debuginfo"])
        .arg("-C")
        .arg(format!("incremental={}", tools.session.join("target/incremental").display()))
        .arg("--out-dir")
        .arg(&out)
        .arg("--extern")
        .arg(format!("neurocell={}", tools.prelude.facade_library().display()))
        .args(tools.prelude.cell_flags())
        .stderr(Stdio::piped());
    let mut child = rustc.spawn().ok()?;
    let stderr = child.stderr.take()?;
    let mut stdout = std::io::stdout().lock();
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        match serde_json::from_str::<Value>(&line) {
            // In the form in which cargo passes it on. Whoever asked may have gone.
            Ok(message) => drop(writeln!(stdout, "{}", json!({ "reason": "compiler-message", "message": message }))),
            Err(_) => eprintln!("{line}"),
        }
    }
    let status = child.wait().ok()?;
    if !status.success() {
        eprintln!("error: could not compile `ctx`");
        return Some(false);
    }
    if let Some(file) = std::env::var_os(BUILT) {
        fs::write(file, out.join("libctx.so").as_os_str().as_encoded_bytes()).ok()?;
    }
    Some(true)
}
