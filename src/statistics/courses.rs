//! Runs of columns with mean 0 and length 1, of which products are correlations.

use crate::clock::Clock;
use ndarray::{Array2, ArrayView2, s};

/// Each run of each column less its mean, divided by the root of its sum of squares; 0 where it does not vary (to rounding).
pub(crate) fn unit_runs(columns: ArrayView2<f32>, clock: &Clock) -> Array2<f32> {
    let mut unit = Array2::zeros(columns.dim());
    for run in 0..clock.runs() {
        let given = columns.slice(s![clock.rows(run), ..]);
        let count = given.nrows() as f64;
        let mut mean = vec![0.0_f64; given.ncols()];
        for row in given.rows() {
            mean.iter_mut().zip(row).for_each(|(mean, v)| *mean += f64::from(*v) / count);
        }
        let mut square = vec![0.0_f64; given.ncols()];
        for row in given.rows() {
            let each = square.iter_mut().zip(&mean).zip(row);
            each.for_each(|((square, mean), v)| *square += (f64::from(*v) - mean).powi(2));
        }
        let scale: Vec<f64> = square
            .iter()
            .zip(&mean)
            .map(
                |(square, mean)| {
                    if *square > 1e-12 * mean * mean * count && *square > 0.0 { square.sqrt().recip() } else { 0.0 }
                },
            )
            .collect();
        let mut rows = unit.slice_mut(s![clock.rows(run), ..]);
        for (mut to, from) in rows.rows_mut().into_iter().zip(given.rows()) {
            let each = to.iter_mut().zip(from).zip(mean.iter().zip(&scale));
            each.for_each(|((to, v), (mean, scale))| *to = ((f64::from(*v) - mean) * scale) as f32);
        }
    }
    unit
}
