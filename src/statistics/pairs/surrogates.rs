//! All pairs under random phases that are drawn, some at a time: the check of the closed form.
//!
//! In frequencies r = Σ_f Re A·Re B + Im A·Im B, so that no surrogate is transformed back. Random phases with the opposite sign are random phases
//! too: the sum and the difference of the two halves are two surrogates at the price of one.

use super::super::lookup::ROUNDING;
use super::super::{Sides, unit_runs};
use super::by::Found;
use crate::clock::Clock;
use crate::error::Result;
use crate::linalg::{in_pool, multiply_alone, vectorised};
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex64;

/// Columns of the first series that one thread treats at a time.
const WIDTH: usize = 256;
/// Pairs of surrogates that are held at a time, of every column of the second series.
const HELD: usize = 8;

/// Fourier coefficients of unit runs, so scaled that the sum of products is r.
struct Coefficients {
    /// Column × frequency: the real parts, the highest frequency of each even run behind them.
    real: Array2<f32>,
    /// Column × frequency.
    imaginary: Array2<f32>,
}

impl Coefficients {
    fn new(series: &Array2<f32>, clock: &Clock) -> Result<Coefficients> {
        let runs: Vec<usize> = (0..clock.runs()).map(|run| clock.volumes(run)).collect();
        let frequencies: usize = runs.iter().map(|n| n.div_ceil(2) - 1).sum();
        let even = runs.iter().filter(|n| *n % 2 == 0).count();
        let mut planner = FftPlanner::new();
        let plans: Vec<_> = runs.iter().map(|n| planner.plan_fft_forward(*n)).collect();
        let mut real = Array2::zeros((series.ncols(), frequencies + even));
        let mut imaginary = Array2::zeros((series.ncols(), frequencies));
        let blocks = real.axis_chunks_iter_mut(Axis(0), WIDTH).zip(imaginary.axis_chunks_iter_mut(Axis(0), WIDTH));
        let blocks: Vec<_> = blocks.enumerate().collect();
        type Part<'a> = (ArrayViewMut2<'a, f32>, ArrayViewMut2<'a, f32>);
        let fill = |(number, (mut real, mut imaginary)): (usize, Part<'_>)| -> Result<()> {
            check_cancelled("the coupling")?;
            let columns = number * WIDTH..number * WIDTH + real.nrows();
            let unit = unit_runs(series.slice(s![.., columns]), clock);
            let mut buffer = Vec::new();
            for column in 0..unit.ncols() {
                let (mut at, mut highest) = (0, frequencies);
                for (run, plan) in plans.iter().enumerate() {
                    buffer.clear();
                    let rows = clock.rows(run);
                    buffer.extend(rows.map(|t| Complex64::new(f64::from(unit[[t, column]]), 0.0)));
                    plan.process(&mut buffer);
                    let n = buffer.len();
                    let scale = (1.0 / (n as f64 * runs.len() as f64)).sqrt();
                    for coefficient in &buffer[1..n.div_ceil(2)] {
                        let value = coefficient * (scale * 2.0_f64.sqrt());
                        (real[[column, at]], imaginary[[column, at]]) = (value.re as f32, value.im as f32);
                        at += 1;
                    }
                    if n % 2 == 0 {
                        real[[column, highest]] = (buffer[n / 2].re * scale) as f32;
                        highest += 1;
                    }
                }
            }
            Ok(())
        };
        in_pool(|| blocks.into_par_iter().try_for_each(fill))?;
        Ok(Coefficients { real, imaginary })
    }

    /// Surrogates `from..from + count` of every column, one below the other: pair × column, frequency.
    fn drawn(&self, from: usize, count: usize, seed: u64) -> Coefficients {
        let (columns, frequencies) = self.imaginary.dim();
        let mut real = Array2::zeros((count * columns, self.real.ncols()));
        let mut imaginary = Array2::zeros((count * columns, frequencies));
        let rows: Vec<_> = real.rows_mut().into_iter().zip(imaginary.rows_mut()).enumerate().collect();
        in_pool(|| {
            rows.into_par_iter().for_each(|(row, (mut real, mut imaginary))| {
                let (pair, column) = (from + row / columns, row % columns);
                // A stream of its own for each surrogate and column.
                let mut rng =
                    Xoshiro256PlusPlus::seed_from_u64(seed ^ ((pair as u64) << 24 | column as u64).rotate_left(17));
                for f in 0..frequencies {
                    let [cosine, sine] = direction(&mut rng);
                    let amplitude = self.real[[column, f]].hypot(self.imaginary[[column, f]]);
                    (real[f], imaginary[f]) = (amplitude * cosine, amplitude * sine);
                }
                for f in frequencies..real.len() {
                    real[f] = if rng.r#gen::<bool>() { self.real[[column, f]] } else { -self.real[[column, f]] };
                }
            });
        });
        Coefficients { real, imaginary }
    }
}

/// Cosine and sine of a random angle: twice that of a point in the unit disc, which needs neither a root nor a sine (von Neumann 1951).
fn direction(rng: &mut Xoshiro256PlusPlus) -> [f32; 2] {
    loop {
        let (x, y) = (rng.gen_range(-1.0_f32..1.0), rng.gen_range(-1.0_f32..1.0));
        let square = x * x + y * y;
        if square > 1e-12 && square <= 1.0 {
            return [(x * x - y * y) / square, 2.0 * x * y / square];
        }
    }
}

