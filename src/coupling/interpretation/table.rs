//! Networks, regions, words and layers as one table.

use super::PlaceCount;
use crate::brain::Shared;
use crate::coupling::NetworkMeaning;
use crate::csv;
use crate::error::{Error, Result};
use crate::figure::{Figure, LayerHistogram, member_histograms};
use crate::model::{Neuron, NeuronAxis};
use crate::provenance::{Provenance, Traced};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Words of a row.
const WORDS: usize = 8;
/// Regions of a row in print.
const SHOWN: usize = 3;

/// One network of an [`Interpretation`].
#[derive(Clone, Debug, PartialEq)]
pub struct InterpretedNetwork {
    /// The network's name.
    pub network: String,
    /// Number of its neurons.
    pub members: usize,
    /// The regions that hold most of it, up to five, the one with most first.
    pub regions: Vec<Shared>,
    /// Share of the network that lies in no region of the atlas.
    pub outside: f64,
    /// The template network of greatest Dice; none if it lies in none.
    pub template: Option<Shared>,
    /// To which words its neurons respond.
    pub meaning: NetworkMeaning,
    /// Each layer; nothing without neurons.
    pub layers: Vec<PlaceCount>,
    /// Each attention head; nothing without neurons, or at a site without heads.
    pub heads: Vec<PlaceCount>,
    /// p of all layers together against a random draw.
    pub layers_p: Option<f64>,
    /// The same corrected over networks.
    pub layers_q: Option<f64>,
}

/// The table "network – region – words – layers": [`interpret`](super::interpret); clones are cheap.
#[derive(Clone, Debug)]
pub struct Interpretation {
    pub(super) rows: Arc<[InterpretedNetwork]>,
    pub(super) lists: Arc<[Vec<Neuron>]>,
    pub(super) neurons: NeuronAxis,
    pub(super) level: f64,
    pub(super) regions: String,
    pub(super) template: String,
    pub(super) about: String,
    pub(super) made: Provenance,
}

impl Interpretation {
    /// A row for each network.
    pub fn rows(&self) -> &[InterpretedNetwork] {
        &self.rows
    }

    /// One network's row.
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn of(&self, network: &str) -> Result<InterpretedNetwork> {
        let names: Vec<String> = self.rows.iter().map(|row| row.network.clone()).collect();
        let found = self.rows.iter().find(|row| row.network == network);
        found.cloned().ok_or_else(|| Error::unknown("network", network, &names))
    }

    /// Which neurons were counted.
    pub fn neurons(&self) -> &NeuronAxis {
        &self.neurons
    }

    /// The q below which something counts.
    pub fn level(&self) -> f64 {
        self.level
    }

