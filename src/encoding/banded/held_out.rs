//! Scores of held-out rows, in total and split over the feature spaces.
//!
//! With ŷ = Σ_s ŷ_s the product measure of a space is, over the held-out rows,
//!
//! ```text
//! R²_s = [2·Σ (y − ȳ)·ŷ_s − Σ (ŷ_s − ȳ/S)·(ŷ − ȳ)] / Σ (y − ȳ)²
//! ```
//!
//! whose sum over the S spaces is R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)² exactly: Σ(y − ŷ)² = Σ((y − ȳ) − (ŷ − ȳ))². Values are standardised by the training
//! rows, so that ȳ is how far the held-out rows' mean lies from the training rows'; where runs were z-scored it is 0, and R²_s is himalaya's
//! `r2_score_split`.

use super::search::{Chosen, Search};
use crate::encoding::agreement::agreement;
use crate::encoding::blocks::{locked, unlocked};
use crate::encoding::split::product;
use crate::error::Result;
use ndarray::{Array2, Array3, Axis};
use std::sync::Mutex;

/// Scores of every fold's held-out rows.
pub(super) struct HeldOut {
    /// Fold × voxel.
    pub r: Array2<f32>,
    pub r2: Array2<f32>,
    /// Fold × space × voxel.
    pub split_r: Array3<f32>,
    pub split_r2: Array3<f32>,
    /// Kept row × voxel, in the units of `y`; NaN in rows that no fold holds out.
    pub predicted: Array2<f32>,
}

impl Search {
    /// Fits and scores every fold with what was chosen inside its training rows.
    pub fn held_out(&self, chosen: &Chosen, y: &Array2<f32>) -> Result<HeldOut> {
        let (folds, spaces, voxels) = (self.plan.outer.len(), self.gammas.ncols(), y.ncols());
        let all = HeldOut {
            r: Array2::zeros((folds, voxels)),
            r2: Array2::zeros((folds, voxels)),
            split_r: Array3::zeros((folds, spaces, voxels)),
            split_r2: Array3::zeros((folds, spaces, voxels)),
            predicted: Array2::from_elem(y.dim(), f32::NAN),
        };
        let all = Mutex::new(all);
        for (fold, outer) in self.plan.outer.iter().enumerate() {
            let split = &self.plan.splits[outer.own];
            let rows = self.plan.rows(&split.test);
            let mut x = self.given.x.select(Axis(0), &rows);
            for mut row in x.rows_mut() {
                row.zip_mut_with(&self.sets[split.train].mean, |x, mean| *x = (f64::from(*x) - mean) as f32);
            }
            let spaces: Vec<Array2<f32>> =
                self.given.columns.iter().map(|columns| x.select(Axis(1), columns)).collect();
            self.solve(split.train, (fold, chosen), y, |voxels, weights, trained| {
                let parts = spaces.iter().zip(&self.given.columns);
                let parts: Vec<Array2<f32>> =
                    parts.map(|(x, columns)| product(x.view(), weights.select(Axis(0), columns).view())).collect();
                for (n, &voxel) in voxels.iter().enumerate() {
                    let (mean, inverse) = (trained.mean[n], trained.inverse[n]);
                    let measured: Vec<f64> =
                        rows.iter().map(|&row| (f64::from(y[[row, voxel]]) - mean) * inverse).collect();
                    let parts: Vec<Vec<f64>> =
                        parts.iter().map(|part| part.column(n).iter().map(|&p| f64::from(p)).collect()).collect();
                    let total: Vec<f64> = (0..rows.len()).map(|row| parts.iter().map(|part| part[row]).sum()).collect();
                    let scored = scores(&measured, &total, &parts);
                    let mut all = locked(&all);
                    for (place, &(r, r2)) in scored[1..].iter().enumerate() {
                        all.split_r[[fold, place, voxel]] = r as f32;
                        all.split_r2[[fold, place, voxel]] = r2 as f32;
                    }
                    (all.r[[fold, voxel]], all.r2[[fold, voxel]]) = (scored[0].0 as f32, scored[0].1 as f32);
                    let deviation = if inverse > 0.0 { 1.0 / inverse } else { 0.0 };
                    for (&row, &value) in rows.iter().zip(&total) {
                        all.predicted[[row, voxel]] = (value * deviation + mean) as f32;
                    }
                }
            })?;
        }
        Ok(unlocked(all))
    }

    /// Weights of all rows, regressor × voxel, of regressors and voxels that are standardised, or as given.
    pub fn of_all_rows(&self, chosen: &Chosen, y: &Array2<f32>) -> Result<Array2<f32>> {
        let all = Mutex::new(Array2::zeros((self.given.x.ncols(), y.ncols())));
        let inverse = &self.sets[self.plan.all].inverse;
        self.solve(self.plan.all, (self.choices - 1, chosen), y, |voxels, mut weights, _| {
            for (mut row, &inverse) in weights.rows_mut().into_iter().zip(inverse) {
                let deviation = if inverse > 0.0 { (1.0 / inverse) as f32 } else { 0.0 };
                row.mapv_inplace(|w| w * deviation);
            }
            let mut all = locked(&all);
            voxels.iter().enumerate().for_each(|(n, &voxel)| all.column_mut(voxel).assign(&weights.column(n)));
        })?;
        Ok(unlocked(all))
    }
}

/// r and R² of the whole prediction, then r and the product measure of each space's part; 0 where nothing varies.
fn scores(y: &[f64], total: &[f64], parts: &[Vec<f64>]) -> Vec<(f64, f64)> {
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let of_y: f64 = y.iter().map(|y| (y - mean).powi(2)).sum();
    let whole = agreement(y.into(), total.into());
    if of_y == 0.0 || whole == (0.0, 0.0) {
        return vec![(0.0, 0.0); parts.len() + 1];
    }
    let share = mean / parts.len() as f64;
    let of_part = |part: &Vec<f64>| {
        let rows = y.iter().zip(total).zip(part);
        let sum: f64 = rows.map(|((y, p), part)| 2.0 * (y - mean) * part - (part - share) * (p - mean)).sum();
        (agreement(y.into(), part.into()).0, sum / of_y)
    };
    std::iter::once(whole).chain(parts.iter().map(of_part)).collect()
}

/// Mean over folds, space × voxel.
pub(super) fn mean_of_folds(scores: &Array3<f32>) -> Array2<f32> {
    scores.mean_axis(Axis(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_prediction_add_up_to_its_score_where_means_differ_too() {
        let course = |seed: usize| (0..40).map(|t| ((t * seed + 3) % 17) as f64 / 7.0 - 1.0).collect::<Vec<f64>>();
        let parts = [course(5), course(7), course(11)];
        let total: Vec<f64> = (0..40).map(|t| parts.iter().map(|part| part[t]).sum()).collect();
        let y: Vec<f64> = total.iter().enumerate().map(|(t, p)| p * 0.6 + ((t * 13) % 5) as f64 + 2.0).collect();
        let found = scores(&y, &total, &parts);
        let sum: f64 = found[1..].iter().map(|(_, r2)| r2).sum();
        assert!((sum - found[0].1).abs() < 1e-12, "{sum} {}", found[0].1);
        assert_eq!(scores(&y, &total, std::slice::from_ref(&total))[1].0, found[0].0);
    }
}
