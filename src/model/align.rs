//! Which tokens belong to which word.
//!
//! The text of a run is its words joined by single spaces; the tokenizer says which bytes of that text each token comes from, and a
//! token belongs to the word with which it shares most of them. A word whose characters all vanish (control and other
//! characters that the tokenizer removes) has no token, and is reported, so that no later word is shifted.

use crate::error::{Error, Result};
use crate::stimulus::Stimulus;
use std::ops::Range;
use tokenizers::Tokenizer;

/// The tokens of a stimulus, run by run, with the word of each.
#[derive(Debug)]
pub(crate) struct Aligned {
    /// Token ids of each run.
    pub(crate) ids: Vec<Vec<u32>>,
    /// For each token of each run, the number of its word in the stimulus.
    pub(crate) words: Vec<Vec<Option<usize>>>,
    /// Words that have no token.
    pub(crate) unmatched: Vec<usize>,
    /// Words of whose characters the tokenizer knows none: all their tokens are the unknown token.
    pub(crate) unknown: Vec<usize>,
}

pub(super) fn align(tokenizer: &Tokenizer, unknown: Option<u32>, stimulus: &Stimulus) -> Result<Aligned> {
    let runs = stimulus.runs();
    let mut aligned = Aligned { ids: Vec::new(), words: Vec::new(), unmatched: Vec::new(), unknown: Vec::new() };
    // (tokens, tokens that are the unknown one) of each word
    let mut counts = vec![(0, 0); stimulus.words().len()];
    for run in 0..runs {
        let mut text = String::new();
        let mut spans: Vec<(usize, Range<usize>)> = Vec::new();
        for (i, word) in stimulus.words().iter().enumerate().filter(|(_, w)| w.run == run) {
            if !spans.is_empty() {
                text.push(' ');
            }
            let start = text.len();
            text.push_str(&word.text);
            spans.push((i, start..text.len()));
        }
        let encoding = tokenizer.encode(text.as_str(), false).map_err(|e| {
            Error::value(
                format!("the tokenizer cannot read run {run} of `{}`: {e}", stimulus.name()),
                "look at the text",
            )
        })?;
        let owners: Vec<Option<usize>> =
            encoding.get_offsets().iter().map(|&(start, end)| owner(&spans, &text, start..end)).collect();
        for (id, word) in encoding.get_ids().iter().zip(&owners) {
            if let Some(word) = *word {
                counts[word].0 += 1;
                counts[word].1 += usize::from(Some(*id) == unknown);
            }
        }
        aligned.ids.push(encoding.get_ids().to_vec());
        aligned.words.push(owners);
    }
    for (word, (tokens, unknown)) in counts.into_iter().enumerate() {
        if tokens == 0 {
            aligned.unmatched.push(word);
        } else if tokens == unknown {
            aligned.unknown.push(word);
        }
    }
    Ok(aligned)
}

/// The word with which a token shares most bytes; white space at a token's ends does not count, as some tokenizers
/// give a word's token the space before it.
fn owner(spans: &[(usize, Range<usize>)], text: &str, token: Range<usize>) -> Option<usize> {
    // Offsets that are not those of characters would belong to a broken tokenizer.
    let inside = text.get(token.clone())?;
    let start = token.start + (inside.len() - inside.trim_start().len());
    let end = start + inside.trim().len();
    let first = spans.partition_point(|(_, span)| span.end <= start);
    let mut best: Option<(usize, usize)> = None;
    for (word, span) in spans[first..].iter().take_while(|(_, span)| span.start < end) {
        let shared = span.end.min(end).saturating_sub(span.start.max(start));
        // Of two words with equal shares the first.
        if shared > best.map_or(0, |(_, most)| most) {
            best = Some((*word, shared));
        }
    }
    best.map(|(word, _)| word)
}

#[cfg(test)]
mod tests;
