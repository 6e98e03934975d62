//! Fisher's z, and the p value that autocorrelated series must not have.

use super::student::two_sided_r;

/// Fisher's z = artanh r, whose spread hardly depends on r: what is averaged and tested over subjects.
///
/// |r| above 1 − 1e-7 counts as that, so that a perfect correlation has z = 8.4 and not infinity; NaN stays NaN.
///
/// ```
/// assert!((neurocell::statistics::fisher_z(0.5) - 0.549_306).abs() < 1e-6);
/// ```
pub fn fisher_z(r: f64) -> f64 {
    const MOST: f64 = 1.0 - 1e-7;
    r.clamp(-MOST, MOST).atanh()
}

/// Two-sided p of a Pearson correlation of `count` **independent** pairs, by Student's t: for teaching only.
///
/// t = r·√((n − 2)/(1 − r²)) with n − 2 degrees of freedom. **Wrong for time series**: neighbouring volumes are alike, so that there are far fewer
/// independent ones than `count`, and p comes out far too small: between two AR(1) series with φ = 0.9 and nothing in common, p is below 0.05 in
/// half of all cases. What holds for series is [`correlation_test`](super::correlation_test).
///
/// 1 for fewer than 3 pairs, and NaN for an r that is NaN.
///
/// ```
/// use neurocell::statistics::naive_p;
/// assert!((naive_p(0.3, 40) - 0.06).abs() < 0.001);
/// ```
pub fn naive_p(r: f64, count: usize) -> f64 {
    match count {
        0..3 => 1.0,
        _ => two_sided_r(r, count),
    }
}
