//! Made data for figures of neurons, words, curves and models, as awkward as they come: a part of the gallery.

use super::made::{self, YEO, clock};
use super::*;
use crate::activation::{NeuronSeries, TopWord};
use crate::brain::{NetworkSeries, Networks};
use crate::coupling::calibration::{fit_with, made_networks};
use crate::coupling::{
    Coupling, MatchOptions, NetworkMatch, OfHead, Reading, SubGroups, couple, match_networks_with, subgroups,
};
use crate::model::{Neuron, NeuronAxis, Site};
use crate::stimulus::Stimulus;
use ndarray::Array2;
use rand::Rng;

/// Made networks, one of which has a long name.
fn networks() -> Networks {
    let networks = made_networks();
    let names = [
        "Visual",
        "Somatomotor",
        "Default Mode, with the temporal poles and the hippocampal formation",
        "שפה (language)",
    ];
    Networks { names: names.map(str::to_owned).to_vec().into(), ..networks }
}

/// Weights of `count` made patterns: noise, and in some of them a network.
fn weights(count: usize, networks: &Networks) -> Array2<f32> {
    let mut random = made::random(71);
    Array2::from_shape_fn((count, networks.mask().count()), |(k, v)| {
        let planted = if k % 3 == 0 { networks.maps()[[(k / 3) % 4, v]] / (1.0 + 0.3 * k as f32) } else { 0.0 };
        let sign = if k % 2 == 0 { 1.5 } else { -1.5 };
        0.35 * made::normal(&mut random) as f32 + sign * planted
    })
}

pub(super) fn matched(count: usize) -> NetworkMatch {
    let networks = networks();
    let fit = fit_with(weights(count, &networks), networks.mask());
    match_networks_with(&fit, &networks, MatchOptions::default().surrogates(499)).unwrap()
}

/// Neurons of four layers, of which each network has some in one layer.
fn coupled(strength: f32) -> Coupling {
    let clock = made::clock();
    let data = made::smooth(clock.total(), 96, 31);
    let mut networks = made::smooth(clock.total(), YEO.len(), 32);
    for (n, mut network) in networks.columns_mut().into_iter().enumerate() {
        (0..6).for_each(|unit| network.scaled_add(strength, &data.column(24 * (n % 4) + 6 * (n / 4) + unit)));
    }
    let axis = NeuronAxis::new("minilm-l6", Site::AttnZ, 4, 24).with_heads(3);
    let neurons = NeuronSeries::new(data, clock.clone(), axis).unwrap();
    let names = YEO.map(str::to_owned);
    let networks = NetworkSeries::new(networks, &names, clock, "SIMULATED subject sim01, Yeo's 7 networks").unwrap();
    couple(&neurons, &networks).unwrap()
}

pub(super) fn groups() -> SubGroups {
    let networks = networks();
    let fit = fit_with(weights(12, &networks), networks.mask());
    subgroups(&fit, &networks, &made::patterns(12), &made::neuron_series()).unwrap()
}

fn attention() -> NeuronAxis {
    NeuronAxis::new("bert-base-uncased", Site::AttnQk, 12, 768).with_heads(12)
}

pub(super) fn top_words() -> Vec<TopWord> {
    let story = Stimulus::example().unwrap();
    let words = story.words();
    let top = |(rank, index): (usize, usize)| {
        let near =
            |from: usize, to: usize| words[from..to].iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
        let context = format!("{} ‹{}› {}", near(index - 4, index), words[index].text, near(index + 1, index + 5));
        let value = 3.2 * 0.86f32.powi(rank as i32) - 0.9;
        TopWord { index, word: words[index].text.clone(), value, context }
    };
    let mut all: Vec<TopWord> = (0..14).map(|n| 5 + 23 * n).enumerate().map(top).collect();
    let long = "Donaudampfschifffahrtsgesellschaftskapitänswitwe".to_owned();
    all[3].context = format!("she was the ‹{long}› of whom they had told us so much before that winter");
    all[3].word = long;
    all[5].context = "והיא אמרה ‹שלום› לכולם".to_owned();
    all[5].word = "שלום".to_owned();
    all
}

