//! What lies beside a stored fit: what it is, in words that a person can read.

use super::ELSEWHERE;
use crate::error::{Error, Result};
use crate::store::{Blocks, read_json, write_beside};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The layout of a folder of the store.
const FORMAT: u32 = 1;
const META: &str = "meta.json";
const PROGRESS: &str = "progress.json";

/// The content of `meta.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) format: u32,
    /// How the numbers lie in the files.
    pub(crate) layout: String,
    pub(crate) code: String,
    /// "sub-07, task tale: 8 patterns (PCA)".
    pub(crate) what: String,
    pub(crate) regressors: usize,
    pub(crate) volumes: usize,
    pub(crate) voxels: usize,
    pub(crate) folds: usize,
    /// Voxels of a block.
    pub(crate) width: usize,
    /// What the fit is made of, as JSON; empty in older ones.
    #[serde(default)]
    pub(crate) provenance: String,
}

/// The three matrices of a fit.
pub(crate) const FILES: [&str; 3] = ["weights.f32", "predicted.f32", "scores.f64"];

impl Meta {
    /// The same, with what says how it is kept.
    pub(super) fn stamped(mut self) -> Meta {
        self.format = FORMAT;
        self.layout = format!(
            "{} (regressor × voxel), {} (volume × voxel), {} (r of each fold, R² of each fold, α, mean, 1 / standard deviation × voxel): \
             little-endian, in blocks of {} voxels, in a block row after row",
            FILES[0], FILES[1], FILES[2], self.width
        );
        self
    }

    /// Where the numbers of each file lie.
    pub(crate) fn blocks(&self) -> [Blocks; 3] {
        let of = |rows| Blocks { offset: 0, rows, columns: self.voxels, width: self.width };
        [of(self.regressors), of(self.volumes), of(2 * self.folds + 3)]
    }

    /// Bytes of each file.
    pub(crate) fn sizes(&self) -> Result<[u64; 3]> {
        let [weights, predicted, scores] = self.blocks();
        let sizes = [
            Blocks::bytes::<f32>(weights.rows, self.voxels),
            Blocks::bytes::<f32>(predicted.rows, self.voxels),
            Blocks::bytes::<f64>(scores.rows, self.voxels),
        ];
        match sizes {
            [Some(a), Some(b), Some(c)] if a.checked_add(b).and_then(|sum| sum.checked_add(c)).is_some() => {
                Ok([a, b, c])
            }
            _ => Err(Error::value(
                format!(
                    "a fit of {} regressors × {} voxels takes more bytes than can be counted",
                    self.regressors, self.voxels
                ),
                "fit fewer voxels at a time",
            )),
        }
    }

    pub(super) fn bytes(&self) -> Result<u64> {
        Ok(self.sizes()?.iter().sum())
    }

    /// "sub-07, task tale: 8 patterns (PCA), 64 regressors × 30000 voxels".
    pub(super) fn title(&self) -> String {
        format!("{}, {} regressors × {} voxels", self.what, self.regressors, self.voxels)
    }

    /// Whether two are of the same sizes.
    pub(super) fn agrees(&self, other: &Meta) -> bool {
        self.blocks() == other.blocks() && self.format == other.format
    }

    /// Reads a folder's; what is wrong with it, in words.
    pub(super) fn read(folder: &Path) -> Result<Meta, String> {
        let meta: Meta = read_json(&folder.join(META))?;
        match meta.format {
            FORMAT if meta.width == 0 => Err(format!("{META} says that blocks have no voxel")),
            FORMAT => Ok(meta),
            other => Err(format!("{META} is of the format {other}, not {FORMAT}")),
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        write_beside(&folder.join(META), &text, ELSEWHERE)
    }
}

/// Which blocks of a folder that is being filled are on disk: the content of `progress.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reached {
    pub blocks: Vec<usize>,
}

impl Reached {
    pub fn read(folder: &Path) -> Option<Reached> {
        read_json(&folder.join(PROGRESS)).ok()
    }

    pub fn write(&self, folder: &Path) -> Result<()> {
        write_beside(&folder.join(PROGRESS), &serde_json::to_vec(self).unwrap_or_default(), ELSEWHERE)
    }

    pub fn forget(folder: &Path) -> std::io::Result<()> {
        match std::fs::remove_file(folder.join(PROGRESS)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
