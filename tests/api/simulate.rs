//! A simulated subject, from neurons to what was found beside what was planted.

use crate::reference::array;
use ndarray::{Array1, Array2};
use neurocell::brain::Affine;
use neurocell::error::ErrorKind;
use neurocell::prelude::*;
use neurocell::simulate::roc_auc;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeMap;
use std::path::Path;

/// Words every second of `runs` runs, the first one some seconds after the first volume.
pub fn story(runs: usize, seconds: usize) -> Stimulus {
    let word = |run: usize, second: usize| {
        let onset = 2.3 + 0.1 * run as f64 + second as f64;
        Word { text: format!("w{second},"), run, onset: Some(onset), offset: Some(onset + 0.7) }
    };
    let words = (0..runs).flat_map(|run| (0..seconds).map(move |second| word(run, second))).collect();
    Stimulus::new("A made story", words, Timing::Made).unwrap()
}

/// 4 layers of 60 made neurons: 14 slow courses, each shared by some neurons with their own slow noise.
pub fn neurons(clock: &Clock, seed: u64) -> NeuronSeries {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (shared, total) = (14, 240);
    let mut slow = |phi: f32| {
        let mut last = 0.0_f32;
        Array1::from_shape_fn(clock.total(), |_| {
            last = phi * last + (1.0 - phi * phi).sqrt() * rng.sample::<f32, _>(StandardNormal);
            last
        })
    };
    let courses: Vec<Array1<f32>> = (0..shared).map(|_| slow(0.7)).collect();
    let mut data = Array2::zeros((clock.total(), total));
    for (n, mut column) in data.columns_mut().into_iter().enumerate() {
        column.assign(&(&courses[n % shared] * 0.8 + slow(0.7) * 0.6));
    }
    let axis = NeuronAxis::new("made", Site::FfnOut, 4, 60);
    NeuronSeries::new(data, clock.clone(), axis).unwrap()
}

/// An atlas in the brain at 8 mm: every second voxel of the 4 mm brain along each axis.
fn coarse(networks: &Networks) -> Networks {
    let fine = networks.mask();
    let shape = fine.shape().map(|n| n.div_ceil(2));
    let affine = Affine(fine.affine().0.map(|[x, y, z, origin]| [2.0 * x, 2.0 * y, 2.0 * z, origin]));
    let mut inside = vec![false; shape.iter().product()];
    for (n, inside) in inside.iter_mut().enumerate() {
        let at = [n % shape[0], n / shape[0] % shape[1], n / shape[0] / shape[1]];
        *inside = fine.number(at.map(|i| 2 * i)).is_some();
    }
    networks.resampled_to(&Mask::new(shape, affine, &inside).unwrap()).unwrap()
}

/// Both papers' analyses of a group; they do not know the truth.
fn analyse_group(
    subjects: &[VoxelSeries],
    series: &NeuronSeries,
    networks: &Networks,
    surrogates: usize,
) -> (Study, Coupling) {
    // The made courses are Gaussian, which ICA cannot take apart.
    let patterns = series.patterns(Dictionary::new(14)).unwrap();
    let fits: Vec<EncodingFit> =
        subjects.iter().map(|bold| encode(&patterns, bold, Ridge::default()).unwrap()).collect();
    let fit = mean_fit(&fits).unwrap();
    let matched = match_networks_with(&fit, networks, MatchOptions::default().surrogates(surrogates)).unwrap();
    let groups = subgroups(&fit, networks, &patterns, series).unwrap();
    let courses: Vec<NetworkSeries> = subjects.iter().map(|bold| bold.network_courses(networks).unwrap()).collect();
    let pairs: Vec<(&NeuronSeries, &NetworkSeries)> = courses.iter().map(|courses| (series, courses)).collect();
    let coupling = couple_group(&pairs, &Synchrony::default()).unwrap();
    (Study { matched, groups, fit }, coupling)
}

struct Study {
    matched: NetworkMatch,
    groups: SubGroups,
    fit: EncodingFit,
}

