//! k-means clustering of neurons by their courses.

mod centres;
mod lloyd;
mod mini_batch;
mod nearest;
mod points;
mod seeds;

use super::assemble::{Found, Loadings, assemble};
use super::standard::Standardised;
use super::{Distance, Patterns, Report};
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::linalg::{BLOCK, ColumnBlocks};
use crate::notebook::Progress;
use lloyd::{Clusters, Until, lloyd};
pub(super) use nearest::multiply;
pub(super) use points::Points;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use seeds::plus_plus;

/// k-means: neurons clustered by their z-scored courses, each cluster's mean course a pattern.
///
/// ```text
/// minimise Σ_n ‖x_n − c_label(n)‖²     x: z-scored courses (time × neuron), c: k centres (time × k)
/// ```
///
/// Lloyd's algorithm from greedy k-means++ seeds (Arthur and Vassilvitskii 2007; 2 + ln k candidates for each seed, as in scikit-learn),
/// the best of several restarts by inertia Σ ‖x − centre‖². A cluster that runs empty takes the neuron farthest from its centre.
/// Each neuron loads on its own cluster only, with its regression weight on the z-scored centre.
///
/// With [`Distance::Correlation`] courses and centres are brought to the norm 1 (spherical k-means, Dhillon and Modha 2001), and Σ (1 − r)
/// is minimised, r being the correlation of a neuron with its centre. Courses being z-scored, distances between *neurons* are the same
/// up to a factor, ‖x − y‖² = 2T(1 − r); what differs are the centres: the mean of a loose cluster is short, which Euclidean
/// distance takes into account (a neuron that follows nothing goes to the shortest centre), and correlation does not.
///
/// With [`mini_batch`](KMeans::mini_batch) the centres follow batches of random neurons (Sculley 2010), for series with so many neurons
/// that iterations over all take too long; a last pass gives every neuron its nearest centre and each cluster its mean.
///
/// linfa-clustering computes each distance by itself and pulls each centre towards its last place; here all distances of an iteration
/// are one matrix product, with the search for the nearest centre on each block of it while it is in cache and without the neurons
/// that cannot have changed their cluster (Elkan's bounds), so that the courses need not be reduced first, and the result says
/// whether it converged.
///
/// ```
/// use neurocell::prelude::*;
/// use neurocell::model::NeuronAxis;
/// use neurocell::pattern::Distance;
/// use ndarray::Array2;
/// // Thirty simulated neurons in three groups.
/// let data = Array2::from_shape_fn((60, 30), |(t, n)| (t as f32 * [0.2, 0.5, 0.9][n % 3] + 0.01 * n as f32).sin());
/// let series = NeuronSeries::new(data, Clock::new(1.5, &[60])?, NeuronAxis::new("simulated", Site::FfnOut, 1, 30))?;
/// let patterns = series.patterns(KMeans::new(3).distance(Distance::Correlation))?;
/// assert!(patterns.explained() > 0.9 && patterns.report().converged);
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KMeans {
    /// Number of clusters.
    pub k: usize,
    /// Seed of the restarts.
    pub seed: u64,
    /// How many sets of first centres are tried.
    pub restarts: usize,
    /// Most iterations of a restart.
    pub max_iterations: usize,
    /// Stops when Σ ‖shift of centres‖² is below this share of the mean variance of a time point over neurons
    /// (scikit-learn's rule), or when no neuron changes its cluster.
    pub tolerance: f64,
    /// How far neurons are from centres: [`Distance::Euclidean`] or [`Distance::Correlation`].
    pub distance: Distance,
    /// Neurons of a mini-batch; `None`: every iteration looks at all.
    pub mini_batch: Option<usize>,
}

impl KMeans {
    /// k clusters by Euclidean distance, seed 0, the best of 4 restarts, at most 300 iterations to a tolerance of 1e-4, over all neurons.
    pub fn new(k: usize) -> KMeans {
        KMeans {
            k,
            seed: 0,
            restarts: 4,
            max_iterations: 300,
            tolerance: 1e-4,
            distance: Distance::Euclidean,
            mini_batch: None,
        }
    }

    /// Sets the seed.
    pub fn seed(self, seed: u64) -> KMeans {
        KMeans { seed, ..self }
    }

    /// Sets the number of restarts.
    pub fn restarts(self, restarts: usize) -> KMeans {
        KMeans { restarts, ..self }
    }

    /// Sets the most iterations of a restart.
    pub fn max_iterations(self, max_iterations: usize) -> KMeans {
        KMeans { max_iterations, ..self }
    }

    /// Sets the tolerance; 0 goes on until no neuron changes its cluster.
    pub fn tolerance(self, tolerance: f64) -> KMeans {
        KMeans { tolerance, ..self }
    }

    /// Sets the distance.
    pub fn distance(self, distance: Distance) -> KMeans {
        KMeans { distance, ..self }
    }

    /// Looks at so many random neurons at a time instead of all: 1,024 or more for tens of thousands of neurons.
    ///
    /// An iteration is then one batch, and there are at most `max_iterations` times as many of them as make one pass over all neurons. It
    /// ends when the smoothed inertia of the batches has not become smaller for ten batches (scikit-learn's rule).
    pub fn mini_batch(self, neurons: usize) -> KMeans {
        KMeans { mini_batch: Some(neurons), ..self }
    }

