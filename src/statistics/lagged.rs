//! How two courses go together at other lags, and from one part of a run to the next.

use crate::clock::Clock;
use crate::error::{Error, Result};
use std::fmt;

/// Fewest volumes of a run on which an r says anything.
const FEWEST: usize = 5;

/// Pearson r of two courses at each lag: [`lagged_r`].
#[derive(Clone, Debug, PartialEq)]
pub struct LaggedR {
    r: Vec<f64>,
    most: usize,
    tr: f64,
}

impl LaggedR {
    /// r at each lag, from −most to most.
    pub fn r(&self) -> &[f64] {
        &self.r
    }

    /// The lags in volumes, from −most to most; at a positive one the second course follows the first.
    pub fn lags(&self) -> Vec<isize> {
        let most = self.most as isize;
        (-most..=most).collect()
    }

    /// r at lag 0.
    pub fn at_once(&self) -> f64 {
        self.r[self.most]
    }

    /// The lag (volumes) of greatest |r|, and that r; of equals the one nearest to 0.
    pub fn best(&self) -> (isize, f64) {
        let mut all: Vec<(isize, f64)> = self.lags().into_iter().zip(self.r.iter().copied()).collect();
        all.sort_by_key(|(lag, _)| lag.abs());
        all.into_iter().fold((0, 0.0), |best, one| if one.1.abs() > best.1.abs() { one } else { best })
    }
}

impl fmt::Display for LaggedR {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lag, r) = self.best();
        let seconds = lag as f64 * self.tr;
        write!(
            f,
            "r = {:.3} at lag 0; the greatest |r| within ±{} volumes is {r:.3}, at lag {lag} ({seconds} s)",
            self.at_once(),
            self.most
        )
    }
}

/// Pearson r of two courses (a value for each volume of `clock`) at each lag of up to `most` volumes either way.
///
/// At lag k the value of `a` at volume t meets that of `b` at t + k of the same run, so that at a positive lag `b` follows `a`; r is the mean over runs, each
/// correlated by itself over the volumes that are left (numpy's `corrcoef`). A run in which a course does not vary counts as 0. The greatest of several
/// |r| is greater by chance than one of them: what is tested for significance must have searched its null in the same way.
///
/// ```
/// use neurocell::{clock::Clock, statistics::lagged_r};
/// let clock = Clock::new(1.5, &[60, 60])?;
/// let wave = |t: f32| (t / 5.0).sin() + (t / 2.3).cos();
/// let a: Vec<f32> = (0..120).map(|t| wave(t as f32)).collect();
/// let b: Vec<f32> = (0..120).map(|t| wave(t as f32 - 2.0)).collect();
/// let found = lagged_r(&a, &b, &clock, 4)?;
/// assert_eq!(found.best().0, 2);
/// println!("{found}");
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If a course has not the clock's number of volumes or a value is NaN or infinite, or a run has fewer than `most` + 5 volumes.
pub fn lagged_r(a: &[f32], b: &[f32], clock: &Clock, most: usize) -> Result<LaggedR> {
    check(a, b, clock)?;
    if let Some(run) = (0..clock.runs()).find(|run| clock.volumes(*run) < most + FEWEST) {
        return Err(Error::value(
            format!("lags of up to {most} volumes in run {run}, which has {}", clock.volumes(run)),
            format!("allow fewer: at least {FEWEST} volumes must be left"),
        ));
    }
    let at = |lag: isize| {
        let shift = lag.unsigned_abs();
        let each = (0..clock.runs()).map(|run| {
            let rows = clock.rows(run);
            let (a, b) = (&a[rows.clone()], &b[rows]);
            let left = a.len() - shift;
            if lag >= 0 { pearson(&a[..left], &b[shift..]) } else { pearson(&a[shift..], &b[..left]) }
        });
        each.map(|r| r.unwrap_or(0.0)).sum::<f64>() / clock.runs() as f64
    };
    let most_lag = most as isize;
    Ok(LaggedR { r: (-most_lag..=most_lag).map(at).collect(), most, tr: clock.tr() })
}

/// Pearson r of two courses in a window of `window` volumes around each volume: where in a run they go together.
///
/// NaN where the window would leave the run, or a course does not vary in it; an even window reaches one volume further back than forward (pandas'
/// `rolling(window, center=True).corr`). Short windows scatter widely by chance: of smooth courses even those that have nothing in common.
///
/// ```
/// use neurocell::{clock::Clock, statistics::running_r};
/// let a: Vec<f32> = (0..80).map(|t| (t as f32 / 3.0).sin()).collect();
/// let b: Vec<f32> = a.iter().enumerate().map(|(t, v)| if t < 40 { *v } else { -v }).collect();
/// let r = running_r(&a, &b, &Clock::new(2.0, &[80])?, 21)?;
/// assert!(r[0].is_nan() && r[15] > 0.99 && r[65] < -0.99);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If a course has not the clock's number of volumes, a value is NaN or infinite, or the window has fewer than 5 volumes.
pub fn running_r(a: &[f32], b: &[f32], clock: &Clock, window: usize) -> Result<Vec<f64>> {
    check(a, b, clock)?;
    if window < FEWEST {
        return Err(Error::value(
            format!("a window of {window} volumes"),
            format!("take {FEWEST} or more; 40 are one minute at a TR of 1.5 s"),
        ));
    }
    let mut found = vec![f64::NAN; clock.total()];
    for run in 0..clock.runs() {
        let rows = clock.rows(run);
        for start in rows.start..(rows.end + 1).saturating_sub(window) {
            let inside = start..start + window;
            found[start + window / 2] = pearson(&a[inside.clone()], &b[inside]).unwrap_or(f64::NAN);
        }
    }
    Ok(found)
}

fn check(a: &[f32], b: &[f32], clock: &Clock) -> Result<()> {
    for (name, course) in [("first", a), ("second", b)] {
        if course.len() != clock.total() {
            return Err(Error::shape(
                format!("the {name} course has {} values, the clock {clock}", course.len()),
                "take both courses and the clock from the same scan",
            ));
        }
        if let Some(row) = course.iter().position(|v| !v.is_finite()) {
            return Err(Error::value(
                format!("the {name} course has the value {} at volume {row}", course[row]),
                "find where it came from; only finite values can be correlated",
            ));
        }
    }
    Ok(())
}

/// `None` if one does not vary.
fn pearson(a: &[f32], b: &[f32]) -> Option<f64> {
    let count = a.len() as f64;
    let mean = |x: &[f32]| x.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
    let (ma, mb) = (mean(a), mean(b));
    let (mut product, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (f64::from(*x) - ma, f64::from(*y) - mb);
        product += x * y;
        square_a += x * x;
        square_b += y * y;
    }
    let varies = |square: f64, mean: f64| square > 1e-12 * mean * mean * count && square > 0.0;
    (varies(square_a, ma) && varies(square_b, mb)).then(|| (product / (square_a * square_b).sqrt()).clamp(-1.0, 1.0))
}
