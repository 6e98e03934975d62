//! What many neurons do together: temporal patterns and what each neuron loads on them.
//!
//! A series S (time × neuron, each neuron z-scored within each run) is written as
//!
//! ```text
//! S ≈ D · L        D: time × pattern, z-scored courses        L: pattern × neuron, loadings
//! ```
//!
//! | method | what is a pattern | what are the loadings |
//! |---|---|---|
//! | [`Pca`] | a left singular vector of S: the k courses that explain most | regression of each neuron on the courses |
//! | [`Ica`] | a column of the mixing matrix, so that loadings are statistically independent over neurons | as above |
//! | [`Dictionary`] | an atom, of which each neuron uses few | sparse codes |
//! | [`KMeans`] | the mean course of a cluster of neurons, by Euclidean distance or by correlation | the same, for the one cluster a neuron is in; 0 else |
//!
//! In all of them the neurons are the samples and the time points the features. Patterns come in the
//! order of the variance that they explain (Σ of squared loadings, largest first), and each has the sign that makes its
//! largest loading in magnitude positive. Neurons whose course is constant are left out of the fit, load 0, and are counted in
//! [`Patterns::method`].
//!
//! [`NeuronSeries::choose_k`] says which number of clusters inertia, silhouettes and stability speak for, [`NeuronSeries::silhouette`] how well
//! each neuron lies in its cluster, [`Patterns::hierarchy`] and [`hierarchy()`] which patterns, networks or maps belong together.

mod assemble;
mod basis;
mod choose;
mod dictionary;
mod distance;
mod hierarchy;
mod ica;
mod kmeans;
mod linfa;
mod method;
mod patterns;
mod pca;
mod report;
mod spectrum;
mod standard;
mod transform;

pub use basis::Solver;
pub use choose::{ChooseK, KCurve, KPoint, Silhouette, adjusted_rand_index};
pub use dictionary::{Batch, Dictionary};
pub use distance::Distance;
pub use hierarchy::{Hierarchical, Hierarchy, Linkage, Merge, hierarchy};
pub use ica::{Algorithm, Contrast, Ica, IcaModel};
pub use kmeans::KMeans;
pub use method::Method;
pub use patterns::Patterns;
pub use pca::Pca;
pub use report::Report;
pub use spectrum::{Null, ParallelAnalysis, Spectrum};

use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::notebook::state_memory;
use crate::provenance::Provenance;
pub(crate) use basis::{Need, leading_vectors};
pub(crate) use dictionary::learn;
pub(crate) use spectrum::{beside_chance, shifted};
use standard::Standardised;
pub(crate) use standard::{Moments, zscore};

impl NeuronSeries {
    /// Temporal patterns of this series, by [`Dictionary`], [`Ica`], [`KMeans`] or [`Pca`].
    ///
    /// Memory that will be taken besides the series is said before if it is over 1 GB.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// use neurocell::model::NeuronAxis;
    /// use ndarray::Array2;
    /// // Six simulated neurons: three follow a slow course, three a fast one.
    /// let data = Array2::from_shape_fn((60, 6), |(t, n)| (t as f32 * if n < 3 { 0.2 } else { 0.9 }).sin());
    /// let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, 6);
    /// let series = NeuronSeries::new(data, Clock::new(1.5, &[60])?, neurons)?;
    /// let patterns = series.patterns(Pca::new(2))?;
    /// assert_eq!(patterns.courses().dim(), (60, 2));
    /// assert!(patterns.explained() > 0.99);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If k is 0, or more patterns are asked for than the series has independent courses (at most the smaller of time points
    /// less one and neurons that are not constant; of a [`Dictionary`], at most the neurons of distinct courses); if every neuron is
    /// constant; if an option is out of its range; if it is stopped.
    pub fn patterns(&self, method: impl Into<Method>) -> Result<Patterns> {
        let method = method.into();
        let (time, neurons) = self.data().dim();
        let copy = 4 * (time * neurons) as u64;
        state_memory(&format!("the decomposition of {neurons} neurons"), copy + method.memory(time, neurons));
        let standard = Standardised::new(self)?;
        check_count(&method, self.data().nrows(), &standard)?;
        let made = Provenance::step("patterns").options_of(&method, &[]).input("series", self);
        let found = match method {
            Method::Dictionary(dictionary) => dictionary.patterns(self, standard),
            Method::Ica(ica) => ica.patterns(self, standard),
            Method::KMeans(kmeans) => kmeans.patterns(self, standard),
            Method::Pca(pca) => pca.patterns(self, standard),
        };
        Ok(found?.made(made))
    }
}

fn check_count(method: &Method, time: usize, standard: &Standardised) -> Result<()> {
    let k = method.count();
    if k == 0 {
        return Err(Error::value("0 patterns were asked for", "ask for at least one, for example `Ica::new(20)`"));
    }
    let most = match method {
        // A dictionary may hold more atoms than there are dimensions.
        Method::Dictionary(_) => standard.live.len(),
        _ => (time - 1).min(standard.live.len()),
    };
    if k > most {
        return Err(Error::value(
            format!(
                "{k} patterns were asked for; {time} time points and {} neurons that are not constant allow {most}",
                standard.live.len()
            ),
            format!("ask for {most} or fewer; far fewer than there are time points is usual"),
        ));
    }
    Ok(())
}
