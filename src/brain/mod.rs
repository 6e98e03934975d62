//! Brain data: files, masks, cleaning, atlases of networks.
//!
//! Images are NIfTI-1 (`.nii`, `.nii.gz`); a subject is opened where fMRIPrep has put it, its runs are masked while
//! they are read, and cleaned run by run.
//!
//! ```no_run
//! use neurocell::brain::{Cleaning, Dataset, Networks, Strategy, Subject};
//! println!("{}", Dataset::open("ds002345")?.summary()?);
//! let subject = Subject::open("ds002345", "018")?;
//! let bold = subject.bold("pieman")?.clean(Cleaning::strategy(Strategy::Scrubbing))?;
//! let networks = Networks::yeo7()?.resampled_to(bold.mask())?;
//! # Ok::<(), neurocell::Error>(())
//! ```
//!
//! Left and right: x in mm grows to the subject's right, y to the front, z upwards (RAS+), whatever the order in which
//! an image stores its voxels.

mod affine;
mod atlas;
mod bids;
mod bold;
mod cleaning;
mod columns;
mod confounds;
mod cortex;
mod dataset;
mod events;
mod heard;
mod image;
mod json;
mod map;
mod mask;
mod masker;
mod network_series;
mod networks;
mod nifti;
mod on_cortex;
mod participants;
mod regions;
mod series;
mod sphere;
mod stories;
mod subject;
mod table;
mod volume;
mod voxel_file;

pub use affine::Affine;
pub use atlas::{Atlas, FetchedAtlas, atlases, atlases_folder, fetch_atlas};
pub use bold::Bold;
pub(crate) use bold::clean_made;
pub use cleaning::{Aroma, Cleaning, CleaningReport, CompCor, Expansion, RunReport, Scrub, Strategy};
pub use confounds::{Confounds, Displacement};
pub(crate) use cortex::{Cortex, Hemisphere, mni152};
pub use dataset::{Dataset, DatasetSummary, ScanEntry};
pub use events::{Event, Story};
pub use image::Interpolation;
pub use map::{BrainMap, Peak};
pub use mask::Mask;
pub use masker::Masker;
pub use network_series::NetworkSeries;
pub use networks::{
    LabelRule, NetworkRow, NetworkTable, Networks, Overlap, Shared, Suggestion, Suggestions, write_maps,
};
pub(crate) use nifti::extensions as image_extensions;
pub use on_cortex::SurfaceMap;
pub(crate) use on_cortex::{Field, Grain, INSIDE, LABELLED, Mixed, VERTICES, mixed};
pub use participants::Participants;
pub(crate) use series::censoring;
pub(crate) use series::write_made;
pub use series::{VoxelSeries, write_series};
pub(crate) use sphere::Sphere;
pub use subject::Subject;
pub(crate) use volume::{Labels, Line, Volume};
pub use voxel_file::VoxelFile;
pub(crate) use voxel_file::{WIDTH as VOXELS_OF_A_BLOCK, digest as voxel_digest, voxel_file_provenance};
