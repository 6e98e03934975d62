//! The result of every extraction: maps that all subjects share, and each subject's courses.

use crate::brain::{NetworkSeries, Networks, Suggestions};
use crate::error::{Error, Result};
use crate::pattern::Report;
use std::fmt;
use std::sync::Arc;

/// Functional brain networks that were found in data; clones are cheap.
#[derive(Clone, Debug)]
pub struct Extraction {
    pub(super) networks: Networks,
    pub(super) courses: Arc<[NetworkSeries]>,
    pub(super) method: String,
    pub(super) unit: &'static str,
    pub(super) explained: f64,
    pub(super) seed: u64,
    pub(super) report: Report,
}

impl Extraction {
    /// The networks' maps, network × voxel; their unit is [`Extraction::unit`].
    pub fn networks(&self) -> &Networks {
        &self.networks
    }

    /// For each subject, in the order of the fit, the networks' courses (time × network), z-scored over time.
    pub fn courses(&self) -> &[NetworkSeries] {
        &self.courses
    }

    /// The same with the names that an atlas suggests, in maps and courses; a network keeps its own where none is clear.
    ///
    /// ```no_run
    /// use neurocell::prelude::*;
    /// # fn run(found: Extraction) -> Result<()> {
    /// let suggested = found.networks().suggest(&Networks::yeo7()?)?;
    /// println!("{suggested}");
    /// let named = found.named(&suggested)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the suggestions are for other networks.
    pub fn named(&self, suggested: &Suggestions) -> Result<Extraction> {
        let asked: Vec<String> = suggested.networks().iter().map(|one| one.network.clone()).collect();
        if asked != self.networks.names() {
            return Err(Error::shape(
                format!("suggestions for {}, and networks {}", asked.join(", "), self.networks.names().join(", ")),
                "ask for them by `found.networks().suggest(&atlas)?`",
            ));
        }
        let names = suggested.names();
        let courses = self.courses.iter().map(|courses| courses.renamed(&names)).collect::<Result<Vec<_>>>()?;
        Ok(Extraction { networks: self.networks.renamed(&names)?, courses: courses.into(), ..self.clone() })
    }

    /// Number of networks.
    pub fn order(&self) -> usize {
        self.networks.count()
    }

    /// The method that found them, with its options and how it ended, as one line.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The unit of the maps' values.
    pub fn unit(&self) -> &str {
        self.unit
    }

    /// Share of the variance of all subjects' z-scored voxels that the maps explain, each volume being their least-squares fit: between 0 and 1.
    pub fn explained(&self) -> f64 {
        self.explained
    }

    /// The seed; the same seed gives the same bytes.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How it went: iterations, whether it converged, the objective, each network's share of the variance, voxels that were left out.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl fmt::Display for Extraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subjects = self.courses.len();
        write!(
            f,
            "{} networks of {subjects} subject{}, {:.1} % of the variance explained\n{}\n{}",
            self.order(),
            if subjects == 1 { "" } else { "s" },
            100.0 * self.explained,
            self.method,
            self.networks.mask()
        )?;
        match self.report.left_out.len() {
            0 => Ok(()),
            1 => write!(f, "\n1 voxel is constant in some subject and was left out (0 in every map)"),
            n => write!(f, "\n{n} voxels are constant in some subject and were left out (0 in every map)"),
        }
    }
}
