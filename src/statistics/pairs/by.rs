//! All pairs against any null, at the best of several lags, with gaps.

use super::super::phase::check_rows;
use super::super::turns::Turns;
use super::super::{Null, Sides};
use super::{best_lag, correlate_pairs, shifted, surrogates};
use crate::clock::Clock;
use crate::error::{Error, Result};
use ndarray::Array2;
use std::fmt;

/// A run must have so many volumes that are kept.
const FEWEST: usize = 20;

/// How [`correlate_pairs_by`] compares.
#[derive(Clone, Debug, PartialEq)]
pub struct PairOptions {
    /// What chance is. Default: random phases in closed form.
    pub null: Null,
    /// Which r count as extreme. Default: r > 0.
    pub sides: Sides,
    /// So many volumes earlier and later are searched for the best r. Default 0.
    pub lags: usize,
    /// For each volume whether the second series has it; empty (default) if it has all.
    pub kept: Vec<bool>,
}

impl Default for PairOptions {
    fn default() -> PairOptions {
        PairOptions { null: Null::Phase, sides: Sides::Greater, lags: 0, kept: Vec::new() }
    }
}

impl PairOptions {
    /// What chance is.
    pub fn null(self, null: Null) -> PairOptions {
        PairOptions { null, ..self }
    }

    /// Which r count as extreme.
    pub fn sides(self, sides: Sides) -> PairOptions {
        PairOptions { sides, ..self }
    }

    /// So many volumes earlier and later are searched for the best r.
    pub fn lags(self, lags: usize) -> PairOptions {
        PairOptions { lags, ..self }
    }

    /// For each volume whether the second series has it.
    pub fn kept(self, kept: &[bool]) -> PairOptions {
        PairOptions { kept: kept.to_vec(), ..self }
    }
}

/// What was found, column of the first series × column of the second.
#[derive(Debug)]
pub(crate) struct Found {
    pub r: Array2<f32>,
    pub p: Array2<f64>,
    /// Volumes by which the second follows the first; none if no lag was searched.
    pub lag: Option<Array2<i16>>,
}

/// Correlations of all pairs of two series, and their p by any null: [`correlate_pairs_by`].
#[derive(Clone, Debug)]
pub struct PairsFound {
    r: Array2<f32>,
    p: Array2<f64>,
    lag: Option<Array2<i16>>,
    draws: Option<usize>,
    about: String,
}

impl PairsFound {
    /// Pearson r at the best lag, mean over runs: columns of the first series × columns of the second.
    pub fn r(&self) -> &Array2<f32> {
        &self.r
    }

    /// p of each pair, corrected for the lags that were searched, not for the number of pairs: first × second.
    pub fn p(&self) -> &Array2<f64> {
        &self.p
    }

    /// Volumes by which the second follows the first at their best, if lags were searched: first × second.
    pub fn lags(&self) -> Option<&Array2<i16>> {
        self.lag.as_ref()
    }

    /// How many draws the null had; none in closed form. p cannot be below 1 / (1 + draws).
    pub fn draws(&self) -> Option<usize> {
        self.draws
    }

    /// The null, and the sides.
    pub fn about(&self) -> &str {
        &self.about
    }

    pub(crate) fn into_parts(self) -> (Found, Option<usize>, String) {
        (Found { r: self.r, p: self.p, lag: self.lag }, self.draws, self.about)
    }
}

impl fmt::Display for PairsFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = self.p.iter().copied().fold(1.0, f64::min);
        let (first, second) = self.r.dim();
        write!(f, "PairsFound: {first} × {second} pairs, smallest p {least:.1e}; {}", self.about)
    }
}

