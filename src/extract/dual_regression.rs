//! A subject's own version of networks that a group shares.

use super::subjects::Subject;
use crate::brain::{NetworkSeries, Networks, VoxelSeries};
use crate::error::{Error, Result};
use crate::linalg::{ColumnBlocks, pseudo_inverse};
use crate::pattern::zscore;
use crate::provenance::Provenance;
use std::fmt;

/// A subject's maps and courses of some networks; clones are cheap.
#[derive(Clone, Debug)]
pub struct DualRegression {
    maps: Networks,
    courses: NetworkSeries,
    explained: f64,
}

impl DualRegression {
    /// The subject's maps, network × voxel: standard deviations of the voxel per standard deviation of the network's course, all
    /// other networks' courses held fixed.
    pub fn maps(&self) -> &Networks {
        &self.maps
    }

    /// The subject's courses, time × network, z-scored over time.
    pub fn courses(&self) -> &NetworkSeries {
        &self.courses
    }

    /// Share of the variance of the subject's z-scored voxels that courses · maps explain, between 0 and 1.
    pub fn explained(&self) -> f64 {
        self.explained
    }
}

impl fmt::Display for DualRegression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let explained = 100.0 * self.explained;
        write!(f, "Dual regression: {explained:.1} % of the variance explained\n{}\n{}", self.courses, self.maps)
    }
}

/// Finds a subject's own courses and maps of networks that a group shares (Beckmann et al. 2009, *NeuroImage* 47 Suppl. 1:S148; Nickerson et al. 2017,
/// *Front. Neurosci.* 11:115).
///
/// With X the subject's voxels, z-scored within each run (time × voxel), and M the maps (network × voxel):
///
/// ```text
/// 1. spatial regression     T = X · Mᵀ · (M · Mᵀ)⁻¹        each volume on all maps: time × network
/// 2. temporal regression    B = (Zᵀ · Z)⁻¹ · Zᵀ · X         each voxel on all courses: network × voxel
/// ```
///
/// Z being T with each course z-scored over time, so that a map's values do not depend on how large the group's map was. Both are
/// `numpy.linalg.lstsq`'s solutions. FSL's script takes in addition the mean over voxels out of maps and volumes before step 1: for maps of mean 0, as those
/// of [`GroupIca`](super::GroupIca), that gives the same courses; for others (labels, sparse maps) it would take a part of their own signal away, and is not done.
///
/// ```
/// use neurocell::prelude::*;
/// let networks = Networks::yeo7()?;
/// # let data = ndarray::Array2::from_shape_fn((20, networks.mask().count()), |(t, v)| ((t * t * 7 + v * (t + 3)) % 13) as f32);
/// # let bold = VoxelSeries::new(data, networks.mask().clone(), Clock::new(1.5, &[20])?, "made")?;
/// let own = dual_regression(&networks, &bold)?;
/// assert_eq!(own.courses().data().dim(), (20, 7));
/// assert_eq!(own.maps().maps().dim(), networks.maps().dim());
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If networks and subject are on different masks (both are named), the subject has too few volumes for so many networks, a network is a combination
/// of others, its course is constant, or a map of the result is 0 throughout.
pub fn dual_regression(networks: &Networks, subject: &VoxelSeries) -> Result<DualRegression> {
    if networks.mask() != subject.mask() {
        return Err(Error::shape(
            format!(
                "{} is on a {}, {} on a {}: not the same voxels",
                networks.atlas(),
                networks.mask(),
                subject.name(),
                subject.mask()
            ),
            "bring the networks onto the series' mask: `networks.resampled_to(series.mask())?`",
        ));
    }
    let count = networks.count();
    let subject = Subject::new(subject.clone())?;
    let freedom = subject.freedom();
    if count > freedom {
        return Err(Error::value(
            format!(
                "{count} networks in {} volumes of {}: at most {freedom} courses are independent",
                subject.data.rows(),
                subject.series.name()
            ),
            "take fewer networks, or more volumes",
        ));
    }
    let maps = ColumnBlocks::from_matrix(networks.maps().view());
    let gram = maps.times_transposed(&maps);
    check_independent(&gram, "maps")?;
    let courses = subject.data.times_transposed(&maps).dot(&pseudo_inverse(gram.view())?);
    let mut courses = courses.mapv(|v| v as f32);
    for (course, name) in courses.columns_mut().into_iter().zip(networks.names()) {
        if zscore(course).is_none() {
            return Err(Error::value(
                format!("the course of {name} in {} is constant", subject.series.name()),
                "leave the network out: its voxels do not vary in this subject",
            ));
        }
    }
    let wide = courses.mapv(f64::from);
    let gram = wide.t().dot(&wide);
    check_independent(&gram, "courses")?;
    let solver = pseudo_inverse(gram.view())?.dot(&wide.t());
    let own = subject.data.times(solver.mapv(|v| v as f32).view()).to_matrix();
    // ‖Z·B‖² = tr(Bᵀ·ZᵀZ·B) is what least squares explains.
    let blocks = ColumnBlocks::from_matrix(own.view());
    let explained = (blocks.times_transposed(&blocks) * &gram).sum() / subject.data.squared_norms().iter().sum::<f64>();
    let (series, names) = (&subject.series, networks.names());
    let about = format!("{}, dual regression on {}", series.name(), networks.atlas());
    let made = Provenance::step("dual regression").input("networks", networks).input("subject", series);
    Ok(DualRegression {
        maps: Networks::new(own, series.mask(), names, about.clone())?.made(made.clone()),
        courses: subject.scan.series(&courses, names, about)?.made(made.option("part", "courses")),
        explained,
    })
}

/// An error if a Gram matrix is singular.
fn check_independent(gram: &ndarray::Array2<f64>, what: &str) -> Result<()> {
    let scale: Vec<f64> = gram.diag().iter().map(|v| v.max(f64::MIN_POSITIVE).sqrt()).collect();
    let unit = ndarray::Array2::from_shape_fn(gram.dim(), |(i, j)| gram[[i, j]] / (scale[i] * scale[j]));
    let smallest = crate::linalg::symmetric_eigen(unit.view())?.values.last().copied().unwrap_or(1.0);
    if smallest < 1e-6 {
        return Err(Error::value(
            format!(
                "the networks' {what} are not independent: the smallest eigenvalue of their correlations is {smallest:.1e}"
            ),
            "leave out networks that are combinations of others",
        ));
    }
    Ok(())
}
