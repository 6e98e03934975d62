//! Which neurons belong to which network, by whatever analysis said so.

use super::{Coupling, SubGroups};
use crate::error::{Error, Result};
use crate::model::{Neuron, NeuronAxis};
use crate::provenance::{Content, Provenance, Traced};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// How many neurons of a ranked list are taken where nothing else is asked for.
pub(crate) const RANKED: usize = 100;

/// The neurons of one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Members {
    /// The network's name, or that of the list.
    pub network: String,
    /// Its neurons, the strongest first; none of them twice.
    pub neurons: Vec<Neuron>,
    /// For each neuron 1 if it rises with the network, −1 if it falls.
    pub signs: Vec<f32>,
}

/// What says which neurons belong to which network: the anchors of a [`Coupling`], the first neurons of [`SubGroups`], or lists of your own ([`NeuronLists`]).
pub trait NetworkMembers: Traced + Sync {
    /// The site whose neurons these are.
    fn axis(&self) -> &NeuronAxis;

    /// The networks' names.
    fn network_names(&self) -> Vec<String>;

    /// Each network's neurons, `most` at the most. Where nothing is asked for: all anchors of a coupling, the first 100 of a ranked list.
    ///
    /// # Errors
    /// If `most` is 0.
    fn members(&self, most: Option<usize>) -> Result<Vec<Members>>;

    /// What these neurons are, in the plural: "anchors".
    fn what(&self) -> String;
}

fn asked(most: Option<usize>) -> Result<()> {
    match most {
        Some(0) => Err(Error::value("0 neurons of each network", "ask for at least one")),
        _ => Ok(()),
    }
}

impl NetworkMembers for Coupling {
    fn axis(&self) -> &NeuronAxis {
        self.neurons()
    }

    fn network_names(&self) -> Vec<String> {
        self.networks().to_vec()
    }

    fn members(&self, most: Option<usize>) -> Result<Vec<Members>> {
        asked(most)?;
        let of = |network: &String| {
            let links = self.anchors_of(network)?.into_iter().take(most.unwrap_or(usize::MAX));
            let (neurons, signs) = links.map(|link| (link.neuron, if link.r < 0.0 { -1.0 } else { 1.0 })).unzip();
            Ok(Members { network: network.clone(), neurons, signs })
        };
        self.networks().iter().map(of).collect()
    }

    fn what(&self) -> String {
        format!("anchors at q < {}, {} subject(s)", self.options().level, self.subjects())
    }
}

impl NetworkMembers for SubGroups {
    fn axis(&self) -> &NeuronAxis {
        self.series().neurons()
    }

    fn network_names(&self) -> Vec<String> {
        self.networks().to_vec()
    }

    fn members(&self, most: Option<usize>) -> Result<Vec<Members>> {
        asked(most)?;
        let axis = self.axis();
        let most = most.unwrap_or(RANKED).min(axis.neurons());
        let of = |network: &String| {
            let scores = self.scores(network)?;
            // Where a neuron has several regressors its first place in the ranking counts.
            let ranked = self.subgroup(network, (most * axis.copies.len().max(1)).min(axis.total()))?;
            let mut seen = HashSet::new();
            let first = ranked.into_iter().filter(|neuron| seen.insert(*neuron)).take(most);
            let neurons: Vec<Neuron> = first.collect();
            let sign = |neuron: &Neuron| Ok(if scores[axis.column(*neuron)?] < 0.0 { -1.0 } else { 1.0 });
            let signs = neurons.iter().map(sign).collect::<Result<_>>()?;
            Ok(Members { network: network.clone(), neurons, signs })
        };
        self.networks().iter().map(of).collect()
    }

    fn what(&self) -> String {
        format!("first neurons by the reading: {}", self.reading())
    }
}

/// Lists of neurons of your own, in the place of a coupling or of sub-groups; clones are cheap.
///
/// ```
/// use neurocell::coupling::{NetworkMembers, NeuronLists};
/// use neurocell::prelude::*;
/// let axis = NeuronAxis::new("made", Site::FfnOut, 4, 100);
/// let early: Vec<Neuron> = (0..12).map(|unit| Neuron::new(0, unit)).collect();
/// let lists = NeuronLists::new(&axis, &[("early", early)])?;
/// assert_eq!(lists.members(Some(5))?[0].neurons.len(), 5);
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NeuronLists {
    axis: NeuronAxis,
    lists: Arc<[Members]>,
}

impl NeuronLists {
    /// Named lists; a neuron that comes twice in one counts once.
    ///
    /// # Errors
    /// If there is no list, a name comes twice, or a neuron is not of this axis.
    pub fn new(axis: &NeuronAxis, lists: &[(&str, Vec<Neuron>)]) -> Result<NeuronLists> {
        if lists.is_empty() {
            return Err(Error::value("0 lists of neurons", "give at least one, with its name"));
        }
        let mut all: Vec<Members> = Vec::new();
        for (name, neurons) in lists {
            if all.iter().any(|list| list.network == *name) {
                return Err(Error::value(format!("the name {name} comes twice"), "give each list a name of its own"));
            }
            neurons.iter().try_for_each(|neuron| axis.column(*neuron).map(drop))?;
            let mut seen = HashSet::new();
            let neurons: Vec<Neuron> = neurons.iter().copied().filter(|neuron| seen.insert(*neuron)).collect();
            all.push(Members { network: (*name).to_owned(), signs: vec![1.0; neurons.len()], neurons });
        }
        Ok(NeuronLists { axis: axis.clone(), lists: all.into() })
    }
}

impl NetworkMembers for NeuronLists {
    fn axis(&self) -> &NeuronAxis {
        &self.axis
    }

    fn network_names(&self) -> Vec<String> {
        self.lists.iter().map(|list| list.network.clone()).collect()
    }

    fn members(&self, most: Option<usize>) -> Result<Vec<Members>> {
        asked(most)?;
        let most = most.unwrap_or(usize::MAX);
        let cut = |list: &Members| Members {
            network: list.network.clone(),
            neurons: list.neurons.iter().take(most).copied().collect(),
            signs: list.signs.iter().take(most).copied().collect(),
        };
        Ok(self.lists.iter().map(cut).collect())
    }

    fn what(&self) -> String {
        "given lists".to_owned()
    }
}

impl fmt::Display for NeuronLists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self.lists.iter().map(|list| format!("{} ({} neurons)", list.network, list.neurons.len()));
        let each: Vec<String> = each.collect();
        write!(f, "NeuronLists: {} lists of {}\n{}", self.lists.len(), self.axis, each.join(", "))
    }
}

impl Traced for NeuronLists {
    fn provenance(&self) -> Provenance {
        let text = |list: &Members| {
            let neurons: Vec<String> = list.neurons.iter().map(Neuron::to_string).collect();
            format!("{}: {}", list.network, neurons.join(" "))
        };
        let texts: Vec<String> = self.lists.iter().map(text).collect();
        Content::new().texts(&texts).given("lists of neurons").option("neurons", &self.axis)
    }
}
