//! Whether a correlation is more than chance: nulls for series whose neighbouring volumes are alike, and the correction for many tests.
//!
//! | question | function |
//! |---|---|
//! | does a prediction go with its voxel, one column each? | [`correlation_test`], by one of the nulls of [`Null`] |
//! | does any column of one series go with any of another? | [`correlate_pairs`], all pairs at once; [`correlate_pairs_by`] at the best of several lags, with gaps, by draws |
//! | how far does r of any two series stray by chance? | [`phase_null_sd`], and [`phase_surrogates`] to look at |
//! | is the mean over subjects, or the difference of two models, above 0? | [`sign_flip`] |
//! | how do two courses go together at other lags, or from minute to minute? | [`lagged_r`], [`running_r`] |
//! | how sure is a mean over runs or subjects? | [`bootstrap_mean`] |
//! | how monotonically do two lists of numbers go together? | [`spearman`] |
//! | which of many p values count? | [`benjamini_hochberg`], [`benjamini_yekutieli`] |
//! | what would be found if volumes were independent, which they are not? | [`naive_p`] |
//!
//! Rows are volumes and columns voxels; a [`Clock`](crate::clock::Clock) says where runs begin. What belongs to one run is correlated by itself, and r is the mean over runs.

mod bootstrap;
#[cfg(test)]
mod calibration;
mod chi_square;
mod column_test;
mod courses;
mod fdr;
mod hypergeometric;
mod lagged;
mod lookup;
mod null;
mod pairs;
mod pearson;
mod phase;
mod saddle;
mod sign_flip;
mod spearman;
mod student;
mod turns;

pub use bootstrap::{Interval, bootstrap_mean};
pub use column_test::{ColumnTest, correlation_test};
pub use fdr::{benjamini_hochberg, benjamini_yekutieli};
pub use lagged::{LaggedR, lagged_r, running_r};
pub use null::{Null, Sides};
pub use pairs::{PairOptions, PairTest, PairsFound, correlate_pairs, correlate_pairs_by};
pub use pearson::{fisher_z, naive_p};
pub use phase::{phase_null_sd, phase_surrogates};
pub use sign_flip::{GroupTest, SignFlip, sign_flip};
pub use spearman::{Spearman, spearman};

pub(crate) use bootstrap::{quantile, weighted_intervals};
pub(crate) use chi_square::chi_square_tail;
pub(crate) use column_test::test_in_blocks;
pub(crate) use courses::unit_runs;
pub(crate) use hypergeometric::RandomDraw;
pub(crate) use sign_flip::sign_flip_spread;
pub(crate) use student::two_sided_t;
