//! Neurons that belong to networks, whatever found them.

use crate::activation::NeuronSeries;
use crate::brain::NetworkSeries;
use crate::coupling::{Coupling, NetworkMembers, RANKED, SubGroups};
use crate::error::{Error, Result};
use crate::model::Neuron;

/// [`NetworkMembers`] with the courses that a lesion is scored on: a [`Coupling`] (Liu et al. 2023) or [`SubGroups`] (Sun et al. 2024).
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(coupling: Coupling, groups: SubGroups) -> Result<()> {
/// let by: [&dyn NeuronGroups; 2] = [&coupling, &groups];
/// for groups in by {
///     println!("{}: {:?}", groups.kind(), groups.group("Default", Some(10))?);
/// }
/// # Ok(())
/// # }
/// ```
pub trait NeuronGroups: NetworkMembers {
    /// What found them: "coupling".
    fn kind(&self) -> &'static str;
    /// The first `units` neurons of a network, or those that belong to it by the finder's own rule.
    ///
    /// # Errors
    /// If there is no network of that name, or no neuron belongs to it.
    fn group(&self, network: &str, units: Option<usize>) -> Result<Vec<Neuron>>;
    /// The rule by which neurons belong to a network.
    fn rule(&self, units: Option<usize>) -> String;
    /// The neurons' courses of each subject, and the networks' where they are known.
    fn courses(&self) -> Vec<(NeuronSeries, Option<NetworkSeries>)>;
}

impl NeuronGroups for Coupling {
    fn kind(&self) -> &'static str {
        "coupling"
    }

    fn group(&self, network: &str, units: Option<usize>) -> Result<Vec<Neuron>> {
        if let Some(units) = units {
            return self.subgroup(network, units);
        }
        let anchored: Vec<Neuron> = self.anchors_of(network)?.into_iter().map(|link| link.neuron).collect();
        if anchored.is_empty() {
            let column = self.column(network)?;
            let least = (0..self.p().nrows()).min_by(|a, b| self.p()[[*a, column]].total_cmp(&self.p()[[*b, column]]));
            let nearest = least.map_or(String::new(), |row| format!("; the nearest to it is {}", self.at(row, column)));
            return Err(Error::value(
                format!("no neuron is anchored in {network} (q < {}){nearest}", self.options().level),
                "lesion a network that has anchors, or say how many of the first neurons: `LesionOptions::default().units(30)`",
            ));
        }
        Ok(anchored)
    }

    fn rule(&self, units: Option<usize>) -> String {
        match units {
            None => format!("anchored there, q < {}", self.options().level),
            Some(units) => format!("the {units} of greatest r with it"),
        }
    }

    fn courses(&self) -> Vec<(NeuronSeries, Option<NetworkSeries>)> {
        self.heard().iter().map(|(neurons, networks)| (neurons.clone(), Some(networks.clone()))).collect()
    }
}

impl NeuronGroups for SubGroups {
    fn kind(&self) -> &'static str {
        "sub-groups"
    }

    fn group(&self, network: &str, units: Option<usize>) -> Result<Vec<Neuron>> {
        let members = self.subgroup(network, units.unwrap_or(RANKED))?;
        match members.is_empty() {
            false => Ok(members),
            true => Err(Error::value(
                format!("no neuron has a score for {network} by the reading {}", self.reading()),
                "take the combined reading: `groups.with_reading(Reading::Combined)`",
            )),
        }
    }

    fn rule(&self, units: Option<usize>) -> String {
        format!("the {} of greatest |score|, {}", units.unwrap_or(RANKED), self.reading())
    }

    fn courses(&self) -> Vec<(NeuronSeries, Option<NetworkSeries>)> {
        vec![(self.series().clone(), None)]
    }
}
