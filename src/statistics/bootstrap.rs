//! How sure a mean over runs or subjects is.

use crate::error::{Error, Result};
use crate::linalg::{in_pool, multiply_alone};
use crate::notebook::check_cancelled;
use ndarray::{Array2, ArrayView2, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use std::fmt;

/// Columns of a block; each block belongs to one thread.
const WIDTH: usize = 128;

/// The mean of each column and between which values it lies: [`bootstrap_mean`].
#[derive(Clone, Debug)]
pub struct Interval {
    mean: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    level: f64,
    rows: usize,
    draws: usize,
}

impl Interval {
    /// Mean of each column.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Lower end of each column's interval.
    pub fn low(&self) -> &[f64] {
        &self.low
    }

    /// Upper end of each column's interval.
    pub fn high(&self) -> &[f64] {
        &self.high
    }

    /// The share of draws inside the interval.
    pub fn level(&self) -> f64 {
        self.level
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths: Vec<f64> = self.low.iter().zip(&self.high).map(|(low, high)| high - low).collect();
        widths.sort_by(f64::total_cmp);
        let median = widths.get(widths.len() / 2).copied().unwrap_or(0.0);
        write!(
            f,
            "Interval: {} columns, {} % intervals of median width {median:.3}; {} draws of {} rows",
            self.mean.len(),
            100.0 * self.level,
            self.draws,
            self.rows
        )?;
        if self.rows < 10 {
            write!(f, ": of so few rows intervals are too narrow, roughly by √({}/{})", self.rows - 1, self.rows)?;
        }
        Ok(())
    }
}

/// Percentile interval of the mean of each column (row × column: run × voxel, or subject × voxel), by drawing rows with replacement.
///
/// Each draw takes as many rows as there are, the same for all columns; the interval runs between the (1 − level)/2 and (1 + level)/2 quantiles of
/// the drawn means (Efron & Tibshirani 1993; scipy's `bootstrap` with `method="percentile"`). What is drawn are rows: over runs it says how sure the
/// mean is for this subject, over subjects how sure it is for people.
///
/// ```
/// use neurocell::statistics::bootstrap_mean;
/// let r = ndarray::array![[0.2, 0.0], [0.3, 0.1], [0.1, -0.1], [0.25, 0.0]];
/// let interval = bootstrap_mean(&r, 2000, 0.95, 0)?;
/// assert!(interval.low()[0] > 0.1 && interval.low()[1] < 0.0);
/// println!("{interval}");
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there are fewer than 2 rows, fewer than 100 draws, a level outside 0 to 1, a value that is NaN or infinite; or it is stopped.
pub fn bootstrap_mean(values: &Array2<f32>, draws: usize, level: f64, seed: u64) -> Result<Interval> {
    let rows = values.nrows();
    if rows < 2 {
        return Err(Error::value(
            format!("an interval over {rows} row: one run or subject does not say how others would differ"),
            "give two or more, better ten",
        ));
    }
    if draws < 100 || !(level > 0.0 && level < 1.0) {
        return Err(Error::value(
            format!("an interval of level {level} from {draws} draws"),
            "ask for a level such as 0.95, and 100 draws or more, 2,000 say",
        ));
    }
    if let Some(((row, column), bad)) = values.indexed_iter().find(|(_, v)| !v.is_finite()) {
        return Err(Error::value(
            format!("column {column} of row {row} has the value {bad}"),
            "leave the column out, or mend what made it",
        ));
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut weights = Array2::<f32>::zeros((draws, rows));
    for mut draw in weights.rows_mut() {
        (0..rows).for_each(|_| draw[rng.gen_range(0..rows)] += 1.0 / rows as f32);
    }
    let (low, high) = weighted_intervals(values.view(), &weights, level)?;
    let mean = values.columns().into_iter().map(|c| c.iter().map(|v| f64::from(*v)).sum::<f64>() / rows as f64);
    Ok(Interval { mean: mean.collect(), low, high, level, rows, draws })
}

/// Between which values `level` of the draws lie, for each column of `values` (row × column); `weights` (draw × row) says how often each draw has each row.
pub(crate) fn weighted_intervals(
    values: ArrayView2<f32>,
    weights: &Array2<f32>,
    level: f64,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let columns = values.ncols();
    let one = |block: usize| -> Result<Vec<(f64, f64)>> {
        check_cancelled("the bootstrap")?;
        let range = block * WIDTH..((block + 1) * WIDTH).min(columns);
        let mut means = Array2::zeros((range.len(), weights.nrows()));
        multiply_alone(means.view_mut(), false, values.slice(s![.., range]).t(), weights.t());
        let ends = |mut row: ndarray::ArrayViewMut1<f32>| {
            let mut sorted = row.iter_mut().map(|v| *v).collect::<Vec<f32>>();
            sorted.sort_by(f32::total_cmp);
            (quantile(&sorted, (1.0 - level) / 2.0), quantile(&sorted, (1.0 + level) / 2.0))
        };
        Ok(means.rows_mut().into_iter().map(ends).collect())
    };
    let ends: Vec<Vec<(f64, f64)>> =
        in_pool(|| (0..columns.div_ceil(WIDTH)).into_par_iter().map(one).collect::<Result<_>>())?;
    Ok(ends.into_iter().flatten().unzip())
}

/// Quantile of sorted values, between neighbours in proportion (numpy's default).
pub(crate) fn quantile<T: Copy + Into<f64>>(sorted: &[T], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below].into() * (1.0 - part) + sorted[above].into() * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_every_possible_draw() {
        // All 4⁴ draws of four rows, by counting; 20,000 random ones come near their quantiles.
        let values = [0.1_f32, 0.25, 0.4, 0.8];
        let all: Vec<f32> = (0..256).map(|n| (0..4).map(|k| values[n >> (2 * k) & 3]).sum::<f32>() / 4.0).collect();
        let mut sorted = all;
        sorted.sort_by(f32::total_cmp);
        let column = Array2::from_shape_vec((4, 1), values.to_vec()).unwrap();
        let found = bootstrap_mean(&column, 20_000, 0.8, 3).unwrap();
        assert!((found.low()[0] - quantile(&sorted, 0.1)).abs() < 0.02, "{found}");
        assert!((found.high()[0] - quantile(&sorted, 0.9)).abs() < 0.02, "{found}");
        assert!((found.mean()[0] - 0.3875).abs() < 1e-6);
    }

    #[test]
    fn what_makes_no_interval_is_said() {
        let rows = Array2::<f32>::zeros((1, 3));
        assert!(bootstrap_mean(&rows, 1000, 0.95, 0).unwrap_err().problem().contains("1 row"));
        let rows = Array2::<f32>::zeros((3, 3));
        assert!(bootstrap_mean(&rows, 1000, 95.0, 0).unwrap_err().problem().contains("level 95"));
    }
}
