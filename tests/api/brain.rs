//! Brain data: images, cleaning, subjects, networks.

mod atlases;
mod bad_images;
mod cleaning;
mod dataset;
mod images;
mod networks;
mod regions;
mod subject;

use ndarray::Array2;
use neurocell::Error;

/// Asserts that all values agree to `tolerance` times the largest value of the reference.
fn assert_close(got: &Array2<f32>, reference: &Array2<f64>, tolerance: f64) {
    assert_eq!(got.dim(), reference.dim());
    let scale = reference.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let apart = got.iter().zip(reference).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
    assert!(apart <= tolerance * scale, "values are up to {apart} apart, of {scale}");
}

/// Asserts that an error's text holds each of some parts.
fn assert_says(error: &Error, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "no `{part}` in: {text}");
    }
}
