//! How well components come back from other starts, in the manner of ICASSO (Himberg, Hyvärinen and Esposito 2004, *NeuroImage* 22:1214).

use super::agglomerate::clusters;
use crate::linalg::in_pool;
use ndarray::{Array2, Axis, s};
use rayon::prelude::*;

/// One component for each cluster of estimates.
pub(super) struct Stable {
    /// k × k, unit rows: of each cluster the estimate that is most like its others.
    pub rotation: Array2<f64>,
    /// Iq of each, between 0 and 1.
    pub quality: Vec<f64>,
}

/// The estimates of all starts (each k × k, unit rows, on data of unit covariance) in k clusters.
pub(super) fn stable(rotations: &[Array2<f64>]) -> Stable {
    let k = rotations[0].nrows();
    let views: Vec<_> = rotations.iter().map(|r| r.view()).collect();
    // Components w·x and v·x of white data correlate with w·v.
    let all = ndarray::concatenate(Axis(0), &views).unwrap_or_else(|_| rotations[0].clone());
    let count = all.nrows();
    let similar = |from: usize| all.slice(s![from..from + k, ..]).dot(&all.t()).mapv(f64::abs);
    let mut similarity = Array2::<f32>::zeros((count, count));
    in_pool(|| {
        let runs = similarity.axis_chunks_iter_mut(Axis(0), k).into_par_iter().enumerate();
        runs.for_each(|(run, mut rows)| rows.assign(&similar(run * k).mapv(|r| r as f32)));
    });
    let labels = clusters(similarity, k);

    // For each estimate the sum of its similarities to each cluster, itself left out.
    let mut sums = Array2::<f64>::zeros((count, k));
    in_pool(|| {
        let runs = sums.axis_chunks_iter_mut(Axis(0), k).into_par_iter().enumerate();
        runs.for_each(|(run, mut rows)| {
            for ((i, other), &r) in similar(run * k).indexed_iter() {
                if run * k + i != other {
                    rows[[i, labels[other]]] += r;
                }
            }
        });
    });
    let mut rotation = Array2::zeros((k, all.ncols()));
    let quality = (0..k).map(|cluster| {
        let members: Vec<usize> = (0..count).filter(|&i| labels[i] == cluster).collect();
        let own = |&i: &usize| sums[[i, cluster]];
        let best = members.iter().copied().reduce(|best, i| if own(&i) > own(&best) { i } else { best });
        rotation.row_mut(cluster).assign(&all.row(best.unwrap_or(cluster)));
        let size = members.len() as f64;
        let within: f64 = members.iter().map(own).sum();
        let between = members.iter().map(|&i| sums.row(i).sum()).sum::<f64>() - within;
        let mean = |sum: f64, pairs: f64| if pairs > 0.0 { sum / pairs } else { 0.0 };
        let quality = mean(within, size * (size - 1.0)) - mean(between, size * (count as f64 - size));
        quality.clamp(0.0, 1.0)
    });
    let quality = quality.collect();
    Stable { rotation, quality }
}

/// Bytes that clustering takes.
pub(super) fn memory(k: usize, restarts: usize) -> u64 {
    let count = (k * restarts) as u64;
    match restarts {
        1 => 0,
        _ => 4 * count * count + 8 * count * k as u64 * 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_component_that_always_comes_back_has_quality_one_and_one_that_came_once_has_none() {
        let axes = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let half = 0.5f64.sqrt();
        let turned = array![[0.0, half, half], [-1.0, 0.0, 0.0], [0.0, half, -half]];
        let found = stable(&[axes.clone(), axes.clone(), turned]);
        let (first, others): (Vec<usize>, Vec<usize>) = (0..3).partition(|&i| found.rotation[[i, 0]].abs() > 0.9);
        assert!((found.quality[first[0]] - 1.0).abs() < 1e-12, "{:?}", found.quality);
        assert!(others.iter().all(|&i| found.quality[i] < 0.9), "{:?}", found.quality);
        let same = stable(&[axes.clone(), axes.clone()]);
        assert_eq!(same.quality, [1.0, 1.0, 1.0]);
    }
}
