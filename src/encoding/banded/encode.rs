//! From feature spaces and BOLD to a fitted banded ridge.

use super::held_out::{HeldOut, mean_of_folds};
use super::search::Search;
use super::train::Regressed;
use super::{Banded, BandedFit, Spaces};
use crate::encoding::basis::{Side, Units as InUnits};
use crate::encoding::encode::{About, Found, agreed, regressors};
use crate::encoding::scaling::{Scale, standardised};
use crate::encoding::{Folds, Targets};
use crate::error::Result;
use crate::notebook::state_memory;
use crate::provenance::Provenance;
use ndarray::{Array2, s};

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
/// concentrations are unusable; a fold has fewer than 10 kept volumes to train or 4 to test on; held-out volumes would leak into
/// training; or it is stopped.
pub fn encode_banded(spaces: &Spaces, bold: &dyn Targets, banded: Banded) -> Result<BandedFit> {
    let ridge = banded.ridge();
    ridge.check()?;
    let gammas = banded.tried(spaces.count())?;
    let union = spaces.all()?;
    let (folds, kept) = agreed(&union, bold, ridge.folds.as_ref(), &ridge.delays)?;
    let weighted = folds.weighted(bold.kept());
    let (x, units) = regressors(&union, bold, &ridge.delays, &kept, &weighted)?;
    let columns = union.columns(ridge.delays.len());
    let (count, voxels) = (x.ncols(), bold.mask().count());
    let given = Regressed { x, columns: columns.clone() };
    let search = Search::new(given, (&folds, bold.kept()), gammas, &ridge.alphas, InUnits::Training, true)?;
    state_memory("the banded ridge", (4 * (count + 3 * kept.len()) * voxels + search.bytes()) as u64);

    let (y, [scale, trained]) = read(bold, &kept, &weighted)?;
    let chosen = search.run(&y, banded.refine)?;
    let HeldOut { mut r, mut r2, mut split_r, mut split_r2, predicted } = search.held_out(&chosen, &y)?;
    let mut weights = search.of_all_rows(&chosen, &y)?;
    drop(y);

    let (mut gammas, alphas) = chosen.of(search.choices - 1, &search);
    let mut alphas: Vec<f32> = alphas.into_iter().map(|alpha| alpha as f32).collect();
    for voxel in trained.constant() {
        alphas[voxel] = ridge.alphas[ridge.alphas.len() - 1] as f32;
        gammas.column_mut(voxel).fill(1.0 / spaces.count() as f32);
        [&mut r, &mut r2, &mut weights].into_iter().for_each(|scores| scores.column_mut(voxel).fill(0.0));
        [&mut split_r, &mut split_r2].into_iter().for_each(|split| split.slice_mut(s![.., .., voxel]).fill(0.0));
    }
    let predicted = in_series_units(&predicted, &scale, &kept, &folds);
    let found = Found { weights, alphas, r, r2, predicted, scale: trained };
    let method = banded.words(spaces.count(), search.gammas.nrows());
    let solved = match search.sets[search.plan.all].side() {
        Side::Kernel => "; solved by kernels X·Xᵀ, since there are more regressors than volumes",
        Side::Sums => "",
    };
    let (usual, delays) = (ridge.folds.is_none(), &ridge.delays);
    let made = Provenance::step("encode by banded ridge").options_of(&banded, &["folds"]);
    let made = made.input("spaces", &union).input("bold", bold).input("folds", &folds);
    let about = About { x: &union, bold, method: &method, solved, delays, folds: &folds, usual, ridge: false, made };
    Ok(BandedFit {
        joint: found.fit(about, units, ridge.alphas)?,
        names: spaces.names().into_iter().map(str::to_owned).collect(),
        columns: columns.into(),
        gammas: gammas.into(),
        split_r: mean_of_folds(&split_r).into(),
        split_r2: mean_of_folds(&split_r2).into(),
    })
}

/// The kept rows of all voxels, standardised over them; and how they are scaled over these and over the rows that weights come from.
fn read(bold: &dyn Targets, kept: &[usize], weighted: &[usize]) -> Result<(Array2<f32>, [Scale; 2])> {
    let voxels = bold.mask().count();
    let mut y = Array2::zeros((kept.len(), voxels));
    let mut all = [0, 1].map(|_| Scale { mean: Vec::new(), inverse: Vec::new() });
    for start in (0..voxels).step_by(1024) {
        let some = start..(start + 1024).min(voxels);
        let read = bold.columns(some.clone())?;
        let (found, scale) = standardised(read.view(), kept);
        y.slice_mut(s![.., some]).assign(&found);
        for (all, scale) in all.iter_mut().zip([scale, Scale::of(read.view(), weighted)]) {
            all.mean.extend(scale.mean);
            all.inverse.extend(scale.inverse);
        }
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
