//! What is done to whole volumes before a mask is laid over them: smoothing, resampling, and finding the brain.
//!
//! A volume is a slice of values in NIfTI's order, the first axis fastest, beside its shape.

mod epi_mask;
mod morphology;
mod resample;
mod smooth;
mod spline;

pub(super) use epi_mask::epi_mask;
pub use resample::Interpolation;
pub(super) use resample::Resampler;
pub(super) use smooth::Gaussian;

#[cfg(test)]
mod tests;
