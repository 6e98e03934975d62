//! Rotary position embedding, RoPE (Su et al. 2021, arXiv 2104.09864), as Llama has it.
//!
//! Dimensions j and j + d/2 of a head are turned together by position · θⱼ. Positions begin at 0 in each window.

use super::{Rows, over_rows, vectorised};
use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};
use std::ops::Range;
use std::sync::Arc;

/// Cosines and sines of position · θⱼ, position × d/2.
pub(in crate::model) struct Rope {
    half: usize,
    cos: Arc<[f32]>,
    sin: Arc<[f32]>,
}

impl Rope {
    /// For positions below `positions`, with the frequencies θ.
    pub(in crate::model) fn new(frequencies: &[f32], positions: usize) -> Rope {
        // In f32, as transformers: position · θ is rounded before its cosine is taken.
        let angle = |n: usize| (n / frequencies.len()) as f32 * frequencies[n % frequencies.len()];
        let all = 0..positions * frequencies.len();
        Rope {
            half: frequencies.len(),
            cos: all.clone().map(|n| angle(n).cos()).collect(),
            sin: all.map(|n| angle(n).sin()).collect(),
        }
    }
}

/// Turns each head of x (token × heads·d) by its token's position within its window.
pub(in crate::model) fn rotate(x: &Tensor, rope: &Rope, windows: &[Range<usize>]) -> Result<Tensor> {
    match x.device().is_cpu() {
        true => x.apply_op1_no_bwd(&Rotate { rope, windows }),
        false => by_candle(x, rope, windows),
    }
}

fn by_candle(x: &Tensor, rope: &Rope, windows: &[Range<usize>]) -> Result<Tensor> {
    let (tokens, columns) = x.dims2()?;
    let positions = windows.iter().flat_map(|w| 0..w.len());
    let table = |values: &[f32]| {
        let rows = positions.clone().flat_map(|p| values[p * rope.half..][..rope.half].to_vec()).collect::<Vec<f32>>();
        Tensor::from_vec(rows, (tokens, 1, rope.half), &Device::Cpu)?.to_device(x.device())
    };
    let (cos, sin) = (table(&rope.cos)?, table(&rope.sin)?);
    let x = x.contiguous()?.reshape((tokens, columns / (2 * rope.half), 2 * rope.half))?;
    let (a, b) = (x.narrow(2, 0, rope.half)?, x.narrow(2, rope.half, rope.half)?);
    let first = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
    let second = (b.broadcast_mul(&cos)? + a.broadcast_mul(&sin)?)?;
    Tensor::cat(&[first, second], 2)?.reshape((tokens, columns))
}

struct Rotate<'a> {
    rope: &'a Rope,
    windows: &'a [Range<usize>],
}

impl CustomOp1 for Rotate<'_> {
    fn name(&self) -> &'static str {
        "rotate"
    }

    fn cpu_fwd(&self, x: &CpuStorage, at: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = Rows::of(x, at)?;
        let half = self.rope.half;
        let longest = self.windows.iter().map(Range::len).max().unwrap_or(0);
        if !x.columns.is_multiple_of(2 * half) || longest * half > self.rope.cos.len() {
            bail!("{} columns and windows of {longest} tokens, turned by a table of {half}", x.columns);
        }
        let positions: Vec<usize> = self.windows.iter().flat_map(|w| 0..w.len()).collect();
        let mut y = vec![0.0; x.rows * x.columns];
        over_rows(&mut y, x.columns, |first, y| {
            vectorised(
                #[inline(always)]
                || {
                    for (n, y) in y.chunks_mut(x.columns.max(1)).enumerate() {
                        let position = positions[first + n];
                        let cos = &self.rope.cos[position * half..][..half];
                        let sin = &self.rope.sin[position * half..][..half];
                        for (x, y) in x.row(first + n).chunks_exact(2 * half).zip(y.chunks_exact_mut(2 * half)) {
                            let (a, b) = x.split_at(half);
                            let (first, second) = y.split_at_mut(half);
                            for j in 0..half {
                                first[j] = a[j] * cos[j] - b[j] * sin[j];
                                second[j] = b[j] * cos[j] + a[j] * sin[j];
                            }
                        }
                    }
                },
            );
        });
        Ok((CpuStorage::F32(y), Shape::from((x.rows, x.columns))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{apart, noise};
    use super::*;

    #[test]
    fn turning_is_that_of_candle_and_begins_anew_in_each_window() {
        let rope = Rope::new(&[1.0, 0.1, 0.01], 20);
        let x = noise(1, 30, 26, 1.0).narrow(1, 1, 24).unwrap();
        let turned = rotate(&x, &rope, &[0..18, 18..30]).unwrap();
        assert!(apart(&turned, &by_candle(&x, &rope, &[0..18, 18..30]).unwrap()) < 1e-6);
        assert!(apart(&turned.narrow(0, 18, 1).unwrap(), &x.narrow(0, 18, 1).unwrap()) == 0.0);
        let whole: Vec<Range<usize>> = std::iter::once(0..30).collect();
        assert!(rotate(&x, &rope, &whole).is_err(), "30 tokens and 20 positions");
    }
}
