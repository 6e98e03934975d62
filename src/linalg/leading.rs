//! The leading eigenvectors of a symmetric matrix, by a block Krylov space.

use super::{SymmetricEigen, in_pool, multiply_alone, symmetric_eigen};
use crate::error::Result;
use crate::notebook::check_cancelled;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rand::SeedableRng;
use rand::distributions::Distribution;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Vectors that are multiplied at a time: the matrix is read once for all of them.
const WIDTH: usize = 8;

/// Below this size all eigenvectors are as quick to have as a few.
const SMALL: usize = 256;

/// A new vector of less than this share of the largest eigenvalue is rounding: the space is complete.
const COMPLETE: f64 = 1e-13;

/// The k largest eigenvalues of a symmetric positive semidefinite matrix and their eigenvectors, n × k, to ‖A·u − λ·u‖ ≤ `tolerance` · λ₁ for
/// each.
///
/// Rayleigh–Ritz in the space of A's powers on a few random vectors, kept orthonormal in full (block Lanczos; Golub and Underwood 1977).
/// A Krylov space holds no more copies of one eigenvalue than it has first vectors: so the part of A that is orthogonal to what was found is
/// searched from new random vectors. If they find a larger eigenvalue, or the space grows to half of A's size, or k is not small
/// beside it, all eigenvectors are computed.
///
/// # Errors
/// If the iteration for eigenvectors does not converge (NaN or infinite values), or it is stopped.
pub(crate) fn leading_eigen(a: ArrayView2<f64>, k: usize, tolerance: f64) -> Result<SymmetricEigen> {
    let found = match a.nrows() >= SMALL && 5 * k <= a.nrows() {
        true => Krylov::new(a).leading(k, tolerance)?,
        false => None,
    };
    match found {
        Some(found) => Ok(found),
        None => {
            let all = symmetric_eigen(a)?;
            let k = k.min(all.values.len());
            Ok(SymmetricEigen { values: all.values[..k].to_vec(), vectors: all.vectors.slice(s![.., ..k]).to_owned() })
        }
    }
}

/// [`leading_eigen`] of a matrix of which nearly the leading eigenvectors are known, n × k: those of a matrix that differs little. From them the Krylov space
/// needs a few steps only.
///
/// # Errors
/// As [`leading_eigen`].
pub(crate) fn leading_eigen_near(a: ArrayView2<f64>, near: ArrayView2<f64>, tolerance: f64) -> Result<SymmetricEigen> {
    match Krylov::new(a).leading_near(near, tolerance)? {
        Some(found) => Ok(found),
        None => leading_eigen(a, near.ncols(), tolerance),
    }
}

/// An orthonormal basis, one vector a row, and A within it.
struct Krylov<'a> {
    a: ArrayView2<'a, f64>,
    basis: Array2<f64>,
    inner: Array2<f64>,
    size: usize,
    rng: Xoshiro256PlusPlus,
}

