//! Control regressors and baselines.

use crate::reference::{array, path};
use ndarray::{Array2, s};
use neurocell::prelude::*;

/// The words of the reference, and wordfreq's Zipf value of each.
fn spoken() -> (Stimulus, Vec<Option<f32>>) {
    let text = std::fs::read_to_string(path("controls/words.tsv")).unwrap();
    let (mut words, mut zipf) = (Vec::new(), Vec::new());
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let seconds = |cell: &str| Some(cell.parse().unwrap());
        let run = cells[0].parse().unwrap();
        words.push(Word { text: cells[1].to_owned(), run, onset: seconds(cells[2]), offset: seconds(cells[3]) });
        zipf.push(cells[4].parse().ok());
    }
    (Stimulus::new("spoken", words, Timing::Measured).unwrap(), zipf)
}

fn clock() -> Clock {
    Clock::new(1.5, &[60, 50]).unwrap()
}

fn sampling() -> Sampling {
    Sampling::default().scan_start(2.25)
}

fn apart(found: &Array2<f32>, expected: &Array2<f32>) -> f32 {
    assert_eq!(found.dim(), expected.dim());
    found.iter().zip(expected).fold(0.0, |m, (a, b)| m.max((a - b).abs()))
}

#[test]
fn word_frequencies_are_those_of_wordfreq() {
    let (stimulus, zipf) = spoken();
    assert!(zipf.contains(&None) && zipf.len() > 100);
    for (word, expected) in stimulus.words().iter().zip(zipf) {
        assert_eq!(word_frequency(&word.text), expected, "{}", word.text);
    }
}

#[test]
fn all_controls_are_those_of_numpy_and_nilearn_as_they_are_and_as_z() {
    let (stimulus, _) = spoken();
    for (name, z) in [("raw", false), ("z", true)] {
        let controls = Controls::default().features(&stimulus, &clock(), &sampling().z_score(z)).unwrap();
        let off = apart(controls.data(), &array(&format!("controls/{name}")));
        assert!(off < 2e-5, "{name}: {off}");
    }
}

#[test]
fn unknown_words_are_counted_and_named() {
    let (stimulus, _) = spoken();
    let controls = Controls::default().features(&stimulus, &clock(), &sampling()).unwrap();
    // Orren and keeper's four times each, blorptious four times.
    let note = controls.notes().iter().find(|note| note.contains("table of frequencies")).unwrap();
    assert!(
        note.starts_with("12 of 152 words") && note.contains("Zipf 3: `Orren`, `keeper's`, `blorptious`"),
        "{note}"
    );
    assert!(controls.to_string().contains("12 of 152"));
    let letters = Control::Letters.features(&stimulus, &clock(), &sampling()).unwrap();
    assert!(letters.notes().is_empty() && letters.name() == "word letters");
}

#[test]
fn one_control_is_its_column_of_all() {
    let (stimulus, _) = spoken();
    let all = Controls::default().features(&stimulus, &clock(), &sampling()).unwrap();
    for (n, control) in Control::all().into_iter().enumerate() {
        let one = control.features(&stimulus, &clock(), &sampling()).unwrap();
        assert_eq!(one.data().column(0), all.data().column(n), "{control}");
        assert_eq!(all.feature(n), control.to_string());
    }
}

#[test]
fn delays_and_trimming_are_those_of_neurons() {
    let (stimulus, _) = spoken();
    let controls = Controls::of(&[Control::WordRate, Control::Letters]);
    let fir = sampling().fir(&[0, 2]).z_score(false).trim(5, 3);
    let found = controls.features(&stimulus, &clock(), &fir).unwrap();
    assert_eq!(found.clock(), &clock().trimmed(5, 3).unwrap());
    assert_eq!(found.feature(3), "word letters, delay 2 TR");
    let plain = controls.features(&stimulus, &clock(), &sampling().no_response().z_score(false)).unwrap();
    // Volume 5 of the first run is row 0 of what is kept.
    assert_eq!(found.data().slice(s![..52, ..2]), plain.data().slice(s![5..57, ..]));
    assert_eq!(found.data().slice(s![..52, 2..]), plain.data().slice(s![3..55, ..]));
}

