//! Where a forward pass is read and changed: one line for each site in a model's file, `tap.at(site, layer, tensor)?`.

use super::{Site, intervention::Change};
use crate::model::ops::Heads;
use candle_core::{CpuStorage, Device, Result, Storage, Tensor, bail};
use ndarray::{ArrayView1, ArrayViewMut2, s};
use std::ops::Range;

/// Some windows of text that go through the model together, one after the other as rows of one matrix.
pub(super) struct Batch {
    /// Token ids, those that frame each text included.
    pub(super) ids: Vec<u32>,
    /// The rows of each window.
    pub(super) windows: Vec<Range<usize>>,
}

/// Reads wanted sites as their tensors pass by, and changes those units that an intervention names.
pub(super) struct Tap<'a> {
    wanted: &'a [Site],
    changes: &'a [Change],
    /// Rows that are read: the text without its frame.
    rows: Vec<usize>,
    /// Where the values of each wanted site go, rows × (layers · units).
    into: Vec<ArrayViewMut2<'a, f32>>,
}

impl<'a> Tap<'a> {
    /// Reads `rows` at each wanted site into that site's matrix, rows × units over all layers.
    pub(super) fn new(
        wanted: &'a [Site],
        into: Vec<ArrayViewMut2<'a, f32>>,
        changes: &'a [Change],
        rows: Vec<usize>,
    ) -> Tap<'a> {
        Tap { wanted, changes, rows, into }
    }

    /// The tensor (token × unit) of a site: changed where an intervention asks for it, then read where it is wanted.
    pub(super) fn at(&mut self, site: Site, layer: usize, tensor: Tensor) -> Result<Tensor> {
        let tensor = changed(tensor, self.changes.iter().filter(|c| c.site == site && c.layer == layer))?;
        if let Some(n) = self.wanted.iter().position(|wanted| *wanted == site) {
            let width = tensor.dim(1)?;
            let mut into = self.into[n].slice_mut(s![.., layer * width..(layer + 1) * width]);
            with_rows(&tensor, |values, stride| {
                for (mut to, row) in into.rows_mut().into_iter().zip(&self.rows) {
                    to.assign(&ArrayView1::from(&values[row * stride..][..width]));
                }
            })?;
        }
        Ok(tensor)
    }

    /// The query, by way of [`Site::AttnQk`]: what is zeroed or scaled of the product is zeroed or scaled in the query, and the product with
    /// the mean key of each window is read.
    pub(super) fn at_product(
        &mut self,
        layer: usize,
        query: Tensor,
        key: &Tensor,
        heads: Heads,
        batch: &Batch,
    ) -> Result<Tensor> {
        let query = changed(query, self.changes.iter().filter(|c| c.site == Site::AttnQk && c.layer == layer))?;
        if let Some(n) = self.wanted.iter().position(|wanted| *wanted == Site::AttnQk) {
            let width = query.dim(1)?;
            let means = window_means(key, &batch.windows)?;
            let into = self.into[n].slice_mut(s![.., layer * width..(layer + 1) * width]);
            with_rows(&query, |values, stride| products(into, values, stride, &self.rows, &means, heads, batch))?;
        }
        Ok(query)
    }
}

/// q[i]·k̄ of each row that is read, head by head.
fn products(
    mut into: ArrayViewMut2<f32>,
    values: &[f32],
    stride: usize,
    rows: &[usize],
    means: &[Vec<f32>],
    heads: Heads,
    batch: &Batch,
) {
    for (mut to, row) in into.rows_mut().into_iter().zip(rows) {
        let window = batch.windows.partition_point(|window| window.end <= *row);
        for (unit, (to, from)) in to.iter_mut().zip(&values[row * stride..]).enumerate() {
            let (head, dimension) = (unit / heads.width, unit % heads.width);
            *to = from * means[window][heads.key_of(head) * heads.width + dimension];
        }
    }
}

/// The mean row of each window, summed in f64.
fn window_means(key: &Tensor, windows: &[Range<usize>]) -> Result<Vec<Vec<f32>>> {
    let width = key.dim(1)?;
    with_rows(key, |values, stride| {
        let mean = |window: &Range<usize>| {
            let mut sums = vec![0.0_f64; width];
            for row in window.clone() {
                sums.iter_mut().zip(&values[row * stride..]).for_each(|(sum, v)| *sum += f64::from(*v));
            }
            sums.into_iter().map(|sum| (sum / window.len() as f64) as f32).collect()
        };
        windows.iter().map(mean).collect()
    })
}

/// Gives a matrix' elements and the distance of its rows; a tensor of another device is copied first.
fn with_rows<R>(tensor: &Tensor, work: impl FnOnce(&[f32], usize) -> R) -> Result<R> {
    let tensor = tensor.to_device(&Device::Cpu)?;
    let (storage, layout) = tensor.storage_and_layout();
    let Storage::Cpu(CpuStorage::F32(values)) = &*storage else { bail!("f32 is needed") };
    let (&[stride, 1], 2) = (layout.stride(), layout.dims().len()) else { bail!("contiguous rows are needed") };
    Ok(work(&values[layout.start_offset()..], stride))
}

fn changed<'a>(tensor: Tensor, changes: impl Iterator<Item = &'a Change>) -> Result<Tensor> {
    let mut changes = changes.peekable();
    if changes.peek().is_none() {
        return Ok(tensor);
    }
    let (tokens, width) = tensor.dims2()?;
    let mut values = tensor.contiguous()?.flatten_all()?.to_vec1::<f32>()?;
    for change in changes {
        for (column, effect) in &change.units {
            values.iter_mut().skip(*column).step_by(width).for_each(|v| *v = effect.of(*v));
        }
    }
    Tensor::from_vec(values, (tokens, width), tensor.device())
}
