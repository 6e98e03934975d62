//! The random search: for every voxel the weights of the feature spaces and the α of the highest score.

use super::refine::weights_of_spaces;
use super::train::{Regressed, TrainSet, Whitening, train_sets};
use crate::encoding::Solver;
use crate::encoding::basis::{Basis, Side, Units};
use crate::encoding::blocks::{locked, width};
use crate::encoding::folds::Folds;
use crate::encoding::moments::{Parts, Plan, Split};
use crate::encoding::norms::Workspace;
use crate::encoding::split::TestRows;
use crate::error::Result;
use crate::linalg::in_pool;
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array2, Array3, Axis, s};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Mutex;

/// Bytes that the candidates which are tried at once may take, and how many they are at most: the data are walked through once for all of them.
const AT_ONCE: (usize, usize) = (1 << 30, 16);
/// So many eigendecompositions and more have a thread each; fewer are done one after the other on all threads. It is not the number of threads that
/// decides: results would depend on it in their last bits.
pub(super) const MANY: usize = 8;
/// A score has to be higher by this to replace that of an earlier candidate: less is the rounding of single precision.
const HIGHER: f64 = 1.2e-7;

/// All of a banded ridge that does not depend on the voxels.
pub(super) struct Search {
    pub given: Regressed,
    pub plan: Plan,
    pub sets: Vec<TrainSet>,
    /// Candidate × space.
    pub gammas: Array2<f64>,
    pub alphas: Vec<f64>,
    pub units: Units,
    /// By which choice each split's score counts, if by any.
    choice: Vec<Option<usize>>,
    pub choices: usize,
}

/// What was chosen: for each fold inside its training rows, where folds are nested, and last over all folds; choice × voxel.
pub(super) struct Chosen {
    pub candidate: Array2<usize>,
    pub alpha: Array2<usize>,
    /// Mean R² over the rows by which it was chosen.
    pub score: Array2<f64>,
    /// ln(γ/α), choice × space × voxel, where each voxel has its own.
    pub deltas: Option<Array3<f64>>,
}

/// A candidate in a training set.
struct Prepared {
    basis: Basis,
    /// Numbers of the splits of this training set, and their test rows.
    tests: Vec<(usize, TestRows)>,
}

impl Search {
    /// `kept`: one for each row of the folds' clock. `nested`: γ and α are also chosen inside the training rows of each fold.
    pub fn new(
        given: Regressed,
        (folds, kept): (&Folds, &[bool]),
        gammas: Array2<f64>,
        alphas: &[f64],
        units: Units,
        nested: bool,
    ) -> Result<Search> {
        let plan = Plan::new(folds, kept, nested);
        let sets = train_sets(&given, &plan, units)?;
        // Where there is one split, its test rows have no say: weights take what was chosen inside its training rows.
        let single = nested && plan.outer.len() == 1;
        let choices = if nested && !single { plan.outer.len() + 1 } else { 1 };
        let mut choice = vec![(!single).then_some(choices - 1); plan.splits.len()];
        for (fold, outer) in plan.outer.iter().enumerate() {
            outer.inside.iter().for_each(|&split| choice[split] = Some(fold));
        }
        Ok(Search { given, plan, sets, gammas, alphas: alphas.to_vec(), units, choice, choices })
    }

    /// Bytes held, with those that the candidates tried at once take.
    pub fn bytes(&self) -> usize {
        let held: usize = self.sets.iter().map(|set| set.bytes().0).sum();
        held + 4 * self.given.x.len() + self.at_once() * self.candidate_bytes()
    }

    fn candidate_bytes(&self) -> usize {
        let counted = self.plan.splits.iter().zip(&self.choice).filter(|(_, choice)| choice.is_some());
        let of_split = |split: &Split| {
            let set = &self.sets[split.train];
            let rank = set.rows.len().min(set.mean.len());
            set.bytes().1 + 8 * self.plan.rows(&split.test).len() * rank
        };
        counted.map(|(split, _)| of_split(split)).sum()
    }

    /// How many candidates are tried at once.
    pub fn at_once(&self) -> usize {
        (AT_ONCE.0 / self.candidate_bytes().max(1)).clamp(1, AT_ONCE.1.min(self.gammas.nrows()))
    }

    /// Whether a training set is by XᵀX, and voxels' XᵀY are needed.
    pub fn sums(&self) -> bool {
        self.sets.iter().any(|set| set.side() == Side::Sums)
    }

