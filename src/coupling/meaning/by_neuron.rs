//! Every neuron and every kind of words.

use super::WordKind;
use super::enrichment::{Enrichment, test};
use super::words::Words;
use crate::activation::Activations;
use crate::csv;
use crate::error::{Error, Result};
use crate::model::{Neuron, NeuronAxis};
use crate::notebook::Progress;
use crate::provenance::{Provenance, Traced};
use crate::statistics::benjamini_hochberg;
use ndarray::{Array2, s};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Neurons whose values are in memory at once.
const BLOCK: usize = 2_048;
/// The q below which a neuron is counted.
const LEVEL: f64 = 0.05;

/// What every neuron has to do with every kind of words: [`word_classes`]; clones are cheap.
#[derive(Clone, Debug)]
pub struct WordClasses {
    kinds: Arc<[WordKind]>,
    counts: Arc<[(usize, usize)]>,
    difference: Arc<Array2<f32>>,
    r: Arc<Array2<f32>>,
    p: Arc<Array2<f64>>,
    q: Arc<Array2<f64>>,
    neurons: NeuronAxis,
    about: String,
    made: Provenance,
}

/// Which neurons are higher at words of a class, or of a frequency, than at others: all neurons of a site against all kinds of words ([`WordKind`]).
///
/// In each run a neuron's values at the words are ranked, and ranks turned into quantiles of the normal distribution, so that a few words of great value do not
/// decide. With these scores s (word) and the indicator c (1 at words of the kind, else 0), r is Pearson's r of s and c in each run, mean over runs, and the
/// difference the mean of s over the kind's words less that over all others.
///
/// **Chance.** Neighbouring words are alike in their values, and classes of words follow each other by rules, so that a test that takes words for independent
/// finds too much. Here r is compared with what it would be if the phases of the scores were random over the words of each run
/// ([`correlate_pairs`](crate::statistics::correlate_pairs)), which has in closed form the variance that all circular shifts of the kinds against the values have, and
/// no floor under p. q is Benjamini and Hochberg's over all neurons × kinds. It speaks of the words of this text: that other words of the kind would do the same is
/// more credible the more distinct ones there are ([`Enrichment::distinct`]). Kinds overlap: function words are common, names have no class.
///
/// Kinds with fewer than 10 words, words without a token and runs of fewer than 30 words are left out, which is said.
///
/// ```
/// use neurocell::prelude::*;
/// let acts = Model::load("minilm-l6")?.activations(&Stimulus::example()?.in_runs(2, 6.0)?, Site::AttnZ)?;
/// let classes = word_classes(&acts)?;
/// println!("{classes}");
/// let (neuron, found) = &classes.strongest(WordKind::Class(WordClass::Verb), 5)?[0];
/// println!("{neuron}: {found}");
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If no run has 30 words with a value, no kind has enough words, or it is stopped.
pub fn word_classes(acts: &Activations) -> Result<WordClasses> {
    let words = Words::of(acts)?;
    if words.kinds.is_empty() {
        return Err(Error::value(
            format!("no kind has 10 words: {}", words.said()),
            "read a longer text, in English (the tables of classes and frequencies are English)",
        ));
    }
    let values = acts.values();
    let size = (values.ncols(), words.kinds.len());
    let (mut difference, mut r, mut p) = (Array2::zeros(size), Array2::zeros(size), Array2::ones(size));
    let mut progress = Progress::new("neurons by kind of word", values.ncols() as u64);
    for start in (0..values.ncols()).step_by(BLOCK) {
        let columns = start..(start + BLOCK).min(values.ncols());
        let mut own = Array2::zeros((words.numbers.len(), columns.len()));
        for (mut to, number) in own.outer_iter_mut().zip(&words.numbers) {
            to.assign(&values.slice(s![*number, columns.clone()]));
        }
        let found = test(&words, &words.scores(&own)?)?;
        difference.slice_mut(s![columns.clone(), ..]).assign(&found.difference);
        r.slice_mut(s![columns.clone(), ..]).assign(&found.r);
        p.slice_mut(s![columns.clone(), ..]).assign(&found.p);
        progress.advance(columns.len() as u64);
    }
    let all: Vec<f64> = p.iter().copied().collect();
    let corrected = benjamini_hochberg(&all)?;
    let q = Array2::from_shape_fn(size, |(neuron, kind)| corrected[neuron * size.1 + kind]);
    Ok(WordClasses {
        about: format!("{}; {}", acts.stimulus().name(), words.said()),
        kinds: words.kinds.into(),
        counts: words.counts.into(),
        difference: difference.into(),
        r: r.into(),
        p: p.into(),
        q: q.into(),
        neurons: acts.neurons().clone(),
        made: Provenance::step("word classes").input("activations", acts),
    })
}

impl WordClasses {
    /// The kinds that were tested: the columns.
    pub fn kinds(&self) -> &[WordKind] {
        &self.kinds
    }

    /// Which neurons the rows are.
    pub fn neurons(&self) -> &NeuronAxis {
        &self.neurons
    }

    /// r of each neuron's scores with each kind, neuron × kind.
    pub fn r(&self) -> &Array2<f32> {
        &self.r
    }

    /// Two-sided p under random phases, neuron × kind.
    pub fn p(&self) -> &Array2<f64> {
        &self.p
    }

