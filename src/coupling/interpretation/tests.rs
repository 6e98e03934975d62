//! A network's place, words and layers in one row, and what cannot be said.

use super::*;
use crate::brain::{Affine, Mask};
use crate::coupling::NeuronLists;
use crate::model::{Neuron, NeuronAxis, Site};
use crate::stimulus::{Stimulus, Timing, Word, WordClass, word_class};
use ndarray::Array2;

/// 2 layers of 2 heads of 6 units; those of L1.H0 are high at verbs.
fn acts() -> Activations {
    let text = include_str!("../../../assets/stories/the_lamp_at_saint_orren.txt");
    let words = text.split_whitespace().take(900);
    let words: Vec<Word> =
        words.map(|text| Word { text: text.to_owned(), run: 0, onset: None, offset: None }).collect();
    let values = Array2::from_shape_fn((words.len(), 24), |(n, unit)| {
        let verb = (12..18).contains(&unit) && word_class(&words[n].text) == Some(WordClass::Verb);
        ((n * (unit + 3) * 7919) as f32 * 0.618).sin() + if verb { 2.0 } else { 0.0 }
    });
    let neurons = NeuronAxis::new("made", Site::AttnZ, 2, 12).with_heads(2);
    Activations::made(Stimulus::new("the lamp", words, Timing::Made).unwrap(), neurons, values, &[])
}

fn lists(acts: &Activations) -> NeuronLists {
    let verbs = (0..6).map(|unit| Neuron::in_head(1, 0, unit)).collect();
    let spread =
        vec![Neuron::in_head(0, 0, 1), Neuron::in_head(0, 1, 2), Neuron::in_head(1, 0, 0), Neuron::in_head(1, 1, 3)];
    NeuronLists::new(acts.neurons(), &[("Visual", verbs), ("Default", spread), ("Limbic", vec![])]).unwrap()
}

#[test]
fn a_row_says_where_a_network_lies_what_it_reads_and_in_which_layers() {
    let (acts, yeo) = (acts(), Networks::yeo7().unwrap());
    let parcels = Networks::schaefer(100, 7).unwrap();
    let table = interpret(&lists(&acts), &acts, &yeo, &parcels).unwrap();
    let visual = table.of("Visual").unwrap();
    assert!(visual.regions[0].region.contains("Vis") && visual.regions.len() == 5, "{visual}");
    assert!(visual.outside < 0.4 && visual.regions[0].of_region > 0.5, "{visual}");
    let template = visual.template.as_ref().unwrap();
    assert_eq!((template.region.as_str(), template.dice), ("Visual", 1.0));
    assert_eq!(visual.meaning.enriched()[0].kind, crate::coupling::WordKind::Class(WordClass::Verb));
    // Six of six in one of four heads of six: 1 / C(24, 6).
    let head = visual.heads.iter().find(|place| place.head == Some(0) && place.layer == 1).unwrap();
    assert!((head.p - 1.0 / 134_596.0).abs() < 1e-10 && head.q == (head.p * 8.0).min(head.q), "{head:?}");
    assert_eq!((visual.layers[1].count, visual.layers[1].expected), (6, 3.0));
    let limbic = table.of("Limbic").unwrap();
    assert!(limbic.members == 0 && limbic.layers.is_empty() && limbic.layers_p.is_none() && !limbic.regions.is_empty());
    let said = table.to_string();
    for part in ["no neuron: no words, no layers", "L1.H0 (6 of 1.5)", "verb +", "most like Visual (Dice 1.00)"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert!(table.layers_figure().unwrap().svg().unwrap().contains("Visual"));
    let folder = tempfile::tempdir().unwrap();
    table.to_csv(folder.path().join("table.csv")).unwrap();
    let written = std::fs::read_to_string(folder.path().join("table.csv")).unwrap();
    assert_eq!(written.lines().count(), 4);
    assert!(written.lines().nth(1).unwrap().starts_with("Visual,6,Visual,1.000000,"), "{written}");
}

#[test]
fn a_network_without_a_map_and_an_atlas_of_another_space_are_named() {
    let (acts, yeo) = (acts(), Networks::yeo7().unwrap());
    let unknown = NeuronLists::new(acts.neurons(), &[("Vizual", vec![])]).unwrap();
    let error = interpret(&unknown, &acts, &yeo, &yeo).unwrap_err();
    assert!(error.problem().contains("`Vizual`") && error.advice().contains("`Visual`"), "{error}");
    let affine = Affine([[1.0, 0.0, 0.0, 900.0], [0.0, 1.0, 0.0, 900.0], [0.0, 0.0, 1.0, 900.0]]);
    let elsewhere = Mask { shape: [2, 2, 2], affine, voxels: (0..8).collect(), origin: Default::default() };
    let away = Networks::new(Array2::ones((1, 8)), &elsewhere, &["away".to_owned()], "elsewhere").unwrap();
    let error = interpret(&lists(&acts), &acts, &yeo, &away).unwrap_err();
    assert!(error.problem().contains("elsewhere") && error.advice().contains("MNI"), "{error}");
    let empty = NeuronLists::new(acts.neurons(), &[("Visual", vec![])]).unwrap();
    let none = interpret(&empty, &acts, &yeo, &yeo).unwrap();
    assert!(none.layers_figure().is_err() && none.to_string().contains("no neuron"));
}
