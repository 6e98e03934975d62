//! Functional brain networks from the data themselves: maps that many voxels share, found without an atlas.
//!
//! The z-scored courses X_s (time × voxel) of subjects s on one mask are written as
//!
//! ```text
//! X_s ≈ T_s · M        T_s: time × network, courses of subject s;  M: network × voxel, maps that all subjects share
//! ```
//!
//! | method | what makes a map |
//! |---|---|
//! | [`GroupIca`] | maps are statistically independent over voxels |
//! | [`SpatialDictionary`] | each voxel belongs to few networks: maps are sparse codes |
//! | [`Parcellation`] | each voxel belongs to one network: voxels are clustered by their courses |
//! | [`VsDbn`] | the weights of a deep belief network whose samples are volumes, combined down its layers |
//!
//! All of them take cleaned series ([`Bold::clean`](crate::brain::Bold::clean)), z-score each voxel within each run, and give an [`Extraction`]: the
//! maps as [`Networks`](crate::brain::Networks), each subject's courses as a [`NetworkSeries`](crate::brain::NetworkSeries), and a report. Networks come in
//! the order of the variance that they explain, largest first, and each map has the sign that makes its heavier tail positive (Σ m³ ≥ 0).
//! Voxels that are constant in a subject are left out, have the value 0 in every map, and are counted in the report.
//!
//! Smoothing, and with it the resolution of the maps, is the masker's ([`Masker::smoothing`](crate::brain::Masker::smoothing)); nothing is smoothed here. What is a subject's own
//! version of a network, [`dual_regression`] finds.
//!
//! Group ICA, dictionary and parcellation first reduce each subject's time points to its leading principal components; all decompositions
//! are those of [`pattern`](crate::pattern) with voxels in the place of neurons.
//!
//! ```
//! use neurocell::prelude::*;
//! use neurocell::brain::Affine;
//! use ndarray::Array2;
//! // Simulated: two subjects, 90 voxels in a row, of which the first ten and the last ten each follow a course of their own.
//! let mask = Mask::new([90, 1, 1], Affine([[3., 0., 0., 0.], [0., 3., 0., 0.], [0., 0., 3., 0.]]), &[true; 90])?;
//! let noise = |t: usize, v: usize| ((t * 7919 + v * 104_729 + t * v * 31) % 1009) as f32 / 1009.0 - 0.5;
//! let subject = |speed: f32| {
//!     let data = Array2::from_shape_fn((60, 90), |(t, v)| match v / 10 {
//!         0 => (speed * t as f32).sin() + noise(t, v),
//!         8 => (0.37 * speed * t as f32).cos() + noise(t, v),
//!         _ => noise(t, v),
//!     });
//!     VoxelSeries::new(data, mask.clone(), Clock::new(2.0, &[60])?, format!("simulated at speed {speed}"))
//! };
//! let found = GroupIca::new(2).fit(&[subject(0.9)?, subject(1.1)?])?;
//! println!("{found}");
//! assert_eq!((found.networks().count(), found.courses().len()), (2, 2));
//! # for row in found.networks().maps().rows() {
//! #     let ten = |n: usize| row.iter().skip(10 * n).take(10).sum::<f32>() / 10.0;
//! #     assert!((ten(0) > 1.5) != (ten(8) > 1.5) && ten(4) < 0.5, "{row}");
//! # }
//! # Ok::<(), neurocell::Error>(())
//! ```

mod assemble;
mod dictionary;
mod dual_regression;
mod extraction;
mod group_ica;
mod order;
mod parcellation;
mod reduce;
mod subjects;
mod vs_dbn;

pub use dictionary::SpatialDictionary;
pub use dual_regression::{DualRegression, dual_regression};
pub use extraction::Extraction;
pub use group_ica::GroupIca;
pub use parcellation::Parcellation;
pub use vs_dbn::VsDbn;

use crate::error::{Error, Result};

/// An error if no network is asked for.
fn check_networks(networks: usize) -> Result<()> {
    match networks {
        0 => Err(Error::value("0 networks were asked for", "ask for at least one, for example `GroupIca::new(20)`")),
        _ => Ok(()),
    }
}

/// How many components of each subject are kept: twice as many as networks, unless it was set.
fn components_of(asked: Option<usize>, networks: usize) -> Result<usize> {
    match asked {
        Some(0) => Err(Error::value("0 components of each subject", "keep some, by default twice as many as networks")),
        asked => Ok(asked.unwrap_or(2 * networks)),
    }
}
