//! The neurons that belong to each network.

use super::correlate::{pearson, with_columns};
use super::grid::networks_on;
use crate::activation::NeuronSeries;
use crate::brain::Networks;
use crate::encoding::EncodingFit;
use crate::error::{Error, Result};
use crate::model::Neuron;
use crate::pattern::Patterns;
use crate::provenance::Provenance;
use ndarray::Array2;
use std::fmt;
use std::sync::Arc;

/// How the neurons of a network are read from patterns and encoding model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reading {
    /// Sun et al. 2024: the one pattern whose map matches the network best, and neurons by |loading| on it.
    BestPattern,
    /// The network's course as the encoding model reads it from all patterns, D·w, and neurons by |r| with that course.
    #[default]
    Combined,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reading::BestPattern => "best pattern (|loading|)",
            Reading::Combined => "combined (|r| with the network's course)",
        })
    }
}

/// The neurons of each network, ranked; clones are cheap.
///
/// It answers by one [`Reading`] at a time: [`Reading::Combined`] unless [`SubGroups::with_reading`] says otherwise.
#[derive(Clone, Debug)]
pub struct SubGroups {
    names: Arc<[String]>,
    atlas: String,
    /// For each network the pattern of greatest |r|, and that r.
    best: Arc<[(usize, f64)]>,
    /// time × network, by the combined reading.
    courses: Arc<Array2<f32>>,
    /// network × neuron: r with the network's course.
    combined: Arc<Array2<f32>>,
    patterns: Patterns,
    series: NeuronSeries,
    reading: Reading,
    made: Provenance,
}

/// Ranks all neurons for each network, by both readings.
///
/// With D (time × pattern) the patterns' courses and s a neuron's course:
/// - [`Reading::Combined`] (default): score = Pearson r of s with D·w. The weights w (pattern) are those of a ridge regression of the network's *mean* course (voxels
///   weighted by the network's map): w = (G + ᾱ/(N·k)·I)⁻¹·c̄, with c̄ the mean of the voxels' responses ([`EncodingFit::responses`]), G the patterns' correlations, N the
///   volumes, ᾱ the voxels' geometric mean penalty and k their number. The mean of k voxels is k times as clear as one, and needs a penalty that much smaller; the mean
///   of the voxels' own weights would be shrunk as if each had to be read by itself.
/// - [`Reading::BestPattern`]: score = the neuron's loading on the pattern whose weight map has the greatest |spatial r| with
///   the network. Whether that match is above chance is for [`match_networks`](super::match_networks) to say.
///
/// Neurons are ranked by |score|. One pattern is only a part of a network's course; on planted truth the combined reading
/// finds most members of a sub-group where the best pattern alone finds few, so it is the default answer.
///
/// # Errors
/// If patterns, fit and series do not belong together (both are shown), the atlas is on another grid, or a network has no
/// voxel in the fit's mask.
pub fn subgroups(
    fit: &EncodingFit,
    networks: &Networks,
    patterns: &Patterns,
    series: &NeuronSeries,
) -> Result<SubGroups> {
    if fit.weights().nrows() != patterns.count() {
        return Err(Error::shape(
            format!("the fit has weights for {} patterns, {} were given", fit.weights().nrows(), patterns.count()),
            "take the patterns with which the fit was made",
        ));
    }
    patterns.clock().agree("the patterns", series.clock(), "the neuron series")?;
    if patterns.neurons() != series.neurons() {
        return Err(Error::shape(
            format!("the patterns are of {:?}, the series of {:?}", patterns.neurons(), series.neurons()),
            "take the series in which the patterns were found",
        ));
    }
    let maps = networks_on(networks, fit.mask())?;
    let read = fit.network_weights(maps.view())?;
    let mut courses = Array2::zeros((series.clock().total(), networks.count()));
    let mut combined = Array2::zeros((networks.count(), series.neurons().total()));
    let mut best = Vec::new();
    for (n, map) in maps.outer_iter().enumerate() {
        let total: f64 = map.iter().map(|m| f64::from(m.abs())).sum();
        if total == 0.0 {
            return Err(Error::value(
                format!("network {} of {} has no voxel in the fit's mask", networks.names()[n], networks.atlas()),
                "fit a mask that covers it, or take an atlas without it",
            ));
        }
        let weights = read.column(n);
        for (row, at) in patterns.courses().outer_iter().zip(courses.column_mut(n)) {
            *at = row.iter().zip(weights).map(|(&d, w)| f64::from(d) * w).sum::<f64>() as f32;
        }
        let scores = with_columns(courses.column(n), series.data());
        combined.row_mut(n).iter_mut().zip(scores).for_each(|(to, r)| *to = r as f32);
        if courses.column(n).iter().all(|v| *v == courses[[0, n]]) {
            return Err(Error::value(
                format!(
                    "no pattern has a weight in the voxels of network {} of {}",
                    networks.names()[n],
                    networks.atlas()
                ),
                "its voxels are constant in the data (outside the field of view?): take an atlas without it",
            ));
        }
        let spatial = fit.weights().outer_iter().map(|w| pearson(w, map)).enumerate();
        let greatest = spatial.fold((0, 0.0), |a: (usize, f64), b| if b.1.abs() > a.1.abs() { b } else { a });
        best.push(greatest);
    }
    let made = Provenance::step("sub-groups").input("fit", fit).input("networks", networks);
    let made = made.input("patterns", patterns).input("series", series);
    Ok(SubGroups {
        made,
        names: networks.names().into(),
        atlas: networks.atlas().to_owned(),
        best: best.into(),
        courses: Arc::new(courses),
        combined: Arc::new(combined),
        patterns: patterns.clone(),
        series: series.clone(),
        reading: Reading::default(),
    })
}

