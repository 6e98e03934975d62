//! What follows from folds: the folds inside training rows, the rows of the final weights, the gap that is kept.

use super::cut::{all_near, around, common, parts, volumes};
use super::{Fold, Folds, GAP_SECONDS, Kind};

impl Folds {
    /// The folds inside the training rows of fold `outer`, in which α is chosen.
    ///
    /// With folds by run, by story, or held-out runs, each run (or story) that trains is held out once. With blocks these are the other folds,
    /// less all rows that `outer` holds out or leaves as a gap. Where only one run or block is left, its volumes are cut into three blocks with the usual
    /// gap, or the folds' own; where one story is left in several runs, the same part of it is held out in each.
    pub fn inside(&self, outer: usize) -> Vec<Fold> {
        let rows = &self.folds[outer].train;
        let gap = volumes(&self.clock, self.gap_seconds());
        match self.kind {
            Kind::Splits => vec![self.folds[outer].clone()],
            Kind::Blocks { .. } | Kind::Custom { .. } if self.count() > 2 => {
                let others = self.folds.iter().enumerate().filter(|(n, _)| *n != outer);
                others
                    .map(|(_, fold)| Fold { train: common(&fold.train, rows), test: common(&fold.test, rows) })
                    .filter(|fold| !fold.test.is_empty())
                    .collect()
            }
            Kind::Blocks { .. } | Kind::Custom { .. } if self.stories.is_none() => {
                let cut = |part: usize| part * rows.len() / 3;
                (0..3).map(|part| around(&self.clock, rows, rows[cut(part)..cut(part + 1)].to_vec(), gap)).collect()
            }
            _ => self.inside_groups(rows, gap),
        }
    }

    /// Each group of runs once, or three parts of the only one.
    fn inside_groups(&self, rows: &[usize], gap: usize) -> Vec<Fold> {
        let group = |run: usize| match &self.stories {
            Some(stories) => stories[run].clone(),
            None => run.to_string(),
        };
        let groups: Vec<String> = (0..self.clock.runs()).map(group).collect();
        let mut left: Vec<&String> = Vec::new();
        for run in (0..groups.len()).filter(|run| self.clock.rows(*run).any(|row| rows.binary_search(&row).is_ok())) {
            if !left.contains(&&groups[run]) {
                left.push(&groups[run]);
            }
        }
        let tests: Vec<Vec<usize>> = match left.len() {
            0 | 1 => parts(&self.clock, &groups, 3),
            _ => {
                let of = |group: &&String| {
                    (0..groups.len())
                        .filter(|run| groups[*run] == **group)
                        .flat_map(|run| self.clock.rows(run))
                        .collect()
                };
                left.iter().map(of).collect()
            }
        };
        let inner = |test: Vec<usize>| common(&test, rows).to_vec();
        tests
            .into_iter()
            .map(inner)
            .filter(|test| !test.is_empty())
            .map(|test| around(&self.clock, rows, test, gap))
            .collect()
    }

    /// Seconds of the gap that folds inside a run keep.
    fn gap_seconds(&self) -> f64 {
        match self.kind {
            Kind::Blocks { gap_seconds } | Kind::Custom { gap_seconds } => gap_seconds,
            _ => GAP_SECONDS,
        }
    }

    /// Volumes between training and test rows of one run, the fewest in any fold; none if no fold divides a run.
    pub(in crate::encoding) fn shortest_gap(&self) -> Option<usize> {
        (0..self.count())
            .filter_map(|n| {
                let fold = &self.folds[n];
                all_near(&self.clock, &fold.test)
                    .iter()
                    .enumerate()
                    .filter(|(row, _)| fold.train.binary_search(row).is_ok())
                    .filter_map(|(_, near)| *near)
                    .min()
            })
            .min()
            .map(|distance| distance.saturating_sub(1))
    }

    /// The rows that a model's weights come from: all that are kept, or the training rows where all folds have the same.
    pub(in crate::encoding) fn weighted(&self, kept: &[bool]) -> Vec<usize> {
        let all: Vec<usize> = (0..self.clock.total()).collect();
        let rows = if self.weights_of_training(true) { self.folds[0].train.to_vec() } else { all };
        rows.into_iter().filter(|row| kept[*row]).collect()
    }

    /// Whether weights are those of training rows: a model that is scored on one split was fitted to its training rows, while a cross-validation that only
    /// chooses α is followed by a fit to all.
    pub(in crate::encoding) fn weights_of_training(&self, scored: bool) -> bool {
        let same = (1..self.count()).all(|n| self.folds[n].train == self.folds[0].train);
        same && (scored || self.kind == Kind::Splits)
    }
}
