//! Simulated subjects, on disk or in memory, with the truth beside them.
//!
//! There is no public scan of story listening small enough to ship, so truth is planted: groups of real neurons, of a real model
//! that reads a real text, drive the voxels of the brain's networks, under noise and disturbances as a scanner has them
//! ([`Simulation::write`]). The result lies in the layout of BIDS and fMRIPrep and is read like any other dataset. What an
//! analysis found is then a number: [`Truth::compare`], [`Truth::compare_coupling`].
//!
//! Everything here is called simulated: ids begin with "sim", titles say SIMULATED. No step of the analysis reads the truth.
//!
//! | what | by |
//! |---|---|
//! | one subject, or a group with the same neurons in all | [`Simulation::subject`], [`Simulation::subjects`] |
//! | groups of neurons → network (Sun et al. 2024): acting together, or scattered | [`Planting::Together`], [`Planting::Scattered`] |
//! | single neurons → network (Liu et al. 2023) | [`Planting::Single`] |
//! | neurons by name | [`Simulation::neurons`] |
//! | files, or the same numbers in memory | [`Simulation::write`], [`Simulation::in_memory`] |
//!
//! ```no_run
//! use neurocell::prelude::*;
//! # fn run(acts: Activations, networks: Networks) -> Result<()> {
//! let simulation = Simulation::new(1).subjects(6).snr(0.6);
//! let simulated = simulation.write(&acts, &networks, "simulated")?;
//! let series = acts.to_series(simulated.clock())?;
//! let mut subjects = Vec::new();
//! for subject in simulated.open()? {
//!     subjects.push(subject.bold("story")?.clean(Cleaning::default())?);
//! }
//! // Paper 1: patterns, each subject's model, their mean
//! let patterns = series.patterns(Dictionary::default())?;
//! let mut fits = Vec::new();
//! for bold in &subjects {
//!     fits.push(encode(&patterns, bold, Ridge::default())?);
//! }
//! let fit = mean_fit(&fits)?;
//! let matched = match_networks(&fit, &networks)?;
//! let groups = subgroups(&fit, &networks, &patterns, &series)?;
//! // Paper 2: each network's course beside every neuron
//! let mut courses = Vec::new();
//! for bold in &subjects {
//!     courses.push(bold.network_courses(&networks)?);
//! }
//! let pairs: Vec<_> = courses.iter().map(|one| (&series, one)).collect();
//! let coupling = couple_group(&pairs, &Synchrony::default())?;
//! // Only now the truth
//! let truth = Truth::read("simulated")?;
//! println!("{}", truth.compare(&matched, &groups, &fit)?);
//! println!("{}", truth.compare_coupling(&coupling, &series)?);
//! # Ok(())
//! # }
//! ```

mod anchors;
mod bold;
mod confounds;
mod dvars;
mod group;
mod options;
mod planting;
mod random;
mod ranking;
mod recovery;
mod truth;
mod write;

pub use anchors::{AnchorRecovery, AnchoredNetwork};
pub use group::SimulatedGroup;
pub use options::{Planting, Simulation};
pub use ranking::roc_auc;
pub use recovery::{Recovered, Recovery};
pub use truth::Truth;
pub use write::Simulated;
