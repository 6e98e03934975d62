//! Lasso and elastic net beside scikit-learn, and what they promise.

use super::super::tests::{bold, matrix, noise};
use super::super::{EncodingFit, Features, Folds, encode};
use super::*;
use crate::clock::Clock;
use ndarray::{Array1, Array2, s};

fn largest(found: &Array2<f32>, expected: &Array2<f32>) -> f32 {
    assert_eq!(found.dim(), expected.dim());
    (found - expected).iter().fold(0.0, |most, d| most.max(d.abs()))
}

#[test]
fn weights_and_intercepts_equal_scikit_learns() {
    for name in ["tall", "wide", "twins"] {
        let (x, y) = (matrix(&format!("elastic_{name}_x")), matrix(&format!("elastic_{name}_y")));
        for (kind, lambda, l1_ratio) in [("lasso", 0.3, 1.0), ("net", 0.4, 0.5)] {
            let expected = matrix(&format!("elastic_{name}_{kind}"));
            let (expected, intercepts) = expected.view().split_at(ndarray::Axis(0), x.ncols());
            let fit = elastic_net(&x, &y, lambda, l1_ratio).unwrap();
            let difference = largest(fit.weights(), &expected.to_owned());
            assert!(difference < 1e-4, "{name} {kind}: {difference}");
            for (a, b) in fit.intercepts().iter().zip(intercepts.row(0)) {
                assert!((a - b).abs() < 5e-4, "{name} {kind}: {a} against {b}");
            }
            let support = |weights: &Array2<f32>| weights.mapv(|w| w != 0.0);
            assert_eq!(support(fit.weights()), support(&expected.to_owned()), "{name} {kind}");
        }
    }
}

fn runs(net: ElasticNet) -> EncodingFit {
    let clock = Clock::new(2.0, &[40; 4]).unwrap();
    let x = Features::new("made", matrix("elastic_runs_x"), &clock).unwrap();
    encode_elastic(&x, &bold(matrix("elastic_runs_y"), &clock), net).unwrap()
}

#[test]
fn nested_folds_equal_scikit_learns_fits() {
    let fit = runs(ElasticNet::default().l1_ratio(0.7));
    let path = format!("{}/tests/reference/encoding/elastic_runs_lambdas.npy", env!("CARGO_MANIFEST_DIR"));
    let lambdas: Array1<f32> = ndarray_npy::read_npy(path).unwrap();
    for (found, expected) in fit.alphas().iter().zip(&lambdas) {
        assert!((found / expected - 1.0).abs() < 1e-5, "{:?} against {lambdas}", fit.alphas());
    }
    for (found, name) in [(fit.fold_r(), "r"), (fit.fold_r2(), "r2"), (fit.weights(), "weights")] {
        let difference = largest(found, &matrix(&format!("elastic_runs_{name}")));
        assert!(difference < 1e-4, "{name}: {difference}");
    }
    assert!(fit.about().contains("elastic net of l1_ratio 0.7 with 20 λ from 0.001 to"), "{}", fit.about());
}

#[test]
fn predictions_of_held_out_rows_have_the_r_of_their_fold() {
    let fit = runs(ElasticNet::lasso());
    let (predicted, y) = (fit.predictions(0..10).unwrap(), matrix("elastic_runs_y"));
    for run in 0..4 {
        for voxel in 0..10 {
            let of = |data: &Array2<f32>| -> Array1<f64> {
                let course: Array1<f64> = data.slice(s![40 * run..40 * (run + 1), voxel]).mapv(f64::from);
                &course - course.mean().unwrap()
            };
            let (p, y) = (of(&predicted), of(&y));
            let r = if p.dot(&p) > 1e-6 { p.dot(&y) / (p.dot(&p) * y.dot(&y)).sqrt() } else { 0.0 };
            assert!((r - f64::from(fit.fold_r()[[run, voxel]])).abs() < 1e-4);
        }
    }
    // The model of all rows predicts its own rows around the data's mean, in the data's units.
    let clock = Clock::new(2.0, &[40; 4]).unwrap();
    let own = fit.predict(&Features::new("made", matrix("elastic_runs_x"), &clock).unwrap()).unwrap();
    assert!((own.data().mean().unwrap() - y.mean().unwrap()).abs() < 1e-3);
}