/// The whole analysis from what lies on disk and the neurons; it does not know the truth.
fn analyse(dataset: &Path, series: &NeuronSeries, networks: &Networks) -> Study {
    let bold = Subject::open(dataset, "sim01").unwrap().bold("story").unwrap().clean(Cleaning::default()).unwrap();
    let patterns = series.patterns(Ica::new(14)).unwrap();
    let fit = encode(&patterns, &bold, Ridge::default()).unwrap();
    let matched = match_networks_with(&fit, networks, MatchOptions::default().surrogates(999)).unwrap();
    let groups = subgroups(&fit, networks, &patterns, series).unwrap();
    Study { matched, groups, fit }
}

/// All files below a folder with their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                    found.insert(name, std::fs::read(path).unwrap());
                }
            }
        }
    }
    found
}

#[test]
fn roc_areas_are_those_of_scikit_learn() {
    let scores: Array2<f32> = array("coupling/auc_scores");
    let members: Array1<u8> = array("coupling/auc_members");
    let members: Vec<bool> = members.iter().map(|m| *m == 1).collect();
    let expected: Array1<f64> = array("coupling/auc");
    for (row, expected) in scores.outer_iter().zip(expected) {
        let found = roc_auc(&row.to_vec(), &members).unwrap();
        assert!((found - expected).abs() < 1e-12, "AUC {found}, scikit-learn has {expected}");
    }
}

#[test]
fn an_roc_area_needs_members_and_others() {
    assert_eq!(roc_auc(&[1.0, 2.0], &[true, true]).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(roc_auc(&[1.0, f32::NAN], &[true, false]).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(roc_auc(&[1.0], &[true, false]).unwrap_err().kind(), ErrorKind::Shape);
}

#[test]
fn what_was_planted_is_found_without_reading_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("simulated");
    let networks = Networks::yeo7().unwrap();
    let simulation = Simulation::new(11).group(15);
    let story = story(4, 120);
    let series = neurons(&simulation.clock(&story).unwrap(), 1);
    let simulated = simulation.write_series(&series, &story, &networks, &dataset).unwrap();
    assert_eq!(simulated.subjects(), ["sim01"]);
    assert!(!simulated.already_there() && simulated.to_string().contains("SIMULATED"));

    let study = analyse(&dataset, &series, &networks);
    let truth = Truth::read(&dataset).unwrap();
    let recovery = truth.compare(&study.matched, &study.groups, &study.fit).unwrap();
    println!("{truth}\n{}\n{}\n{recovery}", study.matched, study.groups);
    assert!(recovery.to_string().starts_with("SIMULATED"));
    assert!(recovery.named().unwrap() >= 5.0 / 7.0, "{recovery}");
    assert!(recovery.voxel_auc.unwrap() > 0.85, "{recovery}");
    let [_, combined, oracle] = recovery.member_auc().unwrap();
    assert!(combined > 0.9 && oracle > 0.95 && combined < oracle + 0.02, "{recovery}");

    let (groups, kind) = (&study.groups, |error: Error| error.kind());
    assert_eq!(groups.layers("Default", 15).unwrap().iter().sum::<usize>(), 15);
    assert_eq!(groups.subgroup("Default", 0).map_err(kind), Err(ErrorKind::Value));
    assert_eq!(groups.subgroup("Default", 241).map_err(kind), Err(ErrorKind::Value));
    assert_eq!(groups.scores("Defualt").map_err(kind), Err(ErrorKind::Unknown));
    let fewer = series.patterns(Pca::new(13)).unwrap();
    let error = subgroups(&study.fit, &networks, &fewer, &series).unwrap_err();
    assert!(error.problem().contains("14 patterns, 13"), "{error}");
    let table = folder.path().join("match.csv");
    study.matched.to_csv(&table).unwrap();
    assert_eq!(std::fs::read_to_string(table).unwrap().lines().count(), 1 + 14 * 7);

    // The analysis gives the same numbers when there is no truth to be read.
    std::fs::remove_file(dataset.join("simulated_truth.json")).unwrap();
    let blind = analyse(&dataset, &series, &networks);
    assert_eq!(blind.matched.r(), study.matched.r());
    assert_eq!(blind.matched.q(), study.matched.q());
    assert_eq!(blind.groups.subgroup("Default", 15).unwrap(), study.groups.subgroup("Default", 15).unwrap());
    assert_eq!(Truth::read(&dataset).unwrap_err().kind(), ErrorKind::File);
}

#[test]
fn with_nothing_planted_nothing_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let networks = Networks::yeo7().unwrap();
    let story = story(3, 90);
    let clock = Simulation::new(0).clock(&story).unwrap();
    // Where all is null, a study finds something with probability q; both of two do with probability 0.0025.
    let found = (0..2).filter(|&seed| {
        let series = neurons(&clock, 100 + seed);
        let dataset = folder.path().join(format!("null{seed}"));
        Simulation::new(seed).snr(0.0).group(15).write_series(&series, &story, &networks, &dataset).unwrap();
        let study = analyse(&dataset, &series, &networks);
        let recovery = Truth::read(&dataset).unwrap().compare(&study.matched, &study.groups, &study.fit).unwrap();
        println!("{}\n{recovery}", study.matched);
        assert!(recovery.networks.is_empty() && recovery.voxel_auc.is_none(), "{recovery}");
        recovery.above_chance > 0
    });
    assert!(found.count() <= 1);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let folder = tempfile::tempdir().unwrap();
    let networks = Networks::yeo7().unwrap();
    let story = story(2, 20);
    let series = neurons(&Simulation::new(5).clock(&story).unwrap(), 2);
    let write = |seed: u64, name: &str| {
        let dataset = folder.path().join(name);
        Simulation::new(seed).group(10).write_series(&series, &story, &networks, &dataset).unwrap();
        files(&dataset)
    };
    let (one, again, other) = (write(5, "one"), write(5, "again"), write(6, "other"));
    assert_eq!(one.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(bytes == &again[name], "{name} differs between two simulations of one seed");
    }
    let bold =
        one.keys().find(|n| n.ends_with("run-2_space-MNI152NLin2009cAsym_res-4_desc-preproc_bold.nii.gz")).unwrap();
    assert!(one[bold] != other[bold]);
}

