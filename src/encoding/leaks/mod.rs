//! What would let held-out volumes into training, looked for before a model is fitted.
//!
//! A leak cannot be seen in the scores: it only makes them better. Before it fits, [`encode`](super::encode) therefore looks at
//!
//! - **the scan**: a run that is there twice (its voxels' courses, differenced over time, agree);
//! - **the stimulus**: a story in two runs, of which one is tested while the other trains (the regressors' courses agree, also when they begin some volumes later);
//! - **the gap** where blocks of one run are held out: shorter than the response (10 s) or than the largest delay, or BOLD that still agrees with itself over the
//!   gap because it was smoothed in time or drifts;
//! - **what was learned before**: features that were chosen or made by the brain data of rows that are now to be tested.
//!
//! What is found is refused, with the next step. Means, scales, components and α need no check: they are learned in training rows.

mod edge;
mod gap;
mod repeats;
mod seen;

pub(super) use edge::edge_warning;
pub(super) use repeats::sampled;
pub(super) use seen::Seen;

use super::{Folds, Predictors, Targets};
use crate::error::{Error, Result};
use ndarray::Array2;
use std::fmt;

/// A way in which held-out volumes may get into training, which [`Folds::allowing`] allows if it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leak {
    /// A story is tested in one run and trained on in another. Meant where the question is how well a response to the *same* stimulus repeats.
    RepeatedStory,
    /// A scan is there twice.
    RepeatedRun,
    /// Training and test volumes of one run are nearer than the haemodynamic response, the largest delay or the series' own memory.
    ShortGap,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Leak::RepeatedStory => "stories both trained on and tested",
            Leak::RepeatedRun => "repeated scans",
            Leak::ShortGap => "a short gap",
        })
    }
}

/// An error for the first leak that is found; `delays` in volumes.
pub(super) fn check(x: &dyn Predictors, bold: &dyn Targets, folds: &Folds, delays: &[usize]) -> Result<()> {
    x.learned().iter().try_for_each(|learned| learned.check(x, folds))?;
    check_scan(x, bold, folds, delays)
}

/// The part that does not depend on what was learned before.
pub(super) fn check_scan(x: &dyn Predictors, bold: &dyn Targets, folds: &Folds, delays: &[usize]) -> Result<()> {
    let repeated = !folds.allows(Leak::RepeatedRun) && bold.clock().runs() > 1;
    let near = !folds.allows(Leak::ShortGap) && folds.shortest_gap().is_some();
    let sample = if repeated || near { repeats::sampled(bold)? } else { Array2::zeros((0, 0)) };
    if repeated {
        repeats::check_bold(bold, &sample, folds)?;
    }
    if !folds.allows(Leak::RepeatedStory) {
        repeats::check_stories(x, folds)?;
    }
    match near {
        true => gap::check(bold, &sample, folds, delays.iter().copied().max().unwrap_or(0)),
        false => Ok(()),
    }
}

/// An error with the way to have it nonetheless.
fn refused(leak: Leak, problem: String, advice: String) -> Error {
    Error::value(problem, format!("{advice}; if it is meant: `folds.allowing(Leak::{leak:?})`"))
}
