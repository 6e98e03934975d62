//! Lloyd's iteration on courses as they lie, time × neuron, with Elkan's bounds.
//!
//! Each neuron keeps an upper bound of the distance to its own centre and a lower bound of the distance to each other one. When centres
//! move, the bounds give way by as much; a neuron whose bounds still do not meet cannot have changed its cluster, and none of its
//! distances is computed (Elkan 2003, ICML). Those of the others are computed at once, as one product. The result is that of the plain iteration.

use super::centres::{Change, NONE, Sums};
use super::nearest::{Centres, nearest};
use super::points::{Part, Points, SAME};
use crate::error::{Error, Result};
use crate::linalg::{in_pool, vectorised};
use crate::notebook::check_cancelled;
use ndarray::Array2;
use rayon::prelude::*;

/// How far apart the bounds must be, as a share of a point's norm: more than the rounding of f32 distances.
const SLACK: f32 = 1e-4;
/// Where fewer of a block's points than this share are in doubt, they are copied together, and the others not looked at.
const FEW: f64 = 0.8;

/// A clustering of the columns.
pub(crate) struct Clusters {
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

/// When an iteration ends.
#[derive(Clone, Copy)]
pub(crate) struct Until {
    pub iterations: usize,
    /// Largest Σ ‖shift of centres‖² that counts as standing still.
    pub shift: f64,
}

/// Lloyd's iteration from the given centres (time × k); `step` is called after each iteration.
pub(super) fn lloyd(
    points: &Points,
    mut centres: Array2<f32>,
    until: Until,
    mut step: impl FnMut(),
) -> Result<Clusters> {
    let mut state = Assignment::new(points, centres.ncols());
    state.assign(&centres, None);
    let (mut iterations, mut converged, mut inertias) = (0, false, Vec::new());
    while iterations < until.iterations && !converged {
        check_cancelled("k-means")?;
        state.fill_empty(&centres)?;
        let moved = state.sums.means(&centres, points.unit);
        let drift = Drift::between(&centres, &moved);
        centres = moved;
        let changed = state.assign(&centres, Some(&drift));
        iterations += 1;
        converged = (changed == 0 || drift.total <= until.shift) && !state.sums.counts.contains(&0);
        inertias.push(state.sums.inertia(points.total(), &centres));
        step();
    }
    if state.sums.counts.contains(&0) {
        state.fill_empty(&centres)?;
        centres = state.sums.means(&centres, points.unit);
    }
    let inertia = state.sums.inertia(points.total(), &centres);
    Ok(Clusters { centres, labels: state.labels(), inertia, inertias, iterations, converged })
}

/// Points with the nearest of the given centres; no cluster stays empty, and the centres are those of the members then.
pub(super) fn settle(points: &Points, centres: &Array2<f32>) -> Result<(Vec<usize>, Array2<f32>, f64)> {
    let mut state = Assignment::new(points, centres.ncols());
    state.assign(centres, None);
    state.fill_empty(centres)?;
    let centres = state.sums.means(centres, points.unit);
    let inertia = state.sums.inertia(points.total(), &centres);
    Ok((state.labels(), centres, inertia))
}

/// How far the centres have moved.
struct Drift {
    each: Vec<f32>,
    /// Σ of squares.
    total: f64,
}

impl Drift {
    fn between(before: &Array2<f32>, after: &Array2<f32>) -> Drift {
        let mut squares = vec![0f64; before.ncols()];
        for (a, b) in before.rows().into_iter().zip(after.rows()) {
            for ((square, a), b) in squares.iter_mut().zip(a).zip(b) {
                *square += f64::from(a - b).powi(2);
            }
        }
        Drift { each: squares.iter().map(|s| s.sqrt() as f32).collect(), total: squares.iter().sum() }
    }
}

/// What is known of a block's points.
struct Held {
    labels: Vec<u32>,
    /// Bound of the distance to the own centre.
    upper: Vec<f32>,
    /// Centre × point, bounds of the distances; infinite for the own centre.
    lower: Vec<f32>,
}

impl Held {
    fn new(count: usize, k: usize) -> Held {
        Held { labels: vec![NONE; count], upper: vec![0.0; count], lower: vec![0.0; k * count] }
    }

