//! The elastic net as an encoding model, λ chosen in nested folds.

use super::ElasticNet;
use super::descent::path;
use crate::encoding::agreement::agreement;
use crate::encoding::basis::{in_units, inverse_deviation};
use crate::encoding::blocks::{each, locked, unlocked};
use crate::encoding::encode::{About, Found, agreed, regressors};
use crate::encoding::moments::{Parts, Plan, Regressors};
use crate::encoding::nested::{Block, highest};
use crate::encoding::scaling::{Scale, standardised};
use crate::encoding::split::product;
use crate::encoding::{EncodingFit, Predictors, Targets};
use crate::error::Result;
use crate::notebook::{check_cancelled, state_memory};
use crate::provenance::Provenance;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use std::sync::Mutex;

/// Voxels of a block: the weights at every λ are held for each.
const WIDTH: usize = 128;

/// Predicts each voxel's course by an elastic net (or lasso), with λ chosen per voxel in nested cross-validation; as [`encode`](crate::encoding::encode)
/// in all else: folds, scores, standardisation inside training rows, censored volumes, predictions. [`EncodingFit::alphas`] are the λ.
///
/// Slower than a ridge by far: use it where one asks *which* regressors matter, and these are some hundreds at most.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(features: Features, bold: VoxelSeries) -> Result<()> {
/// let fit = encode_elastic(&features, &bold, ElasticNet::lasso())?;
/// let used = fit.weights().iter().filter(|w| **w != 0.0).count();
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`encode`](crate::encoding::encode), and if the grid of λ or ρ are unusable.
pub fn encode_elastic(x: &dyn Predictors, bold: &dyn Targets, options: ElasticNet) -> Result<EncodingFit> {
    options.check()?;
    let (folds, kept) = agreed(x, bold, options.folds.as_ref(), &options.delays)?;
    let weighted = folds.weighted(bold.kept());
    let (regressors, units) = regressors(x, bold, &options.delays, &kept, &weighted)?;
    let (count, voxels) = (regressors.ncols(), bold.mask().count());
    let nested = Nested::new(regressors, Plan::new(&folds, bold.kept(), true), &options)?;
    state_memory("the encoding model", (4 * (count + kept.len()) * voxels + nested.bytes()) as u64);
    let found = Mutex::new(Found::new(count, voxels, &folds));
    let restless = each("voxels", voxels, WIDTH, |columns| {
        let all = bold.columns(columns.clone())?;
        let (y, scale) = standardised(all.view(), &kept);
        let (block, unfinished) = nested.fit(y.view())?;
        locked(&found).take(columns, block, [&scale, &Scale::of(all.view(), &weighted)], &kept, &options.lambdas);
        Ok(unfinished)
    })?;
    let restless: usize = restless.iter().sum();
    let solved = match restless {
        0 => String::new(),
        some => format!("; {some} voxels had not come to rest at some λ after {} sweeps", options.sweeps),
    };
    let (method, usual, delays) = (options.words(), options.folds.is_none(), &options.delays);
    let made = Provenance::step("encode by elastic net").options_of(&options, &["folds"]);
    let made = made.input(x.kind(), x).input("bold", bold).input("folds", &folds);
    let about = About { x, bold, method: &method, solved: &solved, delays, folds: &folds, usual, ridge: false, made };
    unlocked(found).fit(about, units, options.lambdas)
}

/// All that does not depend on the voxels.
struct Nested<'a> {
    plan: Plan,
    x: Array2<f32>,
    options: &'a ElasticNet,
    trains: Vec<Train>,
    /// Test rows of each split, standardised by its training rows.
    tests: Vec<Array2<f32>>,
}

/// A training set's regressors.
struct Train {
    count: f64,
    /// XᵀX/n of the standardised regressors.
    gram: Array2<f64>,
    mean: Array1<f64>,
    inverse: Array1<f64>,
}

/// A block of voxels after training.
struct Trained {
    mean: Array1<f64>,
    inverse: Array1<f64>,
    /// For each λ, regressor × voxel, in standard deviations.
    weights: Vec<Array2<f32>>,
    unfinished: usize,
}

