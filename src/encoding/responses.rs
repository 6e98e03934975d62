//! What a voxel has to do with a regressor, whatever the other regressors are.

use super::EncodingFit;
use crate::brain::BrainMap;
use crate::error::{Error, Result};
use crate::linalg::product;
use crate::provenance::Provenance;
use ndarray::Array2;

impl EncodingFit {
    /// Regressor × voxel: the covariance of each regressor's course with what the model predicts for the voxel, G·B, in standard deviations of the voxel.
    ///
    /// B are the weights and G the correlations of the regressors with one another over the training rows. A *weight* says what a regressor
    /// adds to all others; regressors that are alike share it out between them, and some may get it with the opposite sign. The *response* says how far the voxel
    /// goes with the regressor itself. To say what a regressor's map looks like, this is the one to read: the "activation pattern" of Haufe et al. 2014, NeuroImage 87:96, or
    /// a structure coefficient, as statistics calls it, times the model's multiple r.
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
        let Some(alike) = &self.trained.units.alike else {
            return Err(Error::value(
                format!(
                    "the correlations of {} {} with one another were not kept: that is done up to {}",
                    self.dim().0,
                    self.kind,
                    super::encode::MOST_ALIKE
                ),
                "look at the weights instead, or fit patterns in the place of single neurons",
            ));
        };
        product(alike.view(), self.weights().view())
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
        Ok(BrainMap::of(responses.row(row).to_vec(), &self.mask, label, "covariance").made(made))
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::Clock;
    use crate::encoding::tests::bold;
    use crate::encoding::{Features, Ridge, encode};
    use ndarray::{Array2, Axis};

    #[test]
    fn a_response_is_the_covariance_of_regressor_and_prediction() {
        let clock = Clock::new(2.0, &[60, 60, 60]).unwrap();
        let wave = |t: usize, n: usize| ((t * t * (n + 3)) as f32 * 0.7).sin();
        let mut x = Array2::from_shape_fn((180, 3), |(t, n)| wave(t, n));
        // The third regressor is much like the first, and is on another scale.
        let first = x.column(0).to_owned();
        x.column_mut(2).zip_mut_with(&first, |c, a| *c = 40.0 + 5.0 * (0.9 * a + 0.3 * *c));
        let y = Array2::from_shape_fn((180, 2), |(t, v)| x[[t, v]] + wave(t, v + 9));
        let features = Features::new("made", x.clone(), &clock).unwrap();
        let fit = encode(&features, &bold(y, &clock), Ridge::default()).unwrap();
        let predicted = fit.predict(&features).unwrap();
        let responses = fit.responses().unwrap();
        for (row, course) in x.axis_iter(Axis(1)).enumerate() {
            let (mean, sd) = (course.mean().unwrap(), course.std(0.0));
            for voxel in 0..2 {
                let values = predicted.data().column(voxel);
                let scale = fit.trained.units.voxels.inverse[voxel] as f32;
                let centre = values.mean().unwrap();
                let sum: f32 = course.iter().zip(values).map(|(x, y)| (x - mean) / sd * (y - centre) * scale).sum();
                let found = responses[[row, voxel]];
                assert!((found - sum / 180.0).abs() < 1e-4, "{row} {voxel}: {found}, {}", sum / 180.0);
            }
        }
        // The first voxel goes with the first regressor and as well with the third, which adds nothing to it.
        assert!(responses[[2, 0]] > 0.8 * responses[[0, 0]] && fit.weights()[[2, 0]] < 0.6 * fit.weights()[[0, 0]]);
        assert_eq!(fit.response_map(1).unwrap().values(), responses.row(1).to_vec());
    }
}
