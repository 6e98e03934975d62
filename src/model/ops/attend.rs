//! Multi-head attention, softmax(q·kᵀ/√d)·v in each head (Vaswani et al. 2017), over windows that lie one after the other in one
//! matrix: no token of a window sees another window, and nothing is filled up to a common length.

use super::dense::multiply_alone;
use super::math::exp;
use super::{Rows, threads, vectorised};
use candle_core::{CpuStorage, CustomOp3, D, Device, Layout, Result, Shape, Tensor, bail};
use faer::{Accum, MatMut, Par};
use rayon::prelude::*;
use std::ops::Range;

/// The heads of an attention layer.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Heads {
    /// Heads of queries.
    pub(in crate::model) queries: usize,
    /// Heads of keys and values; each serves queries / keys heads.
    pub(in crate::model) keys: usize,
    /// Dimensions of a head.
    pub(in crate::model) width: usize,
    /// Whether a token sees only itself and what stands before it.
    pub(in crate::model) causal: bool,
}

impl Heads {
    fn scale(&self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }

    /// The head of keys that serves a head of queries.
    pub(in crate::model) fn key_of(&self, query: usize) -> usize {
        query / (self.queries / self.keys)
    }
}

/// What each head gathers for each token, token × heads·width.
pub(in crate::model) fn attend(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    heads: Heads,
    windows: &[Range<usize>],
) -> Result<Tensor> {
    match query.device().is_cpu() {
        true => query.apply_op3_no_bwd(key, value, &Attend { heads, windows }),
        false => by_candle(query, key, value, heads, windows),
    }
}

fn by_candle(q: &Tensor, k: &Tensor, v: &Tensor, heads: Heads, windows: &[Range<usize>]) -> Result<Tensor> {
    let each = heads.queries / heads.keys;
    let gathered = windows.iter().map(|window| {
        let tokens = window.len();
        // token × heads·width → head × token × width
        let by_head = |x: &Tensor, count: usize| {
            let x = x.narrow(0, window.start, tokens)?.contiguous()?;
            x.reshape((tokens, count, heads.width))?.transpose(0, 1)?.contiguous()
        };
        // Each head of keys, as often as it has heads of queries.
        let repeated = |x: &Tensor| {
            let x = by_head(x, heads.keys)?.unsqueeze(1)?.broadcast_as((heads.keys, each, tokens, heads.width))?;
            x.contiguous()?.reshape((heads.queries, tokens, heads.width))
        };
        let scores = by_head(q, heads.queries)?.matmul(&repeated(k)?.transpose(D::Minus2, D::Minus1)?.contiguous()?)?;
        let mut scores = (scores * f64::from(heads.scale()))?;
        if heads.causal {
            let hidden = (0..tokens * tokens).map(|n| if n % tokens > n / tokens { f32::NEG_INFINITY } else { 0.0 });
            let hidden = Tensor::from_vec(hidden.collect(), (tokens, tokens), &Device::Cpu)?.to_device(q.device())?;
            scores = scores.broadcast_add(&hidden)?;
        }
        let weights = candle_nn::ops::softmax(&scores, D::Minus1)?;
        let z = weights.matmul(&repeated(v)?)?.transpose(0, 1)?.contiguous()?;
        z.reshape((tokens, heads.queries * heads.width))
    });
    Tensor::cat(&gathered.collect::<Result<Vec<_>>>()?, 0)
}

/// Queries that are worked on together: their scores should stay in a core's cache.
const BLOCK: usize = 64;

struct Attend<'a> {
    heads: Heads,
    windows: &'a [Range<usize>],
}

/// Some consecutive queries of one window.
struct Part<'a> {
    rows: Range<usize>,
    keys: Range<usize>,
    z: &'a mut [f32],
}

impl Attend<'_> {
    fn parts<'a>(&self, mut z: &'a mut [f32]) -> Vec<Part<'a>> {
        let columns = self.heads.queries * self.heads.width;
        let mut parts = Vec::new();
        for window in self.windows {
            for start in window.clone().step_by(BLOCK) {
                let rows = start..(start + BLOCK).min(window.end);
                let keys = window.start..if self.heads.causal { rows.end } else { window.end };
                let (mine, rest) = std::mem::take(&mut z).split_at_mut(rows.len() * columns);
                z = rest;
                parts.push(Part { rows, keys, z: mine });
            }
        }
        parts
    }

    fn gather(&self, part: Part, q: Rows, k: Rows, v: Rows, scores: &mut Vec<f32>) {
        let Heads { queries, width, causal, .. } = self.heads;
        let (count, seen) = (part.rows.len(), part.keys.len());
        scores.resize(count * seen, 0.0);
        let mut sums = [0.0; BLOCK];
        for head in 0..queries {
            let columns = head * width..(head + 1) * width;
            let key = self.heads.key_of(head);
            let key = key * width..(key + 1) * width;
            faer::linalg::matmul::matmul(
                MatMut::from_row_major_slice_mut(scores, count, seen),
                Accum::Replace,
                q.block(part.rows.clone(), columns.clone()),
                k.block(part.keys.clone(), key.clone()).transpose(),
                self.heads.scale(),
                Par::Seq,
            );
            vectorised(
                #[inline(always)]
                || {
                    for ((n, row), sum) in scores.chunks_exact_mut(seen).enumerate().zip(&mut sums) {
                        let visible = if causal { part.rows.start + n + 1 - part.keys.start } else { seen };
                        let (row, hidden) = row.split_at_mut(visible);
                        *sum = exponentials(row);
                        hidden.fill(0.0);
                    }
                },
            );
            // Transposed, as faer 0.24 takes strides of rows for strides of columns. Row n of a head's z begins at n · queries · width + head · width.
            let from = columns.start;
            let to = (count - 1) * queries * width + columns.end;
            multiply_alone(
                MatMut::from_column_major_slice_with_stride_mut(&mut part.z[from..to], width, count, queries * width)
                    .transpose_mut(),
                Accum::Replace,
                faer::MatRef::from_row_major_slice(scores, count, seen),
                v.block(part.keys.clone(), key),
            );
            vectorised(
                #[inline(always)]
                || {
                    for (row, sum) in part.z.chunks_exact_mut(queries * width).zip(&sums) {
                        let one_over = 1.0 / sum;
                        for z in &mut row[columns.clone()] {
                            *z *= one_over;
                        }
                    }
                },
            );
        }
    }
}

