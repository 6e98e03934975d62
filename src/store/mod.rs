//! What stores of results share: a folder for each key, filled by one process at a time, and never seen half-filled.
//!
//! A result is a folder KEY. Who makes it holds the lock of `KEY.partial` alone and fills that; who finds it held waits, and takes the other's
//! result. When all is on disk the folder is renamed. Who uses a result shares its lock, and what is locked is never removed.

mod blocks;
mod claim;
mod entries;
mod json;
mod room;

pub(crate) use blocks::{Blocks, Number, bytes};
pub(crate) use claim::{Claimed, Found, Place, claim, finish, held, remove};
pub(crate) use entries::{Entry, State, entries, remove_unused};
pub(crate) use json::{read_json, write_beside};
pub(crate) use room::reserve;

#[cfg(target_endian = "big")]
compile_error!("the stores' files are little-endian, and are read as they lie");

/// The file whose lock says who fills or uses a folder, and whose time says when it was last used.
pub(crate) const LOCK: &str = "lock";
