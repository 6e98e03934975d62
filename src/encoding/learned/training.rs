//! The training rows of one fold, and nothing else.

use super::super::{Features, Folds, Predictors};
use super::{Learned, Source};
use crate::brain::VoxelSeries;
use crate::clock::Clock;
use crate::error::{Error, Result};
use ndarray::{Array2, Axis};
use std::fmt;
use std::sync::Arc;

/// The rows of a scan that may be learned from: the kept training rows of a fold. Clones are cheap.
///
/// What is to be learned (a choice of features, components, networks of the brain data) is learned from [`Training::bold`] and [`Training::x`], which hold these rows
/// only, and what is made with it for all rows is handed over by [`Training::features`], which notes what was seen.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(bold: VoxelSeries, embeddings: Features) -> Result<()> {
/// let fit = encode_each(&bold, Ridge::default(), &|train| {
///     // Any computation on training rows: here the courses are divided by their standard deviation over them.
///     let deviation = train.x(&embeddings)?.std_axis(ndarray::Axis(0), 0.0);
///     train.features("scaled embeddings", embeddings.data() / &deviation)
/// })?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Training {
    bold: VoxelSeries,
    rows: Arc<[usize]>,
    name: String,
}

impl Training {
    /// The training rows of a fold.
    ///
    /// # Errors
    /// If there is no such fold, or the clocks of BOLD and folds differ.
    pub fn of_fold(bold: &VoxelSeries, folds: &Folds, fold: usize) -> Result<Training> {
        bold.clock().agree(bold.name(), folds.clock(), "the folds")?;
        if fold >= folds.count() {
            return Err(Error::value(format!("fold {fold} of {}", folds.count()), "folds are counted from 0"));
        }
        Ok(Training::of(bold, folds.fold(fold).train(), format!("the training rows of fold {fold}")))
    }

    /// All rows. What is learned from them by brain data cannot be scored on this scan any more, but on another.
    pub fn all(bold: &VoxelSeries) -> Training {
        let all: Vec<usize> = (0..bold.clock().total()).collect();
        Training::of(bold, &all, "all rows".to_owned())
    }

    pub(super) fn of(bold: &VoxelSeries, rows: &[usize], name: String) -> Training {
        let rows = rows.iter().copied().filter(|row| bold.kept()[*row]).collect();
        Training { bold: bold.clone(), rows, name }
    }

    /// The rows, ascending, as numbers of the whole scan; censored volumes are not among them.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The clock of the whole scan.
    pub fn clock(&self) -> &Clock {
        self.bold.clock()
    }

    /// BOLD in these rows alone. Each stretch of neighbouring volumes is a run of its own.
    ///
    /// # Errors
    /// None in practice: there is a row.
    pub fn bold(&self) -> Result<VoxelSeries> {
        let data = self.bold.data().select(Axis(0), &self.rows);
        let name = format!("{}, {}", self.bold.name(), self.name);
        VoxelSeries::new(data, self.bold.mask().clone(), self.pieces()?, name)
    }

    /// Regressors of the whole scan in these rows alone, row × regressor.
    ///
    /// # Errors
    /// If they are on another clock.
    pub fn x(&self, x: &dyn Predictors) -> Result<Array2<f32>> {
        x.clock().agree(&format!("the {} series", x.kind().trim_end_matches('s')), self.clock(), self.bold.name())?;
        Ok(x.courses().select(Axis(0), &self.rows))
    }

    /// Regressors for all rows of the scan (time × feature) that were made by something learned here; they carry the rows that it has seen.
    ///
    /// # Errors
    /// As [`Features::new`].
    pub fn features(&self, name: impl Into<String>, data: Array2<f32>) -> Result<Features> {
        let name = name.into();
        let learned = self.learned(format!("{name}: {}", self.name), true);
        Ok(Features::new(name, data, self.clock())?.with_learned(learned))
    }

    /// These rows as what something has seen.
    pub(super) fn learned(&self, what: String, by_brain: bool) -> Learned {
        let from = if by_brain { Source::Brain(self.bold.name().to_owned()) } else { Source::Model };
        Learned { what, clock: self.clock().clone(), rows: self.rows.clone(), from }
    }

    /// Brain data in these rows, row × voxel.
    pub(super) fn targets(&self) -> Array2<f32> {
        self.bold.data().select(Axis(0), &self.rows)
    }

    /// A clock whose runs are the stretches of neighbouring rows.
    fn pieces(&self) -> Result<Clock> {
        let clock = self.bold.clock();
        let begins: Vec<usize> = (0..clock.runs()).map(|run| clock.rows(run).start).collect();
        let mut volumes: Vec<usize> = Vec::new();
        for (n, row) in self.rows.iter().enumerate() {
            match volumes.last_mut() {
                Some(last) if self.rows[n - 1] + 1 == *row && !begins.contains(row) => *last += 1,
                _ => volumes.push(1),
            }
        }
        Clock::new(clock.tr(), &volumes)
    }
}

impl fmt::Display for Training {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Training: {} of {} volumes, {} of {}",
            self.rows.len(),
            self.clock().total(),
            self.name,
            self.bold.name()
        )
    }
}
