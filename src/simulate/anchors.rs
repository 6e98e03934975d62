//! Which planted neurons a coupling has anchored where they belong.

use super::ranking::{precision_at_n, roc_auc};
use super::truth::Truth;
use crate::activation::NeuronSeries;
use crate::coupling::Coupling;
use crate::csv;
use crate::error::{Error, Result};
use crate::model::Neuron;
use crate::provenance::{Origin, Provenance, Traced};
use crate::statistics::{Sides, correlate_pairs};
use ndarray::{Array2, ArrayView1};
use std::collections::HashSet;
use std::fmt;
use std::path::Path;

/// What was found of one driven network's neurons; each pair of numbers is that of the coupling, and that of the oracle.
#[derive(Clone, Debug, PartialEq)]
pub struct AnchoredNetwork {
    /// The network.
    pub network: String,
    /// How many neurons drive it.
    pub neurons: usize,
    /// Share of its neurons that are anchored in it: of all networks it has the greatest r with the neuron (|r| for both sides). For the coupling the pair must also
    /// be above chance.
    pub anchored: [f64; 2],
    /// AUC of its neurons among all, by r with the network.
    pub auc: [f64; 2],
    /// Share of its neurons among as many neurons of greatest r with it.
    pub precision: [f64; 2],
}

/// What a coupling found in simulated subjects, beside what was planted: [`Truth::compare_coupling`].
#[derive(Clone, Debug, PartialEq)]
pub struct AnchorRecovery {
    /// One row for each driven network.
    pub networks: Vec<AnchoredNetwork>,
    /// Networks that nothing drives in which neurons are anchored, and how many.
    pub false_anchors: Vec<(String, usize)>,
    /// Neuron × network pairs above chance.
    pub above_chance: usize,
    /// All pairs.
    pub pairs: usize,
    /// The q value below which a pair is above chance.
    pub level: f64,
    title: String,
    origin: Origin,
}

impl Truth {
    /// Compares the anchors that a coupling found with the neurons that were planted; `series` are the neurons that were coupled.
    ///
    /// The *oracle* is told the planted courses (through the high-pass filter of the series, if it went through one), and ranks neurons by their r with these in the
    /// place of the networks' measured courses. Real neurons correlate with one
    /// another, so that it cannot find all either.
    ///
    /// ```no_run
    /// use neurocell::prelude::*;
    /// # fn run(coupling: Coupling, series: NeuronSeries) -> Result<()> {
    /// println!("{}", Truth::read("simulated")?.compare_coupling(&coupling, &series)?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the neurons or the clock are not those of the simulation, the coupling is of other neurons than the series, or it lacks a driven network.
    pub fn compare_coupling(&self, coupling: &Coupling, series: &NeuronSeries) -> Result<AnchorRecovery> {
        self.check_series(series)?;
        if coupling.neurons() != series.neurons() {
            return Err(Error::shape(
                format!("the coupling is of {}, the series of {}", coupling.neurons(), series.neurons()),
                "give the series that was coupled",
            ));
        }
        let sides = coupling.options().sides;
        let column = |name: &String| {
            let found = coupling.networks().iter().position(|known| known == name);
            found.ok_or_else(|| Error::unknown("coupled network", name, coupling.networks()))
        };
        let driven = self.driven();
        let columns = driven.iter().map(column).collect::<Result<Vec<usize>>>()?;
        let planted = self.courses_as(series)?;
        let (size, total) = (|r: f32| if sides == Sides::Both { r.abs() } else { r }, series.neurons().total());
        let found = coupling.r().mapv(size);
        let oracle = match self.networks.is_empty() {
            true => Array2::zeros((total, 0)),
            false => correlate_pairs(series.data(), &planted, series.clock(), sides)?.r().mapv(size),
        };
        let level = coupling.options().level;
        let counts = |row: usize, column: usize| coupling.q()[[row, column]] < level;
        let one = |n: usize| -> Result<AnchoredNetwork> {
            let members: HashSet<Neuron> = self.networks[n].members(&self.neurons).into_iter().collect();
            let marks: Vec<bool> = (0..total).map(|row| members.contains(&series.neurons().neuron(row))).collect();
            let scores = [found.column(columns[n]).to_vec(), oracle.column(n).to_vec()];
            let rows = || (0..total).filter(|row| marks[*row]);
            let here = rows().filter(|&row| greatest(found.row(row)) == columns[n] && counts(row, columns[n])).count();
            let there = rows().filter(|&row| greatest(oracle.row(row)) == n).count();
            Ok(AnchoredNetwork {
                network: driven[n].clone(),
                neurons: members.len(),
                anchored: [here, there].map(|count| count as f64 / members.len() as f64),
                auc: [roc_auc(&scores[0], &marks)?, roc_auc(&scores[1], &marks)?],
                precision: [precision_at_n(&scores[0], &marks), precision_at_n(&scores[1], &marks)],
            })
        };
        let mut false_anchors = Vec::new();
        for name in self.undriven() {
            let Some(column) = coupling.networks().iter().position(|known| known == name) else { continue };
            let held = (0..total).filter(|&row| greatest(found.row(row)) == column && counts(row, column)).count();
            if held > 0 {
                false_anchors.push((name.clone(), held));
            }
        }
        Ok(AnchorRecovery {
            networks: (0..self.networks.len()).map(one).collect::<Result<_>>()?,
            false_anchors,
            above_chance: coupling.q().iter().filter(|q| **q < level).count(),
            pairs: coupling.q().len(),
            level,
            title: self.title(),
            origin: Provenance::step("compare with the SIMULATED truth").input("coupling", coupling).into(),
        })
    }
}

