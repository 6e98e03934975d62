//! Patterns beside scikit-learn's, and what they promise.

use crate::reference::array;
use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use ndarray::{Array1, Array2, ArrayView1, Axis, Ix1, Ix2, array as matrix, s};
use neurocell::model::NeuronAxis;
use neurocell::prelude::*;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeSet;

fn series_of(data: Array2<f32>, runs: &[usize]) -> NeuronSeries {
    let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, data.ncols());
    NeuronSeries::new(data, Clock::new(1.5, runs).unwrap(), neurons).unwrap()
}

fn one_run(name: &str) -> NeuronSeries {
    let data = array::<f32, Ix2>(name);
    let time = data.nrows();
    series_of(data, &[time])
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

#[test]
fn ica_finds_the_components_of_scikit_learn() {
    assert!(worst_match(Ica::new(5).tolerance(1e-6), "pattern/ica_mixing") > 0.9999);
}

#[test]
fn ica_finds_the_planted_courses_from_any_start() {
    for seed in 0..5 {
        assert!(worst_match(Ica::new(5).seed(seed), "pattern/planted_courses") > 0.98);
    }
}

/// Smallest |r| between the found courses and their partners in a reference; each partner is taken once.
fn worst_match(ica: Ica, reference: &str) -> f64 {
    let found = one_run("pattern/mixture").patterns(ica).unwrap();
    let mixing = array::<f32, Ix2>(reference);
    let mut worst = 1f64;
    let mut taken = Vec::new();
    for course in found.courses().columns() {
        let fits: Vec<f64> = mixing.columns().into_iter().map(|m| correlation(course, m).abs()).collect();
        let best = (0..5).max_by(|&a, &b| fits[a].total_cmp(&fits[b])).unwrap();
        worst = worst.min(fits[best]);
        taken.push(best);
    }
    taken.sort();
    assert_eq!(taken, [0, 1, 2, 3, 4]);
    worst
}

#[test]
fn ica_is_a_linfa_algorithm_and_finds_what_linfas_own_finds() {
    // linfa-ica has no whitening to fewer components than features, so that it gets the scores on the first five.
    let series = one_run("pattern/mixture");
    let basis = series.patterns(Pca::new(5)).unwrap();
    let samples = DatasetBase::from(basis.loadings().t().as_standard_layout().into_owned());
    let ours = Ica::new(5).tolerance(1e-6).fit(&samples).unwrap();
    assert!(ours.converged());
    let wide = DatasetBase::from(samples.records().mapv(f64::from));
    let theirs = linfa_ica::fast_ica::FastIca::params().ncomponents(5).tol(1e-8).random_state(1).fit(&wide).unwrap();
    let theirs = theirs.predict(wide.records()).mapv(|v| v as f32);
    // Independent components of the samples, from the mixing matrix: sources = centred samples · mixing⁺ᵀ.
    let sources = ours.sources(samples.records()).unwrap();
    for source in sources.columns() {
        let best = theirs.columns().into_iter().map(|t| correlation(source, t).abs()).fold(0.0, f64::max);
        assert!(best > 0.9999, "{best}");
    }
}

#[test]
fn ica_says_when_it_has_not_converged() {
    let series = one_run("pattern/mixture");
    let short = series.patterns(Ica::new(5).max_iterations(1).tolerance(1e-9)).unwrap();
    assert!(short.method().contains("did NOT converge in 1 iterations"), "{}", short.method());
    let full = series.patterns(Ica::new(5)).unwrap();
    assert!(!full.method().contains("NOT"), "{}", full.method());
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let series = one_run("pattern/mixture");
    let methods = [Method::from(Ica::new(5).seed(3)), KMeans::new(6).seed(3).into(), Pca::new(5).into()];
    for method in methods {
        let (a, b) = (series.patterns(method.clone()).unwrap(), series.patterns(method).unwrap());
        assert_eq!((a.courses(), a.loadings()), (b.courses(), b.loadings()));
    }
}

#[test]
fn pca_equals_scikit_learn_with_more_neurons_than_time_points() {
    pca_equals_scikit_learn(one_run("pattern/mixture"), "pattern/pca_scores", "pattern/pca_components");
}

#[test]
fn pca_equals_scikit_learn_with_fewer_neurons_than_time_points() {
    pca_equals_scikit_learn(one_run("pattern/tall"), "pattern/tall_scores", "pattern/tall_components");
}

fn pca_equals_scikit_learn(series: NeuronSeries, scores: &str, components: &str) {
    let (scores, components) = (array::<f32, Ix2>(scores), array::<f32, Ix2>(components));
    let found = series.patterns(Pca::new(scores.ncols())).unwrap();
    for k in 0..scores.ncols() {
        // Same product of course and loading, whatever the signs and the scales.
        let outer = |a: ArrayView1<f32>, b: ArrayView1<f32>| {
            a.insert_axis(Axis(1)).to_owned().dot(&b.insert_axis(Axis(0)).to_owned())
        };
        let difference =
            outer(found.courses().column(k), found.loadings().row(k)) - outer(scores.column(k), components.row(k));
        let worst = difference.iter().fold(0f32, |m, d| m.max(d.abs()));
        assert!(worst < 1e-5, "component {k}: {worst}");
    }
}

#[test]
fn pca_explains_the_variance_that_scikit_learn_reports() {
    let ratio = array::<f32, Ix1>("pattern/pca_ratio").mapv(f64::from);
    let found = one_run("pattern/mixture").patterns(Pca::new(6)).unwrap();
    assert!((found.explained() - ratio.sum()).abs() < 1e-6, "{} {}", found.explained(), ratio.sum());
}

#[test]
fn pca_spans_the_subspace_of_linfas_own() {
    pca_spans_the_subspace_of_linfas(one_run("pattern/mixture"), 5);
    pca_spans_the_subspace_of_linfas(one_run("pattern/tall"), 4);
}

fn pca_spans_the_subspace_of_linfas(series: NeuronSeries, k: usize) {
    let samples = DatasetBase::from(series.data().mapv(f64::from));
    let theirs = linfa_reduction::Pca::params(k).fit(&samples).unwrap();
    let ours = series.patterns(Pca::new(k)).unwrap();
    let unit = ours.loadings().mapv(f64::from);
    let norm = unit.map_axis(Axis(1), |row| row.dot(&row).sqrt());
    // Both bases are orthonormal: cosines of the principal angles are the singular values of their product, all of them 1
    // where it is a rotation.
    let product = (unit / norm.insert_axis(Axis(1))).dot(&theirs.components().t());
    let off = (product.dot(&product.t()) - Array2::<f64>::eye(k)).fold(0f64, |worst, d| worst.max(d.abs()));
    assert!(off < 1e-3, "{off}");
    let scores = theirs.predict(samples.records()).mapv(|v| v as f32);
    for course in ours.courses().columns() {
        let best = scores.columns().into_iter().map(|score| correlation(course, score).abs()).fold(0.0, f64::max);
        assert!(best > 0.999, "{best}");
    }
}

fn labels(patterns: &Patterns) -> Vec<usize> {
    let own = |column: ArrayView1<f32>| {
        let held: Vec<usize> = (0..column.len()).filter(|&k| column[k] != 0.0).collect();
        assert_eq!(held.len(), 1, "a neuron is in one cluster");
        held[0]
    };
    patterns.loadings().columns().into_iter().map(own).collect()
}

#[test]
fn kmeans_finds_the_clusters_of_scikit_learn() {
    let reference: Array1<i64> = array("pattern/separated_labels");
    let found = labels(&one_run("pattern/separated").patterns(KMeans::new(6)).unwrap());
    assert_same_partition(&found, reference.as_slice().unwrap(), 6);
}

#[test]
fn kmeans_finds_the_clusters_of_linfas_own() {
    let series = one_run("pattern/separated");
    let neurons = DatasetBase::from(series.data().t().as_standard_layout().into_owned());
    let rng = Xoshiro256PlusPlus::seed_from_u64(1);
    // k-means++ seeds, the best of ten runs.
    let theirs = linfa_clustering::KMeans::params_with_rng(6, rng).fit(&neurons).unwrap();
    let theirs: Array1<usize> = theirs.predict(neurons.records());
    let found = labels(&series.patterns(KMeans::new(6)).unwrap());
    assert_same_partition(&found, theirs.as_slice().unwrap(), 6);
}

/// The same sets of neurons, whatever the clusters are called.
fn assert_same_partition<T: Ord + Copy>(ours: &[usize], theirs: &[T], k: usize) {
    assert_eq!(ours.len(), theirs.len());
    let pairs: BTreeSet<(usize, T)> = ours.iter().copied().zip(theirs.iter().copied()).collect();
    assert_eq!(ours.iter().collect::<BTreeSet<_>>().len(), k);
    assert_eq!(theirs.iter().collect::<BTreeSet<_>>().len(), k);
    assert_eq!(pairs.len(), k, "a cluster here lies in several there");
}

#[test]
fn kmeans_is_as_compact_as_scikit_learns_best_of_twenty() {
    let reference: Array1<f64> = array("pattern/smooth_inertia");
    let series = one_run("pattern/smooth");
    let found = labels(&series.patterns(KMeans::new(8).restarts(20).tolerance(0.0)).unwrap());
    let mut inertia = 0.0;
    for cluster in 0..8 {
        let members: Vec<usize> = (0..found.len()).filter(|&n| found[n] == cluster).collect();
        let courses = series.data().select(Axis(1), &members).mapv(f64::from);
        let centre = courses.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1));
        inertia += (&courses - &centre).mapv(|d| d * d).sum();
    }
    assert!(inertia < reference[0] * 1.01, "{inertia} against {}", reference[0]);
}

