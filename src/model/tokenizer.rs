//! A model's tokenizer, and the tokens that it sets around a text.

use super::config::Config;
use crate::error::{Error, Result};
use std::path::Path;
use tokenizers::Tokenizer;

/// The tokenizer as it is used here: nothing cut off, nothing filled up, no token added inside.
pub(super) struct Words {
    pub(super) tokenizer: Tokenizer,
    /// Tokens before each text (`[CLS]`; a Llama's begin-of-text).
    pub(super) before: Vec<u32>,
    /// Tokens behind each text (`[SEP]`).
    pub(super) behind: Vec<u32>,
    pub(super) unknown: Option<u32>,
    pub(super) mask: Option<u32>,
}

const ADVICE: &str = "give the tokenizer that belongs to the model";

/// Reads `tokenizer.json`.
pub(super) fn from_file(path: &Path) -> Result<Tokenizer> {
    let bytes = std::fs::read(path).map_err(|e| Error::file("read", path, e, ADVICE))?;
    Tokenizer::from_bytes(bytes).map_err(|e| Error::format(path, e, ADVICE))
}

impl Words {
    /// Makes a tokenizer ready for a model; `path` is the file to name when they do not fit.
    pub(super) fn new(mut tokenizer: Tokenizer, config: &Config, path: &Path) -> Result<Words> {
        // A published file may ask for cutting and filling up to a fixed length: whole stories are read here.
        tokenizer.with_truncation(None).map_err(|e| Error::format(path, e, ADVICE))?;
        tokenizer.with_padding(None);
        let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0);
        if largest as usize >= config.vocab_size() {
            let problem =
                format!("the tokenizer has a token {largest}, the model {} words (vocab_size)", config.vocab_size());
            return Err(Error::format(path, problem, ADVICE));
        }
        let named = |names: &[&str]| names.iter().find_map(|name| tokenizer.token_to_id(name));
        let (unknown, mask) = (named(&["[UNK]", "<unk>"]), named(&["[MASK]", "<mask>"]));
        let (mut before, mut behind) = frame(&tokenizer).map_err(|e| Error::format(path, e, ADVICE))?;
        if let Config::Bert(_) = config
            && before.is_empty()
            && behind.is_empty()
        {
            // Every BERT was trained with these two; a tokenizer saved without its post-processor does not say so.
            let missing = |name: &str| Error::format(path, format!("the tokenizer has no token {name}"), ADVICE);
            before.push(named(&["[CLS]"]).ok_or_else(|| missing("[CLS]"))?);
            behind.push(named(&["[SEP]"]).ok_or_else(|| missing("[SEP]"))?);
        }
        Ok(Words { tokenizer, before, behind, unknown, mask })
    }

    /// Tokens around each text.
    pub(super) fn frame(&self) -> usize {
        self.before.len() + self.behind.len()
    }
}

/// The tokens that the tokenizer sets before and behind a text, seen on one letter.
fn frame(tokenizer: &Tokenizer) -> tokenizers::Result<(Vec<u32>, Vec<u32>)> {
    let encoding = tokenizer.encode("a", true)?;
    let inside = |at: &&usize| encoding.get_special_tokens_mask()[**at] == 0;
    let places: Vec<usize> = (0..encoding.len()).collect();
    let (first, last) = (places.iter().find(inside), places.iter().rev().find(inside));
    let ids = encoding.get_ids();
    Ok(match (first, last) {
        (Some(first), Some(last)) => (ids[..*first].to_vec(), ids[last + 1..].to_vec()),
        _ => (ids.to_vec(), Vec::new()),
    })
}
