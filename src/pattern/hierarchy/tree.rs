//! What a tree of merges says: its order of leaves, its clusters, its distances.

use super::{Hierarchical, Hierarchy, Merge};
use crate::error::{Error, Result};
use ndarray::Array2;

impl Hierarchy {
    /// Number of leaves.
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    /// The leaves' labels, in the order of the rows.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The merges, nearest first: one less than there are leaves.
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// Linkage and distance.
    pub fn options(&self) -> Hierarchical {
        self.options
    }

    /// What the leaves are, for example "courses of patterns".
    pub fn what(&self) -> &str {
        &self.what
    }

    /// scipy's linkage matrix Z: for each merge the two clusters, their distance, and the number of leaves of the new cluster.
    pub fn linkage_matrix(&self) -> Array2<f64> {
        let mut z = Array2::zeros((self.merges.len(), 4));
        for (mut row, merge) in z.rows_mut().into_iter().zip(self.merges.iter()) {
            let [a, b] = merge.clusters.map(|cluster| cluster as f64);
            [a, b, merge.distance, merge.size as f64].into_iter().enumerate().for_each(|(n, value)| row[n] = value);
        }
        z
    }

    /// The leaves as they stand side by side in the tree, so that no branches cross: each merge's first cluster before its second one.
    pub fn leaf_order(&self) -> Vec<usize> {
        self.leaves(self.count() + self.merges.len() - 1)
    }

    /// The leaves below a node, in their order.
    fn leaves(&self, node: usize) -> Vec<usize> {
        let n = self.count();
        let (mut order, mut open) = (Vec::new(), vec![node]);
        while let Some(node) = open.pop() {
            match node < n {
                true => order.push(node),
                false => open.extend(self.merges[node - n].clusters.iter().rev()),
            }
        }
        order
    }

    /// Cluster of each leaf when the tree is cut into k clusters, numbered from 0 in the order of the leaves.
    ///
    /// # Errors
    /// If k is 0 or larger than the number of leaves.
    pub fn cut(&self, k: usize) -> Result<Vec<usize>> {
        if k == 0 || k > self.count() {
            return Err(Error::value(
                format!("a tree of {} leaves cannot be cut into {k} clusters", self.count()),
                format!("ask for 1 to {}", self.count()),
            ));
        }
        let roots = self.roots(self.count() - k);
        let mut labels = vec![0; self.count()];
        for (cluster, root) in roots.into_iter().enumerate() {
            self.leaves(root).into_iter().for_each(|leaf| labels[leaf] = cluster);
        }
        Ok(labels)
    }

    /// Cluster of each leaf when all merges up to a distance are made.
    pub fn cut_at(&self, distance: f64) -> Vec<usize> {
        let merged = self.merges.iter().take_while(|merge| merge.distance <= distance).count();
        // At most all merges are made, so that there is at least one cluster.
        self.cut(self.count() - merged).unwrap_or_default()
    }

    /// The clusters that are left after so many merges, in the order of their leaves.
    fn roots(&self, merged: usize) -> Vec<usize> {
        let n = self.count();
        let (mut roots, mut open) = (Vec::new(), vec![n + self.merges.len() - 1]);
        while let Some(node) = open.pop() {
            match node < n + merged {
                true => roots.push(node),
                false => open.extend(self.merges[node - n].clusters.iter().rev()),
            }
        }
        roots
    }

    /// Distances between leaves, leaf × leaf.
    pub fn distances(&self) -> Array2<f64> {
        self.square(&self.distances)
    }

    /// The distance at which each two leaves come into one cluster, leaf × leaf.
    pub fn cophenetic_distances(&self) -> Array2<f64> {
        self.square(&self.cophenetic())
    }

    /// Correlation between the distances and the cophenetic distances: how truly the tree shows the distances (Sokal and Rohlf 1962).
    ///
    /// # Errors
    /// If all distances, or all cophenetic ones, are equal (always so with two leaves).
    pub fn cophenetic_correlation(&self) -> Result<f64> {
        let cophenetic = self.cophenetic();
        let count = cophenetic.len() as f64;
        let (mean, own_mean) = (self.distances.iter().sum::<f64>() / count, cophenetic.iter().sum::<f64>() / count);
        let sums = self.distances.iter().zip(&cophenetic).fold([0.0; 3], |[xy, xx, yy], (x, y)| {
            let (x, y) = (x - mean, y - own_mean);
            [xy + x * y, xx + x * x, yy + y * y]
        });
        let [xy, xx, yy] = sums;
        if xx <= 1e-24 * count * mean * mean || yy <= 1e-24 * count * own_mean * own_mean {
            return Err(Error::value(
                format!("all {} distances between the {} leaves are equal", self.distances.len(), self.count()),
                "a cophenetic correlation needs three leaves or more at different distances",
            ));
        }
        Ok(xy / (xx * yy).sqrt())
    }

    /// The cophenetic distances of the pairs, in the order of `distances`.
    fn cophenetic(&self) -> Vec<f64> {
        let n = self.count();
        let place = |a: usize, b: usize| {
            let (a, b) = (a.min(b), a.max(b));
            a * n - a * (a + 1) / 2 + b - a - 1
        };
        let mut distances = vec![0.0; self.distances.len()];
        for merge in self.merges.iter() {
            let [first, second] = merge.clusters.map(|cluster| self.leaves(cluster));
            for &a in &first {
                for &b in &second {
                    distances[place(a, b)] = merge.distance;
                }
            }
        }
        distances
    }

    fn square(&self, condensed: &[f64]) -> Array2<f64> {
        let n = self.count();
        let mut square = Array2::zeros((n, n));
        let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
        for ((a, b), &distance) in pairs.zip(condensed) {
            square[[a, b]] = distance;
            square[[b, a]] = distance;
        }
        square
    }
}
