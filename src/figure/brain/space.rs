//! How a map's grid lies in the template's space, and what must be said of it.

use super::direction::{Direction, FIELD};
use crate::brain::Volume;
use crate::brain::{Affine, BrainMap};
use crate::error::Result;
use crate::figure::axis::{brief, number};
use crate::figure::template::template;

/// A map of which less than this share lies in the brain, and which fills less than this share of the brain, is said to be elsewhere.
const AT_HOME: f64 = 0.75;

/// A grid that spans less than this along every axis (mm) holds no brain.
const SMALLEST: f64 = 60.0;

/// What must be said of a map's grid: that it is interpolated, and whether it may not be in MNI space.
pub(super) fn remarks(map: &BrainMap) -> Result<Vec<String>> {
    let mask = map.mask();
    let affine = mask.affine();
    let mut said = Vec::new();
    let template = template()?;
    if !template.grey.same_lattice(affine) {
        let [x, y, z] = affine.voxel_size().map(brief);
        let edges = if x == y && y == z { x } else { format!("{x} × {y} × {z}") };
        let turned = if aligned(affine) { "" } else { " of an oblique grid" };
        said.push(format!("interpolated from {edges} mm voxels{turned}"));
    }
    let size = extent(mask.shape(), affine);
    if size.iter().all(|mm| *mm < SMALLEST) {
        let [x, y, z] = size.map(|mm| number(mm, 0));
        said.push(format!("the map's grid spans only {x} × {y} × {z} mm: is its affine in mm?"));
        return Ok(said);
    }
    let filled: Vec<usize> =
        (0..mask.count()).filter(|n| map.values()[*n].is_finite() && map.values()[*n] != 0.0).collect();
    if filled.is_empty() {
        return Ok(said);
    }
    // Some ten thousand voxels tell a share to a hundredth.
    let every = filled.len().div_ceil(10_000).max(1);
    let looked: Vec<[f64; 3]> = filled.iter().step_by(every).map(|n| mask.mm(*n)).collect();
    let inside = looked.iter().filter(|mm| template.cover.at(**mm).0 >= 0.5).count() as f64 / looked.len() as f64;
    if inside < AT_HOME && brain_filled(&Volume::of_map(map)?, &template.cover) < AT_HOME {
        let percent = match (100.0 * inside).round() {
            0.0 if inside > 0.0 => "less than 1".to_owned(),
            percent => number(percent, 0),
        };
        let only = if inside == 0.0 { "none".to_owned() } else { format!("only {percent} %") };
        said.push(format!("{only} of the map's voxels lie in the template's brain: is it in MNI space?"));
    }
    Ok(said)
}

/// Whether the axes of a grid are those of the space, in whatever order and direction.
pub(super) fn aligned(affine: &Affine) -> bool {
    affine.0.iter().all(|row| {
        let largest = row[..3].iter().fold(0.0, |largest: f64, v| largest.max(v.abs()));
        row[..3].iter().filter(|v| v.abs() > 1e-4 * largest).count() == 1
    })
}

/// Length of the grid's box along x, y and z in mm.
fn extent(shape: [usize; 3], affine: &Affine) -> [f64; 3] {
    [0, 1, 2].map(|row| (0..3).map(|axis| affine.0[row][axis].abs() * shape[axis] as f64).sum())
}

/// The share of the template's brain in which the map has a value other than 0, looked at every 8 mm.
fn brain_filled(volume: &Volume, brain: &Volume) -> f64 {
    let steps = |axis: usize| {
        let [low, high] = FIELD[axis];
        (0..).map(move |n| low + 8.0 * f64::from(n)).take_while(move |mm| *mm <= high)
    };
    let (mut all, mut filled) = (0u32, 0u32);
    for z in steps(Direction::Axial.axis()) {
        for y in steps(Direction::Coronal.axis()) {
            for x in steps(Direction::Sagittal.axis()) {
                if brain.at([x, y, z]).0 >= 0.5 {
                    all += 1;
                    let (value, known) = volume.at([x, y, z]);
                    filled += u32::from(known >= 0.5 && value != 0.0);
                }
            }
        }
    }
    f64::from(filled) / f64::from(all.max(1))
}