#[test]
fn subjects_that_are_alike_have_their_neurons_in_common_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let networks = Networks::yeo7().unwrap();
    let story = story(2, 20);
    let series = neurons(&Simulation::new(5).clock(&story).unwrap(), 2);
    let write = |simulation: Simulation, name: &str| {
        let dataset = folder.path().join(name);
        simulation.group(10).write_series(&series, &story, &networks, &dataset).unwrap();
        let bold = Subject::open(&dataset, "sim01").unwrap().bold("story").unwrap();
        (Truth::read(&dataset).unwrap(), bold.clean(Cleaning::default()).unwrap())
    };
    let (first, of_first) = write(Simulation::new(5), "first");
    let (alike, of_alike) = write(Simulation::new(6).like(5), "alike");
    let (other, _) = write(Simulation::new(6), "other");
    assert_eq!(first.neurons("Default").unwrap(), alike.neurons("Default").unwrap());
    assert_eq!(first.course("Visual").unwrap(), alike.course("Visual").unwrap());
    assert!(first.neurons("Default").unwrap() != other.neurons("Default").unwrap());
    assert!(of_first.data() != of_alike.data());
}

#[test]
fn the_dataset_is_read_as_any_other_and_says_that_it_is_simulated() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("here");
    let networks = Networks::yeo7().unwrap();
    let story = story(2, 20);
    let simulation = Simulation::new(5).group(10).drive(&["Default", "Visual"]);
    let series = neurons(&simulation.clock(&story).unwrap(), 2);
    simulation.write_series(&series, &story, &networks, &dataset).unwrap();
    let description = std::fs::read_to_string(dataset.join("dataset_description.json")).unwrap();
    assert!(description.contains("neurocell SIMULATED dataset"));
    assert!(std::fs::read_to_string(dataset.join("README")).unwrap().contains("No human being was scanned"));

    let subject = Subject::open(&dataset, "sim01").unwrap();
    let bold = subject.bold("story").unwrap();
    assert_eq!(bold.clock(), &simulation.clock(&story).unwrap());
    assert_eq!(bold.mask(), networks.mask());
    assert!(bold.name().to_lowercase().contains("simulated"), "{}", bold.name());
    // What scrubbing and the full expansions look at is in the table.
    let table = bold.confounds(0).unwrap();
    for name in ["csf_derivative1_power2", "white_matter_power2", "global_signal_derivative1", "trans_x_power2"] {
        assert!(table.column(name).is_ok(), "{name}");
    }
    let dvars = table.std_dvars().unwrap().unwrap();
    assert!(dvars[0] == 0.0 && dvars[1..].iter().all(|v| (0.5..2.0).contains(v)), "{dvars:?}");
    // Words come back at their places on the clock, to the last bit.
    for (run, parts) in subject.stories("story").unwrap().iter().enumerate() {
        let read = Stimulus::from_align(&parts[0].align).unwrap().starting_at(parts[0].onset);
        let times = |s: &Stimulus| s.words().iter().map(|w| (w.text.clone(), w.onset, w.offset)).collect::<Vec<_>>();
        assert_eq!(times(&read), times(&story.run(run).unwrap()));
    }
    let truth = Truth::read(&dataset).unwrap();
    assert_eq!(truth.driven(), ["Visual", "Default"]);
    assert_eq!(truth.undriven().len(), 5);
    assert_eq!(truth.neurons("Default").unwrap().len(), 10);
    assert_eq!(truth.course("Visual").unwrap().len(), series.clock().total());
    assert_eq!(truth.neurons("Limbic").unwrap_err().kind(), ErrorKind::Unknown);
}

