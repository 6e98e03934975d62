//! Silhouettes: how much nearer each neuron is to its own cluster than to the next one.

use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::linalg::{BLOCK, ColumnBlocks, in_pool, vectorised};
use crate::notebook::{Progress, check_cancelled};
use crate::pattern::kmeans::{Points, multiply};
use crate::pattern::standard::Standardised;
use crate::pattern::{Distance, Patterns};
use rayon::prelude::*;
use std::sync::Arc;

/// Silhouettes of neurons; clones are cheap.
#[derive(Clone, Debug)]
pub struct Silhouette {
    values: Arc<[f32]>,
    mean: f64,
}

impl Silhouette {
    /// One value for each neuron, −1 to 1; NaN for neurons in no cluster and for constant ones.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Mean over the neurons that have one.
    pub fn mean(&self) -> f64 {
        self.mean
    }
}

impl Patterns {
    /// For each neuron the pattern on which it loads most in magnitude: its cluster, where the patterns are those of
    /// [`KMeans`](crate::pattern::KMeans). `None` for neurons that load on none, such as constant ones.
    pub fn clusters(&self) -> Vec<Option<usize>> {
        let mut best: Vec<(Option<usize>, f32)> = vec![(None, 0.0); self.loadings.ncols()];
        for (pattern, row) in self.loadings.rows().into_iter().enumerate() {
            for (best, loading) in best.iter_mut().zip(row) {
                if loading.abs() > best.1 {
                    *best = (Some(pattern), loading.abs());
                }
            }
        }
        best.into_iter().map(|(pattern, _)| pattern).collect()
    }
}

