//! Sums over segments of rows, from which each set of training or test rows has its moments by addition.
//!
//! Nested cross-validation asks for XᵀX, XᵀY and the means of many overlapping sets of rows. All are sums over the few segments
//! that no set cuts through, so that the data are read once, however many folds there are.

use super::basis::inverse_deviation;
use super::folds::{Fold, Folds};
use super::split::product;
use crate::linalg::gram;
use ndarray::{Array1, Array2, ArrayView2, Axis, CowArray, Ix2, s};
use std::collections::BTreeMap;
use std::ops::Range;

/// Which rows each step of the nested cross-validation trains and tests on.
pub(super) struct Plan {
    /// Contiguous rows that belong to the same sets.
    pub segments: Vec<Range<usize>>,
    /// Training sets, each as its segments; no two are equal.
    pub trains: Vec<Vec<usize>>,
    /// Which training set the weights come from: all rows, or the only one that there is.
    pub all: usize,
    /// Training set and test segments of each split.
    pub splits: Vec<Split>,
    /// For each fold, its own split and those inside its training rows.
    pub outer: Vec<Outer>,
}

/// A training set with the segments it is tested on.
pub(super) struct Split {
    pub train: usize,
    pub test: Vec<usize>,
}

/// A fold as numbers of splits.
pub(super) struct Outer {
    pub own: usize,
    pub inside: Vec<usize>,
}

impl Plan {
    /// `kept`: one for each row of the folds' clock. Rows that are not kept belong to no set, and are not counted among the segments' rows.
    /// `nested`: each fold also has the folds inside its training rows.
    pub fn new(folds: &Folds, kept: &[bool], nested: bool) -> Plan {
        let mut total = 0;
        let place: Vec<Option<usize>> = kept
            .iter()
            .map(|kept| {
                total += usize::from(*kept);
                kept.then(|| total - 1)
            })
            .collect();
        let of_training = folds.weights_of_training(nested);
        let inside = |n: usize| if nested { folds.inside(n) } else { Vec::new() };
        let nested: Vec<(Fold, Vec<Fold>)> = (0..folds.count()).map(|n| (folds.fold(n).clone(), inside(n))).collect();
        let splits: Vec<&Fold> = nested.iter().flat_map(|(own, inside)| std::iter::once(own).chain(inside)).collect();
        // The sets a row is in; a segment ends where they change.
        let mut member = vec![Vec::new(); total];
        for (n, split) in splits.iter().enumerate() {
            split.train().iter().filter_map(|&row| place[row]).for_each(|row| member[row].push(2 * n));
            split.test().iter().filter_map(|&row| place[row]).for_each(|row| member[row].push(2 * n + 1));
        }
        let ends = (1..=total).filter(|&row| row == total || member[row] != member[row - 1]);
        let mut start = 0;
        let segments: Vec<Range<usize>> = ends.map(|end| std::mem::replace(&mut start, end)..end).collect();
        let inside =
            |set: usize| (0..segments.len()).filter(|&n| member[segments[n].start].contains(&set)).collect::<Vec<_>>();

        let mut known: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut number = |segments: Vec<usize>| {
            let next = known.len();
            *known.entry(segments).or_insert(next)
        };
        let all = number(if of_training { inside(0) } else { (0..segments.len()).collect() });
        let splits: Vec<Split> =
            (0..splits.len()).map(|n| Split { train: number(inside(2 * n)), test: inside(2 * n + 1) }).collect();
        let mut trains = vec![Vec::new(); known.len()];
        for (segments, n) in known {
            trains[n] = segments;
        }
        let mut first = 0;
        let outer = nested.iter().map(|(_, inside)| {
            let own = first;
            first += 1 + inside.len();
            Outer { own, inside: (own + 1..first).collect() }
        });
        let outer = outer.collect();
        Plan { segments, trains, all, splits, outer }
    }

    /// The rows of some segments.
    pub fn rows(&self, segments: &[usize]) -> Vec<usize> {
        segments.iter().flat_map(|&n| self.segments[n].clone()).collect()
    }
}

/// Count, sums and Gram matrix of the regressors over some rows.
pub(super) struct Regressors {
    pub count: f64,
    pub sum: Array1<f64>,
    pub gram: Array2<f64>,
}

