//! What stands where on the drawn cortex, in which colour.

use super::super::colour::{blend, cold_hot};
use super::super::drawn::Figure;
use super::super::made;
use super::super::sheet::{Pixels, Shape};
use super::*;
use crate::brain::{Affine, Cortex, Mask, mni152};
use crate::figure::{SurfaceShape, SurfaceView, Theme};
use crate::provenance::Traced;

const GRID: [usize; 3] = [44, 52, 44];
const PLAIN: Affine = Affine([[4.0, 0.0, 0.0, -86.0], [0.0, 4.0, 0.0, -118.0], [0.0, 0.0, 4.0, -82.0]]);

/// A map on a whole grid of 4 mm.
fn map(value: impl Fn([f64; 3]) -> f64) -> BrainMap {
    let mask = Mask::new(GRID, PLAIN, &vec![true; GRID.iter().product()]).unwrap();
    let values = (0..mask.count()).map(|n| value(mask.mm(n)) as f32).collect();
    BrainMap::new(values, &mask, "made map", "r").unwrap()
}

/// The pictures of the views, in their order.
fn pictures(figure: &Figure) -> Vec<&Pixels> {
    let pictures = figure.shapes().iter().filter_map(|shape| match shape {
        Shape::Picture { pixels, smooth: true, .. } => Some(pixels),
        _ => None,
    });
    pictures.collect()
}

fn is_lit([r, g, b, a]: [u8; 4]) -> bool {
    a == 255 && r.max(g).max(b) - r.min(g).min(b) > 40
}

fn count_lit(pixels: &Pixels) -> usize {
    pixels.data.iter().filter(|p| is_lit(**p)).count()
}

/// First and last column, first and last row of what satisfies a condition, as edges.
fn bounds(pixels: &Pixels, holds: impl Fn([u8; 4]) -> bool) -> [[f64; 2]; 2] {
    let mut found = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
    for (n, _) in pixels.data.iter().enumerate().filter(|(_, p)| holds(**p)) {
        for (axis, at) in [n % pixels.columns, n / pixels.columns].into_iter().enumerate() {
            found[axis][0] = found[axis][0].min(at as f64);
            found[axis][1] = found[axis][1].max(at as f64 + 1.0);
        }
    }
    found
}

fn range(values: impl Iterator<Item = f32>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[l, h], v| [l.min(f64::from(v)), h.max(f64::from(v))])
}

#[test]
fn a_blob_at_the_left_temple_is_seen_from_the_left_only_and_where_its_vertex_is() {
    let hemisphere = &Cortex::fsaverage5().unwrap().hemispheres[0];
    let (vertex, point) = hemisphere.pial.iter().enumerate().min_by(|a, b| a.1[0].total_cmp(&b.1[0])).unwrap();
    let centre = mni152(point.map(f64::from));
    let blob = map(|mm| {
        let d2: f64 = (0..3).map(|a| (mm[a] - centre[a]).powi(2)).sum();
        (-0.5 * d2 / 25.0).exp()
    });
    let look = Look::default().threshold(Threshold::Both(0.35));
    for (shape, points) in [(SurfaceShape::Inflated, &hemisphere.inflated), (SurfaceShape::Pial, &hemisphere.pial)] {
        let figure = blob.surface_with(Surface::default().shape(shape), look.clone()).unwrap();
        // Left lateral, right lateral, left medial, right medial.
        let lit: Vec<usize> = pictures(&figure).into_iter().map(count_lit).collect();
        assert!(lit[0] > 200 && lit[1..] == [0, 0, 0], "{shape:?}: {lit:?}");
        // The outline gives the scale: seen from the left, the front is at the left.
        let picture = pictures(&figure)[0];
        let [across, down] = bounds(picture, |p| p[3] > 127);
        let [back, front] = range(points.iter().map(|p| p[1]));
        let [low, high] = range(points.iter().map(|p| p[2]));
        let [y, z] = [1, 2].map(|axis| f64::from(points[vertex][axis]));
        let expected = [
            across[0] + (across[1] - across[0]) * (front - y) / (front - back),
            down[0] + (down[1] - down[0]) * (high - z) / (high - low),
        ];
        let [columns, rows] = bounds(picture, is_lit);
        let (found, pixels_a_mm) = ([columns, rows].map(|[a, b]| 0.5 * (a + b)), (down[1] - down[0]) / (high - low));
        for axis in 0..2 {
            assert!((found[axis] - expected[axis]).abs() < 6.0 * pixels_a_mm, "{shape:?}: {found:?} {expected:?}");
        }
    }
}

