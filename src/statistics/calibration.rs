//! Whether p values keep their promise on noise, and where they do not.

use super::*;
use crate::clock::Clock;
use ndarray::{Array2, Axis};
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// AR(1) noise, time × series, each run of `clock` by itself.
pub(super) fn noise(clock: &Clock, columns: usize, phi: f32, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut out = Array2::from_shape_simple_fn((clock.total(), columns), || rng.sample::<f32, _>(StandardNormal));
    for run in 0..clock.runs() {
        for t in clock.rows(run).skip(1) {
            for c in 0..columns {
                out[[t, c]] = phi * out[[t - 1, c]] + (1.0 - phi * phi).sqrt() * out[[t, c]];
            }
        }
    }
    out
}

/// Share of p below each level.
fn shares(p: &[f64]) -> [f64; 3] {
    [0.05, 0.2, 0.5].map(|level| p.iter().filter(|p| **p <= level).count() as f64 / p.len() as f64)
}

fn assert_uniform(what: &str, p: &[f64]) {
    for (share, level) in shares(p).into_iter().zip([0.05_f64, 0.2, 0.5]) {
        let error = (level * (1.0 - level) / p.len() as f64).sqrt();
        assert!((share - level).abs() < 4.0 * error + 0.1 * level * 0.5, "{what}: {share:.4} of p below {level}");
    }
}

/// 200 subjects of two runs, 10 independent voxels each: 2,000 pairs.
fn subjects(phi: f32, seed: u64) -> (Array2<f32>, Array2<f32>, Clock) {
    let clock = Clock::new(2.0, &[150, 150]).unwrap();
    (noise(&clock, 2000, phi, seed), noise(&clock, 2000, phi, seed + 1), clock)
}

#[test]
fn p_by_random_phases_is_uniform_however_slow_the_noise() {
    for (n, phi) in [0.3_f32, 0.6, 0.9].into_iter().enumerate() {
        let (x, y, clock) = subjects(phi, 10 + 10 * n as u64);
        for sides in [Sides::Greater, Sides::Both] {
            let found = correlation_test(&x, &y, &clock, &Null::Phase, sides).unwrap();
            assert_uniform(&format!("phases, φ = {phi}, {sides}"), found.p());
        }
    }
}

#[test]
fn p_by_circular_shifts_is_uniform_but_for_very_slow_noise() {
    for (n, phi) in [0.3_f32, 0.6, 0.9].into_iter().enumerate() {
        let (x, y, clock) = subjects(phi, 110 + 10 * n as u64);
        let found = correlation_test(&x, &y, &clock, &Null::shifts(), Sides::Greater).unwrap();
        match phi < 0.9 {
            true => assert_uniform(&format!("shifts, φ = {phi}"), found.p()),
            false => assert!((0.05..0.1).contains(&shares(found.p())[0]), "{:?}", shares(found.p())),
        }
    }
}

#[test]
fn p_by_blocks_is_uniform_for_blocks_longer_than_the_memory_and_too_small_for_shorter() {
    let below = |phi, block_seconds, seed| {
        let (x, y, clock) = subjects(phi, seed);
        let null = Null::BlockPermutation { block_seconds, permutations: 500, seed: 1 };
        let found = correlation_test(&x, &y, &clock, &null, Sides::Greater).unwrap();
        (shares(found.p())[0], found.p().to_vec())
    };
    assert_uniform("blocks of 10, φ = 0.3", &below(0.3, 20.0, 210).1);
    let (short, long) = (below(0.9, 4.0, 220).0, below(0.9, 40.0, 220).0);
    assert!(short > 0.1, "blocks of 2 volumes at φ = 0.9: {short} of p below 0.05");
    assert!(long < 0.08 && long < short, "blocks of 20 volumes at φ = 0.9: {long}");
}

#[test]
fn a_plain_t_test_on_slow_noise_is_wrong() {
    let clock = Clock::new(2.0, &[300]).unwrap();
    let (x, y) = (noise(&clock, 1000, 0.9, 1), noise(&clock, 1000, 0.9, 2));
    let found = correlation_test(&x, &y, &clock, &Null::Phase, Sides::Both).unwrap();
    let naive: Vec<f64> = found.r().iter().map(|r| naive_p(*r, 300)).collect();
    assert!(shares(&naive)[0] > 0.4, "{:?}", shares(&naive));
    assert_uniform("phases", found.p());
}

#[test]
fn p_in_closed_form_is_that_of_many_surrogates() {
    let clock = Clock::new(2.0, &[60, 51]).unwrap();
    let (x, y) = (noise(&clock, 4, 0.7, 5), noise(&clock, 4, 0.7, 6));
    let y = &x * 0.25 + &y;
    let found = correlation_test(&x, &y, &clock, &Null::Phase, Sides::Greater).unwrap();
    let sd = phase_null_sd(&x, &y, &clock).unwrap();
    let draws = 20_000;
    for column in 0..4 {
        // One column many times over: each copy gets phases of its own.
        let one = x.select(Axis(1), &vec![column; draws]);
        let unit = unit_runs(phase_surrogates(&one, &clock, 9 + column as u64).unwrap().view(), &clock);
        let of_y = unit_runs(y.select(Axis(1), &[column]).view(), &clock);
        let r: Vec<f32> = unit.columns().into_iter().map(|c| c.dot(&of_y.column(0)) / 2.0).collect();
        let p = found.p()[column];
        let drawn = r.iter().filter(|r| f64::from(**r) >= found.r()[column]).count() as f64 / draws as f64;
        let error = (p * (1.0 - p) / draws as f64).sqrt();
        assert!((drawn - p).abs() < 4.0 * error + 0.02 * p + 1e-4, "column {column}: {p} against {drawn}");
        let spread = (r.iter().map(|r| r * r).sum::<f32>() / draws as f32).sqrt();
        assert!((spread / sd[[column, column]] - 1.0).abs() < 0.02, "{spread} {}", sd[[column, column]]);
    }
}

