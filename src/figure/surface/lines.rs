//! Where other maps have a value, as lines on the cortex.

use super::super::axis::brief;
use super::super::look::Contour;
use super::super::render::PNG_SCALE;
use super::super::sheet::Colour;
use super::raster::Spot;
use crate::brain::{BrainMap, Field, Grain};
use crate::error::{Error, Result};

/// Widths of a line and of it with its rim, in logical pixels.
const WIDTHS: [f32; 2] = [1.3, 2.8];

/// Colours of the first, the second line, …, with their names: neither warm nor cold ones of a map nor greys of the cortex.
const COLOURS: [(&str, Colour); 4] =
    [("white", [255, 255, 255]), ("pink", [255, 110, 255]), ("green", [120, 255, 130]), ("yellow", [255, 225, 70])];

/// Around each line, so that it is seen on light colours too.
const RIM: Colour = [20, 20, 20];

/// The lines of all contours of a look.
pub(super) struct Lines(Vec<Line>);

struct Line {
    field: Field,
    map: BrainMap,
    level: f32,
}

impl Lines {
    /// # Errors
    /// If there are more than four contours, a level is not finite, or a map cannot be sampled.
    pub fn new(contours: &[Contour], samples: usize) -> Result<Lines> {
        if contours.len() > COLOURS.len() {
            return Err(Error::value(
                format!("{} contours; lines can be told apart up to {}", contours.len(), COLOURS.len()),
                "draw the others in a second figure",
            ));
        }
        if let Some(contour) = contours.iter().find(|contour| !contour.level.is_finite()) {
            return Err(Error::value(
                format!("the contour of `{}` is to run at {}", contour.map.label(), contour.level),
                "give a finite level",
            ));
        }
        let line = |Contour { map, level }: &Contour| {
            Ok(Line { field: Field::new(map, samples, Grain::Middles)?, map: map.clone(), level: *level })
        };
        Ok(Lines(contours.iter().map(line).collect::<Result<_>>()?))
    }

    /// What the lines are, for the remark; nothing without lines.
    pub fn said(&self) -> String {
        let lines = self.0.iter().zip(COLOURS);
        let said = lines.map(|(Line { field, map, level }, (colour, _))| {
            let values = || field.values.iter().flatten().filter(|v| v.is_finite());
            let crossed = values().any(|v| v <= level) && values().any(|v| v >= level);
            let nowhere = if crossed { "" } else { " (nowhere on the cortex)" };
            format!(" The {colour} line is where `{}` is {}{nowhere}.", map.label(), brief(f64::from(*level)))
        });
        said.collect()
    }

    /// The colour of the line that runs through a spot, or of its rim.
    pub fn at(&self, spot: &Spot) -> Option<Colour> {
        let lines = self.0.iter().zip(COLOURS).rev();
        let off =
            lines.filter_map(|(line, (_, colour))| Some((off_line(spot, &line.field.values, line.level)?, colour)));
        let half = WIDTHS.map(|width| 0.5 * width * PNG_SCALE as f32);
        let near = off.filter(|(off, _)| *off <= half[1]);
        // A line runs over the rim of another.
        let (off, colour) = near.min_by(|a, b| (a.0 > half[0]).cmp(&(b.0 > half[0])))?;
        Some(if off <= half[0] { colour } else { RIM })
    }
}

/// How many pixels a spot is away from where the values cross the level; `None` where they have no slope.
fn off_line(spot: &Spot, values: &[impl AsRef<[f32]>; 2], level: f32) -> Option<f32> {
    let values = spot.corners.map(|corner| values[spot.side].as_ref()[corner]);
    // Without all three values there is no slope.
    if values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let above = (0..3).map(|n| spot.weights[n] * values[n]).sum::<f32>() - level;
    let slope = [0, 1].map(|axis| (0..3).map(|n| spot.slopes[n][axis] * values[n]).sum::<f32>());
    let slope = slope[0].hypot(slope[1]);
    (slope > 0.0).then(|| above.abs() / slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_to_a_line_is_in_pixels_whatever_the_slope() {
        // Along x the first corner's weight falls by a tenth a pixel, so that half of its value is crossed at x = 5.
        for height in [1.0, 40.0] {
            let values = [[height, 0.0, 0.0], [0.0; 3]];
            for x in [0.5, 4.0, 5.0, 7.25, 9.0f32] {
                let first = 1.0 - 0.1 * x;
                let spot = Spot {
                    side: 0,
                    corners: [0, 1, 2],
                    weights: [first, 1.0 - first, 0.0],
                    slopes: [[-0.1, 0.0], [0.1, 0.0], [0.0, 0.0]],
                    normal: [0.0, 0.0, 1.0],
                };
                let off = off_line(&spot, &values, 0.5 * height).unwrap();
                assert!((off - (x - 5.0).abs()).abs() < 1e-4, "{off} at {x}");
            }
        }
        let flat = [[1.0; 3], [0.0; 3]];
        let spot =
            Spot { side: 0, corners: [0, 1, 2], weights: [1.0, 0.0, 0.0], slopes: [[0.1; 2]; 3], normal: [0.0; 3] };
        assert_eq!(off_line(&Spot { slopes: [[0.0; 2]; 3], ..spot }, &flat, 1.0), None);
        let missing = [[1.0, f32::NAN, 0.0], [0.0; 3]];
        assert_eq!(off_line(&spot, &missing, 1.0), None);
    }
}
