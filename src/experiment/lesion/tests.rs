//! Losses under a lesion beside torch, and lesions of nothing.

use super::*;
use crate::activation::NeuronSeries;
use crate::brain::NetworkSeries;
use crate::clock::Clock;
use crate::coupling::{Members, NetworkMembers};
use crate::model::{Masking, NeuronAxis, Site};
use crate::stimulus::{Stimulus, Timing, Word};
use ndarray::Array1;
use serde_json::Value;

fn folder(name: &str) -> String {
    format!("{}/tests/reference/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn losses(name: &str) -> Vec<f64> {
    let all: Array1<f32> = ndarray_npy::read_npy(folder(&format!("experiment/lesion_{name}.npy"))).unwrap();
    all.iter().map(|v| f64::from(*v)).collect()
}

/// The words of the small checkpoints, one a second.
fn words() -> Stimulus {
    let told: Value = serde_json::from_slice(&std::fs::read(folder("checkpoints/checkpoints.json")).unwrap()).unwrap();
    let words = told["words"].as_array().unwrap().iter().enumerate().map(|(n, word)| Word {
        text: word.as_str().unwrap().to_owned(),
        run: 0,
        onset: Some(n as f64),
        offset: Some(n as f64 + 0.5),
    });
    Stimulus::new("said", words.collect(), Timing::Made).unwrap()
}

/// One group that is given.
struct Given {
    series: NeuronSeries,
    members: Vec<Neuron>,
}

impl Traced for Given {
    fn provenance(&self) -> Provenance {
        self.series.provenance()
    }
}

impl NetworkMembers for Given {
    fn axis(&self) -> &NeuronAxis {
        self.series.neurons()
    }

    fn network_names(&self) -> Vec<String> {
        vec!["one".to_owned()]
    }

    fn members(&self, _: Option<usize>) -> Result<Vec<Members>> {
        let (neurons, signs) = (self.members.clone(), vec![1.0; self.members.len()]);
        Ok(vec![Members { network: "one".to_owned(), neurons, signs }])
    }

    fn what(&self) -> String {
        self.kind().to_owned()
    }
}

impl NeuronGroups for Given {
    fn kind(&self) -> &'static str {
        "given group"
    }

    fn group(&self, _: &str, _: Option<usize>) -> Result<Vec<Neuron>> {
        Ok(self.members.clone())
    }

    fn rule(&self, _: Option<usize>) -> String {
        "as given".to_owned()
    }

    fn courses(&self) -> Vec<(NeuronSeries, Option<NetworkSeries>)> {
        vec![(self.series.clone(), None)]
    }
}

fn given(model: &Model, members: Vec<Neuron>) -> Given {
    let acts =
        model.activations_with(&words(), &[Site::FfnOut], &crate::activation::ReadOptions::default().without_store());
    let series = acts.unwrap().remove(0).to_series(&Clock::new(1.0, &[30]).unwrap()).unwrap();
    Given { series, members }
}

#[test]
fn the_loss_without_units_is_that_of_a_hook_in_torch() {
    let told: Value = serde_json::from_slice(&std::fs::read(folder("experiment/lesion.json")).unwrap()).unwrap();
    for name in ["llama3", "bert_masked"] {
        let model = Model::load(&folder(&format!("checkpoints/{name}"))).unwrap();
        let number = |unit: &Value, n: usize| unit[n].as_u64().unwrap() as usize;
        let units = told[name].as_array().unwrap().iter();
        let members: Vec<Neuron> = units.map(|unit| Neuron::new(number(unit, 0), number(unit, 1))).collect();
        let options = LesionOptions::default().random(19).masking(Masking::Alone);
        let found = lesion_with(&model, &given(&model, members.clone()), "one", &options).unwrap();
        let mean = |name: &str| losses(name).iter().sum::<f64>() / losses(name).len() as f64;
        let all = found.loss("all tokens").unwrap();
        let (before, after) = (mean(&format!("{name}_before")), mean(&format!("{name}_losses")));
        assert!((all.before - before).abs() < 1e-4 && (all.after - after).abs() < 1e-4, "{all:?}, {before} {after}");
        assert_eq!((all.tokens, all.random.len()), (Some(losses(&format!("{name}_before")).len()), 19));
        // The same by hand.
        let mean = Intervention::mean(&model, &words(), Site::FfnOut, &members).unwrap();
        let by_hand = model.with(&[mean]).unwrap().loss_masking(&words(), Masking::Alone).unwrap();
        assert!((all.after - by_hand.mean()).abs() < 1e-6, "{} {}", all.after, by_hand.mean());
        assert!(found.scores().is_empty() && found.to_string().contains("no encoding scores"), "{found}");
        let classes: usize = found.losses()[1..].iter().filter_map(|one| one.tokens).sum();
        assert!(classes > 10 && classes < all.tokens.unwrap(), "{found}");
    }
}

