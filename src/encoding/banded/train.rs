//! A training set for any weights of the feature spaces: what does not depend on them is found once.
//!
//! With spaces scaled by √γ, XᵀX is that of the unscaled regressors with row i and column j multiplied by √(γ_i·γ_j), and X·Xᵀ is Σ γ_s·K_s over
//! the spaces' kernels K_s = X_s·X_sᵀ. So a candidate needs neither the regressors again nor a new product, only the eigenvectors of the smaller
//! of the two matrices.

use crate::encoding::Solver;
use crate::encoding::basis::{Basis, Side, Units, components, in_units, kernel, moments, multiply};
use crate::encoding::moments::{Plan, Regressors};
use crate::encoding::split::TestRows;
use crate::error::Result;
use ndarray::{Array1, Array2, ArrayView1, Axis};
use std::sync::Arc;

/// Rows to train on, and the sums from which the components for any γ come.
pub(super) struct TrainSet {
    pub rows: Vec<usize>,
    /// Of the regressors in these rows, and 1 / standard deviation (0 where one does not vary); 0 and 1 where they are fitted as given.
    pub mean: Array1<f64>,
    pub inverse: Array1<f64>,
    units: Units,
    sums: Sums,
}

enum Sums {
    /// XᵀX of the standardised training rows.
    Gram(Array2<f64>),
    /// X_s·X_sᵀ of all rows, standardised by the training rows, for each space.
    Kernels(Arc<[Array2<f64>]>),
}

/// Regressors with the space that each belongs to.
pub(super) struct Regressed {
    /// Kept row × regressor.
    pub x: Array2<f32>,
    /// Numbers of each space's columns.
    pub columns: Vec<Vec<usize>>,
}

impl Regressed {
    /// One number for each regressor, of one for each space.
    pub fn spread(&self, of_space: impl Fn(usize) -> f64) -> Array1<f64> {
        let mut all = Array1::zeros(self.x.ncols());
        for (space, columns) in self.columns.iter().enumerate() {
            columns.iter().for_each(|&n| all[n] = of_space(space));
        }
        all
    }

    fn kernels(&self, x: &Array2<f32>) -> Result<Arc<[Array2<f64>]>> {
        self.columns.iter().map(|columns| kernel(x.select(Axis(1), columns).view())).collect()
    }
}

/// Every training set of a plan.
pub(super) fn train_sets(given: &Regressed, plan: &Plan, units: Units) -> Result<Vec<TrainSet>> {
    let dual = |segments: &[usize]| segments.iter().map(|&n| plan.segments[n].len()).sum::<usize>() < given.x.ncols();
    let parts: Vec<Regressors> = match plan.trains.iter().all(|segments| dual(segments)) {
        true => Vec::new(),
        false => plan.segments.iter().map(|rows| Regressors::over(&given.x, rows)).collect(),
    };
    let mut common = None;
    let mut sets = Vec::new();
    for segments in &plan.trains {
        let rows = plan.rows(segments);
        let none = || (Array1::zeros(given.x.ncols()), Array1::ones(given.x.ncols()));
        let (sums, (mean, inverse)) = match (dual(segments), units) {
            (false, Units::Training) => {
                let (gram, mean, inverse) = Regressors::of(&parts, segments).standardised();
                (Sums::Gram(gram), (mean, inverse))
            }
            (false, Units::Given) => (Sums::Gram(Regressors::of(&parts, segments).gram), none()),
            (true, Units::Training) => {
                let (mean, inverse) = moments(&given.x, &rows);
                let kernels = given.kernels(&in_units(&given.x, 0..given.x.nrows(), &mean, &inverse))?;
                (Sums::Kernels(kernels), (mean, inverse))
            }
            (true, Units::Given) => {
                let kernels = match common.take() {
                    Some(kernels) => kernels,
                    None => given.kernels(&given.x)?,
                };
                common = Some(Arc::clone(&kernels));
                (Sums::Kernels(kernels), none())
            }
        };
        sets.push(TrainSet { rows, mean, inverse, units, sums });
    }
    Ok(sets)
}

