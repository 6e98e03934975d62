//! The elastic net beside scikit-learn: tests/reference/encoding/make_elastic.py.

use super::*;
use crate::clock::Clock;
use crate::encoding::tests::{bold, matrix, noise};
use crate::encoding::{Features, encode_elastic};
use ndarray::{Array1, Array2, Array3, s};

fn reference(name: &str) -> String {
    format!("{}/tests/reference/encoding/elastic_{name}.npy", env!("CARGO_MANIFEST_DIR"))
}

fn exact(ratio: f64) -> ElasticNet {
    ElasticNet::default().ratio(ratio).lambdas(&[0.003, 0.03, 0.3, 3.0]).tolerance(1e-10).sweeps(100_000)
}

#[test]
fn weights_and_intercepts_equal_scikit_learns() {
    let (x, y) = (matrix("elastic_x"), matrix("elastic_y"));
    for (ratio, name) in [(1.0, "1.0"), (0.5, "0.5"), (0.05, "0.05")] {
        let expected: Array3<f32> = ndarray_npy::read_npy(reference(name)).unwrap();
        let path = elastic_path(&x, &y, exact(ratio)).unwrap();
        assert_eq!(path.unfinished(), 0);
        for lambda in 0..4 {
            let weights = path.weights(lambda).unwrap();
            let worst = (weights - &expected.slice(s![lambda, ..25, ..])).iter().fold(0f32, |m, d| m.max(d.abs()));
            assert!(worst < 1e-4, "ρ {ratio}, λ {lambda}: weights differ by {worst}");
            let support = weights
                .iter()
                .zip(expected.slice(s![lambda, ..25, ..]))
                .filter(|(a, b)| (**a == 0.0) != (**b == 0.0) && b.abs().max(a.abs()) > 1e-5);
            assert_eq!(support.count(), 0, "ρ {ratio}, λ {lambda}");
            let apart = path.intercepts(lambda).unwrap() - &expected.slice(s![lambda, 25, ..]);
            assert!(apart.iter().all(|d| d.abs() < 3e-4), "ρ {ratio}, λ {lambda}: {apart}");
        }
    }
}

#[test]
fn the_usual_tolerance_is_near_the_exact_answer() {
    let (x, y) = (matrix("elastic_x"), matrix("elastic_y"));
    let usual = elastic_path(&x, &y, exact(1.0).tolerance(1e-5).sweeps(1000)).unwrap();
    let sharp = elastic_path(&x, &y, exact(1.0)).unwrap();
    let apart = usual.weights(1).unwrap() - sharp.weights(1).unwrap();
    for ((j, v), apart) in apart.indexed_iter() {
        let apart = apart * x.column(j).std(0.0) / y.column(v).std(0.0);
        assert!(apart.abs() < 1e-3, "regressor {j}, target {v}: {apart} standard deviations");
    }
}

#[test]
fn lambda_is_chosen_in_nested_folds_as_by_hand_with_scikit_learn() {
    let clock = Clock::new(2.0, &[30, 44, 37]).unwrap();
    let x = Features::new("made", matrix("drift_x"), &clock).unwrap();
    let options = ElasticNet::default().ratio(0.7).lambdas(&crate::encoding::Ridge::grid(-2.0, 0.0, 8));
    let options = options.tolerance(1e-6).sweeps(5000);
    let fit = encode_elastic(&x, &bold(matrix("drift_y"), &clock), options).unwrap();
    let lambdas: Array1<f32> = ndarray_npy::read_npy(reference("nested_lambdas")).unwrap();
    for (v, (found, expected)) in fit.alphas().iter().zip(&lambdas).enumerate() {
        assert!((found / expected - 1.0).abs() < 1e-4, "λ of voxel {v}: {found} against {expected}");
    }
    let apart = fit.fold_r2() - &matrix("elastic_nested_r2");
    assert!(apart.iter().all(|d| d.abs() < 2e-4), "{apart}");
    assert!(fit.about().contains("elastic net, ρ = 0.7, with 8 λ from 0.01 to 1"), "{}", fit.about());
}

