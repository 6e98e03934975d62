//! Distances between all pairs of rows, in f64.

use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use crate::pattern::Distance;
use ndarray::{Array1, Array2, ArrayView2, Axis};

/// Distances of the pairs (0, 1), (0, 2), …, (n − 2, n − 1).
pub(super) fn condensed(rows: ArrayView2<f32>, labels: &[String], distance: Distance) -> Result<Vec<f64>> {
    if let Some(((row, column), value)) = rows.indexed_iter().find(|(_, v)| !v.is_finite()) {
        return Err(Error::value(
            format!("value {column} of `{}` (row {row}) is {value}", labels[row]),
            "leave that row out, or look at how it was made",
        ));
    }
    let mut wide = rows.mapv(f64::from);
    if distance != Distance::Euclidean {
        to_unit(&mut wide, labels)?;
    }
    let mut distances = Vec::with_capacity(wide.nrows() * (wide.nrows() - 1) / 2);
    for (n, a) in wide.rows().into_iter().enumerate() {
        check_cancelled("distances")?;
        for b in wide.rows().into_iter().skip(n + 1) {
            distances.push(match distance {
                Distance::Euclidean => a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
                Distance::Correlation => 1.0 - a.dot(&b).clamp(-1.0, 1.0),
                Distance::AbsoluteCorrelation => 1.0 - a.dot(&b).abs().min(1.0),
            });
        }
    }
    Ok(distances)
}

/// Centres each row and brings it to the norm 1.
fn to_unit(rows: &mut Array2<f64>, labels: &[String]) -> Result<()> {
    let means = rows.sum_axis(Axis(1)) / rows.ncols() as f64;
    let largest: Vec<f64> = rows.rows().into_iter().map(|row| row.fold(0.0, |m: f64, v| m.max(v.abs()))).collect();
    *rows -= &means.insert_axis(Axis(1));
    let norms: Array1<f64> = rows.map_axis(Axis(1), |row| row.dot(&row).sqrt());
    if let Some(row) = (0..norms.len()).find(|&n| norms[n] <= 1e-6 * largest[n] * (rows.ncols() as f64).sqrt()) {
        return Err(Error::value(
            format!("`{}` (row {row}) is constant and has no correlation with the others", labels[row]),
            "leave it out, or choose Distance::Euclidean",
        ));
    }
    *rows /= &norms.insert_axis(Axis(1));
    Ok(())
}