#[test]
fn false_discoveries_are_as_rare_as_promised() {
    // 100 experiments of 40 voxels, 10 of which follow their prediction.
    let clock = Clock::new(2.0, &[150, 150]).unwrap();
    let (mut wrong, mut hits) = (0.0, 0);
    for experiment in 0..100 {
        let x = noise(&clock, 40, 0.6, 1000 + experiment);
        let mut y = noise(&clock, 40, 0.6, 5000 + experiment);
        for column in 0..10 {
            y.column_mut(column).scaled_add(0.6, &x.column(column));
        }
        let found = correlation_test(&x, &y, &clock, &Null::Phase, Sides::Greater).unwrap();
        let q = benjamini_hochberg(found.p()).unwrap();
        let called: Vec<usize> = (0..40).filter(|n| q[*n] < 0.1).collect();
        let false_ones = called.iter().filter(|n| **n >= 10).count();
        hits += called.len() - false_ones;
        wrong += false_ones as f64 / called.len().max(1) as f64;
    }
    assert!(wrong / 100.0 < 0.12, "{} of the discoveries are false", wrong / 100.0);
    assert!(hits > 800, "{hits} of 1,000 were found");
}

#[test]
fn the_largest_over_voxels_holds_for_the_family() {
    // In 200 experiments of 20 voxels of noise, any voxel has a family-wise p below 0.1 in some 20.
    let clock = Clock::new(2.0, &[100, 100]).unwrap();
    let any = (0..200).filter(|experiment| {
        let (x, y) = (noise(&clock, 20, 0.3, 2000 + experiment), noise(&clock, 20, 0.3, 7000 + experiment));
        let null = Null::BlockPermutation { block_seconds: 20.0, permutations: 199, seed: *experiment };
        let found = correlation_test(&x, &y, &clock, &null, Sides::Both).unwrap();
        found.max_p().unwrap().iter().any(|p| *p <= 0.1)
    });
    let any = any.count();
    assert!((8..=35).contains(&any), "{any} of 200");
}

#[test]
fn a_permutation_by_sums_of_products_is_a_permutation_of_rows() {
    // All shifts of one run, by hand.
    let clock = Clock::new(2.0, &[40]).unwrap();
    let (x, y) = (noise(&clock, 18, 0.5, 1), noise(&clock, 18, 0.5, 2));
    let null = Null::CircularShift { least_seconds: 6.0, shifts: 1000, seed: 0 };
    let found = correlation_test(&x, &y, &clock, &null, Sides::Greater).unwrap();
    let (x, y) = (unit_runs(x.view(), &clock), unit_runs(y.view(), &clock));
    for column in 0..18 {
        let r = |shift: usize| (0..40).map(|t| x[[t, column]] * y[[(t + shift) % 40, column]]).sum::<f32>();
        let reached = (3..=37).filter(|shift| r(*shift) >= r(0)).count();
        assert!((found.p()[column] - (1 + reached) as f64 / 36.0).abs() < 1e-9, "column {column}");
    }
}

#[test]
fn a_column_that_does_not_vary_is_chance_under_every_null() {
    let clock = Clock::new(2.0, &[60, 60]).unwrap();
    let (mut x, y) = (noise(&clock, 3, 0.3, 1), noise(&clock, 3, 0.3, 2));
    x.column_mut(1).fill(7.3);
    for null in [Null::Phase, Null::blocks(), Null::shifts()] {
        let found = correlation_test(&x, &y, &clock, &null, Sides::Both).unwrap();
        assert_eq!((found.r()[1], found.p()[1]), (0.0, 1.0), "{null:?}");
        assert!(found.p().iter().all(|p| (0.0..=1.0).contains(p)));
    }
}

#[test]
fn a_perfect_prediction_has_a_p_that_is_tiny_and_not_zero() {
    let clock = Clock::new(2.0, &[101, 100]).unwrap();
    let x = noise(&clock, 2, 0.3, 1);
    let found = correlation_test(&x, &x, &clock, &Null::Phase, Sides::Both).unwrap();
    assert!(found.p().iter().all(|p| *p > 0.0 && *p < 1e-200), "{:?}", found.p());
}

#[test]
fn runs_too_short_for_blocks_or_shifts_are_named() {
    let clock = Clock::new(2.0, &[15, 15]).unwrap();
    let x = noise(&clock, 1, 0.3, 1);
    let problem = |null| correlation_test(&x, &x, &clock, &null, Sides::Both).unwrap_err().problem().to_owned();
    assert!(problem(Null::blocks()).contains("10 volumes"));
    assert!(problem(Null::shifts()).contains("run 0 has 15"));
}
