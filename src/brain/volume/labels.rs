//! A label anywhere between voxels.

use super::{Inverse, corners};
use crate::brain::Mask;
use crate::error::Result;

/// A label for each voxel of a grid, read between the voxels by the greatest weight.
pub(crate) struct Labels {
    shape: [usize; 3],
    inverse: Inverse,
    /// Label + 1, or 0 for none.
    labels: Vec<u16>,
    count: usize,
}

impl Labels {
    /// `label` gives the label (below `count`) of the mask's voxel number n.
    pub fn new(mask: &Mask, count: usize, label: impl Fn(usize) -> Option<usize>) -> Result<Labels> {
        let mut labels = vec![0; mask.shape().iter().product()];
        for (n, flat) in mask.voxels().iter().enumerate() {
            labels[*flat as usize] =
                label(n).filter(|l| *l < count).map_or(0, |l| (l + 1).min(usize::from(u16::MAX)) as u16);
        }
        Ok(Labels { shape: mask.shape(), inverse: Inverse::new(mask.affine())?, labels, count })
    }

    /// The labels of the eight voxels around a point, with their weights in linear interpolation; a label may come twice.
    pub fn around(&self, mm: [f64; 3], mut visit: impl FnMut(usize, f64)) {
        corners(self.shape, self.inverse.voxel(mm), |flat, weight| {
            if self.labels[flat] > 0 {
                visit(usize::from(self.labels[flat]) - 1, weight);
            }
        });
    }

    /// The label that has most of the weight around a point, if labels have at least half of it.
    pub fn at(&self, mm: [f64; 3]) -> Option<usize> {
        let mut weights = [0.0f64; 8];
        let mut seen = [0usize; 8];
        let mut kinds = 0;
        let mut known = 0.0;
        self.around(mm, |label, weight| {
            known += weight;
            let place = seen[..kinds].iter().position(|l| *l == label).unwrap_or(kinds);
            seen[place] = label;
            weights[place] += weight;
            kinds = kinds.max(place + 1);
        });
        if known < 0.5 {
            return None;
        }
        let best = (0..kinds).max_by(|a, b| weights[*a].total_cmp(&weights[*b]))?;
        Some(seen[best]).filter(|l| *l < self.count)
    }
}
