//! Texts that nobody heard, and models without some of their units: what is planted is found, and nothing where nothing is.

use ndarray::{Array2, Axis, s};
use neurocell::brain::Affine;
use neurocell::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::OnceLock;

const RUNS: usize = 3;
const VOXELS: usize = 60;
const SOME: usize = 30;

fn noise(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut data = Array2::from_shape_simple_fn((rows, columns), || random.sample::<f32, _>(StandardNormal));
    for t in 1..rows {
        for column in 0..columns {
            data[[t, column]] = 0.5 * data[[t - 1, column]] + 0.87 * data[[t, column]];
        }
    }
    data
}

struct Heard {
    model: Model,
    acts: Activations,
    neurons: NeuronSeries,
    /// Sentences of the stories that were not heard.
    sentences: Vec<Vec<Word>>,
}

/// One story is heard, the others are for texts that nobody hears.
fn heard() -> &'static Heard {
    static HEARD: OnceLock<Heard> = OnceLock::new();
    HEARD.get_or_init(|| {
        let story = Stimulus::example().unwrap().in_runs(RUNS, 6.0).unwrap();
        let model = Model::load("minilm-l6").unwrap();
        let options = ReadOptions::default().without_store();
        let acts = model.activations_with(&story, &[Site::FfnOut], &options).unwrap().remove(0);
        let clock = Simulation::new(1).clock(&story).unwrap();
        let neurons = acts.to_series(&clock).unwrap();
        let mut sentences = vec![Vec::new()];
        for word in Stimulus::example_runs().unwrap().words().iter().filter(|word| word.run > 0) {
            let ends = word.text.ends_with(['.', '!', '?']);
            sentences.last_mut().unwrap().push(word.clone());
            if ends {
                sentences.push(Vec::new());
            }
        }
        sentences.retain(|sentence| sentence.len() > 4);
        Heard { model, acts, neurons, sentences }
    })
}

fn mask() -> Mask {
    let affine = Affine([[4.0, 0.0, 0.0, -20.0], [0.0, 4.0, 0.0, -20.0], [0.0, 0.0, 4.0, 0.0]]);
    Mask::new([4, 5, 3], affine, &[true; VOXELS]).unwrap()
}

/// Two networks of 30 voxels: the first is driven, the second by nothing.
fn networks() -> Networks {
    let maps = Array2::from_shape_fn((2, VOXELS), |(n, v)| f32::from(u8::from(v / SOME == n)));
    Networks::new(maps, &mask(), &["Driven".to_owned(), "Idle".to_owned()], "made networks").unwrap()
}

/// The planted units: those that go together with one of them.
fn planted() -> Vec<Neuron> {
    let neurons = &heard().neurons;
    let of = |n: usize| neurons.data().column(n);
    let seed = 4 * 384 + 100;
    let mut order: Vec<usize> = (0..neurons.data().ncols()).collect();
    order.sort_by(|a, b| of(*b).dot(&of(seed)).total_cmp(&of(*a).dot(&of(seed))));
    order[..30].iter().map(|column| neurons.neurons().neuron(*column)).collect()
}

fn planted_course(values: ndarray::ArrayView2<f32>) -> ndarray::Array1<f32> {
    let axis = heard().neurons.neurons().clone();
    let columns: Vec<usize> = planted().iter().map(|neuron| axis.column(*neuron).unwrap()).collect();
    values.select(Axis(1), &columns).mean_axis(Axis(1)).unwrap()
}

/// A simulated subject: the planted units' mean course drives the first network.
fn subject(snr: f32, seed: u64) -> VoxelSeries {
    let clock = heard().neurons.clock().clone();
    let mut data = noise(clock.total(), VOXELS, seed);
    let course = planted_course(heard().neurons.data().view());
    let size = course.std(0.0);
    for v in 0..SOME {
        data.column_mut(v).scaled_add(snr / size, &course);
    }
    VoxelSeries::new(data, mask(), clock, format!("SIMULATED subject {seed}")).unwrap()
}

