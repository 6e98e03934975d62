//! From patterns and BOLD to a fitted encoding model.

use super::nested::{Block, Nested};
use super::{EncodingFit, Fold, Folds, Ridge};
use crate::brain::VoxelSeries;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::Progress;
use crate::pattern::Patterns;
use ndarray::{Array2, ArrayView1, ArrayView2, s};
use rayon::prelude::*;
use std::sync::Mutex;

/// A standard deviation below this share of the largest magnitude is rounding of f32 values, not a course.
const CONSTANT: f64 = 1e-6;
/// Fewest volumes to train on, and to score on.
const FEWEST: (usize, usize) = (10, 4);

/// Predicts each voxel's course from the patterns' courses by ridge regression, with α chosen per voxel in nested cross-validation.
///
/// For every fold, α is chosen inside the training rows (highest mean R² over the inner folds), and r and R² are scored on the rows held
/// out; [`EncodingFit::r`] and [`EncodingFit::r2`] are their means over folds. R² is himalaya's `r2_score` (and scikit-learn's):
/// 1 − Σ(y − ŷ)² / Σ(y − mean of the held-out rows)². The kept weights come from all rows, at the α that is best over all folds; they are in
/// standard deviations of the voxel per standard deviation of the pattern. Means and standard deviations are learned in training rows only.
/// What was done to the series before (cleaning, z-score per run) was done run by run: it leaks nothing between folds that are runs, but blocks
/// of one run share it, and [`EncodingFit::about`] says so.
///
/// Without [`Ridge::folds`] runs are the folds; a single run is cut into 5 blocks with a gap of 10 s, and [`EncodingFit::about`] says so. With
/// only two folds, the inner folds are three blocks of the training rows.
///
/// Volumes that the BOLD series has censored ([`VoxelSeries::kept`]) are in no training rows and in no score, and [`EncodingFit::about`] counts them.
///
/// A constant voxel has r = 0, R² = 0, weights 0 and the grid's largest α, and is counted in [`EncodingFit::about`]. In a fold where a voxel does not vary,
/// it scores 0.
///
/// Memory: the weights (pattern × voxel, f32), and a few MB for each thread.
///
/// ```
/// use neurocell::brain::VoxelSeries;
/// use neurocell::encoding::{Ridge, encode};
/// # use neurocell::{brain::Mask, clock::Clock, model::{NeuronAxis, Site}, activation::NeuronSeries, pattern::Pca};
/// # fn show(series: NeuronSeries, bold: VoxelSeries) -> neurocell::Result<()> {
/// let patterns = series.patterns(Pca::new(8))?;
/// let fit = encode(&patterns, &bold, Ridge::default())?;
/// println!("{fit}");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the clocks of patterns, BOLD and folds differ; a pattern is constant; the grid of α is empty, not ascending or not positive; a fold has
/// fewer than 10 kept volumes to train or 4 to test on; or it is stopped.
pub fn encode(patterns: &Patterns, bold: &VoxelSeries, ridge: Ridge) -> Result<EncodingFit> {
    ridge.check()?;
    patterns.clock().agree("the pattern series", bold.clock(), bold.name())?;
    let folds = match &ridge.folds {
        Some(folds) => folds.clone(),
        None => Folds::usual(bold.clock())?,
    };
    bold.clock().agree(bold.name(), folds.clock(), "the folds")?;
    check_sizes(&folds, bold.kept())?;
    if bold.mask().count() == 0 {
        return Err(Error::value(format!("the mask of {} has no voxel", bold.name()), "take a mask that is not empty"));
    }
    let kept: Vec<usize> = (0..bold.kept().len()).filter(|row| bold.kept()[*row]).collect();
    let (x, constant) = standardised(patterns.courses().view(), &kept);
    if let Some(number) = constant.first() {
        return Err(Error::value(
            format!("pattern {number} has a constant course, which predicts nothing"),
            "leave it out, or ask for fewer patterns",
        ));
    }

    let nested = Nested::new(x, &folds, bold.kept(), &ridge.alphas)?;
    let found = blocks(&nested, bold, &kept, patterns.count())?;

    let voxels = bold.mask().count();
    let mut weights = Array2::zeros((patterns.count(), voxels));
    let (mut alphas, mut r, mut r2) = (Vec::new(), Vec::new(), Vec::new());
    let mut left_out = Vec::new();
    for (block, constant) in found {
        let start = r.len();
        weights.slice_mut(s![.., start..start + block.r.len()]).assign(&block.weights);
        alphas.extend(block.alpha.iter().map(|&a| ridge.alphas[a] as f32));
        r.extend(block.r.iter().map(|&r| r as f32));
        r2.extend(block.r2.iter().map(|&r2| r2 as f32));
        for voxel in constant.iter().map(|v| start + v) {
            weights.column_mut(voxel).fill(0.0);
            alphas[voxel] = ridge.alphas[ridge.alphas.len() - 1] as f32;
            (r[voxel], r2[voxel]) = (0.0, 0.0);
            left_out.push(voxel);
        }
    }
    let about = about(patterns, bold, &ridge, &folds, &left_out);
    Ok(EncodingFit {
        weights: weights.into(),
        alphas: alphas.into(),
        grid: ridge.alphas.into(),
        r: r.into(),
        r2: r2.into(),
        mask: bold.mask().clone(),
        whose: bold.name().split(';').next().unwrap_or_default().to_owned(),
        about,
    })
}