#[test]
fn the_threshold_runs_where_the_interpolated_value_is_not_along_triangles() {
    // A map that is the height in the surfaces' own space: on the middle surface, a pixel's value is its height.
    let own = |mm: [f64; 3]| {
        let columns = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(mni152);
        let zero = mni152([0.0; 3]);
        let rows: [[f64; 4]; 3] = std::array::from_fn(|r| {
            [columns[0][r] - zero[r], columns[1][r] - zero[r], columns[2][r] - zero[r], zero[r]]
        });
        Affine(rows).voxel(mm).unwrap()[2]
    };
    let threshold = 21.0;
    let height = map(|mm| own(mm) + 100.0);
    let look = Look::default().threshold(Threshold::Both(threshold + 100.0));
    let surface = Surface::default().shape(SurfaceShape::Mid).views(&[SurfaceView::LeftLateral]);
    let figure = height.surface_with(surface, look).unwrap();
    let picture = pictures(&figure)[0];
    let hemisphere = &Cortex::fsaverage5().unwrap().hemispheres[0];
    let [low, high] = range(hemisphere.white.iter().zip(&hemisphere.pial).map(|(w, p)| 0.5 * (w[2] + p[2])));
    let [_, down] = bounds(picture, |p| p[3] > 0);
    let per_mm = (down[1] - down[0]) / (high - low);
    let border = down[0] + (high - f64::from(threshold)) * per_mm;
    let (mut above, mut below) = (0, 0);
    for (n, pixel) in picture.data.iter().enumerate().filter(|(_, p)| p[3] == 255) {
        let row = (n / picture.columns) as f64 + 0.5;
        // The outline is known to a pixel, and so is the border.
        if row < border - 2.0 {
            assert!(is_lit(*pixel), "row {row} above {border}: {pixel:?}");
            above += 1;
        } else if row > border + 2.0 {
            assert!(!is_lit(*pixel), "row {row} below {border}: {pixel:?}");
            below += 1;
        }
    }
    assert!(above > 20_000 && below > 20_000, "{above} {below}");
}

fn spot(weights: [f32; 3], normal: [f32; 3]) -> Spot {
    Spot { side: 0, corners: [0, 1, 2], weights, slopes: [[0.0; 2]; 3], normal }
}

#[test]
fn a_spots_colour_is_that_of_its_interpolated_value_and_the_threshold_is_exact() {
    let limit = map(|_| 2.0);
    let values = [vec![1.0, 0.0, f32::NAN], Vec::new()];
    let values = Field { values, inside: [vec![1.0, 1.0, 0.0], Vec::new()] };
    let paint = Paint::new(&[limit], &Look::default().threshold(Threshold::Both(0.5))).unwrap();
    let greys = [shade::greys(&[0.0; 3]), Vec::new()];
    let at = |weights| {
        let spot = spot(weights, [0.0, 0.0, 2.0]);
        let ground = shade::ground(&spot, &greys);
        (Coat::new(&values, &paint).at(&spot, ground), ground.grey)
    };
    for first in [0.5f32, 0.75, 1.0] {
        let (colour, _) = at([first, 1.0 - first, 0.0]);
        assert_eq!(colour, cold_hot(f64::from(first) / 2.0), "{first}");
    }
    let (colour, grey) = at([0.4999, 0.5001, 0.0]);
    assert_eq!(colour, grey);
    // Without a value at the third corner: the mean of the others as long as they are the greater part.
    assert_eq!(at([0.6, 0.0, 0.4]).0, cold_hot(0.5));
    let (colour, grey) = at([0.45, 0.0, 0.55]);
    assert_eq!(colour, grey);
    // Half of the opacity is half of the cortex.
    let half = Paint::new(&[map(|_| 2.0)], &Look::default().threshold(Threshold::Both(0.5)).opacity(0.5)).unwrap();
    let face = spot([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]);
    let ground = shade::ground(&face, &greys);
    assert_eq!(Coat::new(&values, &half).at(&face, ground), blend(ground.grey, cold_hot(0.5), 0.5));
}

