//! Tests through the public API; one module for each room.

mod brain;
mod pattern;
mod figure;
mod reference;
mod words;
