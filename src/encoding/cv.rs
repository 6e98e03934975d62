//! Ridge with one level of cross-validation on plain arrays, as himalaya's `RidgeCV` and `KernelRidgeCV` have it.

use super::basis::{Units, multiply};
use super::blocks::{fit, locked, unlocked, width};
use super::delays::delayed;
use super::features::finite;
use super::nested::{Kind, Nested};
use super::scaling::of_unit_size;
use super::{Folds, Ridge};
use crate::error::{Error, Result};
use crate::notebook::state_memory;
use ndarray::{Array2, Axis, s};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

/// α and weights of each column of `y`, α by one level of cross-validation: himalaya's `RidgeCV`, or `KernelRidgeCV` where there are more regressors
/// than rows, with `fit_intercept=False` and the score R².
///
/// For each fold of [`Ridge::folds`] the model b(α) = (XᵀX + α·I)⁻¹·Xᵀy is fitted to the training rows and scored on the others by
/// R² = 1 − Σ(y − ŷ)² / Σ(y − mean)²; the α of the highest mean over folds is taken, and the weights are those of all rows at that α.
///
/// **These scores chose α: they are too high to be reported as how well voxels are predicted.** [`encode`](super::encode) chooses α inside
/// training rows and scores rows that were never looked at, standardises by training rows and knows of censored volumes. This function is for a
/// comparison with himalaya, or where the rows to be scored lie elsewhere. Nothing is centred or scaled: make both sides z-scored per run
/// before.
///
/// `x` is time × regressor and `y` time × target. With [`Ridge::delays`] the regressors are laid side by side at each delay, 0 before a run's begin.
/// A target that does not vary in a fold scores 0 there; of equal scores the smallest α is taken.
///
/// ```
/// use neurocell::prelude::*;
/// let x = ndarray::Array2::from_shape_fn((60, 2), |(t, n)| ((t * (n + 3) + 5) % 11) as f32 - 5.0);
/// let y = x.dot(&ndarray::array![[1.0], [-2.0]]);
/// let folds = Folds::runs(&Clock::new(2.0, &[20, 20, 20])?)?;
/// let fit = ridge_cv(&x, &y, Ridge::default().folds(folds))?;
/// assert!((fit.weights()[[1, 0]] + 2.0).abs() < 0.01);
/// println!("{fit}");
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If no folds are set; rows of x, y and the folds' clock differ; a value is NaN or infinite (the first is named); the grid of α or the delays
/// are unusable; or it is stopped.
pub fn ridge_cv(x: &Array2<f32>, y: &Array2<f32>, ridge: Ridge) -> Result<RidgeCv> {
    ridge.check()?;
    let Some(folds) = &ridge.folds else {
        return Err(Error::value(
            "ridge_cv has no folds, and plain arrays do not say where runs begin",
            "name them: `Ridge::default().folds(Folds::runs(&Clock::new(2.0, &[300, 300, 300])?)?)`",
        ));
    };
    check(x, y, folds, "x")?;
    let x = match ridge.delays.is_empty() {
        true => x.clone(),
        false => delayed(x, folds.clock(), &ridge.delays),
    };
    let (rows, regressors, targets) = (x.nrows(), x.ncols(), y.ncols());
    let nested = Nested::new(x.clone(), folds, &vec![true; rows], &ridge, Units::Given, Kind::OneLevel)?;
    let kernel = nested.by_kernel();
    let weighted = if kernel { rows } else { regressors };
    state_memory("ridge with cross-validation", (4 * weighted * targets + nested.bytes()) as u64);

    let weights = Mutex::new(Array2::zeros((weighted, targets)));
    let chosen = Mutex::new((vec![0.0; targets], vec![0.0; targets]));
    let columns = |columns| Ok(of_unit_size(y.slice(s![.., columns])));
    fit(&nested, &ridge.sharing, targets, width(rows, regressors), &[], columns, |_, columns, mut block, sizes| {
        for mut row in block.weights.rows_mut() {
            row.iter_mut().zip(&sizes).for_each(|(w, size)| *w *= size);
        }
        locked(&weights).slice_mut(s![.., columns.clone()]).assign(&block.weights);
        let (alphas, scores) = &mut *locked(&chosen);
        for (n, target) in columns.enumerate() {
            (alphas[target], scores[target]) = (ridge.alphas[block.alpha[n]], block.best[n] as f32);
        }
        Ok(())
    })?;
    let weights = unlocked(weights);
    let (alphas, scores) = unlocked(chosen);
    let grid = &ridge.alphas;
    let about = format!(
        "{rows} rows × {regressors} regressors, {} α from {} to {}, {}, {}",
        grid.len(),
        grid[0],
        grid[grid.len() - 1],
        folds.words(),
        if kernel { "by the kernel X·Xᵀ, since there are more regressors than rows" } else { "by sums" }
    );
    let weights = match kernel {
        true => Weights::Dual { x, dual: weights, primal: OnceLock::new() },
        false => Weights::Primal(weights),
    };
    Ok(RidgeCv(Arc::new(Inner { weights, alphas, scores, about })))
}

