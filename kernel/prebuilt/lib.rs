//! The prelude as one shared library: notebook cells link it instead of compiling its 300 crates.
//!
//! No cargo package: this file is compiled with `-C prefer-dynamic`, which cargo cannot set for one crate of a
//! workspace. The standard library then exists once in the process that runs cells, and so does every static.
pub use neurocell::*;

#[path = "store.rs"]
pub mod evcxr_internal_runtime;
