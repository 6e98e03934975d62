//! Networks on the voxels of a fit.

use crate::brain::{Mask, Networks};
use crate::error::{Error, Result};
use ndarray::Array2;

/// The networks' maps (network × voxel) on the voxels of `mask`, which lies on the same grid.
///
/// The two masks need not hold the same voxels: one that the atlas does not cover belongs to no network, and has 0.
pub(crate) fn networks_on(networks: &Networks, mask: &Mask) -> Result<Array2<f32>> {
    let theirs = networks.mask();
    if theirs.shape() != mask.shape() || theirs.affine() != mask.affine() {
        return Err(Error::shape(
            format!(
                "{} is on a grid of {:?} voxels with affine {:?}, the data on one of {:?} with {:?}",
                networks.atlas(),
                theirs.shape(),
                theirs.affine().0,
                mask.shape(),
                mask.affine().0
            ),
            "bring the atlas to the grid of the data: `networks.resampled_to(fit.mask())?`",
        ));
    }
    Ok(networks.at_voxels_of(mask).maps().clone())
}