#[test]
fn gyri_are_lighter_than_sulci_and_what_faces_the_viewer_lighter_than_what_does_not() {
    let grey = |depth: f32, normal: [f32; 3]| {
        let greys = [shade::greys(&[depth; 3]), Vec::new()];
        shade::ground(&spot([1.0, 0.0, 0.0], normal), &greys).grey[0]
    };
    let front = [0.0, 0.0, 1.0];
    assert!(grey(-1.0, front) > grey(0.0, front) + 20 && grey(0.0, front) > grey(1.0, front) + 20);
    assert!(grey(0.0, front) > grey(0.0, [0.8, 0.0, 0.6]) + 20);
}

#[test]
fn the_label_with_the_greatest_interpolated_share_is_drawn() {
    let networks = made::networks();
    let figure = networks.surface().unwrap();
    let pictures = pictures(&figure);
    assert_eq!(pictures.len(), 4);
    // Made networks are the same on both sides, and so is what is seen of them, but for the hemispheres' own shape.
    let [left, right] = [0, 1].map(|n| count_lit(pictures[n]));
    assert!(left > 5000 && left.abs_diff(right) < left / 5, "{left} {right}");
}

#[test]
fn a_map_that_does_not_reach_the_cortex_gives_the_cortex_and_says_so() {
    let all = map(|_| 1.0);
    // Inside the cerebellum.
    let inside = |[x, y, z]: [f64; 3]| x.abs() < 30.0 && (-75.0..-50.0).contains(&y) && (-58.0..-46.0).contains(&z);
    let deep: Vec<bool> = (0..all.mask().count()).map(|n| inside(all.mask().mm(n))).collect();
    let deep = Mask::new(GRID, PLAIN, &deep).unwrap();
    let count = deep.count();
    let whole = all.mask();
    for (map, said) in [
        (
            BrainMap::new(vec![1.0; count], &deep, "cerebellum", "r").unwrap(),
            "None of the 20484 vertices have a value.",
        ),
        (BrainMap::new(vec![f32::NAN; whole.count()], whole, "nothing", "r").unwrap(), "no values"),
        (BrainMap::new(vec![0.0; whole.count()], whole, "zeros", "r").unwrap(), "all values are 0"),
    ] {
        let figure = map.surface().unwrap();
        let text: Vec<&str> = figure
            .shapes()
            .iter()
            .filter_map(|shape| match shape {
                Shape::Words { text, .. } => Some(text.text.as_str()),
                _ => None,
            })
            .collect();
        assert!(text.join(" ").contains(said), "{text:?}");
        for picture in pictures(&figure) {
            assert_eq!(count_lit(picture), 0, "{said}");
            assert!(picture.data.iter().filter(|p| p[3] == 255).count() > 50_000, "{said}");
        }
    }
}

#[test]
fn a_threshold_above_the_maximum_shows_nothing_and_prints_the_range() {
    let constant = map(|_| 0.3);
    let shown = |threshold: f32| {
        let look = Look::default().threshold(Threshold::Both(threshold));
        let figure = constant.surface_with(Surface::default().views(&[SurfaceView::Dorsal]), look).unwrap();
        (count_lit(pictures(&figure)[0]), figure.svg().unwrap())
    };
    assert!(shown(0.3).0 > 50_000);
    let (lit, svg) = shown(0.3001);
    assert!(lit == 0 && svg.contains("0.3") && svg.contains("none"), "{lit}");
}

