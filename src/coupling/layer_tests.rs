//! Whether a network's neurons are spread over the model's layers as a random draw would be.

use super::members::{Members, NetworkMembers};
use super::places::layer_counts;
use crate::csv;
use crate::error::{Error, Result};
use crate::model::NeuronAxis;
use crate::notebook::check_cancelled;
use crate::provenance::{Provenance, Traced};
use crate::statistics::{benjamini_hochberg, chi_square_tail};
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Expected neurons of a layer from which on the χ² distribution is taken; random draws below.
const ENOUGH: f64 = 5.0;
const DRAWS: usize = 9_999;

/// One network's layers against the uniform distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerTest {
    /// The network's name.
    pub network: String,
    /// How many of its neurons lie in each layer.
    pub counts: Vec<usize>,
    /// Number of its neurons.
    pub members: usize,
    /// The statistic; 0 without neurons.
    pub statistic: f64,
    /// p against random draws of as many neurons; none without neurons.
    pub p: Option<f64>,
    /// Benjamini–Hochberg q over all networks that have neurons.
    pub q: Option<f64>,
    /// Whether p was found from 9,999 random draws, since a layer expects fewer than five neurons; else from the χ² distribution.
    pub drawn: bool,
}

/// Each network's layers against the uniform distribution: [`layer_tests`]; clones are cheap.
#[derive(Clone, Debug)]
pub struct LayerTests {
    rows: Arc<[LayerTest]>,
    neurons: NeuronAxis,
    what: String,
    made: Provenance,
}

/// Are the neurons of each network spread over the layers as a random draw of as many would be?
///
/// With n_l of a network's m neurons in layer l, L layers and N neurons of the site in all, X² = (N − 1)/(N − m) · Σ_l (n_l − m/L)² / (m/L). Neurons are drawn without
/// replacement, so the counts have the variance of the hypergeometric distribution, (N − m)/(N − 1) times the multinomial one; X² then follows χ² with L − 1
/// degrees of freedom. Where m/L is below 5 p is (1 + draws with as large an X²) / (1 + 9,999 draws). q are Benjamini and Hochberg's over networks.
/// Which layers hold more than chance is said by [`layer_counts`].
///
/// `members`: how many neurons of each network; `None` takes all anchors of a coupling, and the first 100 of a ranked list.
///
/// ```
/// use neurocell::coupling::NeuronLists;
/// use neurocell::prelude::*;
/// let axis = NeuronAxis::new("made", Site::FfnOut, 4, 100);
/// let early: Vec<Neuron> = (0..40).map(|n| Neuron::new(n % 2, n)).collect();
/// let spread: Vec<Neuron> = (0..40).map(|n| Neuron::new(n % 4, n)).collect();
/// let tests = layer_tests(&NeuronLists::new(&axis, &[("early", early), ("spread", spread)])?, None)?;
/// assert!(tests.rows()[0].q.is_some_and(|q| q < 1e-6) && tests.rows()[1].p == Some(1.0));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If 0 neurons are asked for, there is one layer only, or it is stopped.
pub fn layer_tests(groups: &dyn NetworkMembers, members: Option<usize>) -> Result<LayerTests> {
    let axis = groups.axis();
    if axis.layers < 2 {
        return Err(Error::value(
            format!("{axis}: one layer has nothing to be spread over"),
            "read a model of several blocks",
        ));
    }
    let mut rows = groups.members(members)?.iter().map(|list| one(list, axis)).collect::<Result<Vec<LayerTest>>>()?;
    let tested: Vec<usize> = (0..rows.len()).filter(|row| rows[*row].p.is_some()).collect();
    let p: Vec<f64> = tested.iter().filter_map(|row| rows[*row].p).collect();
    for (row, q) in tested.into_iter().zip(benjamini_hochberg(&p)?) {
        rows[row].q = Some(q);
    }
    let made = Provenance::step("layer tests").option("members", format!("{members:?}")).input("groups", groups);
    Ok(LayerTests { rows: rows.into(), neurons: axis.clone(), what: groups.what(), made })
}

fn one(list: &Members, axis: &NeuronAxis) -> Result<LayerTest> {
    let members = list.neurons.len();
    let mut counts = vec![0; axis.layers];
    if members > 0 {
        counts = layer_counts(&list.neurons, axis)?.counts().iter().copied().collect();
    }
    let expected = members as f64 / axis.layers as f64;
    let statistic = |counts: &[usize]| -> f64 {
        let spread = (axis.neurons() - members) as f64 / (axis.neurons() - 1) as f64;
        let sum: f64 = counts.iter().map(|n| (*n as f64 - expected).powi(2) / expected).sum();
        if spread > 0.0 { sum / spread } else { 0.0 }
    };
    let network = list.network.clone();
    if members == 0 {
        return Ok(LayerTest { network, counts, members, statistic: 0.0, p: None, q: None, drawn: false });
    }
    let found = statistic(&counts);
    let drawn = expected < ENOUGH;
    let p = match drawn {
        false => chi_square_tail(found, (axis.layers - 1) as f64),
        true => {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(members as u64);
            let (mut reached, mut random) = (0, vec![0; axis.layers]);
            for draw in 0..DRAWS {
                if draw % 1000 == 0 {
                    check_cancelled("drawing neurons")?;
                }
                random.fill(0);
                sample(&mut rng, axis.neurons(), members).iter().for_each(|column| random[column / axis.units] += 1);
                // Sums in another order may differ in their last bits.
                reached += usize::from(statistic(&random) >= found * (1.0 - 1e-12));
            }
            (1 + reached) as f64 / (1 + DRAWS) as f64
        }
    };
    Ok(LayerTest { network, counts, members, statistic: found, p: Some(p), q: None, drawn })
}

