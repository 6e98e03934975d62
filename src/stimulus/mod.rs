//! Words and when they were heard.
//!
//! A [`Stimulus`] is a text whose words carry an onset and an offset in seconds, counted from the
//! first volume of the run in which they were heard; what it says of itself names whether the times are *measured* or *made*.
//!
//! | from | by |
//! |---|---|
//! | Gentle's `align.csv`, as the Narratives collection has it | [`Stimulus::from_align`] |
//! | a Praat TextGrid (Montreal Forced Aligner, WebMAUS, by hand) | [`Stimulus::from_textgrid`], [`TextGrid`] |
//! | a table of one's own, `.csv` or `.tsv` | [`Stimulus::from_table`], [`Columns`] |
//! | a BIDS `events.tsv` | [`Stimulus::from_events`], [`EventWords`] |
//! | a text and a rule for the speaking rate (times *made*) | [`Stimulus::from_text`], [`Stimulus::example`], [`Stimulus::example_runs`] |
//!
//! [`word_frequency`] says how frequent an English word is, and [`word_class`] of which class.
//!
//! ```
//! use neurocell::prelude::*;
//! let story = Stimulus::example()?.in_runs(4, 6.0)?;
//! assert_eq!(story.runs(), 4);
//! println!("{story}");
//! # Ok::<(), neurocell::Error>(())
//! ```

mod align_file;
mod events_file;
mod frequency;
mod runs;
mod separated;
mod speaking;
mod stories;
mod table_file;
mod text_file;
mod text_grid;
mod word;
mod word_class;

pub use events_file::EventWords;
pub use frequency::word_frequency;
pub(crate) use frequency::{RAREST, plain};
pub(crate) use separated::{Row as Separated, rows as separated_rows};
pub use speaking::Speaking;
pub(crate) use speaking::ends_sentence;
pub use table_file::{Columns, End};
pub use text_grid::TextGrid;
pub use word::{Stimulus, Timing, Word};
pub use word_class::{WordClass, word_class};
