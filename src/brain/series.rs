//! Masked BOLD: one course per voxel.

use super::nifti::{Encoding, write_image};
use super::{Mask, Masker};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::{Content, Origin, Provenance};
use ndarray::{Array2, Axis};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Masked BOLD of all runs: time × voxel; clones are cheap.
#[derive(Clone, Debug)]
pub struct VoxelSeries {
    data: Arc<Array2<f32>>,
    mask: Mask,
    clock: Clock,
    name: String,
    /// Whether each row is kept; those that are not are 0.
    kept: Arc<[bool]>,
    pub(crate) origin: Origin,
}

impl VoxelSeries {
    /// A series of `data` (time × voxel) on `clock`, whose columns are the voxels of `mask`; `name` says whose it is.
    ///
    /// # Errors
    /// If rows are not the clock's volumes, columns not the mask's voxels, or a value is NaN or infinite (the first is named).
    pub fn new(data: Array2<f32>, mask: Mask, clock: Clock, name: impl Into<String>) -> Result<VoxelSeries> {
        if data.dim() != (clock.total(), mask.count()) {
            return Err(Error::shape(
                format!(
                    "the series is {} × {}, its clock has {} volumes and its mask {} voxels",
                    data.nrows(),
                    data.ncols(),
                    clock.total(),
                    mask.count()
                ),
                "rows are volumes and columns voxels; take the mask and the clock of the same scan",
            ));
        }
        let mut rows = data.rows().into_iter().enumerate();
        let unusable = rows.find_map(|(row, values)| Some((row, values.iter().position(|v| !v.is_finite())?)));
        if let Some((row, column)) = unusable {
            let value = data[[row, column]];
            return Err(Error::value(
                format!("voxel {:?} has the value {value} at volume {row}", mask.position(column)),
                "leave the voxel out of the mask, or mend the image",
            ));
        }
        let kept = vec![true; data.nrows()].into();
        Ok(VoxelSeries { data: Arc::new(data), mask, clock, name: name.into(), kept, origin: Origin::given() })
    }

    /// The same with what made it.
    pub(crate) fn made(self, made: Provenance) -> VoxelSeries {
        VoxelSeries { origin: made.into(), ..self }
    }

    /// The same series with these rows marked as censored; they must be 0 already.
    pub(super) fn without_rows(self, rows: &[usize]) -> VoxelSeries {
        let mut kept = self.kept.to_vec();
        rows.iter().for_each(|row| kept[*row] = false);
        VoxelSeries { kept: kept.into(), ..self }
    }

    /// The same series with some volumes of a run (both counted from 0) censored: they become 0, and no later step learns from them or is scored on them.
    ///
    /// Volumes that should not count for the cleaning either are named there: [`Cleaning::censor`](super::Cleaning::censor).
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let mask = Mask::mni4mm()?;
    /// let data = ndarray::Array2::from_elem((10, mask.count()), 1.0);
    /// let bold = VoxelSeries::new(data, mask, Clock::new(1.5, &[6, 4])?, "made")?.censor(1, &[0, 3])?;
    /// assert_eq!(bold.censored(1)?, [0, 3]);
    /// assert!(!bold.kept()[6] && bold.kept()[7]);
    /// assert!(bold.to_string().contains("2 of 10 volumes censored"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such run or volume, or no volume of the run is left.
    pub fn censor(&self, run: usize, volumes: &[usize]) -> Result<VoxelSeries> {
        self.check_run(run)?;
        let rows = self.clock.rows(run);
        if let Some(beyond) = volumes.iter().find(|n| **n >= rows.len()) {
            return Err(Error::value(
                format!("volume {beyond} of run {run}, which has {} volumes", rows.len()),
                "volumes are counted from 0 in each run",
            ));
        }
        let mut kept = self.kept.to_vec();
        volumes.iter().for_each(|n| kept[rows.start + n] = false);
        if !kept[rows.clone()].contains(&true) {
            return Err(Error::value(
                format!("all {} volumes of run {run} would be censored", rows.len()),
                "leave the run out instead",
            ));
        }
        let mut data = self.data.as_ref().clone();
        volumes.iter().for_each(|n| data.row_mut(rows.start + n).fill(0.0));
        let made = Provenance::step("censor").option("run", run).option("volumes", format!("{volumes:?}"));
        let made = made.input("bold", self);
        Ok(VoxelSeries { data: Arc::new(data), kept: kept.into(), ..self.clone() }.made(made))
    }