impl Regressors {
    pub fn over(x: &Array2<f32>, rows: &Range<usize>) -> Regressors {
        let x = x.slice(s![rows.clone(), ..]);
        let sum = x.columns().into_iter().map(|column| column.iter().map(|&v| f64::from(v)).sum()).collect();
        Regressors { count: rows.len() as f64, sum, gram: gram(x) }
    }

    /// XᵀX of the regressors with mean 0 and standard deviation 1 over these rows, their means, and 1 / standard deviation; one that does not vary
    /// here is 0 and takes no part.
    pub fn standardised(&self) -> (Array2<f64>, Array1<f64>, Array1<f64>) {
        let mut scaled = self.gram.clone();
        let mean = &self.sum / self.count;
        for ((i, j), g) in scaled.indexed_iter_mut() {
            *g -= self.count * mean[i] * mean[j];
        }
        let inverse = scaled.diag().mapv(|square| inverse_deviation(square / self.count));
        for ((i, j), g) in scaled.indexed_iter_mut() {
            *g *= inverse[i] * inverse[j];
        }
        (scaled, mean, inverse)
    }

    pub fn of(parts: &[Regressors], segments: &[usize]) -> Regressors {
        let columns = parts[0].sum.len();
        let zero = Regressors { count: 0.0, sum: Array1::zeros(columns), gram: Array2::zeros((columns, columns)) };
        segments.iter().map(|&n| &parts[n]).fold(zero, |total, part| Regressors {
            count: total.count + part.count,
            sum: total.sum + &part.sum,
            gram: total.gram + &part.gram,
        })
    }
}

/// Sums of a block of voxels over some rows.
pub(super) struct Targets {
    pub count: f64,
    /// Σ y of each voxel.
    pub sum: Array1<f64>,
    /// Σ y² of each voxel.
    pub square: Array1<f64>,
}

/// A block of voxels, and its sums over each segment.
pub(super) struct Parts<'a> {
    /// Row × voxel.
    pub y: ArrayView2<'a, f32>,
    segments: &'a [Range<usize>],
    targets: Vec<Targets>,
    /// Xᵀ·Y, regressor × voxel, if it was asked for.
    products: Vec<Array2<f32>>,
}

impl<'a> Parts<'a> {
    /// `x`: the regressors, if XᵀY is wanted.
    pub fn new(x: Option<&Array2<f32>>, y: ArrayView2<'a, f32>, segments: &'a [Range<usize>]) -> Parts<'a> {
        let rows = |range: &Range<usize>| y.slice_move(s![range.clone(), ..]);
        let products = x.map_or_else(Vec::new, |x| {
            let of = |range: &Range<usize>| product(x.slice(s![range.clone(), ..]).t(), rows(range));
            segments.iter().map(of).collect()
        });
        let targets = segments.iter().map(|range| Targets::over(rows(range))).collect();
        Parts { y, segments, targets, products }
    }

    /// The rows of a segment.
    pub fn rows(&self, segment: usize) -> ArrayView2<'a, f32> {
        self.y.slice_move(s![self.segments[segment].clone(), ..])
    }

    /// Sums over some segments.
    pub fn total(&self, segments: &[usize]) -> Targets {
        let zero = || Array1::zeros(self.y.ncols());
        let mut total = Targets { count: 0.0, sum: zero(), square: zero() };
        for part in segments.iter().map(|&n| &self.targets[n]) {
            total.count += part.count;
            total.sum += &part.sum;
            total.square += &part.square;
        }
        total
    }

    /// XᵀY over some segments; it was asked for.
    pub fn products(&self, segments: &[usize]) -> CowArray<'_, f32, Ix2> {
        match segments {
            [one] => CowArray::from(&self.products[*one]),
            several => {
                let mut several = several.iter().map(|&n| &self.products[n]);
                let first = several.next().cloned().unwrap_or_default();
                CowArray::from(several.fold(first, |sum, part| sum + part))
            }
        }
    }
}

impl Targets {
    fn over(y: ArrayView2<f32>) -> Targets {
        let (mut sum, mut square) = (Array1::zeros(y.ncols()), Array1::zeros(y.ncols()));
        for row in y.axis_iter(Axis(0)) {
            sum.zip_mut_with(&row, |s: &mut f64, &v| *s += f64::from(v));
            square.zip_mut_with(&row, |s: &mut f64, &v| *s += f64::from(v).powi(2));
        }
        Targets { count: y.nrows() as f64, sum, square }
    }
}
