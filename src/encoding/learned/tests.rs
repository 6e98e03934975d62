//! Transforms beside scikit-learn, and what is learned anew in each training set.

use super::super::tests::{bold, matrix, noise};
use super::super::{
    EncodingFit, FeaturePca, Features, Folds, Ridge, SelectFeatures, Standardise, Training, encode, encode_each,
};
use crate::brain::VoxelSeries;
use crate::clock::Clock;
use crate::encoding::Predictors;
use ndarray::{Array1, Array2, Axis, concatenate, s};

/// A scan of one run whose first fold trains on the reference's training rows.
fn reference() -> (Features, VoxelSeries, Folds) {
    let clock = Clock::new(2.0, &[60]).unwrap();
    let features = Features::new("made", matrix("learned_x"), &clock).unwrap();
    let folds = Folds::custom(&clock, vec![(20..30).collect()], 10.0).unwrap();
    (features, bold(matrix("learned_y"), &clock), folds)
}

fn largest_difference(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
    assert_eq!(a.dim(), b.dim());
    (a - b).iter().fold(0.0, |most, d| most.max(d.abs()))
}

#[test]
fn transforms_learned_in_training_rows_equal_scikit_learns() {
    let (x, bold, folds) = reference();
    let train = Training::of_fold(&bold, &folds, 0).unwrap();
    assert_eq!(train.rows(), (0..15).chain(35..60).collect::<Vec<_>>());
    let standard = Standardise.fit(&train, &x).unwrap().transform(&x).unwrap();
    assert!(largest_difference(standard.data(), &matrix("learned_z")) < 1e-5);
    let components = FeaturePca::new(3).fit(&train, &x).unwrap().transform(&x).unwrap();
    let difference = largest_difference(components.data(), &matrix("learned_components"));
    assert!(difference < 2e-5, "{difference}");
    let best: Array1<f32> =
        ndarray_npy::read_npy(format!("{}/tests/reference/encoding/learned_best.npy", env!("CARGO_MANIFEST_DIR")))
            .unwrap();
    let chosen = SelectFeatures::best(4).fit(&train, &x).unwrap();
    assert_eq!(chosen.chosen(), best.iter().map(|n| *n as usize).collect::<Vec<_>>());
    assert_eq!(chosen.transform(&x).unwrap().feature(0), x.feature(chosen.chosen()[0]));
}

#[test]
fn components_of_more_features_than_training_rows_are_those_of_the_wider_matrix() {
    let clock = Clock::new(2.0, &[30, 30]).unwrap();
    let (data, y) = (noise(60, 80, 1), bold(noise(60, 3, 2), &clock));
    let x = Features::new("made", data.clone(), &clock).unwrap();
    let train = Training::of_fold(&y, &Folds::runs(&clock).unwrap(), 1).unwrap();
    let found = FeaturePca::new(4).fit(&train, &x).unwrap().transform(&x).unwrap();
    let standard = Standardise.fit(&train, &x).unwrap().transform(&x).unwrap();
    let svd = crate::linalg::thin_svd(standard.data().slice(s![..30, ..]).mapv(f64::from).view()).unwrap();
    let expected = svd.u.slice(s![.., ..4]).to_owned() * Array1::from(svd.s.to_vec()).slice(s![..4]);
    for n in 0..4 {
        let (found, expected) = (found.data().slice(s![..30, n]).mapv(f64::from), expected.column(n));
        let sign = found.dot(&expected).signum();
        assert!((&found - &(sign * &expected)).iter().all(|d| d.abs() < 1e-3), "component {n}");
    }
}

#[test]
fn what_was_learned_by_brain_data_is_not_scored_on_rows_that_it_has_seen() {
    let clock = Clock::new(2.0, &[40; 3]).unwrap();
    let (x, y) = (Features::new("made", noise(120, 30, 1), &clock).unwrap(), bold(noise(120, 5, 2), &clock));
    let folds = Folds::runs(&clock).unwrap();
    let chosen = SelectFeatures::best(5).fit(&Training::of_fold(&y, &folds, 2).unwrap(), &x).unwrap();
    let error = encode(&chosen.transform(&x).unwrap(), &y, Ridge::default()).unwrap_err().to_string();
    assert!(
        error.contains("were learned from simulated in 80 rows")
            && error.contains("fold 0 would test 40 of these (rows 0 to 39)"),
        "{error}"
    );
    assert!(error.contains("encode_each(&bold"), "{error}");
    // The fold in which it was learned may be scored.
    let ridge = Ridge::default().folds(Folds::holdout(&clock, &[2]).unwrap());
    assert!(encode(&chosen.transform(&x).unwrap(), &y, ridge.clone()).is_ok());
    let own = Training::all(&y).features("my own", noise(120, 4, 3)).unwrap();
    assert!(encode(&own, &y, ridge).unwrap_err().problem().contains("my own"));
    // A transform of such features has seen what they have.
    let on = FeaturePca::new(2).fit(&Training::of_fold(&y, &folds, 0).unwrap(), &own).unwrap().transform(&own).unwrap();
    assert!(encode(&on, &y, Ridge::default()).is_err());
}

