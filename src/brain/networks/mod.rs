//! Functional brain networks and regions as spatial maps.

mod describe;
mod legend;
mod maps;
mod overlap;
mod paint;
mod read;
mod resample;
mod suggest;

pub use describe::{NetworkRow, NetworkTable};
pub(super) use legend::Legend;
pub(crate) use maps::{Maps, NONE};
pub use overlap::{Overlap, Shared};
pub use paint::write_maps;
pub use suggest::{LabelRule, Suggestion, Suggestions};

use super::{BrainMap, Mask};
use crate::error::{Error, Result};
use crate::provenance::{Origin, Provenance};
use ndarray::Array2;
use std::fmt;
use std::sync::Arc;

/// Networks that are listed one by one.
const SHOWN: usize = 40;

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
    pub(crate) maps: Maps,
    pub(crate) mask: Mask,
    pub(crate) origin: Origin,
}

impl Networks {
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
        let colours: Vec<[u8; 3]> = (0..names.len()).map(legend::colour).collect();
        Ok(Networks {
            atlas: about.into(),
            names: names.into(),
            colours: colours.into(),
            maps: maps.into(),
            mask: mask.clone(),
            origin: Origin::given(),
        })
    }

    /// The same with what made them.
    pub(crate) fn made(self, made: Provenance) -> Networks {
        Networks { origin: made.into(), ..self }
    }

    /// The same networks under other names.
    ///
    /// # Errors
    /// If there are not as many names as networks, or a name comes twice.
    pub fn renamed(&self, names: &[String]) -> Result<Networks> {
        check_names(&self.names, names)?;
        let made = Provenance::step("rename").option("names", names.join(", ")).input("networks", self);
        Ok(Networks { names: names.into(), origin: made.into(), ..self.clone() })
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

    /// Network × voxel; 1 inside and 0 outside for a label atlas, which keeps labels only until this is asked for.
    pub fn maps(&self) -> &Array2<f32> {
        self.maps.dense()
    }

    /// The row of each voxel's network (`None` for no network), if each voxel has one at the most and all weights are 0 or 1.
    pub fn labels(&self) -> Option<Vec<Option<usize>>> {
        let row = |label: &u32| (*label != NONE).then_some(*label as usize);
        Some(self.maps.labels()?.iter().map(row).collect())
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
        let unit = if self.maps.labels().is_some() { "inside" } else { "weight" };
        let made = Provenance::step("one network").option("network", name).input("networks", self);
        Ok(BrainMap::new(row, &self.mask, format!("{name} ({})", self.atlas), unit)?.made(made))
    }

    /// Number of voxels of a network (of values that are not 0).
    pub fn voxels(&self, row: usize) -> usize {
        self.maps.counts().get(row).copied().unwrap_or(0)
    }

    /// Some of the networks, by row.
    fn select(&self, rows: &[usize]) -> Networks {
        Networks {
            names: rows.iter().map(|row| self.names[*row].clone()).collect(),
            colours: rows.iter().map(|row| self.colours[*row]).collect(),
            maps: self.maps.select(rows),
            ..self.clone()
        }
        .made(Provenance::step("some networks").option("rows", format!("{rows:?}")).input("networks", self))
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} networks on a {}", self.atlas, self.count(), self.mask)?;
        let width = self.names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (name, voxels) in self.names.iter().zip(self.maps.counts()).take(SHOWN) {
            write!(f, "\n  {name:width$} {voxels:6} voxels")?;
        }
        match self.count().checked_sub(SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "\n  and {more} more"),
        }
    }
}

/// An error unless there is one new name for each old one, none of them twice.
pub(crate) fn check_names(old: &[String], new: &[String]) -> Result<()> {
    if new.len() != old.len() {
        return Err(Error::shape(
            format!("{} names for {} networks ({})", new.len(), old.len(), old.join(", ")),
            "give one for each network, in their order",
        ));
    }
    match new.iter().enumerate().find(|(n, name)| new[..*n].contains(name)) {
        None => Ok(()),
        Some((_, twice)) => {
            Err(Error::value(format!("the name {twice} comes twice"), "number networks that share a name"))
        }
    }
}
