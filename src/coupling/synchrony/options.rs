//! What synchrony is, and when it counts.

use crate::error::{Error, Result};
use crate::statistics::{Null, PairOptions, Sides};

/// Options of [`couple_with`](super::couple_with).
#[derive(Clone, Debug, PartialEq)]
pub struct Synchrony {
    /// False discovery rate below which a pair counts. Default 0.05.
    pub level: f64,
    /// Whether only positive r counts (default), as with Liu et al., or |r|: a unit's sign means little where its weights could be turned.
    pub sides: Sides,
    /// The network's course is compared with the neuron's up to so many TRs earlier and later, and the best r counts. Default 0.
    pub lags: usize,
    /// What chance is. Default: random phases in closed form ([`Null::Phase`]); where volumes are censored, circular shifts ([`Null::shifts`]).
    pub null: Null,
}

impl Default for Synchrony {
    fn default() -> Synchrony {
        Synchrony { level: 0.05, sides: Sides::Greater, lags: 0, null: Null::Phase }
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

    /// What chance is: [`Null::Phase`], [`Null::surrogates`], [`Null::shifts`].
    pub fn null(self, null: Null) -> Synchrony {
        Synchrony { null, ..self }
    }

    /// How all pairs are compared, if the networks have the volumes `kept`: random phases need all of them.
    pub(super) fn pairs(&self, kept: &[bool]) -> PairOptions {
        let gaps = kept.contains(&false);
        let null = if gaps && self.null == Null::Phase { Null::shifts() } else { self.null.clone() };
        let options = PairOptions::default().null(null).sides(self.sides).lags(self.lags);
        if gaps { options.kept(kept) } else { options }
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
