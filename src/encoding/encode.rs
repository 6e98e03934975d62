//! From regressors and BOLD to a fitted encoding model.

use super::basis::Units as InUnits;
use super::blocks::{fit, width};
use super::delays::delayed;
use super::estimate::Estimate;
use super::fit::HeldOut;
use super::leaks::{Seen, sampled};
use super::nested::{Block, Kind, Nested};
use super::predict::{Responses, Trained, Units};
use super::scaling::{Scale, standardised};
use super::sink::{Fitted, Sink, Whole};
use super::store::{CODE, Claim, Filling, Meta, Parts, Stored, claim, encodings_folder};
use super::{EncodingFit, Fold, Folds, Learned, Predictors, Ridge, Storing, Targets, leaks};
use crate::error::{Error, Result};
use crate::linalg::product;
use crate::notebook::LiveMap;
use crate::provenance::Provenance;
use crate::signal::Unfiltered;
use ndarray::{Array2, Axis, s};
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// Regressors up to which their correlations with one another are kept: 4 MB.
pub(super) const MOST_ALIKE: usize = 1024;
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
/// Before anything is fitted, what would let held-out volumes into training is looked for and refused with the next step: a scan that is there twice, a story that is tested in one
/// run and trained on in another, a gap inside a run that is shorter than the response or the delays, features that were learned from the brain data of rows that are tested.
/// [`Folds::allowing`] allows what is meant.
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
/// training set a matrix of its components, and some MB for each thread. Voxels are taken in blocks of 256 to 1,024; nothing is held per α. What takes
/// over 10 s or 1 GB by [`estimate`](super::estimate) is said beforehand, and what does not fit into memory is refused.
///
/// **Fits that take long go to disk.** Over 10 s, or where what is found takes over 1 GB, weights and predictions go into the store
/// ([`encodings_folder`]) as blocks are done, under a digest of all that the fit depends on: the same call, in this session or another, finds them there,
/// and a fit that was stopped or killed goes on with the blocks that are missing, and ends with the same bytes. [`Ridge::stored`] asks for that always,
/// [`Ridge::without_store`] never. With BOLD on disk too ([`VoxelFile`](crate::brain::VoxelFile)) the memory does not grow with the number of voxels, but for some scores.
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
/// α is empty, not ascending or not positive; a fold has fewer than 10 kept volumes to train or 4 to test on; held-out volumes would leak into training; or it is stopped.
pub fn encode(x: &dyn Predictors, bold: &dyn Targets, ridge: Ridge) -> Result<EncodingFit> {
    ridge.check()?;
    let (folds, kept) = agreed(x, bold, ridge.folds.as_ref(), &ridge.delays)?;
    let weighted = folds.weighted(bold.kept());
    let (regressors, units) = regressors(x, bold, &ridge.delays, &kept, &weighted)?;

    let (count, voxels) = (regressors.ncols(), bold.mask().count());
    let said = Estimate::rough(&regressors, bold, &folds, &ridge)?;
    said.state();
    let width = width(kept.len(), count);
    let made = Provenance::step("encode").options_of(&ridge, &["folds", "storing"]);
    let made = made.input(x.kind(), x).input("bold", bold).input("folds", &folds);
    let key = || -> Result<String> {
        let targets = bold.digest()?;
        Ok(Parts { code: CODE, courses: x.courses(), targets: &targets, folds: &folds, ridge: &ridge }.key())
    };
    let what = format!("{}: {}", bold.name().split(';').next().unwrap_or_default(), x.describe());
    let (volumes, code) = (bold.clock().total(), CODE.to_owned());
    let meta = Meta {
        code,
        what,
        regressors: count,
        volumes,
        voxels,
        folds: folds.count(),
        width,
        provenance: made.json(),
        ..Meta::default()
    };
    let by_kernel = weighted.len() < count;
    let sink = match destination(&ridge.storing, &said, key, meta)? {
        Destination::There(stored) => Err(Whole::from(stored)),
        Destination::Disk(filling) => Ok(Sink::Store(filling)),
        Destination::Memory => {
            said.fits(false)?;
            Ok(Sink::Memory(Box::new(Mutex::new(Found::new(count, voxels, &folds)))))
        }
    };
    let whole = match sink {
        Err(whole) => whole,
        Ok(sink) => {
            if matches!(sink, Sink::Store(_)) {
                said.fits(true)?;
            }
            let nested = Nested::new(regressors, &folds, bold.kept(), &ridge, InUnits::Training, Kind::Nested)?;
            let read = |columns: Range<usize>| {
                let all = bold.columns(columns)?;
                let (y, scale) = standardised(all.view(), &kept);
                let trained = if weighted == kept { scale.clone() } else { Scale::of(all.view(), &weighted) };
                Ok((y, [scale, trained]))
            };
            let live = LiveMap::new(bold.mask(), "Held-out r", "r");
            fit(&nested, &ridge.sharing, voxels, width, &sink.done(), read, |number, columns, block, scales| {
                let mean = block.r.mean_axis(Axis(0)).unwrap_or_default();
                sink.put(number, columns.clone(), Fitted { block, scales }, &kept, &folds, &ridge)?;
                live.take(columns, mean.into_iter());
                Ok(())
            })?;
            live.finish();
            sink.finish()?
        }
    };

    let method = ridge.words();
    let solved = match by_kernel {
        true => "; solved by the kernel X·Xᵀ, since there are more regressors than volumes",
        false => "",
    };
    let (usual, delays) = (ridge.folds.is_none(), &ridge.delays);
    let about = About { x, bold, method: &method, solved, delays, folds: &folds, usual, ridge: true, made };
    whole.fit(about, units, ridge.alphas)
}

