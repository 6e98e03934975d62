//! Tests through the public API; one module for each room.

mod brain;
mod coupling;
mod reference;
mod simulate;
mod words;
