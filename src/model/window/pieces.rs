//! A run's tokens, word by word.

use crate::error::Error;
use crate::stimulus::{Word, ends_sentence};
use std::ops::Range;

/// The tokens of one word, with those before it that belong to none.
#[derive(Clone, Debug)]
pub(crate) struct Piece<'a> {
    /// The word's number and text; none where a run has no word at all.
    pub(crate) word: Option<(usize, &'a str)>,
    /// Its tokens in the run.
    pub(crate) tokens: Range<usize>,
    /// Whether a sentence ends with it, or with a word behind it that has no token.
    pub(crate) ends_sentence: bool,
}

impl Piece<'_> {
    pub(super) fn too_long(&self, width: usize) -> Error {
        let (number, text) = self.word.unwrap_or((0, ""));
        let shown: String = text.chars().take(40).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        Error::value(
            format!("word {number} (`{shown}{more}`) has {} tokens, and a window takes {width}", self.tokens.len()),
            "look at the text, or give a longer window or context",
        )
    }
}

/// The tokens of one run by word, `owners` being the word of each token; every token is in one piece.
pub(crate) fn pieces<'a>(owners: &[Option<usize>], words: &'a [Word]) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    let mut start = 0;
    for (token, owner) in owners.iter().enumerate() {
        let Some(word) = *owner else { continue };
        match pieces.last_mut() {
            Some(last) if last.word.is_some_and(|(number, _)| number == word) => last.tokens.end = token + 1,
            _ => {
                let text = words.get(word).map_or("", |word| word.text.as_str());
                pieces.push(Piece { word: Some((word, text)), tokens: start..token + 1, ends_sentence: false });
            }
        }
        start = token + 1;
    }
    if start < owners.len() {
        match pieces.last_mut() {
            Some(last) => last.tokens.end = owners.len(),
            None => pieces.push(Piece { word: None, tokens: 0..owners.len(), ends_sentence: false }),
        }
    }
    for number in 0..pieces.len() {
        let next = pieces.get(number + 1).and_then(|piece| piece.word).map(|(word, _)| word);
        if let Some((word, _)) = pieces[number].word {
            let until = next.unwrap_or(word + 1).clamp(word + 1, words.len());
            pieces[number].ends_sentence = words[word..until].iter().any(|word| ends_sentence(&word.text));
        }
    }
    pieces
}

/// The tokens of each sentence.
pub(super) fn sentences(pieces: &[Piece<'_>]) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for (number, piece) in pieces.iter().enumerate() {
        if piece.ends_sentence || number + 1 == pieces.len() {
            sentences.push(start..piece.tokens.end);
            start = piece.tokens.end;
        }
    }
    sentences
}
