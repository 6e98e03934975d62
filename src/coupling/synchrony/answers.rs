//! Questions that a coupling answers.

use super::coupling::{Coupling, Link};
use crate::error::{Error, Result};
use crate::model::Neuron;
use crate::statistics::Sides;
use ndarray::Array2;
use std::fmt;

/// What a layer, a head or a single neuron has to do with one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// The network's name.
    pub network: String,
    /// How many of the neurons asked for are anchored there.
    pub anchored: usize,
    /// How many neurons were asked for.
    pub of: usize,
    /// Mean of their r with the network.
    pub mean_r: f64,
    /// The one of greatest r.
    pub best: Link,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Share { network, anchored, of, mean_r, best } = self;
        write!(
            f,
            "{network}: {anchored} of {of} anchored, mean r {mean_r:.3}, best {} (r = {:.3})",
            best.neuron, best.r
        )
    }
}

/// How far two couplings agree.
#[derive(Clone, Debug, PartialEq)]
pub struct Stability {
    /// Pearson r between the two tables of r, over all pairs.
    pub r: f64,
    /// Of the neurons that are anchored in both, the share with the same network.
    pub same_anchor: f64,
    /// For each network, how many of the neurons anchored there in either are so in both (Jaccard's index; NaN if there is none in either).
    pub overlap: Vec<(String, f64)>,
}

impl fmt::Display for Stability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = 100.0 * self.same_anchor;
        write!(
            f,
            "Stability: r of all pairs {:.3}; of the neurons anchored in both {same:.0} % have the same network",
            self.r
        )?;
        self.overlap
            .iter()
            .try_for_each(|(network, share)| write!(f, "\n  {network}: {share:.2} of the anchored neurons in both"))
    }
}

impl Coupling {
    /// The neurons that are anchored in a network, greatest r first (|r| for both sides); equals in the order of layer, head and unit.
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn anchors_of(&self, network: &str) -> Result<Vec<Link>> {
        let column = self.column(network)?;
        let anchored = (0..self.anchors.len()).filter(|row| self.anchors[*row] == column && self.counts(*row, column));
        let mut links: Vec<Link> = anchored.map(|row| self.at(row, column)).collect();
        links.sort_by(|a, b| self.size(b.r).total_cmp(&self.size(a.r)));
        Ok(links)
    }

    /// What a layer (`"L3"`), a head (`"L3.H5"`) or a neuron (`"L3.H5.17"`, `"L3.42"`) has to do with each network, greatest mean r first.
    ///
    /// # Errors
    /// If there is no such layer, head or neuron.
    pub fn networks_of(&self, address: &str) -> Result<Vec<Share>> {
        let rows = self.rows_of(address)?;
        let mut shares: Vec<Share> = (0..self.networks.len())
            .map(|column| {
                let first = rows.first().copied().unwrap_or(0);
                let best = rows.iter().copied().fold(first, |best, row| {
                    if self.size(self.r[[row, column]]) > self.size(self.r[[best, column]]) { row } else { best }
                });
                let anchored =
                    rows.iter().filter(|row| self.anchors[**row] == column && self.counts(**row, column)).count();
                let sum: f64 = rows.iter().map(|row| f64::from(self.r[[*row, column]])).sum();
                Share {
                    network: self.networks[column].clone(),
                    anchored,
                    of: rows.len(),
                    mean_r: sum / rows.len() as f64,
                    best: self.at(best, column),
                }
            })
            .collect();
        shares.sort_by(|a, b| b.mean_r.total_cmp(&a.mean_r));
        Ok(shares)
    }

    /// The `n` neurons of greatest r with a network (|r| for both sides), whether they are anchored there or not.
    ///
    /// # Errors
    /// If there is no network of that name, or `n` is 0 or more than there are neurons.
    pub fn subgroup(&self, network: &str, n: usize) -> Result<Vec<Neuron>> {
        let column = self.column(network)?;
        let all = self.r.nrows();
        if n == 0 || n > all {
            return Err(Error::value(
                format!("a sub-group of {n} neurons of {all}"),
                "ask for at least one, and not for more than there are",
            ));
        }
        let mut order: Vec<usize> = (0..all).collect();
        order.sort_by(|a, b| self.size(self.r[[*b, column]]).total_cmp(&self.size(self.r[[*a, column]])));
        Ok(order.into_iter().take(n).map(|row| self.neurons.neuron(row)).collect())
    }

