//! Which time points train and which test.

mod custom;
mod cut;
mod describe;
mod inside;
#[cfg(test)]
mod tests;

use super::Leak;
use crate::clock::Clock;
use crate::error::{Error, Result};
use cut::{around, parts};
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

/// Train and test time points of a cross-validation: whole runs, whole stories, or blocks with a gap; clones are cheap.
///
/// Time points are never shuffled: neighbouring volumes share their haemodynamic response, and a shuffled test volume would have its own
/// response among the training rows ([`Folds::custom`] recognises such folds and refuses them).
///
/// | what was scanned | folds |
/// |---|---|
/// | several runs, each another story | [`Folds::runs`] |
/// | some stories heard more than once | [`Folds::stories`] |
/// | a training set and a test set, as in the field's tutorials | [`Folds::holdout`] |
/// | one run | [`Folds::blocks`] |
/// | one story, heard in several runs | [`Folds::story_parts`] |
///
/// ```
/// use neurocell::clock::Clock;
/// use neurocell::encoding::Folds;
/// let clock = Clock::new(2.0, &[100, 90, 110])?;
/// let folds = Folds::runs(&clock)?;
/// assert_eq!(folds.count(), 3);
/// assert_eq!(folds.fold(1).test(), (100..190).collect::<Vec<_>>());
/// // The first and the third run are the same story: they are held out together.
/// let folds = Folds::stories(&clock, &["pieman", "tunnel", "pieman"])?;
/// assert_eq!(folds.fold(0).train(), (100..190).collect::<Vec<_>>());
/// println!("{folds}\n{}", folds.table());
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Folds {
    folds: Arc<[Fold]>,
    clock: Clock,
    kind: Kind,
    /// The story of each run, if it was said.
    stories: Option<Arc<[String]>>,
    /// What would be refused otherwise.
    allowed: Arc<[Leak]>,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Runs,
    Stories,
    Holdout(Arc<[usize]>),
    Blocks {
        gap_seconds: f64,
    },
    Custom {
        gap_seconds: f64,
    },
    /// Splits whose inner folds are their own: what a training set of its own regressors is scored on.
    Splits,
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
        let tests = (0..clock.runs()).map(|run| clock.rows(run).collect()).collect();
        Ok(Folds::new(clock, tests, 0, Kind::Runs))
    }

    /// Each story is held out once, with all runs in which it was heard: `stories` has one name for each run, in the order of the runs. The folds inside
    /// a training set, in which α is chosen, keep the runs of one story together too.
    ///
    /// Any other grouping of runs goes the same way (sessions, speakers): runs of one name are held out together.
    ///
    /// # Errors
    /// If there is not one name for each run, or all runs have the same name.
    pub fn stories(clock: &Clock, stories: &[&str]) -> Result<Folds> {
        let stories = named(clock, stories)?;
        let different = in_order(&stories);
        if different.len() < 2 {
            return Err(Error::value(
                format!(
                    "all {} runs are the story `{}`, and one story has to train while another is tested",
                    stories.len(),
                    different[0]
                ),
                "hold out parts of the story, the same in each run: `Folds::story_parts(&clock, &stories, 5, 10.0)`",
            ));
        }
        let of = |story: &&String| {
            (0..clock.runs()).filter(|run| stories[*run] == **story).flat_map(|run| clock.rows(run)).collect()
        };
        let tests = different.iter().map(of).collect();
        Ok(Folds { stories: Some(stories.clone()), ..Folds::new(clock, tests, 0, Kind::Stories) })
    }

    /// One split: these runs are tested, all others train, and α is chosen among the runs that train (by story, if [`Folds::named`] says the stories). A model's weights are then
    /// those of the training runs.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let clock = Clock::new(2.0, &[100, 90, 110, 100])?;
    /// let folds = Folds::holdout(&clock, &[3])?;
    /// assert_eq!((folds.count(), folds.fold(0).test().len(), folds.inside(0).len()), (1, 100, 3));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If no run is named, one is not there or named twice, or none is left to train on.
    pub fn holdout(clock: &Clock, runs: &[usize]) -> Result<Folds> {
        let mut held: Vec<usize> = runs.to_vec();
        held.sort_unstable();
        if let Some(run) = held.iter().find(|run| **run >= clock.runs()) {
            return Err(Error::value(
                format!("run {run} of {} is to be held out", clock.runs()),
                "runs are counted from 0",
            ));
        }
        if let Some(pair) = held.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::value(format!("run {} is to be held out twice", pair[0]), "name each run once"));
        }
        if held.is_empty() || held.len() == clock.runs() {
            return Err(Error::value(
                format!("{} of {} runs are to be held out", held.len(), clock.runs()),
                "name at least one run to test on, and leave at least one to train on",
            ));
        }
        let test = held.iter().flat_map(|run| clock.rows(*run)).collect();
        Ok(Folds::new(clock, vec![test], 0, Kind::Holdout(held.into())))
    }

    /// `n` contiguous blocks of nearly equal length, each held out once; volumes of the same run that are nearer than `gap_seconds`
    /// to a held-out block are not trained on (10 s is usual: neighbouring volumes share their haemodynamic response).
    ///
    /// # Errors
    /// If `n` is below 2, the gap is negative or not finite, or a block is not longer than the gap.
    pub fn blocks(clock: &Clock, n: usize, gap_seconds: f64) -> Result<Folds> {
        let total = clock.total();
        let gap = checked_gap(n, gap_seconds, clock, total, "of")?;
        let tests = (0..n).map(|block| (block * total / n..(block + 1) * total / n).collect()).collect();
        Ok(Folds::new(clock, tests, gap, Kind::Blocks { gap_seconds }))
    }

    /// `n` parts of each story, each held out once, the same part in all runs of the story together; a part's neighbours within `gap_seconds` are
    /// not trained on. For a story that was heard in every run, where [`Folds::stories`] has nothing to train on.
    ///
    /// Runs of one story are taken to begin at the same word.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let folds = Folds::story_parts(&Clock::new(2.0, &[100, 100])?, &["pieman", "pieman"], 4, 10.0)?;
    /// assert_eq!(folds.fold(0).test(), (0..25).chain(100..125).collect::<Vec<_>>());
    /// assert_eq!(folds.fold(0).train(), (30..100).chain(130..200).collect::<Vec<_>>());
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is not one name for each run, `n` is below 2, the gap is negative or not finite, or a part is not longer than the gap.
    pub fn story_parts(clock: &Clock, stories: &[&str], n: usize, gap_seconds: f64) -> Result<Folds> {
        let stories = named(clock, stories)?;
        let shortest = (0..clock.runs()).map(|run| clock.volumes(run)).min().unwrap_or_default();
        let gap = checked_gap(n, gap_seconds, clock, shortest, "of a run of")?;
        let tests = parts(clock, &stories, n);
        let folds = Folds::new(clock, tests, gap, Kind::Blocks { gap_seconds });
        Ok(Folds { stories: Some(stories), ..folds })
    }

    /// The folds whose test rows are given, one list for each, with a gap of `gap_seconds` on both sides of each stretch within a run.
    ///
    /// A list may have several stretches, but they must be stretches: **shuffled rows are refused**. BOLD is some 10 s behind the stimulus and as smooth, so that a volume between
    /// two training volumes is known from them without any model.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let clock = Clock::new(2.0, &[100, 100])?;
    /// let folds = Folds::custom(&clock, vec![(0..40).collect(), (40..100).collect(), (100..200).collect()], 10.0)?;
    /// assert_eq!(folds.fold(0).train(), (45..200).collect::<Vec<_>>());
    /// let shuffled = (0..5).map(|fold| (0..200).filter(|row| row * 7 % 5 == fold).collect()).collect();
    /// let error = Folds::custom(&clock, shuffled, 10.0).unwrap_err();
    /// assert!(error.problem().contains("shuffled"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a list is empty, names a row that is not there or one that was named before; a stretch is neither a whole run nor longer than the gap; nothing is left
    /// to train on; or the gap is negative or not finite.
    #[doc(alias = "KFold")]
    #[doc(alias = "shuffled")]
    #[doc(alias = "ShuffleSplit")]
    pub fn custom(clock: &Clock, tests: Vec<Vec<usize>>, gap_seconds: f64) -> Result<Folds> {
        let (tests, gap) = custom::checked(clock, tests, gap_seconds)?;
        Ok(Folds::new(clock, tests, gap, Kind::Custom { gap_seconds }))
    }

    /// The same folds, with the name of each run's story: α is then chosen over stories, and a story that is tested and trained on at once is refused.
    ///
    /// # Errors
    /// If there is not one name for each run, or a fold tests a whole run of a story and trains on another.
    pub fn named(&self, stories: &[&str]) -> Result<Folds> {
        let stories = named(&self.clock, stories)?;
        for (n, fold) in self.folds.iter().enumerate() {
            let whole = |rows: &[usize]| -> Vec<usize> {
                (0..self.clock.runs())
                    .filter(|run| self.clock.rows(*run).all(|row| rows.binary_search(&row).is_ok()))
                    .collect()
            };
            let (tested, trained) = (whole(&fold.test), whole(&fold.train));
            let both = tested
                .iter()
                .flat_map(|a| trained.iter().map(move |b| (*a, *b)))
                .find(|(a, b)| stories[*a] == stories[*b]);
            if let Some((a, b)) = both {
                return Err(Error::value(
                    format!("fold {n} tests run {a} and trains on run {b}, and both are the story `{}`", stories[a]),
                    "hold the runs of a story out together: `Folds::stories(&clock, &stories)`, or name them all in `Folds::holdout`",
                ));
            }
        }
        Ok(Folds { stories: Some(stories), ..self.clone() })
    }

    /// The same folds, with something allowed that [`encode`](super::encode) would refuse; [`EncodingFit::about`](super::EncodingFit::about) then says so.
    pub fn allowing(&self, leak: Leak) -> Folds {
        let mut allowed = self.allowed.to_vec();
        if !allowed.contains(&leak) {
            allowed.push(leak);
        }
        Folds { allowed: allowed.into(), ..self.clone() }
    }

    /// What [`encode`](super::encode) takes if nothing was chosen: runs, or for a single run 5 blocks with a gap of 10 s, or of the longest delay (in volumes).
    pub(super) fn usual(clock: &Clock, delay: usize) -> Result<Folds> {
        match clock.runs() {
            1 => Folds::blocks(clock, 5, GAP_SECONDS.max(delay as f64 * clock.tr())),
            _ => Folds::runs(clock),
        }
    }

    /// Splits as they are given, of training and test rows. The folds inside each are itself: whoever uses them chooses α elsewhere.
    pub(super) fn splits(clock: &Clock, splits: &[(&[usize], &[usize])]) -> Folds {
        let folds = splits.iter().map(|(train, test)| Fold { train: (*train).into(), test: (*test).into() });
        Folds { folds: folds.collect(), clock: clock.clone(), kind: Kind::Splits, stories: None, allowed: [].into() }
    }

    fn new(clock: &Clock, tests: Vec<Vec<usize>>, gap: usize, kind: Kind) -> Folds {
        let all: Vec<usize> = (0..clock.total()).collect();
        let folds = tests.into_iter().map(|test| around(clock, &all, test, gap)).collect();
        Folds { folds, clock: clock.clone(), kind, stories: None, allowed: [].into() }
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

    /// Rows that a fold neither trains nor tests on: the gap.
    pub fn gap(&self, n: usize) -> Vec<usize> {
        let Fold { train, test } = &self.folds[n];
        (0..self.clock.total())
            .filter(|row| train.binary_search(row).is_err() && test.binary_search(row).is_err())
            .collect()
    }

    /// Whether something was allowed.
    pub(super) fn allows(&self, leak: Leak) -> bool {
        self.allowed.contains(&leak)
    }
}

