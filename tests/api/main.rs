//! Tests through the public API; one module for each room.

mod brain;
mod coupling;
mod fetch;
mod figure;
mod models;
mod pattern;
mod reference;
mod sampling;
mod simulate;
mod stimulus;
mod tokens;
mod words;
