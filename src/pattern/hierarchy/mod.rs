//! Agglomerative hierarchical clustering of a few patterns, networks or maps: which belong together, and how closely.

mod distances;
mod tree;

use super::{Distance, Patterns};
use crate::error::{Error, Result};
use distances::condensed;
use ndarray::{Array2, ArrayView2};
use std::fmt;
use std::sync::Arc;

/// How far a merged cluster is from another one, from the distances between members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Linkage {
    /// Mean over all pairs of members (UPGMA).
    #[default]
    Average,
    /// Mean of the two parts' distances, whatever their sizes (WPGMA).
    Weighted,
    /// The farthest pair.
    Complete,
    /// The nearest pair.
    Single,
    /// How much the sum of squares within clusters grows (Ward 1963), as scipy states it; for [`Distance::Euclidean`] only.
    Ward,
}

impl Linkage {
    fn method(self) -> kodama::Method {
        match self {
            Linkage::Average => kodama::Method::Average,
            Linkage::Weighted => kodama::Method::Weighted,
            Linkage::Complete => kodama::Method::Complete,
            Linkage::Single => kodama::Method::Single,
            Linkage::Ward => kodama::Method::Ward,
        }
    }
}

impl fmt::Display for Linkage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Linkage::Average => "average",
            Linkage::Weighted => "weighted",
            Linkage::Complete => "complete",
            Linkage::Single => "single",
            Linkage::Ward => "Ward's",
        })
    }
}

/// Options of hierarchical clustering: by default the average linkage of the distance 1 − r.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hierarchical {
    /// How distances between clusters follow from those between members.
    pub linkage: Linkage,
    /// Distance between two rows.
    pub distance: Distance,
}

impl Hierarchical {
    /// Sets the linkage.
    pub fn linkage(self, linkage: Linkage) -> Hierarchical {
        Hierarchical { linkage, ..self }
    }

    /// Sets the distance.
    pub fn distance(self, distance: Distance) -> Hierarchical {
        Hierarchical { distance, ..self }
    }
}

/// Two clusters that become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    /// The two clusters, the smaller number first: below n a leaf, n + i the cluster that merge i made.
    pub clusters: [usize; 2],
    /// Their distance.
    pub distance: f64,
    /// Leaves of the new cluster.
    pub size: usize,
}

/// A tree of merges, leaves below, the distance of each merge as its height; clones are cheap.
///
/// The merges are those of scipy's `linkage`, in its format and numbering ([`linkage_matrix`](Hierarchy::linkage_matrix)).
#[derive(Clone, Debug)]
pub struct Hierarchy {
    labels: Arc<[String]>,
    merges: Arc<[Merge]>,
    /// Distances between leaves: (0, 1), (0, 2), …, (n − 2, n − 1).
    distances: Arc<[f64]>,
    options: Hierarchical,
    what: Arc<str>,
}

/// Hierarchical clustering of the rows of a matrix: courses, loadings, brain maps, network profiles.
///
/// `rows`: item × value; `labels`: one for each row. Starts from every row by itself and merges the two nearest clusters again and again
/// (Müllner 2011, arXiv 1109.2378, by the crate kodama); distances in f64.
///
/// ```
/// use neurocell::pattern::{Hierarchical, hierarchy};
/// use ndarray::Array2;
/// // Six courses: three slow ones, three fast ones.
/// let rows = Array2::from_shape_fn((6, 80), |(n, t)| (t as f32 * [0.2, 0.7][n / 3] + 0.15 * n as f32).sin());
/// let labels: Vec<String> = (0..6).map(|n| format!("course {n}")).collect();
/// let tree = hierarchy(&rows, &labels, Hierarchical::default())?;
/// // The fast ones stand first in the tree.
/// assert_eq!(tree.cut(2)?, [1, 1, 1, 0, 0, 0]);
/// assert!(tree.cophenetic_correlation()? > 0.9);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there are fewer than two rows or not as many labels; if a value is NaN or infinite, or a row is constant (all but Euclidean distance);
/// if Ward's linkage is asked for with a correlation.
pub fn hierarchy(rows: &Array2<f32>, labels: &[String], options: Hierarchical) -> Result<Hierarchy> {
    of(rows.view(), labels, options, "rows")
}