#[test]
fn what_was_learned_from_the_model_side_over_all_stories_is_allowed_and_said() {
    let clock = Clock::new(2.0, &[40; 3]).unwrap();
    let (x, y) = (Features::new("made", noise(120, 30, 1), &clock).unwrap(), bold(noise(120, 5, 2), &clock));
    let components = FeaturePca::new(5).fit(&Training::all(&y), &x).unwrap().transform(&x).unwrap();
    let fit = encode(&components, &y, Ridge::default()).unwrap();
    assert!(fit.about().contains("5 principal components of 30 features (made) learned over all stories from the model side, without brain data"), "{}", fit.about());
}

#[test]
fn training_holds_the_kept_training_rows_and_no_others() {
    let clock = Clock::new(2.0, &[40; 3]).unwrap();
    let (x, y) = (Features::new("made", noise(120, 3, 1), &clock).unwrap(), bold(noise(120, 5, 2), &clock));
    let y = y.censor(1, &[7, 20]).unwrap();
    let train = Training::of_fold(&y, &Folds::runs(&clock).unwrap(), 0).unwrap();
    let rows: Vec<usize> = (40..120).filter(|row| ![47, 60].contains(row)).collect();
    assert_eq!(train.rows(), rows);
    assert_eq!(train.x(&x).unwrap(), x.data().select(Axis(0), &rows));
    let own = train.bold().unwrap();
    assert_eq!(
        (own.clock().runs(), own.clock().volumes(0), own.clock().volumes(1), own.clock().volumes(3)),
        (4, 7, 12, 40)
    );
    assert_eq!(*own.data(), y.data().select(Axis(0), &rows));
}

fn close(a: &EncodingFit, b: &EncodingFit, tolerance: f32) {
    for (what, a, b) in
        [("r", a.fold_r(), b.fold_r()), ("R²", a.fold_r2(), b.fold_r2()), ("weights", a.weights(), b.weights())]
    {
        assert!(largest_difference(a, b) < tolerance, "{what}: {}", largest_difference(a, b));
    }
    assert_eq!(a.alphas(), b.alphas());
}

