//! Where in the model neurons lie: how many of each layer or head, beside chance.

use crate::error::{Error, Result};
use crate::model::{Neuron, NeuronAxis};
use crate::statistics::{RandomDraw, benjamini_hochberg};
use ndarray::Array2;
use std::fmt;

/// How many of some neurons lie in each layer, or in each head, beside what a random draw of as many neurons would give.
///
/// Chance is the hypergeometric distribution: as many of all neurons of the site, drawn at random, none twice.
#[derive(Clone, Debug)]
pub struct Places {
    counts: Array2<usize>,
    members: usize,
    expected: f64,
    range: [usize; 2],
    p: Array2<f64>,
    q: Array2<f64>,
    what: &'static str,
}

impl Places {
    /// Layer × head, or layer × 1: how many of the neurons lie there.
    pub fn counts(&self) -> &Array2<usize> {
        &self.counts
    }

    /// Number of neurons that were counted.
    pub fn members(&self) -> usize {
        self.members
    }

    /// How many a random draw has in each place on average.
    pub fn expected(&self) -> f64 {
        self.expected
    }

    /// The 2.5 % and the 97.5 % quantile of a random draw's number in one place. Of many places a few lie outside by chance.
    pub fn range(&self) -> [usize; 2] {
        self.range
    }

    /// Probability that a random draw has as many or more in this place, as `counts`.
    pub fn p(&self) -> &Array2<f64> {
        &self.p
    }

    /// Benjamini–Hochberg q of [`Places::p`] over all places.
    pub fn q(&self) -> &Array2<f64> {
        &self.q
    }

    fn new(counts: Array2<usize>, members: usize, neurons: &NeuronAxis, what: &'static str) -> Result<Places> {
        let draw = RandomDraw::new(neurons.neurons(), neurons.neurons() / counts.len(), members);
        let p = counts.mapv(|count| draw.at_least(count));
        let all: Vec<f64> = p.iter().copied().collect();
        let corrected = benjamini_hochberg(&all)?;
        let q = Array2::from_shape_fn(p.dim(), |(layer, head)| corrected[layer * p.ncols() + head]);
        let range = [0.025, 0.975].map(|share| draw.quantile(share));
        Ok(Places { counts, members, expected: draw.mean(), range, p, q, what })
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.range;
        write!(
            f,
            "{} neurons over {} {}s: {:.2} expected in each ({low} to {high} in 95 % of random draws), {} with more at q < 0.05",
            self.members,
            self.counts.len(),
            self.what,
            self.expected,
            self.q.iter().filter(|q| **q < 0.05).count()
        )
    }
}

/// How many of `members` lie in each layer, beside chance: [`Places::counts`] is layer × 1.
///
/// ```
/// use neurocell::coupling::layer_counts;
/// use neurocell::prelude::*;
/// let axis = NeuronAxis::new("made", Site::FfnOut, 4, 100);
/// let members: Vec<Neuron> = (0..12).map(|unit| Neuron::new(2, unit)).collect();
/// let places = layer_counts(&members, &axis)?;
/// assert_eq!((places.counts()[[2, 0]], places.expected()), (12, 3.0));
/// assert!(places.q()[[2, 0]] < 0.001);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no member, one is not of this axis, or one is given twice.
pub fn layer_counts(members: &[Neuron], neurons: &NeuronAxis) -> Result<Places> {
    check(members, neurons)?;
    let mut counts = Array2::zeros((neurons.layers, 1));
    members.iter().for_each(|neuron| counts[[neuron.layer, 0]] += 1);
    Places::new(counts, members.len(), neurons, "layer")
}

/// How many of `members` lie in each attention head, beside chance: [`Places::counts`] is layer × head.
///
/// # Errors
/// As [`layer_counts`], and if the site has no heads.
pub fn head_counts(members: &[Neuron], neurons: &NeuronAxis) -> Result<Places> {
    let heads = heads(neurons)?;
    check(members, neurons)?;
    let mut counts = Array2::zeros((neurons.layers, heads));
    members.iter().for_each(|neuron| counts[[neuron.layer, neuron.head.unwrap_or(0)]] += 1);
    Places::new(counts, members.len(), neurons, "head")
}

/// What stands for the values of a head's units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OfHead {
    /// Their mean.
    #[default]
    Mean,
    /// The mean of their absolute values: of loadings and correlations, whose sign is arbitrary.
    MeanSize,
    /// The one of greatest absolute value, with its sign.
    Largest,
}

impl fmt::Display for OfHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OfHead::Mean => "mean",
            OfHead::MeanSize => "mean |value|",
            OfHead::Largest => "value of greatest size",
        })
    }
}

