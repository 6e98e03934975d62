use super::super::server::{Answer, COMMIT, Repository, Server};
use super::*;
use std::time::Duration;

fn id(text: &str) -> HubId {
    HubId::parse(text).unwrap()
}

/// Names of the files that were asked for, and from which byte.
fn files(server: &Server) -> Vec<(String, Option<usize>)> {
    let asked = server.asked().into_iter().filter(|asked| asked.path.contains("/resolve/"));
    asked.map(|asked| (asked.path.rsplit('/').next().unwrap().to_owned(), asked.from)).collect()
}

fn below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        names.extend(below(&entry.path()));
        names.push(entry.file_name().into_string().unwrap());
    }
    names
}

fn is_left(folder: &Path, ending: &str) -> bool {
    below(folder).iter().any(|name| name.ends_with(ending))
}

#[test]
fn a_model_lies_in_the_cache_as_the_hubs_own_tools_lay_it() {
    let cache = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(300_000).with("pytorch_model.bin", b"not wanted");
    let served = repository.clone();
    let server = Server::start(move |asked| served.answer(asked));
    let hub = Hub::at(&server.endpoint, cache.path(), None);
    let got = hub.get(&id("owner/name")).unwrap();
    assert!(!got.already_there && got.commit == COMMIT);
    assert_eq!(files(&server).len(), 3);
    let folder = cache.path().join("models--owner--name");
    assert_eq!(got.path, folder.join("snapshots").join(COMMIT));
    assert_eq!(std::fs::read_to_string(folder.join("refs/main")).unwrap(), COMMIT);
    for (name, content) in &repository.0[..3] {
        assert_eq!(&std::fs::read(got.path.join(name)).unwrap(), content, "{name}");
    }
    let weights = got.path.join("model.safetensors").read_link().unwrap();
    assert_eq!(weights, Path::new("../../blobs").join(repository.sha256("model.safetensors")));
    assert!(!is_left(cache.path(), ".part") && !is_left(cache.path(), ".lock"));
    // From then on nothing is asked for.
    let again = hub.offline().get(&id("owner/name")).unwrap();
    assert!(again.already_there && again.path == got.path && server.asked().is_empty());
}

#[test]
fn a_revision_is_asked_for_by_its_name_and_kept_under_it() {
    let cache = tempfile::tempdir().unwrap();
    let served = Repository::checkpoint(10);
    let server = Server::start(move |asked| served.answer(asked));
    let hub = Hub::at(&server.endpoint, cache.path(), None);
    let tagged = hub.get(&id("owner/name@v1")).unwrap();
    assert!(server.asked()[0].path.starts_with("/api/models/owner/name/revision/v1"));
    assert!(cache.path().join("models--owner--name/refs/v1").is_file());
    assert_eq!(hub.get(&id(&format!("owner/name@{COMMIT}"))).unwrap().path, tagged.path);
    assert!(server.asked().is_empty());
    let error = hub.get(&id("owner/name@v2")).unwrap_err();
    assert!(error.problem().contains("Invalid rev id: v2"), "{error}");
}

#[test]
fn of_weights_in_parts_those_are_fetched_that_the_index_names() {
    let cache = tempfile::tempdir().unwrap();
    let index = br#"{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}"#;
    let mut served = Repository::checkpoint(10);
    served.0.pop();
    let served = served.with("model.safetensors.index.json", index).with("model-1.safetensors", b"one");
    let served = served.with("model-2.safetensors", b"two").with("model-3.safetensors", b"three");
    let server = Server::start(move |asked| served.answer(asked));
    let got = Hub::at(&server.endpoint, cache.path(), None).get(&id("owner/name")).unwrap();
    let names: Vec<String> = files(&server).into_iter().map(|(name, _)| name).collect();
    let wanted = ["config.json", "tokenizer.json", "model.safetensors.index.json", "model-1.safetensors"];
    assert_eq!(names, [&wanted[..], &["model-2.safetensors"]].concat());
    assert_eq!(std::fs::read(got.path.join("model-2.safetensors")).unwrap(), b"two");
}

#[test]
fn one_gguf_file_is_taken_and_of_several_the_one_that_is_named() {
    let cache = tempfile::tempdir().unwrap();
    let one = Repository::default().with("README.md", b"").with("a.gguf", b"GGUF-a");
    let several = one.clone().with("b.gguf", b"GGUF-b");
    let serve = |served: Repository| Server::start(move |asked| served.answer(asked));
    let (one, several) = (serve(one), serve(several));
    let got = Hub::at(&one.endpoint, &cache.path().join("1"), None).get(&id("owner/name")).unwrap();
    assert_eq!(std::fs::read(&got.path).unwrap(), b"GGUF-a");
    let hub = Hub::at(&several.endpoint, &cache.path().join("2"), None);
    let error = hub.get(&id("owner/name")).unwrap_err();
    assert!(error.problem().contains("a.gguf, b.gguf") && error.advice().contains("owner/name/a.gguf"), "{error}");
    let named = hub.get(&id("owner/name/b.gguf")).unwrap();
    assert_eq!(std::fs::read(&named.path).unwrap(), b"GGUF-b");
    assert!(hub.get(&id("owner/name/b.gguf")).unwrap().already_there);
    assert!(hub.get(&id("owner/name/c.gguf")).unwrap_err().advice().contains("a.gguf, b.gguf"));
}

