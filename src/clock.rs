//! The scan's clock: TR and how many volumes each run has.
//!
//! Every series of this crate is a matrix whose rows are the volumes of all runs, one run after the
//! other; its [`Clock`] says where the runs begin and how long a row lasts.

use crate::error::{Error, Result};
use std::ops::Range;
use std::sync::Arc;

/// TR and run lengths of a scan; rows of a series are the volumes of all runs in order.
///
/// ```
/// use neurocell::clock::Clock;
/// let clock = Clock::new(1.5, &[100, 90])?;
/// assert_eq!(clock.total(), 190);
/// assert_eq!(clock.rows(1), 100..190);
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    tr: f64,
    volumes: Arc<[usize]>,
}

impl Clock {
    /// A clock of `tr` seconds per volume and the given number of volumes for each run.
    ///
    /// # Errors
    /// If TR is not a number of seconds between 0.01 and 30 (1500 would be milliseconds), or a run is empty.
    pub fn new(tr: f64, volumes: &[usize]) -> Result<Clock> {
        if !tr.is_finite() || !(0.01..=30.0).contains(&tr) {
            return Err(Error::value(
                format!("TR is {tr}; a TR in seconds lies between 0.01 and 30"),
                "give the repetition time in seconds, for example 1.5 (not 1500)",
            ));
        }
        if volumes.is_empty() || volumes.contains(&0) {
            return Err(Error::value(
                format!("runs have {volumes:?} volumes; a clock needs at least one run and no empty one"),
                "leave empty runs out",
            ));
        }
        Ok(Clock { tr, volumes: volumes.into() })
    }

    /// Repetition time in seconds.
    pub fn tr(&self) -> f64 {
        self.tr
    }

    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.volumes.len()
    }

    /// Number of volumes in a run.
    pub fn volumes(&self, run: usize) -> usize {
        self.volumes[run]
    }

    /// Number of volumes in all runs: the rows of a series on this clock.
    pub fn total(&self) -> usize {
        self.volumes.iter().sum()
    }

    /// The rows that a run takes in a series.
    pub fn rows(&self, run: usize) -> Range<usize> {
        let start = self.volumes[..run].iter().sum();
        start..start + self.volumes[run]
    }

    /// The clock of what is left when each run loses `lead_in` volumes at its begin and `lead_out` at its end.
    ///
    /// # Errors
    /// If nothing would be left of a run.
    ///
    /// ```
    /// use neurocell::clock::Clock;
    /// let clock = Clock::new(1.5, &[100, 90])?.trimmed(4, 6)?;
    /// assert_eq!(clock.rows(1), 90..170);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn trimmed(&self, lead_in: usize, lead_out: usize) -> Result<Clock> {
        let left = |(run, volumes): (usize, &usize)| match volumes.saturating_sub(lead_in).saturating_sub(lead_out) {
            0 => Err(Error::value(
                format!(
                    "trimming {lead_in} volumes at the begin and {lead_out} at the end leaves nothing of run {run}, which has {volumes}"
                ),
                "trim fewer; volumes are counted, not seconds",
            )),
            left => Ok(left),
        };
        let volumes: Vec<usize> = self.volumes.iter().enumerate().map(left).collect::<Result<_>>()?;
        Clock::new(self.tr, &volumes)
    }

    /// An error naming both clocks if `other` is not the same as this one.
    pub fn agree(&self, this: &str, other: &Clock, that: &str) -> Result<()> {
        if self == other {
            return Ok(());
        }
        Err(Error::shape(
            format!("the clocks differ: {this} with {self}, {that} with {other}"),
            "make both from the same scan: `activations.to_series(bold.clock())`",
        ))
    }
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let runs: Vec<String> = self.volumes.iter().map(usize::to_string).collect();
        write!(f, "{} volumes (runs of {}) at TR {} s", self.total(), runs.join(" + "), self.tr)
    }
}
