//! Taking a basis out of many columns at once, and bringing columns to one scale.

use super::{Butterworth, Gaps};
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array2, ArrayViewMut2, Axis};
use rayon::prelude::*;

/// Columns that are worked on together: a block in f64 stays in cache.
const BLOCK: usize = 256;

/// What is left of a column is rounding, not signal, below this share of the column's own size: f32 keeps 6e-8.
const ROUNDING: f64 = 5e-7;

/// `series` (time × column) without what `basis` (time × rank, orthonormal) spans: X − Q·Qᵀ·X, computed in f64.
///
/// # Errors
/// If the two have not the same number of rows, or the user stopped the step.
pub fn regress_out(series: &Array2<f32>, basis: &Array2<f64>) -> Result<Array2<f32>> {
    let mut cleaned = series.clone();
    clean_in_place(cleaned.view_mut(), basis, &Before::default(), false)?;
    Ok(cleaned)
}

/// Each column of `series` (time × column) with mean 0 and standard deviation 1, with n − 1 in the denominator
/// (nilearn's `zscore_sample`).
///
/// # Errors
/// If there are fewer than two rows, or a column is constant (the first is named): it has no scale.
pub fn zscore(series: &Array2<f32>) -> Result<Array2<f32>> {
    let mut scaled = series.clone();
    let constant = clean_in_place(scaled.view_mut(), &Array2::zeros((series.nrows(), 0)), &Before::default(), true)?;
    match constant.first() {
        None => Ok(scaled),
        Some(column) => Err(Error::value(
            format!("{} of {} columns are constant, the first is column {column}", constant.len(), series.ncols()),
            "leave constant columns out: they cannot be z-scored",
        )),
    }
}

/// What is done to a run before regressors leave.
#[derive(Default)]
pub(crate) struct Before {
    /// Volumes that nothing is learned from; they become 0, as if each had a regressor of its own.
    pub(crate) censored: Vec<usize>,
    pub(crate) filtering: Option<Filtering>,
}

/// The trend goes, and a filter runs over what is left.
pub(crate) struct Filtering {
    /// Time × rank, orthonormal; its rows are those of the gaps' range.
    pub(crate) trend: Array2<f64>,
    pub(crate) filter: Butterworth,
    /// Censored volumes, filled in for the filter.
    pub(crate) gaps: Gaps,
}

impl Filtering {
    /// Detrends and filters each column of a run in place; what lies outside the gaps' range is left as it is.
    pub(crate) fn apply(&self, mut run: ArrayViewMut2<'_, f64>) {
        self.gaps.fill(run.view_mut());
        let mut inside = run.slice_mut(ndarray::s![self.gaps.range(), ..]);
        if self.trend.ncols() > 0 {
            let along = self.trend.t().dot(&inside);
            inside -= &self.trend.dot(&along);
        }
        self.filter.block(&mut inside);
    }
}

/// Takes `basis` out of `series` (one run), and if `standardize` brings each column to mean 0 and standard deviation 1.
///
/// The basis' rows must be 0 at censored volumes. Gives the columns, ascending, in which nothing but rounding is left; they are 0 throughout.
pub(crate) fn clean_in_place(
    mut series: ArrayViewMut2<'_, f32>,
    basis: &Array2<f64>,
    before: &Before,
    standardize: bool,
) -> Result<Vec<usize>> {
    let (rows, rank) = basis.dim();
    let kept = rows - before.censored.len();
    if series.nrows() != rows {
        return Err(Error::shape(
            format!("the series has {} volumes, the regressors {rows}", series.nrows()),
            "both must come from the same run",
        ));
    }
    if standardize && kept < rank + 2 {
        return Err(Error::value(
            format!("{kept} volumes cannot be z-scored after {rank} regressors"),
            "take longer runs or fewer regressors",
        ));
    }
    if let Some(filtering) = &before.filtering {
        filtering.filter.check(filtering.gaps.range().len())?;
    }
    let basis = basis.as_standard_layout();
    // Standard layout is one slice.
    let flat = basis.as_slice().unwrap_or(&[]);
    let blocks: Vec<ArrayViewMut2<f32>> = series.axis_chunks_iter_mut(Axis(1), BLOCK).collect();
    let empty: Result<Vec<Vec<usize>>> = in_pool(|| {
        blocks
            .into_par_iter()
            .enumerate()
            .map(|(number, block)| {
                check_cancelled("cleaning")?;
                let empty = clean_block(block, MatRef::from_row_major_slice(flat, rows, rank), before, standardize);
                Ok(empty.into_iter().map(|column| number * BLOCK + column).collect())
            })
            .collect()
    });
    Ok(empty?.into_iter().flatten().collect())
}

