//! Product, Gram matrix, symmetric eigenvectors, thin SVD and QR's triangular factor over ndarray arrays.

use super::in_pool;
use crate::error::{Error, Result};
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par, Side};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, s};

/// Eigenvalues, largest first, and the eigenvectors as columns in the same order.
#[derive(Clone, Debug)]
pub struct SymmetricEigen {
    /// Eigenvalues, largest first.
    pub values: Vec<f64>,
    /// One unit eigenvector per column.
    pub vectors: Array2<f64>,
}

/// Thin singular value decomposition A = U · diag(s) · Vᵀ.
#[derive(Clone, Debug)]
pub struct Svd {
    /// rows × min(rows, columns), orthonormal columns.
    pub u: Array2<f64>,
    /// Singular values, largest first.
    pub s: Vec<f64>,
    /// columns × min(rows, columns), orthonormal columns.
    pub v: Array2<f64>,
}

/// A · B on all cores.
///
/// ```
/// use ndarray::array;
/// let (a, b) = (array![[1.0, 2.0]], array![[3.0], [4.0]]);
/// assert_eq!(neurocell::linalg::product(a.view(), b.view())?, array![[11.0]]);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If A has not as many columns as B has rows.
pub fn product(a: ArrayView2<f32>, b: ArrayView2<f32>) -> Result<Array2<f32>> {
    if a.ncols() != b.nrows() {
        return Err(Error::shape(
            format!("the product of a {} × {} and a {} × {} matrix", a.nrows(), a.ncols(), b.nrows(), b.ncols()),
            "the first one's columns must be as many as the second one's rows; transpose one of them",
        ));
    }
    let mut c = Array2::zeros((a.nrows(), b.ncols()));
    in_pool(|| multiply_into(c.view_mut(), a, b, Par::rayon(0)));
    Ok(c)
}

/// C ← A · B; inside [`in_pool`] if `par` is not [`Par::Seq`]. Inner and outer sizes must agree.
pub(crate) fn multiply_into<T: faer::traits::ComplexField + Copy>(
    c: ArrayViewMut2<T>,
    a: ArrayView2<T>,
    b: ArrayView2<T>,
    par: Par,
) {
    faer::linalg::matmul::matmul(
        faer_mut(c),
        Accum::Replace,
        faer_ref(a),
        faer_ref(b),
        faer::traits::math_utils::one(),
        par,
    );
}

/// Gram matrix Xᵀ·X of the columns of X, summed in f64.
///
/// Rows are widened to f64 a block at a time, so that no f64 copy of X is made.
pub fn gram(x: ArrayView2<f32>) -> Array2<f64> {
    let columns = x.ncols();
    let mut gram = Array2::zeros((columns, columns));
    in_pool(|| {
        for rows in x.axis_chunks_iter(Axis(0), 512) {
            let wide = rows.mapv(f64::from);
            triangular::matmul(
                faer_mut(gram.view_mut()),
                BlockStructure::TriangularLower,
                Accum::Add,
                faer_ref(wide.t()),
                BlockStructure::Rectangular,
                faer_ref(wide.view()),
                BlockStructure::Rectangular,
                1.0,
                Par::rayon(0),
            );
        }
    });
    for i in 0..columns {
        for j in 0..i {
            gram[[j, i]] = gram[[i, j]];
        }
    }
    gram
}

/// Eigenvalues and eigenvectors of a symmetric matrix, of which the lower triangle is read.
///
/// # Errors
/// If the matrix is not square, or the iteration does not converge (it holds NaN or infinite values).
pub fn symmetric_eigen(a: ArrayView2<f64>) -> Result<SymmetricEigen> {
    if !a.is_square() {
        return Err(Error::shape(
            format!("a symmetric matrix of {} × {}", a.nrows(), a.ncols()),
            "eigenvectors of a symmetric matrix need a square one",
        ));
    }
    let eigen = in_pool(|| faer_ref(a).self_adjoint_eigen(Side::Lower))
        .map_err(|_| no_convergence("eigenvectors", a.nrows(), a.ncols()))?;
    // faer gives the smallest eigenvalue first.
    let vectors = from_faer(eigen.U()).slice_move(s![.., ..;-1]);
    let values = eigen.S().column_vector().iter().rev().copied().collect();
    Ok(SymmetricEigen { values, vectors: vectors.as_standard_layout().into_owned() })
}

/// The pseudo-inverse of a symmetric matrix without negative eigenvalues; those below 1e-12 of the largest count as 0.
pub(crate) fn pseudo_inverse(a: ArrayView2<f64>) -> Result<Array2<f64>> {
    let eigen = symmetric_eigen(a)?;
    let floor = eigen.values.first().copied().unwrap_or(0.0) * 1e-12;
    let inverse = Array1::from_iter(eigen.values.iter().map(|&v| if v > floor { 1.0 / v } else { 0.0 }));
    Ok((&eigen.vectors * &inverse).dot(&eigen.vectors.t()))
}

/// Thin singular value decomposition.
///
/// # Errors
/// If the iteration does not converge (the matrix holds NaN or infinite values).
pub fn thin_svd(a: ArrayView2<f64>) -> Result<Svd> {
    let svd =
        in_pool(|| faer_ref(a).thin_svd()).map_err(|_| no_convergence("singular values", a.nrows(), a.ncols()))?;
    let s = svd.S().column_vector().iter().copied().collect();
    Ok(Svd { u: from_faer(svd.U()), s, v: from_faer(svd.V()) })
}

