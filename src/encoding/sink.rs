//! Where blocks of voxels go as they are fitted: into memory, or to disk.

use super::blocks::{locked, unlocked};
use super::by_voxel::ByVoxel;
use super::encode::Found;
use super::nested::Block;
use super::scaling::Scale;
use super::store::{Columns, Filling, Stored};
use super::{Folds, Ridge};
use crate::error::Result;
use ndarray::{Array2, Axis, concatenate, s};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Mutex;

pub(super) enum Sink {
    Memory(Box<Mutex<Found>>),
    Store(Box<Filling>),
}

/// All that was found for all voxels.
pub(super) struct Whole {
    pub weights: ByVoxel,
    pub predicted: ByVoxel,
    pub r: Array2<f32>,
    pub r2: Array2<f32>,
    pub alphas: Vec<f32>,
    pub scale: Scale,
    /// The folder of the store that holds it, and whether it was fitted just now.
    pub stored: Option<(PathBuf, bool)>,
}

/// A block of voxels with what it was scaled by, over the kept rows and over those that weights come from.
pub(super) struct Fitted {
    pub block: Block,
    pub scales: [Scale; 2],
}

impl Sink {
    /// Whether each block is there already; nothing if none is.
    pub fn done(&self) -> Vec<bool> {
        match self {
            Sink::Memory(_) => Vec::new(),
            Sink::Store(filling) => filling.done(),
        }
    }

    pub fn put(
        &self,
        number: usize,
        voxels: Range<usize>,
        fitted: Fitted,
        kept: &[usize],
        folds: &Folds,
        ridge: &Ridge,
    ) -> Result<()> {
        let Fitted { block, scales: [scale, trained] } = fitted;
        match self {
            Sink::Memory(all) => {
                locked(all).take(voxels, block, [&scale, &trained], kept, &ridge.alphas);
                Ok(())
            }
            Sink::Store(filling) => {
                let count = voxels.len();
                let mut one = Found::new(block.weights.nrows(), count, folds);
                one.take(0..count, block, [&scale, &trained], kept, &ridge.alphas);
                filling.put(number, &columns(one))
            }
        }
    }

    pub fn finish(self) -> Result<Whole> {
        Ok(match self {
            Sink::Memory(all) => unlocked(*all).into(),
            Sink::Store(filling) => filling.finish()?.into(),
        })
    }
}

/// As it is kept on disk.
fn columns(found: Found) -> Columns {
    let row = |values: Vec<f64>| Array2::from_shape_fn((1, values.len()), |(_, v)| values[v]);
    let alphas = row(found.alphas.iter().map(|alpha| f64::from(*alpha)).collect());
    let (r, r2) = (found.r.mapv(f64::from), found.r2.mapv(f64::from));
    let parts = [r, r2, alphas, row(found.scale.mean), row(found.scale.inverse)];
    let views: Vec<_> = parts.iter().map(Array2::view).collect();
    // All have a column for each voxel.
    let scores = concatenate(Axis(0), &views).unwrap_or_default();
    Columns { weights: found.weights, predicted: found.predicted, scores }
}

impl From<Found> for Whole {
    fn from(found: Found) -> Whole {
        let Found { weights, alphas, r, r2, predicted, scale } = found;
        Whole { weights: weights.into(), predicted: predicted.into(), r, r2, alphas, scale, stored: None }
    }
}

impl From<Stored> for Whole {
    fn from(stored: Stored) -> Whole {
        let scores = stored.scores;
        let folds = (scores.nrows() - 3) / 2;
        let part = |rows: Range<usize>| scores.slice(s![rows, ..]).mapv(|score| score as f32);
        let row = |n: usize| scores.row(2 * folds + n).to_vec();
        Whole {
            weights: stored.weights,
            predicted: stored.predicted,
            r: part(0..folds),
            r2: part(folds..2 * folds),
            alphas: row(0).into_iter().map(|alpha| alpha as f32).collect(),
            scale: Scale { mean: row(1), inverse: row(2) },
            stored: Some((stored.folder, stored.fresh)),
        }
    }
}