fn silico(subjects: &[VoxelSeries]) -> InSilico {
    let heard = heard();
    let patterns = heard.neurons.patterns(Pca::new(20)).unwrap();
    let start = InSilico::new(&heard.model, &heard.neurons).unwrap().through(&patterns).unwrap();
    subjects
        .iter()
        .fold(start, |silico, bold| silico.subject(&encode(&patterns, bold, Ridge::default()).unwrap(), bold).unwrap())
}

/// A text of sentences by their numbers.
fn text(name: &str, numbers: &[usize]) -> Stimulus {
    let words: Vec<String> =
        numbers.iter().flat_map(|n| heard().sentences[*n].iter().map(|word| word.text.clone())).collect();
    Stimulus::from_text(name, &words.join(" "), Speaking::default()).unwrap()
}

/// Texts of sentences one after the other, 45 words and more each, which last longer than the response takes to settle; those in which the planted units are
/// most active, in standard deviations over the heard words, come first.
fn by_activity() -> &'static Vec<Stimulus> {
    static ORDER: OnceLock<Vec<Stimulus>> = OnceLock::new();
    ORDER.get_or_init(|| {
        let lengths: Vec<usize> = heard().sentences.iter().map(Vec::len).collect();
        let each = in_texts(&(0..lengths.len()).collect::<Vec<usize>>(), &lengths);
        let all = heard().acts.values();
        let axis = heard().neurons.neurons().clone();
        let columns: Vec<usize> = planted().iter().map(|neuron| axis.column(*neuron).unwrap()).collect();
        let options = ReadOptions::default().without_store();
        let active = |text: &Stimulus| {
            let read = heard().model.activations_with(text, &[Site::FfnOut], &options).unwrap();
            let z = |column: &usize| {
                let heard = all.column(*column);
                (read[0].values().column(*column).mean().unwrap() - heard.mean().unwrap()) / heard.std(0.0)
            };
            columns.iter().map(z).sum::<f32>() / columns.len() as f32
        };
        let made = each.iter().enumerate().map(|(n, sentences)| text(&format!("text {n}"), sentences));
        let mut order: Vec<(f32, Stimulus)> = made.map(|text| (active(&text), text)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        order.into_iter().map(|(_, text)| text).collect()
    })
}

/// Sentences put together to texts of 45 words and more; what is left over is in none.
fn in_texts(sentences: &[usize], lengths: &[usize]) -> Vec<Vec<usize>> {
    let (mut texts, mut open, mut words) = (Vec::new(), Vec::new(), 0);
    for sentence in sentences {
        open.push(*sentence);
        words += lengths[*sentence];
        if words >= 45 {
            texts.push(std::mem::take(&mut open));
            words = 0;
        }
    }
    texts
}

/// The eight texts in which the planted units are most active, and the eight in which they are least; `mixed`: the same texts at random.
fn texts(mixed: Option<u64>) -> [Vec<Stimulus>; 2] {
    let order = by_activity();
    let mut both: Vec<Stimulus> = order[..8].iter().chain(&order[order.len() - 8..]).cloned().collect();
    if let Some(seed) = mixed {
        both.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
    }
    let b = both.split_off(8);
    [both, b]
}

#[test]
fn a_planted_contrast_is_found_in_its_network_and_not_in_the_other() {
    let [a, b] = texts(None);
    let subjects: Vec<VoxelSeries> = (0..4).map(|n| subject(2.0, 10 + n)).collect();
    for subjects in [&subjects[..1], &subjects[..]] {
        let silico = silico(subjects);
        for options in [ContrastOptions::default(), ContrastOptions::default().as_they_are()] {
            let contrast = silico.contrast_with(&a, &b, &options).unwrap();
            let driven = (0..SOME).filter(|v| contrast.q()[*v] < 0.05).count();
            let idle = (SOME..VOXELS).filter(|v| contrast.q()[*v] < 0.05).count();
            println!("{contrast}");
            assert!(driven >= 10 && idle <= 3, "{driven} driven and {idle} idle voxels: {contrast}");
            let table = contrast.networks(&networks()).unwrap();
            println!("{table}");
            let (driven, idle) = (table.of("Driven").unwrap(), table.of("Idle").unwrap());
            assert!(driven.q < 0.05 && driven.difference > 0.2 && idle.q > 0.05, "{table}");
            let [low, high] = driven.interval.unwrap();
            assert!(0.0 < low && low < driven.difference && driven.difference < high, "{table}");
            // The contrast is the difference of what is predicted.
            let mean = contrast.responses().slice(s![.., ..SOME]).mean_axis(Axis(1)).unwrap();
            let sum: f64 = mean.iter().zip(contrast.text_weights()).map(|(v, w)| f64::from(*v) * w).sum();
            assert!((sum - driven.difference).abs() < 1e-3, "{sum} {}", driven.difference);
        }
    }
}