/// Is the correlation of any column of `first` with any column of `second` (both time × column) more than chance, by a null of your choice?
///
/// | [`PairOptions::null`] | how | lags | gaps in the second series |
/// |---|---|---|---|
/// | [`Null::Phase`] | closed form ([`correlate_pairs`]); no floor under p | p of the best of K lags is 1 − (1 − p)^K, which is rather too large | no |
/// | [`Null::PhaseSurrogates`] | 1,000 draws in about the time of 500 products; the check of the closed form | no | no |
/// | [`Null::CircularShift`] | r at all shifts by one product a run, of which draws choose | searched in each draw as in the data: exact | they turn with their course |
///
/// r is the mean over runs of Pearson's r, over the volumes that are kept. With lags the first series' volumes near a run's ends are left out, so
/// that all lags are compared over the same ones. Surrogates come two at a time, with opposite phases. Memory holds a few draws, never all.
///
/// Shifts suppose that runs go on where they begin; where the slowest waves of a run last as long as the run, p is too small
/// ([`correlation_test`](super::super::correlation_test) says how much).
///
/// ```
/// use neurocell::{clock::Clock, statistics::{Null, PairOptions, correlate_pairs_by}};
/// let clock = Clock::new(2.0, &[100, 100])?;
/// let wave = |t: usize, n: usize| ((t * t * (n + 3)) as f32).sin();
/// let neurons = ndarray::Array2::from_shape_fn((200, 5), |(t, n)| wave(t, n));
/// // The second follows the first by two volumes, and three volumes of it are censored.
/// let networks = ndarray::Array2::from_shape_fn((200, 1), |(t, _)| if t % 100 < 2 { 0.0 } else { wave(t - 2, 1) });
/// let kept: Vec<bool> = (0..200).map(|t| ![40, 41, 150].contains(&t)).collect();
/// let found = correlate_pairs_by(&neurons, &networks, &clock, &PairOptions::default().null(Null::shifts()).lags(3).kept(&kept))?;
/// assert_eq!((found.lags().unwrap()[[1, 0]], found.p()[[1, 0]]), (2, 1.0 / 1001.0));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If rows are not the clock's volumes; a value is NaN or infinite; the null has no such lags or gaps, as the table says; a run has fewer than 20
/// volumes left, or none of the shifts; or it is stopped.
pub fn correlate_pairs_by(
    first: &Array2<f32>,
    second: &Array2<f32>,
    clock: &Clock,
    options: &PairOptions,
) -> Result<PairsFound> {
    check_rows("the first series", first.view(), clock)?;
    check_rows("the second series", second.view(), clock)?;
    options.null.check()?;
    options.check_gaps(clock)?;
    let gaps = options.kept.contains(&false);
    let sides = options.sides;
    let refused = |what: &str, advice: &str| Err(Error::value(what.to_owned(), advice.to_owned()));
    let (found, draws, null) = match options.null {
        Null::Phase | Null::PhaseSurrogates { .. } if gaps => {
            return refused(
                "random phases need courses without gaps, and volumes are censored",
                "take `Null::shifts()`, whose gaps turn with the course",
            );
        }
        Null::Phase if options.lags == 0 => {
            let (r, p) = correlate_pairs(first, second, clock, sides)?.into_parts();
            (Found { r, p, lag: None }, None, "random phases in closed form".to_owned())
        }
        Null::Phase => {
            let found = best_lag::best(first, second, clock, options.lags, sides)?;
            (found, None, format!("random phases in closed form, the best of {} lags", 2 * options.lags + 1))
        }
        Null::PhaseSurrogates { .. } if options.lags > 0 => {
            return refused(
                &format!("surrogates with random phases for the best of {} lags", 2 * options.lags + 1),
                "take `Null::shifts()`, which search in each draw as in the data, or `Null::Phase`",
            );
        }
        Null::PhaseSurrogates { surrogates, seed } => {
            let found = surrogates::drawn(first, second, clock, (surrogates, seed), sides)?;
            (found, Some(surrogates), format!("{surrogates} surrogates with random phases"))
        }
        Null::CircularShift { least_seconds, shifts, seed } => {
            let turns = Turns::new(clock, least_seconds, options.lags, shifts, seed)?;
            let found = shifted::shifted(first, second, clock, &turns, options)?;
            let lags = match options.lags {
                0 => String::new(),
                lags => format!(", the best of {} lags in each", 2 * lags + 1),
            };
            (found, Some(turns.count()), format!("{}{lags}", turns.words()))
        }
        Null::BlockPermutation { .. } => {
            return refused(
                "permutations of blocks for all pairs of two series",
                "take `Null::Phase`, or `Null::shifts()` where volumes are censored",
            );
        }
    };
    Ok(PairsFound { r: found.r, p: found.p, lag: found.lag, draws, about: format!("{null}, {sides}") })
}

