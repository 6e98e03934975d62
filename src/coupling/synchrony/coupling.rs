//! What was found about every pair.

use super::Synchrony;
use crate::activation::NeuronSeries;
use crate::brain::NetworkSeries;
use crate::error::{Error, Result};
use crate::model::{Neuron, NeuronAxis};
use crate::provenance::Provenance;
use crate::signal::Unfiltered;
use crate::statistics::{PairsFound, Sides, benjamini_hochberg};
use ndarray::{Array2, ArrayView1};
use std::fmt;
use std::sync::Arc;

/// Which neurons and networks, and of whom.
pub(super) struct Whose {
    pub neurons: NeuronAxis,
    pub networks: Arc<[String]>,
    pub about: String,
    pub heard: Arc<[(NeuronSeries, NetworkSeries)]>,
    pub made: Provenance,
}

/// The synchrony of every neuron with every network: [`couple`](super::couple), [`couple_group`](super::couple_group); clones are cheap.
#[derive(Clone, Debug)]
pub struct Coupling {
    pub(super) r: Arc<Array2<f32>>,
    p: Arc<Array2<f64>>,
    q: Arc<Array2<f64>>,
    lag: Option<Arc<Array2<i16>>>,
    random: Option<Arc<Array2<f64>>>,
    pub(super) neurons: NeuronAxis,
    pub(super) networks: Arc<[String]>,
    pub(super) options: Synchrony,
    /// How many draws chance had; none in closed form.
    draws: Option<usize>,
    chance: String,
    about: String,
    /// What each subject's coupling was made from.
    heard: Arc<[(NeuronSeries, NetworkSeries)]>,
    made: Provenance,
    /// For each neuron the network of greatest r.
    pub(super) anchors: Arc<[usize]>,
}

/// One neuron and one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The neuron.
    pub neuron: Neuron,
    /// The network's name.
    pub network: String,
    /// Pearson r, mean over runs (and subjects).
    pub r: f32,
    /// p by chance as it was chosen (random phases); corrected for the lags that were searched, not for the pairs.
    pub p: f64,
    /// p corrected for all pairs (Benjamini–Hochberg).
    pub q: f64,
    /// TRs by which the network follows the neuron; 0 unless lags were searched.
    pub lag: i16,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} – {}: r = {:.3}, p = {:.1e}, q = {:.1e}", self.neuron, self.network, self.r, self.p, self.q)?;
        if self.lag != 0 { write!(f, ", lag {} TR", self.lag) } else { Ok(()) }
    }
}

impl Coupling {
    pub(super) fn of(
        found: PairsFound,
        whose: Whose,
        options: &Synchrony,
        random: Option<Array2<f64>>,
    ) -> Result<Coupling> {
        let (found, draws, chance) = found.into_parts();
        let size = found.r.dim();
        let p: Vec<f64> = found.p.iter().copied().collect();
        let shaped = |values: Vec<f64>| {
            Array2::from_shape_vec(size, values)
                .map_err(|cause| Error::shape(format!("{cause}"), "give courses of at least one pair"))
        };
        let q = shaped(benjamini_hochberg(&p)?)?;
        let anchors = found.r.rows().into_iter().map(|row| greatest(row, options.sides)).collect();
        Ok(Coupling {
            r: Arc::new(found.r),
            p: Arc::new(found.p),
            q: Arc::new(q),
            lag: found.lag.map(Arc::new),
            random: random.map(Arc::new),
            neurons: whose.neurons,
            networks: whose.networks,
            options: options.clone(),
            draws,
            chance,
            about: whose.about,
            heard: whose.heard,
            made: whose.made.options_of(options, &[]),
            anchors,
        })
    }

    /// What it is made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// Pearson r, neuron × network.
    pub fn r(&self) -> &Array2<f32> {
        &self.r
    }

    /// p, neuron × network, not corrected for the number of pairs.
    pub fn p(&self) -> &Array2<f64> {
        &self.p
    }

    /// q over all pairs (Benjamini–Hochberg), neuron × network.
    pub fn q(&self) -> &Array2<f64> {
        &self.q
    }

    /// p of a two-sided t-test of Fisher's z over subjects, neuron × network: does it hold for people who were not scanned? Of a group only.
    pub fn random_effects(&self) -> Option<&Array2<f64>> {
        self.random.as_deref()
    }

    /// TRs by which each network follows each neuron at their best, neuron × network; if lags were searched.
    pub fn lags(&self) -> Option<&Array2<i16>> {
        self.lag.as_deref()
    }

    /// Which neurons the rows are.
    pub fn neurons(&self) -> &NeuronAxis {
        &self.neurons
    }

    /// The networks' names, in the order of the columns.
    pub fn networks(&self) -> &[String] {
        &self.networks
    }

