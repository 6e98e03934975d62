//! The patterns of one story in another.

use super::assemble::{explained, spread};
use super::standard::Standardised;
use super::{Patterns, Report};
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::linalg::pseudo_inverse;
use crate::provenance::Provenance;
use ndarray::{Array1, Array2, Axis};
use std::sync::Arc;

impl Patterns {
    /// What takes neurons, in standard deviations, to the patterns' courses: Lᵀ · (L · Lᵀ)⁺, neuron × pattern. Neurons that were left out of the fit have 0.
    pub(crate) fn projection(&self) -> Result<Array2<f32>> {
        let wide = self.loadings.mapv(f64::from);
        let inverse = pseudo_inverse(wide.dot(&wide.t()).view())?;
        Ok(inverse.dot(&wide).t().mapv(|v| v as f32))
    }

    /// The same patterns in other data of the same neurons, another story for instance: loadings stay, courses are new.
    ///
    /// Each volume of the other series S' (time × neuron, z-scored within each run) is regressed on the loadings L:
    ///
    /// ```text
    /// D' = S' · Lᵀ · (L · Lᵀ)⁺
    /// ```
    ///
    /// For [`Pca`](super::Pca) this is scikit-learn's `transform` with time points as samples; for [`KMeans`](super::KMeans) the mean of a cluster's
    /// neurons, weighted by their loadings. Courses are in the scale of the fit, that is not z-scored anew. Neurons that are constant in the other series take no part, and
    /// load 0 in the result; those that were left out of the fit stay out.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # let story = |speed: f32| -> Result<NeuronSeries> {
    /// #     let data = ndarray::Array2::from_shape_fn((60, 6), |(t, n)| (speed * t as f32 * if n < 3 { 0.2 } else { 0.9 }).sin());
    /// #     NeuronSeries::new(data, Clock::new(1.5, &[60])?, NeuronAxis::new("simulated", Site::FfnOut, 1, 6))
    /// # };
    /// let patterns = story(1.0)?.patterns(Pca::new(2))?;
    /// let elsewhere = patterns.transform(&story(1.3)?)?;
    /// assert_eq!(elsewhere.courses().dim(), (60, 2));
    /// assert!(elsewhere.explained() > 0.99);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the other series has other neurons, or none of those that load is left.
    pub fn transform(&self, series: &NeuronSeries) -> Result<Patterns> {
        if series.neurons() != &self.neurons {
            return Err(Error::shape(
                format!("the patterns are of {}, the series of {}", self.neurons, series.neurons()),
                "take a series of the same model and site, sampled in the same way",
            ));
        }
        let standard = Standardised::new(series)?;
        let loadings = self.loadings.select(Axis(1), &standard.live);
        let wide = loadings.mapv(f64::from);
        if wide.iter().all(|loading| *loading == 0.0) {
            return Err(Error::value(
                format!("none of the {} neurons that vary in the series has a loading", standard.live.len()),
                "are its words inside the scan? look at the series",
            ));
        }
        let inverse = pseudo_inverse(wide.dot(&wide.t()).view())?;
        let solver = crate::linalg::ColumnBlocks::from_matrix(inverse.dot(&wide).mapv(|v| v as f32).view());
        let courses = standard.data.times_transposed(&solver).mapv(|v| v as f32);
        let fit = explained(&standard.data, &courses, &loadings, false)?;
        let neurons = series.data().ncols();
        let strength = |row: ndarray::ArrayView1<f32>| row.iter().map(|&l| f64::from(l).powi(2)).sum::<f64>();
        let points = series.data().nrows() as f64;
        let explained_by = loadings.rows().into_iter().map(|row| strength(row) * points / fit.whole).collect();
        let mut all = Array2::zeros((self.count(), neurons));
        for (mut to, row) in all.rows_mut().into_iter().zip(loadings.rows()) {
            to.assign(&Array1::from(spread(&row.to_vec(), &standard.live, neurons)));
        }
        Ok(Patterns {
            courses: Arc::new(courses),
            loadings: Arc::new(all),
            clock: series.clock().clone(),
            neurons: self.neurons.clone(),
            method: format!("{}; loadings kept, courses of other data{}", self.method, standard.note()),
            origin: Provenance::step("transform").input("patterns", self).input("series", series).into(),
            explained: fit.overall,
            explained_by_neuron: spread(&fit.by_neuron, &standard.live, neurons).into(),
            report: Report { left_out: standard.left_out.into(), converged: true, explained_by, ..Report::default() },
        })
    }
}
