//! The canonical haemodynamic response: what the BOLD signal does after a moment of neural activity.
//!
//! h(t) = γ(t; d₁/s₁, s₁) − c·γ(t; d₂/s₂, s₂), the difference of two gamma densities of shape d/s and scale s: a peak some 5 s after
//! the event, and an undershoot after it (Friston et al. 1998; Glover 1999). Values are those of nilearn's `spm_hrf`, `glover_hrf` and
//! their derivatives.

use crate::error::{Error, Result};

/// Which haemodynamic response a course is convolved with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Hrf {
    /// SPM's double gamma: peak at 5 s, undershoot at 15 s, ratio 1 : 6.
    #[default]
    Spm,
    /// Glover's double gamma: a narrower peak, and a deeper and earlier undershoot.
    Glover,
}

/// The response itself, or how it changes with one of its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum HrfPart {
    /// The response h.
    #[default]
    Response,
    /// The time derivative, (h(t) − h(t − 0.1 s)) / 0.1 s: a course that takes it up comes earlier or later.
    TimeDerivative,
    /// The dispersion derivative, (h − h with the peak's dispersion greater by 0.01) / 0.01: the peak becomes narrower or wider.
    DispersionDerivative,
}

/// Length of the response in seconds.
const LENGTH: f64 = 32.0;
/// Points per TR at which the response is computed and convolved.
pub(super) const FINE: usize = 16;

/// What the two gammas look like; delays and dispersions in seconds.
#[derive(Clone, Copy)]
struct Shape {
    undershoot: f64,
    dispersion: f64,
    undershoot_dispersion: f64,
    ratio: f64,
}

/// Delay of the peak's gamma in both responses, in seconds.
const PEAK: f64 = 6.0;

impl Hrf {
    /// The response at `points` points per TR over 32 s, summing to 1.
    ///
    /// Equal to nilearn's `spm_hrf(tr, oversampling=points)` and `glover_hrf`.
    ///
    /// # Errors
    /// As [`Hrf::kernel_of`].
    ///
    /// ```
    /// use neurocell::activation::Hrf;
    /// let h = Hrf::Spm.kernel(1.5, 16)?;
    /// let peak = (0..h.len()).max_by(|a, b| h[*a].total_cmp(&h[*b])).unwrap();
    /// assert!((4.5..5.5).contains(&(peak as f64 * 1.5 / 16.0)));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn kernel(self, tr: f64, points: usize) -> Result<Vec<f64>> {
        self.kernel_of(HrfPart::Response, tr, points, LENGTH)
    }

    /// A part of the response at `points` points per TR (`tr` seconds) over `seconds`.
    ///
    /// Values stand at `round(seconds · points / tr)` times from 0 to `seconds`, both included; both gammas begin one step, tr / points,
    /// after 0. The response sums to 1; its derivatives are differences of responses that each sum to 1. Equal to nilearn's `spm_hrf`,
    /// `spm_time_derivative`, `spm_dispersion_derivative` and their Glover forms, with `oversampling=points` and
    /// `time_length=seconds`; Glover's dispersion derivative has, as there, an undershoot of dispersion 1.
    ///
    /// # Errors
    /// If `tr` or `seconds` is not a positive finite number, `points` is 0, the grid has more than ten million points, or no point falls on the
    /// response.
    ///
    /// ```
    /// use neurocell::activation::{Hrf, HrfPart};
    /// let earlier = Hrf::Glover.kernel_of(HrfPart::TimeDerivative, 2.0, 50, 32.0)?;
    /// assert_eq!(earlier.len(), 800);
    /// assert!(earlier.iter().sum::<f64>().abs() < 0.1);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn kernel_of(self, part: HrfPart, tr: f64, points: usize, seconds: f64) -> Result<Vec<f64>> {
        let grid = Grid::new(tr, points, seconds)?;
        let shape = self.shape();
        let difference = |a: Vec<f64>, b: Vec<f64>, step: f64| a.iter().zip(&b).map(|(a, b)| (a - b) / step).collect();
        match part {
            HrfPart::Response => grid.response(shape, 0.0),
            HrfPart::TimeDerivative => Ok(difference(grid.response(shape, 0.0)?, grid.response(shape, 0.1)?, 0.1)),
            HrfPart::DispersionDerivative => {
                let narrow = Shape { undershoot_dispersion: 1.0, ..shape };
                let wide = Shape { dispersion: shape.dispersion + 0.01, ..narrow };
                Ok(difference(grid.response(narrow, 0.0)?, grid.response(wide, 0.0)?, 0.01))
            }
        }
    }

    fn shape(self) -> Shape {
        match self {
            Hrf::Spm => Shape { undershoot: 16.0, dispersion: 1.0, undershoot_dispersion: 1.0, ratio: 0.167 },
            Hrf::Glover => Shape { undershoot: 12.0, dispersion: 0.9, undershoot_dispersion: 0.9, ratio: 0.48 },
        }
    }

    /// What the course of each earlier volume (lag 0, 1, 2 …) adds to a volume: the response summed over the lags between the point at
    /// which the volume is read, `read` of [`FINE`] after its TR has begun, and the earlier TR, in which the course is held.
    pub(super) fn per_volume(self, part: HrfPart, tr: f64, read: usize) -> Result<Vec<f64>> {
        let kernel = self.kernel_of(part, tr, FINE, LENGTH)?;
        // No response has a value at lag 0, so that nothing is taken from the TR behind the volume where `read` is its end.
        let lag = |point: usize| (point + FINE - 1).saturating_sub(read) / FINE;
        let mut weights = vec![0.0; lag(kernel.len().saturating_sub(1)) + 1];
        for (point, value) in kernel.iter().enumerate() {
            weights[lag(point)] += value;
        }
        Ok(weights)
    }
}

