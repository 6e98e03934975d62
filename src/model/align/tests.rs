use super::*;
use crate::stimulus::{Timing, Word};
use std::path::{Path, PathBuf};

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}

fn tokenizer(path: &Path) -> Tokenizer {
    let mut tokenizer = Tokenizer::from_file(path).unwrap();
    tokenizer.with_truncation(None).unwrap();
    tokenizer.with_padding(None);
    tokenizer
}

fn said(words: &[String]) -> Stimulus {
    let word = |text: &String| Word { text: text.clone(), run: 0, onset: None, offset: None };
    Stimulus::new("words", words.iter().map(word).collect(), Timing::Made).unwrap()
}

#[derive(serde::Deserialize)]
struct Expected {
    owners: Vec<Option<usize>>,
    unmatched: Vec<usize>,
}

/// Every token belongs to the word that the Python package's offsets say; words without a token are those that have none alone.
fn assert_same(tokenizer: &Tokenizer, name: &str) {
    let read = |name: &str| std::fs::read(reference(&format!("tokens/{name}.json"))).unwrap();
    let lists: Vec<Vec<String>> = serde_json::from_slice(&read("words")).unwrap();
    let expected: Vec<Expected> = serde_json::from_slice(&read(&format!("{name}.words"))).unwrap();
    assert_eq!(lists.len(), expected.len());
    for (words, expected) in lists.iter().zip(expected) {
        let aligned = align(tokenizer, tokenizer.token_to_id("[UNK]"), &said(words)).unwrap();
        assert_eq!(aligned.words, [expected.owners], "{name}: {words:?}");
        assert_eq!(aligned.unmatched, expected.unmatched, "{name}: {words:?}");
    }
}

#[test]
fn word_pieces_belong_to_the_words_that_their_offsets_say() {
    for name in ["bert_masked", "bert_cased"] {
        assert_same(&tokenizer(&reference(&format!("checkpoints/{name}/tokenizer.json"))), name);
    }
    let minilm = super::super::fetch("minilm-l6").unwrap();
    assert_same(&tokenizer(&minilm.path.join("tokenizer.json")), "minilm");
}

#[test]
fn byte_pairs_and_sentence_pieces_belong_to_the_words_that_their_offsets_say() {
    for name in ["llama1", "llama2", "llama3"] {
        assert_same(&tokenizer(&reference(&format!("checkpoints/{name}/tokenizer.json"))), name);
    }
}

#[test]
fn byte_pairs_of_a_gguf_file_belong_to_the_words_that_their_offsets_say() {
    let path = super::super::fetch("smollm2-135m").unwrap().path;
    let content = super::super::gguf::gguf_content(&path).unwrap();
    assert_same(&super::super::gguf_tokenizer::gguf_tokenizer(&content, &path).unwrap(), "smollm2");
}

#[test]
fn a_word_of_which_nothing_is_known_is_reported_where_it_stands() {
    let tokenizer = tokenizer(&reference("checkpoints/bert_masked/tokenizer.json"));
    let words = ["the", "海", "", "boat", "ไทย", "x海"].map(str::to_owned);
    let aligned = align(&tokenizer, tokenizer.token_to_id("[UNK]"), &said(&words)).unwrap();
    assert_eq!((aligned.unknown, aligned.unmatched), (vec![1, 4], vec![2]));
}

#[test]
fn runs_are_aligned_by_themselves() {
    let tokenizer = tokenizer(&reference("checkpoints/llama3/tokenizer.json"));
    let word = |text: &str, run| Word { text: text.to_owned(), run, onset: None, offset: None };
    let words = vec![word("the boat", 0), word("", 0), word("old", 1), word("sea", 1)];
    let aligned = align(&tokenizer, None, &Stimulus::new("two", words, Timing::Made).unwrap()).unwrap();
    let of_run = |run: usize| aligned.words[run].iter().flatten().copied().collect::<std::collections::BTreeSet<_>>();
    assert_eq!((of_run(0), of_run(1)), ([0].into(), [2, 3].into()));
    assert_eq!(aligned.unmatched, [1]);
}
