//! Random fields of a stated smoothness on the voxels of a mask.

use crate::brain::Mask;
use rand::Rng;
use rand_distr::StandardNormal;

/// Makes Gaussian random fields with mean 0 and variance 1 at every voxel of a mask, smooth to a Gaussian kernel.
///
/// White noise on the mask's bounding box is smoothed along the three axes and divided by the standard
/// deviation that the smoothing leaves at each voxel, so that the box's faces are no quieter than its middle.
pub(crate) struct Field {
    size: [usize; 3],
    /// Position in the box of each voxel of the mask.
    inside: Vec<u32>,
    kernels: [Vec<f32>; 3],
    /// What each voxel of the mask is multiplied by; empty for white noise.
    gain: Vec<f32>,
}

/// Kernels end at this many standard deviations.
const REACH: f64 = 2.5;

impl Field {
    /// Fields smoothed by a Gaussian of standard deviation `sigma` mm; 0 gives white noise.
    pub(crate) fn new(mask: &Mask, sigma: f64) -> Field {
        let (low, size) = bounding_box(mask);
        let inside = (0..mask.count())
            .map(|n| {
                let at = mask.position(n);
                (at[0] - low[0] + size[0] * (at[1] - low[1] + size[1] * (at[2] - low[2]))) as u32
            })
            .collect();
        let spacing = voxel_size(mask);
        let kernels: [Vec<f32>; 3] = std::array::from_fn(|axis| kernel(sigma / spacing[axis]));
        let gain = match kernels.iter().all(|k| k.len() == 1) {
            true => Vec::new(),
            false => {
                let power: [Vec<f64>; 3] = std::array::from_fn(|axis| power(&kernels[axis], size[axis]));
                (0..mask.count())
                    .map(|n| {
                        let at = mask.position(n);
                        let variance: f64 = (0..3).map(|axis| power[axis][at[axis] - low[axis]]).product();
                        (1.0 / variance.sqrt()) as f32
                    })
                    .collect()
            }
        };
        Field { size, inside, kernels, gain }
    }

    /// One field, as a value for each voxel of the mask.
    pub(crate) fn draw(&self, rng: &mut impl Rng, out: &mut [f32]) {
        if self.gain.is_empty() {
            out.iter_mut().for_each(|v| *v = rng.sample(StandardNormal));
            return;
        }
        let cells: usize = self.size.iter().product();
        let mut field: Vec<f32> = (0..cells).map(|_| rng.sample(StandardNormal)).collect();
        let mut other = vec![0.0; cells];
        let mut stride = 1;
        for (kernel, length) in self.kernels.iter().zip(self.size) {
            if kernel.len() > 1 {
                smooth(&field, &mut other, kernel, stride, length);
                std::mem::swap(&mut field, &mut other);
            }
            stride *= length;
        }
        for ((out, &at), gain) in out.iter_mut().zip(&self.inside).zip(&self.gain) {
            *out = field[at as usize] * gain;
        }
    }
}

/// Lower corner and size of the smallest box that holds the mask.
fn bounding_box(mask: &Mask) -> ([usize; 3], [usize; 3]) {
    let (mut low, mut high) = (mask.shape(), [0; 3]);
    for n in 0..mask.count() {
        let at = mask.position(n);
        low = std::array::from_fn(|axis| low[axis].min(at[axis]));
        high = std::array::from_fn(|axis| high[axis].max(at[axis]));
    }
    (low, std::array::from_fn(|axis| (high[axis] + 1).saturating_sub(low[axis])))
}

/// Millimetres from one voxel to the next along each axis.
pub(crate) fn voxel_size(mask: &Mask) -> [f64; 3] {
    let m = &mask.affine().0;
    std::array::from_fn(|axis| m.iter().map(|row| row[axis] * row[axis]).sum::<f64>().sqrt())
}

/// Gaussian of `sigma` voxels with unit sum of squares, so that white noise of variance 1 keeps its variance.
fn kernel(sigma: f64) -> Vec<f32> {
    let radius = match sigma < 0.3 {
        true => 0,
        false => (REACH * sigma).ceil() as i64,
    };
    let weight = |at: i64| if at == 0 { 1.0 } else { (-0.5 * (at as f64 / sigma).powi(2)).exp() };
    let norm = (-radius..=radius).map(|at| weight(at).powi(2)).sum::<f64>().sqrt();
    (-radius..=radius).map(|at| (weight(at) / norm) as f32).collect()
}

