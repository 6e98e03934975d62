//! First centres: greedy k-means++ (Arthur and Vassilvitskii 2007).
//!
//! Each seed is the best of a few candidates drawn in proportion to D², the squared distance to the seeds so far, and drawing the next ones
//! needs the distances to it: a pass over all data for each seed. Here many candidates are drawn at once and their products with all
//! neurons made in one pass. Seeds chosen in the meantime only make distances smaller, so that a candidate that was drawn by an earlier D₀²
//! and is now taken with the probability D²/D₀² is drawn by D² exactly: the seeds are those of the plain method in distribution.

use super::lloyd::too_few;
use super::nearest::multiply;
use super::points::{Points, SAME};
use crate::error::Result;
use crate::linalg::{BLOCK, in_pool, vectorised};
use crate::notebook::check_cancelled;
use ndarray::Array2;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Seeds for which candidates are drawn at once.
pub(super) const AHEAD: usize = 8;

/// How many candidates each seed is chosen from.
pub(super) fn candidates(k: usize) -> usize {
    2 + (k as f64).ln().max(0.0) as usize
}

/// The courses of k seeds, time × k.
pub(super) fn plus_plus(points: &Points, k: usize, rng: &mut Xoshiro256PlusPlus) -> Result<Array2<f32>> {
    let wanted = candidates(k);
    let mut seeds = vec![rng.gen_range(0..points.count())];
    let mut distances = vec![f32::INFINITY; points.count()];
    Pool::of(points, seeds.clone(), &distances).take(0, &mut distances);
    let negligible = SAME * points.total();
    let mut pool: Option<Pool> = None;
    while seeds.len() < k {
        check_cancelled("k-means")?;
        if distances.iter().map(|d| f64::from(*d)).sum::<f64>() <= negligible {
            return Err(too_few(k, seeds.len()));
        }
        let drawn = pool.as_mut().and_then(|pool| pool.next(wanted, &distances, rng));
        let (Some(drawn), Some(pool)) = (drawn, pool.as_ref()) else {
            pool = Some(Pool::of(points, draw(&distances, AHEAD * wanted, rng), &distances));
            continue;
        };
        let potentials = pool.potentials(&drawn, &distances);
        let best = (1..wanted).fold(0, |best, c| if potentials[c] < potentials[best] { c } else { best });
        seeds.push(pool.points[drawn[best]]);
        pool.take(drawn[best], &mut distances);
    }
    Ok(points.select(&seeds))
}

/// Points drawn in proportion to their squared distances.
fn draw(distances: &[f32], count: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<usize> {
    let mut total = 0.0;
    let sum = |d: &f32| {
        total += f64::from(*d);
        total
    };
    let cumulative: Vec<f64> = distances.iter().map(sum).collect();
    let mut one = || {
        let target = rng.gen_range(0.0..total);
        cumulative.partition_point(|&c| c <= target).min(distances.len() - 1)
    };
    (0..count).map(|_| one()).collect()
}

/// Candidates with their squared distances to all points.
struct Pool {
    points: Vec<usize>,
    /// By block: candidate × point.
    squared: Vec<Vec<f32>>,
    /// The squared distances by which the candidates were drawn.
    then: Vec<f32>,
    /// The first candidate that has not been looked at.
    next: usize,
}

impl Pool {
    fn of(points: &Points, chosen: Vec<usize>, distances: &[f32]) -> Pool {
        let courses = points.select(&chosen);
        let own: Vec<f32> = chosen.iter().map(|&c| points.norms[c]).collect();
        let work = |block: usize| {
            let part = points.block(block);
            let count = part.norms.len();
            let mut squared = vec![0f32; own.len() * count];
            multiply(&mut squared, courses.view(), part.x, false);
            for (row, own) in squared.chunks_exact_mut(count).zip(&own) {
                for ((dot, factor), norm) in row.iter_mut().zip(part.factors).zip(part.norms) {
                    *dot = (norm + own - 2.0 * factor * *dot).max(0.0);
                }
            }
            squared
        };
        let squared = in_pool(|| (0..points.data.blocks().len()).into_par_iter().map(work).collect());
        let then = chosen.iter().map(|&c| distances[c]).collect();
        Pool { points: chosen, squared, then, next: 0 }
    }

    /// The next so many candidates as if drawn by the distances as they are now; `None` if there are not as many left.
    fn next(&mut self, wanted: usize, distances: &[f32], rng: &mut Xoshiro256PlusPlus) -> Option<Vec<usize>> {
        let mut taken = Vec::with_capacity(wanted);
        while taken.len() < wanted && self.next < self.points.len() {
            let candidate = self.next;
            self.next += 1;
            if rng.r#gen::<f32>() * self.then[candidate] < distances[self.points[candidate]] {
                taken.push(candidate);
            }
        }
        (taken.len() == wanted).then_some(taken)
    }

    /// Σ of the squared distances to the nearest seed, if one of these candidates were one more.
    fn potentials(&self, candidates: &[usize], distances: &[f32]) -> Vec<f64> {
        let work = |(squared, before): (&Vec<f32>, &[f32])| -> Vec<f64> {
            let of = |&c: &usize| nearer_sum(&squared[c * before.len()..][..before.len()], before);
            candidates.iter().map(of).collect()
        };
        let parts: Vec<Vec<f64>> =
            in_pool(|| self.squared.par_iter().zip(distances.par_chunks(BLOCK)).map(work).collect());
        (0..candidates.len()).map(|c| parts.iter().map(|part| part[c]).sum()).collect()
    }

    /// Makes a candidate a seed.
    fn take(&self, candidate: usize, distances: &mut [f32]) {
        for (squared, distances) in self.squared.iter().zip(distances.chunks_mut(BLOCK)) {
            let new = &squared[candidate * distances.len()..][..distances.len()];
            distances.iter_mut().zip(new).for_each(|(before, new)| *before = before.min(*new));
        }
    }
}

/// Σ min(a, b) of a block, in eight sums of f32 each.
fn nearer_sum(a: &[f32], b: &[f32]) -> f64 {
    vectorised(
        #[inline(always)]
        || {
            let mut sums = [0f32; 8];
            let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
            let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| f64::from(a.min(*b))).sum();
            for (a, b) in a.zip(b) {
                for n in 0..8 {
                    sums[n] += if a[n] < b[n] { a[n] } else { b[n] };
                }
            }
            rest + sums.iter().map(|s| f64::from(*s)).sum::<f64>()
        },
    )
}
