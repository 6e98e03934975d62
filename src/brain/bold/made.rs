//! Runs that are at hand, cleaned as those in files are.

use super::{Bold, Leaving};
use crate::brain::{Cleaning, Confounds, Mask, Masker, VoxelSeries};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use crate::signal::clean_in_place;
use ndarray::{Array2, Axis, s};
use std::collections::BTreeSet;

/// What [`Bold::clean`] makes of files that hold `data` (time × voxel of `mask`), with one confounds table a run; nothing is rounded to int16.
pub(crate) fn clean_made(
    name: &str,
    mask: &Mask,
    clock: &Clock,
    mut data: Array2<f32>,
    tables: &[Confounds],
    cleaning: &Cleaning,
    made: &Provenance,
) -> Result<VoxelSeries> {
    let bold = Bold { name: name.to_owned(), runs: [].into(), clock: clock.clone(), masker: Masker::new(mask) };
    if cleaning.needs_denoised() {
        return Err(Error::value(
            format!("{name} is made, and not denoised by ICA-AROMA"),
            "clean by other confounds, for example `Cleaning::default()`",
        ));
    }
    if let Some(run) = cleaning.last_run_named().filter(|run| *run >= clock.runs()) {
        return Err(Error::value(
            format!("volumes of run {run} are to be censored, and {name} has {} runs", clock.runs()),
            "runs are counted from 0",
        ));
    }
    let mut all: Vec<(Leaving, Option<Confounds>)> = Vec::new();
    let mut empty = BTreeSet::new();
    for run in 0..clock.runs() {
        let table = tables.get(run).filter(|_| cleaning.needs_confounds());
        let leaving = cleaning.leaving((run, &format!("run {}", run + 1)), clock.volumes(run), clock.tr(), table)?;
        let part = data.slice_mut(s![clock.rows(run), ..]);
        let touched =
            leaving.before.filtering.is_some() || leaving.basis.ncols() > 0 || !leaving.before.censored.is_empty();
        if touched || cleaning.scales() {
            empty.extend(clean_in_place(part, &leaving.basis, &leaving.before, cleaning.scales())?);
        }
        all.push((leaving, table.cloned()));
    }
    let (name, remaining) = bold.after(cleaning, &all, &empty)?;
    let mut mask = mask.clone();
    if let Some((remaining, smaller)) = remaining {
        (data, mask) = (data.select(Axis(1), &remaining), smaller);
    }
    let made = Provenance::step("clean").options_of(cleaning, &[]).input("bold", made);
    let series = VoxelSeries::new(data, mask, clock.clone(), name)?;
    Ok(series.without_rows(&bold.censored(&all)).made(made))
}
