//! FastICA's fixed point on whitened data.

use super::{Algorithm, Contrast, Ica};
use crate::error::Result;
use crate::linalg::{ColumnBlocks, in_pool, multiply_alone, small_symmetric_eigen, thin_svd};
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand::SeedableRng;
use rand::distributions::Distribution;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Share of the largest eigenvalue of W·Wᵀ below which its square root is too rough.
const SINGULAR: f64 = 1e-9;

/// Where the fixed point ended.
pub(super) struct FixedPoint {
    /// k × k, orthogonal: components = rotation · whitened.
    pub rotation: Array2<f64>,
    /// Iterations done; in deflation those of the component that took most.
    pub iterations: usize,
    /// Largest 1 − |cosine| between a component before and after its last iteration.
    pub change: f64,
}

/// The rotation of `whitened` (k × sample, unit covariance) whose rows are least Gaussian, from the first rotation that `seed` gives.
pub(super) fn fixed_point(whitened: &ColumnBlocks, ica: &Ica, seed: u64) -> Result<FixedPoint> {
    let k = whitened.rows();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let start = Array2::from_shape_simple_fn((k, k), || StandardNormal.sample(&mut rng));
    let start = decorrelated(start.view())?;
    match ica.algorithm {
        Algorithm::Parallel => together(whitened, ica, start),
        Algorithm::Deflation => one_by_one(whitened, ica, start),
    }
}

fn together(whitened: &ColumnBlocks, ica: &Ica, mut rotation: Array2<f64>) -> Result<FixedPoint> {
    let mut progress = Progress::new("FastICA iterations", ica.max_iterations as u64);
    let (mut iterations, mut change) = (0, f64::INFINITY);
    while iterations < ica.max_iterations && change >= ica.tolerance {
        check_cancelled("FastICA")?;
        let next = decorrelated(update(whitened, rotation.view(), ica.contrast).view())?;
        let cosines = (&next * &rotation).sum_axis(Axis(1));
        change = cosines.iter().fold(0.0, |most, c| f64::max(most, (c.abs() - 1.0).abs()));
        rotation = next;
        iterations += 1;
        progress.advance(1);
    }
    Ok(FixedPoint { rotation, iterations, change })
}

fn one_by_one(whitened: &ColumnBlocks, ica: &Ica, mut rotation: Array2<f64>) -> Result<FixedPoint> {
    let k = rotation.nrows();
    let mut progress = Progress::new("FastICA components", k as u64);
    let (mut most, mut worst) = (0, 0f64);
    for component in 0..k {
        let (done, mut rest) = rotation.view_mut().split_at(Axis(0), component);
        let mut own = rest.row_mut(0);
        let apart = |row: &mut Array1<f64>| {
            // Twice, so that rounding is gone as well.
            for _ in 0..2 {
                let shares = done.dot(row);
                *row -= &shares.dot(&done);
            }
            let norm = row.dot(row).sqrt();
            *row /= norm.max(f64::MIN_POSITIVE);
        };
        let mut w = own.to_owned();
        apart(&mut w);
        let (mut iterations, mut change) = (0, f64::INFINITY);
        while iterations < ica.max_iterations && change >= ica.tolerance {
            check_cancelled("FastICA")?;
            let mut next = update(whitened, w.view().insert_axis(Axis(0)), ica.contrast).remove_axis(Axis(0));
            apart(&mut next);
            change = (next.dot(&w).abs() - 1.0).abs();
            w = next;
            iterations += 1;
        }
        own.assign(&w);
        (most, worst) = (most.max(iterations), worst.max(change));
        progress.advance(1);
    }
    Ok(FixedPoint { rotation, iterations: most, change: worst })
}

/// E[g(W·x)·xᵀ] − E[g′(W·x)]·W, in one pass over the blocks of x: products, contrast and products again while a block is in cache.
fn update(whitened: &ColumnBlocks, w: ArrayView2<f64>, contrast: Contrast) -> Array2<f64> {
    let rounded = w.mapv(|v| v as f32);
    let parts: Vec<(Array2<f32>, Array1<f64>)> = in_pool(|| {
        let one = |scratch: &mut Array2<f32>, x: &Array2<f32>| {
            let mut g = scratch.slice_mut(s![.., ..x.ncols()]);
            multiply_alone(g.view_mut(), false, rounded.view(), x.view());
            let slopes =
                g.rows_mut().into_iter().map(|row| row.into_slice().map_or(f64::NAN, |row| contrast.apply(row)));
            let slopes = slopes.collect();
            let mut product = Array2::zeros(w.dim());
            multiply_alone(product.view_mut(), false, g.view(), x.t());
            (product, slopes)
        };
        let width = whitened.blocks().first().map_or(0, Array2::ncols);
        whitened.blocks().par_iter().map_init(|| Array2::zeros((w.nrows(), width)), one).collect()
    });
    let (mut sum, mut slope) = (Array2::<f64>::zeros(w.dim()), Array1::<f64>::zeros(w.nrows()));
    for (product, slopes) in &parts {
        sum.zip_mut_with(product, |s, &p| *s += f64::from(p));
        slope += slopes;
    }
    (sum - &w * &slope.insert_axis(Axis(1))) / whitened.columns() as f64
}

/// (W·Wᵀ)^(-1/2)·W: the nearest orthogonal matrix.
fn decorrelated(w: ArrayView2<f64>) -> Result<Array2<f64>> {
    let eigen = small_symmetric_eigen(w.dot(&w.t()).view())?;
    let (largest, smallest) = (eigen.values[0], eigen.values[eigen.values.len() - 1]);
    if smallest.is_nan() || smallest <= largest * SINGULAR {
        // U·Vᵀ for W = U·diag(s)·Vᵀ: the same, without the square of W.
        let svd = thin_svd(w)?;
        return Ok(svd.u.dot(&svd.v.t()));
    }
    let scaled = &eigen.vectors / &Array1::from_iter(eigen.values.iter().map(|v| v.sqrt()));
    Ok(scaled.dot(&eigen.vectors.t().dot(&w)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decorrelated_rows_are_orthonormal() {
        let w = ndarray::array![[2.0, 1.0, 0.3], [0.1, -1.0, 4.0], [1.0, 1.0, 1.0]];
        let nearly_singular = ndarray::array![[2.0, 1.0, 0.3], [2.0, 1.0, 0.3 + 1e-7], [1.0, 1.0, 1.0]];
        for w in [w, nearly_singular] {
            let r = decorrelated(w.view()).unwrap();
            assert!((r.dot(&r.t()) - Array2::<f64>::eye(3)).iter().all(|d| d.abs() < 1e-7));
        }
    }
}
