//! Tests through the public API; one module for each room.

mod brain;
mod coupling;
mod figure;
mod pattern;
mod reference;
mod simulate;
mod windows;
mod words;
