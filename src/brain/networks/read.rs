//! Networks from image files: labels with their table, or one map a volume.

use super::legend::Legend;
use super::maps::NONE;
use super::{Maps, Networks};
use crate::brain::Mask;
use crate::brain::nifti::Source;
use crate::error::{Error, Result};
use crate::notebook::Progress;
use crate::provenance::{Origin, Provenance, file};
use ndarray::Array2;
use std::collections::HashMap;
use std::path::Path;

/// Formats of surfaces: endings, and what they are.
const SURFACES: [(&str, &str); 6] = [
    (".gii", "GIFTI"),
    (".dlabel.nii", "CIFTI"),
    (".dscalar.nii", "CIFTI"),
    (".dtseries.nii", "CIFTI"),
    (".annot", "a FreeSurfer annotation"),
    (".mgz", "FreeSurfer's MGH"),
];

impl Networks {
    /// Reads an atlas of your own: a 3-D image of labels or a 4-D image with one map a volume, and the table of their names.
    ///
    /// The table has a heading, and tabs, commas or semicolons between its cells; wanted are a column of numbers (`index`, `ROI Label`, `id`,
    /// `value` or `label`) and one of names (`name`, `ROI Name`, `region` or `label`), and colours may be in `r`, `g`, `b` (0–255) or in `color`
    /// (`#rrggbb`). A colour table without a heading (number, name, red, green, blue) and a list with a name a line serve too. Of a label image
    /// the mask is the labelled voxels; the label 0 is no network, and names without a voxel are left out, which is printed. Of a 4-D image
    /// names and volumes have the same order, the mask is the voxels in which any map is not 0, and the maps may overlap.
    ///
    /// Surfaces (GIFTI, CIFTI, FreeSurfer annotations) are not read.
    ///
    /// ```
    /// use neurocell::brain::{BrainMap, Mask, Networks};
    /// # let folder = std::env::temp_dir().join(format!("neurocell-atlas-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let (image, table) = (folder.join("halves.nii.gz"), folder.join("halves.csv"));
    /// let brain = Mask::mni4mm()?;
    /// let sides = (0..brain.count()).map(|n| if brain.mm(n)[0] < 0.0 { 1.0 } else { 2.0 }).collect();
    /// BrainMap::new(sides, &brain, "hemispheres", "")?.write(&image)?;
    /// # let unwritable = |e| neurocell::Error::value(format!("{e}"), "");
    /// std::fs::write(&table, "index,name,color\n1,Left,#1f77b4\n2,Right,#ff7f0e\n").map_err(unwritable)?;
    /// let networks = Networks::read(&image, &table)?;
    /// assert_eq!(networks.names(), ["Left", "Right"]);
    /// # std::fs::remove_dir_all(folder).ok();
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a file is damaged or of a surface, a label is no whole number or has no name (the first is named with its voxel), no label has a
    /// voxel, an index or name comes twice, or names and volumes are not as many.
    pub fn read(image: impl AsRef<Path>, table: impl AsRef<Path>) -> Result<Networks> {
        let (image, table) = (image.as_ref(), table.as_ref());
        let atlas = image.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some((_, format)) = SURFACES.iter().find(|(ending, _)| atlas.to_lowercase().ends_with(ending)) {
            return Err(Error::format(
                image,
                format!("this is {format}, labels of a surface; atlases here are volumes"),
                "give the atlas' NIfTI volume (most have one), or make it: `wb_command -label-to-volume-mapping` for GIFTI and CIFTI, \
                 `mri_surf2vol` or `mri_convert` for FreeSurfer",
            ));
        }
        let source = Source::open(image)?;
        let networks = match source.header().volumes {
            None | Some(1) => Networks::from_labels(source, Legend::read(table)?, &atlas, None),
            Some(_) => Networks::from_maps(source, Legend::read_volumes(table)?, &atlas),
        };
        let made = Provenance::step("networks").input("image", &file(image)?).input("table", &file(table)?);
        Ok(networks?.made(made))
    }

