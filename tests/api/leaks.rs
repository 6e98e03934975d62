//! Leaks planted on purpose: each makes pure noise predictable the naive way, and is refused here or leaves held-out r at 0.
//!
//! Brain data are AR(1) noise that no regressor has to do with. The naive ways are a ridge of this file's own, on folds of its own.

use ndarray::{Array1, Array2, Axis, s};
use neurocell::brain::Affine;
use neurocell::encoding::Leak;
use neurocell::prelude::*;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

const TR: f64 = 2.0;
const VOXELS: usize = 400;

/// AR(1) noise of unit variance with correlation 0.5 between neighbouring volumes, begun anew in each run.
fn noise(runs: &[usize], columns: usize, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let total = runs.iter().sum();
    let mut out = Array2::from_shape_simple_fn((total, columns), || rng.sample::<f32, _>(StandardNormal));
    let mut start = 0;
    for run in runs {
        for row in start + 1..start + run {
            let last = out.row(row - 1).to_owned();
            out.row_mut(row).zip_mut_with(&last, |v, last| *v = 0.5 * last + 0.75f32.sqrt() * *v);
        }
        start += run;
    }
    out
}

fn features(data: Array2<f32>, clock: &Clock) -> Features {
    Features::new("noise", data, clock).unwrap()
}

