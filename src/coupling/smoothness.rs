//! How smooth a map is: its autocorrelation over distance, and the mixture of Gaussian fields that shares it.
//!
//! The variogram of a map with variance 1 is γ(h) = 1 − ρ(h), so matching one is matching the other.

use super::field::{Field, voxel_size};
use crate::brain::Mask;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Widths (standard deviation, in voxels of the finest axis) of the fields that are mixed; 0 is white noise.
const WIDTHS: [f64; 7] = [0.0, 0.75, 1.25, 2.0, 3.2, 5.0, 8.0];
/// Steps, in voxels, at which the autocorrelation is measured along each direction.
const STEPS: [i64; 9] = [1, 2, 3, 4, 6, 8, 11, 15, 20];
const DIRECTIONS: [[i64; 3]; 9] =
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, -1, 0], [1, 0, 1], [1, 0, -1], [0, 1, 1], [0, 1, -1]];
/// At most so many pairs of voxels are used for one lag, and at least so many must there be.
const PAIRS: (usize, usize) = (8_000, 50);
/// Draws from which the autocorrelation of each width is learned.
const DRAWS: u64 = 48;
/// Mixtures are rounded to 1/ROUND, so that maps of one smoothness share their surrogates.
const ROUND: f64 = 50.0;

/// The fields of several widths on one mask, and what their autocorrelation looks like there.
pub(crate) struct Smoothness {
    /// For each lag, pairs of voxels that far apart.
    lags: Vec<Vec<(u32, u32)>>,
    pub(crate) fields: Vec<Field>,
    /// Autocorrelation of each width at each lag, measured as a map's is.
    profiles: Vec<Vec<f64>>,
    /// Mean variance over the mask of a field of each width: below 1, since a wide field moves the mask's mean.
    variances: Vec<f64>,
}

/// Shares of the variance that each width takes, in units of 1/50.
pub(crate) type Mixture = Vec<u8>;

impl Smoothness {
    /// Learns what fields of each width look like on `mask`.
    pub(crate) fn new(mask: &Mask, seed: u64) -> Result<Smoothness> {
        let finest = voxel_size(mask).into_iter().fold(f64::INFINITY, f64::min);
        let lags = lags(mask);
        if lags.is_empty() {
            return Err(Error::value(
                format!("the {} voxels lie too far apart to measure how smooth a map is", mask.count()),
                "the null needs neighbouring voxels: take a mask that has whole regions",
            ));
        }
        let fields: Vec<Field> = WIDTHS.iter().map(|w| Field::new(mask, w * finest)).collect();
        let mut profiles = Vec::new();
        let mut variances = Vec::new();
        for (width, field) in fields.iter().enumerate() {
            check_cancelled("measuring smoothness")?;
            let draws: Vec<(Vec<f64>, f64)> = in_pool(|| {
                (0..DRAWS)
                    .into_par_iter()
                    .map(|draw| {
                        let mut one = vec![0.0; mask.count()];
                        field.draw(&mut stream(seed, u64::MAX - draw, width as u64), &mut one);
                        autocorrelation(&one, &lags)
                    })
                    .collect()
            });
            let mean_at = |lag: usize| draws.iter().map(|(profile, _)| profile[lag]).sum::<f64>() / DRAWS as f64;
            profiles.push((0..lags.len()).map(mean_at).collect());
            let variance = draws.iter().map(|(_, variance)| variance).sum::<f64>() / DRAWS as f64;
            variances.push(variance.max(1e-6));
        }
        Ok(Smoothness { lags, fields, profiles, variances })
    }

    /// The mixture whose autocorrelation is nearest to that of a map with ranks turned into normal scores.
    ///
    /// Minimises Σ over lags (ρ(h) − Σⱼ bⱼ ρⱼ(h))² with bⱼ ≥ 0, Σ bⱼ = 1; the share of white noise is the nugget.
    pub(crate) fn mixture(&self, map: &[f32]) -> Mixture {
        let (target, _) = autocorrelation(&normal_scores(map), &self.lags);
        let shares = simplex_least_squares(&self.profiles, &target);
        let mut rounded: Mixture = shares.iter().map(|s| (s * ROUND).round() as u8).collect();
        // White noise takes what rounding left over, or gives it.
        let rest: i64 = rounded[1..].iter().map(|&r| i64::from(r)).sum();
        rounded[0] = (ROUND as i64 - rest).max(0) as u8;
        rounded
    }

