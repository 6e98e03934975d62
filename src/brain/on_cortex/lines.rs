//! From voxels to vertices: what a map or an atlas is along the line from the white to the pial surface.
//!
//! As nilearn's `vol_to_surf(kind="depth", inner_mesh=white)`, but that a point counts as inside where at least half of
//! the weight of the eight voxels around it lies in the map's mask, and that fsaverage5's points, which are in
//! FreeSurfer's space (MNI 305), are first taken to the space of the maps (MNI 152) by FreeSurfer's own affine.

use super::SurfaceMap;
use crate::brain::volume::{Labels, Volume};
use crate::brain::{BrainMap, Cortex, Hemisphere, mni152};
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use rayon::prelude::*;

/// Vertices of a hemisphere.
pub(crate) const VERTICES: usize = 10_242;

/// From which weight of the voxels around it on a point is inside.
pub(crate) const INSIDE: f64 = 0.5;

/// The same for labels: the labelled part of a coarse atlas has gaps inside the cortex, narrower than a voxel, and its edge is
/// one of voxels. From a quarter on the medial wall alone, some 9 % of the vertices, is without a label.
pub(crate) const LABELLED: f64 = 0.25;

/// Points that a line has at most.
const MOST: usize = 200;

/// At which points of the cortex a map is read.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Grain {
    /// At fsaverage5's vertices.
    Vertices,
    /// At its vertices, and in the middle of each edge.
    Middles,
}

/// A map along each line.
pub(crate) struct Field {
    /// The mean over the points that are inside the map's mask; NaN without any.
    pub values: [Vec<f32>; 2],
    /// How far inside the line gets: the greatest weight that the mask's voxels have around one of its points. From a half
    /// on there is a value.
    pub inside: [Vec<f32>; 2],
}

impl Field {
    pub fn new(map: &BrainMap, samples: usize, grain: Grain) -> Result<Field> {
        let volume = Volume::of_map(map)?;
        let sides = along(samples, grain, |line: &[[f64; 3]]| {
            let (mut sum, mut count, mut farthest) = (0.0, 0usize, 0.0f64);
            for (value, known) in line.iter().map(|mm| volume.at(*mm)) {
                farthest = farthest.max(known);
                if known >= INSIDE {
                    sum += value;
                    count += 1;
                }
            }
            (if count > 0 { (sum / count as f64) as f32 } else { f32::NAN }, farthest as f32)
        })?;
        let [left, right] = sides.map(|side| side.into_iter().unzip::<f32, f32, Vec<f32>, Vec<f32>>());
        Ok(Field { values: [left.0, right.0], inside: [left.1, right.1] })
    }

    /// The values at the vertices alone.
    pub fn vertices(&self, map: &BrainMap, samples: usize) -> SurfaceMap {
        let values = self.values.each_ref().map(|side| side[..side.len().min(VERTICES)].into());
        SurfaceMap { values, samples, map: map.clone() }
    }
}

/// Labels that are told apart at one vertex.
const KINDS: usize = 4;

/// Which labels a vertex has, with their shares; the greatest first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Mixed {
    label: [u16; KINDS],
    share: [f32; KINDS],
    /// The greatest weight that labels have around one of the line's points.
    pub inside: f32,
}

impl Mixed {
    /// The labels (below 65,535) with their shares of the line; together 1, or 0 where there is no label.
    pub fn parts(&self) -> impl Iterator<Item = (usize, f32)> {
        self.label.iter().zip(self.share).filter(|(_, share)| *share > 0.0).map(|(l, share)| (usize::from(*l), share))
    }

    /// The label that has most of the line.
    pub fn label(&self) -> Option<usize> {
        self.parts().next().map(|part| part.0)
    }
}