    /// Whether each row is kept (nilearn's `sample_mask` as booleans); censored rows are 0, and no step learns from them.
    pub fn kept(&self) -> &[bool] {
        &self.kept
    }

    /// The censored volumes of a run, counted from 0 within it.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn censored(&self, run: usize) -> Result<Vec<usize>> {
        self.check_run(run)?;
        let kept = &self.kept[self.clock.rows(run)];
        Ok(kept.iter().enumerate().filter(|(_, kept)| !**kept).map(|(n, _)| n).collect())
    }

    /// "12 of 300 volumes censored", if there are any.
    pub(crate) fn censoring(&self) -> Option<String> {
        censoring(&self.kept)
    }

    /// The kept rows alone, on a clock of as many volumes.
    ///
    /// # Errors
    /// None in practice: each run keeps a volume.
    pub(crate) fn kept_rows(&self) -> Result<VoxelSeries> {
        if !self.kept.contains(&false) {
            return Ok(self.clone());
        }
        let rows: Vec<usize> = (0..self.kept.len()).filter(|row| self.kept[*row]).collect();
        let of_run = |run| self.kept[self.clock.rows(run)].iter().filter(|kept| **kept).count();
        let volumes: Vec<usize> = (0..self.clock.runs()).map(of_run).collect();
        let clock = Clock::new(self.clock.tr(), &volumes)?;
        let made = Provenance::step("kept volumes").input("bold", self);
        Ok(VoxelSeries::new(self.data.select(Axis(0), &rows), self.mask.clone(), clock, self.name.clone())?.made(made))
    }

    fn check_run(&self, run: usize) -> Result<()> {
        match run < self.clock.runs() {
            true => Ok(()),
            false => Err(Error::value(format!("run {run} of {}", self.clock.runs()), "runs are counted from 0")),
        }
    }

    /// Reads one run: a 4-D image (`.nii` or `.nii.gz`) at the voxels of `mask`, as it is, neither cleaned nor scaled.
    ///
    /// The image is decoded as it streams by: memory is that of the result, whatever the size of the file. `tr` is in
    /// seconds; `None` takes the header's, in the header's unit (seconds if it says none).
    ///
    /// ```
    /// use ndarray::Array2;
    /// use neurocell::brain::{Mask, VoxelSeries, write_series};
    /// let mask = Mask::mni4mm()?;
    /// let path = std::env::temp_dir().join(format!("neurocell-doc-{}.nii.gz", std::process::id()));
    /// write_series(&path, &mask, &Array2::from_elem((3, mask.count()), 100.0), 1.5)?;
    /// let series = VoxelSeries::read(&path, &mask, None)?;
    /// assert_eq!((series.clock().total(), series.clock().tr()), (3, 1.5));
    /// # std::fs::remove_file(path).ok();
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the file is no sound 4-D NIfTI-1 image, its grid is not the mask's (both are shown), a value inside the mask is
    /// NaN or infinite (the first is named), or no TR is known.
    pub fn read(path: impl AsRef<Path>, mask: &Mask, tr: Option<f64>) -> Result<VoxelSeries> {
        Masker::new(mask).read(path, tr)
    }

    /// The same series without the first `lead_in` and the last `lead_out` volumes of each run, as
    /// [`Sampling::trim`](crate::activation::Sampling::trim) leaves them out of the neurons' courses.
    ///
    /// Values stay as they are: a run that was z-scored before has a mean and a deviation that are only nearly 0 and 1 now.
    ///
    /// # Errors
    /// If nothing would be left of a run.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let mask = Mask::mni4mm()?;
    /// let data = ndarray::Array2::from_shape_fn((20, mask.count()), |(volume, _)| volume as f32);
    /// let bold = VoxelSeries::new(data, mask, Clock::new(1.5, &[12, 8])?, "counted")?.trimmed(3, 1)?;
    /// assert_eq!(bold.data().column(0).to_vec(), [3., 4., 5., 6., 7., 8., 9., 10., 15., 16., 17., 18.]);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn trimmed(&self, lead_in: usize, lead_out: usize) -> Result<VoxelSeries> {
        let clock = self.clock.trimmed(lead_in, lead_out)?;
        let mut data = Array2::zeros((clock.total(), self.mask.count()));
        let mut kept = Vec::new();
        for run in 0..clock.runs() {
            let first = self.clock.rows(run).start + lead_in;
            let rows = first..first + clock.volumes(run);
            data.slice_mut(ndarray::s![clock.rows(run), ..]).assign(&self.data.slice(ndarray::s![rows.clone(), ..]));
            kept.extend_from_slice(&self.kept[rows]);
        }
        let made = Provenance::step("trimmed").option("lead in", lead_in).option("lead out", lead_out);
        let made = made.input("bold", self);
        let trimmed = VoxelSeries::new(data, self.mask.clone(), clock, self.name.clone())?;
        Ok(VoxelSeries { kept: kept.into(), ..trimmed }.made(made))
    }

    /// Writes one run as a 4-D NIfTI-1 image (int16 with a scale, 0 outside the mask and in censored volumes).
    ///
    /// # Errors
    /// If there is no such run, or the file cannot be written; nothing half-written stays.
    pub fn write(&self, run: usize, path: impl AsRef<Path>) -> Result<()> {
        self.check_run(run)?;
        let rows = self.data.slice(ndarray::s![self.clock.rows(run), ..]).to_owned();
        let made = Provenance::step("one run").option("run", run).input("bold", self);
        write_made(path.as_ref(), &self.mask, &rows, self.clock.tr(), &made)
    }

    /// Time × voxel.
    pub fn data(&self) -> &Array2<f32> {
        &self.data
    }

    /// The mask whose voxels are the columns.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// The scan's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whose data this is.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for VoxelSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  {}\n  {}", self.name, self.clock, self.mask)?;
        self.censoring().map_or(Ok(()), |said| write!(f, "\n  {said}"))
    }
}

