//! From words with onsets to courses on the scan's clock.

use crate::reference::{array, path};
use ndarray::{Array1, Array2, s};
use neurocell::activation::Hrf;
use neurocell::error::ErrorKind;
use neurocell::prelude::*;
use std::collections::HashMap;
use std::path::Path;

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

// ---- stimulus

#[test]
fn the_example_lasts_about_ten_minutes_and_says_that_its_onsets_are_made() {
    let story = Stimulus::example().unwrap();
    assert!((1400..1700).contains(&story.words().len()));
    assert!((9.0 * 60.0..11.0 * 60.0).contains(&story.duration(0).unwrap()));
    assert_eq!(story.timing(), Timing::Made);
    assert!(story.to_string().contains("made onsets"), "{story}");
}

#[test]
fn a_text_is_spoken_at_the_rate_asked_for_with_pauses_where_the_punctuation_is() {
    let text = "one two, three. four five six seven eight nine ten";
    let story = Stimulus::from_text("t", text, Speaking::default().words_per_minute(120.0)).unwrap();
    // Ten words at two a second; the last word ends the text.
    assert!((story.duration(0).unwrap() - 5.0).abs() < 1e-9);
    let words = story.words();
    let gap = |i: usize| words[i + 1].onset.unwrap() - words[i].offset.unwrap();
    assert!(gap(0).abs() < 1e-9 && gap(1) > 0.1 && gap(2) > 2.0 * gap(1), "{} {} {}", gap(0), gap(1), gap(2));
    assert!(words[3].text == "four" && words[2].text == "three.");
}

#[test]
fn a_dash_that_stands_alone_is_text_without_time() {
    let story = said("He came — late");
    assert_eq!(story.words()[2].onset, None);
    assert!(story.words()[3].onset > story.words()[1].offset);
    assert!(story.to_string().contains("1 without time"), "{story}");
}

#[test]
fn a_text_without_words_and_a_rate_of_zero_are_refused() {
    assert_eq!(Stimulus::from_text("t", " \n\n ", Speaking::default()).unwrap_err().kind(), ErrorKind::Value);
    for rate in [0.0, -3.0, f64::NAN, f64::INFINITY] {
        assert!(Stimulus::from_text("t", "a b", Speaking::default().words_per_minute(rate)).is_err(), "{rate}");
    }
}

fn align(content: &str) -> neurocell::Result<Stimulus> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("align.csv");
    std::fs::write(&file, content).unwrap();
    Stimulus::from_align(&file)
}

#[test]
fn an_align_file_gives_words_and_keeps_those_without_time() {
    let story =
        align("\u{feff}I,i,0.19,0.32\r\nwas,,,\r\n\"well, \"\"so\"\"\",well,0.5,0.9\r\n\r\n,<unk>,1,1.5\r\n").unwrap();
    let texts: Vec<&str> = story.words().iter().map(|w| w.text.as_str()).collect();
    assert_eq!(texts, ["I", "was", "well, \"so\"", ""]);
    assert_eq!(story.words()[0].offset, Some(0.32));
    assert_eq!(story.words()[1].onset, None);
    assert_eq!(story.timing(), Timing::Measured);
}

#[test]
fn trouble_in_an_align_file_is_named_with_its_line() {
    let first = "a,a,1.0,1.2\n";
    for (line, what) in [
        ("b,b,0.9,1.3\n", "earlier"),
        ("b,b,NaN,1.3\n", "finite"),
        ("b,b,inf,inf\n", "finite"),
        ("b,b,1.5,1.3\n", "before it begins"),
        ("b,b,1.5\n", "3 columns"),
        ("b,b,1.5,1.6,x\n", "5 columns"),
        ("b,c,b,1.5,1.6\n", "5 columns"),
        ("b,b,onset,1.6\n", "not a number"),
        ("b,b,1.5,\n", "no offset"),
        ("b,b,,1.5\n", "no onset"),
        ("\"b,b,1.5,1.6\n", "not closed"),
        ("\"b\"b,b,1.5,1.6\n", "closing quote"),
    ] {
        let error = align(&format!("{first}{line}")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        assert!(error.problem().contains("line 2") && error.problem().contains(what), "{line:?}: {error}");
    }
    assert!(align("").unwrap_err().problem().contains("no row"));
    assert!(align("\n\n").unwrap_err().problem().contains("no row"));
    assert_eq!(Stimulus::from_align("/no/such/align.csv").unwrap_err().kind(), ErrorKind::File);
}

#[test]
fn bytes_that_are_not_utf8_are_named_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("align.csv");
    std::fs::write(&file, b"a,a,1,2\nb\xff,b,2,3\n").unwrap();
    assert!(Stimulus::from_align(&file).unwrap_err().problem().contains("line 2"));
}

