//! safetensors: the length of a JSON header, the header, the tensors one after the other.
//! Source: the format's description in the repository huggingface/safetensors.

use super::{Failed, little};
use crate::activation::Activations;
use crate::error::Result;
use serde_json::{Map, Value, json};
use std::io::Write;

pub(super) fn write(acts: &Activations, out: &mut dyn Write, failed: Failed<'_>) -> Result<()> {
    let (words, neurons) = acts.values().dim();
    let small = [
        ("onsets", "F64", little(&acts.times(|word| word.onset), f64::to_le_bytes)),
        ("offsets", "F64", little(&acts.times(|word| word.offset), f64::to_le_bytes)),
        ("runs", "I64", little(&acts.run_numbers(), i64::to_le_bytes)),
    ];
    let texts: Vec<&str> = acts.stimulus().words().iter().map(|word| word.text.as_str()).collect();
    let mut about: Map<String, Value> =
        acts.about().into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
    about.insert("words".to_owned(), json!(texts).to_string().into());
    about.insert("neurons".to_owned(), json!(acts.addresses()).to_string().into());
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), about.into());
    let mut end = 0;
    for (name, kind, bytes) in &small {
        let offsets = [end, end + bytes.len()];
        header.insert((*name).to_owned(), json!({ "dtype": kind, "shape": [words], "data_offsets": offsets }));
        end += bytes.len();
    }
    let offsets = [end, end + words * neurons * 4];
    header.insert("values".to_owned(), json!({ "dtype": "F32", "shape": [words, neurons], "data_offsets": offsets }));
    let mut header = Value::from(header).to_string();
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    out.write_all(&(header.len() as u64).to_le_bytes()).map_err(failed)?;
    out.write_all(header.as_bytes()).map_err(failed)?;
    for (_, _, bytes) in &small {
        out.write_all(bytes).map_err(failed)?;
    }
    acts.stream(out, failed)
}
