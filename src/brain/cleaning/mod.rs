//! What is taken out of BOLD before it is analysed, and which volumes are left out.

mod leaving;
mod report;
mod scrub;
mod strategy;
#[cfg(test)]
mod tests;
mod words;

pub(super) use leaving::Leaving;
pub use report::{CleaningReport, RunReport};
pub use scrub::Scrub;
pub(super) use strategy::MOTION;
pub use strategy::{Aroma, CompCor, Expansion, Strategy};

use std::collections::BTreeMap;

/// What is taken out of each run: by default linear trend, cosine drift slower than 128 s, and the six motion
/// parameters if the confounds table has them; then each voxel is z-scored within its run.
///
/// All regressors leave in one projection, with the values of `nilearn.signal.clean` ([`crate::signal`] says how).
/// Groups of confounds have nilearn's names, and [`Cleaning::strategy`] its usual sets:
///
/// ```
/// use neurocell::brain::{Cleaning, CompCor, Expansion, Scrub, Strategy};
/// let cleaning = Cleaning::default().motion24().high_pass(Some(100.0));
/// assert_eq!(cleaning.to_string(), "linear detrend, high-pass 100 s, 24 motion parameters, z-score per run");
/// let own = Cleaning::default().confounds(&["trans_x", "csf", "white_matter"]).high_pass(None);
/// assert_eq!(own.to_string(), "linear detrend, confounds trans_x, csf, white_matter, z-score per run");
/// let usual = Cleaning::strategy(Strategy::Scrubbing);
/// let composed = Cleaning::default()
///     .high_pass_columns()
///     .motion(Expansion::Full)
///     .wm_csf(Expansion::Full)
///     .scrub(Scrub::default());
/// assert_eq!(usual, composed);
/// let five = Cleaning::default().compcor(CompCor::AnatSeparated, Some(5)).global_signal(Expansion::Basic);
/// ```
///
/// Volumes are *censored*, not cut out, so that rows stay the scan's volumes: nothing is learned from a censored volume, and
/// it is 0 in the result ([`VoxelSeries::kept`](super::VoxelSeries::kept) tells). The kept ones have the values that nilearn gives with `sample_mask`.
/// Censored are those that scrubbing finds, those that are given, and, whenever a confounds table is used, the volumes before the steady
/// state that fMRIPrep has marked.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleaning {
    detrend: bool,
    drift: Drift,
    nuisance: Nuisance,
    scrub: Option<Scrub>,
    /// Volumes that the user censors, by run.
    own: BTreeMap<usize, Vec<usize>>,
    keeps_unsteady: bool,
    zscore: bool,
    drop_constant: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Drift {
    Stays,
    /// Longest period in seconds that stays.
    Cosines(f64),
    /// The table's own cosines.
    Columns,
    /// High-pass and low-pass frequency of a Butterworth filter, in Hz.
    Band([Option<f64>; 2]),
}

/// Groups of columns of the confounds table.
#[derive(Clone, Debug, Default, PartialEq)]
struct Nuisance {
    motion: Motion,
    wm_csf: Option<Expansion>,
    global_signal: Option<Expansion>,
    compcor: Option<(CompCor, Option<usize>)>,
    aroma: Option<Aroma>,
    named: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
enum Motion {
    #[default]
    Stays,
    IfThere,
    Expanded(Expansion),
}

impl Default for Cleaning {
    fn default() -> Cleaning {
        Cleaning {
            detrend: true,
            drift: Drift::Cosines(128.0),
            nuisance: Nuisance { motion: Motion::IfThere, ..Nuisance::default() },
            zscore: true,
            ..Cleaning::none()
        }
    }
}

impl Cleaning {
    /// Nothing is taken out, nothing scaled.
    pub fn none() -> Cleaning {
        Cleaning {
            detrend: false,
            drift: Drift::Stays,
            nuisance: Nuisance::default(),
            scrub: None,
            own: BTreeMap::new(),
            keeps_unsteady: false,
            zscore: false,
            drop_constant: false,
        }
    }

    /// One of the usual sets of confounds, as nilearn's `load_confounds_strategy` composes them; linear detrend and z-score per run beside.
    ///
    /// ```
    /// use neurocell::brain::{Cleaning, Strategy};
    /// let simple = Cleaning::strategy(Strategy::Simple);
    /// assert_eq!(
    ///     simple.to_string(),
    ///     "linear detrend, fMRIPrep's cosines, 24 motion parameters, white matter and CSF, z-score per run"
    /// );
    /// ```
    pub fn strategy(strategy: Strategy) -> Cleaning {
        strategy.cleaning()
    }

    /// Whether each run's mean and linear trend leave. Where volumes are censored, the line is one over the kept volumes' numbers, as in nilearn.
    pub fn detrend(mut self, on: bool) -> Cleaning {
        self.detrend = on;
        self
    }

    /// The longest period, in seconds, that stays; `None` for no high-pass filter. The filter is made of cosines, which leave with the confounds.
    pub fn high_pass(mut self, cutoff_seconds: Option<f64>) -> Cleaning {
        self.drift = cutoff_seconds.map_or(Drift::Stays, Drift::Cosines);
        self
    }

    /// The high-pass filter is that of fMRIPrep: the table's columns `cosine…` leave (nilearn's "high_pass"), which begin after the non-steady-state volumes.
    pub fn high_pass_columns(mut self) -> Cleaning {
        self.drift = Drift::Columns;
        self
    }

