//! # neurocell
//!
//! Which units of a language model move in step with which networks of the human brain?
//!
//! This crate is the *prelude* of a Rust notebook: high-level functions that lead from a text and
//! a scan to an answer. Data flow in one direction, and modules depend on each other only along it:
//!
//! ```text
//! stimulus ─ words with onsets ─► model ─► activation ─ NeuronSeries ─► pattern ─┐
//!                                                                               ├─► encoding ─► coupling
//! brain ── BOLD, masks, networks ── VoxelSeries ─────────────────────────────────┘
//! ```
//!
//! | module | what it is for | what it gives |
//! |---|---|---|
//! | [`stimulus`] | words and when they were heard | [`Stimulus`](stimulus::Stimulus) |
//! | [`model`] | a transformer whose units can be read | [`Model`](model::Model), [`Site`](model::Site) |
//! | [`activation`] | unit values per word, and on the scan's clock | [`Activations`](activation::Activations), [`NeuronSeries`](activation::NeuronSeries) |
//! | [`pattern`] | what many neurons do together | [`Patterns`](pattern::Patterns) |
//! | [`brain`] | NIfTI, masks, cleaning, atlases | [`VoxelSeries`](brain::VoxelSeries), [`Networks`](brain::Networks), [`BrainMap`](brain::BrainMap) |
//! | [`extract`] | networks from the data themselves | [`Extraction`](extract::Extraction) |
//! | [`encoding`] | voxels predicted from patterns | [`EncodingFit`](encoding::EncodingFit) |
//! | [`coupling`] | which pattern and which neurons belong to which network | [`NetworkMatch`](coupling::NetworkMatch) |
//! | [`experiment`] | texts that nobody heard, and models without some of their units | [`InSilico`](experiment::InSilico), [`Lesion`](experiment::Lesion) |
//! | [`statistics`] | whether a correlation is more than chance, over thousands of tests | p and q values |
//! | [`simulate`] | a simulated subject on disk, with its truth beside it | [`Simulation`](simulate::Simulation) |
//! | [`figure`] | every result as a picture | [`Figure`](figure::Figure) |
//! | [`notebook`] | display, progress and cancellation in a notebook | |
//!
//! A notebook cell begins with `use neurocell::prelude::*;` (the neurocell kernel has done that already).
#![deny(missing_docs)]

pub mod activation;
pub mod brain;
pub mod clock;
pub mod coupling;
mod csv;
pub mod encoding;
pub mod error;
pub mod experiment;
pub mod extract;
pub mod figure;
mod hex;
mod home;
pub mod linalg;
pub mod model;
pub mod notebook;
mod parquet_table;
pub mod pattern;
pub mod prelude;
pub mod provenance;
mod replace;
pub mod signal;
pub mod simulate;
pub mod statistics;
pub mod stimulus;
mod store;

pub use error::{Error, Result};
