//! Operations and bytes of a ridge with nested folds, counted from its sizes.

use crate::encoding::bands::product_cost;
use crate::encoding::moments::Plan;

/// What a symmetric eigendecomposition takes, next to the cube of its size.
const EIGEN: f64 = 9.0;
/// What it takes to bring a value in, to sum it up in f64 and to put its prediction out, in operations of a product.
const MOVING: f64 = 250.0;

/// Sizes of a model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub regressors: usize,
    pub alphas: usize,
    /// At most so many components of each training set.
    pub components: usize,
    /// Products that serve all α in the norms of predictions.
    pub products: f64,
    /// Whether voxels share α, which takes a pass of its own.
    pub shared: bool,
}

/// Operations of the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    /// Gram matrices, eigenvectors and test rows of every training set, in f64.
    pub factorisations: f64,
    /// Projections of a voxel on components.
    pub components: f64,
    /// Scores of a voxel at every α.
    pub scores: f64,
    /// Predictions and weights of a voxel.
    pub weights: f64,
    /// Reading a voxel, its moments, and writing its results.
    pub moving: f64,
}

impl Counts {
    pub fn of(plan: &Plan, sizes: Sizes) -> Counts {
        let Sizes { regressors, alphas, components, products, shared } = sizes;
        let length = |segments: &[usize]| segments.iter().map(|n| plan.segments[*n].len()).sum::<usize>();
        let (p, rows) = (regressors as f64, plan.segments.iter().map(|rows| rows.len()).sum::<usize>() as f64);
        // For each training set: whether it goes by the kernel, its rows, and its components.
        let trains: Vec<(bool, f64, usize)> = plan
            .trains
            .iter()
            .map(|segments| {
                let count = length(segments);
                (count < regressors, count as f64, count.min(regressors).min(components))
            })
            .collect();
        let mut counts = Counts::default();
        if trains.iter().any(|(dual, ..)| !dual) {
            counts.factorisations += rows * p * p;
            counts.components += 2.0 * rows * p;
        }
        for (dual, count, _) in &trains {
            counts.factorisations += if *dual { rows * rows * p + EIGEN * count.powi(3) } else { EIGEN * p.powi(3) };
        }
        // A voxel's components in a training set.
        let projected = |train: usize| {
            let (dual, count, k) = trains[train];
            2.0 * k as f64 * if dual { count } else { p }
        };
        for split in &plan.splits {
            let (dual, count, k) = trains[split.train];
            let (test, k) = (length(&split.test), k as f64);
            counts.factorisations += 2.0 * test as f64 * k * if dual { count } else { p };
            counts.factorisations += 2.0 * test as f64 * k * k.min(test as f64);
            let passes = if shared { 2.0 } else { 1.0 };
            counts.components += passes * projected(split.train);
            let across = if !dual && test > regressors { p } else { test as f64 };
            let norms = products * product_cost(&(0..k as usize), test.min(k as usize));
            counts.scores += passes * (2.0 * k * across + 2.0 * k * alphas as f64 + norms);
        }
        for outer in plan.outer.iter().filter(|outer| !outer.inside.is_empty()) {
            let split = &plan.splits[outer.own];
            counts.weights += 2.0 * trains[split.train].2 as f64 * length(&split.test) as f64;
        }
        let (dual, _, k) = trains[plan.all];
        counts.weights += projected(plan.all) + 2.0 * p * k as f64;
        counts.factorisations += if dual { 2.0 * rows * p * k as f64 } else { 0.0 };
        counts.moving = MOVING * (rows + p);
        counts
    }

    /// Operations of a voxel.
    pub fn voxel(&self) -> f64 {
        self.components + self.scores + self.weights + self.moving
    }
}

/// Bytes of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Bytes {
    /// What is held for all voxels.
    pub held: f64,
    /// What the factorisations take on top, while nothing else is there.
    pub factorising: f64,
    /// A thread's block of voxels.
    pub block: f64,
    /// What is found for a voxel, in memory.
    pub voxel: f64,
    /// What stays of it in memory where the rest goes to disk.
    pub score: f64,
}

