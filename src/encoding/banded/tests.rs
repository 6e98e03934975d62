//! What banded ridge promises beside its numbers.

use super::{Banded, Spaces, banded_cv, encode_banded};
use crate::clock::Clock;
use crate::encoding::tests::{bold, noise};
use crate::encoding::{Features, Folds, Ridge, encode, partition_variance, ridge_cv};
use ndarray::{Array2, Axis, array, concatenate, s};

fn features(name: &str, x: &Array2<f32>, clock: &Clock) -> Features {
    Features::new(name, x.clone(), clock).unwrap()
}

fn two(a: &Array2<f32>, b: &Array2<f32>, clock: &Clock) -> Spaces {
    Spaces::new().with("a", &features("a", a, clock)).unwrap().with("b", &features("b", b, clock)).unwrap()
}

/// Few γ and α, which small data do not keep waiting.
fn few() -> Banded {
    Banded::default().candidates(8).alphas(&Ridge::grid(0.0, 4.0, 6))
}

/// Voxels of which the first third follows space a, the second b, and the rest neither.
fn planted(a: &Array2<f32>, b: &Array2<f32>, voxels: usize) -> Array2<f32> {
    let mut y = 0.5 * noise(a.nrows(), voxels, 9);
    for voxel in 0..voxels / 3 {
        y.column_mut(voxel).scaled_add(0.8, &a.column(voxel % a.ncols()));
        y.column_mut(voxels / 3 + voxel).scaled_add(0.8, &b.column(voxel % b.ncols()));
    }
    y
}

#[test]
fn a_single_space_is_plain_ridge() {
    let clock = Clock::new(2.0, &[60, 50, 55]).unwrap();
    for columns in [12, 130] {
        let (x, y) = (noise(165, columns, 1), noise(165, 40, 2) + noise(165, columns, 1).slice(s![.., ..1]));
        let series = bold(y.clone(), &clock);
        let spaces = Spaces::new().with("one", &features("one", &x, &clock)).unwrap();
        let banded = encode_banded(&spaces, &series, Banded::default()).unwrap();
        let plain = encode(&features("one", &x, &clock), &series, Ridge::default()).unwrap();
        let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(apart(banded.r(), plain.r()) < 1e-4 && apart(banded.r2(), plain.r2()) < 1e-4);
        assert!(apart(banded.split_r2().as_slice().unwrap(), plain.r2()) < 1e-4);
        assert!(apart(banded.split_r().as_slice().unwrap(), banded.r()) < 1e-6);
        let (found, expected) = (banded.joint().predictions(0..40).unwrap(), plain.predictions(0..40).unwrap());
        assert!(apart(found.as_slice().unwrap(), expected.as_slice().unwrap()) < 1e-3);
        let folds = Folds::runs(&clock).unwrap();
        let (given, ridge) = (Banded::default().folds(folds.clone()), Ridge::default().folds(folds));
        let (banded, plain) = (banded_cv(&[&x], &y, given).unwrap(), ridge_cv(&x, &y, ridge).unwrap());
        assert!(apart(banded.cv_scores(), plain.cv_scores()) < 1e-5);
    }
}

#[test]
fn a_single_split_is_chosen_for_inside_its_training_rows() {
    let clock = Clock::new(2.0, &[60, 50, 55]).unwrap();
    let (x, y) = (noise(165, 12, 1), noise(165, 20, 2) + noise(165, 12, 1).slice(s![.., ..1]));
    let (x, series) = (features("one", &x, &clock), bold(y, &clock));
    let folds = Folds::holdout(&clock, &[1]).unwrap();
    let spaces = Spaces::new().with("one", &x).unwrap();
    let banded = encode_banded(&spaces, &series, Banded::default().folds(folds.clone())).unwrap();
    let plain = encode(&x, &series, Ridge::default().folds(folds)).unwrap();
    let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
    assert!(apart(banded.r(), plain.r()) < 1e-4 && banded.alphas() == plain.alphas());
    assert!((banded.joint().weights() - plain.weights()).iter().all(|d| d.abs() < 1e-4));
}

