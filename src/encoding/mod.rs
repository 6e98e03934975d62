//! Voxel-wise encoding: each voxel's course predicted from patterns, scored on runs that were held out.

mod fit;

pub use fit::EncodingFit;