#[test]
fn the_same_simulation_is_not_made_twice_and_another_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("here");
    let networks = Networks::yeo7().unwrap();
    let story = story(1, 20);
    let simulation = Simulation::new(5).group(10);
    let series = neurons(&simulation.clock(&story).unwrap(), 2);
    simulation.write_series(&series, &story, &networks, &dataset).unwrap();
    let before = files(&dataset);
    assert!(simulation.write_series(&series, &story, &networks, &dataset).unwrap().already_there());

    let problem = |s: &Simulation, series: &NeuronSeries| {
        let error = s.write_series(series, &story, &networks, &dataset).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Value);
        error.problem().to_owned()
    };
    let other = problem(&simulation.clone().snr(0.2), &series);
    assert!(other.contains("snr is 0.6 there and 0.2 here"), "{other}");
    let other = problem(&simulation, &neurons(series.clock(), 3));
    assert!(other.contains("the neurons' courses"), "{other}");
    assert!(files(&dataset) == before, "an error leaves the dataset as it was");

    let mask = before.keys().find(|n| n.ends_with("desc-brain_mask.nii.gz")).unwrap();
    std::fs::remove_file(dataset.join(mask)).unwrap();
    assert!(problem(&simulation, &series).contains("is missing"));
}

#[test]
fn bad_input_is_named_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("here");
    let networks = Networks::yeo7().unwrap();
    let story = story(1, 20);
    let good = Simulation::new(5).group(10);
    let series = neurons(&good.clock(&story).unwrap(), 2);
    let fails = |simulation: Simulation, kind: ErrorKind, part: &str| {
        let error = simulation.write_series(&series, &story, &networks, &dataset).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(part), "{error} does not say `{part}`");
    };
    fails(good.clone().subject("01"), ErrorKind::Value, "begins with `sim`");
    fails(good.clone().subject("sim/../01"), ErrorKind::Value, "letters and digits");
    fails(good.clone().task("a story"), ErrorKind::Value, "letters and digits");
    fails(good.clone().snr(f64::NAN), ErrorKind::Value, "SNR is NaN");
    fails(good.clone().snr(-1.0), ErrorKind::Value, "SNR is -1");
    fails(good.clone().tail(-1.0), ErrorKind::Value, "tail");
    fails(good.clone().tr(1500.0), ErrorKind::Value, "1500");
    fails(good.clone().tr(2.0), ErrorKind::Shape, "clock");
    fails(good.clone().group(0), ErrorKind::Value, "0 neurons");
    fails(good.clone().group(100), ErrorKind::Value, "700");
    fails(good.clone().drive(&["Defualt"]), ErrorKind::Unknown, "`Default`");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing half-written stays");

    std::fs::create_dir(&dataset).unwrap();
    std::fs::write(dataset.join("thesis.txt"), "my only copy").unwrap();
    fails(good, ErrorKind::Value, "no simulated dataset");
    assert_eq!(std::fs::read_to_string(dataset.join("thesis.txt")).unwrap(), "my only copy");
    std::fs::write(dataset.join("simulated_truth.json"), "{").unwrap();
    assert_eq!(Truth::read(&dataset).unwrap_err().kind(), ErrorKind::Format);
}

