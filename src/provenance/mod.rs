//! What a result was made of: the step, its options, and what went into it, down to the files.
//!
//! Each result says so itself ([`Traced::provenance`]). A step's key is the SHA-256 of its name, its options, the keys
//! of its inputs and the code's version; a file's or an array's key is the digest of its content. No user name and no
//! absolute path is kept.

mod step;
mod traced;

pub use step::Provenance;
pub use traced::Traced;
