//! What is computed inside BERT and Llama, against transformers: small checkpoints of each published form, MiniLM and SmolLM2.
//! The references are made by the scripts in tests/reference/checkpoints.

use super::*;
use crate::error::ErrorKind;
use crate::stimulus::{Stimulus, Timing, Word};
use ndarray::{Array, Array1, Array2, ArrayView2, Axis, Dimension, s};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The share of the largest value by which ours may be off.
const TOLERANCE: f32 = 1e-4;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/checkpoints").join(name)
}

fn stored<A: ndarray_npy::ReadableElement, D: Dimension>(name: &str) -> Array<A, D> {
    ndarray_npy::read_npy(path(&format!("{name}.npy"))).unwrap_or_else(|cause| panic!("{name}: {cause}"))
}

fn load(name: &str) -> Model {
    Model::load(path(name).to_str().unwrap()).unwrap()
}

fn told() -> Value {
    serde_json::from_slice(&std::fs::read(path("checkpoints.json")).unwrap()).unwrap()
}

fn said(words: &[&str]) -> Stimulus {
    let word = |text: &&str| Word { text: (*text).to_owned(), run: 0, onset: None, offset: None };
    Stimulus::new("said", words.iter().map(word).collect(), Timing::Measured).unwrap()
}

fn words() -> Stimulus {
    let told = told();
    let words: Vec<&str> = told["words"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
    said(&words)
}

/// Largest difference, as a share of the largest value.
fn off(ours: ArrayView2<f32>, theirs: ArrayView2<f32>) -> f32 {
    assert_eq!(ours.dim(), theirs.dim());
    let largest = theirs.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    ours.iter().zip(theirs).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs())) / largest
}

/// The tokens of the model's text, which must be those of transformers, and how many frame it in front and behind.
fn tokens(model: &Model, stimulus: &Stimulus, reference: &str) -> (Vec<u32>, usize, usize) {
    let ids: Array1<u32> = stored(&format!("{reference}/ids"));
    let (before, behind) = (&model.inner().words.before, &model.inner().words.behind);
    let ours = model.align(stimulus).unwrap().ids.remove(0);
    let framed: Vec<u32> = before.iter().chain(&ours).chain(behind).copied().collect();
    assert_eq!(framed, ids.to_vec(), "{reference}");
    (ours, before.len(), behind.len())
}

/// Each site whose reference there is, token by token, and the largest error of all.
fn check_sites(model: &Model, stimulus: &Stimulus, ids_of: &str, reference: &str) -> usize {
    let (ids, before, behind) = tokens(model, stimulus, ids_of);
    let there: Vec<Site> =
        Site::all().into_iter().filter(|site| path(&format!("{reference}/{site}.npy")).is_file()).collect();
    let read = model.read(&[&ids], &there).unwrap();
    for (site, ours) in there.iter().zip(&read) {
        let theirs: Array2<f32> = stored(&format!("{reference}/{site}"));
        let theirs = theirs.slice(s![before..theirs.nrows() - behind, ..]);
        let off = off(ours.view(), theirs);
        println!("{reference} {site}: {off:.1e}");
        assert!(off < TOLERANCE, "{reference} {site}: {off}");
    }
    there.len()
}

const FOLDERS: [&str; 11] = [
    "bert_1_head",
    "bert_masked",
    "bert_cased",
    "bert_relu",
    "llama1",
    "llama2",
    "llama2_linear",
    "llama3",
    "llama31",
    "llama32",
    "smollm2",
];

#[test]
fn every_site_of_every_published_form_has_the_values_of_transformers() {
    for name in FOLDERS {
        assert!(check_sites(&load(name), &words(), &format!("{name}.ref"), &format!("{name}.ref")) >= 4, "{name}");
    }
}

#[test]
fn gguf_files_have_the_values_of_their_dequantised_weights() {
    let files = [
        ("bert_f16", "bert_1_head"),
        ("bert_q8_0", "bert_masked"),
        ("llama2_q4_1", "llama2"),
        ("llama32_q8_0", "llama32"),
        ("llama3_mixed", "llama3"),
        ("llama3_q4_0", "llama3"),
    ];
    for (name, checkpoint) in files {
        let model = load(&format!("{name}.gguf"));
        let reference = format!("{name}.gguf.ref");
        assert_eq!(check_sites(&model, &words(), &format!("{checkpoint}.ref"), &reference), 2, "{name}");
        if model.reading().causal {
            check_losses(&model, &model.loss(&words()).unwrap(), &stored(&format!("{reference}/losses")));
        }
    }
}

