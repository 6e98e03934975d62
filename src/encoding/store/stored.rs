//! A fit that is on disk, whole.

use super::meta::{FILES, Meta};
use crate::encoding::by_voxel::ByVoxel;
use crate::store::{Found, held};
use ndarray::Array2;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A finished fit, held open: the lock keeps it from being removed to make room.
pub(crate) struct Stored {
    pub(crate) weights: ByVoxel,
    pub(crate) predicted: ByVoxel,
    pub(crate) scores: Array2<f64>,
    pub(crate) folder: PathBuf,
    /// Whether it was fitted just now.
    pub(crate) fresh: bool,
}

impl Stored {
    /// Looks for a finished fit of the sizes of `wanted` in `folder`, and notes that it was used.
    pub(super) fn find(folder: &Path, wanted: &Meta, fresh: bool) -> std::io::Result<Found<Stored>> {
        let lock = match held(folder)? {
            Found::Whole(lock) => Arc::new(lock),
            Found::Nothing => return Ok(Found::Nothing),
            Found::Damaged(what) => return Ok(Found::Damaged(what)),
        };
        let meta = match Meta::read(folder) {
            Ok(meta) if meta.agrees(wanted) => meta,
            Ok(meta) => {
                return Ok(Found::Damaged(format!("it holds {}, and {} were stored", meta.title(), wanted.title())));
            }
            Err(what) => return Ok(Found::Damaged(what)),
        };
        let mut files = Vec::new();
        for (name, size) in FILES.iter().zip(meta.sizes().map_err(|e| std::io::Error::other(e.to_string()))?) {
            let file = match File::open(folder.join(name)) {
                Ok(file) => file,
                Err(error) => return Ok(Found::Damaged(format!("{name} cannot be opened: {error}"))),
            };
            let length = file.metadata()?.len();
            if length != size {
                return Ok(Found::Damaged(format!("{name} has {length} bytes, not {size}")));
            }
            files.push(file);
        }
        let [weights, predicted, scores] = meta.blocks();
        Ok(Found::Whole(Stored {
            weights: ByVoxel::mapped(&files[0], weights, lock.clone())?,
            predicted: ByVoxel::mapped(&files[1], predicted, lock)?,
            scores: scores.read(&files[2], 0..meta.voxels)?,
            folder: folder.to_owned(),
            fresh,
        }))
    }
}
