//! How alike subjects' maps of a pattern are.

use crate::coupling::correlate::centre;
use crate::encoding::EncodingFit;
use crate::error::Result;
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use ndarray::Array2;
use rayon::prelude::*;

/// Subject × subject: mean over patterns of the spatial r of their weight maps; none of one subject. A map that is constant in either correlates with nothing (0).
pub(super) fn consistency(fits: &[EncodingFit]) -> Result<Option<Array2<f64>>> {
    if fits.len() < 2 {
        return Ok(None);
    }
    let (patterns, voxels) = fits[0].weights().dim();
    let weights: Vec<&Array2<f32>> = fits.iter().map(EncodingFit::weights).collect();
    let of = |pattern: usize| -> Result<Array2<f64>> {
        check_cancelled("comparing subjects' maps")?;
        let mut maps = Array2::<f64>::zeros((weights.len(), voxels));
        for (mut to, weights) in maps.outer_iter_mut().zip(&weights) {
            if let Some((mean, norm)) = centre(weights.row(pattern)) {
                to.iter_mut().zip(weights.row(pattern)).for_each(|(to, w)| *to = (f64::from(*w) - mean) / norm);
            }
        }
        Ok(maps.dot(&maps.t()))
    };
    let each: Vec<Array2<f64>> = in_pool(|| (0..patterns).into_par_iter().map(of).collect::<Result<_>>())?;
    let sum = each.into_iter().fold(Array2::zeros((fits.len(), fits.len())), |sum, r| sum + r);
    Ok(Some(sum / patterns.max(1) as f64))
}

/// Mean over pairs of different subjects among those drawn; none if all are the same.
pub(super) fn mean_of_pairs(pairs: &Array2<f64>, drawn: &[usize]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for (n, a) in drawn.iter().enumerate() {
        for b in drawn[..n].iter().filter(|b| *b != a) {
            sum += pairs[[*a, *b]];
            count += 1;
        }
    }
    (count > 0).then(|| sum / f64::from(count))
}