/// Shares of labels along each vertex' line: the weights of the voxels around its points, summed by label. Points with
/// less than a quarter of their weight on labels do not count.
pub(crate) fn mixed(labels: &Labels, samples: usize, grain: Grain) -> Result<[Vec<Mixed>; 2]> {
    along(samples, grain, |line: &[[f64; 3]]| {
        let mut mixed = Mixed::default();
        let mut sums: Vec<(usize, f64)> = Vec::new();
        let mut here: Vec<(usize, f64)> = Vec::new();
        for mm in line {
            here.clear();
            labels.around(*mm, |label, weight| here.push((label, weight)));
            let known = here.iter().map(|part| part.1).sum::<f64>();
            mixed.inside = mixed.inside.max(known as f32);
            if known < LABELLED {
                continue;
            }
            for (label, weight) in &here {
                match sums.iter_mut().find(|sum| sum.0 == *label) {
                    Some(sum) => sum.1 += weight,
                    None => sums.push((*label, *weight)),
                }
            }
        }
        sums.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        sums.truncate(KINDS);
        let total: f64 = sums.iter().map(|sum| sum.1).sum();
        for (n, (label, sum)) in sums.into_iter().enumerate() {
            mixed.label[n] = label as u16;
            mixed.share[n] = (sum / total) as f32;
        }
        mixed
    })
}

