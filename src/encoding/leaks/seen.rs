//! Which runs a model has seen, so that it is never scored on them as if they were new.

use super::repeats::{SAME_SCAN, differences, sampled, twins};
use crate::clock::Clock;
use crate::encoding::Targets;
use crate::error::{Error, Result};
use ndarray::{Array2, Axis, concatenate};

/// A sample of voxels of all runs that a model was trained on.
#[derive(Clone, Debug)]
pub(in crate::encoding) struct Seen {
    clock: Clock,
    /// What changes from volume to volume, time × voxel.
    changes: Array2<f32>,
    name: String,
}

impl Seen {
    pub fn of(bold: &dyn Targets) -> Result<Seen> {
        Ok(Seen::sampled(bold, &sampled(bold)?))
    }

    /// The same, of a sample that is at hand.
    pub fn sampled(bold: &dyn Targets, sample: &Array2<f32>) -> Seen {
        let changes = differences(bold.clock(), bold.kept(), sample);
        Seen { clock: bold.clock().clone(), changes, name: bold.name().to_owned() }
    }

    /// What several models have seen, which were trained on the same voxels.
    pub fn all(parts: &[&Seen]) -> Result<Seen> {
        let volumes = |seen: &&Seen| (0..seen.clock.runs()).map(|run| seen.clock.volumes(run)).collect::<Vec<_>>();
        let tr = parts.first().map_or(1.0, |seen| seen.clock.tr());
        let clock = Clock::new(tr, &parts.iter().flat_map(volumes).collect::<Vec<usize>>())?;
        let views: Vec<_> = parts.iter().map(|seen| seen.changes.view()).collect();
        let changes = concatenate(Axis(0), &views).map_err(|cause| {
            Error::shape(format!("the models have seen other voxels: {cause}"), "fit all in one mask")
        })?;
        let names: Vec<&str> = parts.iter().map(|seen| seen.name.as_str()).collect();
        Ok(Seen { clock, changes, name: names.join(" + ") })
    }

    /// An error if a run of `bold`, which has the same voxels, is one of those seen.
    pub fn refuse(&self, bold: &dyn Targets) -> Result<()> {
        if bold.clock().tr() != self.clock.tr() {
            return Ok(());
        }
        let new = Seen::of(bold)?;
        let volumes = |clock: &Clock| (0..clock.runs()).map(|run| clock.volumes(run)).collect::<Vec<_>>();
        let both = Clock::new(self.clock.tr(), &[volumes(&self.clock), volumes(&new.clock)].concat())?;
        let changes = concatenate(Axis(0), &[self.changes.view(), new.changes.view()]).unwrap_or_default();
        let known = self.clock.runs();
        match twins(&both, changes.view(), SAME_SCAN)?.iter().find(|twins| twins.a < known && twins.b >= known) {
            None => Ok(()),
            Some(twins) => Err(Error::value(
                format!(
                    "run {} of {} is run {} of {}, on which the model was trained",
                    twins.b - known,
                    bold.name(),
                    twins.a,
                    self.name
                ),
                "score runs that the model has not seen; for the runs it was trained on, its held-out scores are `fit.r()`",
            )),
        }
    }
}
