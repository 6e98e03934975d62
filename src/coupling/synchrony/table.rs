//! A coupling as a table for other programs.

use super::Coupling;
use crate::csv;
use crate::error::Result;
use crate::parquet_table::{self, Column};
use std::path::Path;

impl Coupling {
    /// Writes the anchored neurons as CSV: neuron, layer, head, unit, network, r, p, q, lag in TR.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "neuron,layer,head,unit,network,r,p,q,lag\n".to_owned();
        for network in self.networks.iter() {
            for link in self.anchors_of(network)? {
                let head = link.neuron.head.map_or(String::new(), |head| head.to_string());
                text.push_str(&format!(
                    "{},{},{head},{},{},{:.6},{:e},{:e},{}\n",
                    link.neuron,
                    link.neuron.layer,
                    link.neuron.unit,
                    csv::cell(network),
                    link.r,
                    link.p,
                    link.q,
                    link.lag
                ));
            }
        }
        csv::write_traced(path.as_ref(), &text, self)
    }

    /// Writes all pairs as Parquet, a row each, neuron by neuron: `neuron`, `layer`, `head` (none where the site has none), `unit`, `network`, `r`, `p`,
    /// `q`, `lag` (TR), and `anchor`: whether the network is the neuron's and q is below the level.
    ///
    /// In Python `pandas.read_parquet("coupling.parquet").query("anchor").sort_values("r")`.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_parquet(&self, path: impl AsRef<Path>) -> Result<()> {
        let (neurons, networks) = self.r.dim();
        let axis: Vec<_> = (0..neurons).map(|row| self.neurons.neuron(row)).collect();
        let names: Vec<_> = self.networks.iter().map(|name| name.as_str().into()).collect();
        let addresses: Vec<_> = axis.iter().map(|neuron| neuron.to_string().as_str().into()).collect();
        let pairs = || (0..neurons).flat_map(|row| (0..networks).map(move |column| (row, column)));
        let integers = |of: &dyn Fn(usize) -> usize| Column::Integers(pairs().map(|(row, _)| of(row) as i64).collect());
        let lag = |(row, column): (usize, usize)| self.lags().map_or(0, |lags| i64::from(lags[[row, column]]));
        let columns = vec![
            ("neuron", Column::Texts(texts(pairs().map(|(row, _)| &addresses[row])))),
            ("layer", integers(&|row| axis[row].layer)),
            ("head", Column::MaybeIntegers(pairs().map(|(row, _)| axis[row].head.map(|head| head as i64)).collect())),
            ("unit", integers(&|row| axis[row].unit)),
            ("network", Column::Texts(texts(pairs().map(|(_, column)| &names[column])))),
            ("r", Column::Floats(self.r.iter().copied().collect())),
            ("p", Column::Doubles(self.p().iter().copied().collect())),
            ("q", Column::Doubles(self.q().iter().copied().collect())),
            ("lag", Column::Integers(pairs().map(lag).collect())),
            (
                "anchor",
                Column::Truths(
                    pairs().map(|(row, column)| self.anchors[row] == column && self.counts(row, column)).collect(),
                ),
            ),
        ];
        parquet_table::write(path.as_ref(), columns, self)
    }
}

/// Clones share their bytes.
fn texts<'a, T: Clone + 'a>(of: impl Iterator<Item = &'a T>) -> Vec<T> {
    of.cloned().collect()
}