/// Cleans one block of columns in f64; gives the columns in which nothing is left.
fn clean_block(mut block: ArrayViewMut2<f32>, q: MatRef<f64>, before: &Before, standardize: bool) -> Vec<usize> {
    let (rows, columns) = block.dim();
    let kept = rows - before.censored.len();
    let mut wide: Vec<f64> = block.iter().map(|&v| f64::from(v)).collect();
    let censor = |wide: &mut [f64]| {
        before.censored.iter().for_each(|row| wide[row * columns..(row + 1) * columns].fill(0.0));
    };
    censor(&mut wide);
    let size = sums(&wide, columns, |v| v * v);
    if let Some(filtering) = &before.filtering {
        // The block's own rows and columns.
        if let Ok(wide) = ArrayViewMut2::from_shape((rows, columns), &mut wide) {
            filtering.apply(wide);
        }
        censor(&mut wide);
    }
    project_out(&mut wide, columns, q);
    if standardize {
        let mean: Vec<f64> = sums(&wide, columns, |v| v).iter().map(|s| s / kept as f64).collect();
        wide.chunks_exact_mut(columns).for_each(|row| row.iter_mut().zip(&mean).for_each(|(v, m)| *v -= m));
        censor(&mut wide);
    }
    let left = sums(&wide, columns, |v| v * v);
    let empty: Vec<usize> = (0..columns).filter(|&c| left[c] <= size[c] * ROUNDING * ROUNDING).collect();
    let mut scale: Vec<f64> = match standardize {
        true => left.iter().map(|ss| 1.0 / (ss / (kept - 1) as f64).sqrt()).collect(),
        false => vec![1.0; columns],
    };
    empty.iter().for_each(|&c| scale[c] = 0.0);
    for (mut to, from) in block.rows_mut().into_iter().zip(wide.chunks_exact(columns)) {
        to.iter_mut().zip(from.iter().zip(&scale)).for_each(|(to, (v, s))| *to = (v * s) as f32);
    }
    // 0 · ∞ is never formed: the scale of an empty column is 0 and its values are finite.
    empty
}

/// X − Q·Qᵀ·X.
fn project_out(wide: &mut [f64], columns: usize, q: MatRef<f64>) {
    if q.ncols() == 0 {
        return;
    }
    let rows = q.nrows();
    let mut along = vec![0.0; q.ncols() * columns];
    let x = MatRef::from_row_major_slice(wide, rows, columns);
    let coefficients = MatMut::from_row_major_slice_mut(&mut along, q.ncols(), columns);
    matmul(coefficients, Accum::Replace, q.transpose(), x, 1.0, Par::Seq);
    let coefficients = MatRef::from_row_major_slice(&along, q.ncols(), columns);
    let x = MatMut::from_row_major_slice_mut(wide, rows, columns);
    matmul(x, Accum::Add, q, coefficients, -1.0, Par::Seq);
}

/// Column sums of a function of the values.
fn sums(values: &[f64], columns: usize, of: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; columns];
    for row in values.chunks_exact(columns) {
        sums.iter_mut().zip(row).for_each(|(sum, &v)| *sum += of(v));
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn zscore_refuses_a_constant_column_by_number() {
        let error = zscore(&array![[1.0, 7.1], [2.0, 7.1], [4.0, 7.1]]).unwrap_err();
        assert!(error.problem().contains("column 1"), "{error}");
    }

    #[test]
    fn a_pure_ramp_on_a_large_offset_is_left_with_exactly_nothing() {
        let mut ramp = Array2::from_shape_fn((50, 1), |(t, _)| 10_000.0 + 3.3 * t as f32);
        let basis = crate::signal::orthonormal_basis(&crate::signal::linear_trend(50));
        assert_eq!(clean_in_place(ramp.view_mut(), &basis, &Before::default(), true).unwrap(), [0]);
        assert!(ramp.iter().all(|v| *v == 0.0));
    }

    #[test]
    fn blocks_do_not_show() {
        let series = Array2::from_shape_fn((30, 3 * BLOCK + 5), |(t, c)| ((t * t + 3 * c) % 17) as f32);
        let basis = crate::signal::orthonormal_basis(&crate::signal::linear_trend(30));
        let all = regress_out(&series, &basis).unwrap();
        let last = regress_out(&series.slice(ndarray::s![.., 3 * BLOCK..]).to_owned(), &basis).unwrap();
        let part = all.slice(ndarray::s![.., 3 * BLOCK..]);
        assert!(part.iter().zip(&last).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}
