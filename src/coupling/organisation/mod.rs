//! How a model's units are organised after the brain's networks, and how that differs between models (Sun et al. 2024, step 7 of the analysis).
//!
//! [`organisation`] gives the figures of one model, [`organisation_of_models`] those of several, each beside its twin with random weights.

mod bounded;
mod layers;
mod maps;
mod models;
mod options;
mod shares;
mod study;

pub use bounded::Bounded;
pub use models::organisation_of_models;
pub use options::OrganisationOptions;
pub use study::{ModelFound, OrganisationStudy};

use super::NetworkMatch;
use super::significant::same_patterns;
use crate::encoding::EncodingFit;
use crate::error::{Error, Result};
use crate::figure::{Measured, Organisation};
use crate::pattern::Patterns;
use crate::provenance::{Provenance, Traced};
use bounded::Resampling;
use std::fmt;
use std::sync::Arc;

/// How one model's units are organised after the brain's networks: [`organisation`]; clones are cheap.
#[derive(Clone, Debug)]
pub struct BrainOrganisation {
    diversity: Bounded,
    consistency: Option<Bounded>,
    compactness: Bounded,
    layers_covered: Bounded,
    shares: Arc<[(String, f64)]>,
    matched: Arc<[usize]>,
    patterns: usize,
    layers: usize,
    level: f64,
    draws: usize,
    about: String,
    made: Provenance,
}

/// Diversity, consistency, compactness and the layers covered of one model, with bootstrap intervals over subjects.
///
/// - `fits`: each subject's encoding model of the same patterns, on one mask.
/// - `matches`: for each of them its [`match_networks`](super::match_networks).
/// - `patterns`: the patterns of all subjects.
///
/// A pattern of a subject is *matched* with the network of greatest |r| among those above chance. With s_n the share of network n among all matched patterns of all subjects,
/// w_k(a) pattern k's weight map in subject a, and l_j its loadings over the N neurons:
///
/// ```text
/// diversity        exp(− Σ_n s_n·log s_n)                    a number of networks, 0 if no pattern is matched
/// consistency      mean over k and pairs a ≠ b of r(w_k(a), w_k(b))     spatial Pearson r
/// compactness      mean over k of Σ over the N/100 largest |l_j| / Σ_j |l_j|
/// layers covered   mean over k of 1 / Σ_layer (Σ_j in the layer l_j² / Σ_j l_j²)²     participation ratio, 1 to the number of layers
/// ```
///
/// Intervals are percentiles of draws of subjects with replacement; pairs of a subject with itself are left out of consistency. Compactness and layers are properties of the
/// patterns, which all subjects share: they have no interval over subjects. One subject has no interval, and no consistency; two have one pair, and no interval of
/// consistency. Drawn again, fewer different subjects are there than in truth, which makes diversity smaller: with few subjects its interval lies low.
///
/// ```no_run
/// use neurocell::prelude::*;
/// # fn run(patterns: Patterns, scans: Vec<VoxelSeries>, networks: Networks) -> Result<()> {
/// let fits = scans.iter().map(|bold| encode(&patterns, bold, Ridge::default())).collect::<Result<Vec<EncodingFit>>>()?;
/// let matches = fits.iter().map(|fit| match_networks(fit, &networks)).collect::<Result<Vec<NetworkMatch>>>()?;
/// println!("{}", organisation(&fits, &matches, &patterns, &OrganisationOptions::default())?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If fits, matches and patterns do not belong together (both are shown), an option is out of its range, or it is stopped.
pub fn organisation(
    fits: &[EncodingFit],
    matches: &[NetworkMatch],
    patterns: &Patterns,
    options: &OrganisationOptions,
) -> Result<BrainOrganisation> {
    options.check()?;
    let first = same_patterns(fits)?;
    if matches.len() != fits.len() {
        return Err(Error::shape(
            format!("{} subjects' fits and {} matches", fits.len(), matches.len()),
            "match each subject's fit: `match_networks(&fit, &networks)?`",
        ));
    }
    let count = first.weights().nrows();
    if patterns.count() != count {
        return Err(Error::shape(
            format!("the fits have weights for {count} {}, {} patterns were given", first.kind(), patterns.count()),
            "take the patterns with which the fits were made, without delays",
        ));
    }
    for (n, matched) in matches.iter().enumerate() {
        if matched.patterns() != count || matched.networks() != matches[0].networks() {
            let of = |matched: &NetworkMatch| {
                format!("{} patterns with {}", matched.patterns(), matched.networks().join(", "))
            };
            return Err(Error::shape(
                format!("subject 1's match is of {}, that of subject {} of {}", of(&matches[0]), n + 1, of(matched)),
                "match all subjects' fits with the same networks",
            ));
        }
    }
    let draws = Resampling::new(fits.len(), options);
    let counts: Vec<Vec<usize>> = matches.iter().map(shares::matched).collect();
    let all: Vec<usize> = (0..fits.len()).collect();
    let shares = shares::shares(&counts, &all);
    let names = matches[0].networks().iter().cloned();
    let pairs = maps::consistency(fits)?;
    let consistency = pairs.as_ref().and_then(|pairs| {
        let value = maps::mean_of_pairs(pairs, &all)?;
        // Of two subjects every draw has the one pair or none.
        let interval = (fits.len() > 2).then(|| draws.interval(|drawn| maps::mean_of_pairs(pairs, drawn))).flatten();
        Some(Bounded { value, interval })
    });
    let made =
        Provenance::step("organisation").options_of(options, &[]).inputs_of("fit", fits).inputs_of("match", matches);
    Ok(BrainOrganisation {
        diversity: Bounded {
            value: shares::diversity(&shares),
            interval: draws.interval(|drawn| Some(shares::diversity(&shares::shares(&counts, drawn)))),
        },
        consistency,
        compactness: Bounded { value: layers::compactness(patterns), interval: None },
        layers_covered: Bounded { value: layers::covered(patterns), interval: None },
        shares: names.zip(shares).collect(),
        matched: counts.iter().map(|counts| counts.iter().sum()).collect(),
        patterns: count,
        layers: patterns.neurons().layers,
        level: matches[0].level(),
        draws: options.draws,
        about: format!("{}; {}", patterns.neurons(), matches[0].atlas()),
        made: made.input("patterns", patterns),
    })
}

