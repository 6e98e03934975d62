//! LayerNorm (Ba et al. 2016) and RMSNorm (Zhang and Sennrich 2019) of each token.

use super::{Rows, elements, over_rows, vectorised};
use candle_core::{CpuStorage, CustomOp2, CustomOp3, D, Layout, Result, Shape, Tensor, bail};
use candle_nn::{LayerNorm, RmsNorm};

/// (x − mean) / √(variance + ε) · weight + bias, of each row.
pub(in crate::model) fn layer_norm(norm: &LayerNorm, x: &Tensor) -> Result<Tensor> {
    let Some(bias) = norm.bias() else { bail!("a LayerNorm has a bias") };
    match x.device().is_cpu() {
        true => x.apply_op3_no_bwd(norm.weight(), bias, &Norm(norm.eps() as f32)),
        false => layer_norm_by_candle(x, norm.weight(), bias, norm.eps()),
    }
}

fn layer_norm_by_candle(x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f64) -> Result<Tensor> {
    let x = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = x.sqr()?.mean_keepdim(D::Minus1)?;
    x.broadcast_div(&(variance + epsilon)?.sqrt()?)?.broadcast_mul(weight)?.broadcast_add(bias)
}

/// x / √(mean of squares + ε) · weight, of each row.
pub(in crate::model) fn rms_norm(norm: &RmsNorm, x: &Tensor) -> Result<Tensor> {
    match x.device().is_cpu() {
        true => x.apply_op2_no_bwd(norm.weight(), &Norm(norm.eps() as f32)),
        false => rms_norm_by_candle(x, norm.weight(), norm.eps()),
    }
}

fn rms_norm_by_candle(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    let mean = x.sqr()?.mean_keepdim(D::Minus1)?;
    x.broadcast_div(&(mean + epsilon)?.sqrt()?)?.broadcast_mul(weight)
}

/// With the ε under the root.
struct Norm(f32);

impl Norm {
    #[inline(always)]
    fn each(&self, x: Rows, row: impl Fn(&[f32], &mut [f32]) + Sync) -> (CpuStorage, Shape) {
        let mut y = vec![0.0; x.rows * x.columns];
        over_rows(&mut y, x.columns, |first, y| {
            vectorised(
                #[inline(always)]
                || {
                    for (n, y) in y.chunks_mut(x.columns.max(1)).enumerate() {
                        row(x.row(first + n), y);
                    }
                },
            );
        });
        (CpuStorage::F32(y), Shape::from((x.rows, x.columns)))
    }
}

impl CustomOp3 for Norm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_at: &Layout,
        weight: &CpuStorage,
        weight_at: &Layout,
        bias: &CpuStorage,
        bias_at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weight, bias) = (Rows::of(x, x_at)?, elements(weight, weight_at)?, elements(bias, bias_at)?);
        if weight.len() != x.columns || bias.len() != x.columns {
            bail!("rows of {}, weights of {} and {}", x.columns, weight.len(), bias.len());
        }
        let epsilon = self.0;
        Ok(self.each(
            x,
            #[inline(always)]
            |x, y| {
                let mean = sum(
                    x,
                    #[inline(always)]
                    |v| v,
                ) / x.len() as f32;
                let variance = sum(
                    x,
                    #[inline(always)]
                    |v| (v - mean) * (v - mean),
                ) / x.len() as f32;
                let scale = 1.0 / (variance + epsilon).sqrt();
                for ((y, x), (weight, bias)) in y.iter_mut().zip(x).zip(weight.iter().zip(bias)) {
                    *y = (x - mean) * scale * weight + bias;
                }
            },
        ))
    }
}

impl CustomOp2 for Norm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(&self, x: &CpuStorage, x_at: &Layout, w: &CpuStorage, w_at: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, weight) = (Rows::of(x, x_at)?, elements(w, w_at)?);
        if weight.len() != x.columns {
            bail!("rows of {}, weights of {}", x.columns, weight.len());
        }
        let epsilon = self.0;
        Ok(self.each(
            x,
            #[inline(always)]
            |x, y| {
                let scale = 1.0
                    / (sum(
                        x,
                        #[inline(always)]
                        |v| v * v,
                    ) / x.len() as f32
                        + epsilon)
                        .sqrt();
                for ((y, x), weight) in y.iter_mut().zip(x).zip(weight) {
                    *y = x * scale * weight;
                }
            },
        ))
    }
}

/// Sums run in so many lanes, as wide as vector registers or wider.
const LANES: usize = 16;

#[inline(always)]
fn sum(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let whole = x.chunks_exact(LANES);
    let rest: f32 = whole.remainder().iter().map(|v| of(*v)).sum();
    for chunk in whole {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane += of(*v);
        }
    }
    rest + lanes.iter().sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{apart, noise};
    use super::*;

    #[test]
    fn norms_are_those_of_candle() {
        for (rows, columns) in [(1, 3), (50, 37), (7, 64)] {
            let x = noise(1, rows, columns + 2, 3.0).narrow(1, 1, columns).unwrap();
            let part = |seed| noise(seed, 1, columns, 1.0).squeeze(0).unwrap();
            let (weight, bias) = (part(2), part(3));
            let expected = layer_norm_by_candle(&x, &weight, &bias, 1e-5).unwrap();
            assert!(apart(&layer_norm(&LayerNorm::new(weight.clone(), bias, 1e-5), &x).unwrap(), &expected) < 1e-5);
            let expected = rms_norm_by_candle(&x, &weight, 1e-5).unwrap();
            assert!(apart(&rms_norm(&RmsNorm::new(weight, 1e-5), &x).unwrap(), &expected) < 1e-5);
        }
    }
}
