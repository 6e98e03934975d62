//! Every column of one series against every column of another: r, and p under random phases, for all pairs at once.

mod best_lag;
mod by;
mod shifted;
mod spectra;
mod surrogates;
mod tail;

pub use by::{PairOptions, PairsFound, correlate_pairs_by};

use super::phase::check_rows;
use super::{Sides, unit_runs};
use crate::clock::Clock;
use crate::error::Result;
use crate::linalg::{in_pool, multiply_alone};
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array2, Axis, s};
use rayon::prelude::*;
use spectra::Spectra;
use std::fmt;
use std::sync::Mutex;
use tail::{POWERS, Tail};

/// Columns of the first series that one thread treats at a time.
const WIDTH: usize = 256;

/// Correlations of all pairs of two series, and their p: [`correlate_pairs`].
#[derive(Clone, Debug)]
pub struct PairTest {
    r: Array2<f32>,
    sd: Array2<f32>,
    p: Array2<f64>,
    sides: Sides,
}

impl PairTest {
    /// Pearson r, mean over runs: columns of the first series × columns of the second.
    pub fn r(&self) -> &Array2<f32> {
        &self.r
    }

    /// Standard deviation of r by chance: first × second.
    pub fn sd(&self) -> &Array2<f32> {
        &self.sd
    }

    /// p of each pair, not corrected for their number: first × second.
    pub fn p(&self) -> &Array2<f64> {
        &self.p
    }

    /// r and p.
    fn into_parts(self) -> (Array2<f32>, Array2<f64>) {
        (self.r, self.p)
    }
}

impl fmt::Display for PairTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = self.p.iter().copied().fold(1.0, f64::min);
        let (first, second) = self.r.dim();
        write!(
            f,
            "PairTest: {first} × {second} pairs, smallest p {least:.1e}; random phases in closed form, {}",
            self.sides
        )
    }
}

