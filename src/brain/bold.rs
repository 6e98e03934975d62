//! The runs of one task: found, checked against each other, not yet read.

use super::bids::{BidsFile, listed};
use super::cleaning::Leaving;
use super::nifti::Source;
use super::series::room;
use super::{Cleaning, Confounds, Interpolation, Mask, Masker, VoxelSeries};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use crate::signal::clean_in_place;
use ndarray::{Array2, ArrayViewMut2, Axis};
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// All runs of one task of one subject, in order: where they are, their clock and their common mask. Voxels are read
/// by [`Bold::clean`]; clones are cheap.
#[derive(Clone, Debug)]
pub struct Bold {
    pub(super) name: String,
    pub(super) runs: Arc<[Run]>,
    pub(super) clock: Clock,
    pub(super) masker: Masker,
}

/// The files of one run.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) image: BidsFile,
    pub(super) confounds: Option<PathBuf>,
    /// Tables of the same folder, for the message if there are no confounds.
    pub(super) tables: Arc<[String]>,
}

impl Bold {
    /// The scan's clock: TR, and the volumes of each run.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The voxels that are in the brain mask of every run.
    pub fn mask(&self) -> &Mask {
        self.masker.mask()
    }

    /// Whose data this is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The images, one for each run.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.runs.iter().map(|run| run.image.path.clone()).collect()
    }

    /// The same runs, only at the voxels that are inside `mask` too.
    ///
    /// # Errors
    /// If the grids differ (both are shown), or no voxel is left.
    pub fn within(&self, mask: &Mask) -> Result<Bold> {
        Ok(Bold { masker: self.masker.on(&self.mask().and(mask)?), ..self.clone() })
    }

    /// The same runs, each volume smoothed by a Gaussian of this full width at half maximum in mm before it is masked.
    ///
    /// ```no_run
    /// use neurocell::prelude::*;
    /// let smooth = Subject::open("ds002345", "018")?.bold("pieman")?.smoothed(6.0).clean(Cleaning::default())?;
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn smoothed(&self, fwhm: f64) -> Bold {
        Bold { masker: self.masker.clone().smoothing(fwhm), ..self.clone() }
    }

    /// The same runs, brought onto the grid of `mask` and read at its voxels; voxels whose centre lies outside the images are 0.
    pub fn resampled_to(&self, mask: &Mask, interpolation: Interpolation) -> Bold {
        Bold { masker: self.masker.on(mask).resampling(interpolation), ..self.clone() }
    }

    /// The confounds table of a run (runs are counted from 0).
    ///
    /// # Errors
    /// If there is no such run, it has no table, or the table cannot be read.
    pub fn confounds(&self, run: usize) -> Result<Confounds> {
        let Some(files) = self.runs.get(run) else {
            return Err(Error::value(format!("run {run} of {}", self.runs.len()), "runs are counted from 0"));
        };
        match &files.confounds {
            Some(path) => Confounds::read(path),
            None => Err(Error::new(
                crate::error::ErrorKind::File,
                format!(
                    "{} has no desc-confounds_timeseries.tsv; tables there: {}",
                    files.image.name(),
                    listed(&files.tables)
                ),
                "fetch it from fMRIPrep's output, or clean without: `Cleaning::default().no_confounds()`",
            )),
        }
    }

    /// Reads all runs at the mask's voxels and takes out of each what `cleaning` says.
    ///
    /// Each run is masked while it is read and cleaned in place: memory is that of the result and of one block of
    /// voxels, whatever the size of the files. A voxel in which nothing is left in a run (a constant one) is 0 there,
    /// as in nilearn, and the name of the result counts such voxels; [`Cleaning::drop_constant`] leaves them out.
    ///
    /// # Errors
    /// If an image is damaged or a value inside the mask is NaN (the first is named), a confound is missing or has
    /// another number of rows than its run, too few volumes are left after the regressors, or the user stopped the step.
    pub fn clean(&self, cleaning: Cleaning) -> Result<VoxelSeries> {
        // Tables and bases first: a wrong name should not cost the time of reading the images.
        let mut all_leaving = Vec::new();
        let mut columns = 0;
        for run in 0..self.runs.len() {
            let (leaving, count) = self.leaving(run, &cleaning)?;
            if run > 0 && count != columns {
                return Err(Error::value(
                    format!("run 0 has {columns} of the confounds asked for and run {run} has {count}"),
                    "name columns that all runs have by `Cleaning::confounds`, or take `Cleaning::no_confounds`",
                ));
            }
            columns = count;
            all_leaving.push(leaving);
        }
        let voxels = self.mask().count();
        let mut values = room(self.clock.total(), voxels)?;
        let mut empty = BTreeSet::new();
        for (run, leaving) in all_leaving.iter().enumerate() {
            check_cancelled("cleaning")?;
            let rows = self.clock.rows(run);
            let part = &mut values[rows.start * voxels..rows.end * voxels];
            let source = Source::open(&self.runs[run].image.path)?;
            if source.header().volumes != Some(rows.len()) {
                return Err(Error::format(
                    &self.runs[run].image.path,
                    format!("the image now is {}, it had {} volumes", source.header().content(), rows.len()),
                    "the file has changed: open the subject again",
                ));
            }
            self.masker.read_into(source, part)?;
            let part = ArrayViewMut2::from_shape((rows.len(), voxels), part)
                .map_err(|cause| Error::shape(cause.to_string(), "open the subject again"))?;
            let Leaving { filtering, basis } = leaving;
            if filtering.is_some() || basis.ncols() > 0 || cleaning.scales() {
                empty.extend(clean_in_place(part, basis, filtering.as_ref(), cleaning.scales())?);
            }
        }
        let mut data = Array2::from_shape_vec((self.clock.total(), voxels), values)
            .map_err(|cause| Error::shape(cause.to_string(), "open the subject again"))?;
        let mut mask = self.mask().clone();
        let mut name = format!("{}{}; {}", self.name, self.masker.said(), cleaning.said(columns));
        if let Some(first) = empty.first() {
            let count = format!("{} of {voxels} voxels without variance in a run", empty.len());
            let first = mask.position(*first);
            if cleaning.drops_constant() {
                let kept: Vec<usize> = (0..voxels).filter(|n| !empty.contains(n)).collect();
                if kept.is_empty() {
                    return Err(Error::value(
                        format!("{}: all {voxels} voxels are constant in some run", self.name),
                        "look at the images and the mask",
                    ));
                }
                data = data.select(Axis(1), &kept);
                mask.voxels = kept.iter().map(|n| self.mask().voxels[*n]).collect();
                name += &format!("; {count} left out (first {first:?})");
            } else {
                name += &format!("; {count}, 0 there (first {first:?})");
            }
        }
        VoxelSeries::new(data, mask, self.clock.clone(), name)
    }

    /// What leaves a run, and how many confounds are among it.
    fn leaving(&self, run: usize, cleaning: &Cleaning) -> Result<(Leaving, usize)> {
        let volumes = self.clock.volumes(run);
        let label = self.runs[run].image.run_label();
        let confounds = match cleaning.needs_confounds() {
            false => None,
            true => {
                let table = self.confounds(run)?;
                if table.rows() != volumes {
                    return Err(Error::shape(
                        format!("{label}: the confounds table has {} rows, the image {volumes} volumes", table.rows()),
                        "use the table that fMRIPrep wrote for this run",
                    ));
                }
                let names = cleaning.columns(&table)?;
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                Some(table.columns(&names)?)
            }
        };
        let leaving = cleaning.leaving(volumes, self.clock.tr(), confounds.as_ref())?;
        let basis = &leaving.basis;
        if volumes < basis.ncols() + 2 && (basis.ncols() > 0 || cleaning.scales()) {
            return Err(Error::value(
                format!("{label} has {volumes} volumes, of which {} regressors leave nothing", basis.ncols()),
                "take fewer confounds, a longer high-pass cutoff, or leave the run out",
            ));
        }
        Ok((leaving, confounds.map_or(0, |c| c.ncols())))
    }

    /// Reads one run as it is, neither cleaned nor scaled: time × voxel.
    ///
    /// # Errors
    /// If there is no such run, or the image is damaged.
    pub fn raw(&self, run: usize) -> Result<VoxelSeries> {
        if run >= self.runs.len() {
            return Err(Error::value(format!("run {run} of {}", self.runs.len()), "runs are counted from 0"));
        }
        let one = Bold {
            name: format!("{}: {} only", self.name, self.runs[run].image.run_label()),
            runs: self.runs[run..=run].into(),
            clock: Clock::new(self.clock.tr(), &[self.clock.volumes(run)])?,
            masker: self.masker.clone(),
        };
        one.clean(Cleaning::none())
    }
}

impl fmt::Display for Bold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}\n  {}\n  {}", self.name, self.masker.said(), self.clock, self.mask())?;
        for (run, files) in self.runs.iter().enumerate() {
            let confounds = if files.confounds.is_some() { "" } else { ", no confounds" };
            write!(
                f,
                "\n  {}: {} volumes, {}{confounds}",
                files.image.run_label(),
                self.clock.volumes(run),
                files.image.name()
            )?;
        }
        Ok(())
    }
}
