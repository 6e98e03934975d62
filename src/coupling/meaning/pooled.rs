//! Each network's neurons pooled: at which words they are high together.

use super::enrichment::{Enrichment, test};
use super::words::Words;
use super::{MeaningOptions, NetworkMeaning, WordKind, WordMean};
use crate::activation::{Activations, TopWord};
use crate::coupling::{Members, NetworkMembers, NeuronLists};
use crate::csv;
use crate::error::{Error, Result};
use crate::model::Neuron;
use crate::notebook::check_cancelled;
use crate::provenance::{Provenance, Traced};
use crate::statistics::benjamini_hochberg;
use crate::stimulus::plain;
use ndarray::Array2;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Words that are shown for each network.
const SHOWN: usize = 8;

/// What each network's neurons respond to: [`meaning`]; clones are cheap.
#[derive(Clone, Debug)]
pub struct Meaning {
    networks: Arc<[NetworkMeaning]>,
    kinds: Arc<[WordKind]>,
    level: f64,
    about: String,
    made: Provenance,
}

/// [`meaning_with`] by its defaults.
///
/// ```no_run
/// use neurocell::prelude::*;
/// # fn run(acts: Activations, coupling: Coupling, groups: SubGroups) -> Result<()> {
/// let of_anchors = meaning(&acts, &coupling)?;
/// println!("{of_anchors}");
/// println!("{}", of_anchors.of("Default")?);
/// let of_subgroups = meaning(&acts, &groups)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`meaning_with`].
pub fn meaning(acts: &Activations, networks: &dyn NetworkMembers) -> Result<Meaning> {
    meaning_with(acts, networks, &MeaningOptions::default())
}

/// At which words the neurons of each network are high together, and at which kinds of words.
///
/// `networks` are the anchors of a coupling, sub-groups, or [`NeuronLists`]. With z a neuron's values z-scored over all words, and σ = 1 if it rises with the
/// network and −1 if it falls, a network's pooled value at a word is the mean of σ·z over its neurons. Listed are
/// - the words of greatest mean over their occurrences ([`MeaningOptions::occurrences`] of them at least),
/// - the places of greatest value, each in its context,
/// - for each kind of words ([`WordKind`]) the difference between its words and all others, tested as [`word_classes`](super::word_classes) tests a neuron: on normal scores of the
///   pooled values, against random phases over the words of each run, with q over all networks × kinds.
///
/// Which words come first was looked for, and is not tested. A network without neurons has an empty answer.
///
/// # Errors
/// If activations and networks are not of the same site of the same model (both are shown), an option is out of its range, no run has 30 words with a value, or
/// it is stopped.
pub fn meaning_with(acts: &Activations, networks: &dyn NetworkMembers, options: &MeaningOptions) -> Result<Meaning> {
    options.check()?;
    let (axis, own) = (networks.axis(), acts.neurons());
    if (&axis.model, axis.site, axis.layers, axis.heads, axis.units)
        != (&own.model, own.site, own.layers, own.heads, own.units)
    {
        return Err(Error::shape(
            format!("the activations are of {own}, the networks' neurons of {axis}"),
            "give the activations from which the neurons' courses were made",
        ));
    }
    let members = networks.members(options.members)?;
    let words = Words::of(acts)?;
    let pooled = pool(acts, &words, &members)?;
    let tests = test(&words, &words.scores(&pooled)?)?;
    // Only networks with neurons are tested.
    let held: Vec<usize> = (0..members.len()).filter(|n| !members[*n].neurons.is_empty()).collect();
    let p: Vec<f64> = held.iter().flat_map(|n| tests.p.row(*n).to_vec()).collect();
    let q = benjamini_hochberg(&p)?;
    let width = words.kinds.len();
    let of = |(n, list): (usize, &Members)| {
        let Some(place) = held.iter().position(|held| *held == n) else {
            let (words, contexts, kinds) = (Vec::new(), Vec::new(), Vec::new());
            let network = list.network.clone();
            return NetworkMeaning { network, members: 0, words, contexts, kinds, level: options.level };
        };
        let column: Vec<f32> = pooled.column(n).to_vec();
        let mut kinds: Vec<Enrichment> = (0..width)
            .map(|kind| Enrichment {
                kind: words.kinds[kind],
                words: words.counts[kind].0,
                distinct: words.counts[kind].1,
                difference: f64::from(tests.difference[[n, kind]]),
                r: f64::from(tests.r[[n, kind]]),
                p: tests.p[[n, kind]],
                q: q[place * width + kind],
            })
            .collect();
        kinds.sort_by(|a, b| a.p.total_cmp(&b.p));
        NetworkMeaning {
            network: list.network.clone(),
            members: list.neurons.len(),
            words: means(acts, &words, &column, options),
            contexts: places(acts, &words, &column, options.contexts),
            kinds,
            level: options.level,
        }
    };
    let made = Provenance::step("meaning")
        .options_of(options, &[])
        .input("activations", acts)
        .input("networks", &networks.provenance());
    Ok(Meaning {
        networks: members.iter().enumerate().map(of).collect(),
        kinds: words.kinds.clone().into(),
        level: options.level,
        about: format!("{}; {}; {}", networks.what(), acts.stimulus().name(), words.said()),
        made,
    })
}