    /// Which neurons, which text, and what was left out.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Writes a row for each network as CSV: network, neurons, template network and its Dice, best region with its shares and Dice, further regions, words, enriched and
    /// depleted kinds of words, enriched layers and heads, p and q over layers. Lists are separated by semicolons.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "network,neurons,template,template_dice,region,of_network,of_region,region_dice,other_regions,in_no_region,words,\
                        more_at,less_at,layers,heads,layers_p,layers_q\n"
            .to_owned();
        let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.6}"));
        let small = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:e}"));
        for row in self.rows.iter() {
            let first = row.regions.first();
            let others = row.regions.iter().skip(1).map(|region| format!("{} {:.3}", region.region, region.dice));
            let kinds = |kinds: Vec<&crate::coupling::Enrichment>| {
                kinds.iter().map(|kind| format!("{} {:+.3}", kind.kind, kind.difference)).collect::<Vec<_>>().join("; ")
            };
            let words: Vec<&str> = row.meaning.words.iter().take(WORDS).map(|word| word.word.as_str()).collect();
            let cells = [
                row.network.clone(),
                row.members.to_string(),
                row.template.as_ref().map_or(String::new(), |shared| shared.region.clone()),
                number(row.template.as_ref().map(|shared| shared.dice)),
                first.map_or(String::new(), |shared| shared.region.clone()),
                number(first.map(|shared| shared.of_network)),
                number(first.map(|shared| shared.of_region)),
                number(first.map(|shared| shared.dice)),
                others.collect::<Vec<_>>().join("; "),
                number(Some(row.outside)),
                words.join("; "),
                kinds(row.meaning.enriched()),
                kinds(row.meaning.depleted()),
                self.places(&row.layers, "; "),
                self.places(&row.heads, "; "),
                small(row.layers_p),
                small(row.layers_q),
            ];
            text.push_str(&cells.map(|cell| csv::cell(&cell)).join(","));
            text.push('\n');
        }
        csv::write_traced(path.as_ref(), &text, self)
    }

    /// In which layers the neurons of each network lie, beside chance; of networks that have neurons.
    ///
    /// # Errors
    /// If no network has a neuron.
    pub fn layers_figure(&self) -> Result<Figure> {
        let with: Vec<(&str, Vec<Neuron>)> = self
            .rows
            .iter()
            .zip(self.lists.iter())
            .filter(|(_, list)| !list.is_empty())
            .map(|(row, list)| (row.network.as_str(), list.clone()))
            .collect();
        if with.is_empty() {
            return Err(Error::value("no network has a neuron", "there are no layers to draw"));
        }
        member_histograms(&with, &self.neurons, LayerHistogram::default())
    }

    /// Those with more than chance.
    fn places(&self, places: &[PlaceCount], between: &str) -> String {
        let more = places.iter().filter(|place| place.q < self.level).map(PlaceCount::to_string);
        more.collect::<Vec<_>>().join(between)
    }
}

impl Traced for Interpretation {
    fn provenance(&self) -> Provenance {
        self.made.clone()
    }
}

impl fmt::Display for InterpretedNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InterpretedNetwork: {}, {} neurons", self.network, self.members)?;
        if let Some(template) = &self.template {
            write!(f, ", most like {} (Dice {:.2})", template.region, template.dice)?;
        }
        for region in &self.regions {
            let Shared { region, of_network, of_region, dice, .. } = region;
            write!(
                f,
                "\n  {region}: {:.0} % of the network, {:.0} % of the region, Dice {dice:.2}",
                100.0 * of_network,
                100.0 * of_region
            )?;
        }
        write!(f, "\n{}", self.meaning)
    }
}

impl fmt::Display for Interpretation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Interpretation: {} networks – region – words – layers; {}", self.rows.len(), self.neurons)?;
        writeln!(f, "regions of {}; template: {}", self.regions, self.template)?;
        write!(f, "{}; q < {} over all tests of a kind", self.about, self.level)?;
        for row in self.rows.iter() {
            let s = if row.members == 1 { "" } else { "s" };
            write!(f, "\n{} ({} neuron{s})", row.network, row.members)?;
            match &row.template {
                Some(shared) => write!(f, ", most like {} (Dice {:.2})", shared.region, shared.dice)?,
                None => write!(f, ", in no template network")?,
            }
            let some = row.regions.iter().take(SHOWN);
            let some =
                some.map(|part| format!("{} {:.0} % (Dice {:.2})", part.region, 100.0 * part.of_network, part.dice));
            let mut some: Vec<String> = some.collect();
            some.push(format!("in no region {:.0} %", 100.0 * row.outside));
            write!(f, "\n    regions: {}", some.join(", "))?;
            if row.members == 0 {
                write!(f, "\n    no neuron: no words, no layers")?;
                continue;
            }
            write!(f, "\n    words:   {}", row.meaning.words_in_line(WORDS))?;
            write!(f, "\n    kinds:   {}", row.meaning.kinds_in_words())?;
            let or_none = |text: String| if text.is_empty() { "none with more than chance".to_owned() } else { text };
            write!(f, "\n    layers:  {}", or_none(self.places(&row.layers, ", ")))?;
            if let Some(q) = row.layers_q {
                write!(f, "; all layers against a random draw: q = {q:.1e}")?;
            }
            if !row.heads.is_empty() {
                write!(f, "\n    heads:   {}", or_none(self.places(&row.heads, ", ")))?;
            }
        }
        Ok(())
    }
}
