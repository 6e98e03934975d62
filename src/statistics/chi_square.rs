//! The tail of the χ² distribution.

use libm::lgamma;

/// P(X ≥ x) of χ² with `freedom` degrees of freedom: the regularised upper incomplete gamma function Q(ν/2, x/2), by its series below the mean and by its
/// continued fraction (Lentz's method) above (DLMF 8.11.4, 8.9.2).
pub(crate) fn chi_square_tail(x: f64, freedom: f64) -> f64 {
    let (a, x) = (0.5 * freedom, 0.5 * x);
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - lgamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..10_000 {
            term *= x / (a + f64::from(n));
            sum += term;
            if term < 1e-17 * sum {
                break;
            }
        }
        return (1.0 - front * sum).clamp(0.0, 1.0);
    }
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1e300, 1.0 / b);
    let mut fraction = d;
    for n in 1..10_000 {
        let n = f64::from(n);
        let step = n * (a - n);
        b += 2.0;
        let away_from_0 = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
        d = 1.0 / away_from_0(step * d + b);
        c = away_from_0(b + step / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (front * fraction).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn tails_are_scipys() {
        // Rows: x, degrees of freedom, P(X ≥ x).
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/statistics/chi_square.npy");
        let found: Array2<f64> = ndarray_npy::read_npy(path).unwrap();
        assert!(found.nrows() > 50);
        for row in found.rows() {
            let tail = chi_square_tail(row[0], row[1]);
            assert!((tail - row[2]).abs() < 1e-14 + 1e-9 * row[2], "{row}: {tail}");
        }
    }
}
