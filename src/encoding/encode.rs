//! From regressors and BOLD to a fitted encoding model.

use super::basis::Units;
use super::blocks::{blocks, width};
use super::delays::delayed;
use super::nested::{Kind, Nested};
use super::scaling::standardised;
use super::{EncodingFit, Fold, Folds, Predictors, Ridge};
use crate::brain::VoxelSeries;
use crate::error::{Error, Result};
use crate::notebook::state_memory;
use ndarray::{Array2, Axis, s};

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
/// Volumes that the BOLD series has censored ([`VoxelSeries::kept`]) are in no training rows and in no score, and [`EncodingFit::about`] counts them.
///
/// A constant voxel has r = 0, R² = 0, weights 0 and the grid's largest α, and is counted in [`EncodingFit::about`]. In a fold where a voxel
/// does not vary, it scores 0.
///
/// Where there are more regressors than training volumes, the model is solved by the kernel X·Xᵀ, with the same weights and scores, and
/// [`EncodingFit::about`] says so. A constant neuron or feature gets weight 0 and is named there.
///
/// Memory: the weights (regressor × voxel, f32), for each training set a matrix of its components, and some MB for each thread. Voxels are taken in
/// blocks of 256 to 1,024; no matrix of predictions is ever made. What is over 1 GB is said beforehand.
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
pub fn encode(x: &dyn Predictors, bold: &VoxelSeries, ridge: Ridge) -> Result<EncodingFit> {
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
    let (regressors, constant) = regressors(x, bold, &ridge, &kept)?;

    let (count, voxels) = (regressors.ncols(), bold.mask().count());
    let nested = Nested::new(regressors, &folds, bold.kept(), &ridge, Units::Training, Kind::Nested)?;
    state_memory("the encoding model", (4 * count * voxels + nested.bytes()) as u64);
    let found = blocks(&nested, voxels, width(kept.len(), count), |columns| {
        standardised(bold.data().slice(s![.., columns]), &kept, &kept)
    })?;

    let mut weights = Array2::zeros((count, voxels));
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
    let about = About { x, bold, ridge: &ridge, folds: &folds, constant: &constant, left_out: &left_out };
    let about = about.line(nested.by_kernel());
    Ok(EncodingFit {
        weights: weights.into(),
        alphas: alphas.into(),
        grid: ridge.alphas.into(),
        r: r.into(),
        r2: r2.into(),
        mask: bold.mask().clone(),
        kind: x.kind(),
        delays: ridge.delays.into(),
        whose: bold.name().split(';').next().unwrap_or_default().to_owned(),
        about,
    })
}

/// The kept rows of the regressors at each delay, roughly z-scored, and the numbers of constant ones.
fn regressors(
    x: &dyn Predictors,
    bold: &VoxelSeries,
    ridge: &Ridge,
    kept: &[usize],
) -> Result<(Array2<f32>, Vec<usize>)> {
    let courses = x.courses();
    let every: Vec<usize> = (0..courses.nrows()).collect();
    // A stimulus goes on through volumes that are censored: their courses are needed at later ones.
    let rows = if ridge.delays.is_empty() { kept } else { &every };
    let (mut regressors, constant) = standardised(courses.view(), kept, rows);
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
    if !ridge.delays.is_empty() {
        regressors = delayed(&regressors, bold.clock(), &ridge.delays).select(Axis(0), kept);
    }
    Ok((regressors, constant))
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
    bold: &'a VoxelSeries,
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
