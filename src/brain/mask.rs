//! Which voxels of a grid are looked at.

use super::Affine;
use super::nifti::{Encoding, Image, Source, write_image};
use crate::error::{Error, Result};
use crate::provenance::{Origin, Provenance, Traced, digest_of, file};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The 4 mm mask that comes with the crate (assets/atlas/README.md says how it was made).
static MNI_4MM: &[u8] = include_bytes!("../../assets/atlas/mni152_brain_4mm.nii.gz");
static GREY_4MM: &[u8] = include_bytes!("../../assets/atlas/mni152_grey_4mm.nii.gz");

/// The voxels of a grid that belong to the brain (or a region); clones are cheap.
///
/// A series' columns and a map's values are the mask's voxels in the order of [`Mask::voxels`].
///
/// ```
/// use neurocell::brain::Mask;
/// let brain = Mask::mni4mm()?;
/// println!("{brain}"); // mask of 29460 voxels in a grid of 39 × 49 × 40, voxels of 4 × 4 × 4 mm
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    pub(crate) shape: [usize; 3],
    pub(crate) affine: Affine,
    /// Flat index i + shape[0] · (j + shape[1] · k) of each voxel inside, ascending: NIfTI's own order.
    pub(crate) voxels: Arc<[u32]>,
    pub(crate) origin: Origin,
}

impl Mask {
    /// The voxels for which `inside` is true; `inside` is the whole grid of `shape`, first axis fastest.
    ///
    /// # Errors
    /// If `inside` is not as long as the grid, no voxel is inside, or the affine cannot be inverted.
    pub fn new(shape: [usize; 3], affine: Affine, inside: &[bool]) -> Result<Mask> {
        let [x, y, z] = shape;
        let voxels = x.checked_mul(y).and_then(|n| n.checked_mul(z)).filter(|n| u32::try_from(*n).is_ok());
        if voxels != Some(inside.len()) {
            return Err(Error::shape(
                format!("{} values for a grid of {x} × {y} × {z}", inside.len()),
                "give one value for each voxel of the grid, fewer than 4 billion",
            ));
        }
        if !affine.invertible() {
            return Err(Error::value(format!("the affine {affine} cannot be inverted"), "take the affine of an image"));
        }
        let voxels: Arc<[u32]> = (0u32..).zip(inside).filter(|(_, inside)| **inside).map(|(n, _)| n).collect();
        if voxels.is_empty() {
            return Err(Error::value(
                format!("the mask of {x} × {y} × {z} is empty"),
                "lower the threshold, or look at the image",
            ));
        }
        Ok(Mask { shape, affine, voxels, origin: Origin::given() })
    }

    /// Reads a mask: an image of one volume with 0 outside and one other value inside.
    ///
    /// # Errors
    /// If the file is no sound NIfTI-1 image, has several volumes, holds NaN or more than one value besides 0, or no
    /// voxel is inside.
    pub fn read(path: impl AsRef<Path>) -> Result<Mask> {
        let mask = Mask::from_source(Source::open(path.as_ref())?)?;
        Ok(mask.made(Provenance::step("mask").input("image", &file(path.as_ref())?)))
    }

    fn from_source(mut source: Source) -> Result<Mask> {
        let header = source.header().clone();
        header.one_volume("a mask")?;
        let values = source.whole_volume()?;
        source.finish()?;
        if let Some(n) = values.iter().position(|v| !v.is_finite()) {
            let [x, y, _] = header.shape;
            let at = [n % x, n / x % y, n / (x * y)];
            let problem = format!("the mask has the value {} at voxel {at:?}", values[n]);
            return Err(Error::format(&header.path, problem, "write the mask with 0 and 1"));
        }
        let inside = values.iter().find(|v| **v != 0.0).copied().unwrap_or(1.0);
        if let Some(other) = values.iter().find(|v| **v != 0.0 && **v != inside) {
            return Err(Error::format(
                &header.path,
                format!("a mask has 0 and one other value, this image has 0, {inside} and {other}"),
                "a map of probabilities or labels becomes a mask with \
                 `BrainMap::read(path)?.above(0.5)?`",
            ));
        }
        let inside: Vec<bool> = values.iter().map(|v| *v != 0.0).collect();
        match inside.contains(&true) {
            true => Mask::new(header.shape, header.affine, &inside),
            false => Err(Error::format(&header.path, "the mask is empty: all values are 0", "make the mask again")),
        }
    }

