//! What many neurons do together: temporal patterns and what each neuron loads on them.

mod patterns;

pub use patterns::Patterns;
