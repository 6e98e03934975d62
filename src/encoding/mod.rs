//! Voxel-wise encoding: each voxel's course predicted from patterns, scored on runs that were held out.
//!
//! Ridge regression with one α per voxel, in nested cross-validation:
//!
//! ```text
//! for each fold            test rows are held out
//!   for each other fold    α of each voxel: highest mean R² on the other folds' test rows, trained on what is left
//!   fit all training rows with that α, score r and R² on the test rows
//! weights                  all rows, with the α that is best over all folds
//! ```
//!
//! Means and standard deviations of patterns and voxels are learned in each set of training rows only. Censored volumes are in no set.

mod encode;
mod fit;
mod folds;
mod moments;
mod nested;
mod ridge;
mod spectrum;
#[cfg(test)]
mod tests;

pub use encode::encode;
pub use fit::EncodingFit;
pub use folds::{Fold, Folds};
pub use ridge::Ridge;
