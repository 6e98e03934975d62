//! Where other maps have a value, as lines on the cortex.

use super::super::axis::{PALETTE, brief};
use super::super::look::Contour;
use super::super::render::PNG_SCALE;
use super::super::sheet::Colour;
use super::raster::Spot;
use super::sample::{Field, Grain};
use crate::brain::BrainMap;
use crate::error::{Error, Result};

/// Width of a line in logical pixels.
const WIDTH: f32 = 1.5;

/// Colours of the first, the second line, …, with their names: what no colour of a map or of the cortex is.
const COLOURS: [(&str, Colour); 4] =
    [("black", [0, 0, 0]), ("white", [255, 255, 255]), ("green", PALETTE[2]), ("pink", PALETTE[3])];

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

    /// The colour of the line that runs through a spot.
    pub fn at(&self, spot: &Spot) -> Option<Colour> {
        let on = |line: &Line| on_line(spot, &line.field.values, line.level);
        self.0.iter().zip(COLOURS).rev().find(|(line, _)| on(line)).map(|(_, (_, colour))| colour)
    }
}

/// Whether a spot is nearer than half of the line's width to where the values cross the level.
fn on_line(spot: &Spot, values: &[impl AsRef<[f32]>; 2], level: f32) -> bool {
    let values = spot.corners.map(|corner| values[spot.side].as_ref()[corner]);
    // Without all three values there is no slope.
    if values.iter().any(|v| !v.is_finite()) {
        return false;
    }
    let above = (0..3).map(|n| spot.weights[n] * values[n]).sum::<f32>() - level;
    let slope = [0, 1].map(|axis| (0..3).map(|n| spot.slopes[n][axis] * values[n]).sum::<f32>());
    let slope = slope[0].hypot(slope[1]);
    slope > 0.0 && above.abs() <= 0.5 * WIDTH * PNG_SCALE as f32 * slope
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_wide_as_it_says_wherever_the_slope_is() {
        // Along x the first corner's weight falls by a tenth a pixel; its value is 1, so the level 0.5 is crossed at x = 5.
        for height in [1.0, 40.0] {
            let values = [[height, 0.0, 0.0], [0.0; 3]];
            let covered = |x: f32| {
                let first = 1.0 - 0.1 * x;
                let spot = Spot {
                    side: 0,
                    corners: [0, 1, 2],
                    weights: [first, 1.0 - first, 0.0],
                    slopes: [[-0.1, 0.0], [0.1, 0.0], [0.0, 0.0]],
                    normal: [0.0, 0.0, 1.0],
                };
                on_line(&spot, &values, 0.5 * height)
            };
            let half = 0.5 * WIDTH * PNG_SCALE as f32;
            assert!(covered(5.0) && covered(5.0 + half - 0.01) && covered(5.0 - half + 0.01));
            assert!(!covered(5.0 + half + 0.01) && !covered(5.0 - half - 0.01));
        }
    }
}
