//! The steps of a transformer's forward pass, each as one function on candle's tensors.
//!
//! On the CPU they are custom operations: spread over the project's pool, vectorised for the processor that is there, and
//! without copies. candle's own element-wise functions run on a pool of threads that candle keeps for itself, which a notebook's
//! worker process, being forked, would lose; nothing here starts it. On another device the same step is put together from
//! candle's operations; the tests of each file run both and compare.

mod activate;
mod attend;
mod dense;
mod math;
mod norm;
mod rotate;

pub(super) use activate::{Activation, activate, gated};
pub(super) use attend::{Heads, attend};
pub(super) use dense::{add, dense};
pub(super) use norm::{layer_norm, rms_norm};
pub(super) use rotate::{Rope, rotate};

use crate::linalg::vectorised;
use candle_core::{CpuStorage, Layout, Result, bail};
use rayon::prelude::*;
use std::cell::Cell;
use std::ops::Range;

thread_local! {
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Runs a forward pass on this thread alone, where other threads have passes of their own.
pub(super) fn alone<R>(work: impl FnOnce() -> R) -> R {
    let before = ALONE.replace(true);
    let result = work();
    ALONE.set(before);
    result
}

/// How many threads a step may use.
fn threads() -> usize {
    if ALONE.get() { 1 } else { rayon::current_num_threads() }
}

/// Calls `work` with consecutive pieces of `values`, each of whole rows of `width` elements and of some [`SPAN`] elements, and the number
/// of the first row; on the threads that the step may use.
fn over_rows(values: &mut [f32], width: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    let rows = (SPAN / width.max(1)).max(1);
    let piece = |(n, values): (usize, &mut [f32])| work(n * rows, values);
    match threads() {
        1 => values.chunks_mut(rows * width.max(1)).enumerate().for_each(piece),
        _ => values.par_chunks_mut(rows * width.max(1)).enumerate().for_each(piece),
    }
}

/// Elements that one thread takes at a time.
const SPAN: usize = 16 * 1024;

/// The elements of a contiguous f32 tensor.
fn elements<'a>(storage: &'a CpuStorage, at: &Layout) -> Result<&'a [f32]> {
    let CpuStorage::F32(values) = storage else { bail!("f32 is needed") };
    match at.contiguous_offsets() {
        Some((start, end)) => Ok(&values[start..end]),
        None => bail!("a contiguous tensor is needed"),
    }
}

fn elements_mut<'a>(storage: &'a mut CpuStorage, at: &Layout) -> Result<&'a mut [f32]> {
    let CpuStorage::F32(values) = storage else { bail!("f32 is needed") };
    match at.contiguous_offsets() {
        Some((start, end)) => Ok(&mut values[start..end]),
        None => bail!("a contiguous tensor is needed"),
    }
}

/// An f32 matrix whose rows are contiguous, but may lie apart: a part of a wider matrix' columns.
#[derive(Clone, Copy)]
struct Rows<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'a> Rows<'a> {
    fn of(storage: &'a CpuStorage, at: &Layout) -> Result<Rows<'a>> {
        let CpuStorage::F32(values) = storage else { bail!("f32 is needed") };
        let (&[rows, columns], &[stride, one]) = (at.dims(), at.stride()) else { bail!("a matrix is needed") };
        if one != 1 && columns > 1 {
            bail!("a matrix with contiguous rows is needed");
        }
        Ok(Rows { values: &values[at.start_offset()..], rows, columns, stride })
    }

    fn row(&self, row: usize) -> &'a [f32] {
        &self.values[row * self.stride..][..self.columns]
    }

    /// Some rows and columns, as faer's view.
    fn block(&self, rows: Range<usize>, columns: Range<usize>) -> faer::MatRef<'a, f32> {
        if rows.is_empty() || columns.is_empty() {
            return faer::MatRef::from_row_major_slice(&[], rows.len(), columns.len());
        }
        let from = rows.start * self.stride + columns.start;
        let to = (rows.end - 1) * self.stride + columns.end;
        faer::MatRef::from_row_major_slice_with_stride(&self.values[from..to], rows.len(), columns.len(), self.stride)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use candle_core::{Device, Tensor};
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// A matrix of numbers in ±`size`.
    pub fn noise(seed: u64, rows: usize, columns: usize, size: f32) -> Tensor {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let values: Vec<f32> = (0..rows * columns).map(|_| rng.gen_range(-size..size)).collect();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
    }

    /// Largest difference of two tensors' elements.
    pub fn apart(a: &Tensor, b: &Tensor) -> f32 {
        assert_eq!(a.dims(), b.dims());
        let values = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        values(a).iter().zip(values(b)).fold(0.0, |most, (a, b)| f32::max(most, (a - b).abs()))
    }
}
