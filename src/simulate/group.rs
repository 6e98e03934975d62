//! Simulated subjects in memory.

use super::bold::Head;
use super::confounds::Nuisance;
use super::dvars::Dvars;
use super::options::Simulation;
use super::planting::{Group, plant};
use super::truth::{Key, Truth};
use crate::activation::{Activations, NeuronSeries};
use crate::brain::{Cleaning, Confounds, Mask, Networks, VoxelSeries, clean_made};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::notebook::{Progress, check_cancelled};
use crate::provenance::Provenance;
use crate::stimulus::Stimulus;
use ndarray::{Array2, ArrayView1, s};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Simulated subjects whose scans are made when they are asked for, and are nowhere on disk; clones are cheap.
///
/// The numbers are those that [`Simulation::write`] writes, but for the rounding of a file of int16.
#[derive(Clone, Debug)]
pub struct SimulatedGroup {
    pub(super) options: Simulation,
    clock: Clock,
    networks: Networks,
    groups: Arc<[Group]>,
    made: Provenance,
    truth: Arc<Truth>,
}

/// One run of one subject.
pub(super) struct MadeRun {
    /// Volume × voxel.
    pub(super) data: Array2<f32>,
    /// The confounds table, in fMRIPrep's columns.
    pub(super) confounds: String,
}

impl Simulation {
    /// Chooses the neurons and makes the subjects in memory, when they are asked for: for studies of many. [`Simulation::write`] says how the
    /// signal is made.
    ///
    /// ```no_run
    /// use neurocell::prelude::*;
    /// # fn run(acts: Activations, networks: Networks) -> Result<()> {
    /// let group = Simulation::new(1).subjects(6).in_memory(&acts, &networks)?;
    /// let bold: Vec<VoxelSeries> = group.clean_all(Cleaning::default())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Simulation::write`], as far as files are not concerned.
    pub fn in_memory(&self, activations: &Activations, networks: &Networks) -> Result<SimulatedGroup> {
        let clock = self.clock(activations.stimulus())?;
        self.planned(&activations.to_series(&clock)?, Some(activations.stimulus()), networks)
    }

    /// [`Simulation::in_memory`] for neurons whose courses are at hand; the scan's clock is theirs.
    ///
    /// # Errors
    /// As there, and if the series has another TR than the simulation.
    pub fn in_memory_series(&self, series: &NeuronSeries, networks: &Networks) -> Result<SimulatedGroup> {
        self.planned(series, None, networks)
    }

    /// The neurons chosen, and all that is made of them.
    pub(super) fn planned(
        &self,
        series: &NeuronSeries,
        stimulus: Option<&Stimulus>,
        networks: &Networks,
    ) -> Result<SimulatedGroup> {
        self.check()?;
        if series.clock().tr() != self.tr {
            return Err(Error::value(
                format!("the neuron series has a TR of {} s, the simulation of {} s", series.clock().tr(), self.tr),
                "set the simulation's by `.tr(…)`, or sample the neurons anew",
            ));
        }
        if !series.neurons().copies.is_empty() {
            return Err(Error::shape(
                format!("each neuron has {} regressors", series.neurons().copies.len()),
                "simulate from one course a neuron: sample with one response and without delays",
            ));
        }
        self.driven(networks)?;
        for (row, map) in networks.maps().outer_iter().enumerate() {
            if !map.iter().any(|m| *m > 0.0) {
                let name = &networks.names()[row];
                let problem = format!("network {name} of {} has no voxel", networks.atlas());
                return Err(Error::value(problem, "take an atlas whose networks lie in its mask"));
            }
        }
        let groups = plant(self, series, networks)?;
        let made = Provenance::step("SIMULATED subjects").options_of(self, &[]).input("neurons", series);
        let made = match stimulus {
            Some(stimulus) => made.input("stimulus", stimulus),
            None => made,
        };
        let gains = |subject| Head::gains(self.seed_of(subject), networks, &groups);
        let gains: Vec<_> = (0..self.subjects.len()).map(gains).collect();
        let key = Key::new(self, series, stimulus, networks);
        Ok(SimulatedGroup {
            truth: Arc::new(Truth::new(key, self, series, networks, &groups, &gains)),
            options: self.clone(),
            clock: series.clock().clone(),
            networks: networks.clone(),
            groups: groups.into(),
            made: made.input("networks", networks),
        })
    }
}

