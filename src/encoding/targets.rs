//! What an encoding model predicts: BOLD in memory or on disk.

use crate::brain::{Mask, VoxelFile, VoxelSeries, censoring, voxel_digest};
use crate::clock::Clock;
use crate::error::Result;
use crate::provenance::Traced;
use ndarray::{Array2, s};
use std::ops::Range;

/// Voxels' courses that are read some voxels at a time: a [`VoxelSeries`] in memory, or a [`VoxelFile`] on disk.
///
/// ```
/// use neurocell::encoding::Targets;
/// use neurocell::prelude::*;
/// let mask = Mask::mni4mm()?;
/// let data = ndarray::Array2::from_shape_fn((10, mask.count()), |(t, v)| (t * v % 7) as f32);
/// let bold = VoxelSeries::new(data, mask, Clock::new(1.5, &[6, 4])?, "made")?;
/// assert_eq!(bold.columns(2..5)?.dim(), (10, 3));
/// # Ok::<(), neurocell::Error>(())
/// ```
pub trait Targets: Traced + Sync {
    /// The scan's clock, whose volumes are the rows.
    fn clock(&self) -> &Clock;
    /// The mask whose voxels are the columns.
    fn mask(&self) -> &Mask;
    /// Whose data, and how they were cleaned.
    fn name(&self) -> &str;
    /// Whether each row is kept; those that are not are neither learned from nor scored.
    fn kept(&self) -> &[bool];
    /// "12 of 300 volumes censored", if there are any.
    fn censoring(&self) -> Option<String> {
        censoring(self.kept())
    }
    /// Every row of some voxels: time × voxel.
    ///
    /// # Errors
    /// If they cannot be read.
    fn columns(&self, voxels: Range<usize>) -> Result<Array2<f32>>;
    /// SHA-256 of values, mask, clock and censored volumes, by which a stored fit is found again.
    ///
    /// # Errors
    /// If they cannot be read.
    fn digest(&self) -> Result<String> {
        voxel_digest(self.clock(), self.mask(), self.kept(), |voxels| self.columns(voxels))
    }
}

impl Targets for VoxelSeries {
    fn clock(&self) -> &Clock {
        self.clock()
    }

    fn mask(&self) -> &Mask {
        self.mask()
    }

    fn name(&self) -> &str {
        self.name()
    }

    fn kept(&self) -> &[bool] {
        self.kept()
    }

    fn columns(&self, voxels: Range<usize>) -> Result<Array2<f32>> {
        Ok(self.data().slice(s![.., voxels]).to_owned())
    }
}

impl Targets for VoxelFile {
    fn clock(&self) -> &Clock {
        self.clock()
    }

    fn mask(&self) -> &Mask {
        self.mask()
    }

    fn name(&self) -> &str {
        self.name()
    }

    fn kept(&self) -> &[bool] {
        self.kept()
    }

    fn columns(&self, voxels: Range<usize>) -> Result<Array2<f32>> {
        self.columns(voxels)
    }

    fn digest(&self) -> Result<String> {
        Ok(self.digest().to_owned())
    }
}
