//! ridge_cv beside himalaya, bands beside one product an α, the kernel beside sums, and what encode takes.

use super::tests::{bold, matrix, noise};
use super::*;
use crate::activation::NeuronSeries;
use crate::clock::Clock;
use crate::model::{NeuronAxis, Site};
use ndarray::{Array2, Axis, concatenate, s};

fn found(name: &str) -> Array2<f64> {
    let path = format!("{}/tests/reference/encoding/{name}_found.npy", env!("CARGO_MANIFEST_DIR"));
    ndarray_npy::read_npy(path).unwrap()
}

fn by_runs(runs: &[usize]) -> Ridge {
    Ridge::default().folds(Folds::runs(&Clock::new(2.0, runs).unwrap()).unwrap())
}

fn cv(name: &str, ridge: &Ridge) -> RidgeCv {
    ridge_cv(&matrix(&format!("{name}_x")), &matrix(&format!("{name}_y")), ridge.clone()).unwrap()
}

fn largest(values: impl IntoIterator<Item = f32>) -> f32 {
    values.into_iter().fold(0.0, |most, v| most.max(v.abs()))
}

/// Voxels of which α differs, those that do not vary left out; and how far the scores are apart.
fn apart(fit: &RidgeCv, alphas: impl Iterator<Item = f64>, scores: impl Iterator<Item = f64>) -> (usize, f64) {
    let differ = fit.alphas().iter().zip(alphas).skip(1).filter(|(a, b)| (*a / b - 1.0).abs() > 1e-3).count();
    let scores = fit.cv_scores().iter().zip(scores).map(|(a, b)| (f64::from(*a) - b).abs());
    (differ, scores.fold(0.0, f64::max))
}

/// Names, runs and grids of the cases in make_ridge_cv.py; in each the first target does not vary.
fn cases() -> Vec<(&'static str, Ridge)> {
    vec![
        ("cv_tall", by_runs(&[60, 70, 50])),
        ("cv_wide", by_runs(&[40, 30, 35])),
        ("cv_ill", by_runs(&[50; 3])),
        ("cv_twins", by_runs(&[40; 3])),
        ("cv_one", by_runs(&[30, 40, 30])),
        ("cv_between", by_runs(&[45; 2])),
        ("cv_single", by_runs(&[40; 3]).alphas(&[30.0])),
    ]
}

#[test]
fn alphas_and_cv_scores_equal_himalayas_in_every_shape() {
    for solver in [Solver::BySize, Solver::Bands, Solver::PerAlpha] {
        for (name, ridge) in cases() {
            let (fit, expected) = (cv(name, &ridge.solver(solver)), found(name));
            let (differ, scores) = apart(&fit, expected.row(0).iter().copied(), expected.row(1).iter().copied());
            assert!(differ == 0 && scores < 1e-4, "{name}, {solver:?}: {differ} α differ, scores by {scores:.1e}");
        }
    }
}

#[test]
fn bands_score_as_one_product_an_alpha_does() {
    for (name, ridge) in cases() {
        let exact = cv(name, &ridge.clone().solver(Solver::PerAlpha));
        let bands = cv(name, &ridge.solver(Solver::Bands));
        let (differ, scores) =
            apart(&bands, exact.alphas().iter().copied(), exact.cv_scores().iter().map(|score| f64::from(*score)));
        assert!(differ == 0 && scores <= 1e-5, "{name}: {differ} α differ, scores by {scores:.1e}");
    }
    // Enough components that bands are several.
    let (x, mut y) = (noise(420, 260, 1), noise(420, 150, 2));
    for (n, mut column) in y.columns_mut().into_iter().enumerate() {
        column.scaled_add(0.05 * n as f32, &x.column(n));
    }
    let fit = |solver| ridge_cv(&x, &y, by_runs(&[140; 3]).solver(solver)).unwrap();
    let (exact, bands) = (fit(Solver::PerAlpha), fit(Solver::Bands));
    let (differ, scores) =
        apart(&bands, exact.alphas().iter().copied(), exact.cv_scores().iter().map(|score| f64::from(*score)));
    assert!(differ == 0 && scores <= 1e-5, "{differ} α differ, scores by {scores:.1e}");
    assert_eq!(bands.alphas(), fit(Solver::BySize).alphas());
}

#[test]
fn weights_and_dual_weights_equal_himalayas() {
    let tall = cv("cv_tall", &cases()[0].1);
    assert!(tall.dual_weights().is_none());
    let expected = matrix("cv_tall_weights");
    assert!(largest(&expected - tall.weights()) < 1e-4 * largest(expected.iter().copied()));
    let wide = cv("cv_wide", &cases()[1].1);
    assert!(wide.about().contains("by the kernel"), "{wide}");
    let expected = matrix("cv_wide_weights");
    let dual = wide.dual_weights().unwrap();
    assert!(largest(&expected - dual) < 1e-4 * largest(expected.iter().copied()));
    let primal = matrix("cv_wide_x").t().dot(&expected);
    assert!(largest(&primal - wide.weights()) < 1e-4 * largest(primal.iter().copied()));
}

fn features(data: Array2<f32>, clock: &Clock) -> Features {
    Features::new("made", data, clock).unwrap()
}