/// Is the correlation of any column of `first` with any column of `second` (both time × column) more than chance?
///
/// r is the mean over runs of Pearson's r in each. Under random phases r = Σ_f c_f·cos θ_f (see [`phase_null_sd`](super::phase_null_sd)), whose
/// cumulant generating function is K(t) = Σ_f log I₀(c_f·t). log I₀ is, up to an argument of 3, a polynomial of eight even powers (to 1e-4), and
/// so K needs of each pair eight sums Σ_f c_f^2k, which for all pairs are eight products of powers of amplitude spectra. The tail is that of
/// Lugannani and Rice, as in [`correlation_test`](super::correlation_test), which gives the same p to a percent; pairs beyond the
/// polynomial's reach are summed term by term. There are no surrogates, and so there is no floor under p.
///
/// The best of several lags is not covered; neither are series with gaps: [`correlate_pairs_by`] has other nulls. Series that are not stationary
/// have no phases that could be random.
///
/// ```
/// use neurocell::{clock::Clock, statistics::{Sides, correlate_pairs}};
/// let clock = Clock::new(2.0, &[100, 100])?;
/// let wave = |t: usize, n: usize| ((t * t * (n + 3)) as f32).sin();
/// let neurons = ndarray::Array2::from_shape_fn((200, 5), |(t, n)| wave(t, n));
/// let networks = ndarray::Array2::from_shape_fn((200, 2), |(t, n)| wave(t, n) + 2.0 * wave(t, n + 9));
/// let found = correlate_pairs(&neurons, &networks, &clock, Sides::Both)?;
/// assert!(found.p()[[0, 0]] < 1e-6 && found.p()[[4, 1]] > 1e-4);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If rows are not the clock's volumes, a value is NaN or infinite, or it is stopped.
pub fn correlate_pairs(first: &Array2<f32>, second: &Array2<f32>, clock: &Clock, sides: Sides) -> Result<PairTest> {
    check_rows("the first series", first.view(), clock)?;
    check_rows("the second series", second.view(), clock)?;
    let unit = unit_runs(second.view(), clock);
    let of_second = Spectra::new(unit.view(), clock);
    let powers = of_second.powers();
    let (n, m) = (first.ncols(), second.ncols());
    let progress = Mutex::new(Progress::new("neurons coupled", n as u64));
    let block = |number: usize| -> Result<PairTest> {
        check_cancelled("the coupling")?;
        let columns = number * WIDTH..((number + 1) * WIDTH).min(n);
        let own = unit_runs(first.slice(s![.., columns.clone()]), clock);
        let spectra = Spectra::new(own.view(), clock);
        let size = (columns.len(), m);
        let mut r = Array2::<f32>::zeros(size);
        multiply_alone(r.view_mut(), false, own.t(), unit.view());
        r /= clock.runs() as f32;
        let own_powers = spectra.powers();
        let sums = |own: &[Array2<f32>; POWERS], others: &[Array2<f32>; POWERS]| -> [Array2<f32>; POWERS] {
            std::array::from_fn(|k| {
                let mut sum = Array2::<f32>::zeros(size);
                if own[k].ncols() > 0 {
                    multiply_alone(sum.view_mut(), false, own[k].view(), others[k].t());
                }
                sum
            })
        };
        let (phases, signs) = (sums(&own_powers.phases, &powers.phases), sums(&own_powers.signs, &powers.signs));
        let (mut sd, mut p) = (Array2::zeros(size), Array2::ones(size));
        for (row, (mut sd, mut p)) in sd.rows_mut().into_iter().zip(p.rows_mut()).enumerate() {
            for column in 0..m {
                let scale = spectra.largest(row) * of_second.largest(column);
                let at = |sums: &[Array2<f32>; POWERS]| std::array::from_fn(|k| f64::from(sums[k][[row, column]]));
                let tail = Tail::new(at(&phases), at(&signs), scale);
                sd[column] = tail.sd() as f32;
                let of = |r: f64| tail.beyond(r).unwrap_or_else(|| spectra.exact(row, &of_second, column, r));
                let value = f64::from(r[[row, column]]);
                p[column] = match sides {
                    _ if scale == 0.0 => 1.0,
                    Sides::Greater if value < 0.0 => 1.0 - of(-value),
                    Sides::Greater => of(value),
                    Sides::Both => (2.0 * of(value.abs())).min(1.0),
                };
            }
        }
        // A poisoned lock only means that another block failed, which is reported by itself.
        progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).advance(columns.len() as u64);
        Ok(PairTest { r, sd, p, sides })
    };
    let blocks: Vec<PairTest> = in_pool(|| (0..n.div_ceil(WIDTH)).into_par_iter().map(block).collect::<Result<_>>())?;
    let mut whole = PairTest { r: Array2::zeros((n, m)), sd: Array2::zeros((n, m)), p: Array2::ones((n, m)), sides };
    let mut from = 0;
    for block in blocks {
        let rows = from..from + block.r.len_of(Axis(0));
        whole.r.slice_mut(s![rows.clone(), ..]).assign(&block.r);
        whole.sd.slice_mut(s![rows.clone(), ..]).assign(&block.sd);
        whole.p.slice_mut(s![rows.clone(), ..]).assign(&block.p);
        from = rows.end;
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::super::calibration::noise;
    use super::super::{Null, correlation_test, phase_null_sd};
    use super::*;

    #[test]
    fn each_pair_is_as_the_test_of_one_column_has_it() {
        let clock = Clock::new(2.0, &[120, 95]).unwrap();
        for phi in [0.0, 0.6, 0.95] {
            let (x, noise) = (noise(&clock, 6, phi, 1), noise(&clock, 6, phi, 2));
            // From nothing in common to nearly all.
            let y = Array2::from_shape_fn((215, 6), |(t, n)| 0.3 * n as f32 * n as f32 * x[[t, n]] + noise[[t, n]]);
            for sides in [Sides::Greater, Sides::Both] {
                let all = correlate_pairs(&x, &y, &clock, sides).unwrap();
                for shift in 0..6 {
                    let order: Vec<usize> = (0..6).map(|n| (n + shift) % 6).collect();
                    let one = correlation_test(&x, &y.select(Axis(1), &order), &clock, &Null::Phase, sides).unwrap();
                    for (n, column) in order.into_iter().enumerate() {
                        let (r, p) = (all.r()[[n, column]], all.p()[[n, column]]);
                        assert!((f64::from(r) - one.r()[n]).abs() < 1e-5);
                        assert!((p / one.p()[n] - 1.0).abs() < 0.01, "φ = {phi}, r = {r}: {p} against {}", one.p()[n]);
                    }
                }
            }
            let sd = phase_null_sd(&x, &y, &clock).unwrap();
            let all = correlate_pairs(&x, &y, &clock, Sides::Both).unwrap();
            assert!(all.sd().iter().zip(&sd).all(|(a, b)| (a / b - 1.0).abs() < 1e-4));
        }
    }

    #[test]
    fn p_of_unrelated_series_is_uniform() {
        let clock = Clock::new(2.0, &[150, 150]).unwrap();
        for (seed, phi) in [(1, 0.3), (3, 0.6), (5, 0.9)] {
            // 40 × 50 pairs of 90 series are not independent: the share has an error some three times that of 2,000.
            let found =
                correlate_pairs(&noise(&clock, 40, phi, seed), &noise(&clock, 50, phi, seed + 1), &clock, Sides::Both);
            let p = found.unwrap().p().clone();
            for level in [0.05, 0.2, 0.5] {
                let share = p.iter().filter(|p| **p <= level).count() as f64 / p.len() as f64;
                let error = (level * (1.0 - level) / 2000.0).sqrt();
                assert!((share - level).abs() < 9.0 * error, "φ = {phi}: {share} of p below {level}");
            }
        }
    }

    #[test]
    fn a_constant_column_is_chance_and_the_blocks_do_not_show() {
        let clock = Clock::new(2.0, &[60]).unwrap();
        let (mut x, y) = (noise(&clock, WIDTH + 3, 0.3, 1), noise(&clock, 2, 0.3, 2));
        x.column_mut(WIDTH).fill(4.0);
        let all = correlate_pairs(&x, &y, &clock, Sides::Both).unwrap();
        assert_eq!((all.r()[[WIDTH, 1]], all.sd()[[WIDTH, 1]], all.p()[[WIDTH, 1]]), (0.0, 0.0, 1.0));
        let last = correlate_pairs(&x.slice(s![.., WIDTH..]).to_owned(), &y, &clock, Sides::Both).unwrap();
        let error =
            (&last.p().view() - &all.p().slice(s![WIDTH.., ..])).iter().fold(0.0_f64, |most, e| most.max(e.abs()));
        assert!(error < 1e-6, "{error}");
        let short = correlate_pairs(&x, &y.slice(s![1.., ..]).to_owned(), &clock, Sides::Both).unwrap_err();
        assert!(short.problem().contains("the second series has 59 rows"), "{short}");
    }
}
