//! What is learned from data before the encoding model, and from which rows.
//!
//! Whatever is learned from rows that are tested later may lead the model to them. So a [`Training`] gives the training rows of one fold and nothing
//! else; transforms ([`Standardise`], [`FeaturePca`], [`SelectFeatures`]) are fitted to a `Training`, and what they make of any regressors carries the rows that they
//! have seen. [`encode`](super::encode) refuses features that have seen, by their brain data, rows that it would test; [`encode_each`] makes the features anew
//! in each training set.

mod each;
mod fitted;
#[cfg(test)]
mod tests;
mod training;

pub use each::encode_each;
pub use fitted::{FeaturePca, FittedTransform, SelectFeatures, Standardise};
pub use training::Training;

use super::{Folds, Predictors};
use crate::clock::Clock;
use crate::error::{Error, Result};
use std::sync::Arc;

/// From which rows something was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    what: String,
    clock: Clock,
    rows: Arc<[usize]>,
    from: Source,
}

/// What was learned from.
#[derive(Clone, Debug, PartialEq)]
enum Source {
    /// The stimulus or the language model alone.
    Model,
    /// Brain data, by this name.
    Brain(String),
}

impl Learned {
    /// Something that was learned from the model side alone, over all rows of a clock.
    pub(super) fn from_model(what: impl Into<String>, clock: &Clock) -> Learned {
        Learned { what: what.into(), clock: clock.clone(), rows: (0..clock.total()).collect(), from: Source::Model }
    }

    /// What was learned: "20 of 300 features (greatest correlation with BOLD)".
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The rows that it has seen, ascending.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The clock whose rows they are.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether brain data took part.
    pub fn from_brain(&self) -> bool {
        matches!(self.from, Source::Brain(_))
    }

    /// An error if a fold tests rows whose brain data this has seen.
    pub(super) fn check(&self, x: &dyn Predictors, folds: &Folds) -> Result<()> {
        let Source::Brain(name) = &self.from else { return Ok(()) };
        if self.clock != *folds.clock() {
            return Ok(());
        }
        for n in 0..folds.count() {
            let seen: Vec<usize> =
                folds.fold(n).test().iter().copied().filter(|row| self.rows.binary_search(row).is_ok()).collect();
            let (Some(first), Some(last)) = (seen.first(), seen.last()) else { continue };
            return Err(Error::value(
                format!(
                    "{} were learned from {name} in {} rows ({}), and fold {n} would test {} of these (rows {first} to {last}): what they were learned from cannot test them",
                    x.describe(),
                    self.rows.len(),
                    self.what,
                    seen.len()
                ),
                "learn them in the training rows of each fold: `encode_each(&bold, Ridge::default(), &|train| SelectFeatures::best(20).fit(train, &x)?.transform(&x))`",
            ));
        }
        Ok(())
    }

    /// What a fit says of it.
    pub(super) fn said(&self) -> Option<String> {
        match self.from {
            Source::Model if self.rows.len() == self.clock.total() => {
                Some(format!("{} learned over all stories from the model side, without brain data", self.what))
            }
            Source::Model => Some(format!(
                "{} learned from {} volumes of the model side, without brain data",
                self.what,
                self.rows.len()
            )),
            Source::Brain(_) => None,
        }
    }
}