/// One name for each run.
fn named(clock: &Clock, stories: &[&str]) -> Result<Arc<[String]>> {
    if stories.len() != clock.runs() {
        return Err(Error::shape(
            format!("{} names of stories for {} runs ({clock})", stories.len(), clock.runs()),
            "give one name for each run, in the order of the runs; runs of the same story have the same name",
        ));
    }
    Ok(stories.iter().map(|story| (*story).to_owned()).collect())
}

/// Each name once, in the order in which they occur.
fn in_order(names: &[String]) -> Vec<&String> {
    let mut seen: Vec<&String> = Vec::new();
    names.iter().for_each(|name| {
        if !seen.contains(&name) {
            seen.push(name);
        }
    });
    seen
}

/// Volumes of the gap between `n` blocks of so many volumes.
fn checked_gap(n: usize, gap_seconds: f64, clock: &Clock, total: usize, of: &str) -> Result<usize> {
    if n < 2 {
        return Err(Error::value(
            format!("{n} blocks; one has to be held out while others train"),
            "ask for 2 or more, 5 by default",
        ));
    }
    custom::check_seconds(gap_seconds)?;
    let shortest = total / n;
    let gap = (gap_seconds / clock.tr()).ceil();
    if shortest as f64 <= gap {
        return Err(Error::value(
            format!("{n} blocks {of} {total} volumes have {shortest} each, and the gap of {gap_seconds} s takes {gap}"),
            "ask for fewer blocks or a shorter gap",
        ));
    }
    Ok(gap as usize)
}
