//! One split: a block of voxels trained on some rows and scored on others, for every α at once.
//!
//! With z and W of the split's [`Basis`], and W = Q·R, the squared error of the test rows is
//!
//! ```text
//! ‖ỹ − ŷ(α)‖² = ‖ỹ‖² − 2·Σ_k d_k(α)·(Wᵀỹ)_k·z_k + ‖R·(d(α) ∘ z)‖²
//! ```
//!
//! The cross term is one small product for all α and exact; the norm is made by [`norms`](super::norms).

use super::Solver;
use super::bands::{Bands, product_cost};
use super::basis::{Basis, CONSTANT, Side, Units, Whitening, inverse_deviation};
use super::moments::{Parts, Targets};
use super::norms::{Workspace, norms};
use crate::error::Result;
use crate::linalg::{multiply_alone, triangle};
use ndarray::{Array1, Array2, ArrayView2, Axis, Zip, s};

/// A block of voxels after training: all that is needed for any α.
pub(super) struct Trained {
    /// Mean over training rows.
    pub mean: Array1<f64>,
    /// 1 / standard deviation over training rows; 0 where a voxel does not vary.
    pub inverse: Array1<f64>,
    /// z, component × voxel.
    pub z: Array2<f32>,
}

impl Basis {
    /// The components of a block of voxels in the training rows, which are these segments.
    pub fn train(&self, parts: &Parts, segments: &[usize], units: Units) -> Trained {
        let total = parts.total(segments);
        let voxels = total.sum.len();
        let (mut mean, mut inverse) = (Array1::zeros(voxels), Array1::ones(voxels));
        if units == Units::Training {
            mean = &total.sum / total.count;
            inverse = (&total.square / total.count - &mean * &mean).mapv(inverse_deviation);
        }
        let (mut z, moved) = match self.side {
            Side::Sums => (product(self.map.view(), parts.products(segments).view()), &total.sum),
            Side::Kernel => (rows_product(&self.map, parts, segments), &mean),
        };
        for (mut row, &shift) in z.rows_mut().into_iter().zip(&self.shift) {
            Zip::from(&mut row)
                .and(moved)
                .and(&inverse)
                .for_each(|z, moved, inverse| *z = ((f64::from(*z) - shift * moved) * inverse) as f32);
        }
        Trained { mean, inverse, z }
    }
}

/// The test rows of a split in the training rows' components.
pub(super) struct TestRows {
    /// R, the upper triangle of W = Q·R, or the upper part of one where there are fewer rows than components.
    root: Array2<f32>,
    bands: Bands,
    /// D, α × component.
    shrinkage: Array2<f32>,
    /// Wᵀ·1.
    sum: Array1<f64>,
    count: f64,
    /// Wᵀ, component × test row, where it is needed.
    rows: Option<Array2<f32>>,
    /// Whether the cross term goes by XᵀY of the test rows, which is less work where they outnumber the regressors.
    by_sums: bool,
}

impl TestRows {
    /// `rows` are the numbers of the test rows in `x`, the regressors as given; `predicts` says that predictions of them will be asked for.
    pub fn new(
        basis: &Basis,
        whitening: &Whitening,
        x: &Array2<f32>,
        rows: &[usize],
        alphas: &[f64],
        solver: Solver,
        predicts: bool,
    ) -> Result<TestRows> {
        TestRows::of(whitening.test(basis, x, rows), basis, x.ncols(), alphas, solver, predicts)
    }