impl PairOptions {
    fn check_gaps(&self, clock: &Clock) -> Result<()> {
        if !self.kept.is_empty() && self.kept.len() != clock.total() {
            return Err(Error::shape(
                format!("{} marks of kept volumes, and the clock is {clock}", self.kept.len()),
                "give one for each volume of all runs",
            ));
        }
        for run in 0..clock.runs() {
            let rows = clock.rows(run);
            let left = match self.kept.is_empty() {
                true => rows.len(),
                false => self.kept[rows.clone()].iter().filter(|kept| **kept).count(),
            };
            let lost = 2 * self.lags;
            if left < FEWEST + lost {
                let censored = rows.len() - left;
                return Err(Error::value(
                    format!(
                        "run {run} has {} volumes, of which {censored} are censored and a lag of {} volumes takes {lost}: fewer than {FEWEST} are left",
                        rows.len(),
                        self.lags
                    ),
                    "ask for smaller lags, or leave the run out",
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::calibration::noise;
    use super::*;

    /// r of two courses at a lag and a shift, volume by volume, as its definition says; mean over runs.
    fn plain_r(
        x: &Array2<f32>,
        y: &Array2<f32>,
        pair: [usize; 2],
        clock: &Clock,
        shifts: &[usize],
        options: &PairOptions,
        lag: i64,
    ) -> f64 {
        let mut mean = 0.0;
        for (run, shift) in shifts.iter().enumerate() {
            let rows = clock.rows(run);
            let n = rows.len() as i64;
            let mut both: Vec<[f64; 2]> = Vec::new();
            for t in options.lags as i64..n - options.lags as i64 {
                let at = rows.start + (t + *shift as i64 + lag).rem_euclid(n) as usize;
                if options.kept.is_empty() || options.kept[at] {
                    both.push([x[[rows.start + t as usize, pair[0]]], y[[at, pair[1]]]].map(f64::from));
                }
            }
            let count = both.len() as f64;
            let centre = [0, 1].map(|side| both.iter().map(|v| v[side]).sum::<f64>() / count);
            let sum = |a: usize, b: usize| both.iter().map(|v| (v[a] - centre[a]) * (v[b] - centre[b])).sum::<f64>();
            mean += sum(0, 1) / (sum(0, 0) * sum(1, 1)).sqrt() / clock.runs() as f64;
        }
        mean
    }

    #[test]
    fn shifts_with_lags_and_gaps_are_as_one_by_one() {
        let clock = Clock::new(2.0, &[61, 50]).unwrap();
        let (x, mut y) = (noise(&clock, 5, 0.5, 1), noise(&clock, 3, 0.5, 2));
        // The second column follows the first series' fourth by two volumes.
        for t in 2..111 {
            y[[t, 1]] += 0.6 * x[[t - 2, 3]];
        }
        let kept: Vec<bool> = (0..111).map(|t| t % 9 != 4 && !(30..35).contains(&t)).collect();
        let null = Null::CircularShift { least_seconds: 10.0, shifts: 60, seed: 4 };
        for (lags, gaps) in [(0, false), (0, true), (3, false), (3, true)] {
            for sides in [Sides::Greater, Sides::Both] {
                let mut options = PairOptions::default().null(null.clone()).lags(lags).sides(sides);
                if gaps {
                    // What is left out may be anything.
                    kept.iter().enumerate().filter(|(_, kept)| !**kept).for_each(|(t, _)| y[[t, 0]] = 1e3);
                    options = options.kept(&kept);
                }
                let found = correlate_pairs_by(&x, &y, &clock, &options).unwrap();
                let turns = Turns::new(&clock, 10.0, lags, 60, 4).unwrap();
                let size = |r: f64| if sides == Sides::Both { r.abs() } else { r };
                let best = |pair: [usize; 2], shifts: &[usize]| {
                    let each = (-(lags as i64)..=lags as i64)
                        .map(|lag| (lag, plain_r(&x, &y, pair, &clock, shifts, &options, lag)));
                    each.reduce(|a, b| if size(b.1) > size(a.1) { b } else { a }).unwrap()
                };
                for pair in [[0, 0], [3, 1], [4, 2], [2, 1]] {
                    let (lag, r) = best(pair, &[0, 0]);
                    let at = |table: &Array2<f32>| f64::from(table[pair]);
                    assert!(
                        (at(found.r()) - r).abs() < 1e-5,
                        "{pair:?} lags {lags} gaps {gaps}: {} for {r}",
                        at(found.r())
                    );
                    assert_eq!(found.lags().map_or(0, |lags| i64::from(lags[pair])), lag);
                    let reached = turns.draws().filter(|shifts| size(best(pair, shifts).1) >= size(r) - 2e-6).count();
                    assert_eq!(found.p()[pair], (1 + reached) as f64 / 61.0, "{pair:?} lags {lags} gaps {gaps}");
                }
                if lags > 0 {
                    assert_eq!((found.lags().unwrap()[[3, 1]], found.p()[[3, 1]]), (2, 1.0 / 61.0));
                }
                y.column_mut(0).iter_mut().filter(|v| **v == 1e3).for_each(|v| *v = 0.1);
            }
        }
    }

    #[test]
    fn surrogates_have_the_p_of_the_closed_form() {
        let clock = Clock::new(2.0, &[120, 95]).unwrap();
        for phi in [0.3, 0.9] {
            let (x, noise) = (noise(&clock, 7, phi, 1), noise(&clock, 7, phi, 2));
            let y = Array2::from_shape_fn((215, 7), |(t, n)| 0.06 * n as f32 * x[[t, n]] + noise[[t, n]]);
            for sides in [Sides::Greater, Sides::Both] {
                let options = PairOptions::default().sides(sides);
                let closed = correlate_pairs_by(&x, &y, &clock, &options).unwrap();
                let null = Null::PhaseSurrogates { surrogates: 4999, seed: 3 };
                let drawn = correlate_pairs_by(&x, &y, &clock, &options.null(null)).unwrap();
                for (pair, p) in closed.p().indexed_iter() {
                    assert!((closed.r()[pair] - drawn.r()[pair]).abs() < 1e-5);
                    // Surrogates come in pairs of opposite phases: their error is at most √2 times that of as many by themselves.
                    let error = (2.0 * p * (1.0 - p) / 4999.0).sqrt() + 1.0 / 5000.0;
                    let off = (drawn.p()[pair] - p).abs();
                    assert!(off < 4.5 * error + 0.03 * p, "φ = {phi}, {pair:?}: {} against {p}", drawn.p()[pair]);
                }
            }
        }
    }

    #[test]
    fn p_of_unrelated_series_is_uniform_under_shifts_with_gaps_and_lags() {
        let clock = Clock::new(2.0, &[150, 150]).unwrap();
        let kept: Vec<bool> = (0..300).map(|t| t % 17 > 1).collect();
        for (seed, lags, gaps) in [(1, 0, true), (3, 3, false), (5, 2, true)] {
            let mut options =
                PairOptions::default().null(Null::CircularShift { least_seconds: 20.0, shifts: 199, seed }).lags(lags);
            options = if gaps { options.kept(&kept) } else { options };
            let (x, y) = (noise(&clock, 40, 0.6, seed), noise(&clock, 50, 0.6, seed + 1));
            let p = correlate_pairs_by(&x, &y, &clock, &options).unwrap().p().clone();
            for level in [0.05, 0.2, 0.5] {
                let share = p.iter().filter(|p| **p <= level).count() as f64 / p.len() as f64;
                let error = (level * (1.0 - level) / 2000.0).sqrt();
                assert!((share - level).abs() < 9.0 * error, "lags {lags}: {share} of p below {level}");
            }
        }
    }

    #[test]
    fn what_a_null_cannot_do_is_said() {
        let clock = Clock::new(2.0, &[60]).unwrap();
        let (x, y) = (noise(&clock, 2, 0.3, 1), noise(&clock, 2, 0.3, 2));
        let says = |options: &PairOptions, part: &str| {
            let error = correlate_pairs_by(&x, &y, &clock, options).unwrap_err();
            assert!(error.to_string().contains(part), "{error} does not say `{part}`");
        };
        let mut kept = vec![true; 60];
        kept[4] = false;
        let usual = PairOptions::default();
        says(&usual.clone().kept(&kept), "Null::shifts()");
        says(&usual.clone().null(Null::surrogates()).lags(1), "the best of 3 lags");
        says(&usual.clone().null(Null::blocks()), "permutations of blocks");
        says(&usual.clone().lags(25), "fewer than 20 are left");
        says(&usual.clone().kept(&kept[1..]), "59 marks");
        says(
            &usual.clone().null(Null::CircularShift { least_seconds: 58.0, shifts: 9, seed: 0 }).lags(3),
            "beyond the lags",
        );
        says(&usual.null(Null::PhaseSurrogates { surrogates: 0, seed: 0 }), "0 random surrogates");
    }
}
