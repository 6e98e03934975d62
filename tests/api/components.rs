//! Principal and independent components beside scikit-learn's and numpy's: solvers, contrasts, stability, spectra, edges.

use crate::reference::array;
use ndarray::{Array2, Array3, ArrayView1, ArrayView2, Axis, Ix2, Ix3, concatenate, s};
use neurocell::model::NeuronAxis;
use neurocell::pattern::{Algorithm, Contrast, Null, ParallelAnalysis, Solver};
use neurocell::prelude::*;
use rand::distributions::Distribution;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn one_run(data: Array2<f32>) -> NeuronSeries {
    let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, data.ncols());
    let clock = Clock::new(1.5, &[data.nrows()]).unwrap();
    NeuronSeries::new(data, clock, neurons).unwrap()
}

fn planted() -> NeuronSeries {
    one_run(array("pattern/mixture"))
}

fn bytes(name: &str) -> Array2<f32> {
    array::<i8, Ix2>(name).mapv(f32::from)
}

/// Largest difference of course × loading, component by component, whatever the signs and scales.
fn apart(found: &Patterns, scores: &Array2<f32>, components: &Array2<f32>) -> f32 {
    let outer = |a: ArrayView1<f32>, b: ArrayView1<f32>| {
        a.insert_axis(Axis(1)).to_owned().dot(&b.insert_axis(Axis(0)).to_owned())
    };
    let of = |k: usize| {
        outer(found.courses().column(k), found.loadings().row(k)) - outer(scores.column(k), components.row(k))
    };
    (0..scores.ncols()).flat_map(|k| of(k).into_iter()).fold(0.0, |worst, d| worst.max(d.abs()))
}

fn large(tall: bool) -> (NeuronSeries, Array2<f32>, Array2<f32>) {
    let data = bytes("pattern/large");
    let (data, name) = if tall { (data, "tall") } else { (data.t().as_standard_layout().into_owned(), "wide") };
    let of = |what: &str| array::<f32, Ix2>(&format!("pattern/large_{name}_{what}"));
    (one_run(data), of("scores"), of("components"))
}

#[test]
fn exact_components_of_long_and_of_wide_series_are_those_of_scikit_learn() {
    for tall in [true, false] {
        let (series, scores, components) = large(tall);
        for solver in [Solver::Exact, Solver::BySize] {
            let found = series.patterns(Pca::new(6).solver(solver)).unwrap();
            assert!(apart(&found, &scores, &components) < 1e-5, "{}", apart(&found, &scores, &components));
            assert!(found.method().contains("exact singular vectors"), "{}", found.method());
        }
    }
}

#[test]
fn randomised_components_come_near_those_of_scikit_learn_with_power_iterations() {
    for tall in [true, false] {
        let (series, scores, components) = large(tall);
        let error = |power_iterations| {
            let solver = Solver::Randomised { oversampling: 10, power_iterations };
            let found = series.patterns(Pca::new(6).solver(solver)).unwrap();
            assert!(found.method().contains("randomised singular vectors (10 more"), "{}", found.method());
            apart(&found, &scores, &components)
        };
        let (rough, fine) = (error(1), error(12));
        assert!(fine < 1e-4 && fine < rough / 10.0, "{rough} {fine}");
    }
}

#[test]
fn components_of_nearly_one_strength_span_the_space_of_numpy() {
    let series = one_run(array("pattern/degenerate"));
    let space: Array2<f32> = array("pattern/degenerate_space");
    for solver in [Solver::Exact, Solver::Randomised { oversampling: 10, power_iterations: 8 }] {
        let courses = series.patterns(Pca::new(4).solver(solver)).unwrap().courses().clone() / 70f32.sqrt();
        let product = courses.t().dot(&space);
        let off = product.dot(&product.t()) - Array2::<f32>::eye(4);
        assert!(off.iter().all(|d| d.abs() < 1e-5), "{off}");
    }
}

