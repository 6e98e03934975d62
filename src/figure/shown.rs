//! What figures of neurons, words, curves and models show are the numbers that went in.

use super::axis::PALETTE;
use super::kinds::{curves, groups, matched, models, top_words};
use super::made;
use super::sheet::{Ink, PAPER, Shape, Text};
use super::*;
use crate::clock::Clock;
use crate::coupling::layer_counts;
use crate::model::{Neuron, NeuronAxis, Site};
use crate::stimulus::Stimulus;
use ndarray::{Array1, Array2};

fn reference<A: ndarray_npy::ReadableElement, D: ndarray::Dimension>(name: &str) -> ndarray::Array<A, D> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/statistics/");
    ndarray_npy::read_npy(format!("{folder}{name}.npy")).unwrap()
}

fn texts(figure: &Figure) -> Vec<([f64; 2], &Text)> {
    figure
        .shapes()
        .iter()
        .filter_map(|s| match s {
            Shape::Words { at, text } => Some((*at, text)),
            _ => None,
        })
        .collect()
}

fn said(figure: &Figure) -> String {
    texts(figure).iter().map(|(_, text)| text.text.as_str()).collect::<Vec<&str>>().join(" ")
}

/// Corner and size of the blocks with one of these colours.
fn blocks(figure: &Figure, colours: &[usize]) -> Vec<[f64; 4]> {
    figure
        .shapes()
        .iter()
        .filter_map(|s| match s {
            Shape::Block { corner, size, colour } if colours.iter().any(|n| *colour == Ink::Own(PALETTE[*n])) => {
                Some([corner[0], corner[1], size[0], size[1]])
            }
            _ => None,
        })
        .collect()
}

fn discs(figure: &Figure, ink: Ink) -> Vec<[f64; 2]> {
    figure
        .shapes()
        .iter()
        .filter_map(|s| match s {
            Shape::Disc { centre, colour, .. } if *colour == ink => Some(*centre),
            _ => None,
        })
        .collect()
}

/// Whether two lists differ by a shift and a factor only.
fn affine(a: &[f64], b: &[f64]) -> bool {
    let (low, high) = (0, (0..a.len()).max_by(|x, y| (a[*x] - a[0]).abs().total_cmp(&(a[*y] - a[0]).abs())).unwrap());
    let scale = (b[high] - b[low]) / (a[high] - a[low]);
    a.iter().zip(b).all(|(x, y)| (b[low] + scale * (x - a[low]) - y).abs() < 0.01)
}

#[test]
fn a_match_matrix_has_a_star_for_each_level_of_q_and_its_rows_follow_the_networks() {
    let found = matched(24);
    let figure = match_matrix(&found, MatchMatrix::default()).unwrap();
    for (stars, above, below) in [("*", 0.01, 0.05), ("**", 0.001, 0.01), ("***", -1.0, 0.001)] {
        let drawn = texts(&figure).iter().filter(|(_, text)| text.text == stars).count();
        assert_eq!(drawn, found.q().iter().filter(|q| **q >= above && **q < below).count(), "{stars}");
    }
    // Row names stand in the leftmost column, from above.
    let mut rows: Vec<(f64, usize)> =
        texts(&figure).iter().filter_map(|(at, text)| Some((at[1], text.text.parse().ok()?))).collect();
    rows.retain(|(_, k)| *k < 24);
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let best = |k: usize| (0..4).max_by(|a, b| found.r()[[k, *a]].abs().total_cmp(&found.r()[[k, *b]].abs())).unwrap();
    let networks: Vec<usize> = rows.iter().map(|(_, k)| best(*k)).collect();
    assert!(rows.len() >= 24 && networks.is_sorted(), "{networks:?}");
    assert!(match_matrix(&found, MatchMatrix::default().patterns(0)).is_err());
}