#[test]
fn an_align_file_that_was_written_reads_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pieman").join("align.csv");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    let mut words = said("Well, \"so\" — he said; it's 3,000 miles.").words().to_vec();
    words.push(Word { text: "two\nlines".into(), run: 0, onset: None, offset: None });
    let story = Stimulus::new("pieman", words, Timing::Measured).unwrap();
    story.to_align(&file).unwrap();
    assert_eq!(Stimulus::from_align(&file).unwrap(), story);
    assert!(Stimulus::from_align(&file).unwrap().with_timing(Timing::Made).to_string().contains("made onsets"));
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn several_runs_do_not_go_into_one_align_file() {
    let folder = tempfile::tempdir().unwrap();
    let two = Stimulus::join(&[said("a"), said("b")]).unwrap();
    assert!(two.to_align(folder.path().join("x.csv")).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn joined_stimuli_are_consecutive_runs_with_their_own_times() {
    let (one, two) = (said("One two. Three four."), said("Five."));
    let joined = Stimulus::join(&[one.in_runs(2, 3.0).unwrap(), two.starting_at(7.0)]).unwrap();
    assert_eq!(joined.runs(), 3);
    assert_eq!(joined.words()[4].onset, Some(7.0));
    assert_eq!(joined.run(2).unwrap().words()[0].text, "Five.");
    assert!(Stimulus::join(&[]).is_err() && joined.run(3).is_err() && joined.duration(3).is_err());
}

#[test]
fn runs_are_cut_at_sentence_ends_and_are_about_equally_long() {
    let story = Stimulus::example().unwrap();
    let cut = story.in_runs(4, 6.0).unwrap();
    assert_eq!(cut.runs(), 4);
    let texts = |s: &Stimulus| s.words().iter().map(|w| w.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&cut), texts(&story));
    let quarter = story.duration(0).unwrap() / 4.0;
    for run in 0..4 {
        let words = cut.run(run).unwrap();
        assert_eq!(words.words()[0].onset, Some(6.0));
        let last = &words.words()[words.words().len() - 1].text;
        assert!(last.trim_end_matches(['"', '\'']).ends_with(['.', '!', '?']), "run {run} ends with {last}");
        assert!((cut.duration(run).unwrap() - 6.0 - quarter).abs() < 15.0, "{cut}");
    }
}

#[test]
fn each_of_as_many_runs_as_sentences_has_one_sentence() {
    // Long and short sentences: the nearest cuts alone would fall together.
    let story = said("A. A very long sentence that goes on and on and on for a while, as some do. B. C. D.");
    let cut = story.in_runs(5, 0.0).unwrap();
    assert_eq!(cut.run(0).unwrap().words().len(), 1);
    assert_eq!(cut.run(4).unwrap().words()[0].text, "D.");
    let error = story.in_runs(6, 0.0).unwrap_err();
    assert!(error.problem().contains("4 places") && error.problem().contains("need 5"), "{error}");
    assert!(story.in_runs(0, 0.0).is_err() && story.in_runs(2, f64::NAN).is_err());
}

#[test]
fn words_out_of_order_are_refused_with_their_number() {
    let backwards = Stimulus::new("s", vec![word("a", 0, 2.0), word("b", 0, 1.0)], Timing::Measured);
    assert!(backwards.unwrap_err().problem().contains("word 1"));
    for runs in [[1, 1], [0, 2]] {
        let words = vec![word("a", runs[0], 1.0), word("b", runs[1], 2.0)];
        assert!(Stimulus::new("s", words, Timing::Measured).is_err(), "{runs:?}");
    }
}

// ---- model

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

/// The tiny checkpoint with its tensors changed, in a folder of its own.
fn changed(change: impl Fn(&str, &mut Vec<f32>, &mut Vec<usize>) -> Option<String>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json"] {
        std::fs::copy(path("bert/tiny").join(file), folder.path().join(file)).unwrap();
    }
    let bytes = std::fs::read(path("bert/tiny/model.safetensors")).unwrap();
    let mut kept: HashMap<String, (Vec<usize>, Vec<u8>)> = HashMap::new();
    for (name, view) in safetensors::SafeTensors::deserialize(&bytes).unwrap().tensors() {
        let mut values: Vec<f32> =
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let mut shape = view.shape().to_vec();
        if let Some(name) = change(&name, &mut values, &mut shape) {
            kept.insert(name, (shape, values.iter().flat_map(|v| v.to_le_bytes()).collect()));
        }
    }
    let views = kept.iter().map(|(name, (shape, bytes))| {
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let written = safetensors::serialize(views, None).unwrap();
    std::fs::write(folder.path().join("model.safetensors"), written).unwrap();
    folder
}

fn load(folder: &Path) -> neurocell::Result<Model> {
    Model::load(folder.to_str().unwrap())
}

#[test]
fn a_checkpoint_with_a_head_and_old_names_is_read_as_the_same_model() {
    let old = changed(|name, _, _| {
        let name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        Some(format!("bert.{name}"))
    });
    let story = said("The old boat.");
    let ours = load(old.path()).unwrap().activations(&story, Site::FfnOut).unwrap();
    assert_eq!(ours.values(), tiny().activations(&story, Site::FfnOut).unwrap().values());
}

#[test]
fn weights_that_are_missing_misshapen_or_not_finite_are_named() {
    let target = "encoder.layer.1.output.dense.bias";
    let missing = changed(|name, _, _| (name != target).then(|| name.to_owned()));
    let misshapen = changed(|name, values, shape| {
        if name == target {
            values.pop();
            *shape = vec![values.len()];
        }
        Some(name.to_owned())
    });
    let infinite = changed(|name, values, _| {
        if name == target {
            values[3] = f32::NAN;
        }
        Some(name.to_owned())
    });
    for (folder, what) in [(missing, "missing"), (misshapen, "[31]"), (infinite, "NaN")] {
        let error = load(folder.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.problem().contains(target) && error.problem().contains(what), "{error}");
    }
}

#[test]
fn a_configuration_that_is_not_computed_is_refused_by_its_field() {
    let config = std::fs::read_to_string(path("bert/tiny/config.json")).unwrap();
    for (field, from, to) in [
        ("hidden_act", "\"gelu\"", "\"silu\""),
        ("model_type", "\"bert\"", "\"roberta\""),
        ("is_decoder", "\"is_decoder\": false", "\"is_decoder\": true"),
        ("num_attention_heads", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5"),
        ("position_embedding_type", "{", "{ \"position_embedding_type\": \"relative_key\","),
    ] {
        let folder = changed(|name, _, _| Some(name.to_owned()));
        std::fs::write(folder.path().join("config.json"), config.replacen(from, to, 1)).unwrap();
        let error = load(folder.path()).unwrap_err();
        assert!(error.problem().contains(field), "{field}: {error}");
    }
}

#[test]
fn broken_and_missing_files_are_errors_that_name_them() {
    for (file, content) in
        [("model.safetensors", "junk"), ("model.safetensors", ""), ("config.json", "[]"), ("tokenizer.json", "{}")]
    {
        let folder = changed(|name, _, _| Some(name.to_owned()));
        std::fs::write(folder.path().join(file), content).unwrap();
        let error = load(folder.path()).unwrap_err();
        assert!(error.problem().contains(file), "{error}");
        std::fs::remove_file(folder.path().join(file)).unwrap();
        assert_eq!(load(folder.path()).unwrap_err().kind(), ErrorKind::File);
    }
}

#[test]
fn an_unknown_model_is_told_the_nearest_name_and_the_accepted_forms() {
    for name in ["minilm-l7", "", "no such", "a/b/c", "/no/such/folder"] {
        let error = Model::load(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unknown);
        assert!(error.advice().contains("minilm-l6") && error.advice().contains("hub id"), "{error}");
    }
    assert_eq!(neurocell::model::fetch("bert").unwrap_err().kind(), ErrorKind::Unknown);
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
    assert_eq!(both.values().slice(s![..3, ..]), alone.values());
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

// ---- courses

#[test]
fn the_responses_are_those_of_nilearn() {
    for (hrf, name) in [(Hrf::Spm, "spm"), (Hrf::Glover, "glover")] {
        for tr in [1.5, 0.72] {
            let ours = hrf.kernel(tr, 16);
            let theirs: Array1<f32> = array(&format!("hrf/{name}_tr{tr}"));
            assert_eq!(ours.len(), theirs.len());
            let off = ours.iter().zip(&theirs).fold(0.0_f64, |m, (a, b)| m.max((a - f64::from(*b)).abs()));
            assert!(off < 1e-7, "{name} at TR {tr}: {off}");
        }
    }
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
    let series = acts.to_series_with(&Clock::new(1.5, &[4]).unwrap(), Hrf::None).unwrap();
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