impl SimulatedGroup {
    /// What it is made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// The subjects' ids, without "sub-".
    pub fn subjects(&self) -> &[String] {
        &self.options.subjects
    }

    /// The scan's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The voxels.
    pub fn mask(&self) -> &Mask {
        self.networks.mask()
    }

    /// What was planted: for the comparison after an analysis, never for the analysis.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// One subject's scan as the scanner gives it: time × voxel, in the scanner's units.
    ///
    /// # Errors
    /// If there is no such subject, or it is stopped.
    pub fn raw(&self, subject: &str) -> Result<VoxelSeries> {
        let (data, _) = self.scan(self.number(subject)?)?;
        let series = VoxelSeries::new(data, self.mask().clone(), self.clock.clone(), self.name(subject))?;
        Ok(series.made(self.made.clone().option("subject", subject)))
    }

    /// One subject's scan, cleaned as [`Bold::clean`](crate::brain::Bold::clean) would clean it from disk, with the confounds that the dataset has.
    ///
    /// # Errors
    /// If there is no such subject, too few volumes are left after the regressors, or it is stopped.
    pub fn clean(&self, subject: &str, cleaning: Cleaning) -> Result<VoxelSeries> {
        let (data, tables) = self.scan(self.number(subject)?)?;
        let made = self.made.clone().option("subject", subject);
        clean_made(&self.name(subject), self.mask(), &self.clock, data, &tables, &cleaning, &made)
    }

    /// All subjects, in their order, each as [`SimulatedGroup::clean`] gives it: subjects × time × voxels × 4 bytes.
    ///
    /// # Errors
    /// As there.
    pub fn clean_all(&self, cleaning: Cleaning) -> Result<Vec<VoxelSeries>> {
        let mut progress = Progress::new("simulated subjects", self.subjects().len() as u64);
        let one = |id: &String| {
            let series = self.clean(id, cleaning.clone());
            progress.advance(1);
            series
        };
        self.subjects().iter().map(one).collect()
    }

    fn name(&self, subject: &str) -> String {
        format!("simulated sub-{subject}, task {}, {} runs", self.options.task, self.clock.runs())
    }

    fn number(&self, subject: &str) -> Result<usize> {
        let id = subject.strip_prefix("sub-").unwrap_or(subject);
        let found = self.subjects().iter().position(|known| known == id);
        found.ok_or_else(|| Error::unknown("simulated subject", id, self.subjects()))
    }

    /// All runs of a subject, and their confounds.
    fn scan(&self, subject: usize) -> Result<(Array2<f32>, Vec<Confounds>)> {
        let head = self.head(subject);
        let mut data = Array2::zeros((self.clock.total(), self.mask().count()));
        let mut tables = Vec::new();
        for run in 0..self.clock.runs() {
            check_cancelled("simulating")?;
            let made = self.run(&head, run)?;
            data.slice_mut(s![self.clock.rows(run), ..]).assign(&made.data);
            tables.push(Confounds::parse(&made.confounds, Path::new("simulated confounds"))?);
        }
        Ok((data, tables))
    }

    pub(super) fn head(&self, subject: usize) -> Head {
        Head::new(self.options.seed_of(subject), &self.networks, &self.groups)
    }

    pub(super) fn run(&self, head: &Head, run: usize) -> Result<MadeRun> {
        let (data, nuisance): (Array2<f32>, Nuisance) = head.run(self.options.snr, &self.groups, &self.clock, run)?;
        let mean = |row: ArrayView1<f32>| row.iter().map(|&v| f64::from(v)).sum::<f64>() / row.len() as f64;
        let global: Vec<f64> = data.outer_iter().map(mean).collect();
        let confounds = nuisance.table(&global, &Dvars::new(data.view()), self.clock.tr());
        Ok(MadeRun { data, confounds })
    }
}

impl fmt::Display for SimulatedGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, in memory: task {}\n  {}\n  {}\n  neurons drive networks of {}",
            self.truth.title(),
            self.options.task,
            self.clock,
            self.mask(),
            self.networks.atlas()
        )
    }
}
