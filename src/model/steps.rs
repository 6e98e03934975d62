//! What lies between the matrix products of a transformer, in place and spread over the project's pool.
//!
//! candle's own element-wise functions run on a pool of threads that candle keeps for itself. A notebook's worker process is
//! forked, and threads do not survive a fork: after a cell was stopped, the next would wait for them for ever. So nothing here
//! uses them. The loops have no branches, so that the compiler makes vector code of them.

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, Layout, Result, Tensor, bail};
use candle_transformers::models::bert::HiddenAct;
use rayon::prelude::*;

/// Elements that one thread takes at a time.
const SPAN: usize = 16 * 1024;

/// x + b, `bias` being added to each row; `x` is used up.
pub(super) fn add_bias(x: Tensor, bias: &Tensor) -> Result<Tensor> {
    x.inplace_op2(bias, &AddRows)?;
    Ok(x)
}

/// x + y, both of one shape; `x` is used up.
pub(super) fn add(x: Tensor, y: &Tensor) -> Result<Tensor> {
    x.inplace_op2(&y.contiguous()?, &AddRows)?;
    Ok(x)
}

/// The activation function of each element; `x` is used up.
pub(super) fn activate(x: Tensor, function: HiddenAct) -> Result<Tensor> {
    x.inplace_op1(&Activate(function))?;
    Ok(x)
}

/// softmax(scale · x) along the last axis; `x` is used up.
pub(super) fn softmax(x: Tensor, scale: f32) -> Result<Tensor> {
    x.inplace_op1(&Softmax(scale))?;
    Ok(x)
}

/// Adds a vector to each of as many rows as there are of its length.
struct AddRows;

impl InplaceOp2 for AddRows {
    fn name(&self) -> &'static str {
        "add-rows"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, x_at: &Layout, y: &CpuStorage, y_at: &Layout) -> Result<()> {
        let CpuStorage::F32(y) = y else { bail!("add-rows needs f32") };
        let Some((start, end)) = y_at.contiguous_offsets() else { bail!("add-rows needs a contiguous summand") };
        let y = &y[start..end];
        let x = elements(x, x_at)?;
        if y.is_empty() || !x.len().is_multiple_of(y.len()) {
            bail!("{} elements cannot be added to each row of {}", y.len(), x.len());
        }
        let add = |x: &mut [f32], y: &[f32]| x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
        if y.len() >= SPAN {
            x.chunks_mut(y.len())
                .for_each(|x| x.par_chunks_mut(SPAN).zip(y.par_chunks(SPAN)).for_each(|(x, y)| add(x, y)));
        } else {
            let rows = SPAN / y.len() * y.len();
            x.par_chunks_mut(rows).for_each(|x| x.chunks_mut(y.len()).for_each(|x| add(x, y)));
        }
        Ok(())
    }
}

struct Activate(HiddenAct);

impl InplaceOp1 for Activate {
    fn name(&self) -> &'static str {
        "activate"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, at: &Layout) -> Result<()> {
        let x = elements(x, at)?;
        match self.0 {
            HiddenAct::Gelu => each(x, gelu),
            HiddenAct::GeluApproximate => each(x, gelu_by_tanh),
            HiddenAct::Relu => each(x, |x| x.max(0.0)),
        }
        Ok(())
    }
}

fn each(x: &mut [f32], function: impl Fn(f32) -> f32 + Sync) {
    x.par_chunks_mut(SPAN).for_each(|span| span.iter_mut().for_each(|x| *x = function(*x)));
}

struct Softmax(f32);

impl InplaceOp1 for Softmax {
    fn name(&self) -> &'static str {
        "scaled-softmax"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, at: &Layout) -> Result<()> {
        let Some(&width) = at.dims().last() else { bail!("a softmax needs an axis") };
        let x = elements(x, at)?;
        let rows = (SPAN / width.max(1)).max(1) * width.max(1);
        x.par_chunks_mut(rows).for_each(|x| x.chunks_mut(width.max(1)).for_each(|row| softmax_row(row, self.0)));
        Ok(())
    }
}

/// Sums and maxima run in so many lanes, as vector registers hold them.
const LANES: usize = 8;

fn softmax_row(row: &mut [f32], scale: f32) {
    let mut largest = [f32::NEG_INFINITY; LANES];
    for (i, x) in row.iter_mut().enumerate() {
        *x *= scale;
        let lane = &mut largest[i % LANES];
        *lane = if *x > *lane { *x } else { *lane };
    }
    let largest = largest.into_iter().fold(f32::NEG_INFINITY, f32::max);
    row.iter_mut().for_each(|x| *x = exp(*x - largest));
    let mut sums = [0.0_f32; LANES];
    for lanes in row.chunks(LANES) {
        lanes.iter().zip(&mut sums).for_each(|(x, sum)| *sum += x);
    }
    let one_over = 1.0 / sums.iter().sum::<f32>();
    row.iter_mut().for_each(|x| *x *= one_over);
}

