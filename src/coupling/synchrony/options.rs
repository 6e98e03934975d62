//! What synchrony is, and when it counts.

use crate::error::{Error, Result};
use crate::statistics::Sides;

/// Options of [`couple_with`](super::couple_with).
#[derive(Clone, Debug, PartialEq)]
pub struct Synchrony {
    /// False discovery rate below which a pair counts. Default 0.05.
    pub level: f64,
    /// Whether only positive r counts (default), as with Liu et al., or |r|: a unit's sign means little where its weights could be turned.
    pub sides: Sides,
    /// The network's course is compared with the neuron's up to so many TRs earlier and later, and the best r counts. Default 0.
    pub lags: usize,
}

impl Default for Synchrony {
    fn default() -> Synchrony {
        Synchrony { level: 0.05, sides: Sides::Greater, lags: 0 }
    }
}

impl Synchrony {
    /// False discovery rate below which a pair counts.
    pub fn level(self, level: f64) -> Synchrony {
        Synchrony { level, ..self }
    }

    /// Whether positive r counts, or |r|.
    pub fn sides(self, sides: Sides) -> Synchrony {
        Synchrony { sides, ..self }
    }

    /// How many TRs earlier and later are searched for the best r; p is corrected for the search.
    pub fn lags(self, lags: usize) -> Synchrony {
        Synchrony { lags, ..self }
    }

    pub(super) fn check(&self) -> Result<()> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::value(
                format!("a false discovery rate of {}", self.level),
                "give one between 0 and 1, such as 0.05",
            ));
        }
        Ok(())
    }
}
