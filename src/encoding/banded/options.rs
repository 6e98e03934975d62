//! The options of a banded ridge.

use super::candidates::drawn;
use crate::encoding::{Folds, Ridge};
use crate::error::{Error, Result};
use ndarray::{Array2, Axis};

/// Banded ridge: options of [`encode_banded`](super::encode_banded) and [`banded_cv`](super::banded_cv).
///
/// ```
/// use neurocell::encoding::Banded;
/// let banded = Banded::default().candidates(50).seed(7);
/// assert_eq!((banded.candidates, banded.alphas.len()), (50, 20));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Banded {
    /// Grid of α, ascending; 20 values from 1e-1 to 1e5, evenly spaced in the logarithm, by default.
    pub alphas: Vec<f64>,
    /// Folds; by default runs, or for a single run 5 blocks with a gap of 10 s.
    pub folds: Option<Folds>,
    /// Volumes by which regressors are delayed, each regressor at each of them; none by default.
    pub delays: Vec<usize>,
    /// Number of weights γ that are tried for each voxel; 100 by default.
    pub candidates: usize,
    /// Concentrations of the Dirichlet distributions from which γ are drawn in turn; 0.1 (near the corners of the simplex: few spaces matter) and 1
    /// (evenly) by default.
    pub concentrations: Vec<f64>,
    /// γ to be tried in the place of drawn ones, candidate × space.
    pub gammas: Option<Array2<f64>>,
    /// Where random numbers begin: the same seed gives the same γ; 0 by default.
    pub seed: u64,
    /// Steps by which the best γ and α of each voxel are bettered along the gradient of its score; none by default.
    pub refine: usize,
}

impl Default for Banded {
    fn default() -> Banded {
        Banded {
            alphas: Ridge::default().alphas,
            folds: None,
            delays: Vec::new(),
            candidates: 100,
            concentrations: vec![0.1, 1.0],
            gammas: None,
            seed: 0,
            refine: 0,
        }
    }
}

impl Banded {
    /// Sets the grid of α, which must ascend: [`Ridge::grid`] makes one.
    pub fn alphas(self, alphas: &[f64]) -> Banded {
        Banded { alphas: alphas.to_vec(), ..self }
    }

    /// Sets the folds.
    pub fn folds(self, folds: Folds) -> Banded {
        Banded { folds: Some(folds), ..self }
    }

    /// Takes each regressor at each of these delays, as [`Ridge::delays`].
    pub fn delays(self, delays: &[usize]) -> Banded {
        Banded { delays: delays.to_vec(), ..self }
    }

    /// Sets how many γ are tried.
    pub fn candidates(self, candidates: usize) -> Banded {
        Banded { candidates, ..self }
    }

    /// Sets the concentrations from which γ are drawn in turn.
    pub fn concentrations(self, concentrations: &[f64]) -> Banded {
        Banded { concentrations: concentrations.to_vec(), ..self }
    }

    /// Tries these γ (candidate × space) and draws none: those of another program, or a grid of one's own.
    pub fn gammas(self, gammas: Array2<f64>) -> Banded {
        Banded { gammas: Some(gammas), ..self }
    }

    /// Sets where random numbers begin.
    pub fn seed(self, seed: u64) -> Banded {
        Banded { seed, ..self }
    }

    /// Moves δ_s = ln(γ_s/α) of each voxel so many steps along the gradient of its mean R² over the folds by which it is chosen, from the best
    /// candidate on (himalaya's hyper-gradient descent); a step that does not better the score is taken back and the next one shorter. α then lies
    /// between those of the grid. A step takes two solutions by conjugate gradients for each voxel and fold. The more spaces there are, the more do drawn γ
    /// leave to be bettered.
    pub fn refine(self, steps: usize) -> Banded {
        Banded { refine: steps, ..self }
    }

    /// What it shares with a ridge.
    pub(super) fn ridge(&self) -> Ridge {
        Ridge { folds: self.folds.clone(), ..Ridge::default().alphas(&self.alphas).delays(&self.delays) }
    }

    /// How it is chosen, for so many spaces and tried γ.
    pub(super) fn words(&self, spaces: usize, tried: usize) -> String {
        let seed = if self.gammas.is_some() || spaces == 1 { String::new() } else { format!(" (seed {})", self.seed) };
        let refined = match self.refine {
            0 => String::new(),
            steps => format!(", refined by {steps} steps along the gradient"),
        };
        let (low, high) = (self.alphas[0], self.alphas[self.alphas.len() - 1]);
        let count = self.alphas.len();
        format!(
            "banded ridge over {spaces} spaces with {tried} weights γ{seed} times {count} α from {low} to {high}{refined}"
        )
    }

    /// The γ to be tried, candidate × space.
    pub(super) fn tried(&self, spaces: usize) -> Result<Array2<f64>> {
        if spaces == 1 && self.gammas.is_none() {
            return Ok(Array2::ones((1, 1)));
        }
        match &self.gammas {
            Some(gammas) => given(gammas, spaces),
            None if self.candidates == 0 => Err(Error::value(
                "0 candidates: no weights of the feature spaces would be tried",
                "ask for 1 or more, 100 by default: `Banded::default().candidates(100)`",
            )),
            None if self.concentrations.is_empty() => Err(Error::value(
                "the list of concentrations is empty",
                "give at least one: `Banded::default().concentrations(&[0.1, 1.0])`",
            )),
            None => match self.concentrations.iter().find(|c| !(c.is_finite() && **c > 0.0)) {
                Some(wrong) => Err(Error::value(
                    format!("a concentration of the Dirichlet distribution is {wrong}"),
                    "give positive numbers: 1 for weights evenly over the simplex, less for weights near its corners",
                )),
                None => Ok(drawn(self.candidates, spaces, &self.concentrations, self.seed)),
            },
        }
    }
}

fn given(gammas: &Array2<f64>, spaces: usize) -> Result<Array2<f64>> {
    if gammas.ncols() != spaces || gammas.nrows() == 0 {
        return Err(Error::shape(
            format!("the γ are {} × {}, and there are {spaces} feature spaces", gammas.nrows(), gammas.ncols()),
            "rows are candidates, at least one, and columns feature spaces",
        ));
    }
    for (n, row) in gammas.axis_iter(Axis(0)).enumerate() {
        if !row.iter().all(|g| g.is_finite() && *g >= 0.0) || row.iter().all(|g| *g == 0.0) {
            return Err(Error::value(
                format!("candidate {n} has the γ {:?}", row.to_vec()),
                "weights of spaces are not negative, and one of them at least is above 0",
            ));
        }
    }
    Ok(gammas.clone())
}
