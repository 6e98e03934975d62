//! What a voxel has to do with a regressor, whatever the other regressors are.

use super::EncodingFit;
use super::predict::Responses;
use crate::brain::BrainMap;
use crate::error::{Error, Result};
use crate::linalg::{product, symmetric_eigen};
use crate::provenance::Provenance;
use ndarray::{Array2, ArrayView2};

impl EncodingFit {
    /// Regressor × voxel: the covariance of each regressor's course with the voxel's over the training rows, both in standard deviations: their r.
    ///
    /// A *weight* says what a regressor adds to all others; regressors that are alike share it out between them, some may get it with the opposite sign, and a large penalty
    /// makes all their maps alike. The *response* says how far the voxel goes with the regressor itself. To say what a regressor's map looks like, this is the one
    /// to read: the "activation pattern" of Haufe et al. 2014, NeuroImage 87:96.
    ///
    /// It follows from the weights B, the regressors' correlations with one another G, and the penalty: ridge regression solves (n·G + α)·B = n·C, so C = G·B + α/n·B. Of a
    /// model that is no ridge regression it is G·B, the covariance with what the model predicts. Of a group's model ([`mean_fit`](super::mean_fit)) it is
    /// the mean over subjects.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # fn show(patterns: Patterns, bold: VoxelSeries) -> Result<()> {
    /// let fit = encode(&patterns, &bold, Ridge::default())?;
    /// let responses = fit.responses()?;
    /// println!("{}", fit.response_map(0)?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the regressors are more than 1,024: their correlations with one another are not kept then.
    pub fn responses(&self) -> Result<Array2<f32>> {
        if let Responses::Mean(responses) = &self.trained.responses {
            return Ok(responses.as_ref().clone());
        }
        let (alike, rows) = (self.alike()?, self.trained.units.rows);
        let weights = self.weights();
        let mut responses = product(alike.view(), weights.view())?;
        if matches!(self.trained.responses, Responses::Ridge) {
            let shrunk: Vec<f32> = self.alphas.iter().map(|alpha| alpha / rows as f32).collect();
            for (mut responses, weights) in responses.rows_mut().into_iter().zip(weights.rows()) {
                responses.iter_mut().zip(weights).zip(&shrunk).for_each(|((r, w), shrunk)| *r += shrunk * w);
            }
        }
        Ok(responses)
    }

    /// Correlations of the regressors with one another over the training rows.
    fn alike(&self) -> Result<&Array2<f32>> {
        self.trained.units.alike.as_deref().ok_or_else(|| {
            Error::value(
                format!(
                    "the correlations of {} {} with one another were not kept: that is done up to {}",
                    self.dim().0,
                    self.kind,
                    super::encode::MOST_ALIKE
                ),
                "look at the weights instead, or fit patterns in the place of single neurons",
            )
        })
    }

    /// The weights with which the model reads each network's course from all regressors: regressor × network, `templates` being network × voxel.
    ///
    /// With c̄ the mean of the responses over the network's voxels (weighted by its map m) and ᾱ their geometric mean penalty, w = (G + ᾱ/(N·k)·I)⁻¹·c̄: ridge regression of
    /// the network's mean course. Its noise is that of one voxel over k = (Σ|m|)²/Σm² voxels, and so is the best penalty; the mean of the voxels' own weights would be
    /// shrunk as if each had to be read by itself. Of one voxel they are its weights. Where the regressors' correlations are not kept, it is the mean of the weights.
    pub(crate) fn network_weights(&self, templates: ArrayView2<f32>) -> Result<Array2<f64>> {
        let sums =
            |matrix: ArrayView2<f32>| -> Result<Array2<f64>> { Ok(product(matrix, templates.t())?.mapv(f64::from)) };
        let total = |n: usize| templates.row(n).iter().map(|m| f64::from(m.abs())).sum::<f64>().max(f64::MIN_POSITIVE);
        let Some(alike) = self.trained.units.alike.as_deref() else {
            let mut mean = sums(self.weights().view())?;
            mean.columns_mut().into_iter().enumerate().for_each(|(n, mut column)| column /= total(n));
            return Ok(mean);
        };
        let eigen = symmetric_eigen(alike.mapv(f64::from).view())?;
        let mut along = eigen.vectors.t().dot(&sums(self.responses()?.view())?);
        for (n, (mut column, map)) in along.columns_mut().into_iter().zip(templates.rows()).enumerate() {
            if map.iter().all(|m| *m == 0.0) {
                continue;
            }
            let (total, squares) = (total(n), map.iter().map(|m| f64::from(*m).powi(2)).sum::<f64>());
            let weighted =
                map.iter().zip(self.alphas.iter()).map(|(m, alpha)| f64::from(m.abs()) * f64::from(*alpha).ln());
            let penalty =
                (weighted.sum::<f64>() / total).exp() / self.trained.units.rows as f64 * squares / total.powi(2);
            // An eigenvalue of rounding must not be divided by.
            let least = eigen.values[0] * f64::from(f32::EPSILON);
            column.iter_mut().zip(&eigen.values).for_each(|(v, value)| *v /= total * (value.max(least) + penalty));
        }
        Ok(eigen.vectors.dot(&along))
    }