    /// Moves the bounds by what the centres have moved, and gives the points whose bounds meet.
    fn in_doubt(&mut self, norms: &[f32], drift: &Drift) -> Vec<usize> {
        let count = norms.len();
        let mut others = vec![f32::INFINITY; count];
        let lower = &mut self.lower;
        vectorised(
            #[inline(always)]
            || {
                let others = &mut others[..count];
                for (row, moved) in lower.chunks_exact_mut(count).zip(&drift.each) {
                    let row = &mut row[..count];
                    for n in 0..count {
                        row[n] -= moved;
                        others[n] = if row[n] < others[n] { row[n] } else { others[n] };
                    }
                }
            },
        );
        let mut doubtful = Vec::with_capacity(count);
        for (n, (label, upper)) in self.labels.iter().zip(&mut self.upper).enumerate() {
            *upper += drift.each[*label as usize];
            if *upper + SLACK * norms[n].sqrt() >= others[n] {
                doubtful.push(n);
            }
        }
        doubtful
    }

    /// Looks at the points in doubt, or at all, and gives those that change their cluster.
    fn assign(&mut self, part: Part, centres: &Centres, drift: Option<&Drift>) -> Vec<Change> {
        let count = part.norms.len();
        let doubtful = drift.map(|drift| self.in_doubt(part.norms, drift));
        let few = doubtful.filter(|d| (d.len() as f64) < FEW * count as f64);
        if few.as_ref().is_some_and(Vec::is_empty) {
            return Vec::new();
        }
        let found = nearest(part, few.as_deref(), centres);
        match &few {
            None => self.lower = found.distances,
            Some(few) => {
                for (lower, distances) in
                    self.lower.chunks_exact_mut(count).zip(found.distances.chunks_exact(few.len()))
                {
                    few.iter().zip(distances).for_each(|(&n, distance)| lower[n] = *distance);
                }
            }
        }
        let mut changes = Vec::new();
        for (place, &to) in found.labels.iter().enumerate() {
            let n = few.as_ref().map_or(place, |few| few[place]);
            self.upper[n] = found.first[place];
            self.lower[to as usize * count + n] = f32::INFINITY;
            if self.labels[n] != to {
                changes.push(Change { column: n as u32, from: self.labels[n], to });
                self.labels[n] = to;
            }
        }
        changes
    }

    /// Gives a point to a cluster whose centre it will be: it is looked at in any case when the centre has moved.
    fn give(&mut self, point: usize, to: u32) -> Change {
        let change = Change { column: point as u32, from: self.labels[point], to };
        self.labels[point] = to;
        let count = self.labels.len();
        self.lower.chunks_exact_mut(count).for_each(|lower| lower[point] = f32::NEG_INFINITY);
        change
    }
}

/// Which point is in which cluster.
struct Assignment<'a> {
    points: &'a Points<'a>,
    blocks: Vec<Held>,
    sums: Sums,
}

impl Assignment<'_> {
    fn new<'a>(points: &'a Points, k: usize) -> Assignment<'a> {
        let held = |block: &Array2<f32>| Held::new(block.ncols(), k);
        let blocks = points.data.blocks().iter().map(held).collect();
        Assignment { points, blocks, sums: Sums::new(points.data.rows(), k) }
    }

    fn labels(&self) -> Vec<usize> {
        self.blocks.iter().flat_map(|held| held.labels.iter().map(|&label| label as usize)).collect()
    }

    /// Gives each point its nearest centre, and says how many changed theirs. Without a drift all points are looked at.
    fn assign(&mut self, centres: &Array2<f32>, drift: Option<&Drift>) -> usize {
        let (points, centres) = (self.points, Centres::new(centres));
        let blocks = &mut self.blocks;
        let work = |(n, held): (usize, &mut Held)| held.assign(points.block(n), &centres, drift);
        let changes: Vec<Vec<Change>> = in_pool(|| blocks.par_iter_mut().enumerate().map(work).collect());
        self.sums.update(points, &changes);
        changes.iter().map(Vec::len).sum()
    }

    /// Gives each empty cluster the point that is farthest from its centre.
    fn fill_empty(&mut self, centres: &Array2<f32>) -> Result<()> {
        let k = self.sums.counts.len();
        if !self.sums.counts.contains(&0) {
            return Ok(());
        }
        // Exact distances instead of bounds.
        self.assign(centres, None);
        for empty in 0..k {
            if self.sums.counts[empty] > 0 {
                continue;
            }
            let mut farthest: Option<(usize, usize, f32)> = None;
            for (b, held) in self.blocks.iter().enumerate() {
                let norms = self.points.block(b).norms;
                for (n, &far) in held.upper.iter().enumerate() {
                    let alone = self.sums.counts[held.labels[n] as usize] < 2;
                    let same = f64::from(far).powi(2) <= SAME * f64::from(norms[n]);
                    if !alone && !same && farthest.is_none_or(|(_, _, most)| far > most) {
                        farthest = Some((b, n, far));
                    }
                }
            }
            let Some((b, n, _)) = farthest else {
                return Err(too_few(k, self.sums.counts.iter().filter(|&&c| c > 0).count()));
            };
            let change = self.blocks[b].give(n, empty as u32);
            let changes: Vec<Vec<Change>> =
                (0..self.blocks.len()).map(|block| if block == b { vec![change] } else { Vec::new() }).collect();
            self.sums.update(self.points, &changes);
        }
        Ok(())
    }
}

