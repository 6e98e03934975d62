//! Ridge with penalties of each voxel's own, by conjugate gradients, and how a held-out score changes with them.
//!
//! With δ_s = ln(γ_s/α) and the training rows' kernel K(δ) = Σ_s e^δ_s·X_s·X_sᵀ, the weights of rows are c = (K(δ) + I)⁻¹·y, the weights of
//! regressors b_s = e^δ_s·X_sᵀ·c, and test rows are predicted by ŷ = Σ_s X_s,test·b_s. For the squared error L = ‖ŷ − y_test‖²
//!
//! ```text
//! ∂L/∂δ_s = 2·e^δ_s·(X_s,testᵀ·e − X_sᵀ·u)ᵀ·(X_sᵀ·c)       e = ŷ − y_test      u = (K(δ) + I)⁻¹·K_test(δ)ᵀ·e
//! ```
//!
//! No matrix of rows × rows is made: all voxels of a block have other δ, and (K(δ) + I)·c is X·(e^δ ∘ (Xᵀ·c)) + c for all of them at once.

use crate::encoding::split::product;
use ndarray::{Array1, Array2, ArrayView1, Axis, Zip};

/// Share of the right side's length at which a solution is taken, and most steps to it.
pub(super) const EXACT: (f64, usize) = (1e-6, 400);
pub(super) const ROUGH: (f64, usize) = (1e-4, 100);

/// A block of voxels with penalties of their own.
pub(super) struct Penalties<'a> {
    /// Numbers of each space's columns.
    pub columns: &'a [Vec<usize>],
    /// δ, space × voxel.
    pub deltas: &'a Array2<f64>,
}

impl Penalties<'_> {
    /// e^δ ∘ A, regressor × voxel.
    pub fn scale(&self, mut a: Array2<f32>) -> Array2<f32> {
        for (columns, deltas) in self.columns.iter().zip(self.deltas.rows()) {
            let factors: Vec<f32> = deltas.iter().map(|delta| delta.exp() as f32).collect();
            for &n in columns {
                a.row_mut(n).iter_mut().zip(&factors).for_each(|(a, factor)| *a *= factor);
            }
        }
        a
    }

    /// (K(δ) + I)⁻¹·B, row × voxel, for the rows `x`, from a first guess.
    pub fn solve(
        &self,
        x: &Array2<f32>,
        b: &Array2<f32>,
        guess: Array2<f32>,
        (near, most): (f64, usize),
    ) -> Array2<f32> {
        let mut c = guess;
        let mut residual = match c.iter().all(|c| *c == 0.0) {
            true => b.clone(),
            false => b - &self.applied(x, &c),
        };
        let enough = squares(b).mapv(|square| square * near * near);
        let mut direction = residual.clone();
        let mut square = squares(&residual);
        for _ in 0..most {
            if square.iter().zip(&enough).all(|(square, enough)| square <= enough) {
                break;
            }
            let image = self.applied(x, &direction);
            let along = products(&direction, &image);
            // A voxel that has arrived stays where it is.
            let step = Array1::from_shape_fn(along.len(), |v| {
                if square[v] > enough[v] && along[v] > 0.0 { (square[v] / along[v]) as f32 } else { 0.0 }
            });
            add(&mut c, &step, &direction);
            add(&mut residual, &step.mapv(|step| -step), &image);
            let next = squares(&residual);
            let keep =
                Array1::from_shape_fn(next.len(), |v| if square[v] > 0.0 { (next[v] / square[v]) as f32 } else { 0.0 });
            for (mut direction, residual) in direction.rows_mut().into_iter().zip(residual.rows()) {
                Zip::from(&mut direction).and(residual).and(&keep).for_each(|d, &r, &keep| *d = keep.mul_add(*d, r));
            }
            square = next;
        }
        c
    }

    /// (K(δ) + I)·C.
    fn applied(&self, x: &Array2<f32>, c: &Array2<f32>) -> Array2<f32> {
        product(x.view(), self.scale(product(x.t(), c.view())).view()) + c
    }
}

/// A split's rows for a block of voxels, standardised by its training rows.
pub(super) struct Rows<'a> {
    pub train: &'a Array2<f32>,
    pub test: &'a Array2<f32>,
    pub y_train: Array2<f32>,
    pub y_test: Array2<f32>,
}

