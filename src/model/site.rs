//! Where in a transformer a unit sits, and the address of one unit.

use std::fmt;

/// The place in each transformer block whose units are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Site {
    /// Output of the second fully connected layer of the feed-forward block, before the residual
    /// sum: `hidden_size` units a block. The artificial neurons of Sun et al. 2024.
    FfnOut,
    /// The feed-forward block's hidden units, after the activation function: `intermediate_size` a block.
    FfnHidden,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Site::FfnOut => "FfnOut",
            Site::FfnHidden => "FfnHidden",
        })
    }
}

/// The address of one artificial neuron: its layer and its number within the layer, both from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Neuron {
    /// Transformer block, from 0.
    pub layer: usize,
    /// Unit within the block's site, from 0.
    pub unit: usize,
}

impl fmt::Display for Neuron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}.{}", self.layer, self.unit)
    }
}

/// Which neurons the columns of a series are: all units of one site, layer by layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeuronAxis {
    /// Name of the model.
    pub model: String,
    /// The site that was read.
    pub site: Site,
    /// Number of layers.
    pub layers: usize,
    /// Units in each layer.
    pub units: usize,
}

impl NeuronAxis {
    /// Number of neurons: layers × units.
    pub fn total(&self) -> usize {
        self.layers * self.units
    }

    /// The address of the neuron in column `column`.
    pub fn neuron(&self, column: usize) -> Neuron {
        Neuron { layer: column / self.units, unit: column % self.units }
    }

    /// The column of a neuron.
    pub fn column(&self, neuron: Neuron) -> usize {
        neuron.layer * self.units + neuron.unit
    }
}