impl NeuronSeries {
    /// Silhouettes of a clustering of the neurons (Rousseeuw 1987), exact over all pairs.
    ///
    /// ```text
    /// s(n) = (b − a) / max(a, b)     a: mean distance of neuron n to the others of its cluster
    ///                                b: mean distance to the members of the cluster that is nearest by this mean
    /// ```
    ///
    /// s is near 1 where a neuron is well inside its cluster, 0 between two, negative where another cluster is nearer; a cluster of one neuron has 0.
    /// Distances are of z-scored courses. They come from products of blocks in f32, of which a few are held at a time: all pairs take
    /// 2·neurons²·time operations and hardly any memory. A Euclidean distance below a thousandth of the courses' norm is not
    /// told from 0.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// use neurocell::model::NeuronAxis;
    /// use neurocell::pattern::Distance;
    /// use ndarray::Array2;
    /// let data = Array2::from_shape_fn((60, 30), |(t, n)| (t as f32 * [0.2, 0.5, 0.9][n % 3] + 0.01 * n as f32).sin());
    /// let series = NeuronSeries::new(data, Clock::new(1.5, &[60])?, NeuronAxis::new("simulated", Site::FfnOut, 1, 30))?;
    /// let patterns = series.patterns(KMeans::new(3))?;
    /// assert!(series.silhouette(&patterns.clusters(), Distance::Euclidean)?.mean() > 0.8);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is not one cluster (or `None`) for each neuron, or fewer than two clusters have neurons that vary; if it is stopped.
    pub fn silhouette(&self, clusters: &[Option<usize>], distance: Distance) -> Result<Silhouette> {
        let neurons = self.data().ncols();
        if clusters.len() != neurons {
            return Err(Error::shape(
                format!("clusters of {} neurons for a series of {neurons}", clusters.len()),
                "give one for each neuron of this series, for example `patterns.clusters()`",
            ));
        }
        let standard = Standardised::new(self)?;
        let (places, labels): (Vec<usize>, Vec<usize>) =
            standard.live.iter().enumerate().filter_map(|(place, &n)| Some((place, clusters[n]?))).unzip();
        let labels = compact(&labels);
        let count = labels.iter().max().map_or(0, |most| most + 1);
        if count < 2 {
            return Err(Error::value(
                format!("{} neurons in {count} cluster(s) have no silhouette", labels.len()),
                "it compares each neuron's cluster with the next one: at least two are needed",
            ));
        }
        let chosen;
        let data = match places.len() == standard.live.len() {
            true => &standard.data,
            false => {
                chosen = gather(&standard.data, &places);
                &chosen
            }
        };
        let found = silhouettes(data, &[labels], distance)?.remove(0);
        let mut values = vec![f32::NAN; neurons];
        places.iter().zip(&found).for_each(|(&place, &value)| values[standard.live[place]] = value as f32);
        Ok(Silhouette { values: values.into(), mean: mean(&found) })
    }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Labels from 0 without gaps, in the order of the labels.
pub(super) fn compact(labels: &[usize]) -> Vec<usize> {
    let mut sorted = labels.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    labels.iter().map(|label| sorted.partition_point(|l| l < label)).collect()
}

/// Some columns as a matrix of blocks.
pub(super) fn gather(data: &ColumnBlocks, columns: &[usize]) -> ColumnBlocks {
    ColumnBlocks::of(data.rows(), columns.len(), |range| data.select(&columns[range]))
}

/// Silhouettes of all columns in each of some labelings, whose labels have no gaps; the distances are computed once.
pub(super) fn silhouettes(data: &ColumnBlocks, labelings: &[Vec<usize>], distance: Distance) -> Result<Vec<Vec<f64>>> {
    let points = Points::new(data, distance);
    let counts: Vec<Vec<f64>> = labelings
        .iter()
        .map(|labels| {
            let mut counts = vec![0.0; labels.iter().max().map_or(0, |most| most + 1)];
            labels.iter().for_each(|label| counts[*label] += 1.0);
            counts
        })
        .collect();
    let blocks = data.blocks().len();
    let mut progress = Progress::new("silhouettes, blocks of neurons", blocks as u64);
    let mut parts: Vec<Vec<Vec<f64>>> = Vec::with_capacity(blocks);
    let numbers: Vec<usize> = (0..blocks).collect();
    for some in numbers.chunks(2 * in_pool(rayon::current_num_threads)) {
        check_cancelled("silhouettes")?;
        let work = |&number: &usize| {
            let sums = sums_to_clusters(&points, number, labelings, &counts, distance);
            let first = number * BLOCK;
            let each = labelings.iter().zip(&counts).zip(&sums).map(|((labels, counts), sums)| {
                let own = &labels[first..first + data.blocks()[number].ncols()];
                own.iter().enumerate().map(|(n, &label)| of(n, label, sums, counts)).collect()
            });
            each.collect()
        };
        parts.extend(in_pool(|| some.par_iter().map(work).collect::<Vec<Vec<Vec<f64>>>>()));
        progress.advance(some.len() as u64);
    }
    Ok((0..labelings.len()).map(|l| parts.iter().flat_map(|part| part[l].iter().copied()).collect()).collect())
}

/// One silhouette, from the sums (cluster × point) of the block's distances to each cluster.
fn of(n: usize, label: usize, sums: &[f64], counts: &[f64]) -> f64 {
    // Alone in its cluster, or (in a sample of neurons) without another cluster.
    if counts[label] < 2.0 || counts.len() < 2 {
        return 0.0;
    }
    let width = sums.len() / counts.len();
    let own = sums[label * width + n] / (counts[label] - 1.0);
    let others = (0..counts.len()).filter(|&k| k != label).map(|k| sums[k * width + n] / counts[k]);
    let next = others.fold(f64::INFINITY, f64::min);
    let larger = own.max(next);
    if larger > 0.0 { (next - own) / larger } else { 0.0 }
}

/// For each labeling Σ of the distances from each point of a block to each cluster's members: cluster × point.
fn sums_to_clusters(
    points: &Points,
    number: usize,
    labelings: &[Vec<usize>],
    counts: &[Vec<f64>],
    distance: Distance,
) -> Vec<Vec<f64>> {
    let here = points.block(number);
    let width = here.norms.len();
    let mut sums: Vec<Vec<f64>> = counts.iter().map(|counts| vec![0.0; counts.len() * width]).collect();
    // Sums over one block in f32, so that they are vectors; over blocks in f64.
    let mut partial: Vec<Vec<f32>> = counts.iter().map(|counts| vec![0.0; counts.len() * width]).collect();
    let mut distances = Vec::new();
    for other in 0..points.data.blocks().len() {
        let there = points.block(other);
        distances.clear();
        distances.resize(there.norms.len() * width, 0f32);
        multiply(&mut distances, there.x, here.x, false);
        partial.iter_mut().for_each(|partial| partial.fill(0.0));
        for (m, row) in distances.chunks_exact_mut(width).enumerate() {
            to_distances(row, here.factors, here.norms, there.factors[m], there.norms[m], distance);
            if other == number {
                row[m] = 0.0;
            }
            for (labels, partial) in labelings.iter().zip(&mut partial) {
                let label = labels[other * BLOCK + m];
                let (sum, row) = (&mut partial[label * width..][..width], &row[..width]);
                sum.iter_mut().zip(row).for_each(|(sum, d)| *sum += d);
            }
        }
        for (sums, partial) in sums.iter_mut().zip(&partial) {
            sums.iter_mut().zip(partial).for_each(|(sum, part)| *sum += f64::from(*part));
        }
    }
    sums
}

/// Turns products of points with one point into their distances.
fn to_distances(row: &mut [f32], factors: &[f32], norms: &[f32], factor: f32, norm: f32, distance: Distance) {
    let count = row.len();
    let (factors, norms) = (&factors[..count], &norms[..count]);
    vectorised(
        #[inline(always)]
        || match distance {
            Distance::Euclidean => {
                for n in 0..count {
                    row[n] = (norms[n] + norm - 2.0 * row[n]).max(0.0).sqrt();
                }
            }
            Distance::Correlation => {
                for n in 0..count {
                    row[n] = 1.0 - row[n] * factors[n] * factor;
                }
            }
            Distance::AbsoluteCorrelation => {
                for n in 0..count {
                    row[n] = 1.0 - (row[n] * factors[n] * factor).abs();
                }
            }
        },
    );
}
