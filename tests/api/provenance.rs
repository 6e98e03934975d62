//! What saved files say of what made them: the same for the same cells, nothing of the machine, and to be checked later.

use crate::simulate::{neurons, story};
use neurocell::figure::{pattern_summary, voxel_carpet};
use neurocell::prelude::*;
use neurocell::provenance::State;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a notebook of an analysis holds and saves.
struct Analysis {
    series: NeuronSeries,
    bold: VoxelSeries,
    patterns: Patterns,
    fit: EncodingFit,
    matched: NetworkMatch,
}

/// The cells of a small analysis of a simulated subject, whose files all go into one folder.
fn cells(folder: &Path) -> Analysis {
    let (story, networks) = (story(2, 50), Networks::yeo7().unwrap());
    let simulation = Simulation::new(3).group(8).drive(&["Default", "Visual"]);
    let series = neurons(&simulation.clock(&story).unwrap(), 2);
    let data = folder.join("data");
    simulation.write_series(&series, &story, &networks, &data).unwrap();
    let bold = Subject::open(&data, "sim01").unwrap().bold("story").unwrap().clean(Cleaning::default()).unwrap();
    let patterns = series.patterns(Pca::new(4)).unwrap();
    let fit = encode(&patterns, &bold, Ridge::default().alphas(&[10.0, 1000.0])).unwrap();
    let matched = match_networks_with(&fit, &networks, MatchOptions::default().surrogates(9)).unwrap();
    let name = |name: &str| folder.join(name);
    for ending in ["png", "svg"] {
        pattern_summary(&patterns).unwrap().save(name(&format!("patterns.{ending}"))).unwrap();
        voxel_carpet(&bold).unwrap().theme(Theme::Dark).save(name(&format!("carpet.{ending}"))).unwrap();
    }
    fit.score_map().write(name("score.nii.gz")).unwrap();
    fit.score_map().above(0.1).unwrap().write(name("good.nii")).unwrap();
    write_maps(name("weights.nii.gz"), &[fit.weight_map(0).unwrap(), fit.weight_map(1).unwrap()]).unwrap();
    networks.write(name("networks.nii.gz"), name("networks.tsv")).unwrap();
    bold.write(1, name("second.nii.gz")).unwrap();
    bold.to_file(name("bold.voxels")).unwrap();
    matched.to_csv(name("match.csv")).unwrap();
    Analysis { series, bold, patterns, fit, matched }
}

/// All files below a folder, by their path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(place) = open.pop() {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    drop(found.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(path).unwrap()))
                }
            }
        }
    }
    found
}

#[test]
fn the_same_cells_give_the_same_bytes_which_tell_nothing_of_this_machine() {
    let [one, two] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let analysis = cells(one.path());
    cells(two.path());
    let (first, second) = (files(one.path()), files(two.path()));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(*bytes == second[name], "{} differs", name.display());
    }
    let said = |name: &str| Provenance::read(one.path().join(name)).unwrap();
    assert_eq!(said("patterns.png"), pattern_summary(&analysis.patterns).unwrap().provenance());
    assert_eq!(said("patterns.svg"), said("patterns.png"));
    assert_eq!(said("carpet.png"), voxel_carpet(&analysis.bold).unwrap().theme(Theme::Dark).provenance());
    assert_ne!(said("carpet.png"), voxel_carpet(&analysis.bold).unwrap().provenance());
    assert_eq!(said("score.nii.gz"), analysis.fit.score_map().provenance());
    assert_eq!(said("good.nii").inputs()[0].1, analysis.fit.score_map().provenance());
    assert_eq!(said("weights.nii.gz").inputs().len(), 2);
    assert_eq!(said("networks.nii.gz"), Networks::yeo7().unwrap().provenance());
    assert_eq!(said("second.nii.gz").options()["run"], "1");
    assert_eq!(said("bold.voxels"), analysis.bold.provenance());
    assert_eq!(VoxelFile::open(one.path().join("bold.voxels")).unwrap().provenance(), analysis.bold.provenance());
    assert_eq!(said("match.csv").inputs()[0].1, analysis.matched.provenance());

    let told = said("match.csv").to_string();
    for part in ["match networks", "surrogates=9", "encode", "alphas=[10.0, 1000.0]", "Pca", "clean", "yeo-7"] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    assert!(told.contains("derivatives/fmriprep/sub-sim01/func/sub-sim01_task-story_run-1_"), "{told}");
    // Whose data these are is said, and that they are made.
    assert!(told.contains("SIMULATED sub-sim01") && told.contains("SIMULATED run"), "{told}");
    let here = std::env::current_dir().unwrap();
    let home = std::env::home_dir().unwrap();
    for name in first.keys().filter(|name| !name.starts_with("data")) {
        let Ok(made) = Provenance::read(one.path().join(name)) else { continue };
        for text in [made.json(), made.to_string()] {
            for secret in [one.path(), &here, &home] {
                assert!(!text.contains(secret.to_str().unwrap()), "{}: {text}", name.display());
            }
            assert!(!text.contains("\"/"), "{}: an absolute path in {text}", name.display());
        }
        assert!(made.json().len() < 30_000, "{}: {} bytes", name.display(), made.json().len());
    }
    // The first is that of the neurons, which came from a cell.
    assert_eq!(analysis.series.provenance().what(), "neuron series");
}

