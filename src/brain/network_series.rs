//! One course per functional brain network.

use super::networks::check_names;
use super::series::censoring;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::{Origin, Provenance};
use crate::signal::zscore;
use ndarray::{Array2, Axis};
use std::fmt;
use std::sync::Arc;

/// Courses of functional brain networks: time × network, one row per volume of the scan; clones are cheap.
#[derive(Clone, Debug)]
pub struct NetworkSeries {
    data: Arc<Array2<f32>>,
    names: Arc<[String]>,
    clock: Clock,
    kept: Arc<[bool]>,
    about: String,
    pub(crate) origin: Origin,
}

impl NetworkSeries {
    /// A series of `data` (time × network) on `clock`; `about` says whose data and which networks.
    ///
    /// # Errors
    /// If rows are not the clock's volumes, columns not the names, or a value is NaN or infinite (the first is named).
    pub fn new(data: Array2<f32>, names: &[String], clock: Clock, about: impl Into<String>) -> Result<NetworkSeries> {
        if data.dim() != (clock.total(), names.len()) {
            return Err(Error::shape(
                format!(
                    "the series is {} × {}, its clock has {} volumes and there are {} names",
                    data.nrows(),
                    data.ncols(),
                    clock.total(),
                    names.len()
                ),
                "rows are volumes and columns networks; transpose the array if they are swapped",
            ));
        }
        if let Some(((row, column), value)) = data.indexed_iter().find(|(_, v)| !v.is_finite()) {
            return Err(Error::value(
                format!("the network {} has the value {value} at volume {row}", names[column]),
                "find where it came from; courses are finite",
            ));
        }
        let kept = vec![true; clock.total()];
        let (data, origin) = (Arc::new(data), Origin::given());
        Ok(NetworkSeries { data, names: names.into(), clock, kept: kept.into(), about: about.into(), origin })
    }

    /// The same with what made it.
    pub(crate) fn made(self, made: Provenance) -> NetworkSeries {
        NetworkSeries { origin: made.into(), ..self }
    }

    /// The same with some rows censored: they become 0.
    pub(crate) fn keeping(mut self, kept: &[bool]) -> NetworkSeries {
        if kept.contains(&false) {
            let data = Arc::make_mut(&mut self.data);
            data.rows_mut().into_iter().zip(kept).filter(|(_, kept)| !**kept).for_each(|(mut row, _)| row.fill(0.0));
        }
        NetworkSeries { kept: kept.into(), origin: Origin::given(), ..self }
    }

    /// The same courses under other names.
    ///
    /// # Errors
    /// If there are not as many names as networks, or a name comes twice.
    pub fn renamed(&self, names: &[String]) -> Result<NetworkSeries> {
        check_names(&self.names, names)?;
        let made = Provenance::step("rename").option("names", names.join(", ")).input("courses", self);
        Ok(NetworkSeries { names: names.into(), ..self.clone() }.made(made))
    }

    /// The same with the volumes censored that are not `kept`, one mark for each: they become 0, and no step learns from them.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let courses = ndarray::Array2::from_shape_fn((30, 1), |(t, _)| (t as f32).sin());
    /// let series = NetworkSeries::new(courses, &["Visual".to_owned()], Clock::new(2.0, &[30])?, "made courses")?;
    /// // The fifth volume moved too much.
    /// let kept: Vec<bool> = (0..30).map(|t| t != 4).collect();
    /// assert_eq!(series.censored(&kept)?.data()[[4, 0]], 0.0);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there are not as many marks as volumes.
    pub fn censored(&self, kept: &[bool]) -> Result<NetworkSeries> {
        if kept.len() != self.clock.total() {
            return Err(Error::shape(
                format!("{} marks of kept volumes, and {} has {}", kept.len(), self.about, self.clock),
                "give one for each volume of all runs",
            ));
        }
        let both: Vec<bool> = kept.iter().zip(self.kept.iter()).map(|(new, old)| *new && *old).collect();
        let volumes: Vec<usize> = (0..kept.len()).filter(|t| !both[*t]).collect();
        let made = Provenance::step("censor").option("volumes", format!("{volumes:?}")).input("courses", self);
        Ok(self.clone().keeping(&both).made(made))
    }

    /// Whether each row is kept, as in the [voxels' series](super::VoxelSeries::kept) that the courses are from; censored rows are 0, and no step learns from them.
    pub fn kept(&self) -> &[bool] {
        &self.kept
    }

    /// Time × network.
    pub fn data(&self) -> &Array2<f32> {
        &self.data
    }

    /// The networks' names, in the order of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The scan's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whose data this is, and which networks.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// One network's course, a value per volume.
    ///
    /// # Errors
    /// If there is no network of that name; the nearest name is proposed.
    pub fn course(&self, name: &str) -> Result<Vec<f32>> {
        match self.names.iter().position(|n| n == name) {
            Some(column) => Ok(self.data.column(column).to_vec()),
            None => Err(Error::unknown("network", name, &self.names)),
        }
    }

    /// The same courses with mean 0 and standard deviation 1 (n − 1 in its denominator) over the kept volumes of each run.
    ///
    /// # Errors
    /// If a course is constant within a run (its number is named), or a run has one kept volume.
    pub fn zscored(&self) -> Result<NetworkSeries> {
        let mut data = Array2::zeros(self.data.dim());
        for run in 0..self.clock.runs() {
            let rows: Vec<usize> = self.clock.rows(run).filter(|row| self.kept[*row]).collect();
            let scaled = zscore(&self.data.select(Axis(0), &rows))?;
            rows.into_iter().zip(scaled.rows()).for_each(|(row, scaled)| data.row_mut(row).assign(&scaled));
        }
        let about = format!("{}; z-scored by run", self.about);
        let made = Provenance::step("z-scored by run").input("courses", self);
        Ok(NetworkSeries { data: Arc::new(data), about, ..self.clone() }.made(made))
    }
}

impl fmt::Display for NetworkSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Network series: {} volumes × {} networks\n  {}\n  {}",
            self.data.nrows(),
            self.names.len(),
            self.about,
            self.clock
        )?;
        censoring(&self.kept).map_or(Ok(()), |said| write!(f, "\n  {said}"))
    }
}
