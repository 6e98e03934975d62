//! The tail of a sum of cosines and signs by the sums of the powers of its terms.
//!
//! log I₀(x) = x²/4 − x⁴/64 + x⁶·g(x²), with g a polynomial through six Chebyshev nodes on 0 to [`REACH`], and log cosh likewise: K and its
//! first two derivatives are then polynomials in t whose coefficients hold Σ_f c_f^2k.

use super::super::saddle::{correction, log_i0};
use std::sync::OnceLock;

/// Even powers that the polynomial has.
pub(super) const POWERS: usize = 8;
/// Largest argument of I₀; that of cosh is smaller by √2, where both terms have the same variance.
const REACH: f64 = 3.0;

/// Coefficients of x², x⁴, … up to [`REACH`].
struct Polynomials {
    log_i0: [f64; POWERS],
    log_cosh: [f64; POWERS],
}

fn polynomials() -> &'static Polynomials {
    static POLYNOMIALS: OnceLock<Polynomials> = OnceLock::new();
    POLYNOMIALS.get_or_init(|| Polynomials {
        log_i0: fitted(log_i0, [0.25, -1.0 / 64.0], REACH),
        log_cosh: fitted(|x| x.cosh().ln(), [0.5, -1.0 / 12.0], REACH / std::f64::consts::SQRT_2),
    })
}

/// An even function by even powers: the first two as they are at 0, the others through Chebyshev nodes.
fn fitted(of: impl Fn(f64) -> f64, [second, fourth]: [f64; 2], reach: f64) -> [f64; POWERS] {
    const NODES: usize = POWERS - 2;
    let node = |n: usize| 0.5 * reach * reach * (1.0 + (std::f64::consts::PI * (n as f64 + 0.5) / NODES as f64).cos());
    let at: [f64; NODES] = std::array::from_fn(node);
    // Newton's divided differences, then opened into powers of y = x².
    let mut divided = at.map(|y| (of(y.sqrt()) - second * y - fourth * y * y) / y.powi(3));
    for order in 1..NODES {
        for n in (order..NODES).rev() {
            divided[n] = (divided[n] - divided[n - 1]) / (at[n] - at[n - order]);
        }
    }
    let mut rest = [0.0; NODES];
    for n in (0..NODES).rev() {
        for power in (0..NODES).rev() {
            let below = if power > 0 { rest[power - 1] } else { 0.0 };
            rest[power] = below - at[n] * rest[power];
        }
        rest[0] += divided[n];
    }
    std::array::from_fn(|k| match k {
        0 => second,
        1 => fourth,
        _ => rest[k - 2],
    })
}

/// A sum of cosines and signs, of whose terms the sums of even powers are known.
pub(super) struct Tail {
    /// Coefficients of t², t⁴, … of K, for terms that are divided by `scale`.
    k: [f64; POWERS],
    variance: f64,
    excess: f64,
    /// The sixteenth power of a number that no divided term, those of signs times √2, is larger than.
    most: f64,
    scale: f64,
}

impl Tail {
    /// `phases`: Σ (c_f/scale)², (c_f/scale)⁴, … of the cosines, `signs` of the signs.
    pub(super) fn new(phases: [f64; POWERS], signs: [f64; POWERS], scale: f64) -> Tail {
        let polynomials = polynomials();
        let k = |k: usize| polynomials.log_i0[k] * phases[k] + polynomials.log_cosh[k] * signs[k];
        let variance = 0.5 * phases[0] + signs[0];
        let excess = -(0.375 * phases[1] + 2.0 * signs[1]) / (variance * variance);
        // No share is above 1; √2 to the sixteenth power is 256.
        let largest = |sums: &[f64; POWERS]| sums[POWERS - 1].clamp(0.0, 1.0);
        let most = largest(&phases).max(256.0 * largest(&signs));
        Tail { k: std::array::from_fn(k), variance, excess, most, scale }
    }

    /// Standard deviation of the sum.
    pub(super) fn sd(&self) -> f64 {
        self.scale * self.variance.sqrt()
    }

    /// P(X ≥ r) for r ≥ 0, or none where the polynomial does not reach.
    pub(super) fn beyond(&self, r: f64) -> Option<f64> {
        let r = r / self.scale;
        let mut t = r / self.variance;
        for _ in 0..30 {
            // K′ is concave: from the left Newton's steps never go beyond the root, so that this t is too small, if anything.
            if self.leaves(t) {
                return None;
            }
            let (_, slope, curve) = self.at(t);
            if curve <= 0.0 {
                return None;
            }
            let step = (r - slope) / curve;
            t += step;
            // What is left after this step is of the order of its square.
            if step.abs() <= 1e-3 * t {
                break;
            }
        }
        if t.is_nan() || self.leaves(t) {
            return None;
        }
        let (value, _, curve) = self.at(t);
        let w = (2.0 * (t * r - value)).max(0.0).sqrt();
        Some(correction(w, t * curve.sqrt(), self.excess))
    }

    /// Whether a term's argument would be beyond the polynomial's reach, in sixteenth powers, which need no root.
    fn leaves(&self, t: f64) -> bool {
        let sixteenth = |x: f64| x.powi(2 * POWERS as i32);
        sixteenth(t) * self.most > sixteenth(REACH)
    }

    /// K, K′ and K″ at t.
    fn at(&self, t: f64) -> (f64, f64, f64) {
        let y = t * t;
        let (mut value, mut slope, mut curve) = (0.0, 0.0, 0.0);
        for (k, coefficient) in self.k.iter().enumerate().rev() {
            let power = 2.0 * (k + 1) as f64;
            value = value * y + coefficient;
            slope = slope * y + power * coefficient;
            curve = curve * y + power * (power - 1.0) * coefficient;
        }
        (value * y, slope * t, curve)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::saddle::RandomSum;
    use super::*;

    #[test]
    fn the_polynomials_are_their_functions_up_to_their_reach() {
        let polynomials = polynomials();
        for n in 0..=300 {
            let x = 0.01 * f64::from(n);
            let value = |c: &[f64; POWERS], x: f64| {
                c.iter().enumerate().map(|(k, c)| c * x.powi(2 * k as i32 + 2)).sum::<f64>()
            };
            let shorter = x / std::f64::consts::SQRT_2;
            let cosh = value(&polynomials.log_cosh, shorter) - shorter.cosh().ln();
            let i0 = value(&polynomials.log_i0, x) - log_i0(x);
            assert!(i0.abs() < 2e-4 && cosh.abs() < 2e-3, "{x}: off by {i0} and {cosh}");
        }
    }

    #[test]
    fn tails_are_those_of_the_terms_one_by_one() {
        for slow in [0.0, 0.05, 0.2] {
            let shares: Vec<f64> = (0..120).map(|f| (-slow * f64::from(f)).exp()).collect();
            let powers =
                |shares: &[f64]| std::array::from_fn(|k| shares.iter().map(|c| c.powi(2 * k as i32 + 2)).sum());
            let scale = 0.02;
            let tail = Tail::new(powers(&shares), powers(&[0.4]), scale);
            let terms: Vec<f64> = shares.iter().map(|c| scale * c).collect();
            let sum = RandomSum { phases: &terms, signs: &[0.4 * scale] };
            let mut reached = 0;
            for z in 0..30 {
                let r = 0.25 * f64::from(z) * tail.sd();
                let Some(p) = tail.beyond(r) else { continue };
                reached += 1;
                assert!((p / sum.tail(r) - 1.0).abs() < 0.01, "{slow} {z}: {p} against {}", sum.tail(r));
            }
            assert!(reached >= 9, "{slow}: {reached}");
        }
    }
}
