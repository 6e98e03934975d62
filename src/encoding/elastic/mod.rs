//! Elastic net and lasso: encoding models in which most weights are exactly 0.
//!
//! ```text
//! b(λ) = argmin 1/(2n)·‖y − X·b‖² + λ·ρ·‖b‖₁ + λ·(1 − ρ)/2·‖b‖²
//! ```
//!
//! with ρ the share of the absolute penalty (1: lasso), as in scikit-learn and glmnet. Solved by coordinate descent on XᵀX/n and Xᵀy/n
//! (Friedman, Hastie & Tibshirani 2010, "covariance updates"), from the largest λ down, each λ starting from the last one's weights, with sweeps
//! over the regressors in use until these stand still. Sixteen voxels are moved at once, so that a coordinate's step is a few vectors wide.

mod descent;
mod encode;
mod path;
#[cfg(test)]
mod tests;

pub use encode::encode_elastic;
pub use path::{ElasticPath, elastic_path};

use super::Folds;
use super::ridge::{check_delays, check_grid};
use crate::error::{Error, Result};

/// Elastic net with one λ per voxel: options of [`encode_elastic`](super::encode_elastic) and [`elastic_path`](super::elastic_path).
///
/// ```
/// use neurocell::encoding::ElasticNet;
/// assert_eq!(ElasticNet::lasso().ratio, 1.0);
/// assert_eq!(ElasticNet::default().lambdas(&[0.01, 0.1]).lambdas.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "Lasso")]
pub struct ElasticNet {
    /// Grid of λ, ascending; 16 values from 1e-3 to 1, evenly spaced in the logarithm, by default. With z-scored regressors and voxels the
    /// weights are all 0 from λ = 1/ρ on.
    pub lambdas: Vec<f64>,
    /// ρ: 0.5 by default, 1 for the lasso.
    pub ratio: f64,
    /// Folds; by default runs, or for a single run 5 blocks with a gap of 10 s.
    pub folds: Option<Folds>,
    /// Volumes by which regressors are delayed, as in [`Ridge::delays`](super::Ridge::delays).
    pub delays: Vec<usize>,
    /// The descent ends when no weight changes by more in a sweep, in standard deviations of the voxel per standard deviation of the regressor.
    pub tolerance: f64,
    /// Most sweeps for each λ.
    pub sweeps: usize,
}

impl Default for ElasticNet {
    fn default() -> ElasticNet {
        ElasticNet {
            lambdas: super::Ridge::grid(-3.0, 0.0, 16),
            ratio: 0.5,
            folds: None,
            delays: Vec::new(),
            tolerance: 1e-5,
            sweeps: 1000,
        }
    }
}

impl ElasticNet {
    /// The lasso: ρ = 1.
    pub fn lasso() -> ElasticNet {
        ElasticNet { ratio: 1.0, ..ElasticNet::default() }
    }

    /// Sets the grid of λ, which must ascend.
    pub fn lambdas(self, lambdas: &[f64]) -> ElasticNet {
        ElasticNet { lambdas: lambdas.to_vec(), ..self }
    }

    /// Sets ρ, the share of the absolute penalty: above 0, at most 1.
    pub fn ratio(self, ratio: f64) -> ElasticNet {
        ElasticNet { ratio, ..self }
    }

    /// Sets the folds.
    pub fn folds(self, folds: Folds) -> ElasticNet {
        ElasticNet { folds: Some(folds), ..self }
    }

    /// Takes each regressor at each of these delays (in volumes).
    pub fn delays(self, delays: &[usize]) -> ElasticNet {
        ElasticNet { delays: delays.to_vec(), ..self }
    }

    /// Sets the change of a weight in a sweep that counts as none.
    pub fn tolerance(self, tolerance: f64) -> ElasticNet {
        ElasticNet { tolerance, ..self }
    }

    /// Sets the most sweeps for each λ.
    pub fn sweeps(self, sweeps: usize) -> ElasticNet {
        ElasticNet { sweeps, ..self }
    }

    fn check(&self) -> Result<()> {
        check_grid("λ", &self.lambdas, "Ridge::grid(-3.0, 0.0, 16)")?;
        if !(self.ratio > 0.0 && self.ratio <= 1.0) {
            return Err(Error::value(
                format!("ρ, the share of the absolute penalty, is {}", self.ratio),
                "give a number above 0 and up to 1 (the lasso); without an absolute penalty it is a ridge: `Ridge::default()`",
            ));
        }
        if self.tolerance.is_nan() || self.tolerance <= 0.0 || self.sweeps == 0 {
            return Err(Error::value(
                format!("a tolerance of {} and at most {} sweeps", self.tolerance, self.sweeps),
                "give a positive tolerance, 1e-5 by default, and 1 sweep or more",
            ));
        }
        check_delays(&self.delays)
    }

    fn words(&self) -> String {
        let (first, last) = (self.lambdas[0], self.lambdas[self.lambdas.len() - 1]);
        let grid = format!("{} λ from {first} to {last}", self.lambdas.len());
        if self.ratio == 1.0 {
            format!("lasso with {grid}")
        } else {
            format!("elastic net, ρ = {}, with {grid}", self.ratio)
        }
    }
}
