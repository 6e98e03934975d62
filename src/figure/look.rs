//! Which values of a map are shown, and in which colours: the same for slices, glass brains, surfaces and the viewer.

use crate::brain::BrainMap;

/// Which values of a map are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Threshold {
    /// All, opaque from half of the range on and fading out towards zero.
    #[default]
    Fade,
    /// Those with |v| at or above this value, opaque.
    Both(f32),
    /// Those at or above this value, opaque.
    Positive(f32),
    /// Those at or below minus this value, opaque: `Negative(2.0)` shows v ≤ −2.
    Negative(f32),
    /// Those with |v| at or above this quantile (0 to 1) of the map's |v|, opaque.
    Quantile(f64),
}

/// Which values the colour scale spans.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum ColourRange {
    /// From the data: 0 to the greatest value, or ± the greatest |v| if a value is negative.
    #[default]
    Auto,
    /// From minus this value to it; what is beyond gets the end's colour.
    Symmetric(f32),
    /// From 0 to this value; what is beyond gets the end's colour, negative values are not shown.
    Positive(f32),
}

/// Where a map has a value, as a line on the picture of another.
#[derive(Clone, Debug)]
pub struct Contour {
    /// The map whose border is drawn.
    pub map: BrainMap,
    /// The line runs where the map has this value.
    pub level: f32,
}

/// How a map is shown: title, threshold, colours, contours of other maps.
///
/// ```
/// use neurocell::figure::{ColourRange, Look, Threshold};
/// let look = Look::default().title("language > rest").threshold(Threshold::Both(3.1)).range(ColourRange::Symmetric(8.0));
/// # assert_eq!(look.threshold, Threshold::Both(3.1));
/// ```
#[derive(Clone, Debug)]
pub struct Look {
    /// The title. Default: the map's label.
    pub title: Option<String>,
    /// Which values are shown. Default [`Threshold::Fade`].
    pub threshold: Threshold,
    /// Which values the colours span. Default [`ColourRange::Auto`].
    pub range: ColourRange,
    /// How much the colours cover of what lies below them, 0 to 1. Default 1.
    pub opacity: f64,
    /// Lines where other maps have a value. Default: none.
    pub contours: Vec<Contour>,
}

impl Default for Look {
    fn default() -> Look {
        Look { title: None, threshold: Threshold::Fade, range: ColourRange::Auto, opacity: 1.0, contours: Vec::new() }
    }
}

impl Look {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> Look {
        Look { title: Some(title.into()), ..self }
    }

    /// Which values are shown.
    pub fn threshold(self, threshold: Threshold) -> Look {
        Look { threshold, ..self }
    }

    /// Which values the colours span.
    pub fn range(self, range: ColourRange) -> Look {
        Look { range, ..self }
    }

    /// How much the colours cover of what lies below them, 0 to 1.
    pub fn opacity(self, opacity: f64) -> Look {
        Look { opacity, ..self }
    }

    /// One more line where `map` has the value `level`.
    pub fn contour(mut self, map: &BrainMap, level: f32) -> Look {
        self.contours.push(Contour { map: map.clone(), level });
        self
    }
}
