//! Unit values: per word, and as courses on the scan's clock.
//!
//! [`Model::activations`](crate::model::Model::activations) reads the model and gives [`Activations`], word × neuron, which are kept on
//! disk and there at once the second time ([`activations_folder`]); [`Activations::to_series`] puts them on the scan's clock as a
//! [`NeuronSeries`], time × neuron, as [`sampling`] says in equations.

mod activations;
mod course;
mod export;
mod filter;
mod hrf;
mod placing;
mod read;
pub mod sampling;
mod series;
mod store;
#[cfg(test)]
mod tests;
mod values;
mod words;

pub use activations::Activations;
pub(crate) use course::{OnClock, WordValues, same_runs, volumes_on_clock};
pub use hrf::{Hrf, HrfPart};
pub use read::{Pooling, ReadOptions};
pub use sampling::{Derivatives, Downsampling, Response, Sampling, Silence, WordTime};
pub use series::NeuronSeries;
pub(crate) use series::Sampled;
pub use store::{StoredActivations, StoredState, activations_folder, stored_activations};
pub use words::TopWord;
