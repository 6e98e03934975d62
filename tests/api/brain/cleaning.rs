use super::{assert_close, assert_says};
use crate::reference;
use ndarray::{Array2, Axis, concatenate, s};
use neurocell::activation::NeuronSeries;
use neurocell::brain::{Aroma, Bold, Cleaning, CompCor, Expansion, Scrub, Strategy, Subject};
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
    assert_says(&error, &["run-1", "leave 0 degrees of freedom of 120 kept volumes", "119"]);
}

#[test]
fn a_filter_that_leaves_nothing_of_a_short_run_is_refused() {
    let neurons = NeuronAxis::new("none", Site::FfnOut, 1, 1);
    let clock = Clock::new(2.0, &[50, 3]).unwrap();
    let series = NeuronSeries::new(Array2::from_shape_fn((53, 1), |(t, _)| (t % 7) as f32), clock, neurons).unwrap();
    assert_says(&series.high_pass(128.0).unwrap_err(), &["run 1 has 3 volumes"]);
}

/// The dataset of two runs with volumes 3 and 40 of the first run and 89 of the second censored.
fn censored() -> Cleaning {
    Cleaning::default().censor(0, &[3, 40]).censor(1, &[89])
}

#[test]
fn censored_volumes_are_known_by_run_carried_on_and_shown() {
    let series = bold().clean(censored()).unwrap();
    assert_eq!((series.censored(0).unwrap(), series.censored(1).unwrap()), (vec![3, 40], vec![89]));
    assert_eq!(series.kept().iter().filter(|kept| !**kept).count(), 3);
    for row in [3, 40, 120 + 89] {
        assert!(!series.kept()[row] && series.data().row(row).iter().all(|v| *v == 0.0));
    }
    assert!(series.to_string().contains("3 of 210 volumes censored"), "{series}");
    let trimmed = series.trimmed(4, 1).unwrap();
    assert_eq!((trimmed.censored(0).unwrap(), trimmed.censored(1).unwrap()), (vec![36], vec![]));
    assert!(trimmed.to_string().contains("1 of 200 volumes censored"), "{trimmed}");
    assert_says(&series.censored(2).unwrap_err(), &["run 2 of 2"]);
    // Kept rows of each voxel have mean 0 and variance 1 in each run.
    for run in [0, 1] {
        let rows = series.clock().rows(run).filter(|row| series.kept()[*row]);
        let first: Vec<f64> = rows.map(|row| f64::from(series.data()[[row, 0]])).collect();
        let mean = first.iter().sum::<f64>() / first.len() as f64;
        let variance = first.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (first.len() - 1) as f64;
        assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-5, "{mean} {variance}");
    }
}

#[test]
fn runs_and_volumes_that_are_not_there_cannot_be_censored() {
    let error = bold().clean(Cleaning::default().censor(2, &[0])).unwrap_err();
    assert_says(&error, &["run 2", "has 2 runs", "counted from 0"]);
    let error = bold().clean(Cleaning::default().censor(1, &[90])).unwrap_err();
    assert_says(&error, &["run-2", "volume 90", "there are 90"]);
    let all: Vec<usize> = (0..90).collect();
    assert_says(&bold().clean(Cleaning::default().censor(1, &all)).unwrap_err(), &["all 90 volumes are censored"]);
}

#[test]
fn a_report_counts_regressors_volumes_and_freedom_and_says_where_displacement_comes_from() {
    let report = bold().cleaning_report(&censored()).unwrap();
    let runs = report.runs();
    assert_eq!(runs[0].groups, [("trend", 2), ("cosines", 3), ("motion", 6)]);
    assert_eq!((runs[0].rank, runs[0].degrees_of_freedom), (11, 120 - 2 - 11));
    assert_eq!((runs[1].rank, runs[1].degrees_of_freedom), (10, 90 - 1 - 10));
    // The table has no framewise_displacement: Power's formula on its motion parameters.
    let table = bold().confounds(0).unwrap();
    let motion = table.columns(&MOTION).unwrap();
    let step = |t: usize| {
        (0..6).map(|c| (motion[[t, c]] - motion[[t - 1, c]]).abs() * if c < 3 { 1.0 } else { 50.0 }).sum::<f64>()
    };
    let mean = (1..120).map(step).sum::<f64>() / 119.0;
    assert!((runs[0].mean_and_largest_fd().unwrap().0 - mean).abs() < 1e-9);
    let text = report.to_string();
    println!("{text}");
    for part in ["2 (2 given)", "2 trend, 3 cosines, 6 motion", "107", "FD of run-1, run-2: computed", "50 mm"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    assert_eq!(report.censored(), 3);
}

#[test]
fn images_that_ica_aroma_has_not_denoised_are_refused_with_both_ways_on() {
    let error = bold().clean(Cleaning::strategy(Strategy::IcaAroma)).unwrap_err();
    assert_says(&error, &["desc-preproc_bold", "described(\"smoothAROMAnonaggr\")", "Aroma::Basic"]);
}

#[test]
fn a_strategy_names_what_the_table_lacks() {
    let error = bold().clean(Cleaning::default().wm_csf(Expansion::Basic)).unwrap_err();
    assert_says(&error, &["unknown column", "`csf`", "run-1_desc-confounds"]);
    let error = bold().clean(Cleaning::default().compcor(CompCor::AnatCombined, None)).unwrap_err();
    assert_says(&error, &["no component of anatomical CompCor", "trans_x", "choose another strategy"]);
    let error = bold().clean(Cleaning::default().ica_aroma(Aroma::Basic)).unwrap_err();
    assert_says(&error, &["no component of ICA-AROMA"]);
    let error = bold().clean(Cleaning::default().scrub(Scrub::default())).unwrap_err();
    assert_says(&error, &["no column std_dvars", "std_dvars(None)"]);
    let error = bold().clean(Cleaning::default().scrub(Scrub::default().fd(Some(-0.1)))).unwrap_err();
    assert_says(&error, &["displacement of -0.1", "positive limit"]);
}
