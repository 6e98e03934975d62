//! Unit values: per word, and as courses on the scan's clock.
//!
//! [`Model::activations`](crate::model::Model::activations) reads the model and gives [`Activations`], word × neuron;
//! [`Activations::to_series`] puts them on the scan's clock as a [`NeuronSeries`], time × neuron, as [`sampling`] says in equations.

mod activations;
mod course;
mod filter;
mod hrf;
mod placing;
mod read;
pub mod sampling;
mod series;
#[cfg(test)]
mod tests;

pub use activations::{Activations, TopWord};
pub use hrf::{Hrf, HrfPart};
pub use sampling::{Derivatives, Downsampling, Response, Sampling, Silence, WordTime};
pub use series::NeuronSeries;
