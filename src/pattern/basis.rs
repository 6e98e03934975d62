//! Left singular vectors of a series: the courses that explain most, from the smaller of its two Gram matrices.

use crate::error::{Error, Result};
use crate::linalg::{gram, product, symmetric_eigen};
use ndarray::{Array2, s};

/// Eigenvalues below this share of the largest are rounding of f32 data.
const RANK: f64 = 1e-10;

/// The first k left singular vectors of a series and its k largest eigenvalues (squared singular values).
pub(super) struct Basis {
    /// Time × k, orthonormal columns.
    pub vectors: Array2<f64>,
    /// k squared singular values, largest first.
    pub values: Vec<f64>,
}

/// The first k left singular vectors of `s` (time × neuron).
///
/// # Errors
/// If the rank is smaller than k.
pub(super) fn left_vectors(s: &Array2<f32>, k: usize) -> Result<Basis> {
    let (time, neurons) = s.dim();
    let wide = time <= neurons;
    let eigen = symmetric_eigen(gram(if wide { s.t() } else { s.view() }).view())?;
    let floor = eigen.values[0] * RANK;
    let rank = eigen.values.iter().take_while(|&&value| value > floor).count();
    if rank < k {
        return Err(Error::value(
            format!("{k} patterns were asked for, and the series has {rank} independent courses"),
            format!("ask for {rank} or fewer, or give a longer series"),
        ));
    }
    let values = eigen.values[..k].to_vec();
    let first = eigen.vectors.slice(s![.., ..k]);
    let vectors = match wide {
        true => first.to_owned(),
        false => {
            // U = S · V / σ
            let mut u = product(s.view(), first.mapv(|v| v as f32).view())?.mapv(f64::from);
            for (mut column, value) in u.columns_mut().into_iter().zip(&values) {
                column /= value.sqrt();
            }
            u
        }
    };
    Ok(Basis { vectors, values })
}
