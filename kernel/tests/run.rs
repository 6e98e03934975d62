//! `neurocell run` by papermill's conventions: parameters, a limit of time, signals, and what is refused at once.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// A notebook whose first cell is tagged `parameters`.
fn notebook(cells: &[&str]) -> Value {
    let cell = |(number, source): (usize, &&str)| {
        let metadata = if number == 0 { json!({ "tags": ["parameters"] }) } else { json!({}) };
        json!({
            "cell_type": "code", "id": format!("cell-{number}"), "metadata": metadata,
            "execution_count": null, "outputs": [], "source": [source],
        })
    };
    let cells: Vec<Value> = cells.iter().enumerate().map(cell).collect();
    json!({ "cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5 })
}

fn write(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("made.ipynb");
    std::fs::write(&path, text).unwrap();
    path
}

fn command(notebook: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neurocell"));
    command.arg("run").arg(notebook).args(flags);
    command
}

fn run(notebook: &Path, flags: &[&str]) -> Output {
    command(notebook, flags).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn executed(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("made.executed.ipynb")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["cells"].as_array().unwrap().clone()
}

/// A cell's outputs as text: streams, results, and the names of errors.
fn text(cell: &Value) -> String {
    let join = |v: &Value| match v {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let outputs = cell["outputs"].as_array().unwrap().iter();
    outputs.map(|o| [&o["text"], &o["data"]["text/plain"], &o["ename"]].map(join).concat()).collect()
}

#[test]
fn parameters_take_the_place_of_the_defaults_and_a_slow_cell_is_stopped_alone() {
    let folder = tempfile::tempdir().unwrap();
    let cells = [
        "let subject = \"018\";\nlet components: usize = 64;\nlet lags = vec![1.5, 2.0];",
        "format!(\"{subject} {components} {lags:?}\")",
        "let components = 1; loop { std::hint::black_box(components); }",
        "components + 1",
        ":time\nsubject.len()",
    ];
    let path = write(folder.path(), &notebook(&cells).to_string());
    let values = folder.path().join("values.json");
    std::fs::write(&values, "{ \"components\": 3, \"lags\": [0, 4.5] }").unwrap();
    let file = values.to_str().unwrap();
    let flags = [
        "-p",
        "subject=019 \"b\"",
        "-p",
        "components=128",
        "--parameters-file",
        file,
        "--timeout",
        "12",
        "--allow-errors",
    ];
    let output = run(&path, &flags);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let cells = executed(folder.path());
    assert_eq!(cells[1]["metadata"]["tags"], json!(["injected-parameters"]));
    assert_eq!(text(&cells[2]), "\"019 \\\"b\\\" 128 [0.0, 4.5]\"", "{}", said(&output));
    assert_eq!(text(&cells[3]), "TimeoutError");
    assert!(said(&output).contains("longer than 12 s"), "{}", said(&output));
    assert_eq!(text(&cells[4]), "129", "variables are as they were before the stopped cell");
    let outputs = &cells[5]["outputs"];
    assert_eq!(outputs[0]["data"]["text/plain"], json!(["7"]), "{outputs}");
    assert!(outputs[1]["data"]["text/plain"].to_string().contains("compiled in"), "{outputs}");
    let times = &cells[4]["metadata"]["execution"];
    let (began, ended) = (times["iopub.execute_input"].as_str(), times["shell.execute_reply"].as_str());
    assert!(began.unwrap().ends_with('Z') && began < ended, "{times}");
}

#[test]
fn ctrl_c_saves_what_was_done_and_ends_with_130() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), &notebook(&["let a = 20 + 1;", "a * 2", "loop {}", "a"]).to_string());
    let mut running = command(&path, &[]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("cell 2/4 took")), "the second cell never ended");
    std::thread::sleep(Duration::from_millis(1500));
    // SAFETY: a signal to this process' own child.
    unsafe { libc::kill(running.id() as libc::pid_t, libc::SIGINT) };
    let rest: String = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(running.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("stopped by Ctrl-C") && rest.contains("made.executed.ipynb"), "{rest}");
    let cells = executed(folder.path());
    let texts: Vec<String> = cells.iter().map(text).collect();
    assert_eq!(texts, ["", "42", "Interrupted", ""]);
    assert_eq!(cells[3]["execution_count"], Value::Null);
}

/// Each is refused with these words, before a session starts and with no output written.
fn refused(source: &str, flags: &[&str], words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), source);
    let output = run(&path, flags);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in words.iter().chain(&["→"]) {
        assert!(said.contains(word), "`{word}` is missing: {said}");
    }
    assert!(!said.contains("session started"), "{said}");
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing is written beside a notebook that is refused");
}

#[test]
fn what_is_no_notebook_is_refused_by_what_it_is() {
    refused("{ \"cells\": [", &[], &["made.ipynb", "no JSON"]);
    refused("", &[], &["the file is empty"]);
    refused("{ \"name\": 1 }", &[], &["no notebook", "nbformat"]);
    refused("{ \"nbformat\": 3, \"nbformat_minor\": 0, \"metadata\": {}, \"worksheets\": [] }", &[], &["format 3"]);
    refused("{ \"nbformat\": 4, \"nbformat_minor\": 5, \"metadata\": {}, \"cells\": [{}] }", &[], &["format 4"]);
    let mut python = notebook(&["a = 1"]);
    python["metadata"]["language_info"] = json!({ "name": "python" });
    refused(&python.to_string(), &[], &["language is python", "Rust"]);
}

#[test]
fn parameters_that_do_not_fit_are_refused_with_both_sides() {
    let made = notebook(&["let subject = \"018\";\nlet components = 64;"]).to_string();
    refused(&made, &["-p", "subjct=019"], &["did you mean `subject`?", "components"]);
    refused(&made, &["-p", "components=many"], &["`many`", "`64`", "-p components=64"]);
    refused(&made, &["--parameters-file", "/no/such/file.json"], &["/no/such/file.json"]);
    let mut plain = notebook(&["let subject = \"018\";"]);
    plain["cells"][0]["metadata"] = json!({});
    refused(&plain.to_string(), &["-p", "subject=019"], &["no parameters cell", "`parameters`"]);
}

#[test]
fn an_output_that_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let made = notebook(&["1"]).to_string();
    let path = write(folder.path(), &made);
    let here = folder.path().to_str().unwrap();
    for (output, word) in
        [(path.to_str().unwrap(), "itself"), (here, "is a folder"), ("/no/such/place.ipynb", "/no/such")]
    {
        let output = run(&path, &["-o", output]);
        assert!(!output.status.success() && said(&output).contains(word), "{}", said(&output));
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), made, "the source is as it was");
    let output = run(folder.path(), &[]);
    assert!(!output.status.success() && said(&output).contains("is a folder"), "{}", said(&output));
}
