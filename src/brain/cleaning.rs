//! What is taken out of BOLD before it is analysed.

use super::Confounds;
use crate::error::{Error, Result};
use crate::signal::{Butterworth, Filtering, cosine_drift, linear_trend, orthonormal_basis};
use ndarray::{Array2, Axis, concatenate};
use std::fmt;

/// The six rigid-body parameters, as fMRIPrep names them (mm and radians).
const MOTION: [&str; 6] = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"];
/// What the 24-parameter model (Friston et al. 1996) adds to each of them.
const EXPANDED: [&str; 4] = ["", "_derivative1", "_power2", "_derivative1_power2"];

/// What is taken out of each run: by default linear trend, cosine drift slower than 128 s, and the six motion
/// parameters if the confounds table has them; then each voxel is z-scored within its run.
///
/// All regressors leave in one projection, with the values of `nilearn.signal.clean` ([`crate::signal`] says how).
///
/// ```
/// use neurocell::brain::Cleaning;
/// let cleaning = Cleaning::default().motion24().high_pass(Some(100.0));
/// assert_eq!(cleaning.to_string(), "linear detrend, high-pass 100 s, 24 motion parameters, z-score per run");
/// let own = Cleaning::default().confounds(&["trans_x", "csf", "white_matter"]).high_pass(None);
/// assert_eq!(own.to_string(), "linear detrend, confounds trans_x, csf, white_matter, z-score per run");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cleaning {
    detrend: bool,
    high_pass: Option<f64>,
    /// High-pass and low-pass frequency of a Butterworth filter, in Hz, in the place of cosines.
    band: Option<[Option<f64>; 2]>,
    nuisance: Nuisance,
    zscore: bool,
    drop_constant: bool,
}

/// What leaves a run.
pub(super) struct Leaving {
    /// What is done before, where there is a filter.
    pub(super) filtering: Option<Filtering>,
    /// Time × rank, orthonormal.
    pub(super) basis: Array2<f64>,
}

#[derive(Clone, Debug, PartialEq)]
enum Nuisance {
    None,
    MotionIfThere,
    Motion24,
    Named(Vec<String>),
}

impl Default for Cleaning {
    fn default() -> Cleaning {
        Cleaning {
            detrend: true,
            high_pass: Some(128.0),
            band: None,
            nuisance: Nuisance::MotionIfThere,
            zscore: true,
            drop_constant: false,
        }
    }
}

impl Cleaning {
    /// Nothing is taken out, nothing scaled.
    pub fn none() -> Cleaning {
        Cleaning {
            detrend: false,
            high_pass: None,
            band: None,
            nuisance: Nuisance::None,
            zscore: false,
            drop_constant: false,
        }
    }

    /// Whether each run's mean and linear trend leave.
    pub fn detrend(mut self, on: bool) -> Cleaning {
        self.detrend = on;
        self
    }

    /// The longest period, in seconds, that stays; `None` for no high-pass filter. The filter is made of cosines, which leave with the confounds.
    pub fn high_pass(mut self, cutoff_seconds: Option<f64>) -> Cleaning {
        self.high_pass = cutoff_seconds;
        self.band = None;
        self
    }

    /// A Butterworth filter ([`Butterworth`]) in the place of the cosines: the frequencies above the one and below the other, in Hz, stay.
    ///
    /// Voxels *and* confounds are detrended and filtered before the confounds leave, so that no confound brings back what the filter has removed (Lindquist et al. 2019), as
    /// `nilearn.signal.clean` does with `filter="butterworth"`.
    ///
    /// ```
    /// use neurocell::brain::Cleaning;
    /// let cleaning = Cleaning::default().butterworth(Some(0.01), Some(0.1)).motion24();
    /// assert_eq!(cleaning.to_string(), "linear detrend, Butterworth 0.01–0.1 Hz, 24 motion parameters, z-score per run");
    /// ```
    pub fn butterworth(mut self, high_pass_hz: Option<f64>, low_pass_hz: Option<f64>) -> Cleaning {
        self.high_pass = None;
        self.band = Some([high_pass_hz, low_pass_hz]);
        self
    }

    /// The columns of the confounds table that leave; all of them must be there.
    pub fn confounds(mut self, names: &[&str]) -> Cleaning {
        self.nuisance = Nuisance::Named(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// 24 motion parameters leave: the six, their derivatives, and the squares of both (Friston et al. 1996).
    pub fn motion24(mut self) -> Cleaning {
        self.nuisance = Nuisance::Motion24;
        self
    }

    /// No confounds table is needed or looked at.
    pub fn no_confounds(mut self) -> Cleaning {
        self.nuisance = Nuisance::None;
        self
    }

    /// Whether each voxel has mean 0 and standard deviation 1 (n − 1) within each run.
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
        self.nuisance != Nuisance::None
    }

    pub(super) fn scales(&self) -> bool {
        self.zscore
    }

    pub(super) fn drops_constant(&self) -> bool {
        self.drop_constant
    }

    /// The names of the columns that leave, in a table that has `names`.
    pub(super) fn columns(&self, confounds: &Confounds) -> Result<Vec<String>> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
        let there = |name: &&&str| confounds.names().iter().any(|n| n == **name);
        match &self.nuisance {
            Nuisance::None => Ok(Vec::new()),
            Nuisance::MotionIfThere => match MOTION.iter().filter(there).count() {
                0 => Ok(Vec::new()),
                _ => Ok(owned(&MOTION)),
            },
            Nuisance::Motion24 => {
                Ok(EXPANDED.iter().flat_map(|more| MOTION.iter().map(move |name| format!("{name}{more}"))).collect())
            }
            Nuisance::Named(names) => Ok(names.clone()),
        }
    }

