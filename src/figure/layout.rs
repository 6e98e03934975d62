//! Measures that pictures of the brain share.

/// Width of a figure of the brain.
pub(super) const WIDTH: f64 = 900.0;
/// Colour bar with its labels.
pub(super) const BAR: f64 = 100.0;