    /// r of each regressor's course with that of each network as the model reads it from all regressors: regressor × network.
    ///
    /// With w as in [`EncodingFit::network_weights`] and G as in [`EncodingFit::responses`]: r = G·w / √(wᵀ·G·w); 0 for a network that nothing predicts.
    pub(crate) fn with_courses_of(&self, templates: ArrayView2<f32>) -> Result<Array2<f64>> {
        let alike = self.alike()?.mapv(f64::from);
        let weights = self.network_weights(templates)?;
        let mut along = alike.dot(&weights);
        for (mut column, weights) in along.columns_mut().into_iter().zip(weights.columns()) {
            let length = weights.dot(&column).max(0.0).sqrt();
            column.mapv_inplace(|v| if length > 0.0 { v / length } else { 0.0 });
        }
        Ok(along)
    }

    /// One row of [`EncodingFit::responses`] as a map.
    ///
    /// # Errors
    /// As there, and if there is no row of that number.
    pub fn response_map(&self, row: usize) -> Result<BrainMap> {
        let responses = self.responses()?;
        let kind = self.kind.trim_end_matches('s');
        if row >= responses.nrows() {
            let problem = format!("{kind} {row} of {}", responses.nrows());
            return Err(Error::value(problem, format!("{} are counted from 0", self.kind)));
        }
        let made = Provenance::step("responses to a regressor").option("row", row).input("fit", self);
        let label = format!("Responses to {kind} {row}, {}", self.whose);
        Ok(BrainMap::of(responses.row(row).to_vec(), &self.mask, label, "r").made(made))
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::Clock;
    use crate::coupling::correlate::pearson;
    use crate::encoding::tests::bold;
    use crate::encoding::{Features, Ridge, encode};
    use ndarray::Array2;

    #[test]
    fn a_response_is_the_correlation_of_regressor_and_voxel_whatever_the_penalty() {
        let clock = Clock::new(2.0, &[60, 60, 60]).unwrap();
        let wave = |t: usize, n: usize| ((t * t * (n + 3)) as f32 * 0.7).sin();
        let mut x = Array2::from_shape_fn((180, 3), |(t, n)| wave(t, n));
        // The third regressor is much like the first, and is on another scale.
        let first = x.column(0).to_owned();
        x.column_mut(2).zip_mut_with(&first, |c, a| *c = 40.0 + 5.0 * (0.9 * a + 0.3 * *c));
        let y = Array2::from_shape_fn((180, 2), |(t, v)| 7.0 + 3.0 * (x[[t, v]] + wave(t, v + 9)));
        let features = Features::new("made", x.clone(), &clock).unwrap();
        for alpha in [0.1, 30.0, 3000.0] {
            let fit = encode(&features, &bold(y.clone(), &clock), Ridge::default().alphas(&[alpha])).unwrap();
            let responses = fit.responses().unwrap();
            for ((row, voxel), found) in responses.indexed_iter() {
                let r = pearson(x.column(row), y.column(voxel));
                assert!((f64::from(*found) - r).abs() < 1e-3, "α {alpha}, {row} {voxel}: {found}, r = {r}");
            }
            assert_eq!(fit.response_map(1).unwrap().values(), responses.row(1).to_vec());
        }
    }

    #[test]
    fn a_networks_weights_are_those_of_a_ridge_regression_of_its_mean_course() {
        let clock = Clock::new(2.0, &[60, 60, 60]).unwrap();
        let wave = |t: usize, n: usize| ((t * t * (n + 3)) as f32 * 0.7).sin();
        let mut x = Array2::from_shape_fn((180, 4), |(t, n)| wave(t, n));
        let first = x.column(0).to_owned();
        x.column_mut(2).zip_mut_with(&first, |c, a| *c += 2.0 * a);
        // Voxels of variance 1, so that their mean is that of their courses in standard deviations.
        let mut y = Array2::from_shape_fn((180, 4), |(t, v)| x[[t, 0]] - 0.4 * x[[t, 3]] + wave(t, v + 9));
        y.columns_mut().into_iter().for_each(|mut c| c -= c.mean().unwrap());
        y.columns_mut().into_iter().for_each(|mut c| c /= c.std(0.0));
        let features = Features::new("made", x, &clock).unwrap();
        let alpha = 200.0;
        let fit = encode(&features, &bold(y.clone(), &clock), Ridge::default().alphas(&[alpha])).unwrap();
        let templates = ndarray::arr2(&[[1.0_f32, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0]]);
        let found = fit.network_weights(templates.view()).unwrap();
        let mean = y.mean_axis(ndarray::Axis(1)).unwrap();
        let alone = encode(
            &features,
            &bold(mean.clone().insert_axis(ndarray::Axis(1)), &clock),
            Ridge::default().alphas(&[alpha / 4.0]),
        );
        let alone = alone.unwrap().weights().column(0).mapv(|w| f64::from(w * mean.std(0.0)));
        for (row, expected) in alone.iter().enumerate() {
            assert!((found[[row, 0]] - expected).abs() < 1e-4, "{row}: {} {expected}", found[[row, 0]]);
            let own = f64::from(fit.weights()[[row, 2]]);
            assert!((found[[row, 1]] - own).abs() < 1e-4, "{row}: {} {own}", found[[row, 1]]);
        }
    }
}
