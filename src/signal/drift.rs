//! Slow courses that belong to the scanner, not to the brain.

use crate::error::{Error, Result};
use ndarray::Array2;

/// A constant and a straight line: time × 2, the constant first, the line from −1 to 1.
///
/// A run of one volume has no line: time × 1.
pub fn linear_trend(volumes: usize) -> Array2<f64> {
    let terms = volumes.min(2);
    Array2::from_shape_fn((volumes, terms), |(t, term)| match term {
        0 => 1.0,
        _ => 2.0 * t as f64 / (volumes - 1) as f64 - 1.0,
    })
}

/// Cosine drift of a run: time × term, all cosines slower than `cutoff_seconds` (the discrete cosine basis DCT-II).
///
/// Term k = 1 … ⌊2·n·TR / cutoff⌋ at volume t is √(2/n)·cos(π·k·(t + ½)/n). The values are those of nilearn's
/// `create_cosine_drift(1 / cutoff, frame_times)` without its last column, the constant. A run shorter than half the
/// cutoff has no term at all: time × 0.
///
/// # Errors
/// If TR or cutoff is not a positive number of seconds, or the cutoff is not above 2 TR: the filter would then remove
/// every frequency that the run can carry.
pub fn cosine_drift(volumes: usize, tr: f64, cutoff_seconds: f64) -> Result<Array2<f64>> {
    if !(tr.is_finite() && tr > 0.0) {
        return Err(Error::value(format!("TR is {tr} s"), "give the repetition time in seconds, for example 1.5"));
    }
    if !(cutoff_seconds.is_finite() && cutoff_seconds > 0.0) {
        return Err(Error::value(
            format!("the high-pass cutoff is {cutoff_seconds} s"),
            "give the longest period that is kept, in seconds, for example 128; for no filter give none",
        ));
    }
    if cutoff_seconds <= 2.0 * tr {
        return Err(Error::value(
            format!("a high-pass cutoff of {cutoff_seconds} s at TR {tr} s leaves no frequency"),
            format!("choose a cutoff well above 2 TR = {} s; 128 s is usual", 2.0 * tr),
        ));
    }
    let order = (2.0 * volumes as f64 * (1.0 / cutoff_seconds) * tr).floor() as usize;
    let order = order.min(volumes.saturating_sub(1));
    let n = volumes as f64;
    let scale = (2.0 / n).sqrt();
    Ok(Array2::from_shape_fn((volumes, order), |(t, term)| {
        scale * (std::f64::consts::PI / n * (t as f64 + 0.5) * (term + 1) as f64).cos()
    }))
}