    /// A Butterworth filter ([`Butterworth`](crate::signal::Butterworth)) in the place of the cosines: the frequencies above the one and below the other, in Hz, stay.
    ///
    /// Voxels *and* confounds are detrended and filtered before the confounds leave, so that no confound brings back what the filter has removed (Lindquist et al. 2019), as
    /// `nilearn.signal.clean` does with `filter="butterworth"`.
    ///
    /// Censored volumes are filled in by a cubic spline before the filter, and censored after it, as nilearn's documentation says; those before the first kept volume and after the last are left out of the filter.
    /// (nilearn 0.14 fills in, by a slip of an index, only those whose mirror image in the run is kept. Where that is so for all, the values agree.)
    ///
    /// ```
    /// use neurocell::brain::Cleaning;
    /// let cleaning = Cleaning::default().butterworth(Some(0.01), Some(0.1)).motion24();
    /// assert_eq!(cleaning.to_string(), "linear detrend, Butterworth 0.01–0.1 Hz, 24 motion parameters, z-score per run");
    /// ```
    pub fn butterworth(mut self, high_pass_hz: Option<f64>, low_pass_hz: Option<f64>) -> Cleaning {
        self.drift = Drift::Band([high_pass_hz, low_pass_hz]);
        self
    }

    /// The columns of the confounds table that leave, in the place of all groups chosen so far; all of them must be there.
    pub fn confounds(mut self, names: &[&str]) -> Cleaning {
        let named = names.iter().map(|name| (*name).to_owned()).collect();
        self.nuisance = Nuisance { named, ..Nuisance::default() };
        self
    }

    /// Motion parameters leave: the six, and what they are expanded by (nilearn's "motion").
    pub fn motion(mut self, expansion: Expansion) -> Cleaning {
        self.nuisance.motion = Motion::Expanded(expansion);
        self
    }

    /// 24 motion parameters leave: the six, their derivatives, and the squares of both (Friston et al. 1996).
    pub fn motion24(self) -> Cleaning {
        self.motion(Expansion::Full)
    }

    /// The mean signals of white matter and of CSF leave (nilearn's "wm_csf").
    pub fn wm_csf(mut self, expansion: Expansion) -> Cleaning {
        self.nuisance.wm_csf = Some(expansion);
        self
    }

    /// The brain's mean signal leaves (nilearn's "global_signal"). What correlates then is correlation beyond the mean: anticorrelations appear that are not in the data.
    pub fn global_signal(mut self, expansion: Expansion) -> Cleaning {
        self.nuisance.global_signal = Some(expansion);
        self
    }

    /// Components of CompCor leave, of each mask at most `most` (`None`: all that fMRIPrep kept). A high-pass filter must be among the cleaning, since they were computed after one.
    pub fn compcor(mut self, kind: CompCor, most: Option<usize>) -> Cleaning {
        self.nuisance.compcor = Some((kind, most));
        self
    }

    /// ICA-AROMA's noise leaves, or has left already.
    pub fn ica_aroma(mut self, how: Aroma) -> Cleaning {
        self.nuisance.aroma = Some(how);
        self
    }

    /// No columns of the confounds table leave; without scrubbing and [`Cleaning::high_pass_columns`] it is not looked at.
    pub fn no_confounds(mut self) -> Cleaning {
        self.nuisance = Nuisance::default();
        self
    }

    /// Volumes in which the head moved are censored ([`Scrub`]).
    pub fn scrub(mut self, scrub: Scrub) -> Cleaning {
        self.scrub = Some(scrub);
        self
    }

    /// These volumes of one run are censored (both counted from 0), whatever else is.
    pub fn censor(mut self, run: usize, volumes: &[usize]) -> Cleaning {
        self.own.entry(run).or_default().extend(volumes);
        self
    }

    /// Whether the volumes before the steady state that fMRIPrep has marked stay; they are censored otherwise where a confounds table is used.
    pub fn keep_non_steady(mut self, on: bool) -> Cleaning {
        self.keeps_unsteady = on;
        self
    }

    /// Whether each voxel has mean 0 and standard deviation 1 (n − 1) within each run's kept volumes.
    pub fn zscore(mut self, on: bool) -> Cleaning {
        self.zscore = on;
        self
    }

    /// Whether voxels in which nothing is left in some run leave the mask; otherwise they stay, as 0 in that run, and
    /// the series' name counts them.
    pub fn drop_constant(mut self, on: bool) -> Cleaning {
        self.drop_constant = on;
        self
    }

    pub(super) fn needs_confounds(&self) -> bool {
        let aroma_only = Nuisance { aroma: Some(Aroma::Full), ..Nuisance::default() };
        let none = self.nuisance == Nuisance::default() || self.nuisance == aroma_only;
        !none || self.drift == Drift::Columns || self.scrub.is_some()
    }

    /// Whether the images must be those that ICA-AROMA has denoised.
    pub(super) fn needs_denoised(&self) -> bool {
        self.nuisance.aroma == Some(Aroma::Full)
    }

    pub(super) fn scales(&self) -> bool {
        self.zscore
    }

    pub(super) fn drops_constant(&self) -> bool {
        self.drop_constant
    }

    /// The last run of which the user censors volumes.
    pub(super) fn last_run_named(&self) -> Option<usize> {
        self.own.keys().next_back().copied()
    }

    /// Limits of scrubbing: framewise displacement in mm, standardised DVARS.
    pub(super) fn limits(&self) -> [Option<f64>; 2] {
        self.scrub.as_ref().map_or([None; 2], |scrub| [scrub.fd_mm, scrub.std_dvars])
    }
}
