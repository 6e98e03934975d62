//! Encoding models with few regressors: lasso and elastic net.
//!
//! ```text
//! b(λ) = argmin ‖y − X·b‖² / 2n + λ·ρ·‖b‖₁ + λ·(1 − ρ)/2·‖b‖²
//! ```
//!
//! is scikit-learn's objective (n rows, ρ its `l1_ratio`, λ its `alpha`), and glmnet's. It is solved by coordinate descent on the Gram matrix (Friedman, Hastie and Tibshirani 2010, "covariance updates"): with
//! G = XᵀX/n and c = Xᵀy/n, each weight in turn becomes
//!
//! ```text
//! b_j ← S(c_j − Σ_{k≠j} G_jk·b_k, λρ) / (G_jj + λ(1 − ρ)),     S(v, t) = sign(v)·max(|v| − t, 0)
//! ```
//!
//! Voxels are the lanes of a vector: all voxels of a tile take the same step at once. λ goes from the largest to the smallest, each from the last one's weights, and
//! within one λ only the regressors that some voxel of the tile uses are gone through until they stand still. All sums are f64.

mod descent;
mod fit;
mod plain;
#[cfg(test)]
mod tests;

pub use fit::encode_elastic;
pub use plain::{ElasticWeights, elastic_net};

use super::{Folds, Ridge};
use crate::error::{Error, Result};

/// Most regressors: the Gram matrix of so many in f64 is 1.2 GB.
const MOST: usize = 12_288;

/// Elastic net with one λ per voxel: options of [`encode_elastic`].
///
/// Regressors and voxels are z-scored by the training rows, so that λρ is a correlation: a regressor that goes with a voxel's residual to less than that has weight 0.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(features: Features, bold: VoxelSeries) -> Result<()> {
/// let half = encode_elastic(&features, &bold, ElasticNet::default())?;
/// let lasso = encode_elastic(&features, &bold, ElasticNet::lasso().delays(&[2, 3, 4]))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "Lasso")]
pub struct ElasticNet {
    /// Grid of λ, ascending; 20 values from 10⁻³ to 10⁻⁰·¹, evenly spaced in the logarithm, by default.
    pub lambdas: Vec<f64>,
    /// ρ, from above 0 to 1 (lasso); 0.5 by default.
    pub l1_ratio: f64,
    /// Folds; by default runs, or for a single run 5 blocks with a gap of 10 s.
    pub folds: Option<Folds>,
    /// Volumes by which regressors are delayed; none by default.
    pub delays: Vec<usize>,
}

impl Default for ElasticNet {
    fn default() -> ElasticNet {
        ElasticNet { lambdas: Ridge::grid(-3.0, -0.1, 20), l1_ratio: 0.5, folds: None, delays: Vec::new() }
    }
}

impl ElasticNet {
    /// The lasso: no squared penalty.
    pub fn lasso() -> ElasticNet {
        ElasticNet { l1_ratio: 1.0, ..ElasticNet::default() }
    }

    /// Sets the grid of λ, which must ascend.
    pub fn lambdas(self, lambdas: &[f64]) -> ElasticNet {
        ElasticNet { lambdas: lambdas.to_vec(), ..self }
    }

    /// Sets ρ, the share of the absolute penalty.
    pub fn l1_ratio(self, l1_ratio: f64) -> ElasticNet {
        ElasticNet { l1_ratio, ..self }
    }

    /// Sets the folds.
    pub fn folds(self, folds: Folds) -> ElasticNet {
        ElasticNet { folds: Some(folds), ..self }
    }

    /// Takes each regressor at each of these delays (in volumes), as [`Ridge::delays`].
    pub fn delays(self, delays: &[usize]) -> ElasticNet {
        ElasticNet { delays: delays.to_vec(), ..self }
    }

    /// The same folds and delays as options of a ridge, which checks the grid too.
    fn as_ridge(&self) -> Ridge {
        Ridge {
            alphas: self.lambdas.clone(),
            folds: self.folds.clone(),
            delays: self.delays.clone(),
            ..Ridge::default()
        }
    }

    fn check(&self) -> Result<()> {
        check_ratio(self.l1_ratio)?;
        let advice = "give positive numbers in ascending order, for example `Ridge::grid(-3.0, -0.1, 20)`";
        if self.lambdas.is_empty() {
            return Err(Error::value("the grid of λ is empty", advice));
        }
        if let Some((n, lambda)) = self.lambdas.iter().enumerate().find(|(_, l)| !(l.is_finite() && **l > 0.0)) {
            return Err(Error::value(format!("λ number {n} of the grid is {lambda}"), advice));
        }
        if let Some(n) = self.lambdas.windows(2).position(|w| w[0] >= w[1]) {
            return Err(Error::value(
                format!("the grid of λ does not ascend: {} is followed by {}", self.lambdas[n], self.lambdas[n + 1]),
                advice,
            ));
        }
        self.as_ridge().check()
    }
}

fn check_ratio(l1_ratio: f64) -> Result<()> {
    match l1_ratio > 0.0 && l1_ratio <= 1.0 {
        true => Ok(()),
        false => Err(Error::value(
            format!("an l1_ratio of {l1_ratio}"),
            "give a number from above 0 to 1 (the lasso); without an absolute penalty it is a ridge: `encode(&x, &bold, Ridge::default())`",
        )),
    }
}
