//! The tail of a sum of cosines of random phases, by the saddle point.
//!
//! X = Σ_f c_f·cos θ_f + Σ_k s_k·ε_k, with phases θ_f uniform and signs ε_k fair, all independent, has the cumulant generating function
//! K(t) = Σ log I₀(c_f·t) + Σ log cosh(s_k·t). With K′(t) = r, w = √(2(t·r − K(t))) and u = t·√K″(t),
//! P(X ≥ r) ≈ Φ̄(w) + φ(w)·(1/u − 1/w) (Lugannani & Rice 1980, Adv Appl Probab 12). Since K″ falls with t > 0, u ≤ w: the tail is never negative.
//! Polynomials of I₀ and I₁ are those of Abramowitz & Stegun 9.8.1 to 9.8.4, good to 2e-7.

/// The smallest p that is given: a smaller one is not a normal number in double precision.
const LEAST: f64 = f64::MIN_POSITIVE;

/// A sum of cosines and signs.
pub(super) struct RandomSum<'a> {
    /// c_f, not negative.
    pub phases: &'a [f64],
    /// s_k, not negative.
    pub signs: &'a [f64],
}

impl RandomSum<'_> {
    /// P(X ≥ r), at least 2e-308; 1 if the sum has no term that is not 0.
    pub(super) fn tail(&self, r: f64) -> f64 {
        let square = |terms: &[f64]| terms.iter().map(|c| c * c).sum::<f64>();
        let variance = square(self.phases) / 2.0 + square(self.signs);
        if variance <= 0.0 {
            return 1.0;
        }
        if r < 0.0 {
            return 1.0 - self.tail(-r);
        }
        // Beyond the sum of all terms nothing can lie: there r is as near as numbers go.
        let most: f64 = self.phases.iter().chain(self.signs).sum();
        let r = r.min(most * (1.0 - 1e-12));
        // K′ is concave: from the left Newton's steps never go beyond the root.
        let mut t = r / variance;
        let (mut slope, mut curve) = self.derivatives(t);
        for _ in 0..200 {
            let step = (r - slope) / curve;
            t += step;
            (slope, curve) = self.derivatives(t);
            if step.abs() <= 1e-7 * t {
                break;
            }
        }
        let w = (2.0 * self.exponent(t, r)).max(0.0).sqrt();
        let fourth = |terms: &[f64]| terms.iter().map(|c| c.powi(4)).sum::<f64>();
        let excess = -(0.375 * fourth(self.phases) + 2.0 * fourth(self.signs)) / (variance * variance);
        correction(w, t * curve.sqrt(), excess)
    }

    /// K′(t) and K″(t).
    fn derivatives(&self, t: f64) -> (f64, f64) {
        let (mut slope, mut curve) = (0.0, 0.0);
        for &c in self.phases {
            let (a, change) = bessel_ratio(c * t);
            slope += c * a;
            curve += c * c * change;
        }
        for &s in self.signs {
            let a = (s * t).tanh();
            // 1 − tanh² without its cancellation.
            let cosh = (s * t).min(300.0).cosh();
            slope += s * a;
            curve += s * s / (cosh * cosh);
        }
        (slope, curve)
    }

    /// t·r − K(t).
    fn exponent(&self, t: f64, r: f64) -> f64 {
        // Terms grow as their argument: those parts are taken from r first.
        let (mut left, mut logarithms, mut product) = (r, 0.0, 1.0);
        for (n, &c) in self.phases.iter().enumerate() {
            let (scaled, grows) = i0(c * t);
            product *= scaled;
            if grows {
                left -= c;
            }
            if n % 8 == 7 {
                logarithms += f64::ln(product);
                product = 1.0;
            }
        }
        logarithms += product.ln();
        for &s in self.signs {
            // log cosh x = x + log((1 + e^(−2x))/2)
            left -= s;
            logarithms += (0.5 * (1.0 + (-2.0 * s * t).exp())).ln();
        }
        t * left - logarithms
    }
}

/// Φ̄(w) + φ(w)·(1/u − 1/w); near the middle 1/u − 1/w → −λ₄·w/8 with the excess λ₄, without the cancellation.
pub(super) fn correction(w: f64, u: f64, excess: f64) -> f64 {
    let density = (-0.5 * w * w).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let beyond = 0.5 * libm::erfc(w / std::f64::consts::SQRT_2);
    let correction = if w < 0.02 { -excess * w / 8.0 } else { 1.0 / u - 1.0 / w };
    (beyond + density * correction).clamp(LEAST, 1.0)
}

/// log I₀(x) for x ≥ 0.
pub(super) fn log_i0(x: f64) -> f64 {
    let (value, scaled) = i0(x);
    value.ln() + if scaled { x } else { 0.0 }
}