    /// `w` is W, test row × component, for so many regressors.
    pub fn of(
        w: Array2<f64>,
        basis: &Basis,
        regressors: usize,
        alphas: &[f64],
        solver: Solver,
        predicts: bool,
    ) -> Result<TestRows> {
        let sum = w.sum_axis(Axis(0));
        let root = triangle(w.view());
        let count = w.nrows() as f64;
        let shrinkage = basis.shrinkage(alphas);
        let exact = Bands::exact(shrinkage.view(), root.nrows());
        let bands = match solver {
            Solver::PerAlpha => exact,
            Solver::Bands | Solver::BySize => {
                // Directions in which test rows vary more than training rows count the more.
                let usual = (basis.count / count).sqrt();
                let length = |column: ndarray::ArrayView1<f64>| (usual * column.dot(&column).sqrt()).max(1.0);
                let lengths: Vec<f64> = root.columns().into_iter().map(length).collect();
                let bands = Bands::new(shrinkage.view(), &lengths, root.nrows())?;
                if solver == Solver::Bands || bands.cost < exact.cost { bands } else { exact }
            }
        };
        let by_sums = basis.side == Side::Sums && w.nrows() > regressors;
        let rows = (predicts || !by_sums).then(|| w.t().mapv(|v| v as f32).as_standard_layout().into_owned());
        let (root, shrinkage) = (root.mapv(|v| v as f32), shrinkage.t().mapv(|d| d as f32));
        Ok(TestRows { root, bands, shrinkage: shrinkage.as_standard_layout().into_owned(), sum, count, rows, by_sums })
    }

    /// Whether voxels are scored by XᵀY of the test rows.
    pub fn by_sums(&self) -> bool {
        self.by_sums
    }

    /// Operations of the norms of a voxel for all α, and for one.
    pub fn norm_cost(&self) -> (f64, f64) {
        (self.bands.cost, product_cost(&(0..self.root.ncols()), self.root.nrows()))
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        4 * (self.root.len() + self.shrinkage.len() + self.rows.as_ref().map_or(0, Array2::len))
    }

    /// R² of each α and voxel on the test rows, which are these segments, and what a correlation at one α needs.
    pub fn score(
        &self,
        basis: &Basis,
        trained: &Trained,
        parts: &Parts,
        segments: &[usize],
        space: &mut Workspace,
    ) -> Scores {
        let test = parts.total(segments);
        let cross = self.cross(basis, trained, parts, segments, &test);
        let mut fitted = Array2::zeros((self.shrinkage.nrows(), test.sum.len()));
        multiply_alone(fitted.view_mut(), false, self.shrinkage.view(), (&cross * &trained.z).view());
        let norms = norms(self.root.view(), &self.bands, trained.z.view(), space);

        let Targets { count, sum: sums, square: squares } = &test;
        let mut sum = Array1::zeros(sums.len());
        let mut square = Array1::zeros(sums.len());
        for v in 0..sums.len() {
            let (mean, inverse) = (trained.mean[v], trained.inverse[v]);
            sum[v] = (sums[v] - count * mean) * inverse;
            square[v] = (squares[v] - 2.0 * mean * sums[v] + count * mean * mean) * inverse * inverse;
        }
        // Neither a voxel that did not vary in training nor one that does not vary here can be scored.
        let total = Array1::from_shape_fn(sums.len(), |v| {
            let total = square[v] - sum[v] * sum[v] / count;
            if total > CONSTANT * count * trained.inverse[v].powi(2) { total } else { 0.0 }
        });
        let mut r2 = Array2::<f32>::zeros(fitted.dim());
        for ((mut r2, fitted), norms) in r2.rows_mut().into_iter().zip(fitted.rows()).zip(norms.rows()) {
            for v in (0..total.len()).filter(|v| total[*v] > 0.0) {
                let error = square[v] - 2.0 * f64::from(fitted[v]) + f64::from(norms[v]);
                r2[v] = (1.0 - error / total[v]) as f32;
            }
        }
        Scores { r2, norms, cross, sum, total }
    }

    /// Wᵀ·ỹ, component × voxel.
    fn cross(
        &self,
        basis: &Basis,
        trained: &Trained,
        parts: &Parts,
        segments: &[usize],
        test: &Targets,
    ) -> Array2<f32> {
        let mut cross = match &self.rows {
            Some(rows) if !self.by_sums => rows_product(rows, parts, segments),
            _ => product(basis.map.view(), parts.products(segments).view()),
        };
        for ((mut row, &sum), &shift) in cross.rows_mut().into_iter().zip(&self.sum).zip(&basis.shift) {
            let shift = if self.by_sums { shift } else { 0.0 };
            Zip::from(&mut row).and(&test.sum).and(&trained.mean).and(&trained.inverse).for_each(
                |e, total, mean, inverse| *e = ((f64::from(*e) - shift * total - sum * mean) * inverse) as f32,
            );
        }
        cross
    }

