//! Lasso and elastic net on plain arrays, as scikit-learn has them.

use super::check_ratio;
use super::descent::{LANES, Tile};
use crate::encoding::features::finite;
use crate::error::{Error, Result};
use crate::linalg::{in_pool, multiply_alone, multiply_into};
use crate::notebook::check_cancelled;
use faer::Par;
use ndarray::{Array1, Array2, Axis, s};
use rayon::prelude::*;
use std::fmt;
use std::sync::Arc;

/// Weights of each column of `y` at one λ: scikit-learn's `ElasticNet(alpha=lambda, l1_ratio=l1_ratio)`, and its `Lasso(alpha=lambda)` for an `l1_ratio` of 1, to convergence.
///
/// ```text
/// argmin ‖y − a − X·b‖² / 2n + λ·ρ·‖b‖₁ + λ·(1 − ρ)/2·‖b‖²
/// ```
///
/// `x` is row × regressor, `y` row × target, both as they are: neither is scaled; the intercept a is not penalised and exact. scikit-learn stops at a duality gap of 10⁻⁴ unless told otherwise, this at 10⁻⁹
/// of a target's deviation. Nothing is held out: [`encode_elastic`](super::encode_elastic) chooses λ and scores in nested folds.
///
/// ```
/// use neurocell::prelude::*;
/// let x = ndarray::Array2::from_shape_fn((60, 3), |(t, n)| ((t * (n + 3) + 5) % 11) as f32 - 5.0);
/// let y = x.dot(&ndarray::array![[1.0], [-2.0], [0.0]]) + 7.0;
/// let fit = elastic_net(&x, &y, 0.1, 1.0)?;
/// assert!((fit.weights()[[1, 0]] + 2.0).abs() < 0.05 && fit.weights()[[2, 0]] == 0.0);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If rows differ, a value is NaN or infinite (the first is named), λ is not positive, ρ is not from above 0 to 1, the descent does not come to rest, or it is stopped.
pub fn elastic_net(x: &Array2<f32>, y: &Array2<f32>, lambda: f64, l1_ratio: f64) -> Result<ElasticWeights> {
    check_ratio(l1_ratio)?;
    if !(lambda.is_finite() && lambda > 0.0) {
        return Err(Error::value(format!("λ is {lambda}"), "give a positive number"));
    }
    let (rows, regressors, targets) = (x.nrows(), x.ncols(), y.ncols());
    if y.nrows() != rows || rows == 0 || regressors == 0 {
        return Err(Error::shape(
            format!("x is {rows} × {regressors} and y {} × {targets}", y.nrows()),
            "rows are samples on both sides, at least one; transpose an array if it is turned",
        ));
    }
    finite(x, |column| format!("column {column} of x"), None)?;
    finite(y, |column| format!("column {column} of y"), None)?;
    let n = rows as f64;
    let centred = |data: ndarray::ArrayView2<f32>| {
        let wide = data.mapv(f64::from);
        let mean = wide.mean_axis(Axis(0)).unwrap_or_default();
        (wide - &mean, mean)
    };
    let (wide, mean_x) = centred(x.view());
    let mut gram = Array2::zeros((regressors, regressors));
    in_pool(|| multiply_into(gram.view_mut(), wide.t(), wide.view(), Par::rayon(0)));
    gram /= n;
    let tile = |first: usize| -> Result<(Array2<f64>, Array1<f64>)> {
        check_cancelled("elastic net")?;
        let columns = first..(first + LANES).min(targets);
        let (y, mean_y) = centred(y.slice(s![.., columns.clone()]));
        // In units of a target's deviation, in which the tolerance is.
        let scale = y.columns().into_iter().map(|y| (y.dot(&y) / n).sqrt()).map(|d| if d > 0.0 { d } else { 1.0 });
        let scale: Array1<f64> = scale.collect();
        let mut c = Array2::zeros((regressors, columns.len()));
        multiply_alone(c.view_mut(), false, wide.t(), y.view());
        let mut absolute = [f64::INFINITY; LANES];
        scale.iter().zip(&mut absolute).for_each(|(scale, to)| *to = lambda * l1_ratio / scale);
        let lanes = c.rows().into_iter().map(|row| {
            let mut lanes = [0.0; LANES];
            row.iter().zip(&scale).zip(&mut lanes).for_each(|((c, scale), to)| *to = c / n / scale);
            lanes
        });
        let mut tile = Tile::new(lanes.collect());
        if !tile.descend(&gram, &absolute, lambda * (1.0 - l1_ratio)) {
            return Err(Error::value(
                format!(
                    "the weights of targets {} to {} do not come to rest at λ = {lambda}",
                    columns.start,
                    columns.end - 1
                ),
                "take a larger λ, or an l1_ratio below 1: the regressors are nearly copies of one another",
            ));
        }
        let weights = Array2::from_shape_fn((regressors, columns.len()), |(j, t)| tile.weights[j][t] * scale[t]);
        let intercept = mean_y - mean_x.dot(&weights);
        Ok((weights, intercept))
    };
    let starts: Vec<usize> = (0..targets).step_by(LANES).collect();
    let found: Vec<_> = in_pool(|| starts.par_iter().map(|first| tile(*first)).collect::<Result<_>>())?;
    let mut weights = Array2::zeros((regressors, targets));
    let mut intercepts = Vec::with_capacity(targets);
    for (first, (of_tile, intercept)) in starts.iter().zip(found) {
        weights.slice_mut(s![.., *first..first + intercept.len()]).assign(&of_tile.mapv(|w| w as f32));
        intercepts.extend(intercept.iter().map(|a| *a as f32));
    }
    Ok(ElasticWeights { weights: Arc::new(weights), intercepts: intercepts.into(), lambda, l1_ratio })
}

/// What [`elastic_net`] found; clones are cheap.
#[derive(Clone, Debug)]
pub struct ElasticWeights {
    weights: Arc<Array2<f32>>,
    intercepts: Arc<[f32]>,
    lambda: f64,
    l1_ratio: f64,
}

impl ElasticWeights {
    /// Regressor × target.
    pub fn weights(&self) -> &Array2<f32> {
        &self.weights
    }

    /// Intercept of each target.
    pub fn intercepts(&self) -> &[f32] {
        &self.intercepts
    }
}

impl fmt::Display for ElasticWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (regressors, targets) = self.weights.dim();
        let used = self.weights.iter().filter(|w| **w != 0.0).count() as f64 / targets.max(1) as f64;
        write!(
            f,
            "ElasticWeights: {regressors} regressors × {targets} targets, λ = {}, l1_ratio {}; {used:.1} regressors used by a target in the mean",
            self.lambda, self.l1_ratio
        )
    }
}
