use super::super::gguf::gguf_content;
use super::*;
use crate::error::ErrorKind;
use std::path::PathBuf;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}

fn of_file(path: &Path) -> Tokenizer {
    gguf_tokenizer(&gguf_content(path).unwrap(), path).unwrap()
}

fn small(name: &str) -> Tokenizer {
    of_file(&reference(&format!("checkpoints/{name}.gguf")))
}

#[derive(serde::Deserialize)]
struct Expected {
    ids: Vec<Vec<u32>>,
    offsets: Vec<Vec<(usize, usize)>>,
}

fn texts() -> Vec<String> {
    serde_json::from_slice(&std::fs::read(reference("tokens/texts.json")).unwrap()).unwrap()
}

/// Tokens and the bytes that they come from are those of the Python package's tokenizer.
fn assert_same(tokenizer: &Tokenizer, name: &str) {
    let file = std::fs::read(reference(&format!("tokens/{name}.json"))).unwrap();
    let expected: Expected = serde_json::from_slice(&file).unwrap();
    let texts = texts();
    assert_eq!(texts.len(), expected.ids.len());
    for (text, (ids, offsets)) in texts.iter().zip(expected.ids.iter().zip(&expected.offsets)) {
        let ours = tokenizer.encode(text.as_str(), true).unwrap();
        assert_eq!(ours.get_ids(), ids, "{name}: {text:?}, as {:?}", ours.get_tokens());
        assert_eq!(ours.get_offsets(), offsets, "{name}: {text:?}");
    }
}

#[test]
fn byte_pairs_of_llama_3_are_those_of_its_tokenizer_json() {
    assert_same(&small("llama3_q4_0"), "llama3");
}

#[test]
fn pieces_of_llama_2_are_those_of_its_tokenizer_json() {
    assert_same(&small("llama2_q4_1"), "llama1");
}

#[test]
fn word_pieces_of_bert_are_those_of_its_tokenizer_json() {
    assert_same(&small("bert_f16"), "bert_masked");
    assert_same(&small("bert_q8_0"), "bert_masked");
}

#[test]
fn byte_pairs_of_smollm2_are_those_of_its_tokenizer_json() {
    assert_same(&of_file(&super::super::fetch("smollm2-135m").unwrap().path), "smollm2");
}

fn changed(file: &str, change: impl FnOnce(&mut HashMap<String, Value>)) -> Result<Tokenizer> {
    let path = reference(&format!("checkpoints/{file}.gguf"));
    let mut content = gguf_content(&path).unwrap();
    change(&mut content.metadata);
    gguf_tokenizer(&content, &path)
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[test]
fn what_stands_around_a_text_is_as_the_file_says() {
    let framed = |file: &str, key: &str, value: bool| {
        let tokenizer = changed(file, |all| {
            all.insert(format!("tokenizer.ggml.{key}"), Value::Bool(value));
        });
        tokenizer.unwrap().encode("the", true).unwrap().get_tokens().to_vec()
    };
    assert_eq!(framed("llama3_q4_0", "add_bos_token", true)[0], "<|begin_of_text|>");
    assert!(!framed("llama3_q4_0", "add_bos_token", false)[0].starts_with('<'));
    assert_eq!(framed("llama2_q4_1", "add_eos_token", true).last().unwrap(), "</s>");
    assert_ne!(framed("llama2_q4_1", "add_bos_token", false)[0], "<s>");
    assert_eq!(framed("bert_q8_0", "add_bos_token", true), ["[CLS]", "the", "[SEP]"]);
}

#[test]
fn a_cased_vocabulary_keeps_capitals() {
    let cased = changed("bert_q8_0", |all| {
        if let Some(Value::Array(tokens)) = all.get_mut("tokenizer.ggml.tokens") {
            let place = tokens.iter().position(|t| t.to_string().unwrap() == "▁the").unwrap();
            tokens[place] = text("▁The");
        }
    });
    let (cased, plain) = (cased.unwrap(), small("bert_q8_0"));
    assert_eq!(cased.encode("The", false).unwrap().get_tokens(), ["The"]);
    assert_eq!(plain.encode("The", false).unwrap().get_tokens(), ["the"]);
}

#[test]
fn what_is_missing_or_does_not_fit_is_named() {
    type Change = Box<dyn FnOnce(&mut HashMap<String, Value>)>;
    let set = |key: &'static str, value: Value| -> Change {
        Box::new(move |all| {
            all.insert(format!("tokenizer.ggml.{key}"), value);
        })
    };
    let without = |key: &'static str| -> Change {
        Box::new(move |all| {
            all.remove(&format!("tokenizer.ggml.{key}"));
        })
    };
    let shorter = |key: &'static str| -> Change {
        Box::new(move |all| {
            if let Some(Value::Array(items)) = all.get_mut(&format!("tokenizer.ggml.{key}")) {
                items.pop();
            }
        })
    };
    let texts = |all: &[&str]| Value::Array(all.iter().map(|t| text(t)).collect());
    let cases: Vec<(&str, Change, &str)> = vec![
        ("llama3_q4_0", without("model"), "tokenizer.ggml.model is missing"),
        ("llama3_q4_0", set("model", text("t5")), "`t5`"),
        ("llama3_q4_0", set("model", Value::U32(1)), "not a text"),
        ("llama3_q4_0", set("pre", text("qwen99")), "`qwen99`"),
        ("llama3_q4_0", without("tokens"), "tokens is missing"),
        ("llama3_q4_0", without("merges"), "merges is missing"),
        ("llama3_q4_0", set("merges", texts(&["ab"])), "`ab` is no pair"),
        ("llama3_q4_0", set("merges", texts(&["nothing here"])), "its merges"),
        ("llama3_q4_0", set("merges", Value::Array(vec![Value::U8(1)])), "not a list of texts"),
        ("llama3_q4_0", shorter("token_type"), "kinds of them"),
        ("llama3_q4_0", set("bos_token_id", Value::U32(4_000_000_000)), "4000000000"),
        ("llama3_q4_0", without("bos_token_id"), "bos_token_id is missing"),
        ("llama2_q4_1", without("scores"), "scores is missing"),
        ("llama2_q4_1", shorter("scores"), "scores"),
        ("bert_q8_0", set("tokens", texts(&["a", "a"])), "kinds of them"),
        ("bert_q8_0", without("seperator_token_id"), "seperator_token_id is missing"),
    ];
    for (file, change, said) in cases {
        let error = changed(file, change).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        assert!(error.problem().contains(said), "`{said}` is not in: {error}");
    }
    let twice = changed("bert_q8_0", |all| {
        if let Some(Value::Array(tokens)) = all.get_mut("tokenizer.ggml.tokens") {
            tokens[60] = tokens[61].clone();
        }
    });
    assert!(twice.unwrap_err().problem().contains("two numbers, 60 and 61"));
}
