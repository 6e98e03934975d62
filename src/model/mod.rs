//! A transformer language model whose units can be read.
//!
//! [`Model::load`] takes a registered name, a folder or a hub id; [`Model::activations`] reads one [`Site`] of every block for
//! every word of a stimulus. Texts longer than the model's window are read in overlapping windows ([`WindowPlan`]).
//!
//! ```
//! use neurocell::prelude::*;
//! let bert = Model::load("minilm-l6")?;
//! assert_eq!(bert.neurons(Site::FfnOut).total(), 6 * 384);
//! # Ok::<(), neurocell::Error>(())
//! ```

mod align;
mod bert;
mod checkpoint;
mod compute;
mod config;
mod digest;
mod fetch;
mod files;
mod gguf;
mod gguf_tokenizer;
mod http;
mod hub;
mod intervention;
mod llama;
mod load;
mod locate;
mod lock;
mod network;
mod ops;
#[cfg(test)]
mod parity;
mod parts;
mod readout;
mod registry;
#[cfg(test)]
mod server;
mod site;
mod tap;
mod tokenizer;
mod weights;
mod wheel;
mod window;

pub(crate) use align::Aligned;
pub use compute::Compute;
pub(crate) use digest::noted_sha256;
pub use fetch::{Fetched, fetch, models_folder};
pub(crate) use http::disk;
pub(crate) use hub::{hub_cache, offline};
pub use intervention::{Intervention, Operation};
pub(crate) use lock::Lock;
pub use network::Model;
pub use readout::{Logits, Loss, Masking, TokenLoss};
pub(crate) use registry::Wheel;
pub use registry::{Entry, registry};
pub use site::{Neuron, NeuronAxis, Site};
pub(crate) use wheel::download as download_wheel;
pub(crate) use window::{BATCH, window};
pub use window::{Context, Window, WindowPlan};
