//! How a decomposition went.

use std::sync::Arc;

/// How a decomposition went; clones are cheap.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Neurons (or voxels) that do not vary in any run: left out of the fit, with loading 0.
    pub left_out: Arc<[usize]>,
    /// Iterations, or epochs over all data, of the run that was kept.
    pub iterations: usize,
    /// Whether it ended by its own criterion rather than by the number of iterations. A method without iterations converges.
    pub converged: bool,
    /// What is minimised, after each iteration or epoch; empty where the method minimises nothing step by step.
    pub objective: Arc<[f64]>,
    /// What the objective is, with its unit.
    pub objective_is: &'static str,
    /// Share of the series' variance that each pattern explains: Σ of its squared loadings over that of the series (of networks from data: of course times map). The courses of a
    /// [`Pca`](super::Pca) are uncorrelated, so that these are its explained variance ratios and add up to all that is explained;
    /// of other methods they may add up to more or less.
    pub explained_by: Arc<[f64]>,
    /// λ of a [`Dictionary`](super::Dictionary).
    pub penalty: Option<f64>,
    /// For each pattern how well it came back over restarts, between 0 and 1; `None` where there was one start only.
    pub stability: Option<Arc<[f64]>>,
}
