//! Every figure with made data: that it draws, that nothing is cut off or written over, that colours stand where they should.

use super::made::{self, YEO, blobs, clock, mask, mm};
use super::sheet::{Anchor, Shape};
use super::*;
use crate::activation::NeuronSeries;
use crate::brain::{Affine, BrainMap, Mask, VoxelSeries};
use crate::clock::Clock;
use crate::encoding::Folds;
use crate::pattern::{ChooseK, Distance, Hierarchical, Linkage, ParallelAnalysis, hierarchy};
use crate::stimulus::Stimulus;
use ndarray::{Array2, array};

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix} {n}")).collect()
}

fn matrix(rows: usize, columns: usize) -> Array2<f64> {
    let mut random = made::random(1);
    Array2::from_shape_fn((rows, columns), |(r, c)| {
        0.13 * made::normal(&mut random) + if r % columns == c { 0.35 } else { 0.0 }
    })
}

/// Each kind of figure, with made data as large and as awkward as it comes.
fn gallery() -> Vec<(&'static str, Figure)> {
    let yeo = YEO.map(str::to_owned).to_vec();
    let small = matrix(10, 7);
    let large = matrix(64, 17);
    let regions: Vec<String> = (0..17).map(|n| format!("{} {}", YEO[n % 7], ["A", "B", "C"][n / 7])).collect();
    let planted = made::smooth(clock().total(), 1, 21);
    let noise = made::smooth(clock().total(), 1, 22);
    let found = (&planted * 0.8 + &noise * 0.35).column(0).to_vec();
    let words = [
        "listened",
        "voice",
        "\"Never,\"",
        "whispered",
        "story",
        "he",
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "door",
        "rain",
    ];
    let weights = [4.12, 3.9, 3.35, 2.8, 2.75, 1.9, 0.82, -0.4, -1.25];
    let contrast = blobs(
        &mask(true),
        &[([-50.0, 20.0, 10.0], 2.8, 11.0), ([36.0, -60.0, 44.0], -2.2, 12.0)],
        0.1,
        "weights of pattern 12, simulated subject 01, FastICA with 64 components of minilm-l6 at FfnOut, three runs, high-pass 1/128 Hz, 24 motion parameters",
        "weight",
    );
    let other = blobs(&mask(false), &[([0.0, -52.0, 26.0], 1.9, 14.0)], 0.1, "pattern 3", "weight");
    let few = ChooseK::new(&[2, 3, 4, 6, 8, 12, 16, 24, 32]).restarts(1).splits(3);
    let axis = crate::model::NeuronAxis::new("minilm-l6", crate::model::Site::FfnOut, 1, 90);
    let small_series = NeuronSeries::new(made::smooth(60, 90, 9), Clock::new(1.5, &[60]).unwrap(), axis).unwrap();
    let series = [("planted course, Language", planted.column(0).to_vec()), ("found by the encoding model", found)];
    let mut all = vec![
        ("pattern_courses", pattern_courses(&made::patterns(64)).unwrap()),
        ("spectrum", {
            let series = made::neuron_series();
            spectrum_curve(&series.spectrum(ParallelAnalysis::default().most(40).surrogates(3)).unwrap()).unwrap()
        }),
        ("pattern_summary", pattern_summary(&made::patterns(64)).unwrap()),
        ("pattern_summary_few", pattern_summary(&made::patterns(2)).unwrap()),
        (
            "pattern_words",
            pattern_words(&made::patterns(64), 3, &Stimulus::example().unwrap(), Stretch::default().from(0, 20.0))
                .unwrap(),
        ),
        ("courses", courses(&series, &clock(), "Language network of a simulated subject", "z").unwrap()),
        ("heat_small", {
            let options =
                HeatMap::default().title("Encoding maps against networks").unit("spatial r").axes("pattern", "network");
            heat_map(
                &small,
                &names("pattern", 10),
                &yeo,
                options.marks(small.mapv(|v| v > 0.3), "q < 0.05, Benjamini–Hochberg"),
            )
            .unwrap()
        }),
        ("heat_large", {
            let options =
                HeatMap::default().title("Encoding maps against 17 networks, simulated subject").unit("spatial r");
            let marked = options.axes("pattern", "network").marks(large.mapv(|v| v > 0.4), "q < 0.05");
            heat_map(&large, &names("", 64), &regions, marked).unwrap()
        }),
        ("heat_one_sided", {
            let dice = small.mapv(|v| v.abs().min(0.6));
            heat_map(&dice, &names("p", 10), &yeo, HeatMap::default().title("Overlap").unit("Dice").one_sided())
                .unwrap()
        }),
        ("slices", slices(&made::score_map(), Slices::default()).unwrap()),
        ("slices_threshold", slices(&contrast, Slices::default().threshold(Threshold::Both(0.8))).unwrap()),
        ("slices_grid", slices_grid(&[contrast, other], Slices::default().count(7).title("Two patterns")).unwrap()),
        ("networks", network_slices(&made::networks()).unwrap()),
        ("parcels", network_slices(&crate::brain::Networks::schaefer(100, 17).unwrap()).unwrap()),
        ("mask", mask_slices(&mask(false)).unwrap()),
        ("folds_blocks", folds_figure(&Folds::blocks(&clock(), 6, 10.0).unwrap()).unwrap()),
        ("folds_nested", {
            let runs = Clock::new(2.0, &[120, 150, 120, 90, 150]).unwrap();
            let folds = Folds::stories(&runs, &["pieman", "the tunnel under the world", "pieman", "lucy", "lucy"]);
            inner_folds_figure(&folds.unwrap(), 0).unwrap()
        }),
        ("folds_many", {
            let runs = Clock::new(1.5, &[200; 27]).unwrap();
            folds_figure(&Folds::runs(&runs).unwrap()).unwrap()
        }),
        (
            "histogram",
            histogram(
                made::score_map().values(),
                "Held-out scores of a simulated subject",
                "r",
                Histogram::default().counted("voxels"),
            )
            .unwrap(),
        ),
        ("ceiling_hexbin", ceiling_hexbin(&made::normalised()).unwrap()),
        ("hexbin", {
            let (x, y) = (made::smooth(300, 1, 61), made::smooth(300, 1, 62));
            let (x, y) = ((x.column(0).to_owned() * 0.1).to_vec(), (y.column(0).to_owned() * 0.1).to_vec());
            let labels = ["held-out r of 64 patterns of minilm-l6", "held-out r of controls"];
            hexbin(&x, &y, "Two models of a simulated subject", labels, HexBin::default().across(24).counted("voxels"))
                .unwrap()
        }),
        ("roi_scatter", roi_scatter(&made::correlated()).unwrap()),
        ("scores", score_histograms(&made::fit()).unwrap()),
        ("bars", bars(&words, &weights, "Words at the highest values of pattern 12", "mean z at the word").unwrap()),
        (
            "shares",
            bars(&["layer 0", "layer 1", "layer 2"], &[12.5, 40.0, 47.5], "Layers of the sub-group", "% of neurons")
                .unwrap(),
        ),
        ("neuron_carpet", neuron_carpet(&made::neuron_series()).unwrap()),
        ("cleaning", {
            let (before, after, report) = made::cleaned();
            cleaning_figure(&before, &after, &report).unwrap()
        }),
        ("voxel_carpet", voxel_carpet(&made::voxel_series()).unwrap()),
        ("dendrogram", {
            let tree = made::patterns(24).hierarchy(Hierarchical::default()).unwrap();
            dendrogram(&tree, Dendrogram::default().clusters(6)).unwrap()
        }),
        ("dendrogram_networks", {
            let options = Hierarchical::default().linkage(Linkage::Ward).distance(Distance::Euclidean);
            let tree = hierarchy(&made::smooth(17, 40, 4), &regions, options).unwrap();
            dendrogram(&tree, Dendrogram::default().title("Networks with like encoding maps, simulated subject"))
                .unwrap()
        }),
        ("dendrogram_large", {
            let tree = hierarchy(&made::smooth(400, 30, 4), &names("neuron", 400), Hierarchical::default()).unwrap();
            dendrogram(&tree, Dendrogram::default()).unwrap()
        }),
        ("dendrogram_pair", {
            let tree = hierarchy(&made::smooth(2, 30, 4), &names("pattern", 2), Hierarchical::default()).unwrap();
            dendrogram(&tree, Dendrogram::default()).unwrap()
        }),
        ("k_curve", k_curve(&small_series.choose_k(few.clone()).unwrap()).unwrap()),
        ("k_curve_one", {
            let by = ChooseK { ks: vec![4], ..few.distance(Distance::Correlation) };
            k_curve(&small_series.choose_k(by).unwrap()).unwrap()
        }),
    ];
    all.extend(kinds::gallery());
    all
}

