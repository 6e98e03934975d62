//! Volumetric sparse deep belief network: three stacked restricted Boltzmann machines whose samples are volumes.

mod rbm;
#[cfg(test)]
mod tests;
mod train;

use super::assemble::{Courses, Found, assemble, of_unit_size};
use super::reduce::{Keep, reduce};
use super::subjects::Subjects;
use super::{Extraction, check_networks};
use crate::brain::VoxelSeries;
use crate::error::{Error, Result};
use crate::linalg::product;
use crate::notebook::state_memory;
use crate::pattern::Report;
use ndarray::{Array1, Array2, Axis};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use train::{Schedule, Trained, train};

/// Layers of the network.
const LAYERS: usize = 3;

/// Volumetric sparse deep belief network (VS-DBN; Dong et al. 2020, *IEEE Trans. Biomed. Eng.* 67:1739): networks as the features that a deep belief network learns of
/// volumes.
///
/// Each layer is a restricted Boltzmann machine with real visible units v (of variance 1 given the hidden ones) and binary hidden units h. Time points of all
/// subjects are the samples; the visible units of the first layer are voxels, z-scored within each run. With weights W (hidden × visible) and
/// biases a, b:
///
/// ```text
/// energy         E(v, h) = ½‖v − a‖² − bᵀh − hᵀ·W·v
/// conditionals   p(h_j = 1 | v) = σ(b_j + W_j·v),   v | h ~ N(a + Wᵀh, 1),   σ(x) = 1/(1 + e⁻ˣ)
/// free energy    F(v) = ½‖v − a‖² − Σ_j log(1 + exp(b_j + W_j·v)),   p(v) ∝ e^(−F(v))
/// gradient       ∂⟨log p⟩/∂W = ⟨p(h|v)·vᵀ⟩_data − ⟨h·vᵀ⟩_model,   of a: ⟨v⟩_data − ⟨v⟩_model,   of b: ⟨p(h|v)⟩_data − ⟨h⟩_model
/// ```
///
/// The expectations under the model are estimated by contrastive divergence with one step (CD-1; Hinton 2002, *Neural Comput.* 14:1771): from each volume h is
/// drawn, the volume is reconstructed by its mean v′ = a + Wᵀh, and p(h|v′)·v′ᵀ stands for the model's. What is maximised is
/// ⟨log p(v)⟩ − λ‖W‖₁: after each step weights shrink towards 0, so that maps are exactly 0 where they are small,
///
/// ```text
/// Δ ← μ·Δ + ε·gradient,   W ← soft(W + Δ, ε·λ/(1 − μ)),   soft(w, s) = sign(w)·max(|w| − s, 0)
/// ```
///
/// (a lasting gradient moves W by ε/(1 − μ) of itself, hence the factor). λ is in the unit of a covariance between a z-scored visible unit and a probability.
///
/// | schedule | first layer | layers above |
/// |---|---|---|
/// | learning rate ε | 0.001 | 0.01 |
/// | sparsity λ, growing from 0 over the first half of the epochs | 0.05 | 0.01 |
/// | momentum μ | 0.5 in the first five epochs, then 0.9 | the same |
/// | epochs, volumes of a batch | 100, 20 in random order | the same |
/// | first weights | N(0, 0.3²/visible units) | the same |
///
/// The input of a layer is p(h|v) of the layer below, z-scored over all time points (divided by s_j), so that unit variance is right there too. Hidden units of the top layer are the
/// networks; the map of one is its weights combined linearly down the layers,
///
/// ```text
/// M = W₃ · diag(1/s₂) · W₂ · diag(1/s₁) · W₁          network × voxel
/// ```
///
/// divided by its root mean square over voxels; its course in a subject is the projection of each volume on it, X·m, z-scored. Two hidden units may learn much the same
/// map; a hidden unit whose map is 0 throughout is left out, which the method's line says. The paper's own figures for what stands in the table are not used; all can be set.
///
/// Reconstruction errors, ⟨(v − v′)²⟩ per visible unit, stand in the report, one per epoch, layer after layer, and while it learns in the line of progress. It counts as
/// converged if in each layer the mean error of the last tenth of the epochs is within 2 % of that of the tenth before.
///
/// All data are held, z-scored: 4 bytes × time points × voxels. Products run on the processor's cores, block of voxels by block; there is no path for a graphics card.
///
/// ```
/// use neurocell::extract::VsDbn;
/// let smaller = VsDbn::new(30).hidden(&[60, 30]).epochs(200).sparsity(&[0.03, 0.01, 0.01]);
/// # assert_eq!(smaller.hidden, [60, 30]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct VsDbn {
    /// Hidden units of the top layer: networks.
    pub networks: usize,
    /// Hidden units of the two layers below it.
    pub hidden: Vec<usize>,
    /// λ of each of the three layers.
    pub sparsity: Vec<f64>,
    /// ε of each of the three layers.
    pub rates: Vec<f64>,
    /// Epochs: times that each layer sees every volume.
    pub epochs: usize,
    /// Volumes of a batch.
    pub batch: usize,
    /// Seed of first weights, of the order of volumes and of hidden units that are drawn.
    pub seed: u64,
}