    /// Puts the predictions of the test rows at each voxel's own α, in the voxels' units, into these rows of `predicted`.
    pub fn predict(&self, trained: &Trained, chosen: &[usize], rows: &[usize], predicted: &mut Array2<f32>) {
        let Some(components) = &self.rows else { return };
        let mut shrunk = trained.z.clone();
        for (k, mut row) in shrunk.rows_mut().into_iter().enumerate() {
            let shrinkage = self.shrinkage.column(k);
            row.iter_mut().zip(chosen).for_each(|(z, &a)| *z *= shrinkage[a]);
        }
        let found = product(components.t(), shrunk.view());
        for (found, &row) in found.rows().into_iter().zip(rows) {
            for (v, (out, &found)) in predicted.row_mut(row).iter_mut().zip(found).enumerate() {
                let inverse = trained.inverse[v];
                let deviation = if inverse > 0.0 { 1.0 / inverse } else { 0.0 };
                *out = (f64::from(found) * deviation + trained.mean[v]) as f32;
            }
        }
    }

    /// Pearson r between each voxel's test rows and their prediction at its own α (a number in the grid); 0 where one of them does not vary.
    pub fn correlations(&self, trained: &Trained, scores: &Scores, chosen: &[usize]) -> Vec<f64> {
        let (mut product, mut mean) = (vec![0f64; chosen.len()], vec![0f64; chosen.len()]);
        for (k, (z, cross)) in trained.z.rows().into_iter().zip(scores.cross.rows()).enumerate() {
            let shrinkage = self.shrinkage.column(k);
            for (v, &a) in chosen.iter().enumerate() {
                let weight = f64::from(shrinkage[a] * z[v]);
                product[v] += weight * f64::from(cross[v]);
                mean[v] += weight * self.sum[k];
            }
        }
        let of = |(v, &a): (usize, &usize)| {
            let covariance = product[v] - mean[v] * scores.sum[v] / self.count;
            let norm = f64::from(scores.norms[[a, v]]);
            let variance = norm - mean[v] * mean[v] / self.count;
            match variance > 1e-6 * norm && scores.total[v] > 0.0 {
                true => (covariance / (variance * scores.total[v]).sqrt()).clamp(-1.0, 1.0),
                false => 0.0,
            }
        };
        chosen.iter().enumerate().map(of).collect()
    }
}

/// How a block of voxels is predicted in a set of test rows, for every α.
pub(super) struct Scores {
    /// R², α × voxel; 0 where a voxel does not vary.
    pub r2: Array2<f32>,
    /// ‖ŷ‖², α × voxel.
    norms: Array2<f32>,
    /// Wᵀ·ỹ, component × voxel.
    cross: Array2<f32>,
    /// Σ ỹ and Σ (ỹ − mean)² over the test rows.
    sum: Array1<f64>,
    total: Array1<f64>,
}

/// A·B on this thread.
pub(super) fn product(a: ArrayView2<f32>, b: ArrayView2<f32>) -> Array2<f32> {
    let mut c = Array2::zeros((a.nrows(), b.ncols()));
    multiply_alone(c.view_mut(), false, a, b);
    c
}

/// A · (rows of some segments), for A of as many columns as these have rows.
fn rows_product(a: &Array2<f32>, parts: &Parts, segments: &[usize]) -> Array2<f32> {
    let mut c = Array2::zeros((a.nrows(), parts.y.ncols()));
    let mut from = 0;
    for (n, &segment) in segments.iter().enumerate() {
        let y = parts.rows(segment);
        multiply_alone(c.view_mut(), n > 0, a.slice(s![.., from..from + y.nrows()]), y);
        from += y.nrows();
    }
    c
}
