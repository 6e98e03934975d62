//! What k-means clusters: the courses, each with the factor that its distance asks for.

use super::nearest::{Centres, nearest};
use crate::linalg::{BLOCK, ColumnBlocks, in_pool};
use crate::pattern::Distance;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

/// Squared distance, as a share of the squared norm, that the rounding of f32 products gives to equal courses at most.
pub(super) const SAME: f64 = 1e-5;

/// The columns of a matrix, each times a factor: 1, or for correlation the inverse of its norm.
pub(in crate::pattern) struct Points<'a> {
    pub data: &'a ColumnBlocks,
    pub factors: Vec<f32>,
    /// ‖factor · column‖².
    pub norms: Vec<f32>,
    /// Whether centres are brought to the norm 1.
    pub unit: bool,
}

impl Points<'_> {
    pub fn new(data: &ColumnBlocks, distance: Distance) -> Points<'_> {
        let norms = data.squared_norms();
        match distance {
            Distance::Euclidean => {
                let factors = vec![1.0; norms.len()];
                Points { data, factors, norms: norms.into_iter().map(|n| n as f32).collect(), unit: false }
            }
            _ => {
                let factors = norms.iter().map(|n| if *n > 0.0 { (1.0 / n.sqrt()) as f32 } else { 0.0 }).collect();
                Points { data, factors, norms: vec![1.0; norms.len()], unit: true }
            }
        }
    }

    pub fn count(&self) -> usize {
        self.data.columns()
    }

    /// A block with its factors and norms.
    pub fn block(&self, number: usize) -> Part<'_> {
        let x = &self.data.blocks()[number];
        let columns = number * BLOCK..number * BLOCK + x.ncols();
        Part { x: x.view(), factors: &self.factors[columns.clone()], norms: &self.norms[columns] }
    }

    /// Some points, time × point.
    pub fn select(&self, points: &[usize]) -> Array2<f32> {
        let mut chosen = self.data.select(points);
        for (mut column, &point) in chosen.columns_mut().into_iter().zip(points) {
            column *= self.factors[point];
        }
        chosen
    }

    /// Σ of the squared norms.
    pub fn total(&self) -> f64 {
        self.norms.iter().map(|n| f64::from(*n)).sum()
    }

    /// The nearest centre (of time × k) of each point.
    pub fn nearest_centres(&self, centres: &Array2<f32>) -> Vec<usize> {
        let centres = Centres::new(centres);
        let blocks = (0..self.data.blocks().len()).into_par_iter();
        let labels: Vec<Vec<u32>> = in_pool(|| blocks.map(|n| nearest(self.block(n), None, &centres).labels).collect());
        labels.concat().into_iter().map(|label| label as usize).collect()
    }

    /// Mean over time points of the variance over points.
    pub fn mean_variance(&self) -> f64 {
        let (time, count) = (self.data.rows(), self.count() as f64);
        let parts = self.data.map(|first, block| {
            let factors = ArrayView1::from(&self.factors[first..first + block.ncols()]);
            let sum = |row: ArrayView1<f32>| f64::from(row.dot(&factors));
            block.rows().into_iter().map(sum).collect::<Vec<f64>>()
        });
        let mean = |t: usize| parts.iter().map(|part| part[t]).sum::<f64>() / count;
        let square: f64 = (0..time).map(|t| mean(t).powi(2)).sum();
        ((self.total() / count - square) / time as f64).max(0.0)
    }
}

/// Some points that lie together: time × point, not yet times their factors.
#[derive(Clone, Copy)]
pub(in crate::pattern) struct Part<'a> {
    pub x: ArrayView2<'a, f32>,
    pub factors: &'a [f32],
    pub norms: &'a [f32],
}

impl<'a> Part<'a> {
    /// One time point of all points.
    pub fn row(&self, time: usize) -> &'a [f32] {
        // A block of columns lies row by row, and so do points that were copied together.
        self.x.index_axis_move(Axis(0), time).to_slice().expect("points lie row by row")
    }
}
