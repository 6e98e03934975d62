//! Cross-validation of a block of voxels: nested, or α alone.

use super::Ridge;
use super::basis::{Basis, Side, Units, kernel};
use super::folds::Folds;
use super::moments::{Outer, Parts, Plan, Regressors};
use super::norms::Workspace;
use super::split::{Scores, TestRows, Trained, product};
use crate::error::Result;
use crate::notebook::check_cancelled;
use ndarray::{Array1, Array2, Array3, ArrayView2};

/// All of a cross-validation that does not depend on the voxels.
pub(super) struct Nested {
    plan: Plan,
    x: Array2<f32>,
    alphas: Vec<f64>,
    units: Units,
    /// One for each training set.
    bases: Vec<Basis>,
    /// One for each split.
    tests: Vec<TestRows>,
    /// V of all rows, regressor × component; only where weights are wanted.
    vectors: Option<Array2<f32>>,
    /// Whether XᵀY of the segments is needed.
    sums: bool,
}

/// What is made of a block of voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Scores of held-out rows at the α chosen inside each training set.
    Nested,
    /// α and its scores on the rows by which it was chosen; with weights of the regressors, or of the rows where there are more regressors.
    OneLevel,
}

/// What is found for a block of voxels.
pub(super) struct Block {
    /// Number in the grid of the α chosen over all folds.
    pub alpha: Vec<usize>,
    /// Mean R² over folds at that α.
    pub best: Vec<f64>,
    /// Held-out r, fold × voxel.
    pub r: Array2<f64>,
    /// Held-out R², fold × voxel.
    pub r2: Array2<f64>,
    /// What was predicted for held-out rows, kept row × voxel, in the voxels' units; NaN in rows that no fold holds out.
    pub predicted: Array2<f32>,
    /// Regressor × voxel, or row × voxel where the weights are those of rows.
    pub weights: Array2<f32>,
}

/// The α, as numbers in the grid, that all voxels of a group share.
pub(super) struct Shared {
    /// For each fold, that of each group, chosen inside the fold's training rows.
    inside: Vec<Vec<usize>>,
    /// That of each group, chosen over all folds.
    all: Vec<usize>,
}

impl Shared {
    /// The α of the highest sums of scores: (fold, and last over folds) × α × group, as [`Nested::votes`] gives them for some voxels.
    pub fn elected(votes: &Array3<f64>) -> Shared {
        let mut chosen: Vec<Vec<usize>> = votes.outer_iter().map(|scores| highest(&scores.to_owned())).collect();
        let all = chosen.pop().unwrap_or_default();
        Shared { inside: chosen, all }
    }
}

impl Nested {
    /// Factors every training set of `folds` for the regressors `x` (kept row × regressor); `kept` says which rows of the folds' clock these are.
    pub fn new(
        x: Array2<f32>,
        folds: &Folds,
        kept: &[bool],
        ridge: &Ridge,
        units: Units,
        kind: Kind,
    ) -> Result<Nested> {
        let plan = Plan::new(folds, kept, kind == Kind::Nested);
        let dual = |segments: &[usize]| segments.iter().map(|&n| plan.segments[n].len()).sum::<usize>() < x.ncols();
        let any_sums = plan.trains.iter().any(|segments| !dual(segments));
        let parts: Vec<Regressors> = match any_sums {
            true => plan.segments.iter().map(|rows| Regressors::over(&x, rows)).collect(),
            false => Vec::new(),
        };
        let common = match units == Units::Given && plan.trains.iter().any(|segments| dual(segments)) {
            true => Some(kernel(x.view())?),
            false => None,
        };
        let mut tests: Vec<Option<TestRows>> = plan.splits.iter().map(|_| None).collect();
        let (mut bases, mut vectors) = (Vec::new(), None);
        for (n, segments) in plan.trains.iter().enumerate() {
            check_cancelled("encoding")?;
            let (basis, whitening) = match dual(segments) {
                true => Basis::from_rows(&x, plan.rows(segments), units, common.as_ref(), ridge.components)?,
                false => Basis::from_sums(&Regressors::of(&parts, segments), units, ridge.components)?,
            };
            for (number, split) in plan.splits.iter().enumerate().filter(|(_, split)| split.train == n) {
                check_cancelled("encoding")?;
                let rows = plan.rows(&split.test);
                let predicts = kind == Kind::Nested && plan.outer.iter().any(|outer| outer.own == number);
                let test = TestRows::new(&basis, &whitening, &x, &rows, &ridge.alphas, ridge.solver, predicts)?;
                tests[number] = Some(test);
            }
            if n == plan.all && (kind == Kind::Nested || basis.side == Side::Sums) {
                vectors = Some(whitening.vectors(&basis));
            }
            bases.push(basis);
        }
        let tests: Vec<TestRows> = tests.into_iter().flatten().collect();
        let sums = any_sums || tests.iter().any(TestRows::by_sums);
        Ok(Nested { plan, x, alphas: ridge.alphas.clone(), units, bases, tests, vectors, sums })
    }

