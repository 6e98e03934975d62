//! An encoding model whose regressors are learned anew in each training set.

use super::super::basis::Units as InUnits;
use super::super::blocks::{each, width};
use super::super::encode::{About, Found, check_sizes, regressors};
use super::super::nested::{Block, Kind, Nested, Shared};
use super::super::predict::Units;
use super::super::scaling::{Scale, standardised};
use super::super::{EncodingFit, Features, Folds, Ridge, leaks};
use super::Training;
use crate::brain::VoxelSeries;
use crate::error::{Error, Result};
use crate::notebook::{Progress, check_cancelled, state_memory};
use crate::provenance::Provenance;
use ndarray::{Array2, Array3, Axis, s, stack};
use std::collections::BTreeMap;

/// [`encode`](super::super::encode) with features that are learned: `make` is called with the training rows of each fold, and of each fold inside
/// it, and gives the features of all rows of the scan as learned from these rows.
///
/// Nothing of a test row, whether it is scored or chooses α, is in what `make` is given. The kept weights are of features that were learned from all rows (with
/// [`Folds::holdout`] from the training runs). With n folds by run `make` is called 1 + n + n·(n − 1)/2 times: 16 times for 5 runs.
///
/// The number of features may differ between training sets; that of all rows is the model's.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(bold: VoxelSeries, neurons: NeuronSeries) -> Result<()> {
/// // The 100 neurons that go best with BOLD: chosen in each training set.
/// let fit = encode_each(&bold, Ridge::default(), &|train| SelectFeatures::best(100).fit(train, &neurons)?.transform(&neurons))?;
/// println!("{fit}");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If `make` fails; its features are on another clock, or have seen (by brain data) rows outside those it was given; or as [`encode`](super::super::encode).
pub fn encode_each(
    bold: &VoxelSeries,
    ridge: Ridge,
    make: &dyn Fn(&Training) -> Result<Features>,
) -> Result<EncodingFit> {
    ridge.check()?;
    let folds = match &ridge.folds {
        Some(folds) => folds.clone(),
        None => Folds::usual(bold.clock(), ridge.delays.iter().copied().max().unwrap_or(0))?,
    };
    bold.clock().agree(bold.name(), folds.clock(), "the folds")?;
    check_sizes(&folds, bold.kept())?;
    let kept: Vec<usize> = (0..bold.kept().len()).filter(|row| bold.kept()[*row]).collect();
    let each = Each { bold, ridge: &ridge, folds: &folds, kept: &kept, make };
    let weighted = folds.weighted(bold.kept());
    let (features, model) = each.features(&weighted, &[], "all rows")?;
    leaks::check_scan(&features, bold, &folds, &ridge.delays)?;
    each.fit(&features, model, &weighted)
}

/// Regressors, and in which units.
type Model = (Array2<f32>, Units);

/// A block of voxels, the first of them, and how they were scaled.
struct Piece {
    start: usize,
    block: Block,
    scale: Scale,
}

struct Each<'a> {
    bold: &'a VoxelSeries,
    ridge: &'a Ridge,
    folds: &'a Folds,
    /// Rows that are not censored.
    kept: &'a [usize],
    make: &'a dyn Fn(&Training) -> Result<Features>,
}

