//! The runs of one task: found, checked against each other, not yet read.

mod made;

pub(crate) use made::clean_made;

use super::bids::{BidsFile, listed};
use super::cleaning::Leaving;
use super::nifti::Source;
use super::series::room;
use super::voxel_file::Writer;
use super::{Cleaning, CleaningReport, Confounds, Interpolation, Mask, Masker, RunReport, VoxelFile, VoxelSeries};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use crate::provenance::{FileRead, Origin, Provenance, file};
use crate::signal::clean_in_place;
use ndarray::{Array2, ArrayViewMut2, Axis};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
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

/// Voxels that stay and their mask, where some leave.
type Remaining = Option<(Vec<usize>, Mask)>;

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
    /// Censored volumes are 0 in the result, which says which they are ([`VoxelSeries::kept`]).
    ///
    /// # Errors
    /// If an image is damaged or a value inside the mask is NaN (the first is named), a confound is missing or has
    /// another number of rows than its run, too few volumes are left after the regressors, or the user stopped the step.
    pub fn clean(&self, cleaning: Cleaning) -> Result<VoxelSeries> {
        let files = FileRead::begin(self.paths());
        // Tables and bases first: a wrong name should not cost the time of reading the images.
        let all_leaving = self.all_leaving(&cleaning)?;
        let voxels = self.mask().count();
        let mut values = room(self.clock.total(), voxels)?;
        let mut empty = BTreeSet::new();
        for (run, (leaving, _)) in all_leaving.iter().enumerate() {
            let rows = self.clock.rows(run);
            empty.extend(self.clean_run(
                run,
                leaving,
                &cleaning,
                &mut values[rows.start * voxels..rows.end * voxels],
            )?);
        }
        let mut data = Array2::from_shape_vec((self.clock.total(), voxels), values)
            .map_err(|cause| Error::shape(cause.to_string(), "open the subject again"))?;
        let (name, remaining) = self.after(&cleaning, &all_leaving, &empty)?;
        let mut mask = self.mask().clone();
        if let Some((remaining, smaller)) = remaining {
            (data, mask) = (data.select(Axis(1), &remaining), smaller);
        }
        let series = VoxelSeries::new(data, mask, self.clock.clone(), name)?;
        let made = self.cleaned(&cleaning, &files.done()?);
        Ok(series.without_rows(&self.censored(&all_leaving)).made(made))
    }

    /// As [`Bold::clean`], with the result on disk: one run is in memory at a time, however many there are, and later steps read the voxels that
    /// they need. Values are those of [`Bold::clean`], bit by bit.
    ///
    /// ```no_run
    /// use neurocell::prelude::*;
    /// let bold = Subject::open("ds002345", "018")?.bold("pieman")?;
    /// let file = bold.clean_to("pieman.voxels", Cleaning::strategy(Strategy::Scrubbing))?;
    /// println!("{file}");
    /// // In another session
    /// let file = VoxelFile::open("pieman.voxels")?;
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Bold::clean`]; or the disk has no room, which is found before anything is read, or the file cannot be written. Nothing half-written stays.
    pub fn clean_to(&self, path: impl AsRef<Path>, cleaning: Cleaning) -> Result<VoxelFile> {
        let path = path.as_ref();
        let files = FileRead::begin(self.paths());
        let all_leaving = self.all_leaving(&cleaning)?;
        let mut kept = vec![true; self.clock.total()];
        self.censored(&all_leaving).into_iter().for_each(|row| kept[row] = false);
        let writer = Writer::new(path, &self.clock, self.mask())?;
        let mut empty = BTreeSet::new();
        for (run, (leaving, _)) in all_leaving.iter().enumerate() {
            let (rows, voxels) = (self.clock.volumes(run), self.mask().count());
            let mut values = room(rows, voxels)?;
            empty.extend(self.clean_run(run, leaving, &cleaning, &mut values)?);
            let part = Array2::from_shape_vec((rows, voxels), values);
            writer.run(run, part.map_err(|cause| Error::shape(cause.to_string(), "open the subject again"))?.view())?;
        }
        let (name, remaining) = self.after(&cleaning, &all_leaving, &empty)?;
        let made = self.cleaned(&cleaning, &files.done()?);
        let file = writer.finish(&name, &kept, &made)?;
        let Some((remaining, mask)) = remaining else { return Ok(file) };
        // Which voxels are constant somewhere is known only now: they leave in a second pass.
        let writer = Writer::new(path, &self.clock, &mask)?;
        for run in 0..self.clock.runs() {
            check_cancelled("cleaning")?;
            writer.run(run, file.run(run)?.select(Axis(1), &remaining).view())?;
        }
        writer.finish(&name, &kept, &made)
    }

    /// What these runs are made of; the images' digests, if they were taken already.
    pub(crate) fn made_of(&self, images: Option<&[Provenance]>) -> Provenance {
        // An image that is gone is known by its name.
        let read = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            file(path).unwrap_or_else(|_| Provenance::step("a file that is gone").option("name", name))
        };
        let whose = self.name.replacen("simulated ", "SIMULATED ", 1);
        let mut made = self.masker.step().option("whose", whose).option("clock", &self.clock);
        for (run, files) in self.runs.iter().enumerate() {
            let image = images.and_then(|images| images.get(run).cloned());
            made = made.input("image", &image.unwrap_or_else(|| read(&files.image.path)));
            if let Some(confounds) = &files.confounds {
                made = made.input("confounds", &read(confounds));
            }
        }
        made.input("mask", self.mask())
    }

    fn cleaned(&self, cleaning: &Cleaning, images: &[Provenance]) -> Provenance {
        Provenance::step("clean").options_of(cleaning, &[]).input("bold", &self.made_of(Some(images)))
    }

    /// Reads a run into `part` (volume × voxel) and cleans it there; gives the voxels in which nothing is left.
    fn clean_run(&self, run: usize, leaving: &Leaving, cleaning: &Cleaning, part: &mut [f32]) -> Result<Vec<usize>> {
        check_cancelled("cleaning")?;
        let rows = self.clock.volumes(run);
        let source = Source::open(&self.runs[run].image.path)?;
        if source.header().volumes != Some(rows) {
            return Err(Error::format(
                &self.runs[run].image.path,
                format!("the image now is {}, it had {rows} volumes", source.header().content()),
                "the file has changed: open the subject again",
            ));
        }
        self.masker.read_into(source, part)?;
        let part = ArrayViewMut2::from_shape((rows, self.mask().count()), part)
            .map_err(|cause| Error::shape(cause.to_string(), "open the subject again"))?;
        let Leaving { before, basis, .. } = leaving;
        let touched = before.filtering.is_some() || basis.ncols() > 0 || !before.censored.is_empty();
        match touched || cleaning.scales() {
            true => clean_in_place(part, basis, before, cleaning.scales()),
            false => Ok(Vec::new()),
        }
    }

    /// What the result is called and, if voxels that are constant in a run leave, the others' numbers and mask.
    fn after(
        &self,
        cleaning: &Cleaning,
        all_leaving: &[(Leaving, Option<Confounds>)],
        empty: &BTreeSet<usize>,
    ) -> Result<(String, Remaining)> {
        let name = self.name_after(cleaning, all_leaving);
        let Some(first) = empty.first() else { return Ok((name, None)) };
        let voxels = self.mask().count();
        let count = format!("{} of {voxels} voxels without variance in a run", empty.len());
        let first = self.mask().position(*first);
        if !cleaning.drops_constant() {
            return Ok((format!("{name}; {count}, 0 there (first {first:?})"), None));
        }
        let remaining: Vec<usize> = (0..voxels).filter(|n| !empty.contains(n)).collect();
        if remaining.is_empty() {
            return Err(Error::value(
                format!("{}: all {voxels} voxels are constant in some run", self.name),
                "look at the images and the mask",
            ));
        }
        let voxels = remaining.iter().map(|n| self.mask().voxels[*n]).collect();
        let mask = Mask { voxels, origin: Origin::given(), ..self.mask().clone() };
        Ok((format!("{name}; {count} left out (first {first:?})"), Some((remaining, mask))))
    }

    /// Rows of the result that are censored.
    fn censored(&self, all_leaving: &[(Leaving, Option<Confounds>)]) -> Vec<usize> {
        let first = |run: usize| self.clock.rows(run).start;
        let of = |(run, (leaving, _)): (usize, &(Leaving, _))| -> Vec<usize> {
            leaving.censored().iter().map(|volume| first(run) + volume).collect()
        };
        all_leaving.iter().enumerate().flat_map(of).collect()
    }

    /// What `cleaning` will take out of each run, and what will be left; tables are read, images are not.
    ///
    /// ```no_run
    /// use neurocell::prelude::*;
    /// let bold = Subject::open("ds002345", "018")?.bold("pieman")?;
    /// println!("{}", bold.cleaning_report(&Cleaning::strategy(Strategy::Scrubbing))?);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Bold::clean`], as far as tables are concerned.
    pub fn cleaning_report(&self, cleaning: &Cleaning) -> Result<CleaningReport> {
        let all_leaving = self.all_leaving(cleaning)?;
        let mut runs = Vec::new();
        for (run, (leaving, table)) in all_leaving.iter().enumerate() {
            // A table that cleaning does not need is looked at all the same: the head may have moved.
            let table = match (table, &self.runs[run].confounds) {
                (None, Some(path)) => Some(Confounds::read(path)?),
                (table, _) => table.clone(),
            };
            let table = table.filter(|table| table.rows() == self.clock.volumes(run));
            let label = self.runs[run].image.run_label();
            runs.push(RunReport::new(label, self.clock.volumes(run), leaving, table.as_ref())?);
        }
        Ok(CleaningReport {
            name: self.name_after(cleaning, &all_leaving),
            clock: self.clock.clone(),
            runs: runs.into(),
            limits: cleaning.limits(),
        })
    }

    /// What leaves each run, with its table if one was needed.
    fn all_leaving(&self, cleaning: &Cleaning) -> Result<Vec<(Leaving, Option<Confounds>)>> {
        if let Some(run) = cleaning.last_run_named().filter(|run| *run >= self.runs.len()) {
            return Err(Error::value(
                format!("volumes of run {run} are to be censored, and {} has {} runs", self.name, self.runs.len()),
                "runs are counted from 0",
            ));
        }
        let mut all: Vec<(Leaving, Option<Confounds>)> = Vec::new();
        for (run, files) in self.runs.iter().enumerate() {
            if cleaning.needs_denoised() && files.image.get("desc") != Some("smoothAROMAnonaggr") {
                return Err(Error::value(
                    format!("{} is no image that ICA-AROMA has denoised", files.image.name()),
                    "take those that fMRIPrep wrote: `subject.described(\"smoothAROMAnonaggr\").in_space(\"MNI152NLin6Asym\")`, \
                     or let its components leave: `Cleaning::ica_aroma(Aroma::Basic)`",
                ));
            }
            let table = cleaning.needs_confounds().then(|| self.confounds(run)).transpose()?;
            let label = files.image.run_label();
            let leaving = cleaning.leaving((run, &label), self.clock.volumes(run), self.clock.tr(), table.as_ref())?;
            if let Some((first, _)) = all.first().filter(|(first, _)| first.motion_found != leaving.motion_found) {
                let found = |there: bool| if there { "has" } else { "lacks" };
                return Err(Error::value(
                    format!(
                        "run 0 {} motion parameters and run {run} {} them",
                        found(first.motion_found),
                        found(leaving.motion_found)
                    ),
                    "name columns that all runs have by `Cleaning::confounds`, or take `Cleaning::no_confounds`",
                ));
            }
            all.push((leaving, table));
        }
        Ok(all)
    }

    /// "sub-07, task tale, 2 runs; linear detrend, …".
    fn name_after(&self, cleaning: &Cleaning, all: &[(Leaving, Option<Confounds>)]) -> String {
        let motion_found = all.iter().any(|(leaving, _)| leaving.motion_found);
        format!("{}{}; {}", self.name, self.masker.said(), cleaning.said(motion_found))
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
