//! Principal component analysis.

use super::assemble::{Found, Loadings, assemble};
use super::basis::left_vectors;
use super::standard::Standardised;
use super::{Patterns, Report};
use crate::activation::NeuronSeries;
use crate::error::Result;

/// Principal component analysis: the k courses that explain most of all neurons' variance.
///
/// S = U · diag(σ) · Vᵀ; courses are √time · U, loadings diag(σ) · Vᵀ / √time. Every neuron's course has
/// mean 0, and nothing else is subtracted, so that this is scikit-learn's `PCA` with time points as samples.
/// The vectors come from the eigenvectors of the smaller Gram matrix, in f64. linfa-reduction's `Pca` was not
/// taken: it wants f64 copies of all data and finds the vectors by an iteration (LOBPCG) with a tolerance. For 20 components of 20,000
/// neurons at 300 time points it took 2 to 5 times as long as this, in six runs on two noisy cores (`benches/run`).
#[derive(Clone, Debug, PartialEq)]
pub struct Pca {
    /// Number of patterns.
    pub k: usize,
}

impl Pca {
    /// k principal components.
    pub fn new(k: usize) -> Pca {
        Pca { k }
    }

    pub(super) fn patterns(&self, series: &NeuronSeries, standard: Standardised) -> Result<Patterns> {
        let courses = left_vectors(&standard.data, None, self.k)?.vectors.mapv(|v| v as f32);
        let report = Report { converged: true, ..Report::default() };
        let method = format!("PCA, {} components", self.k);
        assemble(series, &standard, Found { courses, loadings: Loadings::Regression, method, report })
    }
}
