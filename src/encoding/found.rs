//! What blocks of voxels add up to, in memory or on disk.

use super::blocks::{locked, unlocked};
use super::by_voxel::ByVoxel;
use super::nested::Block;
use super::scaling::Scale;
use super::store::{Columns, Filling};
use crate::error::Result;
use ndarray::{Array2, s};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Mutex;

/// Where blocks go as they are found.
pub(super) enum Sink {
    Memory(Mutex<Columns>),
    Store(Box<Filling>),
}

/// All blocks.
pub(super) struct Found {
    pub weights: ByVoxel,
    pub predicted: ByVoxel,
    /// r of each fold, R² of each fold, α, mean, 1 / standard deviation × voxel.
    pub scores: Array2<f64>,
    /// The folder of the store that holds it, and whether it was there before.
    pub stored: Option<(PathBuf, bool)>,
}

impl Sink {
    pub fn memory(regressors: usize, volumes: usize, folds: usize, voxels: usize) -> Sink {
        Sink::Memory(Mutex::new(Columns {
            weights: Array2::zeros((regressors, voxels)),
            predicted: Array2::zeros((volumes, voxels)),
            scores: Array2::zeros((2 * folds + 3, voxels)),
        }))
    }

    /// Whether each block is there already; nothing if none is.
    pub fn done(&self) -> Vec<bool> {
        match self {
            Sink::Memory(_) => Vec::new(),
            Sink::Store(filling) => filling.done(),
        }
    }

    pub fn put(&self, block: usize, voxels: Range<usize>, found: &Columns) -> Result<()> {
        match self {
            Sink::Memory(all) => {
                let mut all = locked(all);
                all.weights.slice_mut(s![.., voxels.clone()]).assign(&found.weights);
                all.predicted.slice_mut(s![.., voxels.clone()]).assign(&found.predicted);
                all.scores.slice_mut(s![.., voxels]).assign(&found.scores);
                Ok(())
            }
            Sink::Store(filling) => filling.put(block, found),
        }
    }

    pub fn finish(self) -> Result<Found> {
        Ok(match self {
            Sink::Memory(all) => {
                let Columns { weights, predicted, scores } = unlocked(all);
                Found { weights: weights.into(), predicted: predicted.into(), scores, stored: None }
            }
            Sink::Store(filling) => filling.finish()?.into(),
        })
    }
}

impl From<super::store::Stored> for Found {
    fn from(stored: super::store::Stored) -> Found {
        let place = (stored.folder, !stored.fresh);
        Found { weights: stored.weights, predicted: stored.predicted, scores: stored.scores, stored: Some(place) }
    }
}

impl Found {
    /// r, R² (both fold × voxel), α, and what voxels were scaled by.
    pub fn scores(&self) -> (Array2<f32>, Array2<f32>, Vec<f32>, Scale) {
        let folds = (self.scores.nrows() - 3) / 2;
        let part = |rows: Range<usize>| self.scores.slice(s![rows, ..]).mapv(|score| score as f32);
        let row = |n: usize| self.scores.row(2 * folds + n).to_vec();
        let alphas = row(0).into_iter().map(|alpha| alpha as f32).collect();
        (part(0..folds), part(folds..2 * folds), alphas, Scale { mean: row(1), inverse: row(2) })
    }
}

/// A block as it is kept: a constant voxel has scores and weights 0 and the largest α, and is predicted at its mean.
pub(super) fn columns(block: Block, scale: &Scale, kept: &[usize], volumes: usize, alphas: &[f64]) -> Columns {
    let (folds, voxels) = block.r.dim();
    let mut weights = block.weights;
    let mut scores = Array2::zeros((2 * folds + 3, voxels));
    for voxel in 0..voxels {
        let constant = scale.inverse[voxel] == 0.0;
        if constant {
            weights.column_mut(voxel).fill(0.0);
        } else {
            scores.slice_mut(s![..folds, voxel]).assign(&block.r.column(voxel));
            scores.slice_mut(s![folds..2 * folds, voxel]).assign(&block.r2.column(voxel));
        }
        let alpha = if constant { alphas.len() - 1 } else { block.alpha[voxel] };
        scores[[2 * folds, voxel]] = alphas[alpha];
        scores[[2 * folds + 1, voxel]] = scale.mean[voxel];
        scores[[2 * folds + 2, voxel]] = scale.inverse[voxel];
    }
    let mut predicted = Array2::from_elem((volumes, voxels), f32::NAN);
    for (&row, found) in kept.iter().zip(block.predicted.rows()) {
        let out = predicted.row_mut(row);
        out.into_iter().zip(found).enumerate().for_each(|(n, (out, &value))| *out = scale.undone(n, value));
    }
    Columns { weights, predicted, scores }
}
