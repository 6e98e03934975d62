//! Whether the null of the match keeps its promises, on maps whose truth is known.

use super::field::Field;
use super::smoothness::{Smoothness, stream};
use super::{MatchOptions, NetworkMatch, match_networks_with};
use crate::brain::{Affine, Mask, Networks};
use crate::encoding::{EncodingFit, HeldOut, Trained};
use crate::error::ErrorKind;
use ndarray::Array2;

/// An ellipsoid the size of a brain at 8 mm, and four networks of several patches, left and right: some 3,000 voxels.
pub(crate) fn made_networks() -> Networks {
    let shape = [18, 22, 19];
    let affine = Affine([[8.0, 0.0, 0.0, -68.0], [0.0, 8.0, 0.0, -84.0], [0.0, 0.0, 8.0, -72.0]]);
    let at = |n: u32| {
        let n = n as usize;
        affine.mm([n % shape[0], n / shape[0] % shape[1], n / shape[0] / shape[1]].map(|v| v as f64))
    };
    let inside = |n: &u32| {
        let [x, y, z] = at(*n);
        (x / 66.0).powi(2) + (y / 82.0).powi(2) + (z / 68.0).powi(2) < 1.0
    };
    let voxels: Vec<u32> = (0..(shape[0] * shape[1] * shape[2]) as u32).filter(inside).collect();
    let centres: [&[[f64; 3]]; 4] = [
        &[[10.0, -66.0, 0.0]],
        &[[50.0, -10.0, 10.0], [30.0, -20.0, 50.0]],
        &[[10.0, 55.0, 0.0], [45.0, -60.0, 20.0], [8.0, -45.0, 25.0]],
        &[[50.0, 20.0, -5.0], [50.0, -35.0, 0.0]],
    ];
    // Each voxel within 25 mm of a patch's centre, in either hemisphere, belongs to the nearest one's network.
    let mut maps = Array2::zeros((centres.len(), voxels.len()));
    for (v, &flat) in voxels.iter().enumerate() {
        let [x, y, z] = at(flat);
        let far = |c: &[f64; 3]| (x.abs() - c[0]).powi(2) + (y - c[1]).powi(2) + (z - c[2]).powi(2);
        let nearest = (0..centres.len())
            .map(|n| (n, centres[n].iter().map(far).fold(f64::INFINITY, f64::min)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap();
        if nearest.1 < 25.0 * 25.0 {
            maps[[nearest.0, v]] = 1.0;
        }
    }
    let mask = Mask { shape, affine, voxels: voxels.into(), origin: Default::default() };
    let names: Vec<String> = ["Visual", "Somatomotor", "Default", "Language"].map(str::to_owned).into();
    Networks {
        atlas: "made".into(),
        names: names.into(),
        colours: vec![[0; 3]; 4].into(),
        maps: maps.into(),
        mask,
        origin: Default::default(),
    }
}

pub(crate) fn fit_with(weights: Array2<f32>, mask: &Mask) -> EncodingFit {
    let (patterns, voxels) = weights.dim();
    EncodingFit {
        weights: weights.into(),
        alphas: vec![1.0; voxels].into(),
        grid: vec![1.0].into(),
        r: vec![0.0; voxels].into(),
        r2: vec![0.0; voxels].into(),
        kind: "patterns",
        delays: [].into(),
        stored: None,
        held_out: HeldOut::made(&vec![0.0; voxels]).into(),
        trained: Trained::made(patterns).into(),
        mask: mask.clone(),
        whose: "made".into(),
        about: "made".into(),
        origin: Default::default(),
    }
}

/// `count` maps that mix fields of the given (sigma mm, share of the variance), each passed through `shape`.
fn random_maps(mask: &Mask, count: usize, parts: &[(f64, f32)], seed: u64, shape: fn(f32) -> f32) -> Array2<f32> {
    let mut maps = Array2::zeros((count, mask.count()));
    for (part, &(sigma, share)) in parts.iter().enumerate() {
        let field = Field::new(mask, sigma);
        let mut one = vec![0.0; mask.count()];
        for (k, mut map) in maps.outer_iter_mut().enumerate() {
            field.draw(&mut stream(seed, k as u64, part as u64), &mut one);
            map.iter_mut().zip(&one).for_each(|(m, f)| *m += share.sqrt() * f);
        }
    }
    maps.mapv(shape)
}

fn p_values(maps: Array2<f32>, networks: &Networks) -> NetworkMatch {
    let fit = fit_with(maps, networks.mask());
    match_networks_with(&fit, networks, MatchOptions::default().surrogates(199).seed(9)).unwrap()
}

/// Share of p below each level within four binomial standard deviations.
///
/// The networks of one map share it, so the pairs are not independent: the sd is that of as many tests as there are maps.
fn assert_calibrated(matched: &NetworkMatch, what: &str) {
    for level in [0.05, 0.2, 0.5] {
        let below = matched.p().iter().filter(|p| **p <= level).count() as f64 / matched.p().len() as f64;
        let sd = (level * (1.0 - level) / matched.patterns() as f64).sqrt();
        assert!((below - level).abs() < 4.0 * sd, "{what}: {below:.3} of p are at most {level} (sd {sd:.3})");
    }
}

#[test]
fn p_is_uniform_for_random_maps_of_any_smoothness() {
    let networks = made_networks();
    for (sigma, seed) in [(0.0, 1), (5.0, 2), (12.0, 3), (25.0, 4)] {
        let maps = random_maps(networks.mask(), 250, &[(sigma, 1.0)], seed, |v| v);
        assert_calibrated(&p_values(maps, &networks), &format!("sigma {sigma} mm"));
    }
}

#[test]
fn p_is_uniform_for_a_smooth_map_under_white_noise_and_with_heavy_tails() {
    let networks = made_networks();
    let mixed = random_maps(networks.mask(), 250, &[(0.0, 0.6), (9.0, 0.2), (20.0, 0.2)], 5, |v| v);
    assert_calibrated(&p_values(mixed, &networks), "mixed widths");
    let heavy = random_maps(networks.mask(), 250, &[(0.0, 0.3), (10.0, 0.7)], 6, |v| v * v * v);
    assert_calibrated(&p_values(heavy, &networks), "cubed");
}

#[test]
fn random_maps_make_no_more_discoveries_than_the_level_allows() {
    let networks = made_networks();
    // Among true nulls any discovery is false, so the share of studies with one is at most the level.
    let studies = 40;
    let with_discovery = (0..studies)
        .filter(|&seed| {
            let maps = random_maps(networks.mask(), 5, &[(12.0, 1.0)], 100 + seed, |v| v);
            let options = MatchOptions::default().surrogates(499).seed(seed);
            let matched = match_networks_with(&fit_with(maps, networks.mask()), &networks, options).unwrap();
            matched.q().iter().any(|q| *q < 0.05)
        })
        .count();
    // Binomial(40, 0.05) exceeds 7 with probability 0.0014.
    assert!(with_discovery <= 7, "{with_discovery} of {studies} studies without truth found something");
}

#[test]
fn a_map_that_holds_a_network_is_found_and_named() {
    let networks = made_networks();
    let mut maps = random_maps(networks.mask(), 8, &[(0.0, 0.5), (10.0, 0.5)], 7, |v| v);
    let planted = networks.maps().row(2).mapv(|v| -3.0 * v);
    maps.row_mut(3).zip_mut_with(&planted, |m, p| *m += p);
    let matched = match_networks_with(&fit_with(maps, networks.mask()), &networks, MatchOptions::default()).unwrap();
    let best = matched.best_pattern("Default").unwrap().expect("the planted network is above chance");
    assert_eq!(best.pattern, 3);
    assert!(best.r < -0.5 && best.dice > 0.6 && best.above_chance, "{best:?}");
    assert!(matched.to_string().contains("Default"));
    assert_eq!(matched.best_pattern("Visual").unwrap(), None, "{matched}");
    assert!(!matched.candidate("Visual").unwrap().above_chance);
    let smooth: f64 = matched.smoothness(0).unwrap().iter().filter(|(w, _)| *w > 0.0).map(|(_, s)| s).sum();
    assert!((smooth - 0.5).abs() < 0.15, "half of the variance is smooth, {smooth} was found");
}

#[test]
fn the_same_seed_gives_the_same_p() {
    let networks = made_networks();
    let maps = random_maps(networks.mask(), 3, &[(8.0, 1.0)], 8, |v| v);
    assert_eq!(p_values(maps.clone(), &networks).p(), p_values(maps, &networks).p());
}

#[test]
fn too_few_surrogates_are_said_to_be_too_few() {
    let networks = made_networks();
    let maps = random_maps(networks.mask(), 3, &[(8.0, 1.0)], 8, |v| v);
    let fit = fit_with(maps, networks.mask());
    let few = match_networks_with(&fit, &networks, MatchOptions::default().surrogates(10)).unwrap();
    assert!(few.to_string().contains("no pair can reach"), "{few}");
    let some = match_networks_with(&fit, &networks, MatchOptions::default().surrogates(100)).unwrap();
    assert!(some.to_string().contains("fewer than 3 pairs"), "{some}");
}

#[test]
fn a_fit_on_other_voxels_of_the_same_grid_is_matched_there() {
    let networks = made_networks();
    let all = networks.mask();
    let some: Vec<usize> = (0..all.count()).filter(|n| n % 5 != 0).collect();
    let mask = Mask { voxels: some.iter().map(|&n| all.voxels()[n]).collect(), ..all.clone() };
    let weights =
        Array2::from_shape_fn((1, some.len()), |(_, v)| networks.maps()[[1, some[v]]] + 0.01 * (v % 7) as f32);
    let matched = p_values_of(weights, &mask, &networks);
    assert!(matched.r()[[0, 1]] > 0.99 && matched.dice()[[0, 1]] > 0.999, "{matched}");
}

fn p_values_of(weights: Array2<f32>, mask: &Mask, networks: &Networks) -> NetworkMatch {
    match_networks_with(&fit_with(weights, mask), networks, MatchOptions::default().surrogates(50)).unwrap()
}

#[test]
fn bad_input_is_named() {
    let networks = made_networks();
    let mask = networks.mask().clone();
    let map = Array2::from_shape_fn((1, mask.count()), |(_, v)| v as f32);
    let fails = |weights: &Array2<f32>, mask: &Mask, options: MatchOptions, kind: ErrorKind, part: &str| {
        let error = match_networks_with(&fit_with(weights.clone(), mask), &networks, options).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.problem().contains(part), "{error} does not say `{part}`");
    };
    let usual = MatchOptions::default().surrogates(20);
    let elsewhere =
        Mask { affine: Affine([[4.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]), ..mask.clone() };
    fails(&map, &elsewhere, usual.clone(), ErrorKind::Shape, "grid");
    fails(&(&map * 0.0 + 2.5), &mask, usual.clone(), ErrorKind::Value, "pattern 0 is constant");
    let mut nan = map.clone();
    nan[[0, 3]] = f32::NAN;
    fails(&nan, &mask, usual.clone(), ErrorKind::Value, "pattern 0 has the value NaN");
    let few = Mask { voxels: mask.voxels()[..60].into(), ..mask.clone() };
    fails(&map.slice(ndarray::s![.., ..60]).to_owned(), &few, usual.clone(), ErrorKind::Value, "60 voxels");
    fails(&map, &mask, usual.clone().surrogates(0), ErrorKind::Value, "0 surrogate");
    fails(&map, &mask, usual.clone().level(1.5), ErrorKind::Value, "level");
    fails(&map, &mask, usual.dice_share(f64::NAN), ErrorKind::Value, "Dice");
    let matched =
        match_networks_with(&fit_with(map, &mask), &networks, MatchOptions::default().surrogates(20)).unwrap();
    let error = matched.best_pattern("Defualt").unwrap_err();
    assert!(error.advice().contains("`Default`"), "{error}");
    assert!(matched.pair(1, "Default").is_err() && matched.smoothness(1).is_err());
}

#[test]
fn the_smoothness_of_white_noise_is_white() {
    let networks = made_networks();
    let smoothness = Smoothness::new(networks.mask(), 1).unwrap();
    let map = random_maps(networks.mask(), 1, &[(0.0, 1.0)], 11, |v| v);
    let mixture = smoothness.mixture(&map.row(0).to_vec());
    assert!(mixture[0] >= 45, "{mixture:?} of 50");
}

#[test]
fn r_and_dice_are_those_of_scipy_and_scikit_learn() {
    let read = |name: &str| -> ndarray::ArrayD<f32> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/coupling/");
        ndarray_npy::read_npy(format!("{path}{name}.npy")).unwrap()
    };
    let double = |name: &str| -> Array2<f64> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/coupling/");
        ndarray_npy::read_npy(format!("{path}{name}.npy")).unwrap()
    };
    let maps: Array2<f32> = read("match_maps").into_dimensionality().unwrap();
    let networks: Array2<f32> = read("match_networks").into_dimensionality().unwrap();
    let affine = Affine([[4.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
    let mask = Mask { shape: [10, 10, 10], affine, voxels: (0..1000).collect(), origin: Default::default() };
    let names: Vec<String> = ["A", "B", "C"].map(str::to_owned).into();
    let networks = Networks {
        atlas: "made".into(),
        names: names.into(),
        colours: vec![[0; 3]; 3].into(),
        maps: networks.into(),
        mask: mask.clone(),
        origin: Default::default(),
    };
    let matched = p_values_of(maps, &mask, &networks);
    for (what, found, expected) in
        [("r", matched.r(), double("match_r")), ("Dice", matched.dice(), double("match_dice"))]
    {
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-6, "{what} differs by {worst}");
    }
}
