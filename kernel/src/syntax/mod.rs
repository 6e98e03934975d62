//! Rust code looked at without compiling it: is it whole, and can it be given to a parser?

mod brackets;
mod completeness;

pub use completeness::{Completeness, completeness};

/// Parsers recurse, and the one that rust-analyzer has ends the process when its stack is used up. Code that may become
/// a deeper tree than this is not given to it. People write some twenty levels, generated code a few hundred.
pub const DEEPEST: usize = 2000;

/// Whether `code` may become too deep a tree for the parser.
pub fn is_too_deep(code: &str) -> bool {
    // A level takes a character at least.
    code.len() > DEEPEST && brackets::read(code).depth > DEEPEST
}
