//! Where in a transformer a unit sits, and the address of one unit.

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The place in each transformer block whose units are read.
///
/// With the names that the papers of BERT and Llama use, x being what goes into a block's attention:
///
/// | site | what | units a block |
/// |---|---|---|
/// | [`FfnOut`](Site::FfnOut) | output of the last dense layer of the feed-forward block, before the residual sum | hidden size |
/// | [`FfnHidden`](Site::FfnHidden) | what goes into that layer: act(x·W₁ + b₁); Llama: SiLU(x·W_gate) ∘ (x·W_up) | feed-forward size |
/// | [`AttnQ`](Site::AttnQ) | query q = x·W_Q + b_Q | heads × head size |
/// | [`AttnK`](Site::AttnK) | key k = x·W_K + b_K | key heads × head size |
/// | [`AttnV`](Site::AttnV) | value v = x·W_V + b_V | key heads × head size |
/// | [`AttnZ`](Site::AttnZ) | z = softmax(q·kᵀ/√d)·v of each head, before the heads are mixed | heads × head size |
/// | [`AttnQk`](Site::AttnQk) | qᵢ\[d\] · k̄\[d\], k̄ being the mean key over the window | heads × head size |
/// | [`Residual`](Site::Residual) | the block's output, which is the next one's input | hidden size |
///
/// Queries and keys of Llama are read before they are turned by their position (RoPE), and a head of grouped-query attention takes its
/// group's key. Llama's last residual is read before the final norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Site {
    /// Output of the second fully connected layer of the feed-forward block, before the residual
    /// sum: `hidden_size` units a block. The artificial neurons of Sun et al. 2024.
    FfnOut,
    /// The feed-forward block's hidden units, after the activation function: `intermediate_size` a block.
    FfnHidden,
    /// Queries, head by head.
    AttnQ,
    /// Keys, head by head.
    AttnK,
    /// Values, head by head.
    AttnV,
    /// What each head gathers: the mean of the values, weighted by attention.
    AttnZ,
    /// A dimension of a head's query–key product, qᵢ\[d\] · k̄\[d\]: the artificial neurons of Liu et al. 2023.
    AttnQk,
    /// The block's output.
    Residual,
}

impl Site {
    /// All sites, in the order in which a block computes them.
    ///
    /// A function: with a constant of a type's own in sight, evcxr's rust-analyzer completes no expression.
    pub fn all() -> Vec<Site> {
        vec![
            Site::AttnQ,
            Site::AttnK,
            Site::AttnV,
            Site::AttnQk,
            Site::AttnZ,
            Site::FfnHidden,
            Site::FfnOut,
            Site::Residual,
        ]
    }

    /// Whether its units belong to attention heads.
    pub fn by_head(self) -> bool {
        matches!(self, Site::AttnQ | Site::AttnK | Site::AttnV | Site::AttnZ | Site::AttnQk)
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its variant's name.
        fmt::Debug::fmt(self, f)
    }
}

/// Reads the name that is printed (`"AttnQ"`), in any case, also as `attn.q` or `ffn_out`.
impl FromStr for Site {
    type Err = Error;

    fn from_str(name: &str) -> Result<Site> {
        let plain = |text: &str| text.replace(['.', '_', '-'], "").to_lowercase();
        let known = || Site::all().iter().map(Site::to_string).collect::<Vec<String>>();
        let found = Site::all().into_iter().find(|site| plain(&site.to_string()) == plain(name));
        found.ok_or_else(|| Error::unknown("site", name, &known()))
    }
}

/// The address of one artificial neuron: layer, head where its site has heads, and unit within that, all from 0.
///
/// It is written `L3.H5.17`, or `L3.17` where there are no heads.
///
/// ```
/// use neurocell::prelude::*;
/// let neuron: Neuron = "L3.H5.17".parse()?;
/// assert_eq!(neuron, Neuron::in_head(3, 5, 17));
/// assert_eq!(Neuron::new(3, 42).to_string(), "L3.42");
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Neuron {
    /// Transformer block, from 0.
    pub layer: usize,
    /// Attention head, from 0; `None` at a site without heads.
    pub head: Option<usize>,
    /// Unit within the head or, without one, within the block's site, from 0.
    pub unit: usize,
}

impl Neuron {
    /// A unit of a site without heads.
    pub fn new(layer: usize, unit: usize) -> Neuron {
        Neuron { layer, head: None, unit }
    }

    /// A dimension of an attention head.
    pub fn in_head(layer: usize, head: usize, unit: usize) -> Neuron {
        Neuron { layer, head: Some(head), unit }
    }
}

impl fmt::Display for Neuron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.head {
            Some(head) => write!(f, "L{}.H{head}.{}", self.layer, self.unit),
            None => write!(f, "L{}.{}", self.layer, self.unit),
        }
    }
}

impl FromStr for Neuron {
    type Err = Error;

    fn from_str(address: &str) -> Result<Neuron> {
        let number = |part: &str, letter: &str| part.strip_prefix(letter).filter(|d| !d.starts_with('+'))?.parse().ok();
        let parts: Vec<&str> = address.split('.').collect();
        let neuron = match parts[..] {
            [layer, unit] => (|| Some(Neuron::new(number(layer, "L")?, number(unit, "")?)))(),
            [layer, head, unit] => {
                (|| Some(Neuron::in_head(number(layer, "L")?, number(head, "H")?, number(unit, "")?)))()
            }
            _ => None,
        };
        neuron.ok_or_else(|| {
            Error::value(
                format!("`{address}` is no neuron's address"),
                "write L3.42 (layer, unit), or L3.H5.17 (layer, head, unit) where the site has heads; all are counted from 0",
            )
        })
    }
}

