//! Singular vectors by subspace iteration from random courses.

use super::Basis;
use crate::error::Result;
use crate::linalg::{ColumnBlocks, multiply_alone, orthonormal_columns, symmetric_eigen};
use crate::notebook::check_cancelled;
use ndarray::{Array1, Array2, Axis, s};
use rand::SeedableRng;
use rand::distributions::Distribution;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

pub(super) fn left_vectors(
    s: &ColumnBlocks,
    mean: Option<&Array1<f64>>,
    k: usize,
    oversampling: usize,
    power_iterations: usize,
    seed: u64,
) -> Result<Basis> {
    let width = (k + oversampling).min(s.rows()).min(s.columns());
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut image = Array2::from_shape_simple_fn((s.rows(), width), || StandardNormal.sample(&mut rng));
    let mut space = Array2::zeros((0, 0));
    // One more than the power iterations: the last one gives the values and the residual.
    for _ in 0..=power_iterations {
        check_cancelled("randomised singular vectors")?;
        space = orthonormal_columns(image.view());
        image = gram_times(s, mean, &space);
    }
    let inner = symmetric_eigen(space.t().dot(&image).view())?;
    let turn = inner.vectors.slice(s![.., ..k]);
    let (vectors, values) = (space.dot(&turn), inner.values[..k].to_vec());
    let residual = image.dot(&turn) - &vectors * &Array1::from(values.clone());
    let worst = residual.map_axis(Axis(0), |r| r.dot(&r).sqrt()).into_iter().fold(0.0, f64::max);
    let how = format!(
        "randomised singular vectors ({oversampling} more, {power_iterations} power iterations, residual {:.1e} of the largest eigenvalue)",
        worst / values[0].max(f64::MIN_POSITIVE)
    );
    Ok(Basis { vectors, values, how })
}

/// S·(Sᵀ·Q), S less its mean over neurons where one is given; f32 products in a block, sums over blocks in f64.
fn gram_times(s: &ColumnBlocks, mean: Option<&Array1<f64>>, q: &Array2<f64>) -> Array2<f64> {
    let left = q.t().mapv(|v| v as f32);
    let mut sum = Array2::<f64>::zeros(q.dim());
    // A few blocks at a time, so that not all parts are held at once.
    for some in s.block_groups() {
        let parts = s.map_some(some, |block| {
            let mut codes = Array2::zeros((left.nrows(), block.ncols()));
            multiply_alone(codes.view_mut(), false, left.view(), block.view());
            let mut part = Array2::zeros((block.nrows(), left.nrows()));
            multiply_alone(part.view_mut(), false, block.view(), codes.t());
            part
        });
        parts.iter().for_each(|part: &Array2<f32>| sum.zip_mut_with(part, |sum, &p| *sum += f64::from(p)));
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
