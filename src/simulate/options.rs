//! What is simulated.

use super::random::stream;
use crate::brain::Networks;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::model::Neuron;
use crate::stimulus::Stimulus;
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// How the neurons that drive one network are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Planting {
    /// A neuron drawn at random and those whose courses have the greatest |r| with its own: neurons that act together.
    #[default]
    Together,
    /// Neurons drawn at random, wherever they are: the harder case, since few patterns carry their common course.
    Scattered,
    /// A handful of single neurons, drawn at random so that no two that drive anything correlate above |r| = 0.4: a network's course is the mean of its
    /// few neurons' courses, and with one neuron that neuron's own. So single units are anchors of a network, as in Liu et al. 2023.
    Single,
}

impl Planting {
    /// Neurons that drive one network, unless [`Simulation::group`] says otherwise: 30, or 3 single ones.
    pub fn usual_group(self) -> usize {
        match self {
            Planting::Together | Planting::Scattered => 30,
            Planting::Single => 3,
        }
    }
}

/// Simulated subjects to be made: seed and options, with chained setters.
///
/// Defaults: one subject "sim01", task "story", TR 1.5 s, SNR 0.6, 30 neurons a group that act together, 12 s of scan after
/// the last word, all networks driven.
///
/// ```
/// use neurocell::simulate::{Planting, Simulation};
/// let simulation = Simulation::new(7).subjects(6).snr(0.3).planting(Planting::Scattered).drive(&["Default", "Visual"]);
/// assert_eq!((simulation.seed(), simulation.subject_ids().len()), (7, 6));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Simulation {
    pub(super) seed: u64,
    pub(super) subjects: Vec<String>,
    pub(super) task: String,
    pub(super) tr: f64,
    pub(super) snr: f64,
    /// Neurons of a group; `None` for as many as are usual for the planting.
    pub(super) group: Option<usize>,
    pub(super) planting: Planting,
    /// The seed by which groups of neurons are chosen, if it is another than `seed`.
    #[serde(default)]
    pub(super) groups_of: Option<u64>,
    pub(super) tail: f64,
    /// Names of the driven networks; `None` for all.
    pub(super) drive: Option<Vec<String>>,
    /// Networks whose neurons are named, and these neurons' addresses.
    pub(super) named: Vec<(String, Vec<String>)>,
}

impl Simulation {
    /// The defaults with a seed: the same seed, options and inputs give the same bytes.
    pub fn new(seed: u64) -> Simulation {
        Simulation {
            seed,
            subjects: vec!["sim01".to_owned()],
            task: "story".to_owned(),
            tr: 1.5,
            snr: 0.6,
            group: None,
            planting: Planting::default(),
            groups_of: None,
            tail: 12.0,
            drive: None,
            named: Vec::new(),
        }
    }

    /// One subject of this id, of letters and digits; it begins with "sim".
    pub fn subject(mut self, id: impl Into<String>) -> Self {
        self.subjects = vec![id.into()];
        self
    }

    /// A group of so many subjects, "sim01", "sim02" and so on, in one dataset: the same neurons drive the same networks in all of them; noise,
    /// motion, the other disturbances and how strongly each voxel responds are each subject's own.
    pub fn subjects(mut self, count: usize) -> Self {
        self.subjects = (1..=count).map(|number| format!("sim{number:02}")).collect();
        self
    }

    /// The task's name, of letters and digits.
    pub fn task(mut self, name: impl Into<String>) -> Self {
        self.task = name.into();
        self
    }

    /// Repetition time in seconds.
    pub fn tr(mut self, seconds: f64) -> Self {
        self.tr = seconds;
        self
    }

    /// Signal-to-noise ratio of a driven voxel: standard deviation of the signal at gain 1 over that of the AR(1) noise; a
    /// voxel's gain lies between 0.5 and 1.5. With 0 nothing is planted.
    pub fn snr(mut self, ratio: f64) -> Self {
        self.snr = ratio;
        self
    }

    /// Neurons that drive one network; by default 30, or 3 with [`Planting::Single`].
    pub fn group(mut self, neurons: usize) -> Self {
        self.group = Some(neurons);
        self
    }

