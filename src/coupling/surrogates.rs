//! Correlations that smooth maps reach with networks by chance.

use super::smoothness::{Mixture, Smoothness, stream};
use crate::brain::Mask;
use crate::error::Result;
use crate::linalg::in_pool;
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Surrogates drawn between two looks at the cancel flag, for each thread.
const BATCH: usize = 4;

/// What the surrogates of each map said about each network.
pub(crate) struct Chance {
    /// pattern × network: how many surrogates reach |r| of the map itself.
    pub(crate) reached: Array2<u32>,
    /// pattern × network: standard deviation of the surrogates' r.
    pub(crate) sd: Array2<f64>,
    /// For each pattern the share of its map's variance by the width (FWHM in mm) of the fields that mimic it.
    pub(crate) widths: Vec<Vec<(f64, f64)>>,
}

/// Draws `count` surrogates of each map and correlates them with each network.
///
/// `maps` (pattern × voxel) and `networks` (network × voxel) have rows of mean 0 and sum of squares 1, `r` is their product.
pub(crate) fn chance(
    mask: &Mask,
    maps: ArrayView2<f32>,
    networks: ArrayView2<f32>,
    r: &Array2<f64>,
    count: usize,
    seed: u64,
) -> Result<Chance> {
    let smoothness = Smoothness::new(mask, seed)?;
    let mixtures: Vec<Mixture> =
        in_pool(|| maps.outer_iter().into_par_iter().map(|m| smoothness.mixture(&m.to_vec())).collect());
    // Patterns whose maps are equally smooth take the same surrogates, each with its own values.
    let mut alike: BTreeMap<&Mixture, Vec<usize>> = BTreeMap::new();
    for (pattern, mixture) in mixtures.iter().enumerate() {
        alike.entry(mixture).or_default().push(pattern);
    }
    let groups: Vec<(Vec<f32>, Vec<usize>)> =
        alike.into_iter().map(|(mixture, patterns)| (smoothness.amplitudes(mixture), patterns)).collect();
    let sorted: Vec<Vec<f32>> = in_pool(|| {
        let sort = |map: ArrayView1<f32>| {
            let mut values = map.to_vec();
            values.sort_by(f32::total_cmp);
            values
        };
        maps.outer_iter().into_par_iter().map(sort).collect()
    });
    let rows: Vec<Vec<f32>> = networks.outer_iter().map(|n| n.to_vec()).collect();

    let one_surrogate = |draw: u64| -> Vec<f32> {
        let voxels = mask.count();
        let fields: Vec<Option<Vec<f32>>> = (0..smoothness.fields.len())
            .map(|width| {
                groups.iter().any(|(amplitudes, _)| amplitudes[width] > 0.0).then(|| {
                    let mut field = vec![0.0; voxels];
                    smoothness.fields[width].draw(&mut stream(seed, draw, width as u64), &mut field);
                    field
                })
            })
            .collect();
        let mut found = vec![0.0; maps.nrows() * rows.len()];
        let mut mixed = vec![0.0; voxels];
        let mut surrogate = vec![0.0; voxels];
        let mut ranks = Ranks::default();
        for (amplitudes, patterns) in &groups {
            mixed.fill(0.0);
            for (field, &amplitude) in fields.iter().zip(amplitudes) {
                if let (Some(field), true) = (field, amplitude > 0.0) {
                    mixed.iter_mut().zip(field).for_each(|(m, f)| *m += amplitude * f);
                }
            }
            let order = ranks.order(&mixed);
            for &pattern in patterns {
                order.iter().zip(&sorted[pattern]).for_each(|(&at, &value)| surrogate[at as usize] = value);
                for (k, network) in rows.iter().enumerate() {
                    found[pattern * rows.len() + k] = dot(&surrogate, network);
                }
            }
        }
        found
    };

    let mut progress = Progress::new("surrogate maps", count as u64);
    let mut reached = Array2::<u32>::zeros(r.dim());
    let mut squares = Array2::<f64>::zeros(r.dim());
    let batch = BATCH * std::thread::available_parallelism().map_or(1, |n| n.get());
    for start in (0..count).step_by(batch) {
        check_cancelled("matching maps with networks")?;
        let draws = start..(start + batch).min(count);
        let size = draws.len();
        let found: Vec<Vec<f32>> = in_pool(|| draws.into_par_iter().map(|d| one_surrogate(d as u64)).collect());
        for found in found {
            for (((reached, squares), r), found) in reached.iter_mut().zip(&mut squares).zip(r).zip(found) {
                let found = f64::from(found);
                *reached += u32::from(found.abs() >= r.abs());
                *squares += found * found;
            }
        }
        progress.advance(size as u64);
    }
    let fwhm = Smoothness::fwhm(mask);
    let widths = mixtures.iter().map(|m| shares(m, &fwhm)).collect();
    Ok(Chance { reached, sd: squares.mapv(|s| (s / count as f64).sqrt()), widths })
}

