//! One value per voxel of a mask.

use super::Mask;
use super::nifti::{Encoding, Source, write_image};
use crate::error::{Error, Result};
use crate::provenance::{Origin, Provenance, Traced, file};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// One value per voxel of a mask, with what it is and its unit; clones are cheap.
///
/// ```
/// use neurocell::brain::{BrainMap, Mask};
/// let brain = Mask::mni4mm()?;
/// let height = (0..brain.count()).map(|n| brain.mm(n)[2] as f32).collect();
/// let map = BrainMap::new(height, &brain, "height above the origin", "mm")?;
/// println!("{map}"); // … 29460 voxels, -68.000 to 80.000 mm, peak 80.000 mm at (…) mm
/// let top = map.above(60.0)?;
/// # assert!(top.count() > 0 && top.count() < brain.count());
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BrainMap {
    values: Arc<[f32]>,
    mask: Mask,
    label: String,
    unit: String,
    pub(crate) origin: Origin,
}

/// Where a map has its largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// The value there.
    pub value: f32,
    /// Grid position (i, j, k).
    pub position: [usize; 3],
    /// Centre of the voxel in mm: x to the right, y to the front, z up.
    pub mm: [f64; 3],
}

impl BrainMap {
    /// A map whose values are known to be one per voxel of the mask.
    pub(crate) fn of(values: Vec<f32>, mask: &Mask, label: String, unit: &str) -> BrainMap {
        debug_assert_eq!(values.len(), mask.count());
        let origin = Origin::given();
        BrainMap { values: values.into(), mask: mask.clone(), label, unit: unit.to_owned(), origin }
    }

    /// The same with what made it.
    pub(crate) fn made(self, made: Provenance) -> BrainMap {
        BrainMap { origin: made.into(), ..self }
    }

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
        let origin = Origin::given();
        Ok(BrainMap { values: values.into(), mask: mask.clone(), label: label.into(), unit: unit.into(), origin })
    }

    /// Reads a statistical map: an image of one volume. Its mask is where it is neither 0 nor NaN; with a mask of
    /// your own, [`BrainMap::read_in`] keeps zeros too.
    ///
    /// # Errors
    /// If the file is no sound NIfTI-1 image, has several volumes, holds an infinite value, or is 0 everywhere.
    pub fn read(path: impl AsRef<Path>) -> Result<BrainMap> {
        let path = path.as_ref();
        let mut source = Source::open(path)?;
        let header = source.header().clone();
        header.one_volume("a map")?;
        let values = source.whole_volume()?;
        source.finish()?;
        let inside: Vec<bool> = values.iter().map(|v| *v != 0.0 && !v.is_nan()).collect();
        if !inside.contains(&true) {
            return Err(Error::format(path, "the map is 0 or NaN everywhere", "look at the image"));
        }
        let mask = Mask::new(header.shape, header.affine, &inside)?;
        let values: Vec<f32> = mask.voxels().iter().map(|v| values[*v as usize]).collect();
        if let Some(n) = values.iter().position(|v| v.is_infinite()) {
            return Err(Error::format(
                path,
                format!("voxel {:?} has the value {}", mask.position(n), values[n]),
                "mend the image",
            ));
        }
        let read = file(path)?;
        let mask = mask.made(Provenance::step("where a map is not 0").input("image", &read));
        Ok(BrainMap::new(values, &mask, label_of(path), "")?.made(Provenance::step("map").input("image", &read)))
    }

    /// Reads a map's values at the voxels of `mask`.
    ///
    /// # Errors
    /// If the file is no sound NIfTI-1 image, has several volumes or another grid than the mask (both are shown), or a
    /// value inside the mask is NaN or infinite (the first is named).
    pub fn read_in(path: impl AsRef<Path>, mask: &Mask) -> Result<BrainMap> {
        let path = path.as_ref();
        let mut source = Source::open(path)?;
        let header = source.header().clone();
        header.one_volume("a map")?;
        mask.check_grid("the mask", header.shape, &header.affine, &path.display().to_string())?;
        let mut values = vec![0.0; mask.count()];
        source.masked_volume(mask.voxels(), &mut values)?;
        source.finish()?;
        let made = Provenance::step("map").input("image", &file(path)?).input("mask", mask);
        Ok(BrainMap::new(values, mask, label_of(path), "")?.made(made))
    }

    /// Writes the map as a NIfTI-1 image (float32, 0 outside the mask), gzipped if the name ends in `.nii.gz`.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written stays.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let about = match self.unit.is_empty() {
            true => self.label.clone(),
            false => format!("{} ({})", self.label, self.unit),
        };
        let image = self.mask.image(None, Encoding::Float32, &about).made(&self.provenance());
        write_image(path.as_ref(), &image, |_, grid| {
            self.mask.voxels().iter().zip(self.values.iter()).for_each(|(v, value)| grid[*v as usize] = *value);
            Ok(())
        })
    }

    /// The same map under another label, which figures show as its title or beside its row.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let mask = Mask::mni4mm()?;
    /// let map = BrainMap::new(vec![1.0; mask.count()], &mask, "made", "r")?.labelled("Visual: pattern 31");
    /// assert_eq!(map.label(), "Visual: pattern 31");
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn labelled(&self, label: impl Into<String>) -> BrainMap {
        let label = label.into();
        let made = Provenance::step("label").option("label", &label).input("map", self);
        BrainMap { label, ..self.clone() }.made(made)
    }

    /// The voxels whose value is above a threshold, as a mask.
    ///
    /// # Errors
    /// If there is none.
    pub fn above(&self, threshold: f32) -> Result<Mask> {
        let inside = self.mask.voxels().iter().zip(self.values.iter()).filter(|(_, value)| **value > threshold);
        let voxels: Arc<[u32]> = inside.map(|(v, _)| *v).collect();
        if voxels.is_empty() {
            return Err(Error::value(format!("no voxel is above {threshold}: {self}"), "lower the threshold"));
        }
        let made = Provenance::step("above").option("threshold", threshold).input("map", self);
        Ok(Mask { voxels, ..self.mask.clone() }.made(made))
    }

    /// Where the map has its largest value; `None` if all are NaN. Of equal values the first voxel's counts.
    pub fn peak(&self) -> Option<Peak> {
        let mut best: Option<usize> = None;
        for (n, value) in self.values.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
            if best.is_none_or(|b| *value > self.values[b]) {
                best = Some(n);
            }
        }
        best.map(|n| Peak { value: self.values[n], position: self.mask.position(n), mm: self.mask.mm(n) })
    }

    /// Smallest and largest value; `None` if all are NaN.
    pub fn range(&self) -> Option<(f32, f32)> {
        let smallest = self.values.iter().copied().filter(|v| !v.is_nan()).reduce(f32::min)?;
        Some((smallest, self.peak()?.value))
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

/// The file's name without its endings.
fn label_of(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.trim_end_matches(".gz").trim_end_matches(".nii").to_owned()
}

impl fmt::Display for BrainMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        write!(f, "{}: {} voxels", self.label, self.values.len())?;
        match (self.range(), self.peak()) {
            (Some((low, high)), Some(peak)) => {
                let [x, y, z] = peak.mm.map(|mm| mm.round() + 0.0);
                write!(f, ", {low:.3} to {high:.3}{unit}, peak {:.3}{unit} at ({x}, {y}, {z}) mm", peak.value)
            }
            _ => write!(f, ", all NaN"),
        }
    }
}