/// R² of the test rows, and how it changes with δ (space × voxel); `guesses` are c and u of a call before, and become those of this one.
pub(super) fn score_and_slope(
    rows: &Rows,
    penalties: &Penalties,
    guesses: &mut (Array2<f32>, Array2<f32>),
) -> (Array1<f64>, Array2<f64>) {
    let c = penalties.solve(rows.train, &rows.y_train, std::mem::take(&mut guesses.0), ROUGH);
    let unscaled = product(rows.train.t(), c.view());
    let scaled = penalties.scale(unscaled.clone());
    let error = product(rows.test.view(), scaled.view()) - &rows.y_test;
    let (lengths, totals) = (squares(&error), totals(&rows.y_test));
    let pulled = product(rows.test.t(), error.view());
    let side = product(rows.train.view(), penalties.scale(pulled.clone()).view());
    let u = penalties.solve(rows.train, &side, std::mem::take(&mut guesses.1), ROUGH);
    let back = pulled - product(rows.train.t(), u.view());
    let mut slope = Array2::zeros(penalties.deltas.dim());
    for (mut slope, columns) in slope.rows_mut().into_iter().zip(penalties.columns) {
        for &n in columns {
            for (v, slope) in slope.iter_mut().enumerate() {
                *slope -= 2.0 * f64::from(scaled[[n, v]]) * f64::from(back[[n, v]]);
            }
        }
        slope
            .iter_mut()
            .zip(&totals)
            .for_each(|(slope, total)| *slope = if *total > 0.0 { *slope / total } else { 0.0 });
    }
    *guesses = (c, u);
    let score = Zip::from(&lengths)
        .and(&totals)
        .map_collect(|error, total| if *total > 0.0 { 1.0 - error / total } else { 0.0 });
    (score, slope)
}

/// Σ (y − mean)² of each voxel; 0 where it does not vary.
fn totals(y: &Array2<f32>) -> Array1<f64> {
    let of = |y: ArrayView1<f32>| {
        let mean = y.iter().map(|&y| f64::from(y)).sum::<f64>() / y.len() as f64;
        let total: f64 = y.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum();
        if total > 1e-9 * y.len() as f64 { total } else { 0.0 }
    };
    y.columns().into_iter().map(of).collect()
}

fn squares(a: &Array2<f32>) -> Array1<f64> {
    products(a, a)
}

/// Σ a·b of each column.
fn products(a: &Array2<f32>, b: &Array2<f32>) -> Array1<f64> {
    let mut sums = Array1::zeros(a.len_of(Axis(1)));
    for (a, b) in a.rows().into_iter().zip(b.rows()) {
        Zip::from(&mut sums).and(a).and(b).for_each(|sum: &mut f64, &a, &b| *sum += f64::from(a) * f64::from(b));
    }
    sums
}

/// A ← A + step ∘ B, one step a column.
fn add(a: &mut Array2<f32>, step: &Array1<f32>, b: &Array2<f32>) {
    for (mut a, b) in a.rows_mut().into_iter().zip(b.rows()) {
        Zip::from(&mut a).and(b).and(step).for_each(|a, &b, &step| *a = step.mul_add(b, *a));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::tests::noise;

    #[test]
    fn the_slope_is_the_scores_change_with_each_delta() {
        let (train, test) = (noise(60, 9, 1), noise(40, 9, 2));
        let of = |x: &Array2<f32>, seed| x.slice(ndarray::s![.., 3..5]).to_owned() + 0.5 * &noise(x.nrows(), 2, seed);
        let rows = Rows { y_train: of(&train, 3), y_test: of(&test, 4), train: &train, test: &test };
        let columns = [vec![0, 1, 2], vec![3, 4], vec![5, 6, 7, 8]];
        let deltas = ndarray::array![[-1.0, -3.0], [-2.0, 0.5], [-0.5, -4.0]];
        let at = |deltas: &Array2<f64>| {
            let penalties = Penalties { columns: &columns, deltas };
            let zeros = |rows| Array2::zeros((rows, 2));
            score_and_slope(&rows, &penalties, &mut (zeros(60), zeros(60)))
        };
        let (_, slope) = at(&deltas);
        for space in 0..3 {
            for voxel in 0..2 {
                let moved = |by: f64| {
                    let mut deltas = deltas.clone();
                    deltas[[space, voxel]] += by;
                    at(&deltas).0[voxel]
                };
                let change = (moved(0.1) - moved(-0.1)) / 0.2;
                assert!((change - slope[[space, voxel]]).abs() < 2e-3, "{change} {}", slope[[space, voxel]]);
            }
        }
    }
}
