//! From the best candidate on: each voxel's own penalties, by the gradient of its score.

use super::descent::{EXACT, Penalties, Rows, score_and_slope};
use super::search::{Chosen, Search};
use super::solve::Standard;
use crate::encoding::basis::{Units, inverse_deviation};
use crate::encoding::blocks::locked;
use crate::encoding::split::product;
use crate::error::Result;
use crate::linalg::in_pool;
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array1, Array2, Array3, Axis, s};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Mutex;

/// Voxels that one thread moves at a time.
const VOXELS: usize = 256;
/// Length of the first step in δ, and what becomes of it after a step that was good, and one that was not.
const STEP: (f64, f64, f64) = (0.5, 1.5, 0.4);
/// Range of δ.
const LIMITS: (f64, f64) = (-30.0, 15.0);

/// A split's regressors, standardised by its training rows, and which rows these are.
struct Split {
    x: [Array2<f32>; 2],
    rows: [Vec<usize>; 2],
}

impl Search {
    /// Moves each voxel's δ = ln(γ/α) so many steps along the gradient of its score, from what was chosen; a step that does not better the score is
    /// taken back. Gives δ, choice × space × voxel; and raises the scores.
    pub fn refine(&self, chosen: &mut Chosen, y: &Array2<f32>, steps: usize) -> Result<Array3<f64>> {
        let mut deltas = self.deltas(chosen);
        let voxels = y.ncols();
        let progress = Mutex::new(Progress::new("steps × voxels", (steps * self.choices * voxels) as u64));
        for choice in 0..self.choices {
            let splits: Vec<Split> = self.splits_of(choice).map(|split| self.split(split)).collect();
            let blocks: Vec<Range<usize>> =
                (0..voxels).step_by(VOXELS).map(|start| start..(start + VOXELS).min(voxels)).collect();
            let found: Vec<(Array1<f64>, Array2<f64>)> = in_pool(|| {
                let of = |block: &Range<usize>| {
                    let start = deltas.slice(s![choice, .., block.clone()]).to_owned();
                    self.climb(&splits, y, block.clone(), start, steps, &progress)
                };
                blocks.par_iter().map(of).collect::<Result<_>>()
            })?;
            for (block, (scores, found)) in blocks.into_iter().zip(found) {
                for (v, voxel) in block.clone().enumerate() {
                    let before = &mut chosen.score[[choice, voxel]];
                    *before = before.max(scores[v]);
                }
                deltas.slice_mut(s![choice, .., block]).assign(&found);
            }
        }
        Ok(deltas)
    }

    /// ln(γ/α) of the chosen candidates, choice × space × voxel.
    fn deltas(&self, chosen: &Chosen) -> Array3<f64> {
        Array3::from_shape_fn((self.choices, self.gammas.ncols(), chosen.alpha.ncols()), |(choice, space, voxel)| {
            let gamma = self.gammas[[chosen.candidate[[choice, voxel]], space]];
            (gamma / self.alphas[chosen.alpha[[choice, voxel]]]).ln().clamp(LIMITS.0, LIMITS.1)
        })
    }

    fn split(&self, number: usize) -> Split {
        let split = &self.plan.splits[number];
        let set = &self.sets[split.train];
        let rows = [set.rows.clone(), self.plan.rows(&split.test)];
        Split { x: [0, 1].map(|n| set.standardised(&self.given, &rows[n])), rows }
    }

    fn climb(
        &self,
        splits: &[Split],
        y: &Array2<f32>,
        block: Range<usize>,
        start: Array2<f64>,
        steps: usize,
        progress: &Mutex<Progress>,
    ) -> Result<(Array1<f64>, Array2<f64>)> {
        let rows: Vec<Rows> = splits.iter().map(|split| self.rows(split, y, block.clone())).collect();
        let mut guesses: Vec<(Array2<f32>, Array2<f32>)> =
            rows.iter().map(|rows| (Array2::zeros(rows.y_train.dim()), Array2::zeros(rows.y_train.dim()))).collect();
        let mut at = |deltas: &Array2<f64>| -> Result<(Array1<f64>, Array2<f64>)> {
            let penalties = Penalties { columns: &self.given.columns, deltas };
            let (mut score, mut slope) = (Array1::zeros(deltas.ncols()), Array2::zeros(deltas.dim()));
            for (rows, guesses) in rows.iter().zip(&mut guesses) {
                check_cancelled("banded ridge")?;
                let found = score_and_slope(rows, &penalties, guesses);
                score += &found.0;
                slope += &found.1;
            }
            Ok((score / splits.len() as f64, slope / splits.len() as f64))
        };
        let mut deltas = start;
        let (mut best, mut slope) = at(&deltas)?;
        let mut length = vec![STEP.0; deltas.ncols()];
        for _ in 0..steps {
            let mut moved = deltas.clone();
            for (v, mut delta) in moved.columns_mut().into_iter().enumerate() {
                let steepness = slope.column(v).dot(&slope.column(v)).sqrt();
                if steepness > 1e-12 {
                    delta.scaled_add(length[v] / steepness, &slope.column(v));
                    delta.mapv_inplace(|delta| delta.clamp(LIMITS.0, LIMITS.1));
                }
            }
            let (scores, slopes) = at(&moved)?;
            for v in 0..length.len() {
                if scores[v] > best[v] {
                    best[v] = scores[v];
                    deltas.column_mut(v).assign(&moved.column(v));
                    slope.column_mut(v).assign(&slopes.column(v));
                    length[v] *= STEP.1;
                } else {
                    length[v] *= STEP.2;
                }
            }
            locked(progress).advance(block.len() as u64);
        }
        Ok((best, deltas))
    }

