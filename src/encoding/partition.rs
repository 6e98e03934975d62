//! Variance partitioning: what each feature space explains that no other does, and what they explain in common.

use super::banded::Spaces;
use super::{Ridge, Targets, encode};
use crate::brain::{BrainMap, Mask};
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use std::fmt;
use std::sync::Arc;

/// Splits the held-out R² of each voxel into what 2 or 3 feature spaces explain alone and in common, from one model for every union of them
/// (de Heer et al. 2017; Lescroart, Stansbury & Gallant 2015).
///
/// With R²(A), R²(A,B), … the held-out scores of [`encode`] on one space or several side by side, all in the same folds:
///
/// ```text
/// 2 spaces   A alone   R²(A,B) − R²(B)
///            A ∩ B     R²(A) + R²(B) − R²(A,B)
/// 3 spaces   A alone   R²(A,B,C) − R²(B,C)
///            A ∩ B     R²(A,C) + R²(B,C) − R²(C) − R²(A,B,C)        without C
///            A ∩ B ∩ C R²(A) + R²(B) + R²(C) − R²(A,B) − R²(A,C) − R²(B,C) + R²(A,B,C)
/// ```
///
/// All parts of a voxel add up to R² of the union of all spaces. On held-out rows a part may be negative: a model of more regressors may predict
/// worse than one of fewer. Such parts are kept as they are, and counted ([`Part::negative`]); cut off at 0, the parts would add up no more.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(words: Features, patterns: Patterns, bold: VoxelSeries) -> Result<()> {
/// let spaces = Spaces::new().with("words", &words)?.with("patterns", &patterns)?;
/// let partition = partition_variance(&spaces, &bold, Ridge::default())?;
/// println!("{partition}");
/// let unique = partition.map("patterns alone")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there are not 2 or 3 spaces; or [`encode`] refuses the spaces, the series or the options.
pub fn partition_variance(spaces: &Spaces, bold: &dyn Targets, ridge: Ridge) -> Result<Partition> {
    let count = spaces.count();
    if !(2..=3).contains(&count) {
        return Err(Error::value(
            format!("variance of {count} feature spaces; it is partitioned over 2 or 3"),
            "put spaces together, or split scores of any number by `encode_banded(&spaces, &bold, Banded::default())`",
        ));
    }
    // Which spaces are in a union is a number of as many bits, and so is where a part lies.
    let whole = (1usize << count) - 1;
    let members = |set: usize| (0..count).filter(|n| set & (1 << n) != 0).collect::<Vec<_>>();
    let mut unions: Vec<Vec<f64>> = vec![vec![0.0; bold.mask().count()]];
    let mut about = String::new();
    for set in 1..=whole {
        let fit = encode(&spaces.union(&members(set))?, bold, ridge.clone())?;
        unions.push(fit.r2().iter().map(|&r2| f64::from(r2)).collect());
        about = fit.about().to_owned();
    }
    let names: Vec<String> = spaces.names().into_iter().map(str::to_owned).collect();
    let parts = (1..=whole).map(|part| {
        let values = (0..bold.mask().count()).map(|voxel| {
            let scores: Vec<f64> = unions.iter().map(|scores| scores[voxel]).collect();
            value(&scores, part, whole) as f32
        });
        Part::new(name(&names, &members(part)), values.collect())
    });
    // Alone, then in twos, then in common to all.
    let mut parts: Vec<Part> = parts.collect();
    let mut order: Vec<usize> = (0..whole).collect();
    order.sort_by_key(|n| (n + 1).count_ones());
    parts = order.into_iter().map(|n| parts[n].clone()).collect();
    let scores = (1..=whole).map(|set| {
        let named: Vec<&str> = members(set).into_iter().map(|n| names[n].as_str()).collect();
        (named.join(" + "), unions[set].iter().map(|&r2| r2 as f32).collect())
    });
    let made = Provenance::step("partition of variance").options_of(&ridge, &["folds", "storing"]);
    let made = made.input("spaces", &spaces.all()?).input("bold", bold);
    let made = ridge.folds.iter().fold(made, |made, folds| made.input("folds", folds));
    Ok(Partition(Arc::new(Inner {
        made,
        unions: scores.collect(),
        parts,
        mask: bold.mask().clone(),
        whose: bold.name().split(';').next().unwrap_or_default().to_owned(),
        about: format!("{whole} models of the unions of {}; that of all: {about}", names.join(", ")),
    })))
}

/// What the spaces of `part`, and no others, have in common, by inclusion and exclusion: Σ over subsets T of the part of
/// −(−1)^|T| · R²(T and all that is outside of the part), with the sign turned for the whole.
fn value(unions: &[f64], part: usize, whole: usize) -> f64 {
    let outside = whole & !part;
    let subsets = (0..=part).filter(|set| set & !part == 0);
    let signed = subsets.map(|set| {
        let sign = if set.count_ones().is_multiple_of(2) { -1.0 } else { 1.0 };
        sign * unions[set | outside]
    });
    signed.sum()
}

fn name(names: &[String], members: &[usize]) -> String {
    match members {
        [one] => format!("{} alone", names[*one]),
        several => several.iter().map(|&n| names[n].as_str()).collect::<Vec<_>>().join(" ∩ "),
    }
}

/// A part of the variance that voxels have explained: one space's alone, or in common to some.
#[derive(Clone, Debug)]
pub struct Part {
    name: String,
    values: Arc<[f32]>,
    negative: usize,
}

