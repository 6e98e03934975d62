//! How units are lesioned, and beside what.

use crate::brain::NetworkSeries;
use crate::error::{Error, Result};
use crate::model::{Masking, Site};
use std::fmt;

/// What becomes of a lesioned unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ablation {
    /// Its value is its mean over the tokens of the text: what it says in general stays. A unit of [`Site::AttnQk`], a product of a query with many keys, cannot be set to a
    /// number: there its query is set to its mean ([`Site::AttnQ`]).
    #[default]
    Mean,
    /// Its value is 0.
    Zero,
}

impl Ablation {
    /// Where units of a site are changed.
    pub(super) fn site(self, site: Site) -> Site {
        match (self, site) {
            (Ablation::Mean, Site::AttnQk) => Site::AttnQ,
            _ => site,
        }
    }

    /// "set to their mean over the text".
    pub(super) fn words(self, site: Site) -> &'static str {
        match (self, site) {
            (Ablation::Mean, Site::AttnQk) => {
                "their queries (AttnQ) set to their means over the text, since a product cannot be set to a number"
            }
            (Ablation::Mean, _) => "set to their means over the text",
            (Ablation::Zero, _) => "set to 0",
        }
    }
}

impl fmt::Display for Ablation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ablation::Mean => "mean",
            Ablation::Zero => "zero",
        })
    }
}

/// Options of [`lesion_with`](super::lesion_with).
///
/// ```
/// use neurocell::prelude::*;
/// let options = LesionOptions::default().units(30).random(199);
/// assert_eq!(options.random, 199);
/// ```
#[derive(Clone, Debug)]
pub struct LesionOptions {
    /// How many of a network's first neurons. `None`: those that belong to it by the finder's own rule (anchors of a coupling, the first 100 of a sub-group).
    pub units: Option<usize>,
    /// What becomes of a lesioned unit. Default: its mean.
    pub ablation: Ablation,
    /// Random groups to compare with. Default 99: no p is below 0.01.
    pub random: usize,
    /// Whether the loss is measured. Default: yes, where the checkpoint has a head that guesses words.
    pub loss: bool,
    /// Which tokens BERT guesses at the same time. Default: one in seven.
    pub masking: Masking,
    /// Networks' courses whose encoding is scored, one for each subject, in the place of those that the groups bring: best of subjects with whom the units were not found.
    pub courses: Vec<NetworkSeries>,
    /// The false discovery rate at which changes count. Default 0.05.
    pub level: f64,
    /// The same seed draws the same groups. Default 0.
    pub seed: u64,
}

impl Default for LesionOptions {
    fn default() -> LesionOptions {
        LesionOptions {
            units: None,
            ablation: Ablation::default(),
            random: 99,
            loss: true,
            masking: Masking::default(),
            courses: Vec::new(),
            level: 0.05,
            seed: 0,
        }
    }
}

impl LesionOptions {
    /// How many of a network's first neurons.
    pub fn units(self, units: usize) -> LesionOptions {
        LesionOptions { units: Some(units), ..self }
    }

    /// What becomes of a lesioned unit.
    pub fn ablation(self, ablation: Ablation) -> LesionOptions {
        LesionOptions { ablation, ..self }
    }

    /// How many random groups.
    pub fn random(self, groups: usize) -> LesionOptions {
        LesionOptions { random: groups, ..self }
    }

    /// No loss is measured, only scores.
    pub fn without_loss(self) -> LesionOptions {
        LesionOptions { loss: false, ..self }
    }

    /// Which tokens BERT guesses at the same time.
    pub fn masking(self, masking: Masking) -> LesionOptions {
        LesionOptions { masking, ..self }
    }

    /// The courses of the networks whose encoding is scored, of one subject more: for [`SubGroups`](crate::coupling::SubGroups), which do not hold them, and for an honest p, of a subject with whom the units
    /// were not found. All subjects heard the text of the groups' neurons.
    pub fn courses(mut self, networks: &NetworkSeries) -> LesionOptions {
        self.courses.push(networks.clone());
        self
    }

    /// The false discovery rate at which changes count.
    pub fn level(self, level: f64) -> LesionOptions {
        LesionOptions { level, ..self }
    }

    /// The same seed draws the same groups.
    pub fn seed(self, seed: u64) -> LesionOptions {
        LesionOptions { seed, ..self }
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.random == 0 || !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::value(
                format!("{} random groups, and a false discovery rate of {}", self.random, self.level),
                "take at least 19 random groups (99 is the default) and a rate such as 0.05",
            ));
        }
        Ok(())
    }
}