pub(super) fn drawn(
    first: &Array2<f32>,
    second: &Array2<f32>,
    clock: &Clock,
    (surrogates, seed): (usize, u64),
    sides: Sides,
) -> Result<Found> {
    let (own, others) = (Coefficients::new(first, clock)?, Coefficients::new(second, clock)?);
    let (n, m) = (first.ncols(), second.ncols());
    let mut r = Array2::<f32>::zeros((n, m));
    let mut reached = Array2::<u32>::zeros((n, m));
    let both = sides == Sides::Both;
    in_pool(|| {
        r.axis_chunks_iter_mut(Axis(0), WIDTH).into_par_iter().enumerate().for_each(|(number, mut r)| {
            let rows = number * WIDTH..number * WIDTH + r.nrows();
            multiply_alone(r.view_mut(), false, own.real.slice(s![rows.clone(), ..]), others.real.t());
            multiply_alone(r.view_mut(), true, own.imaginary.slice(s![rows, ..]), others.imaginary.t());
        });
    });
    let observed = r.mapv(|r| if both { r.abs() } else { r } - ROUNDING);
    let pairs = surrogates.div_ceil(2);
    let mut progress = Progress::new("surrogates", surrogates as u64);
    for from in (0..pairs).step_by(HELD) {
        check_cancelled("the coupling")?;
        let count = HELD.min(pairs - from);
        let drawn = others.drawn(from, count, seed);
        // Of an odd number the last pair has only one.
        let single = (from + count) * 2 > surrogates;
        let block = |(number, mut reached): (usize, ArrayViewMut2<u32>)| -> Result<()> {
            check_cancelled("the coupling")?;
            let rows = number * WIDTH..number * WIDTH + reached.nrows();
            let half = |own: ArrayView2<f32>, others: &Array2<f32>| {
                let mut half = Array2::<f32>::zeros((rows.len(), others.nrows()));
                multiply_alone(half.view_mut(), false, own, others.t());
                half
            };
            let real = half(own.real.slice(s![rows.clone(), ..]), &drawn.real);
            let imaginary = half(own.imaginary.slice(s![rows.clone(), ..]), &drawn.imaginary);
            vectorised(
                #[inline(always)]
                || {
                    for row in 0..rows.len() {
                        let (Some(real), Some(imaginary)) = (real.row(row).to_slice(), imaginary.row(row).to_slice())
                        else {
                            continue;
                        };
                        let observed = observed.row(rows.start + row).to_slice().unwrap_or_default();
                        let Some(reached) = reached.row_mut(row).into_slice() else { continue };
                        for pair in 0..count {
                            let at = pair * m..(pair + 1) * m;
                            let second = !(single && pair + 1 == count);
                            tally(&real[at.clone()], &imaginary[at], observed, reached, both, second);
                        }
                    }
                },
            );
            Ok(())
        };
        let blocks: Vec<_> = reached.axis_chunks_iter_mut(Axis(0), WIDTH).enumerate().collect();
        in_pool(|| blocks.into_par_iter().try_for_each(block))?;
        progress.advance(2 * count as u64 - u64::from(single));
    }
    let p = reached.mapv(|reached| (1.0 + f64::from(reached)) / (1.0 + surrogates as f64));
    Ok(Found { r, p, lag: None })
}

/// Adds which of the two surrogates of a pair reach what was observed.
#[inline(always)]
fn tally(real: &[f32], imaginary: &[f32], observed: &[f32], reached: &mut [u32], both: bool, second: bool) {
    let second = u32::from(second);
    for n in 0..observed.len().min(reached.len()) {
        let (mut sum, mut difference) = (real[n] + imaginary[n], real[n] - imaginary[n]);
        if both {
            (sum, difference) = (sum.abs(), difference.abs());
        }
        reached[n] += u32::from(sum >= observed[n]) + second * u32::from(difference >= observed[n]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::calibration::noise;

    #[test]
    fn a_surrogate_has_the_columns_amplitudes_and_the_coefficients_give_r() {
        let clock = Clock::new(2.0, &[50, 41]).unwrap();
        let x = noise(&clock, 3, 0.5, 1);
        let own = Coefficients::new(&x, &clock).unwrap();
        for column in 0..3 {
            let square = own.real.row(column).mapv(|v| v * v).sum() + own.imaginary.row(column).mapv(|v| v * v).sum();
            assert!((square - 1.0).abs() < 1e-5, "r of a course with itself is {square}");
        }
        let drawn = own.drawn(7, 2, 3);
        let frequencies = own.imaginary.ncols();
        for row in 0..6 {
            for f in 0..frequencies {
                let [made, given] =
                    [(&drawn, row), (&own, row % 3)].map(|(of, row)| of.real[[row, f]].hypot(of.imaginary[[row, f]]));
                assert!((made - given).abs() < 1e-5);
            }
        }
        // Neither the pair's number nor the block in which it is drawn changes it.
        assert_eq!(own.drawn(8, 1, 3).real, drawn.real.slice(s![3.., ..]));
        let mean = drawn.imaginary.mean().unwrap_or(1.0);
        assert!(mean.abs() < 0.02, "directions are drawn evenly: {mean}");
    }
}
