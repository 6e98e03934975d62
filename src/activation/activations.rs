//! The value of each neuron at each word.

use crate::error::Result;
use crate::model::{Neuron, NeuronAxis};
use crate::stimulus::Stimulus;
use ndarray::{Array2, ArrayView2};
use std::fmt;
use std::sync::Arc;

/// Values word × neuron of one site of a model, for one stimulus; clones are cheap.
///
/// A word's value is the mean over its sub-tokens. A word of which the tokenizer leaves nothing has no value: its row holds
/// zeros, it is listed by [`Activations::unmatched`], and no step uses it.
#[derive(Clone, Debug)]
pub struct Activations {
    pub(super) values: Arc<Array2<f32>>,
    pub(super) stimulus: Stimulus,
    pub(super) neurons: NeuronAxis,
    pub(super) unmatched: Arc<[usize]>,
    pub(super) unknown: Arc<[usize]>,
    pub(super) windows: String,
}

/// One of a neuron's strongest words.
#[derive(Clone, Debug, PartialEq)]
pub struct TopWord {
    /// The word's number in the stimulus.
    pub index: usize,
    /// The word.
    pub word: String,
    /// The neuron's value.
    pub value: f32,
    /// The word within its neighbours in the same run, itself in guillemets: "walked to the ‹harbour› before it".
    pub context: String,
}

impl fmt::Display for TopWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+.3}  {}", self.value, self.context)
    }
}

/// Words shown on each side of a top word.
const NEIGHBOURS: usize = 4;

impl Activations {
    /// Word × neuron; rows of unmatched words hold zeros.
    pub fn values(&self) -> ArrayView2<'_, f32> {
        self.values.view()
    }

    /// The words.
    pub fn stimulus(&self) -> &Stimulus {
        &self.stimulus
    }

    /// Which neurons the columns are.
    pub fn neurons(&self) -> &NeuronAxis {
        &self.neurons
    }

    /// Numbers of the words that have no token and therefore no value, ascending.
    pub fn unmatched(&self) -> &[usize] {
        &self.unmatched
    }

    /// Numbers of the words that the model reads only as its unknown token, ascending. They have values, which say little of the word.
    pub fn unknown(&self) -> &[usize] {
        &self.unknown
    }

    /// The `count` words at which a neuron's value is largest, largest first, each with its context.
    ///
    /// # Errors
    /// If the model has no such neuron.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # let story = Stimulus::from_text("t", "Three boats came back, and three did not.", Speaking::default())?;
    /// let acts = Model::load("minilm-l6")?.activations(&story, Site::FfnOut)?;
    /// for top in acts.top_words(Neuron::new(5, 17), 3)? {
    ///     println!("{top}");
    /// }
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn top_words(&self, neuron: Neuron, count: usize) -> Result<Vec<TopWord>> {
        let column = self.values.column(self.neurons.column(neuron)?);
        let mut order: Vec<usize> = (0..column.len()).filter(|i| self.unmatched.binary_search(i).is_err()).collect();
        // A stable sort: of equal values the earlier word comes first.
        order.sort_by(|a, b| column[*b].total_cmp(&column[*a]));
        let top = |&index: &usize| TopWord {
            index,
            word: self.stimulus.words()[index].text.clone(),
            value: column[index],
            context: self.context(index),
        };
        Ok(order.iter().take(count).map(top).collect())
    }

    fn context(&self, index: usize) -> String {
        let words = self.stimulus.words();
        let near = index.saturating_sub(NEIGHBOURS)..(index + NEIGHBOURS + 1).min(words.len());
        let shown = near.filter(|i| words[*i].run == words[index].run).map(|i| match i == index {
            true => format!("‹{}›", words[i].text),
            false => words[i].text.clone(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Activations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, neurons) = self.values.dim();
        let axis = &self.neurons;
        writeln!(f, "Activations: {words} words × {neurons} neurons")?;
        writeln!(f, "  {axis}; {}", self.windows)?;
        write!(f, "  {}", self.stimulus)?;
        for (which, what) in
            [(&self.unmatched, "without a token, not used"), (&self.unknown, "unknown to the tokenizer")]
        {
            if !which.is_empty() {
                let some: Vec<String> =
                    which.iter().take(5).map(|i| format!("{i} `{}`", self.stimulus.words()[*i].text)).collect();
                let more = if which.len() > some.len() { ", …" } else { "" };
                write!(f, "\n  {} word(s) {what}: {}{more}", which.len(), some.join(", "))?;
            }
        }
        Ok(())
    }
}