impl VsDbn {
    /// Three layers of so many hidden units, with the schedule of the table, seed 0.
    pub fn new(networks: usize) -> VsDbn {
        VsDbn {
            networks,
            hidden: vec![networks; LAYERS - 1],
            sparsity: vec![0.05, 0.01, 0.01],
            rates: vec![0.001, 0.01, 0.01],
            epochs: 100,
            batch: 20,
            seed: 0,
        }
    }

    /// Sets the hidden units of the first and the second layer.
    pub fn hidden(self, units: &[usize]) -> VsDbn {
        VsDbn { hidden: units.to_vec(), ..self }
    }

    /// Sets λ of the three layers.
    pub fn sparsity(self, penalties: &[f64]) -> VsDbn {
        VsDbn { sparsity: penalties.to_vec(), ..self }
    }

    /// Sets the learning rates of the three layers.
    pub fn rates(self, rates: &[f64]) -> VsDbn {
        VsDbn { rates: rates.to_vec(), ..self }
    }

    /// Sets the number of epochs.
    pub fn epochs(self, epochs: usize) -> VsDbn {
        VsDbn { epochs, ..self }
    }

    /// Sets the volumes of a batch.
    pub fn batch(self, volumes: usize) -> VsDbn {
        VsDbn { batch: volumes, ..self }
    }

    /// Sets the seed.
    pub fn seed(self, seed: u64) -> VsDbn {
        VsDbn { seed, ..self }
    }

    /// The layers' schedules, if each option is in its range.
    fn schedules(&self) -> Result<Vec<Schedule>> {
        check_networks(self.networks)?;
        let lengths = [self.hidden.len() + 1, self.sparsity.len(), self.rates.len()];
        if lengths != [LAYERS; 3] || self.hidden.contains(&0) {
            return Err(Error::value(
                format!(
                    "a VS-DBN with hidden layers of {:?} below {} networks, sparsity {:?}, rates {:?}",
                    self.hidden, self.networks, self.sparsity, self.rates
                ),
                "give two sizes of at least 1 (the third is the number of networks), and three of each of the others",
            ));
        }
        if self.epochs == 0 || self.batch == 0 {
            return Err(Error::value(
                format!("a VS-DBN of {} epochs with batches of {} volumes", self.epochs, self.batch),
                "allow at least one of each, by default 100 and 20",
            ));
        }
        if let Some(bad) = self.sparsity.iter().find(|v| !(0.0..1.0).contains(*v)) {
            return Err(Error::value(
                format!("a VS-DBN with a sparsity of {bad}"),
                "give numbers from 0 to below 1; by default 0.05, 0.01, 0.01",
            ));
        }
        if let Some(bad) = self.rates.iter().find(|v| !(**v > 0.0 && **v < 1.0)) {
            return Err(Error::value(
                format!("a VS-DBN with a learning rate of {bad}"),
                "give small numbers above 0; by default 0.001, 0.01, 0.01",
            ));
        }
        let sizes = self.hidden.iter().copied().chain([self.networks]);
        let layer =
            |((hidden, &penalty), &rate)| Schedule { hidden, penalty, rate, epochs: self.epochs, batch: self.batch };
        Ok(sizes.zip(&self.sparsity).zip(&self.rates).map(layer).collect())
    }