#[test]
fn a_changed_or_lost_scan_is_found_and_a_moved_one_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    cells(folder.path());
    let score = folder.path().join("score.nii.gz");
    let moved = folder.path().join("elsewhere/study");
    std::fs::create_dir(folder.path().join("elsewhere")).unwrap();
    std::fs::rename(folder.path().join("data"), &moved).unwrap();
    let look = |places: &[&Path]| {
        let places: Vec<PathBuf> = places.iter().map(|place| place.to_path_buf()).collect();
        Provenance::read(&score).unwrap().check(&places).unwrap()
    };
    let lost = look(&[folder.path()]);
    assert!(lost.findings.iter().filter(|finding| finding.state == State::NotFound).count() >= 4, "{lost}");
    assert!(look(&[&moved]).all_same(), "{}", look(&[&moved]));
    let prepared = moved.join("derivatives/fmriprep/sub-sim01/func");
    let tables = std::fs::read_dir(&prepared).unwrap().map(|entry| entry.unwrap().path());
    let table = tables.into_iter().find(|path| path.to_string_lossy().ends_with("run-2_desc-confounds_timeseries.tsv"));
    let table = table.unwrap();
    let mut text = std::fs::read(&table).unwrap();
    let last = text.len() - 2;
    text[last] = if text[last] == b'1' { b'2' } else { b'1' };
    std::fs::write(&table, text).unwrap();
    let check = look(&[&moved]);
    let changed: Vec<&str> = check
        .findings
        .iter()
        .filter(|finding| matches!(finding.state, State::Changed { .. }))
        .map(|finding| finding.name.as_str())
        .collect();
    assert!(matches!(changed[..], [name] if name.ends_with("run-2_desc-confounds_timeseries.tsv")), "{check}");
}

#[test]
fn every_option_makes_another_key_and_the_place_of_a_fit_does_not() {
    let clock = Clock::new(2.0, &[40, 40, 40]).unwrap();
    let made = |columns: usize, by: usize| {
        ndarray::Array2::from_shape_fn((120, columns), |(t, v)| ((t * (v + by) * 7919) % 101) as f32)
    };
    let features = Features::new("made", made(3, 1), &clock).unwrap();
    let mask = Mask::new(
        [4, 2, 1],
        neurocell::brain::Affine([[2., 0., 0., 0.], [0., 2., 0., 0.], [0., 0., 2., 0.]]),
        &[true; 8],
    );
    let bold = VoxelSeries::new(made(8, 2), mask.unwrap(), clock.clone(), "made").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let key = |bold: &VoxelSeries, ridge: Ridge| encode(&features, bold, ridge).unwrap().provenance().key().to_owned();
    let plain = || Ridge::default().alphas(&[1.0, 10.0]).without_store();
    let base = key(&bold, plain());
    assert_eq!(key(&bold, plain()), base);
    assert_eq!(key(&bold, plain().store_in(folder.path())), base);
    let entry = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    assert_eq!(Provenance::read(&entry).unwrap().key(), base);
    let others = [
        key(&bold, plain().alphas(&[1.0, 11.0])),
        key(&bold, plain().delays(&[1, 2])),
        key(&bold, plain().shared_alpha()),
        key(&bold, plain().components(2)),
        key(&bold, plain().folds(Folds::blocks(&clock, 4, 10.0).unwrap())),
        key(&bold.censor(1, &[3]).unwrap(), plain()),
        key(&bold.trimmed(0, 0).unwrap(), plain()),
    ];
    let different: std::collections::BTreeSet<&String> = others.iter().chain([&base]).collect();
    assert_eq!(different.len(), others.len() + 1);
}

#[test]
fn saved_activations_carry_the_model_and_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let story = Stimulus::from_text("a line", "The harbour lay still.", Speaking::default()).unwrap();
    let acts = Model::load("minilm-l6").unwrap().activations(&story, Site::FfnOut).unwrap();
    for ending in ["npy", "npz", "safetensors", "parquet"] {
        let path = folder.path().join(format!("acts.{ending}"));
        acts.save(&path).unwrap();
        let said = Provenance::read(&path).unwrap();
        assert_eq!(said, acts.provenance(), "{ending}");
        assert_eq!(said.options()["site"], "FfnOut");
    }
    let made = acts.provenance();
    let roles: Vec<&str> = made.inputs().iter().map(|(role, _)| role.as_str()).collect();
    assert_eq!(roles, ["model", "stimulus"]);
    let other = Stimulus::from_text("a line", "The harbour lay stil.", Speaking::default()).unwrap();
    assert_ne!(story.provenance(), other.provenance());
    let model = &acts.provenance().inputs()[0].1.clone();
    assert!(
        model
            .inputs()
            .iter()
            .any(|(role, file)| role == "weights" && file.options()["name"].ends_with("model.safetensors"))
    );
    assert!(acts.provenance().check(&[]).unwrap().all_same(), "{}", acts.provenance().check(&[]).unwrap());
}
