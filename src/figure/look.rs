//! Which values of a map are shown, and in which colours: the same for slices, glass brains, surfaces and the viewer.

use crate::brain::BrainMap;
use crate::provenance::{Provenance, Traced};

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

    /// The colours span the values of all these maps, so that pictures of each are compared by eye.
    ///
    /// ```
    /// use neurocell::brain::{BrainMap, Mask};
    /// use neurocell::figure::{ColourRange, Look};
    /// let brain = Mask::mni4mm()?;
    /// let map = |value: f32| BrainMap::new(vec![value; brain.count()], &brain, "made", "z");
    /// let look = Look::default().common(&[map(2.0)?, map(-3.5)?]);
    /// assert_eq!(look.range, ColourRange::Symmetric(3.5));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn common(self, maps: &[BrainMap]) -> Look {
        let values = maps.iter().flat_map(|map| map.values().iter().copied()).filter(|v| v.is_finite());
        let (high, low) = values.fold((0.0f32, 0.0f32), |(high, low), v| (high.max(v), low.max(-v)));
        let range = match (high, low) {
            (0.0, 0.0) => ColourRange::Auto,
            (_, 0.0) => ColourRange::Positive(high),
            _ => ColourRange::Symmetric(high.max(low)),
        };
        Look { range, ..self }
    }

    /// The step by this name that draws `shown`, with all that changes the picture.
    pub(super) fn traced(&self, step: &str, role: &str, shown: &dyn Traced) -> Provenance {
        let title = self.title.as_deref().unwrap_or("of the map");
        let step = Provenance::step(step).option("title", title).option("opacity", self.opacity);
        let step =
            step.option("threshold", format!("{:?}", self.threshold)).option("range", format!("{:?}", self.range));
        let levels: Vec<f32> = self.contours.iter().map(|contour| contour.level).collect();
        let step = step.option("contours", format!("{levels:?}")).input(role, shown);
        self.contours.iter().fold(step, |step, contour| step.input("contour", &contour.map))
    }

    /// One more line where `map` has the value `level`.
    pub fn contour(mut self, map: &BrainMap, level: f32) -> Look {
        self.contours.push(Contour { map: map.clone(), level });
        self
    }
}
