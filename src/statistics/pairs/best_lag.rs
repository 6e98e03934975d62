//! All pairs at the best of several lags, in closed form.

use super::by::Found;
use super::{Sides, correlate_pairs};
use crate::clock::Clock;
use crate::error::Result;
use ndarray::{Array2, Zip, s};

/// The pairs at the lag of greatest r (|r| for both sides); p of the best of K = 2·lags + 1 is 1 − (1 − p)^K, which is Šidák's bound: courses at
/// neighbouring lags are alike, so that it is rather too large.
pub(super) fn best(
    first: &Array2<f32>,
    second: &Array2<f32>,
    clock: &Clock,
    most: usize,
    sides: Sides,
) -> Result<Found> {
    let left: Vec<usize> = (0..clock.runs()).map(|run| clock.volumes(run) - 2 * most).collect();
    let common = Clock::new(clock.tr(), &left)?;
    // The first series stands still, in the middle of each run; the second moves.
    let middle = part(first, clock, &common, most);
    let at = |lag: i16| {
        let moved = part(second, clock, &common, (most as i16 + lag) as usize);
        correlate_pairs(&middle, &moved, &common, sides).map(super::PairTest::into_parts)
    };
    let size = |r: f32| if sides == Sides::Both { r.abs() } else { r };
    let first_lag = -(most as i16);
    let (mut r, mut p) = at(first_lag)?;
    let mut lags = Array2::from_elem(r.dim(), first_lag);
    for lag in first_lag + 1..=most as i16 {
        let now = at(lag)?;
        Zip::from(&mut r).and(&mut p).and(&mut lags).and(&now.0).and(&now.1).for_each(|r, p, at, new_r, new_p| {
            if size(*new_r) > size(*r) {
                (*r, *p, *at) = (*new_r, *new_p, lag);
            }
        });
    }
    let searched = (2 * most + 1) as f64;
    // 1 − (1 − p)^K without the cancellation.
    p.mapv_inplace(|p| -(searched * (-p).ln_1p()).exp_m1());
    Ok(Found { r, p, lag: Some(lags) })
}

/// The rows from `first` of each run, as many as the shorter clock has.
fn part(series: &Array2<f32>, clock: &Clock, shorter: &Clock, first: usize) -> Array2<f32> {
    let mut out = Array2::zeros((shorter.total(), series.ncols()));
    for run in 0..clock.runs() {
        let from = clock.rows(run).start + first;
        out.slice_mut(s![shorter.rows(run), ..]).assign(&series.slice(s![from..from + shorter.volumes(run), ..]));
    }
    out
}
