//! Which volumes are censored.

use crate::brain::Confounds;
use crate::error::{Error, Result};

/// Scrubbing (Power et al. 2012, 2014): volumes in which the head moved are censored, and what is left between them if it is too short.
///
/// The defaults are those of nilearn's `load_confounds`: framewise displacement above 0.5 mm, standardised DVARS above 1.5, and only segments of 5
/// and more volumes stay.
///
/// ```
/// use neurocell::brain::{Cleaning, Scrub};
/// let strict = Scrub::default().fd(Some(0.2)).std_dvars(None);
/// let cleaning = Cleaning::default().motion24().scrub(strict);
/// assert!(cleaning.to_string().contains("scrubbing (FD > 0.2 mm, segments of 5 volumes and more stay)"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scrub {
    /// Volumes with a larger framewise displacement, in mm, are censored; `None`: whatever it is.
    pub fd_mm: Option<f64>,
    /// Volumes with a larger standardised DVARS (the column `std_dvars`) are censored; `None`: whatever it is.
    pub std_dvars: Option<f64>,
    /// Runs of fewer volumes than this between censored ones are censored too; 0 for none.
    pub shortest: usize,
}

impl Default for Scrub {
    fn default() -> Scrub {
        Scrub { fd_mm: Some(0.5), std_dvars: Some(1.5), shortest: 5 }
    }
}

impl Scrub {
    /// Largest framewise displacement in mm that stays.
    pub fn fd(self, mm: Option<f64>) -> Scrub {
        Scrub { fd_mm: mm, ..self }
    }

    /// Largest standardised DVARS that stays; `None` if the table has no such column.
    pub fn std_dvars(self, limit: Option<f64>) -> Scrub {
        Scrub { std_dvars: limit, ..self }
    }

    /// Fewest volumes in a row that stay between censored ones.
    pub fn shortest(self, volumes: usize) -> Scrub {
        Scrub { shortest: volumes, ..self }
    }

    pub(super) fn said(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.fd_mm.map(|mm| format!("FD > {mm} mm")));
        parts.extend(self.std_dvars.map(|limit| format!("std. DVARS > {limit}")));
        if self.shortest > 1 {
            parts.push(format!("segments of {} volumes and more stay", self.shortest));
        }
        format!("scrubbing ({})", parts.join(", "))
    }

    /// Marks what is censored in a run.
    pub(super) fn censor(&self, table: &Confounds, censored: &mut Censored) -> Result<()> {
        for (what, limit) in [("framewise displacement", self.fd_mm), ("standardised DVARS", self.std_dvars)] {
            if let Some(limit) = limit.filter(|limit| !(limit.is_finite() && *limit > 0.0)) {
                return Err(Error::value(
                    format!("scrubbing at a {what} of {limit}"),
                    "give a positive limit, for example `Scrub::default().fd(Some(0.5)).std_dvars(Some(1.5))`, or None",
                ));
            }
        }
        let over = |values: &[f64], limit: f64| -> Vec<usize> {
            values.iter().enumerate().filter(|(_, v)| **v > limit).map(|(n, _)| n).collect()
        };
        if let Some(limit) = self.fd_mm {
            censored.moved = over(table.framewise_displacement()?.mm(), limit);
        }
        if let Some(limit) = self.std_dvars {
            let Some(dvars) = table.std_dvars()? else {
                return Err(Error::format(
                    table.path(),
                    format!("there is no column std_dvars, which scrubbing at {limit} looks at"),
                    "fetch the table that fMRIPrep wrote, or scrub by displacement alone: `Scrub::default().std_dvars(None)`",
                ));
            };
            censored.dvars = over(&dvars, limit);
        }
        let mut out = vec![false; table.rows()];
        censored.moved.iter().chain(&censored.dvars).for_each(|&n| out[n] = true);
        if out.contains(&true) {
            censored.short = short_segments(&out, self.shortest);
        }
        Ok(())
    }
}

/// Volumes of the runs of `false` that are shorter than `shortest`.
fn short_segments(out: &[bool], shortest: usize) -> Vec<usize> {
    let mut short = Vec::new();
    let mut from = 0;
    for n in 0..=out.len() {
        if n == out.len() || out[n] {
            if n - from < shortest {
                short.extend(from..n);
            }
            from = n + 1;
        }
    }
    short
}

/// The censored volumes of one run, by reason; a volume may have several.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Censored {
    pub(super) unsteady: Vec<usize>,
    pub(super) moved: Vec<usize>,
    pub(super) dvars: Vec<usize>,
    pub(super) short: Vec<usize>,
    pub(super) own: Vec<usize>,
}

impl Censored {
    /// All of them, ascending.
    pub(super) fn all(&self) -> Vec<usize> {
        let mut all = [&self.unsteady, &self.moved, &self.dvars, &self.short, &self.own].map(Vec::as_slice).concat();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// "3 by FD, 2 too short a segment".
    pub(super) fn reasons(&self) -> String {
        let reasons = [
            (&self.unsteady, "non-steady"),
            (&self.moved, "FD"),
            (&self.dvars, "DVARS"),
            (&self.short, "short segment"),
            (&self.own, "given"),
        ];
        let said = reasons.into_iter().filter(|(volumes, _)| !volumes.is_empty());
        said.map(|(volumes, why)| format!("{} {why}", volumes.len())).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_shorter_than_the_limit_go_at_both_ends_and_between() {
        let mut out = vec![false; 30];
        [3, 9, 15, 16, 26].iter().for_each(|&n| out[n] = true);
        // 0–2 and 27–29 are of three volumes, 4–8 and 10–14 of five, 17–25 of nine.
        assert_eq!(short_segments(&out, 5), [0, 1, 2, 27, 28, 29]);
        assert_eq!(short_segments(&out, 6), [0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 27, 28, 29]);
        assert!(short_segments(&out, 0).is_empty());
    }
}
