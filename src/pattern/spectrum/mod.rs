//! How many components a series has: its spectrum, the spectrum's elbow, and parallel analysis.

mod null;

pub use null::Null;
pub(crate) use null::shifted;

use super::basis::{leading_values, leading_values_of_made};
use super::standard::Standardised;
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::linalg::ColumnBlocks;
use crate::notebook::{Progress, check_cancelled};
use ndarray::Array2;
use std::fmt;
use std::sync::Arc;

/// How the number of components is judged; what [`NeuronSeries::spectrum`] takes.
///
/// Parallel analysis (Horn 1965, *Psychometrika* 30:179): a component counts if it explains more of the series than the component of the
/// same rank does of surrogate series in which neurons have nothing to do with each other.
#[derive(Clone, Debug, PartialEq)]
pub struct ParallelAnalysis {
    /// Most components that are looked at.
    pub most: usize,
    /// Surrogate series.
    pub surrogates: usize,
    /// Quantile of the surrogates that a component must exceed.
    pub quantile: f64,
    /// How surrogates are made.
    pub null: Null,
    /// Seed of the surrogates.
    pub seed: u64,
}

impl Default for ParallelAnalysis {
    /// The first 100 components beside the 0.95 quantile of 20 series of circularly shifted neurons, seed 0.
    fn default() -> ParallelAnalysis {
        ParallelAnalysis { most: 100, surrogates: 20, quantile: 0.95, null: Null::default(), seed: 0 }
    }
}

impl ParallelAnalysis {
    /// Sets the most components that are looked at.
    pub fn most(self, most: usize) -> ParallelAnalysis {
        ParallelAnalysis { most, ..self }
    }

    /// Sets the number of surrogate series.
    pub fn surrogates(self, surrogates: usize) -> ParallelAnalysis {
        ParallelAnalysis { surrogates, ..self }
    }

    /// Sets the quantile of the surrogates that a component must exceed.
    pub fn quantile(self, quantile: f64) -> ParallelAnalysis {
        ParallelAnalysis { quantile, ..self }
    }

    /// Sets how surrogates are made.
    pub fn null(self, null: Null) -> ParallelAnalysis {
        ParallelAnalysis { null, ..self }
    }

    /// Sets the seed.
    pub fn seed(self, seed: u64) -> ParallelAnalysis {
        ParallelAnalysis { seed, ..self }
    }

    fn checked(&self) -> Result<&ParallelAnalysis> {
        if self.most == 0 || self.surrogates == 0 {
            return Err(Error::value(
                format!("parallel analysis of {} components with {} surrogates", self.most, self.surrogates),
                "give at least one of each, by default 100 and 20",
            ));
        }
        if !(self.quantile > 0.0 && self.quantile < 1.0) {
            return Err(Error::value(
                format!("parallel analysis at the {} quantile", self.quantile),
                "give a number between 0 and 1, 0.95 by default",
            ));
        }
        Ok(self)
    }
}

/// The spectrum of a series beside that of chance; clones are cheap.
#[derive(Clone, Debug)]
pub struct Spectrum {
    shares: Arc<[f64]>,
    chance: Arc<[f64]>,
    size: (usize, usize),
    analysis: ParallelAnalysis,
}

impl Spectrum {
    /// Share of the series' variance that each principal component explains, largest first: λᵢ / Σλ.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// What the component of the same rank explains of the surrogates: the quantile that was asked for.
    pub fn chance(&self) -> &[f64] {
        &self.chance
    }

    /// Share that the first `k` components explain together.
    pub fn explained(&self, k: usize) -> f64 {
        self.shares.iter().take(k).sum()
    }

    /// Number of leading components that each explain more than chance.
    pub fn above_chance(&self) -> usize {
        self.shares.iter().zip(self.chance.iter()).take_while(|(share, chance)| share > chance).count()
    }

    /// Number of components before the elbow: the point of the curve of shares that lies farthest below the straight line from its
    /// first point to its last, both axes scaled to 0–1 (the rule of Kneedle: Satopää et al. 2011). It depends on how many
    /// components were looked at.
    pub fn elbow(&self) -> usize {
        let last = self.shares.len() - 1;
        let (high, low) = (self.shares[0], self.shares[last]);
        if last < 2 || high <= low {
            return self.shares.len();
        }
        let below = |i: usize| 1.0 - i as f64 / last as f64 - (self.shares[i] - low) / (high - low);
        (0..=last).fold(0, |best, i| if below(i) > below(best) { i } else { best })
    }
}

