//! Circular shifts: each run is turned, as on a ring, by a number of volumes of its own.

use crate::clock::Clock;
use crate::error::{Error, Result};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::Range;

/// The shifts of each draw.
pub(super) struct Turns {
    /// For each run the shifts that may be drawn, in volumes.
    pub allowed: Vec<Range<usize>>,
    /// Draw × run: one of the run's shifts.
    shifts: Vec<usize>,
    /// Whether these are all draws there are.
    pub all: bool,
}

impl Turns {
    /// `count` draws of shifts that are `seconds` and `margin` volumes or more from no shift at all, in either direction; every one if there are no more.
    pub(super) fn new(clock: &Clock, seconds: f64, margin: usize, count: usize, seed: u64) -> Result<Turns> {
        let least = ((seconds / clock.tr()).round() as usize).max(1) + margin;
        let lengths: Vec<usize> = (0..clock.runs()).map(|run| clock.volumes(run)).collect();
        if let Some(run) = lengths.iter().position(|volumes| *volumes < 2 * least + 1) {
            let lags = if margin > 0 { format!(", beyond the lags of {margin} volumes") } else { String::new() };
            return Err(Error::value(
                format!(
                    "shifts of at least {seconds} s{lags} are {least} volumes either way, and run {run} has {}",
                    lengths[run]
                ),
                "allow smaller shifts, or leave the run out",
            ));
        }
        let allowed: Vec<Range<usize>> = lengths.iter().map(|volumes| least..volumes - least + 1).collect();
        let every = allowed.iter().try_fold(1_usize, |all, range| all.checked_mul(range.len()));
        let every = every.filter(|every| *every <= count);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut shifts = Vec::new();
        for mut draw in 0..every.unwrap_or(count) {
            for range in &allowed {
                let place = match every {
                    Some(_) => {
                        let place = draw % range.len();
                        draw /= range.len();
                        place
                    }
                    None => rng.gen_range(0..range.len()),
                };
                shifts.push(range.start + place);
            }
        }
        Ok(Turns { allowed, shifts, all: every.is_some() })
    }

    /// How many draws there are.
    pub(super) fn count(&self) -> usize {
        self.shifts.len() / self.allowed.len()
    }

    /// The shifts of each draw, one a run.
    pub(super) fn draws(&self) -> impl Iterator<Item = &[usize]> {
        self.shifts.chunks_exact(self.allowed.len())
    }

    /// The null in words.
    pub(super) fn words(&self) -> String {
        match self.all {
            true => format!("all {} circular shifts within runs", self.count()),
            false => format!("{} circular shifts within runs", self.count()),
        }
    }
}