impl LayerTests {
    /// A row for each network.
    pub fn rows(&self) -> &[LayerTest] {
        &self.rows
    }

    /// Which neurons were counted.
    pub fn neurons(&self) -> &NeuronAxis {
        &self.neurons
    }

    /// Writes the table as CSV: network, neurons, statistic, p, q, and the number in each layer.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let layers: String = (0..self.neurons.layers).map(|layer| format!(",L{layer}")).collect();
        let mut text = format!("network,neurons,statistic,p,q{layers}\n");
        let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:e}"));
        for row in self.rows.iter() {
            let counts: String = row.counts.iter().map(|count| format!(",{count}")).collect();
            text.push_str(&format!(
                "{},{},{:.6},{},{}{counts}\n",
                csv::cell(&row.network),
                row.members,
                row.statistic,
                number(row.p),
                number(row.q)
            ));
        }
        csv::write_traced(path.as_ref(), &text, self)
    }
}

impl Traced for LayerTests {
    fn provenance(&self) -> Provenance {
        self.made.clone()
    }
}

impl fmt::Display for LayerTests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Layers of each network's neurons against a random draw of as many; {}; {}",
            self.what, self.neurons
        )?;
        let width = self.rows.iter().map(|row| row.network.chars().count()).max().unwrap_or(0).max("network".len());
        write!(f, "\n{:width$}  {:>7}  {:>7}  {:>8}  {:>8}  in each layer", "network", "neurons", "X²", "p", "q")?;
        for row in self.rows.iter() {
            write!(f, "\n{:width$}  {:>7}", row.network, row.members)?;
            match (row.p, row.q) {
                (Some(p), Some(q)) => {
                    let counts: Vec<String> = row.counts.iter().map(usize::to_string).collect();
                    write!(f, "  {:>7.1}  {p:>8.1e}  {q:>8.1e}  {}", row.statistic, counts.join(" "))?;
                }
                _ => write!(f, "  no neuron: nothing to test")?,
            }
        }
        if self.rows.iter().any(|row| row.drawn) {
            write!(
                f,
                "\nwhere a layer expects fewer than {ENOUGH} neurons, p is from {DRAWS} random draws and not below 1e-4"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupling::NeuronLists;
    use crate::model::Site;

    #[test]
    fn p_of_random_draws_is_uniform_by_both_ways() {
        let axis = NeuronAxis::new("made", Site::FfnOut, 6, 50);
        // 24 of 300 are four a layer: draws; 120 are twenty: χ², where the variance of sampling without replacement matters.
        for members in [24, 120] {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
            let draw = |_: usize| sample(&mut rng, 300, members).iter().map(|column| axis.neuron(column)).collect();
            let lists: Vec<Vec<crate::model::Neuron>> = (0..200).map(draw).collect();
            let names: Vec<String> = (0..200).map(|n| n.to_string()).collect();
            let named: Vec<_> = names.iter().map(String::as_str).zip(lists).collect();
            let tests = layer_tests(&NeuronLists::new(&axis, &named).unwrap(), None).unwrap();
            assert!(tests.rows().iter().all(|row| row.drawn == (members == 24)));
            for level in [0.05, 0.2, 0.5] {
                let share = tests.rows().iter().filter(|row| row.p.unwrap() <= level).count() as f64 / 200.0;
                let sd = (level * (1.0 - level) / 200.0_f64).sqrt();
                assert!((share - level).abs() < 3.5 * sd, "{members}: {share} of p are at most {level}");
            }
            assert!(tests.rows().iter().filter(|row| row.q.unwrap() < 0.05).count() <= 2);
        }
    }

    #[test]
    fn a_network_without_neurons_is_not_tested() {
        let axis = NeuronAxis::new("made", Site::FfnOut, 3, 8);
        let lists = [("none", Vec::new()), ("one", vec![crate::model::Neuron::new(0, 1)])];
        let tests = layer_tests(&NeuronLists::new(&axis, &lists).unwrap(), None).unwrap();
        assert_eq!((tests.rows()[0].p, tests.rows()[1].p), (None, Some(1.0)));
        assert!(tests.to_string().contains("no neuron: nothing to test"));
        let flat = NeuronAxis::new("made", Site::FfnOut, 1, 8);
        assert!(layer_tests(&NeuronLists::new(&flat, &[("a", Vec::new())]).unwrap(), None).is_err());
    }
}
