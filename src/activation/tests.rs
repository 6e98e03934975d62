//! Courses on the scan's clock against those that numpy and nilearn made.

use super::{Activations, Derivatives, Hrf, Sampling, Silence, WordTime};
use crate::clock::Clock;
use crate::error::Result;
use crate::model::{NeuronAxis, Site};
use crate::stimulus::{Stimulus, Timing, Word};
use ndarray::{Array1, Array2, Axis, concatenate};
use std::fs::File;

/// Activations of one layer with these values, word × neuron; the words at `unmatched` have none.
fn made(words: Vec<Word>, values: Array2<f32>, unmatched: &[usize]) -> Activations {
    let neurons = NeuronAxis::new("reference", Site::FfnOut, 1, values.ncols());
    Activations {
        values: values.into(),
        stimulus: Stimulus::new("reference", words, Timing::Made).unwrap(),
        neurons,
        unmatched: unmatched.into(),
        unknown: Vec::new().into(),
        windows: String::new(),
        reading: None,
        origin: Default::default(),
    }
}

fn word(run: usize, onset: f64, offset: f64) -> Word {
    Word { text: "w".to_owned(), run, onset: Some(onset), offset: Some(offset) }
}

fn reference(file: &str) -> ndarray_npy::NpzReader<File> {
    let path = format!("{}/tests/reference/{file}", env!("CARGO_MANIFEST_DIR"));
    ndarray_npy::NpzReader::new(File::open(path).unwrap()).unwrap()
}

fn largest_difference<'a>(ours: impl IntoIterator<Item = &'a f32>, theirs: impl IntoIterator<Item = &'a f32>) -> f32 {
    ours.into_iter().zip(theirs).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()))
}

/// The reference's words at a TR, and their clock.
fn spoken(tr: f64) -> (Activations, Clock) {
    let mut stored = reference("sampling/sampling.npz");
    let (mut words, mut values) = (Vec::new(), Vec::new());
    for run in 0..2 {
        let onsets: Array1<f64> = stored.by_name(&format!("onsets {tr} {run}")).unwrap();
        let offsets: Array1<f64> = stored.by_name(&format!("offsets {tr} {run}")).unwrap();
        words.extend(onsets.iter().zip(&offsets).map(|(from, to)| word(run, *from, *to)));
        values.push(stored.by_name::<ndarray::OwnedRepr<f32>, ndarray::Ix2>(&format!("values {tr} {run}")).unwrap());
    }
    let values = concatenate![Axis(0), values[0], values[1]];
    let volumes = if tr == 1.5 { [60, 50] } else { [90, 110] };
    (made(words, values, &[]), Clock::new(tr, &volumes).unwrap())
}

/// Each chain of the reference, by its name there.
fn chains() -> Vec<(&'static str, Sampling)> {
    let start = || Sampling::default().scan_start(7.25);
    let both = Derivatives::TimeAndDispersion;
    vec![
        ("mean spm", start()),
        ("sum spm centre", start().sum().word_time(WordTime::Centre)),
        ("mean glover derivatives reference 0", start().hrf(Hrf::Glover).derivatives(both).slice_reference(0.0)),
        ("mean spm time reference 1 trimmed", start().derivatives(Derivatives::Time).slice_reference(1.0).trim(4, 7)),
        ("mean glover zero silence raw", start().hrf(Hrf::Glover).silence(Silence::Zero).z_score(false)),
        ("mean none centre", start().no_response().word_time(WordTime::Centre)),
        ("lanczos none", start().lanczos(3).no_response()),
        ("lanczos none zero silence raw", start().lanczos(3).no_response().silence(Silence::Zero).z_score(false)),
        (
            "lanczos 2 cutoff 0.6 reference 0.25 raw",
            start().lanczos(2).cutoff(0.6).no_response().slice_reference(0.25).z_score(false),
        ),
        ("lanczos spm centre", start().lanczos(3).word_time(WordTime::Centre).slice_reference(0.25)),
        ("lanczos fir", start().cutoff(1.0).fir(&[1, 2, 3, 4]).silence(Silence::Zero)),
        ("mean fir trimmed", start().fir(&[0, 2, 5]).trim(3, 2)),
        ("sum fir raw", start().sum().fir(&[4, 1]).z_score(false)),
    ]
}

