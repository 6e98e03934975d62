//! Which voxels does a model predict better than chance?

use super::{Correction, EncodingFit, Folds, Targets, VoxelTest};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use crate::statistics::{Interval, Null, Sides, bootstrap_mean, test_in_blocks};
use ndarray::{Array2, Axis};
use std::ops::Range;

/// Options of [`significance`].
///
/// ```
/// use neurocell::prelude::*;
/// let options = Significance::default().null(Null::blocks()).correction(Correction::MaxStatistic);
/// assert_eq!(options.level, 0.05);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Significance {
    /// What is taken for chance: [`Null::Phase`] by default.
    pub null: Null,
    /// Which r count: r > 0 by default, since a model that predicts the opposite predicts nothing.
    pub sides: Sides,
    /// How p is corrected for the number of voxels: Benjamini–Hochberg by default.
    pub correction: Correction,
    /// The level of q: 0.05 by default.
    pub level: f64,
}

impl Default for Significance {
    fn default() -> Significance {
        Significance { null: Null::Phase, sides: Sides::Greater, correction: Correction::default(), level: 0.05 }
    }
}

impl Significance {
    /// Sets what is taken for chance.
    pub fn null(self, null: Null) -> Significance {
        Significance { null, ..self }
    }

    /// Sets which r count.
    pub fn sides(self, sides: Sides) -> Significance {
        Significance { sides, ..self }
    }

    /// Sets how p is corrected.
    pub fn correction(self, correction: Correction) -> Significance {
        Significance { correction, ..self }
    }

    /// Sets the level of q.
    pub fn level(self, level: f64) -> Significance {
        Significance { level, ..self }
    }
}

/// Tests whether each voxel's held-out r is more than chance: r of held-out predictions with the data, mean over folds, against a null that
/// keeps both sides' memory ([`correlation_test`](crate::statistics::correlation_test)), and corrected for the number of voxels.
///
/// **Folds learn from each other.** A voxel's data of fold j make the weights that predict fold k, and those of k the weights that predict j: under
/// chance r of k and of j share the term y_kᵀX_k·(XᵀX + α)⁻¹·X_jᵀy_j, and rise and fall together. Each pair of folds counts twice, so that
/// the mean of r over folds has twice the variance that it would have if predictions were given. So r is compared with a null √2 times as wide,
/// unless there is a single fold ([`Folds::holdout`](super::Folds::holdout)) or no fold trains on another's test rows. Without this some 12 % of noise voxels
/// had p below 0.05.
///
/// `bold` are the data that were fitted. The null treats the kept test rows of a fold as one stretch. Censored volumes leave gaps, which random
/// phases do not allow: there [`Null::Phase`] becomes [`Null::shifts`] over the kept rows, and [`VoxelTest::about`] says so.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(features: Features, bold: VoxelSeries) -> Result<()> {
/// let fit = encode(&features, &bold, Ridge::default())?;
/// let test = significance(&fit, &bold, Significance::default())?;
/// println!("{test}");
/// let map = test.map();
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If `bold` has another clock, mask or name than the data that were fitted; an option is out of its range; runs are too short for the
/// null; data cannot be read; or it is stopped.
pub fn significance(fit: &EncodingFit, bold: &dyn Targets, options: Significance) -> Result<VoxelTest> {
    check_same(fit, bold)?;
    let rows = TestRows::new(fit, bold)?;
    let spread = spread(fit.folds());
    let made = Provenance::step("significance").options_of(&options, &[]).input("fit", fit).input("bold", bold);
    let gaps = bold.kept().contains(&false) && options.null == Null::Phase;
    let null = if gaps { Null::shifts() } else { options.null };
    let found = test_in_blocks(&rows.clock, fit.mask().count(), &null, options.sides, spread, |voxels| {
        rows.fetch(fit, bold, voxels)
    })?;
    let why = if gaps { " (censored volumes leave gaps, which random phases do not allow)" } else { "" };
    VoxelTest {
        origin: made.into(),
        values: found.r().into(),
        p: found.p().into(),
        max_p: found.max_p().map(Into::into),
        q: [].into(),
        correction: options.correction,
        level: options.level,
        mask: fit.mask().clone(),
        what: ("Held-out r", "r"),
        whose: fit.whose.clone(),
        about: format!("{}{why}{}; {}", found.about(), learned(spread), fit.about()),
    }
    .corrected(options.correction, options.level)
}

impl EncodingFit {
    /// Between which values each voxel's held-out r lies: percentile interval of its mean over folds, by drawing folds with replacement
    /// ([`bootstrap_mean`]). Of few folds intervals are too narrow, and what is printed says so.
    ///
    /// # Errors
    /// As [`bootstrap_mean`].
    pub fn bootstrap(&self, draws: usize, level: f64, seed: u64) -> Result<Interval> {
        bootstrap_mean(self.fold_r(), draws, level, seed)
    }
}

/// How much wider chance is for the mean of folds' r than if predictions were given: √2 if folds train on each other's test rows.
pub(super) fn spread(folds: &Folds) -> f64 {
    let test = |row: &usize| (0..folds.count()).any(|n| folds.fold(n).test().binary_search(row).is_ok());
    match (0..folds.count()).any(|n| folds.fold(n).train().iter().any(test)) {
        true => std::f64::consts::SQRT_2,
        false => 1.0,
    }
}

/// What is said of it.
pub(super) fn learned(spread: f64) -> &'static str {
    if spread > 1.0 { ", √2 times as wide since folds learn from each other" } else { "" }
}

/// An error unless these are the data that were fitted.
pub(super) fn check_same(fit: &EncodingFit, bold: &dyn Targets) -> Result<()> {
    fit.folds().clock().agree("the fit", bold.clock(), bold.name())?;
    if bold.mask() != fit.mask() {
        return Err(Error::shape(
            format!(
                "the fit has {} voxels, and {} has {} of another mask",
                fit.mask().count(),
                bold.name(),
                bold.mask().count()
            ),
            "give the data that were fitted",
        ));
    }
    let whose = bold.name().split(';').next().unwrap_or_default();
    if whose != fit.whose {
        return Err(Error::value(
            format!("the fit is of {}, and the data are of {whose}", fit.whose),
            "give the data that were fitted",
        ));
    }
    Ok(())
}

/// The kept test rows of all folds, one fold after the other.
pub(super) struct TestRows {
    rows: Vec<usize>,
    /// One run for each fold.
    pub clock: Clock,
}

impl TestRows {
    pub fn new(fit: &EncodingFit, bold: &dyn Targets) -> Result<TestRows> {
        let folds = fit.folds();
        let of = |n| folds.fold(n).test().iter().copied().filter(|row| bold.kept()[*row]).collect::<Vec<usize>>();
        let each: Vec<Vec<usize>> = (0..folds.count()).map(of).collect();
        let volumes: Vec<usize> = each.iter().map(Vec::len).collect();
        Ok(TestRows { rows: each.concat(), clock: Clock::new(bold.clock().tr(), &volumes)? })
    }

    /// Predictions and data of some voxels in these rows.
    pub fn fetch(
        &self,
        fit: &EncodingFit,
        bold: &dyn Targets,
        voxels: Range<usize>,
    ) -> Result<(Array2<f32>, Array2<f32>)> {
        let predicted = fit.predictions(voxels.clone())?.select(Axis(0), &self.rows);
        Ok((predicted, bold.columns(voxels)?.select(Axis(0), &self.rows)))
    }
}
