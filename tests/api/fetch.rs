//! Models fetched as a user does it: by a name, with what the environment says.
//!
//! The environment belongs to a process, so each test runs itself again in one of its own; a server here stands for the hub.

#[expect(dead_code, reason = "the tests beside the code use more of it")]
#[path = "../../src/model/server.rs"]
mod server;

use crate::reference::path;
use neurocell::model::{fetch, registry};
use neurocell::prelude::*;
use server::{Answer, COMMIT, Repository, Server};
use std::process::Command;

const CHILD: &str = "NEUROCELL_TEST_CHILD";

/// Whether this is the process in which the test's own work is to be done.
fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs the test `name` in another process; an error is what that one said.
fn run(name: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &format!("fetch::{name}"), "--nocapture"]).env(CHILD, "1");
    for clean in
        ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "NEUROCELL_OFFLINE"]
    {
        child.env_remove(clean);
    }
    let output = child.envs(variables.iter().copied()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// The repository `owner/name` with the small BERT.
fn small_bert() -> Repository {
    let file = |name: &str| std::fs::read(path(&format!("checkpoints/bert_1_head/{name}"))).unwrap();
    let names = ["config.json", "tokenizer.json", "model.safetensors"];
    names.into_iter().fold(Repository::default(), |all, name| all.with(name, &file(name)))
}

#[test]
fn a_model_of_the_hub_is_loaded_by_its_id_and_revision_and_then_without_the_hub() {
    if is_child() {
        let bert = Model::load("owner/name@v1").unwrap();
        println!("{bert}");
        assert_eq!((bert.name(), bert.layers()), ("owner/name@v1", 2));
        return;
    }
    let test = "a_model_of_the_hub_is_loaded_by_its_id_and_revision_and_then_without_the_hub";
    let home = tempfile::tempdir().unwrap();
    let served = small_bert();
    let server = Server::start(move |asked| served.answer(asked));
    let variables = [("HF_ENDPOINT", server.endpoint.as_str()), ("HF_HOME", home.path().to_str().unwrap())];
    let first = run(test, &variables).unwrap();
    assert!(first.contains(&format!("owner/name at {}", &COMMIT[..12])), "{first}");
    assert!(!server.asked().is_empty());
    run(test, &[&variables[..], &[("HF_HUB_OFFLINE", "1")]].concat()).unwrap();
    assert!(server.asked().is_empty());
}

#[test]
fn the_token_is_taken_from_the_environment_or_from_the_hubs_own_file() {
    if is_child() {
        println!("{}", fetch("owner/name").unwrap());
        return;
    }
    let test = "the_token_is_taken_from_the_environment_or_from_the_hubs_own_file";
    let served = small_bert();
    let server = Server::start(move |asked| match asked.token.as_deref() {
        Some("hf_good") => served.answer(asked),
        _ => Answer::refuse(401, "GatedRepo", "Access to model owner/name is restricted."),
    });
    let home = tempfile::tempdir().unwrap();
    let variables = [("HF_ENDPOINT", server.endpoint.as_str()), ("HF_HOME", home.path().to_str().unwrap())];
    let without = run(test, &variables).unwrap_err();
    assert!(without.contains("https://huggingface.co/owner/name") && without.contains("HF_TOKEN"), "{without}");
    run(test, &[&variables[..], &[("HF_TOKEN", "hf_good")]].concat()).unwrap();
    std::fs::remove_dir_all(home.path().join("hub")).unwrap();
    std::fs::write(home.path().join("token"), "hf_good\n").unwrap();
    run(test, &variables).unwrap();
}

#[test]
fn registered_models_of_the_papers_come_from_the_hub_into_its_own_cache() {
    if is_child() {
        let known = registry();
        let llama = known.iter().find(|entry| entry.name == "llama-3.1-8b").unwrap();
        assert!(llama.gated && !llama.is_here());
        println!("{}", fetch("llama-3.1-8b").unwrap_err());
        return;
    }
    let test = "registered_models_of_the_papers_come_from_the_hub_into_its_own_cache";
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(|_| Answer::refuse(401, "GatedRepo", "Access to this model is restricted."));
    let said = run(test, &[("HF_ENDPOINT", &server.endpoint), ("HF_HOME", home.path().to_str().unwrap())]).unwrap();
    assert!(said.contains("https://huggingface.co/meta-llama/Llama-3.1-8B"), "{said}");
    assert!(server.asked()[0].path.starts_with("/api/models/meta-llama/Llama-3.1-8B/revision/main"));
}