#[test]
fn samples_of_the_same_texts_differ_no_more_than_chance() {
    let silico = silico(&[subject(1.0, 10)]);
    let (mut found, mut low) = (0, 0);
    for seed in 0..12 {
        let [a, b] = texts(Some(seed));
        let contrast = silico.contrast_with(&a, &b, &ContrastOptions::default().permutations(399)).unwrap();
        found += usize::from(contrast.count() > 0);
        low += usize::from(contrast.networks(&networks()).unwrap().of("Driven").unwrap().p_texts <= 0.1);
    }
    println!("{found} of 12 contrasts of mixed texts have a finding, {low} p over texts ≤ 0.1");
    assert!(found <= 2 && low <= 4, "{found} {low}");
}

#[test]
fn a_predicted_course_is_the_planted_one_in_a_text_that_nobody_heard() {
    let silico = silico(&[subject(1.0, 10), subject(1.0, 11)]);
    let numbers: Vec<usize> = (0..30).collect();
    let new = text("new", &numbers);
    let predicted = silico.predict(&new).unwrap();
    let course = predicted.networks(&networks()).unwrap();
    // What the planted units do there, by the plain way.
    let options = ReadOptions::default().without_store();
    let acts = heard().model.activations_with(&new, &[Site::FfnOut], &options).unwrap().remove(0);
    let truth = planted_course(acts.to_series(course.clock()).unwrap().data().view());
    let found = course.course("Driven").unwrap();
    let column = |values: &[f32]| Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap();
    let clock = course.clock();
    let r = correlate_pairs(&column(&found), &column(&truth.to_vec()), clock, Sides::Greater).unwrap().r()[[0, 0]];
    println!("{predicted}\nr = {r} with the planted course");
    assert!(r > 0.7, "{r}");
    let idle = course.data().column(1).std(0.0) / course.data().column(0).std(0.0);
    assert!(idle < 0.35, "{idle}");
    assert_eq!(predicted.of_subject(1).unwrap().data().dim(), predicted.voxels().data().dim());
    assert!(predicted.of_subject(2).is_err() && predicted.to_string().contains("nobody heard this"));
}

#[test]
fn what_makes_no_contrast_is_said() {
    let one = silico(&[subject(1.0, 10)]);
    let [a, b] = texts(None);
    let problem = |a: &[Stimulus], b: &[Stimulus]| one.contrast(a, b).unwrap_err().problem().to_owned();
    assert!(problem(&a[..1], &b).contains("1 text(s) in A"));
    assert!(problem(&a, &a).contains("A and B are the same texts"));
    assert!(problem(&a, &a[2..]).contains("is in A and in B"));
    let cut: Vec<Word> = a[0].words()[..3].to_vec();
    let tiny = Stimulus::new("tiny", cut, Timing::Made).unwrap();
    let found = problem(&[&[tiny], &a[1..]].concat(), &b);
    assert!(found.contains("`tiny` ends after") && found.contains("before its response has settled"), "{found}");
    let silent =
        Stimulus::new("silent", vec![Word { text: "…".into(), run: 0, onset: None, offset: None }], Timing::Made);
    assert!(one.predict(&silent.unwrap()).unwrap_err().problem().contains("no word of run 0 of `silent` has a time"));
    let other = Model::random_like(&heard().model, 1).unwrap();
    let error = InSilico::new(&other, &heard().neurons).unwrap_err();
    assert!(error.problem().contains("minilm-l6") && error.problem().contains("random weights"), "{error}");
    // Data of somebody else have other weights.
    let patterns = heard().neurons.patterns(Pca::new(20)).unwrap();
    let fit = encode(&patterns, &subject(1.0, 10), Ridge::default()).unwrap();
    let start = InSilico::new(&heard().model, &heard().neurons).unwrap().through(&patterns).unwrap();
    assert!(start.subject(&fit, &subject(1.0, 11)).is_err() && start.predict(&a[0]).is_err());
}

