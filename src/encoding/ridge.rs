//! The options of a ridge encoding model.

use super::Folds;
use crate::error::{Error, Result};

/// Ridge regression with one α per voxel: options of [`encode`](super::encode).
///
/// b(α) = argmin ‖y − X·b‖² + α‖b‖² = (XᵀX + α·I)⁻¹ Xᵀy, with X (time × pattern) and y z-scored by the training rows, so that XᵀX has
/// the number of training volumes on its diagonal: an α of that size halves the weight of a lone pattern.
///
/// ```
/// use neurocell::encoding::Ridge;
/// let ridge = Ridge::default().alphas(&[1.0, 10.0, 100.0]);
/// assert_eq!(ridge.alphas.len(), 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ridge {
    /// Grid of α, ascending; 20 values from 1e-1 to 1e5, evenly spaced in the logarithm, by default.
    pub alphas: Vec<f64>,
    /// Folds; by default runs, or for a single run 5 blocks with a gap of 10 s.
    pub folds: Option<Folds>,
}

impl Default for Ridge {
    fn default() -> Ridge {
        Ridge { alphas: Ridge::grid(-1.0, 5.0, 20), folds: None }
    }
}

impl Ridge {
    /// `count` values of α from 10^`low` to 10^`high`, evenly spaced in the logarithm.
    pub fn grid(low: f64, high: f64, count: usize) -> Vec<f64> {
        let step = (high - low) / (count.max(2) - 1) as f64;
        (0..count).map(|n| 10f64.powf(low + step * n as f64)).collect()
    }

    /// Sets the grid of α, which must ascend.
    pub fn alphas(self, alphas: &[f64]) -> Ridge {
        Ridge { alphas: alphas.to_vec(), ..self }
    }

    /// Sets the folds.
    pub fn folds(self, folds: Folds) -> Ridge {
        Ridge { folds: Some(folds), ..self }
    }

    /// An error if the grid is empty, not ascending, or has a value that is not positive and finite.
    pub(super) fn check(&self) -> Result<()> {
        let advice = "give positive numbers in ascending order, for example `Ridge::grid(-1.0, 5.0, 20)`";
        if self.alphas.is_empty() {
            return Err(Error::value("the grid of α is empty", advice));
        }
        if let Some((n, alpha)) = self.alphas.iter().enumerate().find(|(_, a)| !(a.is_finite() && **a > 0.0)) {
            return Err(Error::value(format!("α number {n} of the grid is {alpha}"), advice));
        }
        if let Some(n) = self.alphas.windows(2).position(|w| w[0] >= w[1]) {
            return Err(Error::value(
                format!("the grid of α does not ascend: {} is followed by {}", self.alphas[n], self.alphas[n + 1]),
                advice,
            ));
        }
        // The kept α are f32, and single precision has to tell one from the next.
        if self.alphas[0] < 1e-6 || self.alphas[self.alphas.len() - 1] > 1e12 {
            return Err(Error::value(
                format!("the grid of α runs from {} to {}", self.alphas[0], self.alphas[self.alphas.len() - 1]),
                "patterns are z-scored, so that values outside 1e-6 to 1e12 mean nothing; narrow the grid",
            ));
        }
        Ok(())
    }
}