/// Figures that do not say yet what they were drawn from, by the beginnings of their names.
const SILENT: [&str; 12] = [
    "bars",
    "courses",
    "heat_",
    "histogram",
    "mask",
    "networks",
    "parcels",
    "pattern_courses",
    "pattern_words",
    "scores",
    "shares",
    "slices",
];

#[test]
fn every_figure_says_what_it_was_drawn_from() {
    for (name, figure) in gallery().into_iter().filter(|(name, _)| !SILENT.iter().any(|s| name.starts_with(s))) {
        let made = crate::provenance::Traced::provenance(&figure);
        assert!(!made.inputs().is_empty(), "{name}: {made}");
        assert!(made.json().len() < 20_000, "{name}: {} bytes", made.json().len());
    }
}

/// Left, top, right, bottom of a text.
fn extent(at: [f64; 2], text: &sheet::Text) -> [f64; 4] {
    let wide = font::width(&text.text, text.size, text.bold);
    let from = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -0.5 * wide,
        Anchor::End => -wide,
    };
    let (up, down) = (0.75 * text.size, 0.2 * text.size);
    match text.upward {
        false => [at[0] + from, at[1] - up, at[0] + from + wide, at[1] + down],
        true => [at[0] - up, at[1] - from - wide, at[0] + down, at[1] - from],
    }
}