#[test]
fn parts_of_spaces_add_up_to_the_score_and_name_the_planted_space() {
    let clock = Clock::new(2.0, &[90, 80, 85]).unwrap();
    let (a, b) = (noise(255, 6, 1), noise(255, 60, 2));
    // A voxel's own units, and runs that were not z-scored.
    let mut y = 40.0 * planted(&a, &b, 30) + 900.0;
    y.slice_mut(s![90..170, ..]).mapv_inplace(|v| v + 6.0);
    let fit = encode_banded(&two(&a, &b, &clock), &bold(y, &clock), few()).unwrap();
    for (sum, r2) in fit.split_r2().sum_axis(Axis(0)).iter().zip(fit.r2()) {
        assert!((sum - r2).abs() < 1e-5, "{sum} {r2}");
    }
    let best = fit.best_space_map(0.1);
    assert_eq!(&best.values()[..10], &[1.0; 10], "{:?}\n{}", fit.r(), fit.split_r2());
    assert!(best.values()[10..20].iter().filter(|v| **v == 2.0).count() >= 8, "{:?}", best.values());
    assert!(fit.split_map("c").unwrap_err().problem().contains("unknown space `c`"));
    assert_eq!(fit.weights("b").unwrap().dim(), (60, 30));
    let said = fit.to_string();
    assert!(said.starts_with("BandedFit: a + b × 30 voxels; held-out r"), "{said}");
    assert!(
        said.contains("banded ridge over 2 spaces with 8 weights γ (seed 0) times 6 α from 1 to 10000, 3 folds by run"),
        "{said}"
    );
}

#[test]
fn held_out_predictions_have_the_scores_that_are_told() {
    let clock = Clock::new(2.0, &[70, 60, 65]).unwrap();
    let (a, b) = (noise(195, 5, 1), noise(195, 8, 2));
    let y = 5.0 * planted(&a, &b, 12) + 100.0;
    let fit = encode_banded(&two(&a, &b, &clock), &bold(y.clone(), &clock), Banded::default().candidates(10)).unwrap();
    let predicted = fit.joint().predictions(0..12).unwrap();
    for voxel in 0..12 {
        let mut mean = 0.0;
        for run in 0..3 {
            let (p, y) = (predicted.slice(s![clock.rows(run), voxel]), y.slice(s![clock.rows(run), voxel]));
            let of_y = y.mean().unwrap();
            let error: f32 = p.iter().zip(y).map(|(p, y)| (p - y).powi(2)).sum();
            mean += (1.0 - error / y.iter().map(|y| (y - of_y).powi(2)).sum::<f32>()) / 3.0;
        }
        assert!((mean - fit.r2()[voxel]).abs() < 1e-4, "{mean} {}", fit.r2()[voxel]);
    }
    let again = fit.predict(&two(&a, &b, &clock)).unwrap();
    assert_eq!(again.data().dim(), (195, 12));
    assert!(fit.predict(&two(&b, &a, &clock)).unwrap_err().problem().contains("[8, 5] regressors"));
}

#[test]
fn noise_is_not_predicted_from_spaces_of_noise() {
    let clock = Clock::new(2.0, &[80; 4]).unwrap();
    let spaces = two(&noise(320, 10, 1), &noise(320, 30, 2), &clock);
    let fit = encode_banded(&spaces, &bold(noise(320, 1000, 3), &clock), few()).unwrap();
    let mean = fit.r().iter().sum::<f32>() / 1000.0;
    assert!(mean.abs() < 0.01, "{mean}");
}

#[test]
fn constant_voxels_and_features_and_delays_are_borne() {
    let clock = Clock::new(2.0, &[60; 3]).unwrap();
    let (mut a, b) = (noise(180, 4, 1), noise(180, 3, 2));
    a.column_mut(2).fill(7.0);
    let mut y = planted(&a, &b, 6);
    y.column_mut(5).fill(3.0);
    // A voxel that follows b two volumes later.
    for t in 2..180 {
        y[[t, 4]] += 3.0 * b[[t - 2, 1]];
    }
    let fit = encode_banded(&two(&a, &b, &clock), &bold(y, &clock), Banded::default().candidates(10).delays(&[1, 2]))
        .unwrap();
    assert_eq!((fit.r()[5], fit.split_r2()[[0, 5]]), (0.0, 0.0));
    assert!(fit.about().contains("1 constant feature left out (weights 0): feature 2 of a of the space a"), "{fit}");
    assert!(fit.about().contains("1 constant voxel left out"), "{fit}");
    let weights = fit.weights("b").unwrap();
    assert_eq!(weights.nrows(), 6);
    assert!(weights[[4, 4]] > 0.7 && fit.split_r2()[[1, 4]] > 0.5, "{weights}");
    assert!(fit.weights("a").unwrap().row(2).iter().all(|w| *w == 0.0));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let clock = Clock::new(2.0, &[50; 3]).unwrap();
    let (a, b) = (noise(150, 5, 1), noise(150, 40, 2));
    let fit = |seed| {
        let series = bold(planted(&a, &b, 9), &clock);
        encode_banded(&two(&a, &b, &clock), &series, few().seed(seed)).unwrap()
    };
    assert_eq!(fit(1).r(), fit(1).r());
    assert_ne!(fit(1).gammas(), fit(2).gammas());
}

