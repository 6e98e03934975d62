//! The training rows' regressors in their components, from which ridge for any α is a multiplication.
//!
//! With training rows X̃ = U·diag(s)·Vᵀ, a voxel's components are z = Uᵀ·ỹ, and for any α the weights are b(α) = V·(s / (s² + α) ∘ z) and test
//! rows are predicted by ŷ(α) = X̃_test·b(α) = W·(d(α) ∘ z), with W = X̃_test·V·diag(1/s) and d(α) = s² / (s² + α). The components come from
//! the smaller side:
//!
//! - **sums** (fewer regressors than training rows): XᵀX gives V and s², and z = diag(1/s)·Vᵀ·X̃ᵀ·ỹ comes from the XᵀY that all folds share;
//! - **kernel** (more regressors than training rows): K = X̃·X̃ᵀ gives U and s², z = Uᵀ·ỹ, W = K_test·U·diag(1/s²) and V = X̃ᵀ·U·diag(1/s), so
//!   that no matrix of regressor × regressor is made.

use super::moments::Regressors;
use crate::error::Result;
use crate::linalg::{ColumnBlocks, Precision, in_pool, multiply_into, small_symmetric_eigen, symmetric_eigen};
use faer::Par;
use faer::traits::ComplexField;
use ndarray::{Array1, Array2, ArrayView2, Axis, Zip, s};

/// Eigenvalues below this share of the largest are rounding, and their directions unknown to the training rows.
const RANK: f64 = 1e-12;
/// Variance (in units of that over all rows) below which a regressor or a voxel does not vary in a set of rows.
pub(super) const CONSTANT: f64 = 1e-10;

/// In which units regressors and voxels are fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Units {
    /// Mean 0 and standard deviation 1 over the training rows.
    Training,
    /// As they are given.
    Given,
}

/// The components of a set of training rows: all that a block of voxels needs.
pub(super) struct Basis {
    /// s², largest first.
    pub values: Vec<f64>,
    /// Number of training rows.
    pub count: f64,
    pub side: Side,
    /// What takes sums (component × regressor) or rows (component × training row) to components, less `shift` × (Σ y or the mean of y).
    pub map: Array2<f32>,
    pub shift: Array1<f64>,
}

/// Where the components come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Sums,
    Kernel,
}

/// What takes test rows to components (W), in f64; needed only while the folds are prepared.
pub(super) enum Whitening {
    /// diag(1/s)·Vᵀ·diag(1 / standard deviation), and what it makes of the mean; with V.
    Sums { rotation: Array2<f64>, shift: Array1<f64>, vectors: Array2<f64> },
    /// U (training row × component), K of all rows, and the standardised regressors.
    Kernel { vectors: Array2<f64>, kernel: Array2<f64>, x: Array2<f32>, rows: Vec<usize> },
}

impl Basis {
    /// From count, sums and Gram matrix of the training rows' regressors; of the components at most the leading `most`.
    pub fn from_sums(train: &Regressors, units: Units, most: Option<usize>) -> Result<(Basis, Whitening)> {
        let regressors = train.sum.len();
        let (scaled, mean, inverse) = match units {
            Units::Training => train.standardised(),
            Units::Given => (train.gram.clone(), Array1::zeros(regressors), Array1::ones(regressors)),
        };
        let (values, vectors) = components(scaled, most, false)?;
        let mut rotation = vectors.t().to_owned();
        for (mut row, value) in rotation.rows_mut().into_iter().zip(&values) {
            row.zip_mut_with(&inverse, |v, inverse| *v *= inverse / value.sqrt());
        }
        let shift = rotation.dot(&mean);
        let map = rotation.mapv(|v| v as f32);
        let basis = Basis { values, count: train.count, side: Side::Sums, map, shift: shift.clone() };
        Ok((basis, Whitening::Sums { rotation, shift, vectors }))
    }

    /// From the training rows themselves; `known` is K of all rows, if it is the same for all training sets.
    pub fn from_rows(
        x: &Array2<f32>,
        rows: Vec<usize>,
        units: Units,
        known: Option<&Array2<f64>>,
        most: Option<usize>,
    ) -> Result<(Basis, Whitening)> {
        let x = match units {
            Units::Training => {
                let (mean, inverse) = moments(x, &rows);
                in_units(x, 0..x.nrows(), &mean, &inverse)
            }
            Units::Given => x.clone(),
        };
        let kernel = match known {
            Some(kernel) => kernel.clone(),
            None => kernel(x.view())?,
        };
        let (values, vectors) = components(kernel.select(Axis(0), &rows).select(Axis(1), &rows), most, false)?;
        let map = vectors.t().mapv(|v| v as f32);
        let shift = match units {
            Units::Training => vectors.sum_axis(Axis(0)),
            Units::Given => Array1::zeros(values.len()),
        };
        let basis = Basis { values, count: rows.len() as f64, side: Side::Kernel, map, shift };
        Ok((basis, Whitening::Kernel { vectors, kernel, x, rows }))
    }