    /// From a label image; the mask is given, or the labelled voxels.
    pub(in crate::brain) fn from_labels(
        mut source: Source,
        legend: Legend,
        atlas: &str,
        mask: Option<Mask>,
    ) -> Result<Networks> {
        let header = source.header().clone();
        let labels = source.whole_volume()?;
        source.finish()?;
        let [x, y, _] = header.shape;
        let at = |flat: usize| [flat % x, flat / x % y, flat / (x * y)];
        if let Some(flat) = labels.iter().position(|v| v.fract() != 0.0 || !v.is_finite()) {
            return Err(Error::format(
                &header.path,
                format!("voxel {:?} has the value {}, and labels are whole numbers", at(flat), labels[flat]),
                "an atlas that was interpolated is to be resampled again with nearest neighbour; \
                 maps of probabilities are read from a 4-D image, one volume each",
            ));
        }
        let mask = match mask {
            Some(mask) => mask,
            None => {
                let inside: Vec<bool> = labels.iter().map(|v| *v != 0.0).collect();
                match inside.contains(&true) {
                    true => Mask::new(header.shape, header.affine, &inside)?,
                    false => return Err(Error::format(&header.path, "all labels are 0", "look at the image")),
                }
            }
        };
        mask.check_grid("the mask", header.shape, &header.affine, &header.path.display().to_string())?;
        let Some(indices) = &legend.indices else {
            return Err(Error::format(
                &legend.path,
                format!("these are names without numbers, and {} has labels", header.path.display()),
                "write a table with the columns index and name",
            ));
        };
        let row_of: HashMap<i64, u32> = indices.iter().copied().zip(0u32..).collect();
        let mut rows = Vec::with_capacity(mask.count());
        for (column, flat) in mask.voxels().iter().enumerate() {
            let label = labels[*flat as usize] as i64;
            rows.push(match row_of.get(&label) {
                Some(row) => *row,
                None if label == 0 => NONE,
                None => {
                    return Err(Error::format(
                        &header.path,
                        format!(
                            "voxel {:?} has the label {label}, which {} does not name",
                            mask.position(column),
                            legend.path.display()
                        ),
                        "add the label to the table, or set its voxels to 0",
                    ));
                }
            });
        }
        let maps = Maps::of_labels(rows, legend.names.len());
        let counts = maps.counts();
        let (kept, empty): (Vec<usize>, Vec<usize>) = (0..counts.len()).partition(|row| counts[*row] > 0);
        if kept.is_empty() {
            return Err(Error::format(
                &header.path,
                format!("none of its voxels has a label of {}", legend.path.display()),
                "use the table that belongs to the image",
            ));
        }
        if !empty.is_empty() {
            let names: Vec<String> =
                empty.iter().map(|row| format!("{} ({})", indices[*row], legend.names[*row])).collect();
            println!("{atlas}: no voxel has the label {}; left out", shortened(&names));
        }
        let all = Networks {
            atlas: atlas.to_owned(),
            names: legend.names.into(),
            colours: legend.colours.into(),
            maps,
            mask,
            origin: Origin::given(),
        };
        Ok(if empty.is_empty() { all } else { all.select(&kept) })
    }

    /// From one map a volume, read twice: where any of them is not 0, and then the values there.
    fn from_maps(mut source: Source, legend: Legend, atlas: &str) -> Result<Networks> {
        let header = source.header().clone();
        let volumes = header.series_length()?;
        if volumes != legend.names.len() {
            return Err(Error::format(
                &header.path,
                format!("the image has {volumes} volumes, {} has {} names", legend.path.display(), legend.names.len()),
                "give one name for each volume, in their order",
            ));
        }
        let mut inside = vec![false; header.voxels()];
        let mut progress = Progress::new(format!("volumes of {}", header.path.display()), 2 * volumes as u64);
        for _ in 0..volumes {
            inside.iter_mut().zip(source.whole_volume()?).for_each(|(inside, v)| *inside |= v != 0.0);
            progress.advance(1);
        }
        source.finish()?;
        if !inside.contains(&true) {
            return Err(Error::format(&header.path, "all maps are 0 throughout", "look at the image"));
        }
        let mask = Mask::new(header.shape, header.affine, &inside)?;
        let mut source = Source::open(&header.path)?;
        let mut values = crate::brain::series::room(volumes, mask.count())?;
        for row in values.chunks_exact_mut(mask.count()) {
            source.masked_volume(mask.voxels(), row)?;
            progress.advance(1);
        }
        let maps = Array2::from_shape_vec((volumes, mask.count()), values)
            .map_err(|cause| Error::shape(cause.to_string(), "read the image again"))?;
        let networks = Networks::new(maps, &mask, &legend.names, atlas)?;
        Ok(Networks { colours: legend.colours.into(), ..networks })
    }
}

/// The first names of a list, and how many more there are.
pub(super) fn shortened(names: &[String]) -> String {
    const FIRST: usize = 6;
    match names.len() {
        0..=FIRST => names.join(", "),
        more => format!("{} and {} more", names[..FIRST].join(", "), more - FIRST),
    }
}