fn elements<'a>(storage: &'a mut CpuStorage, at: &Layout) -> Result<&'a mut [f32]> {
    let CpuStorage::F32(values) = storage else { bail!("f32 is needed") };
    match at.contiguous_offsets() {
        Some((start, end)) => Ok(&mut values[start..end]),
        None => bail!("a contiguous tensor is needed"),
    }
}

/// e^x to a few units in the last place, by 2^n · p(r) with |r| ≤ ln 2 / 2 and the polynomial of Cephes' `expf`.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Added and taken away again, it leaves the nearest whole number; the sum's lowest bits hold it.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts, the first of which times n is exact.
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 0.166_666_65;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    p * f32::from_bits(power)
}

/// x · Φ(x), Φ by the error function (Abramowitz and Stegun 7.1.26: to 1.5e-7).
#[inline(always)]
fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let p = 1.061_405_4;
    let p = p * t - 1.453_152;
    let p = p * t + 1.421_413_7;
    let p = p * t - 0.284_496_74;
    let p = p * t + 0.254_829_6;
    // 1 − erf(z): for negative x this is 2Φ(x) itself, without a difference of near equals.
    let tail = p * t * exp(-z * z);
    let twice = if x < 0.0 { tail } else { 2.0 - tail };
    0.5 * x * twice
}

/// The approximation ½x(1 + tanh(√(2/π)(x + 0.044715x³))), written with e^x.
#[inline(always)]
fn gelu_by_tanh(x: f32) -> f32 {
    let inner = 0.797_884_6 * (x + 0.044_715 * x * x * x);
    // ½(1 + tanh u) = 1 / (1 + e^(−2u))
    x / (1.0 + exp(-2.0 * inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> impl Iterator<Item = f32> {
        (-90_000..=90_000).map(|i| i as f32 / 1000.0)
    }

    #[test]
    fn exp_is_that_of_the_standard_library() {
        for x in grid().filter(|x| (-86.0..=86.0).contains(x)) {
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 5e-7, "{x}: {} for {exact}", exp(x));
        }
        assert!(exp(-1000.0) < 1e-37 && exp(f32::NAN).is_nan());
    }

    #[test]
    fn gelu_has_the_values_of_torch() {
        for (x, exact, by_tanh) in GELU {
            assert!((gelu(x) - exact).abs() < 3e-7 * x.abs().max(0.3), "{x}: {}", gelu(x));
            assert!((gelu_by_tanh(x) - by_tanh).abs() < 1e-6 * x.abs().max(0.3), "{x}: {}", gelu_by_tanh(x));
        }
        assert_eq!((gelu(60.0), gelu(0.0)), (60.0, 0.0));
        assert!(gelu(-60.0).abs() < 1e-30);
        assert!(gelu(f32::NAN).is_nan());
    }

    #[test]
    fn softmax_rows_sum_to_one_and_have_the_ratios_of_the_exponentials() {
        for width in [1, 3, 8, 37] {
            let mut row: Vec<f32> = (0..width).map(|i| (i * 7 % 11) as f32 - 300.0).collect();
            let before = row.clone();
            softmax_row(&mut row, 0.5);
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            for (p, x) in row.iter().zip(&before) {
                assert!((p / row[0] / ((x - before[0]) * 0.5).exp() - 1.0).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn rows_of_every_length_are_added() {
        for (rows, width) in [(3, 5), (700, 40), (2, SPAN + 3), (1, 3 * SPAN)] {
            let x = Tensor::ones((rows, width), candle_core::DType::F32, &candle_core::Device::Cpu).unwrap();
            let bias: Vec<f32> = (0..width).map(|i| i as f32).collect();
            let bias = Tensor::new(bias, &candle_core::Device::Cpu).unwrap();
            let sum = add_bias(x, &bias).unwrap().to_vec2::<f32>().unwrap();
            assert!(sum.iter().all(|row| row.iter().enumerate().all(|(i, v)| *v == 1.0 + i as f32)));
        }
    }

    // By torch 2.15 in f64: x, gelu, gelu with approximate="tanh".
    const GELU: [(f32, f32, f32); 13] = [
        (-8.0, -4.8849813e-15, -0e0),
        (-5.0, -1.4332578e-6, -2.2917962e-7),
        (-3.5, -8.142018e-4, -6.1619765e-4),
        (-2.0, -4.5500264e-2, -4.5402307e-2),
        (-1.0, -1.5865526e-1, -1.5880801e-1),
        (-0.5, -1.5426877e-1, -1.54286e-1),
        (-0.01, -4.960106e-3, -4.960106e-3),
        (0.01, 5.0398936e-3, 5.0398936e-3),
        (0.3, 1.8537343e-1, 1.8537092e-1),
        (1.0, 8.413448e-1, 8.41192e-1),
        (2.5, 2.4844759e0, 2.4849157e0),
        (4.0, 3.9998734e0, 3.9999297e0),
        (9.0, 9e0, 9e0),
    ];
}