pub(super) fn too_few(k: usize, distinct: usize) -> Error {
    Error::value(
        format!("{k} clusters were asked for, and the data have only {distinct} distinct courses"),
        format!("ask for {distinct} or fewer"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::ColumnBlocks;
    use crate::pattern::Distance;
    use ndarray::{Array, Array1, Axis, Dimension, concatenate};

    fn reference<A: ndarray_npy::ReadableElement, D: Dimension>(name: &str) -> Array<A, D> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/cluster");
        ndarray_npy::read_npy(folder.join(format!("{name}.npy"))).unwrap()
    }

    const TO_THE_END: Until = Until { iterations: 300, shift: 0.0 };

    fn from_the_same_start(data: &Array2<f32>, distance: Distance) -> Clusters {
        let blocks = ColumnBlocks::from_matrix(data.view());
        let points = Points::new(&blocks, distance);
        let start: Array1<i64> = reference("start");
        let seeds: Vec<usize> = start.iter().map(|&n| n as usize).collect();
        lloyd(&points, points.select(&seeds), TO_THE_END, || ()).unwrap()
    }

    fn share_of_equal(labels: &[usize], name: &str) -> f64 {
        let expected: Array1<i64> = reference(name);
        let equal = labels.iter().zip(&expected).filter(|(a, b)| **a as i64 == **b).count();
        equal as f64 / expected.len() as f64
    }

    #[test]
    fn from_the_same_centres_it_ends_where_scikit_learn_does() {
        let found = from_the_same_start(&reference("noisy"), Distance::Euclidean);
        let inertia: Array1<f64> = reference("lloyd_inertia");
        assert!(found.converged && found.iterations > 3, "{}", found.iterations);
        assert!((found.inertia / inertia[0] - 1.0).abs() < 1e-5, "{} {}", found.inertia, inertia[0]);
        assert!(share_of_equal(&found.labels, "lloyd_labels") > 0.995);
        assert!(found.inertias.windows(2).all(|w| w[1] <= w[0] * (1.0 + 1e-7)), "{:?}", found.inertias);
    }

    #[test]
    fn by_correlation_it_ends_where_spherical_k_means_does_whatever_the_scales() {
        let mut data: Array2<f32> = reference("noisy");
        for (n, mut column) in data.columns_mut().into_iter().enumerate() {
            column *= 0.1 + (n % 7) as f32;
        }
        let found = from_the_same_start(&data, Distance::Correlation);
        let inertia: Array1<f64> = reference("spherical_inertia");
        // Σ ‖x − c‖² of unit courses is 2 Σ (1 − r).
        assert!((0.5 * found.inertia / inertia[0] - 1.0).abs() < 1e-5, "{} {}", found.inertia, inertia[0]);
        assert!(share_of_equal(&found.labels, "spherical_labels") > 0.995);
    }

    #[test]
    fn an_empty_cluster_takes_the_point_that_is_farthest_from_its_centre() {
        let data: Array2<f32> = reference("noisy");
        let blocks = ColumnBlocks::from_matrix(data.view());
        let points = Points::new(&blocks, Distance::Euclidean);
        // A centre that is far from everything attracts nothing.
        let far = Array2::from_elem((24, 1), 1e3f32);
        let centres = concatenate![Axis(1), points.select(&[0, 1]), far];
        let (labels, _, _) = settle(&points, &centres).unwrap();
        let alone: Vec<usize> = (0..700).filter(|&n| labels[n] == 2).collect();
        let distance = |n: usize| {
            let to = |k: usize| (&data.column(n) - &centres.column(k)).mapv(|d| f64::from(d).powi(2)).sum();
            to(0).min(to(1))
        };
        let farthest = (0..700).max_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap();
        assert_eq!(alone, [farthest]);
        let found = lloyd(&points, centres, TO_THE_END, || ()).unwrap();
        assert!((0..3).all(|k| found.labels.contains(&k)));
    }
}
