//! Each subject against the mean of the others.

use super::super::Targets;
use super::super::blocks::each;
use super::gram::{WIDTH, standardised};
use super::{Kind, NoiseCeiling, check_alike, constant_words};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use crate::provenance::Provenance;
use ndarray::{Array2, s};

/// Fewest volumes of a run over which two courses are correlated.
const FEWEST: usize = 4;

impl NoiseCeiling {
    /// A ceiling for each of several subjects who heard the same stimulus in the same runs: Pearson r between the subject's course and the mean
    /// course of the others (leave one out; Hasson et al. 2004, Nastase et al. 2019, Soc Cogn Affect Neurosci 14).
    ///
    /// Each subject's course is z-scored over the kept volumes of each run, the others' are averaged, and r is the mean over runs of r within
    /// the run, as [`EncodingFit::r`](super::super::EncodingFit::r) is. A volume that a subject has censored is not in its r, nor in the others' mean.
    /// A voxel that is constant in the subject or in all others has r = 0.
    ///
    /// The mean of few others is noisy, and the ceiling then is too low: a model may lie above it. [`NoiseCeiling::corrected`] takes that noise out.
    ///
    /// # Errors
    /// If there are fewer than two subjects, two differ in clock or mask (both are named), or fewer than 4 volumes of a run are kept in a subject
    /// and in any other.
    pub fn between_subjects<T: Targets>(subjects: &[T]) -> Result<Vec<NoiseCeiling>> {
        let subjects: Vec<&dyn Targets> = subjects.iter().map(|subject| subject as &dyn Targets).collect();
        between(&subjects)
    }
}

/// An error if there is one subject or none, or two are not alike.
pub(super) fn check_subjects(subjects: &[&dyn Targets]) -> Result<()> {
    if subjects.len() < 2 {
        let whose = subjects.first().map_or("none", |one| one.name());
        return Err(Error::value(
            format!("a noise ceiling between subjects of {} subject ({whose})", subjects.len()),
            "give the series of others who heard the same runs; for one subject who heard a run more than once: `NoiseCeiling::repeats(&bold, &[&[0, 3]])`",
        ));
    }
    subjects[1..].iter().try_for_each(|other| check_alike(subjects[0], *other))
}

fn between(subjects: &[&dyn Targets]) -> Result<Vec<NoiseCeiling>> {
    check_subjects(subjects)?;
    let (clock, mask) = (subjects[0].clock(), subjects[0].mask());
    // How many subjects have kept each volume.
    let kept: Vec<usize> =
        (0..clock.total()).map(|row| subjects.iter().filter(|one| one.kept()[row]).count()).collect();
    for one in subjects {
        for run in 0..clock.runs() {
            let used = clock.rows(run).filter(|row| one.kept()[*row] && kept[*row] > 1).count();
            if used < FEWEST {
                return Err(Error::value(
                    format!("{used} volumes of run {run} are kept in {} and in another subject", one.name()),
                    "censor less, or leave the run or the subject out",
                ));
            }
        }
    }
    let blocks = each("voxels of the noise ceiling", mask.count(), WIDTH, |columns| {
        let mut courses = Vec::new();
        for one in subjects {
            check_cancelled("the noise ceiling")?;
            courses.push(zscored(*one, columns.clone())?);
        }
        Ok(with_others(&courses, subjects, &kept, clock))
    })?;
    let others = subjects.len() - 1;
    let of = |(n, one): (usize, &&dyn Targets)| {
        let r: Vec<f32> = blocks.iter().flat_map(|block| block.row(n).to_vec()).map(|r| r as f32).collect();
        let constant = r.iter().filter(|r| **r == 0.0).count();
        let mean = if others == 1 {
            "the other subject's course".to_owned()
        } else {
            format!("the mean of {others} other subjects")
        };
        let made = Provenance::step("noise ceiling between subjects").input("subject", *one);
        NoiseCeiling {
            made: subjects.iter().fold(made, |made, other| made.input("of", other)),
            variance: r.iter().map(|r| r.max(0.0).powi(2)).collect(),
            r: r.into(),
            mask: mask.clone(),
            kind: Kind::WithMeanOf(others),
            whose: one.name().to_owned(),
            about: format!("r with {mean}, within runs, mean over {} runs{}", clock.runs(), constant_words(constant)),
        }
    };
    Ok(subjects.iter().enumerate().map(of).collect())
}

/// One subject's voxels, time × voxel, each run z-scored over its kept volumes and 0 in the others.
fn zscored(one: &dyn Targets, columns: std::ops::Range<usize>) -> Result<Array2<f32>> {
    let data = one.columns(columns)?;
    let mut out = Array2::zeros(data.dim());
    for run in 0..one.clock().runs() {
        let rows: Vec<usize> = one.clock().rows(run).filter(|row| one.kept()[*row]).collect();
        for (row, z) in rows.iter().zip(standardised(&data, &rows).rows()) {
            out.row_mut(*row).assign(&z);
        }
    }
    Ok(out)
}

/// r of each subject with the mean of the others, subject × voxel, mean over runs.
fn with_others(courses: &[Array2<f32>], subjects: &[&dyn Targets], kept: &[usize], clock: &Clock) -> Array2<f64> {
    let width = courses[0].ncols();
    let mut total = Array2::<f64>::zeros(courses[0].dim());
    courses.iter().for_each(|course| total.zip_mut_with(course, |sum, v| *sum += f64::from(*v)));
    let mut found = Array2::zeros((courses.len(), width));
    // Σx, Σm, Σx², Σm², Σxm of a course x and the others' mean m, for each voxel.
    let mut sums = Array2::<f64>::zeros((width, 5));
    for (n, course) in courses.iter().enumerate() {
        for run in 0..clock.runs() {
            sums.fill(0.0);
            let mut count = 0.0;
            for row in clock.rows(run).filter(|row| subjects[n].kept()[*row] && kept[*row] > 1) {
                count += 1.0;
                let others = (kept[row] - 1) as f64;
                for ((mut sums, x), all) in sums.rows_mut().into_iter().zip(course.row(row)).zip(total.row(row)) {
                    let x = f64::from(*x);
                    let m = (all - x) / others;
                    sums.iter_mut().zip([x, m, x * x, m * m, x * m]).for_each(|(sum, v)| *sum += v);
                }
            }
            for (voxel, sums) in sums.rows().into_iter().enumerate() {
                let [x, m, xx, mm, xm] = [0, 1, 2, 3, 4].map(|part| sums[part] / count);
                let (of_x, of_m) = (xx - x * x, mm - m * m);
                // Courses are z-scored, so that rounding is near 1e-7 of 1.
                if of_x > 1e-10 && of_m > 1e-10 {
                    found[[n, voxel]] += (xm - x * m) / (of_x * of_m).sqrt() / clock.runs() as f64;
                }
            }
        }
    }
    found.slice_mut(s![.., ..]).mapv_inplace(|r: f64| r.clamp(-1.0, 1.0));
    found
}