    /// Lets these neurons, and no others, drive a network; they enter its course with equal weight and positive sign. The networks without named
    /// neurons get theirs as [`Simulation::planting`] says, from the neurons that are left.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let own = ["L0.3".parse()?, "L4.17".parse()?];
    /// let simulation = Simulation::new(1).neurons("Default", &own).drive(&["Default", "Visual"]);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn neurons(mut self, network: &str, neurons: &[Neuron]) -> Self {
        self.named.retain(|(name, _)| name != network);
        self.named.push((network.to_owned(), neurons.iter().map(ToString::to_string).collect()));
        self
    }

    /// How the neurons of a group are chosen.
    pub fn planting(mut self, planting: Planting) -> Self {
        self.planting = planting;
        self
    }

    /// Seconds of scan after the last word of each run.
    pub fn tail(mut self, seconds: f64) -> Self {
        self.tail = seconds;
        self
    }

    /// Drive only these networks; the others are negative controls.
    pub fn drive(mut self, networks: &[&str]) -> Self {
        self.drive = Some(networks.iter().map(|n| (*n).to_owned()).collect());
        self
    }

    /// Lets the same neurons drive the same networks as in the subject of another seed: subjects of one group, who differ in noise, motion and how strongly
    /// each voxel responds. By default each seed chooses neurons of its own.
    pub fn like(mut self, seed: u64) -> Self {
        self.groups_of = Some(seed);
        self
    }

    /// The seed by which the groups of neurons are chosen.
    pub(super) fn planted_by(&self) -> u64 {
        self.groups_of.unwrap_or(self.seed)
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The subjects' ids, without "sub-".
    pub fn subject_ids(&self) -> &[String] {
        &self.subjects
    }

    /// The seed of one subject's noise, disturbances and gains: that of the simulation for the first, others for the others.
    pub(super) fn seed_of(&self, subject: usize) -> u64 {
        match subject {
            0 => self.seed,
            _ => stream(self.seed, "subject", subject as u64).next_u64(),
        }
    }

    /// Neurons of a group whose neurons are not named.
    pub(super) fn group_size(&self) -> usize {
        self.group.unwrap_or(self.planting.usual_group())
    }

    /// The scan's clock for a stimulus: each run lasts until its last word has ended, and the tail after it.
    ///
    /// # Errors
    /// If a run has no word with a time, TR is not sound, or a time is not finite.
    pub fn clock(&self, stimulus: &Stimulus) -> Result<Clock> {
        self.check()?;
        let mut volumes = Vec::new();
        for run in 0..stimulus.runs() {
            let (_, end) = span(stimulus, run)?;
            volumes.push(((end + self.tail) / self.tr).ceil() as usize);
        }
        Clock::new(self.tr, &volumes)
    }

    pub(super) fn check(&self) -> Result<()> {
        let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
        if self.subjects.is_empty() {
            return Err(Error::value("0 subjects to be simulated", "ask for one or more: `.subjects(6)`"));
        }
        if let Some(id) = self.subjects.iter().find(|id| !plain(id) || !id.starts_with("sim")) {
            return Err(Error::value(
                format!(
                    "the subject's id is `{id}`; that of a simulated subject begins with `sim`, letters and digits only"
                ),
                "for example sim01",
            ));
        }
        if !plain(&self.task) {
            return Err(Error::value(
                format!("the task is called `{}`; a task's name in BIDS has letters and digits only", self.task),
                "for example story",
            ));
        }
        Clock::new(self.tr, &[1])?;
        // An hour's tail is no more than a slip of the unit.
        for (what, value, most) in [("SNR", self.snr, 1e3), ("the tail in seconds", self.tail, 3600.0)] {
            if !(0.0..=most).contains(&value) {
                return Err(Error::value(
                    format!("{what} is {value}; it lies between 0 and {most}"),
                    "see `Simulation`",
                ));
            }
        }
        let nobody = self.named.iter().any(|(_, neurons)| neurons.is_empty());
        if self.group_size() == 0 || nobody {
            return Err(Error::value("a group of 0 neurons drives nothing", "for no signal take `.snr(0.0)`"));
        }
        Ok(())
    }

    /// Rows of the driven networks, ascending.
    pub(super) fn driven(&self, networks: &Networks) -> Result<Vec<usize>> {
        let mut rows = match &self.drive {
            None => (0..networks.count()).collect(),
            Some(names) => names.iter().map(|name| networks.row(name)).collect::<Result<Vec<usize>>>()?,
        };
        rows.sort_unstable();
        rows.dedup();
        for (name, _) in &self.named {
            if !rows.contains(&networks.row(name)?) {
                return Err(Error::value(
                    format!("neurons are named for {name}, which is not among the driven networks"),
                    "drive it too, or leave its neurons out",
                ));
            }
        }
        Ok(rows)
    }
}

/// When the first timed word of a run begins and the last ends, in seconds.
pub(super) fn span(stimulus: &Stimulus, run: usize) -> Result<(f64, f64)> {
    let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
    for word in stimulus.words().iter().filter(|w| w.run == run) {
        if let Some(onset) = word.onset {
            first = first.min(onset);
            last = last.max(word.offset.unwrap_or(onset));
        }
    }
    // A story of more than a day is no more than a slip of the unit.
    if !(first.is_finite() && first >= 0.0 && last < 86_400.0) {
        let problem = match first.is_infinite() {
            true => format!("run {run} of `{}` has no word with a time", stimulus.name()),
            false => format!("the words of run {run} of `{}` last from {first} to {last} s", stimulus.name()),
        };
        return Err(Error::value(problem, "a run's words lie between its first volume and a day after it, in seconds"));
    }
    Ok((first, last))
}
