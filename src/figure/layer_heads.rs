//! Layer × head maps: where in the attention the neurons of interest lie.

use super::axis::{brief, number};
use super::drawn::Figure;
use super::heat_map::{HeatMap, heat_map};
use crate::coupling::{OfHead, head_counts, head_values};
use crate::error::Result;
use crate::model::{Neuron, NeuronAxis};
use crate::provenance::Provenance;
use ndarray::Array2;

/// Options of [`layer_heads`] and [`layer_head_counts`].
#[derive(Clone, Debug, Default)]
pub struct LayerHeads {
    /// The title. Default: the model and the site.
    pub title: Option<String>,
    /// The values' unit. Default: "value"; counts are in neurons.
    pub unit: String,
    /// What stands for the values of a head's units. Default: their mean.
    pub of: OfHead,
}

impl LayerHeads {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> LayerHeads {
        LayerHeads { title: Some(title.into()), ..self }
    }

    /// The values' unit.
    pub fn unit(self, unit: impl Into<String>) -> LayerHeads {
        LayerHeads { unit: unit.into(), ..self }
    }

    /// What stands for the values of a head's units.
    pub fn of(self, of: OfHead) -> LayerHeads {
        LayerHeads { of, ..self }
    }

    fn title_or(&self, otherwise: String) -> String {
        self.title.clone().unwrap_or(otherwise)
    }
}

/// A value for each layer and head, from a value for each neuron: r with a network, loadings on a pattern.
///
/// `values`: one for each column of `neurons`; what stands for a head is the mean over its units unless options say otherwise.
///
/// ```
/// use neurocell::prelude::*;
/// let axis = NeuronAxis::new("made", Site::AttnZ, 4, 24).with_heads(6);
/// let r: Vec<f32> = (0..96).map(|n| (n as f32 * 0.7).sin() * 0.3).collect();
/// let figure = layer_heads(&r, &axis, LayerHeads::default().title("Default network").unit("r").of(OfHead::MeanSize))?;
/// assert!(figure.svg()?.contains("head"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If the site has no heads (the error names it), there is not one value for each column, or a value is NaN or infinite.
pub fn layer_heads(values: &[f32], neurons: &NeuronAxis, options: LayerHeads) -> Result<Figure> {
    let found = head_values(values, neurons, options.of)?;
    let title = options.title_or(format!("{} at {}: {} of each head's units", neurons.model, neurons.site, options.of));
    let unit = if options.unit.is_empty() { "value" } else { &options.unit };
    let remark = format!("{} over the units of a head; {neurons}", options.of);
    let drawn = HeatMap::default().title(title).remark(remark).unit(unit);
    let drawn = if found.iter().all(|v| *v >= 0.0) { drawn.one_sided() } else { drawn };
    let made = Provenance::step("layer_heads").option("of", options.of).option("neurons", neurons);
    Ok(map(&found, drawn)?.made(made.option("unit", unit).input("values", &found)))
}

/// How many of `members` lie in each layer and head, beside chance: dots where there are more than a random draw of as many neurons would have
/// (hypergeometric, q < 0.05 over all heads).
///
/// ```
/// use neurocell::prelude::*;
/// let axis = NeuronAxis::new("made", Site::AttnQk, 4, 24).with_heads(6);
/// let members: Vec<Neuron> = (0..8).map(|n| Neuron::in_head(n / 4, 2, n % 4)).collect();
/// let figure = layer_head_counts(&members, &axis, LayerHeads::default().title("Anchors of the Default network"))?;
/// assert!(figure.svg()?.contains("expected"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If the site has no heads, there is no member, one is not of this axis, or one is given twice.
pub fn layer_head_counts(members: &[Neuron], neurons: &NeuronAxis, options: LayerHeads) -> Result<Figure> {
    let places = head_counts(members, neurons)?;
    let counts = places.counts().mapv(|count| count as f64);
    let [low, high] = places.range();
    let share = 100.0 / counts.len() as f64;
    let title = options.title_or(format!("{} neurons of {} by layer and head", places.members(), neurons.model));
    let remark = format!(
        "{} at {}; by chance {} in a head ({} %), {low} to {high} in 95 % of random draws",
        neurons.model,
        neurons.site,
        number(places.expected(), 2),
        brief(share)
    );
    let more = places.q().mapv(|q| q < 0.05);
    let meaning = format!("more than expected by chance, q < 0.05 over {} heads", counts.len());
    let drawn = HeatMap::default().title(title).remark(remark).unit("neurons").one_sided().marks(more, meaning);
    let made = Provenance::step("layer_head_counts").option("neurons", neurons);
    Ok(map(&counts, drawn)?.made(made.input("counts", &counts)))
}

fn map(values: &Array2<f64>, options: HeatMap) -> Result<Figure> {
    let names = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<String>>();
    heat_map(values, &names(values.nrows()), &names(values.ncols()), options.axes("layer", "head"))
}
