//! k-means clustering of neurons by their courses.

use super::assemble::{Found, Loadings, assemble};
use super::lloyd::cluster;
use super::standard::Standardised;
use super::{Patterns, Report};
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};

/// k-means: neurons clustered by their z-scored courses, each cluster's mean course a pattern.
///
/// Lloyd's algorithm from greedy k-means++ seeds (Arthur and Vassilvitskii 2007; 2 + ln k candidates for each seed, as in scikit-learn),
/// the best of several restarts by inertia Σ ‖x − centre‖². A cluster that runs empty takes the neuron farthest from its centre.
/// Each neuron loads on its own cluster only, with its regression weight on the z-scored centre.
///
/// linfa-clustering computes each distance by itself and pulls each centre towards its last place; here all distances of an iteration
/// are one matrix product on faer, with the search for the nearest centre on each block of it while it is in cache, so that the courses
/// need not be reduced first, and the result says whether it converged. For 20 iterations with 50 clusters on 20,000 neurons of 300
/// time points linfa's own took 9 to 18 times as long as this, in six runs on two noisy cores (`benches/run`).
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
}

impl KMeans {
    /// k clusters, seed 0, the best of 4 restarts, at most 300 iterations to a tolerance of 1e-4.
    pub fn new(k: usize) -> KMeans {
        KMeans { k, seed: 0, restarts: 4, max_iterations: 300, tolerance: 1e-4 }
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
        Ok(self)
    }

    pub(super) fn patterns(&self, series: &NeuronSeries, standard: Standardised) -> Result<Patterns> {
        let found = cluster(&standard.data, self.checked()?)?;
        let end = match found.converged {
            true => format!("{} iterations", found.iterations),
            false => format!("did NOT converge in {} iterations", found.iterations),
        };
        let method = format!(
            "k-means, {} clusters, seed {}, best of {} restarts, {end}, inertia {:.5e}",
            self.k, self.seed, self.restarts, found.inertia
        );
        let report = Report {
            iterations: found.iterations,
            converged: found.converged,
            objective: found.inertias.into(),
            objective_is: "inertia Σ ‖x − centre‖² over neurons, of z-scored courses",
            ..Report::default()
        };
        let loadings = Loadings::Membership(&found.labels);
        assemble(series, &standard, Found { courses: found.centres, loadings, method, report })
    }
}
