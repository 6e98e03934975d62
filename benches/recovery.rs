//! What both analyses find of what was planted, and what they find where nothing was; started by `benches/run-recovery`.
//!
//! Everything is SIMULATED: units of MiniLM that read the project's stories drive networks of simulated subjects, in memory, on a grid of 8 mm. The
//! analyses know nothing of what was planted; only the comparison at the end does. The neurons pass the high-pass filter that the BOLD passes, as in the notebooks.

use neurocell::brain::Affine;
use neurocell::prelude::*;
use std::time::Instant;

type Done = std::result::Result<(), Box<dyn std::error::Error>>;

/// The stated study.
const SUBJECTS: usize = 6;
const SNR: f64 = 0.6;
const TR: f64 = 1.5;
const VOLUMES: usize = 300;
/// Seconds of scan after the last word, of which there is always a part.
const TAIL: f64 = 12.0;

fn main() -> Done {
    let words: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let Some(work) = words.first() else {
        println!("no work: start this by `benches/run-recovery [WORK …]`");
        return Ok(());
    };
    let number = |at: usize, usual: usize| words.get(at).map_or(Ok(usual), |word| word.parse());
    let start = Instant::now();
    match work.as_str() {
        "study" => study(number(1, 3)?, number(2, 0)? as u64, words.get(3..).unwrap_or_default())?,
        "snr" => over_snr(number(1, 2)?)?,
        "length" => over_length(number(1, 2)?)?,
        "null" => null(number(1, 200)?, number(2, 0)? as u64)?,
        other => println!("no such work: {other}; there are study, snr, length and null"),
    }
    println!("{work}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Cutoff of the filter that both sides pass, in seconds.
const HIGH_PASS: f64 = 128.0;

/// Both papers' neurons on one scan: FfnOut and their patterns, AttnQk.
struct Neurons {
    /// What drives the subjects: the courses of both sites as they are.
    driving: [NeuronSeries; 2],
    first: NeuronSeries,
    patterns: Patterns,
    second: NeuronSeries,
}

impl Neurons {
    /// Of runs of so many volumes.
    fn read(volumes: usize) -> Result<Neurons> {
        let stories = shortened(&Stimulus::example_runs()?, volumes as f64 * TR - TAIL)?;
        let model = Model::load("minilm-l6")?;
        let sites = model.activations_with(&stories, &[Site::FfnOut, Site::AttnQk], &ReadOptions::default())?;
        let clock = Simulation::new(0).tail(TAIL).clock(&stories)?;
        let driving = [sites[0].to_series(&clock)?, sites[1].to_series(&clock)?];
        let (first, second) = (driving[0].high_pass(HIGH_PASS)?, driving[1].high_pass(HIGH_PASS)?);
        let patterns = first.patterns(Dictionary::default())?;
        println!("{clock}; {}", patterns.method());
        Ok(Neurons { driving, first, patterns, second })
    }
}

/// The words that have ended after so many seconds of their run.
fn shortened(stories: &Stimulus, seconds: f64) -> Result<Stimulus> {
    let words = stories.words().iter().filter(|word| word.offset.is_none_or(|offset| offset <= seconds));
    Stimulus::new(stories.name(), words.cloned().collect(), stories.timing())
}

/// An atlas in the brain at 8 mm: every second voxel of the 4 mm brain along each axis.
fn atlas(name: &str) -> Result<Networks> {
    let fine = Mask::mni4mm()?;
    let shape = fine.shape().map(|n| n.div_ceil(2));
    let affine = Affine(fine.affine().0.map(|[x, y, z, origin]| [2.0 * x, 2.0 * y, 2.0 * z, origin]));
    let mut inside = vec![false; shape.iter().product()];
    for (n, inside) in inside.iter_mut().enumerate() {
        let at = [n % shape[0], n / shape[0] % shape[1], n / shape[0] / shape[1]];
        *inside = fine.number(at.map(|i| 2 * i)).is_some();
    }
    Networks::load(name)?.resampled_to(&Mask::new(shape, affine, &inside)?)
}

/// Sun et al. 2024 on a group: patterns, each subject's encoding model, their mean, its maps beside the networks.
fn paper_one(
    subjects: &[VoxelSeries],
    networks: &Networks,
    neurons: &Neurons,
    surrogates: usize,
) -> Result<([NetworkMatch; 2], SubGroups, EncodingFit)> {
    let fits = subjects.iter().map(|bold| encode(&neurons.patterns, bold, Ridge::default().without_store()));
    let fit = mean_fit(&fits.collect::<Result<Vec<EncodingFit>>>()?)?;
    let usual = match_networks_with(&fit, networks, MatchOptions::default().surrogates(surrogates))?;
    let weights = MatchOptions::default().maps(PatternMap::Weights).surrogates(19);
    let as_in_the_paper = match_networks_with(&fit, networks, weights)?;
    let groups = subgroups(&fit, networks, &neurons.patterns, &neurons.first)?;
    Ok(([usual, as_in_the_paper], groups, fit))
}

/// Liu et al. 2023 on a group: each network's course in each subject beside every neuron.
fn paper_two(subjects: &[VoxelSeries], networks: &Networks, neurons: &NeuronSeries) -> Result<Coupling> {
    let courses: Vec<NetworkSeries> =
        subjects.iter().map(|bold| bold.network_courses(networks)).collect::<Result<Vec<_>>>()?;
    let pairs: Vec<(&NeuronSeries, &NetworkSeries)> = courses.iter().map(|courses| (neurons, courses)).collect();
    couple_group(&pairs, &Synchrony::default())
}

/// One row of numbers, each the mean of the studies that were added.
#[derive(Default)]
struct Row {
    sums: Vec<f64>,
    count: f64,
}

impl Row {
    fn add(&mut self, values: &[f64]) {
        self.sums.resize(values.len(), 0.0);
        self.sums.iter_mut().zip(values).for_each(|(sum, v)| *sum += v);
        self.count += 1.0;
    }

    fn print(&self, name: &str) {
        let values: Vec<String> = self.sums.iter().map(|sum| format!("{:6.3}", sum / self.count)).collect();
        println!("{name:44} {}", values.join("  "));
    }
}

const FIRST: &str =
    "named  by weights  AUC best, combined, oracle, ratio  precision best, combined, oracle, ratio  voxels";
const SECOND: &str = "anchored, oracle, ratio  AUC, oracle, ratio  precision, oracle, ratio";

fn first_study(simulation: &Simulation, networks: &Networks, neurons: &Neurons) -> Result<Vec<f64>> {
    let group = simulation.in_memory_series(&neurons.driving[0], networks)?;
    let subjects = group.clean_all(Cleaning::strategy(Strategy::Simple))?;
    let ([usual, weights], groups, fit) = paper_one(&subjects, networks, neurons, 199)?;
    let found = group.truth().compare(&usual, &groups, &fit)?;
    let as_in_the_paper = group.truth().compare(&weights, &groups, &fit)?;
    if std::env::var_os("NEUROCELL_BENCH_SHOW").is_some() {
        println!("{found}");
    }
    let ([a, b, c], [d, e, f]) = (found.member_auc().unwrap_or_default(), found.overlap().unwrap_or_default());
    let named = [&found, &as_in_the_paper].map(|found| found.named().unwrap_or_default());
    let voxels = found.voxel_auc.unwrap_or(f64::NAN);
    Ok(vec![named[0], named[1], a, b, c, b / c, d, e, f, e / f, voxels])
}

fn second_study(simulation: &Simulation, networks: &Networks, neurons: &Neurons) -> Result<Vec<f64>> {
    let group = simulation.in_memory_series(&neurons.driving[1], networks)?;
    let subjects = group.clean_all(Cleaning::strategy(Strategy::Simple))?;
    let coupling = paper_two(&subjects, networks, &neurons.second)?;
    let found = group.truth().compare_coupling(&coupling, &neurons.second)?;
    if std::env::var_os("NEUROCELL_BENCH_SHOW").is_some() {
        println!("{found}");
    }
    let all = [found.anchored(), found.auc(), found.precision()].map(Option::unwrap_or_default);
    Ok(all.iter().flat_map(|[here, oracle]| [*here, *oracle, here / oracle]).collect())
}

/// The stated study: seeds, atlases (two, or those that are named), plantings.
fn study(seeds: usize, first_seed: u64, atlases: &[String]) -> Done {
    let neurons = Neurons::read(VOLUMES)?;
    let usual = ["yeo-7".to_owned(), "yeo-17".to_owned()];
    for atlas_name in if atlases.is_empty() { &usual } else { atlases } {
        let networks = atlas(atlas_name)?;
        println!("{} of {} voxels; {SUBJECTS} SIMULATED subjects, SNR {SNR}", atlas_name, networks.mask().count());
        println!("paper 1: {FIRST}");
        for planting in [Planting::Together, Planting::Scattered] {
            let mut row = Row::default();
            for seed in first_seed..first_seed + seeds as u64 {
                let simulation = Simulation::new(seed).subjects(SUBJECTS).snr(SNR).planting(planting);
                let found = first_study(&simulation, &networks, &neurons)?;
                let mut one = Row::default();
                one.add(&found);
                one.print(&format!("  {atlas_name} {planting:?} seed {seed}"));
                row.add(&found);
            }
            row.print(&format!("{atlas_name} {planting:?}, mean of {seeds}"));
        }
        println!("paper 2: {SECOND}");
        for planting in [Planting::Together, Planting::Single, Planting::Scattered] {
            let mut row = Row::default();
            for seed in first_seed..first_seed + seeds as u64 {
                let simulation = Simulation::new(seed).subjects(SUBJECTS).snr(SNR).planting(planting);
                let found = second_study(&simulation, &networks, &neurons)?;
                let mut one = Row::default();
                one.add(&found);
                one.print(&format!("  {atlas_name} {planting:?} seed {seed}"));
                row.add(&found);
            }
            row.print(&format!("{atlas_name} {planting:?}, mean of {seeds}"));
        }
    }
    Ok(())
}

/// Units that act together in seven networks, over the signal-to-noise ratio.
fn over_snr(seeds: usize) -> Done {
    let neurons = Neurons::read(VOLUMES)?;
    over(seeds, [0.1, 0.2, 0.4, 0.6, 1.0].map(|snr| (format!("SNR {snr}"), snr)).to_vec(), &neurons)
}

/// The same over the length of the runs.
fn over_length(seeds: usize) -> Done {
    for volumes in [75, 150, 300] {
        let neurons = Neurons::read(volumes)?;
        over(seeds, vec![(format!("4 × {volumes} TR"), SNR)], &neurons)?;
    }
    Ok(())
}

fn over(seeds: usize, settings: Vec<(String, f64)>, neurons: &Neurons) -> Done {
    let networks = atlas("yeo-7")?;
    println!("paper 1: {FIRST}\npaper 2: {SECOND}");
    for (name, snr) in settings {
        let (mut first, mut second) = (Row::default(), Row::default());
        for seed in 0..seeds as u64 {
            let simulation = Simulation::new(seed).subjects(SUBJECTS).snr(snr);
            first.add(&first_study(&simulation, &networks, neurons)?);
            second.add(&second_study(&simulation.planting(Planting::Single), &networks, neurons)?);
        }
        first.print(&format!("paper 1, {name}, Together"));
        second.print(&format!("paper 2, {name}, Single"));
    }
    Ok(())
}

/// Data sets in which nothing was planted: in how many is anything found?
fn null(sets: usize, first_seed: u64) -> Done {
    let neurons = Neurons::read(VOLUMES)?;
    let networks = atlas("yeo-7")?;
    let mut found = [0; 2];
    for seed in first_seed..first_seed + sets as u64 {
        let simulation = Simulation::new(10_000 + seed).subjects(SUBJECTS).snr(0.0);
        let subjects = simulation
            .in_memory_series(&neurons.driving[0], &networks)?
            .clean_all(Cleaning::strategy(Strategy::Simple))?;
        let ([matched, _], ..) = paper_one(&subjects, &networks, &neurons, 999)?;
        let coupling = paper_two(&subjects, &networks, &neurons.second)?;
        let pairs =
            [matched.q().iter().filter(|q| **q < 0.05).count(), coupling.q().iter().filter(|q| **q < 0.05).count()];
        found.iter_mut().zip(pairs).for_each(|(found, pairs)| *found += usize::from(pairs > 0));
        let done = seed - first_seed + 1;
        if pairs != [0, 0] || done.is_multiple_of(20) {
            println!(
                "{done} SIMULATED data sets without a signal: something found in {} by paper 1, {} by paper 2 (here {pairs:?} pairs)",
                found[0], found[1]
            );
        }
    }
    let share = |count: usize| 100.0 * count as f64 / sets as f64;
    println!(
        "nothing planted, {sets} data sets, q < 0.05: false discoveries in {:.1} % (paper 1), {:.1} % (paper 2)",
        share(found[0]),
        share(found[1])
    );
    Ok(())
}
