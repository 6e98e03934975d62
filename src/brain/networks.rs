//! Functional brain networks as spatial maps.

use super::nifti::Source;
use super::table::Table;
use super::{BrainMap, Mask};
use crate::error::{Error, Result};
use ndarray::{Array2, Axis};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The atlas that comes with the crate (assets/atlas/README.md says how it was made).
static YEO7: &[u8] = include_bytes!("../../assets/atlas/yeo7_4mm.nii.gz");
static YEO7_TABLE: &str = include_str!("../../assets/atlas/yeo7.tsv");

/// Functional brain networks: one spatial map per network on one mask; clones are cheap.
///
/// ```
/// use neurocell::brain::Networks;
/// let networks = Networks::yeo7()?;
/// let visual = networks.map("Visual")?;
/// println!("{networks}");
/// assert_eq!(networks.count(), 7);
/// # assert_eq!(visual.mask().count(), networks.maps().ncols());
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Networks {
    pub(crate) atlas: String,
    pub(crate) names: Arc<[String]>,
    pub(crate) colours: Arc<[[u8; 3]]>,
    /// network × voxel; 1 inside and 0 outside for a label atlas.
    pub(crate) maps: Arc<Array2<f32>>,
    pub(crate) mask: Mask,
}

impl Networks {
    /// The seven networks of Yeo et al. 2011 (J Neurophysiol 106:1125) in the crate's 4 mm MNI brain,
    /// [`Mask::mni4mm`]; voxels outside the cortex belong to none.
    ///
    /// # Errors
    /// None in practice: the atlas is part of the program.
    pub fn yeo7() -> Result<Networks> {
        let table = Table::parse(YEO7_TABLE, Path::new("yeo7.tsv"))?;
        let source = Source::embedded(YEO7, "yeo7_4mm.nii.gz")?;
        Networks::from_labels(source, &table, "Yeo 7 networks", Some(Mask::mni4mm()?))
    }

    /// Networks of maps that are at hand, network × voxel of `mask`; `about` says where they come from.
    ///
    /// # Errors
    /// If rows are not the names or columns not the mask's voxels, a name comes twice, a value is NaN or infinite, or a map is 0 throughout (it is named).
    pub fn new(maps: Array2<f32>, mask: &Mask, names: &[String], about: impl Into<String>) -> Result<Networks> {
        if maps.dim() != (names.len(), mask.count()) {
            return Err(Error::shape(
                format!(
                    "the maps are {} × {}; there are {} names, and the mask has {} voxels",
                    maps.nrows(),
                    maps.ncols(),
                    names.len(),
                    mask.count()
                ),
                "rows are networks and columns the voxels of the mask",
            ));
        }
        for (row, (map, name)) in maps.rows().into_iter().zip(names).enumerate() {
            if names[..row].contains(name) {
                return Err(Error::value(
                    format!("the name {name} comes twice"),
                    "give each network a name of its own",
                ));
            }
            if let Some(voxel) = map.iter().position(|v| !v.is_finite()) {
                let problem = format!("{name} has the value {} at voxel {:?}", map[voxel], mask.position(voxel));
                return Err(Error::value(problem, "find where it came from; maps are finite"));
            }
            if map.iter().all(|v| *v == 0.0) {
                return Err(Error::value(format!("the map of {name} is 0 throughout"), "leave the network out"));
            }
        }
        let colours: Vec<[u8; 3]> = (0..names.len()).map(|n| COLOURS[n % COLOURS.len()]).collect();
        Ok(Networks {
            atlas: about.into(),
            names: names.into(),
            colours: colours.into(),
            maps: maps.into(),
            mask: mask.clone(),
        })
    }

