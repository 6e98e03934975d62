//! Sparse dictionary learning: options, and how a learnt dictionary becomes patterns.

mod encode;
mod learn;
mod start;
mod sums;

pub(crate) use learn::learn;

use super::assemble::{Found, Loadings, assemble};
use super::standard::Standardised;
use super::{Patterns, Report};
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use std::fmt;

/// Sparse dictionary learning: each neuron's course as a combination of few out of k atoms.
///
/// ```text
/// min over D, A of   1/n Σ ½‖s − D·a‖² + λ‖a‖₁        D: time × k, atoms of norm 1;  A: k × neuron, codes
/// ```
///
/// s is the z-scored course of one of n neurons, divided by √time: of norm 1, or less where the neuron does not vary in some run. So λ is
/// in units of correlation: an atom enters a neuron's code only where it correlates by more than λ with what the other atoms leave of the
/// neuron's course. With λ = 0.1 about a fifth of the codes of rich series are not zero; a larger λ explains less, with fewer
/// atoms for each neuron; from λ = 1 on every code would be zero. [`Patterns::loadings`] are the codes themselves, so that
/// courses · loadings is D·A in the units of z-scores; they are smaller than regression weights by what λ takes away.
///
/// Time points are the features, neurons the samples. A dictionary may be overcomplete: more atoms than time points are allowed, as
/// long as there are as many neurons of distinct courses.
///
/// An epoch encodes every neuron once, by a few sweeps of coordinate descent on the k × k Gram matrix from its codes of the epoch before
/// (Friedman et al. 2010, *J. Stat. Softw.* 33:1), and improves the atoms one after another from A·Aᵀ and S·Aᵀ (Mairal et al. 2010, *JMLR*
/// 11:19, algorithm 2). An atom that no neuron uses is replaced by the course of a neuron, drawn with odds of what is unexplained of it. After
/// the last epoch the codes are found to convergence for the atoms that came out; the objective reported last is theirs. First
/// atoms are distinct courses of neurons, spread as by k-means++; of more than 4,096 neurons a random sample of so many is learnt first, so that
/// epochs over all of them are few. The objective has local minima: another `seed` gives other atoms that fit
/// about as well.
///
/// linfa has no dictionary learning. Objective and options are those of scikit-learn's `DictionaryLearning` (`alpha` is λ, with
/// neurons of norm 1 as samples).
///
/// ```
/// use neurocell::prelude::*;
/// use neurocell::model::NeuronAxis;
/// use ndarray::Array2;
/// // Each simulated neuron follows one of three courses, with either sign.
/// let data = Array2::from_shape_fn((80, 30), |(t, n)| {
///     (t as f32 * [0.2, 0.55, 0.9][n % 3]).sin() * if n % 2 == 0 { 1.0 } else { -1.0 }
/// });
/// let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, 30);
/// let series = NeuronSeries::new(data, Clock::new(1.5, &[80])?, neurons)?;
/// let patterns = series.patterns(Dictionary::new(3).penalty(0.2))?;
/// let used = patterns.loadings().iter().filter(|code| **code != 0.0).count();
/// assert_eq!((patterns.count(), used), (3, 30)); // one atom for each neuron
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dictionary {
    /// Number of atoms.
    pub atoms: usize,
    /// λ, in units of correlation.
    pub penalty: f64,
    /// Seed of the first atoms, of replacements and of the order of mini-batches.
    pub seed: u64,
    /// Most epochs: times that every neuron is encoded.
    pub epochs: usize,
    /// Learning has converged when an epoch lowers the objective by no more than this share.
    pub tolerance: f64,
    /// Whether codes are held at 0 or above.
    pub positive: bool,
    /// After how many neurons the atoms are improved.
    pub batch: Batch,
}

/// What falls from epoch to epoch.
const OBJECTIVE: &str = "½‖s − D·a‖² + λ‖a‖₁, mean over neurons";

/// After how many neurons a [`Dictionary`] improves its atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// After all of them, once an epoch.
    Full,
    /// After so many, in random order, as in the online learning of Mairal et al. 2010; a neuron's earlier code is forgotten
    /// when it gets a new one. Fewer epochs, each of which takes longer.
    Mini(usize),
}

impl Default for Dictionary {
    /// 64 atoms.
    fn default() -> Dictionary {
        Dictionary::new(64)
    }
}