#[test]
fn every_way_from_words_to_volumes_is_that_of_numpy_with_the_responses_of_nilearn() {
    for tr in [1.5, 0.72] {
        let (activations, clock) = spoken(tr);
        for (name, sampling) in chains() {
            let ours = activations.to_series_with(&clock, &sampling).unwrap();
            let theirs: Array2<f32> = reference("sampling/sampling.npz").by_name(&format!("{name} {tr}")).unwrap();
            assert_eq!(ours.data().dim(), theirs.dim(), "{name}, TR {tr}");
            assert_eq!(ours.neurons().total(), theirs.ncols());
            let largest = theirs.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
            let off = largest_difference(ours.data(), &theirs);
            assert!(off < 1e-5 * largest.max(1.0), "{name}, TR {tr}: {off}");
        }
    }
}

#[test]
fn default_courses_are_those_made_by_numpy_with_the_response_of_nilearn() {
    let stored = |name: &str| format!("{}/tests/reference/hrf/{name}.npy", env!("CARGO_MANIFEST_DIR"));
    let onsets: Array1<f32> = ndarray_npy::read_npy(stored("onsets")).unwrap();
    let time = |(i, onset): (usize, &f32)| word(usize::from(i >= 90), f64::from(*onset), f64::from(*onset));
    let words = onsets.iter().enumerate().map(time).collect();
    let activations = made(words, ndarray_npy::read_npy(stored("values")).unwrap(), &[]);
    let ours = activations.to_series(&Clock::new(1.5, &[60, 50]).unwrap()).unwrap();
    let theirs: Array2<f32> = ndarray_npy::read_npy(stored("courses")).unwrap();
    let off = largest_difference(ours.data(), &theirs);
    assert!(off < 1e-5, "{off}");
}

/// Values at four words, in two volumes of 2 s of six.
fn four() -> (Vec<Word>, Array2<f32>, Clock) {
    let words = [2.0, 3.0, 8.0, 9.9].map(|onset| word(0, onset, onset + 0.2)).to_vec();
    (words, ndarray::array![[1.0], [3.0], [-5.0], [0.5]], Clock::new(2.0, &[6]).unwrap())
}

fn course(activations: &Activations, clock: &Clock, sampling: &Sampling) -> Result<Vec<f32>> {
    Ok(activations.to_series_with(clock, sampling)?.data().column(0).to_vec())
}

#[test]
fn silence_is_the_mean_of_the_runs_words_or_zero() {
    let (words, values, clock) = four();
    let acts = made(words, values, &[]);
    let raw = Sampling::default().no_response().z_score(false);
    let mean = -0.125;
    let centred = [0.0, 2.0 - mean, 0.0, 0.0, -2.25 - mean, 0.0];
    assert_eq!(course(&acts, &clock, &raw).unwrap(), centred);
    assert_eq!(course(&acts, &clock, &raw.clone().silence(Silence::Zero)).unwrap(), [0.0, 2.0, 0.0, 0.0, -2.25, 0.0]);
    assert_eq!(course(&acts, &clock, &raw.sum().silence(Silence::Zero)).unwrap(), [0.0, 4.0, 0.0, 0.0, -4.5, 0.0]);
}

#[test]
fn a_word_without_a_token_has_no_part_in_its_volume_or_in_the_mean() {
    let (mut words, values, clock) = four();
    let acts = made(words.clone(), values, &[]);
    words.insert(1, word(0, 2.5, 2.6));
    let more = made(words, ndarray::array![[1.0], [77.0], [3.0], [-5.0], [0.5]], &[1]);
    for sampling in [Sampling::default(), Sampling::default().sum(), Sampling::default().lanczos(3)] {
        let series = more.to_series_with(&clock, &sampling).unwrap();
        assert_eq!(series.data().column(0).to_vec(), course(&acts, &clock, &sampling).unwrap(), "{sampling:?}");
        assert!(series.notes()[0].contains("1 words without a token"), "{series}");
    }
}

#[test]
fn the_start_of_the_scan_and_a_later_stimulus_are_the_same_shift() {
    let (words, values, clock) = four();
    let moved = words.iter().map(|w| word(0, w.onset.unwrap() + 12.0, w.offset.unwrap() + 12.0)).collect();
    for sampling in [Sampling::default(), Sampling::default().lanczos(3), Sampling::default().fir(&[1])] {
        let here = course(&made(words.clone(), values.clone(), &[]), &clock, &sampling).unwrap();
        let late = Sampling { scan_start: 12.0, ..sampling };
        let there = course(&made(Vec::clone(&moved), values.clone(), &[]), &clock, &late).unwrap();
        assert!(largest_difference(&here, &there) < 1e-6, "{late:?}");
    }
}

