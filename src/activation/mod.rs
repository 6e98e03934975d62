//! Unit values: per word, and as courses on the scan's clock.
//!
//! [`Model::activations`](crate::model::Model::activations) reads the model and gives [`Activations`], word × neuron;
//! [`Activations::to_series`] puts them on the scan's clock as a [`NeuronSeries`], time × neuron.

mod activations;
mod course;
mod filter;
mod hrf;
mod read;
mod series;

pub use activations::{Activations, TopWord};
pub use hrf::Hrf;
pub use series::NeuronSeries;
