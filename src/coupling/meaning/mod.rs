//! What neurons and networks respond to: words, contexts, and kinds of words (Liu et al. 2023, steps 5 and 6 of the analysis).
//!
//! [`word_classes`] tests every neuron against every kind of words; [`meaning`] pools the neurons of each network and says at which words they are high
//! together; [`meaning_of`] does so for one list of neurons.

mod by_neuron;
mod enrichment;
mod kinds;
mod network;
mod options;
mod pooled;
mod words;

pub use by_neuron::{WordClasses, word_classes};
pub use enrichment::Enrichment;
pub use kinds::WordKind;
pub use network::{NetworkMeaning, WordMean};
pub use options::MeaningOptions;
pub use pooled::{Meaning, meaning, meaning_of, meaning_with};
