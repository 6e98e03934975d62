//! A map's values on the cortex.

use crate::brain::{BrainMap, Grain, LABELLED, Mixed, Networks, mixed};
use crate::error::Result;
use crate::figure::brain::network_labels;

/// Vertices of both hemispheres.
pub(super) const VERTICES: usize = 2 * 10_242;

/// Points from white to pial surface at which a map is read, as [`BrainMap::surface`] does.
const SAMPLES: usize = 10;

/// The map on the cortex, left hemisphere first; NaN where there is no value.
pub(super) fn values(map: &BrainMap) -> Result<Vec<f32>> {
    let values = map.on_surface(SAMPLES)?;
    Ok([values.left(), values.right()].concat())
}

/// Labels (from 1 on) on the cortex, left hemisphere first, as [`Networks::surface`] chooses them; NaN where there is none.
pub(super) fn labels(networks: &Networks) -> Result<Vec<f32>> {
    let sides = mixed(&network_labels(networks)?, SAMPLES, Grain::Vertices)?;
    let label = |mixed: &Mixed| mixed.label().filter(|_| f64::from(mixed.inside) >= LABELLED);
    Ok(sides.iter().flatten().map(|mixed| label(mixed).map_or(f32::NAN, |label| (label + 1) as f32)).collect())
}