    /// The brain in MNI space at 4 mm: the mask that comes with the crate, from the ICBM 152 template of 2009.
    ///
    /// # Errors
    /// None in practice: the mask is part of the program.
    pub fn mni4mm() -> Result<Mask> {
        let shipped = Provenance::shipped("mni152_brain_4mm", &digest_of(MNI_4MM));
        Ok(Mask::from_source(Source::embedded(MNI_4MM, "mni152_brain_4mm.nii.gz")?)?
            .made(Provenance::step("mask").input("image", &shipped)))
    }

    /// The voxels of [`Mask::mni4mm`] of which at least 15 % is grey matter.
    pub(super) fn grey4mm() -> Result<Mask> {
        Mask::from_source(Source::embedded(GREY_4MM, "mni152_grey_4mm.nii.gz")?)
    }

    /// Writes the mask as a NIfTI-1 image of 0 and 1 (uint8), gzipped if the name ends in `.nii.gz`.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written stays.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let image = self.image(None, Encoding::Uint8, "mask").made(&self.provenance());
        write_image(path.as_ref(), &image, |_, grid| {
            self.voxels.iter().for_each(|v| grid[*v as usize] = 1.0);
            Ok(())
        })
    }

    /// The header of an image on the mask's grid.
    pub(super) fn image<'a>(&'a self, time: Option<(usize, f64)>, encoding: Encoding, about: &'a str) -> Image<'a> {
        Image { shape: self.shape, affine: &self.affine, time, encoding, description: about, extension: Vec::new() }
    }

    /// The same with what made it.
    pub(crate) fn made(self, made: Provenance) -> Mask {
        Mask { origin: made.into(), ..self }
    }

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

    /// Centre of the mask's voxel number `n` in mm: x to the right, y to the front, z up.
    pub fn mm(&self, n: usize) -> [f64; 3] {
        self.affine.mm(self.position(n).map(|i| i as f64))
    }

    /// The number, within the mask, of the voxel at a grid position; `None` outside the mask.
    pub fn number(&self, position: [usize; 3]) -> Option<usize> {
        if position.iter().zip(self.shape).any(|(i, n)| *i >= n) {
            return None;
        }
        let flat = position[0] + self.shape[0] * (position[1] + self.shape[1] * position[2]);
        // A mask's grid has fewer than 2³² voxels.
        self.voxels.binary_search(&(flat as u32)).ok()
    }

    /// The voxels that are inside both masks.
    ///
    /// # Errors
    /// If the grids differ (both are shown), or no voxel is inside both.
    pub fn and(&self, other: &Mask) -> Result<Mask> {
        self.check_grid("the one mask", other.shape, &other.affine, "the other")?;
        let voxels: Arc<[u32]> =
            self.voxels.iter().copied().filter(|v| other.voxels.binary_search(v).is_ok()).collect();
        if voxels.is_empty() {
            return Err(Error::value(
                format!("masks of {} and {} voxels have no voxel in common", self.count(), other.count()),
                "look at both masks: one may be flipped or of another space",
            ));
        }
        let made = Provenance::step("voxels of both masks").input("one", self).input("other", other);
        Ok(Mask { voxels, ..self.clone() }.made(made))
    }

    /// Whether a grid is this mask's: the same shape, and corners closer than a hundredth of a voxel.
    pub(crate) fn same_grid(&self, shape: [usize; 3], affine: &Affine) -> bool {
        let edge = self.affine.voxel_size().into_iter().fold(f64::INFINITY, f64::min);
        self.shape == shape && self.affine.farthest_corner(affine, shape) < 0.01 * edge
    }

    /// An error that shows both grids if they differ.
    pub(crate) fn check_grid(&self, this: &str, shape: [usize; 3], affine: &Affine, that: &str) -> Result<()> {
        if self.same_grid(shape, affine) {
            return Ok(());
        }
        let grid = |[x, y, z]: [usize; 3], affine: &Affine| format!("{x} × {y} × {z}, affine {affine}");
        Err(Error::shape(
            format!(
                "{this} and {that} are on different grids: {} against {}",
                grid(self.shape, &self.affine),
                grid(shape, affine)
            ),
            "take the mask that was made with the image, or bring the image onto the mask's grid: \
             `Masker::new(&mask).resampling(Interpolation::Cubic)`, `bold.resampled_to(&mask, Interpolation::Cubic)`",
        ))
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.shape;
        let size = self.affine.voxel_size().map(|mm| ((mm * 100.0).round() / 100.0).to_string());
        write!(f, "mask of {} voxels in a grid of {x} × {y} × {z}, voxels of {} mm", self.count(), size.join(" × "))
    }
}
