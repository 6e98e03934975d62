//! An elastic net for each voxel, λ chosen and scored in nested folds.

use super::super::blocks::{each, width};
use super::super::encode::{About, check_sizes, regressors};
use super::super::fit::HeldOut;
use super::super::predict::{Trained, Units};
use super::super::scaling::{Scale, standardised};
use super::super::seen::Seen;
use super::super::{EncodingFit, Folds, Predictors, Targets, leaks};
use super::descent::{LANES, Lanes, Tile};
use super::{ElasticNet, MOST};
use crate::error::{Error, Result};
use crate::linalg::{gram, multiply_alone};
use crate::notebook::{Progress, check_cancelled, state_memory};
use ndarray::{Array2, Array3, Axis, s};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// [`encode`](super::super::encode) with an elastic net (or a lasso) in the place of the ridge: each voxel is predicted from few regressors.
///
/// Folds, nested choice of λ (highest mean R² over the inner folds; of equal scores the largest λ), held-out r and R², standardisation in training rows,
/// censored volumes, constant voxels and the search for leaks are those of [`encode`](super::super::encode). [`EncodingFit::alphas`] are λ.
///
/// Each training set takes a Gram matrix of regressor × regressor in f64, one at a time, and the scores of all λ fold × λ × voxel are held.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(features: Features, bold: VoxelSeries) -> Result<()> {
/// let fit = encode_elastic(&features, &bold, ElasticNet::lasso())?;
/// println!("{fit}");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`encode`](super::super::encode); if the grid of λ is empty, not ascending or not positive, ρ is not from above 0 to 1, or there are more than 12,288 regressors.
pub fn encode_elastic(x: &dyn Predictors, bold: &dyn Targets, net: ElasticNet) -> Result<EncodingFit> {
    net.check()?;
    let ridge = net.as_ridge();
    x.clock().agree(&format!("the {} series", x.kind().trim_end_matches('s')), bold.clock(), bold.name())?;
    let folds = match &net.folds {
        Some(folds) => folds.clone(),
        None => Folds::usual(bold.clock(), net.delays.iter().copied().max().unwrap_or(0))?,
    };
    bold.clock().agree(bold.name(), folds.clock(), "the folds")?;
    check_sizes(&folds, bold.kept())?;
    let said = leaks::check(x, bold, &folds, &ridge)?;
    let kept: Vec<usize> = (0..bold.kept().len()).filter(|row| bold.kept()[*row]).collect();
    let weighted = folds.weighted(bold.kept());
    let (regressors, units) = regressors(x, bold, &ridge, &kept, &weighted)?;
    if regressors.ncols() > MOST {
        return Err(Error::value(
            format!("{} regressors, and an elastic net takes at most {MOST}", regressors.ncols()),
            "reduce them first: `series.patterns(Pca::new(500))`, or take a ridge, which goes by the kernel",
        ));
    }
    let (count, voxels) = (regressors.ncols(), bold.mask().count());
    let held = 8 * count * count + voxels * (8 * folds.count() * (net.lambdas.len() + 2) + 4 * (count + kept.len()));
    state_memory("the elastic net", held as u64);
    let model = Model { bold, net: &net, x: regressors, kept: &kept };
    let found = model.nested(&folds, &weighted)?;

    let trained = model.scales(&weighted)?;
    let left_out: Vec<usize> = (0..voxels).filter(|&v| trained.inverse[v] == 0.0).collect();
    let constant = units.given.constant();
    let about = About { x, bold, ridge: &ridge, folds: &folds, constant: &constant, left_out: &left_out, said: &said };
    let grid = &net.lambdas;
    let method = format!(
        "elastic net of l1_ratio {} with {} λ from {} to {}",
        net.l1_ratio,
        grid.len(),
        grid[0],
        grid[grid.len() - 1]
    );
    let mut about = about.line_of(&method, false);
    if found.unsettled > 0 {
        about.push_str(&format!(
            "; in {} fits of 16 voxels the weights did not come to rest at some λ",
            found.unsettled
        ));
    }
    let mut alphas: Vec<f32> = found.chosen.iter().map(|n| grid[*n] as f32).collect();
    left_out.iter().for_each(|v| alphas[*v] = grid[grid.len() - 1] as f32);
    let mean = |scores: &Array2<f32>| scores.mean_axis(Axis(0)).map(|mean| mean.to_vec()).unwrap_or_default();
    Ok(EncodingFit {
        alphas: alphas.into(),
        grid: net.lambdas.clone().into(),
        r: mean(&found.r).into(),
        r2: mean(&found.r2).into(),
        weights: found.weights.into(),
        mask: bold.mask().clone(),
        kind: x.kind(),
        delays: net.delays.clone().into(),
        held_out: Arc::new(HeldOut { folds, r: found.r, r2: found.r2, predicted: found.predicted }),
        trained: Arc::new(Trained { units: Units { voxels: trained, ..units }, seen: Seen::of(bold)? }),
        whose: bold.name().split(';').next().unwrap_or_default().to_owned(),
        about,
    })
}

