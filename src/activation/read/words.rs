//! From the values of tokens to those of words, as the tokens come.

use super::Pooling;
use ndarray::ArrayView1;
use std::collections::BTreeMap;

/// Words of which some tokens have come and others not: in a text read from left to right, one or two.
pub(super) struct Words {
    pooling: Pooling,
    /// Tokens of each word that are still to come.
    left: Vec<u32>,
    /// Sums so far, one row a site, and the tokens in them.
    open: BTreeMap<usize, (Vec<Vec<f32>>, u32)>,
    /// All words before this one are complete.
    complete: usize,
    most_open: usize,
}

impl Words {
    /// Words none of whose tokens has come; `tokens` counts those of each word.
    pub(super) fn new(pooling: Pooling, tokens: Vec<u32>) -> Words {
        let mut words = Words { pooling, left: tokens, open: BTreeMap::new(), complete: 0, most_open: 0 };
        words.go_on();
        words
    }

    fn go_on(&mut self) {
        while self.left.get(self.complete) == Some(&0) {
            self.complete += 1;
        }
    }

    /// A token of a word, one row a site; the word's values, one row a site, if it was the word's last one to come.
    pub(super) fn add(&mut self, word: usize, rows: &[ArrayView1<'_, f32>]) -> Option<Vec<Vec<f32>>> {
        let left = &mut self.left[word];
        *left = left.saturating_sub(1);
        let whole = *left == 0;
        let (sums, count) =
            self.open.entry(word).or_insert_with(|| (rows.iter().map(|row| vec![0.0; row.len()]).collect(), 0));
        *count += 1;
        for (sum, row) in sums.iter_mut().zip(rows) {
            match self.pooling {
                Pooling::Last => sum.iter_mut().zip(row).for_each(|(sum, value)| *sum = *value),
                Pooling::Mean | Pooling::Sum => sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value),
            }
        }
        self.most_open = self.most_open.max(self.open.len());
        if !whole {
            return None;
        }
        self.go_on();
        let (mut sums, count) = self.open.remove(&word)?;
        if self.pooling == Pooling::Mean && count > 1 {
            sums.iter_mut().flatten().for_each(|sum| *sum /= count as f32);
        }
        Some(sums)
    }

    /// How many words at the text's beginning are complete.
    pub(super) fn complete(&self) -> usize {
        self.complete
    }

    /// The most words that were open at once.
    #[cfg(test)]
    pub(super) fn most_open(&self) -> usize {
        self.most_open
    }
}
