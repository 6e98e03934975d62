//! How few neurons, and how few layers, hold a pattern.

use crate::pattern::Patterns;

/// The share of neurons that compactness looks at.
const TOP: f64 = 0.01;

/// Mean over patterns of the share of Σ|loading| that the top 1 % of neurons hold, one neuron at least; patterns without loadings do not count.
pub(super) fn compactness(patterns: &Patterns) -> f64 {
    let share = |row: ndarray::ArrayView1<f32>| {
        let mut sizes: Vec<f32> = row.iter().map(|l| l.abs()).collect();
        sizes.sort_by(|a, b| b.total_cmp(a));
        let all: f64 = sizes.iter().map(|l| f64::from(*l)).sum();
        let top = ((TOP * sizes.len() as f64).round() as usize).max(1);
        let held: f64 = sizes.iter().take(top).map(|l| f64::from(*l)).sum();
        (all > 0.0).then(|| held / all)
    };
    mean(patterns.loadings().outer_iter().filter_map(share))
}

/// Mean over patterns of the participation ratio of layers, 1 / Σ share², shares being those of Σ loading².
pub(super) fn covered(patterns: &Patterns) -> f64 {
    let ratio = |shares: ndarray::ArrayView1<f64>| {
        let squares: f64 = shares.iter().map(|share| share * share).sum();
        (squares > 0.0).then(|| 1.0 / squares)
    };
    mean(patterns.layers().columns().into_iter().filter_map(ratio))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
    sum / f64::from(count.max(1))
}
