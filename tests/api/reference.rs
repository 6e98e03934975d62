//! Small arrays that other packages have made; the scripts lie beside them in tests/reference.

use ndarray::{Array, Dimension};
use std::path::{Path, PathBuf};

/// The path of a file below tests/reference.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}

/// An array below tests/reference, by its name without `.npy`.
pub fn array<A: ndarray_npy::ReadableElement, D: Dimension>(name: &str) -> Array<A, D> {
    ndarray_npy::read_npy(path(&format!("{name}.npy"))).unwrap_or_else(|cause| panic!("{name}: {cause}"))
}
