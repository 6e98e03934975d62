//! Courses in a range where single precision serves all of them alike.

use ndarray::{Array2, ArrayView1, ArrayView2};

/// A standard deviation below this share of the largest magnitude is rounding of f32 values, not a course.
const CONSTANT: f64 = 1e-6;

/// What columns were reduced by and divided by.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    pub mean: Vec<f64>,
    /// 1 / standard deviation; 0 where a column is constant.
    pub inverse: Vec<f64>,
}

impl Scale {
    /// Of some rows of a matrix.
    pub fn of(data: ArrayView2<f32>, rows: &[usize]) -> Scale {
        let columns = data.ncols();
        let add = |sums: &mut [f64], row: ArrayView1<f32>, value: &dyn Fn(usize, f64) -> f64| {
            for (n, (sum, &x)) in sums.iter_mut().zip(row).enumerate() {
                *sum += value(n, f64::from(x));
            }
        };
        let (mut mean, mut square, mut largest) = (vec![0f64; columns], vec![0f64; columns], vec![0f32; columns]);
        for row in rows.iter().map(|n| data.row(*n)) {
            add(&mut mean, row, &|_, x| x / rows.len() as f64);
            largest.iter_mut().zip(row).for_each(|(m, x)| *m = m.max(x.abs()));
        }
        for row in rows.iter().map(|n| data.row(*n)) {
            add(&mut square, row, &|n, x| (x - mean[n]).powi(2));
        }
        let inverse = square.iter().zip(&largest).map(|(sum, &largest)| {
            let deviation = (sum / rows.len() as f64).sqrt();
            if deviation <= CONSTANT * f64::from(largest) { 0.0 } else { 1.0 / deviation }
        });
        let inverse = inverse.collect();
        Scale { mean, inverse }
    }

    /// Numbers of the columns that are constant.
    pub fn constant(&self) -> Vec<usize> {
        (0..self.inverse.len()).filter(|&n| self.inverse[n] == 0.0).collect()
    }

    /// Some rows of a matrix with mean 0 and standard deviation 1; constant columns become 0.
    pub fn applied(&self, data: ArrayView2<f32>, rows: &[usize]) -> Array2<f32> {
        let mut out = Array2::zeros((rows.len(), data.ncols()));
        for (mut out, row) in out.rows_mut().into_iter().zip(rows.iter().map(|n| data.row(*n))) {
            for (n, (out, &x)) in out.iter_mut().zip(row).enumerate() {
                *out = ((f64::from(x) - self.mean[n]) * self.inverse[n]) as f32;
            }
        }
        out
    }

    /// A standardised value of a column in the column's own units again.
    pub fn undone(&self, column: usize, value: f32) -> f32 {
        match self.inverse[column] > 0.0 {
            true => (f64::from(value) / self.inverse[column] + self.mean[column]) as f32,
            false => self.mean[column] as f32,
        }
    }
}

/// The kept rows of some columns, with mean 0 and standard deviation 1 over them, and what they were scaled by; constant columns become 0.
///
/// This is only for the sake of single precision: a model whose standardisation is learned in the training rows is the same before and after.
pub(super) fn standardised(data: ArrayView2<f32>, kept: &[usize]) -> (Array2<f32>, Scale) {
    let scale = Scale::of(data, kept);
    (scale.applied(data, kept), scale)
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