/// Where what is found goes.
enum Destination {
    Memory,
    Disk(Box<Filling>),
    /// It was found before.
    There(Stored),
}

fn destination(
    storing: &Storing,
    said: &Estimate,
    key: impl Fn() -> Result<String>,
    meta: Meta,
) -> Result<Destination> {
    let stays =
        |why: &Error| println!("the fit stays in memory, and has to be made again next time: {}", why.problem());
    let folder = match storing {
        Storing::Never => return Ok(Destination::Memory),
        Storing::BySize if !said.worth_storing() => return Ok(Destination::Memory),
        Storing::In(folder) => folder.clone(),
        Storing::Always => encodings_folder()?,
        Storing::BySize => match encodings_folder() {
            Ok(folder) => folder,
            Err(why) => {
                stays(&why);
                return Ok(Destination::Memory);
            }
        },
    };
    match claim(&folder, &key()?, meta)? {
        Claim::Whole(stored) => Ok(Destination::There(stored)),
        Claim::Fill(filling) => Ok(Destination::Disk(filling)),
        Claim::Unwritable(why) if *storing == Storing::BySize => {
            stays(&why);
            Ok(Destination::Memory)
        }
        Claim::Unwritable(why) => Err(why),
    }
}

/// Folds and kept rows of a model of `x` and `bold`; an error if their clocks differ, a fold has too few volumes, or held-out volumes would leak into training.
pub(super) fn agreed(
    x: &dyn Predictors,
    bold: &dyn Targets,
    folds: Option<&Folds>,
    delays: &[usize],
) -> Result<(Folds, Vec<usize>)> {
    x.clock().agree(&format!("the {} series", x.kind().trim_end_matches('s')), bold.clock(), bold.name())?;
    let folds = match folds {
        Some(folds) => folds.clone(),
        None => Folds::usual(bold.clock(), delays.iter().copied().max().unwrap_or(0))?,
    };
    bold.clock().agree(bold.name(), folds.clock(), "the folds")?;
    check_sizes(&folds, bold.kept())?;
    if bold.mask().count() == 0 {
        return Err(Error::value(format!("the mask of {} has no voxel", bold.name()), "take a mask that is not empty"));
    }
    leaks::check(x, bold, &folds, delays)?;
    let kept = (0..bold.kept().len()).filter(|row| bold.kept()[*row]).collect();
    Ok((folds, kept))
}

/// What blocks of voxels add up to.
pub(super) struct Found {
    pub weights: Array2<f32>,
    pub alphas: Vec<f32>,
    pub r: Array2<f32>,
    pub r2: Array2<f32>,
    pub predicted: Array2<f32>,
    pub scale: Scale,
}

