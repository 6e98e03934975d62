//! A map's values on the cortex.

use crate::brain::{BrainMap, Cortex, Mask, mni152};
use crate::error::Result;
use crate::figure::volume::Labels;

/// Vertices of both hemispheres.
pub(super) const VERTICES: usize = 2 * 10_242;

/// Points from white to pial surface at which a map is read, as [`BrainMap::surface`] does.
const SAMPLES: usize = 10;

/// The map on the cortex, left hemisphere first; NaN where there is no value.
pub(super) fn values(map: &BrainMap) -> Result<Vec<f32>> {
    let values = map.on_surface(SAMPLES)?;
    Ok([values.left(), values.right()].concat())
}

/// Labels (from 1 on) half-way between white and pial surface, NaN where there is none.
pub(super) fn labels(mask: &Mask, labels: &[f32]) -> Result<Vec<f32>> {
    let most = labels.iter().copied().filter(|l| l.is_finite()).fold(0.0, f32::max) as usize;
    let volume = Labels::new(mask, most, |n| labels[n].is_finite().then(|| labels[n] as usize - 1))?;
    middle(|mm| volume.at(mm).map_or(f32::NAN, |label| (label + 1) as f32))
}

fn middle(value: impl Fn([f64; 3]) -> f32) -> Result<Vec<f32>> {
    let sides = &Cortex::fsaverage5()?.hemispheres;
    let points = sides.iter().flat_map(|side| side.white.iter().zip(&side.pial));
    Ok(points.map(|(w, p)| value(mni152([0, 1, 2].map(|c| 0.5 * f64::from(w[c] + p[c]))))).collect())
}
