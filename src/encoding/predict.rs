//! Predictions for rows that a model has not seen.

use super::agreement::agreement;
use super::delays::delayed;
use super::leaks::Seen;
use super::scaling::Scale;
use super::{EncodingFit, Predictors, Targets};
use crate::brain::{BrainMap, Mask, VoxelSeries};
use crate::error::{Error, Result};
use crate::linalg::product;
use crate::provenance::Provenance;
use ndarray::{Array2, ArrayView2, Axis, s};
use std::fmt;
use std::sync::Arc;

/// What the model of all rows needs beside its weights.
#[derive(Clone, Debug)]
pub(crate) struct Trained {
    pub(super) units: Units,
    pub(super) seen: Seen,
}

/// Means and standard deviations over the training rows.
#[derive(Clone, Debug)]
pub(super) struct Units {
    /// Of the regressors as they are given.
    pub given: Scale,
    /// Of the regressors at each delay, after that.
    pub delayed: Scale,
    pub voxels: Scale,
    /// How the regressors correlate with one another over the training rows; `None` if they are too many.
    pub alike: Option<Arc<Array2<f32>>>,
}

impl EncodingFit {
    /// What the model of all rows predicts from new courses: ŷ = X·B, with X standardised by the rows that the model was trained on; rows are the
    /// volumes of `x`, and values are in the units of the voxels that were fitted.
    ///
    /// `x` are the same patterns, neurons or features, of another text or scan.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # fn show(train: Features, bold: VoxelSeries, new: Features) -> Result<()> {
    /// let fit = encode(&train, &bold, Ridge::default())?;
    /// let predicted = fit.predict(&new)?;
    /// println!("{predicted}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If number or kind of the regressors are not the model's, or a delay was fitted and the TR is another.
    pub fn predict(&self, x: &dyn Predictors) -> Result<VoxelSeries> {
        let mut predicted = self.in_deviations(self.regressors_of(x)?.view())?;
        let voxels = &self.trained.units.voxels;
        for mut row in predicted.rows_mut() {
            row.iter_mut().enumerate().for_each(|(v, value)| *value = voxels.undone(v, *value));
        }
        let name = format!("predicted from {} by a model of {}", x.describe(), self.whose);
        let made = Provenance::step("predict").input("fit", self).input(x.kind(), x);
        Ok(VoxelSeries::new(predicted, self.mask.clone(), x.clock().clone(), name)?.made(made))
    }

    /// The regressors that the weights are multiplied with: `x` at each delay, standardised by the rows that the model was trained on.
    pub(crate) fn regressors_of(&self, x: &dyn Predictors) -> Result<Array2<f32>> {
        let Units { given, delayed: at_delays, .. } = &self.trained.units;
        if x.courses().ncols() != given.mean.len() || x.kind() != self.kind {
            return Err(Error::shape(
                format!("the model was fitted to {} {}, and {} are given", given.mean.len(), self.kind, x.describe()),
                "give the same regressors, made in the same way",
            ));
        }
        let tr = self.held_out.folds.clock().tr();
        if !self.delays.is_empty() && tr != x.clock().tr() {
            return Err(Error::value(
                format!(
                    "the model has delays in volumes of {tr} s, and the new courses have a TR of {} s",
                    x.clock().tr()
                ),
                "bring the new courses to the model's TR",
            ));
        }
        let rows: Vec<usize> = (0..x.courses().nrows()).collect();
        let mut regressors = given.applied(x.courses().view(), &rows);
        if !self.delays.is_empty() {
            regressors = delayed(&regressors, x.clock(), &self.delays);
        }
        Ok(at_delays.applied(regressors.view(), &rows))
    }

    /// What regressors predict, in standard deviations of each voxel about its mean.
    pub(crate) fn in_deviations(&self, regressors: ArrayView2<f32>) -> Result<Array2<f32>> {
        let voxels_in_all = self.dim().1;
        let mut predicted = Array2::zeros((regressors.nrows(), voxels_in_all));
        for start in (0..voxels_in_all).step_by(4096) {
            let some = start..(start + 4096).min(voxels_in_all);
            let part = product(regressors, self.weights.columns(some.clone()).view())?;
            predicted.slice_mut(s![.., some]).assign(&part);
        }
        Ok(predicted)
    }