#[test]
fn minilm_and_smollm2_have_the_values_of_transformers() {
    const SENTENCE: &str = "Marguerite didn't hurry: she counted 27 lanterns along the quay, and every one, she said, was lit for somebody's return.";
    let stimulus = said(&SENTENCE.split(' ').collect::<Vec<_>>());
    for (name, reference, layers) in
        [("minilm-l6", "minilm.ref", [0, 2, 5]), ("smollm2-135m", "smollm2_real.ref", [0, 14, 29])]
    {
        let model = Model::load(name).unwrap();
        let (ids, before, behind) = tokens(&model, &stimulus, reference);
        for site in Site::all() {
            if !path(&format!("{reference}/{site}.npy")).is_file() {
                continue;
            }
            let axis = model.neurons(site);
            let step = if site == Site::FfnHidden { 24 } else { 6 };
            let columns: Vec<usize> = layers
                .iter()
                .flat_map(|layer| (0..axis.units).step_by(step).map(move |unit| layer * axis.units + unit))
                .collect();
            let ours = model.read(&[&ids], &[site]).unwrap().remove(0).select(Axis(1), &columns);
            let theirs: Array2<f32> = stored(&format!("{reference}/{site}"));
            let off = off(ours.view(), theirs.slice(s![before..theirs.nrows() - behind, ..]));
            println!("{name} {site}: {off:.1e}");
            assert!(off < TOLERANCE, "{name} {site}: {off}");
        }
    }
}

#[test]
fn windows_of_one_batch_do_not_see_each_other() {
    for name in ["bert_masked", "llama31"] {
        let model = load(name);
        let ids = model.align(&words()).unwrap().ids.remove(0);
        let (one, two, three) = (&ids[..7], &ids[3..20], &ids[10..11]);
        let together = model.read(&[one, two, three], &Site::all()).unwrap();
        for (n, window) in [one, two, three].into_iter().enumerate() {
            let from = [0, 7, 24][n];
            for (site, (alone, together)) in
                Site::all().iter().zip(model.read(&[window], &Site::all()).unwrap().iter().zip(&together))
            {
                let part = together.slice(s![from..from + window.len(), ..]);
                assert!(off(alone.view(), part) < 1e-5, "{name} {site}, window {n}");
            }
        }
    }
}

/// The changes that a reference names, as interventions.
fn interventions(model: &Model, changes: &Value) -> Vec<Intervention> {
    let change = |change: &Value| {
        let site: Site = change["site"].as_str().unwrap().parse().unwrap();
        let number = |name: &str| change[name].as_u64().unwrap() as usize;
        let axis = model.neurons(site);
        let neuron = axis.neuron(number("layer") * axis.units + number("unit"));
        let value = change["value"].as_f64().unwrap() as f32;
        match change["how"].as_str().unwrap() {
            "zero" => Intervention::zero(site, &[neuron]),
            "scale" => Intervention::scale(site, &[neuron], value),
            "replace" => Intervention::replace(site, &[neuron], value),
            _ => Intervention { site, neurons: vec![neuron], operation: Operation::Values(vec![value]) },
        }
    };
    changes.as_array().unwrap().iter().map(change).collect()
}

#[test]
fn interventions_have_the_effect_of_hooks_in_transformers() {
    let told = told();
    for name in ["bert_masked", "llama3"] {
        let model = load(name);
        let ids = tokens(&model, &words(), &format!("{name}.ref"));
        for (label, changes) in told["checkpoints"][name]["changes"].as_object().unwrap() {
            let changed = model.with(&interventions(&model, changes)).unwrap();
            assert_ne!(changed.identity(), model.identity());
            let residual = changed.read(&[&ids.0], &[Site::Residual]).unwrap().remove(0);
            let theirs: Array2<f32> = stored(&format!("{name}.ref/changed_{label}_Residual"));
            let theirs = theirs.slice(s![ids.1..theirs.nrows() - ids.2, ..]);
            let off_by = off(residual.slice(s![.., -(theirs.ncols() as isize)..]), theirs);
            println!("{name}, {label}: {off_by:.1e}");
            assert!(off_by < TOLERANCE, "{name}, {label}: {off_by}");
            if path(&format!("{name}.ref/changed_{label}_losses.npy")).is_file() {
                let theirs: Array1<f32> = stored(&format!("{name}.ref/changed_{label}_losses"));
                check_losses(&changed, &changed.loss(&words()).unwrap(), &theirs);
            }
        }
    }
}

