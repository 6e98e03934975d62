//! Whole notebooks through `neurocell run`: what a reader finds in the saved file, and what a lost cell leaves behind.

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

fn notebook(cells: &[&str]) -> Value {
    let cells: Vec<Value> = cells
        .iter()
        .enumerate()
        .map(|(n, source)| {
            json!({ "cell_type": "code", "id": format!("cell-{n}"), "metadata": {}, "execution_count": null, "outputs": [], "source": [source] })
        })
        .collect();
    json!({ "cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5 })
}

fn run(folder: &Path, notebook: &Value, flags: &[&str]) -> Output {
    let path = folder.join("made.ipynb");
    std::fs::write(&path, notebook.to_string()).unwrap();
    Command::new(env!("CARGO_BIN_EXE_neurocell")).arg("run").arg(&path).args(flags).output().unwrap()
}

fn executed(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("made.executed.ipynb")).unwrap();
    let notebook: Value = serde_json::from_str(&text).unwrap();
    notebook["cells"].as_array().unwrap().clone()
}

/// The text of a cell's result, streams or error, as a reader sees it.
fn text(cell: &Value) -> String {
    let outputs = cell["outputs"].as_array().unwrap();
    let join = |v: &Value| match v {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    outputs.iter().map(|o| [&o["text"], &o["data"]["text/plain"], &o["evalue"]].map(join).concat()).collect()
}

#[test]
fn a_lost_cell_leaves_every_variable_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let cells = [
        "let clock = Clock::new(1.5, &[100, 90])?; let words = vec![String::from(\"kept\")];",
        "drop(words); panic!(\"on purpose\")",
        "words[0].clone()",
        "drop(words); let slow = Clock::new(1500.0, &[100])?;",
        "words.len() + 41",
        "unsafe { *(std::ptr::null_mut::<i32>().wrapping_add(1)) = 1; }",
        "std::process::exit(3);",
        "std::process::abort();",
        "fn deep(n: u64) -> u64 { let x = [n; 1000]; if n == u64::MAX { 0 } else { deep(n + 1) + x[5] } }\nprintln!(\"{}\", deep(1));",
        "let wrong: u32 = \"text\";",
        "neurocell::linalg::in_pool(|| clock.total() + words.len())",
    ];
    let output = run(folder.path(), &notebook(&cells), &["--allow-errors"]);
    assert!(!output.status.success(), "a run with failed cells must not end well");
    let cells = executed(folder.path());
    let texts: Vec<String> = cells.iter().map(text).collect();
    assert_eq!(texts[1], "on purpose");
    assert_eq!(texts[2], "\"kept\"");
    assert!(texts[3].contains("TR is 1500") && texts[3].contains("→"), "{}", texts[3]);
    assert_eq!(texts[4], "42");
    assert!(texts[5].contains("SIGSEGV"), "{}", texts[5]);
    assert!(texts[6].contains("exit code 3"), "{}", texts[6]);
    assert!(texts[7].contains("SIGABRT"), "{}", texts[7]);
    assert!(texts[8].contains("stack overflow"), "{}", texts[8]);
    assert!(texts[9].contains("mismatched types"), "{}", texts[9]);
    assert_eq!(texts[10], "191");
}

#[test]
fn outputs_keep_their_order_and_a_failing_cell_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let cells = [
        "println!(\"before\");\nneurocell::notebook::display(&[(\"image/png\", b\"1\"), (\"text/plain\", b\"first\")]);\n\
         neurocell::notebook::display(&[(\"image/png\", b\"2\"), (\"text/plain\", b\"second\")]);\nprint!(\"after\");",
        "let missing = undefined_name;",
        "1 + 1",
    ];
    let output = run(folder.path(), &notebook(&cells), &[]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cell 2 of 3 failed") && said.contains("undefined_name"), "{said}");
    let cells = executed(folder.path());
    let kinds: Vec<&str> =
        cells[0]["outputs"].as_array().unwrap().iter().map(|o| o["output_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["stream", "display_data", "display_data", "stream"]);
    assert_eq!(text(&cells[0]), "before\nfirstsecondafter");
    assert_eq!(cells[2]["execution_count"], Value::Null, "cells after the failure are not run");
}

#[test]
fn text_without_a_newline_hides_neither_a_failure_nor_a_figure() {
    let folder = tempfile::tempdir().unwrap();
    let cells = [
        "let words = vec![1, 2];",
        "print!(\"fitting … \"); drop(words); panic!(\"on purpose\")",
        "print!(\"a\"); neurocell::notebook::display(&[(\"image/png\", b\"1\"), (\"text/plain\", b\"figure\")]);",
        "print!(\"b\"); words.len()",
        "let mut line = String::new(); std::io::stdin().read_line(&mut line).unwrap()",
    ];
    let output = run(folder.path(), &notebook(&cells), &["--allow-errors"]);
    assert!(!output.status.success(), "a run with a failed cell must not end well");
    let texts: Vec<String> = executed(folder.path()).iter().map(text).collect();
    assert_eq!(texts[1..4], ["fitting … on purpose", "afigure", "b2"]);
    assert!(texts[4].contains("waits for input") && texts[4].contains("→"), "{}", texts[4]);
}

#[test]
fn a_last_value_shows_itself_also_when_it_takes_the_cells_own_variables() {
    let folder = tempfile::tempdir().unwrap();
    let cells = [
        "let values = vec![0.5, 1.0]; let label = String::from(\"bars\");\nneurocell::figure::bars(&[\"a\", \"b\"], &values, &label, \"r\")?",
        "let words = vec![String::from(\"a\")];\nwords.into_iter().map(|w| w + \"b\").collect::<Vec<_>>() // moved",
        "struct Plain;\n  Plain",
        "if true { println!(\"said\") }",
        "|x: i32| x",
        "let n = 1;\nmissing_name + n",
    ];
    let output = run(folder.path(), &notebook(&cells), &["--allow-errors"]);
    let cells = executed(folder.path());
    assert!(cells[0]["outputs"][0]["data"]["image/svg+xml"].is_array(), "{}\n{:?}", cells[0], output);
    assert_eq!(text(&cells[1]), "[\"ab\"]");
    let trace = |cell: &Value| cell["outputs"][0]["traceback"].to_string();
    assert!(trace(&cells[2]).contains("`Plain` cannot be shown") && trace(&cells[2]).contains("derive(Debug)"));
    assert_eq!(text(&cells[3]), "said\n");
    assert!(trace(&cells[4]).contains("cannot be shown"), "{}", trace(&cells[4]));
    // The line as it was typed, and the mark below the name.
    assert!(trace(&cells[5]).contains(" missing_name + n\""), "{}", trace(&cells[5]));
    assert!(!trace(&cells[5]).contains("evcxr_display"), "{}", trace(&cells[5]));
}

#[test]
fn a_folder_that_cannot_be_written_is_named_before_any_cell_runs() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &notebook(&["1"]), &["-o", "/proc/no/such/place.ipynb"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("/proc/no/such/place") && !said.contains("cell 1"), "{said}");
}

#[test]
fn a_notebook_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.ipynb");
    std::fs::write(&path, "{ \"cells\": [").unwrap();
    for (path, part) in [(path, "broken.ipynb"), (folder.path().join("absent.ipynb"), "absent.ipynb")] {
        let output = Command::new(env!("CARGO_BIN_EXE_neurocell")).arg("run").arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(part) && said.contains("→"), "{said}");
    }
}

