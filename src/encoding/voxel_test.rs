//! Which voxels are more than chance: values, p and q of each, and maps of them.

use crate::brain::{BrainMap, Mask};
use crate::error::{Error, Result};
use crate::provenance::{Origin, Provenance, Traced};
use crate::statistics::{benjamini_hochberg, benjamini_yekutieli};
use std::fmt;
use std::sync::Arc;

/// How p values are corrected for the number of voxels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Correction {
    /// False discovery rate after Benjamini and Hochberg, for voxels that are independent or alike.
    #[default]
    BenjaminiHochberg,
    /// False discovery rate after Benjamini and Yekutieli, whatever the dependence.
    BenjaminiYekutieli,
    /// Family-wise error by the largest value over voxels in each draw; for nulls that draw.
    MaxStatistic,
}

/// A test of every voxel: [`significance`](super::significance), [`compare`](super::compare) or [`group`](super::group); clones are cheap.
#[derive(Clone, Debug)]
pub struct VoxelTest {
    pub(super) values: Arc<[f64]>,
    pub(super) p: Arc<[f64]>,
    pub(super) max_p: Option<Arc<[f64]>>,
    pub(super) q: Arc<[f64]>,
    pub(super) correction: Correction,
    pub(super) level: f64,
    pub(super) mask: Mask,
    /// What the values are, and their unit: "Held-out r", "r".
    pub(super) what: (&'static str, &'static str),
    pub(super) whose: String,
    pub(super) about: String,
    pub(crate) origin: Origin,
}

impl VoxelTest {
    /// What was tested: held-out r of each voxel, the difference of two models' r, or the mean of Fisher's z over subjects.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// p of each voxel, not corrected.
    pub fn p(&self) -> &[f64] {
        &self.p
    }

    /// q of each voxel: p corrected for the number of voxels.
    pub fn q(&self) -> &[f64] {
        &self.q
    }

    /// Whether each voxel's q is at most the level.
    pub fn significant(&self) -> Vec<bool> {
        self.q.iter().map(|q| *q <= self.level).collect()
    }

    /// Number of voxels whose q is at most the level.
    pub fn count(&self) -> usize {
        self.q.iter().filter(|q| **q <= self.level).count()
    }

    /// The smallest value of a voxel that is significant, in absolute size; none if there is no such voxel.
    pub fn threshold(&self) -> Option<f64> {
        let passed = self.values.iter().zip(self.q.iter()).filter(|(_, q)| **q <= self.level).map(|(v, _)| v.abs());
        passed.min_by(f64::total_cmp)
    }

    /// The level of q.
    pub fn level(&self) -> f64 {
        self.level
    }

    /// How p was corrected.
    pub fn correction(&self) -> Correction {
        self.correction
    }

    /// Null, sides, draws and what was tested, as one line.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The values of significant voxels, 0 elsewhere.
    pub fn map(&self) -> BrainMap {
        let each = self.values.iter().zip(self.q.iter());
        let values = each.map(|(v, q)| if *q <= self.level { *v as f32 } else { 0.0 }).collect();
        let label = format!("{} where q ≤ {} ({}), {}", self.what.0, self.level, self.correction, self.whose);
        BrainMap::of(values, &self.mask, label, self.what.1)
            .made(Provenance::step("significant voxels").input("test", self))
    }

    /// −log₁₀ p of every voxel, not corrected.
    pub fn p_map(&self) -> BrainMap {
        let values = self.p.iter().map(|p| (-p.log10()).max(0.0) as f32).collect();
        let label = format!("p of {}, {}", self.what.0, self.whose);
        BrainMap::of(values, &self.mask, label, "−log₁₀ p").made(Provenance::step("p map").input("test", self))
    }

    /// The same test with another correction or level.
    ///
    /// # Errors
    /// If the level is not between 0 and 1, or the maximum over voxels is asked of a null that draws nothing.
    pub fn corrected(&self, correction: Correction, level: f64) -> Result<VoxelTest> {
        if !(level > 0.0 && level < 1.0) {
            return Err(Error::value(format!("a level of {level}"), "give a share such as 0.05"));
        }
        let q = match (correction, &self.max_p) {
            (Correction::BenjaminiHochberg, _) => benjamini_hochberg(&self.p)?,
            (Correction::BenjaminiYekutieli, _) => benjamini_yekutieli(&self.p)?,
            (Correction::MaxStatistic, Some(max_p)) => max_p.to_vec(),
            (Correction::MaxStatistic, None) => {
                return Err(Error::value(
                    "the maximum over voxels of a null in closed form, which draws nothing",
                    "take `Correction::BenjaminiYekutieli`, or a null that draws: `Null::blocks()`",
                ));
            }
        };
        let made = self.provenance().option("correction", correction).option("level", level);
        Ok(VoxelTest { q: q.into(), correction, level, origin: made.into(), ..self.clone() })
    }
}

impl fmt::Display for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Correction::BenjaminiHochberg => "FDR, Benjamini–Hochberg",
            Correction::BenjaminiYekutieli => "FDR, Benjamini–Yekutieli",
            Correction::MaxStatistic => "family-wise, maximum over voxels",
        })
    }
}

impl fmt::Display for VoxelTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "VoxelTest: {} of {} voxels with q ≤ {} ({})",
            self.count(),
            self.p.len(),
            self.level,
            self.correction
        )?;
        if let Some(threshold) = self.threshold() {
            write!(f, "; threshold |{}| = {threshold:.3}", self.what.1)?;
        }
        let least = self.p.iter().copied().fold(1.0, f64::min);
        write!(f, "; smallest p {least:.1e}; {}", self.about)
    }
}