/// What [`ridge_cv`] found: α, the score that chose it, and weights; clones are cheap.
#[derive(Clone, Debug)]
pub struct RidgeCv(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    weights: Weights,
    alphas: Vec<f64>,
    scores: Vec<f32>,
    about: String,
}

#[derive(Debug)]
enum Weights {
    /// Regressor × target.
    Primal(Array2<f32>),
    /// Row × target, with the regressors that make regressor × target of it when it is asked for.
    Dual { x: Array2<f32>, dual: Array2<f32>, primal: OnceLock<Array2<f32>> },
}

impl RidgeCv {
    /// α of each target.
    pub fn alphas(&self) -> &[f64] {
        &self.0.alphas
    }

    /// Mean R² over folds of each target at its α, by which that α was chosen.
    pub fn cv_scores(&self) -> &[f32] {
        &self.0.scores
    }

    /// Regressor × target, from all rows; after a fit by the kernel made when first asked for, as Xᵀ · [`RidgeCv::dual_weights`].
    pub fn weights(&self) -> &Array2<f32> {
        match &self.0.weights {
            Weights::Primal(weights) => weights,
            Weights::Dual { x, dual, primal } => primal.get_or_init(|| multiply(x.t(), dual.view())),
        }
    }

    /// Row × target, (K + α·I)⁻¹·y with K = X·Xᵀ, if there are more regressors than rows: himalaya's `dual_coef_`.
    pub fn dual_weights(&self) -> Option<&Array2<f32>> {
        match &self.0.weights {
            Weights::Primal(_) => None,
            Weights::Dual { dual, .. } => Some(dual),
        }
    }

    /// Sizes, grid, folds, and by which side it was solved, as one line.
    pub fn about(&self) -> &str {
        &self.0.about
    }
}

impl fmt::Display for RidgeCv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut scores = self.0.scores.clone();
        scores.sort_by(f32::total_cmp);
        write!(f, "RidgeCv: {} targets", scores.len())?;
        if let (Some(median), Some(most)) = (scores.get(scores.len() / 2), scores.last()) {
            write!(f, "; R² of the folds that chose α: median {median:.3}, largest {most:.3}")?;
        }
        write!(f, "; {}", self.0.about)
    }
}

pub(super) fn check(x: &Array2<f32>, y: &Array2<f32>, folds: &Folds, name: &str) -> Result<()> {
    let rows = folds.clock().total();
    if x.nrows() != rows || y.nrows() != rows {
        return Err(Error::shape(
            format!("{name} has {} rows, y {}, and the folds are of {}", x.nrows(), y.nrows(), folds.clock()),
            "rows are the volumes of all runs on both sides; transpose an array if it is turned",
        ));
    }
    for (what, columns) in [(name, x.len_of(Axis(1))), ("y", y.len_of(Axis(1)))] {
        if columns == 0 {
            return Err(Error::shape(format!("{what} has no column"), "give at least one"));
        }
    }
    finite(x, |column| format!("column {column} of {name}"), Some(folds.clock()))?;
    finite(y, |column| format!("column {column} of y"), Some(folds.clock()))
}