#[test]
fn types_of_what_a_cell_makes_are_found() {
    let folder = tempfile::tempdir().unwrap();
    // What rust-analyzer reads of the standard library is less than all of it: each of these needs another part.
    let cells = [
        "let a = 2.5_f64.powi(2).max(1.0).sqrt(); let b = (3u8 as usize).pow(2).checked_add(1).unwrap_or_default();",
        "let words: Vec<&'static str> = \"a b c\".split_whitespace().collect(); let joined = words.join(\"-\");",
        "let squares = (1..4).map(|n| n * n).filter(|n| n % 2 == 1).rev().collect::<Vec<i32>>();\nlet total = squares.iter().sum::<i32>();",
        "let mut counts = std::collections::HashMap::new(); counts.insert(String::from(\"x\"), 1u64); let x = counts.get(\"x\").copied();",
        "let tree = std::collections::BTreeMap::from([(1, 'a')]); let first = tree.first_key_value().map(|(k, v)| (*k, *v));",
        "let text = format!(\"{:.1}\", 1.25); let number = text.parse::<f32>()?; let made = vec![0.5; 3]; let pair = (made.len(), text.clone());",
        "let shared = std::sync::Arc::new(std::sync::Mutex::new(vec![1u8])); let length = shared.lock().unwrap().len();",
        "let path = std::path::Path::new(\"a\").join(\"b.nii\"); let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned());",
        "let f: Box<dyn Fn(i32) -> i32> = Box::new(|x| x + 1); let called = f(41);",
        "let array = ndarray::Array2::<f32>::zeros((3, 4)); let shape = array.shape().to_vec(); let mean = array.mean();",
        "let chunks: Vec<Vec<i32>> = squares.chunks(1).map(<[i32]>::to_vec).collect(); let zipped = squares.iter().zip(&made).map(|(s, m)| f64::from(*s) * m).fold(0.0, f64::max);",
        "let began = std::time::Instant::now(); let spent = began.elapsed() < std::time::Duration::from_secs(60);",
        "let bytes = \"é\".as_bytes().to_vec(); let nonzero = std::num::NonZeroU32::new(3).map(|n| n.get()); let character = 'x'.to_ascii_uppercase();",
        "let worker = std::thread::spawn(|| 5).join().unwrap(); let option = Some(3).zip(Some('c')).ok_or(\"none\")?; let c = std::cell::RefCell::new(1.0f32); let taken = *c.borrow();",
        "format!(\"{a} {b} {joined} {total} {x:?} {first:?} {number} {pair:?} {length} {stem:?} {called} {shape:?} {mean:?} {chunks:?} {zipped} {spent} {bytes:?} {nonzero:?} {character} {worker} {option:?} {taken}\")",
    ];
    let output = run(folder.path(), &notebook(&cells), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let last = text(executed(folder.path()).last().unwrap());
    let expected = "2.5 10 a-b-c 10 Some(1) Some((1, 'a')) 1.2 (3, \"1.2\") 1 Some(\"b\") 42 [3, 4] Some(0.0) [[9], [1]] 4.5 true [195, 169] Some(3) X 5 (3, 'c') 1";
    assert_eq!(last, format!("\"{}\"", expected.replace('"', "\\\"")));
}

#[test]
fn a_cell_may_use_a_crate_of_the_readers_own_and_be_optimised() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("tiny");
    std::fs::create_dir_all(own.join("src")).unwrap();
    let manifest = "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    std::fs::write(own.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(
        own.join("src/lib.rs"),
        "pub fn level() -> u32 { 7 }\npub fn checked() -> bool { cfg!(debug_assertions) }\n",
    )
    .unwrap();
    let dep = format!(":dep tiny = {{ path = {own:?} }}\nlet kept = tiny::level() + clock.runs() as u32;");
    let cells = [
        "let clock = Clock::new(2.0, &[100])?;",
        &dep,
        "kept + tiny::level()",
        ":optimize\nlet sum = (0..1000u64).fold(0, |a, b| a ^ b.rotate_left(3));\nsum + clock.total() as u64",
        ":optimize\nlet wrong = missing;",
    ];
    let output = run(folder.path(), &notebook(&cells), &["--allow-errors"]);
    let cells = executed(folder.path());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(text(&cells[1]).contains("built") || text(&cells[1]).is_empty(), "{said}");
    assert_eq!(text(&cells[2]), "15", "{said}");
    let sum = (0..1000u64).fold(0, |a, b| a ^ b.rotate_left(3)) + 100;
    // Other flags: the crate is built once more, and that is said.
    assert!(text(&cells[3]).ends_with(&sum.to_string()), "{} {said}", text(&cells[3]));
    let trace = cells[4]["outputs"][0]["traceback"].to_string();
    assert!(trace.contains("   2 |") && trace.contains("let wrong = missing;"), "{trace}");
}