impl Found {
    pub fn new(regressors: usize, voxels: usize, folds: &Folds) -> Found {
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
    ///
    /// The scales are those over the kept rows, in which the block was fitted, and over the rows that the weights come from.
    pub fn take(
        &mut self,
        voxels: Range<usize>,
        block: Block,
        [scale, trained]: [&Scale; 2],
        kept: &[usize],
        alphas: &[f64],
    ) {
        for (n, voxel) in voxels.clone().enumerate() {
            (self.scale.mean[voxel], self.scale.inverse[voxel]) = (trained.mean[n], trained.inverse[n]);
            let constant = trained.inverse[n] == 0.0;
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
            let held_out = out.iter_mut().zip(found).enumerate().filter(|(_, (_, value))| !value.is_nan());
            held_out.for_each(|(n, (out, &value))| *out = scale.undone(n, value));
        }
    }

    /// The whole, of which all voxels were taken; `grid` is that from which penalties were chosen.
    pub fn fit(self, about: About, units: Units, grid: Vec<f64>) -> Result<EncodingFit> {
        Whole::from(self).fit(about, units, grid)
    }
}

impl Whole {
    /// The fit; `grid` is that from which penalties were chosen.
    fn fit(self, about: About, units: Units, grid: Vec<f64>) -> Result<EncodingFit> {
        let left_out: Vec<usize> = (0..self.alphas.len()).filter(|&v| self.scale.inverse[v] == 0.0).collect();
        let mut line = about.line(&units.given.constant(), &left_out);
        let sample = sampled(about.bold)?;
        if let Some(unfiltered) = Unfiltered::found(about.x.courses().view(), sample.view(), about.bold.clock()) {
            line.push_str(&format!("; WARNING: {unfiltered}"));
        }
        let mean = |scores: &Array2<f32>| scores.mean_axis(Axis(0)).map(|mean| mean.to_vec()).unwrap_or_default();
        let (x, bold) = (about.x, about.bold);
        Ok(EncodingFit {
            alphas: self.alphas.into(),
            grid: grid.into(),
            r: mean(&self.r).into(),
            r2: mean(&self.r2).into(),
            weights: self.weights,
            mask: bold.mask().clone(),
            kind: x.kind(),
            delays: about.delays.into(),
            held_out: Arc::new(HeldOut {
                folds: about.folds.clone(),
                r: self.r,
                r2: self.r2,
                predicted: self.predicted,
            }),
            trained: Arc::new(Trained {
                units: Units { voxels: self.scale, ..units },
                seen: Seen::sampled(bold, &sample),
                responses: if about.ridge { Responses::Ridge } else { Responses::Predicted },
            }),
            whose: bold.name().split(';').next().unwrap_or_default().to_owned(),
            about: line,
            stored: self.stored,
            origin: about.made.into(),
        })
    }
}

/// The kept rows of the regressors at each delay, roughly z-scored, and how they are scaled over the rows that weights come from.
pub(super) fn regressors(
    x: &dyn Predictors,
    bold: &dyn Targets,
    delays: &[usize],
    kept: &[usize],
    weighted: &[usize],
) -> Result<(Array2<f32>, Units)> {
    let courses = x.courses();
    let every: Vec<usize> = (0..courses.nrows()).collect();
    // A stimulus goes on through volumes that are censored: their courses are needed at later ones.
    let rows = if delays.is_empty() { kept } else { &every };
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
    if !delays.is_empty() {
        regressors = delayed(&regressors, bold.clock(), delays).select(Axis(0), kept);
    }
    let places: Vec<usize> = (0..kept.len()).filter(|n| weighted.binary_search(&kept[*n]).is_ok()).collect();
    let delayed = Scale::of(regressors.view(), &places);
    let voxels = Scale { mean: Vec::new(), inverse: Vec::new() };
    let alike = match regressors.ncols() <= MOST_ALIKE {
        true => {
            let z = delayed.applied(regressors.view(), &places);
            Some(Arc::new(product(z.t(), z.view())? / places.len() as f32))
        }
        false => None,
    };
    Ok((regressors, Units { given, delayed, voxels, alike, rows: places.len() }))
}

pub(super) fn check_sizes(folds: &Folds, kept: &[bool]) -> Result<()> {
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

/// What a fit says of itself.
pub(super) struct About<'a> {
    pub x: &'a dyn Predictors,
    pub bold: &'a dyn Targets,
    /// "ridge with 20 α from 0.1 to 100000".
    pub method: &'a str,
    /// How it was solved, if that is worth a word.
    pub solved: &'a str,
    pub delays: &'a [usize],
    pub folds: &'a Folds,
    /// Whether the folds are the usual ones, which nobody asked for.
    pub usual: bool,
    /// Whether it is ridge regression, with one penalty a voxel.
    pub ridge: bool,
    /// What the fit is made of.
    pub made: Provenance,
}

impl About<'_> {
    /// One line; `constant` regressors and `left_out` voxels are constant.
    pub fn line(&self, constant: &[usize], left_out: &[usize]) -> String {
        let About { x, bold, method, solved, delays, folds, usual, .. } = self;
        let mut line = format!("{}, {}, ", bold.name(), x.describe());
        if !delays.is_empty() {
            let delays: Vec<String> = delays.iter().map(usize::to_string).collect();
            line.push_str(&format!("at delays of {} volumes, ", delays.join(", ")));
        }
        line.push_str(&format!("{method}, {}", folds.words()));
        if *usual && bold.clock().runs() == 1 {
            line.push_str(" (there is a single run)");
        }
        x.learned().iter().filter_map(Learned::said).for_each(|said| line.push_str(&format!("; {said}")));
        line.push_str(solved);
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