    /// Reads a label atlas: an image of whole numbers, and a table (tab-separated, as in BIDS) with the columns
    /// `index` and `name`, and `r`, `g`, `b` (0–255) if the networks have colours. The label 0 is no network. The
    /// mask is the labelled voxels.
    ///
    /// # Errors
    /// If a file is damaged, a label is no whole number or has no name (the first is named), a name has no voxel, or an
    /// index or name comes twice.
    pub fn read(image: impl AsRef<Path>, table: impl AsRef<Path>) -> Result<Networks> {
        let (image, table) = (image.as_ref(), table.as_ref());
        let atlas = image.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Networks::from_labels(Source::open(image)?, &Table::read(table)?, &atlas, None)
    }

    fn from_labels(mut source: Source, table: &Table, atlas: &str, mask: Option<Mask>) -> Result<Networks> {
        let header = source.header().clone();
        header.one_volume("a label atlas")?;
        let labels = source.whole_volume()?;
        source.finish()?;
        let Legend { indices, names, colours } = Legend::new(table)?;
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
        let mut maps = Array2::zeros((names.len(), mask.count()));
        for (column, voxel) in mask.voxels().iter().enumerate() {
            let label = labels[*voxel as usize];
            if label == 0.0 {
                continue;
            }
            let Some(row) = indices.iter().position(|index| *index == f64::from(label)) else {
                return Err(Error::format(
                    &header.path,
                    format!(
                        "voxel {:?} has the label {label}, which {} does not name",
                        mask.position(column),
                        table.path().display()
                    ),
                    "add the label to the table, or set its voxels to 0",
                ));
            };
            maps[[row, column]] = 1.0;
        }
        if let Some(empty) = maps.rows().into_iter().position(|row| row.sum() == 0.0) {
            return Err(Error::format(
                &header.path,
                format!("no voxel has the label {} ({})", indices[empty], names[empty]),
                "take the row out of the table, or use the image that it belongs to",
            ));
        }
        Ok(Networks { atlas: atlas.to_owned(), names: names.into(), colours: colours.into(), maps: maps.into(), mask })
    }

    /// The networks at the voxels of another mask: each voxel takes the value of the atlas voxel in which its centre
    /// lies (nearest neighbour), 0 where the atlas has none. Networks that have no voxel there are left out. Both is
    /// said in [`Networks::atlas`].
    ///
    /// # Errors
    /// If no network has a voxel there.
    pub fn resampled_to(&self, mask: &Mask) -> Result<Networks> {
        if self.mask == *mask {
            return Ok(self.clone());
        }
        let same_grid = self.mask.same_grid(mask.shape(), mask.affine());
        let mut maps = Array2::zeros((self.count(), mask.count()));
        for column in 0..mask.count() {
            let position = match same_grid {
                true => Some(mask.position(column)),
                false => self.mask.affine().voxel(mask.mm(column)).and_then(nearest),
            };
            if let Some(from) = position.and_then(|position| self.mask.number(position)) {
                maps.column_mut(column).assign(&self.maps.column(from));
            }
        }
        let (kept, lost): (Vec<usize>, Vec<usize>) =
            (0..self.count()).partition(|row| maps.row(*row).iter().any(|v| *v != 0.0));
        if kept.is_empty() {
            return Err(Error::value(
                format!("no network of {} has a voxel in the {mask}", self.atlas),
                "is the mask in MNI space? Its affine must say where the brain lies",
            ));
        }
        let mut atlas = self.atlas.clone();
        if !same_grid {
            let size = |mask: &Mask| {
                mask.affine().voxel_size().map(|mm| ((mm * 100.0).round() / 100.0).to_string()).join(" × ")
            };
            atlas += &format!(", nearest neighbour from {} mm to {} mm", size(&self.mask), size(mask));
        }
        if !lost.is_empty() {
            let names: Vec<&str> = lost.iter().map(|row| self.names[*row].as_str()).collect();
            atlas += &format!(", without {} (outside the mask)", names.join(", "));
        }
        Ok(Networks {
            atlas,
            names: kept.iter().map(|row| self.names[*row].clone()).collect(),
            colours: kept.iter().map(|row| self.colours[*row]).collect(),
            maps: maps.select(Axis(0), &kept).into(),
            mask: mask.clone(),
        })
    }

    /// The atlas' name.
    pub fn atlas(&self) -> &str {
        &self.atlas
    }

