//! A fitted analysis.

use super::unmixed;
use crate::error::{Error, Result};
use crate::linalg::{ColumnBlocks, product};
use ndarray::{Array1, Array2};

/// A fitted independent component analysis: samples ≈ mean + sources · mixingᵀ.
#[derive(Clone, Debug)]
pub struct IcaModel {
    pub(super) mean: Array1<f32>,
    pub(super) mixing: Array2<f32>,
    pub(super) unmixing: Array2<f32>,
    pub(super) iterations: usize,
    pub(super) change: f64,
    /// Starts that converged, and all.
    pub(super) converged: (usize, usize),
    pub(super) stability: Option<Vec<f64>>,
    /// How the data were whitened.
    pub(super) whitening: String,
}

impl IcaModel {
    /// Feature × component.
    pub fn mixing(&self) -> &Array2<f32> {
        &self.mixing
    }

    /// Independent sources of samples (sample × feature) as sample × component, of unit variance over the samples of the fit.
    ///
    /// # Errors
    /// If the samples have another number of features.
    pub fn sources(&self, samples: &Array2<f32>) -> Result<Array2<f32>> {
        if samples.ncols() != self.mean.len() {
            return Err(Error::shape(
                format!("samples of {} features for an analysis of {}", samples.ncols(), self.mean.len()),
                "give samples with the features of the fit, one sample a row",
            ));
        }
        product((samples - &self.mean).view(), self.unmixing.t())
    }

    /// Independent sources of data that lie as feature × sample, component × sample.
    pub(crate) fn sources_of(&self, data: &ColumnBlocks) -> Array2<f32> {
        unmixed(data, self.unmixing.view(), &self.mean.mapv(f64::from)).to_matrix()
    }

    /// Iterations of the fixed point; of several starts, or of components found one by one, those of the one that took most.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Whether the last iteration of every start changed the rotation by less than the tolerance.
    pub fn converged(&self) -> bool {
        self.converged.0 == self.converged.1
    }

    /// For each component how well it came back over the starts, between 0 and 1; `None` where there was one start only.
    pub fn stability(&self) -> Option<&[f64]> {
        self.stability.as_deref()
    }
}
