//! Which patterns, and which neurons, belong to which network of the brain.
//!
//! 1. [`match_networks`]: each pattern's weight map over the brain beside each network's map, with chance from random maps
//!    of the same smoothness (Sun et al. 2024, step 5 of the analysis: patterns named by networks).
//! 2. [`subgroups`]: the neurons of each network, by the paper's reading ([`Reading::BestPattern`]) or from all patterns
//!    together ([`Reading::Combined`]).
//! 3. [`layer_counts`], [`head_counts`]: where in the model they lie, beside chance.
//!    [`layer_tests`] asks of all layers of a network at once.
//! 4. [`couple`]: every neuron's course beside every network's (Liu et al. 2023), with chance in closed form for all pairs at once.
//! 5. [`meaning`]: the words, contexts and kinds of words to which the neurons of each network respond; [`word_classes`] asks every neuron.
//! 6. [`interpret`]: for each network its regions, words and layers in one table.
//! 7. [`organisation`], [`organisation_of_models`]: diversity, consistency and compactness, model beside model and twin.
//!
//! ```no_run
//! use neurocell::coupling::{match_networks, subgroups};
//! # use neurocell::{activation::NeuronSeries, brain::Networks, encoding::EncodingFit, pattern::Patterns};
//! # fn run(fit: EncodingFit, networks: Networks, patterns: Patterns, neurons: NeuronSeries) -> neurocell::Result<()> {
//! println!("{}", match_networks(&fit, &networks)?);
//! let groups = subgroups(&fit, &networks, &patterns, &neurons)?;
//! println!("{:?}", groups.subgroup("Default", 30)?);
//! # Ok(())
//! # }
//! ```

#[cfg(test)]
pub(crate) mod calibration;
pub(crate) mod correlate;
mod dice;
pub(crate) mod field;
pub(crate) mod grid;
mod interpretation;
mod layer_tests;
mod match_options;
mod matching;
mod meaning;
mod members;
mod organisation;
mod places;
mod significant;
mod smoothness;
mod spin;
mod subgroups;
mod surrogates;
mod synchrony;

pub use crate::statistics::benjamini_hochberg;
pub use dice::{DiceAt, DiceTable};
pub use interpretation::{InterpretOptions, Interpretation, InterpretedNetwork, PlaceCount, interpret, interpret_with};
pub use layer_tests::{LayerTest, LayerTests, layer_tests};
pub use match_options::{MatchOptions, PatternMap, SpatialNull};
pub use matching::{Best, NetworkMatch, match_networks, match_networks_with};
pub use meaning::{
    Enrichment, Meaning, MeaningOptions, NetworkMeaning, WordClasses, WordKind, WordMean, meaning, meaning_of,
    meaning_with, word_classes,
};
pub(crate) use members::RANKED;
pub use members::{Members, NetworkMembers, NeuronLists};
pub use organisation::{
    Bounded, BrainOrganisation, ModelFound, OrganisationOptions, OrganisationStudy, organisation,
    organisation_of_models,
};
pub use places::{OfHead, Places, head_counts, head_values, layer_counts};
pub use significant::{OverSubjects, SignificantMatch, match_significant};
pub use subgroups::{Reading, SubGroups, subgroups};
pub use synchrony::{Coupling, Link, Share, Stability, Synchrony, couple, couple_group, couple_with};
