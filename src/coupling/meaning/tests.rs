//! Kinds of words against numpy and scipy, chance on made values that remember, and what was planted.

use super::*;
use crate::activation::Activations;
use crate::coupling::NeuronLists;
use crate::model::{Neuron, NeuronAxis, Site};
use crate::stimulus::{Stimulus, Timing, Word, WordClass};
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The first words of the shipped story, in runs of these lengths.
fn story(runs: &[usize]) -> Stimulus {
    let text = include_str!("../../../assets/stories/the_lamp_at_saint_orren.txt");
    let run_of = runs.iter().enumerate().flat_map(|(run, length)| std::iter::repeat_n(run, *length));
    let words = text.split_whitespace().zip(run_of);
    let words = words.map(|(text, run)| Word { text: text.to_owned(), run, onset: None, offset: None });
    Stimulus::new("the lamp", words.collect(), Timing::Made).unwrap()
}

fn made(runs: &[usize], values: Array2<f32>) -> Activations {
    let neurons = NeuronAxis::new("made", Site::FfnOut, 2, values.ncols() / 2);
    Activations::made(story(runs), neurons, values, &[])
}

/// AR(1) noise over words, run by run.
fn noise(runs: &[usize], columns: usize, phi: f32, seed: u64) -> Array2<f32> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let total: usize = runs.iter().sum();
    let mut data = Array2::from_shape_simple_fn((total, columns), || random.sample::<f32, _>(StandardNormal));
    let innovation = (1.0 - phi * phi).sqrt();
    let mut start = 0;
    for length in runs {
        for t in start + 1..start + length {
            for column in 0..columns {
                data[[t, column]] = phi * data[[t - 1, column]] + innovation * data[[t, column]];
            }
        }
        start += length;
    }
    data
}

fn reference<T: ndarray_npy::ReadableElement>(name: &str) -> Array2<T> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/coupling/");
    ndarray_npy::read_npy(format!("{path}{name}.npy")).unwrap()
}

#[test]
fn r_differences_and_p_are_those_of_scipy_and_of_random_phases() {
    // Kinds are read from the tables by Python anew; p by 200,000 random phases for each pair.
    let classes = word_classes(&made(&[420, 381], reference("kinds_values"))).unwrap();
    let (r, difference) = (reference::<f64>("kinds_r"), reference::<f64>("kinds_difference"));
    assert_eq!(classes.r().dim(), r.dim());
    let worst =
        |a: &Array2<f32>, b: &Array2<f64>| a.iter().zip(b).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
    assert!(worst(classes.r(), &r) < 1e-5, "r differs by {}", worst(classes.r(), &r));
    assert!(worst(classes.difference(), &difference) < 1e-5);
    for ((found, expected), q) in classes.p().iter().zip(&reference::<f64>("kinds_p")).zip(classes.q()) {
        let error = 4.0 * (expected * (1.0 - expected) / 200_000.0).sqrt() + 2e-3 * expected + 1e-5;
        assert!((found - expected).abs() < error, "p is {found}, by random phases {expected}");
        assert!(*q >= found * (1.0 - 1e-12));
    }
    let counts: Vec<usize> = classes.of(Neuron::new(0, 0)).unwrap().iter().map(|one| one.words).collect();
    let mut expected: Vec<usize> = reference::<f64>("kinds_counts").iter().map(|v| *v as usize).collect();
    let mut sorted = counts.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
}

#[test]
fn p_of_values_that_know_nothing_of_words_is_uniform() {
    let runs = [800, 800];
    for (phi, what) in [(0.0, "white"), (0.6, "slow"), (0.95, "very slow")] {
        let classes = word_classes(&made(&runs, noise(&runs, 600, phi, 11))).unwrap();
        let p: Vec<f64> = classes.p().iter().copied().collect();
        for level in [0.001, 0.01, 0.05, 0.2, 0.5] {
            let share = p.iter().filter(|p| **p <= level).count() as f64 / p.len() as f64;
            // The kinds of one neuron are not independent: five that are.
            let sd = (level * (1.0 - level) / (5.0 * 600.0)).sqrt();
            println!("{what}: {share:.4} of p are at most {level}");
            assert!(
                (share - level).abs() < 4.0 * sd + 0.03 * level,
                "{what}: {share:.4} of p are at most {level} (sd {sd:.4})"
            );
        }
        assert!(classes.q().iter().filter(|q| **q < 0.05).count() <= 2, "{what}");
    }
}

/// A neuron for verbs (L0.1), one for common words (L1.3), and one that is low at nouns (L0.2), all with noise that remembers.
fn planted() -> Activations {
    let runs = [800, 700];
    let mut values = noise(&runs, 12, 0.7, 5);
    for (n, word) in story(&runs).words().iter().enumerate() {
        let [class, frequency] = WordKind::of(&word.text);
        values[[n, 1]] += if class == WordKind::Class(WordClass::Verb) { 1.5 } else { 0.0 };
        values[[n, 2]] -= if class == WordKind::Class(WordClass::Noun) { 1.5 } else { 0.0 };
        values[[n, 9]] += if frequency == WordKind::Zipf(6) { 1.5 } else { 0.0 };
    }
    made(&runs, values)
}