#[test]
fn a_run_without_timed_words_has_no_clock() {
    let word = Word { text: "once".into(), run: 0, onset: None, offset: None };
    let story = Stimulus::new("silent", vec![word], Timing::Made).unwrap();
    let error = Simulation::new(1).clock(&story).unwrap_err();
    assert!(error.problem().contains("no word with a time"), "{error}");
}

/// Largest |a − b|, in standard deviations of `a` about its columns' means.
fn apart(a: &Array2<f32>, b: &Array2<f32>) -> f64 {
    let (mut most, mut square) = (0.0_f64, 0.0_f64);
    for (x, y) in a.columns().into_iter().zip(b.columns()) {
        let mean = x.mean().unwrap();
        for (x, y) in x.iter().zip(y) {
            most = most.max(f64::from((x - y).abs()));
            square += f64::from(x - mean).powi(2);
        }
    }
    most / (square / a.len() as f64).sqrt()
}

#[test]
fn in_memory_a_group_has_the_numbers_that_its_files_have() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("group");
    let networks = Networks::yeo7().unwrap();
    let story = story(2, 60);
    let simulation = Simulation::new(8).subjects(2).group(10);
    let series = neurons(&simulation.clock(&story).unwrap(), 2);
    let simulated = simulation.write_series(&series, &story, &networks, &dataset).unwrap();
    assert_eq!(simulated.subjects(), ["sim01", "sim02"]);
    assert_eq!(Dataset::open(&dataset).unwrap().subjects(), simulated.subjects());
    let group = simulation.in_memory_series(&series, &networks).unwrap();
    assert!(group.to_string().contains("2 SIMULATED subjects"), "{group}");
    let opened = simulated.open().unwrap();
    let mut cleaned = Vec::new();
    for (subject, id) in opened.iter().zip(group.subjects()) {
        let bold = subject.bold("story").unwrap();
        let (raw, there) = (group.raw(id).unwrap(), bold.clean(Cleaning::none()).unwrap());
        // A file's step is a 32767th of its largest value, about 1200, and noise has a standard deviation of 10.
        assert!(apart(raw.data(), there.data()) < 4e-3, "sub-{id}");
        for cleaning in [Cleaning::default(), Cleaning::default().motion24().wm_csf(Expansion::Basic)] {
            let there = bold.clean(cleaning.clone()).unwrap();
            let here = group.clean(id, cleaning.clone()).unwrap();
            assert_eq!(here.mask(), there.mask());
            assert_eq!(here.kept(), there.kept());
            let most = apart(here.data(), there.data());
            // Half of the rounding of a file, over what is left of a voxel's sd: more where 30 regressors leave less.
            let bound = if cleaning == Cleaning::default() { 1e-2 } else { 2e-2 };
            assert!(most < bound, "sub-{id}, {}: {most}", here.name());
        }
        cleaned.push(group.clean(id, Cleaning::default()).unwrap());
    }
    // The first subject is the one that would have been simulated alone; the second has noise and gains of its own.
    let alone = Simulation::new(8).group(10).in_memory_series(&series, &networks).unwrap();
    assert_eq!(alone.clean("sim01", Cleaning::default()).unwrap().data(), cleaned[0].data());
    assert!(apart(cleaned[0].data(), cleaned[1].data()) > 1.0);
    assert_eq!(group.clean_all(Cleaning::default()).unwrap()[1].data(), cleaned[1].data());
    assert_eq!(group.clean("sim03", Cleaning::default()).unwrap_err().kind(), ErrorKind::Unknown);
    // The truth is one for both.
    let there = Truth::read(&dataset).unwrap();
    assert_eq!(there.neurons("Default").unwrap(), group.truth().neurons("Default").unwrap());
    assert_eq!(there.course("Visual").unwrap(), group.truth().course("Visual").unwrap());
}

