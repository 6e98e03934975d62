//! Maps that are thresholded by a test over subjects, beside networks.

use super::grid::networks_on;
use crate::brain::Networks;
use crate::csv;
use crate::encoding::EncodingFit;
use crate::error::{Error, Result};
use crate::notebook::{Progress, check_cancelled};
use crate::provenance::{Provenance, Traced};
use crate::statistics::{SignFlip, benjamini_hochberg, sign_flip, two_sided_t};
use ndarray::Array2;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// By which test a voxel's weights are compared with 0 over subjects.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum OverSubjects {
    /// Student's t of the subjects' weights.
    #[default]
    T,
    /// Turning signs ([`sign_flip`]): no normal distribution is supposed, but n subjects give no p below 2¹⁻ⁿ.
    SignFlip(SignFlip),
}

impl fmt::Display for OverSubjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OverSubjects::T => f.write_str("t-test over subjects"),
            OverSubjects::SignFlip(_) => f.write_str("turned signs over subjects"),
        }
    }
}

/// Where each pattern's weights differ from 0 over subjects, and how that lies upon networks: [`match_significant`]; clones are cheap.
#[derive(Clone, Debug)]
pub struct SignificantMatch {
    voxels: Arc<[usize]>,
    dice: Arc<Array2<f64>>,
    of_network: Arc<Array2<f64>>,
    networks: Arc<[String]>,
    atlas: String,
    level: f64,
    test: OverSubjects,
    subjects: usize,
    tests: usize,
    least: f64,
    made: Provenance,
}

/// Each pattern's map, thresholded where its weights differ from 0 over subjects, beside each network: Dice and the share of the network that is covered.
///
/// The fits are those of subjects who heard the same, with the same patterns, on one mask. For pattern k and voxel v the subjects' weights are tested against 0, on two
/// sides, and p is corrected by Benjamini and Hochberg over all patterns × voxels. Kept are the voxels with q < `level` whose mean weight has the sign of the spatial r of
/// the mean map with the network, since a pattern's sign is arbitrary. A network's voxels are those above half of its greatest value. With few subjects few maps keep a voxel: an
/// empty map has Dice 0, and the table says how many voxels are left.
///
/// ```no_run
/// use neurocell::coupling::{OverSubjects, match_significant};
/// use neurocell::prelude::*;
/// # fn run(fits: Vec<EncodingFit>, networks: Networks) -> Result<()> {
/// println!("{}", match_significant(&fits, &networks, OverSubjects::T, 0.05)?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there are fewer than two subjects; masks or numbers of patterns differ; the atlas is on another grid; the level is not between 0 and 1; or it is stopped.
pub fn match_significant(
    fits: &[EncodingFit],
    networks: &Networks,
    test: OverSubjects,
    level: f64,
) -> Result<SignificantMatch> {
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::value(
            format!("a false discovery rate of {level}"),
            "give one between 0 and 1, such as 0.05",
        ));
    }
    let first = same_patterns(fits)?;
    if fits.len() < 2 {
        return Err(Error::value(
            format!("one subject ({}): its weights have no spread over subjects", first.about()),
            "add subjects, 6 or more; one subject's maps are thresholded at shares of the voxels: `matched.dice_table()`",
        ));
    }
    let (patterns, voxels) = first.weights().dim();
    let templates = networks_on(networks, first.mask())?;
    let (mut p, mut mean) = (Vec::with_capacity(patterns * voxels), Array2::<f32>::zeros((patterns, voxels)));
    let mut progress = Progress::new("patterns tested over subjects", patterns as u64);
    for pattern in 0..patterns {
        check_cancelled("testing maps over subjects")?;
        let weights = Array2::from_shape_fn((fits.len(), voxels), |(n, voxel)| fits[n].weights()[[pattern, voxel]]);
        let (means, found) = tested(&weights, &test)?;
        mean.row_mut(pattern).iter_mut().zip(means).for_each(|(to, v)| *to = v as f32);
        p.extend(found);
        progress.advance(1);
    }
    let q = benjamini_hochberg(&p)?;
    let kept = |pattern: usize, voxel: usize| q[pattern * voxels + voxel] < level;
    let size = (patterns, networks.count());
    let (mut dice, mut of_network) = (Array2::zeros(size), Array2::zeros(size));
    for (n, template) in templates.outer_iter().enumerate() {
        let half = template.iter().copied().fold(f32::MIN, f32::max) / 2.0;
        let members = template.iter().filter(|m| **m > half).count();
        for pattern in 0..patterns {
            let sign = super::correlate::pearson(mean.row(pattern), template).signum() as f32;
            let (mut own, mut both) = (0, 0);
            for voxel in (0..voxels).filter(|v| kept(pattern, *v) && sign * mean[[pattern, *v]] > 0.0) {
                own += 1;
                both += usize::from(template[voxel] > half);
            }
            dice[[pattern, n]] = 2.0 * f64::from(both as u32) / (own + members).max(1) as f64;
            of_network[[pattern, n]] = both as f64 / members.max(1) as f64;
        }
    }
    let left = (0..patterns).map(|pattern| (0..voxels).filter(|v| kept(pattern, *v)).count());
    let made = Provenance::step("match significant maps").option("test", &test).option("level", level);
    Ok(SignificantMatch {
        voxels: left.collect(),
        dice: dice.into(),
        of_network: of_network.into(),
        networks: networks.names().into(),
        atlas: networks.atlas().to_owned(),
        level,
        test,
        subjects: fits.len(),
        tests: p.len(),
        least: p.iter().copied().fold(1.0, f64::min),
        made: made.inputs_of("fit", fits).input("networks", networks),
    })
}