#[test]
fn loadings_and_explained_share_are_those_of_the_product() {
    let series = one_run("pattern/mixture");
    for method in [Method::from(Ica::new(4)), KMeans::new(4).into(), Pca::new(4).into()] {
        let found = series.patterns(method).unwrap();
        let residual = (series.data() - &found.courses().dot(found.loadings())).mapv(|d| f64::from(d).powi(2)).sum();
        let share = 1.0 - residual / series.data().mapv(|d| f64::from(d).powi(2)).sum();
        assert!((found.explained() - share).abs() < 1e-4, "{}: {} {share}", found.method(), found.explained());
    }
}

#[test]
fn patterns_are_ordered_by_strength_signed_and_z_scored() {
    let series = one_run("pattern/mixture");
    for method in [Method::from(Ica::new(5)), KMeans::new(5).into(), Pca::new(5).into()] {
        let found = series.patterns(method).unwrap();
        let strength: Vec<f32> = found.loadings().rows().into_iter().map(|row| row.dot(&row)).collect();
        assert!(strength.windows(2).all(|w| w[0] >= w[1]), "{}: {strength:?}", found.method());
        for (course, loading) in found.courses().columns().into_iter().zip(found.loadings().rows()) {
            let largest = loading.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap();
            assert!(largest > 0.0);
            assert!(course.mean().unwrap().abs() < 1e-5 && (course.std(0.0) - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn a_constant_neuron_loads_zero_and_changes_nothing_else() {
    let data = array::<f32, Ix2>("pattern/mixture");
    let mut with = Array2::from_elem((data.nrows(), data.ncols() + 1), 1234.567f32);
    with.slice_mut(s![.., 1..]).assign(&data);
    for method in [Method::from(Ica::new(5)), KMeans::new(5).into(), Pca::new(5).into()] {
        let found = series_of(with.clone(), &[data.nrows()]).patterns(method.clone()).unwrap();
        let plain = one_run("pattern/mixture").patterns(method).unwrap();
        assert_eq!(found.courses(), plain.courses());
        assert_eq!(found.loadings().slice(s![.., 1..]), plain.loadings());
        assert!(found.loadings().column(0).iter().all(|l| *l == 0.0));
        assert!(found.method().contains("1 constant neuron left out"), "{}", found.method());
    }
}

#[test]
fn neurons_are_z_scored_within_each_run() {
    let data = array::<f32, Ix2>("pattern/mixture");
    let mut shifted = data.clone();
    shifted.slice_mut(s![25.., ..]).mapv_inplace(|x| 3.0 * x + 50.0);
    let (a, b) = (series_of(data, &[25, 35]), series_of(shifted, &[25, 35]));
    let (a, b) = (a.patterns(Pca::new(3)).unwrap(), b.patterns(Pca::new(3)).unwrap());
    assert!((a.courses() - b.courses()).iter().all(|d| d.abs() < 1e-3));
}

#[test]
fn a_wrong_number_of_patterns_is_refused_with_both_numbers() {
    let series = one_run("pattern/mixture");
    assert!(series.patterns(Pca::new(0)).unwrap_err().problem().contains("0 patterns"));
    let error = series.patterns(Ica::new(60)).unwrap_err();
    assert!(error.problem().contains("60 patterns") && error.problem().contains("allow 59"), "{error}");
}

#[test]
fn more_patterns_than_independent_courses_are_refused_with_the_rank() {
    let base = array::<f32, Ix2>("pattern/mixture").slice_move(s![.., ..3]);
    let data = Array2::from_shape_fn((60, 30), |(t, n)| base[[t, n % 3]] * (n + 1) as f32);
    let series = series_of(data, &[60]);
    assert!(series.patterns(Pca::new(4)).unwrap_err().problem().contains("3 independent courses"));
    assert!(series.patterns(KMeans::new(4)).unwrap_err().problem().contains("only 3 distinct courses"));
    assert!(series.patterns(Pca::new(3)).is_ok() && series.patterns(KMeans::new(3)).is_ok());
}

#[test]
fn a_series_of_constants_and_one_of_a_single_volume_are_refused() {
    let error = series_of(Array2::from_elem((20, 5), 2.5), &[10, 10]).patterns(Pca::new(1)).unwrap_err();
    assert!(error.problem().contains("all 5 neurons are constant"), "{error}");
    let error = series_of(Array2::from_elem((1, 5), 2.5), &[1]).patterns(Pca::new(1)).unwrap_err();
    assert!(error.problem().contains("1 time point"), "{error}");
}

#[test]
fn options_outside_their_range_are_refused() {
    let series = one_run("pattern/mixture");
    let bad = [
        Method::from(Ica::new(3).tolerance(f64::NAN)),
        Ica::new(3).max_iterations(0).into(),
        KMeans::new(3).restarts(0).into(),
        KMeans::new(3).tolerance(-1.0).into(),
    ];
    for method in bad {
        assert!(series.patterns(method.clone()).is_err(), "{method:?}");
    }
}

#[test]
fn patterns_of_one_story_in_another_are_those_of_scikit_learn() {
    let mixture = array::<f32, Ix2>("pattern/mixture");
    let half = |rows: std::ops::Range<usize>| series_of(mixture.slice(s![rows, ..]).to_owned(), &[30]);
    let patterns = half(0..30).patterns(Pca::new(4)).unwrap();
    let moved = patterns.transform(&half(30..60)).unwrap();
    let expected = array::<f32, Ix2>("pattern/transformed");
    assert_eq!(moved.courses().dim(), expected.dim());
    for (ours, theirs) in moved.courses().columns().into_iter().zip(expected.columns()) {
        let sign = ours.dot(&theirs).signum();
        assert!(ours.iter().zip(theirs).all(|(a, b)| (a - sign * b).abs() < 1e-4));
    }
    assert!(moved.explained() > 0.0 && moved.explained() < patterns.explained());
    // In its own story a pattern is what it was.
    let same = patterns.transform(&half(0..30)).unwrap();
    assert!(same.courses().iter().zip(patterns.courses()).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn patterns_are_not_looked_for_in_a_series_of_other_neurons() {
    let patterns = one_run("pattern/mixture").patterns(Pca::new(4)).unwrap();
    let error = patterns.transform(&one_run("pattern/tall")).unwrap_err();
    assert!(error.problem().contains("220 units") && error.problem().contains("25 units"), "{error}");
}

#[test]
fn shares_density_and_layers_are_those_of_the_loadings() {
    // Two layers of two neurons; the second of the second layer is constant.
    let courses = matrix![[1.0, -1.0, 1.0, 5.0], [-1.0, 1.0, 1.0, 5.0], [1.0, -1.0, -1.0, 5.0], [-1.0, 1.0, -1.0, 5.0]];
    let axis = NeuronAxis::new("simulated", Site::FfnOut, 2, 2);
    let series = NeuronSeries::new(courses, Clock::new(1.5, &[4]).unwrap(), axis).unwrap();
    let found = series.patterns(KMeans::new(2)).unwrap();
    assert_eq!(found.report().left_out[..], [3]);
    let by_hand: Vec<f64> = found
        .loadings()
        .rows()
        .into_iter()
        .map(|row| row.iter().map(|&l| f64::from(l).powi(2)).sum::<f64>() / 3.0)
        .collect();
    let shares = &found.report().explained_by;
    assert!(shares.iter().zip(&by_hand).all(|(a, b)| (a - b).abs() < 1e-6), "{shares:?} {by_hand:?}");
    assert_eq!(found.density().iter().sum::<f64>(), 1.0);
    let layers = found.layers();
    assert_eq!(layers.dim(), (2, 2));
    for (k, row) in found.loadings().rows().into_iter().enumerate() {
        let first = f64::from(row[0]).powi(2) + f64::from(row[1]).powi(2);
        let all = first + f64::from(row[2]).powi(2);
        assert!((layers[[0, k]] - first / all).abs() < 1e-12 && (layers.column(k).sum() - 1.0).abs() < 1e-12);
    }
    assert_eq!(found.explained_by_neuron()[3], 0.0);
    let mean = found.explained_by_neuron()[..3].iter().sum::<f32>() / 3.0;
    assert!((f64::from(mean) - found.explained()).abs() < 1e-6);
}