    /// Benjamini–Hochberg q over all neurons × kinds.
    pub fn q(&self) -> &Array2<f64> {
        &self.q
    }

    /// Mean score of the kind's words less that of all others in standard deviations, neuron × kind.
    pub fn difference(&self) -> &Array2<f32> {
        &self.difference
    }

    /// Which text, and what was left out.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// One neuron and every kind, least p first.
    ///
    /// # Errors
    /// If there is no such neuron.
    pub fn of(&self, neuron: Neuron) -> Result<Vec<Enrichment>> {
        let row = self.neurons.column(neuron)?;
        let mut all: Vec<Enrichment> = (0..self.kinds.len()).map(|kind| self.at(row, kind)).collect();
        all.sort_by(|a, b| a.p.total_cmp(&b.p));
        Ok(all)
    }

    /// The `count` neurons that prefer a kind of words most, greatest r first, significant or not.
    ///
    /// # Errors
    /// If the kind was not tested.
    pub fn strongest(&self, kind: WordKind, count: usize) -> Result<Vec<(Neuron, Enrichment)>> {
        let column = self.column(kind)?;
        let mut order: Vec<usize> = (0..self.r.nrows()).collect();
        order.sort_by(|a, b| self.r[[*b, column]].total_cmp(&self.r[[*a, column]]));
        Ok(order.into_iter().take(count).map(|row| (self.neurons.neuron(row), self.at(row, column))).collect())
    }

    /// r of every neuron with a kind, one for each column of the activations: for [`layer_heads`](crate::figure::layer_heads).
    ///
    /// # Errors
    /// If the kind was not tested.
    pub fn r_of(&self, kind: WordKind) -> Result<Vec<f32>> {
        Ok(self.r.column(self.column(kind)?).to_vec())
    }

    /// Layer × kind: share of a layer's neurons that are higher at words of the kind than at others, at q < 0.05.
    pub fn by_layer(&self) -> Array2<f64> {
        let mut shares = Array2::zeros((self.neurons.layers, self.kinds.len()));
        for ((row, kind), q) in self.q.indexed_iter() {
            if *q < LEVEL && self.r[[row, kind]] > 0.0 {
                shares[[self.neurons.neuron(row).layer, kind]] += 1.0 / self.neurons.units as f64;
            }
        }
        shares
    }

    /// Writes all pairs as CSV: neuron, kind, words, distinct words, difference, r, p, q.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "neuron,kind,words,distinct,difference,r,p,q\n".to_owned();
        for row in 0..self.r.nrows() {
            let neuron = self.neurons.neuron(row);
            for column in 0..self.kinds.len() {
                let Enrichment { kind, words, distinct, difference, r, p, q } = self.at(row, column);
                let kind = csv::cell(&kind.to_string());
                text.push_str(&format!("{neuron},{kind},{words},{distinct},{difference:.6},{r:.6},{p:e},{q:e}\n"));
            }
        }
        csv::write_traced(path.as_ref(), &text, self)
    }

    fn column(&self, kind: WordKind) -> Result<usize> {
        let names: Vec<String> = self.kinds.iter().map(WordKind::to_string).collect();
        let found = self.kinds.iter().position(|other| *other == kind);
        found
            .ok_or_else(|| Error::unknown("kind of words among those with 10 words or more", &kind.to_string(), &names))
    }

    fn at(&self, row: usize, kind: usize) -> Enrichment {
        Enrichment {
            kind: self.kinds[kind],
            words: self.counts[kind].0,
            distinct: self.counts[kind].1,
            difference: f64::from(self.difference[[row, kind]]),
            r: f64::from(self.r[[row, kind]]),
            p: self.p[[row, kind]],
            q: self.q[[row, kind]],
        }
    }
}

impl Traced for WordClasses {
    fn provenance(&self) -> Provenance {
        self.made.clone()
    }
}

impl fmt::Display for WordClasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "WordClasses: {} neurons × {} kinds of words; {}", self.r.nrows(), self.kinds.len(), self.neurons)?;
        write!(f, "q < {LEVEL} over all {} pairs, random phases; {}", self.p.len(), self.about)?;
        let names: Vec<String> = self.kinds.iter().map(WordKind::to_string).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("kind".len());
        write!(
            f,
            "\n{:width$}  {:>6}  {:>8}  {:>12}  {:>12}  the strongest",
            "kind", "words", "distinct", "higher there", "lower there"
        )?;
        for (column, name) in names.iter().enumerate() {
            let significant = |sign: f32| {
                (0..self.r.nrows())
                    .filter(|row| self.q[[*row, column]] < LEVEL && sign * self.r[[*row, column]] > 0.0)
                    .count()
            };
            let rows = 0..self.r.nrows();
            let best = rows.reduce(|a, b| if self.r[[b, column]] > self.r[[a, column]] { b } else { a }).unwrap_or(0);
            write!(
                f,
                "\n{name:width$}  {:>6}  {:>8}  {:>12}  {:>12}  {} (r = {:.2})",
                self.counts[column].0,
                self.counts[column].1,
                significant(1.0),
                significant(-1.0),
                self.neurons.neuron(best),
                self.r[[best, column]]
            )?;
        }
        Ok(())
    }
}
