//! The cortex' own grey, light, and what is laid on it.

use super::super::colour::blend;
use super::super::paint::Paint;
use super::super::sheet::Colour;
use super::mesh::{dot, unit};
use super::raster::Spot;
use crate::brain::{Field, INSIDE, LABELLED, Mixed};

/// Greys of a gyrus' crown and of a sulcus' ground.
const GYRUS: f32 = 205.0;
const SULCUS: f32 = 112.0;

/// Depth, in FreeSurfer's unit, at which most of the way from the one grey to the other is done.
const STEP: f32 = 0.35;

/// Where a second, weaker light comes from, besides that at the viewer: left above.
const SIDE_LIGHT: [f32; 3] = [-0.45, 0.65, 0.61];

/// The cortex at a spot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground {
    /// Its grey, lit.
    pub grey: Colour,
    /// What light leaves of a colour that is laid on it: 1 where the surface faces the viewer.
    pub light: f32,
}

/// Each vertex' grey before light falls on it, from its sulcal depth.
pub(super) fn greys(depth: &[f32]) -> Vec<f32> {
    depth.iter().map(|depth| GYRUS + (0.5 + 0.5 * (depth / STEP).tanh()) * (SULCUS - GYRUS)).collect()
}

/// `greys`: of both hemispheres' vertices.
pub(super) fn ground(spot: &Spot, greys: &[Vec<f32>; 2]) -> Ground {
    let grey: f32 = (0..3).map(|n| spot.weights[n] * greys[spot.side][spot.corners[n]]).sum();
    let normal = unit(spot.normal);
    let front = normal[2].max(0.0);
    let lit = 0.36 + 0.52 * front + 0.16 * dot(normal, SIDE_LIGHT).max(0.0);
    // Colours keep more of their lightness than the grey: they are to be found again in the colour bar.
    let light = 1.0 - 0.4 * (1.0 - front) * (1.0 - front);
    Ground { grey: [(grey * lit + 0.5) as u8; 3], light }
}

fn lit(colour: Colour, light: f32) -> Colour {
    colour.map(|c| (f32::from(c) * light + 0.5) as u8)
}

/// The value at a spot: the weighted mean of the corners that have one, if the spot is inside.
fn value(spot: &Spot, field: &Field) -> Option<f64> {
    let (mut sum, mut known, mut inside) = (0.0f64, 0.0f64, 0.0f32);
    for (corner, weight) in spot.corners.iter().zip(spot.weights) {
        inside += weight * field.inside[spot.side][*corner];
        let value = field.values[spot.side][*corner];
        if value.is_finite() {
            sum += f64::from(weight) * f64::from(value);
            known += f64::from(weight);
        }
    }
    (inside >= INSIDE as f32 && known > 0.0).then(|| sum / known)
}

/// A map's colours on the cortex.
pub(super) struct Coat<'a> {
    field: &'a Field,
    paint: &'a Paint,
}

impl<'a> Coat<'a> {
    pub fn new(field: &'a Field, paint: &'a Paint) -> Coat<'a> {
        Coat { field, paint }
    }

    /// The colour at a spot; the threshold is asked here, not at each vertex.
    pub fn at(&self, spot: &Spot, ground: Ground) -> Colour {
        let Some(value) = value(spot, self.field) else { return ground.grey };
        let cover = self.paint.cover(value);
        if cover <= 0.0 {
            return ground.grey;
        }
        let colour = lit(self.paint.scale(value), ground.light);
        if cover < 1.0 { blend(ground.grey, colour, cover) } else { colour }
    }
}

/// The colour of the label that has the greatest share at a spot; shares are interpolated, labels never.
pub(super) fn labelled(
    spot: &Spot,
    ground: Ground,
    labels: &[Vec<Mixed>; 2],
    colours: &[Colour],
    cover: f64,
) -> Colour {
    let mut kinds: [(usize, f32); 12] = [(0, 0.0); 12];
    let (mut count, mut inside) = (0, 0.0);
    for (corner, weight) in spot.corners.iter().zip(spot.weights) {
        let mixed = &labels[spot.side][*corner];
        inside += weight * mixed.inside;
        for (label, share) in mixed.parts() {
            match kinds[..count].iter_mut().find(|kind| kind.0 == label) {
                Some(kind) => kind.1 += weight * share,
                None => {
                    kinds[count] = (label, weight * share);
                    count += 1;
                }
            }
        }
    }
    if inside < LABELLED as f32 {
        return ground.grey;
    }
    let best = kinds[..count].iter().copied().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
    match best.and_then(|(label, _)| colours.get(label)) {
        Some(colour) => blend(ground.grey, lit(*colour, ground.light), cover),
        None => ground.grey,
    }
}
