//! Training and test volumes of one run that are too near to each other.

use super::super::folds::GAP_SECONDS;
use super::{Leak, refused};
use crate::clock::Clock;
use crate::encoding::{Folds, Targets};
use crate::error::Result;
use ndarray::{Array2, ArrayView1};

/// Autocorrelation of BOLD over the gap from which on test volumes are known from training volumes.
const REMEMBERED: f64 = 0.3;
/// Autocorrelation to which a gap that is advised lets it fall.
const FORGOTTEN: f64 = 0.15;

/// An error if a fold divides a run with a gap shorter than the response or the largest delay (in volumes), or over which BOLD still agrees with itself.
pub(super) fn check(bold: &dyn Targets, sample: &Array2<f32>, folds: &Folds, delay: usize) -> Result<()> {
    let Some(gap) = folds.shortest_gap() else { return Ok(()) };
    let tr = bold.clock().tr();
    let seconds = |volumes: usize| ((volumes as f64 * tr) * 10.0).round() / 10.0;
    let response = (GAP_SECONDS / tr).ceil() as usize;
    if gap < response.max(delay) {
        let (why, needed) = match delay > response {
            true => (
                format!(
                    "the largest delay of {delay} volumes ({} s): courses of test volumes are regressors of training volumes",
                    seconds(delay)
                ),
                delay,
            ),
            false => (
                format!(
                    "the haemodynamic response of {GAP_SECONDS} s: what was heard before the border is still in the volumes behind it"
                ),
                response,
            ),
        };
        return Err(refused(
            Leak::ShortGap,
            format!(
                "a gap of {gap} volumes ({} s) between training and test volumes of one run is shorter than {why}",
                seconds(gap)
            ),
            format!("widen it: `Folds::blocks(&clock, 5, {:.1})`", (needed as f64 * tr).max(GAP_SECONDS)),
        ));
    }
    let memory = memory(bold.clock(), bold.kept(), sample);
    match memory.get(gap + 1) {
        Some(&left) if left > REMEMBERED => {
            let advice = match (gap + 1..memory.len()).find(|lag| memory[*lag] < FORGOTTEN) {
                Some(lag) => format!(
                    "widen the gap: `Folds::blocks(&clock, 5, {:.1})`, smooth after the split, or take drift out (`Cleaning::default().high_pass(Some(128.0))`)",
                    lag as f64 * tr
                ),
                None => {
                    "hold out whole runs, or take drift out (`Cleaning::default().high_pass(Some(128.0))`)".to_owned()
                }
            };
            Err(refused(
                Leak::ShortGap,
                format!(
                    "volumes of {} still correlate by {left:.2} over the gap of {} s, so that test volumes are known from training volumes: the series was smoothed in time \
                     or cut from overlapping windows before it was split, or it drifts",
                    bold.name(),
                    seconds(gap)
                ),
                advice,
            ))
        }
        _ => Ok(()),
    }
}

/// Autocorrelation of a sample of voxels at each lag, in the median over voxels; pairs of kept volumes of one run only, each run's mean taken out.
fn memory(clock: &Clock, kept: &[bool], courses: &Array2<f32>) -> Vec<f64> {
    let shortest = (0..clock.runs()).map(|run| clock.volumes(run)).min().unwrap_or(0);
    let lags = shortest / 2;
    let of_voxel: Vec<Vec<f64>> =
        courses.columns().into_iter().filter_map(|course| autocorrelation(clock, kept, course, lags)).collect();
    let median = |lag: usize| {
        let mut all: Vec<f64> = of_voxel.iter().map(|of| of[lag]).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(0.0)
    };
    (0..lags).map(median).collect()
}

fn autocorrelation(clock: &Clock, kept: &[bool], course: ArrayView1<f32>, lags: usize) -> Option<Vec<f64>> {
    let mut centred = vec![0f64; course.len()];
    for run in 0..clock.runs() {
        let used: Vec<usize> = clock.rows(run).filter(|row| kept[*row]).collect();
        let mean = used.iter().map(|row| f64::from(course[*row])).sum::<f64>() / used.len().max(1) as f64;
        used.iter().for_each(|row| centred[*row] = f64::from(course[*row]) - mean);
    }
    let square: f64 =
        centred.iter().map(|v| v * v).sum::<f64>() / kept.iter().filter(|kept| **kept).count().max(1) as f64;
    let at = |lag: usize| {
        let (mut sum, mut pairs) = (0.0, 0usize);
        for run in 0..clock.runs() {
            let rows = clock.rows(run);
            for row in rows.start..rows.end.saturating_sub(lag) {
                if kept[row] && kept[row + lag] {
                    sum += centred[row] * centred[row + lag];
                    pairs += 1;
                }
            }
        }
        sum / pairs.max(1) as f64 / square
    };
    (square > 0.0).then(|| (0..lags).map(at).collect())
}
