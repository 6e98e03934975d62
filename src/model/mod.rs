//! A transformer language model whose units can be read.

mod site;

pub use site::{Neuron, NeuronAxis, Site};
