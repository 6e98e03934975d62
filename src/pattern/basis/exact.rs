//! Singular vectors from the smaller Gram matrix.

use super::{Basis, Need};
use crate::error::Result;
use crate::linalg::{BLOCK, ColumnBlocks, Precision, leading_eigen};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

/// ‖G·u − λ·u‖ / λ₁ at which an eigenvector is found.
const RESIDUAL: f64 = 1e-10;

/// The same where only eigenvalues are wanted, whose error is the square of it.
const ROUGH: f64 = 1e-6;

/// Blocks of a made series that are held at a time.
const GROUP: usize = 8;

/// Multiplications above which a Gram matrix of f32 products is worth its rounding.
const LARGE: usize = 1 << 28;

/// λₖ/λ₁ down to which f32 products can be told from their rounding.
const FAINT: f64 = 1e-5;

pub(super) fn left_vectors(s: &ColumnBlocks, mean: Option<&Array1<f64>>, k: usize, need: Need) -> Result<Basis> {
    if need == Need::Space && precision(s) == Precision::Single {
        let basis = of_precision(s, mean, k, Precision::Single)?;
        if basis.values[k - 1] > FAINT * basis.values[0] {
            return Ok(basis);
        }
    }
    of_precision(s, mean, k, Precision::Double)
}

/// What is precise enough where the rounding of f32 products does no harm.
fn precision(s: &ColumnBlocks) -> Precision {
    match s.rows() * s.columns() * s.rows().min(s.columns()) > LARGE {
        true => Precision::Single,
        false => Precision::Double,
    }
}

/// The k largest squared singular values.
pub(in crate::pattern) fn leading_values(s: &ColumnBlocks, k: usize) -> Result<Vec<f64>> {
    let gram = match s.columns() >= s.rows() {
        true => s.gram(precision(s))?,
        false => s.column_gram(precision(s))?,
    };
    Ok(leading_eigen(gram.view(), k, ROUGH)?.values)
}

/// [`leading_values`] of a series that is made from another one block by block; where it is wider than long only some blocks of it
/// are held at a time.
pub(in crate::pattern) fn leading_values_of_made(
    s: &ColumnBlocks,
    k: usize,
    made: impl Fn(usize, &Array2<f32>) -> Array2<f32> + Sync + Send,
) -> Result<Vec<f64>> {
    if s.columns() < s.rows() {
        return leading_values(&s.blockwise(s.rows(), made), k);
    }
    let precision = precision(s);
    let mut gram = Array2::<f64>::zeros((s.rows(), s.rows()));
    for from in (0..s.columns()).step_by(GROUP * BLOCK) {
        let columns = (s.columns() - from).min(GROUP * BLOCK);
        let block = |within: std::ops::Range<usize>| {
            let first = from + within.start;
            made(first, &s.blocks()[first / BLOCK])
        };
        gram += &ColumnBlocks::of(s.rows(), columns, block).gram(precision)?;
    }
    Ok(leading_eigen(gram.view(), k, ROUGH)?.values)
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