impl Dictionary {
    /// So many atoms, λ = 0.1, seed 0, full batches, codes of either sign, at most 100 epochs to a tolerance of 1e-3.
    pub fn new(atoms: usize) -> Dictionary {
        Dictionary { atoms, penalty: 0.1, seed: 0, epochs: 100, tolerance: 1e-3, positive: false, batch: Batch::Full }
    }

    /// Sets λ, in units of correlation: between 0 and 1.
    pub fn penalty(self, penalty: f64) -> Dictionary {
        Dictionary { penalty, ..self }
    }

    /// Sets the seed.
    pub fn seed(self, seed: u64) -> Dictionary {
        Dictionary { seed, ..self }
    }

    /// Sets the most epochs.
    pub fn epochs(self, epochs: usize) -> Dictionary {
        Dictionary { epochs, ..self }
    }

    /// Sets the share by which an epoch must lower the objective for another one to follow.
    pub fn tolerance(self, tolerance: f64) -> Dictionary {
        Dictionary { tolerance, ..self }
    }

    /// Holds codes at 0 or above, or not.
    pub fn positive(self, positive: bool) -> Dictionary {
        Dictionary { positive, ..self }
    }

    /// Sets after how many neurons the atoms are improved.
    pub fn batch(self, batch: Batch) -> Dictionary {
        Dictionary { batch, ..self }
    }

    /// The options if each is in its range.
    fn checked(&self) -> Result<&Dictionary> {
        if !(self.penalty > 0.0 && self.penalty.is_finite()) {
            return Err(Error::value(
                format!("a dictionary with a penalty of {}", self.penalty),
                "give a number between 0 and 1, 0.1 by default: it is in units of correlation",
            ));
        }
        if self.epochs == 0 {
            return Err(Error::value("a dictionary learnt in 0 epochs", "allow some, 100 by default"));
        }
        if !(self.tolerance >= 0.0 && self.tolerance < 1.0) {
            return Err(Error::value(
                format!("a dictionary with a tolerance of {}", self.tolerance),
                "give 0 or a small number above, 1e-3 by default",
            ));
        }
        if self.batch == Batch::Mini(0) {
            return Err(Error::value(
                "a dictionary with mini-batches of 0 neurons",
                "give some hundred neurons, for example `Batch::Mini(512)`, or take `Batch::Full`",
            ));
        }
        Ok(self)
    }

    /// Bytes that learning from so many neurons takes besides their z-scored courses.
    pub(super) fn memory(&self, time: usize, neurons: usize) -> u64 {
        let (k, time, neurons) = (self.atoms as u64, time as u64, neurons as u64);
        // Codes as they are learnt, in one matrix, and ordered; parts of the blocks that are held together; atoms and sums in f64; a sample.
        let codes = 3 * 4 * k * neurons;
        let parts = 4 * learn::TOGETHER as u64 * k * (time + k);
        let sums = 8 * (4 * k * time + 3 * k * k + 2 * neurons);
        let sample = 4 * learn::SAMPLE.min(neurons as usize) as u64 * (time + k);
        codes + parts + sums + sample
    }

    pub(super) fn patterns(&self, series: &NeuronSeries, standard: Standardised) -> Result<Patterns> {
        let learnt = learn(&standard.data, self, None)?;
        let epochs = learnt.objective.len();
        let end = match learnt.converged {
            true => format!("{epochs} epochs"),
            false => format!("did NOT converge in {epochs} epochs (tolerance {:.0e})", self.tolerance),
        };
        let positive = if self.positive { ", codes ≥ 0" } else { "" };
        let mut method = format!(
            "Dictionary, {} atoms, λ {}{positive}, {}, seed {}, {end}",
            self.atoms, self.penalty, self.batch, self.seed
        );
        if learnt.replaced > 0 {
            method += &format!(", {} unused atoms replaced", learnt.replaced);
        }
        if learnt.unused > 0 {
            method += &format!(", {} atoms used by no neuron", learnt.unused);
        }
        let report = Report {
            iterations: epochs,
            converged: learnt.converged,
            objective: learnt.objective.into(),
            objective_is: OBJECTIVE,
            penalty: Some(self.penalty),
            ..Report::default()
        };
        // Courses of norm √time take the codes as they are to z-scored neurons.
        let scale = (standard.time() as f64).sqrt();
        let courses = learnt.atoms.t().mapv(|d| (scale * d) as f32);
        assemble(series, &standard, Found { courses, loadings: Loadings::Codes(learnt.codes), method, report })
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Batch::Full => write!(f, "full batches"),
            Batch::Mini(size) => write!(f, "mini-batches of {size}"),
        }
    }
}
