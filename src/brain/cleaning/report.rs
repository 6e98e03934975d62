//! What cleaning took, and what it left.

use super::Leaving;
use crate::brain::columns::aligned;
use crate::brain::{Confounds, Displacement};
use crate::clock::Clock;
use crate::error::Result;
use std::fmt;
use std::sync::Arc;

/// What a cleaning takes out of each run, and what is left: [`Bold::cleaning_report`](crate::brain::Bold::cleaning_report). Clones are cheap.
///
/// Prints as a table: one line per run with its volumes, the censored ones by reason, regressors by group, their rank, degrees of freedom left (kept volumes less
/// rank; under a Butterworth filter about, since its edges are no steps), and the head's framewise displacement over all volumes but the first.
#[derive(Clone, Debug)]
pub struct CleaningReport {
    pub(in crate::brain) name: String,
    pub(in crate::brain) clock: Clock,
    pub(in crate::brain) runs: Arc<[RunReport]>,
    pub(in crate::brain) limits: [Option<f64>; 2],
}

/// One run of a [`CleaningReport`].
#[derive(Clone, Debug)]
pub struct RunReport {
    /// "run-1", "ses-a run-2".
    pub label: String,
    /// Whether each volume is kept.
    pub kept: Vec<bool>,
    /// How many volumes are censored for which reason; a volume may have several.
    pub reasons: String,
    /// Regressors that left, by group.
    pub groups: Vec<(&'static str, usize)>,
    /// Directions that these regressors span.
    pub rank: usize,
    /// Degrees of freedom left.
    pub degrees_of_freedom: usize,
    /// Framewise displacement, if a table tells.
    pub displacement: Option<Displacement>,
    /// Standardised DVARS, if the table has it.
    pub std_dvars: Option<Vec<f64>>,
    /// The brain's mean signal, if the table has it.
    pub global_signal: Option<Vec<f64>>,
    /// Mean signal of the cerebrospinal fluid, if the table has it.
    pub csf: Option<Vec<f64>>,
    /// Mean signal of the white matter, if the table has it.
    pub white_matter: Option<Vec<f64>>,
}

impl RunReport {
    pub(in crate::brain) fn new(
        label: String,
        volumes: usize,
        leaving: &Leaving,
        table: Option<&Confounds>,
    ) -> Result<RunReport> {
        let mut kept = vec![true; volumes];
        leaving.censored().iter().for_each(|n| kept[*n] = false);
        let has = |table: &Confounds, names: &[&str]| names.iter().all(|name| table.names().iter().any(|n| n == name));
        let (mut displacement, mut std_dvars) = (None, None);
        let mut signals = [None, None, None];
        if let Some(table) = table {
            if has(table, &["framewise_displacement"]) || has(table, &super::MOTION) {
                displacement = Some(table.framewise_displacement()?);
            }
            std_dvars = table.std_dvars()?;
            for (signal, name) in signals.iter_mut().zip(["global_signal", "csf", "white_matter"]) {
                if has(table, &[name]) {
                    *signal = Some(table.column(name)?);
                }
            }
        }
        let [global_signal, csf, white_matter] = signals;
        Ok(RunReport {
            label,
            kept,
            reasons: leaving.censored.reasons(),
            groups: leaving.groups.clone(),
            rank: leaving.basis.ncols(),
            degrees_of_freedom: leaving.freedom,
            displacement,
            std_dvars,
            global_signal,
            csf,
            white_matter,
        })
    }

    /// Mean and largest framewise displacement in mm, over all volumes but the first.
    pub fn mean_and_largest_fd(&self) -> Option<(f64, f64)> {
        let steps = self.displacement.as_ref()?.mm().get(1..).filter(|steps| !steps.is_empty())?;
        Some((steps.iter().sum::<f64>() / steps.len() as f64, steps.iter().copied().fold(0.0, f64::max)))
    }
}

impl CleaningReport {
    /// Whose data, and how they are cleaned.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One entry for each run.
    pub fn runs(&self) -> &[RunReport] {
        &self.runs
    }

    /// The scan's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Limits at which volumes were censored: framewise displacement in mm, standardised DVARS.
    pub fn limits(&self) -> [Option<f64>; 2] {
        self.limits
    }

    /// Censored volumes of all runs.
    pub fn censored(&self) -> usize {
        self.runs.iter().map(|run| run.kept.iter().filter(|kept| !**kept).count()).sum()
    }
}

impl fmt::Display for CleaningReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["run", "volumes", "censored", "kept", "regressors", "rank", "d.o.f.", "FD mean", "FD max"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for run in self.runs.iter() {
            let kept = run.kept.iter().filter(|kept| **kept).count();
            let censored = run.kept.len() - kept;
            let groups: Vec<String> = run.groups.iter().map(|(group, count)| format!("{count} {group}")).collect();
            let mm = |value: Option<f64>| value.map_or("–".to_owned(), |mm| format!("{mm:.2} mm"));
            let fd = run.mean_and_largest_fd();
            rows.push(vec![
                run.label.clone(),
                run.kept.len().to_string(),
                if censored == 0 { "0".to_owned() } else { format!("{censored} ({})", run.reasons) },
                kept.to_string(),
                if groups.is_empty() { "none".to_owned() } else { groups.join(", ") },
                run.rank.to_string(),
                run.degrees_of_freedom.to_string(),
                mm(fd.map(|fd| fd.0)),
                mm(fd.map(|fd| fd.1)),
            ]);
        }
        write!(f, "Cleaning of {}\n{}", self.name, aligned(&rows))?;
        let computed = |run: &&RunReport| run.displacement.as_ref().is_some_and(Displacement::computed);
        let computed: Vec<&str> = self.runs.iter().filter(computed).map(|run| run.label.as_str()).collect();
        if !computed.is_empty() {
            let runs = computed.join(", ");
            write!(
                f,
                "\nFD of {runs}: computed from the motion parameters (Power et al. 2012, radius 50 mm), the table has none"
            )?;
        }
        Ok(())
    }
}
