//! What a banded ridge found: weights of spaces, and scores split over them.

use super::Spaces;
use crate::brain::{BrainMap, Mask, VoxelSeries};
use crate::encoding::EncodingFit;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::{Array2, Axis};
use std::fmt;
use std::sync::Arc;

/// A fitted banded ridge: scores in total and by space, and the weights γ of the spaces in each voxel; clones are cheap.
#[derive(Clone, Debug)]
pub struct BandedFit {
    /// The model of all spaces.
    pub(super) joint: EncodingFit,
    pub(super) names: Arc<[String]>,
    /// Numbers of each space's rows in the weights.
    pub(super) columns: Arc<[Vec<usize>]>,
    /// Space × voxel.
    pub(super) gammas: Arc<Array2<f32>>,
    /// Space × voxel, means over folds.
    pub(super) split_r: Arc<Array2<f32>>,
    pub(super) split_r2: Arc<Array2<f32>>,
}

impl BandedFit {
    /// The model of all spaces side by side: held-out predictions, scores of each fold, weights of all regressors, scores of new runs.
    pub fn joint(&self) -> &EncodingFit {
        &self.joint
    }

    /// Names of the spaces.
    pub fn spaces(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    /// Held-out Pearson r of each voxel, mean over folds.
    pub fn r(&self) -> &[f32] {
        self.joint.r()
    }

    /// Held-out R² of each voxel, mean over folds.
    pub fn r2(&self) -> &[f32] {
        self.joint.r2()
    }

    /// α of each voxel, for weights γ whose sum is 1.
    pub fn alphas(&self) -> &[f32] {
        self.joint.alphas()
    }

    /// γ of each space and voxel, space × voxel, chosen over all folds: the penalty of a space is α/γ.
    pub fn gammas(&self) -> &Array2<f32> {
        &self.gammas
    }

    /// The part of the held-out R² that falls to each space, space × voxel: the product measure
    /// R²_s = Σ ŷ_s·(2y − ŷ) / Σ y² (himalaya's `r2_score_split`), mean over folds. The sum over spaces is [`BandedFit::r2`]; a part may be negative.
    ///
    /// y is meant less its mean over the held-out rows; where that is not 0 (runs that were not z-scored), each space bears an equal share of
    /// what the shift costs.
    pub fn split_r2(&self) -> &Array2<f32> {
        &self.split_r2
    }

    /// Held-out Pearson r between each voxel and the part of its prediction that comes from one space, space × voxel, mean over folds.
    pub fn split_r(&self) -> &Array2<f32> {
        &self.split_r
    }

    /// Weights of a space's regressors, regressor × voxel, in standard deviations of the voxel per standard deviation of the regressor: those of
    /// the features themselves, not of features scaled by √γ. With delays, all regressors at the first delay come first.
    ///
    /// # Errors
    /// If there is no space of that name.
    pub fn weights(&self, space: &str) -> Result<Array2<f32>> {
        Ok(self.joint.weights().select(Axis(0), &self.columns[self.number(space)?]))
    }

    /// What the model of all rows predicts from new courses of the same spaces, in the same order: rows are the volumes of their clock.
    ///
    /// # Errors
    /// If names or sizes of the spaces are not the model's, or a delay was fitted and the TR is another.
    pub fn predict(&self, spaces: &Spaces) -> Result<VoxelSeries> {
        if spaces.names() != self.spaces() {
            return Err(Error::value(
                format!(
                    "the model was fitted to the spaces {}, and {} are given",
                    self.names.join(", "),
                    spaces.names().join(", ")
                ),
                "give the same spaces in the same order",
            ));
        }
        let delays = self.joint.delays().len().max(1);
        let sizes: Vec<usize> = self.columns.iter().map(|columns| columns.len() / delays).collect();
        if spaces.sizes() != sizes {
            return Err(Error::shape(
                format!("the spaces have {:?} regressors, and those of the model have {sizes:?}", spaces.sizes()),
                "make each space in the same way as for the fit",
            ));
        }
        self.joint.predict(&spaces.all()?)
    }

    /// The mask whose voxels are meant.
    pub fn mask(&self) -> &Mask {
        self.joint.mask()
    }

    /// Whose data, which spaces and which folds, as one line.
    pub fn about(&self) -> &str {
        self.joint.about()
    }

    /// Held-out r of the whole prediction as a map.
    pub fn score_map(&self) -> BrainMap {
        self.joint.score_map()
    }

    /// A space's part of the held-out R² as a map: [`BandedFit::split_r2`].
    ///
    /// # Errors
    /// If there is no space of that name.
    pub fn split_map(&self, space: &str) -> Result<BrainMap> {
        let values = self.split_r2.row(self.number(space)?).to_vec();
        let made = Provenance::step("R² of a space").option("space", space).input("fit", self);
        Ok(BrainMap::of(values, self.mask(), format!("R² of {space}, {}", self.joint.whose), "R²").made(made))
    }

    /// The number of the space with the largest part of the held-out R², counted from 1 in the order of [`BandedFit::spaces`]; 0 where the
    /// held-out r of the whole prediction is below `least`, or no part is above 0.
    pub fn best_space_map(&self, least: f32) -> BrainMap {
        let best = |(voxel, r): (usize, &f32)| {
            let parts = self.split_r2.column(voxel);
            let best = (0..parts.len()).fold(0, |best, n| if parts[n] > parts[best] { n } else { best });
            if *r >= least && parts[best] > 0.0 { (best + 1) as f32 } else { 0.0 }
        };
        let values = self.r().iter().enumerate().map(best).collect();
        let named: Vec<String> = self.names.iter().enumerate().map(|(n, name)| format!("{} {name}", n + 1)).collect();
        let label = format!("Best space ({}), {}", named.join(", "), self.joint.whose);
        let made = Provenance::step("best space").option("least", least).input("fit", self);
        BrainMap::of(values, self.mask(), label, "space").made(made)
    }

    fn number(&self, space: &str) -> Result<usize> {
        let found = self.names.iter().position(|name| name == space);
        found.ok_or_else(|| Error::unknown("space", space, &self.names))
    }
}

impl fmt::Display for BandedFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut r = self.r().to_vec();
        r.sort_by(f32::total_cmp);
        let quantile = |share: f64| r.get(((r.len().saturating_sub(1)) as f64 * share).round() as usize).copied();
        write!(f, "BandedFit: {} × {} voxels", self.names.join(" + "), r.len())?;
        if let (Some(median), Some(high), Some(most)) = (quantile(0.5), quantile(0.95), quantile(1.0)) {
            write!(f, "; held-out r: median {median:.3}, 95th percentile {high:.3}, largest {most:.3}")?;
        }
        write!(f, "; mean part of R² over voxels:")?;
        for (n, (name, part)) in self.names.iter().zip(self.split_r2.mean_axis(Axis(1)).unwrap_or_default()).enumerate()
        {
            write!(f, "{} {name} {part:.3}", if n == 0 { "" } else { "," })?;
        }
        write!(f, "; α at the grid's edge in {} voxels; {}", self.joint.alphas_at_edge(), self.about())
    }
}