/// What some neurons respond to together: [`meaning`] of one list. q is over its kinds of words.
///
/// ```
/// use neurocell::prelude::*;
/// let acts = Model::load("minilm-l6")?.activations(&Stimulus::example()?.in_runs(2, 6.0)?, Site::AttnZ)?;
/// let found = meaning_of(&acts, &["L3.H5.17".parse()?, "L2.H1.4".parse()?])?;
/// println!("{found}");
/// assert!(found.kinds.len() >= 8 && found.contexts[0].value >= found.contexts[1].value);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no neuron in the list, one is not of this site, no run has 30 words with a value, or it is stopped.
pub fn meaning_of(acts: &Activations, neurons: &[Neuron]) -> Result<NetworkMeaning> {
    if neurons.is_empty() {
        return Err(Error::value("0 neurons", "give at least one: `&coupling.subgroup(\"Default\", 30)?`"));
    }
    let name = match neurons {
        [one] => one.to_string(),
        many => format!("{} and {} more", many[0], many.len() - 1),
    };
    let list = NeuronLists::new(acts.neurons(), &[(&name, neurons.to_vec())])?;
    meaning(acts, &list)?.of(&name)
}

/// Mean of σ·z over each list's neurons: word (of those used) × list; 0 for a list without neurons.
fn pool(acts: &Activations, words: &Words, members: &[Members]) -> Result<Array2<f32>> {
    let (values, axis) = (acts.values(), acts.neurons());
    let mut columns: BTreeMap<usize, usize> = BTreeMap::new();
    for neuron in members.iter().flat_map(|list| &list.neurons) {
        columns.insert(axis.column(*neuron)?, 0);
    }
    columns.values_mut().enumerate().for_each(|(n, place)| *place = n);
    // Words lie in rows: one pass over them takes all neurons that are needed.
    let mut own = Array2::<f32>::zeros((words.numbers.len(), columns.len()));
    for (row, number) in words.numbers.iter().enumerate() {
        if row % 1000 == 0 {
            check_cancelled("pooling neurons")?;
        }
        let from = values.row(*number);
        own.row_mut(row).iter_mut().zip(columns.keys()).for_each(|(to, column)| *to = from[*column]);
    }
    for mut column in own.columns_mut() {
        let count = column.len() as f64;
        let mean = column.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
        let sd = (column.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / count).sqrt();
        // A neuron that does not vary says nothing.
        let scale = if sd > 1e-6 * mean.abs() && sd > 0.0 { 1.0 / sd } else { 0.0 };
        column.iter_mut().for_each(|v| *v = ((f64::from(*v) - mean) * scale) as f32);
    }
    let mut pooled = Array2::zeros((own.nrows(), members.len()));
    for (list, mut to) in members.iter().zip(pooled.columns_mut()) {
        for (neuron, sign) in list.neurons.iter().zip(&list.signs) {
            let weight = sign / list.neurons.len() as f32;
            to.scaled_add(weight, &own.column(columns[&axis.column(*neuron)?]));
        }
    }
    Ok(pooled)
}

/// Words by the mean over their occurrences.
fn means(acts: &Activations, words: &Words, column: &[f32], options: &MeaningOptions) -> Vec<WordMean> {
    let mut sums: BTreeMap<String, (usize, f64)> = BTreeMap::new();
    for (number, value) in words.numbers.iter().zip(column) {
        let sum = sums.entry(plain(&acts.stimulus().words()[*number].text)).or_default();
        *sum = (sum.0 + 1, sum.1 + f64::from(*value));
    }
    let often = sums.into_iter().filter(|(word, (count, _))| !word.is_empty() && *count >= options.occurrences);
    let mut all: Vec<WordMean> =
        often.map(|(word, (count, sum))| WordMean { word, count, mean: sum / count as f64 }).collect();
    // A stable sort: of equal means the word that comes first in the alphabet.
    all.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    all.truncate(options.words);
    all
}

