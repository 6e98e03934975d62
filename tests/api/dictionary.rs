//! Dictionaries beside scikit-learn's, and what they promise.

use crate::reference::array;
use ndarray::{Array2, ArrayView1, Axis, Ix2, concatenate, s};
use neurocell::model::NeuronAxis;
use neurocell::pattern::Batch;
use neurocell::prelude::*;

fn series_of(data: Array2<f32>) -> NeuronSeries {
    let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, data.ncols());
    let clock = Clock::new(1.5, &[data.nrows()]).unwrap();
    NeuronSeries::new(data, clock, neurons).unwrap()
}

fn series(name: &str) -> NeuronSeries {
    series_of(array::<f32, Ix2>(&format!("dictionary/{name}")))
}

/// Mean over neurons of ½‖s − D·a‖² + λ‖a‖₁, in f64 from what patterns show.
fn objective(series: &NeuronSeries, patterns: &Patterns, penalty: f64) -> f64 {
    let (time, neurons) = series.data().dim();
    let wide = |a: &Array2<f32>| a.mapv(f64::from);
    let left = wide(series.data()) - wide(patterns.courses()).dot(&wide(patterns.loadings()));
    let magnitude: f64 = patterns.loadings().iter().map(|&l| f64::from(l.abs())).sum();
    (left.mapv(|x| x * x).sum() / 2.0 / time as f64 + penalty * magnitude) / neurons as f64
}

fn correlation(a: ArrayView1<f32>, b: ArrayView1<f32>) -> f64 {
    let unit = |x: ArrayView1<f32>| {
        let x = x.mapv(f64::from);
        let x = &x - x.sum() / x.len() as f64;
        let norm = x.dot(&x).sqrt();
        x / norm
    };
    unit(a).dot(&unit(b))
}

/// To the end rather than to the default tolerance.
fn thorough(atoms: usize) -> Dictionary {
    Dictionary::new(atoms).tolerance(1e-7).epochs(2000)
}

const SERIES: [(&str, usize); 3] = [("sparse", 8), ("correlated", 6), ("rich", 12)];

#[test]
fn the_objective_is_not_above_that_of_scikit_learn() {
    // Columns: DictionaryLearning, MiniBatchDictionaryLearning; each the best of five seeds.
    let theirs = array::<f64, Ix2>("dictionary/objectives");
    for ((name, atoms), theirs) in SERIES.into_iter().zip(theirs.rows()) {
        let series = series(name);
        let found = (0..5).map(|seed| series.patterns(thorough(atoms).seed(seed)).unwrap());
        let best = found.map(|found| objective(&series, &found, 0.1)).fold(f64::INFINITY, f64::min);
        for theirs in theirs {
            assert!(best < theirs * 1.0001, "{name}: {best} against {theirs}");
        }
    }
}

#[test]
fn planted_atoms_are_found() {
    let planted = array::<f32, Ix2>("dictionary/planted_atoms");
    let found = series("sparse").patterns(thorough(8)).unwrap();
    for planted in planted.columns() {
        let fits = found.courses().columns().into_iter().map(|course| correlation(course, planted).abs());
        assert!(fits.fold(0.0, f64::max) > 0.95);
    }
}

#[test]
fn planted_atoms_are_found_from_a_sample_of_many_neurons() {
    let planted = array::<f32, Ix2>("dictionary/planted_atoms");
    let sparse = array::<f32, Ix2>("dictionary/sparse");
    let data = Array2::from_shape_fn((60, 5000), |(t, n)| {
        sparse[[t, n % 300]] + 0.1 * sparse[[t, (7 * n + 13 * (n / 300) + 1) % 300]]
    });
    let series = series_of(data);
    let found = series.patterns(thorough(8)).unwrap();
    for planted in planted.columns() {
        let fits = found.courses().columns().into_iter().map(|course| correlation(course, planted).abs());
        assert!(fits.fold(0.0, f64::max) > 0.95);
    }
    assert!(found.report().objective.windows(2).all(|w| w[1] <= w[0] * (1.0 + 1e-6)));
}