#[test]
fn a_fit_on_neurons_themselves_and_one_run_without_an_interval() {
    let heard = heard();
    let story = heard.acts.stimulus().run(0).unwrap();
    let options = ReadOptions::default().without_store();
    let acts = heard.model.activations_with(&story, &[Site::FfnOut], &options).unwrap().remove(0);
    let clock = Simulation::new(1).clock(&story).unwrap();
    let neurons = acts.to_series(&clock).unwrap().high_pass(100.0).unwrap();
    let mut data = noise(clock.total(), VOXELS, 5);
    let course = planted_course(neurons.data().view());
    (0..SOME).for_each(|v| data.column_mut(v).scaled_add(2.0 / course.std(0.0), &course));
    let bold = VoxelSeries::new(data, mask(), clock, "SIMULATED one run").unwrap();
    let fit = encode(&neurons, &bold, Ridge::default()).unwrap();
    let silico = InSilico::new(&heard.model, &neurons).unwrap().subject(&fit, &bold).unwrap();
    let [a, b] = texts(None);
    let contrast = silico.contrast_with(&a, &b, &ContrastOptions::default().as_they_are()).unwrap();
    println!("{contrast}\n{}", contrast.networks(&networks()).unwrap());
    assert!(contrast.interval().is_none() && contrast.to_string().contains("no interval"), "{contrast}");
    assert!(contrast.networks(&networks()).unwrap().of("Driven").unwrap().difference > 0.2);
}

#[test]
fn a_lesion_lowers_the_score_of_its_network_more_than_random_ones() {
    let heard = heard();
    let courses: Vec<NetworkSeries> =
        (0..2).map(|n| subject(1.5, 20 + n).network_courses(&networks()).unwrap()).collect();
    let coupling = couple(&heard.neurons, &courses[0]).unwrap();
    let options = LesionOptions::default().units(30).random(19);
    let found = lesion_with(&heard.model, &coupling, "Driven", &options).unwrap();
    println!("{found}");
    let (driven, idle) = (found.score("Driven").unwrap(), found.score("Idle").unwrap());
    assert!(driven.before > 0.4 && driven.change < -0.005 && driven.p <= 0.1, "{found}");
    assert!(driven.change < driven.random_mean() && idle.p > 0.05, "{found}");
    assert!(found.losses().is_empty() && found.to_string().contains("has no head that guesses"), "{found}");
    assert!(found.to_string().contains("found with the data on which they are scored"), "{found}");
    // In somebody else the noise is another, and what is driven is the same.
    let other = lesion_with(&heard.model, &coupling, "Driven", &options.clone().courses(&courses[1])).unwrap();
    assert!(other.score("Driven").unwrap().p <= 0.1 && !other.to_string().contains("found with the data"), "{other}");
    let noise = lesion_with(&heard.model, &coupling, "Idle", &options.courses(&courses[1])).unwrap();
    println!("{noise}");
    assert!(noise.score("Idle").unwrap().p > 0.05, "{noise}");
    let right = found.units().iter().filter(|unit| planted().contains(unit)).count();
    println!("{right} of 30 lesioned units are planted ones");
    let group = couple_group(&[(&heard.neurons, &courses[0]), (&heard.neurons, &courses[1])], &Synchrony::default());
    let all = lesion_all(&heard.model, &group.unwrap(), &LesionOptions::default().random(4).units(20)).unwrap();
    println!("{all}");
    assert_eq!((all.each().len(), all.changes().dim()), (2, (2, 2)));
    assert!(all.changes()[[0, 0]] < 0.0 && all.to_string().contains("4 random groups: no p is below 2.0e-1"), "{all}");
    // A network that nothing drives has no anchors.
    let strict = couple_with(&heard.neurons, &courses[0], &Synchrony::default().level(1e-5)).unwrap();
    let error = lesion(&heard.model, &strict, "Idle").unwrap_err();
    assert!(
        error.problem().contains("no neuron is anchored in Idle") && error.problem().contains("the nearest"),
        "{error}"
    );
    assert!(lesion(&heard.model, &coupling, "Drivn").unwrap_err().advice().contains("Driven"));
}

