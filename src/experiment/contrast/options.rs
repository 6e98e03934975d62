//! How two groups of texts are compared.

use crate::error::{Error, Result};
use crate::stimulus::{RAREST, Stimulus, word_frequency};
use std::fmt;

/// What two groups of texts may differ in without anything being meant by it; values are means over a text's words with a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Covariate {
    /// Number of words with a time.
    Length,
    /// Words per second, from the first word's onset to the last one's end.
    Rate,
    /// Mean Zipf value of the words ([`word_frequency`]); 3 for one that is not in the table.
    Frequency,
    /// Mean number of letters and digits of the words.
    Letters,
}

impl Covariate {
    /// All of them.
    pub fn all() -> Vec<Covariate> {
        vec![Covariate::Length, Covariate::Rate, Covariate::Frequency, Covariate::Letters]
    }

    /// Its value for a text.
    pub fn of(self, text: &Stimulus) -> f64 {
        let words: Vec<_> = text.words().iter().filter(|word| word.onset.is_some()).collect();
        let count = words.len().max(1) as f64;
        let mean = |value: &dyn Fn(&str) -> f64| words.iter().map(|word| value(&word.text)).sum::<f64>() / count;
        match self {
            Covariate::Length => words.len() as f64,
            Covariate::Rate => {
                let mut seconds = 0.0;
                for run in 0..text.runs() {
                    let of_run = || words.iter().filter(|word| word.run == run);
                    let first = of_run().filter_map(|word| word.onset).fold(f64::INFINITY, f64::min);
                    let last = of_run().filter_map(|word| word.offset).fold(0.0, f64::max);
                    seconds += (last - first).max(0.0);
                }
                if seconds > 0.0 { words.len() as f64 / seconds } else { 0.0 }
            }
            Covariate::Frequency => mean(&|text| f64::from(word_frequency(text).unwrap_or(RAREST))),
            Covariate::Letters => mean(&|text| text.chars().filter(|letter| letter.is_alphanumeric()).count() as f64),
        }
    }
}

impl fmt::Display for Covariate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Covariate::Length => "words",
            Covariate::Rate => "words per second",
            Covariate::Frequency => "word frequency (Zipf)",
            Covariate::Letters => "letters per word",
        })
    }
}

/// What is done about the covariates of two groups of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Balance {
    /// They are regressed out of the texts' predicted responses, beside the difference of the groups (analysis of covariance). All texts are used.
    #[default]
    Partialling,
    /// Texts of one group are paired with texts of the other that are like them, and those without a partner are left out.
    Matching,
    /// Nothing: the groups are compared as they are.
    AsTheyAre,
}

/// Options of [`InSilico::contrast_with`](super::super::InSilico::contrast_with).
///
/// ```
/// use neurocell::prelude::*;
/// let options = ContrastOptions::default().matching().permutations(4999).level(0.01);
/// assert_eq!(options.balance, Balance::Matching);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ContrastOptions {
    /// What is done about the covariates. Default: they are partialled out.
    pub balance: Balance,
    /// Which covariates. Default: all of [`Covariate::all`].
    pub covariates: Vec<Covariate>,
    /// Seconds after a text's first word that do not count, until the response has settled. `None`: 10 s for a canonical response, the largest delay for delays.
    pub settle: Option<f64>,
    /// How many other labellings of the texts are drawn; if there are no more, all are taken. Default 1,999.
    pub permutations: usize,
    /// Bootstrap draws of runs and subjects. Default 1,000.
    pub draws: usize,
    /// Share of the draws inside the interval. Default 0.95.
    pub interval: f64,
    /// The false discovery rate at which voxels and networks count. Default 0.05.
    pub level: f64,
    /// The same seed draws the same. Default 0.
    pub seed: u64,
}

impl Default for ContrastOptions {
    fn default() -> ContrastOptions {
        ContrastOptions {
            balance: Balance::default(),
            covariates: Covariate::all(),
            settle: None,
            permutations: 1999,
            draws: 1000,
            interval: 0.95,
            level: 0.05,
            seed: 0,
        }
    }
}

impl ContrastOptions {
    /// Pairs texts that are alike, and leaves the others out.
    pub fn matching(self) -> ContrastOptions {
        ContrastOptions { balance: Balance::Matching, ..self }
    }

    /// Regresses the covariates out of the texts' responses.
    pub fn partialling(self) -> ContrastOptions {
        ContrastOptions { balance: Balance::Partialling, ..self }
    }

    /// Compares the texts as they are.
    pub fn as_they_are(self) -> ContrastOptions {
        ContrastOptions { balance: Balance::AsTheyAre, ..self }
    }

    /// Which covariates are matched or partialled out.
    pub fn covariates(self, covariates: &[Covariate]) -> ContrastOptions {
        ContrastOptions { covariates: covariates.to_vec(), ..self }
    }

    /// Seconds after a text's first word that do not count.
    pub fn settle(self, seconds: f64) -> ContrastOptions {
        ContrastOptions { settle: Some(seconds), ..self }
    }

    /// How many other labellings of the texts are drawn.
    pub fn permutations(self, permutations: usize) -> ContrastOptions {
        ContrastOptions { permutations, ..self }
    }

    /// Bootstrap draws of runs and subjects.
    pub fn draws(self, draws: usize) -> ContrastOptions {
        ContrastOptions { draws, ..self }
    }

    /// Share of the draws inside the interval.
    pub fn interval(self, share: f64) -> ContrastOptions {
        ContrastOptions { interval: share, ..self }
    }

    /// The false discovery rate at which voxels and networks count.
    pub fn level(self, level: f64) -> ContrastOptions {
        ContrastOptions { level, ..self }
    }

    /// The same seed draws the same.
    pub fn seed(self, seed: u64) -> ContrastOptions {
        ContrastOptions { seed, ..self }
    }

    pub(super) fn check(&self) -> Result<()> {
        let share = |value: f64| value > 0.0 && value < 1.0;
        if !share(self.level) || !share(self.interval) {
            return Err(Error::value(
                format!("a false discovery rate of {} with intervals of {}", self.level, self.interval),
                "both lie between 0 and 1: 0.05 and 0.95 are usual",
            ));
        }
        if self.permutations == 0 || self.draws < 100 {
            return Err(Error::value(
                format!("{} permutations of texts and {} bootstrap draws", self.permutations, self.draws),
                "ask for at least one permutation (1,999 say) and 100 draws",
            ));
        }
        match self.settle.is_none_or(|seconds| seconds.is_finite() && seconds >= 0.0) {
            true => Ok(()),
            false => Err(Error::value(
                format!("a response that settles after {:?} s", self.settle),
                "give 0 or more seconds",
            )),
        }
    }
}
