//! One course per functional brain network.

use super::{Networks, VoxelSeries};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::{in_pool, product, pseudo_inverse};
use ndarray::{Array2, Axis};
use rayon::prelude::*;
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

impl VoxelSeries {
    /// The course of each network: the mean over its voxels where networks are labels (nilearn's `NiftiLabelsMasker`); where they are weighted maps that
    /// may overlap, the least-squares fit of all maps to each volume, X·Mᵀ·(M·Mᵀ)⁺ (nilearn's `NiftiMapsMasker`).
    ///
    /// Networks of another grid are brought onto the series' mask ([`Networks::resampled_to`]), which the result says.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let networks = Networks::yeo7()?;
    /// # let data = ndarray::Array2::from_shape_fn((20, networks.mask().count()), |(t, v)| ((t * 7 + v) % 13) as f32);
    /// # let bold = VoxelSeries::new(data, networks.mask().clone(), Clock::new(1.5, &[20])?, "made")?;
    /// let courses = bold.network_courses(&networks)?;
    /// assert_eq!(courses.data().dim(), (20, 7));
    /// assert_eq!(courses.course("Default")?.len(), 20);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If no network has a voxel in the series' mask.
    pub fn network_courses(&self, networks: &Networks) -> Result<NetworkSeries> {
        let networks = networks.resampled_to(self.mask())?;
        let courses = match labels(networks.maps()) {
            Some(labels) => means(self.data(), &labels, networks.count()),
            None => fitted(self.data(), networks.maps())?,
        };
        let about = format!("{}; networks: {}", self.name(), networks.atlas());
        NetworkSeries::new(courses, networks.names(), self.clock().clone(), about)
    }
}

/// The one network of each voxel, if all weights are 0 or 1 and no voxel has two; `u32::MAX` for none.
fn labels(maps: &Array2<f32>) -> Option<Vec<u32>> {
    let mut labels = vec![u32::MAX; maps.ncols()];
    for (network, row) in (0u32..).zip(maps.rows()) {
        for (label, &weight) in labels.iter_mut().zip(row) {
            match weight {
                0.0 => {}
                1.0 if *label == u32::MAX => *label = network,
                _ => return None,
            }
        }
    }
    Some(labels)
}

fn means(data: &Array2<f32>, labels: &[u32], networks: usize) -> Array2<f32> {
    let mut counts = vec![0.0f64; networks];
    // Voxels of no network add to a place that nobody reads.
    let places: Vec<usize> = labels.iter().map(|label| (*label as usize).min(networks)).collect();
    places.iter().filter(|place| **place < networks).for_each(|place| counts[*place] += 1.0);
    let mut means = Array2::zeros((data.nrows(), networks));
    in_pool(|| {
        let rows = means.axis_iter_mut(Axis(0)).into_par_iter().zip(data.axis_iter(Axis(0)).into_par_iter());
        rows.for_each(|(mut to, row)| {
            let mut sums = vec![0.0f64; networks + 1];
            row.iter().zip(&places).for_each(|(v, place)| sums[*place] += f64::from(*v));
            to.iter_mut().zip(sums.iter().zip(&counts)).for_each(|(to, (sum, count))| *to = (sum / count) as f32);
        });
    });
    means
}

fn fitted(data: &Array2<f32>, maps: &Array2<f32>) -> Result<Array2<f32>> {
    let wide = maps.mapv(f64::from);
    let inverse = pseudo_inverse(wide.dot(&wide.t()).view())?;
    let solver = inverse.dot(&wide).mapv(|v| v as f32);
    product(data.view(), solver.t())
}