fn of(rows: ArrayView2<f32>, labels: &[String], options: Hierarchical, what: &str) -> Result<Hierarchy> {
    if labels.len() != rows.nrows() {
        return Err(Error::shape(
            format!("{} labels for {} {what}", labels.len(), rows.nrows()),
            "give one label for each row of the matrix",
        ));
    }
    if rows.nrows() < 2 || rows.ncols() == 0 {
        return Err(Error::value(
            format!("a hierarchy of {} {what} of {} values", rows.nrows(), rows.ncols()),
            "a tree needs at least two, with values to compare",
        ));
    }
    if options.linkage == Linkage::Ward && options.distance != Distance::Euclidean {
        return Err(Error::value(
            format!("Ward's linkage with the distance {}", options.distance),
            "sums of squares are of Euclidean distances: choose Distance::Euclidean (for z-scored courses ‖x − y‖² = 2T(1 − r)) \
             or Linkage::Average",
        ));
    }
    let distances = condensed(rows, labels, options.distance)?;
    let merge = |step: &kodama::Step<f64>| Merge {
        clusters: [step.cluster1, step.cluster2],
        distance: step.dissimilarity,
        size: step.size,
    };
    let tree = kodama::linkage(&mut distances.clone(), rows.nrows(), options.linkage.method());
    let merges = tree.steps().iter().map(merge).collect();
    Ok(Hierarchy { labels: labels.into(), merges, distances: distances.into(), options, what: what.into() })
}

impl Patterns {
    /// Which patterns have like courses: their hierarchical clustering over time.
    ///
    /// ```
    /// # use neurocell::prelude::*;
    /// # use neurocell::model::NeuronAxis;
    /// # use neurocell::pattern::Hierarchical;
    /// # use ndarray::Array2;
    /// # let data = Array2::from_shape_fn((60, 30), |(t, n)| (t as f32 * (0.2 + 0.03 * n as f32)).sin());
    /// # let series = NeuronSeries::new(data, Clock::new(1.5, &[60])?, NeuronAxis::new("simulated", Site::FfnOut, 1, 30))?;
    /// let patterns = series.patterns(KMeans::new(5))?;
    /// let tree = patterns.hierarchy(Hierarchical::default())?;
    /// assert_eq!(tree.leaf_order().len(), 5);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`hierarchy()`].
    pub fn hierarchy(&self, options: Hierarchical) -> Result<Hierarchy> {
        of(self.courses.t(), &self.names(), options, "courses of patterns")
    }

    /// Which patterns are held by the same neurons: the hierarchical clustering of their loadings. (The clusters of
    /// [`KMeans`](super::KMeans) share no neuron, so that their loadings say little.)
    ///
    /// # Errors
    /// As [`hierarchy()`].
    pub fn loading_hierarchy(&self, options: Hierarchical) -> Result<Hierarchy> {
        of(self.loadings.view(), &self.names(), options, "loadings of patterns")
    }

    fn names(&self) -> Vec<String> {
        (0..self.count()).map(|n| format!("pattern {n}")).collect()
    }
}

impl fmt::Display for Hierarchy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Hierarchy: {} {}, {} linkage of {}, merges from {:.3} to {:.3}",
            self.count(),
            self.what,
            self.options.linkage,
            self.options.distance,
            self.merges.first().map_or(0.0, |m| m.distance),
            self.merges.last().map_or(0.0, |m| m.distance),
        )?;
        match self.cophenetic_correlation() {
            Ok(r) => write!(f, ", cophenetic correlation {r:.3}"),
            Err(_) => Ok(()),
        }
    }
}
