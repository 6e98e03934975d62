//! How singular vectors are found.

use crate::error::{Error, Result};

/// How the leading singular vectors of a series are found.
///
/// Both work on the series in blocks, without a copy of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Solver {
    /// [`Solver::Exact`] where the smaller of time points and neurons is at most 4096, else [`Solver::Randomised`] with 16 more vectors
    /// and 8 power iterations.
    #[default]
    BySize,
    /// From the smaller Gram matrix, by block Lanczos (or all eigenvectors, where the matrix is small), each eigenvector to a residual
    /// ‖G·u − λ·u‖ ≤ 1e-10 · λ₁. Of a large series with more neurons than time points the products are f32, corrected in f64 for the
    /// vectors that are found; if that is not enough (their error would be above some 1e-8), all are f64.
    Exact,
    /// Subspace iteration from random courses (Halko, Martinsson and Tropp 2011, *SIAM Review* 53:217, algorithm 4.4), without a Gram
    /// matrix. An estimate: eigenvalues are at most too small, and the residual that was reached is said in the method's line.
    Randomised {
        /// Vectors more than are asked for, which take what would else be mistaken for the last ones.
        oversampling: usize,
        /// How often the space is multiplied by S·Sᵀ; each makes the error smaller by λ(k + oversampling + 1) / λ(k).
        power_iterations: usize,
    },
}

/// What [`Solver::BySize`] turns to the randomised solver at.
const LARGE: usize = 4096;

pub(super) enum Chosen {
    Exact,
    Randomised { oversampling: usize, power_iterations: usize },
}

impl Solver {
    pub(in crate::pattern) fn checked(self) -> Result<Solver> {
        match self {
            Solver::Randomised { power_iterations: 0, oversampling } => Err(Error::value(
                format!("randomised singular vectors with 0 power iterations and {oversampling} more vectors"),
                "allow at least one power iteration, 8 by default",
            )),
            other => Ok(other),
        }
    }

    pub(super) fn chosen(self, time: usize, neurons: usize) -> Chosen {
        match self {
            Solver::BySize if time.min(neurons) > LARGE => Chosen::Randomised { oversampling: 16, power_iterations: 8 },
            Solver::BySize | Solver::Exact => Chosen::Exact,
            Solver::Randomised { oversampling, power_iterations } => {
                Chosen::Randomised { oversampling, power_iterations }
            }
        }
    }
}
