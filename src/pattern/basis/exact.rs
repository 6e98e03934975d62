//! Singular vectors from the smaller Gram matrix.

use super::{Basis, Need};
use crate::error::Result;
use crate::linalg::{
    BLOCK, ColumnBlocks, Precision, in_pool, leading_eigen, leading_eigen_near, multiply_alone, multiply_into,
};
use faer::Par;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

/// ‖G·u − λ·u‖ / λ₁ at which an eigenvector is found.
const RESIDUAL: f64 = 1e-10;

/// The same where only eigenvalues are wanted, whose error is the square of it.
const ROUGH: f64 = 1e-6;

/// The same for vectors that are put right afterwards.
const NEAR: f64 = 1e-8;

/// By how much f32 products may have turned a vector, for the correction to leave no more than 1e-8.
const TURN: f64 = 1e-4;

/// As the method's line says it.
const HOW: &str = "exact singular vectors";

/// Columns that are widened to f64 at a time.
const NARROW: usize = 64;

/// Blocks of a made series that are held at a time.
const GROUP: usize = 8;

/// Multiplications above which a Gram matrix of f32 products is worth its rounding.
const LARGE: usize = 1 << 28;

/// λₖ/λ₁ down to which f32 products can be told from their rounding.
const FAINT: f64 = 1e-5;