impl Krylov<'_> {
    fn new(a: ArrayView2<'_, f64>) -> Krylov<'_> {
        let most = a.nrows() / 2;
        let (basis, inner) = (Array2::zeros((most, a.nrows())), Array2::zeros((most, most)));
        Krylov { a, basis, inner, size: 0, rng: Xoshiro256PlusPlus::seed_from_u64(0) }
    }

    /// `None` if the space would grow too large, or has missed an eigenvector.
    fn leading(mut self, k: usize, tolerance: f64) -> Result<Option<SymmetricEigen>> {
        let mut block = random(WIDTH, self.a.nrows(), &mut self.rng);
        orthonormalise(&mut block);
        let mut check = k + 4 * WIDTH;
        while self.size + WIDTH <= self.basis.nrows() {
            check_cancelled("leading eigenvectors")?;
            let (rest, triangle) = self.extend(&block);
            let complete = self.complete(&triangle);
            if self.size >= check || (complete && self.size >= k) {
                if let Some((values, vectors)) = self.ritz(k, &triangle, tolerance)? {
                    let least = values[k - 1];
                    return Ok(self.nothing_above(&vectors, least, tolerance).then(|| turned(values, vectors)));
                }
                check = self.size + (self.size / 4).max(2 * WIDTH);
            }
            if complete {
                return Ok(None);
            }
            block = rest;
        }
        Ok(None)
    }

    /// The same from vectors that are nearly those that are sought; none but they are looked for.
    fn leading_near(mut self, near: ArrayView2<f64>, tolerance: f64) -> Result<Option<SymmetricEigen>> {
        let k = near.ncols();
        let mut block = near.t().as_standard_layout().into_owned();
        orthonormalise(&mut block);
        while self.size + k <= self.basis.nrows() {
            check_cancelled("leading eigenvectors")?;
            let (rest, triangle) = self.extend(&block);
            if let Some((values, vectors)) = self.ritz(k, &triangle, tolerance)? {
                return Ok(Some(turned(values, vectors)));
            }
            if self.complete(&triangle) {
                return Ok(None);
            }
            block = rest;
        }
        Ok(None)
    }

    /// Whether A's image of the last block is within the space but for rounding.
    fn complete(&self, triangle: &Array2<f64>) -> bool {
        let scale = self.inner[[0, 0]].abs();
        triangle.diag().iter().any(|&new| new <= COMPLETE * scale)
    }

    /// The k largest eigenvalues within the space and their vectors, one a row, if their residuals are small enough; `triangle` is that of the last block's image.
    fn ritz(&self, k: usize, triangle: &Array2<f64>, tolerance: f64) -> Result<Option<(Vec<f64>, Array2<f64>)>> {
        let size = self.size;
        let ritz = symmetric_eigen(self.inner.slice(s![..size, ..size]))?;
        // A·u − λ·u is the new block times the last rows of the Ritz vector.
        let last = triangle.t().dot(&ritz.vectors.slice(s![size - triangle.nrows().., ..k]));
        let residual = last.columns().into_iter().map(|r| r.dot(&r).sqrt()).fold(0.0, f64::max);
        if residual > tolerance * ritz.values[0] {
            return Ok(None);
        }
        let mut vectors = Array2::zeros((k, self.a.nrows()));
        let within = ritz.vectors.slice(s![.., ..k]);
        multiply_stripes(vectors.view_mut(), within.t(), self.basis.slice(s![..size, ..]));
        Ok(Some((ritz.values[..k].to_vec(), vectors)))
    }

    /// Takes an orthonormal block into the basis; what is new in A · block, orthonormal, and its triangle: A·Bᵀ = … + restᵀ · triangle.
    fn extend(&mut self, block: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
        let (width, from) = (block.nrows(), self.size);
        let to = from + width;
        self.basis.slice_mut(s![from..to, ..]).assign(block);
        self.size = to;
        let mut image = Array2::zeros(block.dim());
        multiply_stripes(image.view_mut(), block.view(), self.a);
        let basis = self.basis.slice(s![..to, ..]);
        let mut within = Array2::zeros((width, to));
        // Twice is enough: what is left of the basis in the image is then rounding.
        for _ in 0..2 {
            let mut part = Array2::zeros((width, to));
            multiply_alone(part.view_mut(), false, image.view(), basis.t());
            multiply_stripes_into(image.view_mut(), part.view(), basis, -1.0);
            within += &part;
        }
        self.inner.slice_mut(s![from..to, ..to]).assign(&within);
        self.inner.slice_mut(s![..to, from..to]).assign(&within.t());
        let triangle = orthonormalise(&mut image);
        (image, triangle)
    }

    /// Whether A has no eigenvalue above `least` beside the vectors (one a row), as far as new random vectors tell.
    fn nothing_above(&mut self, vectors: &Array2<f64>, least: f64, tolerance: f64) -> bool {
        let mut block = random(WIDTH, self.a.nrows(), &mut self.rng);
        let mut highest = 0f64;
        for _ in 0..4 {
            let part = block.dot(&vectors.t());
            multiply_stripes_into(block.view_mut(), part.view(), vectors.view(), -1.0);
            orthonormalise(&mut block);
            let mut image = Array2::zeros(block.dim());
            multiply_stripes(image.view_mut(), block.view(), self.a);
            let quotients = (&block * &image).sum_axis(Axis(1));
            highest = quotients.iter().copied().fold(highest, f64::max);
            block = image;
        }
        highest <= least + tolerance * self.inner[[0, 0]].abs().max(least)
    }
}

/// Vectors, one a row, as columns.
fn turned(values: Vec<f64>, vectors: Array2<f64>) -> SymmetricEigen {
    SymmetricEigen { values, vectors: vectors.reversed_axes().as_standard_layout().into_owned() }
}

fn random(rows: usize, columns: usize, rng: &mut Xoshiro256PlusPlus) -> Array2<f64> {
    Array2::from_shape_simple_fn((rows, columns), || StandardNormal.sample(rng))
}

