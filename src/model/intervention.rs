//! Changing units in the forward pass: what does the model do without them?

use super::{Model, Neuron, NeuronAxis, Site};
use crate::error::{Error, Result};
use crate::stimulus::Stimulus;
use std::fmt;

/// A change of some units' values at one site, at every token (those that frame the text included), before anything later reads them.
///
/// It is what a hook does that a researcher would register on the module in Python. [`Model::with`] gives a model that computes
/// with it: its activations, logits and losses are then those of the changed model.
///
/// ```
/// use neurocell::prelude::*;
/// let bert = Model::load("minilm-l6")?;
/// let story = Stimulus::from_text("a line", "The harbour lay still.", Speaking::default())?;
/// let lesioned = bert.with(&[Intervention::zero(Site::FfnOut, &["L2.17".parse()?, "L2.40".parse()?])])?;
/// let (before, after) = (bert.activations(&story, Site::Residual)?, lesioned.activations(&story, Site::Residual)?);
/// assert_eq!(before.values().row(0).slice(ndarray::s![..2 * 384]), after.values().row(0).slice(ndarray::s![..2 * 384]));
/// assert_ne!(before.values(), after.values());
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Intervention {
    /// Where the units are.
    pub site: Site,
    /// Which units.
    pub neurons: Vec<Neuron>,
    /// What is done to them.
    pub operation: Operation,
}

/// What an [`Intervention`] does to each of its units.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// The value becomes 0.
    Zero,
    /// The value is multiplied by a factor.
    Scale(f32),
    /// The value becomes a number, the same for all units.
    Replace(f32),
    /// Each unit's value becomes a number of its own, such as its mean over a text.
    Values(Vec<f32>),
}

impl Intervention {
    /// Sets units to 0.
    pub fn zero(site: Site, neurons: &[Neuron]) -> Intervention {
        Intervention { site, neurons: neurons.to_vec(), operation: Operation::Zero }
    }

    /// Multiplies units by a factor.
    pub fn scale(site: Site, neurons: &[Neuron], factor: f32) -> Intervention {
        Intervention { site, neurons: neurons.to_vec(), operation: Operation::Scale(factor) }
    }

    /// Sets units to a number.
    pub fn replace(site: Site, neurons: &[Neuron], value: f32) -> Intervention {
        Intervention { site, neurons: neurons.to_vec(), operation: Operation::Replace(value) }
    }

    /// Sets each unit to its mean over the tokens of a text, as the model computes it (mean ablation): what the unit says of a text in general
    /// stays, what it says of each word is gone.
    ///
    /// # Errors
    /// If the model has no such units, or cannot read the text.
    pub fn mean(model: &Model, stimulus: &Stimulus, site: Site, neurons: &[Neuron]) -> Result<Intervention> {
        let axis = model.neurons(site);
        let columns = neurons.iter().map(|neuron| axis.column(*neuron)).collect::<Result<Vec<usize>>>()?;
        let mut sums = vec![0.0_f64; columns.len()];
        let mut tokens = 0_usize;
        model.each_token(stimulus, site, |values| {
            tokens += 1;
            sums.iter_mut().zip(&columns).for_each(|(sum, column)| *sum += f64::from(values[*column]));
        })?;
        if tokens == 0 {
            return Err(Error::value(
                format!("the tokenizer leaves no token of `{}`", stimulus.name()),
                "take the means over another text",
            ));
        }
        let means = sums.into_iter().map(|sum| (sum / tokens as f64) as f32).collect();
        Ok(Intervention { site, neurons: neurons.to_vec(), operation: Operation::Values(means) })
    }

    /// The changes of each layer, checked against the units that there are.
    pub(super) fn changes(&self, axis: &NeuronAxis) -> Result<Vec<Change>> {
        let finite = |value: f32| match value.is_finite() {
            true => Ok(value),
            false => Err(Error::value(format!("an intervention with the value {value}"), "give finite numbers")),
        };
        if let Operation::Values(values) = &self.operation
            && values.len() != self.neurons.len()
        {
            return Err(Error::shape(
                format!("an intervention has {} units and {} values", self.neurons.len(), values.len()),
                "give one value for each unit",
            ));
        }
        if self.site == Site::AttnQk && !matches!(self.operation, Operation::Zero | Operation::Scale(_)) {
            return Err(Error::value(
                format!("{self}: a product of a query and many keys cannot be set to a number"),
                "zero or scale it, or intervene at AttnQ or AttnK",
            ));
        }
        let mut changes: Vec<Change> = Vec::new();
        for (n, neuron) in self.neurons.iter().enumerate() {
            let column = axis.column(*neuron)?;
            let effect = match &self.operation {
                Operation::Zero => Effect::Set(0.0),
                Operation::Scale(factor) => Effect::Scale(finite(*factor)?),
                Operation::Replace(value) => Effect::Set(finite(*value)?),
                Operation::Values(values) => Effect::Set(finite(values[n])?),
            };
            let unit = (column % axis.units, effect);
            match changes.iter_mut().find(|change| change.layer == neuron.layer) {
                Some(change) => change.units.push(unit),
                None => changes.push(Change { site: self.site, layer: neuron.layer, units: vec![unit] }),
            }
        }
        Ok(changes)
    }
}

/// What is done to the columns of one site's tensor in one layer.
pub(super) struct Change {
    pub(super) site: Site,
    pub(super) layer: usize,
    pub(super) units: Vec<(usize, Effect)>,
}

#[derive(Clone, Copy)]
pub(super) enum Effect {
    Set(f32),
    Scale(f32),
}

impl Effect {
    pub(super) fn of(self, value: f32) -> f32 {
        match self {
            Effect::Set(new) => new,
            Effect::Scale(factor) => value * factor,
        }
    }
}

impl fmt::Display for Intervention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.operation {
            Operation::Zero => write!(f, "zero ")?,
            Operation::Scale(factor) => write!(f, "scale by {factor} ")?,
            Operation::Replace(value) => write!(f, "set to {value} ")?,
            Operation::Values(_) => write!(f, "set to values of their own ")?,
        }
        let shown: Vec<String> = self.neurons.iter().take(4).map(Neuron::to_string).collect();
        let more = if self.neurons.len() > shown.len() { ", …" } else { "" };
        write!(f, "{} unit(s) at {}: {}{more}", self.neurons.len(), self.site, shown.join(", "))
    }
}
