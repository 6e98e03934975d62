//! Tests through the public API; one module for each room.

mod brain;
mod ceiling;
mod cluster;
mod components;
mod controls;
mod coupling;
mod dictionary;
mod export;
mod extract;
mod fetch;
mod figure;
mod leaks;
mod masker;
mod models;
mod pattern;
mod provenance;
mod reference;
mod roi;
mod sampling;
mod simulate;
mod statistics;
mod stimulus;
mod store;
mod tokens;
mod windows;
mod words;
