//! Blocks of voxels, each on one thread.

use super::Sharing;
use super::nested::{Block, Nested, Shared};
use crate::brain::VOXELS_OF_A_BLOCK;
use crate::error::Result;
use crate::linalg::in_pool;
use crate::notebook::Progress;
use ndarray::{Array2, Array3};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

/// Fits all voxels, a block at a time.
///
/// `voxels` gives the kept rows of some columns, and what it says of them beside; `take` gets what was found for them, in any order of
/// blocks, with the block's number. Where voxels share α, all are read twice: for their votes, and for the fit. Blocks that are `done` are left out.
pub(super) fn fit<T: Send>(
    nested: &Nested,
    sharing: &Sharing,
    count: usize,
    width: usize,
    done: &[bool],
    voxels: impl Fn(Range<usize>) -> Result<(Array2<f32>, T)> + Sync + Send,
    take: impl Fn(usize, Range<usize>, Block, T) -> Result<()> + Sync + Send,
) -> Result<()> {
    let missing: Vec<usize> = (0..count.div_ceil(width)).filter(|block| done.get(*block) != Some(&true)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let shared = match sharing.groups(count)? {
        None => None,
        Some((groups, number)) => {
            let votes = each("votes of voxels", count, width, |columns| {
                nested.votes(voxels(columns.clone())?.0.view(), &groups[columns], number)
            })?;
            let total = votes.into_iter().reduce(|sum: Array3<f64>, votes| sum + votes).unwrap_or_default();
            Some((Shared::elected(&total), groups))
        }
    };
    let what = match missing.len() == count.div_ceil(width) {
        true => "voxels",
        false => "remaining voxels",
    };
    some(what, &missing, count, width, |block, columns| {
        let (y, beside) = voxels(columns.clone())?;
        let shared = shared.as_ref().map(|(shared, groups)| (shared, &groups[columns.clone()]));
        take(block, columns, nested.fit(y.view(), shared)?, beside)
    })?;
    Ok(())
}

/// Does `work` for each block of `width` voxels, and gives what it found in the blocks' order.
pub(super) fn each<T: Send>(
    what: &str,
    count: usize,
    width: usize,
    work: impl Fn(Range<usize>) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    let every: Vec<usize> = (0..count.div_ceil(width)).collect();
    some(what, &every, count, width, |_, columns| work(columns))
}

/// The same for some of the blocks; `work` is also told the block's number.
fn some<T: Send>(
    what: &str,
    blocks: &[usize],
    count: usize,
    width: usize,
    work: impl Fn(usize, Range<usize>) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    let columns = |block: usize| block * width..((block + 1) * width).min(count);
    let voxels: usize = blocks.iter().map(|block| columns(*block).len()).sum();
    let progress = Mutex::new(Progress::new(what, voxels as u64));
    in_pool(|| {
        blocks
            .into_par_iter()
            .map(|&block| {
                let found = work(block, columns(block))?;
                locked(&progress).advance(columns(block).len() as u64);
                Ok(found)
            })
            .collect()
    })
}

/// What a lock guards; a poisoned one only means that another block failed, which is reported by itself.
pub(super) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What a lock guarded.
pub(super) fn unlocked<T>(lock: Mutex<T>) -> T {
    lock.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Voxels of a block for regressors of this size: a matrix of component × voxel stays near a core, and products have some width. A multiple of the
/// voxels that lie together in a file.
pub(super) fn width(rows: usize, regressors: usize) -> usize {
    ((262_144 / rows.min(regressors).max(1)).clamp(256, 1024)) / VOXELS_OF_A_BLOCK * VOXELS_OF_A_BLOCK
}