    fn checked(&self) -> Result<&KMeans> {
        if self.restarts == 0 || self.max_iterations == 0 {
            return Err(Error::value(
                format!("k-means with {} restarts of {} iterations", self.restarts, self.max_iterations),
                "allow at least one of each, by default 4 and 300",
            ));
        }
        if !(self.tolerance >= 0.0 && self.tolerance < 1.0) {
            return Err(Error::value(
                format!("k-means with a tolerance of {}", self.tolerance),
                "give 0 or a small number above, 1e-4 by default",
            ));
        }
        if self.distance == Distance::AbsoluteCorrelation {
            return Err(Error::value(
                format!("k-means with the distance {}", self.distance),
                "the mean of courses of opposite sign is no centre; choose Distance::Correlation or Distance::Euclidean",
            ));
        }
        if let Some(batch) = self.mini_batch.filter(|batch| *batch < self.k) {
            return Err(Error::value(
                format!("mini-batches of {batch} neurons for {} clusters", self.k),
                format!("take at least {} neurons, and 1024 or more where there are many", self.k),
            ));
        }
        Ok(self)
    }

    /// The most iterations of a restart, or batches.
    pub(crate) fn steps(&self, neurons: usize) -> usize {
        match self.mini_batch {
            Some(batch) => mini_batch::most_steps(neurons, batch.max(1), self.max_iterations),
            None => self.max_iterations,
        }
    }

    /// Clusters the columns of standardised data; `advance` is told how many iterations, of at most restarts × `steps`, are done.
    pub(crate) fn cluster(&self, data: &ColumnBlocks, mut advance: impl FnMut(u64)) -> Result<Clusters> {
        self.checked()?;
        let points = Points::new(data, self.distance);
        let shift = self.tolerance * points.mean_variance();
        let until = Until { iterations: self.max_iterations, shift };
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let each = self.steps(points.count());
        let mut best: Option<Clusters> = None;
        for _ in 0..self.restarts {
            let found = match self.mini_batch {
                Some(batch) => mini_batch::cluster(&points, self.k, batch, each, &mut rng, || advance(1))?,
                None => {
                    let seeds = plus_plus(&points, self.k, &mut rng)?;
                    lloyd(&points, seeds, until, || advance(1))?
                }
            };
            advance((each - found.iterations.min(each)) as u64);
            if best.as_ref().is_none_or(|best| found.inertia < best.inertia) {
                best = Some(found);
            }
        }
        let mut best = best.ok_or_else(|| Error::value("k-means with 0 restarts", "allow at least one"))?;
        if points.unit {
            // ‖x − c‖² = 2(1 − r)
            best.inertia /= 2.0;
            best.inertias.iter_mut().for_each(|inertia| *inertia /= 2.0);
        }
        Ok(best)
    }

    /// Bytes that the clustering needs at most besides the standardised series: bounds of each neuron's distances to all centres, sums and centres, the
    /// products of the blocks at work, distances to candidates for seeds, and the loadings (twice, while they are put in order).
    pub(super) fn memory(&self, time: usize, neurons: usize) -> u64 {
        let (time, neurons, k) = (time as u64, neurons as u64, self.k as u64);
        let candidates = (seeds::AHEAD * seeds::candidates(self.k)) as u64;
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get()) as u64;
        let each = 60 + 4 * candidates + 12 * k;
        let batch = self.mini_batch.map_or(0, |batch| 16 * batch as u64 * time);
        let block = BLOCK as u64 * 4 * (time + 2 * k);
        neurons * each + threads * block + time * k * 32 + batch
    }

    pub(super) fn patterns(&self, series: &NeuronSeries, standard: Standardised) -> Result<Patterns> {
        let most = self.restarts.saturating_mul(self.steps(standard.live.len()));
        let mut progress = Progress::new("k-means iterations (at most)", most as u64);
        let found = self.cluster(&standard.data, |steps| progress.advance(steps))?;
        drop(progress);
        let what = if self.mini_batch.is_some() { "batches" } else { "iterations" };
        let end = match found.converged {
            true => format!("{} {what}", found.iterations),
            false => format!("did NOT converge in {} {what}", found.iterations),
        };
        let mut kind = match self.distance {
            Distance::Euclidean => "k-means".to_owned(),
            _ => format!("k-means by {}", self.distance),
        };
        if let Some(batch) = self.mini_batch {
            kind += &format!(", mini-batches of {batch}");
        }
        let method = format!(
            "{kind}, {} clusters, seed {}, best of {} restarts, {end}, inertia {:.5e}",
            self.k, self.seed, self.restarts, found.inertia
        );
        let objective_is = match self.distance {
            Distance::Euclidean => "inertia Σ ‖x − centre‖² over neurons",
            _ => "inertia Σ (1 − r) over neurons, r with the centre",
        };
        let report = Report {
            iterations: found.iterations,
            converged: found.converged,
            objective: found.inertias.into(),
            objective_is,
            ..Report::default()
        };
        let loadings = Loadings::Membership(&found.labels);
        assemble(series, &standard, Found { courses: found.centres, loadings, method, report })
    }
}
