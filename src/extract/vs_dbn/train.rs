//! A layer learnt by contrastive divergence, and what it gives the layer above.

use super::rbm::{Batch, Rbm, Step, drawn};
use crate::error::{Error, Result};
use crate::linalg::ColumnBlocks;
use crate::notebook::{Progress, check_cancelled};
use crate::pattern::zscore;
use ndarray::{Array2, Axis, concatenate};
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Epochs with the small momentum.
const CALM: usize = 5;

/// How a layer learns.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub hidden: usize,
    pub penalty: f64,
    pub rate: f64,
    pub epochs: usize,
    pub batch: usize,
}

impl Schedule {
    fn step(&self, epoch: usize) -> Step {
        let grown = (2.0 * epoch as f64 / self.epochs as f64).min(1.0);
        let momentum = if epoch < CALM { 0.5 } else { 0.9 };
        Step { rate: self.rate as f32, momentum, penalty: (grown * self.penalty) as f32 }
    }
}

/// A layer that has learnt.
pub(super) struct Trained {
    /// Hidden × visible.
    pub weights: Array2<f32>,
    /// Time × hidden: probabilities, z-scored over time; 0 for a unit that does not vary.
    pub output: ColumnBlocks,
    /// Standard deviation of each hidden unit's probability over time.
    pub spread: Vec<f32>,
    /// Reconstruction error of each epoch, per visible unit.
    pub errors: Vec<f64>,
}

/// Learns a layer of the samples (time × visible).
pub(super) fn train(
    data: &ColumnBlocks,
    schedule: &Schedule,
    layer: usize,
    rng: &mut Xoshiro256PlusPlus,
) -> Result<Trained> {
    let (time, visible) = (data.rows(), data.columns());
    let mut rbm = Rbm::new(visible, schedule.hidden, rng);
    let mut order: Vec<usize> = (0..time).collect();
    let mut errors: Vec<f64> = Vec::with_capacity(schedule.epochs);
    let name = |error: f64| format!("epochs of layer {layer}, reconstruction error {error:.3}");
    let mut progress = Progress::new(name(1.0), schedule.epochs as u64);
    for epoch in 0..schedule.epochs {
        order.shuffle(rng);
        let step = schedule.step(epoch);
        let mut error = 0.0;
        for some in order.chunks(schedule.batch) {
            check_cancelled("the VS-DBN")?;
            error += learn_batch(&mut rbm, &gather(data, some), step, rng);
        }
        errors.push(error / (time * visible) as f64);
        if !errors[epoch].is_finite() {
            return Err(Error::value(
                format!("layer {layer} diverged in epoch {} at a learning rate of {}", epoch + 1, schedule.rate),
                "take a smaller learning rate: `VsDbn::new(20).rates(&[0.0003, 0.003, 0.003])`",
            ));
        }
        progress.rename(name(errors[epoch]));
        progress.advance(1);
    }
    let batches: Vec<Array2<f32>> =
        (0..time).collect::<Vec<_>>().chunks(BATCH).map(|rows| rbm.probabilities(&gather(data, rows))).collect();
    let views: Vec<_> = batches.iter().map(|p| p.view()).collect();
    // Batches of the same hidden units.
    let mut output = concatenate(Axis(0), &views).unwrap_or_default();
    let spread = output.columns_mut().into_iter().map(|mut course| match zscore(course.view_mut()) {
        Some(spread) => spread as f32,
        None => {
            course.fill(0.0);
            0.0
        }
    });
    let spread = spread.collect();
    let parts: Vec<_> = rbm.parts.iter().map(|part| part.weights.view()).collect();
    let weights = concatenate(Axis(1), &parts).unwrap_or_default();
    Ok(Trained { weights, output: ColumnBlocks::from_matrix(output.view()), spread, errors })
}

/// Samples that are passed upwards at a time.
const BATCH: usize = 256;

/// One step of CD-1; Σ (v − v′)².
fn learn_batch(rbm: &mut Rbm, batch: &Batch, step: Step, rng: &mut Xoshiro256PlusPlus) -> f64 {
    let p = rbm.probabilities(batch);
    let again = rbm.reconstructed(drawn(&p, rng).view());
    let p_again = rbm.probabilities(&again);
    rbm.step([(batch, &p), (&again, &p_again)], step);
    let apart =
        |(a, b): (&Array2<f32>, &Array2<f32>)| a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
    batch.iter().zip(&again).map(apart).sum()
}

/// Some rows, by block.
fn gather(data: &ColumnBlocks, rows: &[usize]) -> Batch {
    data.blocks().iter().map(|block| block.select(Axis(0), rows)).collect()
}
