//! Tests through the public API; one module for each room.

mod brain;
mod coupling;
mod export;
mod figure;
mod pattern;
mod reference;
mod simulate;
mod store;
mod windows;
mod words;