#[test]
fn the_objective_reported_is_that_of_the_courses_and_codes_that_come_out() {
    for (name, atoms) in SERIES {
        for method in [Dictionary::new(atoms), Dictionary::new(atoms).penalty(0.3).batch(Batch::Mini(50))] {
            let series = series(name);
            let found = series.patterns(method.clone()).unwrap();
            let (reported, computed) =
                (*found.report().objective.last().unwrap(), objective(&series, &found, method.penalty));
            assert!((reported / computed - 1.0).abs() < 1e-5, "{name}: {reported} {computed}");
        }
    }
}

#[test]
fn the_objective_falls_from_epoch_to_epoch_to_the_tolerance() {
    for (name, atoms) in SERIES {
        let report = series(name).patterns(Dictionary::new(atoms)).unwrap().report().clone();
        assert!(report.converged && report.objective.len() == report.iterations && report.iterations > 2);
        assert!(report.objective.windows(2).all(|w| w[1] <= w[0] * (1.0 + 1e-6)), "{:?}", report.objective);
        assert_eq!(report.penalty, Some(0.1));
    }
    let short = series("rich").patterns(Dictionary::new(12).epochs(2).tolerance(0.0)).unwrap();
    assert!(!short.report().converged && short.report().iterations == 2);
    assert!(short.method().contains("did NOT converge in 2 epochs"), "{}", short.method());
}

#[test]
fn codes_leave_no_correlation_above_the_penalty() {
    // The optimality of codes: |dᵀ(s − D·a)| ≤ λ, with equality where the code is not zero.
    let series = series("rich");
    let found = series.patterns(Dictionary::new(12).penalty(0.15)).unwrap();
    let left = series.data() - &found.courses().dot(found.loadings());
    let left = found.courses().t().dot(&left) / series.data().nrows() as f32;
    let mut used = 0;
    for (&left, &code) in left.iter().zip(found.loadings()) {
        assert!(left.abs() < 0.15 + 1e-4);
        if code != 0.0 {
            used += 1;
            assert!((left - 0.15 * code.signum()).abs() < 1e-4);
        }
    }
    assert!(used > 320 && used < 12 * 320 / 2, "{used}");
}

#[test]
fn positive_codes_are_positive_and_cost_more() {
    let series = series("rich");
    let (any, positive) =
        (series.patterns(thorough(12)).unwrap(), series.patterns(thorough(12).positive(true)).unwrap());
    assert!(positive.loadings().iter().all(|&l| l >= 0.0) && any.loadings().iter().any(|&l| l < 0.0));
    assert!(objective(&series, &positive, 0.1) > objective(&series, &any, 0.1));
    assert!(positive.method().contains("codes ≥ 0"), "{}", positive.method());
}

