//! How well any model of the stimulus could do: the share of a voxel's variance that comes back.
//!
//! A voxel's course in one subject (or one repeat) is taken as g + e, what the stimulus does plus what is its own, with ρ = var g / var (g + e) the
//! *explainable variance* of one course. A perfect model of g reaches R² = ρ and r = √ρ. Against the mean of n courses it reaches
//! ρₙ = n·ρ / (1 + (n − 1)·ρ) (Spearman–Brown).
//!
//! | from | what is estimated |
//! |---|---|
//! | [`NoiseCeiling::between_subjects`] | each subject: r between its course and the mean of the others |
//! | [`NoiseCeiling::repeats`] | explainable variance over runs of the same stimulus |
//! | [`NoiseCeiling::split_half`], [`NoiseCeiling::split_half_repeats`] | reliability of halves of the subjects, or of the repeats |
//!
//! [`normalise`] divides a model's scores by one of them.

mod between;
mod gram;
mod normalise;
mod repeats;
mod splits;

pub use normalise::{NormalisedScores, normalise};
pub use splits::SplitHalf;

use super::Targets;
use crate::brain::{BrainMap, Mask};
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use std::fmt;
use std::sync::Arc;

/// How well any model of the stimulus could predict each voxel; clones are cheap. The [module](self) has the equations.
///
/// ```
/// use neurocell::prelude::*;
/// # let mask = Mask::mni4mm()?;
/// # let clock = Clock::new(1.5, &[40, 40])?;
/// # let heard = |run: usize, subject: usize| ndarray::Array2::from_shape_fn((80, mask.count()), |(t, v)| {
/// #     let common = ((t % 40 * 7 + v) % 11) as f32;
/// #     common + ((t * 13 + v * 5 + (subject + run) * 17) % 7) as f32
/// # });
/// # let bold = |subject| VoxelSeries::new(heard(0, subject), mask.clone(), clock.clone(), format!("sub-{subject}"));
/// // Three subjects heard the same story, in the same runs.
/// let subjects = vec![bold(1)?, bold(2)?, bold(3)?];
/// let ceilings = NoiseCeiling::between_subjects(&subjects)?;
/// println!("{}", ceilings[0]);
/// // One subject heard the same story in runs 0 and 1.
/// let ceiling = NoiseCeiling::repeats(&subjects[0], &[&[0, 1]])?;
/// assert_eq!(ceiling.r().len(), subjects[0].mask().count());
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NoiseCeiling {
    r: Arc<[f32]>,
    variance: Arc<[f32]>,
    mask: Mask,
    kind: Kind,
    whose: String,
    about: String,
    made: Provenance,
}

/// What the numbers are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// r with the mean of so many other subjects, whose own noise is still in it.
    WithMeanOf(usize),
    /// Explainable variance of one course of so many, estimated without bias.
    OfOne(usize),
    /// Explainable variance of the mean of so many courses.
    OfMean(usize),
}

impl NoiseCeiling {
    /// The largest Pearson r that a model could reach, per voxel: √ of the explainable variance, 0 where that is estimated below 0. Between
    /// subjects: r with the mean of the others, which may be negative.
    pub fn r(&self) -> &[f32] {
        &self.r
    }

    /// The largest R² that a model could reach, per voxel: the explainable variance, which is estimated below 0 in some voxels without
    /// any. Between subjects: the square of [`NoiseCeiling::r`], 0 where that is negative.
    pub fn variance(&self) -> &[f32] {
        &self.variance
    }

    /// The mask whose voxels are meant.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Whose ceiling it is.
    pub fn whose(&self) -> &str {
        &self.whose
    }

    /// How it was estimated, from what, as one line.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// [`NoiseCeiling::r`] as a map.
    pub fn r_map(&self) -> BrainMap {
        let made = Provenance::step("r of a noise ceiling").input("ceiling", self);
        BrainMap::of(self.r.to_vec(), &self.mask, format!("Noise ceiling, {}", self.whose), "r").made(made)
    }

    /// [`NoiseCeiling::variance`] as a map.
    pub fn variance_map(&self) -> BrainMap {
        let made = Provenance::step("variance of a noise ceiling").input("ceiling", self);
        let label = format!("Explainable variance, {}", self.whose);
        BrainMap::of(self.variance.to_vec(), &self.mask, label, "R²").made(made)
    }