#[test]
fn the_lasso_finds_the_regressors_that_count() {
    let clock = Clock::new(2.0, &[100; 4]).unwrap();
    let x = noise(400, 30, 1);
    let mut y = noise(400, 3, 2);
    y.slice_mut(s![.., 1]).scaled_add(2.0, &x.column(4));
    y.slice_mut(s![.., 1]).scaled_add(-2.0, &x.column(17));
    y.slice_mut(s![.., 2]).fill(3.0);
    let features = Features::new("made", x, &clock).unwrap();
    let fit = encode_elastic(&features, &bold(y, &clock), ElasticNet::lasso()).unwrap();
    let weights = fit.weights().column(1);
    assert!(weights[4] > 0.3 && weights[17] < -0.3, "{weights}");
    assert!(weights.iter().filter(|w| **w != 0.0).count() < 20, "{weights}");
    assert!(fit.r()[1] > 0.8 && fit.r()[0].abs() < 0.3, "{:?}", fit.r());
    assert_eq!((fit.r()[2], fit.weights().column(2).sum()), (0.0, 0.0));
    let predicted = fit.predict(&features).unwrap();
    assert_eq!(predicted.data()[[5, 2]], 3.0);
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let (x, y) = (noise(40, 3, 1), noise(40, 2, 2));
    let problem = |options| elastic_path(&x, &y, options).unwrap_err().problem().to_owned();
    assert!(problem(ElasticNet::default().ratio(0.0)).contains("ρ, the share of the absolute penalty, is 0"));
    assert!(problem(ElasticNet::default().ratio(f64::NAN)).contains("NaN"));
    assert!(problem(ElasticNet::default().lambdas(&[])).contains("empty"));
    assert!(problem(ElasticNet::default().lambdas(&[0.1, 0.1])).contains("does not ascend"));
    assert!(problem(ElasticNet::default().lambdas(&[-1.0])).contains("is -1"));
    assert!(problem(ElasticNet::default().delays(&[1])).contains("folds or delays"));
    assert!(problem(ElasticNet::default().sweeps(0)).contains("at most 0 sweeps"));
    let path = elastic_path(&x, &y, ElasticNet::default()).unwrap();
    assert!(path.weights(16).unwrap_err().problem().contains("λ number 16 of 16"));
    let shorter: Array2<f32> = y.slice(s![..30, ..]).to_owned();
    assert!(elastic_path(&x, &shorter, ElasticNet::default()).unwrap_err().problem().contains("y 30 × 2"));
}

#[test]
fn with_held_out_runs_lambda_is_chosen_and_weights_are_fitted_in_the_others() {
    let (clock, shorter) = (Clock::new(2.0, &[50; 4]).unwrap(), Clock::new(2.0, &[50; 3]).unwrap());
    let (x, mut y) = (noise(200, 8, 1), noise(200, 6, 2));
    y.slice_mut(s![.., 0]).scaled_add(1.5, &x.column(3));
    let first = |data: &Array2<f32>| data.slice(s![..150, ..]).to_owned();
    let alone = Features::new("made", first(&x), &shorter).unwrap();
    let alone = encode_elastic(&alone, &bold(first(&y), &shorter), ElasticNet::default()).unwrap();
    let held_out = ElasticNet::default().folds(Folds::holdout(&clock, &[3]).unwrap());
    let fit = encode_elastic(&Features::new("made", x, &clock).unwrap(), &bold(y, &clock), held_out).unwrap();
    assert_eq!(fit.alphas(), alone.alphas());
    let apart = (fit.weights() - alone.weights()).iter().fold(0f32, |m, d| m.max(d.abs()));
    assert!(apart < 1e-4 && fit.weights()[[3, 0]] > 0.5, "{apart}");
}
