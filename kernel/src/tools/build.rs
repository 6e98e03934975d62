//! A cell that needs nothing but the prelude is given to rustc at once.
//!
//! cargo would find out that nothing but the cell has changed, and call rustc with the arguments of the last time. Three
//! things are done for speed besides: the module that holds the variables, which evcxr writes into each cell, is
//! taken from the prelude, where it is compiled already; variables that the cell does not mention stay in their store;
//! and the linker is called without the C compiler before it.

use super::{Tools, dependent, variables};
use crate::hex::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Where evcxr wants to read the path of the built cell.
pub const BUILT: &str = "EVCXR_EXECUTION_SO_PATH";
/// A file in the session's folder by which the session asks for full optimisation of the next cell.
pub const OPTIMIZE: &str = "optimize";
/// A file that is there while the session opens: its cells are the same in every session, and so are kept.
pub const OPENING: &str = "opening";
/// How the module of the variables begins in a cell, and what follows it.
const STORE: &str = "\nmod evcxr_internal_runtime {\n";
const BEHIND_STORE: &str = "\n#[unsafe(no_mangle)]\n";
/// The cell's library; rustc names it so from the crate's name, `ctx`, by which evcxr knows it.
pub const LIBRARY: &str = "libctx.so";

/// Builds or checks the cell; none if that is not what cargo is asked, or if it takes a dependency.
pub fn build(tools: &Tools, arguments: &[&str]) -> Option<bool> {
    let command = arguments.iter().find(|argument| !argument.starts_with('-'))?;
    let emit = match *command {
        "build" => "link",
        "check" => "metadata",
        _ => return None,
    };
    if !tools.is_plain() {
        return (emit == "link").then(|| dependent::build(tools, arguments))?;
    }
    let out = tools.session.join("target").join("cells");
    fs::create_dir_all(&out).ok()?;
    let cell =
        variables::mentioned_only(&with_ready_store(&fs::read_to_string(tools.session.join("src/lib.rs")).ok()?));
    let kept = tools.session.join(OPENING).exists().then(|| Kept::of(tools, emit, &cell));
    if let Some(done) = kept.as_ref().and_then(|kept| kept.give(&out)) {
        return report(&out, done);
    }
    // evcxr knows the lines of a file whose name ends so.
    let source = out.join("lib.rs");
    fs::write(&source, cell).ok()?;
    let level = if tools.session.join(OPTIMIZE).exists() { "3" } else { "1" };
    let mut rustc = tools.real("rustc");
    rustc
        .current_dir(&tools.session)
        .args(["--crate-name", "ctx", "--edition=2024", "--crate-type", "cdylib"])
        .args(["--error-format=json", "--json=diagnostic-rendered-ansi"])
        .arg(format!("--emit={emit}"))
        .arg(format!("-Copt-level={level}"))
        // One unit and no link-time optimisation: a cell is small. Overflow is an error, as in a debug build.
        .args(["-Ccodegen-units=1", "-Cembed-bitcode=no", "-Clto=off", "-Cdebug-assertions=on", "-Cstrip=debuginfo"])
        .arg("--out-dir")
        .arg(&out)
        .arg("--extern")
        .arg(format!("neurocell={}", tools.prelude.facade_library().display()))
        .args(tools.prelude.direct_cell_flags())
        .arg(&source)
        // A panic names the place in the cell.
        .arg(format!("--remap-path-prefix={}=src", out.display()))
        .stderr(Stdio::piped());
    let mut child = rustc.spawn().ok()?;
    let mut said = Vec::new();
    for line in BufReader::new(child.stderr.take()?).lines().map_while(Result::ok) {
        match serde_json::from_str::<Value>(&line) {
            // In the form in which cargo passes it on.
            Ok(message) => said.push(json!({ "reason": "compiler-message", "message": message }).to_string()),
            Err(_) => eprintln!("{line}"),
        }
    }
    let done = Done { success: child.wait().ok()?.success(), said };
    if let Some(kept) = kept {
        kept.keep(&out, &done);
    }
    report(&out, done)
}

