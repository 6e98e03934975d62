//! Every result as a picture. Nothing is computed here.
//!
//! Each function takes a result and returns a [`Figure`], which shows itself when it is a cell's last expression and
//! saves itself as SVG, PNG or PDF. A figure is drawn once into a list of shapes in logical pixels; plotters turns the
//! list into SVG (text stays text) or into a bitmap, `pdf` into a page of PDF, with the crate's own font (DejaVu Sans), so
//! that figures look the same on a machine without fonts. Size, resolution, title and theme are a figure's own
//! ([`Figure::width_inches`], [`Figure::dpi`], [`Figure::titled`], [`Figure::theme`]); [`grid`] puts several into one.
//!
//! ```
//! use neurocell::figure::bars;
//! let figure = bars(&["story", "voice", "listen"], &[3.1, 2.4, -0.6], "Words that drive the pattern", "z")?;
//! assert!(figure.svg()?.contains("story"));
//! # Ok::<(), neurocell::Error>(())
//! ```
//!
//! Colours: a sequential map (viridis) and a diverging one (blue, white at zero, red), both readable with any common
//! colour blindness; lines in the hues of Okabe and Ito (2008).

mod axis;
mod bars;
mod bitmap;
mod brain;
mod carpet;
mod cleaning;
mod colour;
mod colour_bar;
mod coupling;
mod course_overlay;
mod courses;
mod curve;
mod curve_set;
mod dendrogram;
mod dense;
mod drawn;
mod folds;
mod font;
mod glyphs;
mod grid;
mod ground;
mod heat_map;
mod hexbin;
mod histogram;
mod layer_heads;
mod layer_histogram;
mod layout;
mod look;
mod match_matrix;
mod objective;
mod organisation;
mod packing;
mod paint;
mod palette;
mod pattern_summary;
mod pattern_words;
mod pdf;
mod pdf_font;
mod pdf_picture;
mod recovery_curves;
mod render;
mod roi_scatter;
mod shaping;
mod sheet;
mod spectrum;
mod surface;
mod template;
mod theme;
pub(crate) mod viewer;
mod word_axis;
mod word_bars;
mod word_cloud;

pub use bars::bars;
pub use brain::{Cuts, Direction, mosaic_grid};
pub use carpet::{neuron_carpet, voxel_carpet};
pub use cleaning::cleaning_figure;
pub use coupling::{CouplingMatrix, anchor_layers, coupling_matrix};
pub use course_overlay::{CourseOverlay, course_overlay};
pub use courses::{courses, pattern_courses};
pub use curve::k_curve;
pub use curve_set::{Curve, CurveKind, CurveSet};
pub use dendrogram::{Dendrogram, dendrogram};
pub use drawn::Figure;
pub use folds::{folds_figure, inner_folds_figure};
pub use grid::{Grid, grid, grid_with};
pub use heat_map::{HeatMap, heat_map};
pub use hexbin::{HexBin, ceiling_hexbin, hexbin};
pub use histogram::{Histogram, histogram, score_histograms};
pub use layer_heads::{LayerHeads, layer_head_counts, layer_heads};
pub use layer_histogram::{LayerHistogram, layer_histogram, layer_histograms, member_histograms};
pub use look::{ColourRange, Contour, Look, Threshold};
pub use match_matrix::{MatchMatrix, match_matrix};
pub(crate) use objective::objective_curve;
pub use organisation::{Measured, ModelOrganisation, Organisation, OrganisationPanel, organisation_panel};
pub use pattern_summary::pattern_summary;
pub use pattern_words::{pattern_courses_with_words, pattern_words};
pub use recovery_curves::recovery_curves;
pub use roi_scatter::roi_scatter;
pub use spectrum::spectrum_curve;
pub use surface::{Surface, SurfaceShape, SurfaceView};
pub use theme::{Theme, set_theme};
pub use viewer::View;
pub use word_axis::Stretch;
pub use word_bars::{WordBars, word_bars};
pub use word_cloud::{WordCloud, word_cloud};

#[cfg(test)]
mod kinds;
#[cfg(test)]
mod made;
#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod shown;
#[cfg(test)]
mod tests;