#[test]
fn planted_kinds_are_found_and_others_are_not() {
    let acts = planted();
    let classes = word_classes(&acts).unwrap();
    let verb = &classes.of(Neuron::new(0, 1)).unwrap()[0];
    assert!(verb.kind == WordKind::Class(WordClass::Verb) && verb.q < 1e-6 && verb.difference > 0.5, "{verb}");
    let noun = &classes.of(Neuron::new(0, 2)).unwrap()[0];
    assert!(noun.kind == WordKind::Class(WordClass::Noun) && noun.q < 1e-6 && noun.difference < -0.5, "{noun}");
    assert_eq!(classes.strongest(WordKind::Zipf(6), 1).unwrap()[0].0, Neuron::new(1, 3));
    let others = [0, 3, 4, 5, 6, 7, 8, 10, 11].iter().filter(|row| classes.q().row(**row).iter().any(|q| *q < 0.05));
    assert!(others.count() <= 1, "{classes}");
    assert_eq!(classes.by_layer().dim(), (2, classes.kinds().len()));
    assert!(classes.to_string().contains("verb"), "{classes}");
    assert!(classes.r_of(WordKind::Rare).unwrap().len() == 12);
}

#[test]
fn networks_pool_their_neurons_with_their_signs_and_list_words_and_places() {
    let acts = planted();
    let lists =
        [("verbs", vec![Neuron::new(0, 1)]), ("both", vec![Neuron::new(0, 1), Neuron::new(0, 2)]), ("none", vec![])];
    let meaning = meaning(&acts, &NeuronLists::new(acts.neurons(), &lists).unwrap()).unwrap();
    let verbs = meaning.of("verbs").unwrap();
    assert_eq!(verbs.enriched()[0].kind, WordKind::Class(WordClass::Verb));
    assert!(verbs.depleted().iter().any(|kind| kind.kind == WordKind::Class(WordClass::Noun)), "{verbs}");
    let listed: Vec<bool> = verbs
        .words
        .iter()
        .take(10)
        .map(|word| WordKind::of(&word.word)[0] == WordKind::Class(WordClass::Verb))
        .collect();
    assert!(
        listed.iter().filter(|verb| **verb).count() >= 8 && verbs.words.iter().all(|word| word.count >= 3),
        "{verbs}"
    );
    assert!(verbs.words.windows(2).all(|pair| pair[0].mean >= pair[1].mean));
    // The place of greatest value is the word of greatest value, z-scored over all words.
    let values = acts.neuron(Neuron::new(0, 1)).unwrap();
    let top = &acts.top_words(Neuron::new(0, 1), 1).unwrap()[0];
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt();
    assert_eq!((verbs.contexts[0].index, &verbs.contexts[0].context), (top.index, &top.context));
    assert!((verbs.contexts[0].value - (top.value - mean) / sd).abs() < 1e-4);
    let none = meaning.of("none").unwrap();
    assert!(
        none.members == 0 && none.words.is_empty() && none.kinds.is_empty() && none.to_string().contains("no neuron")
    );
    assert!(meaning.to_string().contains("1 network has no neuron"), "{meaning}");
    assert_eq!(meaning.q().row(2).iter().filter(|q| **q == 1.0).count(), meaning.kinds().len());
    // q is over the two networks with neurons.
    let all: Vec<f64> = meaning.networks()[..2].iter().flat_map(|one| one.kinds.iter().map(|kind| kind.p)).collect();
    let least = all.iter().copied().fold(1.0, f64::min);
    let first = meaning.networks()[..2].iter().flat_map(|one| &one.kinds).find(|kind| kind.p == least).unwrap();
    assert!((first.q / (least * all.len() as f64) - 1.0).abs() < 1e-9 || first.q < least * all.len() as f64);
}

#[test]
fn a_neuron_that_falls_with_its_network_is_turned() {
    let acts = planted();
    struct Turned(NeuronLists);
    impl crate::provenance::Traced for Turned {
        fn provenance(&self) -> crate::provenance::Provenance {
            self.0.provenance()
        }
    }
    impl crate::coupling::NetworkMembers for Turned {
        fn axis(&self) -> &NeuronAxis {
            self.0.axis()
        }
        fn network_names(&self) -> Vec<String> {
            self.0.network_names()
        }
        fn members(&self, most: Option<usize>) -> crate::error::Result<Vec<crate::coupling::Members>> {
            let mut lists = self.0.members(most)?;
            lists[0].signs[0] = -1.0;
            Ok(lists)
        }
        fn what(&self) -> String {
            "turned".to_owned()
        }
    }
    let list = NeuronLists::new(acts.neurons(), &[("nouns", vec![Neuron::new(0, 2)])]).unwrap();
    let turned = meaning(&acts, &Turned(list)).unwrap();
    assert_eq!(turned.networks()[0].enriched()[0].kind, WordKind::Class(WordClass::Noun));
}

