//! NIfTI-1 files: what the header says, voxels decoded while they stream, files written whole or not at all.
//!
//! Header fields and their codes come from the `nifti` crate. Voxels are decoded here, a volume at a time and only
//! those of a mask, so that a 10 GB `.nii.gz` needs the memory of its output and no more.

mod header;
mod orientation;
mod read;
mod write;

pub(crate) use header::Header;
pub(crate) use read::{Source, Stored, extensions};
pub(crate) use write::{Encoding, Image, write_image};