fn bold(data: Array2<f32>, clock: &Clock) -> VoxelSeries {
    let affine = Affine([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
    let mask = Mask::new([data.ncols(), 1, 1], affine, &vec![true; data.ncols()]).unwrap();
    VoxelSeries::new(data, mask, clock.clone(), "simulated noise").unwrap()
}

/// Each course convolved with `kernel` within its run.
fn convolved(data: &Array2<f32>, clock: &Clock, kernel: &[f32]) -> Array2<f32> {
    let mut out = Array2::zeros(data.dim());
    for run in 0..clock.runs() {
        let rows = clock.rows(run);
        for row in rows.clone() {
            for (lag, weight) in kernel.iter().enumerate().filter(|(lag, _)| row >= rows.start + lag) {
                let past = data.row(row - lag).to_owned();
                out.row_mut(row).scaled_add(*weight, &past);
            }
        }
    }
    out
}

/// r of each voxel in the test rows, for a ridge of one α in f64: X_test·Xᵀ·(X·Xᵀ + α·I)⁻¹·Y, with the training rows' mean taken out.
fn naive(x: &Array2<f32>, y: &Array2<f32>, train: &[usize], test: &[usize], alpha: f64) -> Array1<f64> {
    let take = |data: &Array2<f32>, rows: &[usize]| data.select(Axis(0), rows).mapv(f64::from);
    let (mean_x, mean_y) = (take(x, train).mean_axis(Axis(0)).unwrap(), take(y, train).mean_axis(Axis(0)).unwrap());
    let (a, b) = (take(x, train) - &mean_x, take(x, test) - &mean_x);
    let mut kernel = a.dot(&a.t());
    kernel.diag_mut().mapv_inplace(|v| v + alpha);
    let predicted = b.dot(&a.t()).dot(&solved(kernel, take(y, train) - &mean_y));
    let measured = take(y, test);
    let r = |(p, y): (ndarray::ArrayView1<f64>, ndarray::ArrayView1<f64>)| {
        let (p, y) = (&p - p.mean().unwrap(), &y - y.mean().unwrap());
        p.dot(&y) / (p.dot(&p) * y.dot(&y)).sqrt().max(1e-300)
    };
    predicted.columns().into_iter().zip(measured.columns()).map(r).collect()
}

/// A⁻¹·B for a positive definite A, by Cholesky's factor.
fn solved(mut a: Array2<f64>, mut b: Array2<f64>) -> Array2<f64> {
    let n = a.nrows();
    for j in 0..n {
        for k in 0..j {
            let factor = a[[j, k]];
            let row = a.slice(s![j.., k]).to_owned();
            a.slice_mut(s![j.., j]).scaled_add(-factor, &row);
        }
        let root = a[[j, j]].sqrt();
        a.slice_mut(s![j.., j]).mapv_inplace(|v| v / root);
    }
    for j in 0..n {
        for k in 0..j {
            let row = b.row(k).to_owned();
            b.row_mut(j).scaled_add(-a[[j, k]], &row);
        }
        b.row_mut(j).mapv_inplace(|v| v / a[[j, j]]);
    }
    for j in (0..n).rev() {
        for k in j + 1..n {
            let row = b.row(k).to_owned();
            b.row_mut(j).scaled_add(-a[[k, j]], &row);
        }
        b.row_mut(j).mapv_inplace(|v| v / a[[j, j]]);
    }
    b
}

/// Mean over folds of [`naive`], each fold training on all other rows.
fn naive_over(x: &Array2<f32>, y: &Array2<f32>, tests: &[Vec<usize>], alpha: f64) -> Vec<f32> {
    let mut mean = Array1::<f64>::zeros(y.ncols());
    for test in tests {
        let train: Vec<usize> = (0..x.nrows()).filter(|row| !test.contains(row)).collect();
        mean += &(naive(x, y, &train, test, alpha) / tests.len() as f64);
    }
    mean.mapv(|r| r as f32).to_vec()
}

fn by_run(clock: &Clock) -> Vec<Vec<usize>> {
    (0..clock.runs()).map(|run| clock.rows(run).collect()).collect()
}

fn short_blocks(total: usize, n: usize) -> Vec<Vec<usize>> {
    (0..n).map(|block| (block * total / n..(block + 1) * total / n).collect()).collect()
}

/// Mean over voxels and its standard error.
fn mean(r: &[f32]) -> (f64, f64) {
    let n = r.len() as f64;
    let mean = r.iter().map(|r| f64::from(*r)).sum::<f64>() / n;
    let variance = r.iter().map(|r| (f64::from(*r) - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Says what a leak did, for a reader with `--nocapture`.
fn row(kind: &str, naive: Option<&[f32]>, here: &str, honest: &[f32]) {
    let naive = naive.map_or("–".to_owned(), |r| format!("{:+.3} ± {:.3}", mean(r).0, mean(r).1));
    println!("| {kind} | {naive} | {here} | {:+.3} ± {:.3} |", mean(honest).0, mean(honest).1);
}

/// The naive way predicts noise.
fn leaks(r: &[f32]) {
    let (mean, error) = mean(r);
    assert!(mean > 0.04 && mean > 5.0 * error, "the planted leak does not show: {mean} ± {error}");
}

/// Noise is not predicted: the mean over independent voxels is 0 within four standard errors.
fn at_zero(r: &[f32]) {
    let (mean, error) = mean(r);
    assert!(mean.abs() < 4.0 * error, "held-out r of noise is {mean} ± {error}");
}

fn refused(result: Result<EncodingFit>, parts: &[&str]) {
    let error = result.unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
}

#[test]
fn z_scoring_all_rows_before_the_split_changes_nothing() {
    let clock = Clock::new(TR, &[60; 4]).unwrap();
    let (mut x, mut y) = (noise(&[60; 4], 20, 1), noise(&[60; 4], VOXELS, 2));
    for run in 0..4 {
        x.slice_mut(s![clock.rows(run), ..]).mapv_inplace(|v| (2.0 + run as f32) * v);
        y.slice_mut(s![clock.rows(run), ..]).mapv_inplace(|v| (1.0 + run as f32) * v + 4.0 * run as f32);
    }
    let zscored = |data: &Array2<f32>| (data - &data.mean_axis(Axis(0)).unwrap()) / &data.std_axis(Axis(0), 0.0);
    let honest = encode(&features(x.clone(), &clock), &bold(y.clone(), &clock), Ridge::default()).unwrap();
    let after = encode(&features(zscored(&x), &clock), &bold(zscored(&y), &clock), Ridge::default()).unwrap();
    let largest = |a: &Array2<f32>, b: &Array2<f32>| (a - b).iter().fold(0f32, |most, d| most.max(d.abs()));
    assert!(largest(honest.fold_r(), after.fold_r()) < 1e-3, "{}", largest(honest.fold_r(), after.fold_r()));
    // R² compares with the test rows' own mean, which training rows do not know: here it is far below 0, before and after.
    let scaled = (honest.fold_r2() - after.fold_r2()) / &honest.fold_r2().mapv(|r2| r2.abs().max(1.0));
    assert!(scaled.iter().all(|d| d.abs() < 1e-3));
    assert!(mean(honest.r2()).0 < -0.5, "{:?}", mean(honest.r2()));
    at_zero(honest.r());
    row("z-score over all rows", None, "no effect: scales are learned in training rows", after.r());
}

#[test]
fn overlapping_windows_across_a_border_are_refused_and_a_wide_gap_leaves_nothing() {
    let clock = Clock::new(TR, &[400]).unwrap();
    let window = [1.0 / 14.0; 14];
    let (x, y) = (noise(&[400], 60, 3), noise(&[400], VOXELS, 4));
    let (x, y) = (convolved(&x, &clock, &window), convolved(&y, &clock, &window));
    let naive = naive_over(&x, &y, &short_blocks(400, 20), 0.05);
    leaks(&naive);
    let (x, y) = (features(x, &clock), bold(y, &clock));
    refused(
        encode(&x, &y, Ridge::default()),
        &[
            "still correlate by 0.",
            "over the gap of 10 s",
            "cut from overlapping windows",
            "widen the gap: `Folds::blocks(&clock, 5, ",
        ],
    );
    let wide = encode(&x, &y, Ridge::default().folds(Folds::blocks(&clock, 5, 30.0).unwrap())).unwrap();
    at_zero(wide.r());
    row("overlapping windows across the border", Some(&naive), "refused; with a gap that is wide enough", wide.r());
}

#[test]
fn the_responses_tail_over_a_border_is_refused_and_the_usual_gap_leaves_nothing() {
    let clock = Clock::new(TR, &[400]).unwrap();
    let kernel: Vec<f32> = (0..12)
        .map(|n| 2.0 * n as f32)
        .map(|t| t.powi(5) * (-t).exp() / 120.0 - t.powi(15) * (-t).exp() / 1.3e12 / 6.0)
        .collect();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let mut white =
        |columns: usize| Array2::from_shape_simple_fn((400, columns), || rng.sample::<f32, _>(StandardNormal));
    let (x, y) = (convolved(&white(80), &clock, &kernel), convolved(&white(VOXELS), &clock, &kernel));
    let naive = naive_over(&x, &y, &short_blocks(400, 40), 0.05);
    leaks(&naive);
    let (x, y) = (features(x, &clock), bold(y, &clock));
    let short = Ridge::default().folds(Folds::blocks(&clock, 20, 4.0).unwrap());
    refused(
        encode(&x, &y, short),
        &[
            "a gap of 2 volumes (4 s)",
            "shorter than the haemodynamic response of 10 s",
            "Folds::blocks(&clock, 5, 10.0)",
            "folds.allowing(Leak::ShortGap)",
        ],
    );
    let meant = Folds::blocks(&clock, 20, 4.0).unwrap().allowing(Leak::ShortGap);
    let meant = encode(&x, &y, Ridge::default().folds(meant)).unwrap();
    assert!(meant.about().contains("a short gap ALLOWED"), "{}", meant.about());
    let usual = encode(&x, &y, Ridge::default()).unwrap();
    at_zero(usual.r());
    row("HRF tail over the border", Some(&naive), "a gap below 10 s is refused; with 10 s", usual.r());
}

#[test]
fn delays_that_reach_over_a_border_are_refused_and_a_single_run_gets_a_gap_of_their_length() {
    let clock = Clock::new(TR, &[300]).unwrap();
    let (x, y) = (features(noise(&[300], 5, 6), &clock), bold(noise(&[300], VOXELS, 7), &clock));
    let delays = Ridge::default().delays(&[1, 4, 8]);
    let ten = delays.clone().folds(Folds::blocks(&clock, 5, 10.0).unwrap());
    refused(
        encode(&x, &y, ten),
        &[
            "a gap of 5 volumes (10 s)",
            "shorter than the largest delay of 8 volumes (16 s)",
            "Folds::blocks(&clock, 5, 16.0)",
        ],
    );
    let fit = encode(&x, &y, delays).unwrap();
    assert!(fit.about().contains("5 blocks with a gap of 16 s"), "{}", fit.about());
    at_zero(fit.r());
    row("delays over the border", None, "a gap below the delays is refused; widened", fit.r());
}

#[test]
fn a_story_in_both_folds_is_refused_and_held_out_together_leaves_nothing() {
    let runs = [100; 4];
    let clock = Clock::new(TR, &runs).unwrap();
    let (mut x, mut y) = (noise(&runs, 60, 8), noise(&runs, VOXELS, 9));
    // The last run is the first one's story, and noise in the brain goes with the story in part.
    let (story, response) = (x.slice(s![..100, ..]).to_owned(), y.slice(s![..100, ..]).to_owned());
    x.slice_mut(s![300.., ..]).assign(&(&story + &(0.02 * &noise(&[100], 60, 10))));
    y.slice_mut(s![300.., ..]).assign(&(0.7 * &response + 0.71 * &noise(&[100], VOXELS, 11)));
    let naive = naive_over(&x, &y, &by_run(&clock), 20.0);
    leaks(&naive);
    let (x, y) = (features(x, &clock), bold(y, &clock));
    refused(
        encode(&x, &y, Ridge::default()),
        &[
            "runs 0 and 3 have the same features (|r| = 1.00)",
            "fold 0 tests on a story that it trains on",
            r#"`Folds::stories(&clock, &["story0", "story1", "story2", "story0"])?`"#,
            "folds.allowing(Leak::RepeatedStory)",
        ],
    );
    let stories = Folds::stories(&clock, &["a", "b", "c", "a"]).unwrap();
    let fit = encode(&x, &y, Ridge::default().folds(stories)).unwrap();
    at_zero(fit.r());
    row("same story in both folds", Some(&naive), "refused; with Folds::stories", fit.r());
    let wrong = Folds::stories(&clock, &["a", "b", "c", "d"]).unwrap();
    assert!(encode(&x, &y, Ridge::default().folds(wrong.clone())).is_err(), "names that hide a repeated story");
    let meant = encode(&x, &y, Ridge::default().folds(wrong.allowing(Leak::RepeatedStory))).unwrap();
    assert!(meant.about().contains("stories both trained on and tested ALLOWED"), "{}", meant.about());
    leaks(meant.r());
}

#[test]
fn a_story_that_begins_later_or_is_cut_shorter_is_known_again() {
    let runs = [90, 80, 84];
    let clock = Clock::new(TR, &runs).unwrap();
    let mut x = noise(&runs, 12, 12);
    let story = x.slice(s![5..85, ..]).to_owned();
    x.slice_mut(s![174..254, ..]).assign(&-story);
    let y = bold(noise(&runs, 10, 13), &clock);
    refused(
        encode(&features(x.clone(), &clock), &y, Ridge::default()),
        &["runs 0 and 2 have the same features", "one 1 volumes later"],
    );
    let all = Clock::new(TR, &[60, 60]).unwrap();
    let twice = ndarray::concatenate![Axis(0), x.slice(s![..60, ..]), x.slice(s![..60, ..])];
    let y = bold(noise(&[60, 60], 10, 14), &all);
    refused(
        encode(&features(twice.clone(), &all), &y, Ridge::default()),
        &[r#"Folds::story_parts(&clock, &["story0", "story0"], 5, 10.0)?"#],
    );
    let parts = Folds::story_parts(&all, &["a", "a"], 4, 10.0).unwrap();
    encode(&features(twice, &all), &y, Ridge::default().folds(parts)).unwrap();
}

#[test]
fn alpha_chosen_on_test_rows_is_not_to_be_had_from_encode() {
    let runs = [50; 4];
    let clock = Clock::new(TR, &runs).unwrap();
    let (x, y) = (noise(&runs, 120, 15), noise(&runs, VOXELS, 16));
    let mut best = vec![0f32; VOXELS];
    for test in by_run(&clock) {
        let each: Vec<Vec<f32>> = Ridge::grid(-1.0, 5.0, 20)
            .iter()
            .map(|alpha| naive_over(&x, &y, std::slice::from_ref(&test), *alpha))
            .collect();
        best.iter_mut()
            .enumerate()
            .for_each(|(v, best)| *best += each.iter().map(|r| r[v]).fold(f32::MIN, f32::max) / 4.0);
    }
    let (naive, error) = mean(&best);
    assert!(naive > 0.02 && naive > 5.0 * error, "{naive} ± {error}");
    let fit = encode(&features(x, &clock), &bold(y, &clock), Ridge::default()).unwrap();
    at_zero(fit.r());
    row("α chosen on test rows", Some(&best), "α is chosen inside training rows", fit.r());
}

#[test]
fn features_chosen_on_all_rows_are_refused_and_chosen_in_training_rows_leave_nothing() {
    let runs = [40; 4];
    let clock = Clock::new(TR, &runs).unwrap();
    let (mut all, mut honest) = (Vec::new(), Vec::new());
    for seed in 0..40 {
        let (x, y) = (noise(&runs, 300, 100 + seed), noise(&runs, 4, 200 + seed));
        let (x, series) = (features(x, &clock), bold(y.clone(), &clock));
        let choice = SelectFeatures::best(10);
        let chosen = choice.fit(&Training::all(&series), &x).unwrap().transform(&x).unwrap();
        let naive = naive_over(chosen.data(), &y, &by_run(&clock), 20.0);
        all.push(naive.iter().sum::<f32>() / 4.0);
        if seed == 0 {
            refused(
                encode(&chosen, &series, Ridge::default()),
                &[
                    "the 10 of 300 features that correlate most with BOLD",
                    "fold 0 would test 40 of these (rows 0 to 39)",
                    "encode_each(&bold",
                ],
            );
        }
        let fit = encode_each(&series, Ridge::default(), &|train| choice.fit(train, &x)?.transform(&x)).unwrap();
        honest.push(fit.r().iter().sum::<f32>() / 4.0);
    }
    leaks(&all);
    at_zero(&honest);
    row("feature selection on all rows", Some(&all), "refused; with encode_each", &honest);
}

#[test]
fn smoothing_in_time_before_the_split_is_refused_and_a_wide_gap_leaves_nothing() {
    let clock = Clock::new(TR, &[400]).unwrap();
    let gauss: Vec<f32> = (-12i32..=12).map(|n| (-0.5 * (n as f32 / 4.0).powi(2)).exp() / 10.0).collect();
    let (x, y) = (noise(&[400], 60, 17), noise(&[400], VOXELS, 18));
    let (x, y) = (convolved(&x, &clock, &gauss), convolved(&y, &clock, &gauss));
    let naive = naive_over(&x, &y, &short_blocks(400, 20), 0.05);
    leaks(&naive);
    let (x, y) = (features(x, &clock), bold(y, &clock));
    refused(
        encode(&x, &y, Ridge::default()),
        &[
            "volumes of simulated noise still correlate by 0.",
            "the series was smoothed in time",
            "Folds::blocks(&clock, 5, ",
        ],
    );
    let wide = encode(&x, &y, Ridge::default().folds(Folds::blocks(&clock, 4, 40.0).unwrap())).unwrap();
    at_zero(wide.r());
    row("smoothing in time before the split", Some(&naive), "refused; with a gap that is wide enough", wide.r());
}

#[test]
fn a_run_that_is_there_twice_is_refused_and_without_it_nothing_is_left() {
    let runs = [80; 4];
    let clock = Clock::new(TR, &runs).unwrap();
    let (x, mut y) = (noise(&runs, 60, 19), noise(&runs, VOXELS, 20));
    let mut twice = x.clone();
    let of_x = x.slice(s![80..160, ..]).to_owned();
    twice.slice_mut(s![240.., ..]).assign(&of_x);
    // The second file was scaled and detrended in another way.
    let mut copy = 3.0 * &y.slice(s![80..160, ..]) + 0.2 * &noise(&[80], VOXELS, 21);
    copy.rows_mut().into_iter().enumerate().for_each(|(row, mut copy)| copy += 0.1 * row as f32 + 700.0);
    y.slice_mut(s![240.., ..]).assign(&copy);
    let naive = naive_over(&twice, &y, &by_run(&clock), 20.0);
    leaks(&naive);
    let said = [
        "runs 1 and 3 of simulated noise are one scan",
        "fold 1 tests on what it trains on",
        "leave one of both out",
        "folds.allowing(Leak::RepeatedRun)",
    ];
    refused(encode(&features(twice, &clock), &bold(y.clone(), &clock), Ridge::default()), &said);
    // Also where the regressors do not tell.
    refused(encode(&features(x.clone(), &clock), &bold(y.clone(), &clock), Ridge::default()), &said);
    let three = Clock::new(TR, &runs[..3]).unwrap();
    let first = |data: &Array2<f32>| data.slice(s![..240, ..]).to_owned();
    let fit = encode(&features(first(&x), &three), &bold(first(&y), &three), Ridge::default()).unwrap();
    at_zero(fit.r());
    row("duplicate run", Some(&naive), "refused; without it", fit.r());
}

#[test]
fn shuffled_volumes_are_refused_and_blocks_leave_nothing() {
    let clock = Clock::new(TR, &[300]).unwrap();
    // A slow course of each side: what a scanner's drift or a slow response leaves.
    let slow: Vec<f32> = (0..6).map(|n| 0.7f32.powi(n)).collect();
    let (x, y) = (noise(&[300], 100, 22), noise(&[300], VOXELS, 23));
    let (x, y) = (convolved(&x, &clock, &slow), convolved(&y, &clock, &slow));
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(24);
    let fold: Vec<usize> = (0..300).map(|_| rng.gen_range(0..5)).collect();
    let shuffled: Vec<Vec<usize>> = (0..5).map(|n| (0..300).filter(|row| fold[*row] == n).collect()).collect();
    let naive = naive_over(&x, &y, &shuffled, 1.0);
    leaks(&naive);
    let error = Folds::custom(&clock, shuffled, 10.0).unwrap_err().to_string();
    assert!(error.contains("they were shuffled"), "{error}");
    let fit =
        encode(&features(x, &clock), &bold(y, &clock), Ridge::default().folds(Folds::blocks(&clock, 5, 14.0).unwrap()))
            .unwrap();
    at_zero(fit.r());
    row("shuffled volumes", Some(&naive), "refused; blocks with a gap", fit.r());
}

#[test]
fn stories_of_their_own_and_a_usual_scan_are_not_taken_for_repeats() {
    // Slow courses of few regressors in many runs come nearest to being alike by chance.
    let runs = [60; 12];
    let clock = Clock::new(TR, &runs).unwrap();
    let slow: Vec<f32> = (0..8).map(|n| 0.8f32.powi(n)).collect();
    for columns in [1, 2, 5] {
        let x = convolved(&noise(&runs, columns, 30 + columns as u64), &clock, &slow);
        let y = convolved(&noise(&runs, 6, 40), &clock, &slow);
        encode(&features(x, &clock), &bold(y, &clock), Ridge::default()).unwrap();
    }
}