fn shares(mixture: &Mixture, fwhm: &[f64]) -> Vec<(f64, f64)> {
    let total: f64 = mixture.iter().map(|&m| f64::from(m)).sum();
    let used = fwhm.iter().zip(mixture).filter(|(_, share)| **share > 0);
    used.map(|(&width, &share)| (width, f64::from(share) / total)).collect()
}

/// Sorts voxels by the value of a field with variance near 1, in two passes of 11 bits.
///
/// Values are cut to ±8 and told apart down to 4e-6, far below what a rank of a random field could matter.
#[derive(Default)]
struct Ranks {
    keys: Vec<u32>,
    half: Vec<(u32, u32)>,
    order: Vec<u32>,
}

const BITS: u32 = 11;
const BUCKETS: usize = 1 << BITS;

impl Ranks {
    /// Indices of `field` from its least to its greatest value.
    fn order(&mut self, field: &[f32]) -> &[u32] {
        let scale = ((1_u32 << (2 * BITS)) - 1) as f32;
        self.keys.clear();
        // The cast saturates, and takes a NaN to 0.
        self.keys.extend(field.iter().map(|v| ((v.clamp(-8.0, 8.0) + 8.0) / 16.0 * scale) as u32));
        self.half.resize(field.len(), (0, 0));
        self.order.resize(field.len(), 0);
        let low = |key: u32| key as usize & (BUCKETS - 1);
        let high = |key: u32| (key >> BITS) as usize & (BUCKETS - 1);
        let mut starts = starts(self.keys.iter().map(|&k| low(k)));
        for (at, &key) in self.keys.iter().enumerate() {
            let place = &mut starts[low(key)];
            self.half[*place as usize] = (key, at as u32);
            *place += 1;
        }
        let mut starts = self::starts(self.keys.iter().map(|&k| high(k)));
        for &(key, at) in &self.half {
            let place = &mut starts[high(key)];
            self.order[*place as usize] = at;
            *place += 1;
        }
        &self.order
    }
}

/// Where each bucket begins.
fn starts(buckets: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut starts = vec![0_u32; BUCKETS];
    buckets.for_each(|b| starts[b] += 1);
    let mut sum = 0;
    for start in &mut starts {
        sum += std::mem::replace(start, sum);
    }
    starts
}

/// Product of two vectors in eight running sums, which the compiler turns into vector instructions.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    let rest = a.len() - a.len() % 8;
    let tail: f32 = a[rest..].iter().zip(&b[rest..]).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    #[test]
    fn ranks_are_those_of_a_comparison_sort() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        let field: Vec<f32> = (0..3000).map(|_| rng.gen_range(-3.0..3.0)).collect();
        let mut expected: Vec<u32> = (0..3000).collect();
        expected.sort_by(|&a, &b| field[a as usize].total_cmp(&field[b as usize]));
        let mut ranks = Ranks::default();
        let order = ranks.order(&field);
        let differ =
            order.iter().zip(&expected).filter(|(a, b)| (field[**a as usize] - field[**b as usize]).abs() > 5e-6);
        assert_eq!(differ.count(), 0);
        let mut seen = order.to_vec();
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(i, &s)| i as u32 == s), "each voxel has one rank");
    }

    #[test]
    fn a_product_of_any_length_is_the_plain_sum() {
        for length in [0, 1, 7, 8, 9, 100] {
            let a: Vec<f32> = (0..length).map(|i| i as f32).collect();
            let expected: f32 = a.iter().map(|v| v * v).sum();
            assert_eq!(dot(&a, &a), expected);
        }
    }
}
