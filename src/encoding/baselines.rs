//! What a model's single units and patterns have to beat: a layer's embedding, words without their context, a model without training.

use super::Features;
use crate::activation::{NeuronSeries, OnClock, Sampling, WordValues};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::provenance::Provenance;
use crate::stimulus::Stimulus;
use ndarray::Axis;

impl NeuronSeries {
    /// The units of one layer, from 0, as a space of features; where each unit has several regressors, all of them.
    ///
    /// At [`Site::Residual`](crate::model::Site::Residual) this is the layer's embedding, which most encoding studies predict brains from: a
    /// baseline for single units and patterns. Of a model with [random weights](crate::model::Model::random_like) it is a baseline for training.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::from_text("a line", "The harbour lay still, and nobody spoke.", Speaking::default())?;
    /// let model = Model::load("minilm-l6")?;
    /// let clock = Clock::new(1.5, &[10])?;
    /// let embedding = model.activations(&story, Site::Residual)?.to_series(&clock)?.layer(3)?;
    /// assert_eq!(embedding.data().dim(), (10, 384));
    /// let untrained = Model::random_like(&model, 1)?.activations(&story, Site::Residual)?.to_series(&clock)?.layer(3)?;
    /// assert!(untrained.name().contains("random weights"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such layer.
    pub fn layer(&self, layer: usize) -> Result<Features> {
        let axis = self.neurons();
        if layer >= axis.layers {
            return Err(Error::value(
                format!("layer {layer} of {axis}"),
                format!("layers are counted from 0; the last one is {}", axis.layers.max(1) - 1),
            ));
        }
        let columns: Vec<usize> = (0..axis.total()).filter(|column| axis.neuron(*column).layer == layer).collect();
        let name = |column: &usize| match axis.copies.get(column / axis.neurons().max(1)) {
            Some(copy) => format!("{}, {copy}", axis.neuron(*column)),
            None => axis.neuron(*column).to_string(),
        };
        let names: Vec<String> = columns.iter().map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let space = format!("{} at {}, layer {layer}", axis.model, axis.site);
        let features = Features::new(space, self.data().select(Axis(1), &columns), self.clock())?;
        let made = Provenance::step("one layer").option("layer", layer).input("series", self);
        Ok(features.named(&names)?.with_notes(self.notes().to_vec()).made(made))
    }
}

impl Model {
    /// The static embedding of each word, without context: the mean of its tokens' rows in the model's table of embeddings (before positions
    /// and norms), on the scan's clock as `sampling` says. What a layer predicts beyond it, context has brought.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::from_text("a line", "The harbour lay still, and nobody spoke.", Speaking::default())?;
    /// let model = Model::load("minilm-l6")?;
    /// let words = model.static_embeddings(&story, &Clock::new(1.5, &[10])?, &Sampling::default())?;
    /// assert_eq!(words.data().dim(), (10, 384));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the tokenizer cannot read the text, or as [`Activations::to_series_with`](crate::activation::Activations::to_series_with).
    pub fn static_embeddings(&self, stimulus: &Stimulus, clock: &Clock, sampling: &Sampling) -> Result<Features> {
        let (values, valueless) = self.word_vectors(stimulus)?;
        let words = WordValues { stimulus, values: values.view(), valueless: &valueless, what: "dimensions" };
        let made = Provenance::step("static embeddings").options_of(sampling, &[]).option("clock", clock);
        let OnClock { data, clock, notes } = words.on_clock(clock, sampling)?;
        let name = |dimension: usize| format!("dimension {dimension}");
        let copies = sampling.copies();
        let names: Vec<String> = match copies.is_empty() {
            true => (0..values.ncols()).map(name).collect(),
            false => copies
                .iter()
                .flat_map(|copy| (0..values.ncols()).map(move |n| format!("{}, {copy}", name(n))))
                .collect(),
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let space = format!("{}, static word embeddings", self.name());
        let made = made.input("model", self).input("stimulus", stimulus);
        Ok(Features::new(space, data, &clock)?.named(&names)?.with_notes(notes).made(made))
    }
}
