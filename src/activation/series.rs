//! One course per artificial neuron on the scan's clock.

use super::{Activations, Sampling};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::model::{Neuron, NeuronAxis};
use crate::provenance::{Origin, Provenance};
use ndarray::{Array2, s};
use std::fmt;
use std::sync::Arc;

/// Time courses of artificial neurons: time × neuron, one row per volume of the scan; clones are cheap.
#[derive(Clone, Debug)]
pub struct NeuronSeries {
    data: Arc<Array2<f32>>,
    clock: Clock,
    neurons: NeuronAxis,
    notes: Arc<[String]>,
    /// What they were sampled from; nothing for courses that were given.
    source: Option<Arc<Sampled>>,
    pub(crate) origin: Origin,
}

/// What a series was sampled from, so that another text, or a changed model, can be sampled alike.
#[derive(Clone, Debug)]
pub(crate) struct Sampled {
    pub(crate) activations: Activations,
    /// Of the whole scan, before trimming.
    pub(crate) clock: Clock,
    pub(crate) sampling: Sampling,
    /// Cutoffs in seconds of the filters that were applied afterwards, in their order.
    pub(crate) high_pass: Vec<f64>,
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
        let rows = data.rows().into_iter().enumerate();
        let unusable = rows.filter_map(|(row, values)| Some((row, values.iter().position(|v| !v.is_finite())?))).next();
        if let Some((row, column)) = unusable {
            let value = data[[row, column]];
            return Err(Error::value(
                format!("neuron {} has the value {value} at volume {row}", neurons.neuron(column)),
                "a model's activations are finite: look at its weights, or at what was done to the series",
            ));
        }
        let (notes, origin) = (Arc::new([]), Origin::given());
        Ok(NeuronSeries { data: Arc::new(data), clock, neurons, notes, source: None, origin })
    }

    /// Several series of the same neurons one after the other in time, the runs of the first before those of the second.
    ///
    /// Values are taken as they are; a decomposition z-scores each neuron within each run.
    ///
    /// # Errors
    /// If there is none, neurons differ, or TRs differ.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # let make = |tr: f64, volumes: usize| -> Result<NeuronSeries> {
    /// #     let data = ndarray::Array2::from_shape_fn((volumes, 2), |(t, n)| (t * (n + 1)) as f32);
    /// #     NeuronSeries::new(data, Clock::new(tr, &[volumes])?, NeuronAxis::new("made", Site::FfnOut, 1, 2))
    /// # };
    /// let (story, other) = (make(1.5, 40)?, make(1.5, 30)?);
    /// let both = NeuronSeries::join(&[story.clone(), other])?;
    /// assert_eq!((both.data().nrows(), both.clock().runs()), (70, 2));
    /// // A scan of another TR has no place behind it.
    /// assert!(NeuronSeries::join(&[story, make(2.0, 30)?]).unwrap_err().problem().contains("1.5 s and 2 s"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn join(series: &[NeuronSeries]) -> Result<NeuronSeries> {
        let Some(first) = series.first() else {
            return Err(Error::value("0 series to join", "give at least one"));
        };
        for (n, other) in series.iter().enumerate().skip(1) {
            if other.clock.tr() != first.clock.tr() {
                return Err(Error::value(
                    format!(
                        "series 0 and {n} have TRs of {} s and {} s, and cannot follow one another on one clock",
                        first.clock.tr(),
                        other.clock.tr()
                    ),
                    "bring both onto one TR: `activations.to_series(&clock)` with clocks of the same TR",
                ));
            }
            if other.neurons != first.neurons {
                return Err(Error::shape(
                    format!("series 0 is of {}, series {n} of {}", first.neurons, other.neurons),
                    "join series of the same model and site, sampled in the same way",
                ));
            }
        }
        let volumes: Vec<usize> =
            series.iter().flat_map(|one| (0..one.clock.runs()).map(|run| one.clock.volumes(run))).collect();
        let clock = Clock::new(first.clock.tr(), &volumes)?;
        let mut data = Array2::zeros((clock.total(), first.neurons.total()));
        let mut row = 0;
        for one in series {
            let rows = row..row + one.data.nrows();
            row = rows.end;
            data.slice_mut(s![rows, ..]).assign(&*one.data);
        }
        let notes = series.iter().flat_map(|one| one.notes.to_vec()).collect();
        let origin = Provenance::step("join series").inputs_of("series", series).into();
        let neurons = first.neurons.clone();
        Ok(NeuronSeries { data: Arc::new(data), clock, neurons, notes, source: None, origin })
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

    /// The same with what made it.
    pub(crate) fn made(self, made: Provenance) -> NeuronSeries {
        NeuronSeries { origin: made.into(), ..self }
    }

    /// The same with what it was sampled from.
    pub(super) fn sampled_from(self, source: Sampled) -> NeuronSeries {
        NeuronSeries { source: Some(Arc::new(source)), ..self }
    }

    /// What it was sampled from; `None` for courses that were given or joined.
    pub(crate) fn source(&self) -> Option<&Sampled> {
        self.source.as_deref()
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