impl Part {
    fn new(name: String, values: Vec<f32>) -> Part {
        let negative = values.iter().filter(|v| **v < 0.0).count();
        Part { name, values: values.into(), negative }
    }

    /// "words alone", or "words ∩ patterns".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Held-out R² of each voxel that falls to this part.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Number of voxels in which it is negative.
    pub fn negative(&self) -> usize {
        self.negative
    }
}

/// The held-out R² of each voxel in parts: [`partition_variance`]. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Partition(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Names and R² of every union; the last one is that of all spaces.
    unions: Vec<(String, Vec<f32>)>,
    parts: Vec<Part>,
    mask: Mask,
    whose: String,
    about: String,
    made: Provenance,
}

/// Voxels whose R² of all spaces is below this are not averaged, in text: on held-out rows noise scores around 0 and below.
const LEAST: f32 = 0.01;

impl Partition {
    /// What it is made of.
    pub(crate) fn made(&self) -> Provenance {
        self.0.made.clone()
    }

    /// The parts: each space alone, then what pairs have in common, then what all have.
    pub fn parts(&self) -> &[Part] {
        &self.0.parts
    }

    /// One part by its name: "words alone", "words ∩ patterns".
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn part(&self, name: &str) -> Result<&Part> {
        let known: Vec<String> = self.0.parts.iter().map(|part| part.name.clone()).collect();
        self.0.parts.iter().find(|part| part.name == name).ok_or_else(|| Error::unknown("part", name, &known))
    }

    /// Held-out R² of each voxel from all spaces: the sum of the parts.
    pub fn r2(&self) -> &[f32] {
        self.0.unions.last().map_or(&[], |(_, scores)| scores)
    }

    /// Held-out R² of each voxel from every union of spaces, with its name ("words + patterns").
    pub fn unions(&self) -> Vec<(&str, &[f32])> {
        self.0.unions.iter().map(|(name, scores)| (name.as_str(), scores.as_slice())).collect()
    }

    /// A part as a map.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn map(&self, part: &str) -> Result<BrainMap> {
        let part = self.part(part)?;
        let made = Provenance::step("R² of a part").option("part", &part.name).input("partition", self);
        let label = format!("R² of {}, {}", part.name, self.0.whose);
        Ok(BrainMap::of(part.values.to_vec(), &self.0.mask, label, "R²").made(made))
    }

    /// Held-out R² of all spaces as a map.
    pub fn r2_map(&self) -> BrainMap {
        let made = Provenance::step("R² of all spaces").input("partition", self);
        BrainMap::of(self.r2().to_vec(), &self.0.mask, format!("R² of all spaces, {}", self.0.whose), "R²").made(made)
    }

    /// Mean of each part over the voxels whose R² of all spaces is at least `least`, with its name; none if there is no such voxel.
    pub fn means(&self, least: f32) -> Vec<(&str, f64)> {
        let voxels: Vec<usize> = (0..self.r2().len()).filter(|&v| self.r2()[v] >= least).collect();
        let mean = |part: &Part| voxels.iter().map(|&v| f64::from(part.values[v])).sum::<f64>() / voxels.len() as f64;
        match voxels.is_empty() {
            true => Vec::new(),
            false => self.0.parts.iter().map(|part| (part.name.as_str(), mean(part))).collect(),
        }
    }

    /// The mask whose voxels are meant.
    pub fn mask(&self) -> &Mask {
        &self.0.mask
    }

    /// Whose data, which spaces and which folds, as one line.
    pub fn about(&self) -> &str {
        &self.0.about
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let voxels = self.r2().len();
        let counted = self.r2().iter().filter(|r2| **r2 >= LEAST).count();
        write!(f, "Partition: R² of {voxels} voxels in {} parts", self.0.parts.len())?;
        let means = self.means(LEAST);
        let total: f64 = means.iter().map(|(_, mean)| mean).sum();
        if means.is_empty() {
            write!(f, "\nno voxel has a held-out R² of {LEAST} or more from all spaces")?;
        } else {
            write!(f, "\nmeans over the {counted} voxels with an R² of {LEAST} or more from all spaces ({total:.4}):")?;
        }
        for (name, mean) in &means {
            write!(f, "\n  {name}: {mean:.4}, {:.0} %", 100.0 * mean / total)?;
        }
        let negative: Vec<String> =
            self.0.parts.iter().filter(|p| p.negative > 0).map(|p| format!("{} in {}", p.name, p.negative)).collect();
        if !negative.is_empty() {
            write!(
                f,
                "\nnegative, as happens on held-out rows, and kept so that parts add up: {} voxels",
                negative.join(", ")
            )?;
        }
        write!(f, "\n{}", self.0.about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_inclusion_and_exclusion() {
        // Unions by bits: A = 1, B = 2, C = 4.
        let (a, b, c, ab, ac, bc, abc) = (0.10, 0.20, 0.15, 0.24, 0.22, 0.28, 0.30);
        let unions = [0.0, a, b, ab, c, ac, bc, abc];
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        near(value(&unions, 1, 7), abc - bc);
        near(value(&unions, 2, 7), abc - ac);
        near(value(&unions, 4, 7), abc - ab);
        near(value(&unions, 3, 7), ac + bc - c - abc);
        near(value(&unions, 5, 7), ab + bc - b - abc);
        near(value(&unions, 7, 7), a + b + c - ab - ac - bc + abc);
        near((1..8).map(|part| value(&unions, part, 7)).sum(), abc);
        let two = [0.0, a, b, ab];
        near(value(&two, 1, 3), ab - b);
        near(value(&two, 3, 3), a + b - ab);
    }
}
