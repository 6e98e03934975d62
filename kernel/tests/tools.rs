//! The commands around sessions: doctor, cache, completions, help.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn neurocell(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neurocell"));
    command.args(arguments);
    command
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_doctor_finds_this_machine_well_and_says_so_to_programs_too() {
    let output = neurocell(&["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["well"], true, "{report:#}");
    assert_eq!(output.status.code(), Some(0));
    let names: Vec<&str> = report["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    for name in ["cargo", "rustc", "rust-src", "C compiler", "prelude", "home", "models", "memory", "Jupyter"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
}

#[test]
fn without_a_toolchain_the_doctor_says_how_to_get_one() {
    let nowhere = "/no/such/folder";
    let output = neurocell(&["doctor"]).env("PATH", nowhere).env("CARGO_HOME", nowhere).output().unwrap();
    let said = out(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("✗ cargo") && said.contains("rustup.rs"), "{said}");
    assert!(said.contains("must be mended"), "{said}");
}

#[test]
fn a_toolchain_is_found_where_path_does_not_lead_to_it() {
    let home = tempfile::tempdir().unwrap();
    let bin = home.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let cargo = bin.join("cargo");
    std::fs::write(&cargo, "#!/bin/sh\necho cargo 9.9.9\n").unwrap();
    std::fs::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let output = neurocell(&["doctor"]).env("PATH", "/no/such/folder").env("CARGO_HOME", home.path()).output().unwrap();
    assert!(out(&output).contains("9.9.9"), "{}", out(&output));
}

#[test]
fn a_project_folder_that_has_moved_is_named() {
    let command = |arguments: &[&str]| neurocell(arguments).env("NEUROCELL_PROJECT", "/moved/away").output().unwrap();
    let said = out(&command(&["doctor"]));
    assert!(said.contains("✗ prelude") && said.contains("/moved/away"), "{said}");
    let output = command(&["prepare"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("/moved/away") && said.contains("→"), "{said}");
}

#[test]
fn a_copied_binary_finds_the_project_it_was_built_from() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("neurocell");
    std::fs::copy(env!("CARGO_BIN_EXE_neurocell"), &copy).unwrap();
    let output = Command::new(&copy).args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let prelude = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "prelude").unwrap();
    assert_ne!(prelude["health"], "bad", "{prelude}");
}

#[test]
fn models_are_listed_and_removed_only_when_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let model = home.path().join("models/tiny");
    std::fs::create_dir_all(&model).unwrap();
    std::fs::write(model.join("model.safetensors"), vec![0; 3_000_000]).unwrap();
    let cache = |arguments: &[&str]| {
        let output = neurocell(arguments).env("NEUROCELL_HOME", home.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        out(&output)
    };
    let list = cache(&["cache"]);
    assert!(list.contains("tiny") && list.contains("3.0 MB"), "{list}");
    assert!(!cache(&["cache", "clear", "--dry-run"]).contains("tiny"));
    assert!(cache(&["cache", "clear", "--models", "--dry-run"]).contains("tiny"));
    assert!(model.is_dir(), "a dry run removes nothing");
    assert!(cache(&["cache", "clear", "--models"]).contains("removed"));
    assert!(!model.exists());
}

#[test]
fn activations_are_listed_and_removed_only_when_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reference/bert/tiny");
    let model = neurocell::model::Model::load(model.to_str().unwrap()).unwrap();
    let story = neurocell::stimulus::Stimulus::example().unwrap();
    let options = neurocell::activation::ReadOptions::default().store_in(home.path().join("activations"));
    let read = || model.activations_with(&story, &[neurocell::model::Site::FfnOut], &options).unwrap();
    let held = read();
    let cache = |arguments: &[&str]| {
        let output = neurocell(arguments).env("NEUROCELL_HOME", home.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        out(&output)
    };
    let list = cache(&["cache"]);
    assert!(list.contains("tiny at FfnOut, The Lamp at Saint Orren") && list.contains("in use"), "{list}");
    assert!(cache(&["cache", "clear", "--activations"]).contains("nothing to remove"));
    drop(held);
    assert!(!cache(&["cache", "clear", "--dry-run"]).contains("FfnOut"));
    let removed = cache(&["cache", "clear", "--activations"]);
    assert!(removed.contains("removed") && removed.contains("tiny at FfnOut"), "{removed}");
    assert!(read()[0].to_string().contains("read now"));
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = out(&neurocell(&["completions", shell]).output().unwrap());
        for command in ["run", "repl", "doctor", "cache", "completions", "allow-errors"] {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
    }
    let bash = out(&neurocell(&["completions", "bash"]).output().unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bash).unwrap();
    if Path::new("/bin/bash").is_file() {
        assert!(Command::new("/bin/bash").arg("-n").arg(file.path()).status().unwrap().success());
    }
}

#[test]
fn help_shows_the_first_steps() {
    let help = out(&neurocell(&["--help"]).output().unwrap());
    assert!(help.contains("First steps:") && help.contains("neurocell doctor"), "{help}");
    let help = out(&neurocell(&["run", "--help"]).output().unwrap());
    assert!(help.contains("Examples:") && help.contains("-p subject=019"), "{help}");
}

#[test]
fn models_known_by_name_are_listed_with_size_and_licence() {
    let list = out(&neurocell(&["fetch"]).output().unwrap());
    assert!(list.contains("minilm-l6") && list.contains("91 MB") && list.contains("Apache-2.0"), "{list}");
}
