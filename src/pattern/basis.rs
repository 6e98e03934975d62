//! Left singular vectors of a series: the courses that explain most, from the smaller of its two Gram matrices.

use crate::error::{Error, Result};
use crate::linalg::{ColumnBlocks, symmetric_eigen};
use ndarray::{Array1, Array2, s};

/// Eigenvalues below this share of the largest are rounding of f32 data.
const RANK: f64 = 1e-10;

/// The first k left singular vectors of a series and its k largest eigenvalues (squared singular values).
pub(super) struct Basis {
    /// Time × k, orthonormal columns.
    pub vectors: Array2<f64>,
    /// k squared singular values, largest first.
    pub values: Vec<f64>,
}

/// The first k left singular vectors of `s` (time × neuron), less the mean of each row where one is given.
///
/// # Errors
/// If the rank is smaller than k.
pub(super) fn left_vectors(s: &ColumnBlocks, mean: Option<&Array1<f64>>, k: usize) -> Result<Basis> {
    let mut gram = s.gram();
    if let Some(mean) = mean {
        // Σ (x − m)(x − m)ᵀ = Σ x·xᵀ − n·m·mᵀ
        for ((i, j), value) in gram.indexed_iter_mut() {
            *value -= s.columns() as f64 * mean[i] * mean[j];
        }
    }
    let eigen = symmetric_eigen(gram.view())?;
    let floor = eigen.values[0] * RANK;
    let rank = eigen.values.iter().take_while(|&&value| value > floor).count();
    if rank < k {
        return Err(Error::value(
            format!("{k} patterns were asked for, and the series has {rank} independent courses"),
            format!("ask for {rank} or fewer, or give a longer series"),
        ));
    }
    Ok(Basis { vectors: eigen.vectors.slice(s![.., ..k]).to_owned(), values: eigen.values[..k].to_vec() })
}
