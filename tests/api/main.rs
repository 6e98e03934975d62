//! Tests through the public API; one module for each room.

mod brain;
mod reference;
mod words;