struct Model<'a> {
    bold: &'a dyn Targets,
    net: &'a ElasticNet,
    /// Kept row × regressor.
    x: Array2<f32>,
    /// Rows that are not censored.
    kept: &'a [usize],
}

struct Found {
    /// Number of λ of each voxel.
    chosen: Vec<usize>,
    r: Array2<f32>,
    r2: Array2<f32>,
    predicted: Array2<f32>,
    weights: Array2<f32>,
    /// Tiles whose descent was given up.
    unsettled: usize,
}

/// What a block of voxels scored: R², test × λ × voxel.
struct Scores {
    columns: Range<usize>,
    scores: Array3<f32>,
    /// Tiles whose descent was given up.
    given_up: usize,
}

/// A training set and the rows that it is tested on, as places among the kept rows.
struct Set {
    train: Vec<usize>,
    /// Standardised by the training rows.
    z: Array2<f32>,
    gram: Array2<f64>,
    tests: Vec<(Vec<usize>, Array2<f32>)>,
}

impl Model<'_> {
    fn nested(&self, folds: &Folds, weighted: &[usize]) -> Result<Found> {
        let (lambdas, voxels) = (self.net.lambdas.len(), self.bold.mask().count());
        let mut sets: BTreeMap<Vec<usize>, Vec<(usize, Vec<usize>)>> = BTreeMap::new();
        for outer in 0..folds.count() {
            for inner in folds.inside(outer) {
                sets.entry(inner.train().to_vec()).or_default().push((outer, inner.test().to_vec()));
            }
        }
        let mut progress = Progress::new("training sets", (sets.len() + folds.count() + 1) as u64);
        let mut inside = Array3::<f32>::zeros((folds.count(), lambdas, voxels));
        let mut unsettled = 0;
        for (train, tests) in &sets {
            let rows: Vec<&[usize]> = tests.iter().map(|(_, test)| test.as_slice()).collect();
            let set = self.set(train, &rows);
            for Scores { columns, scores, given_up } in self.scores(&set)? {
                for ((outer, _), scores) in tests.iter().zip(scores.outer_iter()) {
                    let mut sum = inside.slice_mut(s![*outer, .., columns.clone()]);
                    sum += &scores;
                }
                unsettled += given_up;
            }
            progress.advance(1);
        }
        let by_fold = || Array2::<f32>::zeros((folds.count(), voxels));
        let mut found = Found {
            chosen: Vec::new(),
            r: by_fold(),
            r2: by_fold(),
            predicted: Array2::from_elem((self.bold.clock().total(), voxels), f32::NAN),
            weights: Array2::zeros((self.x.ncols(), voxels)),
            unsettled,
        };
        let mut over_folds = Array2::<f32>::zeros((lambdas, voxels));
        for outer in 0..folds.count() {
            let fold = folds.fold(outer);
            let set = self.set(fold.train(), &[fold.test()]);
            let chosen = highest(&inside.index_axis(Axis(0), outer).to_owned());
            self.score_fold(&set, &chosen, outer, &mut over_folds, &mut found)?;
            progress.advance(1);
        }
        found.chosen = match folds.count() {
            // Where there is one split, its test rows have no say about λ.
            1 => highest(&inside.index_axis(Axis(0), 0).to_owned()),
            _ => highest(&over_folds),
        };
        let set = self.set(weighted, &[]);
        let chosen = &found.chosen;
        let weights = self.blocks(|columns, y| {
            let mut weights = Array2::zeros((self.x.ncols(), columns.len()));
            let given_up = self.path(&set, y, |n, b, _| {
                let of_voxel = columns.clone().enumerate().filter(|(_, voxel)| chosen[*voxel] == n);
                of_voxel.for_each(|(v, _)| weights.column_mut(v).assign(&b.column(v)));
            })?;
            Ok((weights, given_up))
        })?;
        for (columns, (weights, given_up)) in weights {
            found.weights.slice_mut(s![.., columns]).assign(&weights);
            found.unsettled += given_up;
        }
        progress.advance(1);
        Ok(found)
    }

    /// Held-out scores and predictions of a fold at each voxel's λ, and the scores at every λ.
    fn score_fold(
        &self,
        set: &Set,
        chosen: &[usize],
        outer: usize,
        over_folds: &mut Array2<f32>,
        found: &mut Found,
    ) -> Result<()> {
        let (rows, test) = &set.tests[0];
        let blocks = self.blocks(|columns, y| {
            let mut scores = Array2::zeros((self.net.lambdas.len(), columns.len()));
            let (mut r, mut predicted) = (vec![0f32; columns.len()], Array2::zeros((rows.len(), columns.len())));
            let given_up = self.path(set, y, |n, b, trained| {
                let fitted = product(test, b);
                let measured = trained.applied(y.view(), rows);
                for (v, voxel) in columns.clone().enumerate() {
                    let (score, correlation) = scored(measured.column(v), fitted.column(v));
                    scores[[n, v]] = score;
                    if chosen[voxel] == n {
                        r[v] = correlation;
                        let values = fitted.column(v).mapv(|value| trained.undone(v, value));
                        predicted.column_mut(v).assign(&values);
                    }
                }
            })?;
            Ok((scores, r, predicted, given_up))
        })?;
        for (columns, (scores, r, predicted, given_up)) in blocks {
            let scale = self.scale(columns.clone())?;
            for (v, voxel) in columns.clone().enumerate() {
                found.r[[outer, voxel]] = r[v];
                found.r2[[outer, voxel]] = scores[[chosen[voxel], v]];
                for (row, value) in rows.iter().zip(predicted.column(v)) {
                    found.predicted[[self.kept[*row], voxel]] = scale.undone(v, *value);
                }
            }
            let mut sum = over_folds.slice_mut(s![.., columns]);
            sum += &scores;
            found.unsettled += given_up;
        }
        Ok(())
    }

    /// R² at every λ of each of a set's tests, test × λ × voxel, for each block of voxels; and how many tiles were given up.
    fn scores(&self, set: &Set) -> Result<Vec<Scores>> {
        let found = self.blocks(|columns, y| {
            let mut scores = Array3::zeros((set.tests.len(), self.net.lambdas.len(), columns.len()));
            let given_up = self.path(set, y, |n, b, trained| {
                for (split, (rows, test)) in set.tests.iter().enumerate() {
                    let (fitted, measured) = (product(test, b), trained.applied(y.view(), rows));
                    for v in 0..columns.len() {
                        scores[[split, n, v]] = scored(measured.column(v), fitted.column(v)).0;
                    }
                }
            })?;
            Ok((scores, given_up))
        })?;
        let of = |(columns, (scores, given_up))| Scores { columns, scores, given_up };
        Ok(found.into_iter().map(of).collect())
    }

    /// Regressors in the units of training rows (rows of the scan), and their Gram matrix.
    fn set(&self, train: &[usize], tests: &[&[usize]]) -> Set {
        let places = |rows: &[usize]| -> Vec<usize> {
            rows.iter().filter_map(|row| self.kept.binary_search(row).ok()).collect()
        };
        let train = places(train);
        let scale = Scale::of(self.x.view(), &train);
        let z = scale.applied(self.x.view(), &train);
        let gram = gram(z.view()) / train.len() as f64;
        let tests = tests.iter().map(|rows| {
            let rows = places(rows);
            let test = scale.applied(self.x.view(), &rows);
            (rows, test)
        });
        Set { tests: tests.collect(), train, z, gram }
    }

    /// Goes from the largest λ to the smallest: `visit` gets its number, the weights (regressor × voxel) and how the voxels were scaled. How many tiles were given up.
    fn path(&self, set: &Set, y: &Array2<f32>, mut visit: impl FnMut(usize, &Array2<f32>, &Scale)) -> Result<usize> {
        let trained = Scale::of(y.view(), &set.train);
        let of_train = trained.applied(y.view(), &set.train);
        let mut c = Array2::zeros((self.x.ncols(), y.ncols()));
        multiply_alone(c.view_mut(), false, set.z.t(), of_train.view());
        let n = set.train.len() as f64;
        let mut tiles: Vec<Tile> = (0..y.ncols())
            .step_by(LANES)
            .map(|first| {
                let lanes = |row: ndarray::ArrayView1<f32>| -> Lanes {
                    let mut lanes = [0.0; LANES];
                    row.iter().skip(first).zip(&mut lanes).for_each(|(c, to)| *to = f64::from(*c) / n);
                    lanes
                };
                Tile::new(c.rows().into_iter().map(lanes).collect())
            })
            .collect();
        let mut weights = Array2::zeros((self.x.ncols(), y.ncols()));
        let mut given_up = vec![false; tiles.len()];
        for (number, lambda) in self.net.lambdas.iter().enumerate().rev() {
            let absolute = [lambda * self.net.l1_ratio; LANES];
            for (n, tile) in tiles.iter_mut().enumerate() {
                check_cancelled("elastic net")?;
                given_up[n] |= !tile.descend(&set.gram, &absolute, lambda * (1.0 - self.net.l1_ratio));
                let first = n * LANES;
                for (mut row, found) in weights.rows_mut().into_iter().zip(&tile.weights) {
                    row.iter_mut().skip(first).zip(found).for_each(|(to, w)| *to = *w as f32);
                }
            }
            visit(number, &weights, &trained);
        }
        Ok(given_up.iter().filter(|given_up| **given_up).count())
    }

    /// Does `work` for each block of voxels (kept row × voxel, standardised over the kept rows).
    fn blocks<T: Send>(
        &self,
        work: impl Fn(Range<usize>, &Array2<f32>) -> Result<T> + Sync + Send,
    ) -> Result<Vec<(Range<usize>, T)>> {
        let width = width(self.kept.len(), self.x.ncols());
        each("voxels", self.bold.mask().count(), width, |columns| {
            let all = self.bold.columns(columns.clone())?;
            let (y, _) = standardised(all.view(), self.kept);
            Ok((columns.clone(), work(columns, &y)?))
        })
    }

    /// How the blocks' voxels were scaled.
    fn scale(&self, columns: Range<usize>) -> Result<Scale> {
        Ok(Scale::of(self.bold.columns(columns)?.view(), self.kept))
    }

    /// How all voxels are scaled by some rows of the scan.
    fn scales(&self, rows: &[usize]) -> Result<Scale> {
        let mut all = Scale { mean: Vec::new(), inverse: Vec::new() };
        let voxels = self.bold.mask().count();
        for start in (0..voxels).step_by(1024) {
            let scale = Scale::of(self.bold.columns(start..(start + 1024).min(voxels))?.view(), rows);
            all.mean.extend(scale.mean);
            all.inverse.extend(scale.inverse);
        }
        Ok(all)
    }
}

