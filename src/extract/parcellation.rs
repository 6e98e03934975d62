//! Parcels: voxels clustered by their courses.

use super::assemble::{Courses, Found, assemble};
use super::reduce::{Keep, reduce};
use super::subjects::Subjects;
use super::{Extraction, check_networks};
use crate::brain::VoxelSeries;
use crate::error::{Error, Result};
use crate::notebook::Progress;
use crate::pattern::{KMeans, Report};
use ndarray::Array2;

/// k-means parcellation: each voxel belongs to one network, that of the mean course nearest to its own.
///
/// ```text
/// minimise Σ_v ‖x_v − c_label(v)‖²     x_v: the z-scored course of voxel v over all subjects, c: the parcels' mean courses
/// ```
///
/// Voxels take the place of neurons in [`KMeans`]. Each subject's courses are first reduced to its 50 leading principal components, which keep their
/// size, so that distances are those of the courses less what these components leave (noise, mostly). A parcel need not be of one piece: nothing but
/// the courses decides. The result is a label atlas: maps of 1 inside and 0 outside; a parcel's course in a subject is the mean of its voxels' z-scored courses, z-scored.
///
/// ```
/// use neurocell::extract::Parcellation;
/// let fine = Parcellation::new(100).restarts(8);
/// # assert_eq!(fine.networks, 100);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Parcellation {
    /// Number of parcels.
    pub networks: usize,
    /// Principal components of each subject.
    pub subject_components: usize,
    /// Seed of the restarts.
    pub seed: u64,
    /// How many sets of first centres are tried.
    pub restarts: usize,
    /// Most iterations of a restart.
    pub max_iterations: usize,
}

impl Parcellation {
    /// So many parcels, 50 components of each subject, seed 0, the best of 4 restarts of at most 300 iterations.
    pub fn new(parcels: usize) -> Parcellation {
        Parcellation { networks: parcels, subject_components: 50, seed: 0, restarts: 4, max_iterations: 300 }
    }

    /// Sets the number of principal components that are kept of each subject.
    pub fn subject_components(self, components: usize) -> Parcellation {
        Parcellation { subject_components: components, ..self }
    }

    /// Sets the seed.
    pub fn seed(self, seed: u64) -> Parcellation {
        Parcellation { seed, ..self }
    }

    /// Sets the number of restarts.
    pub fn restarts(self, restarts: usize) -> Parcellation {
        Parcellation { restarts, ..self }
    }

    /// Sets the most iterations of a restart.
    pub fn max_iterations(self, max_iterations: usize) -> Parcellation {
        Parcellation { max_iterations, ..self }
    }

    /// Parcels that the subjects share, and each subject's courses.
    ///
    /// # Errors
    /// If there is no subject, two are on different masks (both are named), more parcels are asked for than there are voxels that vary, an
    /// option is out of its range, or it is stopped.
    pub fn fit(&self, subjects: &[VoxelSeries]) -> Result<Extraction> {
        self.extract(&Subjects::of(subjects))
    }

    /// The same for `count` subjects of which `load` gives each by its number, from 0; each is loaded twice, and one at a time is in memory.
    ///
    /// # Errors
    /// As [`Parcellation::fit`], and what `load` reports.
    pub fn fit_each(&self, count: usize, load: impl Fn(usize) -> Result<VoxelSeries>) -> Result<Extraction> {
        self.extract(&Subjects::loaded(count, load))
    }

    fn extract(&self, subjects: &Subjects) -> Result<Extraction> {
        let networks = self.networks;
        check_networks(networks)?;
        if self.subject_components == 0 {
            return Err(Error::value("0 components of each subject", "keep some, 50 by default"));
        }
        let keep = Keep::Components { most: self.subject_components, whitened: false };
        let reduced = reduce(subjects, keep, 1, self.seed)?;
        let voxels = reduced.live.len();
        if networks > voxels {
            return Err(Error::value(
                format!("{networks} parcels were asked for, and {voxels} voxels vary in every subject"),
                format!("ask for {voxels} or fewer"),
            ));
        }
        let kmeans = KMeans::new(networks).seed(self.seed).restarts(self.restarts).max_iterations(self.max_iterations);
        let most = self.restarts.saturating_mul(kmeans.steps(voxels));
        let mut progress = Progress::new("k-means iterations (at most)", most as u64);
        let clusters = kmeans.cluster(&reduced.data, |steps| progress.advance(steps))?;
        drop(progress);
        let mut maps = Array2::zeros((networks, voxels));
        clusters.labels.iter().enumerate().for_each(|(voxel, &label)| maps[[label, voxel]] = 1.0);
        let end = match clusters.converged {
            true => format!("{} iterations", clusters.iterations),
            false => format!("did NOT converge in {} iterations", clusters.iterations),
        };
        let method = format!(
            "k-means parcellation, {networks} parcels, {} components of each subject, seed {}, best of {} restarts, {end}",
            self.subject_components, self.seed, self.restarts
        );
        let report = Report {
            iterations: clusters.iterations,
            converged: clusters.converged,
            objective: clusters.inertias.into(),
            objective_is: "inertia Σ ‖x − centre‖² over voxels",
            ..Report::default()
        };
        let found = Found {
            maps,
            courses: Courses::Regression,
            kind: "k-means parcellation",
            name: "Parcel",
            method,
            unit: "inside",
            threshold: None,
            seed: self.seed,
            report,
        };
        assemble(subjects, reduced, found)
    }
}