/// The points in time at which a response is computed.
struct Grid {
    step: f64,
    seconds: f64,
    count: usize,
}

impl Grid {
    fn new(tr: f64, points: usize, seconds: f64) -> Result<Grid> {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        if !positive(tr) || !positive(seconds) || points == 0 {
            return Err(Error::value(
                format!("a response over {seconds} s with {points} points per TR of {tr} s"),
                "give a TR and a length in seconds, both above 0, and at least one point per TR",
            ));
        }
        let step = tr / points as f64;
        let count = (seconds / step).round_ties_even();
        match count <= 1e7 {
            true => Ok(Grid { step, seconds, count: count as usize }),
            false => Err(Error::value(
                format!("a response over {seconds} s in steps of {step} s has {count} points"),
                "take fewer points per TR; 16 to 50 are usual",
            )),
        }
    }

    /// The response, later by `onset` seconds, summing to 1.
    fn response(&self, shape: Shape, onset: f64) -> Result<Vec<f64>> {
        let time = |i: usize| match self.count {
            1 => 0.0,
            count => self.seconds * i as f64 / (count - 1) as f64,
        };
        let density = |i: usize, delay: f64, dispersion: f64| {
            gamma_density((time(i) - onset - self.step) / dispersion, delay / dispersion) / dispersion
        };
        let value = |i| {
            density(i, PEAK, shape.dispersion) - shape.ratio * density(i, shape.undershoot, shape.undershoot_dispersion)
        };
        let values: Vec<f64> = (0..self.count).map(value).collect();
        let sum: f64 = values.iter().sum();
        if sum.abs() < 1e-12 {
            return Err(Error::value(
                format!("none of {} points, {} s apart, falls on the response", self.count, self.step),
                "take more points per TR, or a longer response (32 s is usual)",
            ));
        }
        Ok(values.iter().map(|v| v / sum).collect())
    }
}

/// Density of the gamma distribution of unit scale, x^(a−1)·e^(−x) / Γ(a).
fn gamma_density(x: f64, shape: f64) -> f64 {
    match x > 0.0 {
        true => ((shape - 1.0) * x.ln() - x - ln_gamma(shape)).exp(),
        false => 0.0,
    }
}

/// ln Γ(x) for x ≥ 1 by Lanczos' approximation (g = 7, nine terms), good to 1e-14.
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let t = x + 7.5;
    let series: f64 = TERMS[1..].iter().enumerate().map(|(i, term)| term / (x + 1.0 + i as f64)).sum();
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + (TERMS[0] + series).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_gamma_of_whole_numbers_is_the_logarithm_of_factorials() {
        let mut factorial = 1.0_f64;
        for n in 1..20 {
            factorial *= f64::from(n);
            assert!((ln_gamma(f64::from(n) + 1.0) - factorial.ln()).abs() < 1e-11, "{n}");
        }
    }

    #[test]
    fn weights_per_volume_keep_the_sum_of_the_response() {
        for tr in [0.4, 0.72, 1.5, 2.0, 3.0] {
            for read in [0, 8, 16] {
                let sum: f64 = Hrf::Spm.per_volume(HrfPart::Response, tr, read).unwrap().iter().sum();
                assert!((sum - 1.0).abs() < 1e-12, "TR {tr}, read at {read}: {sum}");
            }
        }
    }
}
