//! DVARS as fMRIPrep writes it.

use crate::linalg::in_pool;
use ndarray::{ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

/// What all voxels are scaled to: their median becomes this.
const LEVEL: f64 = 1000.0;
/// Interquartile range of a normal variable in standard deviations.
const QUARTILES: f64 = 1.349;

/// How much the volumes of a run differ from those before them: root mean square over voxels, plain and in units of what is expected of noise.
pub(super) struct Dvars {
    pub(super) plain: Vec<f64>,
    pub(super) standardised: Vec<f64>,
}

impl Dvars {
    /// DVARS(t) = √(mean over voxels of (y(t) − y(t−1))²) with y scaled to a median of 1000; standardised: divided by the mean over voxels of σ·√(2(1 − φ)), σ a voxel's
    /// interquartile range / 1.349 and φ its lag-1 autocorrelation (Power et al. 2012; Nichols 2013; the values are those of nipype's `compute_dvars`).
    ///
    /// `data`: volume × voxel. One value per step, so one fewer than volumes.
    pub(super) fn new(data: ArrayView2<'_, f32>) -> Dvars {
        let mut all: Vec<f32> = data.iter().copied().collect();
        let scale = LEVEL / median(&mut all);
        let expected: Vec<f64> =
            in_pool(|| data.axis_iter(Axis(1)).into_par_iter().map(|voxel| step_expected(voxel, scale)).collect());
        let expected = expected.iter().sum::<f64>() / expected.len() as f64;
        let step = |(one, next): (ArrayView1<'_, f32>, ArrayView1<'_, f32>)| {
            let squares = one.iter().zip(next).map(|(a, b)| (scale * (f64::from(*b) - f64::from(*a))).powi(2));
            (squares.sum::<f64>() / one.len() as f64).sqrt()
        };
        let plain: Vec<f64> = data.rows().into_iter().zip(data.rows().into_iter().skip(1)).map(step).collect();
        Dvars { standardised: plain.iter().map(|d| d / expected).collect(), plain }
    }
}

/// The standard deviation of a voxel's steps, if it is AR(1) noise.
fn step_expected(voxel: ArrayView1<'_, f32>, scale: f64) -> f64 {
    let mut values: Vec<f64> = voxel.iter().map(|v| scale * f64::from(*v)).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let product = |lag: usize| values.iter().zip(&values[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let ar = product(1) / product(0);
    values.sort_by(f64::total_cmp);
    // The value at or below the quartile.
    let at = |share: f64| values[(share * (values.len() - 1) as f64).floor() as usize];
    (2.0 * (1.0 - ar)).sqrt() * (at(0.75) - at(0.25)) / QUARTILES
}

fn median(values: &mut [f32]) -> f64 {
    values.sort_unstable_by(f32::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        1 => f64::from(values[half]),
        _ => 0.5 * (f64::from(values[half - 1]) + f64::from(values[half])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2};

    #[test]
    fn dvars_are_those_of_nipypes_formula() {
        let path = |name: &str| format!("{}/tests/reference/confounds/{name}.npy", env!("CARGO_MANIFEST_DIR"));
        let data: Array2<f32> = ndarray_npy::read_npy(path("courses")).unwrap();
        let expected: Array2<f64> = ndarray_npy::read_npy(path("dvars")).unwrap();
        let dvars = Dvars::new(data.view());
        for (ours, theirs) in [&dvars.plain, &dvars.standardised].into_iter().zip(expected.rows()) {
            assert_eq!(ours.len(), theirs.len());
            let off: Array1<f64> = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs() / b).collect();
            assert!(off.iter().all(|off| *off < 1e-6), "{off}");
        }
    }
}
