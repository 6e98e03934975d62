//! Independent component analysis.

mod agglomerate;
mod contrast;
mod fixed_point;
mod model;
mod stability;

pub use contrast::Contrast;
pub use model::IcaModel;

use super::assemble::{Found, Loadings, assemble};
use super::basis::{self, Need, Solver, left_vectors};
use super::standard::Standardised;
use super::{Patterns, Report};
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::linalg::{ColumnBlocks, multiply_alone};
use crate::notebook::Progress;
use fixed_point::{FixedPoint, fixed_point};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ArrayBase, ArrayView2, Data, Ix2};
use stability::{Stable, stable};

/// Independent component analysis: courses mixed so that their loadings are independent over neurons.
///
/// Neurons are the samples. Sᵀ (neuron × time), less its mean over neurons, is whitened to k dimensions by the leading eigenvectors of the
/// smaller Gram matrix ([`Solver`]), and FastICA's fixed point (Hyvärinen 1999, *IEEE Trans. Neural Networks* 10:626) finds the
/// rotation W in which the k whitened loadings are as far from Gaussian as possible:
///
/// ```text
/// W ← (W⁺·W⁺ᵀ)^(-1/2) · W⁺,   W⁺ = E[g(W·x)·xᵀ] − E[g′(W·x)]·W,   g = G′, the derivative of the contrast
/// ```
///
/// until max |‖⟨w_new, w_old⟩| − 1| is below the tolerance. Courses are the columns of the mixing matrix; loadings the least-squares fit of
/// each neuron to them. Same estimates as scikit-learn's `FastICA(whiten="unit-variance")` on the neuron × time matrix, with
/// `fun` and `algorithm` as [`Contrast`] and [`Algorithm`] say.
///
/// The fixed point is a local optimum. On z-scored neurons, whose loadings are bounded, there may be several, so that single components may
/// depend on the first rotation. With [`restarts`](Ica::restarts) the data are whitened once and the rotation is found from that many
/// seeds, in the manner of ICASSO (Himberg, Hyvärinen and Esposito 2004, *NeuroImage* 22:1214): all estimates are clustered by
/// |correlation| of their loadings, average linkage, into k clusters; of each cluster the centrotype (the estimate most
/// like its others) is kept, and
///
/// ```text
/// Iq = mean |r| between the cluster's estimates − mean |r| between them and all others
/// ```
///
/// is the pattern's stability in [`Report::stability`]: 1 for one that always comes back, and 0 for one that was found once (pairs of an
/// estimate with itself do not count). Centrotypes of different starts need not be exactly uncorrelated.
///
/// linfa-ica's algorithm is the same fixed point with one start; it reports neither iterations nor convergence, works in one thread
/// and has no whitening to fewer dimensions than there are time points, so the fixed point is written here, as linfa's `Fit`: on blocks of
/// whitened neurons that stay in cache from the product W·x to g(W·x)·xᵀ, in f32, with sums over blocks and factorisations in f64.
///
/// ```
/// use neurocell::prelude::*;
/// use neurocell::pattern::{Algorithm, Contrast};
/// use neurocell::model::NeuronAxis;
/// use ndarray::Array2;
/// // Forty simulated neurons on two courses, each on one of them and a little on the other.
/// let course = |t: usize, which: usize| (t as f32 * [0.2, 0.9][which]).sin();
/// let data = Array2::from_shape_fn((60, 40), |(t, n)| course(t, n % 2) + 0.1 * (n as f32 / 40.0) * course(t, 1 - n % 2));
/// let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, 40);
/// let series = NeuronSeries::new(data, Clock::new(1.5, &[60])?, neurons)?;
/// let patterns = series.patterns(Ica::new(2).contrast(Contrast::Cube).algorithm(Algorithm::Parallel).restarts(5))?;
/// assert!(patterns.report().stability.as_ref().is_some_and(|stability| stability.len() == 2));
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ica {
    /// Number of patterns.
    pub k: usize,
    /// Seed of the first rotation; further starts have the seeds that follow.
    pub seed: u64,
    /// Starts with rotations of their own.
    pub restarts: usize,
    /// Most iterations of the fixed point (in deflation for each component).
    pub max_iterations: usize,
    /// Change of the rotation, 1 − |cosine| of the component that turned most, at which the fixed point is reached.
    pub tolerance: f64,
    /// What is taken for far from Gaussian.
    pub contrast: Contrast,
    /// All components at a time, or one by one.
    pub algorithm: Algorithm,
    /// How the vectors for whitening are found.
    pub solver: Solver,
}

/// Whether the components are turned together or found one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// All at a time, kept apart by symmetric decorrelation: no component comes before another.
    #[default]
    Parallel,
    /// One by one, each orthogonal to those before it, on which errors of the earlier ones fall.
    Deflation,
}

impl Ica {
    /// k independent components, seed 0, one start, at most 1000 iterations to a tolerance of 1e-4, log cosh contrast, all components
    /// at a time.
    pub fn new(k: usize) -> Ica {
        Ica {
            k,
            seed: 0,
            restarts: 1,
            max_iterations: 1000,
            tolerance: 1e-4,
            contrast: Contrast::default(),
            algorithm: Algorithm::default(),
            solver: Solver::default(),
        }
    }

    /// Sets the seed of the first rotation.
    pub fn seed(self, seed: u64) -> Ica {
        Ica { seed, ..self }
    }

    /// Sets the number of starts; with two or more the patterns' stability is known.
    pub fn restarts(self, restarts: usize) -> Ica {
        Ica { restarts, ..self }
    }

    /// Sets the most iterations.
    pub fn max_iterations(self, max_iterations: usize) -> Ica {
        Ica { max_iterations, ..self }
    }