/// Sum of the squared kernel weights that fall inside an axis of `length` voxels, for each position.
fn power(kernel: &[f32], length: usize) -> Vec<f64> {
    let radius = kernel.len() / 2;
    (0..length)
        .map(|at| {
            let taps = (0..kernel.len()).filter(|tap| (at + tap).checked_sub(radius).is_some_and(|from| from < length));
            taps.map(|tap| f64::from(kernel[tap]).powi(2)).sum()
        })
        .collect()
}

/// Convolves along the axis whose neighbours lie `stride` apart; beyond the box there is nothing.
fn smooth(field: &[f32], out: &mut [f32], kernel: &[f32], stride: usize, length: usize) {
    let radius = kernel.len() / 2;
    let block = stride * length;
    for (field, out) in field.chunks_exact(block).zip(out.chunks_exact_mut(block)) {
        out.fill(0.0);
        for (tap, &weight) in kernel.iter().enumerate() {
            // out[at] += weight · field[at + tap − radius], a whole stretch of the block at a time
            let (to, from) = (radius.saturating_sub(tap), tap.saturating_sub(radius));
            let count = length.saturating_sub(to.max(from)) * stride;
            if count == 0 {
                continue;
            }
            let source = &field[from * stride..from * stride + count];
            let target = &mut out[to * stride..to * stride + count];
            target.iter_mut().zip(source).for_each(|(t, s)| *t += weight * s);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brain::Affine;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn ball(size: usize, spacing: f64) -> Mask {
        let middle = (size as f64 - 1.0) / 2.0;
        let inside = |n: &u32| {
            let at = [*n as usize % size, *n as usize / size % size, *n as usize / size / size];
            at.iter().map(|&a| (a as f64 - middle).powi(2)).sum::<f64>().sqrt() < middle
        };
        let s = spacing;
        let affine = Affine([[s, 0.0, 0.0, 0.0], [0.0, s, 0.0, 0.0], [0.0, 0.0, s, 0.0]]);
        let voxels = (0..(size * size * size) as u32).filter(inside).collect();
        Mask { shape: [size; 3], affine, voxels, origin: Default::default() }
    }

    #[test]
    fn a_field_has_variance_one_everywhere_and_the_smoothness_asked_for() {
        let mask = ball(15, 4.0);
        let sigma = 6.0;
        let field = Field::new(&mask, sigma);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let (mut square, mut product, mut pairs) = (vec![0.0; mask.count()], 0.0, 0);
        let mut one = vec![0.0; mask.count()];
        let draws = 2000;
        for _ in 0..draws {
            field.draw(&mut rng, &mut one);
            square.iter_mut().zip(&one).for_each(|(s, v)| *s += f64::from(*v).powi(2));
            for (voxels, values) in mask.voxels.windows(2).zip(one.windows(2)) {
                if voxels[1] == voxels[0] + 1 {
                    product += f64::from(values[0] * values[1]);
                    pairs += 1;
                }
            }
        }
        // The sd of a variance over 2000 draws is 3 %; five of them.
        for (n, s) in square.iter().enumerate() {
            assert!((s / f64::from(draws) - 1.0).abs() < 0.16, "voxel {n} has variance {}", s / f64::from(draws));
        }
        // Two points of a field smoothed to σ, h apart, correlate as exp(−h²/4σ²).
        let expected = (-(4.0_f64.powi(2)) / (4.0 * sigma * sigma)).exp();
        let found = product / f64::from(pairs);
        assert!((found - expected).abs() < 0.01, "neighbours correlate {found}, {expected} was asked");
    }

    #[test]
    fn a_flat_mask_of_one_slice_is_smoothed_within_it() {
        let mut mask = ball(9, 2.0);
        mask.voxels = mask.voxels.iter().copied().filter(|v| v / 81 == 4).collect();
        let mut one = vec![0.0; mask.count()];
        Field::new(&mask, 4.0).draw(&mut Xoshiro256PlusPlus::seed_from_u64(2), &mut one);
        assert!(one.iter().all(|v| v.is_finite()) && one.iter().any(|v| v.abs() > 0.1));
    }
}