    /// Whose networks these are.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Number of subjects.
    pub fn subjects(&self) -> usize {
        self.heard.len()
    }

    /// The neurons' and the networks' courses of each subject.
    pub(crate) fn heard(&self) -> &[(NeuronSeries, NetworkSeries)] {
        &self.heard
    }

    /// By which rules it was made.
    pub fn options(&self) -> &Synchrony {
        &self.options
    }

    /// What a limited number of draws keeps from being found, in words; none where p has no floor or it does not matter.
    fn floor(&self) -> Option<String> {
        let draws = self.draws?;
        let least = 1.0 / (1.0 + draws as f64);
        // Benjamini and Hochberg's k-th p must be below level · k / pairs.
        let needed = (least * self.p.len() as f64 / self.options.level).ceil();
        let wanted = (self.p.len() as f64 / self.options.level).ceil();
        (needed > 1.0).then(|| {
            format!(
                "with {draws} draws p cannot be below {least:.1e}: of {} pairs {needed} must be there before any counts; a single one needs {wanted} draws, or the closed form (`Null::Phase`)",
                self.p.len()
            )
        })
    }

    /// What is known about one neuron and one network.
    ///
    /// # Errors
    /// If there is no such neuron or network.
    pub fn link(&self, neuron: Neuron, network: &str) -> Result<Link> {
        Ok(self.at(self.neurons.column(neuron)?, self.column(network)?))
    }

    /// Whether a pair counts, at the false discovery rate of the options.
    pub(super) fn counts(&self, row: usize, column: usize) -> bool {
        self.q[[row, column]] < self.options.level
    }

    pub(crate) fn at(&self, row: usize, column: usize) -> Link {
        Link {
            neuron: self.neurons.neuron(row),
            network: self.networks[column].clone(),
            r: self.r[[row, column]],
            p: self.p[[row, column]],
            q: self.q[[row, column]],
            lag: self.lag.as_ref().map_or(0, |lag| lag[[row, column]]),
        }
    }

    pub(crate) fn column(&self, network: &str) -> Result<usize> {
        let found = self.networks.iter().position(|name| name == network);
        found.ok_or_else(|| Error::unknown("network", network, &self.networks))
    }
}

/// The column of greatest r, or |r|; the first of equals.
fn greatest(row: ArrayView1<f32>, sides: Sides) -> usize {
    let size = |r: f32| if sides == Sides::Both { r.abs() } else { r };
    let mut best = 0;
    for (column, r) in row.iter().enumerate() {
        if size(*r) > size(row[best]) {
            best = column;
        }
    }
    best
}

impl Coupling {
    /// Whether somebody's networks were high-passed and the neurons were not.
    fn unfiltered(&self) -> Option<Unfiltered> {
        let mut pairs = self.heard.iter();
        pairs.find_map(|(neurons, networks)| {
            Unfiltered::found(neurons.data().view(), networks.data().view(), neurons.clock())
        })
    }
}

impl fmt::Display for Coupling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (neurons, networks) = self.r.dim();
        let pairs = self.q.iter().filter(|q| **q < self.options.level).count();
        let held: Vec<usize> = (0..networks).map(|column| self.held(column)).collect();
        let all: usize = held.iter().sum();
        writeln!(
            f,
            "Coupling: {neurons} neurons × {networks} networks, {} subject(s); {}",
            self.heard.len(),
            self.about
        )?;
        writeln!(f, "{pairs} pairs with q < {}, chance by {}", self.options.level, self.chance)?;
        if let Some(floor) = self.floor() {
            writeln!(f, "{floor}")?;
        }
        if let Some(unfiltered) = self.unfiltered() {
            writeln!(f, "WARNING: {unfiltered}")?;
        }
        if all == 0 {
            return match self.strongest() {
                Some(best) => write!(f, "no neuron is anchored; the nearest to it is {best}"),
                None => write!(f, "no neuron is anchored"),
            };
        }
        write!(f, "{all} neurons are anchored:")?;
        for (name, held) in self.networks.iter().zip(&held).take(20) {
            write!(f, "\n  {name}: {held}")?;
        }
        if networks > 20 {
            write!(f, "\n  and {} networks more", networks - 20)?;
        }
        match self.tied() {
            0 => {}
            tied => write!(
                f,
                "\n{tied} of them have the same r with two networks, of which the first holds them: have the networks one course?"
            )?,
        }
        if let Some(column) = held.iter().position(|held| networks > 2 && *held as f64 > 0.9 * all as f64) {
            write!(
                f,
                "\nNine in ten anchors are on {}: is it the global signal? Clean with the global signal among the confounds, and compare.",
                self.networks[column]
            )?;
        }
        Ok(())
    }
}
