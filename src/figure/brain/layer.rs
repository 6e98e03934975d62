//! What lies on the brain: values in the colours of a scale, or labels in colours of their own.

use crate::brain::{Labels, Line, Volume};
use crate::figure::paint::Paint;
use crate::figure::sheet::Colour;

/// What lies on the brain.
pub(super) enum Layer {
    Values { volume: Volume, paint: Paint },
    Labels { labels: Labels, colours: Vec<Colour>, opacity: f64 },
}

impl Layer {
    /// The colour at a point in mm, and how much it covers of what lies below (0 to 1).
    pub fn at(&self, mm: [f64; 3]) -> Sheer {
        match self {
            Layer::Values { volume, paint } => painted(paint, volume.at(mm)),
            Layer::Labels { labels, colours, opacity } => match labels.at(mm).and_then(|n| colours.get(n)) {
                Some(colour) => (*colour, *opacity),
                None => NOTHING,
            },
        }
    }

    /// What [`Layer::at`] gives at each of the points `from` + n · `step`.
    pub fn along(&self, from: [f64; 3], step: [f64; 3], row: &mut Row, out: &mut [Sheer]) {
        match self {
            Layer::Values { volume, paint } => {
                let found = row.read(volume, from, step, out.len());
                out.iter_mut().zip(found).for_each(|(out, found)| *out = painted(paint, *found));
            }
            Layer::Labels { .. } => {
                for (n, out) in out.iter_mut().enumerate() {
                    *out = self.at([0, 1, 2].map(|c| from[c] + n as f64 * step[c]));
                }
            }
        }
    }
}

/// Room for what is read along a row of points, kept from row to row.
#[derive(Default)]
pub(super) struct Row {
    line: Line,
    found: Vec<(f64, f64)>,
}

impl Row {
    /// A volume's values at `count` points.
    pub fn read(&mut self, volume: &Volume, from: [f64; 3], step: [f64; 3], count: usize) -> &[(f64, f64)] {
        self.found.resize(count, (0.0, 0.0));
        volume.along(from, step, &mut self.line, &mut self.found);
        &self.found
    }
}

/// The colour of a value of which so much is known; where less than half of the surrounding voxels have one, there is none.
fn painted(paint: &Paint, (value, known): (f64, f64)) -> Sheer {
    if known >= 0.5 { (paint.scale(value), paint.cover(value)) } else { NOTHING }
}

/// A colour and how much it covers of what lies below it.
pub(super) type Sheer = (Colour, f64);

pub(super) const NOTHING: Sheer = ([0; 3], 0.0);

/// One colour laid over another.
pub(super) fn stack(below: Sheer, above: Sheer) -> Sheer {
    // Most points have nothing above, or nothing seen below.
    if above.1 <= 0.0 || above.1 >= 1.0 {
        return if above.1 >= 1.0 { above } else { below };
    }
    let seen = below.1 * (1.0 - above.1);
    let cover = above.1 + seen;
    if cover <= 0.0 {
        return NOTHING;
    }
    let mixed =
        std::array::from_fn(|c| ((above.1 * f64::from(above.0[c]) + seen * f64::from(below.0[c])) / cover + 0.5) as u8);
    (mixed, cover)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_laid_one_over_another() {
        let (grey, red) = ([100, 100, 100], [200, 0, 0]);
        assert_eq!(stack((grey, 1.0), (red, 1.0)), (red, 1.0));
        assert_eq!(stack((grey, 1.0), (red, 0.5)), ([150, 50, 50], 1.0));
        assert_eq!(stack(NOTHING, (red, 0.25)), (red, 0.25));
        assert_eq!(stack((grey, 0.5), (red, 0.5)), ([167, 33, 33], 0.75));
        assert_eq!(stack(NOTHING, NOTHING), NOTHING);
    }
}
