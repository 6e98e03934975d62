//! Networks brought onto the grid of the data.

use super::read::shortened;
use super::{Maps, Networks};
use crate::brain::image::Resampler;
use crate::brain::{Affine, Interpolation, Mask};
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use crate::provenance::Provenance;
use ndarray::Array2;

impl Networks {
    /// The networks at the voxels of another mask. On another grid each voxel takes the label of the atlas voxel in which its centre lies
    /// (nearest neighbour); weighted maps are interpolated linearly, 0 outside their mask. Networks that have no voxel there are
    /// left out. Both is printed, and said in [`Networks::atlas`].
    ///
    /// # Errors
    /// If no network has a voxel there: both bounding boxes and affines are shown.
    pub fn resampled_to(&self, mask: &Mask) -> Result<Networks> {
        if self.mask == *mask {
            return Ok(self.clone());
        }
        let same_grid = self.mask.same_grid(mask.shape(), mask.affine());
        let mut said = Vec::new();
        let maps = match self.maps.labels() {
            _ if same_grid => self.at_voxels_of(mask).maps,
            None => self.interpolated(mask)?,
            Some(_) => self.maps.at(&(0..mask.count()).map(|n| self.voxel_at(mask.mm(n))).collect::<Vec<_>>()),
        };
        let counts = maps.counts();
        let (kept, lost): (Vec<usize>, Vec<usize>) = (0..self.count()).partition(|row| counts[*row] > 0);
        if kept.is_empty() {
            return Err(self.apart_from(mask));
        }
        if !same_grid {
            let how = if self.maps.labels().is_some() { "nearest neighbour" } else { "linear" };
            said.push(format!("{how} from {} mm to {} mm", self.mask.voxel_text(), mask.voxel_text()));
        }
        if !lost.is_empty() {
            let names: Vec<String> = lost.iter().map(|row| self.names[*row].clone()).collect();
            said.push(format!("without {} (outside the mask)", shortened(&names)));
        }
        if !said.is_empty() {
            println!("{} brought onto the grid of the data: {}", self.atlas, said.join(", "));
        }
        let atlas = [vec![self.atlas.clone()], said].concat().join(", ");
        let made = Provenance::step("resampled to").input("networks", self).input("mask", mask);
        let all = Networks { atlas, maps, mask: mask.clone(), ..self.clone() }.made(made);
        Ok(if lost.is_empty() { all } else { all.select(&kept) })
    }

    /// At the voxels of a mask of the same grid.
    pub(crate) fn at_voxels_of(&self, mask: &Mask) -> Networks {
        let voxels: Vec<Option<usize>> = (0..mask.count()).map(|n| self.mask.number(mask.position(n))).collect();
        let made = Provenance::step("at the voxels of").input("networks", self).input("mask", mask);
        Networks { maps: self.maps.at(&voxels), mask: mask.clone(), ..self.clone() }.made(made)
    }

    /// Weighted maps between voxels.
    fn interpolated(&self, mask: &Mask) -> Result<Maps> {
        let from = (self.mask.shape(), self.mask.affine());
        let resampler = Resampler::new(from, (mask.shape(), mask.affine()), Interpolation::Linear)?;
        let mut volume = vec![0.0; self.mask.shape().iter().product()];
        let mut maps = Array2::zeros((self.count(), mask.count()));
        for (network, mut row) in maps.rows_mut().into_iter().enumerate() {
            check_cancelled("resampling maps")?;
            let values = self.maps.row(network);
            self.mask.voxels().iter().zip(values).for_each(|(voxel, value)| volume[*voxel as usize] = value);
            let there = resampler.resample(&volume);
            row.iter_mut().zip(mask.voxels()).for_each(|(to, voxel)| *to = there[*voxel as usize]);
        }
        Ok(maps.into())
    }

    /// The error of an atlas and a mask that have no voxel in common.
    pub(super) fn apart_from(&self, mask: &Mask) -> Error {
        Error::value(
            format!(
                "no network of {} has a voxel in the {mask}: the atlas reaches {} mm (affine {}), the mask {} mm (affine {})",
                self.atlas,
                bounds(&self.mask),
                self.mask.affine(),
                bounds(mask),
                mask.affine()
            ),
            "is the mask in MNI space? Its affine must say where the brain lies; an image in a subject's own space is to be normalised first",
        )
    }

    /// The number, within the mask, of the voxel in which a point in mm lies.
    pub(super) fn voxel_at(&self, mm: [f64; 3]) -> Option<usize> {
        self.mask.affine().voxel(mm).and_then(nearest).and_then(|at| self.mask.number(at))
    }
}

impl Mask {
    /// "4 × 4 × 4".
    fn voxel_text(&self) -> String {
        self.affine().voxel_size().map(|mm| ((mm * 100.0).round() / 100.0).to_string()).join(" × ")
    }
}

/// "-72 … 72, -104 … 72, -68 … 80": where a mask's voxels lie.
fn bounds(mask: &Mask) -> String {
    let mut reach = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
    for mm in (0..mask.count()).map(|n| mask.mm(n)) {
        reach.iter_mut().zip(mm).for_each(|([low, high], v)| (*low, *high) = (low.min(v), high.max(v)));
    }
    reach.map(|[low, high]| format!("{:.0} … {:.0}", low + 0.0, high + 0.0)).join(", ")
}

/// The voxel in which a fractional position lies; `None` before the grid's first voxel.
fn nearest(position: [f64; 3]) -> Option<[usize; 3]> {
    // Half-way positions that are off by rounding only go the same way on every grid.
    let rounded = position.map(|v| (v + 0.5 + 1e-6).floor());
    rounded.iter().all(|v| (0.0..1e6).contains(v)).then(|| rounded.map(|v| v as usize))
}

/// Volume of a voxel in mm³.
pub(super) fn voxel_volume(affine: &Affine) -> f64 {
    affine.determinant().abs()
}
