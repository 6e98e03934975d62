//! How well a course is predicted: Pearson r and R².

use ndarray::ArrayView1;

/// Variance below this share of a course's square is rounding.
const CONSTANT: f64 = 1e-12;

/// Pearson r, and R² = 1 − Σ(y − ŷ)² / Σ(y − mean)²; both 0 where y does not vary, and r where ŷ does not.
pub(super) fn agreement(y: ArrayView1<f64>, predicted: ArrayView1<f64>) -> (f64, f64) {
    let centred = |course: ArrayView1<f64>| &course - course.mean().unwrap_or(0.0);
    let (of_y, of_p) = (centred(y), centred(predicted));
    let (total, variance) = (of_y.dot(&of_y), of_p.dot(&of_p));
    if total <= CONSTANT * y.dot(&y) {
        return (0.0, 0.0);
    }
    let error = (&y - &predicted).mapv(|d| d * d).sum();
    let varies = variance > CONSTANT * predicted.dot(&predicted);
    (if varies { of_y.dot(&of_p) / (total * variance).sqrt() } else { 0.0 }, 1.0 - error / total)
}