/// The places of greatest value.
fn places(acts: &Activations, words: &Words, column: &[f32], count: usize) -> Vec<TopWord> {
    let mut order: Vec<usize> = (0..column.len()).collect();
    order.sort_by(|a, b| column[*b].total_cmp(&column[*a]));
    let top = |place: &usize| {
        let index = words.numbers[*place];
        let word = acts.stimulus().words()[index].text.clone();
        TopWord { index, word, value: column[*place], context: acts.context(index) }
    };
    order.iter().take(count).map(top).collect()
}

impl Meaning {
    /// Each network, in the order of the coupling or of the sub-groups.
    pub fn networks(&self) -> &[NetworkMeaning] {
        &self.networks
    }

    /// One network.
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn of(&self, network: &str) -> Result<NetworkMeaning> {
        let names: Vec<String> = self.networks.iter().map(|one| one.network.clone()).collect();
        let found = self.networks.iter().find(|one| one.network == network);
        found.cloned().ok_or_else(|| Error::unknown("network", network, &names))
    }

    /// The kinds of words that were tested.
    pub fn kinds(&self) -> &[WordKind] {
        &self.kinds
    }

    /// Difference between each kind's words and all others, in standard deviations: network × kind; 0 for a network without neurons.
    pub fn difference(&self) -> Array2<f64> {
        self.table(0.0, |kind| kind.difference)
    }

    /// q of each network × kind; 1 for a network without neurons.
    pub fn q(&self) -> Array2<f64> {
        self.table(1.0, |kind| kind.q)
    }

    /// The q below which a kind is called enriched.
    pub fn level(&self) -> f64 {
        self.level
    }

    /// Which neurons, which text, and what was left out.
    pub fn about(&self) -> &str {
        &self.about
    }

    fn table(&self, without: f64, of: impl Fn(&Enrichment) -> f64) -> Array2<f64> {
        Array2::from_shape_fn((self.networks.len(), self.kinds.len()), |(network, kind)| {
            let found = self.networks[network].kinds.iter().find(|one| one.kind == self.kinds[kind]);
            found.map_or(without, &of)
        })
    }

    /// Writes networks × kinds of words as CSV: network, neurons, kind, words, distinct words, difference, r, p, q.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "network,neurons,kind,words,distinct,difference,r,p,q\n".to_owned();
        for one in self.networks.iter() {
            for Enrichment { kind, words, distinct, difference, r, p, q } in &one.kinds {
                let (network, kind) = (csv::cell(&one.network), csv::cell(&kind.to_string()));
                let members = one.members;
                text.push_str(&format!(
                    "{network},{members},{kind},{words},{distinct},{difference:.6},{r:.6},{p:e},{q:e}\n"
                ));
            }
        }
        csv::write_traced(path.as_ref(), &text, self)
    }

    /// Writes the words of each network as CSV: network, rank, word, occurrences, mean.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn words_to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "network,rank,word,occurrences,mean\n".to_owned();
        for one in self.networks.iter() {
            for (rank, WordMean { word, count, mean }) in one.words.iter().enumerate() {
                let network = csv::cell(&one.network);
                text.push_str(&format!("{network},{},{},{count},{mean:.6}\n", rank + 1, csv::cell(word)));
            }
        }
        csv::write_traced(path.as_ref(), &text, self)
    }
}

impl Traced for Meaning {
    fn provenance(&self) -> Provenance {
        self.made.clone()
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with = self.networks.iter().filter(|one| one.members > 0).count();
        writeln!(f, "Meaning: the words of {with} networks; {}", self.about)?;
        if with < self.networks.len() {
            writeln!(f, "{} networks have no neuron, and no words", self.networks.len() - with)?;
        }
        let tests = with * self.kinds.len();
        write!(
            f,
            "kinds of words: difference from all others in sd, q < {} over {tests} tests, random phases",
            self.level
        )?;
        for one in self.networks.iter().filter(|one| one.members > 0) {
            let s = if one.members == 1 { "" } else { "s" };
            write!(f, "\n{} ({} neuron{s})", one.network, one.members)?;
            let words = one.words_in_line(SHOWN);
            write!(f, "\n    words: {}", if words.is_empty() { "none occurs often enough" } else { &words })?;
            write!(f, "\n    kinds: {}", one.kinds_in_words())?;
        }
        Ok(())
    }
}