#[test]
fn encoding_by_the_kernel_equals_encoding_by_sums() {
    let clock = Clock::new(2.0, &[50, 60, 55, 45]).unwrap();
    let (x, mut y) = (noise(210, 30, 1), noise(210, 20, 2));
    for (n, mut column) in y.columns_mut().into_iter().enumerate() {
        column.scaled_add(0.1 * n as f32, &x.column(n));
    }
    // Columns that do not vary predict nothing, but make the regressors more than the volumes.
    let wide = concatenate![Axis(1), x, Array2::from_elem((210, 250), 1.5)];
    let series = bold(y, &clock);
    let sums = encode(&features(x, &clock), &series, Ridge::default()).unwrap();
    let kernel = encode(&features(wide, &clock), &series, Ridge::default()).unwrap();
    assert!(kernel.about().contains("by the kernel") && !sums.about().contains("by the kernel"), "{kernel}");
    assert!(kernel.about().contains("250 constant features left out"), "{kernel}");
    assert_eq!(kernel.alphas(), sums.alphas());
    assert!(largest(kernel.r().iter().zip(sums.r()).map(|(a, b)| a - b)) < 1e-5);
    assert!(largest(kernel.r2().iter().zip(sums.r2()).map(|(a, b)| a - b)) < 1e-5);
    assert!(largest(&kernel.weights().slice(s![..30, ..]) - sums.weights()) < 1e-5);
    assert!(kernel.weights().slice(s![30.., ..]).iter().all(|w| *w == 0.0));
}

#[test]
fn neurons_are_regressors_too() {
    let clock = Clock::new(2.0, &[40; 3]).unwrap();
    let x = noise(120, 300, 3);
    let mut y = noise(120, 4, 4);
    y.column_mut(1).assign(&x.slice(s![.., ..5]).sum_axis(Axis(1)));
    let neurons = NeuronSeries::new(x, clock.clone(), NeuronAxis::new("made", Site::FfnOut, 3, 100)).unwrap();
    let fit = encode(&neurons, &bold(y, &clock), Ridge::default()).unwrap();
    assert_eq!((fit.weights().dim(), fit.kind()), ((300, 4), "neurons"));
    assert!(fit.to_string().starts_with("EncodingFit: 300 neurons × 4 voxels"), "{fit}");
    assert!(fit.r()[1] > fit.r()[0] + 0.2, "{:?}", fit.r());
}

#[test]
fn a_delayed_response_is_found_at_its_delay() {
    let clock = Clock::new(1.5, &[100, 90, 110]).unwrap();
    let x = noise(300, 2, 7);
    let mut y = 0.1 * noise(300, 1, 8);
    for run in 0..3 {
        let rows = clock.rows(run);
        for t in rows.start + 3..rows.end {
            y[[t, 0]] += x[[t - 3, 1]];
        }
    }
    let fit = encode(&features(x, &clock), &bold(y, &clock), Ridge::default().delays(&[1, 2, 3, 4])).unwrap();
    assert_eq!((fit.weights().nrows(), fit.delays()), (8, &[1, 2, 3, 4][..]));
    assert!(fit.r()[0] > 0.95 && fit.weights()[[5, 0]] > 0.9, "{:?}", fit.weights());
    assert!(fit.about().contains("at delays of 1, 2, 3, 4 volumes"), "{fit}");
    let error = fit.weight_map(8).unwrap_err();
    assert!(error.problem().contains("feature 8 of 8"), "{error}");
}

#[test]
fn ridge_cv_refuses_what_it_cannot_fit() {
    let (x, y) = (noise(60, 3, 1), noise(60, 2, 2));
    let problem =
        |x: &Array2<f32>, y: &Array2<f32>, ridge: Ridge| ridge_cv(x, y, ridge).unwrap_err().problem().to_owned();
    assert!(problem(&x, &y, Ridge::default()).contains("no folds"));
    let folds = by_runs(&[30, 30]);
    let shorter = y.slice(s![..50, ..]).to_owned();
    let said = problem(&x, &shorter, folds.clone());
    assert!(said.contains("x has 60 rows, y 50") && said.contains("runs of 30 + 30"), "{said}");
    let mut hole = x.clone();
    hole[[41, 2]] = f32::NAN;
    let said = problem(&hole, &y, folds.clone());
    assert!(said.contains("column 2 of x has the value NaN at volume 11 of run 1 (row 41)"), "{said}");
    assert!(problem(&x, &y, folds.clone().delays(&[1, 2, 1])).contains("delay of 1 volumes occurs twice"));
    assert!(problem(&Array2::zeros((60, 0)), &y, folds).contains("x has no column"));
}

#[test]
fn features_with_a_hole_or_of_another_length_are_refused() {
    let clock = Clock::new(2.0, &[20, 30]).unwrap();
    let mut data = noise(50, 4, 1);
    data[[25, 3]] = f32::INFINITY;
    let said = Features::new("speech", data, &clock).unwrap_err().problem().to_owned();
    assert!(said.contains("feature 3 of speech has the value inf at volume 5 of run 1 (row 25)"), "{said}");
    assert!(Features::new("speech", noise(49, 4, 1), &clock).unwrap_err().problem().contains("49 × 4"));
    let named = features(noise(50, 2, 1), &clock).named(&["words"]).unwrap_err();
    assert!(named.problem().contains("1 names for the 2 features"), "{named}");
    let clock = Clock::new(2.0, &[40; 3]).unwrap();
    let still = features(Array2::from_elem((120, 2), 3.0), &clock);
    let error = encode(&still, &bold(noise(120, 2, 1), &clock), Ridge::default());
    assert!(error.unwrap_err().problem().contains("all of 2 features (made) have a constant course"));
}
