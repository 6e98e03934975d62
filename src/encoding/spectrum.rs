//! Ridge for every α at once, in the eigenvectors of the training rows' Gram matrix.
//!
//! With training rows z-scored, X̃ᵀX̃ = V·diag(λ)·Vᵀ and c = Vᵀ·X̃ᵀ·ỹ, the weights for any α are b(α) = V·(c / (λ + α)).
//! For test rows in the same eigenvectors, P = X̃_test·V, the squared error of ŷ(α) = P·(c / (λ + α)) is
//!
//! ```text
//! ‖y − ŷ‖² = ‖y‖² − 2·(Pᵀy)ᵀ(c / (λ + α)) + ‖R·(c / (λ + α))‖²      RᵀR = PᵀP
//! ```
//!
//! so that the cross term of all α is one product, and the norm takes a product of R alone.

use super::moments::{Regressors, Targets};
use crate::error::Result;
use crate::linalg::{multiply_into, symmetric_eigen};
use faer::Par;
use ndarray::{Array1, Array2, Axis, s};

/// Eigenvalues below this share of the largest are rounding, and their directions unknown to the training rows.
const RANK: f64 = 1e-12;
/// Variance (in units of the voxel's variance over all rows) below which a voxel does not vary in a set of rows.
const CONSTANT: f64 = 1e-10;

/// The training rows' regressors in their eigenvectors.
pub(super) struct Spectrum {
    /// λ, largest first.
    pub values: Vec<f64>,
    /// V, regressor × component.
    pub vectors: Array2<f64>,
    /// Vᵀ·diag(1 / standard deviation): takes raw regressors to components, less `shift`.
    pub rotation: Array2<f64>,
    /// `rotation` · mean.
    pub shift: Array1<f64>,
    single: Array2<f32>,
}

impl Spectrum {
    pub fn new(train: &Regressors) -> Result<Spectrum> {
        let mean = &train.sum / train.count;
        let mut centred = train.gram.clone();
        for ((i, j), g) in centred.indexed_iter_mut() {
            *g -= train.count * mean[i] * mean[j];
        }
        // A regressor that does not vary in these rows takes no part.
        let inverse: Array1<f64> = (0..mean.len())
            .map(|i| centred[[i, i]] / train.count)
            .map(|variance| if variance > CONSTANT { 1.0 / variance.sqrt() } else { 0.0 })
            .collect();
        for ((i, j), g) in centred.indexed_iter_mut() {
            *g *= inverse[i] * inverse[j];
        }
        let eigen = symmetric_eigen(centred.view())?;
        let floor = eigen.values[0] * RANK;
        let rank = eigen.values.iter().take_while(|&&value| value > floor).count();
        let vectors = eigen.vectors.slice(s![.., ..rank]).to_owned();
        let rotation = &vectors.t() * &inverse;
        let shift = rotation.dot(&mean);
        let single = rotation.mapv(|v| v as f32);
        Ok(Spectrum { values: eigen.values[..rank].to_vec(), vectors, rotation, shift, single })
    }

    /// 1 / (λ + α), α × component.
    pub fn shrinkage(&self, alphas: &[f64]) -> Array2<f32> {
        Array2::from_shape_fn((alphas.len(), self.values.len()), |(a, k)| (1.0 / (self.values[k] + alphas[a])) as f32)
    }

    /// Voxels of the training rows in these eigenvectors.
    pub fn train(&self, targets: &Targets) -> Trained {
        let mean = &targets.sum / targets.count;
        let inverse = (&targets.square / targets.count - &mean * &mean)
            .mapv(|variance| if variance > CONSTANT { 1.0 / variance.sqrt() } else { 0.0 });
        let mut projected = self.rotate(&targets.product);
        for (mut row, &shift) in projected.axis_iter_mut(Axis(0)).zip(&self.shift) {
            for ((c, &sum), &inverse) in row.iter_mut().zip(&targets.sum).zip(&inverse) {
                *c = ((f64::from(*c) - shift * sum) * inverse) as f32;
            }
        }
        Trained { mean, inverse, projected }
    }

    fn rotate(&self, product: &Array2<f32>) -> Array2<f32> {
        let mut out = Array2::zeros((self.single.nrows(), product.ncols()));
        multiply_into(out.view_mut(), self.single.view(), product.view(), Par::Seq);
        out
    }
}

/// A block of voxels after training: all that is needed for any α.
pub(super) struct Trained {
    /// Mean over training rows.
    mean: Array1<f64>,
    /// 1 / standard deviation over training rows; 0 where a voxel does not vary.
    inverse: Array1<f64>,
    /// c = Vᵀ·X̃ᵀ·ỹ, component × voxel.
    pub projected: Array2<f32>,
}

/// The test rows' regressors in a training set's eigenvectors.
pub(super) struct TestRows {
    /// R of RᵀR = PᵀP, f32.
    root: Array2<f32>,
    /// Pᵀ·1.
    sum: Array1<f64>,
    /// `rotation` · Σ x.
    raw_sum: Array1<f64>,
    count: f64,
}