#[test]
fn each_component_explains_the_share_that_scikit_learn_reports() {
    let ratio = array::<f32, ndarray::Ix1>("pattern/pca_ratio");
    let found = planted().patterns(Pca::new(6)).unwrap();
    let shares = found.report().explained_by.clone();
    assert_eq!(shares.len(), 6);
    for (share, expected) in shares.iter().zip(&ratio) {
        assert!((share - f64::from(*expected)).abs() < 1e-6, "{share} {expected}");
    }
}

fn correlation(a: ArrayView1<f32>, b: ArrayView1<f32>) -> f64 {
    let z = |x: ArrayView1<f32>| {
        let x = x.mapv(f64::from);
        let x = &x - x.sum() / x.len() as f64;
        let norm = x.dot(&x).sqrt();
        x / norm
    };
    z(a).dot(&z(b))
}

/// Smallest |r| between found courses and their partners; each partner must be taken once.
fn worst_match(found: &Array2<f32>, reference: ArrayView2<f32>) -> f64 {
    let count = reference.ncols();
    let mut taken = vec![false; count];
    let mut worst = 1f64;
    for course in found.columns() {
        let fits: Vec<f64> = reference.columns().into_iter().map(|r| correlation(course, r).abs()).collect();
        let best = (0..count).max_by(|&a, &b| fits[a].total_cmp(&fits[b])).unwrap();
        worst = worst.min(fits[best]);
        taken[best] = true;
    }
    assert!(taken.iter().all(|t| *t), "a reference component has no partner");
    worst
}

#[test]
fn every_contrast_with_both_algorithms_finds_the_components_of_scikit_learn() {
    let mixing: Array3<f32> = array::<f32, Ix3>("pattern/contrast_mixing");
    let mut references = mixing.outer_iter();
    for contrast in [Contrast::LogCosh, Contrast::Exp, Contrast::Cube] {
        for algorithm in [Algorithm::Parallel, Algorithm::Deflation] {
            let ica = Ica::new(5).contrast(contrast).algorithm(algorithm).tolerance(1e-6);
            let found = planted().patterns(ica).unwrap();
            let worst = worst_match(found.courses(), references.next().unwrap());
            // One by one, the components' order, and with it their errors, depend on the first rotation.
            assert!(
                worst > if algorithm == Algorithm::Parallel { 0.9999 } else { 0.995 },
                "{}: {worst}",
                found.method()
            );
        }
    }
}

#[test]
fn ica_whitened_by_the_randomised_solver_finds_the_same_components() {
    let mixing: Array3<f32> = array::<f32, Ix3>("pattern/contrast_mixing");
    let solver = Solver::Randomised { oversampling: 10, power_iterations: 8 };
    let found = planted().patterns(Ica::new(5).solver(solver).tolerance(1e-6)).unwrap();
    assert!(worst_match(found.courses(), mixing.index_axis(Axis(0), 0)) > 0.9999);
}

fn noise(time: usize, neurons: usize) -> NeuronSeries {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    one_run(Array2::from_shape_simple_fn((time, neurons), || StandardNormal.sample(&mut rng)))
}

#[test]
fn planted_components_are_stable_over_restarts_and_those_of_gaussian_noise_are_not() {
    let found = planted().patterns(Ica::new(5).restarts(8)).unwrap();
    let stability = found.report().stability.clone().unwrap();
    assert_eq!(stability.len(), 5);
    assert!(stability.iter().all(|s| *s > 0.9 && *s <= 1.0), "{stability:?}");
    assert!(worst_match(found.courses(), array::<f32, Ix2>("pattern/planted_courses").view()) > 0.98);
    assert!(found.method().contains("centrotypes of 8 starts"), "{}", found.method());

    let found = noise(60, 3000).patterns(Ica::new(20).restarts(8).max_iterations(200)).unwrap();
    let stability = found.report().stability.clone().unwrap();
    assert!(stability.iter().sum::<f64>() / 20.0 < 0.6, "{stability:?}");
    assert!(planted().patterns(Ica::new(5)).unwrap().report().stability.is_none());
}

