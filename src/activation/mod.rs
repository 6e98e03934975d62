//! Unit values: per word, and as courses on the scan's clock.

mod filter;
mod series;

pub use series::NeuronSeries;