impl Nested<'_> {
    fn new(x: Array2<f32>, plan: Plan, options: &ElasticNet) -> Result<Nested<'_>> {
        let parts: Vec<Regressors> = plan.segments.iter().map(|rows| Regressors::over(&x, rows)).collect();
        let mut trains = Vec::new();
        for segments in &plan.trains {
            check_cancelled("encoding")?;
            let sums = Regressors::of(&parts, segments);
            let (gram, mean, inverse) = sums.standardised();
            trains.push(Train { count: sums.count, gram: gram / sums.count, mean, inverse });
        }
        let tests = plan.splits.iter().map(|split| {
            let train = &trains[split.train];
            in_units(&x, plan.rows(&split.test).into_iter(), &train.mean, &train.inverse)
        });
        let tests = tests.collect();
        Ok(Nested { plan, x, options, trains, tests })
    }

    fn bytes(&self) -> usize {
        let grams: usize = self.trains.iter().map(|train| 8 * train.gram.len()).sum();
        grams + self.tests.iter().map(|test| 4 * test.len()).sum::<usize>()
    }

    /// λ, held-out scores, predictions and weights of the voxels `y` (kept row × voxel), and how many had not come to rest.
    fn fit<'a>(&'a self, y: ArrayView2<'a, f32>) -> Result<(Block, usize)> {
        let parts = Parts::new(Some(&self.x), y, &self.plan.segments);
        let (folds, voxels) = (self.plan.outer.len(), y.ncols());
        let zero = || Array2::<f64>::zeros((self.options.lambdas.len(), voxels));
        // Folds share training sets: each is solved once, and scored on all that it is tested on.
        let mut inside: Vec<Array2<f64>> = (0..folds).map(|_| zero()).collect();
        let mut over_folds = zero();
        let mut own: Vec<Option<Trained>> = (0..folds).map(|_| None).collect();
        let mut unfinished = 0;
        for n in 0..self.trains.len() {
            let of_inside = |fold: usize| {
                let outer = &self.plan.outer[fold];
                outer.inside.iter().copied().filter(|split| self.plan.splits[*split].train == n)
            };
            let of_own = |fold: &usize| self.plan.splits[self.plan.outer[*fold].own].train == n;
            if n != self.plan.all && (0..folds).all(|fold| of_inside(fold).next().is_none() && !of_own(&fold)) {
                continue;
            }
            let trained = self.train(n, &parts)?;
            unfinished = trained.unfinished.max(unfinished);
            for (fold, inside) in inside.iter_mut().enumerate() {
                for split in of_inside(fold) {
                    *inside += &self.score(split, &trained, y);
                }
            }
            for fold in (0..folds).filter(of_own) {
                over_folds += &(self.score(self.plan.outer[fold].own, &trained, y) / folds as f64);
            }
            if let Some(fold) = (0..folds).find(of_own) {
                own[fold] = Some(trained);
            }
        }
        let (mut r, mut r2) = (Array2::zeros((folds, voxels)), Array2::zeros((folds, voxels)));
        let mut predicted = Array2::from_elem(y.dim(), f32::NAN);
        for (fold, trained) in own.iter().enumerate() {
            let Some(trained) = trained else { continue };
            let split = self.plan.outer[fold].own;
            let rows = self.plan.rows(&self.plan.splits[split].test);
            let found = self.predict(split, trained, &highest(&inside[fold]));
            for (found, &row) in found.rows().into_iter().zip(&rows) {
                predicted.row_mut(row).assign(&found.mapv(|v| v as f32));
            }
            for v in 0..voxels {
                let measured = rows.iter().map(|&row| f64::from(y[[row, v]])).collect::<Array1<f64>>();
                let constant = trained.inverse[v] == 0.0;
                (r[[fold, v]], r2[[fold, v]]) =
                    if constant { (0.0, 0.0) } else { agreement(measured.view(), found.column(v)) };
            }
        }
        // Where there is one split, its test rows have no say about λ.
        let alpha = if folds == 1 { highest(&inside[0]) } else { highest(&over_folds) };
        let best = alpha.iter().enumerate().map(|(v, &a)| over_folds[[a, v]]).collect();
        let whole = self.train(self.plan.all, &parts)?;
        let mut weights = Array2::zeros((self.x.ncols(), voxels));
        for (v, &a) in alpha.iter().enumerate() {
            weights.column_mut(v).assign(&whole.weights[a].column(v));
        }
        Ok((Block { alpha, best, r, r2, predicted, weights }, unfinished.max(whole.unfinished)))
    }

    fn train(&self, n: usize, parts: &Parts) -> Result<Trained> {
        let (train, segments) = (&self.trains[n], &self.plan.trains[n]);
        let total = parts.total(segments);
        let mean = &total.sum / total.count;
        let inverse = (&total.square / total.count - &mean * &mean).mapv(inverse_deviation);
        let mut correlations = parts.products(segments).mapv(f64::from);
        for ((j, v), c) in correlations.indexed_iter_mut() {
            *c = (*c / train.count - train.mean[j] * mean[v]) * train.inverse[j] * inverse[v];
        }
        let units: Vec<f64> = inverse.iter().map(|inverse| if *inverse > 0.0 { 1.0 } else { 0.0 }).collect();
        let path = path(&train.gram, correlations.view(), &units, self.options)?;
        Ok(Trained { mean, inverse, weights: path.weights, unfinished: path.unfinished })
    }

    /// R² on a split's test rows, λ × voxel; 0 where a voxel does not vary.
    fn score(&self, split: usize, trained: &Trained, y: ArrayView2<f32>) -> Array2<f64> {
        let rows = self.plan.rows(&self.plan.splits[split].test);
        let mut scores = Array2::zeros((trained.weights.len(), y.ncols()));
        let count = rows.len() as f64;
        let measured =
            |v: usize| rows.iter().map(move |&row| (f64::from(y[[row, v]]) - trained.mean[v]) * trained.inverse[v]);
        let totals: Vec<f64> = (0..y.ncols())
            .map(|v| measured(v).map(|y| y * y).sum::<f64>() - measured(v).sum::<f64>().powi(2) / count)
            .collect();
        for (weights, mut scores) in trained.weights.iter().zip(scores.rows_mut()) {
            let predicted = product(self.tests[split].view(), weights.view());
            for (v, score) in scores.iter_mut().enumerate().filter(|(v, _)| totals[*v] > 1e-10 * count) {
                let error: f64 = measured(v).zip(predicted.column(v)).map(|(y, p)| (y - f64::from(*p)).powi(2)).sum();
                *score = 1.0 - error / totals[v];
            }
        }
        scores
    }

    /// A split's test rows at each voxel's own λ, in the units of `y`.
    fn predict(&self, split: usize, trained: &Trained, chosen: &[usize]) -> Array2<f64> {
        let mut weights = Array2::zeros((self.x.ncols(), chosen.len()));
        for (v, &a) in chosen.iter().enumerate() {
            weights.column_mut(v).assign(&trained.weights[a].column(v));
        }
        let mut predicted = product(self.tests[split].view(), weights.view()).mapv(f64::from);
        for (v, mut column) in predicted.axis_iter_mut(Axis(1)).enumerate() {
            let deviation = if trained.inverse[v] > 0.0 { 1.0 / trained.inverse[v] } else { 0.0 };
            column.mapv_inplace(|p| p * deviation + trained.mean[v]);
        }
        predicted
    }
}