impl Each<'_> {
    /// The features that are learned from some rows, which are to be tested on others.
    fn features(&self, train: &[usize], tests: &[&[usize]], name: &str) -> Result<(Features, Model)> {
        check_cancelled("encoding")?;
        let training = Training::of(self.bold, train, name.to_owned());
        let features = (self.make)(&training)?;
        features.clock().agree(&format!("the features of {name}"), self.bold.clock(), self.bold.name())?;
        for learned in features.learned().iter().filter(|learned| learned.from_brain()) {
            let outside = |row: &&usize| tests.iter().any(|test| test.binary_search(row).is_ok());
            if let Some(row) = learned.rows().iter().find(outside) {
                return Err(Error::value(
                    format!(
                        "for {name}, features came that were learned from BOLD in row {row}, which is tested there ({})",
                        learned.what()
                    ),
                    "learn from what the function is given: `&|train| SelectFeatures::best(20).fit(train, &x)?.transform(&x)`",
                ));
            }
        }
        let model = regressors(&features, self.bold, &self.ridge.delays, self.kept, train)?;
        Ok((features, model))
    }

    fn fit(&self, features: &Features, model: Model, weighted: &[usize]) -> Result<EncodingFit> {
        let (bold, ridge, folds) = (self.bold, self.ridge, self.folds);
        let (alphas, voxels) = (ridge.alphas.len(), bold.mask().count());
        let (groups, count) = ridge.sharing.groups(voxels)?.unwrap_or_else(|| ((0..voxels).collect(), voxels));
        let held = folds.count() * (8 * alphas * count + 8 * voxels) + 4 * (model.0.ncols() + self.kept.len()) * voxels;
        state_memory("the encoding model", held as u64);

        // Every training set once: with n folds by run, leaving out a and then b is leaving out b and then a.
        let mut sets: BTreeMap<Vec<usize>, Vec<(usize, Vec<usize>)>> = BTreeMap::new();
        for outer in 0..folds.count() {
            for inner in folds.inside(outer) {
                sets.entry(inner.train().to_vec()).or_default().push((outer, inner.test().to_vec()));
            }
        }
        let mut progress = Progress::new("training sets", (sets.len() + folds.count()) as u64);
        let mut votes = Array3::<f64>::zeros((folds.count(), alphas, count));
        let add = |votes: &mut Array3<f64>, fold: usize, scores: &Array3<f32>, split: usize| {
            for ((a, v), score) in scores.index_axis(Axis(0), split).indexed_iter() {
                votes[[fold, a, groups[v]]] += f64::from(*score);
            }
        };
        for (train, tests) in &sets {
            let rows: Vec<&[usize]> = tests.iter().map(|(_, test)| test.as_slice()).collect();
            let outer: Vec<String> = tests.iter().map(|(outer, _)| outer.to_string()).collect();
            let (_, (x, _)) =
                self.features(train, &rows, &format!("a training set inside fold {}", outer.join(" and ")))?;
            let splits: Vec<(&[usize], &[usize])> = rows.iter().map(|test| (train.as_slice(), *test)).collect();
            let nested = self.nested(x, &splits, Kind::OneLevel)?;
            let scores = self.scores(&nested)?;
            tests.iter().enumerate().for_each(|(split, (outer, _))| add(&mut votes, *outer, &scores, split));
            progress.advance(1);
        }

        let by_fold = || Array2::<f32>::zeros((folds.count(), voxels));
        let (mut r, mut r2) = (by_fold(), by_fold());
        let mut predicted = Array2::from_elem((bold.clock().total(), voxels), f32::NAN);
        let mut over_folds = Array3::<f64>::zeros((1, alphas, count));
        for outer in 0..folds.count() {
            let fold = folds.fold(outer);
            let (_, (x, _)) =
                self.features(fold.train(), &[fold.test()], &format!("the training rows of fold {outer}"))?;
            let nested = self.nested(x, &[(fold.train(), fold.test())], Kind::Nested)?;
            let inside = votes.index_axis(Axis(0), outer);
            match folds.count() {
                1 => over_folds.index_axis_mut(Axis(0), 0).assign(&inside),
                _ => add(&mut over_folds, 0, &self.scores(&nested)?, 0),
            }
            let shared = Shared::elected(&stack(Axis(0), &[inside, inside]).unwrap_or_default());
            for Piece { start, block, scale } in self.blocks(&nested, &shared, &groups, self.kept)? {
                let columns = start..start + block.r.ncols();
                r.slice_mut(s![outer, columns.clone()]).assign(&block.r.row(0).mapv(|r| r as f32));
                r2.slice_mut(s![outer, columns.clone()]).assign(&block.r2.row(0).mapv(|r2| r2 as f32));
                for (row, found) in self
                    .kept
                    .iter()
                    .zip(block.predicted.rows())
                    .filter(|(row, _)| fold.test().binary_search(row).is_ok())
                {
                    let mut out = predicted.slice_mut(s![*row, columns.clone()]);
                    out.iter_mut().zip(found).enumerate().for_each(|(n, (out, &value))| *out = scale.undone(n, value));
                }
            }
            progress.advance(1);
        }

        // The split is only there to be trained; its scores are those of rows that it has seen, and are dropped.
        let (x, units) = model;
        let count = units.delayed.mean.len();
        let nested = self.nested(x, &[(weighted, &weighted[..weighted.len().min(8)])], Kind::Nested)?;
        let over = over_folds.index_axis(Axis(0), 0);
        let shared = Shared::elected(&stack(Axis(0), &[over, over]).unwrap_or_default());
        let mut found = Found { r, r2, predicted, ..Found::new(count, voxels, folds) };
        for Piece { start, block, scale } in self.blocks(&nested, &shared, &groups, weighted)? {
            let columns = start..start + block.alpha.len();
            found.weights.slice_mut(s![.., columns.clone()]).assign(&block.weights);
            for (n, voxel) in columns.enumerate() {
                (found.scale.mean[voxel], found.scale.inverse[voxel]) = (scale.mean[n], scale.inverse[n]);
                let constant = scale.inverse[n] == 0.0;
                found.alphas[voxel] = ridge.alphas[if constant { alphas - 1 } else { block.alpha[n] }] as f32;
            }
        }
        let (method, sets) = (ridge.words(), sets.len() + folds.count());
        // What makes the features is code of a cell: what came of it says which it was.
        let made = Provenance::step("encode each").options_of(ridge, &["folds", "storing"]).input("features", features);
        let made = made.input("bold", bold).input("folds", folds).input("held-out r", &found.r);
        let about = About {
            ridge: false,
            made,
            x: features,
            bold,
            method: &method,
            solved: &format!("; features learned anew in each of {sets} training sets"),
            delays: &ridge.delays,
            folds,
            usual: ridge.folds.is_none(),
        };
        found.fit(about, units, ridge.alphas.clone())
    }

    fn nested(&self, x: Array2<f32>, splits: &[(&[usize], &[usize])], kind: Kind) -> Result<Nested> {
        let folds = Folds::splits(self.bold.clock(), splits);
        Nested::new(x, &folds, self.bold.kept(), self.ridge, InUnits::Training, kind)
    }

    /// R² of each split's test rows, split × α × voxel.
    fn scores(&self, nested: &Nested) -> Result<Array3<f32>> {
        let voxels = self.bold.mask().count();
        let found = each("voxels", voxels, self.width(), |columns| {
            let y = self.bold.data().slice(s![.., columns]);
            nested.scores(standardised(y, self.kept).0.view())
        })?;
        let views: Vec<_> = found.iter().map(|block| block.view()).collect();
        Ok(ndarray::concatenate(Axis(2), &views).unwrap_or_default())
    }

    /// What a model finds for each block of voxels, with the block's first voxel and how its voxels were scaled, by some rows.
    fn blocks(&self, nested: &Nested, shared: &Shared, groups: &[usize], scaled_by: &[usize]) -> Result<Vec<Piece>> {
        each("voxels", self.bold.mask().count(), self.width(), |columns| {
            let y = self.bold.data().slice(s![.., columns.clone()]);
            let (of_kept, _) = standardised(y, self.kept);
            let block = nested.fit(of_kept.view(), Some((shared, &groups[columns.clone()])))?;
            Ok(Piece { start: columns.start, block, scale: Scale::of(y, scaled_by) })
        })
    }

    fn width(&self) -> usize {
        width(self.kept.len(), self.kept.len())
    }
}
