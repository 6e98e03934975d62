//! Borders of other maps: where each has its level.

use super::contour::Lattice;
use super::direction::Cut;
use crate::brain::Volume;
use crate::error::{Error, Result};
use crate::figure::axis::brief;
use crate::figure::look::Look;

/// The border of another map.
pub(super) struct Line {
    volume: Volume,
    pub level: f64,
    pub name: String,
}

impl Line {
    /// Where the map has its level on a cut, in mm from the picture's upper left corner; outside of its mask a map is 0.
    pub fn on(&self, cut: Cut, step: f64) -> Vec<Vec<[f64; 2]>> {
        let size = cut.direction.size();
        let [columns, rows] = size.map(|mm| (mm / step).ceil() as usize + 1);
        let step = [size[0] / (columns - 1) as f64, size[1] / (rows - 1) as f64];
        let value = |column: usize, row: usize| {
            let (value, known) = self.volume.at(cut.mm([step[0] * column as f64, step[1] * row as f64]));
            value * known
        };
        let lines = Lattice::new(columns, rows, value).lines(self.level);
        lines.into_iter().map(|line| line.into_iter().map(|[x, y]| [x * step[0], y * step[1]]).collect()).collect()
    }

    pub fn volume(&self) -> &Volume {
        &self.volume
    }
}

/// The contours that are asked for, and what must be said of them.
pub(super) fn lines(look: &Look) -> Result<(Vec<Line>, Vec<String>)> {
    let (mut lines, mut notes) = (Vec::new(), Vec::new());
    for contour in &look.contours {
        let (map, level) = (&contour.map, contour.level);
        if !level.is_finite() {
            return Err(Error::value(
                format!("the contour of `{}` has the level {level}", map.label()),
                "give a number inside the map's range",
            ));
        }
        let finite = map.values().iter().copied().filter(|v| v.is_finite());
        // Outside of its mask a map is 0.
        let (low, high) = finite.fold((0.0f32, 0.0f32), |(l, h), v| (l.min(v), h.max(v)));
        let unit = if map.unit().is_empty() { String::new() } else { format!(" {}", map.unit()) };
        let name = format!("{} = {}{unit}", map.label(), brief(f64::from(level)));
        let reached = if level < 0.0 { low <= level } else { high >= level && high > 0.0 };
        if !reached {
            let range = format!("{} to {}", brief(f64::from(low)), brief(f64::from(high)));
            notes.push(format!("no contour of {name}, since its values go from {range}"));
        }
        lines.push(Line { volume: Volume::of_map(map)?, level: f64::from(level), name });
    }
    Ok((lines, notes))
}