    /// Sets the tolerance.
    pub fn tolerance(self, tolerance: f64) -> Ica {
        Ica { tolerance, ..self }
    }

    /// Sets the contrast.
    pub fn contrast(self, contrast: Contrast) -> Ica {
        Ica { contrast, ..self }
    }

    /// Sets whether components are turned together or found one by one.
    pub fn algorithm(self, algorithm: Algorithm) -> Ica {
        Ica { algorithm, ..self }
    }

    /// Sets how the vectors for whitening are found.
    pub fn solver(self, solver: Solver) -> Ica {
        Ica { solver, ..self }
    }

    /// The options if each is in its range.
    fn checked(&self) -> Result<&Ica> {
        if self.max_iterations == 0 {
            return Err(Error::value("ICA with 0 iterations", "allow some, 1000 by default"));
        }
        if self.restarts == 0 {
            return Err(Error::value(
                "ICA with 0 restarts",
                "allow one start, or some 20 to see which patterns are stable",
            ));
        }
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return Err(Error::value(
                format!("ICA with a tolerance of {}", self.tolerance),
                "give a small number above 0, 1e-4 by default",
            ));
        }
        self.solver.checked()?;
        Ok(self)
    }

    pub(super) fn patterns(&self, series: &NeuronSeries, standard: Standardised) -> Result<Patterns> {
        let model = self.fit_blocks(&standard.data)?;
        let method = format!(
            "FastICA ({}{}), {} components, whitened by {}, {}",
            self.contrast.name(),
            if self.algorithm == Algorithm::Deflation { ", one by one" } else { "" },
            self.k,
            model.whitening,
            self.end(&model)
        );
        let report = Report {
            iterations: model.iterations,
            converged: model.converged(),
            stability: model.stability.map(Into::into),
            ..Report::default()
        };
        assemble(series, &standard, Found { courses: model.mixing, loadings: Loadings::Regression, method, report })
    }

    /// How it ended, as a phrase.
    pub(crate) fn end(&self, model: &IcaModel) -> String {
        let (converged, starts) = model.converged;
        let seeds = match starts {
            1 => format!("seed {}", self.seed),
            _ => format!("centrotypes of {starts} starts from seed {}", self.seed),
        };
        if model.converged() {
            return match starts {
                1 => format!("{seeds}, {} iterations", model.iterations),
                _ => format!("{seeds}, at most {} iterations each", model.iterations),
            };
        }
        let who = if starts == 1 { String::new() } else { format!("{} of {starts} ", starts - converged) };
        format!(
            "{seeds}, {who}did NOT converge in {} iterations (change {:.1e}, tolerance {:.0e})",
            model.iterations, model.change, self.tolerance
        )
    }

    /// Of data that lie as feature × sample.
    pub(crate) fn fit_blocks(&self, data: &ColumnBlocks) -> Result<IcaModel> {
        self.checked()?;
        if self.k == 0 {
            return Err(Error::value(
                "0 components were asked for",
                "ask for at least one, for example `Ica::new(20)`",
            ));
        }
        let samples = data.columns() as f64;
        let mean = data.row_means();
        let basis = left_vectors(data, Some(&mean), self.k, self.solver, Need::Space, self.seed)?;
        let scale = Array1::from_iter(basis.values.iter().map(|&value| (samples / value).sqrt()));
        let whitener = &basis.vectors * &scale;
        let whitened = unmixed(data, whitener.t().mapv(|v| v as f32).view(), &mean);
        let mut progress = Progress::new("FastICA restarts", self.restarts as u64);
        let (mut rotations, mut iterations, mut change, mut converged) = (Vec::new(), 0, 0f64, 0);
        for start in 0..self.restarts {
            let found: FixedPoint = fixed_point(&whitened, self, self.seed.wrapping_add(start as u64))?;
            iterations = iterations.max(found.iterations);
            change = change.max(found.change);
            converged += usize::from(found.change < self.tolerance);
            rotations.push(found.rotation);
            progress.advance(1);
        }
        let (rotation, stability) = match rotations.len() {
            1 => (rotations.remove(0), None),
            _ => {
                let Stable { rotation, quality } = stable(&rotations);
                (rotation, Some(quality))
            }
        };
        // The whitener's pseudo-inverse is U / scale, the rotation's inverse its transpose.
        let mixing = (&basis.vectors / &scale).dot(&rotation.t()).mapv(|v| v as f32);
        let unmixing = rotation.dot(&whitener.t()).mapv(|v| v as f32);
        let mean = mean.mapv(|v| v as f32);
        let converged = (converged, self.restarts);
        Ok(IcaModel { mean, mixing, unmixing, iterations, change, converged, stability, whitening: basis.how })
    }

    /// Bytes that a fit takes at most, besides the standardised series.
    pub(super) fn memory(&self, time: usize, neurons: usize) -> u64 {
        // Whitened neurons and loadings, twice while they are put in order.
        let whitened = 4 * (neurons * self.k) as u64;
        basis::memory(time, neurons, self.k, self.solver).max(3 * whitened)
            + whitened
            + stability::memory(self.k, self.restarts)
    }
}

/// W · (x − m) for each sample, k × sample.
fn unmixed(data: &ColumnBlocks, left: ArrayView2<f32>, mean: &Array1<f64>) -> ColumnBlocks {
    let offset = left.mapv(f64::from).dot(mean).mapv(|v| v as f32);
    data.blockwise(left.nrows(), |_, block| {
        let mut product = Array2::zeros((left.nrows(), block.ncols()));
        multiply_alone(product.view_mut(), false, left, block.view());
        for (mut row, offset) in product.rows_mut().into_iter().zip(&offset) {
            row -= *offset;
        }
        product
    })
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