/// Processes whose environment names this temporary folder.
fn processes_of(temporary: &Path) -> Vec<String> {
    let wanted = format!("TMPDIR={}", temporary.display());
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let numbered = all.filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok());
    let ours = numbered.filter(|entry| {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(wanted.as_bytes()))
    });
    ours.map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default()).collect()
}

#[test]
fn nothing_is_left_of_a_session_that_ended_or_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let path = folder.path().join("endless.ipynb");
    let mark = folder.path().join("runs");
    let cell = format!("std::fs::write({mark:?}, \"\")?; loop {{}}");
    std::fs::write(&path, notebook(&["1 + 1", &cell]).to_string()).unwrap();
    let sessions =
        || std::fs::read_dir(temporary.path()).unwrap().flatten().flat_map(|e| std::fs::read_dir(e.path()).unwrap());
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_neurocell"));
        command
            .arg("run")
            .arg(&path)
            .env("TMPDIR", temporary.path())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let until = |done: &dyn Fn() -> bool| {
        let began = std::time::Instant::now();
        while !done() && began.elapsed().as_secs() < 120 {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert!(done(), "left: {:?}, {:?}", sessions().count(), processes_of(temporary.path()));
    };
    let mut killed = start();
    until(&|| mark.exists());
    assert!(sessions().count() == 1 && !processes_of(temporary.path()).is_empty());
    killed.kill().unwrap();
    killed.wait().unwrap();
    until(&|| sessions().count() == 0 && processes_of(temporary.path()).is_empty());
    // One that ends well.
    std::fs::write(&path, notebook(&["1 + 1"]).to_string()).unwrap();
    assert!(start().wait().unwrap().success());
    assert_eq!(sessions().count(), 0);
    until(&|| processes_of(temporary.path()).is_empty());
}
