//! Whether a correlation is more than chance: nulls for series whose neighbouring volumes are alike, and the correction for many tests.
//!
//! | question | function |
//! |---|---|
//! | how monotonically do two lists of numbers go together? | [`spearman`] |
//! | which of many p values count? | [`benjamini_hochberg`], [`benjamini_yekutieli`] |

mod fdr;
mod spearman;
mod student;

pub use fdr::{benjamini_hochberg, benjamini_yekutieli};
pub use spearman::{Spearman, spearman};
