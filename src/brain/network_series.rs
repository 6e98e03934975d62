//! One course per functional brain network.

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::signal::zscore;
use ndarray::{Array2, s};
use std::fmt;
use std::sync::Arc;

/// Courses of functional brain networks: time × network, one row per volume of the scan; clones are cheap.
#[derive(Clone, Debug)]
pub struct NetworkSeries {
    data: Arc<Array2<f32>>,
    names: Arc<[String]>,
    clock: Clock,
    about: String,
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
        Ok(NetworkSeries { data: Arc::new(data), names: names.into(), clock, about: about.into() })
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

    /// The same courses with mean 0 and standard deviation 1 (n − 1 in its denominator) in each run.
    ///
    /// # Errors
    /// If a course is constant within a run (its number is named), or a run has one volume.
    pub fn zscored(&self) -> Result<NetworkSeries> {
        let mut data = Array2::zeros(self.data.dim());
        for run in 0..self.clock.runs() {
            let rows = self.clock.rows(run);
            data.slice_mut(s![rows.clone(), ..]).assign(&zscore(&self.data.slice(s![rows, ..]).to_owned())?);
        }
        NetworkSeries::new(data, &self.names, self.clock.clone(), format!("{}; z-scored by run", self.about))
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
        )
    }
}