impl fmt::Display for Spectrum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (above, elbow) = (self.above_chance(), self.elbow());
        write!(
            f,
            "Spectrum: {} of {} TR × {} neurons; {} above chance ({:.1} % of the variance; {} quantile of {} surrogates by {}, seed {}), \
             {} before the elbow ({:.1} %)",
            counted(self.shares.len(), "component"),
            self.size.0,
            self.size.1,
            if above == self.shares.len() { format!("all {above}") } else { above.to_string() },
            100.0 * self.explained(above),
            self.analysis.quantile,
            self.analysis.surrogates,
            self.analysis.null.name(),
            self.analysis.seed,
            elbow,
            100.0 * self.explained(elbow),
        )
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl NeuronSeries {
    /// The spectrum of this series (each neuron z-scored within each run) beside that of chance: how many components to ask for.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// use neurocell::pattern::ParallelAnalysis;
    /// use neurocell::model::NeuronAxis;
    /// use ndarray::Array2;
    /// // Forty simulated neurons: each follows one of two courses.
    /// let data = Array2::from_shape_fn((90, 40), |(t, n)| {
    ///     (t as f32 * [0.2, 0.9][n % 2]).sin() + 0.3 * ((t * t * 7 + n * n * 13 + t * n) as f32).sin()
    /// });
    /// let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, 40);
    /// let series = NeuronSeries::new(data, Clock::new(1.5, &[90])?, neurons)?;
    /// let spectrum = series.spectrum(ParallelAnalysis::default())?;
    /// assert_eq!((spectrum.above_chance(), spectrum.elbow()), (2, 2));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If an option is out of its range, every neuron is constant, there is one time point only, or it is stopped.
    pub fn spectrum(&self, analysis: ParallelAnalysis) -> Result<Spectrum> {
        analysis.checked()?;
        let standard = Standardised::new(self)?;
        let data = &standard.data;
        let (time, neurons) = (data.rows(), data.columns());
        let most = analysis.most.min(neurons).min(time - 1);
        let runs: Vec<_> = (0..self.clock().runs()).map(|run| self.clock().rows(run)).collect();
        let (own, chance) = beside_chance(data, most, &analysis, |number, first, block| {
            null::surrogate(block, &runs, analysis.null, [analysis.seed, number, first as u64])
        })?;
        Ok(Spectrum { shares: own.into(), chance: chance.into(), size: (time, neurons), analysis })
    }
}

/// Shares of the variance of `data` that its leading components explain, and the quantile of those of surrogates; `surrogate` makes a block
/// of the surrogate of a number, from the block that begins at a column.
pub(crate) fn beside_chance(
    data: &ColumnBlocks,
    most: usize,
    analysis: &ParallelAnalysis,
    surrogate: impl Fn(u64, usize, &Array2<f32>) -> Array2<f32> + Sync + Send,
) -> Result<(Vec<f64>, Vec<f64>)> {
    analysis.checked()?;
    let total: f64 = data.squared_norms().iter().sum();
    let shares = |values: Vec<f64>| values.into_iter().map(|v| v.max(0.0) / total).collect::<Vec<f64>>();
    let own = shares(leading_values(data, most)?);
    let mut progress = Progress::new("surrogate series", analysis.surrogates as u64);
    let mut surrogates = Vec::new();
    for number in 0..analysis.surrogates as u64 {
        check_cancelled("parallel analysis")?;
        let made = |first: usize, block: &Array2<f32>| surrogate(number, first, block);
        surrogates.push(shares(leading_values_of_made(data, most, made)?));
        progress.advance(1);
    }
    let chance = (0..most).map(|i| quantile(surrogates.iter().map(|s| s[i]).collect(), analysis.quantile)).collect();
    Ok((own, chance))
}

/// The quantile between the two nearest order statistics, by linear interpolation.
fn quantile(mut values: Vec<f64>, quantile: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = quantile * (values.len() - 1) as f64;
    let (below, above) = (values[at.floor() as usize], values[at.ceil() as usize]);
    below + (above - below) * at.fract()
}
