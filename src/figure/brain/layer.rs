//! What lies on the brain: values in the colours of a scale, or labels in colours of their own.

use crate::figure::paint::Paint;
use crate::figure::sheet::Colour;
use crate::figure::volume::{Labels, Volume};

/// What lies on the brain.
pub(super) enum Layer {
    Values { volume: Volume, paint: Paint },
    Labels { labels: Labels, colours: Vec<Colour>, opacity: f64 },
}

impl Layer {
    /// The colour at a point in mm, and how much it covers of what lies below (0 to 1).
    pub fn at(&self, mm: [f64; 3]) -> Sheer {
        match self {
            Layer::Values { volume, paint } => match volume.at(mm) {
                // Where less than half of the surrounding voxels have a value, there is none.
                (value, known) if known >= 0.5 => (paint.scale(value), paint.cover(value)),
                _ => NOTHING,
            },
            Layer::Labels { labels, colours, opacity } => match labels.at(mm).and_then(|n| colours.get(n)) {
                Some(colour) => (*colour, *opacity),
                None => NOTHING,
            },
        }
    }
}

/// A colour and how much it covers of what lies below it.
pub(super) type Sheer = (Colour, f64);

pub(super) const NOTHING: Sheer = ([0; 3], 0.0);

/// One colour laid over another.
pub(super) fn stack(below: Sheer, above: Sheer) -> Sheer {
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
