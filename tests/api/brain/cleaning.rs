use super::{assert_close, assert_says};
use crate::reference;
use ndarray::{Array2, Axis, concatenate, s};
use neurocell::activation::NeuronSeries;
use neurocell::brain::{Bold, Cleaning, Subject};
use neurocell::clock::Clock;
use neurocell::model::{NeuronAxis, Site};
use neurocell::signal;

const MOTION: [&str; 6] = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"];

fn bold() -> Bold {
    Subject::open(reference::path("brain/dataset"), "07").unwrap().bold("tale").unwrap()
}

fn nilearn(name: &str) -> Array2<f64> {
    reference::array::<f32, ndarray::Ix2>(&format!("brain/{name}")).mapv(f64::from)
}

#[test]
fn cosine_drift_has_nilearns_values() {
    for (volumes, tr, cutoff) in [(200, 2.0, 128.0), (91, 1.5, 60.0)] {
        let expected: Array2<f64> = reference::array(&format!("brain/cosine_{volumes}_{tr}_{cutoff}"));
        let drift = signal::cosine_drift(volumes, tr, cutoff).unwrap();
        assert_eq!(drift.dim(), expected.dim());
        assert!(drift.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}

#[test]
fn a_run_shorter_than_half_the_cutoff_has_no_cosine() {
    assert_eq!(signal::cosine_drift(30, 2.0, 128.0).unwrap().dim(), (30, 0));
}

#[test]
fn a_cutoff_that_leaves_no_frequency_is_refused() {
    assert_says(&signal::cosine_drift(100, 2.0, 4.0).unwrap_err(), &["4 s at TR 2 s", "128 s is usual"]);
    assert_says(&signal::cosine_drift(100, 2.0, f64::NAN).unwrap_err(), &["NaN"]);
}

#[test]
fn default_cleaning_of_two_runs_is_nilearns() {
    let series = bold().clean(Cleaning::default()).unwrap();
    assert_close(series.data(), &nilearn("cleaned_default"), 1e-5);
    assert_eq!(series.clock(), &Clock::new(2.0, &[120, 90]).unwrap());
    assert_eq!(
        series.name(),
        "sub-07, task tale, 2 runs; linear detrend, high-pass 128 s, 6 motion parameters, z-score per run"
    );
}

#[test]
fn derivatives_without_a_first_value_are_treated_as_nilearn_treats_them() {
    let derivatives = MOTION.map(|name| format!("{name}_derivative1"));
    let names: Vec<&str> = MOTION.into_iter().chain(derivatives.iter().map(String::as_str)).collect();
    let series = bold().clean(Cleaning::default().confounds(&names)).unwrap();
    assert_close(series.data(), &nilearn("cleaned_12"), 1e-5);
}

#[test]
fn cleaning_without_confounds_is_nilearns() {
    let series = bold().clean(Cleaning::default().no_confounds()).unwrap();
    assert_close(series.data(), &nilearn("cleaned_no_confounds"), 1e-5);
}

#[test]
fn detrending_alone_keeps_the_scale() {
    let series = bold().clean(Cleaning::none().detrend(true)).unwrap();
    assert_close(series.data(), &nilearn("cleaned_detrend_only"), 1e-5);
}

#[test]
fn confounds_without_detrending_leave_the_mean_where_it_was() {
    let cleaning = Cleaning::default().detrend(false).zscore(false);
    assert_close(bold().clean(cleaning).unwrap().data(), &nilearn("cleaned_keeps_mean"), 1e-7);
}

#[test]
fn a_constant_confound_changes_nothing() {
    let with: Vec<&str> = MOTION.into_iter().chain(["ones"]).collect();
    for base in [Cleaning::default(), Cleaning::default().detrend(false).zscore(false)] {
        let a = bold().clean(base.clone().confounds(&with)).unwrap();
        let b = bold().clean(base.confounds(&MOTION)).unwrap();
        assert_close(a.data(), &b.data().mapv(f64::from), 1e-6);
    }
}

#[test]
fn neurons_pass_the_filter_that_voxels_passed() {
    let raw = [0, 1].map(|run| bold().raw(run).unwrap());
    let data = concatenate![Axis(0), *raw[0].data(), *raw[1].data()];
    let neurons = NeuronAxis::new("none", Site::FfnOut, 1, data.ncols());
    let clock = bold().clock().clone();
    let filtered = NeuronSeries::new(data, clock.clone(), neurons).unwrap().high_pass(128.0).unwrap();
    let runs = [0, 1].map(|run| signal::zscore(&filtered.data().slice(s![clock.rows(run), ..]).to_owned()).unwrap());
    let expected = nilearn("cleaned_no_confounds");
    assert_close(&concatenate![Axis(0), runs[0], runs[1]], &expected, 1e-5);
}

#[test]
fn an_unknown_confound_proposes_the_near_name() {
    let error = bold().clean(Cleaning::default().confounds(&["trans_x", "tranz_y"])).unwrap_err();
    assert_says(&error, &["tranz_y", "did you mean `trans_y`", "run-1_desc-confounds"]);
}

#[test]
fn motion24_names_the_column_that_is_missing() {
    assert_says(&bold().clean(Cleaning::default().motion24()).unwrap_err(), &["trans_x_power2"]);
}

#[test]
fn a_cutoff_near_two_tr_leaves_too_few_volumes_to_clean() {
    let error = bold().clean(Cleaning::default().high_pass(Some(4.01))).unwrap_err();
    assert_says(&error, &["run-1", "leave 1 degrees of freedom of 120 kept volumes", "119"]);
}

#[test]
fn a_filter_that_leaves_nothing_of_a_short_run_is_refused() {
    let neurons = NeuronAxis::new("none", Site::FfnOut, 1, 1);
    let clock = Clock::new(2.0, &[50, 3]).unwrap();
    let series = NeuronSeries::new(Array2::from_shape_fn((53, 1), |(t, _)| (t % 7) as f32), clock, neurons).unwrap();
    assert_says(&series.high_pass(128.0).unwrap_err(), &["run 1 has 3 volumes"]);
}