#[test]
fn lanczos_hears_the_words_just_before_the_first_volume_and_a_mean_does_not() {
    let (_, values, clock) = four();
    let words: Vec<Word> = [-9.0, -1.0, 4.0, 6.0].map(|onset| word(0, onset, onset)).to_vec();
    let acts = made(words, values, &[]);
    let raw = Sampling::default().no_response().silence(Silence::Zero).z_score(false);
    assert_eq!(course(&acts, &clock, &raw).unwrap(), [0.0, 0.0, -5.0, 0.5, 0.0, 0.0]);
    let series = acts.to_series_with(&clock, &raw.lanczos(3)).unwrap();
    // One TR before the first sample the window is 0; half a TR further it is not.
    assert!(series.data()[(1, 0)].abs() > 0.05);
    assert_eq!(series.notes(), ["1 words before the first volume of their run are not used"]);
}

#[test]
fn a_middle_behind_the_last_volume_is_not_used_and_counted() {
    let (mut words, values, clock) = four();
    words[3] = word(0, 11.8, 12.6);
    let series = made(words, values, &[]).to_series_with(&clock, &Sampling::default().word_time(WordTime::Centre));
    assert!(series.unwrap().notes()[0].contains("1 words whose middle lies behind"));
}

#[test]
fn a_delayed_run_begins_with_zeros_and_not_with_the_run_before_it() {
    let words = vec![word(0, 0.5, 1.0), word(0, 2.5, 3.0), word(1, 0.5, 1.0), word(1, 2.5, 3.0)];
    let acts = made(words, ndarray::array![[1.0], [2.0], [3.0], [5.0]], &[]);
    let sampling = Sampling::default().fir(&[1, 2]).z_score(false).silence(Silence::Zero);
    let series = acts.to_series_with(&Clock::new(2.0, &[3, 4]).unwrap(), &sampling).unwrap();
    assert_eq!(series.data().column(0).to_vec(), [0.0, 1.0, 2.0, 0.0, 3.0, 5.0, 0.0]);
    assert_eq!(series.data().column(1).to_vec(), [0.0, 0.0, 1.0, 0.0, 0.0, 3.0, 5.0]);
    assert_eq!(series.neurons().copies.to_vec(), ["delay 1 TR", "delay 2 TR"]);
}

#[test]
fn trimming_shortens_the_clock_and_keeps_what_came_before_in_the_delays() {
    let (words, values, clock) = four();
    let acts = made(words, values, &[]);
    let raw = Sampling::default().fir(&[1]).z_score(false).silence(Silence::Zero);
    let whole = course(&acts, &clock, &raw).unwrap();
    let series = acts.to_series_with(&clock, &raw.trim(2, 1)).unwrap();
    assert_eq!(series.data().column(0).to_vec(), whole[2..5]);
    assert_eq!(series.clock(), &clock.trimmed(2, 1).unwrap());
    assert_eq!(whole[2], 2.0);
}

#[test]
fn settings_that_cannot_be_worked_with_are_refused_with_their_values() {
    let (words, values, clock) = four();
    let acts = made(words, values, &[]);
    let usual = Sampling::default;
    for (sampling, what) in [
        (usual().scan_start(f64::NAN), "NaN"),
        (usual().slice_reference(1.01), "1.01"),
        (usual().slice_reference(f64::NAN), "NaN"),
        (usual().lanczos(0), "0 lobes"),
        (usual().cutoff(-1.0), "-1/TR"),
        (usual().fir(&[1]).derivatives(Derivatives::Time), "Time derivatives"),
        (usual().fir(&[]), "no FIR delay"),
        (usual().fir(&[1, 2, 1]), "1 TR"),
        (usual().fir(&[6]), "6 TR"),
        (usual().fir(&[4]).trim(0, 2), "4 volumes are kept"),
        (usual().trim(4, 2), "trimming 4"),
    ] {
        let error = course(&acts, &clock, &sampling).unwrap_err();
        assert!(error.problem().contains(what), "{what}: {error}");
    }
}

#[test]
fn late_words_are_told_how_to_lose_their_time_on_a_clock_that_starts_later() {
    let (words, values, clock) = four();
    let acts = made(words, values, &[]);
    let late = Sampling::default().scan_start(-4.0);
    let error = acts.to_series_with(&clock, &late).unwrap_err();
    assert!(error.problem().contains("2 words") && error.problem().contains("1.90 s"), "{error}");
    assert!(error.advice().contains("starting_at(4).within(&clock)"), "{error}");
}