fn polynomial<const N: usize>(x: f64, terms: [f64; N]) -> f64 {
    terms.into_iter().rev().fold(0.0, |sum, term| sum * x + term)
}

/// I₀(x) and `false` for small x ≥ 0, I₀(x)·e^(−x) and `true` for others.
fn i0(x: f64) -> (f64, bool) {
    let ratio = x / 3.75;
    if ratio < 1.0 {
        return (small_i0(ratio * ratio), false);
    }
    (large_i0(1.0 / ratio) / x.sqrt(), true)
}

fn small_i0(y: f64) -> f64 {
    polynomial(y, [1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813])
}

fn large_i0(y: f64) -> f64 {
    polynomial(
        y,
        [0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633, 0.00392377],
    )
}

/// A(x) = I₁(x)/I₀(x) and its derivative 1 − A/x − A², for x ≥ 0.
fn bessel_ratio(x: f64) -> (f64, f64) {
    let ratio = x / 3.75;
    if ratio < 1.0 {
        let y = ratio * ratio;
        let over_x = polynomial(y, [0.5, 0.87890594, 0.51498869, 0.15084934, 0.02658733, 0.00301532, 0.00032411]);
        let over_x = over_x / small_i0(y);
        let a = x * over_x;
        return (a, 1.0 - over_x - a * a);
    }
    if x < 20.0 {
        let y = 1.0 / ratio;
        let i1 = polynomial(
            y,
            [
                0.39894228,
                -0.03988024,
                -0.00362018,
                0.00163801,
                -0.01031555,
                0.02282967,
                -0.02895312,
                0.01787654,
                -0.00420059,
            ],
        );
        let a = i1 / large_i0(y);
        return (a, 1.0 - a / x - a * a);
    }
    // The asymptotic series, whose derivative does not cancel.
    let y = 1.0 / x;
    let a = 1.0 - polynomial(y, [0.0, 0.5, 0.125, 0.125, 25.0 / 128.0, 13.0 / 32.0]);
    (a, y * y * polynomial(y, [0.5, 0.25, 0.375, 25.0 / 32.0, 65.0 / 32.0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(name: &str) -> ndarray::Array2<f64> {
        let path = format!("{}/tests/reference/statistics/{name}.npy", env!("CARGO_MANIFEST_DIR"));
        ndarray_npy::read_npy(path).unwrap()
    }

    #[test]
    fn bessel_functions_are_scipys() {
        for row in reference("bessel").rows() {
            let [x, scaled, ratio, change] = [row[0], row[1], row[2], row[3]];
            let (found, grows) = i0(x);
            let found = if grows { found } else { found * (-x).exp() };
            assert!((found / scaled - 1.0).abs() < 5e-7, "i0e({x}) is {found}, scipy has {scaled}");
            let (a, slope) = bessel_ratio(x);
            assert!((a - ratio).abs() < 1e-6 && (slope / change - 1.0).abs() < 1e-3, "x = {x}: {a} {slope}");
        }
    }

    #[test]
    fn tails_are_those_of_the_characteristic_function() {
        // Columns: case, r, P(X ≥ r) by inversion; the terms of each case are in a file of their own.
        let terms = reference("saddle_terms");
        for row in reference("saddle_tails").rows() {
            let case = terms.row(row[0] as usize);
            let (signs, phases): (Vec<f64>, Vec<f64>) = (vec![case[0]], case.iter().skip(1).copied().collect());
            let found = RandomSum { phases: &phases, signs: &signs }.tail(row[1]);
            let relative = found / row[2] - 1.0;
            assert!(relative.abs() < 0.06, "case {}, r = {}: {found} against {}", row[0], row[1], row[2]);
        }
    }

    #[test]
    fn no_r_is_too_small_or_too_large() {
        let phases: Vec<f64> = (1..100).map(|n| 0.3 / f64::from(n)).collect();
        let sum = RandomSum { phases: &phases, signs: &[0.01] };
        let most: f64 = phases.iter().sum::<f64>() + 0.01;
        assert!((sum.tail(0.0) - 0.5).abs() < 1e-12);
        let mut last = 1.0;
        for r in [-1.0, -1e-3, 0.0, 1e-300, 1e-12, 1e-6, 1e-3, 0.01, 0.1, 0.5, 0.9 * most, most, 10.0 * most] {
            let p = sum.tail(r);
            assert!(p > 0.0 && p <= last, "p of {r} is {p} after {last}");
            last = p;
        }
        assert!(last < 1e-100);
        assert_eq!(RandomSum { phases: &[0.0], signs: &[] }.tail(0.3), 1.0);
        // One term: P(c·cos θ ≥ r) is above 0 and below a half up to the end.
        assert!(RandomSum { phases: &[1.0], signs: &[] }.tail(1.0) < 1e-4);
    }
}