/// Turns scores into e^(score − largest), and gives their sum.
#[inline(always)]
fn exponentials(row: &mut [f32]) -> f32 {
    const LANES: usize = 16;
    let mut largest = [f32::NEG_INFINITY; LANES];
    let mut chunks = row.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (m, x) in largest.iter_mut().zip(chunk) {
            *m = if *x > *m { *x } else { *m };
        }
    }
    let rest = chunks.remainder().iter().copied();
    let largest = largest.into_iter().chain(rest).fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0_f32; LANES];
    let mut chunks = row.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        for (x, sum) in chunk.iter_mut().zip(&mut sums) {
            *x = exp(*x - largest);
            *sum += *x;
        }
    }
    let mut rest = 0.0;
    for x in chunks.into_remainder() {
        *x = exp(*x - largest);
        rest += *x;
    }
    rest + sums.iter().sum::<f32>()
}

impl CustomOp3 for Attend<'_> {
    fn name(&self) -> &'static str {
        "attend"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_at: &Layout,
        k: &CpuStorage,
        k_at: &Layout,
        v: &CpuStorage,
        v_at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (q, k, v) = (Rows::of(q, q_at)?, Rows::of(k, k_at)?, Rows::of(v, v_at)?);
        let Heads { queries, keys, width, .. } = self.heads;
        let tokens: usize = self.windows.iter().map(Range::len).sum();
        if [q.rows, k.rows, v.rows] != [tokens; 3]
            || [q.columns, k.columns, v.columns] != [queries, keys, keys].map(|n| n * width)
        {
            bail!(
                "{} × {} queries, {} × {} keys for {tokens} tokens and {:?}",
                q.rows,
                q.columns,
                k.rows,
                k.columns,
                self.heads
            );
        }
        let mut z = vec![0.0; tokens * q.columns];
        let parts = self.parts(&mut z);
        match threads() {
            1 => {
                let mut scores = Vec::new();
                parts.into_iter().for_each(|part| self.gather(part, q, k, v, &mut scores));
            }
            _ => parts.into_par_iter().for_each_init(Vec::new, |scores, part| self.gather(part, q, k, v, scores)),
        }
        Ok((CpuStorage::F32(z), Shape::from((tokens, q.columns))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{apart, noise};
    use super::*;

    #[test]
    fn attention_is_that_of_candle_window_by_window() {
        for (queries, keys, width, causal) in [(4, 4, 8, false), (6, 2, 5, true), (1, 1, 64, true), (9, 3, 16, false)] {
            let windows = [0..1, 1..150, 150..214];
            let qkv = noise(1, 214, (queries + 2 * keys) * width, 2.0);
            let q = qkv.narrow(1, 0, queries * width).unwrap();
            let k = qkv.narrow(1, queries * width, keys * width).unwrap();
            let v = qkv.narrow(1, (queries + keys) * width, keys * width).unwrap();
            let heads = Heads { queries, keys, width, causal };
            let ours = attend(&q, &k, &v, heads, &windows).unwrap();
            let off = apart(&ours, &by_candle(&q, &k, &v, heads, &windows).unwrap());
            assert!(off < 1e-5, "{heads:?}: {off}");
        }
    }

    #[test]
    fn exponentials_have_the_sum_and_the_ratios_of_the_standard_library() {
        for width in [1, 3, 16, 37] {
            let before: Vec<f32> = (0..width).map(|i| (i * 7 % 11) as f32 - 300.0).collect();
            let mut row = before.clone();
            let sum = exponentials(&mut row);
            assert!((row.iter().sum::<f32>() / sum - 1.0).abs() < 1e-6);
            for (p, x) in row.iter().zip(&before) {
                assert!((p / row[0] / (x - before[0]).exp() - 1.0).abs() < 1e-5);
            }
        }
    }
}