#[test]
fn one_pass_gives_the_values_and_losses_of_two() {
    let model = Model::load(&folder("checkpoints/llama3")).unwrap();
    let options = crate::activation::ReadOptions::default();
    let (acts, loss) = model.activations_and_loss(&words(), Site::FfnOut, &options, Masking::default()).unwrap();
    let plain = model.activations_with(&words(), &[Site::FfnOut], &options.without_store()).unwrap().remove(0);
    assert!((&acts.values() - &plain.values()).iter().all(|d| d.abs() < 1e-5));
    let other = model.loss(&words()).unwrap();
    assert_eq!(loss.tokens().len(), other.tokens().len());
    for (a, b) in loss.tokens().iter().zip(other.tokens()) {
        assert!((a.nats - b.nats).abs() < 1e-5 && (&a.token, a.word) == (&b.token, b.word), "{a:?} {b:?}");
    }
}

#[test]
fn the_units_of_a_series_bring_it_back() {
    use crate::activation::{Hrf, Sampling, Silence};
    let model = Model::load(&folder("checkpoints/llama3")).unwrap();
    let acts = given(&model, Vec::new()).series.source().unwrap().activations.clone();
    let clock = Clock::new(1.0, &[30]).unwrap();
    let usual = Sampling::default();
    for sampling in [
        usual.clone(),
        usual.clone().hrf(Hrf::Glover).silence(Silence::Zero).trim(3, 2),
        usual.clone().z_score(false),
        usual.clone().lanczos(3).no_response(),
    ] {
        let series = acts.to_series_with(&clock, &sampling).unwrap();
        for series in [series.clone(), series.high_pass(20.0).unwrap()] {
            let again = Units::of(&series).unwrap().same_text(&acts).unwrap();
            let size = series.data().iter().fold(0.0_f32, |most, v| most.max(v.abs()));
            let off = (again.data() - series.data()).iter().fold(0.0_f32, |most, d| most.max(d.abs()));
            assert!(off < 2e-4 * size, "{sampling:?}: {off} of {size}");
        }
    }
}

#[test]
fn a_lesion_of_nothing_changes_nothing() {
    let model = Model::load(&folder("checkpoints/llama3")).unwrap();
    let found = lesion_with(&model, &given(&model, Vec::new()), "one", &LesionOptions::default().random(4)).unwrap();
    for one in found.losses() {
        assert_eq!((one.change, one.p), (0.0, 1.0), "{one:?}");
    }
    assert!(found.to_string().contains("4 random groups: no p is below 2.0e-1, so that nothing can count"), "{found}");
}

#[test]
fn what_cannot_be_lesioned_is_said() {
    let model = Model::load(&folder("checkpoints/llama3")).unwrap();
    let other = Model::load(&folder("checkpoints/llama31")).unwrap();
    let group = given(&model, vec![Neuron::new(0, 1)]);
    let problem = |model: &Model, group: &Given| lesion(model, group, "one").unwrap_err().problem().to_owned();
    let found = problem(&other, &group);
    assert!(found.contains("was made with llama3, and the model given is llama31"), "{found}");
    let changed = model.with(&[Intervention::zero(Site::FfnOut, &[Neuron::new(0, 1)])]).unwrap();
    assert!(problem(&changed, &group).contains("is changed in its forward pass already"));
    let array = NeuronSeries::new(group.series.data().clone(), group.series.clock().clone(), group.axis().clone());
    let found = problem(&model, &Given { series: array.unwrap(), members: group.members });
    assert!(found.contains("does not know the text"), "{found}");
}
