//! Which voxels of a grid are looked at.

use super::Affine;
use std::sync::Arc;

/// The voxels of a grid that belong to the brain (or a region); clones are cheap.
///
/// A series' columns and a map's values are the mask's voxels in the order of [`Mask::voxels`].
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    pub(crate) shape: [usize; 3],
    pub(crate) affine: Affine,
    /// Flat index i + shape[0] · (j + shape[1] · k) of each voxel inside, ascending: NIfTI's own order.
    pub(crate) voxels: Arc<[u32]>,
}

impl Mask {
    /// Voxels of the whole grid along each axis.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The grid's affine.
    pub fn affine(&self) -> &Affine {
        &self.affine
    }

    /// Flat index i + nx · (j + ny · k) of each voxel inside, ascending.
    pub fn voxels(&self) -> &[u32] {
        &self.voxels
    }

    /// Number of voxels inside.
    pub fn count(&self) -> usize {
        self.voxels.len()
    }

    /// Grid position (i, j, k) of the mask's voxel number `n`.
    pub fn position(&self, n: usize) -> [usize; 3] {
        let flat = self.voxels[n] as usize;
        [flat % self.shape[0], flat / self.shape[0] % self.shape[1], flat / (self.shape[0] * self.shape[1])]
    }
}