#[test]
fn named_neurons_drive_their_network_and_are_free_for_no_other() {
    let networks = Networks::yeo7().unwrap();
    let clock = Simulation::new(1).clock(&story(2, 40)).unwrap();
    let series = neurons(&clock, 3);
    let own: Vec<Neuron> = ["L0.1", "L0.15", "L3.40"].map(|address| address.parse().unwrap()).into();
    let simulation = Simulation::new(1).group(10).neurons("Default", &own);
    let truth = simulation.in_memory_series(&series, &networks).unwrap().truth().clone();
    assert_eq!(truth.neurons("Default").unwrap(), own);
    assert_eq!(truth.driven(), networks.names());
    for other in networks.names().iter().filter(|name| *name != "Default") {
        let members = truth.neurons(other).unwrap();
        assert!(members.len() == 10 && members.iter().all(|neuron| !own.contains(neuron)), "{other}");
    }
    // The course is the mean of theirs, in units of its standard deviation.
    let columns: Vec<usize> = own.iter().map(|neuron| series.neurons().column(*neuron).unwrap()).collect();
    let rows = clock.rows(1);
    let z = |values: Vec<f64>| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        values.into_iter().map(|v| (v - mean) / sd).collect::<Vec<f64>>()
    };
    let courses: Vec<Vec<f64>> =
        columns.iter().map(|&c| z(rows.clone().map(|t| f64::from(series.data()[[t, c]])).collect())).collect();
    let expected = z((0..rows.len()).map(|t| courses.iter().map(|course| course[t]).sum()).collect());
    let found = &truth.course("Default").unwrap()[rows];
    assert!(found.iter().zip(expected).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-4));
}

#[test]
fn a_single_neuron_drives_a_network_by_its_own_course() {
    let networks = Networks::yeo7().unwrap();
    let clock = Simulation::new(1).clock(&story(2, 60)).unwrap();
    let series = neurons(&clock, 3);
    let planted = |group: usize| {
        let simulation = Simulation::new(4).planting(Planting::Single).group(group).drive(&["Visual", "Default"]);
        simulation.in_memory_series(&series, &networks).unwrap().truth().clone()
    };
    let alone = planted(1);
    let [neuron] = alone.neurons("Visual").unwrap()[..] else { panic!("one neuron was asked for") };
    let (course, own) = (Array1::from(alone.course("Visual").unwrap()), Array1::from(series.course(neuron).unwrap()));
    for run in 0..clock.runs() {
        let part = ndarray::s![clock.rows(run)];
        let (a, b) = (course.slice(part), own.slice(part));
        let (a, b) = (&a - a.mean().unwrap(), &b - b.mean().unwrap());
        assert!((a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt() - 1.0).abs() < 1e-5);
    }
    let few = planted(3);
    let all = [few.neurons("Visual").unwrap(), few.neurons("Default").unwrap()].concat();
    for (n, one) in all.iter().enumerate() {
        for other in &all[..n] {
            let of = |neuron: Neuron| {
                let course = Array1::from(series.course(neuron).unwrap());
                &course - course.mean().unwrap()
            };
            let (a, b) = (of(*one), of(*other));
            let r = a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt();
            assert!(r.abs() <= 0.4 + 1e-6, "{one} and {other} correlate by {r}");
        }
    }
}

