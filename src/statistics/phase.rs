//! Random phases in closed form: what r of two series with given power spectra is by chance.
//!
//! A run of n volumes of mean 0 and length 1 has the Fourier coefficients A_f and B_f on the two sides. If phases are random, r = Σ_f c_f·cos θ_f
//! with θ_f uniform and independent and c_f = 2|A_f|·|B_f|/n; for an even n the highest frequency has a random sign, c = |A|·|B|/n. So r has mean 0,
//! variance Σ c_f²/2 (+ c² of the highest), and the tails of [`saddle`](super::saddle). r is the mean over runs, whose terms stand side by side,
//! each divided by the number of runs. For Gaussian stationary series the phases are independent of the amplitudes, so that the test is exact
//! given the spectra (Theiler et al. 1992, Physica D 58, for the surrogates).

use super::Sides;
use super::courses::unit_runs;
use super::saddle::RandomSum;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::{in_pool, product};
use crate::notebook::check_cancelled;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use rustfft::num_complex::Complex64;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

/// A Fourier transform for each run.
pub(super) struct Transforms {
    runs: Vec<(std::ops::Range<usize>, Arc<dyn Fft<f64>>)>,
}

/// |A_f| of two series in one run, without the constant.
pub(super) struct Pair {
    /// |A_f|, |B_f| below the highest frequency of an even n.
    pub amplitudes: Vec<(f64, f64)>,
    pub highest: Option<(f64, f64)>,
}

impl Transforms {
    pub(super) fn new(clock: &Clock) -> Transforms {
        let mut planner = FftPlanner::new();
        let plan = |run| (clock.rows(run), planner.plan_fft_forward(clock.volumes(run)));
        Transforms { runs: (0..clock.runs()).map(plan).collect() }
    }

    /// Two real series are one complex one: its coefficients at f and n − f are A_f + i·B_f and the conjugate of A_f − i·B_f.
    pub(super) fn pairs(&self, a: ArrayView1<f32>, b: ArrayView1<f32>, mut each: impl FnMut(usize, Pair)) {
        let mut buffer = Vec::new();
        for (rows, transform) in &self.runs {
            buffer.clear();
            buffer.extend(rows.clone().map(|t| Complex64::new(f64::from(a[t]), f64::from(b[t]))));
            transform.process(&mut buffer);
            let n = rows.len();
            // Runs have length 1: the square neither overflows nor vanishes, and the careful `norm` takes several times as long.
            let size = |value: Complex64| value.norm_sqr().sqrt() / 2.0;
            let amplitudes = (1..n.div_ceil(2)).map(|f| {
                let (one, other) = (buffer[f], buffer[n - f].conj());
                (size(one + other), size(one - other))
            });
            let highest = (n % 2 == 0).then(|| (buffer[n / 2].re.abs(), buffer[n / 2].im.abs()));
            each(n, Pair { amplitudes: amplitudes.collect(), highest });
        }
    }

    /// r, the mean over runs, of two columns of unit runs, and its p if chance is `spread` times as wide as the phases make it.
    pub(super) fn test(&self, a: ArrayView1<f32>, b: ArrayView1<f32>, sides: Sides, spread: f64) -> (f64, f64) {
        let runs = self.runs.len() as f64;
        let r = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() / runs;
        let (mut phases, mut signs) = (Vec::new(), Vec::new());
        self.pairs(a, b, |n, pair| {
            let scale = 1.0 / (n as f64 * runs);
            phases.extend(pair.amplitudes.iter().map(|(a, b)| 2.0 * a * b * scale));
            signs.extend(pair.highest.map(|(a, b)| a * b * scale));
        });
        // A constant course leaves only rounding.
        if phases.iter().chain(&signs).sum::<f64>() < 1e-10 {
            return (0.0, 1.0);
        }
        let sum = RandomSum { phases: &phases, signs: &signs };
        let p = match sides {
            Sides::Greater => sum.tail(r / spread),
            Sides::Both => (2.0 * sum.tail(r.abs() / spread)).min(1.0),
        };
        (r, p)
    }
}