impl Bytes {
    /// `volumes` counts all rows of the clock, `width` the voxels of a block.
    pub fn of(plan: &Plan, sizes: Sizes, volumes: usize, width: usize) -> Bytes {
        let Sizes { regressors, alphas, components, products, .. } = sizes;
        let length = |segments: &[usize]| segments.iter().map(|n| plan.segments[*n].len()).sum::<usize>();
        let (p, a, w) = (regressors as f64, alphas as f64, width as f64);
        let rows = plan.segments.iter().map(|rows| rows.len()).sum::<usize>() as f64;
        let of_train = |segments: &Vec<usize>| {
            let count = length(segments);
            (count < regressors, count as f64, count.min(regressors).min(components) as f64)
        };
        let trains: Vec<(bool, f64, f64)> = plan.trains.iter().map(of_train).collect();
        let mut bytes = Bytes { held: 4.0 * rows * p, ..Bytes::default() };
        let (mut factorising, mut largest) = (0f64, 0f64);
        for (dual, count, k) in &trains {
            bytes.held += 4.0 * k * if *dual { *count } else { p };
            largest = largest.max(*k);
            factorising = factorising.max(match dual {
                true => 8.0 * (rows * rows + 4.0 * count * count) + 4.0 * rows * p,
                false => 8.0 * 6.0 * p * p,
            });
        }
        let by_sums = trains.iter().any(|(dual, ..)| !dual);
        if by_sums {
            factorising += 8.0 * plan.segments.len() as f64 * p * p;
        }
        let owns: Vec<usize> = plan.outer.iter().map(|outer| outer.own).collect();
        for (number, split) in plan.splits.iter().enumerate() {
            let (dual, _, k) = trains[split.train];
            let test = length(&split.test) as f64;
            let keeps = dual || test <= p || owns.contains(&number);
            bytes.held += 4.0 * (k.min(test) * k + a * k + if keeps { test * k } else { 0.0 });
        }
        bytes.held += 4.0 * p * trains[plan.all].2;
        bytes.factorising = factorising;
        let sums = if by_sums { plan.segments.len() as f64 * p } else { 0.0 };
        // Courses as read and scaled, sums, components, predictions, weights, scores, and the buffers of the norms.
        bytes.block = 4.0 * w * (volumes as f64 + 3.0 * rows + sums + 5.0 * largest + 2.0 * p + 12.0 * a)
            + 4.0 * 128.0 * products * largest
            + 4.0 * 128.0 * 48.0 * products * 4.0;
        let folds = plan.outer.len() as f64;
        bytes.score = 8.0 * (2.0 * folds + 3.0) + 4.0 * (2.0 * folds + 5.0);
        bytes.voxel = 4.0 * (volumes as f64 + p) + bytes.score;
        bytes
    }

    /// The most there is at one time for so many voxels and threads, with results in memory or on disk.
    pub fn peak(&self, voxels: usize, threads: usize, on_disk: bool) -> f64 {
        let results = voxels as f64 * if on_disk { self.score } else { self.voxel };
        self.held + self.factorising.max(threads as f64 * self.block) + results
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::encoding::Folds;

    fn plan() -> Plan {
        Plan::new(&Folds::runs(&Clock::new(1.0, &[40, 40, 40]).unwrap()).unwrap(), &[true; 120], true)
    }

    fn sizes(regressors: usize) -> Sizes {
        Sizes { regressors, alphas: 5, components: usize::MAX, products: 5.0, shared: false }
    }

    #[test]
    fn operations_of_three_runs_are_those_of_the_formulas() {
        // 3 outer splits (80 / 40) with 2 inner ones each (40 / 40): 9 splits; training sets: all, 3 pairs of runs, 3 single runs.
        let p = 10.0;
        let counts = Counts::of(&plan(), sizes(10));
        let triangle = 2.0 * 55.0;
        assert_eq!(counts.components, 2.0 * 120.0 * p + 9.0 * 2.0 * p * p);
        assert_eq!(counts.scores, 9.0 * (2.0 * p * p + 2.0 * p * 5.0 + 5.0 * triangle));
        assert_eq!(counts.weights, 3.0 * 2.0 * p * 40.0 + 2.0 * p * p + 2.0 * p * p);
        let test = 2.0 * 40.0 * p * p + 2.0 * 40.0 * p * p;
        assert_eq!(counts.factorisations, 120.0 * p * p + 7.0 * EIGEN * p * p * p + 9.0 * test);
        // Shared α: a second pass of projections and scores.
        let shared = Counts::of(&plan(), Sizes { shared: true, ..sizes(10) });
        assert_eq!((shared.scores, shared.weights), (2.0 * counts.scores, counts.weights));
    }

    #[test]
    fn with_more_regressors_than_volumes_operations_are_those_of_the_kernel() {
        let p = 1000.0;
        let counts = Counts::of(&plan(), sizes(1000));
        let k = |rows: f64| 2.0 * rows * rows;
        // Own splits have 80 training rows, inner ones 40.
        assert_eq!(counts.components, 3.0 * k(80.0) + 6.0 * k(40.0));
        assert_eq!(counts.weights, 3.0 * 2.0 * 80.0 * 40.0 + k(120.0) + 2.0 * p * 120.0);
        let eigen = EIGEN * (120f64.powi(3) + 3.0 * 80f64.powi(3) + 3.0 * 40f64.powi(3));
        let tests = 3.0 * (2.0 * 40.0 * 80.0 * 80.0 + 2.0 * 40.0 * 80.0 * 40.0) + 6.0 * (4.0 * 40f64.powi(3));
        assert_eq!(counts.factorisations, 7.0 * 120.0 * 120.0 * p + eigen + tests + 2.0 * 120.0 * p * 120.0);
    }

    #[test]
    fn absurd_sizes_are_counted_without_overflow() {
        let bytes = Bytes::of(&plan(), sizes(usize::MAX), usize::MAX, 1024);
        assert!(
            bytes.peak(usize::MAX, 64, false).is_finite() && Counts::of(&plan(), sizes(usize::MAX)).voxel().is_finite()
        );
        assert_eq!(bytes.peak(usize::MAX, 64, false) as u64, u64::MAX);
    }

    #[test]
    fn on_disk_the_memory_hardly_grows_with_voxels() {
        let bytes = Bytes::of(&plan(), sizes(64), 120, 1024);
        let grown = |on_disk| bytes.peak(300_000, 2, on_disk) - bytes.peak(30_000, 2, on_disk);
        assert_eq!(grown(false), 270_000.0 * (4.0 * (120.0 + 64.0) + bytes.score));
        assert!(grown(true) < 0.2 * grown(false));
    }
}
