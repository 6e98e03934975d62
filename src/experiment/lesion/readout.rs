//! How well networks are predicted from neurons, by weights that were learned before anything was lesioned.

use super::super::units::moments;
use crate::brain::NetworkSeries;
use crate::clock::Clock;
use crate::coupling::correlate::pearson;
use crate::encoding::{Folds, Ridge, ridge_cv};
use crate::error::Result;
use crate::linalg::product;
use crate::notebook::check_cancelled;
use ndarray::{Array1, Array2, Axis};

/// Seconds between training and test rows of one run.
const GAP: f64 = 10.0;

/// Ridge weights of each fold, learned from the intact model's training rows.
pub(super) struct Readout {
    folds: Vec<Learned>,
    networks: Array2<f32>,
}

struct Learned {
    test: Vec<usize>,
    /// Of the neurons in the training rows.
    mean: Array1<f64>,
    inverse: Array1<f64>,
    /// Neuron × network.
    weights: Array2<f32>,
}

impl Readout {
    /// From neurons' courses (time × neuron) to networks. A run is held out at a time, or a fifth of a single run; α of each network is chosen by cross-validation inside the training rows.
    pub fn new(neurons: &Array2<f32>, networks: &NetworkSeries) -> Result<Readout> {
        let clock = networks.clock();
        let outer = if clock.runs() > 1 { Folds::runs(clock)? } else { Folds::blocks(clock, 5, GAP)? };
        let kept = |rows: &[usize]| rows.iter().copied().filter(|row| networks.kept()[*row]).collect::<Vec<usize>>();
        let mut folds = Vec::new();
        for n in 0..outer.count() {
            check_cancelled("learning what predicts the networks")?;
            let (train, test) = (kept(outer.fold(n).train()), kept(outer.fold(n).test()));
            let rows = neurons.select(Axis(0), &train);
            let (mean, inverse) = moments(rows.columns().into_iter());
            let x = scaled(&rows, &mean, &inverse);
            let targets = networks.data().select(Axis(0), &train);
            let of_targets = moments(targets.columns().into_iter());
            let y = scaled(&targets, &of_targets.0, &of_targets.1);
            let segments = stretches(&train, clock)?;
            let inner = if segments.runs() > 1 { Folds::runs(&segments)? } else { Folds::blocks(&segments, 3, GAP)? };
            let fit = ridge_cv(&x, &y, Ridge::default().folds(inner))?;
            folds.push(Learned { test, mean, inverse, weights: fit.weights().clone() });
        }
        Ok(Readout { folds, networks: networks.data().clone() })
    }

    /// Held-out r of each network from these courses, mean over folds.
    pub fn scores(&self, neurons: &Array2<f32>) -> Result<Vec<f64>> {
        let mut sums = vec![0.0; self.networks.ncols()];
        for fold in &self.folds {
            let x = scaled(&neurons.select(Axis(0), &fold.test), &fold.mean, &fold.inverse);
            let predicted = product(x.view(), fold.weights.view())?;
            let measured = self.networks.select(Axis(0), &fold.test);
            for ((sum, a), b) in sums.iter_mut().zip(predicted.columns()).zip(measured.columns()) {
                *sum += pearson(a, b) / self.folds.len() as f64;
            }
        }
        Ok(sums)
    }
}

fn scaled(rows: &Array2<f32>, mean: &Array1<f64>, inverse: &Array1<f64>) -> Array2<f32> {
    let mut out = rows.clone();
    for mut row in out.rows_mut() {
        row.iter_mut().zip(mean.iter().zip(inverse)).for_each(|(v, (mean, inverse))| {
            *v = ((f64::from(*v) - mean) * inverse) as f32;
        });
    }
    out
}

/// A clock whose runs are the stretches of consecutive rows of one run.
fn stretches(rows: &[usize], clock: &Clock) -> Result<Clock> {
    let run_of = |row: usize| (0..clock.runs()).find(|run| clock.rows(*run).contains(&row));
    let mut lengths: Vec<usize> = Vec::new();
    let mut last: Option<usize> = None;
    for &row in rows {
        match last {
            // Censored volumes leave a run one stretch.
            Some(before) if run_of(before) == run_of(row) && row - before <= 20 => {
                if let Some(length) = lengths.last_mut() {
                    *length += 1;
                }
            }
            _ => lengths.push(1),
        }
        last = Some(row);
    }
    Clock::new(clock.tr(), &lengths)
}