    /// The networks' names, in the order of the rows.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The colour (red, green, blue) in which the atlas draws each network.
    pub fn colours(&self) -> &[[u8; 3]] {
        &self.colours
    }

    /// Number of networks.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Network × voxel; 1 inside and 0 outside for a label atlas.
    pub fn maps(&self) -> &Array2<f32> {
        &self.maps
    }

    /// The mask on whose voxels the maps are.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// The row of a network.
    ///
    /// # Errors
    /// If there is no network of that name; the nearest name is proposed.
    pub fn row(&self, name: &str) -> Result<usize> {
        let found = self.names.iter().position(|n| n == name);
        found.ok_or_else(|| Error::unknown(&format!("network of {}", self.atlas), name, &self.names))
    }

    /// One network's map.
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn map(&self, name: &str) -> Result<BrainMap> {
        let row = self.maps.row(self.row(name)?);
        BrainMap::new(row.to_vec(), &self.mask, format!("{name} ({})", self.atlas), "inside")
    }

    /// Number of voxels of a network (of values that are not 0).
    pub fn voxels(&self, row: usize) -> usize {
        self.maps.row(row).iter().filter(|v| **v != 0.0).count()
    }
}

/// The voxel in which a fractional position lies; `None` before the grid's first voxel.
fn nearest(position: [f64; 3]) -> Option<[usize; 3]> {
    // Half-way positions that are off by rounding only go the same way on every grid.
    let rounded = position.map(|v| (v + 0.5 + 1e-6).floor());
    rounded.iter().all(|v| (0.0..1e6).contains(v)).then(|| rounded.map(|v| v as usize))
}

/// Colours for atlases that bring none: well apart, used in turn.
const COLOURS: [[u8; 3]; 8] = [
    [31, 119, 180],
    [255, 127, 14],
    [44, 160, 44],
    [214, 39, 40],
    [148, 103, 189],
    [140, 86, 75],
    [227, 119, 194],
    [23, 190, 207],
];

/// What an atlas' table says: one entry for each network.
struct Legend {
    indices: Vec<f64>,
    names: Vec<String>,
    colours: Vec<[u8; 3]>,
}

impl Legend {
    fn new(table: &Table) -> Result<Legend> {
        let indices = table.numbers("index")?;
        let names: Vec<String> = table.texts("name")?;
        for (row, (index, name)) in indices.iter().zip(&names).enumerate() {
            let problem = match () {
                _ if index.fract() != 0.0 => Some(format!("the index {index} is no whole number")),
                _ if *index == 0.0 => Some("the index 0 is no network".to_owned()),
                _ if indices[..row].contains(index) => Some(format!("the index {index} comes twice")),
                _ if names[..row].contains(name) => Some(format!("the name {name} comes twice")),
                _ => None,
            };
            if let Some(problem) = problem {
                let advice = "give each network an index from 1 and a name of its own";
                return Err(Error::format(table.path(), problem, advice));
            }
        }
        let colours = match ["r", "g", "b"].iter().any(|c| table.has(c)) {
            false => (0..names.len()).map(|n| COLOURS[n % COLOURS.len()]).collect(),
            true => {
                let parts = [table.numbers("r")?, table.numbers("g")?, table.numbers("b")?];
                if let Some(bad) = parts.iter().flatten().find(|v| !(0.0..=255.0).contains(*v) || v.fract() != 0.0) {
                    let problem = format!("{bad} is no part of a colour");
                    return Err(Error::format(table.path(), problem, "colours are whole numbers from 0 to 255"));
                }
                (0..names.len()).map(|n| [0, 1, 2].map(|part| parts[part][n] as u8)).collect()
            }
        };
        Ok(Legend { indices, names, colours })
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} networks on a {}", self.atlas, self.count(), self.mask)?;
        let width = self.names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (row, name) in self.names.iter().enumerate() {
            write!(f, "\n  {name:width$} {:6} voxels", self.voxels(row))?;
        }
        Ok(())
    }
}