/// Which neurons the columns of a series are: all units of one site, layer by layer; where each neuron has several regressors (FIR
/// delays, a response with its derivatives), all neurons of the first come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeuronAxis {
    /// Name of the model.
    pub model: String,
    /// The site that was read.
    pub site: Site,
    /// Number of layers.
    pub layers: usize,
    /// Heads in each layer; `None` at a site without heads.
    pub heads: Option<usize>,
    /// Units in each layer, over all heads.
    pub units: usize,
    /// What each regressor of a neuron is ("delay 2 TR"); empty where there is one column a neuron.
    pub copies: Arc<[String]>,
}

impl NeuronAxis {
    /// All units of a site without heads, one column each.
    pub fn new(model: impl Into<String>, site: Site, layers: usize, units: usize) -> NeuronAxis {
        NeuronAxis { model: model.into(), site, layers, heads: None, units, copies: Arc::new([]) }
    }

    /// The same, its units being spread over so many heads.
    pub fn with_heads(mut self, heads: usize) -> NeuronAxis {
        self.heads = Some(heads);
        self
    }

    /// The same neurons, with one column for each of these names.
    pub fn with_copies(mut self, names: &[String]) -> NeuronAxis {
        self.copies = names.into();
        self
    }

    /// Number of neurons: layers × units.
    pub fn neurons(&self) -> usize {
        self.layers * self.units
    }

    /// Number of columns: neurons × regressors.
    pub fn total(&self) -> usize {
        self.neurons() * self.copies.len().max(1)
    }

    /// The address of the neuron in column `column`.
    pub fn neuron(&self, column: usize) -> Neuron {
        let column = column % self.neurons().max(1);
        let (layer, unit) = (column / self.units, column % self.units);
        match self.heads {
            Some(heads) => Neuron::in_head(layer, unit / (self.units / heads), unit % (self.units / heads)),
            None => Neuron::new(layer, unit),
        }
    }

    /// The column of a neuron, the first where it has several.
    ///
    /// # Errors
    /// If there is no such neuron here.
    pub fn column(&self, neuron: Neuron) -> Result<usize> {
        let width = self.units / self.heads.unwrap_or(1);
        let there = neuron.layer < self.layers
            && neuron.unit < width
            && neuron.head.is_some() == self.heads.is_some()
            && neuron.head.unwrap_or(0) < self.heads.unwrap_or(1);
        match there {
            true => Ok(neuron.layer * self.units + neuron.head.unwrap_or(0) * width + neuron.unit),
            false => {
                let (advice, last) = match self.heads {
                    Some(heads) => ("with heads", Neuron::in_head(self.layers.max(1) - 1, heads - 1, width - 1)),
                    None => ("without heads", Neuron::new(self.layers.max(1) - 1, width.max(1) - 1)),
                };
                Err(Error::value(
                    format!("there is no neuron {neuron} in {self}"),
                    format!("addresses here are {advice}, counted from 0; the last one is {last}"),
                ))
            }
        }
    }
}

/// "minilm-l6 at AttnQ: 6 layers of 12 heads × 32 units".
impl fmt::Display for NeuronAxis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {} layers of ", self.model, self.site, self.layers)?;
        match self.heads {
            Some(heads) => write!(f, "{heads} heads × {} units", self.units / heads)?,
            None => write!(f, "{} units", self.units)?,
        }
        match self.copies.len() {
            0 => Ok(()),
            _ => write!(f, ", each as {}", self.copies.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_again_by_its_printed_address() {
        let plain = NeuronAxis::new("m", Site::FfnOut, 3, 5);
        let heads = NeuronAxis::new("m", Site::AttnZ, 2, 12).with_heads(3);
        let delayed = plain.clone().with_copies(&["delay 1 TR".to_owned(), "delay 2 TR".to_owned()]);
        assert_eq!((plain.total(), heads.total(), delayed.total()), (15, 24, 30));
        for axis in [plain, heads, delayed] {
            for column in 0..axis.total() {
                let address = axis.neuron(column).to_string();
                assert_eq!(axis.column(address.parse().unwrap()).unwrap(), column % axis.neurons(), "{address}");
            }
        }
    }

    #[test]
    fn addresses_of_another_site_or_beyond_the_end_are_refused_with_the_last_one() {
        let heads = NeuronAxis::new("m", Site::AttnZ, 2, 12).with_heads(3);
        for address in ["L0.5", "L2.H0.0", "L0.H3.0", "L0.H0.4"] {
            let error = heads.column(address.parse().unwrap()).unwrap_err();
            assert!(error.problem().contains(address) && error.advice().contains("L1.H2.3"), "{error}");
        }
        assert!(NeuronAxis::new("m", Site::FfnOut, 2, 12).column(Neuron::in_head(0, 0, 1)).is_err());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "L3", "3.4", "L3.H5", "L3.H5.x", "L3.H5.1.2", "L-1.2", "L+1.2", "L1. 2", "l1.2"] {
            assert!(text.parse::<Neuron>().is_err(), "{text}");
        }
    }

    #[test]
    fn sites_are_read_by_their_names_and_by_the_papers() {
        for site in Site::all() {
            assert_eq!(site.to_string().parse::<Site>().unwrap(), site);
        }
        assert_eq!("attn.qk".parse::<Site>().unwrap(), Site::AttnQk);
        assert!("FfnOt".parse::<Site>().unwrap_err().advice().contains("FfnOut"));
    }
}
