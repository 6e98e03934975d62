//! Named feature spaces on one clock.

use crate::clock::Clock;
use crate::encoding::features::finite;
use crate::encoding::{Learned, Predictors};
use crate::error::{Error, Result};
use crate::provenance::{Provenance, Traced};
use ndarray::{Array2, ArrayView2, Axis, concatenate};
use std::fmt;
use std::sync::Arc;

/// Feature spaces from which voxels are predicted together, each with a name: patterns beside control features, or one layer beside another.
/// Clones are cheap.
///
/// ```
/// use neurocell::prelude::*;
/// let clock = Clock::new(2.0, &[30, 30])?;
/// let made = |seed: usize, columns| ndarray::Array2::from_shape_fn((60, columns), |(t, n)| ((t * (n + seed)) % 7) as f32);
/// let words = Features::new("words", made(2, 3), &clock)?;
/// let sounds = Features::new("sounds", made(5, 4), &clock)?;
/// let spaces = Spaces::new().with("words", &words)?.with("sounds", &sounds)?;
/// assert_eq!(spaces.names(), ["words", "sounds"]);
/// println!("{spaces}");
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Spaces {
    spaces: Vec<Space>,
}

#[derive(Clone, Debug)]
struct Space {
    name: String,
    courses: Arc<Array2<f32>>,
    clock: Clock,
    described: String,
    regressors: Arc<[String]>,
    learned: Arc<[Learned]>,
    made: Provenance,
}

impl Spaces {
    /// No space yet.
    pub fn new() -> Spaces {
        Spaces::default()
    }

    /// One more space under a name of its own; its courses are copied.
    ///
    /// # Errors
    /// If the name is empty or taken, the clock is not that of the other spaces, or a value is NaN or infinite (the first is named).
    pub fn with(&self, name: &str, x: &dyn Predictors) -> Result<Spaces> {
        if name.trim().is_empty() {
            return Err(Error::value("a feature space has an empty name", "name it: `.with(\"words\", &features)`"));
        }
        if self.names().contains(&name) {
            return Err(Error::value(
                format!("two feature spaces are named `{name}`; there are {}", self.names().join(", ")),
                "give each space a name of its own",
            ));
        }
        if let Some(first) = self.spaces.first() {
            let [this, that] = [&first.name, name].map(|name| format!("the space `{name}`"));
            first.clock.agree(&this, x.clock(), &that)?;
        }
        finite(x.courses(), |n| format!("{} of the space `{name}`", x.regressor(n)), Some(x.clock()))?;
        let space = Space {
            name: name.to_owned(),
            courses: Arc::new(x.courses().clone()),
            clock: x.clock().clone(),
            described: x.describe(),
            regressors: (0..x.courses().ncols()).map(|n| x.regressor(n)).collect(),
            learned: x.learned().into(),
            made: x.provenance(),
        };
        Ok(Spaces { spaces: self.spaces.iter().cloned().chain([space]).collect() })
    }

    /// Names, in the order in which they were given.
    pub fn names(&self) -> Vec<&str> {
        self.spaces.iter().map(|space| space.name.as_str()).collect()
    }

    /// Number of spaces.
    pub fn count(&self) -> usize {
        self.spaces.len()
    }

    /// Number of regressors of each space.
    pub fn sizes(&self) -> Vec<usize> {
        self.spaces.iter().map(|space| space.courses.ncols()).collect()
    }

    /// Some of the spaces side by side, as one set of regressors.
    ///
    /// # Errors
    /// If there is none.
    pub(in crate::encoding) fn union(&self, which: &[usize]) -> Result<Union> {
        let spaces: Vec<Space> = which.iter().map(|&n| self.spaces[n].clone()).collect();
        let views: Vec<ArrayView2<f32>> = spaces.iter().map(|space| space.courses.view()).collect();
        match concatenate(Axis(1), &views) {
            Ok(courses) => Ok(Union { clock: spaces[0].clock.clone(), spaces, courses }),
            Err(_) => Err(Error::value(
                "there is no feature space to predict from",
                "add one: `Spaces::new().with(\"words\", &features)?`",
            )),
        }
    }

    /// All of them side by side.
    pub(in crate::encoding) fn all(&self) -> Result<Union> {
        self.union(&(0..self.count()).collect::<Vec<_>>())
    }
}

impl fmt::Display for Spaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spaces: {}", self.count())?;
        if let Some(first) = self.spaces.first() {
            write!(f, " on {}", first.clock)?;
        }
        self.spaces.iter().try_for_each(|space| write!(f, "\n  {}: {}", space.name, space.described))
    }
}

/// Spaces side by side.
pub(in crate::encoding) struct Union {
    spaces: Vec<Space>,
    courses: Array2<f32>,
    clock: Clock,
}

impl Union {
    /// For each space the numbers of its columns where all regressors are laid side by side at each of so many delays (1 for none).
    pub fn columns(&self, delays: usize) -> Vec<Vec<usize>> {
        let all = self.courses.ncols();
        let mut first = 0;
        let of = |space: &Space| {
            let start = first;
            first += space.courses.ncols();
            (0..delays.max(1)).flat_map(|delay| delay * all + start..delay * all + first).collect()
        };
        self.spaces.iter().map(of).collect()
    }
}

impl Traced for Union {
    fn provenance(&self) -> Provenance {
        let step = Provenance::step("feature spaces");
        self.spaces.iter().fold(step, |step, space| step.input(&space.name, &space.made))
    }
}

impl Predictors for Union {
    fn courses(&self) -> &Array2<f32> {
        &self.courses
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn kind(&self) -> &'static str {
        "features"
    }

    fn describe(&self) -> String {
        let each: Vec<String> =
            self.spaces.iter().map(|space| format!("{} ({})", space.name, space.described)).collect();
        each.join(" + ")
    }

    fn learned(&self) -> Vec<Learned> {
        self.spaces.iter().flat_map(|space| space.learned.iter().cloned()).collect()
    }

    fn regressor(&self, n: usize) -> String {
        let mut first = 0;
        for space in &self.spaces {
            if let Some(regressor) = n.checked_sub(first).and_then(|n| space.regressors.get(n)) {
                return format!("{regressor} of the space {}", space.name);
            }
            first += space.regressors.len();
        }
        format!("feature {n}")
    }
}
