//! What long steps show on their way: a map that fills up, an objective that falls.

use super::live::LiveFigure;
use crate::brain::{BrainMap, Mask};
use crate::error::Result;
use crate::figure::{Figure, objective_curve};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// A map that fills up as blocks of voxels are done.
pub(crate) struct LiveMap<'a> {
    figure: LiveFigure,
    mask: &'a Mask,
    what: &'a str,
    unit: &'a str,
    /// NaN where nothing is known yet, and how many voxels are done.
    values: Mutex<(Vec<f32>, usize)>,
}

impl<'a> LiveMap<'a> {
    /// A map of the mask's voxels, of which `what` is found in `unit`.
    pub(crate) fn new(mask: &'a Mask, what: &'a str, unit: &'a str) -> LiveMap<'a> {
        let values = Mutex::new((vec![f32::NAN; mask.count()], 0));
        LiveMap { figure: LiveFigure::new(), mask, what, unit, values }
    }

    /// Some voxels are done.
    pub(crate) fn take(&self, voxels: Range<usize>, found: impl Iterator<Item = f64>) {
        {
            let (values, done) = &mut *self.values.lock().unwrap_or_else(PoisonError::into_inner);
            *done += voxels.len();
            values[voxels].iter_mut().zip(found).for_each(|(value, found)| *value = found as f32);
        }
        self.figure.show(|| self.draw());
    }

    /// All voxels are done.
    pub(crate) fn finish(&self) {
        self.figure.finish(|| self.draw());
    }

    fn draw(&self) -> Result<Figure> {
        let (values, done) = self.values.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let share = 100 * done / values.len().max(1);
        let title = match done == values.len() {
            true => self.what.to_owned(),
            false => format!("{}, so far of {share} % of the voxels", self.what),
        };
        BrainMap::new(values, self.mask, title, self.unit)?.mosaic()
    }
}

/// An objective that falls from epoch to epoch.
pub(crate) struct LiveObjective {
    figure: LiveFigure,
    title: String,
    what: &'static str,
}

impl LiveObjective {
    /// The objective of `title`; `what` is its formula.
    pub(crate) fn new(title: impl Into<String>, what: &'static str) -> LiveObjective {
        LiveObjective { figure: LiveFigure::new(), title: title.into(), what }
    }

    /// One more epoch: the values after each so far.
    pub(crate) fn show(&self, values: &[f64]) {
        self.figure.show(|| objective_curve(values, &self.title, self.what));
    }

    /// There are no more epochs.
    pub(crate) fn finish(&self, values: &[f64]) {
        self.figure.finish(|| objective_curve(values, &self.title, self.what));
    }
}
