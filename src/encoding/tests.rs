//! The encoding model beside himalaya, and what it promises.

use super::*;
use crate::brain::{Affine, Mask, VoxelSeries};
use crate::clock::Clock;
use crate::error::ErrorKind;
use crate::model::{NeuronAxis, Site};
use crate::pattern::{Patterns, Report};
use ndarray::{Array1, Array2, ArrayViewMut1, concatenate, s};
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn path(name: &str) -> String {
    format!("{}/tests/reference/encoding/{name}.npy", env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn matrix(name: &str) -> Array2<f32> {
    ndarray_npy::read_npy(path(name)).unwrap()
}

fn vector(name: &str) -> Array1<f32> {
    ndarray_npy::read_npy(path(name)).unwrap()
}

fn patterns(courses: Array2<f32>, clock: &Clock) -> Patterns {
    let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, 1);
    Patterns {
        loadings: Array2::zeros((courses.ncols(), 1)).into(),
        courses: courses.into(),
        clock: clock.clone(),
        neurons,
        method: "given".into(),
        explained: 0.0,
        explained_by_neuron: [].into(),
        report: Report::default(),
        origin: Default::default(),
    }
}

pub(super) fn bold(data: Array2<f32>, clock: &Clock) -> VoxelSeries {
    let affine = Affine([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
    let voxels = (0..data.ncols() as u32).collect();
    let mask = Mask { shape: [data.ncols(), 1, 1], affine, voxels, origin: Default::default() };
    VoxelSeries::new(data, mask, clock.clone(), "simulated").unwrap()
}

fn fit_of(x: Array2<f32>, y: Array2<f32>, runs: &[usize], ridge: Ridge) -> crate::Result<EncodingFit> {
    let clock = Clock::new(2.0, runs).unwrap();
    encode(&patterns(x, &clock), &bold(y, &clock), ridge)
}

/// AR(1) noise of unit variance, time × series, with correlation 0.7 between neighbours.
pub(super) fn noise(time: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut out = Array2::from_shape_simple_fn((time, columns), || rng.sample::<f32, _>(StandardNormal));
    for t in 1..time {
        for c in 0..columns {
            out[[t, c]] = 0.7 * out[[t - 1, c]] + 0.51f32.sqrt() * out[[t, c]];
        }
    }
    out
}

fn near(name: &str, found: &[f32], expected: &Array1<f32>, tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (n, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance, "{name} {n}: {a} against {b}");
    }
}

fn same_alphas(fit: &EncodingFit, expected: &Array1<f32>) {
    for (n, (a, b)) in fit.alphas().iter().zip(expected).enumerate() {
        assert!((a / b - 1.0).abs() < 1e-4, "voxel {n}: {a} against {b}");
    }
}

fn himalayas_runs() -> EncodingFit {
    fit_of(matrix("runs_x"), matrix("runs_y"), &[50; 4], Ridge::default()).unwrap()
}

#[test]
fn alphas_over_all_runs_equal_himalayas() {
    same_alphas(&himalayas_runs(), &vector("runs_alphas"));
}

#[test]
fn weights_equal_himalayas() {
    let (fit, expected) = (himalayas_runs(), matrix("runs_coef"));
    let worst = (fit.weights() - &expected).iter().fold(0f32, |m, d| m.max(d.abs()));
    assert!(worst < 1e-5, "{worst}");
}

#[test]
fn held_out_scores_equal_himalayas_in_nested_folds() {
    let fit = himalayas_runs();
    near("r", fit.r(), &vector("runs_r"), 2e-5);
    near("R²", fit.r2(), &vector("runs_r2"), 2e-5);
}

#[test]
fn standardising_by_training_rows_equals_doing_so_before_each_fit() {
    let fit = fit_of(matrix("drift_x"), matrix("drift_y"), &[30, 44, 37], Ridge::default()).unwrap();
    same_alphas(&fit, &vector("drift_alphas"));
    near("r", fit.r(), &vector("drift_r"), 1e-4);
    near("R²", fit.r2(), &vector("drift_r2"), 1e-4);
}

#[test]
fn scores_do_not_depend_on_the_units_of_pattern_and_voxel() {
    let (x, y) = (matrix("runs_x"), matrix("runs_y"));
    let other = fit_of(x.mapv(|v| 0.01 * v + 3.0), y.mapv(|v| 100.0 * v + 5000.0), &[50; 4], Ridge::default()).unwrap();
    near("r", other.r(), &Array1::from(himalayas_runs().r().to_vec()), 1e-3);
}

#[test]
fn noise_is_not_predicted_from_noise() {
    // 2000 voxels: the mean of independent r has a standard error near 0.003; what leaks shows as a positive mean.
    for (runs, ridge) in
        [(vec![100; 4], Ridge::default()), (vec![400], Ridge::default()), (vec![200; 2], Ridge::default())]
    {
        let fit = fit_of(noise(400, 20, 1), noise(400, 2000, 2), &runs, ridge).unwrap();
        let mean = fit.r().iter().sum::<f32>() / 2000.0;
        assert!(mean.abs() < 0.03, "runs of {runs:?}: mean r {mean}");
        let r2 = fit.r2().iter().sum::<f32>() / 2000.0;
        assert!(r2 < 0.0, "runs of {runs:?}: mean R² {r2}");
    }
}

#[test]
fn a_signal_in_the_held_out_run_alone_is_not_learned() {
    // The voxel is the pattern in the third run, and orthogonal to it in the others: only a model that saw the third run predicts it there.
    let (mut x, mut y) = (noise(300, 1, 3), noise(300, 1, 4));
    for rows in [0..100, 100..200, 200..300] {
        let mut x: ArrayViewMut1<f32> = x.slice_mut(s![rows.clone(), 0]);
        let mut y: ArrayViewMut1<f32> = y.slice_mut(s![rows.clone(), 0]);
        x -= x.mean().unwrap();
        y -= y.mean().unwrap();
        let slope = x.dot(&y) / x.dot(&x);
        y.scaled_add(-slope, &x);
        if rows.start == 200 {
            y.assign(&x);
        }
    }
    let fit = fit_of(x, y, &[100; 3], Ridge::default().alphas(&[1.0])).unwrap();
    assert!(fit.weights()[[0, 0]] > 0.2);
    assert!(fit.r2()[0] < 0.01, "{}", fit.r2()[0]);
}

#[test]
fn a_planted_signal_is_found_with_its_weights() {
    let x = noise(600, 3, 5);
    let y = x.dot(&ndarray::array![[2.0f32], [0.0], [-1.0]]) + 0.1 * noise(600, 1, 6);
    let fit = fit_of(x.clone(), y.clone(), &[200; 3], Ridge::default()).unwrap();
    assert!(fit.r()[0] > 0.99 && fit.r2()[0] > 0.98);
    let expected = [2.0 * x.column(0).std(0.0) / y.std(0.0), 0.0, -x.column(2).std(0.0) / y.std(0.0)];
    for (found, expected) in fit.weights().column(0).iter().zip(expected) {
        assert!((found - expected).abs() < 0.02, "{found} against {expected}");
    }
}

#[test]
fn ridge_leaves_out_a_constant_voxel_and_names_it() {
    let y = matrix("runs_y");
    let with =
        concatenate![ndarray::Axis(1), y.slice(s![.., ..2]), Array2::from_elem((200, 1), 812.3), y.slice(s![.., 2..])];
    let fit = fit_of(matrix("runs_x"), with, &[50; 4], Ridge::default()).unwrap();
    assert_eq!((fit.r()[2], fit.r2()[2]), (0.0, 0.0));
    assert!(fit.weights().column(2).iter().all(|w| *w == 0.0));
    assert!(fit.about().contains("1 constant voxel left out (score and weights 0): [2, 0, 0]"), "{}", fit.about());
    assert_eq!(&fit.r()[3..], &himalayas_runs().r()[2..]);
}

#[test]
fn a_voxel_that_is_constant_in_one_run_scores_zero_there_and_finite_elsewhere() {
    let mut y = matrix("runs_y");
    y.slice_mut(s![50..100, 0]).fill(0.25);
    let fit = fit_of(matrix("runs_x"), y, &[50; 4], Ridge::default()).unwrap();
    assert!(fit.r()[0].is_finite() && fit.r2()[0].is_finite() && fit.r()[0].abs() <= 1.0);
}

#[test]
fn a_voxel_that_varies_in_one_run_only_is_not_an_error() {
    let mut y = matrix("runs_y");
    y.slice_mut(s![50.., 0]).fill(0.25);
    let fit = fit_of(matrix("runs_x"), y, &[50; 4], Ridge::default()).unwrap();
    assert!(fit.r()[0].is_finite() && fit.r2()[0].is_finite() && fit.weights().iter().all(|w| w.is_finite()));
}

#[test]
fn a_constant_pattern_is_refused_by_its_number() {
    let mut x = matrix("runs_x");
    x.column_mut(7).fill(0.5);
    let error = fit_of(x, matrix("runs_y"), &[50; 4], Ridge::default()).unwrap_err();
    assert!(error.problem().contains("pattern 7 has a constant course"), "{error}");
}

#[test]
fn a_pattern_that_varies_in_one_run_only_is_learned_from_that_run() {
    let mut x = matrix("runs_x");
    x.slice_mut(s![50.., 0]).fill(0.0);
    let fit = fit_of(x, matrix("runs_y"), &[50; 4], Ridge::default()).unwrap();
    assert!(fit.r().iter().chain(fit.r2()).chain(fit.weights()).all(|v| v.is_finite()));
}

#[test]
fn patterns_that_are_equal_share_the_weight_of_one() {
    let x = matrix("runs_x");
    let twice = concatenate![ndarray::Axis(1), x, x];
    let fit = fit_of(twice, matrix("runs_y"), &[50; 4], Ridge::default().alphas(&[20.0])).unwrap();
    let once = fit_of(x, matrix("runs_y"), &[50; 4], Ridge::default().alphas(&[10.0])).unwrap();
    // XXᵀ doubles, so that α of 20 does what 10 did.
    near("r", fit.r(), &Array1::from(once.r().to_vec()), 1e-4);
    let sum = &fit.weights().slice(s![..12, ..]) + &fit.weights().slice(s![12.., ..]);
    assert!((&sum - once.weights()).iter().all(|d| d.abs() < 1e-4));
}

#[test]
fn more_patterns_than_volumes_are_no_obstacle() {
    let fit = fit_of(noise(80, 150, 7), noise(80, 10, 8), &[40, 40], Ridge::default()).unwrap();
    assert!(fit.r().iter().chain(fit.weights()).all(|v| v.is_finite()));
}

#[test]
fn a_bad_grid_of_alphas_is_refused() {
    for (grid, word) in [
        (vec![], "empty"),
        (vec![1.0, 0.0], "is 0"),
        (vec![1.0, f64::NAN], "NaN"),
        (vec![2.0, 1.0], "ascend"),
        (vec![1.0, 1.0], "ascend"),
    ] {
        let error = fit_of(matrix("runs_x"), matrix("runs_y"), &[50; 4], Ridge::default().alphas(&grid)).unwrap_err();
        assert!(error.kind() == ErrorKind::Value && error.problem().contains(word), "{grid:?}: {error}");
    }
}

#[test]
fn clocks_that_differ_are_refused() {
    let (a, b) = (Clock::new(2.0, &[50; 4]).unwrap(), Clock::new(1.5, &[50; 4]).unwrap());
    let error = encode(&patterns(matrix("runs_x"), &a), &bold(matrix("runs_y"), &b), Ridge::default()).unwrap_err();
    assert!(error.problem().contains("TR 2 s") && error.problem().contains("TR 1.5 s"), "{error}");
    let folds = Folds::blocks(&b, 4, 10.0).unwrap();
    let own = bold(matrix("runs_y"), &a);
    assert!(encode(&patterns(matrix("runs_x"), &a), &own, Ridge::default().folds(folds)).is_err());
}

#[test]
fn runs_too_short_to_score_are_refused_with_the_numbers() {
    let error = fit_of(noise(43, 2, 1), noise(43, 2, 2), &[20, 20, 3], Ridge::default()).unwrap_err();
    assert!(error.problem().contains("40 volumes to train and 3 to test"), "{error}");
}

#[test]
fn a_single_run_is_cut_into_blocks_and_about_says_so() {
    let fit = fit_of(noise(200, 2, 1), noise(200, 3, 2), &[200], Ridge::default()).unwrap();
    assert!(
        fit.about()
            .contains("5 blocks with a gap of 10 s, cleaning shared by the blocks of a run (there is a single run)"),
        "{}",
        fit.about()
    );
}

#[test]
fn alphas_at_the_grids_edge_are_counted() {
    let (x, y) = (noise(400, 4, 1), noise(400, 50, 2));
    let fit = fit_of(x, y, &[100; 4], Ridge::default().alphas(&[1.0, 2.0, 3.0])).unwrap();
    let edge = fit.alphas().iter().filter(|a| **a != 2.0).count();
    assert!(edge > 0);
    assert_eq!(fit.alphas_at_edge(), edge);
}

#[test]
fn censored_volumes_are_in_neither_training_nor_scores() {
    let out: [&[usize]; 3] = [&[0, 1, 2, 30], &[59], &[10, 11, 40]];
    let clock = Clock::new(2.0, &[60; 3]).unwrap();
    let mut x = noise(180, 4, 1);
    let mut y = noise(180, 6, 2);
    y.slice_mut(s![.., 0]).scaled_add(2.0, &x.column(1));
    let kept: Vec<usize> =
        (0..3).flat_map(|run| (0..60).filter(move |n| !out[run].contains(n)).map(move |n| 60 * run + n)).collect();
    let shorter = Clock::new(2.0, &[56, 59, 57]).unwrap();
    let rows = |data: &Array2<f32>| data.select(ndarray::Axis(0), &kept);
    let expected = encode(&patterns(rows(&x), &shorter), &bold(rows(&y), &shorter), Ridge::default()).unwrap();
    // What the patterns and the voxels say at censored volumes must not matter.
    for row in (0..180).filter(|row| !kept.contains(row)) {
        x.row_mut(row).fill(1e6);
        y.row_mut(row).fill(-1e7);
    }
    let mut censored = bold(y, &clock);
    for (run, volumes) in out.iter().enumerate() {
        censored = censored.censor(run, volumes).unwrap();
    }
    let fit = encode(&patterns(x, &clock), &censored, Ridge::default()).unwrap();
    assert_eq!((fit.r(), fit.r2(), fit.alphas()), (expected.r(), expected.r2(), expected.alphas()));
    assert_eq!(fit.weights(), expected.weights());
    assert!(fit.r()[0] > 0.7, "{:?}", fit.r());
    assert!(fit.about().contains("8 of 180 volumes censored, in neither training nor scores"), "{}", fit.about());
}

#[test]
fn a_run_of_which_censoring_leaves_too_little_to_score_is_refused() {
    let clock = Clock::new(2.0, &[30, 30]).unwrap();
    let most: Vec<usize> = (0..27).collect();
    let series = bold(noise(60, 2, 2), &clock).censor(1, &most).unwrap();
    let error = encode(&patterns(noise(60, 2, 1), &clock), &series, Ridge::default()).unwrap_err();
    assert!(error.problem().contains("3 kept volumes to train and 30 to test"), "{error}");
}

#[test]
fn blocks_keep_the_gap_on_both_sides_and_not_across_runs() {
    let clock = Clock::new(2.0, &[60, 40]).unwrap();
    let folds = Folds::blocks(&clock, 5, 10.0).unwrap();
    let middle = folds.fold(1);
    assert_eq!(middle.test(), (20..40).collect::<Vec<_>>());
    assert_eq!(middle.train(), (0..15).chain(45..100).collect::<Vec<_>>());
    // The third block ends with the first run, so that the second run is whole.
    assert_eq!(folds.fold(2).train(), (0..35).chain(60..100).collect::<Vec<_>>());
}

#[test]
fn no_row_is_in_both_parts_of_any_fold_inside_or_outside() {
    for folds in [
        Folds::runs(&Clock::new(1.0, &[40, 50, 60]).unwrap()).unwrap(),
        Folds::runs(&Clock::new(1.0, &[80, 90]).unwrap()).unwrap(),
        Folds::blocks(&Clock::new(1.0, &[70, 100]).unwrap(), 4, 7.0).unwrap(),
        Folds::blocks(&Clock::new(1.0, &[200]).unwrap(), 2, 7.0).unwrap(),
    ] {
        for n in 0..folds.count() {
            let outer = folds.fold(n);
            assert!(outer.test().iter().all(|row| !outer.train().contains(row)));
            for inner in folds.inside(n) {
                assert!(!inner.train().is_empty() && !inner.test().is_empty());
                assert!(inner.test().iter().all(|row| !inner.train().contains(row)));
                let held_out = outer.test();
                assert!(
                    inner
                        .train()
                        .iter()
                        .chain(inner.test())
                        .all(|row| outer.train().contains(row) && !held_out.contains(row))
                );
            }
        }
    }
}

#[test]
fn folds_that_cannot_be_cut_are_refused() {
    let one = Clock::new(2.0, &[100]).unwrap();
    assert!(Folds::runs(&one).unwrap_err().problem().contains("1 run"));
    assert!(Folds::blocks(&one, 1, 10.0).is_err());
    assert!(Folds::blocks(&one, 5, -1.0).is_err());
    let error = Folds::blocks(&one, 20, 10.0).unwrap_err();
    assert!(error.problem().contains("20 blocks of 100 volumes have 5 each"), "{error}");
}

#[test]
fn fit_and_folds_show_themselves_in_one_paragraph() {
    let text = himalayas_runs().to_string();
    assert!(text.starts_with("EncodingFit: 12 patterns × 40 voxels; held-out r: median"), "{text}");
    let folds = Folds::runs(&Clock::new(2.0, &[50, 60]).unwrap()).unwrap();
    assert_eq!(
        folds.to_string(),
        "Folds: 2 folds by run, 110 volumes (runs of 50 + 60) at TR 2 s; train/test volumes 60/50, 50/60"
    );
}