    /// How well the model of all rows predicts scans that it has not seen: r and R² of each voxel over the kept volumes of each run, and their means.
    ///
    /// # Errors
    /// If a run is one of those that the model was trained on, whatever was done to it since; the clocks of `x` and `bold` or the masks of model
    /// and `bold` differ; or [`EncodingFit::predict`] refuses `x`.
    pub fn score(&self, x: &dyn Predictors, bold: &dyn Targets) -> Result<NewScores> {
        x.clock().agree(&format!("the {} series", x.kind().trim_end_matches('s')), bold.clock(), bold.name())?;
        if *bold.mask() != self.mask {
            return Err(Error::shape(
                format!("the model has {} voxels, and {} has {} of another mask", self.mask, bold.name(), bold.mask()),
                "read both in one mask: `Masker::new(&mask)`",
            ));
        }
        self.trained.seen.refuse(bold)?;
        let predicted = self.predict(x)?;
        let voxels = self.mask.count();
        let mut r = Array2::zeros((bold.clock().runs(), voxels));
        let mut r2 = Array2::zeros(r.dim());
        for start in (0..voxels).step_by(1024) {
            let columns = start..(start + 1024).min(voxels);
            let measured = bold.columns(columns.clone())?;
            for run in 0..bold.clock().runs() {
                let rows: Vec<usize> = bold.clock().rows(run).filter(|row| bold.kept()[*row]).collect();
                for (n, voxel) in columns.clone().enumerate() {
                    let y = measured.column(n).select(Axis(0), &rows).mapv(f64::from);
                    let p = predicted.data().column(voxel).select(Axis(0), &rows).mapv(f64::from);
                    let of = agreement(y.view(), p.view());
                    (r[[run, voxel]], r2[[run, voxel]]) = (of.0 as f32, of.1 as f32);
                }
            }
        }
        Ok(NewScores {
            r: r.into(),
            r2: r2.into(),
            mask: self.mask.clone(),
            whose: bold.name().into(),
            model: self.whose.clone(),
            made: Provenance::step("score").input("fit", self).input(x.kind(), x).input("bold", bold),
        })
    }
}

/// How well a model predicts scans that it has not seen: [`EncodingFit::score`].
#[derive(Clone, Debug)]
pub struct NewScores {
    r: Arc<Array2<f32>>,
    r2: Arc<Array2<f32>>,
    mask: Mask,
    whose: String,
    model: String,
    made: Provenance,
}

impl NewScores {
    /// What they are made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// Pearson r, run × voxel.
    pub fn run_r(&self) -> &Array2<f32> {
        &self.r
    }

    /// R² = 1 − Σ(y − ŷ)² / Σ(y − mean)², run × voxel.
    pub fn run_r2(&self) -> &Array2<f32> {
        &self.r2
    }

    /// Mean r over runs as a map.
    pub fn score_map(&self) -> BrainMap {
        let mean = self.r.mean_axis(Axis(0)).map(|mean| mean.to_vec()).unwrap_or_default();
        let made = Provenance::step("r of new runs").input("scores", self);
        BrainMap::of(mean, &self.mask, format!("r of new runs, {}", self.whose), "r").made(made)
    }
}

impl fmt::Display for NewScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut r = self.score_map().values().to_vec();
        r.sort_by(f32::total_cmp);
        write!(
            f,
            "NewScores: {} voxels, {} new runs of {}, model of {}",
            r.len(),
            self.r.nrows(),
            self.whose,
            self.model
        )?;
        match (r.get(r.len() / 2), r.last()) {
            (Some(median), Some(most)) => write!(f, "; r: median {median:.3}, largest {most:.3}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
impl Trained {
    /// For made fits, which predict nothing, of so many regressors that have nothing to do with one another.
    pub(crate) fn made(regressors: usize) -> Trained {
        let none = || Scale { mean: Vec::new(), inverse: Vec::new() };
        let clock = crate::clock::Clock::new(1.0, &[4, 4]).unwrap();
        let series = super::tests::bold(Array2::from_shape_fn((8, 1), |(t, _)| t as f32), &clock);
        let units =
            Units { given: none(), delayed: none(), voxels: none(), alike: Some(Arc::new(Array2::eye(regressors))) };
        Trained { units, seen: Seen::of(&series).unwrap() }
    }
}