#[test]
fn sub_groups_and_products_are_lesioned_alike() {
    let heard = heard();
    let bold = subject(1.5, 20);
    let patterns = heard.neurons.patterns(Pca::new(20)).unwrap();
    let fit = encode(&patterns, &bold, Ridge::default()).unwrap();
    let groups = subgroups(&fit, &networks(), &patterns, &heard.neurons).unwrap();
    let options = LesionOptions::default().random(2);
    let courses = bold.network_courses(&networks()).unwrap();
    let found = lesion_with(&heard.model, &groups, "Driven", &options.clone().courses(&courses)).unwrap();
    assert!(found.units().len() == 100 && found.score("Driven").unwrap().change < 0.0, "{found}");
    assert!(lesion_with(&heard.model, &groups, "Driven", &options.clone()).unwrap().scores().is_empty());
    // A product cannot be set to a number: its query is.
    let read = ReadOptions::default().without_store();
    let acts = heard.model.activations_with(heard.acts.stimulus(), &[Site::AttnQk], &read).unwrap().remove(0);
    let coupling = couple(&acts.to_series(heard.neurons.clock()).unwrap(), &courses).unwrap();
    let found = lesion_with(&heard.model, &coupling, "Driven", &options.clone().units(10)).unwrap();
    assert!(found.to_string().contains("their queries (AttnQ) set to their means"), "{found}");
    let zero = lesion_with(&heard.model, &coupling, "Driven", &options.units(10).ablation(Ablation::Zero)).unwrap();
    assert!(zero.to_string().contains("set to 0") && zero.score("Driven").unwrap().change != 0.0, "{zero}");
}