#[test]
fn stability_belongs_to_the_pattern_at_its_place() {
    // Three planted courses and five of noise: the pattern of high stability is the planted one also after patterns are put in order.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
    let mut normal = || -> f32 { StandardNormal.sample(&mut rng) };
    let courses = Array2::from_shape_simple_fn((60, 3), &mut normal);
    let mut data = Array2::from_shape_simple_fn((60, 1000), &mut normal);
    for (n, mut neuron) in data.columns_mut().into_iter().enumerate().filter(|(n, _)| n % 20 < 3) {
        neuron.scaled_add(2.5, &courses.column(n % 20));
    }
    let found = one_run(data).patterns(Ica::new(8).restarts(8)).unwrap();
    let stability = found.report().stability.clone().unwrap();
    for (k, course) in found.courses().columns().into_iter().enumerate() {
        let fit = courses.columns().into_iter().map(|c| correlation(course, c).abs()).fold(0.0, f64::max);
        assert!(fit < 0.95 || stability[k] > 0.95, "pattern {k}: r {fit}, stability {}", stability[k]);
    }
    let planted = (0..3).filter(|&k| {
        found.courses().columns().into_iter().any(|course| correlation(course, courses.column(k)).abs() > 0.95)
    });
    assert_eq!(planted.count(), 3);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_other_bytes() {
    let series = noise(50, 700);
    let randomised = Solver::Randomised { oversampling: 4, power_iterations: 1 };
    let methods: [fn(u64, Solver) -> Method; 3] = [
        |seed, solver| Ica::new(4).seed(seed).solver(solver).restarts(3).max_iterations(20).into(),
        |seed, solver| Ica::new(4).seed(seed).solver(solver).algorithm(Algorithm::Deflation).max_iterations(20).into(),
        |seed, solver| Pca::new(4).seed(seed).solver(solver).into(),
    ];
    for method in methods {
        let found = |seed| series.patterns(method(seed, randomised)).unwrap();
        let (a, b, other) = (found(3), found(3), found(4));
        assert_eq!((a.courses(), a.loadings()), (b.courses(), b.loadings()));
        assert_ne!(a.courses(), other.courses());
    }
}

#[test]
fn parallel_analysis_finds_the_planted_number_with_the_shares_and_chance_of_numpy() {
    let shares: ndarray::Array1<f32> = array("pattern/mixture_shares");
    let chance: Array2<f32> = array("pattern/mixture_chance");
    for (row, null) in [Null::Permutation, Null::CircularShift].into_iter().enumerate() {
        let spectrum = planted().spectrum(ParallelAnalysis::default().null(null).surrogates(100).most(20)).unwrap();
        assert_eq!(spectrum.above_chance(), 5);
        assert_eq!(spectrum.elbow(), 5);
        for (share, expected) in spectrum.shares().iter().zip(&shares) {
            assert!((share - f64::from(*expected)).abs() < 1e-6, "{share} {expected}");
        }
        for (share, expected) in spectrum.chance().iter().zip(chance.row(row)) {
            // Quantiles of two sets of random series.
            assert!((share / f64::from(*expected) - 1.0).abs() < 0.04, "{share} {expected}");
        }
        let text = spectrum.to_string();
        assert!(text.contains("5 above chance") && text.contains("5 before the elbow"), "{text}");
    }
}

#[test]
fn smooth_noise_has_no_components_beside_circular_shifts_though_many_beside_permutations() {
    let series = one_run(bytes("pattern/smooth_noise"));
    let above = |null| {
        let analysis = ParallelAnalysis::default().null(null).surrogates(40).most(20);
        let spectrum = series.spectrum(analysis).unwrap();
        let row = if null == Null::Permutation { 0 } else { 1 };
        let chance = array::<f32, Ix2>("pattern/smooth_noise_chance");
        for (share, expected) in spectrum.chance().iter().zip(chance.row(row)) {
            assert!((share / f64::from(*expected) - 1.0).abs() < 0.12, "{share} {expected}");
        }
        spectrum.above_chance()
    };
    assert!(above(Null::Permutation) >= 9 && above(Null::CircularShift) <= 2);
}

#[test]
fn a_series_of_a_single_neuron_has_one_component() {
    let series = one_run(array::<f32, Ix2>("pattern/mixture").slice_move(s![.., ..1]));
    let found = series.patterns(Pca::new(1)).unwrap();
    assert!((found.loadings()[[0, 0]] - 1.0).abs() < 1e-5 && (found.explained() - 1.0).abs() < 1e-5);
    let error = series.patterns(Pca::new(2)).unwrap_err();
    assert!(error.problem().contains("2 patterns") && error.problem().contains("allow 1"), "{error}");
    // One sample, less its own mean, is nothing.
    assert!(series.patterns(Ica::new(1)).unwrap_err().problem().contains("0 independent courses"));
    assert_eq!(series.spectrum(ParallelAnalysis::default()).unwrap().shares().len(), 1);
}

#[test]
fn more_patterns_than_time_points_or_neurons_are_refused_with_what_is_possible() {
    let series = one_run(array::<f32, Ix2>("pattern/mixture").slice_move(s![..6, ..]));
    for method in [Method::from(Pca::new(6)), Ica::new(6).into()] {
        let error = series.patterns(method).unwrap_err();
        assert!(error.problem().contains("6 patterns") && error.problem().contains("allow 5"), "{error}");
        assert!(error.advice().contains("ask for 5 or fewer"), "{error}");
    }
    let series = one_run(array::<f32, Ix2>("pattern/mixture").slice_move(s![.., ..4]));
    assert!(series.patterns(Ica::new(5)).unwrap_err().problem().contains("4 neurons"));
}

#[test]
fn duplicated_neurons_load_alike_and_leave_the_courses_as_they_are() {
    let data: Array2<f32> = array("pattern/mixture");
    let twice = one_run(concatenate![Axis(1), data, data]);
    for method in [Method::from(Pca::new(5)), Ica::new(5).tolerance(1e-6).into()] {
        let (twice, once) = (twice.patterns(method.clone()).unwrap(), planted().patterns(method).unwrap());
        let (first, second) = twice.loadings().view().split_at(Axis(1), data.ncols());
        assert!((&first - &second).iter().all(|d| d.abs() < 1e-5));
        assert!(worst_match(twice.courses(), once.courses().view()) > 0.9999);
    }
}

#[test]
fn data_of_low_rank_are_refused_beyond_it_with_the_rank_by_every_solver() {
    // 300 × 350 of rank 7.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
    let mut uniform = |rows, columns| Array2::<f64>::from_shape_simple_fn((rows, columns), || rng.gen_range(-1.0..1.0));
    let data = uniform(300, 7).dot(&uniform(7, 350)).mapv(|v| v as f32);
    let series = one_run(data);
    for solver in [Solver::Exact, Solver::Randomised { oversampling: 5, power_iterations: 2 }] {
        assert!(series.patterns(Pca::new(7).solver(solver)).unwrap().explained() > 0.999999);
        let error = series.patterns(Pca::new(9).solver(solver)).unwrap_err();
        assert!(error.problem().contains("9 patterns") && error.problem().contains("7 independent courses"), "{error}");
    }
}

#[test]
fn options_of_components_outside_their_range_are_refused_with_their_value() {
    let series = planted();
    let problem = |method: Method| series.patterns(method).unwrap_err().to_string();
    assert!(problem(Ica::new(3).restarts(0).into()).contains("0 restarts"));
    assert!(problem(Ica::new(3).tolerance(-0.5).into()).contains("-0.5"));
    assert!(problem(Ica::new(3).max_iterations(0).into()).contains("0 iterations"));
    let none = Solver::Randomised { oversampling: 5, power_iterations: 0 };
    assert!(problem(Pca::new(3).solver(none).into()).contains("0 power iterations"));
    assert!(problem(Ica::new(3).solver(none).into()).contains("0 power iterations"));
    let spectrum = |analysis: ParallelAnalysis| series.spectrum(analysis).unwrap_err().to_string();
    assert!(spectrum(ParallelAnalysis::default().surrogates(0)).contains("0 surrogates"));
    assert!(spectrum(ParallelAnalysis::default().most(0)).contains("0 components"));
    assert!(spectrum(ParallelAnalysis::default().quantile(1.5)).contains("1.5"));
}
