//! Blocks of voxels, each on one thread.

use super::nested::{Block, Nested};
use crate::error::Result;
use crate::linalg::in_pool;
use crate::notebook::Progress;
use ndarray::Array2;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Mutex;

/// What is found for each block of voxels, in their order, and what `voxels` says beside: it gives the rows × voxels of some columns.
pub(super) fn blocks<T: Send>(
    nested: &Nested,
    count: usize,
    width: usize,
    voxels: impl Fn(Range<usize>) -> (Array2<f32>, T) + Sync + Send,
) -> Result<Vec<(Block, T)>> {
    let progress = Mutex::new(Progress::new("voxels", count as u64));
    in_pool(|| {
        (0..count.div_ceil(width))
            .into_par_iter()
            .map(|block| {
                let columns = block * width..((block + 1) * width).min(count);
                let (y, beside) = voxels(columns.clone());
                let fitted = nested.fit(y.view())?;
                // A poisoned lock only means that another block failed, which is reported by itself.
                progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).advance(columns.len() as u64);
                Ok((fitted, beside))
            })
            .collect()
    })
}

/// Voxels of a block for regressors of this size: a matrix of component × voxel stays near a core, and products have some width.
pub(super) fn width(rows: usize, regressors: usize) -> usize {
    (262_144 / rows.min(regressors).max(1)).clamp(256, 1024)
}
