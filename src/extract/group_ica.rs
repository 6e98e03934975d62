//! Group spatial independent component analysis.

use super::assemble::{Courses, Found, assemble};
use super::order::{Order, order};
use super::reduce::{Keep, Reduced, reduce};
use super::subjects::Subjects;
use super::{Extraction, check_networks, components_of};
use crate::brain::VoxelSeries;
use crate::error::Result;
use crate::pattern::{Contrast, Ica, IcaModel, ParallelAnalysis, Report};

/// Group spatial ICA: maps that are independent over voxels, shared by all subjects.
///
/// ```text
/// 1. subject PCA      Y_s = U_sᵀ·X_s           X_s: time × voxel, z-scored;  U_s: its p leading courses;  Y_s: p × voxel
/// 2. group PCA        Y = [Y_1; …; Y_S] ≈ G·W   W: k × voxel, whitened, less each row's mean over voxels
/// 3. spatial ICA      M = R·W                   R: the rotation for which the rows of M are least Gaussian over voxels
/// ```
///
/// (Calhoun et al. 2001, *Hum. Brain Mapp.* 14:140; Beckmann and Smith 2004, *IEEE Trans. Med. Imaging* 23:137.) Steps 2 and 3 are [`Ica`] with voxels as samples. p is 2k
/// unless it is set. A fixed point that is not reached, which the method's line says, most often means that k is larger than the number of networks: what is left is
/// noise, in which no direction is less Gaussian than another. Components keep the size of their singular values, so that what is strong in a subject weighs more in the group; with
/// [`canonical`](GroupIca::canonical) each has the norm 1, so that only what subjects share counts: nilearn's `CanICA` (Varoquaux et al. 2010, *NeuroImage* 51:288), which takes
/// p = k and the contrast u⁴ besides.
///
/// Maps are z-scored over voxels: mean 0 and standard deviation 1. Each subject's courses are the first step of [`dual_regression`](super::dual_regression).
/// A network's share of the variance is Σ t²·Σ m² over that of all voxels.
///
/// [`GroupIca::auto`] chooses k by parallel analysis: for each subject, the number of leading principal components that explain more variance than the component
/// of the same rank does, in 95 of 100 cases, in surrogates without networks; the median over subjects. A surrogate is the subject's own data with patches of
/// 3 × 3 × 3 voxels shifted in a circle by a random number of volumes within each run, so that noise keeps its autocorrelation in time and its
/// smoothness within a patch. Where noise is smooth over more than a patch, components of noise are counted too, and the number is an upper bound: make the
/// [`patch`](GroupIca::patch) larger, or give the number yourself. Patches beyond a network's size hide networks.
///
/// ```
/// use neurocell::extract::GroupIca;
/// use neurocell::pattern::Contrast;
/// let asked = GroupIca::new(20).restarts(10).threshold(2.0);
/// let as_canica = GroupIca::new(20).canonical(true).subject_components(20).contrast(Contrast::Cube);
/// # assert_ne!(asked, as_canica);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GroupIca {
    /// Number of networks; `None`: by parallel analysis.
    pub networks: Option<usize>,
    /// Principal components of each subject; `None`: twice the number of networks.
    pub subject_components: Option<usize>,
    /// Whether each of a subject's components counts the same.
    pub canonical: bool,
    /// Seed of the first rotation and of surrogates.
    pub seed: u64,
    /// Starts with rotations of their own; with two or more the networks' stability is known.
    pub restarts: usize,
    /// Most iterations of the fixed point.
    pub max_iterations: usize,
    /// Change of the rotation at which the fixed point is reached.
    pub tolerance: f64,
    /// What is taken for far from Gaussian.
    pub contrast: Contrast,
    /// Values of the maps below this z become 0; `None` keeps all.
    pub threshold: Option<f32>,
    /// Surrogates of each subject from which the number of networks is chosen.
    pub surrogates: usize,
    /// Side, in voxels, of the patches that are shifted together in surrogates.
    pub patch: usize,
}

impl GroupIca {
    /// k networks: 2k components of each subject, seed 0, one start, at most 400 iterations to a tolerance of 1e-4, log cosh contrast, maps not thresholded.
    pub fn new(networks: usize) -> GroupIca {
        GroupIca { networks: Some(networks), ..GroupIca::auto() }
    }

    /// The number of networks by parallel analysis beside 20 surrogates of each subject; else as [`GroupIca::new`].
    pub fn auto() -> GroupIca {
        GroupIca {
            networks: None,
            subject_components: None,
            canonical: false,
            seed: 0,
            restarts: 1,
            max_iterations: 400,
            tolerance: 1e-4,
            contrast: Contrast::default(),
            threshold: None,
            surrogates: 20,
            patch: 3,
        }
    }

