//! Noise ceilings against numpy, and scores divided by them.

use crate::reference::array;
use ndarray::{Array1, Array2, Array3, Axis, s};
use neurocell::brain::Affine;
use neurocell::error::ErrorKind;
use neurocell::prelude::*;

fn clock() -> Clock {
    Clock::new(1.5, &[40, 30, 40, 40]).unwrap()
}

fn mask(voxels: usize) -> Mask {
    let affine = Affine([[3.0, 0.0, 0.0, -20.0], [0.0, 3.0, 0.0, -20.0], [0.0, 0.0, 3.0, 0.0]]);
    Mask::new([voxels, 1, 1], affine, &vec![true; voxels]).unwrap()
}

fn series(data: Array2<f32>, name: &str) -> VoxelSeries {
    let voxels = data.ncols();
    VoxelSeries::new(data, mask(voxels), clock(), name).unwrap()
}

fn subjects() -> Vec<VoxelSeries> {
    let data: Array3<f32> = array("ceiling/subjects");
    data.outer_iter().enumerate().map(|(n, one)| series(one.to_owned(), &format!("sub-{n}"))).collect()
}

fn near(found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (voxel, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(*a) - b).abs() < 2e-6, "voxel {voxel}: {a} against {b}");
    }
}

#[test]
fn each_subject_against_the_mean_of_the_others_is_as_in_numpy() {
    let expected: Array2<f64> = array("ceiling/between");
    let found = NoiseCeiling::between_subjects(&subjects()).unwrap();
    for (ceiling, expected) in found.iter().zip(expected.outer_iter()) {
        near(ceiling.r(), &expected.to_vec());
    }
    assert_eq!(found[2].whose(), "sub-2");
    assert!(found[2].about().contains("the mean of 4 other subjects"), "{}", found[2].about());
}

#[test]
fn censored_volumes_are_in_neither_side_of_a_comparison_between_subjects() {
    let censored: Array2<bool> = array("ceiling/censored");
    let with = |(one, censored): (VoxelSeries, ndarray::ArrayView1<bool>)| {
        (0..4).fold(one, |one, run| {
            let rows = clock().rows(run);
            let volumes: Vec<usize> = (0..rows.len()).filter(|n| censored[rows.start + n]).collect();
            one.censor(run, &volumes).unwrap()
        })
    };
    let subjects: Vec<VoxelSeries> = subjects().into_iter().zip(censored.outer_iter()).map(with).collect();
    let expected: Array2<f64> = array("ceiling/between_censored");
    for (ceiling, expected) in NoiseCeiling::between_subjects(&subjects).unwrap().iter().zip(expected.outer_iter()) {
        near(ceiling.r(), &expected.to_vec());
    }
}

#[test]
fn explainable_variance_over_repeats_is_as_in_the_voxelwise_tutorials() {
    let one = &subjects()[0];
    let ceiling = NoiseCeiling::repeats(one, &[&[0, 2, 3]]).unwrap();
    let expected: Array1<f64> = array("ceiling/repeats");
    near(ceiling.variance(), &expected.to_vec());
    near(ceiling.r(), &expected.mapv(|v| v.max(0.0).sqrt()).to_vec());
    assert!(ceiling.about().contains("3 repeats (runs 0, 2, 3)"), "{}", ceiling.about());
    let groups = NoiseCeiling::repeats(one, &[&[0, 2], &[0, 3]]).unwrap();
    let expected: Array1<f64> = array("ceiling/repeats_groups");
    near(groups.variance(), &expected.to_vec());
}

#[test]
fn split_halves_are_as_in_numpy() {
    let subjects = subjects();
    let over = NoiseCeiling::split_half(&subjects, SplitHalf::default()).unwrap();
    let expected: Array1<f64> = array("ceiling/split_subjects");
    near(over.variance(), &expected.to_vec());
    let repeats = NoiseCeiling::split_half_repeats(&subjects[0], &[&[0, 2, 3]], SplitHalf::default()).unwrap();
    let expected: Array1<f64> = array("ceiling/split_repeats");
    near(repeats.variance(), &expected.to_vec());
}

/// Gaussian noise, time × voxel.
fn noise(seed: u64, voxels: usize) -> Array2<f32> {
    use rand::{Rng, SeedableRng};
    let mut rng = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed);
    Array2::from_shape_simple_fn((150, voxels), || rng.sample::<f32, _>(rand_distr::StandardNormal))
}

