//! Cluster centres, and the sums over members from which they follow.

use super::points::Points;
use crate::linalg::in_pool;
use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// No cluster yet.
pub(super) const NONE: u32 = u32::MAX;
/// Rows of the sums that one thread takes at a time.
const ROWS: usize = 16;

/// A point that goes from one cluster (or [`NONE`]) to another.
#[derive(Clone, Copy)]
pub(super) struct Change {
    /// Column within its block.
    pub column: u32,
    pub from: u32,
    pub to: u32,
}

/// Time × cluster sums of the members, in f64, and how many members there are.
pub(super) struct Sums {
    pub sums: Array2<f64>,
    pub counts: Vec<usize>,
}

impl Sums {
    pub fn new(time: usize, k: usize) -> Sums {
        Sums { sums: Array2::zeros((time, k)), counts: vec![0; k] }
    }

    /// Takes changes over, block by block. A sum of f64 keeps what f32 courses add to it and take from it to the last bits, so that the
    /// sums need never be made anew, and late iterations, in which few points change, cost next to nothing.
    pub fn update(&mut self, points: &Points, changes: &[Vec<Change>]) {
        for change in changes.iter().flatten() {
            if change.from != NONE {
                self.counts[change.from as usize] -= 1;
            }
            self.counts[change.to as usize] += 1;
        }
        // Threads share the rows, so that no thread needs sums of its own and the order of adding is always the same.
        let rows = |(number, mut sums): (usize, ndarray::ArrayViewMut2<f64>)| {
            for (block, changes) in changes.iter().enumerate().filter(|(_, changes)| !changes.is_empty()) {
                let part = points.block(block);
                for (row, mut sums) in sums.rows_mut().into_iter().enumerate() {
                    let x = part.row(number * ROWS + row);
                    for change in changes {
                        let column = change.column as usize;
                        let value = f64::from(x[column] * part.factors[column]);
                        if change.from != NONE {
                            sums[change.from as usize] -= value;
                        }
                        sums[change.to as usize] += value;
                    }
                }
            }
        };
        in_pool(|| self.sums.axis_chunks_iter_mut(Axis(0), ROWS).into_par_iter().enumerate().for_each(rows));
    }

    /// Mean of each cluster, or its direction; a cluster without members keeps its centre.
    pub fn means(&self, before: &Array2<f32>, unit: bool) -> Array2<f32> {
        let mut means = before.clone();
        for (k, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let sum = self.sums.column(k);
            let scale = match unit {
                false => count as f64,
                true => sum.dot(&sum).sqrt(),
            };
            // Members that cancel each other out have no direction.
            if scale > 0.0 {
                means.column_mut(k).zip_mut_with(&sum, |mean, sum| *mean = (sum / scale) as f32);
            }
        }
        means
    }

    /// Σ ‖x − centre‖² over all points, from ‖x‖² − 2 x·c + ‖c‖² summed cluster by cluster.
    pub fn inertia(&self, total: f64, centres: &Array2<f32>) -> f64 {
        let of = |k: usize| {
            let (dot, square) =
                self.sums.column(k).iter().zip(centres.column(k)).fold((0.0, 0.0), |(d, s), (sum, &c)| {
                    let c = f64::from(c);
                    (d + sum * c, s + c * c)
                });
            self.counts[k] as f64 * square - 2.0 * dot
        };
        (total + (0..self.counts.len()).map(of).sum::<f64>()).max(0.0)
    }
}