    /// Factor by which each width's unit field enters a mixture.
    pub(crate) fn amplitudes(&self, mixture: &Mixture) -> Vec<f32> {
        let share = |(&m, v): (&u8, &f64)| (f64::from(m) / ROUND / v).sqrt() as f32;
        mixture.iter().zip(&self.variances).map(share).collect()
    }

    /// Width at half maximum, in mm, of each field, and 0 for white noise.
    pub(crate) fn fwhm(mask: &Mask) -> Vec<f64> {
        let finest = voxel_size(mask).into_iter().fold(f64::INFINITY, f64::min);
        WIDTHS.iter().map(|w| w * finest * (8.0 * 2.0_f64.ln()).sqrt()).collect()
    }
}

/// The random stream of one draw of one width: the same whatever else is drawn.
pub(crate) fn stream(seed: u64, draw: u64, width: u64) -> Xoshiro256PlusPlus {
    let mixed =
        seed ^ draw.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17) ^ width.wrapping_mul(0xd1b5_4a32_d192_ed03);
    Xoshiro256PlusPlus::seed_from_u64(mixed)
}

/// Pairs of the mask's voxels for each lag up to a quarter of all distances between voxels.
///
/// Beyond that the autocorrelation rests on few independent pairs; Burt et al. 2020 stop at the same quantile.
fn lags(mask: &Mask) -> Vec<Vec<(u32, u32)>> {
    let size = voxel_size(mask);
    let reach = quarter_of_distances(mask);
    let [nx, ny, nz] = mask.shape().map(|n| n as i64);
    let mut number = vec![u32::MAX; (nx * ny * nz) as usize];
    for (n, &flat) in mask.voxels().iter().enumerate() {
        number[flat as usize] = n as u32;
    }
    let mut lags = Vec::new();
    for direction in DIRECTIONS {
        for step in STEPS {
            let by = direction.map(|d| d * step);
            let far = (0..3).map(|a| (by[a] as f64 * size[a]).powi(2)).sum::<f64>().sqrt();
            if far > reach {
                break;
            }
            let mut pairs: Vec<(u32, u32)> = Vec::new();
            for n in 0..mask.count() {
                let at = mask.position(n);
                let to: [i64; 3] = std::array::from_fn(|a| at[a] as i64 + by[a]);
                if to[0] < 0 || to[1] < 0 || to[2] < 0 || to[0] >= nx || to[1] >= ny || to[2] >= nz {
                    continue;
                }
                let other = number[(to[0] + nx * (to[1] + ny * to[2])) as usize];
                if other != u32::MAX {
                    pairs.push((n as u32, other));
                }
            }
            if pairs.len() >= PAIRS.1 {
                let every = pairs.len().div_ceil(PAIRS.0);
                lags.push(pairs.into_iter().step_by(every).collect());
            }
        }
    }
    lags
}

/// The lower quartile of the distances (mm) between voxels of a mask, from pairs spread evenly over it.
fn quarter_of_distances(mask: &Mask) -> f64 {
    let size = voxel_size(mask);
    let every = mask.count().div_ceil(400).max(1);
    let some: Vec<[usize; 3]> = (0..mask.count()).step_by(every).map(|n| mask.position(n)).collect();
    let mut distances = Vec::new();
    for (i, a) in some.iter().enumerate() {
        for b in &some[..i] {
            distances.push((0..3).map(|x| ((a[x] as f64 - b[x] as f64) * size[x]).powi(2)).sum::<f64>().sqrt());
        }
    }
    distances.sort_by(f64::total_cmp);
    distances.get(distances.len() / 4).copied().unwrap_or(0.0)
}

