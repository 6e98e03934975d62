use super::super::registry::File;
use super::super::server::{Answer, Repository, Server};
use super::*;

/// A model of one small repository; the package that it may also come from is in no index.
fn entry(repository: &Repository) -> Entry {
    let file = |(name, _): &(&str, Vec<u8>)| File { name: (*name).to_owned(), sha256: repository.sha256(name) };
    Entry {
        name: "tiny".to_owned(),
        source: String::new(),
        licence: String::new(),
        bytes: 2,
        what: String::new(),
        gated: false,
        hub: Some("owner/name".to_owned()),
        wheel: None,
        files: repository.0.iter().map(file).collect(),
    }
}

fn hub(server: &Server, home: &Path) -> Hub {
    Hub::at(&server.endpoint, &home.join("cache"), None)
}

fn serve(repository: &Repository) -> Server {
    let served = repository.clone();
    Server::start(move |asked| served.answer(asked))
}

/// Writes the model where it belongs.
fn put(home: &Path, repository: &Repository) -> PathBuf {
    let folder = home.join("models/tiny");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, content) in &repository.0 {
        std::fs::write(folder.join(name), content).unwrap();
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let listed = std::fs::read_dir(folder).unwrap();
    listed.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_model_that_is_there_is_taken_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(100);
    let folder = put(home.path(), &repository);
    let hub = Hub::at("http://127.0.0.1:1", home.path(), None);
    let fetched = fetch_into(home.path(), &entry(&repository), &hub, false).unwrap();
    assert!(fetched.already_there);
    assert_eq!(fetched.path, folder);
}

#[test]
fn a_model_that_is_one_gguf_file_is_that_file() {
    let home = tempfile::tempdir().unwrap();
    let repository = Repository::default().with("tiny.gguf", b"GGUF");
    let folder = put(home.path(), &repository);
    let hub = Hub::at("http://127.0.0.1:1", home.path(), None);
    let fetched = fetch_into(home.path(), &entry(&repository), &hub, true).unwrap();
    assert_eq!(fetched.path, folder.join("tiny.gguf"));
}

#[test]
fn a_wrong_digest_names_both_digests_and_the_folder_to_remove() {
    let home = tempfile::tempdir().unwrap();
    let (here, wanted) = (Repository::checkpoint(100), Repository::checkpoint(101));
    let folder = put(home.path(), &here);
    let hub = Hub::at("http://127.0.0.1:1", home.path(), None);
    let error = fetch_into(home.path(), &entry(&wanted), &hub, true).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    for digest in [here.sha256("model.safetensors"), wanted.sha256("model.safetensors")] {
        assert!(error.problem().contains(&digest), "{error}");
    }
    assert!(error.advice().contains(&folder.display().to_string()), "{error}");
}

#[test]
fn offline_without_the_files_is_an_error_that_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let hub = Hub::at("http://127.0.0.1:1", &home.path().join("cache"), None).offline();
    let error = fetch_into(home.path(), &entry(&Repository::checkpoint(100)), &hub, true).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.problem().contains("offline"), "{error}");
    assert_eq!(names(&home.path().join("models")), [""; 0]);
}

#[test]
fn files_come_from_the_hub_and_the_folder_says_so() {
    let home = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(100_000);
    let server = serve(&repository);
    let fetched = fetch_into(home.path(), &entry(&repository), &hub(&server, home.path()), false).unwrap();
    assert!(!fetched.already_there && fetched.source.contains("owner/name"));
    assert_eq!(names(&home.path().join("models")), ["tiny"]);
    let again = fetch_into(home.path(), &entry(&repository), &hub(&server, home.path()), true).unwrap();
    assert_eq!((again.already_there, again.source), (true, fetched.source));
}

#[test]
fn an_interrupted_fetch_goes_on_where_it_was() {
    let home = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(100_000);
    let served = repository.clone();
    let failing = Server::start(move |asked| match asked.path.ends_with("model.safetensors") {
        true if asked.from.is_none() => Answer { cut: Some(60_000), ..served.answer(asked) },
        true => Answer { status: 500, ..Answer::default() },
        false => served.answer(asked),
    });
    let error = fetch_into(home.path(), &entry(&repository), &hub(&failing, home.path()), false).unwrap_err();
    assert!(error.problem().contains("60000 bytes are kept"), "{error}");
    assert_eq!(names(&home.path().join("models")), [".tiny.partial"]);
    let server = serve(&repository);
    fetch_into(home.path(), &entry(&repository), &hub(&server, home.path()), false).unwrap();
    let asked: Vec<_> = server.asked().into_iter().filter(|asked| asked.path.contains("/resolve/")).collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].from, Some(60_000));
    assert_eq!(names(&home.path().join("models")), ["tiny"]);
}

#[test]
fn a_hub_that_has_other_bytes_by_now_gives_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (now, wanted) = (Repository::checkpoint(1000), Repository::checkpoint(1001));
    let server = serve(&now);
    let error = fetch_into(home.path(), &entry(&wanted), &hub(&server, home.path()), false).unwrap_err();
    assert!(error.problem().contains(&wanted.sha256("model.safetensors")), "{error}");
    assert!(!home.path().join("models/tiny").exists());
    // The next time the wrong file is not taken for what was wanted.
    let right = serve(&wanted);
    fetch_into(home.path(), &entry(&wanted), &hub(&right, home.path()), false).unwrap();
}

#[test]
fn two_at_once_share_one_download() {
    let home = tempfile::tempdir().unwrap();
    let repository = Repository::checkpoint(200_000);
    let server = serve(&repository);
    std::thread::scope(|scope| {
        let get = || fetch_into(home.path(), &entry(&repository), &hub(&server, home.path()), false).unwrap();
        let both = [scope.spawn(get), scope.spawn(get)].map(|one| one.join().unwrap());
        assert_eq!(both[0].path, both[1].path);
        assert_eq!(both.iter().filter(|fetched| fetched.already_there).count(), 1);
    });
    assert_eq!(server.asked().iter().filter(|asked| asked.path.contains("/resolve/")).count(), 3);
    assert_eq!(names(&home.path().join("models")), ["tiny"]);
}

#[test]
fn a_full_disk_is_an_error_that_says_how_to_go_on() {
    let error = disk(Path::new("/models/x.part"), std::io::ErrorKind::StorageFull.into());
    assert_eq!(error.kind(), ErrorKind::File);
    assert!(error.problem().contains("/models/x.part") && error.advice().contains("make room"), "{error}");
    assert!(error.advice().contains("NEUROCELL_HOME") && error.advice().contains("HF_HOME"), "{error}");
}