#[test]
fn tables_are_written_and_bad_input_is_named() {
    let acts = planted();
    let folder = tempfile::tempdir().unwrap();
    let list = NeuronLists::new(acts.neurons(), &[("a, b", vec![Neuron::new(0, 1)])]).unwrap();
    let found = meaning(&acts, &list).unwrap();
    found.to_csv(folder.path().join("kinds.csv")).unwrap();
    found.words_to_csv(folder.path().join("words.csv")).unwrap();
    word_classes(&acts).unwrap().to_csv(folder.path().join("neurons.csv")).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("kinds.csv").lines().count(), 1 + found.kinds().len());
    assert!(read("words.csv").contains("\"a, b\",1,"));
    assert_eq!(read("neurons.csv").lines().count(), 1 + 12 * found.kinds().len());

    let other = NeuronAxis::new("another model", Site::FfnOut, 2, 6);
    let error = meaning(&acts, &NeuronLists::new(&other, &[("a", vec![])]).unwrap()).unwrap_err();
    assert!(error.problem().contains("another model") && error.problem().contains("made"), "{error}");
    assert!(meaning_of(&acts, &[]).unwrap_err().problem().contains("0 neurons"));
    assert!(meaning_of(&acts, &[Neuron::new(5, 0)]).is_err());
    let error = meaning_with(&acts, &list, &MeaningOptions::default().level(1.5)).unwrap_err();
    assert!(error.problem().contains("1.5"), "{error}");
    assert!(meaning_with(&acts, &list, &MeaningOptions::default().members(0)).is_err());
    assert!(found.of("a").is_err());
    let short = made(&[20, 25], noise(&[20, 25], 4, 0.5, 1));
    assert!(word_classes(&short).unwrap_err().problem().contains("longest run has 25 words"));
    let few = word_classes(&made(&[60], noise(&[60], 4, 0.5, 1))).unwrap();
    assert!(few.about().contains("not tested, for want of words"), "{few}");
    assert!(few.strongest(WordKind::NoClass, 1).unwrap_err().problem().contains("no class"));
    assert!(
        NeuronLists::new(&other, &[("a", vec![]), ("a", vec![])]).is_err() && NeuronLists::new(&other, &[]).is_err()
    );
}

#[test]
fn words_without_a_token_are_left_out_and_a_constant_neuron_is_chance() {
    let runs = [300];
    let mut values = noise(&runs, 4, 0.5, 3);
    values.row_mut(7).fill(1e6);
    values.column_mut(2).fill(4.0);
    let neurons = NeuronAxis::new("made", Site::FfnOut, 2, 2);
    let with = Activations::made(story(&runs), neurons.clone(), values.clone(), &[7]);
    let classes = word_classes(&with).unwrap();
    assert!(
        classes.about().contains("299 words") && classes.about().contains("1 without a token"),
        "{}",
        classes.about()
    );
    assert!(classes.p().row(2).iter().all(|p| *p == 1.0) && classes.r().row(2).iter().all(|r| *r == 0.0));
    let found = meaning_of(&with, &[Neuron::new(0, 0), Neuron::new(1, 0)]).unwrap();
    assert!(found.contexts.iter().all(|top| top.index != 7 && top.value.is_finite()));
}

#[test]
fn p_of_a_real_models_values_at_the_wrong_words_is_uniform() {
    let text = crate::stimulus::Stimulus::example().unwrap().in_runs(2, 6.0).unwrap();
    let acts = crate::model::Model::load("minilm-l6").unwrap().activations(&text, Site::FfnOut).unwrap();
    let lengths: Vec<usize> = (0..2).map(|run| text.words().iter().filter(|word| word.run == run).count()).collect();
    let (mut all, mut below) = (0, [0; 4]);
    let levels = [0.001, 0.01, 0.05, 0.2];
    for turn in 0..12 {
        // Each run's values go backwards, and begin at another word.
        let mut values = Array2::zeros(acts.values().dim());
        let mut start = 0;
        for length in &lengths {
            for n in 0..*length {
                let from = start + (2 * length - 1 - n + turn * length / 12) % length;
                values.row_mut(start + n).assign(&acts.values().row(from));
            }
            start += length;
        }
        // One neuron in eight: they are alike.
        let some: Vec<usize> = (0..values.ncols()).step_by(8).collect();
        let values = values.select(ndarray::Axis(1), &some);
        let neurons = NeuronAxis::new("turned", Site::FfnOut, 6, values.ncols() / 6);
        let classes = word_classes(&Activations::made(text.clone(), neurons, values, &[])).unwrap();
        all += classes.p().len();
        for (below, level) in below.iter_mut().zip(levels) {
            *below += classes.p().iter().filter(|p| **p <= level).count();
        }
    }
    for (below, level) in below.into_iter().zip(levels) {
        let share = below as f64 / all as f64;
        println!("MiniLM at the wrong words: {share:.5} of {all} p are at most {level}");
        assert!(share < 1.35 * level + 0.001 && share > 0.6 * level - 0.001, "{share} of p are at most {level}");
    }
}