    /// The rows of some voxels, standardised by a split's training rows.
    fn rows<'a>(&self, split: &'a Split, y: &Array2<f32>, block: Range<usize>) -> Rows<'a> {
        let standard = self.standard(y, &split.rows[0], block.clone());
        let [y_train, y_test] = [0, 1].map(|n| standard.applied(y, &split.rows[n], block.clone()));
        Rows { train: &split.x[0], test: &split.x[1], y_train, y_test }
    }

    /// Means and 1 / standard deviations of some voxels over some rows; 0 and 1 where they are fitted as given.
    fn standard(&self, y: &Array2<f32>, rows: &[usize], block: Range<usize>) -> Standard {
        if self.units == Units::Given {
            return Standard { mean: Array1::zeros(block.len()), inverse: Array1::ones(block.len()) };
        }
        let y = y.slice(s![.., block]);
        let count = rows.len() as f64;
        let (mut mean, mut square) = (Array1::<f64>::zeros(y.ncols()), Array1::<f64>::zeros(y.ncols()));
        for &row in rows {
            mean.zip_mut_with(&y.row(row), |sum, &v| *sum += f64::from(v) / count);
        }
        for &row in rows {
            for (v, value) in y.row(row).iter().enumerate() {
                square[v] += (f64::from(*value) - mean[v]).powi(2) / count;
            }
        }
        Standard { mean, inverse: square.mapv(inverse_deviation) }
    }

    /// [`Search::solve`] with penalties of each voxel's own.
    pub(super) fn solve_each(
        &self,
        train: usize,
        (choice, deltas): (usize, &Array3<f64>),
        y: &Array2<f32>,
        take: impl Fn(&[usize], Array2<f32>, &Standard) + Sync + Send,
    ) -> Result<()> {
        let set = &self.sets[train];
        let x = set.standardised(&self.given, &set.rows);
        let starts: Vec<usize> = (0..y.ncols()).step_by(VOXELS).collect();
        in_pool(|| {
            starts.par_iter().try_for_each(|&start| -> Result<()> {
                check_cancelled("banded ridge")?;
                let block = start..(start + VOXELS).min(y.ncols());
                let standard = self.standard(y, &set.rows, block.clone());
                let y = standard.applied(y, &set.rows, block.clone());
                let deltas = deltas.index_axis(Axis(0), choice).slice(s![.., block.clone()]).to_owned();
                let penalties = Penalties { columns: &self.given.columns, deltas: &deltas };
                let c = penalties.solve(&x, &y, Array2::zeros(y.dim()), EXACT);
                let mut weights = penalties.scale(product(x.t(), c.view()));
                for (mut row, &inverse) in weights.rows_mut().into_iter().zip(&set.inverse) {
                    row.mapv_inplace(|w| w * inverse as f32);
                }
                take(&block.collect::<Vec<_>>(), weights, &standard);
                Ok(())
            })
        })
    }
}

impl Standard {
    fn applied(&self, y: &Array2<f32>, rows: &[usize], block: Range<usize>) -> Array2<f32> {
        Array2::from_shape_fn((rows.len(), block.len()), |(row, v)| {
            ((f64::from(y[[rows[row], block.start + v]]) - self.mean[v]) * self.inverse[v]) as f32
        })
    }
}

/// γ = e^δ / Σ e^δ (space × voxel) and α = 1 / Σ e^δ of one choice.
pub(super) fn weights_of_spaces(deltas: &Array3<f64>, choice: usize) -> (Array2<f32>, Vec<f64>) {
    let ratios = deltas.index_axis(Axis(0), choice).mapv(f64::exp);
    let sums = ratios.sum_axis(Axis(0));
    ((&ratios / &sums).mapv(|gamma| gamma as f32), sums.iter().map(|sum| 1.0 / sum).collect())
}