/// Each block of voxels with the numbers of those in it that are constant.
fn blocks(nested: &Nested, bold: &VoxelSeries, kept: &[usize], regressors: usize) -> Result<Vec<(Block, Vec<usize>)>> {
    let voxels = bold.mask().count();
    // Matrices of regressor × voxel of this size stay in a core's cache.
    let width = (32_768 / regressors).clamp(64, 1024);
    let progress = Mutex::new(Progress::new("voxels", voxels as u64));
    in_pool(|| {
        (0..voxels.div_ceil(width))
            .into_par_iter()
            .map(|block| {
                let columns = block * width..((block + 1) * width).min(voxels);
                let (y, constant) = standardised(bold.data().slice(s![.., columns.clone()]), kept);
                let fitted = nested.fit(y.view())?;
                // A poisoned lock only means that another block failed, which is reported by itself.
                progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).advance(columns.len() as u64);
                Ok((fitted, constant))
            })
            .collect()
    })
}

/// The kept rows of some columns, with mean 0 and standard deviation 1, and the numbers of constant ones, which become 0.
///
/// This is only for the sake of single precision: a model whose standardisation is learned in the training rows is the same before and after.
fn standardised(data: ArrayView2<f32>, kept: &[usize]) -> (Array2<f32>, Vec<usize>) {
    let (rows, columns) = (kept.len(), data.ncols());
    let add = |sums: &mut [f64], row: ArrayView1<f32>, value: &dyn Fn(usize, f64) -> f64| {
        for (n, (sum, &x)) in sums.iter_mut().zip(row).enumerate() {
            *sum += value(n, f64::from(x));
        }
    };
    let (mut mean, mut square, mut largest) = (vec![0f64; columns], vec![0f64; columns], vec![0f32; columns]);
    for row in kept.iter().map(|n| data.row(*n)) {
        add(&mut mean, row, &|_, x| x / rows as f64);
        largest.iter_mut().zip(row).for_each(|(m, x)| *m = m.max(x.abs()));
    }
    for row in kept.iter().map(|n| data.row(*n)) {
        add(&mut square, row, &|n, x| (x - mean[n]).powi(2));
    }
    let deviation: Vec<f64> = square.iter().map(|sum| (sum / rows as f64).sqrt()).collect();
    let constant: Vec<usize> = (0..columns).filter(|&n| deviation[n] <= CONSTANT * f64::from(largest[n])).collect();
    let mut inverse: Vec<f64> = deviation.iter().map(|d| 1.0 / d).collect();
    constant.iter().for_each(|&n| inverse[n] = 0.0);
    let mut out = Array2::zeros((rows, columns));
    for (mut out, row) in out.rows_mut().into_iter().zip(kept.iter().map(|n| data.row(*n))) {
        for (n, (out, &x)) in out.iter_mut().zip(row).enumerate() {
            *out = ((f64::from(x) - mean[n]) * inverse[n]) as f32;
        }
    }
    (out, constant)
}

fn check_sizes(folds: &Folds, kept: &[bool]) -> Result<()> {
    let censored = if kept.contains(&false) { "kept " } else { "" };
    let check = |fold: &Fold, place: String| {
        let [train, test] = [fold.train(), fold.test()].map(|rows| rows.iter().filter(|row| kept[**row]).count());
        if train >= FEWEST.0 && test >= FEWEST.1 {
            return Ok(());
        }
        Err(Error::value(
            format!(
                "{place} has {train} {censored}volumes to train and {test} to test on; at least {} and {} are needed ({folds})",
                FEWEST.0, FEWEST.1
            ),
            "leave short runs out, or set other folds: `Ridge::default().folds(Folds::blocks(&clock, 3, 10.0)?)`",
        ))
    };
    (0..folds.count()).try_for_each(|n| check(folds.fold(n), format!("fold {n}")))?;
    (0..folds.count()).try_for_each(|n| {
        folds.inside(n).iter().try_for_each(|fold| check(fold, format!("a fold inside the training rows of fold {n}")))
    })
}

fn about(patterns: &Patterns, bold: &VoxelSeries, ridge: &Ridge, folds: &Folds, left_out: &[usize]) -> String {
    let grid = &ridge.alphas;
    let mut line = format!(
        "{}, {} patterns ({}), ridge with {} α from {} to {}, {}",
        bold.name(),
        patterns.count(),
        patterns.method(),
        grid.len(),
        grid[0],
        grid[grid.len() - 1],
        folds.words(),
    );
    if ridge.folds.is_none() && bold.clock().runs() == 1 {
        line.push_str(" (there is a single run)");
    }
    if let Some(said) = bold.censoring() {
        line.push_str(&format!("; {said}, in neither training nor scores"));
    }
    if !left_out.is_empty() {
        let named: Vec<String> = left_out.iter().take(3).map(|&v| format!("{:?}", bold.mask().position(v))).collect();
        let more = if left_out.len() > 3 { ", …" } else { "" };
        let s = if left_out.len() == 1 { "" } else { "s" };
        let named = named.join(", ");
        line.push_str(&format!("; {} constant voxel{s} left out (score and weights 0): {named}{more}", left_out.len()));
    }
    line
}
