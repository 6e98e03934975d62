//! Maps on the cortex: their values at the vertices of fsaverage5.

mod lines;

pub(crate) use lines::{Field, Grain, INSIDE, LABELLED, Mixed, VERTICES, mixed};

use super::BrainMap;
use crate::error::Result;
use crate::provenance::{Provenance, Traced};
use std::fmt;
use std::sync::Arc;

/// A map's value at each vertex of the cortex (fsaverage5, 10,242 vertices a hemisphere); clones are cheap.
///
/// Vertices stand in FreeSurfer's order, so that a column of another program's table of fsaverage5 belongs to them. NaN
/// where the map does not reach.
///
/// ```
/// use neurocell::brain::{BrainMap, Mask};
/// let brain = Mask::mni4mm()?;
/// let x = (0..brain.count()).map(|n| brain.mm(n)[0] as f32).collect();
/// let surface = BrainMap::new(x, &brain, "x", "mm")?.on_surface(10)?;
/// println!("{surface}"); // x: 20484 vertices of fsaverage5, 20476 with a value, -69.1 to 70.2 mm
/// let mean = |values: &[f32]| values.iter().filter(|v| v.is_finite()).sum::<f32>() / 10_242.0;
/// assert!(mean(surface.left()) < -20.0 && mean(surface.right()) > 20.0);
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SurfaceMap {
    values: [Arc<[f32]>; 2],
    samples: usize,
    map: BrainMap,
}

impl SurfaceMap {
    /// Values of the left hemisphere's vertices.
    pub fn left(&self) -> &[f32] {
        &self.values[0]
    }

    /// Values of the right hemisphere's vertices.
    pub fn right(&self) -> &[f32] {
        &self.values[1]
    }

    /// Points of each vertex' line over which the mean was taken.
    pub(crate) fn samples(&self) -> usize {
        self.samples
    }

    /// The map whose values these are.
    pub fn map(&self) -> &BrainMap {
        &self.map
    }

    /// The vertices' values, left before right, without those that have none.
    pub(crate) fn known(&self) -> impl Iterator<Item = f32> {
        self.values.iter().flat_map(|side| side.iter().copied()).filter(|v| v.is_finite())
    }

    /// Smallest and largest value; `None` if no vertex has one.
    pub fn range(&self) -> Option<(f32, f32)> {
        let least = self.known().reduce(f32::min)?;
        Some((least, self.known().fold(least, f32::max)))
    }
}

impl Traced for SurfaceMap {
    fn provenance(&self) -> Provenance {
        Provenance::step("on_surface").option("samples", self.samples).input("map", &self.map)
    }
}

impl fmt::Display for SurfaceMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.values.iter().map(|side| side.len()).sum::<usize>();
        write!(f, "{}: {total} vertices of fsaverage5, {} with a value", self.map.label(), self.known().count())?;
        let unit = if self.map.unit().is_empty() { String::new() } else { format!(" {}", self.map.unit()) };
        match self.range() {
            Some((low, high)) => write!(f, ", {low:.3} to {high:.3}{unit}"),
            None => Ok(()),
        }
    }
}

impl BrainMap {
    /// The map's values on the cortex: at each vertex of fsaverage5 the mean over `samples` points in equal steps from the
    /// white to the pial surface (both included; of one, in the middle), each interpolated linearly between voxels.
    ///
    /// Points outside the map's mask do not count (less than half of the weight of the eight voxels around them is inside);
    /// a vertex without any is NaN. The map must be in MNI 152 space; fsaverage5's points (MNI 305) are taken there by the
    /// affine of FreeSurfer's [coordinate systems](https://surfer.nmr.mgh.harvard.edu/fswiki/CoordinateSystems). This is
    /// nilearn's `vol_to_surf(map, pial, inner_mesh=white, kind="depth")` on points so transformed.
    ///
    /// # Errors
    /// If `samples` is 0 or more than 200, or the affine cannot be inverted.
    pub fn on_surface(&self, samples: usize) -> Result<SurfaceMap> {
        Ok(Field::new(self, samples, Grain::Vertices)?.vertices(self, samples))
    }
}
