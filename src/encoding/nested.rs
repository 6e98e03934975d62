//! Nested cross-validation of a block of voxels.

use super::folds::Folds;
use super::moments::{Plan, Regressors, Targets};
use super::spectrum::{Scores, Spectrum, TestRows, Trained};
use crate::error::Result;
use crate::linalg::multiply_into;
use crate::notebook::check_cancelled;
use faer::Par;
use ndarray::{Array2, ArrayView2};

/// All of a nested cross-validation that does not depend on the voxels.
pub(super) struct Nested {
    plan: Plan,
    x: Array2<f32>,
    alphas: Vec<f64>,
    spectra: Vec<(Spectrum, Array2<f32>)>,
    tests: Vec<TestRows>,
}

/// What is found for a block of voxels.
pub(super) struct Block {
    /// Number in the grid of the α chosen over all folds.
    pub alpha: Vec<usize>,
    /// Held-out r, mean over folds.
    pub r: Vec<f64>,
    /// Held-out R², mean over folds.
    pub r2: Vec<f64>,
    /// Regressor × voxel.
    pub weights: Array2<f32>,
}

impl Nested {
    /// Factors every training set of `folds` for the regressors `x` (kept row × regressor, roughly z-scored); `kept` says which rows of the folds' clock these are.
    pub fn new(x: Array2<f32>, folds: &Folds, kept: &[bool], alphas: &[f64]) -> Result<Nested> {
        let plan = Plan::new(folds, kept);
        let parts: Vec<Regressors> = plan.segments.iter().map(|rows| Regressors::over(&x, rows)).collect();
        let mut spectra = Vec::new();
        for segments in &plan.trains {
            check_cancelled("encoding")?;
            let spectrum = Spectrum::new(&Regressors::of(&parts, segments))?;
            let shrinkage = spectrum.shrinkage(alphas);
            spectra.push((spectrum, shrinkage));
        }
        let mut tests = Vec::new();
        for split in &plan.splits {
            check_cancelled("encoding")?;
            tests.push(TestRows::new(&spectra[split.train].0, &Regressors::of(&parts, &split.test))?);
        }
        Ok(Nested { plan, x, alphas: alphas.to_vec(), spectra, tests })
    }

    /// α, held-out scores and weights of the voxels `y` (kept row × voxel, roughly z-scored).
    pub fn fit(&self, y: ArrayView2<f32>) -> Result<Block> {
        let voxels = y.ncols();
        let parts: Vec<Targets> = self.plan.segments.iter().map(|rows| Targets::over(&self.x, y, rows)).collect();
        let mut block = Block {
            alpha: vec![0; voxels],
            r: vec![0.0; voxels],
            r2: vec![0.0; voxels],
            weights: Array2::zeros((0, 0)),
        };
        let share = 1.0 / self.plan.outer.len() as f64;
        let mut over_folds = Array2::<f64>::zeros((self.alphas.len(), voxels));
        for outer in &self.plan.outer {
            check_cancelled("encoding")?;
            let mut inside = Array2::<f64>::zeros(over_folds.dim());
            for &split in &outer.inside {
                inside.zip_mut_with(&self.score(split, &parts).1.r2, |sum, &r2| *sum += f64::from(r2));
            }
            let chosen = highest(&inside);
            let (trained, scores) = self.score(outer.own, &parts);
            over_folds.zip_mut_with(&scores.r2, |sum, &r2| *sum += f64::from(r2));
            let spectrum = &self.spectra[self.plan.splits[outer.own].train].0;
            for (v, &a) in chosen.iter().enumerate() {
                let alpha = (a, self.alphas[a]);
                block.r[v] += share * self.tests[outer.own].correlation(spectrum, &trained, &scores, alpha, v);
                block.r2[v] += share * f64::from(scores.r2[[a, v]]);
            }
        }
        block.alpha = highest(&over_folds);

        let (spectrum, _) = &self.spectra[self.plan.all];
        let mut shrunk = spectrum.train(&Targets::of(&parts, &self.plan.trains[self.plan.all])).projected;
        for ((k, v), c) in shrunk.indexed_iter_mut() {
            *c = (f64::from(*c) / (spectrum.values[k] + self.alphas[block.alpha[v]])) as f32;
        }
        block.weights = Array2::zeros((self.x.ncols(), voxels));
        let vectors = spectrum.vectors.mapv(|v| v as f32);
        multiply_into(block.weights.view_mut(), vectors.view(), shrunk.view(), Par::Seq);
        Ok(block)
    }

    fn score(&self, split: usize, parts: &[Targets]) -> (Trained, Scores) {
        let train = self.plan.splits[split].train;
        let (spectrum, shrinkage) = &self.spectra[train];
        let trained = spectrum.train(&Targets::of(parts, &self.plan.trains[train]));
        let test = Targets::of(parts, &self.plan.splits[split].test);
        let scores = self.tests[split].score(spectrum, shrinkage, &trained, &test);
        (trained, scores)
    }
}

/// The row in which each column is highest; the first of equals.
fn highest(scores: &Array2<f64>) -> Vec<usize> {
    let best =
        |column: ndarray::ArrayView1<f64>| (1..column.len()).fold(0, |b, a| if column[a] > column[b] { a } else { b });
    scores.columns().into_iter().map(best).collect()
}
