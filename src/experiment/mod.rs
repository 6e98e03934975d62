//! Two experiments that need no new scan: what would a brain do while it heard another text, and what is a model without some of its units?
//!
//! **In silico** ([`InSilico`]): an encoding model that was learned from a story predicts the response to any text (Jain et al. 2023, *Computational language modeling and the promise of in silico
//! experimentation*, Neurobiol Lang; LITcoder and the Huth lab use their models so). [`InSilico::predict`] gives courses, [`InSilico::contrast`] compares two groups of texts, with what they differ in
//! besides matched or partialled out, intervals over runs and subjects, and p over texts and brains. With the patterns of Sun et al. 2024:
//!
//! ```no_run
//! use neurocell::prelude::*;
//! # fn run(bert: Model, neurons: NeuronSeries, patterns: Patterns, bold: VoxelSeries, people: Vec<Stimulus>, places: Vec<Stimulus>) -> Result<()> {
//! let fit = encode(&patterns, &bold, Ridge::default())?;
//! let silico = InSilico::new(&bert, &neurons)?.through(&patterns)?.subject(&fit, &bold)?;
//! let contrast = silico.contrast(&people, &places)?;
//! println!("{contrast}\n{}", contrast.networks(&Networks::yeo7()?)?);
//! # Ok(())
//! # }
//! ```
//!
//! **Lesion** ([`lesion`]): the units of a network are set to their means in the forward pass; what does that change in the model's guesses, and in what its other units predict of the brain, beside
//! random groups of as many units in the same layers? With the anchors of Liu et al. 2023, which bring all that is needed:
//!
//! ```no_run
//! use neurocell::prelude::*;
//! # fn run(model: Model, neurons: NeuronSeries, courses: NetworkSeries) -> Result<()> {
//! let coupling = couple(&neurons, &courses)?;
//! println!("{}", lesion(&model, &coupling, "Default")?);
//! # Ok(())
//! # }
//! ```
//!
//! and with the sub-groups of Sun et al. 2024, to which the networks' courses are given: `lesion_with(&model, &groups, "Default", &LesionOptions::default().courses(&courses))?`.

mod contrast;
mod in_silico;
mod lesion;
mod predicted;
mod units;

pub use contrast::{Balance, Balanced, ContrastOptions, Covariate, NetworkContrast, NetworkContrasts, TextContrast};
pub use in_silico::InSilico;
pub use lesion::{Ablation, Effect, Lesion, LesionOptions, Lesions, NeuronGroups, lesion, lesion_all, lesion_with};
pub use predicted::Predicted;
