//! The elastic net on plain arrays, as scikit-learn has it.

use super::ElasticNet;
use super::descent::path;
use crate::encoding::blocks::each;
use crate::encoding::features::finite;
use crate::error::{Error, Result};
use crate::linalg::gram;
use ndarray::{Array1, Array2, Axis, s};
use std::fmt;
use std::sync::Arc;

/// Weights and intercept of each column of `y` at each λ: scikit-learn's `ElasticNet` (or `Lasso`), `fit_intercept=True`, for a whole grid at once.
///
/// `x` is time × regressor and `y` time × target. The means of both are taken out, which makes the intercept exact; nothing is scaled. Nothing is
/// cross-validated either: [`encode_elastic`](super::super::encode_elastic) chooses λ in folds.
///
/// ```
/// use neurocell::prelude::*;
/// let x = ndarray::Array2::from_shape_fn((60, 3), |(t, n)| ((t * (n + 3) + 5) % 11) as f32 - 5.0);
/// let y = x.dot(&ndarray::array![[1.0], [0.0], [0.0]]);
/// let path = elastic_path(&x, &y, ElasticNet::lasso().lambdas(&[0.5]))?;
/// assert!(path.weights(0)?[[0, 0]] > 0.9 && path.weights(0)?[[2, 0]] == 0.0);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If rows of x and y differ; a value is NaN or infinite (the first is named); folds or delays are set, which mean nothing here; or the options are
/// unusable.
pub fn elastic_path(x: &Array2<f32>, y: &Array2<f32>, options: ElasticNet) -> Result<ElasticPath> {
    options.check()?;
    if options.folds.is_some() || !options.delays.is_empty() {
        return Err(Error::value(
            "elastic_path was given folds or delays, and takes the arrays as they are",
            "leave them out, or use `encode_elastic`, which has both",
        ));
    }
    if x.nrows() != y.nrows() || x.nrows() < 2 || x.ncols() == 0 || y.ncols() == 0 {
        return Err(Error::shape(
            format!("x is {} × {} and y {} × {}", x.nrows(), x.ncols(), y.nrows(), y.ncols()),
            "rows are time points on both sides, 2 or more, and each side has a column",
        ));
    }
    finite(x, |column| format!("column {column} of x"), None)?;
    finite(y, |column| format!("column {column} of y"), None)?;
    let rows = x.nrows() as f64;
    let mean = |data: &Array2<f32>| data.mapv(f64::from).sum_axis(Axis(0)) / rows;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let centred = |data: &Array2<f32>, mean: &Array1<f64>| data.mapv(f64::from) - mean;
    let centred_x = centred(x, &mean_x);
    let squares = gram(centred_x.mapv(|v| v as f32).view()) / rows;
    let found = each("targets", y.ncols(), 256, |columns| {
        let y = centred(&y.slice(s![.., columns.clone()]).to_owned(), &mean_y.slice(s![columns]).to_owned());
        let correlations = centred_x.t().dot(&y) / rows;
        let units: Vec<f64> = y.columns().into_iter().map(|y| (y.dot(&y) / rows).sqrt()).collect();
        path(&squares, correlations.view(), &units, &options)
    })?;
    let unfinished = found.iter().map(|path| path.unfinished).sum();
    let mut weights = vec![Array2::zeros((x.ncols(), y.ncols())); options.lambdas.len()];
    let mut first = 0;
    for part in found {
        let count = part.weights[0].ncols();
        for (all, part) in weights.iter_mut().zip(part.weights) {
            all.slice_mut(s![.., first..first + count]).assign(&part);
        }
        first += count;
    }
    let intercepts = weights.iter().map(|w| (&mean_y - &mean_x.dot(&w.mapv(f64::from))).mapv(|v| v as f32)).collect();
    Ok(ElasticPath(Arc::new(Inner { lambdas: options.lambdas, weights, intercepts, unfinished })))
}

/// What [`elastic_path`] found; clones are cheap.
#[derive(Clone, Debug)]
pub struct ElasticPath(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    lambdas: Vec<f64>,
    weights: Vec<Array2<f32>>,
    intercepts: Vec<Array1<f32>>,
    unfinished: usize,
}

impl ElasticPath {
    /// The grid of λ, ascending.
    pub fn lambdas(&self) -> &[f64] {
        &self.0.lambdas
    }

    /// Regressor × target at a λ, by its number in the grid.
    ///
    /// # Errors
    /// If there is no such number.
    pub fn weights(&self, lambda: usize) -> Result<&Array2<f32>> {
        self.0.weights.get(lambda).ok_or_else(|| self.no(lambda))
    }

    /// The intercept of each target at a λ, by its number in the grid.
    ///
    /// # Errors
    /// If there is no such number.
    pub fn intercepts(&self, lambda: usize) -> Result<&Array1<f32>> {
        self.0.intercepts.get(lambda).ok_or_else(|| self.no(lambda))
    }

    /// Targets whose descent had not come to rest at some λ when the sweeps were used up: more sweeps, or a larger λ.
    pub fn unfinished(&self) -> usize {
        self.0.unfinished
    }

    fn no(&self, lambda: usize) -> Error {
        Error::value(format!("λ number {lambda} of {}", self.0.lambdas.len()), "λ are counted from 0, the smallest")
    }
}

impl fmt::Display for ElasticPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { lambdas, weights, unfinished, .. } = &*self.0;
        let (regressors, targets) = weights[0].dim();
        write!(f, "ElasticPath: {regressors} regressors × {targets} targets")?;
        if *unfinished > 0 {
            write!(f, "; {unfinished} targets had not come to rest")?;
        }
        let used = |w: &Array2<f32>| w.iter().filter(|w| **w != 0.0).count() as f64 / targets as f64;
        lambdas.iter().zip(weights).try_for_each(|(l, w)| write!(f, "\n  λ {l:.4}: {:.1} regressors used", used(w)))
    }
}
