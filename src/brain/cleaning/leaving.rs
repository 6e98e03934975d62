//! All that leaves one run: regressors, a filter, volumes.

use super::scrub::Censored;
use super::strategy::{MOTION, holding, none_there};
use super::{Aroma, Cleaning, Drift, Expansion, Motion};
use crate::brain::Confounds;
use crate::error::{Error, Result};
use crate::signal::{Before, Butterworth, Filtering, Gaps, cosine_drift, linear_trend, orthonormal_basis};
use ndarray::{Array2, Axis, concatenate};

/// Fewest degrees of freedom with which a run is worth keeping.
const FEWEST: usize = 5;

/// What leaves a run.
pub(in crate::brain) struct Leaving {
    pub(in crate::brain) before: Before,
    /// Time × rank, orthonormal; 0 at censored volumes.
    pub(in crate::brain) basis: Array2<f64>,
    /// How many regressors of each group leave.
    pub(in crate::brain) groups: Vec<(&'static str, usize)>,
    pub(super) censored: Censored,
    /// Directions that are free to vary: kept volumes less regressors, times the share of frequencies that a filter lets pass.
    pub(in crate::brain) freedom: usize,
    /// Whether the motion parameters that the default looks for are there.
    pub(in crate::brain) motion_found: bool,
}

impl Leaving {
    /// Numbers of the censored volumes.
    pub(in crate::brain) fn censored(&self) -> &[usize] {
        &self.before.censored
    }
}

impl Cleaning {
    /// What leaves the run number `run`, which errors call `label`.
    pub(in crate::brain) fn leaving(
        &self,
        (run, label): (usize, &str),
        volumes: usize,
        tr: f64,
        table: Option<&Confounds>,
    ) -> Result<Leaving> {
        let censored = self.censored(run, label, volumes, table)?;
        let out = censored.all();
        let kept: Vec<usize> = (0..volumes).filter(|n| out.binary_search(n).is_err()).collect();
        if kept.is_empty() {
            return Err(Error::value(
                format!("{label}: all {volumes} volumes are censored ({})", censored.reasons()),
                "scrub less, for example `Scrub::default().fd(Some(0.9)).shortest(0)`, or leave the run out",
            ));
        }
        let mut groups: Vec<(&'static str, usize)> = Vec::new();
        let trend = match self.detrend {
            true => linear_trend(kept.len()),
            false => Array2::zeros((kept.len(), 0)),
        };
        // Beneath a filter the trend goes before, with what the filter takes.
        if !matches!(self.drift, Drift::Band(_)) {
            groups.push(("trend", trend.ncols()));
        }
        let named = match table {
            Some(table) => self.columns(table)?,
            None => Vec::new(),
        };
        let motion_found = named.iter().any(|(group, _)| *group == "motion");
        let mut columns: Vec<Array2<f64>> = vec![Array2::zeros((volumes, 0))];
        if let Drift::Cosines(cutoff) = self.drift {
            let cosines = cosine_drift(volumes, tr, cutoff)?;
            groups.push(("cosines", cosines.ncols()));
            columns.push(cosines);
        }
        for (group, names) in &named {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            groups.push((group, names.len()));
            columns.extend(table.map(|table| table.columns(&names)).transpose()?);
        }
        groups.retain(|(_, count)| *count > 0);
        let views: Vec<_> = columns.iter().map(Array2::view).collect();
        let regressors = concatenate(Axis(1), &views)
            .map_err(|cause| Error::shape(format!("{label}: {cause}"), "use the table of this run"))?;

        let (varying, filtering, passing) = match self.drift {
            Drift::Band([high, low]) => {
                let gaps = Gaps::new(&kept);
                let range = gaps.range();
                let filter = Butterworth::new(tr, high, low)?;
                filter.check(range.len())?;
                let trend = match self.detrend {
                    true => orthonormal_basis(&linear_trend(range.len())),
                    false => Array2::zeros((range.len(), 0)),
                };
                let filtering = Filtering { trend, filter, gaps };
                let mut filtered = regressors;
                filtering.apply(filtered.view_mut());
                let half = 0.5 / tr;
                (filtered.select(Axis(0), &kept), Some(filtering), (low.unwrap_or(half) - high.unwrap_or(0.0)) / half)
            }
            _ => (regressors.select(Axis(0), &kept), None, 1.0),
        };
        let varying = centred(varying);
        let inside = match filtering {
            Some(_) => orthonormal_basis(&varying),
            None => orthonormal_basis(&concatenate![Axis(1), trend, varying]),
        };
        let rank = inside.ncols();
        let mut basis = Array2::zeros((volumes, rank));
        for (row, &volume) in inside.rows().into_iter().zip(&kept) {
            basis.row_mut(volume).assign(&row);
        }
        let whole = (passing * kept.len() as f64).floor() as usize;
        let freedom = whole.saturating_sub(rank);
        if freedom < FEWEST && (rank > 0 || filtering.is_some() || self.zscore) {
            let band = if filtering.is_some() {
                format!(", of which the filter leaves {whole} directions")
            } else {
                String::new()
            };
            let lost = if out.is_empty() { String::new() } else { format!(" ({} censored)", out.len()) };
            let what: Vec<String> = groups.iter().map(|(group, count)| format!("{count} {group}")).collect();
            return Err(Error::value(
                format!(
                    "{label}: {rank} regressors ({}) leave {freedom} degrees of freedom of {} kept volumes{lost}{band}; {FEWEST} are the least",
                    what.join(", "),
                    kept.len(),
                ),
                "take fewer confounds, scrub less, filter less, or leave the run out",
            ));
        }
        Ok(Leaving { before: Before { censored: out, filtering }, basis, groups, censored, freedom, motion_found })
    }

    fn censored(&self, run: usize, label: &str, volumes: usize, table: Option<&Confounds>) -> Result<Censored> {
        let mut censored = Censored::default();
        if let Some(table) = table {
            if table.rows() != volumes {
                return Err(Error::shape(
                    format!("{label}: the confounds table has {} rows, the image {volumes} volumes", table.rows()),
                    "use the table that fMRIPrep wrote for this run; volumes must not be cut from one of the two only",
                ));
            }
            if !self.keeps_unsteady {
                censored.unsteady = table.non_steady_state()?;
            }
            if let Some(scrub) = &self.scrub {
                scrub.censor(table, &mut censored)?;
            }
        }
        censored.own = self.own.get(&run).cloned().unwrap_or_default();
        if let Some(beyond) = censored.own.iter().find(|n| **n >= volumes) {
            return Err(Error::value(
                format!("{label}: volume {beyond} is to be censored, and there are {volumes}"),
                "volumes are counted from 0 in each run",
            ));
        }
        Ok(censored)
    }

    /// The columns of a table that leave, by group.
    pub(super) fn columns(&self, table: &Confounds) -> Result<Vec<(&'static str, Vec<String>)>> {
        let mut groups = Vec::new();
        if self.drift == Drift::Columns {
            // A run that is short beside the filter's period has none.
            groups.push(("cosines", holding("cosine", table)));
        }
        let there = |name: &str| table.names().iter().any(|n| n == name);
        match self.nuisance.motion {
            Motion::Stays => {}
            Motion::IfThere if !MOTION.iter().any(|name| there(name)) => {}
            Motion::IfThere => groups.push(("motion", Expansion::Basic.columns(&MOTION))),
            Motion::Expanded(expansion) => groups.push(("motion", expansion.columns(&MOTION))),
        }
        if let Some(expansion) = self.nuisance.wm_csf {
            groups.push(("white matter, CSF", expansion.columns(&["csf", "white_matter"])));
        }
        if let Some(expansion) = self.nuisance.global_signal {
            groups.push(("global signal", expansion.columns(&["global_signal"])));
        }
        if let Some((kind, most)) = self.nuisance.compcor {
            if matches!(self.drift, Drift::Stays | Drift::Band([None, _])) {
                return Err(Error::value(
                    format!("{kind} without a high-pass filter, after which its components were computed"),
                    "add it: `Cleaning::high_pass_columns` (fMRIPrep's own) or `Cleaning::high_pass`",
                ));
            }
            groups.push(("CompCor", kind.columns(table, most)?));
        }
        if self.nuisance.aroma == Some(Aroma::Basic) {
            let noise = holding("aroma", table);
            if noise.is_empty() {
                return Err(none_there("component of ICA-AROMA (aroma_motion_…)", table));
            }
            groups.push(("ICA-AROMA", noise));
        }
        groups.push(("named", self.nuisance.named.clone()));
        Ok(groups)
    }
}

/// Columns less their means.
///
/// Without detrending a voxel's mean is to stay, so a confound may only take what varies. The mean of a column that does not vary is off by rounding, which
/// is no confound either.
fn centred(mut columns: Array2<f64>) -> Array2<f64> {
    for mut column in columns.columns_mut() {
        let largest = column.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let mean = column.mean().unwrap_or(0.0);
        column.mapv_inplace(|v| if (v - mean).abs() <= 1e-12 * largest { 0.0 } else { v - mean });
    }
    columns
}
