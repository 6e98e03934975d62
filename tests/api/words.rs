//! A model's values at words.

use crate::reference::{array, path};
use ndarray::{Array2, s};
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

/// Largest difference, as a share of the largest value.
fn difference(ours: &Array2<f32>, theirs: &Array2<f32>) -> f32 {
    assert_eq!(ours.dim(), theirs.dim());
    let largest = theirs.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    ours.iter().zip(theirs).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs())) / largest
}

#[test]
fn ffn_out_and_ffn_hidden_have_the_values_of_transformers() {
    let story = said("The old boat, slowly counted, wasn't in the harbour; three storms said: 42!");
    for (site, file) in [(Site::FfnOut, "bert/tiny_FfnOut"), (Site::FfnHidden, "bert/tiny_FfnHidden")] {
        let ours = tiny().activations(&story, site).unwrap();
        let off = difference(&ours.values().to_owned(), &array(file));
        assert!(off < 1e-4, "{site}: {off}");
    }
}

#[test]
fn minilm_has_the_values_of_transformers() {
    let story = said(
        "Marguerite didn't hurry: she counted twenty-seven lanterns along the quay, and every one of them, \
         she said, was lit for somebody's return.",
    );
    let acts = Model::load("minilm-l6").unwrap().activations(&story, Site::FfnOut).unwrap();
    let theirs: Array2<f32> = array("bert/minilm_FfnOut_layers_0_2_5");
    for (n, layer) in [0, 2, 5].into_iter().enumerate() {
        let ours = acts.values().slice(s![.., layer * 384..(layer + 1) * 384]).to_owned();
        let off = difference(&ours, &theirs.slice(s![.., n * 384..(n + 1) * 384]).to_owned());
        assert!(off < 1e-4, "layer {layer}: {off}");
    }
}

// ---- words and tokens

fn listed(words: &[&str]) -> Stimulus {
    let words = words.iter().enumerate().map(|(i, text)| word(text, 0, i as f64));
    Stimulus::new("listed", words.collect(), Timing::Measured).unwrap()
}

#[test]
fn no_nasty_word_shifts_the_words_behind_it() {
    // Words of which the model reads nothing, between others: the others must have the values of the text without them.
    let with = listed(&["The", "", "old", "\u{200b}", "boat", "\u{301}", "said", "\u{7}", "three"]);
    let without = listed(&["The", "old", "boat", "said", "three"]);
    let (with, without) =
        (tiny().activations(&with, Site::FfnOut).unwrap(), tiny().activations(&without, Site::FfnOut).unwrap());
    assert_eq!(with.unmatched(), [1, 3, 5, 7]);
    assert!(without.unmatched().is_empty());
    for (ours, theirs) in [0, 2, 4, 6, 8].into_iter().zip(0..5) {
        assert_eq!(with.values().row(ours), without.values().row(theirs));
    }
    assert!(with.values().row(1).iter().all(|v| *v == 0.0));
    assert!(with.to_string().contains("4 word(s) without a token"), "{with}");
}

#[test]
fn odd_words_have_values_of_their_own() {
    let nasty = [
        "don't",
        "gonna",
        "well-known",
        "NASA",
        "3,141",
        "😀",
        "海の",
        "cafe\u{301}",
        "naïve",
        "…",
        "\"Quoted,\"",
        "a\u{200d}b",
        "two words",
    ];
    let acts = Model::load("minilm-l6").unwrap().activations(&listed(&nasty), Site::FfnOut).unwrap();
    assert!(acts.unmatched().is_empty(), "{acts}");
    assert_eq!(acts.unknown().iter().map(|i| nasty[*i]).collect::<Vec<_>>(), ["😀"]);
    assert!(acts.values().rows().into_iter().all(|row| row.iter().any(|v| *v != 0.0)));
}

#[test]
fn a_long_run_is_read_in_windows_and_close_to_its_ends_as_alone() {
    // The tiny model has 40 positions: this text needs several windows.
    let text = "the old boat walked to the sea and three storm counted it slowly in light . ".repeat(8);
    let model = tiny();
    let plan = model.windows(&said(&text)).unwrap();
    assert!(plan.windows().len() > 4 && plan.tokens() == 8 * 16, "{plan}");
    let acts = model.activations(&said(&text), Site::FfnOut).unwrap();
    // The first window reads the first 38 tokens, and keeps at least the first 19 of them.
    let head: Vec<&str> = text.split_whitespace().take(38).collect();
    let alone = model.activations(&said(&head.join(" ")), Site::FfnOut).unwrap();
    assert_eq!(acts.values().slice(s![..19, ..]), alone.values().slice(s![..19, ..]));
    let tail: Vec<&str> = text.split_whitespace().skip(8 * 16 - 38).collect();
    let alone = model.activations(&said(&tail.join(" ")), Site::FfnOut).unwrap();
    assert_eq!(acts.values().slice(s![-19.., ..]), alone.values().slice(s![-19.., ..]));
}

#[test]
fn a_run_is_read_without_the_text_of_the_others() {
    let (one, two) = (said("The old boat."), said("Three storms walked in the sea."));
    let both = tiny().activations(&Stimulus::join(&[one.clone(), two]).unwrap(), Site::FfnOut).unwrap();
    let alone = tiny().activations(&one, Site::FfnOut).unwrap();
    // Products of other shapes add up in another order.
    let off = difference(&both.values().slice(s![..3, ..]).to_owned(), &alone.values().to_owned());
    assert!(off < 1e-6, "{off}");
}

#[test]
#[cfg(target_os = "linux")]
fn reading_a_model_starts_no_threads_but_the_pool_of_the_project() {
    // A thread of another pool would not survive the fork before a notebook's cell, and a later cell would wait for it.
    let text = "the old boat walked to the sea and three storm counted it slowly in light . ".repeat(30);
    let options = ReadOptions::default().without_store();
    Model::load("minilm-l6").unwrap().activations_with(&said(&text), &[Site::FfnHidden], &options).unwrap();
    let names = std::fs::read_dir("/proc/self/task").unwrap();
    let names: Vec<String> =
        names.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok()).collect();
    assert!(names.iter().any(|name| name.starts_with("neurocell-")), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("candle")), "{names:?}");
}

#[test]
fn top_words_come_largest_first_with_their_context() {
    let acts = tiny().activations(&listed(&["The", "", "old", "boat", "said", "three"]), Site::FfnOut).unwrap();
    let neuron = Neuron::new(1, 5);
    let top = acts.top_words(neuron, 9).unwrap();
    assert_eq!(top.len(), 5);
    assert!(top.windows(2).all(|w| w[0].value >= w[1].value));
    assert_eq!(top[0].value, acts.values()[(top[0].index, acts.neurons().column(neuron).unwrap())]);
    assert!(top[0].context.contains(&format!("‹{}›", top[0].word)));
    assert!(acts.top_words(Neuron::new(2, 0), 1).is_err());
    assert!(acts.top_words(Neuron::new(0, 32), 1).is_err());
}