/// One number for each attention head (layer × head) from a value for each column of `neurons`.
///
/// ```
/// use neurocell::coupling::{OfHead, head_values};
/// use neurocell::prelude::*;
/// let axis = NeuronAxis::new("made", Site::AttnZ, 2, 6).with_heads(3);
/// let values: Vec<f32> = (0..12).map(|n| n as f32).collect();
/// assert_eq!(head_values(&values, &axis, OfHead::Mean)?[[1, 2]], 10.5);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If the site has no heads, there is not one value for each column, or a value is NaN or infinite.
pub fn head_values(values: &[f32], neurons: &NeuronAxis, of: OfHead) -> Result<Array2<f64>> {
    let heads = heads(neurons)?;
    if values.len() != neurons.total() || values.is_empty() {
        return Err(Error::shape(
            format!("{} values for {} columns of {neurons}", values.len(), neurons.total()),
            "give one value for each column of the series, as `groups.scores(network)?` does",
        ));
    }
    if let Some(bad) = values.iter().position(|v| !v.is_finite()) {
        return Err(Error::value(
            format!("neuron {} has the value {}", neurons.neuron(bad), values[bad]),
            "set it to 0, or look at the step that made it",
        ));
    }
    let mut found = Array2::<f64>::zeros((neurons.layers, heads));
    let each = (values.len() / found.len()) as f64;
    for (column, value) in values.iter().enumerate() {
        let neuron = neurons.neuron(column);
        let (at, value) = (&mut found[[neuron.layer, neuron.head.unwrap_or(0)]], f64::from(*value));
        match of {
            OfHead::Mean => *at += value / each,
            OfHead::MeanSize => *at += value.abs() / each,
            OfHead::Largest if value.abs() > at.abs() => *at = value,
            OfHead::Largest => {}
        }
    }
    Ok(found)
}

fn heads(neurons: &NeuronAxis) -> Result<usize> {
    neurons.heads.ok_or_else(|| {
        Error::value(
            format!("the units of {} belong to no heads ({neurons})", neurons.site),
            "ask for layers (`layer_histogram`), or read a site of the attention: AttnQ, AttnK, AttnV, AttnQk or AttnZ",
        )
    })
}

fn check(members: &[Neuron], neurons: &NeuronAxis) -> Result<()> {
    if members.is_empty() {
        return Err(Error::value("there are 0 neurons to count", "give the members of a sub-group"));
    }
    let mut columns = members.iter().map(|neuron| neurons.column(*neuron)).collect::<Result<Vec<usize>>>()?;
    columns.sort_unstable();
    match columns.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(Error::value(
            format!("neuron {} is given twice", neurons.neuron(pair[0])),
            "give each member once: `members.sort(); members.dedup();`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Site;

    #[test]
    fn every_member_is_counted_in_its_layer_and_head() {
        let axis = NeuronAxis::new("made", Site::AttnZ, 3, 8).with_heads(2);
        let members = [Neuron::in_head(0, 1, 3), Neuron::in_head(2, 0, 0), Neuron::in_head(2, 0, 1)];
        let (layers, heads) = (layer_counts(&members, &axis).unwrap(), head_counts(&members, &axis).unwrap());
        assert_eq!(layers.counts(), &ndarray::array![[1], [0], [2]]);
        assert_eq!(heads.counts(), &ndarray::array![[0, 1], [0, 0], [2, 0]]);
        assert_eq!((layers.expected(), heads.expected()), (1.0, 0.5));
        // Both of a head's members among 3 of 24, 4 to a head: (C(4,2)·C(20,1) + C(4,3)) / C(24,3).
        assert!((heads.p()[[2, 0]] - 124.0 / 2024.0).abs() < 1e-12);
    }

    #[test]
    fn heads_are_summed_up_by_mean_size_and_largest() {
        let axis = NeuronAxis::new("made", Site::AttnQ, 1, 6).with_heads(2);
        let values = [1.0, -4.0, 0.0, 2.0, 2.0, 2.0];
        let of = |of| head_values(&values, &axis, of).unwrap();
        assert_eq!(of(OfHead::Mean), ndarray::array![[-1.0, 2.0]]);
        assert!((of(OfHead::MeanSize) - ndarray::array![[5.0 / 3.0, 2.0]]).iter().all(|d| d.abs() < 1e-12));
        assert_eq!(of(OfHead::Largest), ndarray::array![[-4.0, 2.0]]);
    }

    #[test]
    fn a_site_without_heads_and_a_member_given_twice_are_named() {
        let plain = NeuronAxis::new("made", Site::FfnOut, 3, 8);
        let error = head_counts(&[Neuron::new(0, 1)], &plain).unwrap_err();
        assert!(error.problem().contains("FfnOut") && error.advice().contains("AttnZ"), "{error}");
        let error = layer_counts(&[Neuron::new(1, 2), Neuron::new(1, 2)], &plain).unwrap_err();
        assert!(error.problem().contains("L1.2 is given twice"), "{error}");
        assert!(layer_counts(&[], &plain).is_err() && layer_counts(&[Neuron::new(3, 0)], &plain).is_err());
        assert!(head_values(&[0.0; 23], &plain.with_heads(2), OfHead::Mean).is_err());
    }
}
