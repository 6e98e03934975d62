//! The curves over k, and what they speak for.

use super::ChooseK;
use crate::pattern::Distance;
use std::fmt;
use std::sync::Arc;

/// Below this stability clusters are told to come back only in part.
const PARTLY: f64 = 0.6;

/// What was found for one number of clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KPoint {
    /// Number of clusters.
    pub k: usize,
    /// Σ ‖x − centre‖² of z-scored courses, or Σ (1 − r) with the centre.
    pub inertia: f64,
    /// Mean silhouette.
    pub silhouette: f64,
    /// Adjusted Rand index between clusterings of halves of the neurons, mean over splits.
    pub stability: f64,
    /// Standard deviation of the stability over splits.
    pub spread: f64,
}

/// Inertia, silhouette and stability over the number of clusters; clones are cheap.
#[derive(Clone, Debug)]
pub struct KCurve {
    points: Arc<[KPoint]>,
    /// Σ ‖x‖², or the number of neurons for correlation: what inertia is a share of.
    total: f64,
    options: ChooseK,
    /// Neurons, and how many of them silhouettes and halves are of.
    neurons: [usize; 2],
    note: String,
}

impl KCurve {
    pub(super) fn new(points: Vec<KPoint>, total: f64, options: ChooseK, neurons: [usize; 2], note: String) -> KCurve {
        KCurve { points: points.into(), total, options, neurons, note }
    }

    /// One point for each k, smallest first.
    pub fn points(&self) -> &[KPoint] {
        &self.points
    }

    /// How they were made.
    pub fn options(&self) -> &ChooseK {
        &self.options
    }

    /// Inertia as a share of that of no clusters: the share of variance that the centres leave, or the mean of 1 − r.
    pub fn shares(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.inertia / self.total).collect()
    }

    /// The lowest stability that counts as the best: one standard error below it.
    pub fn stable(&self) -> f64 {
        let error = |p: &KPoint| p.stability - p.spread / (self.options.splits as f64).sqrt();
        let best = self.points.iter().max_by(|a, b| a.stability.total_cmp(&b.stability));
        best.map_or(0.0, error)
    }

    /// The k with the largest silhouette among those that are as stable as the best, less one standard error.
    pub fn suggested(&self) -> usize {
        let floor = self.stable();
        let stable = self.points.iter().filter(|p| p.stability >= floor);
        stable.rev().max_by(|a, b| a.silhouette.total_cmp(&b.silhouette)).map_or(0, |p| p.k)
    }

    /// How the curves were made, on one line.
    pub fn method(&self) -> String {
        let ChooseK { distance, restarts, splits, seed, .. } = self.options;
        let by = match distance {
            Distance::Euclidean => String::new(),
            other => format!(" by {other}"),
        };
        let some = match self.neurons {
            [all, some] if some < all => format!("silhouettes and halves of {some} random ones"),
            _ => "silhouettes and halves of all".to_owned(),
        };
        format!(
            "k-means{by} of {} neurons, best of {restarts}, {some}, {splits} splits for the stability, seed {seed}{}",
            self.neurons[0], self.note
        )
    }

    /// Which k is suggested, and why, as a sentence.
    pub fn reason(&self) -> String {
        let suggested = self.suggested();
        let Some(point) = self.points.iter().find(|p| p.k == suggested) else { return String::new() };
        let mut reason = format!(
            "suggested: k = {suggested}, the largest silhouette ({:.3}) among those as stable as the best (ARI of halves ≥ {:.2}; here {:.2})",
            point.silhouette,
            self.stable(),
            point.stability
        );
        if point.stability < PARTLY {
            reason += "; clusters come back only in part in other neurons, so that k is rather a resolution than a number of groups";
        }
        reason
    }
}

impl fmt::Display for KCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "KCurve: {}", self.reason())?;
        writeln!(f, "{}", self.method())?;
        let inertia = match self.options.distance {
            Distance::Euclidean => "variance left",
            _ => "mean 1 − r",
        };
        write!(f, "{:>6}  {inertia:>13}  silhouette  stability (ARI ± SD)", "k")?;
        for (point, share) in self.points.iter().zip(self.shares()) {
            let KPoint { k, silhouette, stability, spread, .. } = point;
            write!(f, "\n{k:>6}  {share:>13.3}  {silhouette:>10.3}  {stability:.3} ± {spread:.3}")?;
        }
        Ok(())
    }
}