    /// Whether the weights of all rows come from the kernel.
    pub fn by_kernel(&self) -> bool {
        self.bases[self.plan.all].side == Side::Kernel
    }

    /// Operations of the norms for all α, next to those for one.
    pub fn norm_products(&self) -> f64 {
        let (all, one) =
            self.tests.iter().map(TestRows::norm_cost).fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
        if one > 0.0 { all / one } else { 1.0 }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let bases: usize = self.bases.iter().map(|basis| 4 * basis.map.len()).sum();
        let tests: usize = self.tests.iter().map(TestRows::bytes).sum();
        bases + tests + 4 * (self.x.len() + self.vectors.as_ref().map_or(0, Array2::len))
    }

    /// α, held-out scores, predictions and weights of the voxels `y` (kept row × voxel); `shared` are α that were elected before, with the group of
    /// each voxel.
    pub fn fit<'a>(&'a self, y: ArrayView2<'a, f32>, shared: Option<(&Shared, &[usize])>) -> Result<Block> {
        let voxels = y.ncols();
        let parts = Parts::new(self.sums.then_some(&self.x), y, &self.plan.segments);
        let mut space = Workspace::default();
        let folds = self.plan.outer.len();
        let (mut r, mut r2) = (Array2::zeros((folds, voxels)), Array2::zeros((folds, voxels)));
        let holds_out = self.plan.outer.iter().any(|outer| !outer.inside.is_empty());
        let mut predicted = Array2::from_elem(if holds_out { y.dim() } else { (0, 0) }, f32::NAN);
        let mut over_folds = Array2::<f64>::zeros((self.alphas.len(), voxels));
        let mut inside_only = None;
        for (fold, outer) in self.plan.outer.iter().enumerate() {
            let chosen: Vec<usize> = match shared {
                Some((shared, groups)) => groups.iter().map(|&group| shared.inside[fold][group]).collect(),
                None => highest(&self.inside(outer, &parts, &mut space)?),
            };
            let (trained, scores) = self.score(outer.own, &parts, &mut space)?;
            if folds == 1 && holds_out {
                inside_only = Some(chosen.clone());
            }
            over_folds.zip_mut_with(&scores.r2, |sum, &r2| *sum += f64::from(r2) / folds as f64);
            if outer.inside.is_empty() {
                continue;
            }
            let test = &self.tests[outer.own];
            r.row_mut(fold).assign(&Array1::from(test.correlations(&trained, &scores, &chosen)));
            chosen.iter().enumerate().for_each(|(v, &a)| r2[[fold, v]] = f64::from(scores.r2[[a, v]]));
            let rows = self.plan.rows(&self.plan.splits[outer.own].test);
            test.predict(&trained, &chosen, &rows, &mut predicted);
        }
        let alpha = match shared {
            Some((shared, groups)) => groups.iter().map(|&group| shared.all[group]).collect(),
            // Where there is one split, its test rows have no say about α.
            None => inside_only.unwrap_or_else(|| highest(&over_folds)),
        };
        let best = alpha.iter().enumerate().map(|(v, &a)| over_folds[[a, v]]).collect();
        check_cancelled("encoding")?;
        let weights = self.weights(&parts, &alpha);
        Ok(Block { alpha, best, r, r2, predicted, weights })
    }

    /// R² of each fold's test rows at every α, fold × α × voxel, of the voxels `y` (kept row × voxel).
    pub fn scores<'a>(&'a self, y: ArrayView2<'a, f32>) -> Result<Array3<f32>> {
        let parts = Parts::new(self.sums.then_some(&self.x), y, &self.plan.segments);
        let mut space = Workspace::default();
        let mut found = Array3::zeros((self.plan.outer.len(), self.alphas.len(), y.ncols()));
        for (outer, mut found) in self.plan.outer.iter().zip(found.outer_iter_mut()) {
            found.assign(&self.score(outer.own, &parts, &mut space)?.1.r2);
        }
        Ok(found)
    }

    /// What some voxels say about α: (fold, and last over folds) × α × group, each the sum of the group's scores R².
    pub fn votes<'a>(&'a self, y: ArrayView2<'a, f32>, groups: &[usize], count: usize) -> Result<Array3<f64>> {
        let parts = Parts::new(self.sums.then_some(&self.x), y, &self.plan.segments);
        let mut space = Workspace::default();
        let folds = self.plan.outer.len();
        let mut votes = Array3::zeros((folds + 1, self.alphas.len(), count));
        let mut add = |place: usize, scores: &Array2<f64>| {
            for ((a, v), score) in scores.indexed_iter() {
                votes[[place, a, groups[v]]] += score;
            }
        };
        for (fold, outer) in self.plan.outer.iter().enumerate() {
            add(fold, &self.inside(outer, &parts, &mut space)?);
            match folds {
                1 if !outer.inside.is_empty() => add(folds, &self.inside(outer, &parts, &mut space)?),
                _ => add(folds, &self.score(outer.own, &parts, &mut space)?.1.r2.mapv(f64::from)),
            }
        }
        Ok(votes)
    }

    /// Sums of R² over the folds inside a fold's training rows, α × voxel.
    fn inside(&self, outer: &Outer, parts: &Parts, space: &mut Workspace) -> Result<Array2<f64>> {
        let mut sums = Array2::<f64>::zeros((self.alphas.len(), parts.y.ncols()));
        for &split in &outer.inside {
            let (_, scores) = self.score(split, parts, space)?;
            sums.zip_mut_with(&scores.r2, |sum, &r2| *sum += f64::from(r2));
        }
        Ok(sums)
    }

    /// V·(s / (s² + α) ∘ z) of all rows, or U·(1 / (s² + α) ∘ z) where weights are those of rows.
    fn weights(&self, parts: &Parts, alpha: &[usize]) -> Array2<f32> {
        let basis = &self.bases[self.plan.all];
        let mut shrunk = basis.train(parts, &self.plan.trains[self.plan.all], self.units).z;
        for (mut row, value) in shrunk.rows_mut().into_iter().zip(&basis.values) {
            let root = if self.vectors.is_some() { value.sqrt() } else { 1.0 };
            let factors: Vec<f32> = self.alphas.iter().map(|alpha| (root / (value + alpha)) as f32).collect();
            row.iter_mut().zip(alpha).for_each(|(c, &a)| *c *= factors[a]);
        }
        match &self.vectors {
            Some(vectors) => product(vectors.view(), shrunk.view()),
            None => product(basis.map.t(), shrunk.view()),
        }
    }

    fn score(&self, split: usize, parts: &Parts, space: &mut Workspace) -> Result<(Trained, Scores)> {
        check_cancelled("encoding")?;
        let train = self.plan.splits[split].train;
        let basis = &self.bases[train];
        let trained = basis.train(parts, &self.plan.trains[train], self.units);
        let scores = self.tests[split].score(basis, &trained, parts, &self.plan.splits[split].test, space);
        Ok((trained, scores))
    }
}

/// The row in which each column is highest; the first of equals.
pub(super) fn highest(scores: &Array2<f64>) -> Vec<usize> {
    let mut best = vec![0; scores.ncols()];
    for (a, row) in scores.rows().into_iter().enumerate() {
        best.iter_mut().zip(row).enumerate().for_each(|(v, (best, score))| {
            if *score > scores[[*best, v]] {
                *best = a;
            }
        });
    }
    best
}
