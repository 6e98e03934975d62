//! Which neurons move with which networks, and where in the model they lie.

use super::drawn::Figure;
use super::heat_map::{HeatMap, heat_map};
use crate::coupling::{Coupling, layer_counts};
use crate::error::{Error, Result};
use crate::model::Neuron;
use crate::provenance::Provenance;
use crate::statistics::Sides;
use ndarray::Array2;

/// Options of [`coupling_matrix`].
#[derive(Clone, Debug, PartialEq)]
pub struct CouplingMatrix {
    /// The title. Default: model and site.
    pub title: Option<String>,
    /// Neurons that are drawn of each network at most, those of greatest r. Default 6.
    pub neurons: usize,
}

impl Default for CouplingMatrix {
    fn default() -> CouplingMatrix {
        CouplingMatrix { title: None, neurons: 6 }
    }
}

impl CouplingMatrix {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> CouplingMatrix {
        CouplingMatrix { title: Some(title.into()), ..self }
    }

    /// Neurons of each network at most.
    pub fn neurons(self, neurons: usize) -> CouplingMatrix {
        CouplingMatrix { neurons, ..self }
    }
}

/// r of the neurons that move most with each network (rows, network by network) with all networks (columns), with stars for q.
///
/// Of thousands of neurons those are drawn whose anchor a network is, the greatest r first; of a network without anchored neurons none. If no neuron
/// is anchored anywhere, the one of greatest r with each network is drawn, and it is said that none is above chance.
///
/// ```
/// use neurocell::prelude::*;
/// # let wave = |t: usize, n: usize| ((t * t * (n + 3)) as f32).sin();
/// # let clock = Clock::new(1.5, &[100, 100])?;
/// # let neurons = ndarray::Array2::from_shape_fn((200, 6), |(t, n)| wave(t, n));
/// # let networks = ndarray::Array2::from_shape_fn((200, 2), |(t, n)| wave(t, 2 * n + 1) + wave(t, n + 40));
/// # let neurons = NeuronSeries::new(neurons, clock.clone(), NeuronAxis::new("made", Site::FfnOut, 2, 3))?;
/// # let networks = NetworkSeries::new(networks, &["Visual".into(), "Default".into()], clock, "made courses")?;
/// let figure = coupling_matrix(&couple(&neurons, &networks)?, CouplingMatrix::default())?;
/// assert!(figure.svg()?.contains("L0.1"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If no neurons are to be drawn.
pub fn coupling_matrix(coupling: &Coupling, options: CouplingMatrix) -> Result<Figure> {
    if options.neurons == 0 {
        return Err(Error::value("0 neurons of each network", "ask for 6, say"));
    }
    let networks = coupling.networks();
    let mut shown: Vec<Neuron> = Vec::new();
    let mut most = 0;
    for network in networks {
        let anchored = coupling.anchors_of(network)?;
        most = most.max(anchored.len());
        shown.extend(anchored.iter().take(options.neurons).map(|link| link.neuron));
    }
    let level = coupling.options().level;
    let what = match most {
        0 => {
            for network in networks {
                let best = coupling.subgroup(network, 1)?;
                let fresh = best.into_iter().filter(|neuron| !shown.contains(neuron)).collect::<Vec<Neuron>>();
                shown.extend(fresh);
            }
            format!("no neuron is above chance (q < {level}); of each network the neuron of greatest r")
        }
        most if most > options.neurons => {
            format!("of each network up to {} anchored neurons, greatest r first", options.neurons)
        }
        _ => "the anchored neurons of each network, greatest r first".to_owned(),
    };
    let rows = shown.iter().map(|neuron| coupling.neurons().column(*neuron)).collect::<Result<Vec<usize>>>()?;
    let size = (rows.len(), networks.len());
    let r = Array2::from_shape_fn(size, |(row, column)| f64::from(coupling.r()[[rows[row], column]]));
    let q = Array2::from_shape_fn(size, |(row, column)| coupling.q()[[rows[row], column]]);
    let names: Vec<String> = shown.iter().map(Neuron::to_string).collect();
    let axis = coupling.neurons();
    let title =
        options.title.clone().unwrap_or_else(|| format!("Neurons of {} at {} × networks", axis.model, axis.site));
    let drawn = HeatMap::default()
        .title(title)
        .remark(format!("{what}; {}", coupling.about()))
        .unit("r")
        .axes("neuron", "network")
        .stars(q, [level, level / 5.0, level / 50.0]);
    let made = Provenance::step("coupling_matrix").option("neurons", options.neurons);
    let made = made.option("title", options.title.unwrap_or_default()).input("coupling", coupling);
    Ok(heat_map(&r, &names, networks, drawn)?.made(made))
}

/// How many neurons of each layer (rows) are anchored in each network (columns), with dots where there are more than a random draw of as many neurons
/// would have (q < 0.05 over the layers of a network).
///
/// # Errors
/// If no neuron is anchored: the nearest to it is named.
pub fn anchor_layers(coupling: &Coupling) -> Result<Figure> {
    let networks = coupling.networks();
    let axis = coupling.neurons();
    let size = (axis.layers, networks.len());
    let (mut counts, mut more) = (Array2::zeros(size), Array2::from_elem(size, false));
    let mut all = 0;
    for (column, network) in networks.iter().enumerate() {
        let members: Vec<Neuron> = coupling.anchors_of(network)?.iter().map(|link| link.neuron).collect();
        all += members.len();
        if members.is_empty() {
            continue;
        }
        let places = layer_counts(&members, axis)?;
        counts.column_mut(column).zip_mut_with(&places.counts().column(0), |to, count| *to = *count as f64);
        more.column_mut(column).zip_mut_with(&places.q().column(0), |to, q| *to = *q < 0.05);
    }
    if all == 0 {
        let nearest = coupling.strongest().map_or(String::new(), |link| format!("; the nearest to it is {link}"));
        return Err(Error::value(
            format!("no neuron is anchored in any network, so there are no layers to count{nearest}"),
            "longer data, more subjects, or fewer pairs make weaker links count",
        ));
    }
    let names: Vec<String> = (0..axis.layers).map(|layer| layer.to_string()).collect();
    let sides = if coupling.options().sides == Sides::Both { "greatest |r|" } else { "greatest r" };
    let drawn = HeatMap::default()
        .title(format!("Anchored neurons of {} at {} by layer", axis.model, axis.site))
        .remark(format!("{all} neurons, each at its network of {sides}; {}", coupling.about()))
        .unit("neurons")
        .axes("layer", "network")
        .one_sided()
        .marks(more, "more than by chance, q < 0.05 over a network's layers");
    let made = Provenance::step("anchor_layers").input("coupling", coupling);
    Ok(heat_map(&counts, &names, networks, drawn)?.made(made))
}