#[test]
fn mini_batches_come_as_low_as_full_ones() {
    for (name, atoms) in SERIES {
        let series = series(name);
        let best = |method: Dictionary| {
            let of = |seed| objective(&series, &series.patterns(method.clone().seed(seed)).unwrap(), 0.1);
            (0..3).map(of).fold(f64::INFINITY, f64::min)
        };
        let (full, mini) = (best(thorough(atoms)), best(thorough(atoms).batch(Batch::Mini(64))));
        assert!((mini / full - 1.0).abs() < 0.03, "{name}: {mini} against {full}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let series = series("rich");
    for method in [Dictionary::new(12).seed(3), Dictionary::new(12).seed(3).batch(Batch::Mini(100))] {
        let (a, b) = (series.patterns(method.clone()).unwrap(), series.patterns(method.clone()).unwrap());
        assert_eq!((a.courses(), a.loadings()), (b.courses(), b.loadings()));
        assert_ne!(a.courses(), series.patterns(method.seed(4)).unwrap().courses());
    }
}

#[test]
fn an_atom_that_no_neuron_uses_is_replaced() {
    // Nine of ten neurons share a course but for a little; two atoms start from those, and one soon explains them all.
    let rich = array::<f32, Ix2>("dictionary/rich");
    let course = rich.column(0).to_owned();
    let data = Array2::from_shape_fn((70, 200), |(t, n)| match n % 10 {
        0 => rich[[t, 1 + n / 10]],
        _ => course[t] + 0.02 * rich[[t, 40 + n]],
    });
    let series = series_of(data);
    let found: Vec<Patterns> = (0..6).map(|seed| series.patterns(Dictionary::new(24).seed(seed)).unwrap()).collect();
    assert!(found.iter().any(|found| found.method().contains("unused atoms replaced")));
    for found in found {
        let used = found.loadings().rows().into_iter().filter(|row| row.iter().any(|&l| l != 0.0)).count();
        assert!(used >= 20, "{used} of 24: {}", found.method());
    }
}

#[test]
fn more_atoms_than_time_points_are_allowed_and_more_than_neurons_are_not() {
    let rich = array::<f32, Ix2>("dictionary/rich");
    let short = series_of(rich.slice(s![..12, ..]).to_owned());
    let found = short.patterns(Dictionary::new(20)).unwrap();
    assert_eq!((found.courses().dim(), found.loadings().dim()), ((12, 20), (20, 320)));
    assert!(found.explained() > 0.8, "{}", found.explained());
    let error = series_of(rich.slice(s![.., ..5]).to_owned()).patterns(Dictionary::new(6)).unwrap_err();
    assert!(error.problem().contains("6 patterns") && error.problem().contains("allow 5"), "{error}");
}

#[test]
fn one_neuron_is_its_own_atom_less_the_penalty() {
    let rich = array::<f32, Ix2>("dictionary/rich").slice_move(s![.., ..1]);
    let found = series_of(rich.clone()).patterns(Dictionary::new(1).penalty(0.25)).unwrap();
    // min over a of ½(1 − a)² + λ|a| is at 1 − λ.
    assert!((found.loadings()[[0, 0]] - 0.75).abs() < 1e-5);
    assert!(correlation(found.courses().column(0), rich.column(0)) > 0.999_999);
}

#[test]
fn neurons_with_few_distinct_courses_are_learnt_and_more_atoms_refused() {
    let three = array::<f32, Ix2>("dictionary/rich").slice_move(s![.., ..3]);
    // Scaled, shifted and with either sign: the same courses.
    let data = Array2::from_shape_fn((70, 60), |(t, n)| {
        three[[t, n % 3]] * (n as f32 + 1.0) * if n % 2 == 0 { 1.0 } else { -1.0 } + 5.0
    });
    let series = series_of(data);
    let found = series.patterns(Dictionary::new(3).penalty(0.01)).unwrap();
    assert!(found.explained() > 0.98, "{}", found.explained());
    let error = series.patterns(Dictionary::new(4)).unwrap_err();
    assert!(error.problem().contains("only 3 distinct courses"), "{error}");
    // With positive codes a course and its negative are two.
    assert!(series.patterns(Dictionary::new(6).positive(true)).is_ok());
}

#[test]
fn a_constant_neuron_has_codes_of_zero_and_changes_nothing_else() {
    let rich = array::<f32, Ix2>("dictionary/rich");
    let with = concatenate![Axis(1), Array2::from_elem((70, 1), 1234.567f32), rich];
    let (found, plain) = (
        series_of(with).patterns(Dictionary::new(12)).unwrap(),
        series_of(rich).patterns(Dictionary::new(12)).unwrap(),
    );
    assert_eq!(found.courses(), plain.courses());
    assert_eq!(found.loadings().slice(s![.., 1..]), plain.loadings());
    assert!(found.loadings().column(0).iter().all(|l| *l == 0.0));
}

#[test]
fn a_penalty_that_leaves_no_code_is_refused_with_the_one_that_would() {
    let error = series("rich").patterns(Dictionary::new(12).penalty(1.5)).unwrap_err();
    assert!(error.problem().contains("penalty of 1.5") && error.advice().contains("below 1.0000"), "{error}");
    assert!(series("rich").patterns(Dictionary::new(12).penalty(0.999)).is_ok());
}

#[test]
fn options_outside_their_range_are_refused() {
    let series = series("rich");
    for bad in [
        Dictionary::new(0),
        Dictionary::new(3).penalty(0.0),
        Dictionary::new(3).penalty(-0.1),
        Dictionary::new(3).penalty(f64::NAN),
        Dictionary::new(3).penalty(f64::INFINITY),
        Dictionary::new(3).epochs(0),
        Dictionary::new(3).tolerance(f64::NAN),
        Dictionary::new(3).tolerance(-1e-3),
        Dictionary::new(3).batch(Batch::Mini(0)),
    ] {
        assert!(series.patterns(bad.clone()).is_err(), "{bad:?}");
    }
}