/// `read` for the line of each vertex, left and right.
fn along<T: Send>(samples: usize, grain: Grain, read: impl Fn(&[[f64; 3]]) -> T + Sync) -> Result<[Vec<T>; 2]> {
    if !(1..=MOST).contains(&samples) {
        return Err(Error::value(
            format!("{samples} points between the white and the pial surface"),
            format!("take 1 to {MOST}; 10 are usual"),
        ));
    }
    let cortex = Cortex::fsaverage5()?;
    let side = |hemisphere: &Hemisphere| -> Vec<T> {
        let (white, pial) = match grain {
            Grain::Vertices => (hemisphere.white.clone(), hemisphere.pial.clone()),
            Grain::Middles => (cortex.finer.points(&hemisphere.white), cortex.finer.points(&hemisphere.pial)),
        };
        white
            .par_iter()
            .zip(&pial)
            .map_init(
                || Vec::with_capacity(samples),
                |line, (white, pial)| {
                    line.clear();
                    line.extend((0..samples).map(|n| {
                        let share = if samples == 1 { 0.5 } else { n as f64 / (samples - 1) as f64 };
                        mni152(std::array::from_fn(|axis| {
                            let (from, to) = (f64::from(white[axis]), f64::from(pial[axis]));
                            from + share * (to - from)
                        }))
                    }));
                    read(line)
                },
            )
            .collect()
    };
    let [left, right] = &cortex.hemispheres;
    Ok(in_pool(|| [side(left), side(right)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brain::{Affine, Mask};
    use ndarray::Array2;

    const SHAPE: [usize; 3] = [32, 36, 30];
    const OBLIQUE: Affine = Affine([[-5.9, 0.5, 0.3, 92.0], [0.4, 5.9, -0.6, -118.0], [-0.2, 0.7, 5.8, -74.0]]);

    fn grid(inside: impl Fn([usize; 3]) -> bool) -> Mask {
        let all = (0..SHAPE.iter().product::<usize>()).map(position).map(inside).collect::<Vec<bool>>();
        Mask::new(SHAPE, OBLIQUE, &all).unwrap()
    }

    fn position(flat: usize) -> [usize; 3] {
        [flat % SHAPE[0], flat / SHAPE[0] % SHAPE[1], flat / (SHAPE[0] * SHAPE[1])]
    }

    /// The map of tests/reference/surface/make_surface_reference.py.
    fn made(mask: &Mask) -> BrainMap {
        let value = |n: usize| {
            let [i, j, k] = mask.position(n).map(|i| i as f64);
            ((0.9 * i).sin() + 0.5 * (0.7 * j + 0.2 * k).cos() + 0.1 * k * (0.3 * i).sin()) as f32
        };
        BrainMap::new((0..mask.count()).map(value).collect(), mask, "made", "r").unwrap()
    }

    fn reference<T: ndarray_npy::ReadableElement>(name: &str) -> Array2<T> {
        let path = format!("{}/tests/reference/surface/{name}.npy", env!("CARGO_MANIFEST_DIR"));
        ndarray_npy::read_npy(path).unwrap()
    }

    /// Sides, vertices and places in the reference of the vertices that it holds.
    fn compared() -> impl Iterator<Item = (usize, usize, [usize; 2])> {
        (0..2).flat_map(|side| (0..277).map(move |n| (side, 37 * n, [side, n])))
    }

    #[test]
    fn values_on_the_cortex_are_those_of_nilearn_for_an_oblique_map() {
        let expected: Array2<f32> = reference("values");
        let found = made(&grid(|_| true)).on_surface(10).unwrap();
        for (side, vertex, at) in compared() {
            let value = [found.left(), found.right()][side][vertex];
            assert!((value - expected[at]).abs() < 1e-4, "{side} {vertex}: {value} against {}", expected[at]);
        }
    }

    #[test]
    fn labels_on_the_cortex_are_those_of_nilearn() {
        let expected: Array2<u8> = reference("labels");
        let mask = grid(|_| true);
        let label = |n: usize| {
            let [i, j, k] = mask.position(n);
            Some(i / 4 % 2 + 2 * (j / 5 % 2) + 4 * (k / 4 % 2))
        };
        let found = mixed(&Labels::new(&mask, 8, label).unwrap(), 10, Grain::Vertices).unwrap();
        let same = compared()
            .filter(|(side, vertex, at)| found[*side][*vertex].label() == Some(usize::from(expected[*at]) - 1));
        // nilearn counts each point's nearest voxel, this the weights of eight: they differ where a line follows a border.
        let same = same.count();
        assert!(same >= 543, "{same} of 554");
        for mixed in found.iter().flatten() {
            let shares: Vec<f32> = mixed.parts().map(|part| part.1).collect();
            assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5 && shares.is_sorted_by(|a, b| a >= b));
        }
    }

    #[test]
    fn only_points_inside_the_mask_count_and_a_vertex_without_any_is_nan() {
        // The left half of the brain: the first axis runs from right to left.
        let (all, half) = (made(&grid(|_| true)), made(&grid(|[i, ..]| i >= 15)));
        let (all, half) = (all.on_surface(10).unwrap(), half.on_surface(10).unwrap());
        let cortex = Cortex::fsaverage5().unwrap();
        let (mut inside, mut outside) = (0, 0);
        for (side, hemisphere) in cortex.hemispheres.iter().enumerate() {
            for (vertex, (white, pial)) in hemisphere.white.iter().zip(&hemisphere.pial).enumerate() {
                let i = [white, pial].map(|p| OBLIQUE.voxel(mni152(p.map(f64::from))).unwrap()[0]);
                let [whole, part] = [&all, &half].map(|map| map.values[side][vertex]);
                if i[0].min(i[1]) >= 15.0 {
                    assert_eq!(part, whole);
                    inside += 1;
                } else if i[0].max(i[1]) < 14.49 {
                    assert!(part.is_nan(), "{part}");
                    outside += 1;
                } else {
                    // Somewhere between: of the line's points those inside count.
                    assert!(part.is_finite() || i[0].max(i[1]) < 14.6);
                }
            }
        }
        assert!(inside > 6000 && outside > 6000, "{inside} {outside}");
    }

    #[test]
    fn one_point_lies_in_the_middle_and_a_linear_map_is_read_exactly() {
        let mask = grid(|_| true);
        let height = (0..mask.count()).map(|n| mask.mm(n)[2] as f32).collect();
        let map = BrainMap::new(height, &mask, "height", "mm").unwrap();
        let hemisphere = &Cortex::fsaverage5().unwrap().hemispheres[0];
        for samples in [1, 2, 10, 200] {
            let found = map.on_surface(samples).unwrap();
            for ((white, pial), value) in hemisphere.white.iter().zip(&hemisphere.pial).zip(found.left()) {
                let middle = mni152(std::array::from_fn(|a| 0.5 * f64::from(white[a]) + 0.5 * f64::from(pial[a])));
                assert!((f64::from(*value) - middle[2]).abs() < 1e-3, "{value} against {middle:?}");
            }
        }
    }

    #[test]
    fn in_the_middle_of_an_edge_the_map_is_read_anew_and_at_the_vertices_as_before() {
        let map = made(&grid(|_| true));
        let (coarse, fine) = (map.on_surface(10).unwrap(), Field::new(&map, 10, Grain::Middles).unwrap());
        assert_eq!(coarse.right(), &fine.values[1][..10_242]);
        assert_eq!(fine.values[0].len(), 40_962);
        assert_eq!(fine.vertices(&map, 10).left(), coarse.left());
    }

    #[test]
    fn no_points_and_too_many_are_errors_that_say_what_to_do() {
        let map = made(&grid(|_| true));
        for samples in [0, 201] {
            let error = map.on_surface(samples).unwrap_err();
            assert!(error.problem().starts_with(&format!("{samples} points")), "{error}");
            assert!(error.advice().contains("1 to 200"), "{error}");
        }
    }
}
