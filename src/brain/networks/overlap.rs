//! How much of each network lies in which region of an atlas.

use super::resample::voxel_volume;
use super::{NONE, Networks};
use crate::error::{Error, Result};
use ndarray::Array2;
use std::fmt;
use std::sync::Arc;

/// How many regions of each network are shown.
const SHOWN: usize = 3;

/// What a network and a region share.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The region's name.
    pub region: String,
    /// Number of voxels in both.
    pub voxels: usize,
    /// Share of the network's voxels that lie in the region.
    pub of_network: f64,
    /// Share of the region's voxels that lie in the network.
    pub of_region: f64,
    /// Twice the shared voxels over the sum of both sizes.
    pub dice: f64,
}

/// Voxels that networks share with the regions of an atlas; clones are cheap.
#[derive(Clone, Debug)]
pub struct Overlap {
    about: String,
    atlas: String,
    networks: Arc<[String]>,
    regions: Arc<[String]>,
    voxels: Arc<Array2<u32>>,
    network_sizes: Arc<[usize]>,
    region_sizes: Arc<[usize]>,
    cubic_mm: f64,
}

impl Networks {
    /// How much of each network lies in which region of an atlas: for network N and region R with |N ∩ R| shared voxels the
    /// shares |N ∩ R| / |N| and |N ∩ R| / |R|, and Dice 2·|N ∩ R| / (|N| + |R|).
    ///
    /// The voxels are those of the networks' grid; on another grid, each takes the region in which its centre lies, which the result says. A region is
    /// counted wherever the grid reaches, inside the networks' mask or not. Of weighted maps, of either side, voxels count from half of the map's largest value
    /// on; for another threshold: `networks.thresholded(0.3)?.overlap(&atlas)?`.
    ///
    /// ```
    /// use neurocell::brain::Networks;
    /// let overlap = Networks::yeo17()?.overlap(&Networks::yeo7()?)?;
    /// println!("{overlap}");
    /// let first = &overlap.of("DefaultB")?[0];
    /// assert_eq!(first.region, "Default");
    /// assert!(first.of_network > 0.8 && first.of_region < 0.6);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If no network shares a voxel with any region (both bounding boxes and affines are shown), or a weighted map has no value above 0.
    pub fn overlap(&self, atlas: &Networks) -> Result<Overlap> {
        let (own, regions) = (self.own_voxels()?, atlas.own_voxels()?);
        let mask = self.mask();
        let [nx, ny, nz] = mask.shape();
        let same_grid = mask.same_grid(atlas.mask.shape(), atlas.mask.affine());
        let mut voxels = Array2::<u32>::zeros((self.count(), atlas.count()));
        let mut region_sizes = vec![0; atlas.count()];
        let mut inside = mask.voxels().iter().copied().enumerate().peekable();
        for flat in 0..nx * ny * nz {
            if flat % (nx * ny) == 0 {
                crate::notebook::check_cancelled("comparing networks with an atlas")?;
            }
            let here = inside.next_if(|(_, voxel)| *voxel as usize == flat).map(|(n, _)| n);
            let at = [flat % nx, flat / nx % ny, flat / (nx * ny)];
            let there = match same_grid {
                true => atlas.mask.number(at),
                false => atlas.voxel_at(mask.affine().mm(at.map(|i| i as f64))),
            };
            let Some(there) = there else { continue };
            regions.each_at(there, |region| {
                region_sizes[region] += 1;
                if let Some(here) = here {
                    own.each_at(here, |network| voxels[[network, region]] += 1);
                }
            });
        }
        if voxels.iter().all(|v| *v == 0) {
            return Err(atlas.apart_from(mask));
        }
        let grid = if same_grid { "" } else { ", its regions taken at the networks' voxels (nearest neighbour)" };
        Ok(Overlap {
            about: own.atlas.clone(),
            atlas: format!("{}{grid}", regions.atlas),
            networks: self.names.clone(),
            regions: atlas.names.clone(),
            voxels: voxels.into(),
            network_sizes: own.maps.counts().into(),
            region_sizes: region_sizes.into(),
            cubic_mm: voxel_volume(mask.affine()),
        })
    }