/// Subjects of whose variance a share is common to all.
fn planted(count: u64, share: f32, voxels: usize) -> Vec<VoxelSeries> {
    let common = noise(0, voxels) * share.sqrt();
    let one = |n| series(&common + noise(n, voxels) * (1.0 - share).sqrt(), "simulated");
    (1..=count).map(one).collect()
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|v| f64::from(*v)).sum::<f64>() / values.len() as f64
}

#[test]
fn a_planted_share_is_estimated_by_every_way() {
    let share = 0.4;
    let subjects = planted(6, share, 300);
    let between = &NoiseCeiling::between_subjects(&subjects).unwrap()[0];
    let halves = NoiseCeiling::split_half(&subjects, SplitHalf::default()).unwrap();
    // A mean of few others is noisy: without its correction the ceiling is too low.
    assert!(mean(between.r()) < 0.59, "{}", mean(between.r()));
    for (way, ceiling) in [("between", between.corrected()), ("halves", halves.clone())] {
        let found = mean(ceiling.variance());
        assert!((found - f64::from(share)).abs() < 0.02, "{way}: {found}");
    }
    // n·ρ / (1 + (n − 1)·ρ) = 2.4 / 3
    assert!((mean(halves.of_mean().variance()) - 0.8).abs() < 0.02);
    assert!((mean(between.of_mean().variance()) - 0.8).abs() < 0.02);
}

#[test]
fn nothing_in_common_gives_a_ceiling_of_zero_in_the_mean() {
    let subjects = planted(5, 0.0, 600);
    let between = NoiseCeiling::between_subjects(&subjects).unwrap();
    assert!(mean(between[0].r()).abs() < 0.02);
    let repeats = NoiseCeiling::repeats(&subjects[0], &[&[0, 2, 3]]).unwrap();
    assert!(mean(repeats.variance()).abs() < 0.02, "{}", mean(repeats.variance()));
}

#[test]
fn the_perfect_model_of_a_planted_signal_has_a_normalised_score_of_one() {
    let subjects = planted(6, 0.5, 300);
    let ceiling = NoiseCeiling::split_half(&subjects, SplitHalf::default()).unwrap();
    // What a model that knows the common course scores in the first subject.
    let (truth, data) = (noise(0, 300), subjects[0].data());
    let r = |a: ndarray::ArrayView1<f32>, b: ndarray::ArrayView1<f32>| {
        let (a, b) = (&a - a.mean().unwrap(), &b - b.mean().unwrap());
        a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
    };
    let scores: Vec<f32> = truth.columns().into_iter().zip(data.columns()).map(|(a, b)| r(a, b)).collect();
    let scores = BrainMap::new(scores, subjects[0].mask(), "perfect", "r").unwrap();
    let normalised = normalise(&scores, &ceiling, 0.1).unwrap();
    assert_eq!(normalised.left_out(), 0);
    assert!((mean(normalised.map().values()) - 1.0).abs() < 0.02, "{normalised}");
}

#[test]
fn a_constant_voxel_has_no_ceiling_and_is_counted() {
    let with = |subject: &VoxelSeries| {
        let mut data = subject.data().clone();
        data.slice_mut(s![.., 3]).fill(812.3);
        series(data, subject.name())
    };
    let subjects: Vec<VoxelSeries> = subjects().iter().map(with).collect();
    let between = &NoiseCeiling::between_subjects(&subjects).unwrap()[1];
    let halves = NoiseCeiling::split_half(&subjects, SplitHalf::default()).unwrap();
    let repeats = NoiseCeiling::repeats(&subjects[0], &[&[0, 3]]).unwrap();
    for ceiling in [between, &halves, &repeats] {
        assert_eq!((ceiling.r()[3], ceiling.variance()[3]), (0.0, 0.0), "{ceiling}");
        assert!(ceiling.about().contains("1 voxel that is constant"), "{ceiling}");
        assert!(ceiling.r().iter().all(|r| r.is_finite()));
    }
}

#[test]
fn one_subject_alone_is_refused_with_another_way() {
    let one = &subjects()[..1];
    for error in [
        NoiseCeiling::between_subjects(one).unwrap_err(),
        NoiseCeiling::split_half(one, SplitHalf::default()).unwrap_err(),
    ] {
        assert!(
            error.problem().contains("1 subject (sub-0)") && error.advice().contains("NoiseCeiling::repeats"),
            "{error}"
        );
    }
    let none: &[VoxelSeries] = &[];
    assert_eq!(NoiseCeiling::between_subjects(none).unwrap_err().kind(), ErrorKind::Value);
}

