//! Banded ridge: feature spaces with a penalty of their own each.
//!
//! ```text
//! b = argmin ‖y − Σ_s X_s·b_s‖² + Σ_s (α/γ_s)·‖b_s‖²        γ_s ≥ 0, Σ γ_s = 1
//! ```
//!
//! is a plain ridge of penalty α on the spaces √γ_s·X_s laid side by side (Nunez-Elizalde, Huth & Gallant 2019). γ and α are chosen for each
//! voxel by random search (Dupré la Tour et al. 2022): γ from Dirichlet distributions, for each of them all α of the grid, the highest mean R²
//! over folds.
//!
//! [`Banded::refine`] then moves each voxel's γ/α along the gradient of its score.
//!
//! **How it is solved.** For a candidate γ a training set has XᵀX with its blocks multiplied by √(γ_s·γ_t), or, where there are more regressors than
//! rows, X·Xᵀ = Σ γ_s·K_s; its eigenvectors are those of a plain ridge, and all α are scored at once by bands of the spectrum, as in
//! [`encode`](super::encode). The regressors are not read again, and several candidates go over a block of voxels while it is near.

mod candidates;
mod cv;
mod descent;
mod encode;
mod fit;
mod held_out;
mod options;
#[cfg(test)]
mod parity;
mod refine;
mod search;
mod solve;
mod spaces;
#[cfg(test)]
mod tests;
mod train;

pub use cv::{BandedCv, banded_cv};
pub use encode::encode_banded;
pub use fit::BandedFit;
pub use options::Banded;
pub use spaces::Spaces;
