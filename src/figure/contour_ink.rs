//! How contours of other maps are drawn, on slices as on the cortex: a core that a reader tells from the warm and cold
//! colours of a map and from the greys below it, and a dark rim, so that it is seen on light colours too.

use super::sheet::Colour;

/// Cores of the first, the second line, …, with their names.
pub(super) const CORES: [(&str, Colour); 4] =
    [("white", [255, 255, 255]), ("pink", [255, 110, 255]), ("green", [120, 255, 130]), ("yellow", [255, 225, 70])];

/// Colour of the rim.
pub(super) const RIM: Colour = [20, 20, 20];

/// Widths of a line and of it with its rim, in logical pixels.
pub(super) const WIDTHS: [f64; 2] = [1.3, 2.8];
