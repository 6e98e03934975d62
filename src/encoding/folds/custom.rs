//! Test rows of the reader's own, checked.

use super::cut::{around, stretches, volumes};
use crate::clock::Clock;
use crate::error::{Error, Result};

/// Test rows in ascending order, and the gap in volumes.
pub(super) fn checked(clock: &Clock, mut tests: Vec<Vec<usize>>, gap_seconds: f64) -> Result<(Vec<Vec<usize>>, usize)> {
    check_seconds(gap_seconds)?;
    if tests.is_empty() {
        return Err(Error::value("there is no list of test volumes", "give one list of rows for each fold"));
    }
    let mut fold_of: Vec<Option<usize>> = vec![None; clock.total()];
    for (n, test) in tests.iter_mut().enumerate() {
        test.sort_unstable();
        if test.is_empty() {
            return Err(Error::value(format!("fold {n} has no volume to test on"), "leave it out, or name its rows"));
        }
        for &row in test.iter() {
            let Some(known) = fold_of.get_mut(row) else {
                return Err(Error::value(
                    format!("fold {n} tests row {row}, and there are {clock}"),
                    "rows are counted from 0 over all runs, one run after the other",
                ));
            };
            if let Some(other) = known.replace(n) {
                return Err(Error::value(
                    format!("row {row} is tested twice, in fold {other} and in fold {n}"),
                    "name each row in one fold, once",
                ));
            }
        }
    }
    let gap = volumes(clock, gap_seconds);
    for (n, test) in tests.iter().enumerate() {
        check_stretches(clock, n, test, gap, gap_seconds)?;
        let all: Vec<usize> = (0..clock.total()).collect();
        if around(clock, &all, test.clone(), gap).train().is_empty() {
            return Err(Error::value(
                format!("fold {n} tests {} of {} volumes, which leaves none to train on", test.len(), clock.total()),
                "test fewer volumes at a time",
            ));
        }
    }
    Ok((tests, gap))
}

/// An error if a stretch is not longer than the gap, or so many are that the rows were shuffled.
fn check_stretches(clock: &Clock, n: usize, test: &[usize], gap: usize, gap_seconds: f64) -> Result<()> {
    let found = stretches(clock, test);
    let whole = |run: usize, volumes: usize| volumes == clock.volumes(run);
    let loose: Vec<_> = found.iter().filter(|(run, volumes)| !whole(*run, volumes.len())).collect();
    let in_loose: usize = loose.iter().map(|(_, volumes)| volumes.len()).sum();
    if loose.len() > 2 && in_loose < 3 * loose.len() {
        return Err(Error::value(
            format!(
                "fold {n} tests {in_loose} volumes in {} pieces of {:.1} volumes: they were shuffled, and neighbouring volumes share their haemodynamic response, so that \
                 training volumes on both sides tell what a test volume holds",
                loose.len(),
                in_loose as f64 / loose.len() as f64
            ),
            "hold out whole runs or stories: `Folds::runs(&clock)`, `Folds::stories(&clock, &names)`; within one run blocks with a gap: `Folds::blocks(&clock, 5, 10.0)`",
        ));
    }
    match loose.iter().find(|(_, volumes)| volumes.len() <= gap) {
        Some((run, volumes)) => Err(Error::value(
            format!(
                "fold {n} tests volumes {} to {} of run {run}, {} of them, and the gap of {gap_seconds} s takes {gap}",
                volumes.start,
                volumes.end - 1,
                volumes.len()
            ),
            "test longer stretches, or ask for a shorter gap",
        )),
        None => Ok(()),
    }
}

pub(super) fn check_seconds(gap_seconds: f64) -> Result<()> {
    match gap_seconds.is_finite() && gap_seconds >= 0.0 {
        true => Ok(()),
        false => Err(Error::value(format!("a gap of {gap_seconds} s"), "give seconds, 10 by default")),
    }
}