    /// d(α) = s² / (s² + α), component × α.
    pub fn shrinkage(&self, alphas: &[f64]) -> Array2<f64> {
        Array2::from_shape_fn((self.values.len(), alphas.len()), |(k, a)| self.values[k] / (self.values[k] + alphas[a]))
    }
}

impl Whitening {
    /// W: test rows × component. `x` are the regressors as given.
    pub fn test(&self, basis: &Basis, x: &Array2<f32>, rows: &[usize]) -> Array2<f64> {
        match self {
            Whitening::Sums { rotation, shift, .. } => {
                let x = x.select(Axis(0), rows).mapv(f64::from);
                multiply(x.view(), rotation.t()) - shift
            }
            Whitening::Kernel { vectors, kernel, rows: train, .. } => {
                let kernel = kernel.select(Axis(0), rows).select(Axis(1), train);
                multiply(kernel.view(), vectors.view()) / &Array1::from(basis.values.clone())
            }
        }
    }

    /// V: regressor × component.
    pub fn vectors(&self, basis: &Basis) -> Array2<f32> {
        match self {
            Whitening::Sums { vectors, .. } => vectors.mapv(|v| v as f32),
            Whitening::Kernel { vectors, x, rows, .. } => {
                let scale: Array1<f64> = basis.values.iter().map(|value| 1.0 / value.sqrt()).collect();
                let scaled = (vectors * &scale).mapv(|v| v as f32);
                multiply(x.select(Axis(0), rows).t(), scaled.view())
            }
        }
    }
}

/// 1 / √variance; 0 where nothing varies.
pub(super) fn inverse_deviation(variance: f64) -> f64 {
    if variance > CONSTANT { 1.0 / variance.sqrt() } else { 0.0 }
}

/// Eigenvalues above rounding, largest first and at most so many, and their vectors as columns; `alone`: on this thread.
pub(super) fn components(matrix: Array2<f64>, most: Option<usize>, alone: bool) -> Result<(Vec<f64>, Array2<f64>)> {
    let eigen = match alone {
        true => small_symmetric_eigen(matrix.view())?,
        false => symmetric_eigen(matrix.view())?,
    };
    let floor = eigen.values[0].max(f64::MIN_POSITIVE) * RANK;
    let rank = eigen.values.iter().take_while(|&&value| value > floor).count().min(most.unwrap_or(usize::MAX));
    Ok((eigen.values[..rank].to_vec(), eigen.vectors.slice(s![.., ..rank]).to_owned()))
}

/// X·Xᵀ of all rows.
pub(super) fn kernel(x: ArrayView2<f32>) -> Result<Array2<f64>> {
    ColumnBlocks::from_matrix(x).gram(Precision::Double)
}

/// Mean, and 1 / standard deviation, of each column over some rows.
pub(super) fn moments(x: &Array2<f32>, rows: &[usize]) -> (Array1<f64>, Array1<f64>) {
    let count = rows.len() as f64;
    let (mut mean, mut square) = (Array1::<f64>::zeros(x.ncols()), Array1::<f64>::zeros(x.ncols()));
    for &row in rows {
        mean.zip_mut_with(&x.row(row), |sum, &v| *sum += f64::from(v) / count);
    }
    for &row in rows {
        let add = |sum: &mut f64, &v: &f32, mean: &f64| *sum += (f64::from(v) - mean).powi(2) / count;
        Zip::from(&mut square).and(x.row(row)).and(&mean).for_each(add);
    }
    (mean, square.mapv(inverse_deviation))
}

/// Some rows of the columns, less their mean and times 1 / standard deviation.
pub(super) fn in_units(
    x: &Array2<f32>,
    rows: impl ExactSizeIterator<Item = usize>,
    mean: &Array1<f64>,
    inverse: &Array1<f64>,
) -> Array2<f32> {
    let mut out = Array2::zeros((rows.len(), x.ncols()));
    for (mut out, row) in out.rows_mut().into_iter().zip(rows) {
        for (n, (out, &v)) in out.iter_mut().zip(x.row(row)).enumerate() {
            *out = ((f64::from(v) - mean[n]) * inverse[n]) as f32;
        }
    }
    out
}

/// A·B on all threads.
pub(super) fn multiply<T: ComplexField + Copy>(a: ArrayView2<T>, b: ArrayView2<T>) -> Array2<T> {
    let mut c = Array2::from_elem((a.nrows(), b.ncols()), faer::traits::math_utils::zero());
    in_pool(|| multiply_into(c.view_mut(), a, b, Par::rayon(0)));
    c
}
