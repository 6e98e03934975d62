//! What an encoding model found: weights, α and held-out scores for each voxel.

use super::Folds;
use super::by_voxel::ByVoxel;
use super::leaks::edge_warning;
use super::predict::Trained;
use crate::brain::{BrainMap, Mask};
use crate::error::{Error, Result};
use crate::provenance::{Origin, Provenance};
use ndarray::Array2;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A fitted encoding model: weights, α and held-out scores per voxel; clones are cheap.
#[derive(Clone, Debug)]
pub struct EncodingFit {
    /// regressor × voxel, from the fit to all rows at each voxel's α, in standard deviations of the voxel per standard deviation of the regressor.
    pub(crate) weights: ByVoxel,
    /// α of each voxel.
    pub(crate) alphas: Arc<[f32]>,
    /// The grid from which the α were chosen, ascending.
    pub(crate) grid: Arc<[f64]>,
    /// Pearson r between prediction and data on held-out runs, mean over runs.
    pub(crate) r: Arc<[f32]>,
    /// 1 − residual / total sum of squares on held-out runs, mean over runs.
    pub(crate) r2: Arc<[f32]>,
    pub(crate) mask: Mask,
    /// What the regressors are: "patterns".
    pub(crate) kind: &'static str,
    pub(crate) delays: Arc<[usize]>,
    /// What was found in each fold.
    pub(crate) held_out: Arc<HeldOut>,
    /// What a prediction of new rows needs beside the weights.
    pub(crate) trained: Arc<Trained>,
    /// Whose data: what a map's title says.
    pub(crate) whose: String,
    /// Whose data, how cleaned, which patterns, which folds: one line.
    pub(crate) about: String,
    /// The folder of the store that holds it, and whether it was fitted just now.
    pub(crate) stored: Option<(PathBuf, bool)>,
    pub(crate) origin: Origin,
}

/// What was found on the rows that each fold holds out.
#[derive(Debug)]
pub(crate) struct HeldOut {
    pub folds: Folds,
    /// fold × voxel.
    pub r: Array2<f32>,
    /// fold × voxel.
    pub r2: Array2<f32>,
    /// Time × voxel, in the voxels' units; NaN in rows that no fold holds out, and in censored ones.
    pub predicted: ByVoxel,
}

impl EncodingFit {
    /// Regressor × voxel: standard deviations of the voxel per standard deviation of the pattern (or neuron, or feature). With
    /// [`Ridge::delays`](super::Ridge::delays), all regressors at the first delay come first, then all at the second, and so on.
    ///
    /// Of a fit that is on disk they are brought into memory when first asked for; [`EncodingFit::weights_of`] reads those of some voxels.
    pub fn weights(&self) -> &Array2<f32> {
        self.weights.whole()
    }

    /// The weights of some voxels, regressor × voxel: of a fit on disk nothing else is read.
    ///
    /// # Errors
    /// If there are no such voxels.
    pub fn weights_of(&self, voxels: Range<usize>) -> Result<Array2<f32>> {
        self.check_voxels(&voxels)?;
        Ok(self.weights.columns(voxels))
    }

    /// Number of regressors and of voxels.
    pub(crate) fn dim(&self) -> (usize, usize) {
        self.weights.dim()
    }

    /// The folder of the store that holds the fit; `None` if it is in memory.
    pub fn folder(&self) -> Option<&Path> {
        self.stored.as_ref().map(|(folder, _)| folder.as_path())
    }

    fn check_voxels(&self, voxels: &Range<usize>) -> Result<()> {
        let count = self.weights.dim().1;
        if voxels.start > voxels.end || voxels.end > count {
            return Err(Error::value(
                format!("voxels {} to {} of {count}", voxels.start, voxels.end),
                "voxels are those of the mask, counted from 0",
            ));
        }
        Ok(())
    }

    /// What the regressors are: "patterns", "neurons" or "features".
    pub fn kind(&self) -> &str {
        self.kind
    }

    /// The delays of the regressors in volumes; none if the courses were taken as they are.
    pub fn delays(&self) -> &[usize] {
        &self.delays
    }

    /// α of each voxel.
    pub fn alphas(&self) -> &[f32] {
        &self.alphas
    }

    /// The grid from which α was chosen, ascending.
    pub fn grid(&self) -> &[f64] {
        &self.grid
    }

    /// Held-out Pearson r of each voxel, mean over held-out runs.
    pub fn r(&self) -> &[f32] {
        &self.r
    }

    /// Held-out R² of each voxel, 1 − Σ(y − ŷ)² / Σ(y − mean of the held-out run)², mean over held-out runs.
    pub fn r2(&self) -> &[f32] {
        &self.r2
    }

    /// The folds whose test rows were scored.
    pub fn folds(&self) -> &Folds {
        &self.held_out.folds
    }

    /// Held-out Pearson r of each fold, fold × voxel; [`EncodingFit::r`] is its mean over folds.
    pub fn fold_r(&self) -> &Array2<f32> {
        &self.held_out.r
    }

