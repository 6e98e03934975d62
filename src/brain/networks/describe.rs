//! What each network is by itself: where it peaks, how large it is, on which side it lies.

use super::Networks;
use super::resample::voxel_volume;
use crate::brain::Peak;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::Array2;
use std::fmt;
use std::sync::Arc;

/// The share of a weighted map's largest value from which on a voxel counts as the network's own.
pub(super) const SHARE: f32 = 0.5;

/// One network of a [`NetworkTable`].
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkRow {
    /// The network's name.
    pub name: String,
    /// Its largest value, and where that lies; of a region without weights, the voxel of it that is nearest to its centre of mass.
    pub peak: Peak,
    /// Centre of mass of its voxels in mm.
    pub centre: [f64; 3],
    /// Number of its voxels.
    pub voxels: usize,
    /// Their volume in mm³.
    pub volume: f64,
    /// Share of its voxels that lie left of the midline (x < 0) among those that lie on a side; 0.5 if none does.
    pub left: f64,
}

/// Each network's peak, place and size; clones are cheap.
#[derive(Clone, Debug)]
pub struct NetworkTable {
    about: String,
    rows: Arc<[NetworkRow]>,
}

impl NetworkTable {
    /// The networks, in the order of [`Networks::names`].
    pub fn rows(&self) -> &[NetworkRow] {
        &self.rows
    }

    /// Which networks, and which voxels count.
    pub fn about(&self) -> &str {
        &self.about
    }
}

impl Networks {
    /// Each network with the voxels whose value is at least `share` of the network's largest value, as 1 inside and 0 outside.
    ///
    /// Networks of labels stay as they are. Thresholded maps may overlap.
    ///
    /// # Errors
    /// If the share is not above 0 and at most 1, or a map has no value above 0 (it is named).
    pub fn thresholded(&self, share: f32) -> Result<Networks> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(Error::value(format!("a share of {share} of a map's largest value"), "0.5 is half of it"));
        }
        if self.maps.labels().is_some() {
            return Ok(self.clone());
        }
        let maps = self.maps();
        let mut inside = Array2::zeros(maps.dim());
        for ((mut to, map), name) in inside.rows_mut().into_iter().zip(maps.rows()).zip(self.names()) {
            let largest = map.iter().copied().fold(0.0f32, f32::max);
            if largest == 0.0 {
                let problem = format!("the map of {name} has no value above 0");
                return Err(Error::value(problem, "turn its sign: a network is where its map is large"));
            }
            to.iter_mut().zip(map).for_each(|(to, v)| *to = f32::from(*v >= share * largest));
        }
        let atlas = format!("{}, values of at least {:.0} % of each map's largest", self.atlas, 100.0 * share);
        let made = Provenance::step("thresholded").option("share", share).input("networks", self);
        Ok(Networks { atlas, maps: inside.into(), ..self.clone() }.made(made))
    }

    /// The networks with the voxels that count as their own: those of labels, or values of at least half of the map's largest.
    pub(super) fn own_voxels(&self) -> Result<Networks> {
        self.thresholded(SHARE)
    }

    /// Where each network has its largest value, in the order of the rows; of a region without weights, the voxel of it that is
    /// nearest to its centre of mass.
    ///
    /// ```
    /// use neurocell::brain::Networks;
    /// let networks = Networks::yeo7()?;
    /// let [x, y, z] = networks.peaks()?[networks.row("Visual")?].mm;
    /// assert!(y < -60.0, "({x}, {y}, {z})");
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a weighted map has no value above 0 (it is named).
    pub fn peaks(&self) -> Result<Vec<Peak>> {
        Ok(self.describe()?.rows.iter().map(|row| row.peak).collect())
    }

    /// Each network's peak, centre of mass, number of voxels, volume, and share in the left hemisphere.
    ///
    /// Of weighted maps, voxels count from half of the map's largest value on; for another threshold:
    /// `networks.thresholded(0.3)?.describe()?`.
    ///
    /// ```
    /// use neurocell::brain::Networks;
    /// let table = Networks::yeo7()?.describe()?;
    /// println!("{table}");
    /// assert_eq!(table.rows()[0].volume, 64.0 * table.rows()[0].voxels as f64);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a weighted map has no value above 0 (it is named).
    pub fn describe(&self) -> Result<NetworkTable> {
        let own = self.own_voxels()?;
        let volume = voxel_volume(self.mask.affine());
        let row = |network: usize| {
            let inside = own.maps.row(network);
            let values = self.maps.row(network);
            let voxels: Vec<usize> = (0..inside.len()).filter(|n| inside[*n] > 0.0).collect();
            let mut centre = [0.0; 3];
            for mm in voxels.iter().map(|n| self.mask.mm(*n)) {
                centre.iter_mut().zip(mm).for_each(|(sum, v)| *sum += v / voxels.len() as f64);
            }
            let weighted = voxels.iter().any(|n| values[*n] != values[voxels[0]]);
            let far = |n: usize| -> f64 { self.mask.mm(n).iter().zip(centre).map(|(a, b)| (a - b).powi(2)).sum() };
            let peak = match weighted {
                // The first of equal ones.
                true => voxels.iter().copied().rev().max_by(|a, b| values[*a].total_cmp(&values[*b])),
                false => voxels.iter().copied().min_by(|a, b| far(*a).total_cmp(&far(*b))),
            };
            let peak = peak.unwrap_or(0);
            // Voxels on the midline belong to neither side.
            let sides = voxels.iter().map(|n| self.mask.mm(*n)[0]).filter(|x| x.abs() > 1e-6);
            let (left, right) = sides.fold((0, 0), |(l, r), x| if x < 0.0 { (l + 1, r) } else { (l, r + 1) });
            NetworkRow {
                name: self.names[network].clone(),
                peak: Peak { value: values[peak], position: self.mask.position(peak), mm: self.mask.mm(peak) },
                centre,
                voxels: voxels.len(),
                volume: volume * voxels.len() as f64,
                left: if left + right == 0 { 0.5 } else { f64::from(left) / f64::from(left + right) },
            }
        };
        Ok(NetworkTable { about: own.atlas.clone(), rows: (0..self.count()).map(row).collect() })
    }
}

impl fmt::Display for NetworkTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} networks, mm in the image's space", self.about, self.rows.len())?;
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max("network".len());
        let at = |mm: [f64; 3]| {
            let [x, y, z] = mm.map(|v| v.round() + 0.0);
            format!("({x}, {y}, {z})")
        };
        write!(
            f,
            "\n  {:width$} {:>8} {:>16} {:>16} {:>7} {:>9} {:>5}",
            "network", "peak", "peak at", "centre", "voxels", "cm³", "left"
        )?;
        for row in self.rows.iter() {
            write!(
                f,
                "\n  {:width$} {:8.3} {:>16} {:>16} {:7} {:9.2} {:4.0}%",
                row.name,
                row.peak.value,
                at(row.peak.mm),
                at(row.centre),
                row.voxels,
                row.volume / 1000.0,
                100.0 * row.left
            )?;
        }
        Ok(())
    }
}
