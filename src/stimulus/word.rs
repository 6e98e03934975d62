//! The stimulus itself: words in order, each with its run and its time.

use std::sync::Arc;

/// One word of a stimulus.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The word as the text has it, with its capitals and any punctuation attached to it.
    pub text: String,
    /// The run in which it was heard, counted from 0.
    pub run: usize,
    /// When it began, in seconds from the first volume of its run; `None` for a word whose time is not known.
    pub onset: Option<f64>,
    /// When it ended, on the same clock.
    pub offset: Option<f64>,
}

/// A text with the time of each word; clones are cheap.
///
/// A word without onset is part of the text that the model reads, but has no place on the scan's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus {
    pub(crate) name: String,
    pub(crate) words: Arc<[Word]>,
}

impl Stimulus {
    /// The stimulus' name, for titles and reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All words in the order of the text.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// How many runs the words are spread over.
    pub fn runs(&self) -> usize {
        self.words.iter().map(|w| w.run + 1).max().unwrap_or(0)
    }
}
