//! k-means by batches of random neurons (Sculley 2010, doi:10.1145/1772690.1772862), with scikit-learn's conventions.

use super::lloyd::{Clusters, settle};
use super::nearest::{Centres, Nearest, nearest};
use super::points::{Part, Points};
use super::seeds::plus_plus;
use crate::error::Result;
use crate::linalg::{BLOCK, ColumnBlocks, in_pool};
use crate::notebook::check_cancelled;
use ndarray::Array2;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Batches without a smaller smoothed inertia after which it ends.
const PATIENCE: usize = 10;
/// Seeds are drawn from so many batches.
const FIRST: usize = 3;

/// The most batches: as many as `passes` over all points take.
pub(super) fn most_steps(count: usize, batch: usize, passes: usize) -> usize {
    passes.saturating_mul(count.div_ceil(batch))
}

/// Each batch's points go to their nearest centres, and each centre becomes the mean of all points that it was ever given.
pub(super) fn cluster(
    points: &Points,
    k: usize,
    batch: usize,
    most: usize,
    rng: &mut Xoshiro256PlusPlus,
    mut step: impl FnMut(),
) -> Result<Clusters> {
    let count = points.count();
    let mut centres = first(points, k, batch, rng)?;
    let mut given = vec![0f64; k];
    // Smoothing over about the batches of half a pass.
    let weight = (2.0 * batch as f64 / (count as f64 + 1.0)).min(1.0);
    let (mut smoothed, mut smallest, mut without) = (None, f64::INFINITY, 0);
    let (mut steps, mut converged, mut inertias) = (0, false, Vec::new());
    while steps < most && !converged {
        check_cancelled("k-means")?;
        let sample = Sample::draw(points, batch, rng);
        let found = sample.nearest(&centres);
        let inertia = sample.inertia(&found) * count as f64 / batch as f64;
        sample.pull(&mut centres, &mut given, &found, points.unit);
        steps += 1;
        // The first batch meets centres that have seen nothing.
        if steps > 1 {
            let now = smoothed.map_or(inertia, |before: f64| before * (1.0 - weight) + inertia * weight);
            smoothed = Some(now);
            (smallest, without) = if now < smallest { (now, 0) } else { (smallest, without + 1) };
            converged = without >= PATIENCE;
        }
        inertias.push(inertia);
        step();
    }
    let (labels, centres, inertia) = settle(points, &centres)?;
    inertias.push(inertia);
    Ok(Clusters { centres, labels, inertia, inertias, iterations: steps, converged })
}

/// k-means++ seeds of a few batches' worth of points.
fn first(points: &Points, k: usize, batch: usize, rng: &mut Xoshiro256PlusPlus) -> Result<Array2<f32>> {
    let wanted = FIRST * batch.max(k);
    if wanted >= points.count() {
        return plus_plus(points, k, rng);
    }
    let mut chosen = rand::seq::index::sample(rng, points.count(), wanted).into_vec();
    chosen.sort_unstable();
    let data = ColumnBlocks::of(points.data.rows(), wanted, |range| points.data.select(&chosen[range]));
    let some = Points {
        data: &data,
        factors: chosen.iter().map(|&n| points.factors[n]).collect(),
        norms: chosen.iter().map(|&n| points.norms[n]).collect(),
        unit: points.unit,
    };
    plus_plus(&some, k, rng).or_else(|_| plus_plus(points, k, rng))
}

/// A batch: time × point in pieces of a block's width, with factors and norms.
struct Sample {
    pieces: Vec<(Array2<f32>, Vec<f32>, Vec<f32>)>,
}

impl Sample {
    /// Points drawn with replacement, in the order in which they lie.
    fn draw(points: &Points, batch: usize, rng: &mut Xoshiro256PlusPlus) -> Sample {
        let mut chosen: Vec<usize> = (0..batch).map(|_| rng.gen_range(0..points.count())).collect();
        chosen.sort_unstable();
        let piece = |chosen: &[usize]| {
            let mut x = Array2::zeros((points.data.rows(), chosen.len()));
            for (time, mut row) in x.rows_mut().into_iter().enumerate() {
                for (to, &n) in row.iter_mut().zip(chosen) {
                    *to = points.data.blocks()[n / BLOCK][[time, n % BLOCK]];
                }
            }
            let of = |values: &[f32]| chosen.iter().map(|&n| values[n]).collect();
            (x, of(&points.factors), of(&points.norms))
        };
        Sample { pieces: in_pool(|| chosen.par_chunks(BLOCK).map(piece).collect()) }
    }

    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.pieces.iter().map(|(x, factors, norms)| Part { x: x.view(), factors, norms })
    }

    fn nearest(&self, centres: &Array2<f32>) -> Vec<Nearest> {
        let centres = Centres::new(centres);
        let parts: Vec<Part> = self.parts().collect();
        in_pool(|| parts.into_par_iter().map(|part| nearest(part, None, &centres)).collect())
    }

    fn inertia(&self, found: &[Nearest]) -> f64 {
        found.iter().flat_map(|f| &f.first).map(|d| f64::from(*d).powi(2)).sum()
    }

    /// Each centre becomes the mean of what it was given so far and of its points in this batch.
    fn pull(&self, centres: &mut Array2<f32>, given: &mut [f64], found: &[Nearest], unit: bool) {
        let mut now = vec![0f64; given.len()];
        found.iter().flat_map(|f| &f.labels).for_each(|label| now[*label as usize] += 1.0);
        let work = |(time, mut row): (usize, ndarray::ArrayViewMut1<f32>)| {
            let mut sums: Vec<f64> = row.iter().zip(given.iter()).map(|(c, given)| f64::from(*c) * given).collect();
            for (part, found) in self.parts().zip(found) {
                for ((x, factor), label) in part.row(time).iter().zip(part.factors).zip(&found.labels) {
                    sums[*label as usize] += f64::from(x * factor);
                }
            }
            for (k, centre) in row.iter_mut().enumerate().filter(|(k, _)| now[*k] > 0.0) {
                *centre = (sums[k] / (given[k] + now[k])) as f32;
            }
        };
        in_pool(|| centres.outer_iter_mut().into_par_iter().enumerate().for_each(work));
        given.iter_mut().zip(&now).for_each(|(given, now)| *given += now);
        if unit {
            for mut centre in centres.columns_mut() {
                let norm = centre.dot(&centre).sqrt();
                if norm > 0.0 {
                    centre /= norm;
                }
            }
        }
    }
}