/// Autocorrelation of a map at each lag, its mean taken out, and its variance.
fn autocorrelation(map: &[f32], lags: &[Vec<(u32, u32)>]) -> (Vec<f64>, f64) {
    let mean = map.iter().map(|&v| f64::from(v)).sum::<f64>() / map.len() as f64;
    let centred: Vec<f64> = map.iter().map(|&v| f64::from(v) - mean).collect();
    let variance = centred.iter().map(|v| v * v).sum::<f64>() / map.len() as f64;
    let product = |pairs: &Vec<(u32, u32)>| {
        let sum: f64 = pairs.iter().map(|&(a, b)| centred[a as usize] * centred[b as usize]).sum();
        sum / pairs.len() as f64 / variance.max(f64::MIN_POSITIVE)
    };
    (lags.iter().map(product).collect(), variance)
}

/// A map's ranks as quantiles of the normal distribution; equal values share the mean of their ranks.
pub(crate) fn normal_scores(map: &[f32]) -> Vec<f32> {
    let mut order: Vec<usize> = (0..map.len()).collect();
    order.sort_by(|&a, &b| map[a].total_cmp(&map[b]));
    let mut scores = vec![0.0; map.len()];
    let mut start = 0;
    while start < order.len() {
        let equal = order[start..].iter().take_while(|&&i| map[i] == map[order[start]]).count().max(1);
        let rank = start as f64 + equal as f64 / 2.0;
        let score = normal_quantile(rank / map.len() as f64) as f32;
        order[start..start + equal].iter().for_each(|&i| scores[i] = score);
        start += equal;
    }
    scores
}

/// Quantile of the standard normal distribution (Acklam's rational approximation, relative error 1e-9), 0 < p < 1.
fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.38357751867269e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 5] =
        [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 4] = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
    let horner = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let tail = |q: f64| horner(&C, q) / (horner(&D, q) * q + 1.0);
    if p < 0.02425 {
        tail((-2.0 * p.ln()).sqrt())
    } else if p > 1.0 - 0.02425 {
        -tail((-2.0 * (1.0 - p).ln()).sqrt())
    } else {
        let r = (p - 0.5).powi(2);
        (p - 0.5) * horner(&A, r) / (horner(&B, r) * r + 1.0)
    }
}

/// min ‖target − Σⱼ bⱼ·columnⱼ‖² over bⱼ ≥ 0, Σ bⱼ = 1, by accelerated projected gradient.
fn simplex_least_squares(columns: &[Vec<f64>], target: &[f64]) -> Vec<f64> {
    let k = columns.len();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let gram: Vec<Vec<f64>> = columns.iter().map(|a| columns.iter().map(|b| dot(a, b)).collect()).collect();
    let right: Vec<f64> = columns.iter().map(|c| dot(c, target)).collect();
    let lipschitz = (0..k).map(|i| gram[i][i]).sum::<f64>().max(1e-12);
    let (mut b, mut ahead, mut momentum) = (vec![1.0 / k as f64; k], vec![1.0 / k as f64; k], 1.0_f64);
    for _ in 0..5_000 {
        let step: Vec<f64> = (0..k).map(|i| ahead[i] - (dot(&gram[i], &ahead) - right[i]) / lipschitz).collect();
        let next = onto_simplex(&step);
        let grown = (1.0 + (1.0 + 4.0 * momentum * momentum).sqrt()) / 2.0;
        ahead = next.iter().zip(&b).map(|(n, o)| n + (momentum - 1.0) / grown * (n - o)).collect();
        (b, momentum) = (next, grown);
    }
    b
}

/// The nearest point with entries ≥ 0 that sum to 1.
fn onto_simplex(point: &[f64]) -> Vec<f64> {
    let mut sorted = point.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (i, v) in sorted.iter().enumerate() {
        sum += v;
        let candidate = (sum - 1.0) / (i + 1) as f64;
        if v - candidate > 0.0 {
            shift = candidate;
        }
    }
    point.iter().map(|v| (v - shift).max(0.0)).collect()
}
