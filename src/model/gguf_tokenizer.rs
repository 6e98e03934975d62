//! The tokenizer that a GGUF file describes.
//!
//! The file holds vocabulary and merges, and names of llama.cpp's for the rest: `tokenizer.ggml.model` says how text becomes tokens, `tokenizer.ggml.pre`
//! how it is parted before bytes are merged. Three models are read:
//!
//! | `model` | what | as published in |
//! |---|---|---|
//! | `gpt2` | byte pairs, merged in order | GPT-2, Llama 3, SmolLM2 |
//! | `llama` | SentencePiece: whatever two pieces make a piece are merged, the best score first; bytes for what is left | Llama 1 and 2 |
//! | `bert` | WordPiece: the longest piece that fits, from the left | BERT |

use super::gguf::integer;
use crate::error::{Error, Result};
use candle_core::quantized::gguf_file::{Content, Value};
use std::collections::HashMap;
use std::path::Path;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::{BertNormalizer, Prepend, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer};

/// What Llama 3 parts a text by (its tokenizer.json): contractions, words with the character before them, up to three digits, the rest.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

// llama.cpp's kinds of tokens, as far as they are looked for in a text.
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
const USER_DEFINED: u64 = 4;

/// The tokenizer that a GGUF file describes; tokens that the model wants around each text are added where special tokens are asked for.
///
/// # Errors
/// If it is of a kind that is not read here, something of it is missing, or its parts do not fit together.
pub(super) fn gguf_tokenizer(content: &Content, path: &Path) -> Result<Tokenizer> {
    let entries = Entries { content, path };
    let vocabulary = Vocabulary::read(&entries)?;
    let model = entries.text("tokenizer.ggml.model")?;
    let tokenizer = match model.as_deref() {
        Some("gpt2") => byte_level(&entries, &vocabulary),
        Some("llama") => sentence_piece(&entries, &vocabulary),
        Some("bert") => word_piece(&entries, &vocabulary),
        Some(other) => Err(entries.wrong(format!("tokenizer.ggml.model is `{other}`; gpt2, llama and bert are read"))),
        None => Err(entries.wrong("tokenizer.ggml.model is missing")),
    };
    let mut tokenizer = tokenizer?;
    // Tokens that stand for no text of their own are found whole, never cut into pieces. Byte pairs have none for the unknown.
    let (mut special, mut whole) = (Vec::new(), Vec::new());
    for (token, kind) in vocabulary.spelled.iter().zip(&vocabulary.kinds) {
        match *kind {
            UNKNOWN if model.as_deref() == Some("gpt2") => {}
            UNKNOWN | CONTROL => special.push(AddedToken::from(token.clone(), true).normalized(false)),
            USER_DEFINED => whole.push(AddedToken::from(token.clone(), false).normalized(false)),
            _ => {}
        }
    }
    let added = tokenizer.add_special_tokens(special).and_then(|_| tokenizer.add_tokens(whole));
    added.map_err(|e| entries.wrong(format!("its special tokens: {e}")).caused_by(e))?;
    frame(&mut tokenizer, &entries, &vocabulary, model.as_deref().unwrap_or_default())?;
    Ok(tokenizer)
}

/// A file's entries by name.
struct Entries<'a> {
    content: &'a Content,
    path: &'a Path,
}

