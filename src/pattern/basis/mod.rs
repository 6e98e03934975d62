//! Left singular vectors of a series: the courses that explain most.

mod exact;
mod randomised;
mod solver;

pub(super) use exact::{leading_values, leading_values_of_made};
pub use solver::Solver;

use crate::error::{Error, Result};
use crate::linalg::ColumnBlocks;
use ndarray::{Array1, Array2, s};
use solver::Chosen;

/// Eigenvalues below this share of the largest are rounding of f32 data.
const RANK: f64 = 1e-10;

/// The first k left singular vectors of a series and its k largest eigenvalues (squared singular values).
pub(crate) struct Basis {
    /// Time × k, orthonormal columns.
    pub vectors: Array2<f64>,
    /// k squared singular values, largest first.
    pub values: Vec<f64>,
    /// How they were found, and how well, as a phrase.
    pub how: String,
}

/// How exact the vectors must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// To the rounding of the data.
    Vectors,
    /// As a space to work in, whose own directions will be turned.
    Space,
}

/// The first k left singular vectors of `s` (time × neuron), less the mean of each row over neurons where one is given.
///
/// # Errors
/// If the rank is smaller than k, an option is out of its range, or it is stopped.
pub(super) fn left_vectors(
    s: &ColumnBlocks,
    mean: Option<&Array1<f64>>,
    k: usize,
    solver: Solver,
    need: Need,
    seed: u64,
) -> Result<Basis> {
    let basis = leading_vectors(s, mean, k, solver, need, seed)?;
    let rank = basis.values.len();
    if rank < k {
        return Err(Error::value(
            format!("{k} patterns were asked for, and the series has {rank} independent courses"),
            match rank {
                0 => "look at the series: its neurons are all the same".to_owned(),
                _ => format!("ask for {rank} or fewer, or give a longer series"),
            },
        ));
    }
    Ok(basis)
}

/// The same of as many vectors as the rank allows, at most k.
///
/// # Errors
/// If an option is out of its range, or it is stopped.
pub(crate) fn leading_vectors(
    s: &ColumnBlocks,
    mean: Option<&Array1<f64>>,
    k: usize,
    solver: Solver,
    need: Need,
    seed: u64,
) -> Result<Basis> {
    let Basis { vectors, values, how } = match solver.checked()?.chosen(s.rows(), s.columns()) {
        Chosen::Exact => exact::left_vectors(s, mean, k, need)?,
        Chosen::Randomised { oversampling, power_iterations } => {
            randomised::left_vectors(s, mean, k, oversampling, power_iterations, seed)?
        }
    };
    let floor = values.first().map_or(0.0, |largest| largest * RANK);
    let rank = values.iter().take_while(|&&value| value > floor).count().min(k);
    Ok(Basis { vectors: vectors.slice(s![.., ..rank]).to_owned(), values: values[..rank].to_vec(), how })
}

/// Bytes that finding k vectors takes at most, besides the series.
pub(super) fn memory(time: usize, neurons: usize, k: usize, solver: Solver) -> u64 {
    let (time_, neurons_, k) = (time as u64, neurons as u64, k as u64);
    match solver.chosen(time, neurons) {
        // The Gram matrix, its tiles, and a Krylov space of up to half its size or all eigenvectors.
        Chosen::Exact => {
            let side = time_.min(neurons_);
            8 * (4 * side * side) + 12 * neurons_ * k.min(side)
        }
        // A few matrices of time × vectors, and a product of each block at work.
        Chosen::Randomised { oversampling, .. } => 8 * 6 * time_ * (k + oversampling as u64) + (8 << 20),
    }
}