/// The column of greatest value, the first of equals.
fn greatest(row: ArrayView1<f32>) -> usize {
    (0..row.len()).reduce(|best, n| if row[n] > row[best] { n } else { best }).unwrap_or(0)
}

impl AnchorRecovery {
    /// Mean over driven networks of the share of neurons that are anchored rightly: by the coupling, and by the oracle; `None` if nothing was driven.
    pub fn anchored(&self) -> Option<[f64; 2]> {
        self.mean(|n| n.anchored)
    }

    /// Mean AUC over driven networks: by the coupling, and by the oracle.
    pub fn auc(&self) -> Option<[f64; 2]> {
        self.mean(|n| n.auc)
    }

    /// Mean over driven networks of the share of neurons among as many of greatest r: by the coupling, and by the oracle.
    pub fn precision(&self) -> Option<[f64; 2]> {
        self.mean(|n| n.precision)
    }

    /// Writes the driven networks as CSV: network, neurons, and by coupling and oracle the share that is anchored, AUC, and precision at the number of neurons.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text =
            "network,neurons,anchored,anchored_oracle,auc,auc_oracle,precision,precision_oracle\n".to_owned();
        for n in &self.networks {
            let ([a, b], [c, d], [e, f]) = (n.anchored, n.auc, n.precision);
            let name = csv::cell(&n.network);
            text.push_str(&format!("{name},{},{a:.6},{b:.6},{c:.6},{d:.6},{e:.6},{f:.6}\n", n.neurons));
        }
        csv::write_traced(path.as_ref(), &text, self)
    }

    fn mean(&self, of: impl Fn(&AnchoredNetwork) -> [f64; 2]) -> Option<[f64; 2]> {
        let count = self.networks.len();
        let sum = |which: usize| self.networks.iter().map(|n| of(n)[which]).sum::<f64>() / count as f64;
        (count > 0).then(|| [sum(0), sum(1)])
    }
}

impl Traced for AnchorRecovery {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| Provenance::step("compare with the SIMULATED truth"))
    }
}

impl fmt::Display for AnchorRecovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: anchors found beside those planted", self.title)?;
        let longest = self.networks.iter().map(|n| n.network.chars().count()).max();
        let width = longest.unwrap_or(0).max("network".len());
        let blank = "";
        writeln!(f, "{blank:width$}  {blank:>7}  {:^15}  {:^15}  {:^15}", "anchored here", "AUC", "precision at n")?;
        writeln!(
            f,
            "{:width$}  {:>7}  {:>8} {:>6}  {:>8} {:>6}  {:>8} {:>6}",
            "network", "neurons", "found", "oracle", "found", "oracle", "found", "oracle"
        )?;
        let mut row = |name: &str, neurons: &str, [a, b]: [f64; 2], [c, d]: [f64; 2], [e, g]: [f64; 2]| {
            writeln!(f, "{name:width$}  {neurons:>7}  {a:>8.2} {b:>6.2}  {c:>8.2} {d:>6.2}  {e:>8.2} {g:>6.2}")
        };
        for n in &self.networks {
            row(&n.network, &n.neurons.to_string(), n.anchored, n.auc, n.precision)?;
        }
        if let (Some(anchored), Some(auc), Some(precision)) = (self.anchored(), self.auc(), self.precision()) {
            row("all", "", anchored, auc, precision)?;
        }
        writeln!(
            f,
            "{} of {} neuron × network pairs above chance (q < {})",
            self.above_chance, self.pairs, self.level
        )?;
        for (network, count) in &self.false_anchors {
            writeln!(f, "{count} neurons anchored in {network}, which nothing drives")?;
        }
        Ok(())
    }
}