    /// Numbers of the splits whose scores a choice goes by.
    pub fn splits_of(&self, choice: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.choice.len()).filter(move |&split| self.choice[split] == Some(choice))
    }

    /// Tries every candidate on the voxels `y`, kept row × voxel, and refines the best by so many steps.
    pub fn run(&self, y: &Array2<f32>, steps: usize) -> Result<Chosen> {
        let mut chosen = self.tried(y)?;
        if steps > 0 {
            chosen.deltas = Some(self.refine(&mut chosen, y, steps)?);
        }
        Ok(chosen)
    }

    fn tried(&self, y: &Array2<f32>) -> Result<Chosen> {
        let (candidates, voxels) = (self.gammas.nrows(), y.ncols());
        let width = width(y.nrows(), self.given.x.ncols());
        let blocks =
            (0..voxels).step_by(width).map(|start| Best::new(start..(start + width).min(voxels), self.choices));
        let mut blocks: Vec<Best> = blocks.collect();
        let progress = Mutex::new(Progress::new("candidates × voxels", (candidates * voxels) as u64));
        for start in (0..candidates).step_by(self.at_once()) {
            let some = start..(start + self.at_once()).min(candidates);
            let prepared = self.prepare(some.clone())?;
            in_pool(|| {
                blocks.par_iter_mut().try_for_each(|block| -> Result<()> {
                    let y = y.slice(s![.., block.voxels.clone()]);
                    let parts = Parts::new(self.sums().then_some(&self.given.x), y, &self.plan.segments);
                    let mut space = Workspace::default();
                    for (candidate, prepared) in some.clone().zip(&prepared) {
                        let scores = self.scores(prepared, &parts, &mut space)?;
                        block.take(candidate, &scores, &self.alphas);
                        locked(&progress).advance(block.voxels.len() as u64);
                    }
                    Ok(())
                })
            })?;
        }
        Ok(Best::together(blocks, self.choices, voxels))
    }

    /// Some candidates in every training set that is scored.
    fn prepare(&self, some: Range<usize>) -> Result<Vec<Vec<(usize, Prepared)>>> {
        let counts = |train: usize| {
            (0..self.choices).flat_map(|n| self.splits_of(n)).any(|n| self.plan.splits[n].train == train)
        };
        let trains: Vec<usize> = (0..self.sets.len()).filter(|&train| counts(train)).collect();
        let tasks: Vec<(usize, usize)> =
            some.clone().flat_map(|candidate| trains.iter().map(move |&train| (candidate, train))).collect();
        let alone = tasks.len() >= MANY;
        let one = |&(candidate, train): &(usize, usize)| {
            check_cancelled("banded ridge")?;
            let set = &self.sets[train];
            let (basis, whitening) = set.basis(&self.given, self.gammas.row(candidate), alone)?;
            let tests = self.tests(train, &basis, &whitening)?;
            Ok((train, Prepared { basis, tests }))
        };
        let mut found = match alone {
            true => in_pool(|| tasks.par_iter().map(one).collect::<Result<Vec<_>>>())?,
            false => tasks.iter().map(one).collect::<Result<Vec<_>>>()?,
        }
        .into_iter();
        Ok(some.map(|_| found.by_ref().take(trains.len()).collect()).collect())
    }

    fn tests(&self, train: usize, basis: &Basis, whitening: &Whitening) -> Result<Vec<(usize, TestRows)>> {
        let splits = self.plan.splits.iter().enumerate();
        let splits = splits.filter(|(number, split)| split.train == train && self.choice[*number].is_some());
        splits
            .map(|(number, split)| {
                let rows = self.plan.rows(&split.test);
                let set = &self.sets[train];
                Ok((number, set.test(&self.given, basis, whitening, &rows, &self.alphas, Solver::BySize)?))
            })
            .collect()
    }

    /// Mean R² of each choice over its splits, α × voxel.
    fn scores(&self, prepared: &[(usize, Prepared)], parts: &Parts, space: &mut Workspace) -> Result<Vec<Array2<f64>>> {
        let mut means = vec![Array2::zeros((self.alphas.len(), parts.y.ncols())); self.choices];
        for (train, Prepared { basis, tests }) in prepared {
            check_cancelled("banded ridge")?;
            let trained = basis.train(parts, &self.plan.trains[*train], self.units);
            for (split, test) in tests {
                let Some(choice) = self.choice[*split] else { continue };
                let count = self.splits_of(choice).count() as f64;
                let found = test.score(basis, &trained, parts, &self.plan.splits[*split].test, space);
                means[choice].zip_mut_with(&found.r2, |sum, &r2| *sum += f64::from(r2) / count);
            }
        }
        Ok(means)
    }
}

/// The best so far of a block of voxels; choice × voxel.
struct Best {
    voxels: Range<usize>,
    chosen: Chosen,
}

impl Best {
    fn new(voxels: Range<usize>, choices: usize) -> Best {
        let shape = (choices, voxels.len());
        let score = Array2::from_elem(shape, f64::NEG_INFINITY);
        Best {
            voxels,
            chosen: Chosen { candidate: Array2::zeros(shape), alpha: Array2::zeros(shape), score, deltas: None },
        }
    }

    /// Of equal scores the largest α and the first candidate.
    fn take(&mut self, candidate: usize, scores: &[Array2<f64>], alphas: &[f64]) {
        let slope: Vec<f64> = alphas.iter().map(|alpha| 1e-10 * alpha.ln()).collect();
        for (choice, scores) in scores.iter().enumerate() {
            for (v, scores) in scores.columns().into_iter().enumerate() {
                let mut best = 0;
                for a in 1..scores.len() {
                    if scores[a] + slope[a] > scores[best] + slope[best] {
                        best = a;
                    }
                }
                if scores[best] > self.chosen.score[[choice, v]] + HIGHER {
                    self.chosen.score[[choice, v]] = scores[best];
                    self.chosen.alpha[[choice, v]] = best;
                    self.chosen.candidate[[choice, v]] = candidate;
                }
            }
        }
    }

    fn together(blocks: Vec<Best>, choices: usize, voxels: usize) -> Chosen {
        let mut all = Best::new(0..voxels, choices).chosen;
        for Best { voxels, chosen } in blocks {
            all.candidate.slice_mut(s![.., voxels.clone()]).assign(&chosen.candidate);
            all.alpha.slice_mut(s![.., voxels.clone()]).assign(&chosen.alpha);
            all.score.slice_mut(s![.., voxels]).assign(&chosen.score);
        }
        all
    }
}

impl Chosen {
    /// γ (space × voxel) and α of a choice.
    pub fn of(&self, choice: usize, search: &Search) -> (Array2<f32>, Vec<f64>) {
        if let Some(deltas) = &self.deltas {
            return weights_of_spaces(deltas, choice);
        }
        let gammas = search.gammas.select(Axis(0), &self.candidate.row(choice).to_vec());
        let alphas = self.alpha.row(choice).iter().map(|&a| search.alphas[a]).collect();
        (gammas.t().mapv(|g| g as f32).as_standard_layout().into_owned(), alphas)
    }
}