/// What both experiments give on subjects as the tutorials have them. To be looked at: `cargo test … -- --ignored --nocapture in_a_study`.
#[test]
#[ignore = "takes minutes: a study to be looked at"]
fn in_a_study_of_simulated_subjects_both_experiments_find_what_was_planted() {
    use std::time::Instant;
    let whole = Stimulus::example().unwrap();
    let split = 800;
    let part = |words: &[Word]| Stimulus::new("part", words.to_vec(), Timing::Made).unwrap();
    let story = part(&whole.words()[..split]).in_runs(4, 6.0).unwrap();
    let model = Model::load("minilm-l6").unwrap();
    let options = ReadOptions::default().without_store();
    let acts = model.activations_with(&story, &[Site::FfnOut], &options).unwrap().remove(0);
    let yeo = Networks::yeo7().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut heard = Vec::new();
    for n in 1..=6 {
        let id = format!("sim0{n}");
        let simulation = Simulation::new(n).like(1).subject(&id);
        let root = folder.path().join(&id);
        simulation.write(&acts, &yeo, &root).unwrap();
        let bold = Subject::open(&root, &id).unwrap().bold("story").unwrap().clean(Cleaning::default()).unwrap();
        heard.push((root, bold));
    }
    let neurons = acts.to_series(heard[0].1.clock()).unwrap().high_pass(128.0).unwrap();
    let patterns = neurons.patterns(Ica::new(64)).unwrap();
    let mut silico = InSilico::new(&model, &neurons).unwrap().through(&patterns).unwrap();
    let mut alone = None;
    for (_, bold) in &heard {
        let fit = encode(&patterns, bold, Ridge::default().without_store()).unwrap();
        silico = silico.subject(&fit, bold).unwrap();
        alone = alone.or_else(|| Some(silico.clone()));
    }
    let alone = alone.unwrap();
    println!("{silico}");
    // Texts are chosen by what was planted, as an experimenter would choose them by what is to be shown.
    let truth = Truth::read(&heard[0].0).unwrap();
    let axis = neurons.neurons();
    let course = truth.course("Default").unwrap();
    let members: Vec<(usize, f32)> = truth
        .neurons("Default")
        .unwrap()
        .iter()
        .map(|neuron| {
            let column = axis.column(*neuron).unwrap();
            let along: f32 = neurons.data().column(column).iter().zip(&course).map(|(a, b)| a * b).sum();
            (column, along.signum())
        })
        .collect();
    // Passages of the other stories, some six sentences each.
    let mut passages: Vec<Vec<Word>> = vec![Vec::new()];
    let (mut run, mut sentences) = (1, 0);
    for word in Stimulus::example_runs().unwrap().words().iter().filter(|word| word.run > 0) {
        if word.run != run || sentences == 6 {
            (run, sentences) = (word.run, 0);
            passages.push(Vec::new());
        }
        sentences += usize::from(word.text.ends_with(['.', '!', '?']));
        passages.last_mut().unwrap().push(word.clone());
    }
    passages.retain(|passage| passage.len() > 30);
    let make = |name: &str, n: usize| {
        let words: Vec<&str> = passages[n].iter().map(|word| word.text.as_str()).collect();
        Stimulus::from_text(format!("{name}{n}"), &words.join(" "), Speaking::default()).unwrap()
    };
    let spread: Vec<f32> = members.iter().map(|(column, _)| acts.values().column(*column).std(0.0)).collect();
    let activity = |n: usize| {
        let read = model.activations_with(&make("one", n), &[Site::FfnOut], &options).unwrap();
        let mean = |column: usize| read[0].values().column(column).mean().unwrap();
        members.iter().zip(&spread).map(|((column, sign), spread)| sign * mean(*column) / spread).sum::<f32>()
    };
    let mut order: Vec<(f32, usize)> = (0..passages.len()).map(|n| (activity(n), n)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let order: Vec<usize> = order.into_iter().map(|(_, n)| n).collect();
    // The upper and the lower third.
    let groups = |order: &[usize]| {
        let third = order.len() / 3;
        let of = |name: &str, part: &[usize]| part.iter().map(|n| make(name, *n)).collect::<Vec<Stimulus>>();
        [of("a", &order[..third]), of("b", &order[order.len() - third..])]
    };
    let [a, b] = groups(&order);
    for (silico, options) in [
        (&alone, ContrastOptions::default()),
        (&silico, ContrastOptions::default()),
        (&silico, ContrastOptions::default().matching()),
        (&silico, ContrastOptions::default().as_they_are()),
    ] {
        let start = Instant::now();
        let contrast = silico.contrast_with(&a, &b, &options).unwrap();
        println!("{contrast}\n{}\n{:.1} s\n", contrast.networks(&yeo).unwrap(), start.elapsed().as_secs_f64());
    }
    let of_people = silico.contrast(&a, &b).unwrap().networks(&yeo).unwrap().to_string();
    let found = |line: &str| line.starts_with("Default ") && line.ends_with('*');
    assert!(of_people.contains("1 with q < 0.05") && of_people.lines().any(found), "{of_people}");
    let [mut low_texts, mut low_both, mut found, mut tests] = [0usize; 4];
    for seed in 0..10 {
        let mut mixed = order.clone();
        mixed.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
        let [a, b] = groups(&mixed);
        let contrast = alone.contrast_with(&a, &b, &ContrastOptions::default().permutations(499)).unwrap();
        let below = |p: &[f64]| p.iter().filter(|p| **p <= 0.05).count();
        (low_texts, low_both) = (low_texts + below(contrast.p_texts()), low_both + below(contrast.p()));
        (found, tests) = (found + usize::from(contrast.count() > 0), tests + contrast.p().len());
    }
    println!(
        "mixed texts: {:.3} of p over texts ≤ 0.05, {:.3} of the larger p; {found} of 10 contrasts have a finding",
        low_texts as f64 / tests as f64,
        low_both as f64 / tests as f64
    );
    let courses = heard[0].1.network_courses(&yeo).unwrap();
    let coupling = couple(&neurons, &courses).unwrap();
    let start = Instant::now();
    let all = lesion_all(&model, &coupling, &LesionOptions::default().units(30).random(49)).unwrap();
    println!("{all}\n{}\n{:.1} s for 7 × 50 lesions", all.of("Default").unwrap(), start.elapsed().as_secs_f64());
    println!("{:.3}", all.changes());
}
