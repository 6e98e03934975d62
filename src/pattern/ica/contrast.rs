//! What FastICA takes for far from Gaussian: the derivative g of a contrast G, and its slope.

use crate::linalg::vectorised;

/// The contrast E[G(w·x)] whose extremes are the independent components (Hyvärinen 1999).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contrast {
    /// G(u) = log cosh u, g = tanh: for components of any kind.
    #[default]
    LogCosh,
    /// G(u) = −exp(−u²/2), g = u·exp(−u²/2): for heavy tails and outliers.
    Exp,
    /// G(u) = u⁴/4, g = u³: kurtosis; quick, and moved by outliers.
    Cube,
}

/// Numbers that are summed side by side.
const LANES: usize = 16;

impl Contrast {
    /// As the method's line says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Contrast::LogCosh => "log cosh",
            Contrast::Exp => "exp",
            Contrast::Cube => "cube",
        }
    }

    /// u ← g(u) for each; Σ g′(u).
    pub(super) fn apply(self, values: &mut [f32]) -> f64 {
        match self {
            Contrast::LogCosh => vectorised(
                #[inline(always)]
                || {
                    each(
                        values,
                        #[inline(always)]
                        |u| {
                            let g = tanh(u);
                            (g, g.mul_add(-g, 1.0))
                        },
                    )
                },
            ),
            Contrast::Exp => vectorised(
                #[inline(always)]
                || {
                    each(
                        values,
                        #[inline(always)]
                        |u| {
                            let bell = bell(u);
                            let g = u * bell;
                            (g, (-u).mul_add(g, bell))
                        },
                    )
                },
            ),
            Contrast::Cube => vectorised(
                #[inline(always)]
                || {
                    each(
                        values,
                        #[inline(always)]
                        |u| (u * u * u, 3.0 * u * u),
                    )
                },
            ),
        }
    }
}

#[inline(always)]
fn each(values: &mut [f32], function: impl Fn(f32) -> (f32, f32)) -> f64 {
    let mut sums = [0f32; LANES];
    let (whole, rest) = values.split_at_mut(values.len() / LANES * LANES);
    for some in whole.chunks_exact_mut(LANES) {
        for (value, sum) in some.iter_mut().zip(&mut sums) {
            let (g, slope) = function(*value);
            *value = g;
            *sum += slope;
        }
    }
    let mut total: f64 = sums.iter().copied().map(f64::from).sum();
    for value in rest {
        let (g, slope) = function(*value);
        *value = g;
        total += f64::from(slope);
    }
    total
}

/// tanh to 4e-7, without branches, so that the compiler makes it a vector loop (odd polynomial over even one, Eigen's coefficients).
#[inline(always)]
fn tanh(x: f32) -> f32 {
    const ODD: [f32; 7] = [
        -2.76076847742355e-16_f64 as f32,
        2.00018790482477e-13_f64 as f32,
        -8.60467152213735e-11_f64 as f32,
        5.12229709037114e-08_f64 as f32,
        1.48572235717979e-05_f64 as f32,
        6.37261928875436e-04_f64 as f32,
        4.89352455891786e-03_f64 as f32,
    ];
    const EVEN: [f32; 4] = [
        1.19825839466702e-06_f64 as f32,
        1.18534705686654e-04_f64 as f32,
        2.26843463243900e-03_f64 as f32,
        4.89352518554385e-03_f64 as f32,
    ];
    let x = x.clamp(-7.905_311, 7.905_311);
    let square = x * x;
    let odd = ODD[0];
    let odd = odd.mul_add(square, ODD[1]);
    let odd = odd.mul_add(square, ODD[2]);
    let odd = odd.mul_add(square, ODD[3]);
    let odd = odd.mul_add(square, ODD[4]);
    let odd = odd.mul_add(square, ODD[5]);
    let odd = odd.mul_add(square, ODD[6]);
    let even = EVEN[0].mul_add(square, EVEN[1]).mul_add(square, EVEN[2]).mul_add(square, EVEN[3]);
    x * odd / even
}

/// exp(−u²/2) to some 1e-7 of itself: 2^n · p(r) with |r| ≤ ln 2 / 2, p of Taylor's first seven terms.
#[inline(always)]
fn bell(u: f32) -> f32 {
    // Added and taken away again, it leaves the nearest whole number; the sum's lowest bits hold it.
    const ROUND: f32 = 12_582_912.0;
    let x = (-0.5 * u * u).max(-87.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    // ln 2 in two parts, the first of which times n is exact.
    let r = n.mul_add(2.121_944_4e-4, n.mul_add(-0.693_359_4, x));
    let p = (1.0_f32 / 5040.0).mul_add(r, 1.0 / 720.0).mul_add(r, 1.0 / 120.0).mul_add(r, 1.0 / 24.0);
    let p = p.mul_add(r, 1.0 / 6.0).mul_add(r, 0.5).mul_add(r, 1.0).mul_add(r, 1.0);
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    p * f32::from_bits(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contrast_has_its_own_derivative_and_slope() {
        let points: Vec<f32> = (-12_000..=12_000).map(|i| i as f32 * 1e-3).collect();
        type Exact = fn(f64) -> (f64, f64);
        let exact: [(Contrast, Exact); 3] = [
            (Contrast::LogCosh, |u| (u.tanh(), 1.0 - u.tanh().powi(2))),
            (Contrast::Exp, |u| {
                let bell = (-u * u / 2.0).exp();
                (u * bell, (1.0 - u * u) * bell)
            }),
            (Contrast::Cube, |u| (u.powi(3), 3.0 * u * u)),
        ];
        for (contrast, function) in exact {
            let mut found = points.clone();
            let slope = contrast.apply(&mut found);
            for (&u, g) in points.iter().zip(found) {
                let expected = function(f64::from(u)).0;
                assert!((f64::from(g) - expected).abs() < 5e-7 * expected.abs().max(1.0), "{contrast:?} {u}: {g}");
            }
            let expected: f64 = points.iter().map(|&u| function(f64::from(u)).1).sum();
            assert!((slope - expected).abs() < 1e-5 * expected.abs().max(1000.0), "{contrast:?}: {slope} {expected}");
        }
    }
}