impl Entries<'_> {
    fn wrong(&self, problem: impl std::fmt::Display) -> Error {
        let advice = "give another GGUF file, or a folder with config.json, tokenizer.json and the weights";
        Error::format(self.path, problem, advice)
    }

    /// `None` where there is no such entry; an error where it is of another kind.
    fn read<T>(&self, key: &str, what: &str, as_wanted: impl Fn(&Value) -> Option<T>) -> Result<Option<T>> {
        match self.content.metadata.get(key) {
            None => Ok(None),
            Some(value) => match as_wanted(value) {
                Some(read) => Ok(Some(read)),
                None => Err(self.wrong(format!("{key} is {:?}, not {what}", value.value_type()))),
            },
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>> {
        self.read(key, "a text", |value| value.to_string().ok().cloned())
    }

    fn flag(&self, key: &str, otherwise: bool) -> Result<bool> {
        Ok(self.read(key, "true or false", |value| value.to_bool().ok())?.unwrap_or(otherwise))
    }

    fn list<T>(&self, key: &str, what: &str, item: impl Fn(&Value) -> Option<T>) -> Result<Option<Vec<T>>> {
        self.read(key, what, |value| value.to_vec().ok()?.iter().map(&item).collect())
    }

    fn texts(&self, key: &str) -> Result<Vec<String>> {
        let read = self.list(key, "a list of texts", |value| value.to_string().ok().cloned())?;
        read.ok_or_else(|| self.wrong(format!("{key} is missing")))
    }
}

/// Tokens by number.
struct Vocabulary {
    /// As the tokenizer's model spells them.
    spelled: Vec<String>,
    /// llama.cpp's kind of each.
    kinds: Vec<u64>,
    /// Whether some token that is part of a text has a capital letter.
    cased: bool,
}

impl Vocabulary {
    fn read(entries: &Entries) -> Result<Vocabulary> {
        let mut spelled = entries.texts("tokenizer.ggml.tokens")?;
        let kinds = entries.list("tokenizer.ggml.token_type", "a list of whole numbers", integer)?;
        let kinds = kinds.unwrap_or_else(|| vec![1; spelled.len()]);
        if kinds.len() != spelled.len() {
            return Err(entries.wrong(format!(
                "there are {} tokens, but {} kinds of them",
                spelled.len(),
                kinds.len()
            )));
        }
        let plain = |token: &str, kind: u64| kind == 1 && !is_bracketed(token);
        let cased = spelled.iter().zip(&kinds).any(|(t, k)| plain(t, *k) && t.chars().any(char::is_uppercase));
        if entries.text("tokenizer.ggml.model")?.as_deref() == Some("bert") {
            for (token, _) in spelled.iter_mut().zip(&kinds).filter(|(t, k)| **k == 1 && !is_bracketed(t)) {
                // The file marks where a word begins, BERT's own vocabulary where it goes on.
                *token = token.strip_prefix('▁').map_or_else(|| format!("##{token}"), str::to_owned);
            }
        }
        let mut numbers = HashMap::with_capacity(spelled.len());
        for (number, token) in spelled.iter().enumerate() {
            if let Some(other) = numbers.insert(token.as_str(), number) {
                return Err(entries.wrong(format!("the token `{token}` has two numbers, {other} and {number}")));
            }
        }
        Ok(Vocabulary { spelled, kinds, cased })
    }

    fn numbered(&self) -> Vocab {
        self.spelled.iter().cloned().zip(0..).collect()
    }

    /// The token whose number stands under `key`.
    fn named(&self, entries: &Entries, key: &str) -> Result<Option<(String, u32)>> {
        let Some(number) = entries.read(key, "a whole number", integer)? else { return Ok(None) };
        let token =
            usize::try_from(number).ok().and_then(|n| Some((self.spelled.get(n)?.clone(), u32::try_from(n).ok()?)));
        let tokens = self.spelled.len();
        token.map(Some).ok_or_else(|| entries.wrong(format!("{key} is {number}, and there are {tokens} tokens")))
    }
}

/// `[CLS]`, `[unused7]` and the like.
fn is_bracketed(token: &str) -> bool {
    token.starts_with('[') && token.ends_with(']')
}

/// Whether a text is parted as for Llama 3.
fn is_llama3(pre: Option<&str>) -> bool {
    matches!(pre, Some("llama-bpe" | "llama3" | "llama-v3" | "smaug-bpe"))
}

/// Byte pairs: each byte of a part of the text is a character, and pairs are merged in the order of the list.
fn byte_level(entries: &Entries, vocabulary: &Vocabulary) -> Result<Tokenizer> {
    let pre = entries.text("tokenizer.ggml.pre")?;
    let llama3 = is_llama3(pre.as_deref());
    let mut merges = Vec::new();
    for merge in entries.texts("tokenizer.ggml.merges")? {
        let pair = merge.split_once(' ').filter(|(left, right)| !left.is_empty() && !right.is_empty());
        let (left, right) = pair.ok_or_else(|| entries.wrong(format!("the merge `{merge}` is no pair")))?;
        merges.push((left.to_owned(), right.to_owned()));
    }
    let model = BPE::builder().vocab_and_merges(vocabulary.numbered(), merges);
    // Llama 3 takes a part that is a token by itself as it is, whatever its merges would make of it.
    let model = model.ignore_merges(llama3).build();
    let mut tokenizer = Tokenizer::new(model.map_err(|e| entries.wrong(format!("its merges: {e}")).caused_by(e))?);
    match pre.as_deref() {
        _ if llama3 => {
            let split = Split::new(SplitPattern::Regex(LLAMA3.to_owned()), SplitDelimiterBehavior::Isolated, false);
            let split = split.map_err(|e| entries.wrong(format!("Llama 3's pattern: {e}")).caused_by(e))?;
            let bytes = ByteLevel::new(false, true, false);
            tokenizer.with_pre_tokenizer(Some(PreTokenizers::new(vec![split.into(), bytes.into()])));
        }
        Some("smollm" | "starcoder") => {
            let (digits, bytes) = (Digits::new(true), ByteLevel::new(false, true, true));
            tokenizer.with_pre_tokenizer(Some(PreTokenizers::new(vec![digits.into(), bytes.into()])));
        }
        None | Some("gpt-2" | "gpt2" | "default") => {
            tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
        }
        Some(other) => {
            let known = "llama-bpe, smollm, starcoder, gpt-2 and default are read";
            return Err(entries.wrong(format!("tokenizer.ggml.pre is `{other}`; {known}")));
        }
    }
    Ok(tokenizer)
}

/// SentencePiece's byte pairs, whose merges follow from the pieces and their scores.
fn sentence_piece(entries: &Entries, vocabulary: &Vocabulary) -> Result<Tokenizer> {
    let number = |value: &Value| value.to_f32().ok().filter(|score| !score.is_nan());
    let scores = entries.list("tokenizer.ggml.scores", "a list of numbers", number)?;
    let scores = scores.ok_or_else(|| entries.wrong("tokenizer.ggml.scores is missing"))?;
    let tokens = vocabulary.spelled.len();
    if scores.len() != tokens {
        return Err(entries.wrong(format!("there are {tokens} tokens, but {} scores", scores.len())));
    }
    let numbers: HashMap<&str, usize> = vocabulary.spelled.iter().map(String::as_str).zip(0..).collect();
    // (the merged piece's number, the number of each half, the halves)
    let mut merges = Vec::new();
    for (whole, piece) in vocabulary.spelled.iter().enumerate() {
        for (cut, _) in piece.char_indices().skip(1) {
            let (left, right) = piece.split_at(cut);
            if let (Some(l), Some(r)) = (numbers.get(left), numbers.get(right)) {
                merges.push((whole, *l, *r, (left.to_owned(), right.to_owned())));
            }
        }
    }
    merges.sort_by(|a, b| scores[b.0].total_cmp(&scores[a.0]).then((a.0, a.1, a.2).cmp(&(b.0, b.1, b.2))));
    let merges = merges.into_iter().map(|(_, _, _, halves)| halves).collect();
    let mut model = BPE::builder().vocab_and_merges(vocabulary.numbered(), merges);
    let unknown = vocabulary.kinds.iter().position(|kind| *kind == UNKNOWN);
    if let Some(unknown) = unknown {
        model = model.unk_token(vocabulary.spelled[unknown].clone());
    }
    let model = model.fuse_unk(true).byte_fallback(true).build();
    let mut tokenizer = Tokenizer::new(model.map_err(|e| entries.wrong(format!("its pieces: {e}")).caused_by(e))?);
    let spaces = Replace::new(" ", "▁").map_err(|e| entries.wrong(format!("spaces: {e}")).caused_by(e))?;
    let mut steps = vec![spaces.into()];
    if entries.flag("tokenizer.ggml.add_space_prefix", true)? {
        steps.insert(0, Prepend::new("▁".to_owned()).into());
    }
    let normalized = tokenizer.with_normalizer(Some(Normalizers::new(steps)));
    normalized.map_err(|e| entries.wrong(format!("spaces: {e}")).caused_by(e))?;
    Ok(tokenizer)
}

/// BERT's WordPiece. Whether capitals count is not in the file: they do where the vocabulary has some.
fn word_piece(entries: &Entries, vocabulary: &Vocabulary) -> Result<Tokenizer> {
    let unknown = vocabulary.named(entries, "tokenizer.ggml.unknown_token_id")?;
    let unknown = unknown.map_or_else(|| "[UNK]".to_owned(), |(token, _)| token);
    let model = WordPiece::builder().vocab(vocabulary.numbered()).unk_token(unknown).build();
    let mut tokenizer = Tokenizer::new(model.map_err(|e| entries.wrong(format!("its vocabulary: {e}")).caused_by(e))?);
    let normalized = tokenizer.with_normalizer(Some(BertNormalizer::new(true, true, None, !vocabulary.cased)));
    normalized.map_err(|e| entries.wrong(format!("its normalizer: {e}")).caused_by(e))?;
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    Ok(tokenizer)
}

/// The tokens around each text: as the file says or, where it does not, as llama.cpp has them for its kind of tokenizer.
fn frame(tokenizer: &mut Tokenizer, entries: &Entries, vocabulary: &Vocabulary, model: &str) -> Result<()> {
    let llama3 = is_llama3(entries.text("tokenizer.ggml.pre")?.as_deref());
    let (begins, ends) = (matches!(model, "llama" | "bert") || llama3, model == "bert");
    let begins = entries.flag("tokenizer.ggml.add_bos_token", begins)?;
    let ends = entries.flag("tokenizer.ggml.add_eos_token", ends)?;
    let of = |wanted: bool, keys: [&str; 2]| -> Result<Option<(String, u32)>> {
        if !wanted {
            return Ok(None);
        }
        for key in keys {
            if let Some(token) = vocabulary.named(entries, key)? {
                return Ok(Some(token));
            }
        }
        Err(entries.wrong(format!("{} is missing, and a text is to be framed by that token", keys[0])))
    };
    let before = match model {
        "bert" => of(begins, ["tokenizer.ggml.cls_token_id", "tokenizer.ggml.bos_token_id"])?,
        _ => of(begins, ["tokenizer.ggml.bos_token_id"; 2])?,
    };
    // llama.cpp writes the name of BERT's separator with this slip.
    let after = match model {
        "bert" => of(ends, ["tokenizer.ggml.seperator_token_id", "tokenizer.ggml.eos_token_id"])?,
        _ => of(ends, ["tokenizer.ggml.eos_token_id"; 2])?,
    };
    let mut special: Vec<(String, u32)> = before.iter().chain(&after).cloned().collect();
    if special.is_empty() {
        return Ok(());
    }
    special.dedup();
    let name = |token: Option<(String, u32)>| token.map(|(name, _)| name);
    let pieces: Vec<String> = name(before).into_iter().chain(["$A".to_owned()]).chain(name(after)).collect();
    let wrong = |e: String| entries.wrong(format!("the tokens around a text: {e}"));
    let mut template = TemplateProcessing::builder();
    template.try_single(pieces).map_err(wrong)?.special_tokens(special);
    tokenizer.with_post_processor(Some(template.build().map_err(|e| wrong(e.to_string()))?));
    Ok(())
}

#[cfg(test)]
mod tests;
