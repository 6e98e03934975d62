//! One course per artificial neuron on the scan's clock.

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::model::{Neuron, NeuronAxis};
use ndarray::Array2;
use std::fmt;
use std::sync::Arc;

/// Time courses of artificial neurons: time × neuron, one row per volume of the scan; clones are cheap.
#[derive(Clone, Debug)]
pub struct NeuronSeries {
    data: Arc<Array2<f32>>,
    clock: Clock,
    neurons: NeuronAxis,
    notes: Arc<[String]>,
}

impl NeuronSeries {
    /// A series of `data` (time × neuron) on `clock`, whose columns are `neurons`.
    ///
    /// # Errors
    /// If rows are not the clock's volumes, columns not the neurons, or a value is NaN or infinite (the first is named).
    pub fn new(data: Array2<f32>, clock: Clock, neurons: NeuronAxis) -> Result<NeuronSeries> {
        if data.dim() != (clock.total(), neurons.total()) {
            return Err(Error::shape(
                format!(
                    "the series is {} × {}, its clock has {} volumes and its axis {} neurons",
                    data.nrows(),
                    data.ncols(),
                    clock.total(),
                    neurons.total()
                ),
                "rows are volumes and columns neurons; transpose the array if they are swapped",
            ));
        }
        if let Some(((row, column), value)) = data.indexed_iter().find(|(_, v)| !v.is_finite()) {
            return Err(Error::value(
                format!("neuron {} has the value {value} at volume {row}", neurons.neuron(column)),
                "a model's activations are finite: look at its weights, or at what was done to the series",
            ));
        }
        Ok(NeuronSeries { data: Arc::new(data), clock, neurons, notes: Arc::new([]) })
    }

    /// Time × neuron.
    pub fn data(&self) -> &Array2<f32> {
        &self.data
    }

    /// One neuron's course, a value per volume; where a neuron has several regressors, the first.
    ///
    /// # Errors
    /// If there is no such neuron.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # let data = ndarray::array![[0.0, 1.0], [2.0, 3.0]];
    /// # let series = NeuronSeries::new(data, Clock::new(1.5, &[2])?, NeuronAxis::new("made", Site::FfnOut, 1, 2))?;
    /// assert_eq!(series.course("L0.1".parse()?)?, [1.0, 3.0]);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn course(&self, neuron: Neuron) -> Result<Vec<f32>> {
        Ok(self.data.column(self.neurons.column(neuron)?).to_vec())
    }

    /// The scan's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Which neurons the columns are.
    pub fn neurons(&self) -> &NeuronAxis {
        &self.neurons
    }

    /// What was left out or set to zero on the way to this series, a line each; empty if nothing was.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    pub(super) fn with_notes(mut self, notes: Vec<String>) -> NeuronSeries {
        self.notes = notes.into();
        self
    }
}

impl fmt::Display for NeuronSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (volumes, axis) = (self.data.nrows(), &self.neurons);
        write!(f, "Neuron series: {volumes} volumes × {} neurons of {} at {}", axis.neurons(), axis.model, axis.site)?;
        if !axis.copies.is_empty() {
            write!(f, "\n  each as {}", axis.copies.join(", "))?;
        }
        write!(f, "\n  {}", self.clock)?;
        self.notes.iter().try_for_each(|note| write!(f, "\n  {note}"))
    }
}
