//! What lies beside the values: which they are, in words that a person can read.

use crate::error::Result;
use crate::store::{read_json, write_beside};
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
    /// How the numbers lie in `values.f32`.
    pub(crate) layout: String,
    pub(crate) code: String,
    pub(crate) model: String,
    pub(crate) identity: String,
    pub(crate) site: String,
    pub(crate) stimulus: String,
    /// How the text begins.
    pub(crate) text: String,
    pub(crate) runs: usize,
    pub(crate) words: usize,
    pub(crate) neurons: usize,
    /// How much of the text around a word the model saw; empty for what is usual.
    pub(crate) context: String,
    pub(crate) pooling: String,
    /// The plan of windows.
    pub(crate) plan: String,
    /// Numbers of words without a token.
    pub(crate) unmatched: Vec<usize>,
    /// Numbers of words that are unknown to the tokenizer.
    pub(crate) unknown: Vec<usize>,
    /// What the values are made of, as JSON; empty in older results.
    #[serde(default)]
    pub(crate) provenance: String,
}

impl Meta {
    /// The same, with what says how it is kept.
    pub(super) fn stamped(mut self) -> Meta {
        self.format = FORMAT;
        self.layout = "values.f32: word × neuron, 32-bit floats, little-endian, one word after the other".to_owned();
        self
    }

    pub(super) fn bytes(&self) -> u64 {
        self.words as u64 * self.neurons as u64 * 4
    }

    /// "minilm-l6 at FfnOut, The Lamp at Saint Orren, sentence by sentence: 1617 words × 2304 neurons".
    pub(super) fn title(&self) -> String {
        let Meta { model, site, stimulus, words, neurons, context, .. } = self;
        let comma = if context.is_empty() { "" } else { ", " };
        format!("{model} at {site}, {stimulus}{comma}{context}: {words} words × {neurons} neurons")
    }

    /// Reads a folder's; what is wrong with it, in words.
    pub(super) fn read(folder: &Path) -> Result<Meta, String> {
        let meta: Meta = read_json(&folder.join(META))?;
        let numbers = meta.unmatched.iter().chain(&meta.unknown);
        match (meta.format, numbers.max()) {
            (FORMAT, Some(last)) if *last >= meta.words => Err(format!("{META} names a word {last} of {}", meta.words)),
            (FORMAT, _) => Ok(meta),
            (other, _) => Err(format!("{META} is of the format {other}, not {FORMAT}")),
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        write_beside(&folder.join(META), &text, super::ELSEWHERE)
    }
}

/// How far a folder that is being filled has come: the content of `progress.json`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reached {
    /// Words from the beginning whose rows are on disk.
    pub(crate) words: usize,
    /// Tokens in one call of the model: with another number the last bits of values would differ.
    pub(crate) batch: usize,
}

impl Reached {
    pub(super) fn read(folder: &Path) -> Option<Reached> {
        read_json(&folder.join(PROGRESS)).ok()
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        write_beside(&folder.join(PROGRESS), &serde_json::to_vec(self).unwrap_or_default(), super::ELSEWHERE)
    }

    pub(super) fn forget(folder: &Path) -> std::io::Result<()> {
        match std::fs::remove_file(folder.join(PROGRESS)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