#[test]
fn what_cannot_be_fitted_is_refused_with_its_name() {
    let clock = Clock::new(2.0, &[40; 3]).unwrap();
    let (a, b) = (noise(120, 3, 1), noise(120, 2, 2));
    let spaces = two(&a, &b, &clock);
    let said = spaces.with("b", &features("x", &a, &clock)).unwrap_err().problem().to_owned();
    assert!(said.contains("two feature spaces are named `b`"), "{said}");
    let other = Clock::new(1.5, &[60; 2]).unwrap();
    let said = spaces.with("c", &features("x", &a, &other)).unwrap_err().problem().to_owned();
    assert!(said.contains("the space `a`") && said.contains("the space `c`"), "{said}");
    let series = bold(noise(120, 2, 3), &clock);
    let problem = |spaces: &Spaces, banded| encode_banded(spaces, &series, banded).unwrap_err().problem().to_owned();
    assert!(problem(&Spaces::new(), Banded::default()).contains("no feature space"));
    assert!(problem(&spaces, Banded::default().candidates(0)).contains("0 candidates"));
    assert!(problem(&spaces, Banded::default().concentrations(&[1.0, -1.0])).contains("is -1"));
    assert!(problem(&spaces, Banded::default().gammas(array![[1.0]])).contains("1 × 1, and there are 2"));
    assert!(problem(&spaces, Banded::default().gammas(array![[0.5, 0.5], [1.0, f64::NAN]])).contains("candidate 1"));
    let folds = Folds::runs(&clock).unwrap();
    let mut hole = b.clone();
    hole[[50, 1]] = f32::NAN;
    let said = banded_cv(&[&a, &hole], &noise(120, 2, 3), Banded::default().folds(folds)).unwrap_err();
    assert!(said.problem().contains("column 1 of space 1 has the value NaN at volume 10 of run 1 (row 50)"), "{said}");
    assert!(banded_cv(&[&a], &b, Banded::default()).unwrap_err().problem().contains("no folds"));
}

#[test]
fn variance_in_common_is_found_where_it_was_planted() {
    let clock = Clock::new(2.0, &[150; 3]).unwrap();
    let common = noise(450, 2, 1);
    let space = |seed| concatenate![Axis(1), common, noise(450, 2, seed)];
    let (a, b, c) = (space(2), space(3), noise(450, 2, 4));
    let mut y = noise(450, 4, 9);
    // A voxel each of what a and b share, of a's own, of c, and of nothing.
    for (voxel, course) in [common.column(0), a.column(2), c.column(1)].into_iter().enumerate() {
        y.column_mut(voxel).assign(&(0.5 * &noise(450, 1, 20 + voxel as u64).column(0) + course));
    }
    let spaces = two(&a, &b, &clock).with("c", &features("c", &c, &clock)).unwrap();
    let partition = partition_variance(&spaces, &bold(y, &clock), Ridge::default()).unwrap();
    let names: Vec<&str> = partition.parts().iter().map(|part| part.name()).collect();
    assert_eq!(names, ["a alone", "b alone", "c alone", "a ∩ b", "a ∩ c", "b ∩ c", "a ∩ b ∩ c"]);
    let at = |part: &str, voxel: usize| partition.part(part).unwrap().values()[voxel];
    for (part, voxel) in [("a ∩ b", 0), ("a alone", 1), ("c alone", 2)] {
        assert!(at(part, voxel) > 0.7, "{part}: {}", at(part, voxel));
        for other in names.iter().filter(|name| **name != part) {
            assert!(at(other, voxel).abs() < 0.2, "{other}: {}", at(other, voxel));
        }
    }
    for voxel in 0..4 {
        let sum: f32 = names.iter().map(|name| at(name, voxel)).sum();
        assert!((sum - partition.r2()[voxel]).abs() < 1e-6);
    }
    assert_eq!(partition.unions().last().unwrap().0, "a + b + c");
    let said = partition.to_string();
    assert!(
        said.contains("means over the 3 voxels") && said.contains("negative, as happens on held-out rows"),
        "{said}"
    );
    assert!(partition.map("a ∩ d").unwrap_err().advice().contains("a ∩ b"));
    let four = spaces.with("d", &features("d", &noise(450, 1, 7), &clock)).unwrap();
    let said = partition_variance(&four, &bold(noise(450, 1, 8), &clock), Ridge::default()).unwrap_err();
    assert!(said.problem().contains("variance of 4 feature spaces"), "{said}");
}
