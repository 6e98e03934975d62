//! One value per voxel of a mask.

use super::Mask;
use crate::error::{Error, Result};
use std::sync::Arc;

/// One value per voxel of a mask, with what it is and its unit; clones are cheap.
#[derive(Clone, Debug)]
pub struct BrainMap {
    values: Arc<[f32]>,
    mask: Mask,
    label: String,
    unit: String,
}

impl BrainMap {
    /// A map of `values`, one per voxel of `mask`; `label` says what it shows, `unit` in which unit ("r", "%", "z").
    ///
    /// # Errors
    /// If the number of values is not the number of voxels.
    pub fn new(values: Vec<f32>, mask: &Mask, label: impl Into<String>, unit: impl Into<String>) -> Result<BrainMap> {
        if values.len() != mask.count() {
            return Err(Error::shape(
                format!("the map has {} values, its mask {} voxels", values.len(), mask.count()),
                "take the mask with which the values were made",
            ));
        }
        Ok(BrainMap { values: values.into(), mask: mask.clone(), label: label.into(), unit: unit.into() })
    }

    /// The values, in the order of the mask's voxels.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The mask.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// What the map shows.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The values' unit.
    pub fn unit(&self) -> &str {
        &self.unit
    }
}
