//! Coordinate descent along a path of λ, sixteen voxels at a time.

use super::ElasticNet;
use crate::error::Result;
use crate::linalg::vectorised;
use crate::notebook::check_cancelled;
use ndarray::{Array2, ArrayView2};

/// Voxels that are moved together: two of the widest vectors of f64.
const LANES: usize = 16;

type Lanes = [f64; LANES];

/// The weights at each λ.
pub(super) struct Path {
    /// For each λ of the grid, regressor × voxel.
    pub weights: Vec<Array2<f32>>,
    /// Voxels whose descent had not come to rest at some λ.
    pub unfinished: usize,
}

/// Weights of each voxel along the grid. `gram` is XᵀX/n, `correlations` Xᵀy/n (regressor × voxel), and `units` are the voxels' standard deviations, in
/// whose share the tolerance is meant.
pub(super) fn path(
    gram: &Array2<f64>,
    correlations: ArrayView2<f64>,
    units: &[f64],
    options: &ElasticNet,
) -> Result<Path> {
    let (regressors, voxels) = correlations.dim();
    let mut weights = vec![Array2::zeros((regressors, voxels)); options.lambdas.len()];
    let mut unfinished = 0;
    let gram = gram.as_standard_layout();
    let Some(gram) = gram.as_slice() else { unreachable!("a matrix in standard layout is a slice") };
    for first in (0..voxels).step_by(LANES) {
        let lanes = first..(first + LANES).min(voxels);
        let mut tile = Tile { b: vec![[0.0; LANES]; regressors], g: vec![[0.0; LANES]; regressors] };
        let mut inverse = [0.0; LANES];
        for (lane, voxel) in lanes.clone().enumerate() {
            // A voxel that does not vary keeps all weights at 0.
            inverse[lane] = if units[voxel] > 0.0 { 1.0 / units[voxel] } else { 0.0 };
            tile.g.iter_mut().zip(correlations.column(voxel)).for_each(|(g, c)| g[lane] = c * inverse[lane]);
        }
        let mut restless = [false; LANES];
        for (lambda, weights) in options.lambdas.iter().zip(&mut weights).rev() {
            check_cancelled("encoding")?;
            let upper = inverse.map(|inverse| lambda * options.ratio * inverse);
            let step = Step { upper, ridge: lambda * (1.0 - options.ratio) };
            let change = settle(gram, &mut tile, &step, options)?;
            for (lane, voxel) in lanes.clone().enumerate() {
                restless[lane] |= change[lane] > options.tolerance;
                let column = weights.column_mut(voxel);
                column.into_iter().zip(&tile.b).for_each(|(w, b)| *w = (b[lane] * units[voxel]) as f32);
            }
        }
        unfinished += restless.iter().filter(|restless| **restless).count();
    }
    Ok(Path { weights, unfinished })
}

/// Weights of some voxels, and what correlation with each regressor they leave: Xᵀ(y − X·b)/n.
struct Tile {
    b: Vec<Lanes>,
    g: Vec<Lanes>,
}

/// The penalties at one λ.
struct Step {
    upper: Lanes,
    ridge: f64,
}

/// Sweeps until every weight stands still; the last sweep's changes.
fn settle(gram: &[f64], tile: &mut Tile, step: &Step, options: &ElasticNet) -> Result<Lanes> {
    let count = tile.b.len();
    let mut left = options.sweeps;
    loop {
        let change = vectorised(
            #[inline(always)]
            || sweep(gram, tile, step),
        );
        left -= 1;
        if left == 0 || change.iter().all(|change| *change <= options.tolerance) {
            return Ok(change);
        }
        // Only regressors in use move on, on their own corner of the Gram matrix, until they stand still.
        let used: Vec<usize> = (0..count).filter(|&j| tile.b[j].iter().any(|b| *b != 0.0)).collect();
        let corner: Vec<f64> = used.iter().flat_map(|&j| used.iter().map(move |&k| gram[j * count + k])).collect();
        let mut part =
            Tile { b: used.iter().map(|&j| tile.b[j]).collect(), g: used.iter().map(|&j| tile.g[j]).collect() };
        while left > 1 {
            check_cancelled("encoding")?;
            let change = vectorised(
                #[inline(always)]
                || sweep(&corner, &mut part, step),
            );
            left -= 1;
            if change.iter().all(|change| *change <= options.tolerance) {
                break;
            }
        }
        for (&j, b) in used.iter().zip(&part.b) {
            let mut moved = *b;
            moved.iter_mut().zip(&tile.b[j]).for_each(|(new, old)| *new -= old);
            tile.b[j] = *b;
            let row = &gram[j * count..(j + 1) * count];
            vectorised(
                #[inline(always)]
                || take(&mut tile.g, row, &moved),
            );
        }
    }
}

/// Each weight in turn becomes the best one while the others stay; the largest change of each voxel's, in its standard deviations.
#[inline(always)]
fn sweep(gram: &[f64], tile: &mut Tile, step: &Step) -> Lanes {
    let count = tile.b.len();
    let mut most = [0f64; LANES];
    for j in 0..count {
        let row = &gram[j * count..(j + 1) * count];
        let norm = row[j];
        // A regressor that does not vary takes no part.
        if norm <= 0.0 {
            continue;
        }
        let (inverse, size) = (1.0 / (norm + step.ridge), norm.sqrt());
        let mut moved = [0f64; LANES];
        let mut any = 0u64;
        let (b, g) = (&mut tile.b[j], &tile.g[j]);
        for lane in 0..LANES {
            let whole = norm.mul_add(b[lane], g[lane]);
            let upper = step.upper[lane];
            let taken = if whole < -upper { -upper } else { whole };
            let taken = if taken > upper { upper } else { taken };
            let new = (whole - taken) * inverse;
            moved[lane] = new - b[lane];
            b[lane] = new;
        }
        for lane in 0..LANES {
            let change = moved[lane].abs() * size;
            most[lane] = if change > most[lane] { change } else { most[lane] };
            any |= moved[lane].to_bits() << 1;
        }
        if any != 0 {
            take(&mut tile.g, row, &moved);
        }
    }
    most
}

/// g ← g − (row of the Gram matrix) · (change of the row's weight).
#[inline(always)]
fn take(g: &mut [Lanes], row: &[f64], moved: &Lanes) {
    for (g, &norm) in g.iter_mut().zip(row) {
        for lane in 0..LANES {
            g[lane] = (-norm).mul_add(moved[lane], g[lane]);
        }
    }
}