impl TestRows {
    pub fn new(spectrum: &Spectrum, test: &Regressors) -> Result<TestRows> {
        let rotated = spectrum.rotation.dot(&test.gram).dot(&spectrum.rotation.t());
        let raw_sum = spectrum.rotation.dot(&test.sum);
        let (shift, count) = (&spectrum.shift, test.count);
        let gram = Array2::from_shape_fn(rotated.dim(), |(i, j)| {
            rotated[[i, j]] - shift[i] * raw_sum[j] - raw_sum[i] * shift[j] + count * shift[i] * shift[j]
        });
        let eigen = symmetric_eigen(gram.view())?;
        let rank = eigen.values.iter().take_while(|&&value| value > eigen.values[0] * RANK).count();
        let scale: Array1<f64> = eigen.values[..rank].iter().map(|value| value.sqrt()).collect();
        let root = (&eigen.vectors.slice(s![.., ..rank]) * &scale).t().mapv(|v| v as f32);
        let sum = &raw_sum - &(shift * count);
        Ok(TestRows { root, sum, raw_sum, count })
    }

    /// R² of each α and voxel, and what a correlation at one α needs.
    pub fn score(&self, spectrum: &Spectrum, shrinkage: &Array2<f32>, trained: &Trained, test: &Targets) -> Scores {
        let voxels = test.sum.len();
        let mut cross = spectrum.rotate(&test.product);
        for (k, mut row) in cross.axis_iter_mut(Axis(0)).enumerate() {
            let (shift, raw) = (spectrum.shift[k], self.raw_sum[k]);
            for (v, e) in row.iter_mut().enumerate() {
                let mean = trained.mean[v];
                let moved = f64::from(*e) - shift * test.sum[v] - raw * mean + self.count * shift * mean;
                *e = (moved * trained.inverse[v]) as f32;
            }
        }
        let mut fitted = Array2::<f32>::zeros((shrinkage.nrows(), voxels));
        multiply_into(fitted.view_mut(), shrinkage.view(), (&cross * &trained.projected).view(), Par::Seq);

        let sum: Array1<f64> =
            (0..voxels).map(|v| (test.sum[v] - self.count * trained.mean[v]) * trained.inverse[v]).collect();
        let square: Array1<f64> = (0..voxels)
            .map(|v| {
                let (mean, inverse) = (trained.mean[v], trained.inverse[v]);
                (test.square[v] - 2.0 * mean * test.sum[v] + self.count * mean * mean) * inverse * inverse
            })
            .collect();
        let total: Array1<f64> = (0..voxels)
            .map(|v| square[v] - sum[v] * sum[v] / self.count)
            // Neither a voxel that did not vary in training nor one that does not vary here can be scored.
            .enumerate()
            .map(|(v, t)| if t > CONSTANT * self.count * trained.inverse[v].powi(2) { t } else { 0.0 })
            .collect();

        let mut norms = Array2::<f32>::zeros(fitted.dim());
        let mut scaled = trained.projected.clone();
        let mut image = Array2::<f32>::zeros((self.root.nrows(), voxels));
        for (a, mut norm) in norms.axis_iter_mut(Axis(0)).enumerate() {
            for ((mut out, c), &d) in scaled.rows_mut().into_iter().zip(trained.projected.rows()).zip(shrinkage.row(a))
            {
                out.zip_mut_with(&c, |out, &c| *out = c * d);
            }
            multiply_into(image.view_mut(), self.root.view(), scaled.view(), Par::Seq);
            for row in image.rows() {
                norm.zip_mut_with(&row, |n, &q| *n += q * q);
            }
        }
        let r2 = Array2::from_shape_fn(fitted.dim(), |(a, v)| match total[v] > 0.0 {
            true => {
                let error = square[v] - 2.0 * f64::from(fitted[[a, v]]) + f64::from(norms[[a, v]]);
                (1.0 - error / total[v]) as f32
            }
            false => 0.0,
        });
        Scores { r2, norms, cross, sum, total }
    }

    /// Pearson r between a voxel's test rows and their prediction at one α; 0 where one of them does not vary.
    pub fn correlation(
        &self,
        spectrum: &Spectrum,
        trained: &Trained,
        scores: &Scores,
        alpha: (usize, f64),
        v: usize,
    ) -> f64 {
        let (mut product, mut mean) = (0f64, 0f64);
        for (k, value) in spectrum.values.iter().enumerate() {
            let weight = f64::from(trained.projected[[k, v]]) / (value + alpha.1);
            product += weight * f64::from(scores.cross[[k, v]]);
            mean += weight * self.sum[k];
        }
        let covariance = product - mean * scores.sum[v] / self.count;
        let norm = f64::from(scores.norms[[alpha.0, v]]);
        let variance = norm - mean * mean / self.count;
        match variance > 1e-6 * norm && scores.total[v] > 0.0 {
            true => (covariance / (variance * scores.total[v]).sqrt()).clamp(-1.0, 1.0),
            false => 0.0,
        }
    }
}

/// How a block of voxels is predicted in a set of test rows, for every α.
pub(super) struct Scores {
    /// R², α × voxel; 0 where a voxel does not vary.
    pub r2: Array2<f32>,
    /// ‖ŷ‖², α × voxel.
    norms: Array2<f32>,
    /// Pᵀ·y, component × voxel.
    cross: Array2<f32>,
    /// Σ y and Σ (y − mean)² over the test rows.
    sum: Array1<f64>,
    total: Array1<f64>,
}
