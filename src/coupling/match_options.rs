//! How maps are matched with networks.

use crate::error::{Error, Result};
use std::fmt;

/// What a match between a map and a network is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpatialNull {
    /// Random maps as smooth as the pattern's own, over all voxels of the fit (after Burt et al. 2020): for any mask and space. Symmetry of the
    /// hemispheres is not mimicked.
    #[default]
    SmoothMaps,
    /// The pattern's map turned at random on the sphere of the cortex, the right hemisphere as a mirror image of the left one (Alexander-Bloch et al. 2018):
    /// smoothness, values and symmetry stay as they are. For maps in MNI 152 space; only the cortex counts.
    Spin,
}

impl fmt::Display for SpatialNull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SpatialNull::SmoothMaps => "random maps as smooth as the pattern's",
            SpatialNull::Spin => "spins of the pattern's map on the sphere of the cortex",
        })
    }
}

/// Which map of a pattern is matched with the networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PatternMap {
    /// How far each voxel goes with the pattern, whatever the other patterns are: [`EncodingFit::responses`](crate::encoding::EncodingFit::responses). Patterns
    /// that are alike share a network's weights out between them; their responses stay. On planted truth these maps name more networks rightly.
    #[default]
    Responses,
    /// The encoding weights themselves, the pattern's row of B, as Sun et al. 2024 have it.
    Weights,
}

impl fmt::Display for PatternMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PatternMap::Responses => "response map",
            PatternMap::Weights => "weight map",
        })
    }
}

/// How [`match_networks_with`](super::match_networks_with) matches.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchOptions {
    pub(super) surrogates: usize,
    pub(super) seed: u64,
    pub(super) level: f64,
    pub(super) dice_share: Option<f64>,
    pub(super) thresholds: Vec<f64>,
    pub(super) null: SpatialNull,
    pub(super) maps: PatternMap,
}

impl Default for MatchOptions {
    /// 1,000 surrogates, seed 0, q < 0.05, Dice at the network's own size and at 5, 10 and 20 % of the voxels, smooth random maps for chance, the
    /// patterns' response maps.
    fn default() -> Self {
        MatchOptions {
            surrogates: 1_000,
            seed: 0,
            level: 0.05,
            dice_share: None,
            thresholds: vec![0.05, 0.1, 0.2],
            null: SpatialNull::SmoothMaps,
            maps: PatternMap::default(),
        }
    }
}

impl MatchOptions {
    /// How many surrogate maps (or spins) are drawn for each pattern; p cannot be below 1 / (surrogates + 1).
    pub fn surrogates(mut self, count: usize) -> Self {
        self.surrogates = count;
        self
    }

    /// Seed of the surrogates.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The q value (false discovery rate) below which a match is called above chance.
    pub fn level(mut self, q: f64) -> Self {
        self.level = q;
        self
    }

    /// Share of the voxels, those of greatest weight, that Dice compares with the network, instead of as many as the network has.
    pub fn dice_share(mut self, share: f64) -> Self {
        self.dice_share = Some(share);
        self
    }

    /// Shares of the voxels, those of greatest weight, at which [`NetworkMatch::dice_table`](super::NetworkMatch::dice_table) gives Dice.
    pub fn thresholds(mut self, shares: &[f64]) -> Self {
        self.thresholds = shares.to_vec();
        self
    }

    /// What a match is compared with.
    pub fn null(mut self, null: SpatialNull) -> Self {
        self.null = null;
        self
    }

    /// Which map of a pattern is matched.
    pub fn maps(mut self, maps: PatternMap) -> Self {
        self.maps = maps;
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.surrogates == 0 {
            return Err(Error::value("0 surrogate maps were asked for", "take 1000 or more"));
        }
        let shares = self.thresholds.iter().map(|share| ("a threshold, as a share of the voxels,", Some(*share)));
        let others = [("the level q", Some(self.level)), ("the share of voxels for Dice", self.dice_share)];
        for (what, value) in others.into_iter().chain(shares) {
            if let Some(value) = value.filter(|v| !(*v > 0.0 && *v < 1.0)) {
                return Err(Error::value(format!("{what} is {value}; it lies between 0 and 1"), "0.05 is usual"));
            }
        }
        Ok(())
    }
}
