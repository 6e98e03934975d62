//! Masked BOLD: one course per voxel.

use super::Mask;
use crate::clock::Clock;
use crate::error::{Error, Result};
use ndarray::Array2;
use std::sync::Arc;

/// Masked BOLD of all runs: time × voxel; clones are cheap.
#[derive(Clone, Debug)]
pub struct VoxelSeries {
    data: Arc<Array2<f32>>,
    mask: Mask,
    clock: Clock,
    name: String,
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
        if let Some(((row, column), value)) = data.indexed_iter().find(|(_, v)| !v.is_finite()) {
            return Err(Error::value(
                format!("voxel {:?} has the value {value} at volume {row}", mask.position(column)),
                "leave the voxel out of the mask, or mend the image",
            ));
        }
        Ok(VoxelSeries { data: Arc::new(data), mask, clock, name: name.into() })
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
