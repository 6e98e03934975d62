//! Tests of fits on simulated data: noise is called significant as rarely as promised, and what was planted is found.

use super::tests::{bold, noise};
use super::*;
use crate::clock::Clock;
use crate::statistics::{Null, Sides, SignFlip};
use ndarray::s;

fn clock() -> Clock {
    Clock::new(2.0, &[100; 4]).unwrap()
}

/// 400 voxels of noise, the first 40 of which follow a feature.
fn planted(seed: u64, strength: f32) -> (Features, crate::brain::VoxelSeries) {
    let x = noise(400, 6, seed);
    let mut y = noise(400, 400, seed + 1);
    for voxel in 0..40 {
        y.column_mut(voxel).scaled_add(strength, &x.column(voxel % 6));
    }
    (Features::new("made", x, &clock()).unwrap(), bold(y, &clock()))
}

#[test]
fn noise_is_significant_as_rarely_as_promised_and_what_is_planted_is_found() {
    let (x, y) = planted(1, 0.7);
    let fit = encode(&x, &y, Ridge::default()).unwrap();
    for null in [Null::Phase, Null::blocks(), Null::shifts()] {
        let test = significance(&fit, &y, Significance::default().null(null.clone())).unwrap();
        for (a, b) in test.values().iter().zip(fit.r()) {
            assert!((a - f64::from(*b)).abs() < 1e-4, "r is {a}, and the fit's {b}");
        }
        let low = test.p()[40..].iter().filter(|p| **p <= 0.05).count();
        assert!((4..=34).contains(&low), "{null:?}: {low} of 360 voxels of noise have p ≤ 0.05");
        let found = test.significant()[..40].iter().filter(|s| **s).count();
        assert!(found >= 36 && test.count() < 50, "{null:?}: {found} of 40 found, {test}");
        assert_eq!(test.map().values().iter().filter(|v| **v != 0.0).count(), test.count());
        assert!(test.p_map().values()[0] > 1.5);
    }
}

#[test]
fn the_largest_over_voxels_corrects_a_null_that_draws_and_no_other() {
    let (x, y) = planted(3, 1.0);
    let fit = encode(&x, &y, Ridge::default()).unwrap();
    let options = Significance::default().correction(Correction::MaxStatistic);
    let error = significance(&fit, &y, options.clone()).unwrap_err();
    assert!(error.advice().contains("Null::blocks()"), "{error}");
    let test = significance(&fit, &y, options.null(Null::blocks())).unwrap();
    assert!(test.significant()[..40].iter().all(|s| *s) && test.count() < 44, "{test}");
    let looser = test.corrected(Correction::BenjaminiHochberg, 0.05).unwrap();
    assert!(looser.count() >= test.count());
}

#[test]
fn censored_volumes_are_tested_by_shifts_and_it_is_said() {
    let (x, y) = planted(5, 0.8);
    let y = y.censor(1, &[3, 4, 50]).unwrap();
    let fit = encode(&x, &y, Ridge::default()).unwrap();
    let test = significance(&fit, &y, Significance::default()).unwrap();
    assert!(test.about().contains("circular shifts") && test.about().contains("censored volumes leave gaps"), "{test}");
    assert!(test.significant()[..40].iter().filter(|s| **s).count() > 30);
}

#[test]
fn other_data_than_those_fitted_are_refused() {
    let (x, y) = planted(7, 0.5);
    let fit = encode(&x, &y, Ridge::default()).unwrap();
    let test = |bold| significance(&fit, &bold, Significance::default()).unwrap_err().problem().to_owned();
    let short = Clock::new(2.0, &[100; 3]).unwrap();
    assert!(test(bold(noise(300, 400, 1), &short)).contains("clocks differ"));
    assert!(test(bold(noise(400, 300, 1), &clock())).contains("another mask"));
    let named = |name: &str| crate::brain::VoxelSeries::new(y.data().clone(), y.mask().clone(), clock(), name).unwrap();
    assert!(test(named("sub-02")).contains("simulated, and the data are of sub-02"));
}

#[test]
fn the_better_model_is_told_from_the_worse_and_two_equal_ones_are_not() {
    let (x, y) = planted(9, 0.8);
    let a = encode(&x, &y, Ridge::default()).unwrap();
    let other = |seed| Features::new("noise", noise(400, 6, seed), &clock()).unwrap();
    let (b, c) = (encode(&other(50), &y, Ridge::default()).unwrap(), encode(&other(60), &y, Ridge::default()).unwrap());
    let test = compare(&a, &b, &y, 20.0, SignFlip::default()).unwrap();
    for (voxel, value) in test.values().iter().enumerate() {
        assert!((value - f64::from(a.r()[voxel] - b.r()[voxel])).abs() < 1e-4);
    }
    assert!(test.significant()[..40].iter().filter(|s| **s).count() >= 36, "{test}");
    let equal = compare(&b, &c, &y, 20.0, SignFlip::default().sides(Sides::Both)).unwrap();
    let low = equal.p().iter().filter(|p| **p <= 0.05).count();
    assert!(low < 40, "{low} of 400 voxels of noise tell two models of noise apart");
    let halves = Folds::blocks(&clock(), 4, 4.0).unwrap();
    let d = encode(&x, &y, Ridge::default().folds(halves)).unwrap();
    assert!(compare(&a, &d, &y, 20.0, SignFlip::default()).unwrap_err().problem().contains("different folds"));
}

#[test]
fn a_group_of_subjects_is_tested_and_one_subject_is_refused() {
    let fits: Vec<EncodingFit> = (0..6)
        .map(|n| {
            let (x, y) = planted(100 + 10 * n, 0.7);
            encode(&x, &y, Ridge::default()).unwrap()
        })
        .collect();
    let test = group_test(&fits, SignFlip::default()).unwrap();
    assert!(
        test.p()[..40].iter().all(|p| *p == 1.0 / 64.0) && test.about().contains("no p can be below 1.6e-2"),
        "{test}"
    );
    let low = test.p()[40..].iter().filter(|p| **p <= 0.05).count();
    assert!(low < 40, "{low} of 360");
    let error = group_test(&fits[..1], SignFlip::default()).unwrap_err();
    assert!(error.problem().contains("1 subject"), "{error}");
    let interval = fits[0].bootstrap(500, 0.9, 0).unwrap();
    assert!(interval.low()[0] <= f64::from(fits[0].r()[0]) && interval.high()[0] >= f64::from(fits[0].r()[0]));
    let small = encode(
        &Features::new("made", noise(400, 6, 1), &clock()).unwrap(),
        &bold(noise(400, 400, 2).slice(s![.., ..30]).to_owned(), &clock()),
        Ridge::default(),
    );
    assert!(
        group_test(&[fits[0].clone(), small.unwrap()], SignFlip::default())
            .unwrap_err()
            .problem()
            .contains("another mask")
    );
}
