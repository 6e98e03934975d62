//! Scores by region: one number for each subject and region, and what it goes with.

mod correlate;

pub use correlate::{RoiCorrelation, RoiCorrelations};

use crate::brain::{BrainMap, Mask, Networks};
use crate::csv;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::Array2;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Regions that are listed one by one.
const SHOWN: usize = 40;

/// Mean score of each subject in each region; clones are cheap.
#[derive(Clone, Debug)]
pub struct RoiScores {
    subjects: Arc<[String]>,
    regions: Arc<[String]>,
    /// subject × region; NaN where no voxel has a score.
    values: Arc<Array2<f64>>,
    voxels: Arc<Array2<usize>>,
    unit: String,
    atlas: String,
    made: Provenance,
}

/// The mean score of each subject (id and map) in each region of an atlas, or network.
///
/// For subject i and region R, sᵢ(R) is the mean of the map's values over the voxels of R that have one: voxels that are NaN, as those that
/// [`normalise`](super::normalise) has left out, do not count. Voxels of weighted maps are those of at least half the map's largest value. An atlas of another grid is brought
/// onto each map's mask ([`Networks::resampled_to`]). A region without a voxel in a subject is NaN there.
///
/// ```
/// use neurocell::prelude::*;
/// # let networks = Networks::yeo7()?;
/// # let made = |seed: usize| {
/// #     let values = (0..networks.mask().count()).map(|v| ((v * 7 + seed * 13) % 11) as f32 * 0.01).collect();
/// #     BrainMap::new(values, networks.mask(), "held-out r, made", "r")
/// # };
/// # let (first, second) = (made(1)?, made(2)?);
/// let scores = roi_scores(&[("01", &first), ("02", &second)], &networks)?;
/// println!("{scores}");
/// assert_eq!(scores.values().dim(), (2, 7));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no map, an id comes twice, maps are in different units (both are named), or an atlas has no voxel in a map's mask.
pub fn roi_scores(maps: &[(&str, &BrainMap)], networks: &Networks) -> Result<RoiScores> {
    let Some((first, map)) = maps.first() else {
        return Err(Error::value(
            "no map to take scores from",
            "give one for each subject: `&[(\"01\", &fit.score_map())]`",
        ));
    };
    let plain = |id: &str| id.strip_prefix("sub-").unwrap_or(id).to_owned();
    let subjects: Vec<String> = maps.iter().map(|(id, _)| plain(id)).collect();
    if let Some((_, id)) = subjects.iter().enumerate().find(|(n, id)| subjects[..*n].contains(id)) {
        return Err(Error::value(format!("sub-{id} has two maps"), "give one map a subject: the mean over its tasks"));
    }
    if let Some((id, other)) = maps.iter().find(|(_, other)| other.unit() != map.unit()) {
        return Err(Error::value(
            format!("the map of {first} is in `{}`, that of {id} in `{}`", map.unit(), other.unit()),
            "give the same kind of score for all subjects",
        ));
    }
    let mut values = Array2::from_elem((maps.len(), networks.count()), f64::NAN);
    let mut voxels = Array2::zeros(values.dim());
    // Most often all subjects have the same mask.
    let mut regions: Option<(Mask, Regions)> = None;
    for (subject, (_, map)) in maps.iter().enumerate() {
        if regions.as_ref().is_none_or(|(mask, _)| mask != map.mask()) {
            regions = Some((map.mask().clone(), voxels_of(networks, map.mask())?));
        }
        for (region, inside) in regions.iter().flat_map(|(_, regions)| regions) {
            let known: Vec<f64> =
                inside.iter().map(|n| f64::from(map.values()[*n])).filter(|value| !value.is_nan()).collect();
            voxels[[subject, *region]] = known.len();
            if !known.is_empty() {
                values[[subject, *region]] = known.iter().sum::<f64>() / known.len() as f64;
            }
        }
    }
    let made = maps
        .iter()
        .zip(&subjects)
        .fold(Provenance::step("scores of regions"), |made, ((_, map), id)| made.input(&format!("map of {id}"), *map));
    Ok(RoiScores {
        subjects: subjects.into(),
        regions: networks.names().into(),
        values: Arc::new(values),
        voxels: Arc::new(voxels),
        unit: map.unit().to_owned(),
        atlas: networks.atlas().to_owned(),
        made: made.input("networks", networks),
    })
}

/// The number of each region that has a voxel in a mask, and its voxels there.
type Regions = Vec<(usize, Vec<usize>)>;

