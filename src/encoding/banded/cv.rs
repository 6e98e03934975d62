//! Banded ridge with one level of cross-validation on plain arrays, as himalaya's `GroupRidgeCV` and `MultipleKernelRidgeCV` have it.

use super::Banded;
use super::search::Search;
use super::train::Regressed;
use crate::encoding::basis::Units;
use crate::encoding::cv::check;
use crate::encoding::delays::delayed;
use crate::encoding::scaling::of_unit_size;
use crate::error::{Error, Result};
use crate::notebook::state_memory;
use ndarray::{Array2, ArrayView2, Axis, concatenate};
use std::fmt;
use std::sync::Arc;

/// Weights of feature spaces, α and weights of regressors for each column of `y`, by one level of cross-validation: himalaya's `GroupRidgeCV`, or
/// `MultipleKernelRidgeCV` of linear kernels where there are more regressors than rows, with the random search, `fit_intercept=False` and the
/// score R².
///
/// For each γ of [`Banded::candidates`] (or [`Banded::gammas`]), each α and each fold of [`Banded::folds`], the ridge of penalty α on the spaces √γ_s·X_s
/// is fitted to the training rows and scored on the others by R² = 1 − Σ(y − ŷ)² / Σ(y − mean)²; the pair of the highest mean over folds is
/// taken, and the weights are those of all rows. Of equal scores the first candidate and the largest α are taken.
///
/// **These scores chose γ and α: they are too high to be reported as how well voxels are predicted.** [`encode_banded`](super::encode_banded)
/// chooses inside training rows and scores rows that were never looked at. Nothing is centred or scaled here: make both sides z-scored per run
/// before.
///
/// Each of `xs` is time × regressor and `y` time × target. With [`Banded::delays`] regressors are laid side by side at each delay.
///
/// ```
/// use neurocell::prelude::*;
/// let made = |seed: usize| ndarray::Array2::from_shape_fn((60, 2), |(t, n)| ((t * (n + seed) + 5) % 11) as f32 - 5.0);
/// let (a, b) = (made(3), made(5));
/// let y = a.dot(&ndarray::array![[1.0], [-2.0]]);
/// let folds = Folds::runs(&Clock::new(2.0, &[20, 20, 20])?)?;
/// let fit = banded_cv(&[&a, &b], &y, Banded::default().folds(folds).candidates(20))?;
/// assert!((fit.weights()[0][[1, 0]] + 2.0).abs() < 0.01);
/// println!("{fit}");
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no space or no folds are set; rows of the arrays and the folds' clock differ; a value is NaN or infinite (the first is named);
/// the grid of α, γ, concentrations or delays are unusable; or it is stopped.
pub fn banded_cv(xs: &[&Array2<f32>], y: &Array2<f32>, banded: Banded) -> Result<BandedCv> {
    let ridge = banded.ridge();
    ridge.check()?;
    let Some(folds) = &ridge.folds else {
        return Err(Error::value(
            "banded_cv has no folds, and plain arrays do not say where runs begin",
            "name them: `Banded::default().folds(Folds::runs(&Clock::new(2.0, &[300, 300, 300])?)?)`",
        ));
    };
    if xs.is_empty() {
        return Err(Error::value("there is no feature space to predict from", "give at least one array"));
    }
    let gammas = banded.tried(xs.len())?;
    let mut columns = Vec::new();
    let mut spaces = Vec::new();
    let mut first = 0;
    for (n, x) in xs.iter().enumerate() {
        check(x, y, folds, &format!("space {n}"))?;
        let x = match ridge.delays.is_empty() {
            true => (*x).clone(),
            false => delayed(x, folds.clock(), &ridge.delays),
        };
        columns.push((first..first + x.ncols()).collect::<Vec<usize>>());
        first += x.ncols();
        spaces.push(x);
    }
    let views: Vec<ArrayView2<f32>> = spaces.iter().map(|x| x.view()).collect();
    let x = concatenate(Axis(1), &views).unwrap_or_default();
    let (rows, regressors, targets) = (x.nrows(), x.ncols(), y.ncols());
    let given = Regressed { x, columns: columns.clone() };
    let search = Search::new(given, (folds, &vec![true; rows]), gammas, &ridge.alphas, Units::Given, false)?;
    state_memory("banded ridge with cross-validation", (4 * (rows + regressors) * targets + search.bytes()) as u64);

    let (y, sizes) = of_unit_size(y.view());
    let chosen = search.run(&y, banded.refine)?;
    let mut weights = search.of_all_rows(&chosen, &y)?;
    for mut row in weights.rows_mut() {
        row.iter_mut().zip(&sizes).for_each(|(w, size)| *w *= size);
    }
    let (gammas, alphas) = chosen.of(0, &search);
    let about = format!(
        "{rows} rows × {:?} regressors, {} weights of spaces, {} α from {} to {}, {}",
        columns.iter().map(Vec::len).collect::<Vec<_>>(),
        search.gammas.nrows(),
        ridge.alphas.len(),
        ridge.alphas[0],
        ridge.alphas[ridge.alphas.len() - 1],
        folds.words(),
    );
    Ok(BandedCv(Arc::new(Inner {
        weights: columns.iter().map(|columns| weights.select(Axis(0), columns)).collect(),
        gammas,
        alphas,
        candidates: chosen.candidate.row(0).to_vec(),
        scores: chosen.score.row(0).iter().map(|&score| score as f32).collect(),
        tried: search.gammas,
        about,
    })))
}

/// What [`banded_cv`] found: weights of spaces, α, the score that chose them, and weights of regressors; clones are cheap.
#[derive(Clone, Debug)]
pub struct BandedCv(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    weights: Vec<Array2<f32>>,
    gammas: Array2<f32>,
    candidates: Vec<usize>,
    alphas: Vec<f64>,
    scores: Vec<f32>,
    tried: Array2<f64>,
    about: String,
}

impl BandedCv {
    /// α of each target.
    pub fn alphas(&self) -> &[f64] {
        &self.0.alphas
    }

    /// γ of each space and target, space × target; ln(γ/α) is himalaya's `deltas_`.
    pub fn gammas(&self) -> &Array2<f32> {
        &self.0.gammas
    }

    /// All γ that were tried, candidate × space.
    pub fn tried(&self) -> &Array2<f64> {
        &self.0.tried
    }

    /// The number in [`BandedCv::tried`] that each target took (with [`Banded::refine`], from which it went on).
    pub fn candidates(&self) -> &[usize] {
        &self.0.candidates
    }

    /// Mean R² over folds of each target at its γ and α, by which these were chosen.
    pub fn cv_scores(&self) -> &[f32] {
        &self.0.scores
    }

    /// For each space regressor × target, from all rows, of the regressors as they were given.
    pub fn weights(&self) -> &[Array2<f32>] {
        &self.0.weights
    }

    /// Sizes, number of candidates, grid and folds, as one line.
    pub fn about(&self) -> &str {
        &self.0.about
    }
}

impl fmt::Display for BandedCv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut scores = self.0.scores.clone();
        scores.sort_by(f32::total_cmp);
        write!(f, "BandedCv: {} spaces, {} targets", self.0.weights.len(), scores.len())?;
        if let (Some(median), Some(most)) = (scores.get(scores.len() / 2), scores.last()) {
            write!(f, "; R² of the folds that chose γ and α: median {median:.3}, largest {most:.3}")?;
        }
        write!(f, "; {}", self.0.about)
    }
}
