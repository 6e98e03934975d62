//! Principal component analysis.

use super::assemble::{Found, Loadings, assemble};
use super::basis::{self, Need, Solver, left_vectors};
use super::standard::Standardised;
use super::{Patterns, Report};
use crate::activation::NeuronSeries;
use crate::error::Result;

/// Principal component analysis: the k courses that explain most of all neurons' variance.
///
/// S = U · diag(σ) · Vᵀ; courses are √time · U, loadings diag(σ) · Vᵀ / √time. Every neuron's course has
/// mean 0, and nothing else is subtracted, so that this is scikit-learn's `PCA` with time points as samples.
/// What share of the variance each explains, σₖ² / ‖S‖², is in [`Report::explained_by`]; how many to take,
/// [`NeuronSeries::spectrum`] says.
///
/// The vectors come from the smaller Gram matrix, in f64, of which only the leading eigenvectors are computed, or for very long series
/// of very many neurons by a randomised subspace iteration: [`Solver`]. linfa-reduction's `Pca` was not
/// taken: it wants f64 copies of all data and finds the vectors by an iteration (LOBPCG) with a tolerance.
///
/// ```
/// use neurocell::prelude::*;
/// use neurocell::pattern::Solver;
/// use neurocell::model::NeuronAxis;
/// use ndarray::Array2;
/// let data = Array2::from_shape_fn((60, 6), |(t, n)| (t as f32 * if n < 4 { 0.2 } else { 0.9 }).sin());
/// let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, 6);
/// let series = NeuronSeries::new(data, Clock::new(1.5, &[60])?, neurons)?;
/// let patterns = series.patterns(Pca::new(2).solver(Solver::Exact))?;
/// let shares = &patterns.report().explained_by;
/// assert!((shares[0] + shares[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pca {
    /// Number of patterns.
    pub k: usize,
    /// How the singular vectors are found.
    pub solver: Solver,
    /// Seed of the randomised solver.
    pub seed: u64,
}

impl Pca {
    /// k principal components, by the solver that suits the size.
    pub fn new(k: usize) -> Pca {
        Pca { k, solver: Solver::BySize, seed: 0 }
    }

    /// Sets how the singular vectors are found.
    pub fn solver(self, solver: Solver) -> Pca {
        Pca { solver, ..self }
    }

    /// Sets the seed of the randomised solver.
    pub fn seed(self, seed: u64) -> Pca {
        Pca { seed, ..self }
    }

    pub(super) fn patterns(&self, series: &NeuronSeries, standard: Standardised) -> Result<Patterns> {
        let basis = left_vectors(&standard.data, None, self.k, self.solver, Need::Vectors, self.seed)?;
        let report = Report { converged: true, ..Report::default() };
        let method = format!("PCA, {} components, {}", self.k, basis.how);
        let courses = basis.vectors.mapv(|v| v as f32);
        assemble(series, &standard, Found { courses, loadings: Loadings::Regression, method, report })
    }

    /// Bytes that a fit takes at most, besides the standardised series.
    pub(super) fn memory(&self, time: usize, neurons: usize) -> u64 {
        // Loadings, and twice while they are put in order.
        basis::memory(time, neurons, self.k, self.solver).max(12 * (neurons * self.k) as u64)
    }
}