/// "12 of 300 volumes censored", if there are any.
pub(crate) fn censoring(kept: &[bool]) -> Option<String> {
    let censored = kept.iter().filter(|kept| !**kept).count();
    (censored > 0).then(|| format!("{censored} of {} volumes censored", kept.len()))
}

/// Zeros for a series of `volumes` × `voxels`, or an error that says how much memory was wanted.
pub(super) fn room(volumes: usize, voxels: usize) -> Result<Vec<f32>> {
    let mut values = Vec::new();
    let wanted = volumes.checked_mul(voxels);
    let reserved = wanted.is_some_and(|wanted| values.try_reserve_exact(wanted).is_ok());
    if !reserved {
        let gigabytes = volumes as f64 * voxels as f64 * 4e-9;
        return Err(Error::value(
            format!("{volumes} volumes × {voxels} voxels need {gigabytes:.1} GB of memory, which is not there"),
            "take a smaller mask, or fewer runs",
        ));
    }
    values.resize(volumes * voxels, 0.0);
    Ok(values)
}

/// Writes `data` (time × voxel of `mask`) as a 4-D NIfTI-1 image with `tr` in seconds.
///
/// Values are stored as int16 times one slope, as scanners and fMRIPrep do: steps of 1/32767 of the largest value.
/// Outside the mask all is exactly 0.
///
/// # Errors
/// If columns are not the mask's voxels, a value is NaN or infinite, TR is no positive number, or the file cannot be
/// written; nothing half-written stays.
pub fn write_series(path: &Path, mask: &Mask, data: &Array2<f32>, tr: f64) -> Result<()> {
    let made = Content::new().array(data).given("voxel series").option("TR", tr).input("mask", mask);
    write_made(path, mask, data, tr, &made)
}

/// As [`write_series`], with what the data were made of.
pub(crate) fn write_made(path: &Path, mask: &Mask, data: &Array2<f32>, tr: f64, made: &Provenance) -> Result<()> {
    let clock = Clock::new(tr, &[data.nrows()])?;
    if data.ncols() != mask.count() {
        return Err(Error::shape(
            format!("the series has {} columns, the mask {} voxels", data.ncols(), mask.count()),
            "rows are volumes and columns the voxels of the mask",
        ));
    }
    if let Some(((row, column), value)) = data.indexed_iter().find(|(_, v)| !v.is_finite()) {
        return Err(Error::value(
            format!("voxel {:?} has the value {value} at volume {row}", mask.position(column)),
            "an image of int16 holds finite values only",
        ));
    }
    let largest = data.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let slope = if largest > 0.0 { (largest / 32767.0).max(f32::MIN_POSITIVE) } else { 1.0 };
    let image = mask.image(Some((data.nrows(), clock.tr())), Encoding::Int16(slope), "BOLD series").made(made);
    write_image(path, &image, |volume, grid| {
        mask.voxels().iter().zip(data.row(volume)).for_each(|(v, value)| grid[*v as usize] = *value);
        Ok(())
    })
}