#[test]
fn no_text_is_cut_off_or_written_over_another() {
    let crowded = kinds::crowded().into_iter().map(|(name, figure, _)| (name, figure));
    for (name, figure) in gallery().into_iter().chain(crowded) {
        let [w, h] = figure.size().map(f64::from);
        let texts: Vec<(&str, [f64; 4])> = figure
            .shapes()
            .iter()
            .filter_map(|s| match s {
                Shape::Words { at, text } => Some((text.text.as_str(), extent(*at, text))),
                _ => None,
            })
            .collect();
        for (n, (text, [l, t, r, b])) in texts.iter().enumerate() {
            assert!(
                *l >= 2.0 && *t >= 2.0 && *r <= w - 2.0 && *b <= h - 2.0,
                "{name}: `{text}` leaves the page: {l} {t} {r} {b}"
            );
            for (other, [ol, ot, or, ob]) in &texts[n + 1..] {
                assert!(l >= or || ol >= r || t >= ob || ot >= b, "{name}: `{text}` touches `{other}`");
            }
        }
    }
}

#[test]
fn every_figure_draws_in_both_formats() {
    let folder = std::env::var_os("NEUROCELL_GALLERY");
    for (name, figure) in gallery() {
        let svg = figure.svg().unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{name}");
        let png = image::load_from_memory(&figure.png().unwrap()).unwrap();
        assert_eq!([png.width(), png.height()], figure.size().map(|s| 2 * s), "{name}");
        if let Some(folder) = &folder {
            figure.save(std::path::Path::new(folder).join(format!("{name}.png"))).unwrap();
            figure.save(std::path::Path::new(folder).join(format!("{name}.svg"))).unwrap();
            figure.theme(Theme::Dark).save(std::path::Path::new(folder).join(format!("{name}_dark.png"))).unwrap();
        }
    }
}

