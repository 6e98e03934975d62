//! From regressors and BOLD to a fitted encoding model.

use super::basis::Units as InUnits;
use super::blocks::{fit, locked, unlocked, width};
use super::delays::delayed;
use super::fit::HeldOut;
use super::nested::{Block, Kind, Nested};
use super::predict::{Trained, Units};
use super::scaling::{Scale, standardised};
use super::seen::Seen;
use super::{EncodingFit, Fold, Folds, Predictors, Ridge, Sharing, Targets};
use crate::error::{Error, Result};
use crate::notebook::state_memory;
use ndarray::{Array2, Axis, s};
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// Fewest volumes to train on, and to score on.
const FEWEST: (usize, usize) = (10, 4);

/// Predicts each voxel's course from other courses (patterns, neurons or features of the stimulus) by ridge regression, with α chosen per voxel in
/// nested cross-validation.
///
/// For every fold, α is chosen inside the training rows (highest mean R² over the inner folds), and r and R² are scored on the rows held
/// out; [`EncodingFit::r`] and [`EncodingFit::r2`] are their means over folds. R² is himalaya's `r2_score` (and scikit-learn's):
/// 1 − Σ(y − ŷ)² / Σ(y − mean of the held-out rows)². The kept weights come from all rows, at the α that is best over all folds; they are in
/// standard deviations of the voxel per standard deviation of the regressor. Means and standard deviations are learned in training rows only.
/// What was done to the series before (cleaning, z-score per run) was done run by run: it leaks nothing between folds that are runs, but blocks
/// of one run share it, and [`EncodingFit::about`] says so.
///
/// Without [`Ridge::folds`] runs are the folds; a single run is cut into 5 blocks with a gap of 10 s, and [`EncodingFit::about`] says so. With
/// only two folds, the inner folds are three blocks of the training rows.
///
/// Volumes that the BOLD series has censored ([`Targets::kept`]) are in no training rows and in no score, and [`EncodingFit::about`] counts them.
///
/// A constant voxel has r = 0, R² = 0, weights 0 and the grid's largest α, and is counted in [`EncodingFit::about`]. In a fold where a voxel
/// does not vary, it scores 0.
///
/// Where there are more regressors than training volumes, the model is solved by the kernel X·Xᵀ, with the same weights and scores, and
/// [`EncodingFit::about`] says so. A constant neuron or feature gets weight 0 and is named there.
///
/// Memory: the weights (regressor × voxel, f32), the predictions of held-out rows (time × voxel, f32; the null of a voxel's r needs them), for each
/// training set a matrix of its components, and some MB for each thread. Voxels are taken in blocks of 256 to 1,024; nothing is held per α. What
/// is over 1 GB is said beforehand.
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
/// If the clocks of regressors, BOLD and folds differ; a pattern is constant, or all regressors are; a delay occurs twice; the grid of
/// α is empty, not ascending or not positive; a fold has fewer than 10 kept volumes to train or 4 to test on; or it is stopped.
pub fn encode(x: &dyn Predictors, bold: &dyn Targets, ridge: Ridge) -> Result<EncodingFit> {
    ridge.check()?;
    x.clock().agree(&format!("the {} series", x.kind().trim_end_matches('s')), bold.clock(), bold.name())?;
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
    let (regressors, units) = regressors(x, bold, &ridge, &kept)?;

    let (count, voxels) = (regressors.ncols(), bold.mask().count());
    let nested = Nested::new(regressors, &folds, bold.kept(), &ridge, InUnits::Training, Kind::Nested)?;
    state_memory("the encoding model", (4 * (count + kept.len()) * voxels + nested.bytes()) as u64);
    let found = Mutex::new(Found::new(count, voxels, &folds));
    let read = |columns: Range<usize>| {
        let all = bold.columns(columns)?;
        let (y, scale) = standardised(all.view(), &kept);
        Ok((y, scale))
    };
    fit(&nested, &ridge.sharing, voxels, width(kept.len(), count), read, |columns, block, scale| {
        locked(&found).take(columns, block, &scale, &kept, &ridge.alphas);
        Ok(())
    })?;
    let found = unlocked(found);

    let left_out: Vec<usize> = (0..voxels).filter(|&v| found.scale.inverse[v] == 0.0).collect();
    let constant = units.given.constant();
    let about = About { x, bold, ridge: &ridge, folds: &folds, constant: &constant, left_out: &left_out };
    let about = about.line(nested.by_kernel());
    let mean = |scores: &Array2<f32>| scores.mean_axis(Axis(0)).map(|mean| mean.to_vec()).unwrap_or_default();
    Ok(EncodingFit {
        alphas: found.alphas.into(),
        grid: ridge.alphas.into(),
        r: mean(&found.r).into(),
        r2: mean(&found.r2).into(),
        weights: found.weights.into(),
        mask: bold.mask().clone(),
        kind: x.kind(),
        delays: ridge.delays.into(),
        held_out: Arc::new(HeldOut { folds, r: found.r, r2: found.r2, predicted: found.predicted }),
        trained: Arc::new(Trained { units: Units { voxels: found.scale, ..units }, seen: Seen::of(bold)? }),
        whose: bold.name().split(';').next().unwrap_or_default().to_owned(),
        about,
    })
}

/// What blocks of voxels add up to.
struct Found {
    weights: Array2<f32>,
    alphas: Vec<f32>,
    r: Array2<f32>,
    r2: Array2<f32>,
    predicted: Array2<f32>,
    scale: Scale,
}