impl BrainOrganisation {
    /// exp of the entropy of the networks' shares of matched patterns: a number of networks; 0 if no pattern is matched.
    pub fn diversity(&self) -> Bounded {
        self.diversity
    }

    /// Mean spatial r of a pattern's map between subjects; none of one subject.
    pub fn consistency(&self) -> Option<Bounded> {
        self.consistency
    }

    /// Mean share of a pattern's |loading| that its top 1 % of neurons hold, 0 to 1.
    pub fn compactness(&self) -> Bounded {
        self.compactness
    }

    /// Mean number of layers that a pattern covers (participation ratio), 1 to the number of layers.
    pub fn layers_covered(&self) -> Bounded {
        self.layers_covered
    }

    /// Each network's share of the matched patterns of all subjects; 0 throughout if none is matched.
    pub fn shares(&self) -> &[(String, f64)] {
        &self.shares
    }

    /// Number of matched patterns of each subject.
    pub fn matched(&self) -> &[usize] {
        &self.matched
    }

    /// Number of subjects.
    pub fn subjects(&self) -> usize {
        self.matched.len()
    }

    /// The three figures as [`organisation_panel`](crate::figure::organisation_panel) draws them; without an interval both its ends are the value.
    ///
    /// # Errors
    /// If there is one subject, which has no consistency.
    pub fn measured(&self) -> Result<Organisation> {
        let Some(consistency) = self.consistency else {
            return Err(Error::value(
                "one subject: there is no consistency between subjects to draw",
                "add subjects who heard the same; diversity, compactness and layers are in the text",
            ));
        };
        let measured = |bounded: Bounded| {
            let [low, high] = bounded.interval.unwrap_or([bounded.value; 2]);
            Measured::new(bounded.value, low, high)
        };
        Ok(Organisation {
            diversity: measured(self.diversity),
            consistency: measured(consistency),
            compactness: measured(self.compactness),
        })
    }

    /// What an interval is, and where there is none.
    pub(super) fn intervals_in_words(&self) -> String {
        let n = self.subjects();
        let few = if n < 10 {
            format!("; of so few intervals are too narrow, roughly by √({}/{n})", n - 1)
        } else {
            String::new()
        };
        match n {
            1 => "one subject: no interval, and no consistency between subjects".to_owned(),
            2 => format!(
                "intervals: {} draws of 2 subjects, none for consistency, which is of one pair{few}",
                self.draws
            ),
            _ => format!("intervals: {} draws of {n} subjects, none for what all subjects share{few}", self.draws),
        }
    }
}

impl Traced for BrainOrganisation {
    fn provenance(&self) -> Provenance {
        self.made.clone()
    }
}

impl fmt::Display for BrainOrganisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matched: usize = self.matched.iter().sum();
        let all = self.patterns * self.subjects();
        writeln!(f, "BrainOrganisation: {} patterns, {} subject(s); {}", self.patterns, self.subjects(), self.about)?;
        write!(f, "  diversity       {:.2} networks", self.diversity)?;
        write!(f, " ({matched} of {all} maps matched at q < {})", self.level)?;
        match self.consistency {
            Some(consistency) => write!(f, "\n  consistency     {consistency:.3} spatial r between subjects")?,
            None => write!(f, "\n  consistency     none: one subject")?,
        }
        let percent = Bounded { value: 100.0 * self.compactness.value, interval: None };
        write!(f, "\n  compactness     {percent:.1} % of |loading| held by the top 1 % of neurons")?;
        write!(f, "\n  layers covered  {:.2} of {}", self.layers_covered, self.layers)?;
        let held = self.shares.iter().filter(|(_, share)| *share > 0.0);
        let held: Vec<String> = held.map(|(name, share)| format!("{name} {:.0} %", 100.0 * share)).collect();
        match held.is_empty() {
            true => write!(f, "\n  no pattern is above chance with any network: diversity is 0")?,
            false => write!(f, "\n  shares: {}", held.join(", "))?,
        }
        write!(f, "\n{}", self.intervals_in_words())
    }
}
