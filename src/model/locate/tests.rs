use super::*;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/checkpoints").join(name)
}

#[test]
fn folders_of_every_form_and_gguf_files_are_found() {
    for name in ["bert_masked", "llama2", "llama31"] {
        let found = locate(reference(name).to_str().unwrap()).unwrap();
        assert_eq!((found.name.as_str(), found.path), (name, reference(name)));
    }
    let file = reference("llama3_q4_0.gguf");
    let found = locate(file.to_str().unwrap()).unwrap();
    assert_eq!((found.name.as_str(), found.path), ("llama3_q4_0", file.clone()));
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(&file, folder.path().join("x.gguf")).unwrap();
    assert_eq!(locate(folder.path().to_str().unwrap()).unwrap().path, folder.path().join("x.gguf"));
}

#[test]
fn a_folder_without_weights_and_a_name_of_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let empty = locate(folder.path().to_str().unwrap()).map(|_| ()).unwrap_err();
    assert!(empty.kind() == ErrorKind::File && empty.problem().contains("no weights"), "{empty}");
    for name in ["no.gguf", "./x", "bert-base", "a/b/c"] {
        let error = locate(name).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unknown, "{name}");
        assert!(error.advice().contains(".gguf file") && error.advice().contains("owner/name"), "{error}");
    }
    assert!(locate("bert-base-uncase").map(|_| ()).unwrap_err().advice().contains("`bert-base-uncased`"));
}