#[test]
fn features_that_learn_nothing_give_the_fit_of_encode() {
    let clock = Clock::new(2.0, &[50, 40, 60]).unwrap();
    let x = Features::new("made", noise(150, 6, 1), &clock).unwrap();
    let mut y = noise(150, 7, 2);
    y.slice_mut(s![.., 0]).scaled_add(2.0, &x.data().column(1));
    y.slice_mut(s![.., 3]).fill(4.0);
    let y = bold(y, &clock).censor(2, &[3, 4, 30]).unwrap();
    let blocks =
        Folds::custom(&clock, vec![(0..50).collect(), (50..90).collect(), (100..150).collect()], 10.0).unwrap();
    for ridge in [
        Ridge::default(),
        Ridge::default().delays(&[1, 2]),
        Ridge::default().shared_alpha(),
        Ridge::default().folds(Folds::holdout(&clock, &[1]).unwrap()),
        Ridge::default().folds(blocks),
    ] {
        let expected = encode(&x, &y, ridge.clone()).unwrap();
        let found = encode_each(&y, ridge.clone(), &|_| Ok(x.clone())).unwrap();
        close(&found, &expected, 2e-5);
        let (a, b) = (found.predictions(0..7).unwrap(), expected.predictions(0..7).unwrap());
        for (place, (a, b)) in a.indexed_iter().map(|(place, a)| (place, (*a, b[place]))) {
            assert!((a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-4, "{place:?}: {a} against {b}, {ridge:?}");
        }
        let new = Features::new("made", noise(30, 6, 9), &Clock::new(2.0, &[30]).unwrap()).unwrap();
        assert!(largest_difference(found.predict(&new).unwrap().data(), expected.predict(&new).unwrap().data()) < 1e-3);
    }
}

#[test]
fn each_training_set_is_given_once_and_the_result_is_that_of_its_own_features() {
    let clock = Clock::new(2.0, &[40; 4]).unwrap();
    let (data, y) = (noise(160, 40, 1), bold(noise(160, 5, 2), &clock));
    let x = Features::new("made", data, &clock).unwrap();
    let seen = std::cell::RefCell::new(Vec::new());
    let fit = encode_each(&y, Ridge::default(), &|train| {
        seen.borrow_mut().push(train.rows().to_vec());
        SelectFeatures::best(6).fit(train, &x)?.transform(&x)
    })
    .unwrap();
    let mut sets = seen.into_inner();
    assert_eq!(sets.len(), 1 + 4 + 6);
    sets.sort();
    sets.dedup();
    assert_eq!(sets.len(), 11);
    assert!(fit.about().contains("features learned anew in each of 10 training sets"), "{}", fit.about());
    // Fold 3 by hand: one split whose inner folds have features of their own is not to be had from `encode`, its test rows' scores at a single α are.
    let single = Ridge::default().alphas(&[30.0]);
    let fit = encode_each(&y, single.clone(), &|train| SelectFeatures::best(6).fit(train, &x)?.transform(&x)).unwrap();
    let holdout = Folds::holdout(&clock, &[3]).unwrap();
    let own =
        SelectFeatures::best(6).fit(&Training::of_fold(&y, &holdout, 0).unwrap(), &x).unwrap().transform(&x).unwrap();
    let by_hand = encode(&own, &y, single.folds(holdout)).unwrap();
    for voxel in 0..5 {
        assert!((fit.fold_r()[[3, voxel]] - by_hand.r()[voxel]).abs() < 1e-5);
    }
}

#[test]
fn features_from_outside_the_training_rows_are_refused() {
    let clock = Clock::new(2.0, &[40; 3]).unwrap();
    let (x, y) = (Features::new("made", noise(120, 30, 1), &clock).unwrap(), bold(noise(120, 5, 2), &clock));
    let everywhere = SelectFeatures::best(4).fit(&Training::all(&y), &x).unwrap();
    let error = encode_each(&y, Ridge::default(), &|_| everywhere.transform(&x)).unwrap_err().to_string();
    assert!(error.contains("learned from BOLD in row") && error.contains("which is tested there"), "{error}");
}

#[test]
fn with_held_out_runs_alphas_and_weights_are_those_of_the_training_runs_alone() {
    let clock = Clock::new(2.0, &[50, 40, 60, 45]).unwrap();
    let (data, mut y) = (noise(195, 6, 1), noise(195, 7, 2));
    y.slice_mut(s![.., 0]).scaled_add(2.0, &data.column(1));
    // The run that is held out has other means and scales.
    y.slice_mut(s![50..90, ..]).mapv_inplace(|v| 40.0 * v + 300.0);
    let x = Features::new("made", data.clone(), &clock).unwrap();
    let shorter = Clock::new(2.0, &[50, 60, 45]).unwrap();
    let left = |data: &Array2<f32>| concatenate![Axis(0), data.slice(s![..50, ..]), data.slice(s![90.., ..])];
    let test = data.slice(s![50..90, ..]).to_owned();
    let test = Features::new("made", test, &Clock::new(2.0, &[40]).unwrap()).unwrap();
    for ridge in [Ridge::default(), Ridge::default().shared_alpha()] {
        let alone = Features::new("made", left(&data), &shorter).unwrap();
        let alone = encode(&alone, &bold(left(&y), &shorter), ridge.clone()).unwrap();
        let fit = encode(&x, &bold(y.clone(), &clock), ridge.folds(Folds::holdout(&clock, &[1]).unwrap())).unwrap();
        assert_eq!(fit.alphas(), alone.alphas());
        assert!(largest_difference(fit.weights(), alone.weights()) < 2e-5);
        let predicted = alone.predict(&test).unwrap();
        let held_out = fit.predictions(0..7).unwrap();
        assert!(largest_difference(&held_out.slice(s![50..90, ..]).to_owned(), predicted.data()) < 1e-3);
        assert!(held_out.slice(s![..50, ..]).iter().all(|v| v.is_nan()));
        assert!(largest_difference(fit.predict(&test).unwrap().data(), predicted.data()) < 1e-3);
    }
    assert_eq!(x.learned().len(), 0);
    assert!(Predictors::learned(&x).is_empty());
}
