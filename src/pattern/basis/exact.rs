//! Singular vectors from the smaller Gram matrix.

use super::{Basis, Need};
use crate::error::Result;
use crate::linalg::{ColumnBlocks, Precision, leading_eigen};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

/// ‖G·u − λ·u‖ / λ₁ at which an eigenvector is found.
const RESIDUAL: f64 = 1e-10;

/// Multiplications above which a Gram matrix of f32 products is worth its rounding.
const LARGE: usize = 1 << 31;

/// λₖ/λ₁ down to which f32 products can be told from their rounding.
const FAINT: f64 = 1e-5;

pub(super) fn left_vectors(s: &ColumnBlocks, mean: Option<&Array1<f64>>, k: usize, need: Need) -> Result<Basis> {
    let side = s.rows().min(s.columns());
    let quick = need == Need::Space && s.rows() * s.columns() * side > LARGE;
    if quick {
        let basis = of_precision(s, mean, k, Precision::Single)?;
        if basis.values[k - 1] > FAINT * basis.values[0] {
            return Ok(basis);
        }
    }
    of_precision(s, mean, k, Precision::Double)
}

fn of_precision(s: &ColumnBlocks, mean: Option<&Array1<f64>>, k: usize, precision: Precision) -> Result<Basis> {
    let how = "exact singular vectors".to_owned();
    let (time, neurons) = (s.rows(), s.columns());
    if neurons >= time {
        let mut gram = s.gram(precision)?;
        if let Some(mean) = mean {
            // Σ (x − m)(x − m)ᵀ = Σ x·xᵀ − n·m·mᵀ
            for ((i, j), value) in gram.indexed_iter_mut() {
                *value -= neurons as f64 * mean[i] * mean[j];
            }
        }
        let eigen = leading_eigen(gram.view(), k, RESIDUAL)?;
        return Ok(Basis { vectors: eigen.vectors, values: eigen.values, how });
    }
    let mut gram = s.column_gram(precision)?;
    if mean.is_some() {
        centre(&mut gram);
    }
    let eigen = leading_eigen(gram.view(), k, RESIDUAL)?;
    // U = S·V / σ; S less its mean gives the same as S, as V's columns then sum to 0.
    let mut vectors = times_columns(s, eigen.vectors.view());
    for (mut vector, value) in vectors.columns_mut().into_iter().zip(&eigen.values) {
        vector /= value.max(f64::MIN_POSITIVE).sqrt();
    }
    Ok(Basis { vectors, values: eigen.values, how })
}

/// Takes the mean column from the columns whose Gram matrix this is: its rows and columns then have mean 0.
fn centre(gram: &mut Array2<f64>) {
    let count = gram.nrows() as f64;
    let of_row = gram.sum_axis(Axis(1)) / count;
    let of_all = of_row.sum() / count;
    for ((i, j), value) in gram.indexed_iter_mut() {
        *value += of_all - of_row[i] - of_row[j];
    }
}

/// S · V in f64, for V of neuron × any.
fn times_columns(s: &ColumnBlocks, v: ArrayView2<f64>) -> Array2<f64> {
    let parts = s.map(|first, block| block.mapv(f64::from).dot(&v.slice(s![first..first + block.ncols(), ..])));
    parts.into_iter().fold(Array2::zeros((s.rows(), v.ncols())), |sum, part| sum + part)
}
