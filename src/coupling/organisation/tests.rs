//! Figures and intervals against numpy and scipy, and what one or two subjects cannot say.

use super::*;
use crate::brain::{Affine, Mask, Networks};
use crate::clock::Clock;
use crate::coupling::calibration::fit_with;
use crate::coupling::{MatchOptions, OverSubjects, match_networks_with, match_significant};
use crate::model::{NeuronAxis, Site};
use ndarray::{Array2, Array3, Axis};

fn reference<D: ndarray::Dimension>(name: &str) -> ndarray::Array<f64, D> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/coupling/");
    ndarray_npy::read_npy(format!("{path}{name}.npy")).unwrap()
}

fn small<D: ndarray::Dimension>(name: &str) -> ndarray::Array<f32, D> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/coupling/");
    ndarray_npy::read_npy(format!("{path}{name}.npy")).unwrap()
}

fn cube() -> Mask {
    let affine = Affine([[4.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
    Mask { shape: [7, 7, 7], affine, voxels: (0..343).collect(), origin: Default::default() }
}

fn fits() -> Vec<EncodingFit> {
    let weights: Array3<f32> = small("organisation_weights");
    weights.outer_iter().map(|weights| fit_with(weights.to_owned(), &cube())).collect()
}

fn patterns() -> Patterns {
    let loadings: Array2<f32> = small("organisation_loadings");
    Patterns {
        courses: Array2::zeros((8, loadings.nrows())).into(),
        clock: Clock::new(1.0, &[8]).unwrap(),
        neurons: NeuronAxis::new("made", Site::FfnOut, 4, 60),
        method: "made".to_owned(),
        explained: 0.5,
        explained_by_neuron: vec![0.5; 240].into(),
        report: Default::default(),
        origin: Default::default(),
        loadings: loadings.into(),
    }
}

fn networks() -> Networks {
    let maps = Array2::from_shape_fn((3, 343), |(n, voxel)| f32::from(voxel / 100 == n));
    let names = ["A", "B", "C"].map(str::to_owned);
    Networks::new(maps, &cube(), &names, "made").unwrap()
}

fn matches(fits: &[EncodingFit]) -> Vec<NetworkMatch> {
    let options = MatchOptions::default().surrogates(40);
    fits.iter().map(|fit| match_networks_with(fit, &networks(), options.clone()).unwrap()).collect()
}

#[test]
fn figures_and_their_intervals_are_those_of_numpy() {
    let expected: Array2<f64> = reference("organisation_found");
    let expected: Vec<f64> = expected.iter().copied().collect();
    let counts: Array2<f64> = reference("organisation_counts");
    let counts: Vec<Vec<usize>> = counts.outer_iter().map(|row| row.iter().map(|v| *v as usize).collect()).collect();
    let options = OrganisationOptions::default().draws(40_000).interval(0.9);
    let draws = Resampling::new(4, &options);
    let all = [0, 1, 2, 3];
    let diversity = |drawn: &[usize]| shares::diversity(&shares::shares(&counts, drawn));
    let [low, high] = draws.interval(|drawn| Some(diversity(drawn))).unwrap();
    assert!((diversity(&all) - expected[0]).abs() < 1e-12);
    assert!((low - expected[1]).abs() < 0.02 && (high - expected[2]).abs() < 0.02, "{low} {high} {expected:?}");

    let fits = fits();
    let found = organisation(&fits, &matches(&fits), &patterns(), &options).unwrap();
    let consistency = found.consistency().unwrap();
    assert!((consistency.value - expected[3]).abs() < 1e-6, "{} {}", consistency.value, expected[3]);
    let [low, high] = consistency.interval.unwrap();
    assert!((low - expected[4]).abs() < 0.01 && (high - expected[5]).abs() < 0.01, "{low} {high} {expected:?}");
    assert!((found.compactness().value - expected[6]).abs() < 1e-6 && found.compactness().interval.is_none());
    assert!((found.layers_covered().value - expected[7]).abs() < 1e-6);
    // Of white maps none is matched.
    assert!(found.matched().iter().sum::<usize>() == 0 && found.diversity().value == 0.0, "{found}");
    assert!(found.to_string().contains("diversity is 0") && found.to_string().contains("too narrow"), "{found}");
    let drawn = found.measured().unwrap();
    assert_eq!((drawn.compactness.low, drawn.consistency.low), (drawn.compactness.value, low));
}

#[test]
fn matched_patterns_are_counted_for_the_network_that_they_match_best() {
    // Pattern n is network n, with noise; the fourth is nothing; the fifth is network 0 turned.
    let weights = Array2::from_shape_fn((5, 343), |(k, voxel)| {
        let noise = ((voxel * 31 + k * 17) % 23) as f32 / 23.0 - 0.5;
        let inside = |n: usize| f32::from(voxel / 100 == n);
        noise + [3.0 * inside(0), 3.0 * inside(1), 3.0 * inside(2), 0.0, -3.0 * inside(0)][k]
    });
    let fits = vec![fit_with(weights.clone(), &cube()), fit_with(weights, &cube())];
    let options = MatchOptions::default().surrogates(400).level(0.3);
    let matches: Vec<NetworkMatch> =
        fits.iter().map(|fit| match_networks_with(fit, &networks(), options.clone()).unwrap()).collect();
    let counts = shares::matched(&matches[0]);
    for (n, count) in counts.iter().enumerate() {
        let best = |k: usize| {
            let above: Vec<usize> = (0..3).filter(|n| matches[0].q()[[k, *n]] < 0.3).collect();
            above.into_iter().max_by(|a, b| matches[0].r()[[k, *a]].abs().total_cmp(&matches[0].r()[[k, *b]].abs()))
        };
        assert_eq!(*count, (0..5).filter(|k| best(*k) == Some(n)).count());
    }
    let found = organisation(&fits, &matches, &patterns(), &OrganisationOptions::default()).unwrap();
    assert!((found.consistency().unwrap().value - 1.0).abs() < 1e-6 && found.consistency().unwrap().interval.is_none());
    assert!(found.to_string().contains("none for consistency"), "{found}");
    assert_eq!(
        found.shares().iter().map(|(_, share)| share).sum::<f64>(),
        if counts.iter().sum::<usize>() > 0 { 1.0 } else { 0.0 }
    );
}

#[test]
fn one_subject_and_things_that_do_not_belong_together_are_named() {
    let fits = fits();
    let matches = matches(&fits);
    let options = OrganisationOptions::default();
    let one = organisation(&fits[..1], &matches[..1], &patterns(), &options).unwrap();
    assert!(one.consistency().is_none() && one.diversity().interval.is_none(), "{one}");
    assert!(one.to_string().contains("one subject: no interval, and no consistency"), "{one}");
    assert!(one.measured().unwrap_err().problem().contains("one subject"));
    let error = organisation(&fits, &matches[..2], &patterns(), &options).unwrap_err();
    assert!(error.problem().contains("4 subjects' fits and 2 matches"), "{error}");
    assert!(organisation(&[], &[], &patterns(), &options).is_err());
    assert!(organisation(&fits, &matches, &patterns(), &options.clone().draws(5)).is_err());
    let other = fit_with(fits[0].weights().select(Axis(0), &[0, 1]), &cube());
    let error = organisation(&[fits[0].clone(), other], &matches[..2], &patterns(), &options).unwrap_err();
    assert!(error.problem().contains("5 patterns") && error.problem().contains("2 patterns"), "{error}");
}

#[test]
fn maps_that_are_significant_over_subjects_lie_on_networks_as_scipy_has_it() {
    let fits = fits();
    let found = match_significant(&fits, &networks(), OverSubjects::T, 0.05).unwrap();
    let (dice, voxels): (Array2<f64>, Array2<f64>) = (reference("significant"), reference("significant_voxels"));
    let voxels: Vec<usize> = voxels.iter().map(|v| *v as usize).collect();
    assert_eq!(found.voxels(), voxels.as_slice());
    let worst = found.dice().iter().zip(&dice).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-9 && voxels.iter().sum::<usize>() > 20, "Dice differs by {worst}; {voxels:?}");
    let turned = match_significant(&fits, &networks(), OverSubjects::SignFlip(Default::default()), 0.05).unwrap();
    assert!(turned.voxels().iter().all(|n| *n == 0), "{turned}");
    assert!(
        turned.to_string().contains("no p is below 1.2e-1") && turned.to_string().contains("cannot reach"),
        "{turned}"
    );
    assert!(
        match_significant(&fits[..1], &networks(), OverSubjects::T, 0.05)
            .unwrap_err()
            .problem()
            .contains("one subject")
    );
    assert!(match_significant(&fits, &networks(), OverSubjects::T, 5.0).is_err());
}

#[test]
fn dice_at_thresholds_is_that_of_scikit_learn() {
    let (maps, templates): (Array2<f32>, Array2<f32>) = (small("match_maps"), small("match_networks"));
    let expected: ndarray::Array4<f64> = reference("match_thresholds");
    let affine = Affine([[4.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
    let mask = Mask { shape: [10, 10, 10], affine, voxels: (0..1000).collect(), origin: Default::default() };
    let names = ["A", "B", "C"].map(str::to_owned);
    let networks = Networks::new(templates, &mask, &names, "made").unwrap();
    let fit = fit_with(maps, &mask);
    let matched = match_networks_with(&fit, &networks, MatchOptions::default().surrogates(50)).unwrap();
    for pattern in 0..5 {
        for (n, name) in names.iter().enumerate() {
            for (t, at) in matched.dice_at(pattern, name).unwrap().iter().enumerate() {
                let [dice, recall] = [0, 1].map(|which| expected[[t, pattern, n, which]]);
                assert!(
                    (at.dice - dice).abs() < 1e-9 && (at.of_network - recall).abs() < 1e-9,
                    "{at:?} {dice} {recall}"
                );
                assert_eq!(at.voxels, [50, 100, 200][t]);
            }
        }
    }
    let table = matched.dice_table();
    assert_eq!((table.dice().dim(), table.thresholds()), ((3, 3), vec![0.05, 0.1, 0.2]));
    assert!(table.to_string().contains("top 10 %"), "{table}");
    let folder = tempfile::tempdir().unwrap();
    table.to_csv(folder.path().join("dice.csv")).unwrap();
    let wrong = match_networks_with(&fit, &networks, MatchOptions::default().thresholds(&[0.1, 5.0])).unwrap_err();
    assert!(wrong.problem().contains("threshold") && wrong.problem().contains('5'), "{wrong}");
}