    /// Networks that the subjects share, and each subject's courses.
    ///
    /// # Errors
    /// If there is no subject, two are on different masks (both are named), no voxel varies, an option is out of its range, learning diverges or every map becomes 0, or it is
    /// stopped.
    pub fn fit(&self, subjects: &[VoxelSeries]) -> Result<Extraction> {
        self.extract(&Subjects::of(subjects))
    }

    /// The same for `count` subjects of which `load` gives each by its number, from 0; each is loaded twice, and all are held z-scored while it learns.
    ///
    /// # Errors
    /// As [`VsDbn::fit`], and what `load` reports.
    pub fn fit_each(&self, count: usize, load: impl Fn(usize) -> Result<VoxelSeries>) -> Result<Extraction> {
        self.extract(&Subjects::loaded(count, load))
    }

    fn extract(&self, subjects: &Subjects) -> Result<Extraction> {
        let schedules = self.schedules()?;
        let mut reduced = reduce(subjects, Keep::All, 1, self.seed)?;
        let (volumes, voxels) = (reduced.data.rows(), reduced.data.columns());
        state_memory(
            &format!("a VS-DBN of {volumes} volumes"),
            4 * (volumes + 3 * schedules[0].hidden) as u64 * voxels as u64,
        );
        let mut input = std::mem::take(&mut reduced.data);
        let mut maps: Option<Array2<f32>> = None;
        let (mut errors, mut converged) = (Vec::new(), true);
        for (number, schedule) in schedules.iter().enumerate() {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed.wrapping_add(number as u64));
            let Trained { weights, output, spread, errors: own } = train(&input, schedule, number + 1, &mut rng)?;
            converged &= settled(&own);
            errors.extend(own);
            let combined = match &maps {
                None => weights,
                Some(below) => product(weights.view(), below.view())?,
            };
            // A unit that does not vary tells the next layer nothing.
            let factors = spread.iter().map(|s| if *s > 0.0 { 1.0 / s } else { 0.0 });
            maps = Some(match number + 1 < LAYERS {
                true => combined * &Array1::from_iter(factors).insert_axis(Axis(1)),
                false => combined,
            });
            input = output;
        }
        let maps = maps.unwrap_or_default();
        let (kept, empty): (Vec<usize>, Vec<usize>) =
            (0..maps.nrows()).partition(|&row| maps.row(row).iter().any(|v| *v != 0.0));
        if kept.is_empty() {
            return Err(Error::value(
                format!("every map of the VS-DBN is 0 with a sparsity of {:?}", self.sparsity),
                "take a smaller sparsity, or more epochs",
            ));
        }
        let mut maps = maps.select(Axis(0), &kept);
        of_unit_size(&mut maps);
        let sizes: Vec<String> = schedules.iter().map(|s| s.hidden.to_string()).collect();
        let mut method = format!(
            "VS-DBN, hidden layers of {}, sparsity {:?}, learning rates {:?}, {} epochs, batches of {}, seed {}",
            sizes.join(", "),
            self.sparsity,
            self.rates,
            self.epochs,
            self.batch,
            self.seed
        );
        if !converged {
            method += ", errors had NOT settled";
        }
        if !empty.is_empty() {
            method += &format!(", {} hidden units without a map left out", empty.len());
        }
        let report = Report {
            iterations: self.epochs,
            converged,
            objective: errors.into(),
            objective_is: "reconstruction error ⟨(v − v′)²⟩ per visible unit, by epoch, layer after layer",
            ..Report::default()
        };
        let found = Found {
            maps,
            courses: Courses::Projection,
            kind: "VS-DBN",
            name: "Unit",
            method,
            unit: "rms",
            threshold: None,
            seed: self.seed,
            report,
        };
        assemble(subjects, reduced, found)
    }
}

/// Whether the mean error of the last tenth of the epochs is within 2 % of that of the tenth before.
fn settled(errors: &[f64]) -> bool {
    let tenth = errors.len() / 10;
    if tenth == 0 {
        return false;
    }
    let mean = |from: usize| errors[from..from + tenth].iter().sum::<f64>() / tenth as f64;
    let (before, last) = (mean(errors.len() - 2 * tenth), mean(errors.len() - tenth));
    (before - last).abs() <= 0.02 * before
}