/// Standard deviation of chance of r between each column of `a` (time × series) and each of `b`, under random phases: series of a × series of b.
///
/// sd² = Σ_f c_f²/2, so that all pairs are one product of power spectra: 9,216 neurons with 100 networks take a fraction of a second, where 1,000
/// surrogates would take minutes. r is the mean over the clock's runs, correlated one by one. |r| beyond 4 or 5 sd is rarer than the normal
/// distribution has it; [`correlation_test`](super::correlation_test) has the exact tail. A constant column has sd 0.
///
/// ```
/// use neurocell::{clock::Clock, statistics::phase_null_sd};
/// let clock = Clock::new(2.0, &[200])?;
/// let slow = ndarray::Array2::from_shape_fn((200, 1), |(t, _)| (t as f32 / 15.0).sin() + 0.3 * ((t * t) as f32).sin());
/// let sd = phase_null_sd(&slow, &slow, &clock)?;
/// // Far more than the 1/√200 = 0.07 of independent volumes.
/// assert!(sd[[0, 0]] > 0.3);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If the rows are not the clock's volumes, or a value is NaN or infinite.
pub fn phase_null_sd(a: &Array2<f32>, b: &Array2<f32>, clock: &Clock) -> Result<Array2<f32>> {
    check_rows("the first series", a.view(), clock)?;
    check_rows("the second series", b.view(), clock)?;
    let transforms = Transforms::new(clock);
    let power = |columns: &Array2<f32>| -> Result<Array2<f32>> {
        let unit = unit_runs(columns.view(), clock);
        let of_one = |n| {
            check_cancelled("the phase null")?;
            let mut powers = Vec::new();
            let column = unit.column(n);
            transforms.pairs(column, column, |n, pair| {
                let scale = 1.0 / (n as f64 * clock.runs() as f64);
                powers.extend(pair.amplitudes.iter().map(|(a, _)| (2.0_f64.sqrt() * a * a * scale) as f32));
                powers.extend(pair.highest.map(|(a, _)| (a * a * scale) as f32));
            });
            Ok(powers)
        };
        let each: Vec<Vec<f32>> = in_pool(|| (0..unit.ncols()).into_par_iter().map(of_one).collect::<Result<_>>())?;
        let frequencies = each.first().map_or(0, Vec::len);
        Ok(Array2::from_shape_fn((each.len(), frequencies), |(n, f)| each[n][f]))
    };
    Ok(product(power(a)?.view(), power(b)?.t())?.mapv_into(f32::sqrt))
}

/// A surrogate of each column: the amplitudes of each run as they are, the phases random; mean and power spectrum stay.
///
/// Phases are drawn for each column anew. For an even number of volumes the highest frequency gets a random sign. [`Null::Phase`](super::Null)
/// needs no surrogates; these are for looking at and for checking.
///
/// ```
/// use neurocell::{clock::Clock, statistics::phase_surrogates};
/// let clock = Clock::new(2.0, &[50, 50])?;
/// let series = ndarray::Array2::from_shape_fn((100, 3), |(t, n)| ((t * (n + 2)) % 17) as f32);
/// let surrogate = phase_surrogates(&series, &clock, 7)?;
/// assert_eq!(surrogate.dim(), (100, 3));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If the rows are not the clock's volumes, or a value is NaN or infinite.
pub fn phase_surrogates(series: &Array2<f32>, clock: &Clock, seed: u64) -> Result<Array2<f32>> {
    check_rows("the series", series.view(), clock)?;
    let mut planner = FftPlanner::new();
    let mut found = series.clone();
    for run in 0..clock.runs() {
        let (rows, n) = (clock.rows(run), clock.volumes(run));
        let (forward, back) = (planner.plan_fft_forward(n), planner.plan_fft_inverse(n));
        for column in 0..series.ncols() {
            if column % 256 == 0 {
                check_cancelled("making surrogates")?;
            }
            // A stream of its own for each column and run.
            let mut rng =
                Xoshiro256PlusPlus::seed_from_u64(seed ^ ((column as u64) << 20 | run as u64).rotate_left(17));
            let mut buffer: Vec<Complex64> =
                rows.clone().map(|t| Complex64::new(f64::from(series[[t, column]]), 0.0)).collect();
            forward.process(&mut buffer);
            for f in 1..n.div_ceil(2) {
                let turn = Complex64::from_polar(1.0, rng.gen_range(0.0..2.0 * std::f64::consts::PI));
                buffer[f] *= turn;
                buffer[n - f] = buffer[f].conj();
            }
            if n % 2 == 0 && rng.r#gen::<bool>() {
                buffer[n / 2] = -buffer[n / 2];
            }
            back.process(&mut buffer);
            let scale = 1.0 / n as f64;
            rows.clone().zip(&buffer).for_each(|(t, v)| found[[t, column]] = (v.re * scale) as f32);
        }
    }
    Ok(found)
}

/// An error unless rows are the clock's volumes and all values finite.
pub(super) fn check_rows(what: &str, columns: ArrayView2<f32>, clock: &Clock) -> Result<()> {
    if columns.nrows() != clock.total() {
        return Err(Error::shape(
            format!("{what} has {} rows, and the clock {clock}", columns.nrows()),
            "rows are the volumes of all runs; transpose an array if it is turned",
        ));
    }
    for (t, row) in columns.axis_iter(Axis(0)).enumerate() {
        if let Some(column) = row.iter().position(|v| !v.is_finite()) {
            return Err(Error::value(
                format!("column {column} of {what} has the value {} at volume {t}", row[column]),
                "leave the column out, or mend it",
            ));
        }
    }
    Ok(())
}
