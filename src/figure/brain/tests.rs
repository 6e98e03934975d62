//! Pictures of the brain as a reader sees them: where a voxel is lit, in which colour, and what is said of it.

use super::scene::Scene;
use super::*;
use crate::brain::Affine;
use crate::figure::axis::number;
use crate::figure::look::{ColourRange, Threshold};
use crate::figure::made::{self, blobs, mask, mm};
use crate::figure::sheet::Shape;
use crate::provenance::Traced;
use ndarray::Array2;

/// A map on an oblique, flipped, anisotropic grid, from the reference's arrays.
pub(super) fn oblique() -> BrainMap {
    let volume: ndarray::Array3<f32> = ndarray_npy::read_npy(path("oblique")).unwrap();
    let rows: Array2<f64> = ndarray_npy::read_npy(path("oblique_affine")).unwrap();
    let affine = Affine(std::array::from_fn(|r| std::array::from_fn(|c| rows[[r, c]])));
    let (x, y, z) = volume.dim();
    let mask = Mask::new([x, y, z], affine, &vec![true; x * y * z]).unwrap();
    // Reversing the axes gives the order in which the first axis runs fastest.
    BrainMap::new(volume.t().iter().copied().collect(), &mask, "oblique", "z").unwrap()
}

pub(super) fn path(name: &str) -> String {
    format!("{}/tests/reference/figure/{name}.npy", env!("CARGO_MANIFEST_DIR"))
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

/// Number and centre (logical pixels) of the coloured points inside picture `n`, and the picture's left, top, width and height.
fn lit(figure: &Figure, n: usize) -> (usize, [f64; 2], [f64; 4]) {
    let pictures = figure.shapes().iter().filter_map(|s| match s {
        Shape::Picture { corner, size, smooth: true, pixels } => Some((corner, size, pixels)),
        _ => None,
    });
    let (corner, size, pixels) = pictures.into_iter().nth(n).unwrap();
    let (mut count, mut sum) = (0, [0.0, 0.0]);
    for (at, [r, g, b, cover]) in pixels.data.iter().enumerate() {
        let rgb = [r, g, b];
        if *cover > 60 && **rgb.iter().max().unwrap() - **rgb.iter().min().unwrap() > 60 {
            count += 1;
            let place = [at % pixels.columns, at / pixels.columns].map(|n| n as f64 + 0.5);
            sum = [sum[0] + place[0] / pixels.columns as f64, sum[1] + place[1] / pixels.rows as f64];
        }
    }
    let centre = [0, 1].map(|a| corner[a] + size[a] * sum[a] / f64::from(count.max(1) as u32));
    (count, centre, [corner[0], corner[1], size[0], size[1]])
}

fn both(value: f32) -> Look {
    Look::default().threshold(Threshold::Both(value))
}

fn said(figure: &Figure) -> String {
    let words = figure.shapes().iter().filter_map(|s| match s {
        Shape::Words { text, .. } => Some(text.text.clone()),
        _ => None,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_voxel_in_the_left_front_lights_left_above_in_its_slice_only_whatever_the_affine() {
    let at = [-42.0, 28.0, 12.0];
    for affine in [PLAIN, FLIPPED] {
        let map = one_voxel(affine, at, 1.0, 0.0);
        let figure = map.mosaic_with(Cuts::axial(&[-20.0, 12.0, 40.0]), both(0.5)).unwrap();
        let (count, [cx, cy], [x, y, w, h]) = lit(&figure, 1);
        assert!(count > 10, "{affine:?}: {count}");
        // 150 mm wide from −75, 188 mm high from 77 downwards.
        let (mm_x, mm_y) = (-75.0 + 150.0 * (cx - x) / w, 77.0 - 188.0 * (cy - y) / h);
        assert!((mm_x - at[0]).abs() < 0.7 && (mm_y - at[1]).abs() < 0.7, "{affine:?}: {mm_x} {mm_y}");
        assert_eq!(lit(&figure, 0).0 + lit(&figure, 2).0, 0, "{affine:?}");
    }
}

#[test]
fn three_cuts_pass_through_the_peak_and_show_it_where_it_is() {
    let at = [-42.0, 28.0, 12.0];
    for affine in [PLAIN, FLIPPED] {
        let figure = one_voxel(affine, at, 1.0, 0.0).slices().unwrap();
        for label in ["x = −42 mm", "y = 28 mm", "z = 12 mm"] {
            assert!(said(&figure).contains(label), "{label}");
        }
        // The back is at the left of a sagittal cut, the left at the left of the others; up is z, z and the front.
        let ends = [([-111.0, 77.0], [-75.0, 86.0]), ([-75.0, 75.0], [-75.0, 86.0]), ([-75.0, 75.0], [-111.0, 77.0])];
        let shown = [[at[1], at[2]], [at[0], at[2]], [at[0], at[1]]];
        for (n, ((across, up), [right, above])) in ends.into_iter().zip(shown).enumerate() {
            let (count, [cx, cy], [x, y, w, h]) = lit(&figure, n);
            let found = [across[0] + (across[1] - across[0]) * (cx - x) / w, up[1] - (up[1] - up[0]) * (cy - y) / h];
            assert!(count > 10 && (found[0] - right).abs() < 0.7 && (found[1] - above).abs() < 0.7, "{n}: {found:?}");
        }
    }
}

#[test]
fn the_glass_brain_shows_a_voxel_in_its_own_hemisphere_only() {
    let at = [-42.0, 28.0, 12.0];
    for affine in [PLAIN, FLIPPED] {
        let figure = one_voxel(affine, at, 1.0, 0.0).glass_with(both(0.5)).unwrap();
        // From the left the front is at the left.
        let ends = [([77.0, -111.0], [-75.0, 86.0]), ([-75.0, 75.0], [-75.0, 86.0])];
        for (n, ((across, up), right)) in ends.into_iter().zip([at[1], at[0]]).enumerate() {
            let (count, [cx, cy], [x, y, w, h]) = lit(&figure, n);
            let found = [across[0] + (across[1] - across[0]) * (cx - x) / w, up[1] - (up[1] - up[0]) * (cy - y) / h];
            assert!(count > 10 && (found[0] - right).abs() < 0.8 && (found[1] - at[2]).abs() < 0.8, "{n}: {found:?}");
        }
        assert_eq!(lit(&figure, 2).0, 0, "the right hemisphere");
        assert!(lit(&figure, 3).0 > 10);
    }
}

#[test]
fn a_one_sided_threshold_shows_what_lies_behind_larger_values_of_the_other_sign() {
    let map =
        blobs(&mask(false), &[([-30.0, 0.0, 20.0], 3.0, 8.0), ([-30.0, 0.0, -20.0], -5.0, 8.0)], 0.0, "both", "z");
    let warm = |figure: &Figure| {
        let Some(Shape::Picture { pixels, .. }) =
            figure.shapes().iter().filter(|s| matches!(s, Shape::Picture { smooth: true, .. })).nth(3)
        else {
            return (0, 0);
        };
        let count = |is: fn(&[u8; 4]) -> bool| pixels.data.iter().filter(|p| is(p)).count();
        (
            count(|p| p[3] > 200 && p[0] > p[2].saturating_add(60)),
            count(|p| p[3] > 200 && p[2] > p[0].saturating_add(60)),
        )
    };
    let (red, blue) = warm(&map.glass_with(both(2.0)).unwrap());
    assert!(red == 0 && blue > 100, "from above the larger one hides the other: {red} {blue}");
    let (red, blue) = warm(&map.glass_with(Look::default().threshold(Threshold::Positive(2.0))).unwrap());
    assert!(red > 100 && blue == 0, "{red} {blue}");
}

#[test]
fn the_slices_pass_through_the_peak() {
    for z in [-64.0, -8.0, 16.0, 80.0] {
        let map = one_voxel(PLAIN, [2.0, -20.0, z], 1.0, 0.0);
        let label = format!("z = {} mm", number(z, 0));
        assert!(said(&map.mosaic().unwrap()).contains(&label), "{label}");
    }
}

#[test]
fn a_threshold_shows_values_at_it_and_hides_those_below() {
    let map = one_voxel(PLAIN, [2.0, -20.0, 12.0], 0.3, 0.3);
    let shown = |t| lit(&map.mosaic_with(Cuts::axial(&[12.0]), both(t)).unwrap(), 0).0;
    assert!(shown(0.3) > 10_000);
    assert_eq!(shown(0.3001), 0);
}

#[test]
fn the_peak_of_a_one_sided_picture_is_of_that_side() {
    let map =
        blobs(&mask(false), &[([-42.0, 20.0, 12.0], 3.0, 8.0), ([38.0, -60.0, 40.0], -5.0, 8.0)], 0.0, "both", "z");
    let alt = |threshold| sliced_alt(&map, threshold);
    assert!(alt(Threshold::Both(1.0)).contains("peak −5 at (38, −60, 40) mm"), "{}", alt(Threshold::Both(1.0)));
    assert!(alt(Threshold::Negative(1.0)).contains("peak −5 at (38, −60, 40) mm"));
    assert!(alt(Threshold::Positive(1.0)).contains("peak 3 at (−42, 20, 12) mm"), "{}", alt(Threshold::Positive(1.0)));
}

fn sliced_alt(map: &BrainMap, threshold: Threshold) -> String {
    map.mosaic_with(Cuts::default(), Look::default().threshold(threshold)).unwrap().alt().to_owned()
}

#[test]
fn a_quantile_near_one_shows_little_more_than_the_peak() {
    let map = made::score_map();
    let figure = |q| map.mosaic_with(Cuts::default(), Look::default().threshold(Threshold::Quantile(q))).unwrap();
    let count = |figure: &Figure| (0..8).map(|n| lit(figure, n).0).sum::<usize>();
    let (few, many) = (count(&figure(0.999)), count(&figure(0.9)));
    assert!(few > 0 && few * 10 < many, "{few} {many}");
}

#[test]
fn maps_without_values_give_the_brain_and_say_so() {
    let mask = mask(false);
    let none =
        Mask { shape: mask.shape(), affine: *mask.affine(), voxels: Vec::new().into(), origin: Default::default() };
    for (map, expected) in [
        (BrainMap::new(vec![0.0; mask.count()], &mask, "zeros", "r").unwrap(), "all values are 0"),
        (BrainMap::new(vec![f32::NAN; mask.count()], &mask, "nothing", "r").unwrap(), "no values"),
        (BrainMap::new(Vec::new(), &none, "empty", "r").unwrap(), "no values (0 voxels)"),
    ] {
        for figure in [map.slices().unwrap(), map.mosaic().unwrap(), map.glass().unwrap()] {
            assert!(said(&figure).contains(expected), "{expected}");
            assert!((0..3).all(|n| lit(&figure, n).0 == 0), "{expected}");
            let (_, _, pixels) = figure.pixels().unwrap();
            assert!(pixels.iter().filter(|p| **p < 235).count() > 100_000, "no brain for {expected}");
        }
    }
}

#[test]
fn a_threshold_above_all_values_gives_the_brain_and_the_range() {
    let map = made::score_map();
    let figure = map.slices_at([-56.0, -22.0, 6.0], both(0.9)).unwrap();
    let text = said(&figure);
    assert!(text.contains("to 0.419") && text.contains("none of"), "{text}");
    assert!((0..3).all(|n| lit(&figure, n).0 == 0));
}

#[test]
fn a_constant_map_is_drawn_and_its_scale_ends_at_its_value() {
    let map = one_voxel(PLAIN, [2.0, -20.0, 12.0], 0.3, 0.3);
    let figure = map.slices().unwrap();
    assert!(said(&figure).contains("r 0.3 throughout"), "{}", said(&figure));
    assert!(lit(&figure, 2).0 > 10_000);
}

#[test]
fn voxels_without_a_value_are_left_out_and_counted() {
    let mask = mask(false);
    let mut values = vec![1.0; mask.count()];
    let gone = (0..mask.count()).filter(|n| mm(&mask, *n)[0] > 0.0).collect::<Vec<_>>();
    gone.iter().for_each(|n| values[*n] = f32::NAN);
    let map = BrainMap::new(values, &mask, "half", "r").unwrap();
    let figure = map.mosaic_with(Cuts::axial(&[12.0]), both(0.5)).unwrap();
    assert!(said(&figure).contains(&format!("{} of {} voxels without a value", gone.len(), mask.count())));
    let (count, [cx, _], [x, _, w, _]) = lit(&figure, 0);
    assert!(count > 5000 && cx < x + 0.5 * w, "only the left half is drawn");
}

#[test]
fn what_a_maps_grid_is_and_whether_it_fits_is_said() {
    let text = |map: &BrainMap| said(&map.slices().unwrap());
    let own = made::score_map();
    assert!(text(&own).contains("interpolated from 4 mm voxels"), "{}", text(&own));
    assert!(text(&oblique()).contains("5 × 6 × 7.5 mm voxels of an oblique grid"), "{}", text(&oblique()));
    assert!(!text(&own).contains("MNI space?") && !text(&oblique()).contains("MNI space?"));
    // The same brain 90 mm to the right, and in centimetres.
    let moved = |change: fn(&mut Affine)| {
        let mut mask = own.mask().clone();
        change(&mut mask.affine);
        BrainMap::new(own.values().to_vec(), &mask, "moved", "r").unwrap()
    };
    let far = moved(|affine| affine.0[0][3] += 90.0);
    assert!(
        text(&far).contains("% of the map's voxels lie in the template's brain: is it in MNI space?"),
        "{}",
        text(&far)
    );
    let beside = moved(|affine| affine.0[2][3] += 900.0);
    assert!(text(&beside).contains("none of the map's voxels lie"), "{}", text(&beside));
    let small = moved(|affine| affine.0.iter_mut().flatten().for_each(|v| *v *= 0.1));
    assert!(text(&small).contains("spans only 16 × 19 × 16 mm"), "{}", text(&small));
}

#[test]
fn a_map_on_the_templates_grid_is_not_interpolated() {
    let affine = Affine([[-2.0, 0.0, 0.0, 72.5], [0.0, 2.0, 0.0, -109.5], [0.0, 0.0, 2.0, -71.5]]);
    let mask = Mask::new([75, 93, 79], affine, &vec![true; 75 * 93 * 79]).unwrap();
    let map = BrainMap::new(vec![1.0; mask.count()], &mask, "own", "r").unwrap();
    assert!(!said(&map.slices().unwrap()).contains("interpolated"));
}

#[test]
fn a_contour_passes_between_points_below_and_above_its_level() {
    let map = oblique();
    let scene = Scene::of_map(&map, &Look::default().contour(&map, 0.5)).unwrap();
    let at: ndarray::Array1<f64> = ndarray_npy::read_npy(path("cut_positions")).unwrap();
    let cut = direction::Cut { direction: Direction::Axial, at: at[2] };
    let lines = scene.lines[0].on(cut, 0.5);
    // Pairs of points, 0.4 mm apart, between which scipy finds the level.
    let pairs: Array2<f64> = ndarray_npy::read_npy(path("contour")).unwrap();
    assert!(pairs.nrows() > 100);
    for pair in pairs.rows() {
        let middle = cut.place([0.5 * (pair[0] + pair[2]), 0.5 * (pair[1] + pair[3]), at[2]]);
        let near = lines.iter().flatten().map(|p| (p[0] - middle[0]).hypot(p[1] - middle[1]));
        let nearest = near.fold(f64::INFINITY, f64::min);
        assert!(nearest < 0.6, "{pair}: {nearest}");
    }
}

#[test]
fn contours_have_a_key_and_a_level_that_is_nowhere_is_said() {
    let map = made::score_map();
    let other = blobs(&mask(false), &[([0.0, -52.0, 26.0], 1.9, 14.0)], 0.0, "pattern 3", "weight");
    let figure = map.slices_at([0.0, -52.0, 26.0], Look::default().contour(&other, 1.0).contour(&other, 7.0)).unwrap();
    let text = said(&figure);
    assert!(text.contains("pattern 3 = 1 weight"), "{text}");
    assert!(text.contains("no contour of pattern 3 = 7 weight, since its values go from 0 to 1.8"), "{text}");
    let error = map.slices_at([0.0; 3], Look::default().contour(&other, f32::NAN)).unwrap_err();
    assert!(error.problem().contains("pattern 3"), "{error}");
}

#[test]
fn networks_are_drawn_in_the_atlas_colours_on_both_sides() {
    let figure = made::networks().mosaic().unwrap();
    let (count, [cx, _], [x, _, w, _]) = lit(&figure, 3);
    assert!(count > 2000);
    assert!((cx - x - 0.5 * w).abs() < 3.0, "made networks are the same on both sides");
    let error = made::networks().mosaic_with(Cuts::default(), both(0.5)).unwrap_err();
    assert!(error.problem().contains("no threshold"), "{error}");
}

#[test]
fn a_network_nearer_to_the_viewer_hides_the_one_behind() {
    let networks = made::networks();
    let figure = networks.glass().unwrap();
    let picture = figure.shapes().iter().find_map(|s| match s {
        Shape::Picture { pixels, smooth: true, .. } => Some(pixels.clone()),
        _ => None,
    });
    let pixels = picture.unwrap();
    // From the left at y = −24, z = 58 stands Somatomotor, far above Visual at y = −88, z = 0.
    let colour = |y: f64, z: f64| {
        let place = [(77.0 - y) / 188.0 * pixels.columns as f64, (86.0 - z) / 161.0 * pixels.rows as f64];
        let [r, g, b, _] = pixels.data[place[1] as usize * pixels.columns + place[0] as usize];
        [r, g, b]
    };
    let near = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 40);
    assert!(near(colour(-24.0, 68.0), [70, 130, 180]), "{:?}", colour(-24.0, 68.0));
    assert!(near(colour(-90.0, 0.0), [120, 18, 134]), "{:?}", colour(-90.0, 0.0));
}

#[test]
fn bad_cuts_points_thresholds_and_ranges_are_errors() {
    let map = made::score_map();
    for cuts in [Cuts::evenly(Direction::Axial, 0), Cuts::evenly(Direction::Axial, 31), Cuts::axial(&[f64::NAN])] {
        assert!(map.mosaic_with(cuts.clone(), Look::default()).is_err(), "{cuts:?}");
    }
    for look in [
        both(-0.1),
        Look::default().threshold(Threshold::Quantile(1.1)),
        Look::default().range(ColourRange::Symmetric(0.0)),
        Look::default().range(ColourRange::Positive(f32::NAN)),
        Look::default().range(ColourRange::Positive(1.0)).threshold(Threshold::Negative(0.1)),
        Look::default().opacity(1.5),
    ] {
        assert!(map.slices_at([0.0; 3], look.clone()).is_err(), "{look:?}");
        assert!(map.glass_with(look.clone()).is_err(), "{look:?}");
    }
    let error = map.slices_at([0.0, 0.0, 120.0], Look::default()).unwrap_err();
    assert!(error.problem().contains("120") && error.advice().contains("z from −75 to 86 mm"), "{error}");
}

#[test]
fn maps_of_different_units_have_no_common_scale() {
    let mask = mask(false);
    let a = BrainMap::new(vec![0.1; mask.count()], &mask, "scores", "r").unwrap();
    let b = BrainMap::new(vec![0.1; mask.count()], &mask, "zs", "z").unwrap();
    let error = mosaic_grid(&[a, b], Cuts::default(), Look::default()).unwrap_err();
    assert!(error.problem().contains("`scores` is in r, `zs` in z"), "{error}");
    assert!(mosaic_grid(&[], Cuts::default(), Look::default()).is_err());
}

#[test]
fn maps_of_one_grid_have_one_scale() {
    let map = |value: f32| one_voxel(PLAIN, [2.0, -20.0, 12.0], value, 0.0);
    let figure = mosaic_grid(&[map(1.0), map(4.0)], Cuts::axial(&[12.0]), both(0.5)).unwrap();
    let strongest = |n: usize| {
        let pictures = figure.shapes().iter().filter_map(|s| match s {
            Shape::Picture { pixels, smooth: true, .. } => Some(pixels),
            _ => None,
        });
        let pixels = pictures.into_iter().nth(n).unwrap();
        // Lightness rises with the value; of what is warm the lightest.
        pixels.data.iter().filter(|p| p[0] > p[2].saturating_add(60)).map(|p| p[1]).max().unwrap()
    };
    assert!(strongest(0) < 60 && strongest(1) > 150, "{} {}", strongest(0), strongest(1));
}

#[test]
fn a_figure_says_which_look_and_which_map_it_was_made_of() {
    let map = made::score_map();
    let key = |look: Look| map.mosaic_with(Cuts::axial(&[12.0]), look).unwrap().provenance().key().to_owned();
    assert_eq!(key(both(0.2)), key(both(0.2)));
    assert_ne!(key(both(0.2)), key(both(0.3)));
    assert_ne!(key(both(0.2)), key(both(0.2).contour(&map, 0.1)));
    let figure = map.slices_at([0.0; 3], Look::default().contour(&map, 0.1)).unwrap();
    assert_eq!(figure.provenance().what(), "slices");
    assert_eq!(figure.provenance().inputs().len(), 2);
}

#[test]
fn a_figure_of_three_cuts_is_a_small_file() {
    let figure = made::score_map().slices_at([-56.0, -22.0, 6.0], both(0.1)).unwrap();
    let bytes = figure.png().unwrap().len();
    assert!(bytes < 300_000, "{bytes}");
}
