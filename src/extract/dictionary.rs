//! Spatial dictionary learning: maps as sparse codes.

use super::assemble::{Courses, Found, assemble};
use super::group_ica::first_maps;
use super::reduce::{Keep, reduce};
use super::subjects::Subjects;
use super::{Extraction, check_networks, components_of};
use crate::brain::VoxelSeries;
use crate::error::{Error, Result};
use crate::linalg::ColumnBlocks;
use crate::pattern::{Dictionary, Report, learn};
use ndarray::Axis;

/// Spatial dictionary learning: each voxel's course is a combination of few networks' courses, so that maps are sparse.
///
/// ```text
/// min over D, M of   1/n Σ ½‖x − D·m‖² + λ‖m‖₁        D: courses of norm 1;  M: network × voxel, codes
/// ```
///
/// x is the course of one of n voxels over all subjects, z-scored and divided by √(volumes), so that λ is in units of correlation: a network enters a voxel only
/// where it correlates by more than λ with what the others leave of the voxel. The objective is that of [`Dictionary`], which solves it with
/// voxels in the place of neurons, and of nilearn's `DictLearning` (Mensch et al. 2016), whose `alpha` is λ·√(volumes of all subjects).
///
/// Each subject's courses are first reduced to its leading principal components, twice as many as networks unless set, which keep their size. The first
/// courses are those of a spatial ICA of these, as in nilearn.
///
/// Maps are the codes, in units of correlation; each subject's courses are the first step of [`dual_regression`](super::dual_regression).
///
/// ```
/// use neurocell::extract::SpatialDictionary;
/// let sparser = SpatialDictionary::new(20).penalty(0.2);
/// # assert_eq!(sparser.networks, 20);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SpatialDictionary {
    /// Number of networks.
    pub networks: usize,
    /// λ, in units of correlation.
    pub penalty: f64,
    /// Principal components of each subject; `None`: twice the number of networks.
    pub subject_components: Option<usize>,
    /// Seed of the first rotation, and of what replaces networks that no voxel uses.
    pub seed: u64,
    /// Most epochs: times that every voxel is encoded.
    pub epochs: usize,
    /// Learning has converged when an epoch lowers the objective by no more than this share.
    pub tolerance: f64,
}

impl SpatialDictionary {
    /// So many networks, λ = 0.1, twice as many components of each subject, seed 0, at most 100 epochs to a tolerance of 1e-3.
    pub fn new(networks: usize) -> SpatialDictionary {
        SpatialDictionary { networks, penalty: 0.1, subject_components: None, seed: 0, epochs: 100, tolerance: 1e-3 }
    }

    /// Sets λ, in units of correlation: between 0 and 1.
    pub fn penalty(self, penalty: f64) -> SpatialDictionary {
        SpatialDictionary { penalty, ..self }
    }

    /// Sets the number of principal components that are kept of each subject.
    pub fn subject_components(self, components: usize) -> SpatialDictionary {
        SpatialDictionary { subject_components: Some(components), ..self }
    }

    /// Sets the seed.
    pub fn seed(self, seed: u64) -> SpatialDictionary {
        SpatialDictionary { seed, ..self }
    }

    /// Sets the most epochs.
    pub fn epochs(self, epochs: usize) -> SpatialDictionary {
        SpatialDictionary { epochs, ..self }
    }

    /// Sets the share by which an epoch must lower the objective for another one to follow.
    pub fn tolerance(self, tolerance: f64) -> SpatialDictionary {
        SpatialDictionary { tolerance, ..self }
    }

    /// Networks that the subjects share, and each subject's courses.
    ///
    /// # Errors
    /// If there is no subject, two are on different masks (both are named), more networks are asked for than a subject has independent courses, no
    /// voxel varies, an option is out of its range, λ leaves a network without a voxel, or it is stopped.
    pub fn fit(&self, subjects: &[VoxelSeries]) -> Result<Extraction> {
        self.extract(&Subjects::of(subjects))
    }

    /// The same for `count` subjects of which `load` gives each by its number, from 0; each is loaded twice, and one at a time is in memory.
    ///
    /// # Errors
    /// As [`SpatialDictionary::fit`], and what `load` reports.
    pub fn fit_each(&self, count: usize, load: impl Fn(usize) -> Result<VoxelSeries>) -> Result<Extraction> {
        self.extract(&Subjects::loaded(count, load))
    }

    fn extract(&self, subjects: &Subjects) -> Result<Extraction> {
        let networks = self.networks;
        check_networks(networks)?;
        let options = Dictionary::new(networks)
            .penalty(self.penalty)
            .seed(self.seed)
            .epochs(self.epochs)
            .tolerance(self.tolerance);
        let components = components_of(self.subject_components, networks)?;
        let keep = Keep::Components { most: components, whitened: false };
        let mut reduced = reduce(subjects, keep, networks, self.seed)?;
        // Columns of a mixing matrix are courses of the components.
        let mut first = first_maps(&reduced, networks, self.seed)?.mixing().t().mapv(f64::from);
        let norms = first.map_axis(Axis(1), |course| course.dot(&course).sqrt().max(f64::MIN_POSITIVE));
        first /= &norms.insert_axis(Axis(1));
        // The solver takes courses of norm √rows for z-scored; those of all volumes have norm √volumes.
        let factor = (reduced.data.rows() as f64 / reduced.volumes as f64).sqrt() as f32;
        reduced.data = reduced.data.blockwise(reduced.data.rows(), |_, block| block * factor);
        let learnt = learn(&reduced.data, &options, Some(first))?;
        if learnt.unused > 0 {
            return Err(Error::value(
                format!(
                    "{} of {networks} networks are used by no voxel with a penalty of {}",
                    learnt.unused, self.penalty
                ),
                "take a smaller penalty, or fewer networks",
            ));
        }
        reduced.data = ColumnBlocks::default();
        let epochs = learnt.objective.len();
        let end = match learnt.converged {
            true => format!("{epochs} epochs"),
            false => format!("did NOT converge in {epochs} epochs (tolerance {:.0e})", self.tolerance),
        };
        let method = format!(
            "Spatial dictionary, {networks} networks, λ {}, {components} components of each subject, seed {}, {end}",
            self.penalty, self.seed
        );
        let report = Report {
            iterations: epochs,
            converged: learnt.converged,
            objective: learnt.objective.into(),
            objective_is: "½‖x − D·m‖² + λ‖m‖₁, mean over voxels",
            penalty: Some(self.penalty),
            ..Report::default()
        };
        let found = Found {
            maps: learnt.codes,
            courses: Courses::Regression,
            kind: "Spatial dictionary",
            name: "Atom",
            method,
            unit: "r",
            threshold: None,
            seed: self.seed,
            report,
        };
        assemble(subjects, reduced, found)
    }
}
