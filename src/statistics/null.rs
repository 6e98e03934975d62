//! What chance is taken to be.

use crate::error::{Error, Result};
use std::fmt;

/// What [`correlation_test`](super::correlation_test) and [`correlate_pairs_by`](super::correlate_pairs_by) take for chance.
///
/// | null | what stays | what it supposes | smallest p |
/// |---|---|---|---|
/// | [`Null::Phase`] | each run's power spectra | stationary runs without gaps | none |
/// | [`Null::PhaseSurrogates`] | the same, drawn: of all pairs only | the same | 1 / (1 + surrogates) |
/// | [`Null::BlockPermutation`] | what happens within a block | blocks may change places: their length exceeds the memory of the series | 1 / (1 + permutations) |
/// | [`Null::CircularShift`] | each run's order, but for one cut | runs that wrap around; gaps are allowed | 1 / (1 + shifts) |
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Null {
    /// Random phases in closed form: no surrogates are drawn, and p has no floor.
    Phase,
    /// Random phases, drawn: what [`Null::Phase`] is the limit of. A check, and slower.
    PhaseSurrogates {
        /// How many are drawn.
        surrogates: usize,
        /// The same seed draws the same surrogates.
        seed: u64,
    },
    /// Blocks of the data change places within their run.
    BlockPermutation {
        /// Length of a block in seconds, rounded to volumes.
        block_seconds: f64,
        /// How many orders are drawn.
        permutations: usize,
        /// The same seed draws the same orders.
        seed: u64,
    },
    /// Each run of the data is turned, as on a ring, by a number of volumes of its own.
    CircularShift {
        /// Least shift in either direction, in seconds.
        least_seconds: f64,
        /// How many are drawn; if there are no more, all are taken.
        shifts: usize,
        /// The same seed draws the same shifts.
        seed: u64,
    },
}

/// Which r count as extreme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sides {
    /// r > 0 only: what an encoding model predicts.
    #[default]
    Greater,
    /// Large |r|.
    Both,
}

impl Null {
    /// Blocks of 20 s (10 volumes at a TR of 2 s), 1,000 permutations, seed 0.
    pub fn blocks() -> Null {
        Null::BlockPermutation { block_seconds: 20.0, permutations: 1000, seed: 0 }
    }

    /// Shifts of at least 20 s, 1,000 of them, seed 0.
    pub fn shifts() -> Null {
        Null::CircularShift { least_seconds: 20.0, shifts: 1000, seed: 0 }
    }

    /// 1,000 surrogates with random phases, seed 0.
    pub fn surrogates() -> Null {
        Null::PhaseSurrogates { surrogates: 1000, seed: 0 }
    }

    /// An error if a number is out of its range.
    pub(super) fn check(&self) -> Result<()> {
        let (seconds, draws, what) = match *self {
            Null::Phase => return Ok(()),
            Null::PhaseSurrogates { surrogates, .. } => (1.0, surrogates, "surrogates"),
            Null::BlockPermutation { block_seconds, permutations, .. } => (block_seconds, permutations, "blocks"),
            Null::CircularShift { least_seconds, shifts, .. } => (least_seconds, shifts, "shifts"),
        };
        if !(seconds.is_finite() && seconds > 0.0) {
            return Err(Error::value(format!("{what} of {seconds} s"), "give seconds, 20 by default"));
        }
        match draws {
            0 => Err(Error::value(format!("a test against 0 random {what}"), "ask for 1,000, say")),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Sides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sides::Greater => "one-sided, r > 0",
            Sides::Both => "two-sided",
        })
    }
}
