//! Lloyd's iteration with k-means++ seeds on courses as they lie: time × neuron.

use super::KMeans;
use crate::error::{Error, Result};
use crate::linalg::{ColumnBlocks, multiply_into};
use crate::notebook::{Progress, check_cancelled};
use faer::Par;
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Squared distance, as a share of the squared norm, that the rounding of f32 products gives to equal courses at most.
const SAME: f64 = 1e-5;

/// A clustering of the columns.
pub(super) struct Clusters {
    /// Time × k.
    pub centres: Array2<f32>,
    /// Cluster of each neuron.
    pub labels: Vec<usize>,
    /// Σ ‖x − centre‖².
    pub inertia: f64,
    /// The inertia after each iteration of the restart that was kept.
    pub inertias: Vec<f64>,
    /// Iterations of the restart that was kept.
    pub iterations: usize,
    /// Whether that restart converged.
    pub converged: bool,
}

/// The best of the restarts.
pub(super) fn cluster(data: &ColumnBlocks, options: &KMeans) -> Result<Clusters> {
    let norms = data.squared_norms();
    let threshold = options.tolerance * mean_variance(data);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut progress = Progress::new("k-means restarts", options.restarts as u64);
    let mut best: Option<Clusters> = None;
    for _ in 0..options.restarts {
        let seeds = plus_plus(data, &norms, options.k, &mut rng)?;
        let found = lloyd(data, &norms, seeds, options.max_iterations, threshold)?;
        if best.as_ref().is_none_or(|best| found.inertia < best.inertia) {
            best = Some(found);
        }
        progress.advance(1);
    }
    best.ok_or_else(|| Error::value("k-means with 0 restarts", "allow at least one"))
}

/// Lloyd's iteration from the given centres (time × k).
pub(super) fn lloyd(
    data: &ColumnBlocks,
    norms: &[f64],
    mut centres: Array2<f32>,
    max_iterations: usize,
    threshold: f64,
) -> Result<Clusters> {
    let (mut labels, mut distances) = assign(data, norms, &centres);
    let (mut iterations, mut converged, mut inertias) = (0, false, Vec::new());
    while iterations < max_iterations && !converged {
        check_cancelled("k-means")?;
        fill_empty(&mut labels, &mut distances, norms, centres.ncols())?;
        let moved = means(data, &labels, centres.ncols());
        let shift: f64 = moved.iter().zip(&centres).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        centres = moved;
        let (next, next_distances) = assign(data, norms, &centres);
        iterations += 1;
        converged = next == labels || shift <= threshold;
        (labels, distances) = (next, next_distances);
        inertias.push(distances.iter().sum());
    }
    let inertia = distances.iter().sum();
    Ok(Clusters { centres, labels, inertia, inertias, iterations, converged })
}

/// The nearest centre of each neuron, and the squared distance to it.
fn assign(data: &ColumnBlocks, norms: &[f64], centres: &Array2<f32>) -> (Vec<usize>, Vec<f64>) {
    let k = centres.ncols();
    let half: Vec<f32> = centres
        .columns()
        .into_iter()
        .map(|c| (c.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / 2.0) as f32)
        .collect();
    let parts: Vec<Vec<(u32, f32)>> = data.map(|_, x| {
        let mut scores = Array2::zeros((k, x.ncols()));
        multiply_into(scores.view_mut(), centres.t(), x.view(), Par::Seq);
        // ‖x − c‖² is smallest where x·c − ‖c‖²/2 is largest.
        let mut best = vec![(0u32, f32::NEG_INFINITY); x.ncols()];
        for ((label, row), half) in (0u32..).zip(scores.rows()).zip(&half) {
            for (best, &score) in best.iter_mut().zip(row) {
                if score - half > best.1 {
                    *best = (label, score - half);
                }
            }
        }
        best
    });
    let best = parts.into_iter().flatten();
    best.zip(norms).map(|((label, score), norm)| (label as usize, (norm - 2.0 * f64::from(score)).max(0.0))).unzip()
}

/// Mean course of each cluster; sums over neurons in f64.
fn means(data: &ColumnBlocks, labels: &[usize], k: usize) -> Array2<f32> {
    let mut counts = vec![0f64; k];
    for &label in labels {
        counts[label] += 1.0;
    }
    let parts = data.map(|first, block| {
        let labels = &labels[first..first + block.ncols()];
        let mut sums = Array2::<f64>::zeros((block.nrows(), k));
        for (mut sums, row) in sums.rows_mut().into_iter().zip(block.rows()) {
            for (&x, &label) in row.iter().zip(labels) {
                sums[label] += f64::from(x);
            }
        }
        sums
    });
    let mut sums = Array2::<f64>::zeros((data.rows(), k));
    parts.iter().for_each(|part| sums += part);
    sums /= &ndarray::Array1::from(counts);
    sums.mapv(|v| v as f32)
}

