//! Every result as a picture. Nothing is computed here.
//!
//! Each function takes a result and returns a [`Figure`], which shows itself when it is a cell's last expression and
//! saves itself as SVG or PNG. A figure is drawn once into a list of shapes in logical pixels; plotters turns the list
//! into SVG (text stays text) or into a bitmap at twice the size, with the crate's own font (DejaVu Sans), so that
//! figures look the same on a machine without fonts.
//!
//! ```
//! use neurocell::figure::bars;
//! let figure = bars(&["story", "voice", "listen"], &[3.1, 2.4, -0.6], "Words that drive the pattern", "z")?;
//! assert!(figure.svg()?.contains("story"));
//! # Ok::<(), neurocell::Error>(())
//! ```
//!
//! Colours: a sequential map (viridis) and a diverging one (blue, white at zero, red), both readable with any common
//! colour blindness; lines in the palette of Okabe and Ito (2008).

mod axis;
mod bars;
mod brain;
mod carpet;
mod cleaning;
mod colour;
mod colour_bar;
mod course_overlay;
mod courses;
mod curve;
mod curve_set;
mod dendrogram;
mod drawn;
mod folds;
mod font;
mod glyphs;
mod heat_map;
mod hexbin;
mod histogram;
mod layer_heads;
mod layer_histogram;
mod layout;
mod look;
mod match_matrix;
mod organisation;
mod paint;
mod pattern_summary;
mod pattern_words;
mod recovery_curves;
mod render;
mod roi_scatter;
mod sheet;
mod spectrum;
mod template;
mod theme;
mod volume;
mod word_axis;
mod word_bars;
mod word_cloud;

pub use bars::bars;
pub use brain::{Slices, mask_slices, network_slices, slices, slices_grid};
pub use carpet::{neuron_carpet, voxel_carpet};
pub use cleaning::cleaning_figure;
pub use course_overlay::{CourseOverlay, course_overlay};
pub use courses::{courses, pattern_courses};
pub use curve::k_curve;
pub use curve_set::{Curve, CurveKind, CurveSet};
pub use dendrogram::{Dendrogram, dendrogram};
pub use drawn::Figure;
pub use folds::{folds_figure, inner_folds_figure};
pub use heat_map::{HeatMap, heat_map};
pub use hexbin::{HexBin, ceiling_hexbin, hexbin};
pub use histogram::{Histogram, histogram, score_histograms};
pub use layer_heads::{LayerHeads, layer_head_counts, layer_heads};
pub use layer_histogram::{LayerHistogram, layer_histogram, layer_histograms, member_histograms};
pub use look::{ColourRange, Contour, Look, Threshold};
pub use match_matrix::{MatchMatrix, match_matrix};
pub use organisation::{Measured, ModelOrganisation, Organisation, OrganisationPanel, organisation_panel};
pub use pattern_summary::pattern_summary;
pub use pattern_words::{pattern_courses_with_words, pattern_words};
pub use recovery_curves::recovery_curves;
pub use roi_scatter::roi_scatter;
pub use spectrum::spectrum_curve;
pub use theme::Theme;
pub use word_axis::Stretch;
pub use word_bars::{WordBars, word_bars};
pub use word_cloud::{WordCloud, word_cloud};

#[cfg(test)]
mod kinds;
#[cfg(test)]
mod made;
#[cfg(test)]
mod shown;
#[cfg(test)]
mod tests;
