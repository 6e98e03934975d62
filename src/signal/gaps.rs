//! Volumes that must not be looked at, filled in for a filter that needs an unbroken course.

use ndarray::{ArrayViewMut2, Axis, Zip};
use std::ops::Range;

/// A cubic spline through the kept volumes of a run, read at those between them (scipy's `CubicSpline`, "not-a-knot").
///
/// With hᵢ the steps between kept volumes and dᵢ the slopes of the chords, the spline's slopes s solve
///
/// hᵢ·sᵢ₋₁ + 2(hᵢ₋₁ + hᵢ)·sᵢ + hᵢ₋₁·sᵢ₊₁ = 3(hᵢ·dᵢ₋₁ + hᵢ₋₁·dᵢ),
///
/// and at each end the first two pieces are one cubic. Below four kept volumes there is no such spline: the course then is a line through the neighbours.
#[derive(Clone, Debug)]
pub(crate) struct Gaps {
    kept: Vec<usize>,
    /// Volumes between the first kept one and the last that are filled, each with the kept one before it (its number).
    missing: Vec<(usize, usize)>,
}

impl Gaps {
    /// `kept`: rows of the run, ascending, at least one.
    pub(crate) fn new(kept: &[usize]) -> Gaps {
        let pairs = kept.windows(2).enumerate();
        let missing = pairs.flat_map(|(n, pair)| (pair[0] + 1..pair[1]).map(move |row| (row, n))).collect();
        Gaps { kept: kept.to_vec(), missing }
    }

    /// From the first kept volume to the last: beyond them nothing is known.
    pub(crate) fn range(&self) -> Range<usize> {
        self.kept[0]..self.kept[self.kept.len() - 1] + 1
    }

    /// Fills the gaps of each column of a whole run.
    pub(crate) fn fill(&self, mut run: ArrayViewMut2<'_, f64>) {
        if self.missing.is_empty() {
            return;
        }
        let slopes = self.slopes(&run);
        for &(row, n) in &self.missing {
            let (from, to) = (self.kept[n], self.kept[n + 1]);
            let step = (to - from) as f64;
            let t = (row - from) as f64 / step;
            // Hermite's four polynomials.
            let weights = [
                (1.0 + 2.0 * t) * (1.0 - t).powi(2),
                t * t * (3.0 - 2.0 * t),
                step * t * (1.0 - t).powi(2),
                -step * t * t * (1.0 - t),
            ];
            let mut value = &run.row(from) * weights[0];
            value.scaled_add(weights[1], &run.row(to));
            value.scaled_add(weights[2], &slopes.row(n));
            value.scaled_add(weights[3], &slopes.row(n + 1));
            run.row_mut(row).assign(&value);
        }
    }

    /// Slopes at the kept volumes, per volume: kept × column.
    fn slopes(&self, run: &ArrayViewMut2<'_, f64>) -> ndarray::Array2<f64> {
        let n = self.kept.len();
        let steps: Vec<f64> = self.kept.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
        let chords: Vec<_> =
            (0..n - 1).map(|k| (&run.row(self.kept[k + 1]) - &run.row(self.kept[k])) / steps[k]).collect();
        let mut slopes = ndarray::Array2::zeros((n, run.ncols()));
        if n < 4 {
            // Each piece is its chord.
            for (k, mut row) in slopes.rows_mut().into_iter().enumerate() {
                row.assign(&chords[k.min(n - 2)]);
            }
            return slopes;
        }
        // The three diagonals; the right side stands in `slopes`.
        let (mut below, mut middle, mut above) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let mut set = |k: usize, first: f64, one: usize, second: f64, other: usize| {
            let mut row = slopes.row_mut(k);
            row.scaled_add(first, &chords[one]);
            row.scaled_add(second, &chords[other]);
        };
        let ends = (steps[0] + steps[1], steps[n - 2] + steps[n - 3]);
        (middle[0], above[0]) = (steps[1], ends.0);
        set(0, (steps[0] + 2.0 * ends.0) * steps[1] / ends.0, 0, steps[0].powi(2) / ends.0, 1);
        for k in 1..n - 1 {
            (below[k], middle[k], above[k]) = (steps[k], 2.0 * (steps[k - 1] + steps[k]), steps[k - 1]);
            set(k, 3.0 * steps[k], k - 1, 3.0 * steps[k - 1], k);
        }
        (below[n - 1], middle[n - 1]) = (ends.1, steps[n - 3]);
        set(n - 1, steps[n - 2].powi(2) / ends.1, n - 3, (2.0 * ends.1 + steps[n - 2]) * steps[n - 3] / ends.1, n - 2);
        // Elimination downwards, then upwards.
        for k in 1..n {
            let share = below[k] / middle[k - 1];
            middle[k] -= share * above[k - 1];
            let (before, mut row) = slopes.multi_slice_mut((ndarray::s![k - 1, ..], ndarray::s![k, ..]));
            row.scaled_add(-share, &before);
        }
        for k in (0..n).rev() {
            if k + 1 < n {
                let (mut row, after) = slopes.multi_slice_mut((ndarray::s![k, ..], ndarray::s![k + 1, ..]));
                row.scaled_add(-above[k], &after);
            }
            let divisor = middle[k];
            Zip::from(slopes.index_axis_mut(Axis(0), k)).for_each(|v| *v /= divisor);
        }
        slopes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn a_cubic_is_filled_in_exactly() {
        let cubic = Array2::from_shape_fn((20, 1), |(t, _)| {
            let t = t as f64 - 7.0;
            0.02 * t * t * t - 0.3 * t * t + t
        });
        let kept = [1, 2, 5, 6, 7, 12, 13, 17];
        let mut run = cubic.clone();
        (0..20).filter(|row| !kept.contains(row)).for_each(|row| run[[row, 0]] = f64::NAN);
        let gaps = Gaps::new(&kept);
        gaps.fill(run.view_mut());
        assert_eq!(gaps.range(), 1..18);
        for row in gaps.range() {
            assert!((run[[row, 0]] - cubic[[row, 0]]).abs() < 1e-9, "{row}: {}", run[[row, 0]]);
        }
        assert!(run[[0, 0]].is_nan() && run[[18, 0]].is_nan());
    }
}