impl Found {
    fn new(regressors: usize, voxels: usize, folds: &Folds) -> Found {
        let by_fold = || Array2::zeros((folds.count(), voxels));
        Found {
            weights: Array2::zeros((regressors, voxels)),
            alphas: vec![0.0; voxels],
            r: by_fold(),
            r2: by_fold(),
            predicted: Array2::from_elem((folds.clock().total(), voxels), f32::NAN),
            scale: Scale { mean: vec![0.0; voxels], inverse: vec![0.0; voxels] },
        }
    }

    /// Takes what was found for some voxels; a constant one keeps scores and weights 0 and has the largest α.
    fn take(&mut self, voxels: Range<usize>, block: Block, scale: &Scale, kept: &[usize], alphas: &[f64]) {
        for (n, voxel) in voxels.clone().enumerate() {
            (self.scale.mean[voxel], self.scale.inverse[voxel]) = (scale.mean[n], scale.inverse[n]);
            let constant = scale.inverse[n] == 0.0;
            let alpha = if constant { alphas.len() - 1 } else { block.alpha[n] };
            self.alphas[voxel] = alphas[alpha] as f32;
            if constant {
                continue;
            }
            self.weights.column_mut(voxel).assign(&block.weights.column(n));
            self.r.column_mut(voxel).assign(&block.r.column(n).mapv(|r| r as f32));
            self.r2.column_mut(voxel).assign(&block.r2.column(n).mapv(|r2| r2 as f32));
        }
        for (row, found) in kept.iter().zip(block.predicted.rows()) {
            let mut out = self.predicted.slice_mut(s![*row, voxels.clone()]);
            out.iter_mut().zip(found).enumerate().for_each(|(n, (out, &value))| *out = scale.undone(n, value));
        }
    }
}

/// The kept rows of the regressors at each delay, roughly z-scored, and how they were scaled.
fn regressors(x: &dyn Predictors, bold: &dyn Targets, ridge: &Ridge, kept: &[usize]) -> Result<(Array2<f32>, Units)> {
    let courses = x.courses();
    let every: Vec<usize> = (0..courses.nrows()).collect();
    // A stimulus goes on through volumes that are censored: their courses are needed at later ones.
    let rows = if ridge.delays.is_empty() { kept } else { &every };
    let given = Scale::of(courses.view(), kept);
    let constant = given.constant();
    match constant.first() {
        Some(&number) if !x.may_be_constant() => {
            return Err(Error::value(
                format!("{} has a constant course, which predicts nothing", x.regressor(number)),
                format!("leave it out, or ask for fewer {}", x.kind()),
            ));
        }
        Some(_) if constant.len() == courses.ncols() => {
            return Err(Error::value(
                format!("all of {} have a constant course, which predicts nothing", x.describe()),
                "look at the data that went in",
            ));
        }
        _ => {}
    }
    let mut regressors = given.applied(courses.view(), rows);
    if !ridge.delays.is_empty() {
        regressors = delayed(&regressors, bold.clock(), &ridge.delays).select(Axis(0), kept);
    }
    let delayed = Scale::of(regressors.view(), &(0..kept.len()).collect::<Vec<_>>());
    let voxels = Scale { mean: Vec::new(), inverse: Vec::new() };
    Ok((regressors, Units { given, delayed, voxels }))
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

/// What the fit says of itself.
struct About<'a> {
    x: &'a dyn Predictors,
    bold: &'a dyn Targets,
    ridge: &'a Ridge,
    folds: &'a Folds,
    /// Regressors and voxels that are constant.
    constant: &'a [usize],
    left_out: &'a [usize],
}

impl About<'_> {
    fn line(&self, by_kernel: bool) -> String {
        let About { x, bold, ridge, folds, constant, left_out } = self;
        let grid = &ridge.alphas;
        let mut line = format!("{}, {}, ", bold.name(), x.describe());
        if !ridge.delays.is_empty() {
            let delays: Vec<String> = ridge.delays.iter().map(usize::to_string).collect();
            line.push_str(&format!("at delays of {} volumes, ", delays.join(", ")));
        }
        line.push_str(&format!(
            "ridge with {} α from {} to {}, {}",
            grid.len(),
            grid[0],
            grid[grid.len() - 1],
            folds.words()
        ));
        match &ridge.sharing {
            Sharing::None => {}
            Sharing::All => line.push_str(", one α for all voxels"),
            Sharing::Groups(_) => line.push_str(", one α for each group of voxels"),
        }
        if let Some(count) = ridge.components {
            line.push_str(&format!(", on {count} principal components of each training set"));
        }
        if ridge.folds.is_none() && bold.clock().runs() == 1 {
            line.push_str(" (there is a single run)");
        }
        if by_kernel {
            line.push_str("; solved by the kernel X·Xᵀ, since there are more regressors than volumes");
        }
        if let Some(said) = bold.censoring() {
            line.push_str(&format!("; {said}, in neither training nor scores"));
        }
        let named = |what: &str, all: &[usize], name: &dyn Fn(usize) -> String| {
            let some: Vec<String> = all.iter().take(3).map(|&n| name(n)).collect();
            let more = if all.len() > 3 { ", …" } else { "" };
            let s = if all.len() == 1 { "" } else { "s" };
            format!("; {} constant {what}{s} left out (score and weights 0): {}{more}", all.len(), some.join(", "))
        };
        if !constant.is_empty() {
            line.push_str(
                &named(x.kind().trim_end_matches('s'), constant, &|n| x.regressor(n)).replace("score and ", ""),
            );
        }
        if !left_out.is_empty() {
            line.push_str(&named("voxel", left_out, &|v| format!("{:?}", bold.mask().position(v))));
        }
        line
    }
}
