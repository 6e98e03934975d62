//! Functional brain networks as spatial maps.

use super::{BrainMap, Mask};
use crate::error::{Error, Result};
use ndarray::Array2;
use std::sync::Arc;

/// Functional brain networks: one spatial map per network on one mask; clones are cheap.
#[derive(Clone, Debug)]
pub struct Networks {
    pub(crate) atlas: String,
    pub(crate) names: Arc<[String]>,
    pub(crate) colours: Arc<[[u8; 3]]>,
    /// network × voxel; 1 inside and 0 outside for a label atlas.
    pub(crate) maps: Arc<Array2<f32>>,
    pub(crate) mask: Mask,
}

impl Networks {
    /// The atlas' name.
    pub fn atlas(&self) -> &str {
        &self.atlas
    }

    /// The networks' names, in the order of the rows.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The colour (red, green, blue) in which the atlas draws each network.
    pub fn colours(&self) -> &[[u8; 3]] {
        &self.colours
    }

    /// Number of networks.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Network × voxel; 1 inside and 0 outside for a label atlas.
    pub fn maps(&self) -> &Array2<f32> {
        &self.maps
    }

    /// The mask on whose voxels the maps are.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// The row of a network.
    ///
    /// # Errors
    /// If there is no network of that name; the nearest name is proposed.
    pub fn row(&self, name: &str) -> Result<usize> {
        let found = self.names.iter().position(|n| n == name);
        found.ok_or_else(|| Error::unknown(&format!("network of {}", self.atlas), name, &self.names))
    }

    /// One network's map.
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn map(&self, name: &str) -> Result<BrainMap> {
        let row = self.maps.row(self.row(name)?);
        BrainMap::new(row.to_vec(), &self.mask, format!("{name} ({})", self.atlas), "inside")
    }
}
