//! Courses in a range where single precision serves all of them alike.

use ndarray::{Array2, ArrayView1, ArrayView2};

/// A standard deviation below this share of the largest magnitude is rounding of f32 values, not a course.
const CONSTANT: f64 = 1e-6;

/// Some rows of some columns, with mean 0 and standard deviation 1 over the kept rows, and the numbers of columns constant there, which become 0.
///
/// This is only for the sake of single precision: a model whose standardisation is learned in the training rows is the same before and after.
pub(super) fn standardised(data: ArrayView2<f32>, kept: &[usize], rows: &[usize]) -> (Array2<f32>, Vec<usize>) {
    let columns = data.ncols();
    let add = |sums: &mut [f64], row: ArrayView1<f32>, value: &dyn Fn(usize, f64) -> f64| {
        for (n, (sum, &x)) in sums.iter_mut().zip(row).enumerate() {
            *sum += value(n, f64::from(x));
        }
    };
    let (mut mean, mut square, mut largest) = (vec![0f64; columns], vec![0f64; columns], vec![0f32; columns]);
    for row in kept.iter().map(|n| data.row(*n)) {
        add(&mut mean, row, &|_, x| x / kept.len() as f64);
        largest.iter_mut().zip(row).for_each(|(m, x)| *m = m.max(x.abs()));
    }
    for row in kept.iter().map(|n| data.row(*n)) {
        add(&mut square, row, &|n, x| (x - mean[n]).powi(2));
    }
    let deviation: Vec<f64> = square.iter().map(|sum| (sum / kept.len() as f64).sqrt()).collect();
    let constant: Vec<usize> = (0..columns).filter(|&n| deviation[n] <= CONSTANT * f64::from(largest[n])).collect();
    let mut inverse: Vec<f64> = deviation.iter().map(|d| 1.0 / d).collect();
    constant.iter().for_each(|&n| inverse[n] = 0.0);
    let mut out = Array2::zeros((rows.len(), columns));
    for (mut out, row) in out.rows_mut().into_iter().zip(rows.iter().map(|n| data.row(*n))) {
        for (n, (out, &x)) in out.iter_mut().zip(row).enumerate() {
            *out = ((f64::from(x) - mean[n]) * inverse[n]) as f32;
        }
    }
    (out, constant)
}

/// All rows of some columns, each column divided by its root mean square (1 where all is 0), and what it was divided by.
pub(super) fn of_unit_size(data: ArrayView2<f32>) -> (Array2<f32>, Vec<f32>) {
    let mut square = vec![0f64; data.ncols()];
    for row in data.rows() {
        square.iter_mut().zip(row).for_each(|(sum, &v)| *sum += f64::from(v).powi(2) / data.nrows() as f64);
    }
    let size: Vec<f32> = square.iter().map(|sum| if *sum > 0.0 { sum.sqrt() as f32 } else { 1.0 }).collect();
    let mut out = Array2::zeros(data.dim());
    for (mut out, row) in out.rows_mut().into_iter().zip(data.rows()) {
        out.iter_mut().zip(row).zip(&size).for_each(|((out, &v), size)| *out = v / size);
    }
    (out, size)
}