/// How a build ended, and what the compiler said.
struct Done {
    success: bool,
    said: Vec<String>,
}

/// Tells evcxr in cargo's manner.
fn report(out: &Path, done: Done) -> Option<bool> {
    let mut stdout = std::io::stdout().lock();
    for line in done.said {
        // Whoever asked may have gone.
        let _ = writeln!(stdout, "{line}");
    }
    if !done.success {
        eprintln!("error: could not compile `ctx`");
        return Some(false);
    }
    if let Some(file) = std::env::var_os(BUILT) {
        fs::write(file, out.join(LIBRARY).as_os_str().as_encoded_bytes()).ok()?;
    }
    Some(true)
}

/// The cell with the prelude's own store of variables in the place of evcxr's; every line keeps its number.
fn with_ready_store(cell: &str) -> String {
    let part = cell.find(STORE).and_then(|start| {
        let end = start + cell[start..].find(BEHIND_STORE)?;
        Some((start + 1, end + 1))
    });
    let Some((start, end)) = part else { return cell.to_owned() };
    let lines = "\n".repeat(cell[start..end].matches('\n').count());
    let ready = "mod evcxr_internal_runtime { pub use neurocell::evcxr_internal_runtime::*; }";
    format!("{}{ready}{lines}{}", &cell[..start], &cell[end..])
}

/// The place of what a cell of the session's opening became.
struct Kept(PathBuf);

impl Kept {
    fn of(tools: &Tools, emit: &str, cell: &str) -> Kept {
        let digest = Sha256::new()
            .chain_update(emit)
            .chain_update(concat!(include_str!("build.rs"), include_str!("variables.rs")))
            .chain_update(cell)
            .finalize();
        Kept(tools.prelude.answers().join(format!("cell-{}", &hex(&digest)[..24])))
    }

    fn give(&self, out: &Path) -> Option<Done> {
        let said = fs::read_to_string(self.0.with_extension("said")).ok()?;
        let mut lines = said.lines();
        let success = lines.next()? == "built";
        if success {
            fs::copy(self.0.with_extension("so"), out.join(LIBRARY)).ok()?;
        }
        Some(Done { success, said: lines.map(str::to_owned).collect() })
    }

    /// Keeps a build; where it cannot be written, the next session builds again.
    fn keep(&self, out: &Path, done: &Done) {
        let part = self.0.with_extension(format!("part-{}", std::process::id()));
        let place = |from: &Path, extension: &str| fs::rename(from, self.0.with_extension(extension));
        let text = format!("{}\n{}", if done.success { "built" } else { "refused" }, done.said.join("\n"));
        let library = || match done.success {
            true => fs::copy(out.join(LIBRARY), &part).and_then(|_| place(&part, "so")),
            false => Ok(()),
        };
        let kept = fs::create_dir_all(self.0.parent().unwrap_or(&self.0))
            .and_then(|()| library())
            .and_then(|()| fs::write(&part, text))
            .and_then(|()| place(&part, "said"));
        if kept.is_err() {
            let _ = fs::remove_file(&part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_ready_store;

    #[test]
    fn the_ready_store_takes_the_written_ones_place_line_by_line() {
        let cell = "use a;\nmod evcxr_internal_runtime {\npub struct S {\n}\n}\n#[unsafe(no_mangle)]\npub fn f() {}\n";
        let ready = with_ready_store(cell);
        assert!(ready.contains("pub use neurocell::evcxr_internal_runtime::*;") && !ready.contains("struct S"));
        assert_eq!(ready.lines().count(), cell.lines().count());
        assert_eq!(ready.lines().nth(5), Some("#[unsafe(no_mangle)]"));
        assert_eq!(with_ready_store("fn f() {}\n"), "fn f() {}\n");
    }
}
