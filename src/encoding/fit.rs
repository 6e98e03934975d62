//! What an encoding model found: weights, α and held-out scores for each voxel.

use crate::brain::{BrainMap, Mask};
use crate::error::Result;
use ndarray::Array2;
use std::sync::Arc;

/// A fitted encoding model: weights, α and held-out scores per voxel; clones are cheap.
#[derive(Clone, Debug)]
pub struct EncodingFit {
    /// pattern × voxel, from the fit to all runs at each voxel's α.
    pub(crate) weights: Arc<Array2<f32>>,
    /// α of each voxel.
    pub(crate) alphas: Arc<[f32]>,
    /// The grid from which the α were chosen, ascending.
    pub(crate) grid: Arc<[f64]>,
    /// Pearson r between prediction and data on held-out runs, mean over runs.
    pub(crate) r: Arc<[f32]>,
    /// 1 − residual / total sum of squares on held-out runs, mean over runs.
    pub(crate) r2: Arc<[f32]>,
    pub(crate) mask: Mask,
    /// Whose data, which patterns, which folds: one line.
    pub(crate) about: String,
}

impl EncodingFit {
    /// Pattern × voxel.
    pub fn weights(&self) -> &Array2<f32> {
        &self.weights
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

    /// Held-out R² of each voxel, mean over held-out runs.
    pub fn r2(&self) -> &[f32] {
        &self.r2
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
    pub fn score_map(&self) -> Result<BrainMap> {
        BrainMap::new(self.r.to_vec(), &self.mask, format!("held-out r, {}", self.about), "r")
    }

    /// The weights of one pattern as a map.
    ///
    /// # Errors
    /// If there is no pattern of that number.
    pub fn weight_map(&self, pattern: usize) -> Result<BrainMap> {
        if pattern >= self.weights.nrows() {
            return Err(crate::error::Error::value(
                format!("pattern {pattern} of {}", self.weights.nrows()),
                "patterns are counted from 0",
            ));
        }
        let label = format!("weights of pattern {pattern}, {}", self.about);
        BrainMap::new(self.weights.row(pattern).to_vec(), &self.mask, label, "weight")
    }
}
