//! The result of every decomposition: courses of the patterns, and each neuron's loadings.

use super::Report;
use crate::clock::Clock;
use crate::model::NeuronAxis;
use crate::provenance::{Origin, Provenance};
use ndarray::{Array2, ArrayView1, Axis};
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
    pub(crate) explained_by_neuron: Arc<[f32]>,
    pub(crate) report: Report,
    pub(crate) origin: Origin,
}

impl Patterns {
    /// The same with what made them.
    pub(super) fn made(self, made: Provenance) -> Patterns {
        Patterns { origin: made.into(), ..self }
    }

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

    /// For each neuron, the share of its variance that courses · loadings explain; 0 for a neuron without variance.
    pub fn explained_by_neuron(&self) -> &[f32] {
        &self.explained_by_neuron
    }

    /// For each pattern, the share of varying neurons whose loading is not zero: 1 where the method makes none zero.
    pub fn density(&self) -> Vec<f64> {
        let varying = (self.neurons.total() - self.report.left_out.len()).max(1) as f64;
        let used = |row: ArrayView1<f32>| row.iter().filter(|l| **l != 0.0).count() as f64 / varying;
        self.loadings.rows().into_iter().map(used).collect()
    }

    /// Where each pattern's neurons sit: layer × pattern, each layer's share of the pattern's Σ loading²; columns sum to 1.
    pub fn layers(&self) -> Array2<f64> {
        let (layers, units) = (self.neurons.layers, self.neurons.units);
        let mut shares = Array2::zeros((layers, self.count()));
        for (row, mut shares) in self.loadings.rows().into_iter().zip(shares.columns_mut()) {
            // Where neurons have several regressors, all neurons of the first come first.
            for (block, part) in row.axis_chunks_iter(Axis(0), units).enumerate() {
                shares[block % layers] += squares(part);
            }
            let sum = shares.sum();
            if sum > 0.0 {
                shares /= sum;
            }
        }
        shares
    }

    /// How the decomposition went: iterations, objective, stability, neurons that were left out.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

fn squares(row: ArrayView1<f32>) -> f64 {
    row.iter().map(|&l| f64::from(l).powi(2)).sum()
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