#[test]
fn what_cannot_be_planted_is_named() {
    let networks = Networks::yeo7().unwrap();
    let clock = Simulation::new(1).clock(&story(1, 30)).unwrap();
    let series = neurons(&clock, 3);
    let fails = |simulation: Simulation, kind: ErrorKind, part: &str| {
        let error = simulation.in_memory_series(&series, &networks).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(part), "{error} does not say `{part}`");
    };
    let good = Simulation::new(1).group(10);
    let [a, beyond]: [Neuron; 2] = ["L0.1", "L9.0"].map(|address| address.parse().unwrap());
    fails(good.clone().subjects(0), ErrorKind::Value, "0 subjects");
    fails(good.clone().group(35), ErrorKind::Value, "need 245, and 240 neurons vary");
    fails(good.clone().snr(-0.1), ErrorKind::Value, "SNR is -0.1");
    fails(good.clone().neurons("Visual", &[beyond]), ErrorKind::Value, "L9.0");
    fails(good.clone().neurons("Visaul", &[a]), ErrorKind::Unknown, "`Visual`");
    fails(good.clone().neurons("Visual", &[a, a]), ErrorKind::Value, "L0.1 is named twice");
    fails(good.clone().neurons("Visual", &[a]).neurons("Default", &[a]), ErrorKind::Value, "L0.1 is named twice");
    fails(good.clone().neurons("Visual", &[]), ErrorKind::Value, "0 neurons");
    fails(good.clone().neurons("Visual", &[a]).drive(&["Default"]), ErrorKind::Value, "not among the driven");
    // Every fourteenth neuron has a course in common: eight of them, halved.
    let of = |columns: [usize; 4]| columns.map(|column| series.neurons().neuron(column));
    let alike = good.clone().neurons("Visual", &of([1, 15, 29, 43])).neurons("Default", &of([57, 71, 85, 99]));
    fails(alike, ErrorKind::Value, "Visual and Default correlate by");
    fails(good.tr(2.0), ErrorKind::Value, "TR of 1.5 s");
}

#[test]
fn a_group_on_disk_gives_both_papers_what_was_planted() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("group");
    let networks = coarse(&Networks::yeo7().unwrap());
    let story = story(3, 150);
    let simulation = Simulation::new(21).subjects(2).group(12);
    let series = neurons(&simulation.clock(&story).unwrap(), 4);
    let simulated = simulation.write_series(&series, &story, &networks, &dataset).unwrap();
    let read = |subject: &Subject| subject.bold("story").unwrap().clean(Cleaning::default()).unwrap();
    let subjects: Vec<VoxelSeries> = simulated.open().unwrap().iter().map(read).collect();
    assert_eq!(subjects[1].mask(), networks.mask());

    let (study, coupling) = analyse_group(&subjects, &series, &networks, 199);
    let truth = Truth::read(&dataset).unwrap();
    let recovery = truth.compare(&study.matched, &study.groups, &study.fit).unwrap();
    let anchors = truth.compare_coupling(&coupling, &series).unwrap();
    println!("{truth}\n{recovery}\n{anchors}");
    assert!(recovery.named().unwrap() >= 0.85, "{recovery}");
    let [_, combined, oracle] = recovery.member_auc().unwrap();
    assert!(combined >= 0.95 * oracle && oracle > 0.9, "{recovery}");
    let ([found, best], [auc, most]) = (anchors.anchored().unwrap(), anchors.auc().unwrap());
    assert!(found >= 0.95 * best && best > 0.9, "{anchors}");
    assert!(auc >= 0.95 * most && most > 0.9, "{anchors}");
    assert!(anchors.to_string().starts_with("2 SIMULATED subjects") && anchors.false_anchors.is_empty(), "{anchors}");

    for (table, header) in [("networks.csv", "network,pattern,named"), ("anchors.csv", "network,neurons,anchored")] {
        let path = folder.path().join(table);
        match table {
            "networks.csv" => recovery.to_csv(&path).unwrap(),
            _ => anchors.to_csv(&path).unwrap(),
        }
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with(header) && text.lines().count() == 1 + 7, "{text}");
    }
    // What a course is compared with is of the same neurons.
    let other = neurons(&simulation.clock(&self::story(2, 60)).unwrap(), 4);
    assert_eq!(truth.compare_coupling(&coupling, &other).unwrap_err().kind(), ErrorKind::Shape);
    let one = subjects[0].network_courses(&networks).unwrap();
    let alone = couple_group(&[(&series, &one)], &Synchrony::default()).unwrap_err();
    assert!(alone.to_string().contains("a group's test needs at least two"), "{alone}");
    // Another atlas has other networks, and lies on another grid.
    let others = Networks::yeo17().unwrap();
    let error = match_networks(&study.fit, &others).unwrap_err();
    assert!(error.to_string().contains("resampled_to"), "{error}");
}

