//! What one network's neurons respond to together.

use super::Enrichment;
use crate::activation::TopWord;
use std::fmt;

/// A word and the mean of a network's values over its occurrences.
#[derive(Clone, Debug, PartialEq)]
pub struct WordMean {
    /// The word in lower case, without punctuation around it.
    pub word: String,
    /// How often it occurs.
    pub count: usize,
    /// Mean over its occurrences of the pooled value, in standard deviations of a neuron.
    pub mean: f64,
}

/// What the neurons of one network respond to together.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkMeaning {
    /// The network's name, or that of the list.
    pub network: String,
    /// Number of neurons that were pooled; without any all else is empty.
    pub members: usize,
    /// Words by the mean over their occurrences, largest first.
    pub words: Vec<WordMean>,
    /// The places in the text where the pooled value is largest, largest first.
    pub contexts: Vec<TopWord>,
    /// Every kind of words that was tested, least p first.
    pub kinds: Vec<Enrichment>,
    /// The q below which a kind is called enriched.
    pub level: f64,
}

impl NetworkMeaning {
    /// The kinds at whose words the neurons are higher than at others, at q below the level, greatest difference first.
    pub fn enriched(&self) -> Vec<&Enrichment> {
        self.significant(1.0)
    }

    /// The kinds at whose words the neurons are lower than at others, at q below the level, greatest difference first.
    pub fn depleted(&self) -> Vec<&Enrichment> {
        self.significant(-1.0)
    }

    fn significant(&self, sign: f64) -> Vec<&Enrichment> {
        let mut found: Vec<&Enrichment> =
            self.kinds.iter().filter(|kind| kind.q < self.level && sign * kind.r > 0.0).collect();
        found.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
        found
    }

    /// "verbs +0.41, Zipf 4 to 5 +0.22; less: function word −0.50", or that nothing is enriched.
    pub(crate) fn kinds_in_words(&self) -> String {
        let list = |kinds: Vec<&Enrichment>| {
            kinds.iter().map(|kind| format!("{} {:+.2}", kind.kind, kind.difference)).collect::<Vec<_>>().join(", ")
        };
        let (more, less) = (list(self.enriched()), list(self.depleted()));
        match (more.is_empty(), less.is_empty(), self.kinds.first()) {
            (false, false, _) => format!("{more}; less: {less}"),
            (false, true, _) => more,
            (true, false, _) => format!("less: {less}"),
            (true, true, Some(best)) => {
                format!("none; nearest {} {:+.2} (q = {:.2})", best.kind, best.difference, best.q)
            }
            (true, true, None) => "none tested".to_owned(),
        }
    }

    /// The first `count` words, with commas.
    pub(crate) fn words_in_line(&self, count: usize) -> String {
        self.words.iter().take(count).map(|word| word.word.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for NetworkMeaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.members == 0 {
            return write!(f, "NetworkMeaning: {}, no neuron: nothing to pool", self.network);
        }
        write!(f, "NetworkMeaning: {}, {} neurons", self.network, self.members)?;
        write!(f, "\n  words: {}", self.words_in_line(15))?;
        write!(f, "\n  kinds (difference in sd, q < {}): {}", self.level, self.kinds_in_words())?;
        self.contexts.iter().take(5).try_for_each(|top| write!(f, "\n  {top}"))
    }
}