    /// Sets the number of principal components that are kept of each subject.
    pub fn subject_components(self, components: usize) -> GroupIca {
        GroupIca { subject_components: Some(components), ..self }
    }

    /// Sets whether each of a subject's components counts the same, as in `CanICA`.
    pub fn canonical(self, canonical: bool) -> GroupIca {
        GroupIca { canonical, ..self }
    }

    /// Sets the seed.
    pub fn seed(self, seed: u64) -> GroupIca {
        GroupIca { seed, ..self }
    }

    /// Sets the number of starts.
    pub fn restarts(self, restarts: usize) -> GroupIca {
        GroupIca { restarts, ..self }
    }

    /// Sets the most iterations.
    pub fn max_iterations(self, max_iterations: usize) -> GroupIca {
        GroupIca { max_iterations, ..self }
    }

    /// Sets the tolerance.
    pub fn tolerance(self, tolerance: f64) -> GroupIca {
        GroupIca { tolerance, ..self }
    }

    /// Sets the contrast.
    pub fn contrast(self, contrast: Contrast) -> GroupIca {
        GroupIca { contrast, ..self }
    }

    /// Makes values of the maps below this z 0.
    pub fn threshold(self, z: f32) -> GroupIca {
        GroupIca { threshold: Some(z), ..self }
    }

    /// Sets the number of surrogates of each subject.
    pub fn surrogates(self, surrogates: usize) -> GroupIca {
        GroupIca { surrogates, ..self }
    }

    /// Sets the side, in voxels, of the patches that are shifted together in surrogates.
    pub fn patch(self, voxels: usize) -> GroupIca {
        GroupIca { patch: voxels, ..self }
    }

    /// Networks that the subjects share, and each subject's courses.
    ///
    /// # Errors
    /// If there is no subject, two are on different masks (both are named), more networks are asked for than a subject has independent courses, no
    /// voxel varies, an option is out of its range, a map does not reach the threshold, or it is stopped.
    pub fn fit(&self, subjects: &[VoxelSeries]) -> Result<Extraction> {
        self.extract(&Subjects::of(subjects))
    }

    /// The same for `count` subjects of which `load` gives each by its number, from 0; each is loaded twice (three times by [`GroupIca::auto`]), and one at a time is in memory.
    ///
    /// # Errors
    /// As [`GroupIca::fit`], and what `load` reports.
    pub fn fit_each(&self, count: usize, load: impl Fn(usize) -> Result<VoxelSeries>) -> Result<Extraction> {
        self.extract(&Subjects::loaded(count, load))
    }

    fn extract(&self, subjects: &Subjects) -> Result<Extraction> {
        let (networks, chosen) = match self.networks {
            Some(networks) => (networks, String::new()),
            None => {
                let analysis = ParallelAnalysis::default().surrogates(self.surrogates).seed(self.seed);
                let Order { networks, range: (least, most) } = order(subjects, &analysis, self.patch)?;
                (networks, format!(" (parallel analysis, median of subjects with {least} to {most} above chance)"))
            }
        };
        check_networks(networks)?;
        let components = components_of(self.subject_components, networks)?;
        let keep = Keep::Components { most: components, whitened: self.canonical };
        let reduced = reduce(subjects, keep, networks, self.seed)?;
        let ica = self.ica(networks);
        let model = ica.fit_blocks(&reduced.data)?;
        let method = format!(
            "Group ICA ({}{}), {networks} networks{chosen}, {components} components of each subject, {}",
            self.contrast.name(),
            if self.canonical { ", canonical" } else { "" },
            ica.end(&model)
        );
        let report = Report {
            iterations: model.iterations(),
            converged: model.converged(),
            stability: model.stability().map(Into::into),
            ..Report::default()
        };
        let found = Found {
            maps: model.sources_of(&reduced.data),
            courses: Courses::Regression,
            kind: "Group ICA",
            name: "IC",
            method,
            unit: "z",
            threshold: self.threshold,
            seed: self.seed,
            report,
        };
        assemble(subjects, reduced, found)
    }

    fn ica(&self, networks: usize) -> Ica {
        Ica::new(networks)
            .seed(self.seed)
            .restarts(self.restarts)
            .max_iterations(self.max_iterations)
            .tolerance(self.tolerance)
            .contrast(self.contrast)
    }
}

/// Spatial ICA of reduced data, from which other extractions start.
pub(super) fn first_maps(reduced: &Reduced, networks: usize, seed: u64) -> Result<IcaModel> {
    GroupIca::new(networks).seed(seed).ica(networks).fit_blocks(&reduced.data)
}