#[test]
fn of_ten_thousand_a_part_is_shown_and_it_is_said_which() {
    let folder = std::env::var_os("NEUROCELL_GALLERY");
    for (name, figure, said) in kinds::crowded() {
        let svg = figure.svg().unwrap();
        let written: Vec<&str> = figure
            .shapes()
            .iter()
            .filter_map(|s| match s {
                Shape::Words { text, .. } => Some(text.text.as_str()),
                _ => None,
            })
            .collect();
        assert!(written.join(" ").contains(said), "{name} does not say `{said}`");
        assert!(svg.len() < 2_000_000, "{name}: {} bytes", svg.len());
        if let Some(folder) = &folder {
            figure.save(std::path::Path::new(folder).join(format!("{name}.png"))).unwrap();
        }
    }
}

/// A mask of the whole grid with one voxel at `value`, whose centre is at `at` (mm), the others at `rest`.
fn one_voxel(affine: Affine, at: [f64; 3], value: f32, rest: f32) -> BrainMap {
    let shape = [40, 48, 40];
    let mask = Mask { shape, affine, voxels: (0..(40 * 48 * 40)).collect(), origin: Default::default() };
    let voxel = affine.voxel(at).unwrap().map(|v| v.round() as usize);
    let flat = voxel[0] + 40 * (voxel[1] + 48 * voxel[2]);
    let mut values = vec![rest; mask.count()];
    values[flat] = value;
    assert_eq!(mm(&mask, flat), at);
    BrainMap::new(values, &mask, "one voxel", "r").unwrap()
}

const PLAIN: Affine = Affine([[4.0, 0.0, 0.0, -78.0], [0.0, 4.0, 0.0, -112.0], [0.0, 0.0, 4.0, -72.0]]);
const FLIPPED: Affine = Affine([[-4.0, 0.0, 0.0, 78.0], [0.0, 4.0, 0.0, -112.0], [0.0, 0.0, 4.0, -72.0]]);

/// Centres (logical pixels) of the coloured points inside slice `n`, and of the slice itself.
fn lit(figure: &Figure, n: usize) -> (usize, [f64; 2], [f64; 4]) {
    let pictures: Vec<_> = figure
        .shapes()
        .iter()
        .filter_map(|s| match s {
            Shape::Picture { corner, size, smooth: true, .. } => Some([corner[0], corner[1], size[0], size[1]]),
            _ => None,
        })
        .collect();
    let [x, y, w, h] = pictures[n];
    let (wide, high, pixels) = figure.pixels().unwrap();
    let (mut count, mut sum) = (0, [0.0, 0.0]);
    for row in 0..high {
        for column in 0..wide {
            let at = [(column as f64 + 0.5) / 2.0, (row as f64 + 0.5) / 2.0];
            let rgb = &pixels[3 * (row * wide + column)..][..3];
            let coloured = rgb.iter().max().unwrap() - rgb.iter().min().unwrap() > 60;
            if coloured && at[0] > x && at[0] < x + w && at[1] > y && at[1] < y + h {
                count += 1;
                sum = [sum[0] + at[0], sum[1] + at[1]];
            }
        }
    }
    (count, sum.map(|s| s / count.max(1) as f64), [x, y, w, h])
}

#[test]
fn a_voxel_in_the_left_front_lights_left_above_in_its_slice_only_whatever_the_affine() {
    let at = [-42.0, 28.0, 12.0];
    for affine in [PLAIN, FLIPPED] {
        let map = one_voxel(affine, at, 1.0, 0.0);
        let options = Slices::default().z(&[-20.0, 12.0, 40.0]).threshold(Threshold::Both(0.5));
        let figure = slices(&map, options).unwrap();
        let (count, [cx, cy], [x, y, w, h]) = lit(&figure, 1);
        assert!(count > 10, "{affine:?}: {count}");
        // 150 mm wide from −75, 188 mm high from 77 downwards.
        let (mm_x, mm_y) = (-75.0 + 150.0 * (cx - x) / w, 77.0 - 188.0 * (cy - y) / h);
        assert!((mm_x - at[0]).abs() < 0.7 && (mm_y - at[1]).abs() < 0.7, "{affine:?}: {mm_x} {mm_y}");
        assert_eq!(lit(&figure, 0).0 + lit(&figure, 2).0, 0, "{affine:?}");
    }
}

