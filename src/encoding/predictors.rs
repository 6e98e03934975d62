//! What an encoding model predicts from.

use super::{Features, Learned};
use crate::activation::NeuronSeries;
use crate::clock::Clock;
use crate::pattern::Patterns;
use crate::provenance::Traced;
use ndarray::Array2;

/// Courses on the scan's clock from which voxels are predicted: [`Patterns`], all neurons of a [`NeuronSeries`], or [`Features`] of a stimulus.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(series: NeuronSeries, bold: VoxelSeries) -> Result<()> {
/// let from_patterns = encode(&series.patterns(Pca::new(8))?, &bold, Ridge::default())?;
/// let from_neurons = encode(&series, &bold, Ridge::default())?;
/// # Ok(())
/// # }
/// ```
pub trait Predictors: Traced {
    /// Time × regressor.
    fn courses(&self) -> &Array2<f32>;
    /// The scan's clock, whose volumes are the rows.
    fn clock(&self) -> &Clock;
    /// What the regressors are, in the plural: "patterns".
    fn kind(&self) -> &'static str;
    /// Number, kind and origin: "8 patterns (PCA)".
    fn describe(&self) -> String;
    /// One of them: "pattern 3".
    fn regressor(&self, n: usize) -> String;
    /// What was learned to make them, and from which rows; nothing unless said otherwise.
    fn learned(&self) -> Vec<Learned> {
        Vec::new()
    }
    /// Whether a constant course is left out of the model, rather than refused.
    fn may_be_constant(&self) -> bool {
        true
    }
}

impl Predictors for Patterns {
    fn courses(&self) -> &Array2<f32> {
        self.courses()
    }

    fn clock(&self) -> &Clock {
        self.clock()
    }

    fn kind(&self) -> &'static str {
        "patterns"
    }

    fn describe(&self) -> String {
        format!("{} patterns ({})", self.count(), self.method())
    }

    fn regressor(&self, n: usize) -> String {
        format!("pattern {n}")
    }

    fn learned(&self) -> Vec<Learned> {
        // Patterns that were brought from another story have learned nothing here.
        match self.method().contains("loadings kept") {
            true => Vec::new(),
            false => vec![Learned::from_model("patterns", self.clock())],
        }
    }

    fn may_be_constant(&self) -> bool {
        false
    }
}

impl Predictors for NeuronSeries {
    fn courses(&self) -> &Array2<f32> {
        self.data()
    }

    fn clock(&self) -> &Clock {
        self.clock()
    }

    fn kind(&self) -> &'static str {
        "neurons"
    }

    fn describe(&self) -> String {
        self.neurons().to_string()
    }

    fn regressor(&self, n: usize) -> String {
        format!("neuron {}", self.neurons().neuron(n))
    }
}

impl Predictors for Features {
    fn courses(&self) -> &Array2<f32> {
        self.data()
    }

    fn clock(&self) -> &Clock {
        self.clock()
    }

    fn kind(&self) -> &'static str {
        "features"
    }

    fn describe(&self) -> String {
        format!("{} features ({})", self.data().ncols(), self.name())
    }

    fn regressor(&self, n: usize) -> String {
        self.feature(n)
    }

    fn learned(&self) -> Vec<Learned> {
        self.learned().to_vec()
    }
}