fn voxels_of(networks: &Networks, mask: &Mask) -> Result<Regions> {
    let there = networks.resampled_to(mask)?.thresholded(0.5)?;
    let number = |name: &String| networks.row(name);
    let mut regions: Regions =
        there.names().iter().map(|name| Ok((number(name)?, Vec::new()))).collect::<Result<_>>()?;
    match there.labels() {
        Some(labels) => labels.iter().enumerate().for_each(|(voxel, label)| {
            if let Some(region) = label {
                regions[*region].1.push(voxel);
            }
        }),
        None => {
            for (region, row) in regions.iter_mut().zip(there.maps().rows()) {
                region.1 = (0..row.len()).filter(|voxel| row[*voxel] > 0.0).collect();
            }
        }
    }
    Ok(regions)
}

impl RoiScores {
    /// What they are made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// The subjects' ids without `sub-`, the rows.
    pub fn subjects(&self) -> &[String] {
        &self.subjects
    }

    /// The regions' names, the columns.
    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    /// Mean score, subject × region; NaN where no voxel has a score.
    pub fn values(&self) -> &Array2<f64> {
        &self.values
    }

    /// Number of voxels that the mean is over, subject × region.
    pub fn voxels(&self) -> &Array2<usize> {
        &self.voxels
    }

    /// The scores' unit.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// The atlas' name.
    pub fn atlas(&self) -> &str {
        &self.atlas
    }

    /// One region's score of each subject.
    ///
    /// # Errors
    /// If there is no region of that name; the nearest is proposed.
    pub fn region(&self, name: &str) -> Result<Vec<f64>> {
        let found = self.regions.iter().position(|region| region == name);
        let column = found.ok_or_else(|| Error::unknown(&format!("region of {}", self.atlas), name, &self.regions))?;
        Ok(self.values.column(column).to_vec())
    }

    /// Each region's mean and standard deviation (n − 1) over the subjects that have a score there, and how many these are.
    pub fn over_subjects(&self) -> Vec<(f64, f64, usize)> {
        let of = |region: usize| {
            let known: Vec<f64> = self.values.column(region).iter().copied().filter(|v| !v.is_nan()).collect();
            let count = known.len() as f64;
            let mean = known.iter().sum::<f64>() / count;
            let deviation = (known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
            (mean, if known.len() > 1 { deviation } else { f64::NAN }, known.len())
        };
        (0..self.regions.len()).map(of).collect()
    }

    /// Writes the scores as CSV, a row a subject: `participant_id`, then a column a region; `n/a` where there is none.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = String::from("participant_id");
        self.regions.iter().for_each(|region| text.push_str(&format!(",{}", csv::cell(region))));
        for (subject, row) in self.subjects.iter().zip(self.values.rows()) {
            text.push_str(&format!("\nsub-{}", csv::cell(subject)));
            for value in row {
                text.push_str(&if value.is_nan() { ",n/a".to_owned() } else { format!(",{value:.6}") });
            }
        }
        text.push('\n');
        csv::write_traced(path.as_ref(), &text, self)
    }
}

/// The regions' means over subjects, the best first.
impl fmt::Display for RoiScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subjects, regions) = (self.subjects.len(), self.regions.len());
        let s = if subjects == 1 { "" } else { "s" };
        write!(f, "RoiScores: {subjects} subject{s} × {regions} regions of {}, {}", self.atlas, self.unit)?;
        let mut rows: Vec<(usize, (f64, f64, usize))> = self.over_subjects().into_iter().enumerate().collect();
        // Regions without a score come last.
        let order = |mean: f64| if mean.is_nan() { f64::NEG_INFINITY } else { mean };
        rows.sort_by(|a, b| order(b.1.0).total_cmp(&order(a.1.0)));
        rows.truncate(SHOWN);
        let width = rows.iter().map(|(n, _)| self.regions[*n].chars().count()).max().unwrap_or(0).max("region".len());
        write!(f, "\n  {:width$} {:>8} {:>8} {:>9} {:>7}", "region", "mean", "sd", "subjects", "voxels")?;
        for (region, (mean, deviation, count)) in rows {
            let voxels: usize = self.voxels.column(region).iter().sum();
            let number = |v: f64| if v.is_nan() { "–".to_owned() } else { format!("{v:.3}") };
            let (mean, deviation, voxels) = (number(mean), number(deviation), voxels / subjects.max(1));
            write!(f, "\n  {:width$} {mean:>8} {deviation:>8} {count:>9} {voxels:>7}", self.regions[region])?;
        }
        match regions.checked_sub(SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "\n  and {more} more"),
        }
    }
}