#[test]
fn the_slices_pass_through_the_peak() {
    for z in [-64.0, -8.0, 16.0, 80.0] {
        let map = one_voxel(PLAIN, [2.0, -20.0, z], 1.0, 0.0);
        let figure = slices(&map, Slices::default()).unwrap();
        let label = format!("z = {} mm", axis::number(z, 0));
        assert!(figure.svg().unwrap().contains(&label), "{label}");
    }
}

#[test]
fn a_threshold_shows_values_at_it_and_hides_those_below() {
    let map = one_voxel(PLAIN, [2.0, -20.0, 12.0], 0.3, 0.3);
    let shown = |t| lit(&slices(&map, Slices::default().z(&[12.0]).threshold(Threshold::Both(t))).unwrap(), 0).0;
    assert!(shown(0.3) > 10_000);
    assert_eq!(shown(0.3001), 0);
}

#[test]
fn a_quantile_of_one_shows_the_peak_alone() {
    let map = made::score_map();
    let options = Slices::default().threshold(Threshold::Quantile(0.999));
    let few = slices(&map, options.clone()).unwrap();
    let many = slices(&map, options.threshold(Threshold::Quantile(0.9))).unwrap();
    let count = |figure: &Figure| (0..8).map(|n| lit(figure, n).0).sum::<usize>();
    assert!(count(&few) > 0 && count(&few) * 10 < count(&many), "{} {}", count(&few), count(&many));
}

#[test]
fn maps_without_values_give_the_brain_and_say_so() {
    let mask = mask(false);
    let none =
        Mask { shape: mask.shape(), affine: *mask.affine(), voxels: Vec::new().into(), origin: Default::default() };
    for (map, said) in [
        (BrainMap::new(vec![0.0; mask.count()], &mask, "zeros", "r").unwrap(), "all values are 0"),
        (BrainMap::new(vec![f32::NAN; mask.count()], &mask, "nothing", "r").unwrap(), "no values"),
        (BrainMap::new(Vec::new(), &none, "empty", "r").unwrap(), "no values (0 voxels)"),
    ] {
        let figure = slices(&map, Slices::default()).unwrap();
        assert!(figure.svg().unwrap().contains(said), "{said}");
        assert!((0..8).all(|n| lit(&figure, n).0 == 0), "{said}");
        let (_, _, pixels) = figure.pixels().unwrap();
        assert!(pixels.iter().filter(|p| **p < 200).count() > 100_000, "no brain for {said}");
    }
}

#[test]
fn the_colour_bars_ends_are_the_colours_of_the_extreme_values() {
    let symmetric = heat_map(&array![[-0.5, 0.5]], &names("r", 1), &names("c", 2), HeatMap::default()).unwrap();
    let (one, other) = (colour::diverging(-1.0), colour::diverging(1.0));
    let bar = symmetric.shapes().iter().find_map(|s| match s {
        Shape::Picture { pixels, .. } => Some(pixels.data.clone()),
        _ => None,
    });
    let bar = bar.unwrap();
    let solid = |[r, g, b]: [u8; 3]| [r, g, b, 255];
    assert_eq!((bar[0], bar[bar.len() - 1]), (solid(other), solid(one)));
    let cells: Vec<_> = symmetric
        .shapes()
        .iter()
        .filter_map(|s| match s {
            Shape::Block { colour, .. } => Some(*colour),
            _ => None,
        })
        .collect();
    assert_eq!(cells, [sheet::Ink::Own(one), sheet::Ink::Own(other)]);
}

