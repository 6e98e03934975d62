//! The words at which a neuron is strongest, and its course over the words.

use super::Activations;
use crate::error::Result;
use crate::model::Neuron;
use std::fmt;

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
        let column = self.neuron(neuron)?;
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

    /// A neuron's value at each word, in the order of the words; 0 at words without a token.
    ///
    /// # Errors
    /// If the model has no such neuron.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # let story = Stimulus::from_text("t", "Three boats came back, and three did not.", Speaking::default())?;
    /// let acts = Model::load("minilm-l6")?.activations(&story, Site::FfnOut)?;
    /// assert_eq!(acts.neuron(Neuron::new(5, 17))?.len(), story.words().len());
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn neuron(&self, neuron: Neuron) -> Result<Vec<f32>> {
        Ok(self.values.view().column(self.neurons.column(neuron)?).to_vec())
    }

    /// A word within its neighbours in the same run, itself in guillemets.
    pub(crate) fn context(&self, index: usize) -> String {
        let words = self.stimulus.words();
        let near = index.saturating_sub(NEIGHBOURS)..(index + NEIGHBOURS + 1).min(words.len());
        let shown = near.filter(|i| words[*i].run == words[index].run).map(|i| match i == index {
            true => format!("‹{}›", words[i].text),
            false => words[i].text.clone(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }
}
