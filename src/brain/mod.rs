//! Brain data: files, masks, cleaning, atlases of networks.

mod affine;
mod map;
mod mask;
mod networks;
mod series;

pub use affine::Affine;
pub use map::BrainMap;
pub use mask::Mask;
pub use networks::Networks;
pub use series::VoxelSeries;
