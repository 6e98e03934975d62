//! `neurocell fetch` as a process, against a server that stands for the hub.

#[expect(dead_code, reason = "other tests use more of it")]
#[path = "../../src/model/server.rs"]
mod server;

use server::{Answer, Repository, Server};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The command, with nothing of this machine's models in its sight.
fn fetch(home: &Path, endpoint: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neurocell"));
    for clean in
        ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "NEUROCELL_OFFLINE"]
    {
        command.env_remove(clean);
    }
    command.arg("fetch").env("HF_ENDPOINT", endpoint).env("HF_HOME", home).env("NEUROCELL_HOME", home);
    command
}

fn below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        names.extend(below(&entry.path()));
        names.push(entry.file_name().into_string().unwrap());
    }
    names
}

#[test]
fn without_a_name_the_models_are_listed_with_licence_and_size_and_whether_they_are_here() {
    let home = tempfile::tempdir().unwrap();
    let list = || {
        let output = fetch(home.path(), "http://127.0.0.1:1").output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = list();
    for part in
        ["minilm-l6", "91 MB, licence Apache-2.0", "llama-3.1-8b", "Llama 3.1 Community License, to be agreed to"]
    {
        assert!(listed.contains(part), "{part} is not in\n{listed}");
    }
    assert!(!listed.contains("on this machine"), "{listed}");
    std::fs::create_dir_all(home.path().join("models/smollm2-135m")).unwrap();
    assert_eq!(list().matches("on this machine").count(), 1);
}

#[test]
fn a_name_of_nothing_and_an_id_that_cannot_be_reached_fail_with_the_next_step() {
    let home = tempfile::tempdir().unwrap();
    for (name, advice) in [("minilm-l7", "did you mean `minilm-l6`"), ("owner/name", "see the network")] {
        let output = fetch(home.path(), "http://127.0.0.1:1").arg(name).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains(advice), "{said}");
    }
}

#[test]
fn a_fetch_that_was_killed_leaves_nothing_under_a_final_name_and_goes_on_the_next_time() {
    let home = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(100_000);
    let (served, (reached, waiting)) = (repository.clone(), mpsc::channel());
    let stuck = Server::start(move |asked| match asked.path.ends_with("model.safetensors") {
        true if asked.from.is_none() => Answer { cut: Some(40_000), ..served.answer(asked) },
        true => {
            // The next bytes are a while coming.
            reached.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(300));
            Answer { status: 503, ..Answer::default() }
        }
        false => served.answer(asked),
    });
    let mut child = fetch(home.path(), &stuck.endpoint).arg("owner/name").stdout(Stdio::null()).spawn().unwrap();
    waiting.recv_timeout(Duration::from_secs(60)).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let names = below(home.path());
    assert!(!names.iter().any(|name| name == "model.safetensors" || name == "main"), "{names:?}");
    let served = repository.clone();
    let server = Server::start(move |asked| served.answer(asked));
    let output = fetch(home.path(), &server.endpoint).arg("owner/name").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("40000 bytes are here from before"), "{said}");
    let asked = server.asked().into_iter().filter(|asked| asked.path.ends_with("model.safetensors"));
    assert_eq!(asked.map(|asked| asked.from).collect::<Vec<_>>(), [Some(40_000)]);
    // The last line says where the files are.
    let place = said.lines().last().unwrap().split_once(": ").unwrap().1.split(" (fetched").next().unwrap();
    let weights = std::fs::read(Path::new(place).join("model.safetensors")).unwrap();
    assert!(weights == repository.content("model.safetensors").unwrap());
}
