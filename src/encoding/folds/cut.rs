//! Rows of a scan, cut apart.

use super::Fold;
use crate::clock::Clock;
use std::sync::Arc;

/// Volumes that so many seconds take.
pub(super) fn volumes(clock: &Clock, seconds: f64) -> usize {
    (seconds / clock.tr()).ceil() as usize
}

/// The fold that tests `test` and trains on those of `rows` that are farther than `gap` volumes from it, or in another run.
pub(super) fn around(clock: &Clock, rows: &[usize], test: Vec<usize>, gap: usize) -> Fold {
    let near = all_near(clock, &test);
    let train = rows.iter().copied().filter(|row| near[*row].is_none_or(|distance| distance > gap)).collect();
    Fold { train, test: test.into() }
}

/// For each row of the clock, how many volumes it is from the nearest of `test` in its run; none where the run has none of them.
pub(super) fn all_near(clock: &Clock, test: &[usize]) -> Vec<Option<usize>> {
    let mut tested = vec![false; clock.total()];
    test.iter().for_each(|row| tested[*row] = true);
    let mut near: Vec<Option<usize>> = vec![None; clock.total()];
    for run in 0..clock.runs() {
        let mut sweep = |rows: &mut dyn Iterator<Item = usize>| {
            let mut last: Option<usize> = None;
            for row in rows {
                last = if tested[row] { Some(0) } else { last.map(|distance| distance + 1) };
                near[row] = match (near[row], last) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
        };
        sweep(&mut clock.rows(run));
        sweep(&mut clock.rows(run).rev());
    }
    near
}

/// `n` parts of each group of runs, the same volumes in each run of a group.
pub(super) fn parts(clock: &Clock, groups: &[String], n: usize) -> Vec<Vec<usize>> {
    let of_run = |run: usize, part: usize| {
        let same = (0..clock.runs()).filter(|other| groups[*other] == groups[run]);
        let longest = same.map(|other| clock.volumes(other)).max().unwrap_or_default();
        let rows = clock.rows(run);
        let at = |part: usize| (rows.start + part * longest / n).min(rows.end);
        at(part)..at(part + 1)
    };
    (0..n).map(|part| (0..clock.runs()).flat_map(|run| of_run(run, part)).collect()).collect()
}

/// Rows in both of two ascending lists.
pub(super) fn common(a: &[usize], b: &[usize]) -> Arc<[usize]> {
    a.iter().copied().filter(|row| b.binary_search(row).is_ok()).collect()
}

/// Neighbouring rows of one run, as run and volumes within it.
pub(super) fn stretches(clock: &Clock, rows: &[usize]) -> Vec<(usize, std::ops::Range<usize>)> {
    let mut found: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
    let (mut run, mut of_run) = (0, clock.rows(0));
    for &row in rows {
        while row >= of_run.end {
            run += 1;
            of_run = clock.rows(run);
        }
        let volume = row - of_run.start;
        match found.last_mut() {
            Some((last, volumes)) if *last == run && volumes.end == volume => volumes.end += 1,
            _ => found.push((run, volume..volume + 1)),
        }
    }
    found
}