/// The oracle ranks by the planted course itself: recomputed here by plain sums.
#[test]
fn the_oracle_of_anchors_is_told_the_planted_courses() {
    let networks = coarse(&Networks::yeo7().unwrap());
    let clock = Simulation::new(1).clock(&story(2, 60)).unwrap();
    let series = neurons(&clock, 3);
    let simulation = Simulation::new(4).subjects(2).planting(Planting::Single).group(2).drive(&["Visual", "Default"]);
    let group = simulation.in_memory_series(&series, &networks).unwrap();
    let subjects = group.clean_all(Cleaning::default()).unwrap();
    let courses: Vec<NetworkSeries> = subjects.iter().map(|bold| bold.network_courses(&networks).unwrap()).collect();
    let coupling = couple_group(&[(&series, &courses[0]), (&series, &courses[1])], &Synchrony::default()).unwrap();
    let truth = group.truth();
    let found = truth.compare_coupling(&coupling, &series).unwrap();
    let r = |course: &[f32], column: usize| -> f64 {
        let run = |run: usize| {
            let rows = clock.rows(run);
            let part = |values: Vec<f64>| {
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                values.into_iter().map(|v| v - mean).collect::<Vec<f64>>()
            };
            let a = part(rows.clone().map(|t| f64::from(course[t])).collect());
            let b = part(rows.map(|t| f64::from(series.data()[[t, column]])).collect());
            let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
        };
        (run(0) + run(1)) / 2.0
    };
    for network in &found.networks {
        let course = truth.course(&network.network).unwrap();
        let members = truth.neurons(&network.network).unwrap();
        let columns: Vec<usize> = members.iter().map(|n| series.neurons().column(*n).unwrap()).collect();
        let scores: Vec<f64> = (0..240).map(|column| r(&course, column)).collect();
        let others = (0..240).filter(|column| !columns.contains(column));
        let wins: f64 =
            columns.iter().flat_map(|m| others.clone().map(|o| if scores[*m] > scores[o] { 1.0 } else { 0.0 })).sum();
        assert!((network.auc[1] - wins / (2.0 * 238.0)).abs() < 1e-9, "{found}");
        let ahead = (0..240).filter(|column| scores[*column] > scores[columns[0]].min(scores[columns[1]])).count();
        assert_eq!(network.precision[1] == 1.0, ahead == 1, "{found}");
    }
}

#[test]
fn where_nothing_was_planted_groups_rarely_show_something() {
    let networks = coarse(&Networks::yeo7().unwrap());
    let clock = Simulation::new(0).clock(&story(2, 75)).unwrap();
    let sets = 12;
    let (mut first, mut second) = (0, 0);
    for seed in 0..sets {
        let series = neurons(&clock, 200 + seed);
        let simulation = Simulation::new(500 + seed).subjects(2).snr(0.0).group(10);
        let group = simulation.in_memory_series(&series, &networks).unwrap();
        let subjects = group.clean_all(Cleaning::default()).unwrap();
        let (study, coupling) = analyse_group(&subjects, &series, &networks, 499);
        first += usize::from(study.matched.q().iter().any(|q| *q < 0.05));
        second += usize::from(coupling.q().iter().any(|q| *q < 0.05));
        assert!(group.truth().compare_coupling(&coupling, &series).unwrap().networks.is_empty());
    }
    // Where all is null a false discovery rate of q is the share of sets with any; three or more of twelve come with probability 0.02.
    assert!(first <= 2 && second <= 2, "{first} and {second} of {sets} sets");
}
