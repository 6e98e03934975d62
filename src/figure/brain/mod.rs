//! Pictures of the brain: cuts through a point, mosaics of cuts and glass brains, of maps, networks and masks.
//!
//! All are drawn over the MNI template (ICBM 152, 2009a symmetric, 2 mm), so that maps must be in MNI space; a map's values are
//! interpolated linearly between its voxels, whatever its affine's orientation. Left is left.

mod contour;
mod direction;
mod glass;
mod layer;
mod legend;
mod lines;
mod mosaic;
mod pane;
mod projection;
mod raster;
mod scene;
mod shell;
mod slices;
mod space;
mod view;

#[cfg(test)]
mod tests;

pub use direction::{Cuts, Direction};
pub use mosaic::mosaic_grid;

use super::drawn::Figure;
use super::look::Look;
use crate::brain::{BrainMap, Mask, Networks};
use crate::error::Result;
use crate::provenance::Provenance;
use scene::Scene;
pub(super) use scene::{LEGEND, NETWORK, network_labels, network_legend, network_title, networks_of_voxels};

fn sliced(scene: &Scene, at: Option<[f64; 3]>, made: Provenance) -> Result<Figure> {
    let at_text = at.map_or("the peak".to_owned(), |at| format!("{at:?} mm"));
    Ok(slices::three(scene, at)?.made(made.option("at", at_text)))
}

fn tiled(scene: &Scene, cuts: &Cuts, made: Provenance) -> Result<Figure> {
    Ok(mosaic::mosaic(scene, cuts)?.made(made.option("cuts", cuts.traced())))
}

/// Pictures of a map over the MNI template.
impl BrainMap {
    /// Sagittal, coronal and axial cut through the voxel of greatest |v|, over the MNI template.
    ///
    /// Values fade out towards zero; [`BrainMap::slices_at`] takes a threshold and more. A map without values, or with zeros only,
    /// gives the brain alone, and the remark says so.
    ///
    /// ```
    /// use neurocell::brain::Networks;
    /// let map = Networks::yeo7()?.map("Default")?;
    /// let figure = map.slices()?;
    /// # assert!(figure.alt().contains("cuts at x = "));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    pub fn slices(&self) -> Result<Figure> {
        self.sliced(None, &Look::default())
    }

    /// Sagittal, coronal and axial cut through a point in mm (MNI), with what [`Look`] asks for.
    ///
    /// ```no_run
    /// use neurocell::figure::{Look, Threshold};
    /// # fn show(map: neurocell::brain::BrainMap, ceiling: neurocell::brain::BrainMap) -> neurocell::Result<()> {
    /// let look = Look::default().threshold(Threshold::Both(3.1)).contour(&ceiling, 0.2);
    /// map.slices_at([-54.0, -24.0, 6.0], look)?.save("temporal.png")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the point lies outside of the template's field (which is named), a threshold, range, opacity or level is no sound number,
    /// or an affine cannot be inverted.
    pub fn slices_at(&self, mm: [f64; 3], look: Look) -> Result<Figure> {
        self.sliced(Some(mm), &look)
    }

    fn sliced(&self, at: Option<[f64; 3]>, look: &Look) -> Result<Figure> {
        sliced(&Scene::of_map(self, look)?, at, look.traced("slices", "map", self))
    }

    /// Eight axial cuts over the MNI template, one through the voxel of greatest |v|.
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    pub fn mosaic(&self) -> Result<Figure> {
        self.mosaic_with(Cuts::default(), Look::default())
    }

    /// Cuts in one direction over the MNI template.
    ///
    /// ```
    /// use neurocell::brain::Networks;
    /// use neurocell::figure::{Cuts, Look};
    /// let map = Networks::yeo7()?.map("Default")?;
    /// let figure = map.mosaic_with(Cuts::sagittal(&[-46.0, -6.0, 6.0, 46.0]), Look::default().title("Default network"))?;
    /// # assert!(figure.alt().contains("sagittal"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If no cut or more than 30 are asked for, one lies outside of the template's field, a threshold, range, opacity or level is no
    /// sound number, or an affine cannot be inverted.
    pub fn mosaic_with(&self, cuts: Cuts, look: Look) -> Result<Figure> {
        tiled(&Scene::of_map(self, &look)?, &cuts, look.traced("mosaic", "map", self))
    }

    /// A glass brain: from the left and from the right (one hemisphere each), from behind and from above, the value of greatest |v|
    /// along each line of sight, with its sign.
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    pub fn glass(&self) -> Result<Figure> {
        self.glass_with(Look::default())
    }

    /// A glass brain with what [`Look`] asks for. With a one-sided threshold the greatest values of that side are seen, even where
    /// larger ones of the other sign lie before or behind them.
    ///
    /// ```
    /// use neurocell::brain::Networks;
    /// use neurocell::figure::{Look, Threshold};
    /// let map = Networks::yeo7()?.map("Visual")?;
    /// let figure = map.glass_with(Look::default().threshold(Threshold::Positive(0.5)))?;
    /// # assert!(figure.alt().contains("glass brain"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a threshold, range, opacity or level is no sound number, or an affine cannot be inverted.
    pub fn glass_with(&self, look: Look) -> Result<Figure> {
        Ok(glass::glass(&Scene::of_map(self, &look)?)?.made(look.traced("glass", "map", self)))
    }
}