/// Gives each empty cluster the neuron that is farthest from its centre.
fn fill_empty(labels: &mut [usize], distances: &mut [f64], norms: &[f64], k: usize) -> Result<()> {
    let mut counts = vec![0usize; k];
    for &label in labels.iter() {
        counts[label] += 1;
    }
    for empty in 0..k {
        if counts[empty] > 0 {
            continue;
        }
        let farthest = (0..labels.len())
            .filter(|&n| counts[labels[n]] > 1 && distances[n] > SAME * norms[n])
            .max_by(|&a, &b| distances[a].total_cmp(&distances[b]));
        let Some(neuron) = farthest else {
            return Err(too_few(k, counts.iter().filter(|&&c| c > 0).count()));
        };
        counts[labels[neuron]] -= 1;
        counts[empty] = 1;
        labels[neuron] = empty;
        distances[neuron] = 0.0;
    }
    Ok(())
}

/// Greedy k-means++: each seed is the best of 2 + ln k candidates drawn in proportion to the squared distance to the seeds so far.
fn plus_plus(data: &ColumnBlocks, norms: &[f64], k: usize, rng: &mut Xoshiro256PlusPlus) -> Result<Array2<f32>> {
    let neurons = data.columns();
    let candidates = 2 + (k as f64).ln() as usize;
    let mut seeds = vec![rng.gen_range(0..neurons)];
    let mut distances = distances_to(data, norms, &seeds).remove(0);
    while seeds.len() < k {
        check_cancelled("k-means")?;
        let mut cumulative: Vec<f64> = distances.clone();
        for n in 1..neurons {
            cumulative[n] += cumulative[n - 1];
        }
        let total = cumulative[neurons - 1];
        if total <= SAME * norms.iter().sum::<f64>() {
            return Err(too_few(k, seeds.len()));
        }
        let drawn: Vec<usize> = (0..candidates)
            .map(|_| {
                let target = rng.gen_range(0.0..total);
                cumulative.partition_point(|&c| c <= target).min(neurons - 1)
            })
            .collect();
        let nearer: Vec<Vec<f64>> = distances_to(data, norms, &drawn)
            .into_iter()
            .map(|new| new.iter().zip(&distances).map(|(a, b)| a.min(*b)).collect())
            .collect();
        let potential: Vec<f64> = nearer.iter().map(|d| d.iter().sum()).collect();
        let best = (1..candidates).fold(0, |best, c| if potential[c] < potential[best] { c } else { best });
        seeds.push(drawn[best]);
        distances.clone_from(&nearer[best]);
    }
    Ok(data.select(&seeds))
}

/// Squared distance of each neuron to each of some neurons.
fn distances_to(data: &ColumnBlocks, norms: &[f64], to: &[usize]) -> Vec<Vec<f64>> {
    let points = data.select(to);
    let products = data.times(points.t());
    to.iter()
        .enumerate()
        .map(|(row, &neuron)| {
            let dots = products.blocks().iter().flat_map(|part| part.row(row).to_vec());
            dots.zip(norms).map(|(dot, norm)| (norm + norms[neuron] - 2.0 * f64::from(dot)).max(0.0)).collect()
        })
        .collect()
}

/// Mean over time points of the variance over neurons.
fn mean_variance(data: &ColumnBlocks) -> f64 {
    let (time, neurons) = (data.rows(), data.columns() as f64);
    let parts = data.map(|_, block| {
        let of_row = |row: ndarray::ArrayView1<f32>| {
            row.iter().fold((0.0, 0.0), |(s, q), &x| (s + f64::from(x), q + f64::from(x) * f64::from(x)))
        };
        block.rows().into_iter().map(of_row).collect::<Vec<(f64, f64)>>()
    });
    let variance = |t: usize| {
        let (sum, square) = parts.iter().fold((0.0, 0.0), |(s, q), part| (s + part[t].0, q + part[t].1));
        (square / neurons - (sum / neurons).powi(2)).max(0.0)
    };
    (0..time).map(variance).sum::<f64>() / time as f64
}

fn too_few(k: usize, distinct: usize) -> Error {
    Error::value(
        format!("{k} clusters were asked for, and the neurons have only {distinct} distinct courses"),
        format!("ask for {distinct} or fewer"),
    )
}