#[test]
fn subjects_of_other_clocks_or_masks_are_both_named() {
    let mut all = subjects();
    all[2] = all[2].trimmed(1, 0).unwrap();
    let error = NoiseCeiling::between_subjects(&all).unwrap_err();
    assert!(
        error.problem().contains("sub-0 with 150 volumes") && error.problem().contains("sub-2 with 146"),
        "{error}"
    );
    let mut all = subjects();
    let fewer = all[1].data().select(Axis(1), &[0, 1, 2]);
    all[1] = series(fewer, "sub-1");
    let error = NoiseCeiling::split_half(&all, SplitHalf::default()).unwrap_err();
    for part in ["sub-0", "12 voxels", "sub-1", "3 voxels"] {
        assert!(error.problem().contains(part), "{error}");
    }
}

#[test]
fn repeats_that_are_none_are_refused() {
    let one = &subjects()[0];
    let problem = |groups: &[&[usize]]| NoiseCeiling::repeats(one, groups).unwrap_err().problem().to_owned();
    assert!(problem(&[&[0, 1]]).contains("40 and 30 volumes"), "{}", problem(&[&[0, 1]]));
    assert!(problem(&[&[0]]).contains("1 run"));
    assert!(problem(&[&[0, 4]]).contains("which has 4 runs"));
    assert!(problem(&[&[2, 2]]).contains("run 2 comes twice"));
    assert!(problem(&[]).contains("no group"));
    let most: Vec<usize> = (0..35).collect();
    let censored = one.censor(2, &most).unwrap();
    let error = NoiseCeiling::repeats(&censored, &[&[0, 2]]).unwrap_err();
    assert!(error.problem().contains("5 of 40 volumes are kept"), "{error}");
    assert!(NoiseCeiling::split_half(&subjects(), SplitHalf::default().splits(0)).is_err());
}

#[test]
fn voxels_below_the_floor_are_left_out_and_counted() {
    let subjects = subjects();
    let ceiling = &NoiseCeiling::between_subjects(&subjects).unwrap()[0];
    let half: Vec<f32> = ceiling.r().iter().map(|r| 0.5 * r).collect();
    let scores = BrainMap::new(half, ceiling.mask(), "held-out r, made", "r").unwrap();
    let normalised = normalise(&scores, ceiling, 0.2).unwrap();
    let below = ceiling.r().iter().filter(|r| **r < 0.2).count();
    assert!(below > 0);
    assert_eq!(normalised.left_out(), below);
    for (value, r) in normalised.map().values().iter().zip(ceiling.r()) {
        assert!(if *r < 0.2 { value.is_nan() } else { (value - 0.5).abs() < 1e-6 }, "{value} at {r}");
    }
    assert_eq!(normalised.map().unit(), "r / ceiling");
    assert!(normalised.to_string().contains(&format!("{below} voxels with a ceiling below r = 0.2 left out")));
    // R² is divided by the explainable variance.
    let r2: Vec<f32> = ceiling.variance().iter().map(|v| 0.25 * v).collect();
    let r2 = normalise(&BrainMap::new(r2, ceiling.mask(), "R², made", "R²").unwrap(), ceiling, 0.2).unwrap();
    assert!(r2.map().values().iter().filter(|v| !v.is_nan()).all(|v| (v - 0.25).abs() < 1e-6));
}

#[test]
fn scores_that_have_no_ceiling_are_refused() {
    let ceiling = &NoiseCeiling::between_subjects(&subjects()).unwrap()[0];
    let map = |unit: &str, voxels: usize| BrainMap::new(vec![0.1; voxels], &mask(voxels), "made", unit).unwrap();
    let error = normalise(&map("r", 5), ceiling, 0.1).unwrap_err();
    assert!(error.problem().contains("5 voxels") && error.problem().contains("12 voxels"), "{error}");
    assert!(normalise(&map("z", 12), ceiling, 0.1).unwrap_err().problem().contains("`z`"));
    for floor in [0.0, 1.0, f32::NAN, -0.1] {
        assert!(normalise(&map("r", 12), ceiling, floor).is_err(), "{floor}");
    }
    let error = normalise(&map("r", 12), ceiling, 0.99).unwrap_err();
    assert!(error.problem().contains("no voxel of sub-0"), "{error}");
}
