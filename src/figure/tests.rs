//! Every figure with made data: that it draws, that nothing is cut off or written over, that colours stand where they should.

use super::made::{self, YEO, blobs, clock, mask};
use super::sheet::{Anchor, Shape};
use super::*;
use crate::activation::NeuronSeries;
use crate::brain::{Affine, Mask, VoxelSeries};
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
pub(super) fn gallery() -> Vec<(&'static str, Figure)> {
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
        ("slices", made::score_map().slices().unwrap()),
        ("slices_contour", {
            let look = Look::default().threshold(Threshold::Both(0.8)).contour(&other, 1.0).contour(&contrast, -1.5);
            contrast.slices_at([-48.0, -52.0, 26.0], look).unwrap()
        }),
        (
            "slices_positive",
            contrast.slices_at([-50.0, 20.0, 10.0], Look::default().threshold(Threshold::Positive(0.8))).unwrap(),
        ),
        (
            "slices_nothing",
            contrast.slices_at([0.0, 0.0, 0.0], Look::default().threshold(Threshold::Both(9.0))).unwrap(),
        ),
        ("slices_networks", crate::brain::Networks::yeo7().unwrap().slices().unwrap()),
        ("slices_mask", mask(false).slices().unwrap()),
        ("mosaic", made::score_map().mosaic().unwrap()),
        (
            "mosaic_threshold",
            contrast.mosaic_with(Cuts::default(), Look::default().threshold(Threshold::Both(0.8))).unwrap(),
        ),
        ("mosaic_sagittal", {
            let look = Look::default().threshold(Threshold::Negative(0.8)).contour(&other, 1.0);
            contrast.mosaic_with(Cuts::evenly(Direction::Sagittal, 10), look).unwrap()
        }),
        ("mosaic_coronal", other.mosaic_with(Cuts::evenly(Direction::Coronal, 3), Look::default()).unwrap()),
        ("mosaic_grid", {
            let (cuts, look) = (Cuts::evenly(Direction::Axial, 7), Look::default().title("Two patterns"));
            mosaic_grid(&[contrast.clone(), other.clone()], cuts, look).unwrap()
        }),
        ("glass", contrast.glass_with(Look::default().threshold(Threshold::Both(0.8)).contour(&other, 1.0)).unwrap()),
        ("glass_fading", made::score_map().glass().unwrap()),
        ("glass_networks", crate::brain::Networks::schaefer(400, 7).unwrap().glass().unwrap()),
        ("networks", made::networks().mosaic().unwrap()),
        ("parcels", {
            let parcels = crate::brain::Networks::schaefer(100, 17).unwrap();
            let own = parcels.map(&parcels.names()[40].clone()).unwrap();
            parcels.mosaic_with(Cuts::default(), Look::default().contour(&own, 0.5)).unwrap()
        }),
        ("mask", mask(false).mosaic().unwrap()),
        ("surface", made::score_map().surface().unwrap()),
        ("surface_threshold", {
            let look = Look::default().threshold(Threshold::Both(0.8)).contour(&other, 1.0).contour(&contrast, 2.0);
            let surface = Surface::default().shape(SurfaceShape::Pial).columns(4);
            contrast.surface_with(surface, look).unwrap()
        }),
        ("surface_views", {
            use SurfaceView::*;
            let views = [LeftLateral, LeftMedial, RightLateral, RightMedial, Dorsal, Ventral, Anterior, Posterior];
            contrast.surface_with(Surface::default().views(&views), Look::default().title("All views")).unwrap()
        }),
        ("surface_one", {
            let one = Surface::default().views(&[SurfaceView::Dorsal]);
            made::score_map().surface_with(one, Look::default()).unwrap()
        }),
        ("surface_networks", made::networks().surface().unwrap()),
        ("surface_parcels", crate::brain::Networks::schaefer(100, 17).unwrap().surface().unwrap()),
        ("objective", {
            let falling: Vec<f64> = (0..24).map(|n| 0.31 + 0.12 * (-0.3 * f64::from(n)).exp()).collect();
            objective_curve(&falling, "Dictionary of 64 atoms: epochs", "mean over neurons").unwrap()
        }),
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
        ("grid", {
            let title = |n: usize| format!("Pattern {n}");
            let words = |n| bars(&words[n..n + 4], &weights[n..n + 4], &title(n), "z").unwrap();
            let curve = courses(&series, &clock(), "Language network", "z").unwrap().width_px(640);
            grid_with(&[words(0), curve, words(3)], Grid::default().title("Three figures, two columns")).unwrap()
        }),
        ("awkward_labels", {
            let long = "dorsal attention network of the right hemisphere ".repeat(7);
            let labels = [
                "שפה (רשת 17)",
                "شبكة اللغة",
                "گفتار",
                "Σιγά Ελλάδα",
                "язык и мозг",
                "e\u{301}tude Ångström",
                "言語ネットワーク",
                "👩\u{200d}👩\u{200d}👧 family 😀",
                "a\u{0}b\u{1b}[31m\tc",
                &long,
                "Donaudampfschifffahrtsgesellschaftskapitän",
                "\u{202e}override",
                "\u{301}mark first",
            ];
            let values: Vec<f64> = (0..labels.len()).map(|n| 4.0 - 0.4 * n as f64).collect();
            bars(&labels, &values, &format!("כותרת, عنوان, 題 and {long}"), "z").unwrap()
        }),
        ("awkward_matrix", {
            let long = "very long network name ".repeat(14);
            let columns = ["שפה ומוח", "شبكة اللغة", "言語", &long].map(str::to_owned);
            let rows = ["😀", "\u{200d}", "نمط", &long].map(str::to_owned);
            let options = HeatMap::default().title("רשתות").unit("r").axes("דפוס", "רשת");
            heat_map(&matrix(4, 4), &rows, &columns, options).unwrap()
        }),
        ("k_curve_one", {
            let by = ChooseK { ks: vec![4], ..few.distance(Distance::Correlation) };
            k_curve(&small_series.choose_k(by).unwrap()).unwrap()
        }),
    ];
    all.extend(kinds::gallery());
    all
}

#[test]
fn every_figure_says_what_it_was_drawn_from() {
    for (name, figure) in gallery() {
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
            let folder = std::path::Path::new(folder);
            for ending in ["png", "svg", "pdf"] {
                figure.save(folder.join(format!("{name}.{ending}"))).unwrap();
            }
            figure.theme(Theme::Dark).save(folder.join(format!("{name}_dark.png"))).unwrap();
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
