//! Words and when they were heard.
//!
//! A [`Stimulus`] is a text whose words carry an onset and an offset in seconds, counted from the
//! first volume of the run in which they were heard. It comes from a forced alignment
//! ([`Stimulus::from_align`], times *measured*) or from a text and a rule for the speaking rate
//! ([`Stimulus::from_text`], [`Stimulus::example`], times *made*); what it says of itself names which.
//!
//! ```
//! use neurocell::prelude::*;
//! let story = Stimulus::example()?.in_runs(4, 6.0)?;
//! assert_eq!(story.runs(), 4);
//! println!("{story}");
//! # Ok::<(), neurocell::Error>(())
//! ```

mod align_file;
mod runs;
mod speaking;
mod word;

pub use speaking::Speaking;
pub(crate) use speaking::ends_sentence;
pub use word::{Stimulus, Timing, Word};
