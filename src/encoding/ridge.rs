//! The options of a ridge encoding model.

use super::Folds;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Ridge regression with one α per voxel: options of [`encode`](super::encode) and [`ridge_cv`](super::ridge_cv).
///
/// b(α) = argmin ‖y − X·b‖² + α‖b‖² = (XᵀX + α·I)⁻¹ Xᵀy, with X (time × regressor) and y z-scored by the training rows, so that XᵀX has
/// the number of training volumes on its diagonal: an α of that size halves the weight of a lone regressor.
///
/// ```
/// use neurocell::encoding::Ridge;
/// let ridge = Ridge::default().alphas(&[1.0, 10.0, 100.0]);
/// assert_eq!(ridge.alphas.len(), 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "KernelRidge")]
#[doc(alias = "RidgeCV")]
pub struct Ridge {
    /// Grid of α, ascending; 20 values from 1e-1 to 1e5, evenly spaced in the logarithm, by default.
    pub alphas: Vec<f64>,
    /// Folds; by default runs, or for a single run 5 blocks with a gap of 10 s.
    pub folds: Option<Folds>,
    /// Volumes by which regressors are delayed, each regressor at each of them; none by default: the courses as they are.
    pub delays: Vec<usize>,
    /// Components of the regressors to which each training set is reduced; all by default.
    pub components: Option<usize>,
    /// Which voxels share an α; none by default.
    pub sharing: Sharing,
    /// How predictions for all α are scored.
    pub solver: Solver,
    /// Whether [`encode`](super::encode) keeps the fit on disk; those that take long, by default.
    pub storing: Storing,
}

/// Whether a fit is kept on disk, where the same call finds it again, and goes on with it after it was stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storing {
    /// In the store ([`encodings_folder`](super::encodings_folder)) if it takes over 10 s by [`estimate`](super::estimate), or if what is found takes
    /// over 1 GB; else in memory.
    #[default]
    BySize,
    /// In the store.
    Always,
    /// In memory.
    Never,
    /// In this folder, which is made where it is missing.
    In(PathBuf),
}

/// Which voxels share an α.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sharing {
    /// Each voxel has its own: that of its own highest score.
    #[default]
    None,
    /// All voxels have the same: that of the highest mean score over voxels (himalaya's `local_alpha=False`).
    All,
    /// The voxels of a group have the same. One number for each voxel says its group; groups are counted from 0.
    Groups(Arc<[usize]>),
}

impl Sharing {
    /// The group of each of so many voxels, and how many groups there are.
    pub(super) fn groups(&self, voxels: usize) -> Result<Option<(Vec<usize>, usize)>> {
        let groups = match self {
            Sharing::None => return Ok(None),
            Sharing::All => vec![0; voxels],
            Sharing::Groups(groups) if groups.len() == voxels => groups.to_vec(),
            Sharing::Groups(groups) => {
                return Err(Error::shape(
                    format!("{} voxels have a group that shares α, and {voxels} are to be fitted", groups.len()),
                    "give one number for each voxel of the mask, in its order",
                ));
            }
        };
        let count = groups.iter().max().map_or(0, |most| most.saturating_add(1));
        if count > voxels {
            return Err(Error::value(
                format!("a group that shares α has the number {}, with {voxels} voxels", count - 1),
                "count groups from 0 without holes",
            ));
        }
        Ok(Some((groups, count)))
    }
}

/// How the squared length of a voxel's prediction is found for every α.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Solver {
    /// Whichever of the two takes fewer operations: bands pay from some dozens of regressors and several α on.
    #[default]
    BySize,
    /// All α for the price of a few products, by bands of the spectrum in which shrinkage is of low rank. Scores differ from those of
    /// [`Solver::PerAlpha`] by some 1e-6, the rounding of single precision.
    Bands,
    /// One product for each α: no approximation, for checking.
    PerAlpha,
}

