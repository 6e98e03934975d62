//! Independent component analysis.

use super::assemble::{Found, Loadings, assemble};
use super::basis::left_vectors;
use super::fixed_point::{FixedPoint, fixed_point};
use super::standard::Standardised;
use super::{Patterns, Report};
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::linalg::{ColumnBlocks, product};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ArrayBase, Axis, Data, Ix2};

/// Independent component analysis: courses mixed so that their loadings are independent over neurons.
///
/// Neurons are the samples. Sᵀ (neuron × time), less its mean over neurons, is whitened to k dimensions by the eigenvectors of the smaller
/// Gram matrix, and FastICA's symmetric fixed point with the log cosh contrast (Hyvärinen 1999, *IEEE Trans. Neural Networks* 10:626) finds the
/// rotation W in which the k whitened loadings are as far from Gaussian as possible:
///
/// ```text
/// W ← (W⁺·W⁺ᵀ)^(-1/2) · W⁺,   W⁺ = E[g(W·x)·xᵀ] − E[g′(W·x)]·W,   g = tanh
/// ```
///
/// until max |‖⟨w_new, w_old⟩| − 1| is below the tolerance. Courses are the columns of the mixing matrix; loadings the least-squares fit of
/// each neuron to them. Same estimates as scikit-learn's `FastICA(algorithm="parallel", fun="logcosh", whiten="unit-variance")`
/// on the neuron × time matrix.
///
/// linfa-ica's algorithm is the same one; it reports neither iterations nor convergence, and works in one thread, so the fixed point is
/// written over faer here, as linfa's `Fit`. On 20,000 samples of 20 features and two noisy cores linfa's own took 1.1 to 1.4 times as
/// long as this in three runs, which is no difference to rely on (`benches/run`).
///
/// The fixed point is a local optimum. On z-scored neurons, whose loadings are bounded, there may be several: compare seeds before
/// reading much into a single component.
#[derive(Clone, Debug, PartialEq)]
pub struct Ica {
    /// Number of patterns.
    pub k: usize,
    /// Seed of the first rotation.
    pub seed: u64,
    /// Most iterations of the fixed point.
    pub max_iterations: usize,
    /// Change of the rotation, 1 − |cosine| of the component that turned most, at which the fixed point is reached.
    pub tolerance: f64,
}

impl Ica {
    /// k independent components, seed 0, at most 1000 iterations to a tolerance of 1e-4.
    pub fn new(k: usize) -> Ica {
        Ica { k, seed: 0, max_iterations: 1000, tolerance: 1e-4 }
    }

    /// Sets the seed of the first rotation.
    pub fn seed(self, seed: u64) -> Ica {
        Ica { seed, ..self }
    }

    /// Sets the most iterations.
    pub fn max_iterations(self, max_iterations: usize) -> Ica {
        Ica { max_iterations, ..self }
    }

    /// Sets the tolerance.
    pub fn tolerance(self, tolerance: f64) -> Ica {
        Ica { tolerance, ..self }
    }

    /// The options if each is in its range.
    fn checked(&self) -> Result<&Ica> {
        if self.max_iterations == 0 {
            return Err(Error::value("ICA with 0 iterations", "allow some, 1000 by default"));
        }
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return Err(Error::value(
                format!("ICA with a tolerance of {}", self.tolerance),
                "give a small number above 0, 1e-4 by default",
            ));
        }
        Ok(self)
    }

    pub(super) fn patterns(&self, series: &NeuronSeries, standard: Standardised) -> Result<Patterns> {
        let model = self.fit_blocks(&standard.data)?;
        let end = match model.converged() {
            true => format!("{} iterations", model.iterations()),
            false => format!(
                "did NOT converge in {} iterations (change {:.1e}, tolerance {:.0e})",
                model.iterations(),
                model.change,
                self.tolerance
            ),
        };
        let method = format!("FastICA (log cosh), {} components, seed {}, {end}", self.k, self.seed);
        let report = Report { iterations: model.iterations, converged: model.converged, ..Report::default() };
        assemble(series, &standard, Found { courses: model.mixing, loadings: Loadings::Regression, method, report })
    }

    /// Of data that lie as feature × sample.
    fn fit_blocks(&self, data: &ColumnBlocks) -> Result<IcaModel> {
        self.checked()?;
        let samples = data.columns() as f64;
        let sums = data.map(|_, block| {
            block.rows().into_iter().map(|row| row.iter().map(|&x| f64::from(x)).sum()).collect::<Array1<f64>>()
        });
        let mean = sums.iter().fold(Array1::zeros(data.rows()), |sum, part| sum + part) / samples;
        let basis = left_vectors(data, Some(&mean), self.k)?;
        let scale = Array1::from_iter(basis.values.iter().map(|&value| (samples / value).sqrt()));
        let whitener = &basis.vectors * &scale;
        let offset = whitener.t().dot(&mean).mapv(|v| v as f32).insert_axis(Axis(1));
        let whitened = data.times(whitener.mapv(|v| v as f32).t()).to_matrix() - offset;
        let FixedPoint { rotation, iterations, change } =
            fixed_point(&whitened, self.seed, self.max_iterations, self.tolerance)?;
        // The whitener's pseudo-inverse is U / scale, the rotation's inverse its transpose.
        let mixing = (&basis.vectors / &scale).dot(&rotation.t()).mapv(|v| v as f32);
        let unmixing = rotation.dot(&whitener.t()).mapv(|v| v as f32);
        let mean = mean.mapv(|v| v as f32);
        Ok(IcaModel { mean, mixing, unmixing, iterations, change, converged: change < self.tolerance })
    }
}

/// FastICA of any data in linfa's form, sample × feature; [`NeuronSeries::patterns`] gives it neurons as samples and time points as features.
impl<D: Data<Elem = f32>, T> Fit<ArrayBase<D, Ix2>, T, Error> for Ica {
    type Object = IcaModel;

    /// Whitens to k dimensions and finds the rotation.
    ///
    /// # Errors
    /// If an option is out of its range, the data have fewer than k independent features, or it is stopped.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<IcaModel> {
        self.fit_blocks(&ColumnBlocks::from_matrix(dataset.records().t()))
    }
}

/// A fitted independent component analysis: samples ≈ mean + sources · mixingᵀ.
#[derive(Clone, Debug)]
pub struct IcaModel {
    mean: Array1<f32>,
    mixing: Array2<f32>,
    unmixing: Array2<f32>,
    iterations: usize,
    change: f64,
    converged: bool,
}

impl IcaModel {
    /// Feature × component.
    pub fn mixing(&self) -> &Array2<f32> {
        &self.mixing
    }

    /// Independent sources of samples (sample × feature) as sample × component, of unit variance over the samples of the fit.
    ///
    /// # Errors
    /// If the samples have another number of features.
    pub fn sources(&self, samples: &Array2<f32>) -> Result<Array2<f32>> {
        if samples.ncols() != self.mean.len() {
            return Err(Error::shape(
                format!("samples of {} features for an analysis of {}", samples.ncols(), self.mean.len()),
                "give samples with the features of the fit, one sample a row",
            ));
        }
        product((samples - &self.mean).view(), self.unmixing.t())
    }

    /// Iterations of the fixed point.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Whether the last iteration changed the rotation by less than the tolerance.
    pub fn converged(&self) -> bool {
        self.converged
    }
}
