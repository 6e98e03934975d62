//! Voxel-wise encoding: each voxel's course predicted from patterns, neurons or features, scored on runs that were held out.
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
//! Means and standard deviations of regressors and voxels are learned in each set of training rows only. Censored volumes are in no set.
//! [`ridge_cv`] is the plain cross-validation that himalaya has, on arrays as they are.
//!
//! **Folds cannot leak.** [`Folds`] hold out whole runs, whole stories, or stretches with a gap, and refuse shuffled volumes. Before a model is fitted, scan, stimulus and gap
//! are looked through for what would let test volumes into training ([`Leak`]). Features that are learned from brain data carry the rows that they have seen: [`encode`]
//! refuses to test them there, and [`encode_each`] learns them in each training set ([`Training`], [`SelectFeatures`], [`FeaturePca`]).
//!
//! **Other models.** [`encode_banded`] gives each named space of regressors a penalty of its own and splits the score between them, [`partition_variance`] says what a space
//! explains that no other does, [`encode_elastic`] asks which regressors matter. **What a score is worth.** [`significance`] tests it against chance for data that
//! are slow, [`compare`] against another model, [`group_test`] over subjects; [`NoiseCeiling`] says how high it could be, [`controls`] what something simpler reaches, and
//! [`roi_scores`] what it is in each region.
//!
//! **How it is solved.** A training set's regressors are X = U·diag(s)·Vᵀ, found once for all voxels from XᵀX or, where there are more
//! regressors than rows, from X·Xᵀ. A voxel's components are z = Uᵀy, test rows are W = X_test·V·diag(1/s), and for any α the prediction is
//! ŷ(α) = W·(d(α) ∘ z), with d(α) = s² / (s² + α). The error ‖y − ŷ(α)‖² needs no prediction: yᵀŷ(α) of all α is one product, exactly, and
//! ‖ŷ(α)‖² = ‖R·(d(α) ∘ z)‖² with the triangle R of W = Q·R. Over a band of neighbouring components, d(α) of all α is of a rank of 2 to 6
//! (Φ·C), so that some 4 products serve 20 α ([`Solver::Bands`]). The numerical rank is taken at a root mean square of τ = 2e-6 in d; scores
//! differ by some 1e-6 from those of [`Solver::PerAlpha`]. A bound that holds for any voxel, if all its components conspired: |ΔR²| ≤
//! 2τ·√components·‖ŷ‖/‖y‖.

mod agreement;
mod banded;
mod bands;
mod baselines;
mod basis;
mod blocks;
mod by_voxel;
mod ceiling;
mod comparison;
pub mod controls;
mod cv;
mod delays;
mod elastic;
mod encode;
mod estimate;
mod features;
mod fit;
mod folds;
mod group_fit;
mod leaks;
mod learned;
mod moments;
mod nested;
mod norms;
#[cfg(test)]
mod options;
#[cfg(test)]
mod parity;
mod partition;
mod predict;
mod predictors;
mod responses;
mod ridge;
mod roi;
mod scaling;
mod significance;
mod sink;
mod split;
mod store;
mod targets;
#[cfg(test)]
mod tested;
#[cfg(test)]
mod tests;
mod voxel_test;

pub use banded::{Banded, BandedCv, BandedFit, Spaces, banded_cv, encode_banded};
pub use ceiling::{NoiseCeiling, NormalisedScores, SplitHalf, normalise};
pub use comparison::{compare, group_test};
pub use controls::{Control, Controls};
pub use cv::{RidgeCv, ridge_cv};
pub use elastic::{ElasticNet, ElasticPath, elastic_path, encode_elastic};
pub use encode::encode;
pub use estimate::{Estimate, EstimatePart, estimate};
pub use features::Features;
pub use fit::EncodingFit;
pub use folds::{Fold, Folds};
pub use group_fit::mean_fit;
pub use leaks::Leak;
pub use learned::{FeaturePca, FittedTransform, Learned, SelectFeatures, Standardise, Training, encode_each};
pub use partition::{Part, Partition, partition_variance};
pub use predict::NewScores;
pub use predictors::Predictors;
pub use ridge::{Ridge, Sharing, Solver, Storing};
pub use roi::{RoiCorrelation, RoiCorrelations, RoiScores, roi_scores};
pub(crate) use scaling::Scale;
pub use significance::{Significance, significance};
pub use store::{StoredEncoding, StoredFit, encodings_folder, stored_encodings};
pub use targets::Targets;
pub use voxel_test::{Correction, VoxelTest};
#[cfg(test)]
pub(crate) use {fit::HeldOut, predict::Trained};
