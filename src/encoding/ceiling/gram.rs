//! All that several courses of one voxel share: their Gram matrix.

use super::super::Targets;
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use ndarray::{Array1, Array2, Array3, Axis};
use std::ops::Range;

/// Voxels that one thread takes at a time.
pub(super) const WIDTH: usize = 256;
/// Fewest volumes that all courses must have in common.
const FEWEST: usize = 10;

/// Courses of the same stimulus, in one series or several: of each its series and its rows there, as many for each.
pub(super) struct Members<'a> {
    pub series: Vec<&'a dyn Targets>,
    /// Number of the series, and the first row.
    pub courses: Vec<(usize, usize)>,
    /// The rows, counted from a course's first, that all courses have kept.
    pub rows: Vec<usize>,
}

impl<'a> Members<'a> {
    /// Courses of `length` rows; rows that any of them has censored are left out of all.
    pub fn new(series: &[&'a dyn Targets], courses: Vec<(usize, usize)>, length: usize) -> Result<Members<'a>> {
        let kept = |row: &usize| courses.iter().all(|(n, first)| series[*n].kept()[first + row]);
        let rows: Vec<usize> = (0..length).filter(kept).collect();
        if rows.len() < FEWEST {
            return Err(Error::value(
                format!("{} of {length} volumes are kept in all {} courses", rows.len(), courses.len()),
                format!("a noise ceiling needs {FEWEST} at least: censor less, or leave courses out"),
            ));
        }
        Ok(Members { series: series.to_vec(), courses, rows })
    }

    /// For each voxel zᵢ·zⱼ / rows of all pairs of courses i and j, z-scored: voxel × course × course; a row of zeros for a constant course.
    pub fn grams(&self, columns: Range<usize>) -> Result<Array3<f64>> {
        let mut data = Vec::new();
        for series in &self.series {
            check_cancelled("the noise ceiling")?;
            data.push(series.columns(columns.clone())?);
        }
        let courses: Vec<Array2<f32>> = self
            .courses
            .iter()
            .map(|(n, first)| {
                let rows: Vec<usize> = self.rows.iter().map(|row| first + row).collect();
                // Voxel × time, so that a course lies contiguously.
                standardised(&data[*n], &rows).reversed_axes().as_standard_layout().to_owned()
            })
            .collect();
        let mut grams = Array3::zeros((columns.len(), courses.len(), courses.len()));
        for (voxel, mut gram) in grams.outer_iter_mut().enumerate() {
            for (i, one) in courses.iter().enumerate() {
                for (j, other) in courses.iter().enumerate().take(i + 1) {
                    let product: f64 =
                        one.row(voxel).iter().zip(other.row(voxel)).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                    gram[[i, j]] = product / self.rows.len() as f64;
                    gram[[j, i]] = gram[[i, j]];
                }
            }
        }
        Ok(grams)
    }
}

/// Some rows of each column with mean 0 and standard deviation 1 (n in its denominator); 0 where a column does not vary.
pub(super) fn standardised(data: &Array2<f32>, rows: &[usize]) -> Array2<f32> {
    let count = rows.len().max(1) as f64;
    let mut picked = data.select(Axis(0), rows);
    let (mut mean, mut square) = (Array1::<f64>::zeros(picked.ncols()), Array1::<f64>::zeros(picked.ncols()));
    picked.rows().into_iter().for_each(|row| mean.zip_mut_with(&row, |sum, v| *sum += f64::from(*v) / count));
    for row in picked.rows() {
        ndarray::Zip::from(&mut square)
            .and(row)
            .and(&mean)
            .for_each(|sum, v, mean| *sum += (f64::from(*v) - mean).powi(2) / count);
    }
    // What is left of a constant is the rounding of its single precision.
    let inverse = ndarray::Zip::from(&square)
        .and(&mean)
        .map_collect(|square, mean| if *square > 1e-12 * mean * mean { 1.0 / square.sqrt() } else { 0.0 });
    for mut row in picked.rows_mut() {
        ndarray::Zip::from(&mut row)
            .and(&mean)
            .and(&inverse)
            .for_each(|v, mean, inverse| *v = ((f64::from(*v) - mean) * inverse) as f32);
    }
    picked
}
