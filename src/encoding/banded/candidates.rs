//! Weights of feature spaces, drawn from the simplex.

use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Gamma};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Equal weights first, then draws from Dirichlet distributions whose concentrations take turns, candidate × space.
///
/// The concentrations are positive.
pub(super) fn drawn(count: usize, spaces: usize, concentrations: &[f64], seed: u64) -> Array2<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut gammas = Array2::from_elem((count, spaces), 1.0 / spaces as f64);
    for (n, mut row) in gammas.rows_mut().into_iter().enumerate().skip(1) {
        let concentration = concentrations[n % concentrations.len()];
        // Logarithms, since gamma variates of a small concentration are often below the smallest number there is: those of concentration c
        // are those of c + 1 times a uniform one to the power of 1 / c.
        let Ok(gamma) = Gamma::new(concentration + 1.0, 1.0) else { continue };
        for weight in &mut row {
            let uniform = 1.0 - rng.r#gen::<f64>();
            *weight = gamma.sample(&mut rng).ln() + uniform.ln() / concentration;
        }
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.mapv_inplace(|log| (log - most).exp());
        row /= row.sum();
    }
    gammas
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Axis;

    #[test]
    fn candidates_lie_on_the_simplex_with_the_dirichlets_moments() {
        for concentration in [0.1, 1.0, 5.0] {
            let gammas = drawn(20_000, 3, &[concentration], 3);
            assert!(gammas.sum_axis(Axis(1)).iter().all(|sum| (sum - 1.0).abs() < 1e-12));
            // Mean 1/3 and variance (1/3)(2/3) / (3c + 1), with standard errors below 0.4 % and 2 %.
            let variance = 2.0 / 9.0 / (3.0 * concentration + 1.0);
            for column in gammas.columns() {
                let mean = column.mean().unwrap();
                let found = column.mapv(|g| (g - mean).powi(2)).mean().unwrap();
                assert!((mean - 1.0 / 3.0).abs() < 0.015 && (found / variance - 1.0).abs() < 0.06, "{mean} {found}");
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_candidates_and_the_first_has_equal_weights() {
        let gammas = drawn(10, 4, &[0.1, 1.0], 1);
        assert_eq!(gammas, drawn(10, 4, &[0.1, 1.0], 1));
        assert_ne!(gammas, drawn(10, 4, &[0.1, 1.0], 2));
        assert!(gammas.row(0).iter().all(|g| *g == 0.25));
    }
}
