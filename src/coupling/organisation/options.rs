//! How models are analysed, and how intervals are drawn.

use crate::coupling::MatchOptions;
use crate::encoding::Ridge;
use crate::error::{Error, Result};
use crate::model::Site;
use crate::pattern::{Dictionary, Method};

/// Options of [`organisation`](super::organisation) and [`organisation_of_models`](super::organisation_of_models).
#[derive(Clone, Debug, PartialEq)]
pub struct OrganisationOptions {
    /// Draws of subjects. Default 2,000.
    pub draws: usize,
    /// The share of draws inside an interval. Default 0.95.
    pub interval: f64,
    /// Seed of the draws. Default 0.
    pub seed: u64,
    /// The site that is read of each model. Default [`Site::FfnOut`].
    pub site: Site,
    /// How patterns are found. Default a dictionary of 64 atoms (Sun et al. 2024).
    pub method: Method,
    /// Cut-off in seconds of the high-pass filter that neurons' courses go through, as voxels' did; `None` leaves them. Default 128.
    pub high_pass: Option<f64>,
    /// How voxels are predicted. Default [`Ridge::default`].
    pub ridge: Ridge,
    /// How maps are matched with networks. Default [`MatchOptions::default`].
    pub matching: MatchOptions,
    /// Seed of each model's twin with random weights; `None` leaves the twins out. Default 1.
    pub twin: Option<u64>,
}

impl Default for OrganisationOptions {
    fn default() -> OrganisationOptions {
        OrganisationOptions {
            draws: 2_000,
            interval: 0.95,
            seed: 0,
            site: Site::FfnOut,
            method: Dictionary::default().into(),
            high_pass: Some(128.0),
            ridge: Ridge::default(),
            matching: MatchOptions::default(),
            twin: Some(1),
        }
    }
}

impl OrganisationOptions {
    /// So many draws of subjects.
    pub fn draws(self, draws: usize) -> OrganisationOptions {
        OrganisationOptions { draws, ..self }
    }

    /// The share of draws inside an interval.
    pub fn interval(self, interval: f64) -> OrganisationOptions {
        OrganisationOptions { interval, ..self }
    }

    /// Seed of the draws.
    pub fn seed(self, seed: u64) -> OrganisationOptions {
        OrganisationOptions { seed, ..self }
    }

    /// The site that is read of each model.
    pub fn site(self, site: Site) -> OrganisationOptions {
        OrganisationOptions { site, ..self }
    }

    /// How patterns are found.
    pub fn method(self, method: impl Into<Method>) -> OrganisationOptions {
        OrganisationOptions { method: method.into(), ..self }
    }

    /// Cut-off in seconds of the neurons' high-pass filter; `None` leaves it out.
    pub fn high_pass(self, seconds: impl Into<Option<f64>>) -> OrganisationOptions {
        OrganisationOptions { high_pass: seconds.into(), ..self }
    }

    /// How voxels are predicted.
    pub fn ridge(self, ridge: Ridge) -> OrganisationOptions {
        OrganisationOptions { ridge, ..self }
    }

    /// How maps are matched with networks.
    pub fn matching(self, matching: MatchOptions) -> OrganisationOptions {
        OrganisationOptions { matching, ..self }
    }

    /// Seed of the twins' random weights; `None` leaves the twins out.
    pub fn twin(self, seed: impl Into<Option<u64>>) -> OrganisationOptions {
        OrganisationOptions { twin: seed.into(), ..self }
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.draws < 100 || !(self.interval > 0.0 && self.interval < 1.0) {
            return Err(Error::value(
                format!("an interval of level {} from {} draws", self.interval, self.draws),
                "ask for a level such as 0.95, and 100 draws or more, 2,000 say",
            ));
        }
        Ok(())
    }
}
