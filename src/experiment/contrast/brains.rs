//! The brains' side of a contrast: how it would be with weights from other runs.
//!
//! A voxel's ridge weights are b = (X̃ᵀWX̃ + αI)⁻¹·X̃ᵀWỹ, W being how often each run was drawn, and X̃ centred by the rows that were drawn. Any linear question about
//! weights, δ·b, is therefore a product of the voxel's own course with a fixed course, h·ỹ, h = W·X̃·(X̃ᵀWX̃ + αI)⁻¹·δ. h depends on α but not on the voxel, so that all
//! voxels and all draws are a few products, and the chance of h·ỹ is that of the correlation of two courses.

use super::super::in_silico::Subject;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::{gram, in_pool, multiply_alone, symmetric_eigen};
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array1, Array2, Array3, Axis, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

/// Voxels that one thread works on at a time.
const WIDTH: usize = 512;
/// Draws of runs of one subject; draws of subjects choose among them.
const DRAWN: usize = 200;
/// How far weights may be from the fit's, in standard deviations of the voxel.
const SAME: f64 = 2e-3;

/// Rows of regressors, reduced to their own directions where there are fewer of these than regressors.
pub(super) struct Rows {
    /// Row × direction.
    z: Array2<f64>,
    /// Regressor × direction; nothing if directions are the regressors.
    directions: Option<Array2<f64>>,
    runs: Vec<Range<usize>>,
    grams: Vec<Array2<f64>>,
    sums: Vec<Array1<f64>>,
}

impl Rows {
    pub fn new(x: &Array2<f32>, clock: &Clock) -> Result<Rows> {
        let (z, directions) = match x.ncols() > x.nrows() {
            false => (x.mapv(f64::from), None),
            true => {
                let found = symmetric_eigen(gram(x.t()).view())?;
                let most = found.values.iter().copied().fold(0.0, f64::max);
                let kept: Vec<usize> = (0..found.values.len()).filter(|n| found.values[*n] > 1e-10 * most).collect();
                let vectors = found.vectors.select(Axis(1), &kept);
                let roots = Array1::from_iter(kept.iter().map(|n| found.values[*n].sqrt()));
                let directions = x.mapv(f64::from).t().dot(&vectors) / &roots;
                (vectors * &roots, Some(directions))
            }
        };
        let runs: Vec<Range<usize>> = (0..clock.runs()).map(|run| clock.rows(run)).collect();
        let part = |rows: &Range<usize>| z.slice(s![rows.clone(), ..]);
        let grams = runs.iter().map(|rows| part(rows).t().dot(&part(rows))).collect();
        let sums = runs.iter().map(|rows| part(rows).sum_axis(Axis(0))).collect();
        Ok(Rows { z, directions, runs, grams, sums })
    }

    /// h of each α, α × row, if each run was drawn so many times.
    pub fn courses(&self, times: &[f64], delta: &[f64], alphas: &[f64]) -> Result<Array2<f64>> {
        let delta = Array1::from(delta.to_vec());
        let delta = self.directions.as_ref().map_or(delta.clone(), |directions| directions.t().dot(&delta));
        let count: f64 = self.runs.iter().zip(times).map(|(rows, times)| rows.len() as f64 * times).sum();
        let width = self.z.ncols();
        let (mut all, mut sum) = (Array2::<f64>::zeros((width, width)), Array1::<f64>::zeros(width));
        for ((gram, of_run), times) in self.grams.iter().zip(&self.sums).zip(times) {
            all.scaled_add(*times, gram);
            sum.scaled_add(*times, of_run);
        }
        let mean = sum / count;
        let outer = mean.view().insert_axis(Axis(1)).dot(&mean.view().insert_axis(Axis(0)));
        all.scaled_add(-count, &outer);
        let found = symmetric_eigen(all.view())?;
        let turned = found.vectors.t().dot(&delta);
        let shrunk =
            Array2::from_shape_fn((width, alphas.len()), |(k, a)| turned[k] / (found.values[k].max(0.0) + alphas[a]));
        let weights = found.vectors.dot(&shrunk);
        let mut courses = self.z.dot(&weights) - mean.dot(&weights);
        for (rows, times) in self.runs.iter().zip(times) {
            courses.slice_mut(s![rows.clone(), ..]).mapv_inplace(|v| v * times);
        }
        Ok(courses.reversed_axes())
    }
}

/// How often each run is drawn: once each, and in some draws with replacement; with the number of each draw among the distinct ones.
pub(super) struct Draws {
    /// Distinct draws × run; the first is every run once.
    pub times: Vec<Vec<f64>>,
    /// For each of the draws its place among the distinct ones; empty for a single run.
    pub drawn: Vec<usize>,
}

impl Draws {
    pub fn new(runs: usize, seed: u64) -> Draws {
        let mut times = vec![vec![1.0; runs]];
        let mut known: BTreeMap<Vec<usize>, usize> = BTreeMap::from([(vec![1; runs], 0)]);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut drawn = Vec::new();
        for _ in 0..if runs > 1 { DRAWN } else { 0 } {
            let mut counts = vec![0usize; runs];
            (0..runs).for_each(|_| counts[random.gen_range(0..runs)] += 1);
            let next = times.len();
            let place = *known.entry(counts.clone()).or_insert(next);
            if place == next {
                times.push(counts.iter().map(|n| *n as f64).collect());
            }
            drawn.push(place);
        }
        Draws { times, drawn }
    }
}

