//! Which time points train and which test.

use crate::clock::Clock;
use crate::error::{Error, Result};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// One split: rows of a series to train on, and rows to test on.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold {
    train: Arc<[usize]>,
    test: Arc<[usize]>,
}

impl Fold {
    /// Rows to train on, ascending.
    pub fn train(&self) -> &[usize] {
        &self.train
    }

    /// Rows to test on, ascending; never among those to train on.
    pub fn test(&self) -> &[usize] {
        &self.test
    }
}

/// Train and test time points of a cross-validation: whole runs, or blocks with a gap; clones are cheap.
///
/// ```
/// use neurocell::clock::Clock;
/// use neurocell::encoding::Folds;
/// let folds = Folds::runs(&Clock::new(2.0, &[100, 90, 110])?)?;
/// assert_eq!(folds.count(), 3);
/// assert_eq!(folds.fold(1).test(), (100..190).collect::<Vec<_>>());
/// println!("{folds}");
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Folds {
    folds: Arc<[Fold]>,
    clock: Clock,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Runs,
    Blocks { gap_seconds: f64 },
}

/// Seconds between training and test rows unless told otherwise: the haemodynamic response has risen and largely fallen by then.
pub(super) const GAP_SECONDS: f64 = 10.0;

impl Folds {
    /// Each run is held out once.
    ///
    /// # Errors
    /// If there is only one run.
    pub fn runs(clock: &Clock) -> Result<Folds> {
        if clock.runs() < 2 {
            return Err(Error::value(
                format!("folds by run of a scan with 1 run ({clock})"),
                "split the run: `Folds::blocks(&clock, 5, 10.0)`",
            ));
        }
        let tests = (0..clock.runs()).map(|run| clock.rows(run)).collect();
        Ok(Folds::around(clock, tests, 0, Kind::Runs))
    }

    /// `n` contiguous blocks of nearly equal length, each held out once; volumes of the same run that are nearer than `gap_seconds`
    /// to a held-out block are not trained on (10 s is usual: neighbouring volumes share their haemodynamic response).
    ///
    /// # Errors
    /// If `n` is below 2, the gap is negative or not finite, or a block is not longer than the gap.
    pub fn blocks(clock: &Clock, n: usize, gap_seconds: f64) -> Result<Folds> {
        if n < 2 {
            return Err(Error::value(
                format!("{n} blocks; one has to be held out while others train"),
                "ask for 2 or more, 5 by default",
            ));
        }
        if !(gap_seconds.is_finite() && gap_seconds >= 0.0) {
            return Err(Error::value(format!("a gap of {gap_seconds} s"), "give seconds, 10 by default"));
        }
        let total = clock.total();
        let shortest = total / n;
        let gap = (gap_seconds / clock.tr()).ceil();
        if shortest as f64 <= gap {
            return Err(Error::value(
                format!(
                    "{n} blocks of {total} volumes have {shortest} each, and the gap of {gap_seconds} s takes {gap}"
                ),
                "ask for fewer blocks or a shorter gap",
            ));
        }
        let tests = (0..n).map(|block| block * total / n..(block + 1) * total / n).collect();
        Ok(Folds::around(clock, tests, gap as usize, Kind::Blocks { gap_seconds }))
    }

    /// What [`encode`](super::encode) takes if nothing was chosen: runs, or for a single run 5 blocks with a gap of 10 s.
    pub(super) fn usual(clock: &Clock) -> Result<Folds> {
        match clock.runs() {
            1 => Folds::blocks(clock, 5, GAP_SECONDS),
            _ => Folds::runs(clock),
        }
    }

    fn around(clock: &Clock, tests: Vec<Range<usize>>, gap: usize, kind: Kind) -> Folds {
        let runs: Vec<Range<usize>> = (0..clock.runs()).map(|run| clock.rows(run)).collect();
        let near = |row: usize, test: &Range<usize>| {
            // The gap does not reach from one run into the next.
            runs.iter().any(|run| {
                let (first, end) = (run.start.max(test.start), run.end.min(test.end));
                run.contains(&row) && first < end && row + gap >= first && row < end + gap
            })
        };
        let folds = tests.into_iter().map(|test| Fold {
            train: (0..clock.total()).filter(|&row| !near(row, &test)).collect(),
            test: test.collect(),
        });
        Folds { folds: folds.collect(), clock: clock.clone(), kind }
    }

    /// Number of folds.
    pub fn count(&self) -> usize {
        self.folds.len()
    }

    /// One fold, from 0.
    pub fn fold(&self, n: usize) -> &Fold {
        &self.folds[n]
    }

    /// The clock whose volumes are split.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The folds inside the training rows of fold `outer`, in which α is chosen.
    ///
    /// With three folds or more these are the other folds, less all rows that `outer` holds out or leaves as a gap. With two, the one
    /// training part is cut into three blocks with the usual gap, or the folds' own.
    pub(super) fn inside(&self, outer: usize) -> Vec<Fold> {
        let rows = &self.folds[outer].train;
        if self.count() > 2 {
            let others = self.folds.iter().enumerate().filter(|(n, _)| *n != outer);
            return others
                .map(|(_, fold)| Fold { train: common(&fold.train, rows), test: common(&fold.test, rows) })
                .collect();
        }
        let gap = match self.kind {
            Kind::Runs => GAP_SECONDS,
            Kind::Blocks { gap_seconds } => gap_seconds,
        };
        let gap = (gap / self.clock.tr()).ceil() as usize;
        let cut = |part: usize| part * rows.len() / 3;
        (0..3)
            .map(|part| Fold {
                train: rows[..cut(part).saturating_sub(gap)]
                    .iter()
                    .chain(&rows[(cut(part + 1) + gap).min(rows.len())..])
                    .copied()
                    .collect(),
                test: rows[cut(part)..cut(part + 1)].into(),
            })
            .collect()
    }

    /// How the folds were cut, in a few words.
    pub(super) fn words(&self) -> String {
        match self.kind {
            Kind::Runs => format!("{} folds by run", self.count()),
            Kind::Blocks { gap_seconds } => {
                format!("{} blocks with a gap of {gap_seconds} s, cleaning shared by the blocks of a run", self.count())
            }
        }
    }
}

/// Rows in both of two ascending lists.
fn common(a: &[usize], b: &[usize]) -> Arc<[usize]> {
    a.iter().copied().filter(|row| b.binary_search(row).is_ok()).collect()
}

impl fmt::Display for Folds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Folds: {}, {}; train/test volumes", self.words(), self.clock)?;
        for (n, fold) in self.folds.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma} {}/{}", fold.train.len(), fold.test.len())?;
        }
        Ok(())
    }
}
