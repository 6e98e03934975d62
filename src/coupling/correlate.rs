//! Pearson correlations in double precision.

use crate::error::{Error, Result};
use ndarray::{Array2, ArrayView1, ArrayView2};

/// Takes the mean out of each row and scales it to a sum of squares of 1.
///
/// # Errors
/// If a row is constant or holds a NaN; `name` says which it is.
pub(crate) fn unit_rows(rows: ArrayView2<f32>, name: impl Fn(usize) -> String) -> Result<Array2<f32>> {
    let mut unit = Array2::zeros(rows.dim());
    for (i, (row, mut unit)) in rows.outer_iter().zip(unit.outer_iter_mut()).enumerate() {
        let Some((mean, norm)) = centre(row) else {
            let first = row.first().copied().unwrap_or(f32::NAN);
            return Err(match row.iter().find(|v| !v.is_finite()) {
                Some(bad) => Error::value(format!("{} has the value {bad}", name(i)), "look at the step that made it"),
                None => Error::value(
                    format!("{} is constant over the {} voxels ({first})", name(i), row.len()),
                    "a constant map correlates with nothing: leave it out",
                ),
            });
        };
        unit.zip_mut_with(&row, |u, &v| *u = ((f64::from(v) - mean) / norm) as f32);
    }
    Ok(unit)
}

/// Mean, and root of the summed squares about it; `None` for a vector that is constant (to rounding) or not finite.
pub(crate) fn centre(values: ArrayView1<f32>) -> Option<(f64, f64)> {
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len().max(1) as f64;
    let norm = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>().sqrt();
    let varies = norm.is_finite() && norm > 1e-6 * mean.abs() * (values.len() as f64).sqrt() && norm > 0.0;
    varies.then_some((mean, norm))
}

/// Pearson r of two vectors of one length; 0 if one of them is constant.
pub(crate) fn pearson(a: ArrayView1<f32>, b: ArrayView1<f32>) -> f64 {
    let (Some((ma, na)), Some((mb, nb))) = (centre(a), centre(b)) else { return 0.0 };
    let sum: f64 = a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - ma) * (f64::from(b) - mb)).sum();
    (sum / na / nb).clamp(-1.0, 1.0)
}

/// Pearson r of one course with each column of a series; 0 for a constant column, or for all if the course is constant.
pub(crate) fn with_columns(course: ArrayView1<f32>, series: &Array2<f32>) -> Vec<f64> {
    let rows = series.nrows().max(1) as f64;
    let (mut sum, mut square) = (vec![0.0_f64; series.ncols()], vec![0.0_f64; series.ncols()]);
    let mut product = vec![0.0_f64; series.ncols()];
    let Some((mean, norm)) = centre(course) else { return product };
    // About its first value a column's sums stay small, whatever its mean.
    let first: Vec<f32> = series.rows().into_iter().next().map(|r| r.to_vec()).unwrap_or_default();
    for (row, &c) in series.outer_iter().zip(course) {
        let c = (f64::from(c) - mean) / norm;
        for (column, &v) in row.iter().enumerate() {
            let v = f64::from(v) - f64::from(first[column]);
            sum[column] += v;
            square[column] += v * v;
            product[column] += c * v;
        }
    }
    for (column, product) in product.iter_mut().enumerate() {
        let variation = square[column] - sum[column] * sum[column] / rows;
        let varies = variation > 1e-10 * square[column];
        *product = if varies { (*product / variation.sqrt()).clamp(-1.0, 1.0) } else { 0.0 };
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_constant_course_correlates_with_nothing() {
        assert_eq!(pearson(array![1.0, 1.0, 1.0].view(), array![1.0, 2.0, 3.0].view()), 0.0);
        let series = array![[5.0, 1.0], [5.0, 2.0], [5.0, 4.0]];
        let r = with_columns(array![1.0, 2.0, 4.0].view(), &series);
        assert_eq!(r[0], 0.0);
        assert!((r[1] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_constant_map_is_named() {
        let error = unit_rows(array![[1.0, 2.0], [3.0, 3.0]].view(), |i| format!("map {i}")).unwrap_err();
        assert!(error.problem().contains("map 1 is constant"), "{error}");
        let error = unit_rows(array![[1.0, f32::NAN]].view(), |i| format!("map {i}")).unwrap_err();
        assert!(error.problem().contains("map 0 has the value NaN"), "{error}");
    }
}
