//! Tails of Student's t distribution, and of the correlation of independent values.

use libm::lgamma;

/// Two-sided p of Student's t with `freedom` degrees of freedom: I(ν/(ν + t²); ν/2, ½) with the regularised incomplete beta function I.
pub(crate) fn two_sided_t(t: f64, freedom: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    let square = t * t;
    incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + square), square / (freedom + square))
}

/// Two-sided p of a Pearson (or rank) correlation of `count` independent pairs: t = r·√((n − 2)/(1 − r²)) has n − 2 degrees of freedom.
pub(crate) fn two_sided_r(r: f64, count: usize) -> f64 {
    let square = (r * r).min(1.0);
    incomplete_beta((count as f64 - 2.0) / 2.0, 0.5, 1.0 - square, square)
}

/// The regularised incomplete beta function I(x; a, b), `rest` being 1 − x, by its continued fraction (Lentz's method; DLMF 8.17.22).
fn incomplete_beta(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if rest <= 0.0 {
        return 1.0;
    }
    // On this side of the mean the fraction converges within some dozens of terms.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, rest, x);
    }
    let front = (a * x.ln() + b * rest.ln() + lgamma(a + b) - lgamma(a) - lgamma(b)).exp() / a;
    let away_from_0 = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / away_from_0(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut last = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_0(1.0 + term * d);
            c = away_from_0(1.0 + term / c);
            last = c * d;
            fraction *= last;
        }
        if (last - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (front * fraction).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_one_or_two_degrees_of_freedom_the_tail_has_a_plain_form() {
        for t in [0.0, 1e-3, 0.7, 1.0, 4.0, 1e3, 1e8] {
            let cauchy = if t > 1e3 { 2.0 / t } else { 1.0 - 2.0 * f64::atan(t) / std::f64::consts::PI };
            let cauchy = if t > 1e3 { cauchy / std::f64::consts::PI } else { cauchy };
            let tolerance = 1e-12 + 1e-10 * cauchy;
            assert!((two_sided_t(t, 1.0) - cauchy).abs() < tolerance, "t = {t}");
            let root = (2.0 + t * t).sqrt();
            // 1 − t/√(2 + t²), without its cancellation.
            let of_two = 2.0 / (root * (root + t));
            assert!((two_sided_t(t, 2.0) / of_two - 1.0).abs() < 1e-11, "t = {t}");
        }
        assert_eq!(two_sided_t(f64::INFINITY, 5.0), 0.0);
    }
}
