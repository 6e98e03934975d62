//! A contrast network by network.

use super::super::in_silico::Subject;
use super::brains::Brain;
use super::{Found, Values, over_subjects};
use crate::brain::Networks;
use crate::coupling::grid::networks_on;
use crate::csv;
use crate::error::{Error, Result};
use crate::linalg::product;
use crate::provenance::Provenance;
use crate::statistics::{Null, Sides, correlation_test};
use ndarray::Array2;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::ContrastOptions;

/// One network's contrast.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkContrast {
    /// The network's name.
    pub network: String,
    /// A − B: mean over the network's voxels, in standard deviations of a voxel.
    pub difference: f64,
    /// Ends of the bootstrap interval over runs and subjects; none for one run of one subject.
    pub interval: Option<[f64; 2]>,
    /// p over texts.
    pub p_texts: f64,
    /// p over brains.
    pub p_brains: f64,
    /// The larger of both.
    pub p: f64,
    /// p corrected for the number of networks (Benjamini–Hochberg).
    pub q: f64,
}

/// A contrast network by network: [`TextContrast::networks`](super::TextContrast::networks); clones are cheap.
#[derive(Clone, Debug)]
pub struct NetworkContrasts {
    rows: Arc<[NetworkContrast]>,
    atlas: String,
    about: String,
    level: f64,
    made: Provenance,
}

impl NetworkContrasts {
    pub(super) fn new(
        subjects: &[Subject],
        found: &Found,
        networks: &Networks,
        options: &ContrastOptions,
        about: String,
        made: Provenance,
    ) -> Result<NetworkContrasts> {
        let mask = subjects[0].fit.mask();
        let mut maps = networks_on(&networks.resampled_to(mask)?, mask)?;
        for (mut map, name) in maps.rows_mut().into_iter().zip(networks.names()) {
            let total: f32 = map.iter().map(|v| v.abs()).sum();
            if total == 0.0 {
                return Err(Error::value(
                    format!("network {name} of {} has no voxel in the fits' mask", networks.atlas()),
                    "fit a mask that covers it, or take an atlas without it",
                ));
            }
            map /= total;
        }
        let rows: Vec<Array2<f32>> =
            found.brains.iter().map(|brain| product(brain.values.view(), maps.t())).collect::<Result<_>>()?;
        let responses = product(found.responses.view(), maps.t())?;
        let p_brains = match subjects {
            [one] => one_brain(one, &found.brains[0], &maps)?,
            _ => over_subjects(&rows.iter().map(|rows| rows.row(0).to_vec()).collect::<Vec<_>>()),
        };
        let views: Vec<_> = rows.iter().map(|rows| rows.view()).collect();
        let values = Values::new(&views, responses.view(), p_brains, &found.design, found.draws.as_ref(), options)?;
        let each = networks.names().iter().enumerate().map(|(n, name)| NetworkContrast {
            network: name.clone(),
            difference: values.value[n],
            interval: values.interval.as_ref().map(|(low, high)| [low[n], high[n]]),
            p_texts: values.p_texts[n],
            p_brains: values.p_brains[n],
            p: values.p[n],
            q: values.q[n],
        });
        let made = made.input("networks", networks);
        Ok(NetworkContrasts {
            rows: each.collect(),
            atlas: networks.atlas().to_owned(),
            about,
            level: options.level,
            made,
        })
    }

    /// What they are made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// Each network's contrast, in the order of the atlas.
    pub fn rows(&self) -> &[NetworkContrast] {
        &self.rows
    }

    /// One network's contrast.
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn of(&self, network: &str) -> Result<&NetworkContrast> {
        let names: Vec<String> = self.rows.iter().map(|row| row.network.clone()).collect();
        let found = self.rows.iter().find(|row| row.network == network);
        found.ok_or_else(|| Error::unknown(&format!("network of {}", self.atlas), network, &names))
    }

    /// Writes the table as CSV: network, difference, low, high, p over texts, p over brains, p, q.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "network,difference_sd,low,high,p_texts,p_brains,p,q\n".to_owned();
        for row in self.rows.iter() {
            let [low, high] =
                row.interval.map_or([String::new(), String::new()], |ends| ends.map(|v| format!("{v:.6}")));
            let name = csv::cell(&row.network);
            text.push_str(&format!(
                "{name},{:.6},{low},{high},{:e},{:e},{:e},{:e}\n",
                row.difference, row.p_texts, row.p_brains, row.p, row.q
            ));
        }
        csv::write_traced(path.as_ref(), &text, self)
    }
}

/// Chance of one subject's networks: the network's mean course beside the mean of its voxels' h.
fn one_brain(subject: &Subject, brain: &Brain, maps: &Array2<f32>) -> Result<Vec<f64>> {
    let mut courses = Array2::<f32>::zeros((subject.clock.total(), maps.nrows()));
    let mut measured = courses.clone();
    for start in (0..brain.alpha.len()).step_by(4096) {
        let voxels = start..(start + 4096).min(brain.alpha.len());
        let part = maps.slice(ndarray::s![.., voxels.clone()]);
        courses += &product(brain.course(voxels.clone()).view(), part.t())?;
        measured += &product(subject.measured(voxels)?.view(), part.t())?;
    }
    Ok(correlation_test(&courses, &measured, &subject.clock, &Null::Phase, Sides::Both)?.p().to_vec())
}

impl fmt::Display for NetworkContrasts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.rows.iter().filter(|row| row.q < self.level).count();
        writeln!(
            f,
            "NetworkContrasts: A − B in {} networks of {}, {count} with q < {}",
            self.rows.len(),
            self.atlas,
            self.level
        )?;
        let width = self.rows.iter().map(|row| row.network.chars().count()).max().unwrap_or(0).max("network".len());
        write!(
            f,
            "{:width$}  {:>10}  {:>17}  {:>8}  {:>8}  {:>8}",
            "network", "A − B (sd)", "interval", "p texts", "p brains", "q"
        )?;
        for row in self.rows.iter() {
            let interval = row.interval.map_or("none".to_owned(), |[low, high]| format!("{low:+.3} to {high:+.3}"));
            let star = if row.q < self.level { " *" } else { "" };
            write!(
                f,
                "\n{:width$}  {:>+10.3}  {interval:>17}  {:>8.1e}  {:>8.1e}  {:>8.1e}{star}",
                row.network, row.difference, row.p_texts, row.p_brains, row.q
            )?;
        }
        write!(f, "\n{}", self.about)
    }
}
