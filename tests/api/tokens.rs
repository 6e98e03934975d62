//! Words that are hard on tokenizers, read through the public face.

use crate::reference::path;
use neurocell::prelude::*;

#[derive(serde::Deserialize)]
struct Expected {
    unmatched: Vec<usize>,
}

fn json<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&std::fs::read(path(&format!("tokens/{name}.json"))).unwrap()).unwrap()
}

fn said(words: &[String]) -> Stimulus {
    let word = |text: &String| Word { text: text.clone(), run: 0, onset: None, offset: None };
    Stimulus::new("words", words.iter().map(word).collect(), Timing::Made).unwrap()
}

#[test]
fn words_without_a_token_are_those_that_the_python_tokenizer_makes_nothing_of() {
    let lists: Vec<Vec<String>> = json("words");
    for name in ["bert_masked", "bert_cased"] {
        let model = Model::load(path(&format!("checkpoints/{name}")).to_str().unwrap()).unwrap();
        let expected: Vec<Expected> = json(&format!("{name}.words"));
        for (words, expected) in lists.iter().zip(expected) {
            let read = model.activations(&said(words), Site::FfnOut).unwrap();
            assert_eq!(read.unmatched(), expected.unmatched, "{name}: {words:?}");
            for (word, values) in read.values().rows().into_iter().enumerate() {
                let silent = values.iter().all(|value| *value == 0.0);
                assert_eq!(silent, expected.unmatched.contains(&word), "{name}: {words:?}, word {word}");
            }
        }
    }
}
