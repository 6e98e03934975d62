//! Whether values are higher at words of a kind than at others, beside chance.

use super::WordKind;
use super::words::Words;
use crate::error::Result;
use crate::linalg::product;
use crate::statistics::{Sides, correlate_pairs};
use ndarray::Array2;
use std::fmt;

/// What a neuron or a network has to do with a kind of words.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrichment {
    /// The kind of words.
    pub kind: WordKind,
    /// Number of words of this kind.
    pub words: usize,
    /// Number of distinct ones among them.
    pub distinct: usize,
    /// Mean score of the kind's words less that of all others; scores are ranks as quantiles of the normal distribution, in standard deviations.
    pub difference: f64,
    /// Pearson r of the scores with "is of this kind", mean over runs.
    pub r: f64,
    /// Two-sided p under random phases.
    pub p: f64,
    /// Benjamini–Hochberg q over all tests that were made.
    pub q: f64,
}

impl fmt::Display for Enrichment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Enrichment { kind, words, distinct, difference, r, p, q } = self;
        write!(
            f,
            "{kind} ({words} words, {distinct} distinct): {difference:+.2} sd, r = {r:+.3}, p = {p:.1e}, q = {q:.1e}"
        )
    }
}

/// For some columns (neurons or networks) and all tested kinds: column × kind.
pub(super) struct Tests {
    pub difference: Array2<f32>,
    pub r: Array2<f32>,
    pub p: Array2<f64>,
}

/// Tests columns of scores (word × column).
pub(super) fn test(words: &Words, scores: &Array2<f32>) -> Result<Tests> {
    let pairs = correlate_pairs(scores, &words.indicator, &words.clock, Sides::Both)?;
    // Mean over the kind's words less the mean over the others is one product.
    let total = words.numbers.len() as f32;
    let contrast = Array2::from_shape_fn(words.indicator.dim(), |(n, k)| {
        let count = words.counts[k].0 as f32;
        if words.indicator[[n, k]] > 0.0 { 1.0 / count } else { -1.0 / (total - count) }
    });
    let difference = product(scores.t(), contrast.view())?;
    Ok(Tests { difference, r: pairs.r().clone(), p: pairs.p().clone() })
}
