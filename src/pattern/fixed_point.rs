//! FastICA's symmetric fixed point on whitened data.

use crate::error::Result;
use crate::linalg::{in_pool, multiply_into, thin_svd};
use crate::notebook::{Progress, check_cancelled};
use faer::Par;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::SeedableRng;
use rand::distributions::Distribution;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Samples that one thread takes at a time; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 1024;

/// Where the fixed point ended.
pub(super) struct FixedPoint {
    /// k × k, orthogonal: components = rotation · whitened.
    pub rotation: Array2<f64>,
    /// Iterations done.
    pub iterations: usize,
    /// Largest 1 − |cosine| between a component before and after the last iteration.
    pub change: f64,
}

/// The rotation of `whitened` (k × sample, unit covariance) whose rows are least Gaussian.
pub(super) fn fixed_point(
    whitened: &Array2<f32>,
    seed: u64,
    max_iterations: usize,
    tolerance: f64,
) -> Result<FixedPoint> {
    let k = whitened.nrows();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let start = Array2::from_shape_simple_fn((k, k), || StandardNormal.sample(&mut rng));
    let mut rotation = decorrelated(start.view())?;
    let chunks: Vec<Array2<f32>> =
        whitened.axis_chunks_iter(Axis(1), CHUNK).map(|chunk| chunk.as_standard_layout().into_owned()).collect();
    let mut progress = Progress::new("FastICA iterations", max_iterations as u64);
    let (mut iterations, mut change) = (0, f64::INFINITY);
    while iterations < max_iterations && change >= tolerance {
        check_cancelled("FastICA")?;
        let next = decorrelated(update(&chunks, &rotation, whitened.ncols()).view())?;
        let cosines = (&next * &rotation).sum_axis(Axis(1));
        change = cosines.iter().fold(0.0, |most, c| f64::max(most, (c.abs() - 1.0).abs()));
        rotation = next;
        iterations += 1;
        progress.advance(1);
    }
    Ok(FixedPoint { rotation, iterations, change })
}

/// E[g(W·x)·xᵀ] − E[g′(W·x)]·W.
fn update(chunks: &[Array2<f32>], rotation: &Array2<f64>, samples: usize) -> Array2<f64> {
    let k = rotation.nrows();
    let w = rotation.mapv(|v| v as f32);
    let parts: Vec<(Array2<f32>, Array1<f32>)> = in_pool(|| {
        chunks
            .par_iter()
            .map(|x| {
                let mut g = Array2::zeros(x.dim());
                multiply_into(g.view_mut(), w.view(), x.view(), Par::Seq);
                g.mapv_inplace(tanh);
                let slope = g.map_axis(Axis(1), |row| row.iter().map(|g| 1.0 - g * g).sum());
                let mut product = Array2::zeros((k, k));
                multiply_into(product.view_mut(), g.view(), x.t(), Par::Seq);
                (product, slope)
            })
            .collect()
    });
    let (mut sum, mut slope) = (Array2::<f64>::zeros((k, k)), Array1::<f64>::zeros(k));
    for (product, slopes) in &parts {
        sum.zip_mut_with(product, |s, &p| *s += f64::from(p));
        slope.zip_mut_with(slopes, |s, &p| *s += f64::from(p));
    }
    (sum - rotation * &slope.insert_axis(Axis(1))) / samples as f64
}

/// (W·Wᵀ)^(-1/2)·W = U·Vᵀ for W = U·diag(s)·Vᵀ: the nearest orthogonal matrix.
fn decorrelated(w: ArrayView2<f64>) -> Result<Array2<f64>> {
    let svd = thin_svd(w)?;
    Ok(svd.u.dot(&svd.v.t()))
}

/// tanh to 4e-7, without branches, so that the compiler makes it a vector loop (odd polynomial over even one, Eigen's coefficients).
fn tanh(x: f32) -> f32 {
    const ODD: [f32; 7] = [
        -2.76076847742355e-16_f64 as f32,
        2.00018790482477e-13_f64 as f32,
        -8.60467152213735e-11_f64 as f32,
        5.12229709037114e-08_f64 as f32,
        1.48572235717979e-05_f64 as f32,
        6.37261928875436e-04_f64 as f32,
        4.89352455891786e-03_f64 as f32,
    ];
    const EVEN: [f32; 4] = [
        1.19825839466702e-06_f64 as f32,
        1.18534705686654e-04_f64 as f32,
        2.26843463243900e-03_f64 as f32,
        4.89352518554385e-03_f64 as f32,
    ];
    let x = x.clamp(-7.905_311, 7.905_311);
    let square = x * x;
    let odd = ODD[1..].iter().fold(ODD[0], |sum, c| sum * square + c);
    let even = EVEN[1..].iter().fold(EVEN[0], |sum, c| sum * square + c);
    x * odd / even
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_is_within_a_few_roundings_of_the_libraries() {
        let worst = (-20_000..=20_000).map(|i| i as f32 * 1e-3).map(|x| f64::from(tanh(x)) - f64::from(x).tanh());
        assert!(worst.fold(0.0, |m: f64, d| m.max(d.abs())) < 4e-7);
    }

    #[test]
    fn decorrelated_rows_are_orthonormal() {
        let w = ndarray::array![[2.0, 1.0, 0.3], [0.1, -1.0, 4.0], [1.0, 1.0, 1.0]];
        let r = decorrelated(w.view()).unwrap();
        assert!((r.dot(&r.t()) - Array2::<f64>::eye(3)).iter().all(|d| d.abs() < 1e-12));
    }
}
