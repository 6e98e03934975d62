//! What a real model's neurons respond to, and how it is organised beside its twin, through the public face.

use ndarray::Array2;
use neurocell::prelude::*;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn story() -> Stimulus {
    Stimulus::example().unwrap().in_runs(2, 6.0).unwrap()
}

/// The middle of the 4 mm brain.
fn part() -> Mask {
    let brain = Mask::mni4mm().unwrap();
    let mut inside = vec![false; brain.shape().iter().product()];
    for n in (0..brain.count()).filter(|n| (0.0..28.0).contains(&brain.mm(*n)[2])) {
        inside[brain.voxels()[n] as usize] = true;
    }
    Mask::new(brain.shape(), *brain.affine(), &inside).unwrap()
}

/// A made scan: each network follows a neuron of its own, with noise that depends on the subject.
fn scan(series: &NeuronSeries, subject: u64) -> VoxelSeries {
    let mask = part();
    let networks = Networks::yeo7().unwrap().resampled_to(&mask).unwrap();
    let labels = networks.labels().unwrap();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(subject);
    let data = Array2::from_shape_fn((series.clock().total(), mask.count()), |(t, voxel)| {
        let noise: f32 = random.sample(StandardNormal);
        labels[voxel].map_or(0.0, |network| series.data()[[t, 97 * (network + 1)]]) + noise
    });
    VoxelSeries::new(data, mask, series.clock().clone(), format!("made subject {subject}")).unwrap()
}

#[test]
fn a_models_heads_prefer_kinds_of_words_and_its_table_can_be_asked() {
    let acts = Model::load("minilm-l6").unwrap().activations(&story(), Site::AttnZ).unwrap();
    let classes = word_classes(&acts).unwrap();
    // A trained model tells function words from others in some of its units.
    let function = WordKind::Class(WordClass::Function);
    let strongest = classes.strongest(function, 20).unwrap();
    assert!(strongest.iter().all(|(_, one)| one.q < 0.05 && one.difference > 0.3), "{classes}");
    assert!(classes.to_string().contains("function word"));
    let neurons: Vec<Neuron> = strongest.iter().map(|(neuron, _)| *neuron).collect();
    let found = meaning_of(&acts, &neurons).unwrap();
    assert!(found.enriched().iter().any(|kind| kind.kind == function), "{found}");
    let figure =
        layer_heads(&classes.r_of(function).unwrap(), acts.neurons(), LayerHeads::default().of(OfHead::MeanSize));
    assert!(figure.is_ok());
}

#[test]
fn a_model_stands_beside_its_twin_with_random_weights() {
    let (model, story) = (Model::load("minilm-l6").unwrap(), story());
    let acts = model.activations(&story, Site::FfnOut).unwrap();
    let seconds = story.words().iter().filter_map(|word| word.offset).fold(0.0, f64::max);
    let volumes = (seconds / 2.0) as usize + 6;
    let series = acts.to_series(&Clock::new(2.0, &[volumes, volumes]).unwrap()).unwrap();
    let scans: Vec<VoxelSeries> = (1..4).map(|subject| scan(&series, subject)).collect();
    let networks = Networks::yeo7().unwrap();
    let options = OrganisationOptions::default()
        .method(Pca::new(10))
        .ridge(Ridge::default().without_store())
        .matching(MatchOptions::default().surrogates(99).level(0.2))
        .draws(200);
    let study = organisation_of_models(std::slice::from_ref(&model), &story, &scans, &networks, &options).unwrap();
    println!("{study}\n{}\n{}", study.rows()[0].trained, study.rows()[0].twin.as_ref().unwrap());
    let row = &study.rows()[0];
    let twin = row.twin.as_ref().unwrap();
    let consistency = [&row.trained, twin].map(|one| one.consistency().unwrap());
    assert!(consistency[0].value > consistency[1].value && consistency[0].interval.is_some(), "{study}");
    assert_eq!((row.trained.subjects(), row.trained.matched().len()), (3, 3));
    assert!(study.figure().unwrap().svg().unwrap().contains("random weights"));
    let folder = tempfile::tempdir().unwrap();
    study.to_csv(folder.path().join("organisation.csv")).unwrap();
    let written = std::fs::read_to_string(folder.path().join("organisation.csv")).unwrap();
    assert!(written.lines().count() == 3 && written.contains("minilm-l6,random,3,"), "{written}");

    let twice = organisation_of_models(&[model.clone(), model.clone()], &story, &scans, &networks, &options);
    assert!(twice.unwrap_err().problem().contains("comes twice"));
    assert!(organisation_of_models(&[], &story, &scans, &networks, &options).is_err());
    let error = organisation_of_models(&[model], &story, &[], &networks, &options).unwrap_err();
    assert!(error.problem().contains("0 subjects"), "{error}");
}
