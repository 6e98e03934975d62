//! Values with intervals over subjects.

use super::OrganisationOptions;
use crate::statistics::quantile;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::fmt;

/// A value, and the interval between whose ends it lies for other subjects, where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounded {
    /// The value.
    pub value: f64,
    /// Lower and upper end.
    pub interval: Option<[f64; 2]>,
}

/// "3.42 (2.90 to 3.81)", with as many decimals as asked for.
impl fmt::Display for Bounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(2);
        write!(f, "{:.decimals$}", self.value)?;
        self.interval.map_or(Ok(()), |[low, high]| write!(f, " ({low:.decimals$} to {high:.decimals$})"))
    }
}

/// Draws of subjects with replacement, the same for every figure.
pub(super) struct Resampling {
    draws: Vec<Vec<usize>>,
    level: f64,
}

impl Resampling {
    /// No draws of one subject.
    pub fn new(subjects: usize, options: &OrganisationOptions) -> Resampling {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
        let count = if subjects > 1 { options.draws } else { 0 };
        let draw = |_| (0..subjects).map(|_| rng.gen_range(0..subjects)).collect();
        Resampling { draws: (0..count).map(draw).collect(), level: options.interval }
    }

    /// Percentiles of a figure over the draws in which it exists.
    pub fn interval(&self, of: impl Fn(&[usize]) -> Option<f64>) -> Option<[f64; 2]> {
        let mut found: Vec<f64> = self.draws.iter().filter_map(|draw| of(draw)).collect();
        if found.is_empty() {
            return None;
        }
        found.sort_by(f64::total_cmp);
        Some([(1.0 - self.level) / 2.0, (1.0 + self.level) / 2.0].map(|share| quantile(&found, share)))
    }
}
