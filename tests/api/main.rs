//! Tests through the public API; one module for each room.

mod brain;
mod coupling;
mod figure;
mod pattern;
mod reference;
mod sampling;
mod simulate;
mod stimulus;
mod words;
