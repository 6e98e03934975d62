//! Simulated subjects, on disk or in memory, with the truth beside them.
//!
//! There is no public scan of story listening small enough to ship, so truth is planted: groups of real neurons, of a real model
//! that reads a real text, drive the voxels of the brain's networks, under noise and disturbances as a scanner has them
//! ([`Simulation::write`]). The result lies in the layout of BIDS and fMRIPrep and is read like any other dataset. What an
//! analysis found is then a number: [`Truth::compare`], [`Truth::compare_coupling`].
//!
//! Everything here is called simulated: ids begin with "sim", titles say SIMULATED. No step of the analysis reads the truth.
//!
//! ```no_run
//! use neurocell::prelude::*;
//! # fn run(acts: Activations, networks: Networks) -> Result<()> {
//! let simulated = Simulation::new(1).snr(0.6).write(&acts, &networks, "simulated")?;
//! println!("{simulated}");
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
