//! Made data of the kinds that figures draw, for tests: smooth maps on a brain mask, courses, a fitted model.

use super::template::template;
use crate::activation::NeuronSeries;
use crate::brain::{Affine, BrainMap, Mask, Networks, Participants, VoxelSeries};
use crate::brain::{Cleaning, CleaningReport, Scrub, Subject, write_series};
use crate::clock::Clock;
use crate::encoding::{EncodingFit, HeldOut, Trained};
use crate::encoding::{NoiseCeiling, NormalisedScores, RoiCorrelations, SplitHalf, normalise, roi_scores};
use crate::model::{NeuronAxis, Site};
use crate::pattern::{Patterns, Report};
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

pub(super) fn random(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

pub(super) fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    (0..12).map(|_| random.r#gen::<f64>()).sum::<f64>() - 6.0
}

/// A 4 mm mask of the template's brain; flipped: the first axis runs from right to left.
pub(super) fn mask(flipped: bool) -> Mask {
    let shape = [40, 48, 40];
    let affine = match flipped {
        false => Affine([[4.0, 0.0, 0.0, -78.0], [0.0, 4.0, 0.0, -112.0], [0.0, 0.0, 4.0, -72.0]]),
        true => Affine([[-4.0, 0.0, 0.0, 78.0], [0.0, 4.0, 0.0, -112.0], [0.0, 0.0, 4.0, -72.0]]),
    };
    let brain = &template().unwrap().grey;
    let inside = |flat: &u32| {
        let n = *flat as usize;
        let voxel = [n % shape[0], n / shape[0] % shape[1], n / (shape[0] * shape[1])];
        brain.at(affine.mm(voxel.map(|i| i as f64))).1 > 0.5
    };
    let voxels: Vec<u32> = (0..(shape[0] * shape[1] * shape[2]) as u32).filter(inside).collect();
    Mask { shape, affine, voxels: voxels.into(), origin: Default::default() }
}

pub(super) fn mm(mask: &Mask, n: usize) -> [f64; 3] {
    mask.affine().mm(mask.position(n).map(|i| i as f64))
}

/// Blobs of a height and a width (mm) at points in mm, on top of a little noise.
pub(super) fn blobs(mask: &Mask, blobs: &[([f64; 3], f64, f64)], noise: f64, label: &str, unit: &str) -> BrainMap {
    let mut random = random(3);
    let values = (0..mask.count())
        .map(|n| {
            let at = mm(mask, n);
            let sum: f64 = blobs
                .iter()
                .map(|(centre, height, width)| {
                    let d2: f64 = (0..3).map(|a| (at[a] - centre[a]).powi(2)).sum();
                    height * (-0.5 * d2 / (width * width)).exp()
                })
                .sum();
            (sum + noise * normal(&mut random)) as f32
        })
        .collect();
    BrainMap::new(values, mask, label, unit).unwrap()
}

pub(super) fn score_map() -> BrainMap {
    let centres =
        [([-56.0, -22.0, 6.0], 0.42, 12.0), ([56.0, -18.0, 6.0], 0.36, 12.0), ([-44.0, 24.0, 14.0], 0.22, 10.0)];
    blobs(&mask(false), &centres, 0.025, "held-out r, simulated subject 01, 64 ICA patterns of minilm-l6", "r")
}

pub(super) fn clock() -> Clock {
    Clock::new(1.5, &[134, 130, 141]).unwrap()
}

pub(super) fn neurons() -> NeuronAxis {
    NeuronAxis::new("minilm-l6", Site::FfnOut, 6, 384)
}

/// Smooth courses, z-scored, time × n.
pub(super) fn smooth(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut random = random(seed);
    let mut data = Array2::zeros((rows, columns));
    for mut column in data.columns_mut() {
        let mut state = 0.0;
        for value in column.iter_mut() {
            state = 0.85 * state + normal(&mut random);
            *value = state as f32;
        }
        let (mean, sd) = (column.mean().unwrap(), column.std(0.0));
        column.mapv_inplace(|v| (v - mean) / sd);
    }
    data
}

pub(super) fn patterns(count: usize) -> Patterns {
    let mut random = random(6);
    let total = neurons().total();
    // Sparse loadings, each pattern's in a few layers, and smaller from pattern to pattern.
    let loadings = Array2::from_shape_fn((count, total), |(pattern, neuron)| {
        let apart = (neuron / 384).abs_diff(pattern % 6) as f64;
        let value = normal(&mut random) * (-0.7 * apart).exp() / (1.0 + pattern as f64).sqrt();
        if value.abs() < 0.05 { 0.0 } else { value as f32 }
    });
    let explained_by_neuron = (0..total).map(|n| 0.7 + 0.25 * (n as f32 * 0.37).sin()).collect();
    let report = Report {
        iterations: 12,
        converged: true,
        objective: (0..12).map(|n| 0.31 + 0.4 * f64::exp(-f64::from(n))).collect(),
        objective_is: "½‖s − D·a‖² + λ‖a‖₁, mean over neurons",
        explained_by: (0..count).map(|n| 0.2 / (1.0 + n as f64)).collect(),
        stability: Some((0..count).map(|n| 1.0 / (1.0 + 0.02 * n as f64)).collect()),
        ..Report::default()
    };
    Patterns {
        courses: smooth(clock().total(), count, 5).into(),
        loadings: loadings.into(),
        clock: clock(),
        neurons: neurons(),
        method: "FastICA, 64 components, logcosh, seed 0".to_owned(),
        explained: 0.713,
        explained_by_neuron,
        report,
        origin: Default::default(),
    }
}

pub(super) fn neuron_series() -> NeuronSeries {
    NeuronSeries::new(smooth(clock().total(), neurons().total(), 7), clock(), neurons()).unwrap()
}

pub(super) fn voxel_series() -> VoxelSeries {
    let mask = mask(false);
    let data = smooth(60, mask.count(), 8);
    VoxelSeries::new(data, mask, Clock::new(2.0, &[60]).unwrap(), "simulated subject 01, task story, cleaned").unwrap()
}

/// Two runs of a made subject whose head jumps, in files as fMRIPrep has them: before cleaning, after it, and the report.
pub(super) fn cleaned() -> (VoxelSeries, VoxelSeries, CleaningReport) {
    let folder = tempfile::tempdir().unwrap();
    let func = folder.path().join("derivatives/fmriprep/sub-sim01/func");
    std::fs::create_dir_all(&func).unwrap();
    std::fs::write(folder.path().join("dataset_description.json"), "{\"Name\": \"SIMULATED for a figure\"}").unwrap();
    let mask = mask(false);
    for (run, volumes) in [(1, 160), (2, 120)] {
        let mut random = random(30 + run);
        let jumps = [volumes / 5, volumes / 5 + 1, volumes / 2, volumes / 2 + 4, volumes - 12];
        let mut motion = vec![[0.0; 6]];
        for t in 1..volumes {
            let size = if jumps.contains(&t) { 0.5 } else { 0.02 };
            let before = motion[t - 1];
            let axes: [f64; 6] = std::array::from_fn(|axis| if axis < 3 { size } else { 0.01 * size });
            motion.push(std::array::from_fn(|axis| before[axis] + axes[axis] * normal(&mut random)));
        }
        let noise = smooth(volumes, mask.count(), 40 + run);
        let far = |n: usize| mm(&mask, n).map(|v| v / 60.0);
        let data = Array2::from_shape_fn((volumes, mask.count()), |(t, n)| {
            let (p, m) = (far(n), motion[t]);
            let drift = 2.0 * (0.02 * t as f64 + p[1]).sin();
            let moved: f64 = (0..3).map(|axis| 6.0 * m[axis] * p[axis]).sum();
            let spike = if jumps.contains(&t) { 9.0 * (1.0 + p[2]) } else { 0.0 };
            (1000.0 + 5.0 * (f64::from(noise[[t, n]]) + drift + moved + spike)) as f32
        });
        let stem = format!("sub-sim01_task-story_run-{run}");
        let image = |what: &str| func.join(format!("{stem}_space-MNI152NLin2009cAsym_res-4_desc-{what}.nii.gz"));
        write_series(&image("preproc_bold"), &mask, &data, 1.5).unwrap();
        mask.write(image("brain_mask")).unwrap();
        let names = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"];
        let mut text =
            format!("{}\tglobal_signal\tcsf\twhite_matter\tstd_dvars\tnon_steady_state_outlier00\n", names.join("\t"));
        for (t, row) in motion.iter().enumerate() {
            let dvars = if jumps.contains(&t) { 2.1 } else { 1.0 + 0.1 * normal(&mut random) };
            let global = data.row(t).iter().map(|v| f64::from(*v)).sum::<f64>() / mask.count() as f64;
            let cells = row.map(|v| v.to_string()).join("\t");
            let (csf, white) = (1.3 * global + normal(&mut random), 0.9 * global + 0.5 * normal(&mut random));
            text += &format!("{cells}\t{global}\t{csf}\t{white}\t{dvars}\t{}\n", u8::from(t == 0));
        }
        std::fs::write(func.join(format!("{stem}_desc-confounds_timeseries.tsv")), text).unwrap();
    }
    let bold = Subject::open(folder.path(), "sim01").unwrap().bold("story").unwrap();
    let cleaning = Cleaning::default().scrub(Scrub::default());
    let report = bold.cleaning_report(&cleaning).unwrap();
    (bold.clean(Cleaning::none()).unwrap(), bold.clean(cleaning).unwrap(), report)
}

pub(super) const YEO: [&str; 7] =
    ["Visual", "Somatomotor", "Dorsal Attention", "Ventral Attention", "Limbic", "Frontoparietal", "Default"];

/// Seven made networks: voxels go to the nearest of a few seeds, on both sides alike.
pub(super) fn networks() -> Networks {
    let mask = mask(false);
    let seeds = [
        [10.0, -88.0, 0.0],
        [34.0, -24.0, 58.0],
        [30.0, -58.0, 52.0],
        [56.0, -30.0, 28.0],
        [24.0, 8.0, -26.0],
        [42.0, 38.0, 24.0],
        [6.0, -52.0, 26.0],
    ];
    let mut maps = Array2::zeros((7, mask.count()));
    for n in 0..mask.count() {
        let at = mm(&mask, n);
        let far = |s: &[f64; 3]| (at[0].abs() - s[0]).powi(2) + (at[1] - s[1]).powi(2) + (at[2] - s[2]).powi(2);
        let (best, d2) = (0..7).map(|k| (k, far(&seeds[k]))).min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        if d2 < 45.0 * 45.0 {
            maps[[best, n]] = 1.0;
        }
    }
    let colours =
        [[120, 18, 134], [70, 130, 180], [0, 118, 14], [196, 58, 250], [220, 248, 164], [230, 148, 34], [205, 62, 78]];
    Networks {
        atlas: "Made networks (7)".to_owned(),
        names: YEO.map(str::to_owned).to_vec().into(),
        colours: colours.to_vec().into(),
        maps: maps.into(),
        mask,
        origin: Default::default(),
    }
}

pub(super) fn fit() -> EncodingFit {
    let map = score_map();
    let mut random = random(11);
    let grid: Vec<f64> = (0..20).map(|n| 10f64.powf(-1.0 + 6.0 * f64::from(n) / 19.0)).collect();
    let alphas: Vec<f32> = map
        .values()
        .iter()
        .map(|r| {
            let place = 16.0 - 14.0 * f64::from(*r) + 2.5 * normal(&mut random);
            grid[(place.round().clamp(0.0, 19.0)) as usize] as f32
        })
        .collect();
    EncodingFit {
        weights: Array2::zeros((64, map.values().len())).into(),
        alphas: alphas.into(),
        grid: grid.into(),
        r: map.values().to_vec().into(),
        r2: map.values().iter().map(|r| r * r.abs()).collect::<Vec<f32>>().into(),
        kind: "patterns",
        delays: [].into(),
        stored: None,
        held_out: HeldOut::made(map.values()).into(),
        trained: Trained::made(64).into(),
        mask: map.mask().clone(),
        whose: "simulated subject 01".to_owned(),
        about: "simulated subject 01, 64 ICA patterns, 3 runs held out in turn".to_owned(),
        origin: Default::default(),
    }
}

/// Scores of a made model, and the ceiling of five made subjects with more in common where the scores are high.
pub(super) fn normalised() -> NormalisedScores {
    let map = score_map();
    let mut random = random(14);
    let share: Vec<f64> = map.values().iter().map(|r| (1.8 * f64::from(*r)).clamp(0.0, 0.8)).collect();
    let clock = Clock::new(1.5, &[40, 40]).unwrap();
    let common = smooth(80, share.len(), 50);
    let subject = |n: u64| {
        let mut data = smooth(80, share.len(), 50 + n);
        for (mut row, common) in data.rows_mut().into_iter().zip(common.rows()) {
            for ((v, common), share) in row.iter_mut().zip(common).zip(&share) {
                *v = (share.sqrt() * f64::from(*common) + (1.0 - share).sqrt() * f64::from(*v)) as f32;
            }
        }
        VoxelSeries::new(data, map.mask().clone(), clock.clone(), format!("simulated subject {n}")).unwrap()
    };
    let subjects: Vec<VoxelSeries> = (1..=5).map(subject).collect();
    let ceiling = NoiseCeiling::split_half(&subjects, SplitHalf::default()).unwrap();
    let score = |share: &f64| (0.7 * share.sqrt() + 0.04 * normal(&mut random)) as f32;
    let scores = BrainMap::new(share.iter().map(score).collect(), map.mask(), map.label(), "r").unwrap();
    normalise(&scores, &ceiling, 0.2).unwrap()
}

/// Scores of 24 made subjects in 17 networks, in some of which they fall with age; one has no age.
pub(super) fn correlated() -> RoiCorrelations {
    let networks = Networks::yeo17().unwrap();
    let labels = networks.labels().unwrap();
    let mut random = random(15);
    let mut table = "participant_id\tage\n".to_owned();
    let mut maps = Vec::new();
    for subject in 0..24 {
        let age = 19.0 + (f64::from(subject) * 2.3).round();
        let told = if subject == 7 { "n/a".to_owned() } else { age.to_string() };
        table += &format!("sub-{subject:02}\t{told}\n");
        let of_network: Vec<f64> = (0..17)
            .map(|n| 0.35 - 0.003 * age * f64::from(u8::from(n % 4 == 3)) + 0.03 * normal(&mut random))
            .collect();
        let value = |label: &Option<usize>| label.map_or(0.0, |n| of_network[n] as f32);
        let values = labels.iter().map(value).collect();
        maps.push(BrainMap::new(values, networks.mask(), "made scores", "r / ceiling").unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("participants.tsv");
    std::fs::write(&path, table).unwrap();
    std::fs::write(path.with_extension("json"), r#"{"age": {"Units": "years"}}"#).unwrap();
    let ids: Vec<String> = (0..24).map(|subject| format!("{subject:02}")).collect();
    let pairs: Vec<(&str, &BrainMap)> = ids.iter().map(String::as_str).zip(&maps).collect();
    roi_scores(&pairs, &networks).unwrap().correlate_with(&Participants::read(&path).unwrap(), "age", 500, 0).unwrap()
}