impl Default for Ridge {
    fn default() -> Ridge {
        Ridge {
            alphas: Ridge::grid(-1.0, 5.0, 20),
            folds: None,
            delays: Vec::new(),
            components: None,
            sharing: Sharing::None,
            solver: Solver::BySize,
            storing: Storing::BySize,
        }
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

    /// Takes each regressor at each of these delays (in volumes), so that the response's shape is fitted and not assumed: for courses that were
    /// not convolved with a haemodynamic response. Before a run's begin a delayed course is at its mean.
    ///
    /// Weights are those of all regressors at the first delay, then all at the second, and so on.
    pub fn delays(self, delays: &[usize]) -> Ridge {
        Ridge { delays: delays.to_vec(), ..self }
    }

    /// Reduces the regressors of each training set to their first principal components before the ridge (principal component regression with
    /// shrinkage): y = X·V_k·b with V_k the leading `count` eigenvectors of the training rows' XᵀX, z-scored regressors. They are learned in the
    /// training rows of each fold only; where there are fewer, all are taken. Weights come out per regressor.
    #[doc(alias = "PCA")]
    #[doc(alias = "PcaRidge")]
    pub fn components(self, count: usize) -> Ridge {
        Ridge { components: Some(count), ..self }
    }

    /// Gives all voxels the same α: that of the highest mean score over voxels.
    pub fn shared_alpha(self) -> Ridge {
        Ridge { sharing: Sharing::All, ..self }
    }

    /// Gives the voxels of a group the same α: `groups` has one number for each voxel of the mask, in its order, counted from 0.
    pub fn alpha_by_group(self, groups: &[usize]) -> Ridge {
        Ridge { sharing: Sharing::Groups(groups.into()), ..self }
    }

    /// Sets how all α are scored.
    pub fn solver(self, solver: Solver) -> Ridge {
        Ridge { solver, ..self }
    }

    /// Keeps the fit in the store, however short it is: the same call then finds it again, also in another session.
    pub fn stored(self) -> Ridge {
        Ridge { storing: Storing::Always, ..self }
    }

    /// Keeps the fit in memory, and nothing on disk.
    pub fn without_store(self) -> Ridge {
        Ridge { storing: Storing::Never, ..self }
    }

    /// Keeps the fit in this folder.
    pub fn store_in(self, folder: impl AsRef<Path>) -> Ridge {
        Ridge { storing: Storing::In(folder.as_ref().to_owned()), ..self }
    }

    /// "ridge with 20 α from 0.1 to 100000", and what is not usual about it.
    pub(super) fn words(&self) -> String {
        let grid = &self.alphas;
        let shared = match &self.sharing {
            Sharing::None => "",
            Sharing::All => ", one α for all voxels",
            Sharing::Groups(_) => ", one α for each group of voxels",
        };
        let reduced = self.components.map(|count| format!(", on {count} principal components of each training set"));
        let reduced = reduced.unwrap_or_default();
        format!("ridge with {} α from {} to {}{shared}{reduced}", grid.len(), grid[0], grid[grid.len() - 1])
    }

    /// An error if a delay occurs twice, or the grid is empty, not ascending, or has a value that is not positive and finite.
    pub(super) fn check(&self) -> Result<()> {
        check_delays(&self.delays)?;
        if self.components == Some(0) {
            return Err(Error::value(
                "a ridge on 0 components predicts nothing",
                "ask for 1 or more: `Ridge::default().components(50)`",
            ));
        }
        check_grid("α", &self.alphas, "Ridge::grid(-1.0, 5.0, 20)")?;
        // The kept α are f32, and single precision has to tell one from the next.
        if self.alphas[0] < 1e-6 || self.alphas[self.alphas.len() - 1] > 1e12 {
            return Err(Error::value(
                format!("the grid of α runs from {} to {}", self.alphas[0], self.alphas[self.alphas.len() - 1]),
                "regressors are z-scored, so that values outside 1e-6 to 1e12 mean nothing; narrow the grid",
            ));
        }
        Ok(())
    }
}

/// An error if a delay occurs twice.
pub(super) fn check_delays(delays: &[usize]) -> Result<()> {
    match delays.iter().enumerate().find(|(n, delay)| delays[..*n].contains(delay)) {
        None => Ok(()),
        Some((_, delay)) => Err(Error::value(
            format!("the delay of {delay} volumes occurs twice in {delays:?}"),
            "name each delay once, for example `.delays(&[1, 2, 3, 4])`",
        )),
    }
}

/// An error if a grid of penalties is empty, not ascending, or has a value that is not positive and finite; `letter` is what a penalty is called.
pub(super) fn check_grid(letter: &str, grid: &[f64], example: &str) -> Result<()> {
    let refused = |problem| {
        Err(Error::value(problem, format!("give positive numbers in ascending order, for example `{example}`")))
    };
    if grid.is_empty() {
        return refused(format!("the grid of {letter} is empty"));
    }
    if let Some((n, value)) = grid.iter().enumerate().find(|(_, value)| !(value.is_finite() && **value > 0.0)) {
        return refused(format!("{letter} number {n} of the grid is {value}"));
    }
    match grid.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(n) => refused(format!("the grid of {letter} does not ascend: {} is followed by {}", grid[n], grid[n + 1])),
        None => Ok(()),
    }
}
