//! Scores in units of what could be reached.

use super::NoiseCeiling;
use crate::brain::BrainMap;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use std::fmt;

/// Scores divided by a noise ceiling; clones are cheap.
#[derive(Clone, Debug)]
pub struct NormalisedScores {
    map: BrainMap,
    scores: BrainMap,
    ceiling: NoiseCeiling,
    floor: f32,
    left_out: usize,
}

/// A model's scores in units of what could be reached: r / ceiling, or R² / explainable variance, by the map's unit ("r" or "R²").
///
/// Where the ceiling is low, the quotient is noise over noise: voxels whose ceiling (as r) is below `floor` are left out, are NaN in the map, and are
/// counted. 0.1 to 0.3 are usual floors. Values above 1 stay as they are: the ceiling is an estimate too.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(fit: EncodingFit, ceiling: NoiseCeiling) -> Result<()> {
/// let normalised = normalise(&fit.score_map(), &ceiling, 0.15)?;
/// println!("{normalised}");
/// normalised.map().write("normalised.nii.gz")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the masks differ (both are shown), the scores are in another unit, the floor is not above 0 and below 1, or no voxel's ceiling reaches it.
pub fn normalise(scores: &BrainMap, ceiling: &NoiseCeiling, floor: f32) -> Result<NormalisedScores> {
    if scores.mask() != ceiling.mask() {
        return Err(Error::shape(
            format!(
                "the masks differ: `{}` has a {}, the ceiling of {} has a {}",
                scores.label(),
                scores.mask(),
                ceiling.whose(),
                ceiling.mask()
            ),
            "fit the model, and estimate the ceiling, in one mask: `Masker::new(&mask)`",
        ));
    }
    if !(floor > 0.0 && floor < 1.0) {
        return Err(Error::value(
            format!("a floor of {floor} under the noise ceiling"),
            "give an r above 0, such as 0.1",
        ));
    }
    let most = match scores.unit() {
        "r" => ceiling.r(),
        "R²" => ceiling.variance(),
        other => {
            return Err(Error::value(
                format!("`{}` is in the unit `{other}`, and a ceiling is there for r and R²", scores.label()),
                "give `fit.score_map()` or `fit.r2_map()`",
            ));
        }
    };
    let value = |n: usize| if ceiling.r()[n] >= floor { scores.values()[n] / most[n] } else { f32::NAN };
    let values: Vec<f32> = (0..most.len()).map(value).collect();
    let left_out = ceiling.r().iter().filter(|r| **r < floor || r.is_nan()).count();
    if left_out == values.len() {
        let largest = ceiling.r().iter().copied().fold(f32::MIN, f32::max);
        return Err(Error::value(
            format!(
                "no voxel of {} has a noise ceiling of {floor} or more; the largest is {largest:.3}",
                ceiling.whose()
            ),
            "see that the courses belong to the same stimulus (onsets, order of runs), or lower the floor",
        ));
    }
    let label = format!("{}, by the noise ceiling ({left_out} voxels below {floor} left out)", scores.label());
    let unit = format!("{} / ceiling", scores.unit());
    let made = Provenance::step("normalise").option("floor", floor).input("scores", scores).input("ceiling", ceiling);
    let map = BrainMap::new(values, scores.mask(), label, unit)?.made(made);
    Ok(NormalisedScores { map, scores: scores.clone(), ceiling: ceiling.clone(), floor, left_out })
}

impl NormalisedScores {
    /// Normalised scores, NaN in voxels that are left out.
    pub fn map(&self) -> &BrainMap {
        &self.map
    }

    /// The scores as they were.
    pub fn scores(&self) -> &BrainMap {
        &self.scores
    }

    /// The ceiling.
    pub fn ceiling(&self) -> &NoiseCeiling {
        &self.ceiling
    }

    /// The least ceiling, as r, of a voxel that is kept.
    pub fn floor(&self) -> f32 {
        self.floor
    }

    /// Number of voxels that are left out.
    pub fn left_out(&self) -> usize {
        self.left_out
    }
}

impl fmt::Display for NormalisedScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kept: Vec<f32> = self.map.values().iter().copied().filter(|v| !v.is_nan()).collect();
        kept.sort_by(f32::total_cmp);
        let above = kept.iter().filter(|v| **v > 1.0).count();
        write!(f, "NormalisedScores: {}", self.scores.label())?;
        write!(
            f,
            "\nmedian {:.3} {}, 95th percentile {:.3}, over {} voxels; {} voxels with a ceiling below r = {} left out; {above} above 1",
            kept[kept.len() / 2],
            self.map.unit(),
            kept[(kept.len() - 1) * 19 / 20],
            kept.len(),
            self.left_out,
            self.floor
        )?;
        write!(f, "\nceiling: {}", self.ceiling.about())
    }
}
