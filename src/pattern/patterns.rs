//! The result of every decomposition: courses of the patterns, and each neuron's loadings.

use super::Report;
use crate::clock::Clock;
use crate::model::NeuronAxis;
use ndarray::Array2;
use std::fmt;
use std::sync::Arc;

/// Temporal patterns of a neuron series, and what each neuron loads on them; clones are cheap.
///
/// S (time × neuron) ≈ courses (time × pattern) · loadings (pattern × neuron), S being z-scored.
/// Courses are z-scored over time.
#[derive(Clone, Debug)]
pub struct Patterns {
    pub(crate) courses: Arc<Array2<f32>>,
    pub(crate) loadings: Arc<Array2<f32>>,
    pub(crate) clock: Clock,
    pub(crate) neurons: NeuronAxis,
    pub(crate) method: String,
    pub(crate) explained: f64,
    pub(crate) report: Report,
}

impl Patterns {
    /// Time × pattern, z-scored over time.
    pub fn courses(&self) -> &Array2<f32> {
        &self.courses
    }

    /// Pattern × neuron.
    pub fn loadings(&self) -> &Array2<f32> {
        &self.loadings
    }

    /// The scan's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Which neurons the columns of the loadings are.
    pub fn neurons(&self) -> &NeuronAxis {
        &self.neurons
    }

    /// Number of patterns.
    pub fn count(&self) -> usize {
        self.courses.ncols()
    }

    /// The method that found them, with its options, as one line.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Share of the series' variance that courses · loadings explain, between 0 and 1.
    pub fn explained(&self) -> f64 {
        self.explained
    }

    /// How the decomposition went: iterations, objective, stability, neurons that were left out.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl fmt::Display for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Patterns: {} z-scored courses of {}, loadings of {} neurons ({} of {}), {:.1} % of the variance explained; {}",
            self.count(),
            self.clock,
            self.neurons.total(),
            self.neurons.site,
            self.neurons.model,
            100.0 * self.explained,
            self.method
        )
    }
}