/// Pictures of networks in the atlas' colours, with their names; of many networks the legend shows families of one colour.
///
/// A voxel belongs to the network whose map is largest there, as a share of that map's own maximum, if that is at least a half.
/// Of a [`Look`], title, opacity and contours count (a network's own map: `look.contour(&networks.map("Visual")?, 0.5)`).
impl Networks {
    /// Sagittal, coronal and axial cut, each through the plane with most voxels in networks.
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    pub fn slices(&self) -> Result<Figure> {
        self.sliced(None, &Look::default())
    }

    /// Sagittal, coronal and axial cut through a point in mm (MNI).
    ///
    /// # Errors
    /// If the point lies outside of the template's field, a threshold or range is asked for, or an affine cannot be inverted.
    pub fn slices_at(&self, mm: [f64; 3], look: Look) -> Result<Figure> {
        self.sliced(Some(mm), &look)
    }

    fn sliced(&self, at: Option<[f64; 3]>, look: &Look) -> Result<Figure> {
        sliced(&Scene::of_networks(self, look)?, at, look.traced("slices", "networks", self))
    }

    /// Eight axial cuts.
    ///
    /// ```
    /// let figure = neurocell::brain::Networks::yeo7()?.mosaic()?;
    /// assert!(figure.svg()?.contains("Frontoparietal"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    pub fn mosaic(&self) -> Result<Figure> {
        self.mosaic_with(Cuts::default(), Look::default())
    }

    /// Cuts in one direction.
    ///
    /// # Errors
    /// If no cut or more than 30 are asked for, one lies outside of the template's field, a threshold or range is asked for, or an
    /// affine cannot be inverted.
    pub fn mosaic_with(&self, cuts: Cuts, look: Look) -> Result<Figure> {
        tiled(&Scene::of_networks(self, &look)?, &cuts, look.traced("mosaic", "networks", self))
    }

    /// A glass brain: from the left and from the right, from behind and from above, the network that lies nearest to the viewer.
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    pub fn glass(&self) -> Result<Figure> {
        self.glass_with(Look::default())
    }

    /// A glass brain with what [`Look`] asks for.
    ///
    /// # Errors
    /// If a threshold or range is asked for, or an affine cannot be inverted.
    pub fn glass_with(&self, look: Look) -> Result<Figure> {
        Ok(glass::glass(&Scene::of_networks(self, &look)?)?.made(look.traced("glass", "networks", self)))
    }
}

/// Pictures of a mask in one colour.
impl Mask {
    /// Sagittal, coronal and axial cut, each through the plane with most of the mask's voxels.
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    pub fn slices(&self) -> Result<Figure> {
        let look = Look::default();
        sliced(&Scene::of_mask(self, &look)?, None, look.traced("slices", "mask", self))
    }

    /// Eight axial cuts.
    ///
    /// ```
    /// let figure = neurocell::brain::Mask::mni4mm()?.mosaic()?;
    /// assert!(figure.alt().contains("cm³"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    pub fn mosaic(&self) -> Result<Figure> {
        self.mosaic_with(Cuts::default(), Look::default())
    }

    /// Cuts in one direction.
    ///
    /// # Errors
    /// If no cut or more than 30 are asked for, one lies outside of the template's field, a threshold or range is asked for, or an
    /// affine cannot be inverted.
    pub fn mosaic_with(&self, cuts: Cuts, look: Look) -> Result<Figure> {
        tiled(&Scene::of_mask(self, &look)?, &cuts, look.traced("mosaic", "mask", self))
    }

    /// A glass brain.
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    pub fn glass(&self) -> Result<Figure> {
        let look = Look::default();
        Ok(glass::glass(&Scene::of_mask(self, &look)?)?.made(look.traced("glass", "mask", self)))
    }
}
