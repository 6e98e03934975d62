//! r and p of all pairs, at the best of several lags.

use super::{Synchrony, shortened};
use crate::clock::Clock;
use crate::error::Result;
use crate::statistics::{Sides, correlate_pairs};
use ndarray::{Array2, Zip, s};

/// All pairs, neuron × network.
pub(super) struct Found {
    pub r: Array2<f32>,
    pub p: Array2<f64>,
    /// TRs by which the network follows its neuron; none if no lag was searched.
    pub lag: Option<Array2<i16>>,
}

/// The pairs at the lag of greatest r (|r| for both sides); p of the best of K = 2·lags + 1 is 1 − (1 − p)^K, which is Šidák's bound: courses at
/// neighbouring lags are alike, so that it is rather too large.
pub(super) fn best(neurons: &Array2<f32>, networks: &Array2<f32>, clock: &Clock, options: &Synchrony) -> Result<Found> {
    let most = options.lags;
    if most == 0 {
        let found = correlate_pairs(neurons, networks, clock, options.sides)?;
        return Ok(Found { r: found.r().clone(), p: found.p().clone(), lag: None });
    }
    let common = shortened(clock, 2 * most)?;
    // The neurons' courses stand still, in the middle of each run; the networks' move.
    let middle = part(neurons, clock, &common, most);
    let mut best: Option<Found> = None;
    for lag in -(most as i16)..=most as i16 {
        let moved = part(networks, clock, &common, (most as i16 + lag) as usize);
        let found = correlate_pairs(&middle, &moved, &common, options.sides)?;
        let now =
            Found { r: found.r().clone(), p: found.p().clone(), lag: Some(Array2::from_elem(found.r().dim(), lag)) };
        let Some(before) = &mut best else {
            best = Some(now);
            continue;
        };
        let Some(lags) = &mut before.lag else { continue };
        let size = |r: f32| if options.sides == Sides::Both { r.abs() } else { r };
        Zip::from(&mut before.r).and(&mut before.p).and(lags).and(&now.r).and(&now.p).for_each(
            |r, p, at, new_r, new_p| {
                if size(*new_r) > size(*r) {
                    (*r, *p, *at) = (*new_r, *new_p, lag);
                }
            },
        );
    }
    let mut found = best.unwrap_or_else(|| Found { r: Array2::zeros((0, 0)), p: Array2::zeros((0, 0)), lag: None });
    let searched = (2 * most + 1) as f64;
    // 1 − (1 − p)^K without the cancellation.
    found.p.mapv_inplace(|p| -(searched * (-p).ln_1p()).exp_m1());
    Ok(found)
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
