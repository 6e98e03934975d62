//! What a result was made of: the step, its options, and what went into it, down to the files.
//!
//! Each result says so itself ([`Traced::provenance`]), and whatever is saved carries it: figures as PNG, SVG and PDF in their metadata, maps
//! and series in an extension of the NIfTI header, tables in a `NAME.provenance.json` beside them. [`Provenance::read`] reads it back, and
//! [`Provenance::check`] says whether the files that went in are still the same; on the command line that is `neurocell provenance FILE`.
//!
//! A step's key is the SHA-256 of its name, its options, the keys of its inputs and the code's version; a file's or an array's key is the digest
//! of its content. What two steps share is kept, and written, once. No user name, no absolute path and no time of day is kept: the same cells
//! run again give the same bytes.
//!
//! ```
//! use neurocell::prelude::*;
//! let top = Networks::yeo7()?.map("Visual")?;
//! println!("{}", top.provenance());
//! assert_eq!(Provenance::from_json(&top.provenance().json())?, top.provenance());
//! # Ok::<(), neurocell::Error>(())
//! ```

mod check;
mod content;
mod embed;
mod file;
mod json;
mod options;
mod origin;
mod privacy;
mod read;
mod step;
mod traced;
mod tree;

pub use check::{Check, Finding, State};
pub(crate) use content::{Content, digest_of};
pub(crate) use embed::{beside, beside_of, marked_text, nifti_extension, png_chunk, svg_element};
pub(crate) use file::{FileRead, file};
pub(crate) use origin::Origin;
pub use step::Provenance;
pub use traced::Traced;