    /// All that leaves one run of `volumes` at `tr`.
    pub(super) fn leaving(&self, volumes: usize, tr: f64, confounds: Option<&Array2<f64>>) -> Result<Leaving> {
        let trend = match self.detrend {
            true => linear_trend(volumes),
            false => Array2::zeros((volumes, 0)),
        };
        let mut regressors = trend.clone();
        if let Some(cutoff) = self.high_pass {
            regressors = concatenate![Axis(1), regressors, cosine_drift(volumes, tr, cutoff)?];
        }
        let mut varying = Array2::zeros((volumes, 0));
        if let Some(confounds) = confounds {
            if confounds.nrows() != volumes {
                return Err(Error::shape(
                    format!("the confounds table has {} rows, the run {volumes} volumes", confounds.nrows()),
                    "use the table that fMRIPrep wrote for this run; volumes must not be cut from one of the two only",
                ));
            }
            // Without detrending a voxel's mean is to stay, so a confound may only take what varies. The mean of a
            // column that does not vary is off by rounding, which is no confound either.
            varying = confounds.clone();
            for mut column in varying.columns_mut() {
                let largest = column.iter().fold(0.0f64, |m, v| m.max(v.abs()));
                let mean = column.mean().unwrap_or(0.0);
                column.mapv_inplace(|v| if (v - mean).abs() <= 1e-12 * largest { 0.0 } else { v - mean });
            }
        }
        let Some([high, low]) = self.band else {
            let basis = orthonormal_basis(&concatenate![Axis(1), regressors, varying]);
            return Ok(Leaving { filtering: None, basis });
        };
        let filter = Butterworth::new(tr, high, low)?;
        filter.check(volumes)?;
        let trend = orthonormal_basis(&trend);
        varying = &varying - &trend.dot(&trend.t().dot(&varying));
        filter.filter(varying.view_mut())?;
        for mut column in varying.columns_mut() {
            let mean = column.mean().unwrap_or(0.0);
            column.mapv_inplace(|v| v - mean);
        }
        Ok(Leaving { basis: orthonormal_basis(&varying), filtering: Some(Filtering { trend, filter }) })
    }

    /// What was done, with what the default found: "linear detrend, high-pass 128 s, 6 motion parameters, …".
    pub(super) fn said(&self, columns: usize) -> String {
        let mut parts = Vec::new();
        if self.detrend {
            parts.push("linear detrend".to_owned());
        }
        if let Some(cutoff) = self.high_pass {
            parts.push(format!("high-pass {cutoff} s"));
        }
        match self.band {
            None => {}
            Some([Some(high), Some(low)]) => parts.push(format!("Butterworth {high}–{low} Hz")),
            Some([Some(high), None]) => parts.push(format!("Butterworth above {high} Hz")),
            Some([None, low]) => parts.push(format!("Butterworth below {} Hz", low.unwrap_or_default())),
        }
        match &self.nuisance {
            Nuisance::None => {}
            Nuisance::MotionIfThere if columns == 0 => parts.push("no motion parameters in the confounds".to_owned()),
            Nuisance::MotionIfThere => parts.push("6 motion parameters".to_owned()),
            Nuisance::Motion24 => parts.push("24 motion parameters".to_owned()),
            Nuisance::Named(names) => parts.push(format!("confounds {}", names.join(", "))),
        }
        if self.zscore {
            parts.push("z-score per run".to_owned());
        }
        match parts.is_empty() {
            true => "not cleaned".to_owned(),
            false => parts.join(", "),
        }
    }
}

impl fmt::Display for Cleaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said(MOTION.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::clean_in_place;

    fn reference(name: &str) -> Array2<f64> {
        let path = format!("{}/tests/reference/signal/{name}.npy", env!("CARGO_MANIFEST_DIR"));
        ndarray_npy::read_npy(path).unwrap()
    }

    #[test]
    fn courses_filtered_together_with_their_confounds_are_those_of_nilearn() {
        let confounds = reference("confounds");
        let cleaning = Cleaning::default().butterworth(Some(0.01), Some(0.08));
        let Leaving { filtering, basis } = cleaning.leaving(120, 2.0, Some(&confounds)).unwrap();
        let mut courses = reference("courses").mapv(|v| v as f32);
        clean_in_place(courses.view_mut(), &basis, filtering.as_ref(), true).unwrap();
        let expected = reference("cleaned_band");
        for (ours, theirs) in courses.iter().zip(&expected) {
            assert!((f64::from(*ours) - theirs).abs() < 1e-4, "{ours} for {theirs}");
        }
    }
}