/// Losses of the text's tokens; transformers' begin with that of the second token it gets.
fn check_losses(model: &Model, ours: &Loss, theirs: &Array1<f32>) {
    let ours: Vec<f32> = ours.tokens().iter().map(|t| t.nats).collect();
    assert_eq!(ours.len(), theirs.len(), "{model}");
    for (n, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert!((ours - theirs).abs() < 1e-4 * theirs.abs().max(1.0), "{model}, token {n}: {ours}, {theirs}");
    }
}

#[test]
fn losses_and_logits_are_those_of_transformers() {
    for name in FOLDERS.into_iter().filter(|name| name.starts_with("llama")) {
        let model = load(name);
        check_losses(&model, &model.loss(&words()).unwrap(), &stored(&format!("{name}.ref/losses")));
        let logits = model.logits(&words().text(0)).unwrap();
        let ours = logits.values().slice(s![-8.., ..]);
        let off = off(ours, stored::<f32, ndarray::Ix2>(&format!("{name}.ref/logits")).view());
        assert!(off < TOLERANCE, "{name}: {off}");
    }
    let model = load("bert_masked");
    let ours = model.loss_masking(&words(), Masking::Alone).unwrap();
    check_losses(&model, &ours, &stored("bert_masked.ref/losses"));
    assert!(ours.to_string().contains("masked-token"), "{ours}");
}

#[test]
fn a_model_without_a_head_says_what_to_load() {
    let error = load("bert_relu").loss(&words()).unwrap_err();
    assert!(error.kind() == ErrorKind::Value && error.advice().contains("BertForMaskedLM"), "{error}");
}

#[test]
fn a_mean_intervention_has_the_mean_over_the_tokens_of_the_text() {
    let model = load("llama3");
    let neurons = [Neuron::new(0, 4), Neuron::new(1, 9)];
    let made = Intervention::mean(&model, &words(), Site::FfnOut, &neurons).unwrap();
    let Operation::Values(means) = &made.operation else { panic!("{made}") };
    let theirs: Array2<f32> = stored("llama3.ref/FfnOut");
    for (neuron, mean) in neurons.iter().zip(means) {
        let column = model.neurons(Site::FfnOut).column(*neuron).unwrap();
        // The text's tokens, without the one that begins it.
        let expected = theirs.slice(s![1.., column]).mean().unwrap();
        assert!((mean - expected).abs() < 1e-4 * expected.abs().max(1.0), "{neuron}: {mean}, {expected}");
    }
}

#[test]
fn a_random_twin_has_the_sizes_and_other_values_and_its_seed_decides() {
    for name in ["bert_masked", "llama32"] {
        let model = load(name);
        let twin = |seed| Model::random_like(&model, seed).unwrap();
        let ids = model.align(&words()).unwrap().ids.remove(0);
        let read = |model: &Model| model.read(&[&ids], &[Site::FfnOut]).unwrap().remove(0);
        assert_eq!(read(&twin(1)), read(&twin(1)));
        assert_ne!(read(&twin(1)), read(&twin(2)));
        assert_ne!(read(&twin(1)), read(&model));
        assert!(read(&twin(1)).iter().all(|v| v.is_finite()) && read(&twin(1)).iter().any(|v| *v != 0.0));
        assert_ne!(twin(1).identity(), twin(2).identity());
    }
}

#[test]
fn interventions_that_cannot_be_made_are_refused() {
    let model = load("llama32");
    for (intervention, what) in [
        (Intervention::zero(Site::FfnOut, &[Neuron::new(0, 32)]), "L0.32"),
        (Intervention::zero(Site::AttnQ, &[Neuron::new(0, 0)]), "L0.0"),
        (Intervention::scale(Site::FfnOut, &[Neuron::new(0, 0)], f32::NAN), "NaN"),
        (Intervention::replace(Site::AttnQk, &[Neuron::in_head(0, 0, 0)], 1.0), "product"),
    ] {
        let error = model.with(&[intervention]).unwrap_err();
        assert!(error.problem().contains(what), "{error}");
    }
}

#[test]
fn zeroing_a_product_takes_its_dimension_out_of_the_attention_of_bert() {
    // Without rotation, scores lose exactly the term of that dimension, as they do when the key's dimension is zeroed.
    let model = load("bert_masked");
    let unit = [Neuron::in_head(1, 2, 3)];
    let ids = model.align(&words()).unwrap().ids.remove(0);
    let read = |site| {
        let changed = model.with(&[Intervention::zero(site, &unit)]).unwrap();
        changed.read(&[&ids], &[Site::AttnZ]).unwrap().remove(0)
    };
    assert!(off(read(Site::AttnQk).view(), read(Site::AttnK).view()) < 1e-5);
}
