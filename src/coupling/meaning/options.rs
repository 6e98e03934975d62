//! How many neurons, words and contexts.

use crate::error::{Error, Result};

/// Options of [`meaning_with`](super::meaning_with).
#[derive(Clone, Debug, PartialEq)]
pub struct MeaningOptions {
    /// How many neurons of each network; `None` (default) takes all anchors of a coupling, and the first 100 of a ranked list.
    pub members: Option<usize>,
    /// Words that are listed for each network. Default 30.
    pub words: usize,
    /// How often a word must occur in the text to be listed: the mean of few occurrences is chance. Default 3.
    pub occurrences: usize,
    /// Places in the text that are listed for each network, each in its context. Default 20.
    pub contexts: usize,
    /// The q (false discovery rate) below which a kind of words is called enriched. Default 0.05.
    pub level: f64,
}

impl Default for MeaningOptions {
    fn default() -> MeaningOptions {
        MeaningOptions { members: None, words: 30, occurrences: 3, contexts: 20, level: 0.05 }
    }
}

impl MeaningOptions {
    /// So many neurons of each network.
    pub fn members(self, members: usize) -> MeaningOptions {
        MeaningOptions { members: Some(members), ..self }
    }

    /// So many words of each network.
    pub fn words(self, words: usize) -> MeaningOptions {
        MeaningOptions { words, ..self }
    }

    /// Only words that occur so often.
    pub fn occurrences(self, occurrences: usize) -> MeaningOptions {
        MeaningOptions { occurrences, ..self }
    }

    /// So many places in the text.
    pub fn contexts(self, contexts: usize) -> MeaningOptions {
        MeaningOptions { contexts, ..self }
    }

    /// The q below which a kind of words is called enriched.
    pub fn level(self, level: f64) -> MeaningOptions {
        MeaningOptions { level, ..self }
    }

    pub(super) fn check(&self) -> Result<()> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::value(
                format!("a false discovery rate of {}", self.level),
                "give one between 0 and 1, such as 0.05",
            ));
        }
        if self.members == Some(0) || self.occurrences == 0 {
            return Err(Error::value(
                format!("{:?} neurons of each network, and words that occur {} times", self.members, self.occurrences),
                "ask for at least one of both",
            ));
        }
        Ok(())
    }
}