#[test]
fn noise_is_not_predicted_and_a_constant_voxel_is_left_out() {
    let clock = Clock::new(2.0, &[60; 3]).unwrap();
    let x = Features::new("made", noise(180, 10, 1), &clock).unwrap();
    let mut y = noise(180, 300, 2);
    y.slice_mut(s![.., 7]).fill(3.0);
    let series = bold(y, &clock).censor(0, &[3, 4]).unwrap();
    let fit = encode_elastic(&x, &series, ElasticNet::default()).unwrap();
    let mean = fit.r().iter().sum::<f32>() / 299.0;
    assert!(mean.abs() < 0.03, "{mean}");
    assert_eq!(fit.r()[0].is_finite(), fit.r2()[0].is_finite());
    assert!(fit.about().contains("2 of 180 volumes censored"), "{}", fit.about());
}

#[test]
fn a_constant_voxel_has_no_weights_and_the_largest_lambda() {
    let clock = Clock::new(2.0, &[40; 4]).unwrap();
    let x = Features::new("made", matrix("elastic_runs_x"), &clock).unwrap();
    let mut y = matrix("elastic_runs_y");
    y.column_mut(7).fill(3.0);
    let net = ElasticNet::default();
    let fit = encode_elastic(&x, &bold(y, &clock), net.clone()).unwrap();
    assert!(fit.weights().column(7).iter().all(|w| *w == 0.0) && fit.r()[7] == 0.0 && fit.r2()[7] == 0.0);
    assert_eq!(fit.alphas()[7], net.lambdas[19] as f32);
    assert!(fit.about().contains("1 constant voxel left out"), "{}", fit.about());
}

#[test]
fn with_held_out_runs_lambda_is_chosen_and_weights_are_fitted_in_the_others() {
    let clock = Clock::new(2.0, &[40; 4]).unwrap();
    let (x, y) = (matrix("elastic_runs_x"), matrix("elastic_runs_y"));
    let fit = runs(ElasticNet::default().folds(Folds::holdout(&clock, &[3]).unwrap()));
    let shorter = Clock::new(2.0, &[40; 3]).unwrap();
    let first = |data: &Array2<f32>| data.slice(s![..120, ..]).to_owned();
    let (x, y) = (Features::new("made", first(&x), &shorter).unwrap(), bold(first(&y), &shorter));
    let alone = encode_elastic(&x, &y, ElasticNet::default()).unwrap();
    assert_eq!(fit.alphas(), alone.alphas());
    assert!(largest(fit.weights(), alone.weights()) < 1e-5);
}

#[test]
fn with_nearly_no_absolute_penalty_it_is_the_ridge() {
    let clock = Clock::new(2.0, &[40; 4]).unwrap();
    let x = Features::new("made", matrix("elastic_runs_x"), &clock).unwrap();
    let y = bold(matrix("elastic_runs_y"), &clock);
    let net = encode_elastic(&x, &y, ElasticNet::default().lambdas(&[0.25]).l1_ratio(1e-9)).unwrap();
    let ridge = encode(&x, &y, Ridge::default().alphas(&[40.0])).unwrap();
    assert!(largest(net.weights(), ridge.weights()) < 1e-5, "{}", largest(net.weights(), ridge.weights()));
    assert!(largest(net.fold_r(), ridge.fold_r()) < 0.02, "the inner sets have other numbers of rows");
}

#[test]
fn unusable_options_are_refused() {
    let net = ElasticNet::default;
    for (net, word) in [
        (net().l1_ratio(0.0), "l1_ratio of 0"),
        (net().l1_ratio(1.5), "l1_ratio of 1.5"),
        (net().lambdas(&[]), "grid of λ is empty"),
        (net().lambdas(&[0.1, 0.1]), "does not ascend"),
        (net().lambdas(&[0.0, 0.1]), "is 0"),
    ] {
        assert!(net.check().unwrap_err().problem().contains(word), "{word}");
    }
    let (x, y) = (matrix("elastic_tall_x"), matrix("elastic_tall_y"));
    assert!(elastic_net(&x, &y, -1.0, 0.5).unwrap_err().problem().contains("λ is -1"));
    assert!(elastic_net(&x, &y.slice(s![..9, ..]).to_owned(), 1.0, 0.5).is_err());
}
