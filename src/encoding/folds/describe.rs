//! What folds say of themselves.

use super::cut::stretches;
use super::{Fold, Folds, Kind, in_order};
use std::fmt;
use std::fmt::Write;
use std::ops::Range;

/// Stretches that a line of the table names.
const NAMED: usize = 4;

impl Folds {
    /// How the folds were cut, in a few words.
    pub(crate) fn words(&self) -> String {
        let mut words = match &self.kind {
            Kind::Runs => format!("{} folds by run", self.count()),
            Kind::Stories => format!("{} folds by story, all runs of a story held out together", self.count()),
            Kind::Holdout(runs) => {
                let all: Vec<String> = runs.iter().map(usize::to_string).collect();
                let s = if runs.len() == 1 { "" } else { "s" };
                format!("run{s} {} held out, {} to train on", all.join(", "), self.clock.runs() - runs.len())
            }
            Kind::Blocks { gap_seconds } => {
                let what = if self.stories.is_some() { "parts of each story" } else { "blocks" };
                format!("{} {what} with a gap of {gap_seconds} s, cleaning shared by the blocks of a run", self.count())
            }
            Kind::Custom { gap_seconds } => {
                let s = if self.count() == 1 { "" } else { "s" };
                format!("{} fold{s} of given volumes with a gap of {gap_seconds} s", self.count())
            }
            Kind::Splits => format!("{} splits", self.count()),
        };
        for leak in self.allowed.iter() {
            let _ = write!(words, ", {leak} ALLOWED");
        }
        words
    }

    /// What a fold holds out: the story's name, or "fold 3".
    pub(crate) fn label(&self, n: usize) -> String {
        match (&self.kind, &self.stories) {
            (Kind::Stories, Some(stories)) => in_order(stories)[n].clone(),
            _ => format!("fold {n}"),
        }
    }

    /// What a run is: its story's name, or "run 2".
    pub(crate) fn run_label(&self, run: usize) -> String {
        self.stories.as_ref().map_or_else(|| format!("run {run}"), |stories| stories[run].clone())
    }

    /// The rows of a fold in stretches of neighbours, each within one run: to train on, in the gap, to test on. `among` are the rows that it had to choose from.
    pub(crate) fn strips(&self, fold: &Fold, among: &[usize]) -> [Vec<Range<usize>>; 3] {
        let neither = |row: &usize| fold.train().binary_search(row).is_err() && fold.test().binary_search(row).is_err();
        let gap: Vec<usize> = among.iter().copied().filter(neither).collect();
        [fold.train(), &gap, fold.test()].map(|rows| {
            let start = |run: usize| self.clock.rows(run).start;
            let found = stretches(&self.clock, rows).into_iter();
            found.map(|(run, volumes)| start(run) + volumes.start..start(run) + volumes.end).collect()
        })
    }

    /// A line for each fold: how many volumes train, lie in the gap and test, and which are tested, as volumes of their run.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let folds = Folds::blocks(&Clock::new(2.0, &[60, 60])?, 4, 10.0)?;
    /// assert!(folds.table().contains("fold 0     85    5    30  volumes 0–29 of run 0"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn table(&self) -> String {
        let labels: Vec<String> = (0..self.count()).map(|n| self.label(n)).collect();
        let wide = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default().max(6);
        let mut table = format!("{:wide$}  train  gap  test  tested", "");
        for (n, label) in labels.iter().enumerate() {
            let (fold, gap) = (self.fold(n), self.gap(n).len());
            let tested = stretches(&self.clock, fold.test());
            let mut places: Vec<String> =
                tested.iter().take(NAMED).map(|(run, volumes)| self.place(*run, volumes)).collect();
            if tested.len() > NAMED {
                places.push(format!("and {} more", tested.len() - NAMED));
            }
            let _ = write!(
                table,
                "\n{label:wide$}  {:5}  {gap:3}  {:4}  {}",
                fold.train().len(),
                fold.test().len(),
                places.join(", ")
            );
        }
        table
    }

    /// "run 2 (pieman)", or "volumes 20–39 of run 0".
    fn place(&self, run: usize, volumes: &Range<usize>) -> String {
        let whole = volumes.len() == self.clock.volumes(run);
        let story = self.stories.as_ref().map(|stories| format!(" ({})", stories[run])).unwrap_or_default();
        match whole {
            true => format!("run {run}{story}"),
            false => format!("volumes {}–{} of run {run}{story}", volumes.start, volumes.end - 1),
        }
    }
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
