//! Gaussian smoothing, axis by axis.

/// The kernel reaches so many standard deviations to each side, as in scipy.
const REACH: f64 = 4.0;

/// Columns that are worked on together along the second and third axis, so that they stay in cache.
const TOGETHER: usize = 2048;

/// A Gaussian kernel along each axis of a grid.
///
/// The values of scipy's `gaussian_filter1d` in its default mode, with which nilearn smooths: the kernel is cut at four standard deviations and sums to 1; beyond
/// its border a volume goes on as its own mirror image (d c b a | a b c d | d c b a).
#[derive(Clone, Debug)]
pub(in crate::brain) struct Gaussian {
    /// For each axis the weights from the middle outwards; empty where nothing is smoothed.
    weights: [Vec<f32>; 3],
}

impl Gaussian {
    /// Of the given full width at half maximum in mm along each axis: σ = fwhm / √(8 ln 2), in voxels of that size.
    pub(in crate::brain) fn new(fwhm: [f64; 3], voxel_size: [f64; 3]) -> Gaussian {
        let of = |axis: usize| {
            let sigma = fwhm[axis] / ((8.0 * std::f64::consts::LN_2).sqrt() * voxel_size[axis]);
            if sigma <= 0.0 {
                return Vec::new();
            }
            let radius = (REACH * sigma + 0.5) as usize;
            let half: Vec<f64> = (0..=radius).map(|k| (-0.5 * (k as f64 / sigma).powi(2)).exp()).collect();
            let sum = 2.0 * half.iter().sum::<f64>() - 1.0;
            half.into_iter().map(|w| (w / sum) as f32).collect()
        };
        Gaussian { weights: [of(0), of(1), of(2)] }
    }

    /// Smooths a volume in place.
    pub(in crate::brain) fn smooth(&self, volume: &mut [f32], shape: [usize; 3]) {
        let [x, y, z] = shape;
        let mut scratch = Vec::new();
        if self.weights[0].len() > 1 {
            volume.chunks_exact_mut(x.max(1)).for_each(|row| along_row(row, &self.weights[0], &mut scratch));
        }
        if self.weights[1].len() > 1 {
            let planes = volume.chunks_exact_mut((x * y).max(1));
            planes.for_each(|plane| across_rows(plane, y, x, &self.weights[1], &mut scratch));
        }
        if self.weights[2].len() > 1 {
            across_rows(volume, z, x * y, &self.weights[2], &mut scratch);
        }
    }
}

/// Where a place beyond a border of `n` values is found in the mirror image.
fn mirrored(place: isize, n: usize) -> usize {
    let place = place.rem_euclid(2 * n as isize) as usize;
    if place < n { place } else { 2 * n - 1 - place }
}

/// One row of values that lie side by side.
fn along_row(row: &mut [f32], weights: &[f32], scratch: &mut Vec<f32>) {
    let (n, radius) = (row.len(), weights.len() - 1);
    scratch.clear();
    scratch.extend((0..n + 2 * radius).map(|i| row[mirrored(i as isize - radius as isize, n)]));
    row.iter_mut().zip(&scratch[radius..]).for_each(|(to, v)| *to = weights[0] * v);
    for (k, weight) in weights.iter().enumerate().skip(1) {
        let (before, behind) = (&scratch[radius - k..], &scratch[radius + k..]);
        for ((to, a), b) in row.iter_mut().zip(before).zip(behind) {
            *to += weight * (a + b);
        }
    }
}

/// `n` rows of `width` values each, smoothed across the rows.
fn across_rows(values: &mut [f32], n: usize, width: usize, weights: &[f32], scratch: &mut Vec<f32>) {
    for first in (0..width).step_by(TOGETHER) {
        let columns = first..(first + TOGETHER).min(width);
        let wide = columns.len();
        scratch.clear();
        (0..n).for_each(|row| scratch.extend_from_slice(&values[row * width..][columns.clone()]));
        let part = |row: isize| &scratch[mirrored(row, n) * wide..][..wide];
        for row in 0..n {
            let to = &mut values[row * width..][columns.clone()];
            to.iter_mut().zip(part(row as isize)).for_each(|(to, v)| *to = weights[0] * v);
            for (k, weight) in weights.iter().enumerate().skip(1) {
                let (before, behind) = (part(row as isize - k as isize), part(row as isize + k as isize));
                for ((to, a), b) in to.iter_mut().zip(before).zip(behind) {
                    *to += weight * (a + b);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_border_stands_the_mirror_image() {
        let found: Vec<usize> = (-5..8).map(|place| mirrored(place, 3)).collect();
        assert_eq!(found, [1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]);
    }

    #[test]
    fn smoothing_keeps_a_constant_and_the_sum() {
        let gaussian = Gaussian::new([6.0, 4.0, 9.0], [2.0, 2.0, 3.5]);
        let shape = [7, 5, 6];
        let mut constant = vec![2.5; 210];
        gaussian.smooth(&mut constant, shape);
        assert!(constant.iter().all(|v| (v - 2.5).abs() < 1e-5));
        let mut peak = vec![0.0; 210];
        peak[100] = 1.0;
        gaussian.smooth(&mut peak, shape);
        assert!((peak.iter().sum::<f32>() - 1.0).abs() < 1e-5 && peak[100] < 0.2);
    }

    #[test]
    fn an_axis_of_no_width_is_left_alone() {
        let mut volume: Vec<f32> = (0..24).map(|n| (n * n % 7) as f32).collect();
        let before = volume.clone();
        Gaussian::new([0.0; 3], [2.0; 3]).smooth(&mut volume, [2, 3, 4]);
        assert_eq!(volume, before);
    }
}
