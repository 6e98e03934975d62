//! From words with onsets to courses on the scan's clock.

use crate::reference::{array, path};
use ndarray::{Array1, s};
use neurocell::activation::HrfPart;
use neurocell::error::ErrorKind;
use neurocell::prelude::*;

fn said(text: &str) -> Stimulus {
    Stimulus::from_text("a text", text, Speaking::default()).unwrap()
}

fn tiny() -> Model {
    Model::load(path("bert/tiny").to_str().unwrap()).unwrap()
}

fn word(text: &str, run: usize, onset: f64) -> Word {
    Word { text: text.to_owned(), run, onset: Some(onset), offset: Some(onset + 0.3) }
}

fn listed(words: &[&str]) -> Stimulus {
    let words = words.iter().enumerate().map(|(i, text)| word(text, 0, i as f64));
    Stimulus::new("listed", words.collect(), Timing::Measured).unwrap()
}

#[test]
fn the_responses_are_those_of_nilearn() {
    for (hrf, name) in [(Hrf::Spm, "spm"), (Hrf::Glover, "glover")] {
        for tr in [1.5, 0.72] {
            let ours = hrf.kernel(tr, 16).unwrap();
            let theirs: Array1<f32> = array(&format!("hrf/{name}_tr{tr}"));
            assert_eq!(ours.len(), theirs.len());
            let off = ours.iter().zip(&theirs).fold(0.0_f64, |m, (a, b)| m.max((a - f64::from(*b)).abs()));
            assert!(off < 1e-7, "{name} at TR {tr}: {off}");
        }
    }
}

#[test]
fn the_responses_and_their_derivatives_are_those_of_nilearn_on_other_grids() {
    let parts = [
        ("response", HrfPart::Response),
        ("time", HrfPart::TimeDerivative),
        ("dispersion", HrfPart::DispersionDerivative),
    ];
    let mut stored = ndarray_npy::NpzReader::new(std::fs::File::open(path("hrf/parts.npz")).unwrap()).unwrap();
    for (tr, points, seconds) in [("1.5", 16, "32.0"), ("0.72", 50, "32.0"), ("2.0", 1, "20.0"), ("3.0", 16, "24.5")] {
        for (hrf, model) in [(Hrf::Spm, "spm"), (Hrf::Glover, "glover")] {
            for (name, part) in parts {
                let name = format!("{model} {name} {tr} {points} {seconds}");
                let ours = hrf.kernel_of(part, tr.parse().unwrap(), points, seconds.parse().unwrap()).unwrap();
                let theirs: Array1<f32> = stored.by_name(&name).unwrap();
                assert_eq!(ours.len(), theirs.len(), "{name}");
                let off = ours.iter().zip(&theirs).fold(0.0_f64, |m, (a, b)| m.max((a - f64::from(*b)).abs()));
                assert!(off < 1e-6, "{name}: {off}");
            }
        }
    }
}

#[test]
fn a_response_that_no_grid_can_show_is_refused() {
    for (tr, points, seconds) in
        [(0.0, 16, 32.0), (f64::NAN, 16, 32.0), (1.5, 0, 32.0), (1.5, 16, -1.0), (1e-9, 16, 32.0)]
    {
        assert!(Hrf::Spm.kernel_of(HrfPart::Response, tr, points, seconds).is_err(), "{tr} {points} {seconds}");
    }
    let error = Hrf::Spm.kernel(30.0, 1).unwrap_err();
    assert!(error.problem().contains("1 points") && error.problem().contains("30 s"), "{error}");
}

#[test]
fn a_series_has_a_row_for_each_volume_and_is_z_scored_in_each_run() {
    let story = said("The old boat walked to the sea. Three storms said it slowly. The light was in the harbour.");
    let story = story.in_runs(3, 2.0).unwrap();
    let acts = tiny().activations(&story, Site::FfnOut).unwrap();
    let clock = Clock::new(0.72, &[40, 35, 30]).unwrap();
    let series = acts.to_series(&clock).unwrap();
    assert_eq!(series.data().dim(), (105, 64));
    assert!(series.notes().is_empty(), "{series}");
    for run in 0..3 {
        for course in series.data().slice(s![clock.rows(run), ..]).columns() {
            let n = course.len() as f32;
            let mean = course.sum() / n;
            let variance = course.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n;
            assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-3, "run {run}: {mean}, {variance}");
        }
    }
}

