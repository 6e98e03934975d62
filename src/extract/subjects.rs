//! The subjects of an extraction, loaded one at a time.

use crate::brain::{Mask, NetworkSeries, VoxelSeries};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::ColumnBlocks;
use crate::notebook::{Progress, check_cancelled};
use crate::pattern::Moments;
use ndarray::Array2;

/// Subjects on one mask; each is loaded when it is needed, so that those of a large study need not be in memory together.
pub(super) struct Subjects<'a> {
    pub count: usize,
    load: Box<dyn Fn(usize) -> Result<VoxelSeries> + 'a>,
}

/// One subject's courses.
pub(super) struct Subject {
    /// Without the volumes that are censored.
    pub series: VoxelSeries,
    pub scan: Scan,
    /// Time × voxel of the mask, z-scored within each run; constant voxels are 0.
    pub data: ColumnBlocks,
    /// Whether each voxel varies.
    pub varies: Vec<bool>,
}

/// A subject's scan: its clock, and which of the volumes are kept.
pub(super) struct Scan {
    clock: Clock,
    kept: Vec<bool>,
}

impl Scan {
    /// Courses over the kept volumes as a series over all of them, 0 where one is censored.
    pub(super) fn series(&self, courses: &Array2<f32>, names: &[String], about: String) -> Result<NetworkSeries> {
        let mut all = Array2::zeros((self.clock.total(), courses.ncols()));
        let rows = all.rows_mut().into_iter().zip(&self.kept).filter(|(_, kept)| **kept);
        rows.zip(courses.rows()).for_each(|((mut row, _), course)| row.assign(&course));
        Ok(NetworkSeries::new(all, names, self.clock.clone(), about)?.keeping(&self.kept))
    }
}

impl Subject {
    pub(super) fn new(whole: VoxelSeries) -> Result<Subject> {
        let series = whole.kept_rows()?;
        let moments = Moments::of(series.data(), series.clock());
        let all: Vec<usize> = (0..series.mask().count()).collect();
        let data = moments.zscored(series.data(), &all);
        let varies = all.into_iter().map(|voxel| moments.varies(voxel)).collect();
        let scan = Scan { clock: whole.clock().clone(), kept: whole.kept().to_vec() };
        Ok(Subject { series, scan, data, varies })
    }

    /// Most independent courses that it can have: volumes less one for the mean of each run.
    pub(super) fn freedom(&self) -> usize {
        self.series.clock().total() - self.series.clock().runs()
    }
}

impl<'a> Subjects<'a> {
    pub(super) fn of(series: &'a [VoxelSeries]) -> Subjects<'a> {
        Subjects { count: series.len(), load: Box::new(|n| Ok(series[n].clone())) }
    }

    pub(super) fn loaded(count: usize, load: impl Fn(usize) -> Result<VoxelSeries> + 'a) -> Subjects<'a> {
        Subjects { count, load: Box::new(load) }
    }

    /// Gives each subject in turn to `work`, with its number.
    ///
    /// # Errors
    /// If there is no subject, two are on different masks (both are named), one cannot be loaded, or it is stopped.
    pub(super) fn each(&self, what: &str, mut work: impl FnMut(usize, Subject) -> Result<()>) -> Result<Mask> {
        let mut first: Option<(String, Mask)> = None;
        let mut progress = Progress::new(what, self.count as u64);
        for number in 0..self.count {
            check_cancelled(what)?;
            let series = (self.load)(number)?;
            match &first {
                None => first = Some((series.name().to_owned(), series.mask().clone())),
                Some((name, mask)) if mask != series.mask() => {
                    return Err(Error::shape(
                        format!("{name} is on a {mask}, {} on a {}: not the same voxels", series.name(), series.mask()),
                        "mask all subjects with one mask: the voxels that are inside all of them (`a.and(&b)?`), or that of a template",
                    ));
                }
                Some(_) => {}
            }
            work(number, Subject::new(series)?)?;
            progress.advance(1);
        }
        match first {
            Some((_, mask)) => Ok(mask),
            None => Err(Error::value("no subject was given", "give at least one series: `fit(&[bold])`")),
        }
    }
}