impl TrainSet {
    pub fn side(&self) -> Side {
        match self.sums {
            Sums::Gram(_) => Side::Sums,
            Sums::Kernels(_) => Side::Kernel,
        }
    }

    /// Bytes held, and what a candidate takes beside while it is tried.
    pub fn bytes(&self) -> (usize, usize) {
        let held = match &self.sums {
            Sums::Gram(gram) => gram.len(),
            Sums::Kernels(kernels) => kernels.iter().map(Array2::len).sum(),
        };
        // What takes rows or sums to components is square.
        (8 * held, 4 * self.rows.len().min(self.mean.len()).pow(2))
    }

    /// The components with spaces scaled by √γ; `alone`: on this thread. What takes test rows to components stands beside.
    pub fn basis(&self, given: &Regressed, gamma: ArrayView1<f64>, alone: bool) -> Result<(Basis, Whitening)> {
        let count = self.rows.len() as f64;
        match &self.sums {
            Sums::Gram(gram) => {
                let root = given.spread(|space| gamma[space].sqrt());
                let mut scaled = gram.clone();
                for (mut row, a) in scaled.rows_mut().into_iter().zip(&root) {
                    row.zip_mut_with(&root, |g, b| *g *= a * b);
                }
                let (values, vectors) = components(scaled, None, alone)?;
                let mut rotation = vectors.t().as_standard_layout().into_owned();
                let scale = &root * &self.inverse;
                for (mut row, value) in rotation.rows_mut().into_iter().zip(&values) {
                    row.zip_mut_with(&scale, |v, scale| *v *= scale / value.sqrt());
                }
                let shift = rotation.dot(&self.mean);
                let map = rotation.mapv(|v| v as f32);
                let basis = Basis { values, count, side: Side::Sums, map, shift };
                Ok((basis, Whitening::Rotation(rotation)))
            }
            Sums::Kernels(kernels) => {
                let mut sum = Array2::zeros(kernels[0].dim());
                for (kernel, &gamma) in kernels.iter().zip(gamma) {
                    sum.scaled_add(gamma, kernel);
                }
                // Columns of training rows: what training and test rows need of it.
                let sum = sum.select(Axis(1), &self.rows);
                let (values, vectors) = components(sum.select(Axis(0), &self.rows), None, alone)?;
                let map = vectors.t().mapv(|v| v as f32).as_standard_layout().into_owned();
                let shift = match self.units {
                    Units::Training => vectors.sum_axis(Axis(0)),
                    Units::Given => Array1::zeros(values.len()),
                };
                let basis = Basis { values, count, side: Side::Kernel, map, shift };
                Ok((basis, Whitening::Kernel { sum, vectors }))
            }
        }
    }

    /// Test rows in these components.
    pub fn test(
        &self,
        given: &Regressed,
        basis: &Basis,
        whitening: &Whitening,
        rows: &[usize],
        alphas: &[f64],
        solver: Solver,
    ) -> Result<TestRows> {
        let w = match whitening {
            Whitening::Rotation(rotation) => {
                let x = given.x.select(Axis(0), rows).mapv(f64::from);
                multiply(x.view(), rotation.t()) - &basis.shift
            }
            Whitening::Kernel { sum, vectors } => {
                let values = Array1::from(basis.values.clone());
                multiply(sum.select(Axis(0), rows).view(), vectors.view()) / &values
            }
        };
        TestRows::of(w, basis, given.x.ncols(), alphas, solver, false)
    }

    /// Some rows of the regressors in this training set's units.
    pub fn standardised(&self, given: &Regressed, rows: &[usize]) -> Array2<f32> {
        in_units(&given.x, rows.iter().copied(), &self.mean, &self.inverse)
    }
}

/// What takes test rows to components, in f64.
pub(super) enum Whitening {
    /// diag(1/s)·Vᵀ·diag(√γ / standard deviation).
    Rotation(Array2<f64>),
    /// Σ γ·K_s, all rows × training rows, and U.
    Kernel { sum: Array2<f64>, vectors: Array2<f64> },
}
