//! Values that are on disk, whole, and mapped into memory.

use super::meta::Meta;
use crate::store::{Found, held};
use memmap2::Mmap;
use ndarray::ArrayView2;
use std::fs::File;
use std::path::{Path, PathBuf};

pub(super) const VALUES: &str = "values.f32";

/// A finished result, held open: the lock keeps it from being removed to make room.
pub(crate) struct Stored {
    pub(crate) meta: Meta,
    pub(crate) folder: PathBuf,
    /// Whether it was read from the model just now.
    pub(crate) fresh: bool,
    map: Mmap,
    _lock: File,
}

impl Stored {
    /// The values, word × neuron.
    pub(crate) fn values(&self) -> ArrayView2<'_, f32> {
        let shape = (self.meta.words, self.meta.neurons);
        // SAFETY: the map's length is that of this shape (checked by `mapped`), it begins at a page's border, which is one of an f32, and
        // lives as long as `self`; any four bytes are an f32. No process writes to a file that has got its final name.
        unsafe { ArrayView2::from_shape_ptr(shape, self.map.as_ptr().cast::<f32>()) }
    }

    /// Looks for a finished result in `folder`, and notes that it was used.
    pub(super) fn find(folder: &Path, words: usize, neurons: usize) -> std::io::Result<Found<Box<Stored>>> {
        let damaged = |what: &str| Ok(Found::Damaged(what.to_owned()));
        let lock = match held(folder)? {
            Found::Whole(lock) => lock,
            Found::Nothing => return Ok(Found::Nothing),
            Found::Damaged(what) => return Ok(Found::Damaged(what)),
        };
        let meta = match Meta::read(folder) {
            Ok(meta) => meta,
            Err(what) => return Ok(Found::Damaged(what)),
        };
        if (meta.words, meta.neurons) != (words, neurons) {
            let (w, n) = (meta.words, meta.neurons);
            return damaged(&format!("it holds {w} × {n} values, and {words} × {neurons} were stored"));
        }
        let values = match File::open(folder.join(VALUES)) {
            Ok(values) => values,
            Err(error) => return damaged(&format!("{VALUES} cannot be opened: {error}")),
        };
        let (length, wanted) = (values.metadata()?.len(), meta.bytes());
        if length != wanted {
            return damaged(&format!("{VALUES} has {length} bytes, not {wanted}"));
        }
        Ok(Found::Whole(Box::new(Stored::mapped(meta, folder.to_owned(), &values, lock, false)?)))
    }

    /// Maps a file whose length has been checked.
    pub(super) fn mapped(
        meta: Meta,
        folder: PathBuf,
        values: &File,
        lock: File,
        fresh: bool,
    ) -> std::io::Result<Stored> {
        // SAFETY: the file is never written again, nor shortened, by this project; a folder that goes is unlinked, and stays mapped.
        let map = unsafe { Mmap::map(values)? };
        if map.len() as u64 != meta.bytes() {
            return Err(std::io::Error::other(format!("{} bytes were mapped, not {}", map.len(), meta.bytes())));
        }
        Ok(Stored { meta, folder, fresh, map, _lock: lock })
    }

    /// The digest under which it is kept.
    pub(crate) fn key(&self) -> &str {
        self.folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }
}