#[test]
fn the_rate_by_lanczos_is_that_of_the_words() {
    let word = |n: usize| {
        let onset = 0.1 + 0.25 * n as f64;
        Word { text: "word".into(), run: 0, onset: Some(onset), offset: Some(onset + 0.2) }
    };
    // Four words a second, steadily.
    let steady = Stimulus::new("steady", (0..400).map(word).collect(), Timing::Made).unwrap();
    for sampling in [Sampling::default().lanczos(3), Sampling::default().lanczos(3).cutoff(0.5), Sampling::default()] {
        let sampling = sampling.no_response().z_score(false);
        let rate = Control::WordRate.features(&steady, &Clock::new(2.0, &[50]).unwrap(), &sampling).unwrap();
        for value in rate.data().slice(s![10..40, 0]) {
            assert!((value - 4.0).abs() < 0.05, "{sampling:?}: {value}");
        }
    }
}

#[test]
fn what_cannot_be_sampled_is_refused() {
    let (stimulus, _) = spoken();
    let one_run = Clock::new(1.5, &[110]).unwrap();
    for control in Control::all() {
        let error = control.features(&stimulus, &one_run, &sampling()).unwrap_err();
        assert!(error.problem().contains("2 runs") && error.problem().contains("1: 110 volumes"), "{control}: {error}");
    }
    assert!(Controls::of(&[]).features(&stimulus, &clock(), &sampling()).is_err());
    let twice = Controls::of(&[Control::Letters, Control::Letters]);
    assert!(twice.features(&stimulus, &clock(), &sampling()).unwrap_err().problem().contains("word letters"));
}

#[test]
fn a_layer_is_its_columns_of_the_series_with_their_addresses() {
    let axis = NeuronAxis::new("made", Site::Residual, 3, 4).with_copies(&["one".to_owned(), "two".to_owned()]);
    let data = Array2::from_shape_fn((6, 24), |(t, n)| (100 * t + n) as f32);
    let series = NeuronSeries::new(data, Clock::new(2.0, &[6]).unwrap(), axis).unwrap();
    let layer = series.layer(1).unwrap();
    let first: Vec<f32> = layer.data().row(0).to_vec();
    assert_eq!(first, [4., 5., 6., 7., 16., 17., 18., 19.]);
    assert_eq!((layer.feature(1), layer.feature(6)), ("L1.1, one".to_owned(), "L1.2, two".to_owned()));
    let error = series.layer(3).unwrap_err();
    assert!(error.problem().contains("layer 3") && error.advice().contains("the last one is 2"), "{error}");
}

#[test]
fn static_embeddings_know_a_word_and_not_its_neighbours() {
    let model = Model::load(path("bert/tiny").to_str().unwrap()).unwrap();
    let text = |text: &str| Stimulus::from_text("a text", text, Speaking::default()).unwrap();
    let clock = Clock::new(2.0, &[8]).unwrap();
    let sampling = Sampling::default().no_response().z_score(false).silence(Silence::Zero);
    let embedded = |said: &str| model.static_embeddings(&text(said), &clock, &sampling).unwrap();
    let (one, other) = (embedded("the sea"), embedded("the sea rose"));
    assert_eq!(one.data().ncols(), model.neurons(Site::Residual).units);
    // "the" and "sea" lie in the first volume in both; the third word is in the second or the first.
    let alone = embedded("sea");
    assert!(alone.data().row(0).iter().any(|v| *v != 0.0));
    let mean = |words: &[&str]| {
        let sum = words
            .iter()
            .fold(ndarray::Array1::<f32>::zeros(one.data().ncols()), |sum, word| sum + embedded(word).data().row(0));
        sum / words.len() as f32
    };
    let near = |a: &ndarray::Array1<f32>, b: &ndarray::Array1<f32>| (a - b).iter().all(|d| d.abs() < 1e-6);
    assert!(near(&one.data().row(0).to_owned(), &mean(&["the", "sea"])));
    assert!(near(&other.data().row(0).to_owned(), &mean(&["the", "sea", "rose"])));
}