fn product(a: &Array2<f32>, b: &Array2<f32>) -> Array2<f32> {
    let mut c = Array2::zeros((a.nrows(), b.ncols()));
    multiply_alone(c.view_mut(), false, a.view(), b.view());
    c
}

/// R² and Pearson r of a prediction; 0 where nothing varies.
fn scored(y: ndarray::ArrayView1<f32>, fitted: ndarray::ArrayView1<f32>) -> (f32, f32) {
    let n = y.len() as f64;
    let mut sums = [0f64; 6];
    for (&y, &p) in y.iter().zip(fitted) {
        let (y, p) = (f64::from(y), f64::from(p));
        for (sum, term) in sums.iter_mut().zip([y, p, y * y, p * p, y * p, (y - p).powi(2)]) {
            *sum += term;
        }
    }
    let [y, p, yy, pp, yp, error] = sums;
    let (total, variance) = (yy - y * y / n, pp - p * p / n);
    if total <= 1e-10 * n {
        return (0.0, 0.0);
    }
    let r = if variance > 1e-6 * pp { ((yp - y * p / n) / (total * variance).sqrt()).clamp(-1.0, 1.0) } else { 0.0 };
    ((1.0 - error / total) as f32, r as f32)
}

/// The row in which each column is highest; of equals the last, which is the largest λ.
fn highest(scores: &Array2<f32>) -> Vec<usize> {
    let best = |column: ndarray::ArrayView1<f32>| {
        (0..column.len()).fold(0, |best, n| if column[n] >= column[best] { n } else { best })
    };
    scores.columns().into_iter().map(best).collect()
}