impl SubGroups {
    /// What they are made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.option("reading", self.reading)
    }

    /// The same by another reading.
    pub fn with_reading(&self, reading: Reading) -> SubGroups {
        SubGroups { reading, ..self.clone() }
    }

    /// The reading by which this answers.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// The networks' names.
    pub fn networks(&self) -> &[String] {
        &self.names
    }

    /// The atlas' name.
    pub fn atlas(&self) -> &str {
        &self.atlas
    }

    /// The neurons that were ranked.
    pub fn series(&self) -> &NeuronSeries {
        &self.series
    }

    /// The patterns from which the networks were read.
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// The pattern whose map has the greatest |spatial r| with a network, and that r.
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn best_pattern(&self, network: &str) -> Result<(usize, f64)> {
        Ok(self.best[self.row(network)?])
    }

    /// The `n` neurons of greatest |score| for a network, greatest first; equals in the order of layer and unit. A neuron whose
    /// score is 0 does not belong to the network: there may be fewer than `n`.
    ///
    /// # Errors
    /// If there is no network of that name, or `n` is 0 or more than there are neurons.
    pub fn subgroup(&self, network: &str, n: usize) -> Result<Vec<Neuron>> {
        let total = self.series.neurons().total();
        if n == 0 || n > total {
            return Err(Error::value(
                format!("a sub-group of {n} neurons of {total}"),
                "ask for at least one, and not for more than there are",
            ));
        }
        let scores = self.scores(network)?;
        let mut order: Vec<usize> = (0..total).filter(|&column| scores[column] != 0.0).collect();
        order.sort_by(|&a, &b| scores[b].abs().total_cmp(&scores[a].abs()));
        Ok(order.iter().take(n).map(|&column| self.series.neurons().neuron(column)).collect())
    }

    /// Each neuron's score for a network, in the order of the series' columns: r by the combined reading, the loading by
    /// the best pattern's.
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn scores(&self, network: &str) -> Result<Vec<f32>> {
        let n = self.row(network)?;
        Ok(match self.reading {
            Reading::Combined => self.combined.row(n).to_vec(),
            Reading::BestPattern => self.patterns.loadings().row(self.best[n].0).to_vec(),
        })
    }

    /// The network's course on the scan's clock, z-scored: D·w, or the best pattern's.
    ///
    /// # Errors
    /// If there is no network of that name.
    pub fn course(&self, network: &str) -> Result<Vec<f32>> {
        let n = self.row(network)?;
        Ok(match self.reading {
            Reading::Combined => zscored(self.courses.column(n).to_vec()),
            Reading::BestPattern => self.patterns.courses().column(self.best[n].0).to_vec(),
        })
    }

    /// How many of a network's first `n` neurons lie in each layer.
    ///
    /// # Errors
    /// As [`SubGroups::subgroup`].
    pub fn layers(&self, network: &str, n: usize) -> Result<Vec<usize>> {
        let mut counts = vec![0; self.series.neurons().layers];
        for neuron in self.subgroup(network, n)? {
            counts[neuron.layer] += 1;
        }
        Ok(counts)
    }

    fn row(&self, network: &str) -> Result<usize> {
        let found = self.names.iter().position(|n| n == network);
        found.ok_or_else(|| Error::unknown(&format!("network of {}", self.atlas), network, &self.names))
    }
}

/// Mean 0 and standard deviation 1; a course without variance stays 0.
fn zscored(mut course: Vec<f32>) -> Vec<f32> {
    let n = course.len() as f64;
    let mean = course.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    let sd = (course.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n).sqrt();
    let scale = if sd > 0.0 { 1.0 / sd } else { 0.0 };
    course.iter_mut().for_each(|v| *v = ((f64::from(*v) - mean) * scale) as f32);
    course
}

impl fmt::Display for SubGroups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let neurons = self.series.neurons();
        let shown = 30.min(neurons.total());
        writeln!(
            f,
            "neurons of {} {} ranked for each network of {}: {}",
            neurons.model, neurons.site, self.atlas, self.reading
        )?;
        let width = self.names.iter().map(|n| n.chars().count()).max().unwrap_or(0).max("network".len());
        writeln!(
            f,
            "{:width$}  {:>9}  {:<32}  of the first {shown}, in each layer",
            "network", "top score", "first neurons"
        )?;
        for name in self.names.iter() {
            // The names and the number are this value's own, so none of these fails.
            let (Ok(first), Ok(scores), Ok(layers)) =
                (self.subgroup(name, shown), self.scores(name), self.layers(name, shown))
            else {
                continue;
            };
            let top = first.first().and_then(|n| neurons.column(*n).ok()).map_or(0.0, |column| scores[column]);
            let some: Vec<String> = first.iter().take(4).map(ToString::to_string).collect();
            let layers: Vec<String> = layers.iter().map(ToString::to_string).collect();
            writeln!(f, "{name:width$}  {top:>9.3}  {:<32}  {}", some.join(" "), layers.join(" "))?;
        }
        Ok(())
    }
}
