//! Regressors that overlap, made into directions that do not.

use ndarray::{Array1, Array2, Axis};

/// A column whose part that is new, as a share of its own length, is below this adds no direction.
const NEW: f64 = 1e-9;

/// An orthonormal basis Q (time × rank) of the columns of `regressors` (time × regressor): QᵀQ = 1 and
/// Q·Qᵀ·regressors = regressors.
///
/// Columns that are zero, or that the columns before them already span, add nothing, so the rank may be smaller than
/// the number of regressors. Gram–Schmidt in f64, each column orthogonalised twice.
pub fn orthonormal_basis(regressors: &Array2<f64>) -> Array2<f64> {
    let mut directions: Vec<Array1<f64>> = Vec::new();
    for column in regressors.columns() {
        // The largest entry is divided out first, so that no unit of measurement overflows or vanishes when squared.
        let largest = column.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        if largest == 0.0 || directions.len() == regressors.nrows() {
            continue;
        }
        let mut rest = column.mapv(|v| v / largest);
        let whole = rest.dot(&rest).sqrt();
        for _ in 0..2 {
            for q in &directions {
                let along = q.dot(&rest);
                rest.scaled_add(-along, q);
            }
        }
        let length = rest.dot(&rest).sqrt();
        if length > NEW * whole {
            directions.push(rest / length);
        }
    }
    let mut basis = Array2::zeros((regressors.nrows(), directions.len()));
    for (mut column, direction) in basis.axis_iter_mut(Axis(1)).zip(&directions) {
        column.assign(direction);
    }
    basis
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{array, concatenate};

    #[test]
    fn a_basis_is_orthonormal_and_spans_its_regressors() {
        let trend = crate::signal::linear_trend(40);
        let drift = crate::signal::cosine_drift(40, 2.0, 30.0).unwrap();
        let x = concatenate![Axis(1), trend, drift * 1e6];
        let q = orthonormal_basis(&x);
        assert_eq!(q.ncols(), x.ncols());
        let gram = q.t().dot(&q) - Array2::<f64>::eye(q.ncols());
        assert!(gram.iter().all(|v| v.abs() < 1e-12));
        let back = q.dot(&q.t().dot(&x)) - &x;
        assert!(back.iter().all(|v| v.abs() < 1e-9));
    }

    #[test]
    fn a_repeated_regressor_adds_no_direction() {
        let x = array![[1.0, 2.0, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, 0.0]];
        assert_eq!(orthonormal_basis(&x).ncols(), 1);
    }
}