#[test]
fn a_connection_that_is_cut_is_taken_up_where_it_broke() {
    let cache = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(200_000);
    let (served, mut cuts) = (repository.clone(), 0);
    let server = Server::start(move |asked| {
        let mut answer = served.answer(asked);
        if asked.path.ends_with("model.safetensors") && cuts < 3 {
            cuts += 1;
            answer.cut = Some(50_000);
        }
        answer
    });
    let got = Hub::at(&server.endpoint, cache.path(), None).get(&id("owner/name")).unwrap();
    let weights = std::fs::read(got.path.join("model.safetensors")).unwrap();
    assert!(weights == repository.content("model.safetensors").unwrap());
    let from: Vec<Option<usize>> = files(&server)[2..].iter().map(|(_, from)| *from).collect();
    assert_eq!(from, [None, Some(50_000), Some(100_000), Some(150_000)]);
}

#[test]
fn what_came_before_a_download_failed_is_used_the_next_time() {
    let cache = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(100_000);
    let served = repository.clone();
    let failing = Server::start(move |asked| match asked.path.ends_with("model.safetensors") {
        true if asked.from.is_none() => Answer { cut: Some(40_000), ..served.answer(asked) },
        true => Answer { status: 503, ..Answer::default() },
        false => served.answer(asked),
    });
    let error = Hub::at(&failing.endpoint, cache.path(), None).get(&id("owner/name")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.problem().contains("40000 bytes are kept"), "{error}");
    let sha256 = repository.sha256("model.safetensors");
    // Nothing has a final name, and nothing that looks whole is found.
    assert!(!below(cache.path()).contains(&sha256) && is_left(cache.path(), &format!("{sha256}.part")));
    assert!(Hub::at(&failing.endpoint, cache.path(), None).cached(&id("owner/name")).is_none());
    let served = repository.clone();
    let well = Server::start(move |asked| served.answer(asked));
    let got = Hub::at(&well.endpoint, cache.path(), None).get(&id("owner/name")).unwrap();
    assert_eq!(files(&well), [("model.safetensors".to_owned(), Some(40_000))]);
    assert!(
        std::fs::read(got.path.join("model.safetensors")).unwrap() == repository.content("model.safetensors").unwrap()
    );
    assert!(!is_left(cache.path(), ".part"));
}

#[test]
fn a_server_that_sends_all_of_it_again_is_understood() {
    let cache = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(100_000);
    let (served, mut cuts) = (repository.clone(), 0);
    let server = Server::start(move |asked| {
        let mut answer = served.answer(&super::super::server::Asked { from: None, ..asked.clone() });
        if asked.path.ends_with("model.safetensors") && cuts < 1 {
            cuts += 1;
            answer.cut = Some(30_000);
        }
        answer
    });
    let got = Hub::at(&server.endpoint, cache.path(), None).get(&id("owner/name")).unwrap();
    assert!(
        std::fs::read(got.path.join("model.safetensors")).unwrap() == repository.content("model.safetensors").unwrap()
    );
}

#[test]
fn what_is_left_of_another_file_is_thrown_away() {
    let cache = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(100_000);
    let blobs = cache.path().join("models--owner--name/blobs");
    std::fs::create_dir_all(&blobs).unwrap();
    let part = blobs.join(format!("{}.part", repository.sha256("model.safetensors")));
    for junk in [vec![7; 1000], vec![7; 100_000], vec![7; 200_000]] {
        std::fs::write(&part, junk).unwrap();
        let served = repository.clone();
        let server = Server::start(move |asked| served.answer(asked));
        let got = Hub::at(&server.endpoint, cache.path(), None).get(&id("owner/name")).unwrap();
        let weights = got.path.join("model.safetensors");
        assert!(std::fs::read(&weights).unwrap() == repository.content("model.safetensors").unwrap());
        std::fs::remove_file(weights.canonicalize().unwrap()).unwrap();
        std::fs::remove_file(weights).unwrap();
    }
}

#[test]
fn content_that_is_not_what_the_hub_lists_is_refused() {
    let cache = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(1000);
    let served = repository.clone();
    let server = Server::start(move |asked| {
        let mut answer = served.answer(asked);
        if asked.path.ends_with("model.safetensors") {
            answer.content[500] ^= 1;
        }
        answer
    });
    let error = Hub::at(&server.endpoint, cache.path(), None).get(&id("owner/name")).unwrap_err();
    assert!(error.problem().contains(&repository.sha256("model.safetensors")), "{error}");
    assert!(
        !below(cache.path()).iter().any(|name| name.contains("model.safetensors")) && !is_left(cache.path(), ".part")
    );
}