/// Makes the rows orthonormal (Gram–Schmidt, twice each); the upper triangle R with rowsᵀ = newᵀ · R.
fn orthonormalise(rows: &mut Array2<f64>) -> Array2<f64> {
    let count = rows.nrows();
    let mut triangle = Array2::zeros((count, count));
    for i in 0..count {
        let (done, mut rest) = rows.view_mut().split_at(Axis(0), i);
        let mut row = rest.row_mut(0);
        for _ in 0..2 {
            for (j, other) in done.rows().into_iter().enumerate() {
                let part = other.dot(&row);
                triangle[[j, i]] += part;
                row.scaled_add(-part, &other);
            }
        }
        let norm = row.dot(&row).sqrt();
        triangle[[i, i]] = norm;
        if norm > 0.0 {
            row /= norm;
        }
    }
    triangle
}

/// C ← A·B for few rows of A, on all threads.
fn multiply_stripes(c: ArrayViewMut2<f64>, a: ArrayView2<f64>, b: ArrayView2<f64>) {
    stripes(c, a, b, false);
}

/// C ← C + factor·A·B.
fn multiply_stripes_into(c: ArrayViewMut2<f64>, a: ArrayView2<f64>, b: ArrayView2<f64>, factor: f64) {
    stripes(c, a.mapv(|v| factor * v).view(), b, true);
}

fn stripes(mut c: ArrayViewMut2<f64>, a: ArrayView2<f64>, b: ArrayView2<f64>, add: bool) {
    const STRIPE: usize = 256;
    in_pool(|| {
        let targets = c.axis_chunks_iter_mut(Axis(1), STRIPE).into_par_iter();
        let sources = b.axis_chunks_iter(Axis(1), STRIPE).into_par_iter();
        targets.zip(sources).for_each(|(c, b)| multiply_alone(c, add, a, b));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix with the given eigenvalues.
    fn with_eigenvalues(values: &[f64]) -> Array2<f64> {
        let n = values.len();
        let mut vectors = random(n, n, &mut Xoshiro256PlusPlus::seed_from_u64(3));
        orthonormalise(&mut vectors);
        let scaled = &vectors.t() * &ndarray::Array1::from(values.to_vec());
        scaled.dot(&vectors)
    }

    fn check(values: &[f64], k: usize) {
        let a = with_eigenvalues(values);
        let found = leading_eigen(a.view(), k, 1e-10).unwrap();
        for (value, expected) in found.values.iter().zip(values) {
            assert!((value - expected).abs() < 1e-9 * values[0], "{value} for {expected}");
        }
        let residual = a.dot(&found.vectors) - &found.vectors * &ndarray::Array1::from(found.values.clone());
        assert!(residual.columns().into_iter().all(|r| r.dot(&r).sqrt() < 1e-9 * values[0]));
        let off = found.vectors.t().dot(&found.vectors) - Array2::<f64>::eye(k);
        assert!(off.iter().all(|d| d.abs() < 1e-10));
    }

    #[test]
    fn leading_eigenvalues_are_the_planted_ones() {
        check(&(0..300).map(|i| 0.9f64.powi(i)).collect::<Vec<_>>(), 12);
        check(&(0..400).map(|i| 3.0 - 0.005 * f64::from(i)).collect::<Vec<_>>(), 10);
    }

    #[test]
    fn from_vectors_of_a_matrix_that_differs_little_the_same_are_found() {
        let a = with_eigenvalues(&(0..400).map(|i| 0.95f64.powi(i)).collect::<Vec<_>>());
        let mut noise = random(400, 400, &mut Xoshiro256PlusPlus::seed_from_u64(5)) * 1e-7;
        noise = &noise + &noise.t();
        let near = leading_eigen((&a + &noise).view(), 20, 1e-8).unwrap().vectors;
        let (found, exact) =
            (leading_eigen_near(a.view(), near.view(), 1e-11).unwrap(), leading_eigen(a.view(), 20, 1e-11).unwrap());
        let apart = |vectors: &Array2<f64>| {
            let cosines = (vectors * &exact.vectors).sum_axis(Axis(0));
            (vectors * &cosines.mapv(f64::signum) - &exact.vectors).into_iter().fold(0.0, |m: f64, d| m.max(d.abs()))
        };
        assert!(apart(&near) > 1e-7 && apart(&found.vectors) < 1e-9, "{} {}", apart(&near), apart(&found.vectors));
        assert!(found.values.iter().zip(&exact.values).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn an_eigenvalue_of_many_copies_is_found_as_often_as_it_occurs() {
        let values: Vec<f64> = (0..300).map(|i| if i < 30 { 5.0 } else { 1.0 }).collect();
        check(&values, 20);
        check(&values, 40);
    }

    #[test]
    fn a_matrix_of_low_rank_has_zeros_after_its_rank() {
        check(&(0..300).map(|i| if i < 20 { 30.0 - f64::from(i) } else { 0.0 }).collect::<Vec<_>>(), 25);
    }
}
