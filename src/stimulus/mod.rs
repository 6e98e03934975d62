//! Words and when they were heard.
//!
//! A [`Stimulus`] is a text whose words carry an onset and an offset in seconds, counted from the
//! first volume of the run in which they were heard.

mod word;

pub use word::{Stimulus, Word};
