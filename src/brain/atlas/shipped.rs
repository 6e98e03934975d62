//! The atlases that come with the crate (assets/atlas/README.md says how they were made).

use crate::brain::networks::Legend;
use crate::brain::nifti::Source;
use crate::brain::{Mask, Networks};
use crate::error::Result;
use crate::provenance::{Provenance, digest_of};
use std::path::Path;

/// One atlas: its labels and the table of their names.
#[derive(Debug, PartialEq)]
pub(super) struct Files {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) count: usize,
    image: &'static [u8],
    table: &'static str,
    /// Its grid is that of `Mask::mni4mm`, whose voxels outside the cortex belong to none.
    in_brain: bool,
}

macro_rules! asset {
    ($name:literal) => {
        concat!("../../../assets/atlas/", $name)
    };
}

const fn yeo(
    name: &'static str,
    about: &'static str,
    count: usize,
    image: &'static [u8],
    table: &'static str,
) -> Files {
    Files { name, about, count, image, table, in_brain: true }
}

static SCHAEFER_100: &[u8] = include_bytes!(asset!("schaefer100_2mm.nii.gz"));
static SCHAEFER_200: &[u8] = include_bytes!(asset!("schaefer200_2mm.nii.gz"));
static SCHAEFER_400: &[u8] = include_bytes!(asset!("schaefer400_2mm.nii.gz"));

const fn schaefer(
    name: &'static str,
    about: &'static str,
    count: usize,
    image: &'static [u8],
    table: &'static str,
) -> Files {
    Files { name, about, count, image, table, in_brain: false }
}

pub(super) static FILES: [Files; 8] = [
    yeo("yeo-7", "Yeo 7 networks", 7, include_bytes!(asset!("yeo7_4mm.nii.gz")), include_str!(asset!("yeo7.tsv"))),
    yeo("yeo-17", "Yeo 17 networks", 17, include_bytes!(asset!("yeo17_4mm.nii.gz")), include_str!(asset!("yeo17.tsv"))),
    schaefer(
        "schaefer-100-7",
        "Schaefer 100 parcels in 7 networks",
        100,
        SCHAEFER_100,
        include_str!(asset!("schaefer100_7.tsv")),
    ),
    schaefer(
        "schaefer-100-17",
        "Schaefer 100 parcels in 17 networks",
        100,
        SCHAEFER_100,
        include_str!(asset!("schaefer100_17.tsv")),
    ),
    schaefer(
        "schaefer-200-7",
        "Schaefer 200 parcels in 7 networks",
        200,
        SCHAEFER_200,
        include_str!(asset!("schaefer200_7.tsv")),
    ),
    schaefer(
        "schaefer-200-17",
        "Schaefer 200 parcels in 17 networks",
        200,
        SCHAEFER_200,
        include_str!(asset!("schaefer200_17.tsv")),
    ),
    schaefer(
        "schaefer-400-7",
        "Schaefer 400 parcels in 7 networks",
        400,
        SCHAEFER_400,
        include_str!(asset!("schaefer400_7.tsv")),
    ),
    schaefer(
        "schaefer-400-17",
        "Schaefer 400 parcels in 17 networks",
        400,
        SCHAEFER_400,
        include_str!(asset!("schaefer400_17.tsv")),
    ),
];

pub(super) fn load(files: &'static Files) -> Result<Networks> {
    let legend = Legend::parse(files.table, Path::new(&format!("the table of {}", files.name)))?;
    let source = Source::embedded(files.image, files.name)?;
    let mask = if files.in_brain { Some(Mask::mni4mm()?) } else { None };
    let shipped = Provenance::shipped(files.name, &digest_of(&[files.image, files.table.as_bytes()].concat()));
    let networks = Networks::from_labels(source, legend, files.about, mask)?;
    Ok(networks.made(Provenance::step("networks").input("atlas", &shipped)))
}