#[test]
fn without_a_response_a_word_is_seen_in_its_own_volume_only() {
    let words = vec![word("old", 0, 0.0), word("boat", 0, 1.4999), word("sea", 0, 3.0)];
    let story = Stimulus::new("three", words, Timing::Measured).unwrap();
    let acts = tiny().activations(&story, Site::FfnOut).unwrap();
    let series = acts.to_series_with(&Clock::new(1.5, &[4]).unwrap(), &Sampling::default().no_response()).unwrap();
    let (v, s) = (acts.values(), series.data());
    for n in 0..64 {
        let mean = (v[(0, n)] + v[(1, n)] + v[(2, n)]) / 3.0;
        let volumes = [(v[(0, n)] + v[(1, n)]) / 2.0 - mean, 0.0, v[(2, n)] - mean, 0.0];
        // z-scoring keeps the ratio of differences from the silent volumes.
        let ours = (s[(2, n)] - s[(1, n)]) / (s[(0, n)] - s[(1, n)]);
        assert!((ours - volumes[2] / volumes[0]).abs() < 1e-2 * ours.abs(), "neuron {n}");
        assert_eq!(s[(1, n)], s[(3, n)]);
    }
}

#[test]
fn a_clock_that_does_not_fit_the_stimulus_is_refused() {
    let story = Stimulus::join(&[said("The old boat."), said("Three storms.")]).unwrap();
    let acts = tiny().activations(&story, Site::FfnOut).unwrap();
    for volumes in [vec![20], vec![20, 20, 20]] {
        let error = acts.to_series(&Clock::new(1.5, &volumes).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Shape);
        assert!(error.problem().contains("2 runs"), "{error}");
    }
}

#[test]
fn words_after_the_scan_are_counted_and_can_be_left_out() {
    let words = vec![word("old", 0, 1.0), word("boat", 0, 2.0), word("sea", 0, 7.5), word("storm", 0, 10.0)];
    let story = Stimulus::new("late", words, Timing::Measured).unwrap();
    let clock = Clock::new(1.5, &[5]).unwrap();
    let error = tiny().activations(&story, Site::FfnOut).unwrap().to_series(&clock).unwrap_err();
    assert!(error.problem().contains("2 words") && error.problem().contains("2.50 s"), "{error}");
    let within = story.within(&clock).unwrap();
    assert_eq!(within.words()[2].onset, None);
    assert!(tiny().activations(&within, Site::FfnOut).unwrap().to_series(&clock).is_ok());
}

#[test]
fn words_before_the_first_volume_are_reported_as_not_used() {
    let story = listed(&["the", "old", "boat", "sea"]).starting_at(-1.5);
    let series = tiny().activations(&story, Site::FfnOut).unwrap().to_series(&Clock::new(1.0, &[20]).unwrap()).unwrap();
    assert!(series.to_string().contains("2 words before the first volume"), "{series}");
}

#[test]
fn an_onset_that_is_no_number_is_refused() {
    let acts = tiny().activations(&listed(&["the", "old"]).starting_at(f64::NAN), Site::FfnOut).unwrap();
    assert_eq!(acts.to_series(&Clock::new(1.0, &[20]).unwrap()).unwrap_err().kind(), ErrorKind::Value);
}

#[test]
fn neurons_that_do_not_vary_in_a_run_are_zero_there_and_counted() {
    // A run of one word: every neuron stands at its mean.
    let story = Stimulus::join(&[said("The old boat walked to the sea in the light."), said("Sea")]).unwrap();
    let acts = tiny().activations(&story, Site::FfnOut).unwrap();
    let series = acts.to_series(&Clock::new(1.0, &[20, 20]).unwrap()).unwrap();
    assert!(series.data().slice(s![20.., ..]).iter().all(|v| *v == 0.0));
    assert!(series.notes()[0].contains("64 of 64 neurons do not vary in run 1"), "{series}");
}