#[test]
fn bars_of_a_layer_histogram_are_as_high_as_the_counts() {
    let (groups, axis) = (groups(), made::neurons());
    let figure = layer_histogram(&groups, "Visual", LayerHistogram::default().members(60)).unwrap();
    let counts = groups.layers("Visual", 60).unwrap();
    let heights: Vec<f64> = blocks(&figure, &[0, 1]).iter().filter(|b| b[3] != 12.0).map(|b| b[3]).collect();
    let shown: Vec<f64> = counts.iter().filter(|count| **count > 0).map(|count| *count as f64).collect();
    assert_eq!(heights.len(), shown.len());
    heights.iter().zip(&shown).for_each(|(h, c)| assert!((h / c - heights[0] / shown[0]).abs() < 1e-9));
    let places = layer_counts(&groups.subgroup("Visual", 60).unwrap(), &axis).unwrap();
    assert_eq!(places.counts().column(0).to_vec(), counts);
    assert!(said(&figure).contains("expected by chance: 10"), "60 neurons over 6 layers");
    assert!(layer_histogram(&groups, "Visaul", LayerHistogram::default()).is_err());
    assert!(layer_histograms(&groups, LayerHistogram::default().members(0)).is_err());
}

#[test]
fn words_stand_at_their_onsets() {
    let story = Stimulus::example().unwrap();
    let stretch = Stretch::default().from(0, 20.0).seconds(40.0);
    let figure = pattern_courses_with_words(&made::patterns(9), &[8, 2], &story, stretch).unwrap();
    let inside: Vec<_> = story.words().iter().filter(|w| w.onset.is_some_and(|t| (20.0..60.0).contains(&t))).collect();
    let mut places: Vec<(f64, f64)> = Vec::new();
    for (at, text) in texts(&figure).iter().filter(|(_, text)| text.upward) {
        let same: Vec<_> = inside.iter().filter(|word| word.text == text.text).collect();
        if let [word] = same[..] {
            places.push((word.onset.unwrap(), at[0]));
        }
    }
    let (onsets, x): (Vec<f64>, Vec<f64>) = places.into_iter().unzip();
    assert!(onsets.len() > 15 && affine(&onsets, &x), "{onsets:?} {x:?}");
    assert!(said(&figure).contains(&format!("of {} words written", inside.len())));
    let refused = |which: &[usize], stretch| {
        pattern_courses_with_words(&made::patterns(9), which, &story, stretch).unwrap_err().to_string()
    };
    assert!(refused(&[9], Stretch::default()).contains("pattern 9 of 9"));
    assert!(refused(&[0; 9], Stretch::default()).contains("9 patterns in one figure"));
    assert!(refused(&[0], Stretch::default().from(7, 0.0)).contains("run 7 of 3"));
}

#[test]
fn bars_of_words_are_as_long_as_their_values() {
    let words = top_words();
    let figure = word_bars(&words, WordBars::default()).unwrap();
    let lengths: Vec<f64> = blocks(&figure, &[0, 1]).iter().map(|b| b[2]).collect();
    let values: Vec<f64> = words.iter().map(|word| f64::from(word.value.abs())).collect();
    assert!(lengths.len() == words.len() && affine(&values, &lengths));
    assert_eq!(blocks(&figure, &[1]).len(), words.iter().filter(|word| word.value < 0.0).count());
    assert!(word_bars(&[], WordBars::default()).is_err() && word_bars(&words, WordBars::default().words(0)).is_err());
}

#[test]
fn points_of_curves_stand_at_their_values() {
    let set = curves(&["one"]);
    let figure = recovery_curves(&set).unwrap();
    let method = &set.curves[1];
    let drawn = discs(&figure, Ink::Own(PALETTE[0]));
    let (x, y): (Vec<f64>, Vec<f64>) = drawn.iter().map(|[x, y]| (*x, *y)).unzip();
    let logarithm: Vec<f64> = method.x.iter().map(|x| x.ln()).collect();
    assert!(affine(&logarithm, &x) && affine(&method.y, &y), "{drawn:?}");
    assert!(y[0] > y[5], "greater values stand higher");
    let band = figure.shapes().iter().find_map(|s| match s {
        Shape::Polygon { corners, .. } => Some(corners.clone()),
        _ => None,
    });
    let edges: Vec<f64> = band.unwrap().iter().map(|corner| corner[1]).collect();
    let ends: Vec<f64> = method.low.iter().chain(method.high.iter().rev()).copied().collect();
    assert!(affine(&ends, &edges));
}

