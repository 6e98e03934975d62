//! A digest of a series' values that does not depend on where they lie, nor on the order in which they are written.

use super::{Mask, WIDTH};
use crate::clock::Clock;
use crate::error::Result;
use crate::hex::hex;
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use crate::store::bytes;
use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::ops::Range;

/// SHA-256 of one run in a block of voxels.
pub(super) fn of_block(values: ArrayView2<f32>) -> [u8; 32] {
    let values = values.as_standard_layout();
    Sha256::digest(bytes(values.as_slice().unwrap_or(&[]))).into()
}

/// The digest of a series from those of its blocks, which are given run by run for each block of voxels.
pub(super) fn of_series(clock: &Clock, mask: &Mask, kept: &[bool], blocks: &[Vec<[u8; 32]>]) -> String {
    let mut digest = Sha256::new();
    digest.update(b"neurocell voxels");
    digest.update(clock.tr().to_bits().to_le_bytes());
    digest.update((clock.runs() as u64).to_le_bytes());
    (0..clock.runs()).for_each(|run| digest.update((clock.volumes(run) as u64).to_le_bytes()));
    mask.shape().iter().for_each(|n| digest.update((*n as u64).to_le_bytes()));
    mask.affine().0.iter().flatten().for_each(|v| digest.update(v.to_bits().to_le_bytes()));
    mask.voxels().iter().for_each(|voxel| digest.update(voxel.to_le_bytes()));
    kept.iter().for_each(|kept| digest.update([u8::from(*kept)]));
    blocks.iter().flatten().for_each(|block| digest.update(block));
    hex(digest)
}

/// The digest of a series whose columns are read some at a time.
pub(crate) fn digest(
    clock: &Clock,
    mask: &Mask,
    kept: &[bool],
    columns: impl Fn(Range<usize>) -> Result<Array2<f32>> + Sync + Send,
) -> Result<String> {
    let count = mask.count();
    let blocks: Result<Vec<Vec<[u8; 32]>>> = in_pool(|| {
        (0..count.div_ceil(WIDTH))
            .into_par_iter()
            .map(|block| {
                check_cancelled("the digest of a series")?;
                let values = columns(block * WIDTH..((block + 1) * WIDTH).min(count))?;
                Ok((0..clock.runs()).map(|run| of_block(values.slice(s![clock.rows(run), ..]))).collect())
            })
            .collect()
    });
    Ok(of_series(clock, mask, kept, &blocks?))
}
