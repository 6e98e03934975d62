//! From feature spaces and BOLD to a fitted banded ridge.

use super::held_out::{HeldOut, mean_of_folds};
use super::search::Search;
use super::train::Regressed;
use super::{Banded, BandedFit, Spaces};
use crate::encoding::basis::Units as InUnits;
use crate::encoding::encode::{About, check_sizes, regressors};
use crate::encoding::predict::{Trained, Units};
use crate::encoding::scaling::{Scale, standardised};
use crate::encoding::seen::Seen;
use crate::encoding::{EncodingFit, Folds, Predictors, Targets, fit};
use crate::error::{Error, Result};
use crate::notebook::state_memory;
use ndarray::{Array2, Axis, s};
use std::sync::Arc;

/// Predicts each voxel's course from several feature spaces at once by banded ridge: each space has a penalty of its own, chosen for each
/// voxel, so that a space of many noisy features does not drown one of few good ones.
///
/// b = argmin ‖y − Σ_s X_s·b_s‖² + Σ_s (α/γ_s)·‖b_s‖² (Nunez-Elizalde, Huth & Gallant 2019), himalaya's `GroupRidgeCV` and, for more regressors than
/// volumes, `MultipleKernelRidgeCV` with linear kernels.
///
/// For every fold, γ and α are chosen inside the training rows, by random search over [`Banded::candidates`] weights γ from the simplex times
/// the grid of α (highest mean R² over the inner folds); the rows held out are scored with that choice, in total and split over the spaces
/// ([`BandedFit::split_r2`], whose sum over spaces is R²). The kept weights come from all rows, with the γ and α that are best over all
/// folds. Means and standard deviations are learned in training rows only. Folds, censored volumes and constant voxels and
/// features are treated as by [`encode`](crate::encoding::encode). One space alone is plain ridge.
///
/// Memory: the voxels (time × voxel, f32), their weights and held-out predictions, and for each training set a matrix of its regressors or rows. Time
/// grows with candidates × folds × (an eigendecomposition + some products with all voxels).
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(words: Features, patterns: Patterns, bold: VoxelSeries) -> Result<()> {
/// let spaces = Spaces::new().with("words", &words)?.with("patterns", &patterns)?;
/// let fit = encode_banded(&spaces, &bold, Banded::default())?;
/// println!("{fit}");
/// let of_patterns = fit.split_map("patterns")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there is no space; the clocks of spaces, BOLD and folds differ; all regressors are constant; a delay occurs twice; the grid of α, γ or
/// concentrations are unusable; a fold has fewer than 10 kept volumes to train or 4 to test on; or it is stopped.
pub fn encode_banded(spaces: &Spaces, bold: &dyn Targets, banded: Banded) -> Result<BandedFit> {
    let ridge = banded.ridge();
    ridge.check()?;
    let gammas = banded.tried(spaces.count())?;
    let union = spaces.all()?;
    union.clock().agree(&format!("the spaces {}", spaces.names().join(", ")), bold.clock(), bold.name())?;
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
    let (x, units) = regressors(&union, bold, &ridge, &kept)?;
    let columns = union.columns(ridge.delays.len());
    let (count, voxels) = (x.ncols(), bold.mask().count());
    let given = Regressed { x, columns: columns.clone() };
    let search = Search::new(given, (&folds, bold.kept()), gammas, &ridge.alphas, InUnits::Training, true)?;
    state_memory("the banded ridge", (4 * (count + 3 * kept.len()) * voxels + search.bytes()) as u64);

    let (y, scale) = read(bold, &kept)?;
    let chosen = search.run(&y, banded.refine)?;
    let HeldOut { mut r, mut r2, mut split_r, mut split_r2, predicted } = search.held_out(&chosen, &y)?;
    let mut weights = search.of_all_rows(&chosen, &y)?;
    drop(y);

    let last = search.choices - 1;
    let (mut gammas, alphas) = chosen.of(last, &search);
    let mut alphas: Vec<f32> = alphas.into_iter().map(|alpha| alpha as f32).collect();
    let left_out = scale.constant();
    for &voxel in &left_out {
        alphas[voxel] = ridge.alphas[ridge.alphas.len() - 1] as f32;
        gammas.column_mut(voxel).fill(1.0 / spaces.count() as f32);
        [&mut r, &mut r2, &mut weights].into_iter().for_each(|scores| scores.column_mut(voxel).fill(0.0));
        [&mut split_r, &mut split_r2].into_iter().for_each(|split| split.slice_mut(s![.., .., voxel]).fill(0.0));
    }
    let constant = units.given.constant();
    let about = About { x: &union, bold, ridge: &ridge, folds: &folds, constant: &constant, left_out: &left_out };
    let by_kernel = search.sets[search.plan.all].side() == crate::encoding::basis::Side::Kernel;
    let tried = search.gammas.nrows();
    let how = match banded.gammas {
        Some(_) => format!("{tried} given weights of spaces for each voxel"),
        None => format!("{tried} weights of spaces for each voxel (seed {})", banded.seed),
    };
    let refined = match banded.refine {
        0 => String::new(),
        steps => format!(", refined by {steps} steps along the gradient"),
    };
    let about = format!("{}; banded over {} spaces, {how}{refined}", about.line(by_kernel), spaces.count());
    let mean = |scores: &Array2<f32>| scores.mean_axis(Axis(0)).map(|mean| mean.to_vec()).unwrap_or_default();
    let joint = EncodingFit {
        alphas: alphas.into(),
        grid: ridge.alphas.into(),
        r: mean(&r).into(),
        r2: mean(&r2).into(),
        weights: weights.into(),
        mask: bold.mask().clone(),
        kind: union.kind(),
        delays: ridge.delays.into(),
        held_out: Arc::new(fit::HeldOut {
            predicted: in_series_units(&predicted, &scale, &kept, &folds),
            folds,
            r,
            r2,
        }),
        trained: Arc::new(Trained { units: Units { voxels: scale, ..units }, seen: Seen::of(bold)? }),
        whose: bold.name().split(';').next().unwrap_or_default().to_owned(),
        about,
    };
    Ok(BandedFit {
        joint,
        names: spaces.names().into_iter().map(str::to_owned).collect(),
        columns: columns.into(),
        gammas: gammas.into(),
        split_r: mean_of_folds(&split_r).into(),
        split_r2: mean_of_folds(&split_r2).into(),
    })
}

/// The kept rows of all voxels, standardised.
fn read(bold: &dyn Targets, kept: &[usize]) -> Result<(Array2<f32>, Scale)> {
    let voxels = bold.mask().count();
    let mut y = Array2::zeros((kept.len(), voxels));
    let mut all = Scale { mean: Vec::new(), inverse: Vec::new() };
    for start in (0..voxels).step_by(1024) {
        let some = start..(start + 1024).min(voxels);
        let (found, scale) = standardised(bold.columns(some.clone())?.view(), kept);
        y.slice_mut(s![.., some]).assign(&found);
        all.mean.extend(scale.mean);
        all.inverse.extend(scale.inverse);
    }
    Ok((y, all))
}

/// All rows of the clock, in the units of the series; NaN where nothing was predicted.
fn in_series_units(predicted: &Array2<f32>, scale: &Scale, kept: &[usize], folds: &Folds) -> Array2<f32> {
    let mut out = Array2::from_elem((folds.clock().total(), predicted.ncols()), f32::NAN);
    for (row, found) in kept.iter().zip(predicted.rows()) {
        let undone = |(voxel, (out, &value)): (usize, (&mut f32, &f32))| {
            if !value.is_nan() {
                *out = scale.undone(voxel, value);
            }
        };
        out.row_mut(*row).iter_mut().zip(found).enumerate().for_each(undone);
    }
    out
}