#[test]
fn each_model_has_its_dots_at_its_values_and_each_twin_hollow_ones() {
    let models = models(5);
    let figure = organisation_panel(&models, OrganisationPanel::default()).unwrap();
    // One dot of each kind is the key's.
    let (filled, hollow) = (discs(&figure, Ink::Own(PALETTE[0])), discs(&figure, PAPER));
    let twins = models.iter().filter(|model| model.twin.is_some()).count();
    assert_eq!((filled.len(), hollow.len()), (3 * models.len() + 1, 3 * twins + 1));
    let diversity: Vec<f64> = models.iter().map(|model| model.trained.diversity.value).collect();
    let x: Vec<f64> = filled[1..=models.len()].iter().map(|at| at[0]).collect();
    assert!(affine(&diversity, &x));
    let mut wrong = models;
    wrong[1].trained.consistency.low = 2.0;
    let error = organisation_panel(&wrong, OrganisationPanel::default()).unwrap_err();
    assert!(error.problem().contains("consistency of `llama-7b`"), "{error}");
    assert!(organisation_panel(&[], OrganisationPanel::default()).is_err());
}

#[test]
fn an_overlay_prints_numpys_r_and_the_best_lag() {
    let pair: Array2<f32> = reference("course_pair");
    let lagged: Array1<f64> = reference("course_lagged");
    let clock = Clock::new(1.5, &[40, 55]).unwrap();
    let (a, b) = (pair.row(0).to_vec(), pair.row(1).to_vec());
    let figure = course_overlay(("neuron", &a), ("network", &b), &clock, CourseOverlay::default()).unwrap();
    let said = said(&figure);
    assert!(said.contains(&format!("r = {}, mean over 2 runs", axis::number(lagged[4], 2))), "{said}");
    let best = (0..9).max_by(|x, y| lagged[*x].abs().total_cmp(&lagged[*y].abs())).unwrap();
    let seconds = axis::brief((best as f64 - 4.0) * 1.5);
    let expected = format!("{}, where network follows by {seconds} s", axis::number(lagged[best], 2));
    assert!(best > 4 && said.contains(&expected), "{said} {expected}");
    let flat = vec![1.0; 95];
    let error = course_overlay(("flat", &flat), ("network", &b), &clock, CourseOverlay::default()).unwrap_err();
    assert!(error.problem().contains("`flat` does not vary in run 0"), "{error}");
    assert!(course_overlay(("short", &a[1..]), ("network", &b), &clock, CourseOverlay::default()).is_err());
}

#[test]
fn heads_are_asked_for_where_there_are_some() {
    let axis = NeuronAxis::new("bert", Site::AttnQk, 12, 768).with_heads(12);
    let members: Vec<Neuron> = (0..30).map(|n| Neuron::in_head(7, 3, 2 * n)).collect();
    let figure = layer_head_counts(&members, &axis, LayerHeads::default()).unwrap();
    assert!(said(&figure).contains("by chance 0.21 in a head"), "30 of 144 heads: {}", said(&figure));
    assert_eq!(figure.shapes().iter().filter(|s| matches!(s, Shape::Disc { .. })).count(), 1);
    let plain = NeuronAxis::new("bert", Site::FfnOut, 12, 768);
    for error in [
        layer_heads(&[0.0; 9216], &plain, LayerHeads::default()).unwrap_err(),
        layer_head_counts(&[Neuron::new(0, 0)], &plain, LayerHeads::default()).unwrap_err(),
    ] {
        assert!(error.problem().contains("FfnOut") && error.advice().contains("layer_histogram"), "{error}");
    }
    assert!(layer_heads(&[f32::NAN; 9216], &axis, LayerHeads::default()).unwrap_err().problem().contains("L0.H0.0"));
}

#[test]
fn clouds_of_nothing_and_of_what_is_no_number_are_named() {
    assert!(word_cloud(&[], WordCloud::default()).is_err());
    assert!(word_cloud(&[(" ", 1.0)], WordCloud::default()).is_err());
    let error = word_cloud(&[("a", 1.0), ("b", f64::NAN)], WordCloud::default()).unwrap_err();
    assert!(error.problem().contains("`b`"), "{error}");
    assert!(word_cloud(&[("a", 1.0)], WordCloud::default().classes(&["x", "y"])).is_err());
    // The same word counts once, with its greatest weight.
    let figure = word_cloud(&[("a", 1.0), ("b", 2.0), ("a", 4.0)], WordCloud::default()).unwrap();
    assert!(said(&figure).contains("2 words; size by |weight|, 2 to 4"), "{}", said(&figure));
}