    /// Held-out R² of each fold, fold × voxel; [`EncodingFit::r2`] is its mean over folds.
    pub fn fold_r2(&self) -> &Array2<f32> {
        &self.held_out.r2
    }

    /// What was predicted for held-out rows, for some voxels: time × voxel, in the units of the series, each row by the model that was trained without its
    /// fold. Rows that no fold holds out, and censored ones, are NaN. A constant voxel is predicted at its mean.
    ///
    /// # Errors
    /// If there are no such voxels.
    pub fn predictions(&self, voxels: Range<usize>) -> Result<Array2<f32>> {
        self.check_voxels(&voxels)?;
        Ok(self.held_out.predicted.columns(voxels))
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let matrices = self.weights.bytes() + self.held_out.predicted.bytes();
        matrices + 4 * (2 * self.held_out.r.len() + 3 * self.r.len())
    }

    /// The mask whose voxels are meant.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Whose data, which patterns and which folds, as one line.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Held-out r as a map.
    pub fn score_map(&self) -> BrainMap {
        let made = Provenance::step("held-out r").input("fit", self);
        BrainMap::of(self.r.to_vec(), &self.mask, format!("Held-out r, {}", self.whose), "r").made(made)
    }

    /// Held-out R² as a map.
    pub fn r2_map(&self) -> BrainMap {
        let made = Provenance::step("held-out R²").input("fit", self);
        BrainMap::of(self.r2.to_vec(), &self.mask, format!("Held-out R², {}", self.whose), "R²").made(made)
    }

    /// One row of the weights as a map: those of a pattern, neuron or feature (at a delay, if there are delays).
    ///
    /// # Errors
    /// If there is no row of that number.
    pub fn weight_map(&self, row: usize) -> Result<BrainMap> {
        let kind = self.kind.trim_end_matches('s');
        let rows = self.weights.dim().0;
        if row >= rows {
            return Err(Error::value(format!("{kind} {row} of {rows}"), format!("{} are counted from 0", self.kind)));
        }
        let each = rows / self.delays.len().max(1);
        let delay =
            self.delays.get(row / each).map(|delay| format!(" at a delay of {delay} volumes")).unwrap_or_default();
        let label = format!("Weights of {kind} {}{delay}, {}", row % each, self.whose);
        let made = Provenance::step("weights of a regressor").option("row", row).input("fit", self);
        Ok(BrainMap::of(self.weights.row(row), &self.mask, label, "weight").made(made))
    }

    /// Number of voxels whose α is the smallest or the largest of the grid: many of them ask for a wider grid, unless they are
    /// voxels that the regressors do not predict, which want all weights near 0. Constant voxels are not counted.
    pub fn alphas_at_edge(&self) -> usize {
        let (Some(&low), Some(&high)) = (self.grid.first(), self.grid.last()) else { return 0 };
        let edge = |alpha: f32| alpha == low as f32 || alpha == high as f32;
        let constant = |voxel: usize| self.trained.units.voxels.inverse.get(voxel) == Some(&0.0);
        self.alphas.iter().enumerate().filter(|(voxel, alpha)| edge(**alpha) && !constant(*voxel)).count()
    }
}

impl EncodingFit {
    /// A warning with side and number if more than 5 % of the predicted voxels (held-out r of 0.1 and more) have the smallest or the largest α of the grid.
    pub fn grid_warning(&self) -> Option<String> {
        edge_warning(&self.alphas, &self.grid, &self.r)
    }
}

impl fmt::Display for EncodingFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut r = self.r.to_vec();
        r.sort_by(f32::total_cmp);
        let quantile = |share: f64| r.get(((r.len().saturating_sub(1)) as f64 * share).round() as usize).copied();
        write!(f, "EncodingFit: {} {} × {} voxels", self.dim().0, self.kind, self.dim().1)?;
        if let (Some(median), Some(high), Some(most)) = (quantile(0.5), quantile(0.95), quantile(1.0)) {
            write!(f, "; held-out r: median {median:.3}, 95th percentile {high:.3}, largest {most:.3}")?;
        }
        write!(f, "; α at the grid's edge in {} voxels", self.alphas_at_edge())?;
        if let Some(warning) = self.grid_warning() {
            write!(f, " (WARNING: {warning})")?;
        }
        write!(f, "; {}", self.about)?;
        match &self.stored {
            Some((folder, true)) => write!(f, "; stored in {}", folder.display()),
            Some((folder, false)) => write!(f, "; taken from the store: {}", folder.display()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
impl HeldOut {
    /// For made fits: one score per voxel, the same in two folds.
    pub(crate) fn made(r: &[f32]) -> HeldOut {
        let clock = crate::clock::Clock::new(1.0, &[4, 4]).unwrap();
        let r = Array2::from_shape_fn((2, r.len()), |(_, v)| r[v]);
        let predicted = Array2::zeros((8, r.ncols())).into();
        HeldOut { folds: Folds::runs(&clock).unwrap(), r2: &r * &r, r, predicted }
    }
}