    /// Calls `found` with each network that has voxel number `voxel` of the mask.
    fn each_at(&self, voxel: usize, mut found: impl FnMut(usize)) {
        match self.maps.labels() {
            Some(labels) if labels[voxel] == NONE => {}
            Some(labels) => found(labels[voxel] as usize),
            None => (0..self.count()).filter(|network| self.maps()[[*network, voxel]] > 0.0).for_each(found),
        }
    }
}

impl Overlap {
    /// The networks' names, the rows.
    pub fn networks(&self) -> &[String] {
        &self.networks
    }

    /// The regions' names, the columns.
    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    /// Number of shared voxels, network × region.
    pub fn voxels(&self) -> &Array2<u32> {
        &self.voxels
    }

    /// Number of voxels of each network.
    pub fn network_sizes(&self) -> &[usize] {
        &self.network_sizes
    }

    /// Number of voxels of each region on the networks' grid.
    pub fn region_sizes(&self) -> &[usize] {
        &self.region_sizes
    }

    /// Dice of each pair, network × region.
    pub fn dice(&self) -> Array2<f64> {
        Array2::from_shape_fn(self.voxels.dim(), |(network, region)| self.shared(network, region).dice)
    }

    /// The regions in which a network lies, the one with most of it first.
    ///
    /// # Errors
    /// If there is no network of that name; the nearest name is proposed.
    pub fn of(&self, network: &str) -> Result<Vec<Shared>> {
        match self.networks.iter().position(|name| name == network) {
            Some(row) => Ok(self.sorted(row)),
            None => Err(Error::unknown("network", network, &self.networks)),
        }
    }

    fn shared(&self, network: usize, region: usize) -> Shared {
        let voxels = self.voxels[[network, region]] as usize;
        let (own, all) = (self.network_sizes[network], self.region_sizes[region]);
        let share = |part: usize, of: usize| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        Shared {
            region: self.regions[region].clone(),
            voxels,
            of_network: share(voxels, own),
            of_region: share(voxels, all),
            dice: share(2 * voxels, own + all),
        }
    }

    fn sorted(&self, network: usize) -> Vec<Shared> {
        let all = (0..self.regions.len()).map(|region| self.shared(network, region));
        let mut some: Vec<Shared> = all.filter(|shared| shared.voxels > 0).collect();
        some.sort_by_key(|shared| std::cmp::Reverse(shared.voxels));
        some
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in the regions of {}", self.about, self.atlas)?;
        let width = |names: &[String]| names.iter().map(|name| fitting(name).chars().count()).max().unwrap_or(0).max(7);
        let (wide, wider) = (width(&self.networks), width(&self.regions));
        write!(
            f,
            "\n  {:wide$} {:>9}  {:wider$} {:>11} {:>10} {:>6}",
            "network", "cm³", "region", "of network", "of region", "Dice"
        )?;
        for (row, name) in self.networks.iter().enumerate() {
            let shared = self.sorted(row);
            let volume = format!("{:.2}", self.cubic_mm * self.network_sizes[row] as f64 / 1000.0);
            if shared.is_empty() {
                write!(f, "\n  {:wide$} {volume:>9}  in no region", fitting(name))?;
            }
            for (n, part) in shared.iter().take(SHOWN).enumerate() {
                let (name, volume) = if n == 0 { (fitting(name), volume.as_str()) } else { (String::new(), "") };
                write!(
                    f,
                    "\n  {name:wide$} {volume:>9}  {:wider$} {:10.1}% {:9.1}% {:6.3}",
                    fitting(&part.region),
                    100.0 * part.of_network,
                    100.0 * part.of_region,
                    part.dice
                )?;
            }
            if shared.len() > SHOWN {
                let rest: f64 = shared[SHOWN..].iter().map(|part| part.of_network).sum();
                let more = format!("{} more", shared.len() - SHOWN);
                write!(f, "\n  {:wide$} {:>9}  {more:wider$} {:10.1}%", "", "", 100.0 * rest)?;
            }
        }
        Ok(())
    }
}

/// A name that leaves room for what stands beside it.
pub(super) fn fitting(name: &str) -> String {
    const MOST: usize = 48;
    match name.chars().count() {
        0..=MOST => name.to_owned(),
        _ => name.chars().take(MOST - 1).chain(['…']).collect(),
    }
}
