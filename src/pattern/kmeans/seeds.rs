//! First centres: greedy k-means++ (Arthur and Vassilvitskii 2007).

use super::lloyd::too_few;
use super::nearest::vectorised;
use super::points::{Part, Points, SAME};
use crate::error::Result;
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use ndarray::Array2;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Rows that are summed before they are added to the sum so far, so that rounding grows with their number and not with all rows'.
const ROWS: usize = 64;

/// Greedy k-means++: each seed is the best of 2 + ln k candidates drawn in proportion to the squared distance to the seeds so far.
/// Gives the seeds' courses, time × k.
pub(super) fn plus_plus(points: &Points, k: usize, rng: &mut Xoshiro256PlusPlus) -> Result<Array2<f32>> {
    let count = points.count();
    let candidates = 2 + (k as f64).ln() as usize;
    let mut seeds = vec![rng.gen_range(0..count)];
    let unknown = vec![f32::INFINITY; count];
    let (mut distances, _) = nearer(points, &seeds, &unknown).remove(0);
    let negligible = SAME * points.total();
    while seeds.len() < k {
        check_cancelled("k-means")?;
        let cumulative: Vec<f64> = distances
            .iter()
            .scan(0.0, |sum, &d| {
                *sum += f64::from(d);
                Some(*sum)
            })
            .collect();
        let total = cumulative[count - 1];
        if total <= negligible {
            return Err(too_few(k, seeds.len()));
        }
        let drawn: Vec<usize> = (0..candidates)
            .map(|_| {
                let target = rng.gen_range(0.0..total);
                cumulative.partition_point(|&c| c <= target).min(count - 1)
            })
            .collect();
        let mut tried = nearer(points, &drawn, &distances);
        let best = (1..candidates).fold(0, |best, c| if tried[c].1 < tried[best].1 { c } else { best });
        seeds.push(drawn[best]);
        distances = tried.swap_remove(best).0;
    }
    Ok(points.select(&seeds))
}

/// For each candidate: squared distance of each point to the nearest seed if the candidate were one, and the sum of these.
fn nearer(points: &Points, candidates: &[usize], distances: &[f32]) -> Vec<(Vec<f32>, f64)> {
    let courses = points.select(candidates);
    let own: Vec<f32> = candidates.iter().map(|&c| points.norms[c]).collect();
    let work = |(block, distances): (usize, &[f32])| {
        let part = points.block(block);
        let mut dots = dots(part, &courses);
        let Part { factors, norms, .. } = part;
        let mut sums = Vec::with_capacity(own.len());
        for (dots, own) in dots.chunks_exact_mut(norms.len()).zip(&own) {
            for (((dot, factor), norm), before) in dots.iter_mut().zip(factors).zip(norms).zip(distances) {
                *dot = (norm + own - 2.0 * factor * *dot).max(0.0).min(*before);
            }
            sums.push(dots.iter().map(|d| f64::from(*d)).sum::<f64>());
        }
        (dots, sums)
    };
    let blocks: Vec<(Vec<f32>, Vec<f64>)> =
        in_pool(|| distances.par_chunks(crate::linalg::BLOCK).enumerate().map(work).collect());
    (0..candidates.len())
        .map(|c| {
            let each = blocks.iter().flat_map(|(dots, _)| {
                let count = dots.len() / candidates.len();
                &dots[c * count..][..count]
            });
            (each.copied().collect(), blocks.iter().map(|(_, sums)| sums[c]).sum())
        })
        .collect()
}

/// Products of a few courses with each column, course by course. The part is read once and in order: with so few courses it is memory
/// that takes the time, and a matrix product would copy the part first.
fn dots(part: Part, courses: &Array2<f32>) -> Vec<f32> {
    let (count, wanted) = (part.x.ncols(), courses.ncols());
    let mut total = vec![0f32; wanted * count];
    let mut sum = vec![0f32; wanted * count];
    for start in (0..part.x.nrows()).step_by(ROWS) {
        let end = (start + ROWS).min(part.x.nrows());
        sum.fill(0.0);
        for first in (start..end).step_by(4) {
            let last = end - 1;
            let [a, b, c, d]: [&[f32]; 4] = std::array::from_fn(|r| &part.row((first + r).min(last))[..count]);
            for (k, sum) in sum.chunks_exact_mut(count).enumerate() {
                // Rows beyond the last count nothing.
                let by: [f32; 4] = std::array::from_fn(|r| if first + r < end { courses[[first + r, k]] } else { 0.0 });
                vectorised(
                    #[inline(always)]
                    || {
                        let (a, b, c, d, sum) = (&a[..count], &b[..count], &c[..count], &d[..count], &mut sum[..count]);
                        for n in 0..count {
                            let two = a[n].mul_add(by[0], b[n] * by[1]);
                            sum[n] += c[n].mul_add(by[2], d[n].mul_add(by[3], two));
                        }
                    },
                );
            }
        }
        total.iter_mut().zip(&sum).for_each(|(total, sum)| *total += sum);
    }
    total
}
