//! The canonical haemodynamic response: what the BOLD signal does after a moment of neural activity.
//!
//! h(t) = γ(t; a₁, b) − c·γ(t; a₂, b), the difference of two gamma densities: a peak some 5 s after the
//! event, and an undershoot after it (Friston et al. 1998; Glover 1999). Values are those of nilearn's `spm_hrf` and `glover_hrf`.

/// Which haemodynamic response a course is convolved with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Hrf {
    /// SPM's double gamma: peak at 5 s, undershoot at 15 s, ratio 1 : 6.
    #[default]
    Spm,
    /// Glover's double gamma: a narrower peak, and a deeper and earlier undershoot.
    Glover,
    /// No convolution: the courses stay as they are.
    None,
}

/// Length of the response in seconds.
const LENGTH: f64 = 32.0;
/// Points per TR at which the response is computed and convolved.
pub(super) const FINE: usize = 16;

impl Hrf {
    /// The response at `points` points per TR over 32 s, summing to 1; of length 1 for [`Hrf::None`].
    ///
    /// Equal to nilearn's `spm_hrf(tr, oversampling=points)` and `glover_hrf`.
    ///
    /// ```
    /// use neurocell::activation::Hrf;
    /// let h = Hrf::Spm.kernel(1.5, 16);
    /// let peak = (0..h.len()).max_by(|a, b| h[*a].total_cmp(&h[*b])).unwrap();
    /// assert!((4.5..5.5).contains(&(peak as f64 * 1.5 / 16.0)));
    /// ```
    pub fn kernel(self, tr: f64, points: usize) -> Vec<f64> {
        // Shapes of the two gammas are delay / dispersion.
        let (peak, undershoot, dispersion, ratio) = match self {
            Hrf::Spm => (6.0, 16.0, 1.0, 0.167),
            Hrf::Glover => (6.0, 12.0, 0.9, 0.48),
            Hrf::None => return vec![1.0],
        };
        // Below a hundredth of a second nothing is sampled finer: see `Clock::new`.
        let step = tr.max(0.01) / points.max(1) as f64;
        let count = (LENGTH / step).round_ties_even().max(1.0) as usize;
        let at = |i: usize| if count > 1 { LENGTH * i as f64 / (count - 1) as f64 } else { 0.0 };
        let density = |t: f64, delay: f64| gamma_density((t - step) / dispersion, delay / dispersion) / dispersion;
        let values: Vec<f64> = (0..count).map(|i| density(at(i), peak) - ratio * density(at(i), undershoot)).collect();
        let sum: f64 = values.iter().sum();
        match sum != 0.0 {
            true => values.iter().map(|v| v / sum).collect(),
            // A TR so long that no point falls on the response.
            false => vec![1.0],
        }
    }

    /// What each earlier volume's value adds to a volume: the response summed over the lags between the volume's middle and
    /// the earlier TR, in which the course is held constant.
    pub(super) fn per_volume(self, tr: f64) -> Vec<f64> {
        if self == Hrf::None {
            return vec![1.0];
        }
        let kernel = self.kernel(tr, FINE);
        let lag = |point: usize| (point + FINE - FINE / 2 - 1) / FINE;
        let mut weights = vec![0.0; lag(kernel.len().saturating_sub(1)) + 1];
        for (point, value) in kernel.iter().enumerate() {
            weights[lag(point)] += value;
        }
        weights
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
            let sum: f64 = Hrf::Spm.per_volume(tr).iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "TR {tr}: {sum}");
        }
    }
}
