//! A map's values on the cortex.

use crate::brain::{Affine, BrainMap, Cortex, Mask};
use crate::error::Result;
use crate::figure::volume::{Labels, Volume};

/// Vertices of both hemispheres.
pub(super) const VERTICES: usize = 2 * 10_242;

/// From fsaverage's space (MNI 305) to that of the template (MNI 152): the matrix that FreeSurfer publishes ("CoordinateSystems").
const TO_MNI152: Affine =
    Affine([[0.9975, -0.0073, 0.0176, -0.0429], [0.0146, 1.0009, -0.0024, 1.5496], [-0.0130, -0.0093, 0.9971, 1.1840]]);

/// The map half-way between white and pial surface, left hemisphere first; NaN where less than half of the voxels around have a value.
pub(super) fn values(map: &BrainMap) -> Result<Vec<f32>> {
    let volume = Volume::of_map(map)?;
    middle(|mm| match volume.at(mm) {
        (value, known) if known >= 0.5 => value as f32,
        _ => f32::NAN,
    })
}

/// Labels (from 1 on) there, NaN where there is none.
pub(super) fn labels(mask: &Mask, labels: &[f32]) -> Result<Vec<f32>> {
    let most = labels.iter().copied().filter(|l| l.is_finite()).fold(0.0, f32::max) as usize;
    let volume = Labels::new(mask, most, |n| labels[n].is_finite().then(|| labels[n] as usize - 1))?;
    middle(|mm| volume.at(mm).map_or(f32::NAN, |label| (label + 1) as f32))
}

fn middle(value: impl Fn([f64; 3]) -> f32) -> Result<Vec<f32>> {
    let sides = &Cortex::fsaverage5()?.hemispheres;
    let points = sides.iter().flat_map(|side| side.white.iter().zip(&side.pial));
    Ok(points.map(|(w, p)| value(TO_MNI152.mm([0, 1, 2].map(|c| 0.5 * f64::from(w[c] + p[c]))))).collect())
}
