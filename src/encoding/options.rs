//! Predictions, new rows, shared α and components beside scikit-learn: tests/reference/encoding/make_options.py.

use super::tests::{bold, matrix, noise};
use super::*;
use crate::clock::Clock;
use ndarray::{Array1, Array2, Axis};

fn drift() -> Clock {
    Clock::new(2.0, &[30, 44, 37]).unwrap()
}

fn fit(ridge: Ridge) -> EncodingFit {
    let x = Features::new("made", matrix("drift_x"), &drift()).unwrap();
    encode(&x, &bold(matrix("drift_y"), &drift()), ridge).unwrap()
}

fn alphas(name: &str) -> Array1<f32> {
    ndarray_npy::read_npy(format!("{}/tests/reference/encoding/{name}_alphas.npy", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn like(fit: &EncodingFit, name: &str) {
    for (v, (found, expected)) in fit.alphas().iter().zip(&alphas(name)).enumerate() {
        assert!((found / expected - 1.0).abs() < 1e-4, "{name}, α of voxel {v}: {found} against {expected}");
    }
    near(fit.fold_r(), &matrix(&format!("{name}_r")), 1e-4);
}

fn near(found: &Array2<f32>, expected: &Array2<f32>, tolerance: f32) {
    assert_eq!(found.dim(), expected.dim());
    let worst = (found - expected).iter().fold(0f32, |most, d| if d.is_nan() { f32::NAN } else { most.max(d.abs()) });
    assert!(worst <= tolerance, "differ by {worst}");
}

#[test]
fn held_out_rows_are_predicted_as_by_a_model_without_their_run() {
    let fit = fit(Ridge::default());
    like(&fit, "own");
    near(&fit.predictions(0..30).unwrap(), &matrix("own_predicted"), 2e-3); // values near 100, deviations of 5 to 15
    near(&fit.predictions(7..9).unwrap(), &matrix("own_predicted").slice(ndarray::s![.., 7..9]).to_owned(), 2e-3);
    assert!(fit.predictions(29..31).unwrap_err().problem().contains("29 to 31 of 30"));
}

#[test]
fn scores_are_means_over_folds() {
    let fit = fit(Ridge::default());
    assert_eq!(fit.r(), fit.fold_r().mean_axis(Axis(0)).unwrap().as_slice().unwrap());
    assert_eq!(fit.r2(), fit.fold_r2().mean_axis(Axis(0)).unwrap().as_slice().unwrap());
    assert_eq!(fit.folds().count(), 3);
}

#[test]
fn new_rows_are_predicted_in_the_voxels_units() {
    let clock = Clock::new(2.0, &[12]).unwrap();
    let new = Features::new("new", matrix("own_new_x"), &clock).unwrap();
    near(fit(Ridge::default()).predict(&new).unwrap().data(), &matrix("own_new"), 2e-3);
}

#[test]
fn all_voxels_or_groups_of_them_can_share_an_alpha() {
    like(&fit(Ridge::default().shared_alpha()), "all");
    let groups: Vec<usize> = (0..30).map(|v| v % 3).collect();
    let fit = fit(Ridge::default().alpha_by_group(&groups));
    like(&fit, "groups");
    assert!(fit.about().contains("one α for each group of voxels"), "{}", fit.about());
}

#[test]
fn groups_that_do_not_fit_the_voxels_are_refused() {
    let x = Features::new("made", matrix("drift_x"), &drift()).unwrap();
    let y = bold(matrix("drift_y"), &drift());
    let problem = |ridge| encode(&x, &y, ridge).unwrap_err().problem().to_owned();
    assert!(problem(Ridge::default().alpha_by_group(&[0, 1])).contains("2 voxels have a group"));
    assert!(problem(Ridge::default().alpha_by_group(&[usize::MAX; 30])).contains("with 30 voxels"));
    assert!(problem(Ridge::default().components(0)).contains("0 components"));
}

#[test]
fn components_are_learned_in_each_training_set() {
    let fit = fit(Ridge::default().components(7));
    like(&fit, "components");
    assert!(fit.about().contains("on 7 principal components of each training set"), "{}", fit.about());
}

#[test]
fn the_kernel_predicts_as_sums_do() {
    let (x, y) = (noise(120, 200, 1), noise(120, 5, 2));
    let clock = Clock::new(2.0, &[40; 3]).unwrap();
    let wide = Features::new("wide", x.clone(), &clock).unwrap();
    let fit = encode(&wide, &bold(y.clone(), &clock), Ridge::default()).unwrap();
    let predicted = fit.predictions(0..5).unwrap();
    for (v, r) in fit.r().iter().enumerate() {
        let of = |fold: usize| {
            let rows = clock.rows(fold);
            let [a, b] = [&y, &predicted].map(|m| m.slice(ndarray::s![rows.clone(), v]).mapv(f64::from));
            let (a, b) = (&a - a.mean().unwrap(), &b - b.mean().unwrap());
            a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
        };
        assert!(((of(0) + of(1) + of(2)) / 3.0 - f64::from(*r)).abs() < 1e-5);
    }
}

#[test]
fn a_model_is_scored_on_new_runs_and_refuses_those_it_has_seen() {
    let [train, later] = [Clock::new(2.0, &[80; 3]).unwrap(), Clock::new(2.0, &[80, 50]).unwrap()];
    let (x, new) = (noise(240, 4, 1), noise(130, 4, 2));
    let made = |x: &Array2<f32>, seed| {
        let mut y = noise(x.nrows(), 3, seed);
        y.column_mut(1).scaled_add(2.0, &x.column(0));
        y
    };
    let y = made(&x, 3);
    let features = |x: &Array2<f32>, clock: &Clock| Features::new("made", x.clone(), clock).unwrap();
    let fit = encode(&features(&x, &train), &bold(y.clone(), &train), Ridge::default()).unwrap();
    let scores = fit.score(&features(&new, &later), &bold(made(&new, 4), &later)).unwrap();
    assert_eq!(scores.run_r().dim(), (2, 3));
    assert!(scores.run_r()[[1, 1]] > 0.7 && scores.run_r2()[[1, 1]] > 0.4, "{scores}");
    assert!(scores.run_r()[[0, 0]].abs() < 0.4 && scores.run_r2()[[0, 0]] < 0.1, "{scores}");
    // The third run again, in other units, after another scan.
    let mut other = made(&new, 4);
    other.slice_mut(ndarray::s![..80, ..]).assign(&y.slice(ndarray::s![160.., ..]).mapv(|v| 3.0 * v + 100.0));
    let error = fit.score(&features(&new, &later), &bold(other, &later)).unwrap_err();
    assert!(
        error.problem().contains("run 0 of simulated is run 2 of simulated, on which the model was trained"),
        "{error}"
    );
    let fewer = features(&new.slice(ndarray::s![.., ..3]).to_owned(), &later);
    assert!(fit.predict(&fewer).unwrap_err().problem().contains("fitted to 4 features, and 3 features"));
}