fn cloud() -> Vec<(String, f64)> {
    let story = Stimulus::example().unwrap();
    let mut random = made::random(72);
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    let words = story.words().iter().map(|word| letters(&word.text)).filter(|word| word.chars().count() > 2);
    let mut all: Vec<(String, f64)> =
        words.take(400).map(|word| (word, 0.6 + random.r#gen::<f64>().powi(4) * 4.0)).collect();
    all.insert(3, ("Donaudampfschifffahrtsgesellschaftskapitän".to_owned(), 2.2));
    all.insert(9, ("سلام".to_owned(), 3.1));
    for n in (0..all.len()).step_by(6) {
        all[n].1 *= -0.8;
    }
    all
}

pub(super) fn curves(names: &[&str]) -> CurveSet {
    let snr = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6];
    let set = CurveSet::new("SNR (ratio of variances)", "AUC of sub-group members");
    let set = set.title("Members found in simulated subjects").remark("20 simulated subjects; bands: 95 % of subjects");
    let rise = |n: usize, x: f64| 0.5 + (0.48 - 0.05 * n as f64) * (1.0 - (-x * (5.0 - 0.8 * n as f64).max(0.6)).exp());
    let oracle: Vec<f64> = snr.iter().map(|x: &f64| 0.5 + 0.49 * (1.0 - (-9.0 * x).exp())).collect();
    let set =
        set.curve(Curve::new("oracle: told the planted courses", &snr, &oracle).bound()).chance(0.5).logarithmic();
    names.iter().enumerate().fold(set, |set, (n, name)| {
        let y: Vec<f64> = snr.iter().map(|x| rise(n, *x)).collect();
        let wide = |x: f64| 0.06 / (1.0 + 2.0 * x);
        let ends = |sign: f64| snr.iter().zip(&y).map(|(x, y)| y + sign * wide(*x)).collect::<Vec<f64>>();
        set.curve(Curve::new(*name, &snr, &y).between(&ends(-1.0), &ends(1.0)))
    })
}

fn growth() -> CurveSet {
    let x: Vec<f64> = (1..=60).map(|n| 25.0 * f64::from(n)).collect();
    let set =
        CurveSet::new("volumes (TR 1.5 s)", "held-out r, mean over voxels").title("Growth with the length of the scan");
    ["patterns of minilm-l6", "word rate and length"].iter().enumerate().fold(set, |set, (n, name)| {
        let most = 0.12 / (1.0 + n as f64);
        let y: Vec<f64> = x.iter().map(|x| most * x / (x + 180.0)).collect();
        let ends = |by: f64| y.iter().zip(&x).map(|(y, x)| y + by / x.sqrt()).collect::<Vec<f64>>();
        set.curve(Curve::new(*name, &x, &y).between(&ends(-0.2), &ends(0.2)))
    })
}

pub(super) fn models(count: usize) -> Vec<ModelOrganisation> {
    let names =
        ["bert-base-uncased", "llama-7b", "llama-2-7b", "llama-3-8b", "a model with a very long name, instruct, v2.1"];
    let of = |d: f64, r: f64, c: f64| Organisation {
        diversity: Measured::new(d, d - 0.5, d + 0.4),
        consistency: Measured::new(r, r - 0.05, r + 0.06),
        compactness: Measured::new(c, c - 0.02, c + 0.03),
    };
    let model = |n: usize| {
        let up = n as f64 / count as f64;
        ModelOrganisation {
            model: names[n % 5].to_owned(),
            trained: of(3.1 + 2.4 * up, 0.28 + 0.15 * up, 0.14 + 0.05 * (3.0 * up).sin()),
            twin: (n != 3).then(|| of(2.0 + 0.2 * up, 0.09 + 0.02 * up, 0.07)),
        }
    };
    (0..count).map(model).collect()
}

/// A pair of courses, the second of which follows the first by two volumes.
fn pair() -> [Vec<f32>; 2] {
    let (a, b) = (made::smooth(clock().total(), 1, 81), made::smooth(clock().total(), 1, 82));
    let (a, b) = (a.column(0).to_vec(), b.column(0).to_vec());
    let later = (0..a.len()).map(|t| 0.8 * a[t.saturating_sub(2)] + 0.6 * b[t]).collect();
    [a, later]
}

pub(super) fn gallery() -> Vec<(&'static str, Figure)> {
    let story = Stimulus::example().unwrap();
    let [a, b] = pair();
    let match_40 = matched(40);
    let long = "Default Mode, with the temporal poles and the hippocampal formation, mean of 12,345 voxels";
    let (attention, plain) = (attention(), NeuronAxis::new("minilm-l6", Site::AttnZ, 6, 384).with_heads(12));
    let mut random = made::random(73);
    let values: Vec<f32> = (0..attention.total())
        .map(|n| {
            let neuron = attention.neuron(n);
            let near = neuron.layer == 7 && neuron.head == Some(3);
            (0.05 * made::normal(&mut random) + if near { 0.12 } else { 0.0 }) as f32
        })
        .collect();
    let members: Vec<Neuron> =
        (0..60).map(|n| attention.neuron((n * n * 157 + if n % 3 == 0 { 5568 } else { 0 }) % 9216)).collect();
    let mut members = members;
    members.sort();
    members.dedup();
    members
        .extend((50..58).map(|unit| Neuron::in_head(7, 3, unit)).filter(|n| !members.contains(n)).collect::<Vec<_>>());
    let lists = [(long, members.clone()), ("Anchors of Limbic", members[..20].to_vec())];
    let cloud = cloud();
    let weighted: Vec<(&str, f64)> = cloud.iter().map(|(word, weight)| (word.as_str(), *weight)).collect();
    let few: Vec<(&str, f64)> = weighted.iter().take(14).map(|(word, weight)| (*word, weight.abs())).collect();
    let parts = ["noun", "verb", "adjective", "proper noun", "other"];
    let classes: Vec<&str> = (0..weighted.len()).map(|n| parts[n * n % 5]).collect();
    let overlay =
        |options: CourseOverlay| course_overlay(("L7.H3.17 of bert-base-uncased", &a), (long, &b), &clock(), options);
    vec![
        (
            "pattern_courses_with_words",
            pattern_courses_with_words(&made::patterns(64), &[], &story, Stretch::default().from(0, 20.0)).unwrap(),
        ),
        (
            "pattern_courses_with_words_many",
            pattern_courses_with_words(
                &made::patterns(5),
                &[4, 1],
                &story,
                Stretch::default().from(0, 0.0).seconds(190.0),
            )
            .unwrap(),
        ),
        ("match_matrix", match_matrix(&match_40, MatchMatrix::default()).unwrap()),
        (
            "match_matrix_few",
            match_matrix(&match_40, MatchMatrix::default().patterns(6).title("Six patterns")).unwrap(),
        ),
        ("coupling_matrix", coupling_matrix(&coupled(0.5), CouplingMatrix::default()).unwrap()),
        ("coupling_matrix_nothing", coupling_matrix(&coupled(0.0), CouplingMatrix::default()).unwrap()),
        ("anchor_layers", anchor_layers(&coupled(0.5)).unwrap()),
        ("match_matrix_one", match_matrix(&matched(1), MatchMatrix::default()).unwrap()),
        (
            "layer_heads",
            layer_heads(&values, &attention, LayerHeads::default().unit("r").title("r with the Default network"))
                .unwrap(),
        ),
        (
            "layer_heads_size",
            layer_heads(&values[..2304], &plain, LayerHeads::default().unit("|loading|").of(OfHead::MeanSize)).unwrap(),
        ),
        ("layer_heads_large", {
            let axis = NeuronAxis::new("llama-2-70b", Site::AttnZ, 80, 640).with_heads(64);
            let values: Vec<f32> = (0..axis.total()).map(|n| (n as f32 * 0.013).sin() * 0.1).collect();
            layer_heads(&values, &axis, LayerHeads::default().unit("r")).unwrap()
        }),
        (
            "layer_head_counts",
            layer_head_counts(&members, &attention, LayerHeads::default().title("Anchors of the Default network"))
                .unwrap(),
        ),
        ("layer_histogram", layer_histogram(&groups(), "Visual", LayerHistogram::default().members(60)).unwrap()),
        (
            "layer_histograms",
            layer_histograms(&groups().with_reading(Reading::BestPattern), LayerHistogram::default()).unwrap(),
        ),
        ("member_histograms", member_histograms(&lists, &attention, LayerHistogram::default()).unwrap()),
        ("course_overlay", overlay(CourseOverlay::default()).unwrap()),
        (
            "course_overlay_words",
            overlay(CourseOverlay::default().words(&story).stretch(Stretch::default().from(0, 30.0)).window(30.0))
                .unwrap(),
        ),
        (
            "course_overlay_plain",
            overlay(CourseOverlay::default().window(None).lags(0).title("A neuron and a network")).unwrap(),
        ),
        (
            "word_bars",
            word_bars(&top_words(), WordBars::default().title("Words of L7.H3.17").unit("activation (z)")).unwrap(),
        ),
        ("word_bars_few", word_bars(&top_words(), WordBars::default().words(1)).unwrap()),
        (
            "word_cloud",
            word_cloud(&weighted, WordCloud::default().title("Words of the Default network").unit("mean z")).unwrap(),
        ),
        ("word_cloud_few", word_cloud(&few, WordCloud::default()).unwrap()),
        ("word_cloud_classes", word_cloud(&weighted, WordCloud::default().unit("z").classes(&classes)).unwrap()),
        (
            "recovery_curves",
            recovery_curves(&curves(&["combined reading", "best pattern (Sun et al. 2024)", "scattered units"]))
                .unwrap(),
        ),
        (
            "recovery_curves_many",
            recovery_curves(&curves(&[
                "a",
                "b",
                "c",
                "d",
                "e with a name that is far too long to stand at the end of a line",
                "f",
                "g",
                "h",
                "i",
            ]))
            .unwrap(),
        ),
        ("growth_curves", recovery_curves(&growth()).unwrap()),
        (
            "organisation",
            organisation_panel(
                &models(5),
                OrganisationPanel::default().remark("made numbers; bars: 95 % of bootstrap draws over subjects"),
            )
            .unwrap(),
        ),
        ("organisation_one", organisation_panel(&models(1), OrganisationPanel::default()).unwrap()),
    ]
}

/// Ten thousand made patterns of twelve neurons.
fn many_patterns() -> crate::pattern::Patterns {
    const COUNT: usize = 10_000;
    let few = made::patterns(2);
    let wave = |t: usize, k: usize| (t as f32 * (0.1 + 0.02 * (k % 17) as f32)).sin();
    let mut report = few.report.clone();
    report.explained_by = (0..COUNT).map(|n| 0.2 / (1.0 + n as f64)).collect();
    report.stability = None;
    crate::pattern::Patterns {
        courses: Array2::from_shape_fn((clock().total(), COUNT), |(t, k)| wave(t, k)).into(),
        loadings: Array2::from_shape_fn((COUNT, 12), |(k, n)| if (k + n) % 3 == 0 { 1.0 } else { 0.0 }).into(),
        neurons: NeuronAxis::new("made", Site::FfnOut, 6, 2),
        explained_by_neuron: vec![0.7; 12].into(),
        report,
        ..few
    }
}

/// Ten thousand of everything: figures show a part by a rule that they state, and how many there are.
pub(super) fn crowded() -> Vec<(&'static str, Figure, &'static str)> {
    let many: Vec<String> = (0..10_000).map(|n| format!("item {n}")).collect();
    let labels: Vec<&str> = many.iter().map(String::as_str).collect();
    let numbers: Vec<f64> = (0..10_000).map(|n| 5.0 - f64::from(n) * 0.001).collect();
    let table = Array2::from_shape_fn((10_000, 7), |(r, c)| ((r * 7 + c) as f64 * 0.37).sin() * (r % 100) as f64);
    let yeo = YEO.map(str::to_owned);
    let weighted: Vec<(&str, f64)> = labels.iter().copied().zip(numbers.iter().copied()).collect();
    let word =
        |n: usize| TopWord { index: n, word: many[n].clone(), value: 1.0, context: format!("a ‹{}› b", many[n]) };
    let words: Vec<TopWord> = (0..10_000).map(word).collect();
    let curve = |n: usize| Curve::new(&many[n], &[0.0, 1.0], &[0.0, n as f64]);
    let set = (0..10_000).fold(CurveSet::new("x", "y"), |set, n| set.curve(curve(n)));
    let turned = table.t().to_owned();
    vec![
        ("bars_crowded", bars(&labels, &numbers, "Words", "z").unwrap(), "the first 80 of 10000"),
        ("heat_crowded", heat_map(&table, &many, &yeo, HeatMap::default().title("Rows")).unwrap(), "400 of 10000 rows"),
        (
            "heat_crowded_columns",
            heat_map(&turned, &yeo, &many, HeatMap::default().axes("network", "pattern")).unwrap(),
            "120 of 10000 patterns",
        ),
        (
            "word_bars_crowded",
            word_bars(&words, WordBars::default().words(1000)).unwrap(),
            "the first 60 of 10000 words",
        ),
        ("word_cloud_crowded", word_cloud(&weighted, WordCloud::default()).unwrap(), "the 80 of 10000 words"),
        ("curves_crowded", recovery_curves(&set).unwrap(), "the first 8 of 10000 curves"),
        (
            "models_crowded",
            organisation_panel(&models(10_000), OrganisationPanel::default()).unwrap(),
            "the first 40 of 10000 models",
        ),
        ("pattern_courses_crowded", pattern_courses(&many_patterns()).unwrap(), "0–7 of 10000"),
        ("pattern_summary_crowded", pattern_summary(&many_patterns()).unwrap(), "the first 400 of 10000"),
        (
            "histogram_crowded",
            histogram(&numbers.iter().map(|v| *v as f32).collect::<Vec<f32>>(), "t", "z", Histogram::default())
                .unwrap(),
            "median",
        ),
        (
            "dendrogram_crowded",
            {
                let tree = crate::pattern::hierarchy(
                    &made::smooth(2_500, 12, 4),
                    &many[..2_500],
                    crate::pattern::Hierarchical::default(),
                )
                .unwrap();
                dendrogram(&tree, Dendrogram::default()).unwrap()
            },
            "of 2500",
        ),
    ]
}