#[test]
fn contours_are_drawn_where_the_other_map_crosses_the_level() {
    let (flat, slope) = (map(|_| 0.0), map(|mm| mm[2]));
    let surface = Surface::default().views(&[SurfaceView::RightLateral]);
    let line = |level: f32| {
        let look = Look::default().contour(&slope, level);
        let figure = flat.surface_with(surface.clone(), look).unwrap();
        let white = |p: &&[u8; 4]| p[3] == 255 && p[0] > 245;
        (pictures(&figure)[0].data.iter().filter(white).count(), figure.svg().unwrap())
    };
    assert!(line(20.0).0 > 200);
    let (white, svg) = line(300.0);
    assert!(white == 0 && svg.contains("nowhere"), "{white}");
}

#[test]
fn what_cannot_be_drawn_is_an_error_that_names_it() {
    let map = map(|mm| mm[0]);
    let surface = Surface::default();
    for (surface, look, named) in [
        (surface.clone().views(&[]), Look::default(), "0 views"),
        (surface.clone().views(&[SurfaceView::Dorsal; 13]), Look::default(), "13 views"),
        (surface.clone().columns(0), Look::default(), "0 pictures in a row"),
        (surface.clone().samples(0), Look::default(), "0 points"),
        (surface.clone(), Look::default().opacity(1.5), "1.5"),
        (surface.clone(), Look::default().threshold(Threshold::Both(f32::NAN)), "NaN"),
        (surface.clone(), Look::default().contour(&map, f32::NAN), "NaN"),
    ] {
        let error = map.surface_with(surface, look).unwrap_err();
        assert!(error.problem().contains(named), "{error}");
    }
    let error = made::networks().surface_with(surface, Look::default().threshold(Threshold::Both(1.0))).unwrap_err();
    assert!(error.problem().contains("threshold"), "{error}");
}

#[test]
fn every_view_is_a_right_handed_frame_and_both_hemispheres_lie_side_by_side() {
    use SurfaceView::*;
    for view in [LeftLateral, LeftMedial, RightLateral, RightMedial, Dorsal, Ventral, Anterior, Posterior] {
        let [r, u, v] = view.frame();
        let cross = [r[1] * u[2] - r[2] * u[1], r[2] * u[0] - r[0] * u[2], r[0] * u[1] - r[1] * u[0]];
        assert_eq!(cross, v, "{view:?}");
    }
    let cortex = Cortex::fsaverage5().unwrap();
    for shape in [SurfaceShape::Inflated, SurfaceShape::Pial, SurfaceShape::White, SurfaceShape::Mid] {
        let [left, right] = mesh::Mesh::hemispheres(cortex, shape);
        let edge = |mesh: &mesh::Mesh| range(mesh.points.iter().map(|p| p[0]));
        assert!(edge(&left)[1] < edge(&right)[0] + 2.0, "{shape:?}");
        assert!(edge(&left)[0] < -60.0 && edge(&right)[1] > 60.0, "{shape:?}");
    }
}

#[test]
fn the_page_is_seen_around_the_cortex_and_options_are_in_the_provenance() {
    let map = map(|mm| mm[0]);
    let figure = map.surface().unwrap();
    let (wide, _, light) = figure.pixels().unwrap();
    let (_, _, dark) = figure.clone().theme(Theme::Dark).pixels().unwrap();
    let row = 3 * wide * 2 * (figure.size()[1] as usize - 4);
    assert_eq!((&light[row..row + 3], &dark[row..row + 3]), ([255; 3].as_slice(), [0x11; 3].as_slice()));
    assert!(pictures(&figure).iter().all(|picture| picture.data[0][3] == 0));
    let other = map.surface_with(Surface::default().samples(5), Look::default()).unwrap();
    assert_ne!(figure.provenance().key(), other.provenance().key());
    assert_eq!(figure.provenance(), map.surface().unwrap().provenance());
}