    /// How many neurons of each layer and head are anchored in a network: layer × head (one column where the site has no heads).
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn layer_heads(&self, network: &str) -> Result<Array2<f64>> {
        let mut counts = Array2::zeros((self.neurons.layers, self.neurons.heads.unwrap_or(1)));
        for link in self.anchors_of(network)? {
            counts[[link.neuron.layer, link.neuron.head.unwrap_or(0)]] += 1.0;
        }
        Ok(counts)
    }

    /// How far this agrees with the coupling of another subject, or of other runs.
    ///
    /// # Errors
    /// If neurons or networks differ.
    pub fn stability(&self, other: &Coupling) -> Result<Stability> {
        if self.neurons != other.neurons || self.networks != other.networks {
            return Err(Error::shape(
                format!(
                    "one is of {} × {} networks ({}), the other of {} × {} ({})",
                    self.neurons,
                    self.networks.len(),
                    self.about(),
                    other.neurons,
                    other.networks.len(),
                    other.about()
                ),
                "compare couplings of the same neurons with the same networks",
            ));
        }
        let anchored = |one: &Coupling, row: usize| one.counts(row, one.anchors[row]).then_some(one.anchors[row]);
        let rows = 0..self.anchors.len();
        let both: Vec<(usize, usize)> =
            rows.clone().filter_map(|row| Some((anchored(self, row)?, anchored(other, row)?))).collect();
        let same = both.iter().filter(|(a, b)| a == b).count();
        let overlap = self.networks.iter().enumerate().map(|(column, network)| {
            let here = |one: &Coupling, row: usize| anchored(one, row) == Some(column);
            let in_both = rows.clone().filter(|row| here(self, *row) && here(other, *row)).count();
            let in_either = rows.clone().filter(|row| here(self, *row) || here(other, *row)).count();
            (network.clone(), in_both as f64 / in_either as f64)
        });
        let flat = |one: &Coupling| one.r.iter().copied().collect::<ndarray::Array1<f32>>();
        Ok(Stability {
            r: crate::coupling::correlate::pearson(flat(self).view(), flat(other).view()),
            same_anchor: same as f64 / both.len() as f64,
            overlap: overlap.collect(),
        })
    }

    /// How many neurons are anchored in a network.
    pub(super) fn held(&self, column: usize) -> usize {
        (0..self.anchors.len()).filter(|row| self.anchors[*row] == column && self.counts(*row, column)).count()
    }

    /// The pair of least p; drawn chance has a floor, where the greatest r counts.
    pub(crate) fn strongest(&self) -> Option<Link> {
        let size = |at: (usize, usize)| self.size(self.r()[at]);
        let least = self.p().indexed_iter().min_by(|a, b| a.1.total_cmp(b.1).then(size(b.0).total_cmp(&size(a.0))));
        least.map(|((row, column), _)| self.at(row, column))
    }

    /// How many anchored neurons have the same r with another network as with their own.
    pub(super) fn tied(&self) -> usize {
        let tied = |row: &usize| {
            let own = self.anchors[*row];
            let most = self.size(self.r[[*row, own]]);
            let mut others = (0..self.r.ncols()).filter(|column| *column != own);
            self.counts(*row, own) && others.any(|column| self.size(self.r[[*row, column]]) == most)
        };
        (0..self.r.nrows()).filter(tied).count()
    }

    fn size(&self, r: f32) -> f32 {
        if self.options.sides == Sides::Both { r.abs() } else { r }
    }

    /// The rows that an address names.
    fn rows_of(&self, address: &str) -> Result<Vec<usize>> {
        let number =
            |part: &str, letter: char| part.strip_prefix(letter).and_then(|digits| digits.parse::<usize>().ok());
        let mut parts = address.split('.');
        let layer = parts.next().and_then(|part| number(part, 'L'));
        let head = parts.next().map(|part| number(part, 'H'));
        let wanted = |row: &usize| {
            let neuron = self.neurons.neuron(*row);
            Some(neuron.layer) == layer && head.is_none_or(|head| head == neuron.head)
        };
        let rows: Vec<usize> = match (layer, head, parts.next()) {
            (Some(_), None, None) => (0..self.r.nrows()).filter(wanted).collect(),
            (Some(_), Some(Some(_)), None) => (0..self.r.nrows()).filter(wanted).collect(),
            _ => vec![self.neurons.column(address.parse()?)?],
        };
        if rows.is_empty() {
            let heads = self.neurons.heads.map_or("no heads".to_owned(), |heads| format!("{heads} heads"));
            return Err(Error::value(
                format!(
                    "there is no {address}: {} has {} layers with {heads} at {}",
                    self.neurons.model, self.neurons.layers, self.neurons.site
                ),
                "layers and heads are counted from 0: L0, L3.H5",
            ));
        }
        Ok(rows)
    }
}
