//! Tests through the public API; one module for each room.

mod brain;
mod cluster;
mod components;
mod dictionary;
mod export;
mod extract;
mod fetch;
mod figure;
mod leaks;
mod masker;
mod models;
mod pattern;
mod reference;
mod sampling;
mod simulate;
mod statistics;
mod stimulus;
mod store;
mod tokens;
mod windows;
mod words;
