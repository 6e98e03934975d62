//! What comes back when the same stimulus is heard again.

use super::super::Targets;
use super::super::blocks::each;
use super::gram::{Members, WIDTH};
use super::{Kind, NoiseCeiling, constant_words};
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::ArrayView2;

impl NoiseCeiling {
    /// The explainable variance of one subject who heard a stimulus more than once. Each group names the runs, from 0, in which the same
    /// stimulus was heard: `&[&[0, 3], &[1, 4]]` for two stories, each heard twice.
    ///
    /// With x̄ the mean over a group's n repeats, each z-scored, EV = var x̄ / mean of var xᵢ, less what n noisy courses have in common by chance:
    /// ρ = EV − (1 − EV) / (n − 1) (Sahani & Linden 2003; Hsu, Borst & Theunissen 2004; `explainable_variance` of the voxelwise tutorials, Dupré la
    /// Tour et al. 2024). Groups are averaged. r = √ρ is the ceiling for a single run's scores; [`NoiseCeiling::of_mean`] that for a mean over repeats.
    ///
    /// Volumes that any repeat has censored are left out of all. A voxel that is constant in a repeat has 0.
    ///
    /// # Errors
    /// If a group names fewer than two runs, a run that is not there or one twice, its runs differ in length (both are named), or fewer than 10
    /// volumes are kept in all of them.
    pub fn repeats(bold: &dyn Targets, groups: &[&[usize]]) -> Result<NoiseCeiling> {
        let (members, count) = repeats_of(bold, groups)?;
        let estimate = |gram: ArrayView2<f64>| {
            let n = gram.nrows() as f64;
            let explained = gram.sum() / n / gram.diag().sum();
            explained - (1.0 - explained) / (n - 1.0)
        };
        let (variance, constant) = mean_over_groups(&members, bold.mask().count(), estimate)?;
        let about = format!(
            "explainable variance over {}, corrected for bias{}",
            group_words(groups),
            constant_words(constant)
        );
        let (mask, whose) = (bold.mask().clone(), bold.name().to_owned());
        let made = Provenance::step("repeats").option("groups", group_words(groups)).input("bold", bold);
        Ok(NoiseCeiling::of_variance(variance, mask, Kind::OfOne(count), whose, (about, made)))
    }
}

/// The repeats of each group, and the fewest repeats of any.
pub(super) fn repeats_of<'a>(bold: &'a dyn Targets, groups: &[&[usize]]) -> Result<(Vec<Members<'a>>, usize)> {
    let clock = bold.clock();
    let mut members = Vec::new();
    for (n, runs) in groups.iter().enumerate() {
        if runs.len() < 2 {
            return Err(Error::value(
                format!("group {n} of repeats names {} run: {runs:?}", runs.len()),
                "name two or more runs in which the same stimulus was heard; without repeats, a ceiling needs other subjects: `NoiseCeiling::between_subjects(&all)`",
            ));
        }
        if let Some(run) = runs.iter().find(|run| **run >= clock.runs()) {
            let problem = format!("run {run} of {}, which has {} runs", bold.name(), clock.runs());
            return Err(Error::value(problem, "runs are counted from 0"));
        }
        if let Some((_, run)) = runs.iter().enumerate().find(|(at, run)| runs[..*at].contains(run)) {
            return Err(Error::value(
                format!("run {run} comes twice in group {n} of repeats: {runs:?}"),
                "a run is no repeat of itself: it would seem without noise",
            ));
        }
        let length = clock.volumes(runs[0]);
        if let Some(other) = runs.iter().find(|run| clock.volumes(**run) != length) {
            return Err(Error::shape(
                format!(
                    "runs {} and {other} of {} have {length} and {} volumes, and cannot be repeats of one stimulus",
                    runs[0],
                    bold.name(),
                    clock.volumes(*other)
                ),
                "name runs of the same stimulus, trimmed to the same length",
            ));
        }
        let courses = runs.iter().map(|run| (0, clock.rows(*run).start)).collect();
        members.push(Members::new(&[bold], courses, length)?);
    }
    match groups.iter().map(|runs| runs.len()).min() {
        Some(count) => Ok((members, count)),
        None => Err(Error::value("no group of repeats is named", "name runs of the same stimulus: `&[&[0, 3]]`")),
    }
}

/// The mean of an estimate over groups for each voxel, and how many voxels are constant in a course and have 0.
pub(super) fn mean_over_groups(
    groups: &[Members],
    voxels: usize,
    estimate: impl Fn(ArrayView2<f64>) -> f64 + Sync + Send,
) -> Result<(Vec<f64>, usize)> {
    let blocks = each("voxels of the noise ceiling", voxels, WIDTH, |columns| {
        let mut found = vec![Some(0.0); columns.len()];
        for members in groups {
            for (found, gram) in found.iter_mut().zip(members.grams(columns.clone())?.outer_iter()) {
                let varies = gram.diag().iter().all(|v| *v > 0.0);
                *found = found.filter(|_| varies).map(|sum| sum + estimate(gram) / groups.len() as f64);
            }
        }
        Ok(found)
    })?;
    let found: Vec<Option<f64>> = blocks.concat();
    let constant = found.iter().filter(|v| v.is_none()).count();
    Ok((found.into_iter().map(|v| v.unwrap_or(0.0)).collect(), constant))
}

/// "3 repeats (runs 0, 2, 5)", "2 groups of repeats (runs 0, 1; 2, 3)".
pub(super) fn group_words(groups: &[&[usize]]) -> String {
    let list = |runs: &&[usize]| runs.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let lists: Vec<String> = groups.iter().map(list).collect();
    match groups {
        [one] => format!("{} repeats (runs {})", one.len(), lists[0]),
        _ => format!("{} groups of repeats (runs {})", groups.len(), lists.join("; ")),
    }
}