/// An orthonormal basis of the columns of a tall matrix, rows × columns.
pub(crate) fn orthonormal_columns(a: ArrayView2<f64>) -> Array2<f64> {
    from_faer(in_pool(|| faer_ref(a).qr().compute_thin_Q()).as_ref())
}

/// R of A = Q·R with orthonormal columns of Q: upper triangular, min(rows, columns) × columns.
pub(crate) fn triangle(a: ArrayView2<f64>) -> Array2<f64> {
    let mut triangle = from_faer(in_pool(|| faer_ref(a).qr()).thin_R());
    // What lies below the diagonal is of no concern.
    triangle.indexed_iter_mut().filter(|((i, j), _)| i > j).for_each(|(_, v)| *v = 0.0);
    triangle
}

/// [`symmetric_eigen`] of a small matrix, on this thread.
pub(crate) fn small_symmetric_eigen(a: ArrayView2<f64>) -> Result<SymmetricEigen> {
    use faer::dyn_stack::{MemBuffer, MemStack};
    use faer::linalg::evd;
    let n = a.nrows();
    let (mut values, mut vectors) = (faer::Mat::<f64>::zeros(n, 1), faer::Mat::<f64>::zeros(n, n));
    let needed = evd::self_adjoint_evd_scratch::<f64>(n, evd::ComputeEigenvectors::Yes, Par::Seq, Default::default());
    evd::self_adjoint_evd(
        faer_ref(a),
        values.as_mut().col_mut(0).as_diagonal_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(needed)),
        Default::default(),
    )
    .map_err(|_| no_convergence("eigenvectors", n, n))?;
    // faer gives the smallest eigenvalue first.
    let vectors = from_faer(vectors.as_ref()).slice_move(s![.., ..;-1]);
    let values = values.col(0).iter().rev().copied().collect();
    Ok(SymmetricEigen { values, vectors: vectors.as_standard_layout().into_owned() })
}

fn no_convergence(what: &str, rows: usize, columns: usize) -> Error {
    Error::value(
        format!("the {what} of a {rows} × {columns} matrix were not found"),
        "it most likely holds NaN or infinite values; look at the data that went in",
    )
}

/// faer's view of an ndarray array.
pub(super) fn faer_ref<T>(a: ArrayView2<'_, T>) -> MatRef<'_, T> {
    // SAFETY: pointer, sizes and strides are those of a valid shared view, and the lifetime is its own.
    unsafe { MatRef::from_raw_parts(a.as_ptr(), a.nrows(), a.ncols(), a.strides()[0], a.strides()[1]) }
}

/// faer's mutable view of an ndarray array.
pub(super) fn faer_mut<T>(mut a: ArrayViewMut2<'_, T>) -> MatMut<'_, T> {
    // SAFETY: as above; the view is exclusive and is given up here.
    unsafe { MatMut::from_raw_parts_mut(a.as_mut_ptr(), a.nrows(), a.ncols(), a.strides()[0], a.strides()[1]) }
}

fn from_faer(m: MatRef<'_, f64>) -> Array2<f64> {
    Array2::from_shape_fn((m.nrows(), m.ncols()), |(i, j)| m[(i, j)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn noise(rows: usize, columns: usize) -> Array2<f32> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        Array2::from_shape_fn((rows, columns), |_| rng.gen_range(-1.0..1.0))
    }

    #[test]
    fn product_reads_transposed_and_reversed_views_where_they_lie() {
        let (a, b) = (noise(70, 40), noise(70, 30));
        let (at, b) = (a.t(), b.slice(s![..;-1, ..;2]));
        let (found, expected) = (product(at, b).unwrap(), at.dot(&b));
        assert!((&found - &expected).iter().all(|d| d.abs() < 1e-4));
    }

    #[test]
    fn product_of_mismatched_matrices_names_both_shapes() {
        let error = product(noise(2, 3).view(), noise(4, 5).view()).unwrap_err();
        assert!(error.problem().contains("2 × 3") && error.problem().contains("4 × 5"), "{error}");
    }

    #[test]
    fn gram_equals_the_f64_product() {
        let x = noise(1100, 37);
        let wide = x.mapv(f64::from);
        let difference = gram(x.view()) - wide.t().dot(&wide);
        assert!(difference.iter().all(|d| d.abs() < 1e-10));
    }

    #[test]
    fn eigenvectors_rebuild_the_matrix_largest_first() {
        let a = gram(noise(50, 20).view());
        let eigen = symmetric_eigen(a.view()).unwrap();
        assert!(eigen.values.windows(2).all(|w| w[0] >= w[1]));
        let scaled = &eigen.vectors * &ndarray::Array1::from(eigen.values.clone());
        assert!((scaled.dot(&eigen.vectors.t()) - a).iter().all(|d| d.abs() < 1e-10));
    }

    #[test]
    fn singular_vectors_rebuild_a_wide_matrix() {
        let a = noise(8, 20).mapv(f64::from);
        let svd = thin_svd(a.view()).unwrap();
        assert_eq!((svd.u.dim(), svd.v.dim()), ((8, 8), (20, 8)));
        let scaled = &svd.u * &ndarray::Array1::from(svd.s);
        assert!((scaled.dot(&svd.v.t()) - a).iter().all(|d| d.abs() < 1e-12));
    }
}
