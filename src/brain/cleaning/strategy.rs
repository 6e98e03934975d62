//! Which columns of fMRIPrep's table belong to which disturbance, with the groups, names and presets of nilearn's `load_confounds`.

use super::{Cleaning, Scrub};
use crate::brain::Confounds;
use crate::error::{Error, Result};
use std::fmt;

/// The six rigid-body parameters, as fMRIPrep names them (mm and radians).
pub(in crate::brain) const MOTION: [&str; 6] = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"];

/// A usual set of confounds, named and composed as in nilearn's `load_confounds_strategy`: [`Cleaning::strategy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// fMRIPrep's cosines, 24 motion parameters, the mean signals of white matter and CSF.
    Simple,
    /// fMRIPrep's cosines, 24 motion parameters, white matter and CSF with derivatives and squares (8), and scrubbing by the defaults of [`Scrub`].
    Scrubbing,
    /// fMRIPrep's cosines, 24 motion parameters, all components of anatomical CompCor from the combined mask.
    CompCor,
    /// fMRIPrep's cosines and the mean signals of white matter and CSF, for images that ICA-AROMA has denoised
    /// (`subject.described("smoothAROMAnonaggr")`).
    IcaAroma,
}

/// How a signal's columns are expanded: nilearn's "basic", "derivatives", "power2" and "full".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expansion {
    /// The signal itself.
    Basic,
    /// The signal and its derivative.
    Derivatives,
    /// The signal and its square.
    Power2,
    /// The signal, its derivative, and the squares of both (Friston et al. 1996; Satterthwaite et al. 2013).
    Full,
}

/// Which of fMRIPrep's components of noise (Behzadi et al. 2007) leave; the masks stand in the JSON file beside the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompCor {
    /// Components of white matter and CSF together.
    AnatCombined,
    /// Those of white matter and those of CSF.
    AnatSeparated,
    /// Components of the voxels that vary most.
    Temporal,
    /// Temporal ones and [`CompCor::AnatCombined`].
    TemporalAnatCombined,
    /// Temporal ones and [`CompCor::AnatSeparated`].
    TemporalAnatSeparated,
}

/// How the result of ICA-AROMA (Pruim et al. 2015) is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aroma {
    /// The components called noise leave with the other confounds (nilearn's "basic").
    Basic,
    /// The images are those that fMRIPrep has denoised, `desc-smoothAROMAnonaggr` (nilearn's "full").
    Full,
}

impl Expansion {
    fn endings(self) -> &'static [&'static str] {
        match self {
            Expansion::Basic => &[""],
            Expansion::Derivatives => &["", "_derivative1"],
            Expansion::Power2 => &["", "_power2"],
            Expansion::Full => &["", "_derivative1", "_power2", "_derivative1_power2"],
        }
    }

    pub(super) fn columns(self, signals: &[&str]) -> Vec<String> {
        self.endings().iter().flat_map(|ending| signals.iter().map(move |name| format!("{name}{ending}"))).collect()
    }

    /// "", " with derivatives", …
    pub(super) fn said(self) -> &'static str {
        match self {
            Expansion::Basic => "",
            Expansion::Derivatives => " with derivatives",
            Expansion::Power2 => " with squares",
            Expansion::Full => " with derivatives and squares",
        }
    }
}

impl CompCor {
    /// The columns, at most `most` of each mask.
    pub(super) fn columns(self, table: &Confounds, most: Option<usize>) -> Result<Vec<String>> {
        let (temporal, masks): (bool, &[&str]) = match self {
            CompCor::AnatCombined => (false, &["combined"]),
            CompCor::AnatSeparated => (false, &["WM", "CSF"]),
            CompCor::Temporal => (true, &[]),
            CompCor::TemporalAnatCombined => (true, &["combined"]),
            CompCor::TemporalAnatSeparated => (true, &["WM", "CSF"]),
        };
        let numbered = |prefix: &str| {
            let of = |name: &&String| {
                name.strip_prefix(prefix).is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
            };
            let mut names: Vec<String> = table.names().iter().filter(of).cloned().collect();
            names.sort_by_key(|name| (name.len(), name.clone()));
            names
        };
        let first = |mut names: Vec<String>| {
            names.truncate(most.unwrap_or(usize::MAX));
            names
        };
        let mut columns = if temporal { first(numbered("t_comp_cor_")) } else { Vec::new() };
        let anatomical = numbered("a_comp_cor_");
        // fMRIPrep writes the components of one mask under prefixes of their own since version 21.
        let own = [("WM", numbered("w_comp_cor_")), ("CSF", numbered("c_comp_cor_"))];
        let of = if masks.is_empty() { Vec::new() } else { table.component_masks(&anatomical)? };
        for mask in masks {
            let found = anatomical.iter().zip(&of).filter(|(_, of)| of == mask).map(|(name, _)| name.clone());
            columns.extend(first(found.collect()));
            columns.extend(own.iter().filter(|(of, _)| of == mask).flat_map(|(_, names)| first(names.clone())));
        }
        match columns.is_empty() {
            true => Err(none_there(&format!("component of {self}"), table)),
            false => Ok(columns),
        }
    }
}

/// Columns whose name holds a word, as nilearn finds them.
pub(super) fn holding(word: &str, table: &Confounds) -> Vec<String> {
    table.names().iter().filter(|name| name.contains(word)).cloned().collect()
}

/// An error that says what the table has instead.
pub(super) fn none_there(what: &str, table: &Confounds) -> Error {
    let mut kinds: Vec<String> = table
        .names()
        .iter()
        .map(|name| name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_').to_owned())
        .collect();
    kinds.dedup();
    Error::format(
        table.path(),
        format!("the table has no {what}; it has {}", crate::brain::bids::listed(&kinds)),
        "choose another strategy, or name the columns that leave: `Cleaning::default().confounds(&[\"csf\"])`",
    )
}

impl Strategy {
    pub(super) fn cleaning(self) -> Cleaning {
        let base = Cleaning::default().no_confounds().high_pass_columns();
        match self {
            Strategy::Simple => base.motion(Expansion::Full).wm_csf(Expansion::Basic),
            Strategy::Scrubbing => base.motion(Expansion::Full).wm_csf(Expansion::Full).scrub(Scrub::default()),
            Strategy::CompCor => base.motion(Expansion::Full).compcor(CompCor::AnatCombined, None),
            Strategy::IcaAroma => base.wm_csf(Expansion::Basic).ica_aroma(Aroma::Full),
        }
    }
}

impl fmt::Display for CompCor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CompCor::AnatCombined => "anatomical CompCor (combined mask)",
            CompCor::AnatSeparated => "anatomical CompCor (white matter and CSF apart)",
            CompCor::Temporal => "temporal CompCor",
            CompCor::TemporalAnatCombined => "temporal and anatomical CompCor (combined mask)",
            CompCor::TemporalAnatSeparated => "temporal and anatomical CompCor (white matter and CSF apart)",
        })
    }
}