#[test]
fn a_gated_model_says_which_page_to_visit_and_where_the_token_goes() {
    let cache = tempfile::tempdir().unwrap();
    let served = Repository::checkpoint(1000);
    let server = Server::start(move |asked| match (asked.path.contains("/resolve/"), asked.token.as_deref()) {
        (false, _) | (_, Some("hf_good")) => served.answer(asked),
        (true, None) => Answer::refuse(401, "GatedRepo", "Access to model owner/name is restricted."),
        (true, Some(_)) => Answer::refuse(403, "GatedRepo", "Access to model owner/name is restricted."),
    });
    let get = |token| Hub::at(&server.endpoint, cache.path(), token).get(&id("owner/name"));
    let without = get(None).unwrap_err();
    assert!(without.problem().contains("no token is set"), "{without}");
    let with = get(Some("hf_other")).unwrap_err();
    assert!(with.problem().contains("HF_TOKEN") && !with.to_string().contains("hf_other"), "{with}");
    for error in [&without, &with] {
        assert!(error.advice().contains("https://huggingface.co/owner/name"), "{error}");
    }
    assert!(without.advice().contains("HF_TOKEN") && without.advice().contains("hf auth login"), "{without}");
    assert!(get(Some("hf_good")).is_ok());
}

#[test]
fn a_model_that_is_not_there_may_be_private() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start(|asked| Repository::default().answer(asked));
    let error = Hub::at(&server.endpoint, cache.path(), None).get(&id("owner/nam")).unwrap_err();
    assert!(error.problem().contains("owner/nam cannot") && error.problem().contains("no such model"), "{error}");
    assert!(error.advice().contains("HF_TOKEN"), "{error}");
    let served = Repository::default().with("config.json", b"").with("model.safetensors", b"x");
    let server = Server::start(move |asked| served.answer(asked));
    let error = Hub::at(&server.endpoint, cache.path(), None).get(&id("owner/name")).unwrap_err();
    assert!(error.problem().contains("no tokenizer.json") && error.advice().contains("save_pretrained"), "{error}");
}

#[test]
fn the_token_is_not_shown_to_the_host_to_which_the_hub_sends_on() {
    let cache = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(1000);
    let weights = repository.content("model.safetensors").unwrap().to_vec();
    let store = Server::start(move |asked| Answer::file(&weights, asked));
    let elsewhere = store.endpoint.replace("127.0.0.1", "localhost");
    let server = Server::start(move |asked| match asked.path.ends_with("model.safetensors") {
        true => Answer { status: 302, headers: vec![("Location", format!("{elsewhere}/x"))], ..Answer::default() },
        false => repository.answer(asked),
    });
    Hub::at(&server.endpoint, cache.path(), Some("hf_secret")).get(&id("owner/name")).unwrap();
    assert!(server.asked().iter().all(|asked| asked.token.as_deref() == Some("hf_secret")));
    let asked = store.asked();
    assert!(!asked.is_empty() && asked.iter().all(|asked| asked.token.is_none()), "{asked:?}");
}

#[test]
fn of_two_that_fetch_at_once_one_waits_and_nothing_is_downloaded_twice() {
    let cache = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(300_000);
    let served = repository.clone();
    let server = Server::start(move |asked| {
        std::thread::sleep(Duration::from_millis(20));
        served.answer(asked)
    });
    let paths: Vec<PathBuf> = std::thread::scope(|scope| {
        let get = || Hub::at(&server.endpoint, cache.path(), None).get(&id("owner/name")).unwrap().path;
        let both = [scope.spawn(get), scope.spawn(get)];
        both.map(|one| one.join().unwrap()).to_vec()
    });
    assert_eq!(paths[0], paths[1]);
    assert!(
        std::fs::read(paths[0].join("model.safetensors")).unwrap() == repository.content("model.safetensors").unwrap()
    );
    assert_eq!(files(&server).len(), 3);
}

#[test]
fn offline_and_a_hub_that_does_not_answer_are_told_apart() {
    let cache = tempfile::tempdir().unwrap();
    let hub = || Hub::at("http://127.0.0.1:1", cache.path(), None);
    let offline = hub().offline().get(&id("owner/name")).unwrap_err();
    assert!(offline.problem().contains("HF_HUB_OFFLINE"), "{offline}");
    let silent = hub().get(&id("owner/name")).unwrap_err();
    assert!(silent.problem().contains("http://127.0.0.1:1 does not answer"), "{silent}");
    assert_eq!(below(cache.path()).len(), 0);
}

#[test]
fn ids_have_an_owner_and_a_name_and_may_have_a_revision_and_a_file() {
    for text in ["a/b", "meta-llama/Llama-3.1-8B", "a/b@v1.0", "a/b@refs/pr/1", "a/b@main/x.gguf", "a/b/x-q4.gguf"] {
        let parsed = HubId::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(parsed.to_string(), text.replace("@main", ""));
    }
    let wrong = [
        "",
        "a",
        "a/b/c",
        "/a/b",
        "a//b",
        "../b",
        "a/..",
        "a/b@",
        "a/b@../x",
        "a b/c",
        "a/b/.gguf",
        "a/b/../x.gguf",
        "./a",
    ];
    for text in wrong {
        assert_eq!(HubId::parse(text), None, "{text}");
    }
}