    /// The ceiling without the noise of the other subjects' mean.
    ///
    /// The mean of k others still has noise of theirs, so that r with it is too low: r = ρ·√(k / (1 + (k − 1)·ρ)) if all subjects are alike. Solved
    /// for ρ = (r²(k − 1) + √(r⁴(k − 1)² + 4k·r²)) / 2k, which is 0 where r is not positive. All other ceilings are free of it, and come back as they are.
    pub fn corrected(&self) -> NoiseCeiling {
        let Kind::WithMeanOf(others) = self.kind else { return self.clone() };
        let k = others as f64;
        let of = |r: &f32| {
            let square = f64::from(*r).max(0.0).powi(2);
            (square * (k - 1.0) + (square * square * (k - 1.0).powi(2) + 4.0 * k * square).sqrt()) / (2.0 * k)
        };
        let about = format!("{}, corrected for the noise of that mean", self.about);
        self.with(self.r.iter().map(of).collect(), Kind::OfOne(others + 1), about)
    }

    /// The ceiling for a model of the *mean* over the subjects or repeats that this was estimated from (all of them, or the n of each group of
    /// repeats), by Spearman–Brown: ρₙ = n·ρ / (1 + (n − 1)·ρ).
    pub fn of_mean(&self) -> NoiseCeiling {
        let one = self.corrected();
        let Kind::OfOne(count) = one.kind else { return one };
        let n = count as f64;
        let of = |rho: &f32| n * f64::from(*rho) / (1.0 + (n - 1.0) * f64::from(*rho)).max(f64::MIN_POSITIVE);
        let about = format!("{}; of the mean of {count} courses", one.about);
        one.with(one.variance.iter().map(of).collect(), Kind::OfMean(count), about)
    }

    /// Other estimates of the explainable variance for the same voxels.
    fn with(&self, variance: Vec<f64>, kind: Kind, about: String) -> NoiseCeiling {
        let mask = self.mask.clone();
        let made = Provenance::step("corrected ceiling").option("about", &about).input("ceiling", self);
        NoiseCeiling::of_variance(variance, mask, kind, self.whose.clone(), (about, made))
    }

    /// What it is made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    fn of_variance(
        variance: Vec<f64>,
        mask: Mask,
        kind: Kind,
        whose: String,
        (about, made): (String, Provenance),
    ) -> NoiseCeiling {
        NoiseCeiling {
            r: variance.iter().map(|rho| rho.max(0.0).sqrt() as f32).collect(),
            variance: variance.iter().map(|rho| *rho as f32).collect(),
            mask,
            kind,
            whose,
            about,
            made,
        }
    }
}

/// "; 3 constant voxels have 0", if there are any.
fn constant_words(constant: usize) -> String {
    match constant {
        0 => String::new(),
        1 => "; 1 voxel that is constant in a course has 0".to_owned(),
        _ => format!("; {constant} voxels that are constant in a course have 0"),
    }
}

/// An error if two series are not of the same voxels and volumes; both are named.
fn check_alike(one: &dyn Targets, other: &dyn Targets) -> Result<()> {
    one.clock().agree(one.name(), other.clock(), other.name()).map_err(|error| {
        let advice = "a ceiling compares volume by volume: take the runs that both heard, and trim them to the same length (`bold.trimmed(…)`)";
        Error::shape(error.problem(), advice)
    })?;
    match one.mask() == other.mask() {
        true => Ok(()),
        false => Err(Error::shape(
            format!("the masks differ: {} has a {}, {} has a {}", one.name(), one.mask(), other.name(), other.mask()),
            "read all subjects in one mask: `let common = a.mask().and(b.mask())?`, then `Masker::new(&common)`",
        )),
    }
}

impl fmt::Display for NoiseCeiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut r: Vec<f32> = self.r.to_vec();
        r.sort_by(f32::total_cmp);
        write!(f, "NoiseCeiling: {}, {} voxels", self.whose, r.len())?;
        if let (Some(median), Some(most)) = (r.get(r.len() / 2), r.last()) {
            let high = r[(r.len() - 1) * 19 / 20];
            write!(f, "; r: median {median:.3}, 95th percentile {high:.3}, largest {most:.3}")?;
        }
        write!(f, "\n{}", self.about)
    }
}
