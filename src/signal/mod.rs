//! Temporal cleaning, the same for voxels and for neurons: drift, confounds, z-score.
//!
//! One run is cleaned by one projection. With Q an orthonormal basis of everything that is to go (constant, linear
//! trend, cosine drift, confounds), the cleaned series is
//!
//! X' = X − Q·Qᵀ·X,
//!
//! and then each column is divided by its standard deviation (n − 1 in the denominator: nilearn's
//! `standardize="zscore_sample"`). Because all regressors leave together, none brings back what another has removed
//! (Lindquist et al. 2019, Human Brain Mapping 40:2358). The result equals `nilearn.signal.clean` with
//! `filter="cosine"`, but for one thing: nilearn leaves its cosines out of a run in which a confound correlates above
//! 0.9 with one of them; here both leave, whatever their correlation.
//!
//! A censored volume leaves by a regressor of its own, 1 there and 0 elsewhere. That is the same as taking its row out
//! of data and regressors beforehand (nilearn's `sample_mask`): nothing is learned from it, means and deviations are those
//! of the kept volumes, and it is 0 in the result, whose rows stay the scan's volumes.
//!
//! ```
//! use ndarray::Array2;
//! use neurocell::signal;
//! // Ten minutes at TR 2 s: a slow wave of 300 s, which a high-pass filter of 128 s removes.
//! let wave = Array2::from_shape_fn((300, 1), |(t, _)| (2.0 * std::f32::consts::PI * t as f32 * 2.0 / 300.0).cos());
//! let drift = signal::cosine_drift(300, 2.0, 128.0)?;
//! let cleaned = signal::regress_out(&wave, &signal::orthonormal_basis(&drift))?;
//! assert!(cleaned.iter().all(|v| v.abs() < 0.1));
//! # Ok::<(), neurocell::Error>(())
//! ```

mod basis;
mod butterworth;
mod drift;
mod gaps;
mod passed;
mod project;

pub use basis::orthonormal_basis;
pub use butterworth::Butterworth;
pub use drift::{cosine_drift, linear_trend};
pub use project::{regress_out, zscore};

pub(crate) use gaps::Gaps;
pub(crate) use passed::Unfiltered;
pub(crate) use project::{Before, Filtering, clean_in_place};