#[test]
fn the_strongest_cell_of_a_drawn_heat_map_has_the_scales_end_colour() {
    let figure =
        heat_map(&array![[0.0, 2.0], [1.0, -2.0]], &names("r", 2), &names("c", 2), HeatMap::default()).unwrap();
    let (wide, _, pixels) = figure.pixels().unwrap();
    let block = figure.shapes().iter().filter_map(|s| match s {
        Shape::Block { corner, size, .. } => Some([corner[0] + 0.5 * size[0], corner[1] + 0.5 * size[1]]),
        _ => None,
    });
    let seen: Vec<[u8; 3]> = block
        .map(|[x, y]| {
            let at = 3 * ((2.0 * y) as usize * wide + (2.0 * x) as usize);
            [pixels[at], pixels[at + 1], pixels[at + 2]]
        })
        .collect();
    assert_eq!(seen, [colour::diverging(0.0), colour::diverging(1.0), colour::diverging(0.5), colour::diverging(-1.0)]);
}

#[test]
fn networks_are_drawn_in_the_atlas_colours_on_both_sides() {
    let figure = network_slices(&made::networks()).unwrap();
    let (count, [cx, _], [x, _, w, _]) = lit(&figure, 3);
    assert!(count > 2000);
    assert!((cx - x - 0.5 * w).abs() < 3.0, "made networks are the same on both sides");
}

#[test]
fn too_many_slices_a_bad_threshold_and_a_bad_range_are_errors() {
    let map = made::score_map();
    for options in [
        Slices::default().count(0),
        Slices::default().count(31),
        Slices::default().z(&[f64::NAN]),
        Slices::default().threshold(Threshold::Both(-0.1)),
        Slices::default().threshold(Threshold::Quantile(1.1)),
        Slices::default().range(ColourRange::Symmetric(0.0)),
        Slices::default().range(ColourRange::Positive(f32::NAN)),
    ] {
        assert!(slices(&map, options.clone()).is_err(), "{options:?}");
    }
}

#[test]
fn maps_of_different_units_have_no_common_scale() {
    let mask = mask(false);
    let a = BrainMap::new(vec![0.1; mask.count()], &mask, "scores", "r").unwrap();
    let b = BrainMap::new(vec![0.1; mask.count()], &mask, "zs", "z").unwrap();
    let error = slices_grid(&[a, b], Slices::default()).unwrap_err();
    assert!(error.problem().contains("`scores` is in r, `zs` in z"), "{error}");
}

#[test]
fn a_nan_in_a_pattern_is_named() {
    let mut patterns = made::patterns(3);
    let mut courses = patterns.courses().clone();
    courses[[7, 2]] = f32::NAN;
    patterns.courses = courses.into();
    let error = pattern_courses(&patterns).unwrap_err();
    assert!(error.problem().contains("pattern 2") && error.problem().contains("volume 7"), "{error}");
}

#[test]
fn courses_of_the_wrong_length_are_named() {
    let clock = Clock::new(2.0, &[10]).unwrap();
    let error = courses(&[("found", vec![0.0; 9])], &clock, "t", "z").unwrap_err();
    assert!(error.problem().contains("`found` has 9 values"), "{error}");
}

#[test]
fn series_of_other_clocks_or_masks_are_no_before_and_after() {
    let (before, after, report) = made::cleaned();
    let error = cleaning_figure(&before.trimmed(1, 0).unwrap(), &after, &report).unwrap_err();
    assert!(error.problem().contains("159 + 119") && error.problem().contains("160 + 120"), "{error}");
    let affine = Affine([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
    let small = Mask { shape: [2, 1, 1], affine, voxels: [0, 1].into(), origin: Default::default() };
    let other = VoxelSeries::new(Array2::zeros((280, 2)), small, before.clock().clone(), "other").unwrap();
    let error = cleaning_figure(&other, &after, &report).unwrap_err();
    assert!(error.problem().contains("the masks differ") && error.advice().contains("Cleaning::none()"), "{error}");
}

#[test]
fn constant_courses_and_equal_values_still_draw() {
    let clock = Clock::new(2.0, &[10]).unwrap();
    courses(&[("flat", vec![0.0; 10])], &clock, "t", "z").unwrap().png().unwrap();
    histogram(&[0.25; 20], "t", "r", Histogram::default()).unwrap().png().unwrap();
    bars(&["a"], &[0.0], "t", "u").unwrap().png().unwrap();
    heat_map(&array![[0.0]], &names("r", 1), &names("c", 1), HeatMap::default()).unwrap().png().unwrap();
}