/// One subject's contrast.
pub(super) struct Brain {
    /// Distinct draw × voxel.
    pub values: Array2<f32>,
    /// α × row: h of every run once.
    pub courses: Array2<f32>,
    /// Each voxel's α by its number.
    pub alpha: Vec<usize>,
    pub draws: Draws,
}

impl Brain {
    pub fn new(subject: &Subject, delta: &[f64], seed: u64) -> Result<Brain> {
        let (alphas, alpha) = alphas(subject);
        let draws = Draws::new(subject.clock.runs(), seed);
        let rows = Rows::new(&subject.x, &subject.clock)?;
        let mut courses = Array3::<f32>::zeros((alphas.len(), draws.times.len(), subject.x.nrows()));
        let mut progress = Progress::new("draws of runs", draws.times.len() as u64);
        for (n, times) in draws.times.iter().enumerate() {
            check_cancelled("the contrast")?;
            let of_draw = rows.courses(times, delta, &alphas)?;
            courses.slice_mut(s![.., n, ..]).assign(&of_draw.mapv(|v| v as f32));
            progress.advance(1);
        }
        let voxels = alpha.len();
        let block = |number: usize| -> Result<Array2<f32>> {
            check_cancelled("the contrast")?;
            let columns = number * WIDTH..((number + 1) * WIDTH).min(voxels);
            let measured = subject.measured(columns.clone())?;
            let mut values = Array2::zeros((draws.times.len(), columns.len()));
            for (a, courses) in courses.outer_iter().enumerate() {
                let those: Vec<usize> = (0..columns.len()).filter(|n| alpha[columns.start + n] == a).collect();
                if those.is_empty() {
                    continue;
                }
                let measured = measured.select(Axis(1), &those);
                let mut of_alpha = Array2::zeros((draws.times.len(), those.len()));
                multiply_alone(of_alpha.view_mut(), false, courses, measured.view());
                those.iter().zip(of_alpha.columns()).for_each(|(n, found)| values.column_mut(*n).assign(&found));
            }
            Ok(values)
        };
        let progress = Mutex::new(Progress::new("voxels contrasted", voxels as u64));
        let blocks: Vec<Array2<f32>> = in_pool(|| {
            let each = (0..voxels.div_ceil(WIDTH)).into_par_iter().map(|number| {
                let found = block(number)?;
                // A poisoned lock only means that another block failed, which is reported by itself.
                progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).advance(found.ncols() as u64);
                Ok(found)
            });
            each.collect::<Result<_>>()
        })?;
        let views: Vec<_> = blocks.iter().map(|block| block.view()).collect();
        let values = ndarray::concatenate(Axis(1), &views)
            .map_err(|cause| Error::shape(cause.to_string(), "take a mask that is not empty"))?;
        let courses = courses.index_axis(Axis(1), 0).to_owned();
        Ok(Brain { values, courses, alpha, draws })
    }

    /// h of some voxels, row × voxel.
    pub fn course(&self, voxels: Range<usize>) -> Array2<f32> {
        let mut out = Array2::zeros((self.courses.ncols(), voxels.len()));
        for (mut column, voxel) in out.columns_mut().into_iter().zip(voxels) {
            column.assign(&self.courses.row(self.alpha[voxel]));
        }
        out
    }
}

/// The α that occur, ascending, and the number of each voxel's.
fn alphas(subject: &Subject) -> (Vec<f64>, Vec<usize>) {
    let given = subject.fit.alphas();
    let mut all: Vec<f32> = given.to_vec();
    all.sort_by(f32::total_cmp);
    all.dedup();
    let place = given.iter().map(|alpha| all.partition_point(|other| other < alpha)).collect();
    (all.into_iter().map(f64::from).collect(), place)
}

/// An error unless the fit's weights are those of a ridge on all kept rows.
pub(in crate::experiment) fn check_weights(subject: &Subject) -> Result<()> {
    let voxels = subject.fit.mask().count();
    // Some voxels from all over, the first one that is predicted well among them.
    let best = (0..voxels).fold(0, |best, v| if subject.fit.r()[v] > subject.fit.r()[best] { v } else { best });
    let step = (voxels / 5).max(1);
    let rows = Rows::new(&subject.x, &subject.clock)?;
    let width = subject.x.ncols();
    let delta: Vec<f64> = (0..width).map(|n| if n % 3 == 0 { 1.0 } else { -0.5 } / (width as f64).sqrt()).collect();
    for voxel in (0..voxels).step_by(step).chain([best]) {
        let weights = subject.fit.weights_of(voxel..voxel + 1)?;
        let expected: f64 = weights.column(0).iter().zip(&delta).map(|(w, d)| f64::from(*w) * d).sum();
        let course =
            rows.courses(&vec![1.0; subject.clock.runs()], &delta, &[f64::from(subject.fit.alphas()[voxel])])?;
        let measured = subject.measured(voxel..voxel + 1)?;
        let found: f64 = course.row(0).iter().zip(measured.column(0)).map(|(h, y)| h * f64::from(*y)).sum();
        if (found - expected).abs() > SAME * (1.0 + expected.abs()) {
            return Err(Error::value(
                format!(
                    "voxel {voxel} of {}: its weights give {expected:.4} where a ridge on all runs of the data given has {found:.4}",
                    subject.fit.whose
                ),
                "give the patterns and the data that were fitted, and a fit by `encode(&patterns, &bold, Ridge::default())?` on all runs: not on principal components or one split",
            ));
        }
    }
    Ok(())
}
