//! The filter that the data went through, over the neurons' courses.

use super::NeuronSeries;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use crate::signal::{Before, clean_in_place, cosine_drift, linear_trend, orthonormal_basis};
use ndarray::{Axis, concatenate, s};
use std::collections::BTreeSet;

impl NeuronSeries {
    /// The series without what is slower than `cutoff_seconds`: in each run, constant, linear trend and cosine drift
    /// are taken out by one projection, as [`Bold::clean`](crate::brain::Bold::clean) does with the voxels.
    ///
    /// A regressor must pass the filter that its data passed; else its slow part, which the data no longer has, is
    /// fitted to noise. Courses are left on their own scale: each run has mean 0, and is not z-scored anew.
    ///
    /// # Errors
    /// If the cutoff is not above 2 TR, a run is so short that nothing would be left, or the user stopped the step.
    pub fn high_pass(&self, cutoff_seconds: f64) -> Result<NeuronSeries> {
        let clock = self.clock();
        let mut data = self.data().clone();
        let mut emptied = BTreeSet::new();
        for run in 0..clock.runs() {
            let volumes = clock.volumes(run);
            let drift = cosine_drift(volumes, clock.tr(), cutoff_seconds)?;
            let basis = orthonormal_basis(&concatenate![Axis(1), linear_trend(volumes), drift]);
            if volumes < basis.ncols() + 2 {
                return Err(Error::value(
                    format!("run {run} has {volumes} volumes, of which {} drift terms leave nothing", basis.ncols()),
                    "choose a longer cutoff, or leave the run out",
                ));
            }
            emptied.extend(clean_in_place(data.slice_mut(s![clock.rows(run), ..]), &basis, &Before::default(), false)?);
        }
        let mut notes = self.notes().to_vec();
        notes.push(format!("high-pass {cutoff_seconds} s"));
        if let Some(first) = emptied.first() {
            let first = self.neurons().neuron(*first);
            notes.push(format!(
                "{} neurons have nothing faster in some run and are 0 there, the first {first}",
                emptied.len()
            ));
        }
        let made = Provenance::step("high-pass").option("cutoff seconds", cutoff_seconds).input("series", self);
        let filtered = NeuronSeries::new(data, clock.clone(), self.neurons().clone())?.with_notes(notes).made(made);
        Ok(match self.source() {
            None => filtered,
            Some(source) => {
                let mut source = source.clone();
                source.high_pass.push(cutoff_seconds);
                filtered.sampled_from(source)
            }
        })
    }
}