pub(super) fn left_vectors(s: &ColumnBlocks, mean: Option<&Array1<f64>>, k: usize, need: Need) -> Result<Basis> {
    if precision(s) == Precision::Single {
        let quick = match need {
            Need::Space => Some(of_precision(s, mean, k, Precision::Single)?),
            Need::Vectors => corrected(s, mean, k)?,
        };
        if let Some(basis) = quick.filter(|basis| basis.values[k - 1] > FAINT * basis.values[0]) {
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
    if s.columns() >= s.rows() {
        let eigen = leading_eigen(row_gram(s, mean, precision)?.view(), k, RESIDUAL)?;
        return Ok(Basis { vectors: eigen.vectors, values: eigen.values, how: HOW.to_owned() });
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
    Ok(Basis { vectors, values: eigen.values, how: HOW.to_owned() })
}

fn row_gram(s: &ColumnBlocks, mean: Option<&Array1<f64>>, precision: Precision) -> Result<Array2<f64>> {
    let mut gram = s.gram(precision)?;
    if let Some(mean) = mean {
        // Σ (x − m)(x − m)ᵀ = Σ x·xᵀ − n·m·mᵀ
        for ((i, j), value) in gram.indexed_iter_mut() {
            *value -= s.columns() as f64 * mean[i] * mean[j];
        }
    }
    Ok(gram)
}

/// The vectors from a Gram matrix of f32 products, G + E, whose error is put right where it matters: for its leading vectors Q the image
/// G·Q is computed in f64, so that E·Q is known, and with it all of E but what lies outside Q on both sides:
///
/// ```text
/// G ≈ (G + E) − F·Qᵀ − Q·Fᵀ + Q·(QᵀF)·Qᵀ,   F = E·Q
/// ```
///
/// If that turns the vectors by δ, what is left is of the size of δ². `None` where it turns them by more than [`TURN`], and where it is not
/// worth it: the series is longer than wide, or so many vectors are asked for that all are computed.
fn corrected(s: &ColumnBlocks, mean: Option<&Array1<f64>>, k: usize) -> Result<Option<Basis>> {
    if s.columns() < s.rows() || 5 * k > s.rows() {
        return Ok(None);
    }
    let mut gram = row_gram(s, mean, Precision::Single)?;
    let q = leading_eigen(gram.view(), k, NEAR)?.vectors;
    let mut error = in_pool_product(gram.view(), q.view());
    error -= &gram_times(s, mean, &q);
    let within = q.t().dot(&error);
    let half = error - q.dot(&(&within + &within.t())) / 4.0;
    let correction = in_pool_product(half.view(), q.t());
    gram -= &correction;
    gram -= &correction.t();
    let eigen = leading_eigen_near(gram.view(), q.view(), RESIDUAL)?;
    let outside = &eigen.vectors - &q.dot(&q.t().dot(&eigen.vectors));
    let turn = outside.columns().into_iter().map(|d| d.dot(&d).sqrt()).fold(0.0, f64::max);
    Ok((turn < TURN).then(|| Basis { vectors: eigen.vectors, values: eigen.values, how: HOW.to_owned() }))
}

fn in_pool_product(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Array2<f64> {
    let mut product = Array2::zeros((a.nrows(), b.ncols()));
    in_pool(|| multiply_into(product.view_mut(), a, b, Par::rayon(0)));
    product
}

/// S·(Sᵀ·Q) in f64, S less its mean over neurons where one is given.
fn gram_times(s: &ColumnBlocks, mean: Option<&Array1<f64>>, q: &Array2<f64>) -> Array2<f64> {
    let mut sum = Array2::<f64>::zeros(q.dim());
    for some in s.block_groups() {
        let parts = s.map_some(some, |block| {
            let mut part = Array2::zeros(q.dim());
            // Widened by as many columns as the processor's cache holds.
            let mut wide = Array2::<f64>::zeros((block.nrows(), NARROW));
            let mut codes = Array2::zeros((q.ncols(), NARROW));
            for narrow in block.axis_chunks_iter(Axis(1), NARROW) {
                let mut wide = wide.slice_mut(s![.., ..narrow.ncols()]);
                let mut codes = codes.slice_mut(s![.., ..narrow.ncols()]);
                wide.zip_mut_with(&narrow, |wide, &x| *wide = f64::from(x));
                multiply_alone(codes.view_mut(), false, q.t(), wide.view());
                multiply_alone(part.view_mut(), true, wide.view(), codes.t());
            }
            part
        });
        parts.iter().for_each(|part: &Array2<f64>| sum += part);
    }
    if let Some(mean) = mean {
        // (S − m·1ᵀ)(S − m·1ᵀ)ᵀ = S·Sᵀ − n·m·mᵀ
        let along = mean.dot(q) * s.columns() as f64;
        for ((t, column), value) in sum.indexed_iter_mut() {
            *value -= mean[t] * along[column];
        }
    }
    sum
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

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// Courses of falling strength in noise, large enough for f32 products.
    fn series() -> ColumnBlocks {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        let mut uniform = |rows, columns, size: f32| {
            Array2::<f32>::from_shape_simple_fn((rows, columns), || size * rng.gen_range(-1.0..1.0))
        };
        let courses = uniform(300, 12, 1.0) * &Array1::from_iter((0..12).map(|i| 1.4f32.powi(-i)));
        let series = courses.dot(&uniform(12, 3100, 1.0)) + uniform(300, 3100, 0.1) + 0.2;
        ColumnBlocks::from_matrix(series.view())
    }

    #[test]
    fn a_corrected_gram_matrix_of_f32_products_gives_the_vectors_of_an_f64_one() {
        let s = series();
        assert_eq!(precision(&s), Precision::Single);
        let means = s.row_means();
        for mean in [None, Some(&means)] {
            let exact = of_precision(&s, mean, 6, Precision::Double).unwrap();
            let (rough, fine) =
                (of_precision(&s, mean, 6, Precision::Single).unwrap(), corrected(&s, mean, 6).unwrap());
            let apart = |found: &Basis| {
                let turn = (&found.vectors * &exact.vectors).sum_axis(Axis(0)).mapv(f64::signum);
                (&found.vectors * &turn - &exact.vectors).into_iter().fold(0.0, |worst: f64, d| worst.max(d.abs()))
            };
            let (rough, fine) = (apart(&rough), apart(&fine.unwrap()));
            assert!(fine < 1e-7 && fine < rough / 10.0, "{rough} {fine}");
        }
    }

    #[test]
    fn vectors_of_white_noise_whose_eigenvalues_lie_close_are_those_of_f64_products() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(6);
        let noise = Array2::<f32>::from_shape_simple_fn((300, 3100), || rng.gen_range(-1.0..1.0));
        let s = ColumnBlocks::from_matrix(noise.view());
        let exact = of_precision(&s, None, 5, Precision::Double).unwrap();
        let found = left_vectors(&s, None, 5, Need::Vectors).unwrap();
        let cosines = (&found.vectors * &exact.vectors).sum_axis(Axis(0));
        assert!(cosines.iter().all(|c| (c.abs() - 1.0).abs() < 1e-12), "{cosines}");
    }
}
