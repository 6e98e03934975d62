//! Surrogate series in which neurons have nothing to do with each other.

use ndarray::Array2;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::Range;

/// How surrogate series are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Null {
    /// Each neuron's course shifted in a circle by a random number of TR within each run: it keeps its autocorrelation. Slow
    /// courses correlate by chance much more often than white ones, and samples that follow each other are not independent, so that a null
    /// without autocorrelation would take smooth noise for components.
    #[default]
    CircularShift,
    /// Each neuron's time points in random order within each run: Horn's own null, right for white courses only.
    Permutation,
}

impl Null {
    pub(super) fn name(self) -> &'static str {
        match self {
            Null::CircularShift => "circular shift",
            Null::Permutation => "permutation",
        }
    }
}

/// A surrogate of a block (time × neuron), which depends on the three numbers only.
pub(super) fn surrogate(block: &Array2<f32>, runs: &[Range<usize>], null: Null, of: [u64; 3]) -> Array2<f32> {
    // Each number is spread over all bits before the next one is put to it.
    let seed = of.iter().fold(0u64, |seed, number| Xoshiro256PlusPlus::seed_from_u64(seed ^ number).r#gen());
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut made = Array2::zeros(block.dim());
    for run in runs {
        match null {
            Null::CircularShift => {
                let shifts: Vec<usize> = (0..block.ncols()).map(|_| rng.gen_range(0..run.len())).collect();
                shifted(&mut made, block, run, &shifts);
            }
            Null::Permutation => {
                let mut order: Vec<usize> = run.clone().collect();
                for column in 0..block.ncols() {
                    order.shuffle(&mut rng);
                    for (t, &from) in run.clone().zip(&order) {
                        made[[t, column]] = block[[from, column]];
                    }
                }
            }
        }
    }
    made
}

/// Writes one run of a block to `made`, each column shifted in a circle by its number of volumes (fewer than the run has).
pub(crate) fn shifted(made: &mut Array2<f32>, block: &Array2<f32>, run: &Range<usize>, shifts: &[usize]) {
    for t in 0..run.len() {
        for ((to, &shift), column) in made.row_mut(run.start + t).iter_mut().zip(shifts).zip(0..) {
            let from = t + shift;
            let from = if from < run.len() { from } else { from - run.len() };
            *to = block[[run.start + from, column]];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_of_each_neuron_keeps_its_values() {
        let block = Array2::from_shape_fn((10, 30), |(t, n)| (t * 30 + n) as f32);
        let runs = [0..4, 4..10];
        for null in [Null::CircularShift, Null::Permutation] {
            let made = surrogate(&block, &runs, null, [1, 2, 3]);
            assert_ne!(made, block);
            for (a, b) in made.columns().into_iter().zip(block.columns()) {
                for run in &runs {
                    let values = |c: ndarray::ArrayView1<f32>| {
                        let mut values = c.slice(ndarray::s![run.clone()]).to_vec();
                        values.sort_by(f32::total_cmp);
                        values
                    };
                    assert_eq!(values(a), values(b));
                }
            }
            assert_ne!(made, surrogate(&block, &runs, null, [1, 3, 3]));
        }
    }

    #[test]
    fn a_shift_goes_round_within_its_run() {
        let block = Array2::from_shape_fn((6, 40), |(t, _)| t as f32);
        let made = surrogate(&block, std::slice::from_ref(&(0..6)), Null::CircularShift, [0, 0, 0]);
        for column in made.columns() {
            assert!((1..6).all(|t| column[t] == (column[t - 1] + 1.0) % 6.0), "{column}");
        }
    }
}