/// The first of some subjects' fits, which all have the same patterns on the same voxels.
pub(super) fn same_patterns(fits: &[EncodingFit]) -> Result<&EncodingFit> {
    let Some(first) = fits.first() else {
        return Err(Error::value("0 subjects", "give each subject's fit"));
    };
    for (n, fit) in fits.iter().enumerate() {
        if fit.mask() != first.mask() || fit.weights().nrows() != first.weights().nrows() {
            let of = |fit: &EncodingFit| {
                format!("{} {} on {} voxels", fit.weights().nrows(), fit.kind(), fit.mask().count())
            };
            return Err(Error::shape(
                format!("subject 1 has {}, subject {} {}", of(first), n + 1, of(fit)),
                "fit the same patterns on one mask for all: `Masker::new(&mask)`",
            ));
        }
    }
    Ok(first)
}

/// Means over rows, and two-sided p of each column.
fn tested(weights: &Array2<f32>, test: &OverSubjects) -> Result<(Vec<f64>, Vec<f64>)> {
    let rows = weights.nrows() as f64;
    if let OverSubjects::SignFlip(options) = test {
        let found = sign_flip(weights, options.clone().sides(crate::statistics::Sides::Both))?;
        return Ok((found.mean().to_vec(), found.p().to_vec()));
    }
    let one = |column: ndarray::ArrayView1<f32>| {
        let mean = column.iter().map(|v| f64::from(*v)).sum::<f64>() / rows;
        let variance = column.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / (rows - 1.0);
        let p = match variance > 0.0 {
            true => two_sided_t(mean / (variance / rows).sqrt(), rows - 1.0),
            // A voxel outside all subjects' data has weight 0 throughout.
            false if mean == 0.0 => 1.0,
            false => 0.0,
        };
        (mean, p)
    };
    Ok(weights.columns().into_iter().map(one).unzip())
}

impl SignificantMatch {
    /// Dice, pattern × network.
    pub fn dice(&self) -> &Array2<f64> {
        &self.dice
    }

    /// Share of the network that the pattern's significant voxels cover, pattern × network.
    pub fn of_network(&self) -> &Array2<f64> {
        &self.of_network
    }

    /// Number of significant voxels of each pattern, of either sign.
    pub fn voxels(&self) -> &[usize] {
        &self.voxels
    }

    /// The networks' names: the columns.
    pub fn networks(&self) -> &[String] {
        &self.networks
    }

    /// The pattern of greatest Dice with a network, and that Dice; none if no pattern has a significant voxel there.
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn best_pattern(&self, network: &str) -> Result<Option<(usize, f64)>> {
        let column = self.networks.iter().position(|name| name == network);
        let column = column.ok_or_else(|| Error::unknown("network", network, &self.networks))?;
        let all = self.dice.column(column).to_vec().into_iter().enumerate().filter(|(_, dice)| *dice > 0.0);
        Ok(all.reduce(|best, next| if next.1 > best.1 { next } else { best }))
    }

    /// Writes all pairs as CSV: pattern, significant voxels, network, Dice, share of the network.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "pattern,voxels,network,dice,of_network\n".to_owned();
        for ((k, n), dice) in self.dice.indexed_iter() {
            let name = csv::cell(&self.networks[n]);
            text.push_str(&format!("{k},{},{name},{dice:.6},{:.6}\n", self.voxels[k], self.of_network[[k, n]]));
        }
        csv::write_traced(path.as_ref(), &text, self)
    }
}

impl Traced for SignificantMatch {
    fn provenance(&self) -> Provenance {
        self.made.clone()
    }
}

impl fmt::Display for SignificantMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with = self.voxels.iter().filter(|voxels| **voxels > 0).count();
        write!(
            f,
            "SignificantMatch: {with} of {} patterns have voxels with q < {} ({}, {} subjects; FDR over {} tests); {}",
            self.voxels.len(),
            self.level,
            self.test,
            self.subjects,
            self.tests,
            self.atlas
        )?;
        if let OverSubjects::SignFlip(options) = &self.test {
            let exact = 2f64.powi(1 - i32::try_from(self.subjects).unwrap_or(i32::MAX));
            let floor = exact.max(1.0 / (options.flips + 1) as f64);
            let needed = (floor * self.tests as f64 / self.level).ceil();
            if needed > 1.0 {
                write!(
                    f,
                    "\nno p is below {floor:.1e}, so that fewer than {needed} voxels at that floor cannot reach q < {}",
                    self.level
                )?;
            }
        }
        if with == 0 {
            return write!(f, "\nno voxel of any pattern is significant; the least p is {:.1e}", self.least);
        }
        let width = self.networks.iter().map(|n| n.chars().count()).max().unwrap_or(0).max("network".len());
        write!(f, "\n{:width$}  {:>7}  {:>6}  {:>5}  {:>10}", "network", "pattern", "voxels", "Dice", "of network")?;
        for (n, name) in self.networks.iter().enumerate() {
            match self.best_pattern(name).ok().flatten() {
                Some((k, dice)) => write!(
                    f,
                    "\n{name:width$}  {k:>7}  {:>6}  {dice:>5.2}  {:>8.0} %",
                    self.voxels[k],
                    100.0 * self.of_network[[k, n]]
                )?,
                None => write!(f, "\n{name:width$}  no pattern has a significant voxel there")?,
            }
        }
        Ok(())
    }
}
