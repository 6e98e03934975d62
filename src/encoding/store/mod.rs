//! Fits that took long are kept on disk, under a digest of all that they depend on.
//!
//! A fit is a folder KEY below [`encodings_folder`]: `weights.f32` (regressor × voxel), `predicted.f32` (volume × voxel) and `scores.f64` (r and R² of
//! each fold, α, mean and 1 / standard deviation × voxel), each in blocks of voxels, `meta.json` (what it is) and `lock`. While it is fitted the folder is
//! `KEY.partial`, and `progress.json` says which blocks are there; a fit that was stopped goes on with the others, and ends with the same bytes.

mod filling;
mod key;
mod list;
mod meta;
mod stored;
#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::store::{Claimed, Place};
pub(super) use filling::{Columns, Filling};
pub(super) use key::{CODE, Parts};
pub use list::{StoredEncoding, StoredFit, stored_encodings};
pub(super) use meta::Meta;
use std::path::{Path, PathBuf};
pub(super) use stored::Stored;

/// What to do when the store cannot be written.
const ELSEWHERE: &str = "set NEUROCELL_HOME to a folder on a disk with room that may be written, make room with `neurocell cache clear --encodings`, \
                         or fit in memory: `Ridge::default().without_store()`";

/// The folder in which [`encode`](super::encode) keeps fits that take long; it need not be there yet.
///
/// It is `encodings` below the folder named by the environment variable `NEUROCELL_HOME`, else below `$XDG_DATA_HOME/neurocell`, else
/// below `~/.local/share/neurocell`. It holds at most 50 GB, or the number of GB that the environment variable `NEUROCELL_STORE_LIMIT`
/// gives; what has not been used for longest goes first, and what is in use stays.
///
/// # Errors
/// If there is neither `NEUROCELL_HOME` nor a home directory.
pub fn encodings_folder() -> Result<PathBuf> {
    Ok(crate::home::home()?.join("encodings"))
}

/// What someone gets who would fit what has this key.
pub(super) enum Claim {
    /// It is there.
    Whole(Stored),
    /// It is this process' own to fit.
    Fill(Box<Filling>),
    /// The folder cannot be written.
    Unwritable(Error),
}

/// The fit with this key in a folder of fits, or the right to make it; where another process makes it, its result is waited for.
///
/// # Errors
/// If the disk has no room, or the user stops the wait.
pub(super) fn claim(folder: &Path, key: &str, meta: Meta) -> Result<Claim> {
    let meta = meta.stamped();
    let find = |folder: &Path| Stored::find(folder, &meta, false);
    if let Ok(crate::store::Found::Whole(stored)) = find(&folder.join(key)) {
        return Ok(Claim::Whole(stored));
    }
    let place = Place { folder, advice: ELSEWHERE, makes: ["fits", "fitted"] };
    Ok(match crate::store::claim(&place, key, meta.bytes()?, find)? {
        Claimed::Whole(stored) => Claim::Whole(stored),
        Claimed::Unwritable(error) => Claim::Unwritable(error),
        Claimed::Mine { partial, lock } => {
            Claim::Fill(Box::new(Filling::begin(meta, partial, folder.join(key), lock)?))
        }
    })
}
