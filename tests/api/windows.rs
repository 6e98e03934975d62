//! How much of the text around a word a model sees.

use crate::reference::path;
use ndarray::{Axis, s};
use neurocell::prelude::*;

fn said(text: &str) -> Stimulus {
    Stimulus::from_text("a text", text, Speaking::default()).unwrap()
}

fn tiny() -> Model {
    Model::load(path("bert/tiny").to_str().unwrap()).unwrap()
}

fn read(text: &str, options: &ReadOptions) -> Activations {
    tiny().activations_with(&said(text), &[Site::FfnOut], &options.clone().without_store()).unwrap().remove(0)
}

fn alone(text: &str) -> Activations {
    read(text, &ReadOptions::default())
}

const SENTENCES: &str = "The old boat walked to the sea. Three storm counted it slowly! Was it in light?";

fn close(a: ndarray::ArrayView2<f32>, b: ndarray::ArrayView2<f32>) -> bool {
    a.dim() == b.dim() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
}

#[test]
fn a_sentence_is_read_as_if_it_stood_alone() {
    let acts = read(SENTENCES, &ReadOptions::default().context(Context::Sentences));
    let sentences: Vec<Activations> =
        ["The old boat walked to the sea.", "Three storm counted it slowly!", "Was it in light?"].map(alone).into();
    let views: Vec<_> = sentences.iter().map(|acts| acts.values()).collect();
    assert!(close(acts.values(), ndarray::concatenate(Axis(0), &views).unwrap().view()));
    assert!(acts.to_string().contains("sentence by sentence"), "{acts}");
}

#[test]
fn a_word_read_incrementally_sees_nothing_behind_it() {
    let acts = read(SENTENCES, &ReadOptions::default().context(Context::incremental(38)));
    let words: Vec<&str> = SENTENCES.split_whitespace().collect();
    for word in 0..words.len() {
        let before = alone(&words[..=word].join(" "));
        assert!(
            close(acts.values().slice(s![word..=word, ..]), before.values().slice(s![word..=word, ..])),
            "word {word}"
        );
    }
}

#[test]
fn pooling_takes_the_mean_the_last_or_the_sum_of_the_same_tokens() {
    let of = |pooling| read(SENTENCES, &ReadOptions::default().pooling(pooling));
    let (mean, last, sum) = (of(Pooling::Mean), of(Pooling::Last), of(Pooling::Sum));
    let plan = tiny().windows_with(&said(SENTENCES), &ReadOptions::default()).unwrap();
    assert!(plan.tokens() > mean.values().nrows());
    // "boat" is one token; "sea." is two.
    assert_eq!(mean.values().row(2), last.values().row(2));
    assert!(close(sum.values().slice(s![6..7, ..]), (&mean.values().slice(s![6..7, ..]) * 2.0).view()));
    assert!(!close(mean.values(), last.values()));
}

#[test]
fn all_sites_of_one_call_have_the_values_that_each_has_alone() {
    let sites = [Site::FfnHidden, Site::FfnOut, Site::FfnHidden];
    let all = tiny().activations_with(&said(SENTENCES), &sites, &ReadOptions::default().without_store()).unwrap();
    assert_eq!(all.iter().map(|acts| acts.neurons().site).collect::<Vec<_>>(), sites);
    for acts in &all {
        let one = tiny()
            .activations_with(&said(SENTENCES), &[acts.neurons().site], &ReadOptions::default().without_store())
            .unwrap();
        assert!(close(acts.values(), one[0].values()));
    }
}

#[test]
fn a_plan_that_cannot_be_made_says_why_with_the_numbers() {
    let long = "the old boat walked to the sea and three storm counted it slowly in light . ".repeat(4);
    let plan = |options: &ReadOptions| tiny().windows_with(&said(&long), options).unwrap_err().to_string();
    let options = ReadOptions::default;
    assert!(plan(&options().context(Context::WholeRun)).contains("64 tokens, and a window takes 38"));
    assert!(plan(&options().window(41)).contains("reads 40"));
    assert!(plan(&options().window(2)).contains("at least 3"));
    assert!(plan(&options().context(Context::incremental(39))).contains("takes 38"));
    assert!(plan(&options().context(Context::incremental(0))).contains("at least 1"));
    let word = said(&format!("the {} boat", "-".repeat(60)));
    let error = tiny().windows_with(&word, &options()).unwrap_err();
    assert!(error.problem().contains("word 1") && error.problem().contains("60 tokens"), "{error}");
}

#[test]
fn memory_that_is_no_number_or_too_little_is_refused() {
    for gigabytes in [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e-7] {
        let options = ReadOptions::default().without_store().memory_gb(gigabytes);
        assert!(tiny().activations_with(&said(SENTENCES), &[Site::FfnOut], &options).is_err(), "{gigabytes}");
    }
}

#[test]
fn a_text_of_which_the_model_reads_nothing_has_no_value() {
    let word = |text: &str| Word { text: text.to_owned(), run: 0, onset: None, offset: None };
    let story = Stimulus::new("nothing", vec![word("\u{200b}"), word("")], Timing::Measured).unwrap();
    let acts = tiny().activations_with(&story, &[Site::FfnOut], &ReadOptions::default().without_store()).unwrap();
    assert_eq!(acts[0].unmatched(), [0, 1]);
    assert!(acts[0].values().iter().all(|value| *value == 0.0));
}
