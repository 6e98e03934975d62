//! The cortex as a surface: FreeSurfer's average brain at 10,242 vertices a hemisphere.

use super::Affine;
use crate::error::{Error, Result};
use flate2::read::GzDecoder;
use std::collections::HashMap;
use std::io::Read;
use std::sync::OnceLock;

static FILE: &[u8] = include_bytes!("../../assets/surface/fsaverage5.bin.gz");

/// From FreeSurfer's space (MNI 305), in which the surfaces are, to MNI 152: `$FREESURFER_HOME/average/mni152.register.dat`
/// as FreeSurfer's page on coordinate systems gives it.
const MNI_152: Affine =
    Affine([[0.9975, -0.0073, 0.0176, -0.0429], [0.0146, 1.0009, -0.0024, 1.5496], [-0.0130, -0.0093, 0.9971, 1.1840]]);

/// A point of the white or the pial surface in MNI 152 space, in mm.
pub(crate) fn mni152(point: [f64; 3]) -> [f64; 3] {
    MNI_152.mm(point)
}

/// One hemisphere; points in mm, x to the right, y to the front, z up.
pub(crate) struct Hemisphere {
    /// The border of white and grey matter.
    pub(crate) white: Vec<[f32; 3]>,
    /// The outer border of grey matter.
    pub(crate) pial: Vec<[f32; 3]>,
    /// Inflated until the sulci are seen; in a space of its own.
    pub(crate) inflated: Vec<[f32; 3]>,
    /// Depth in FreeSurfer's unit: positive in a sulcus, negative on a gyrus.
    pub(crate) depth: Vec<f32>,
}

/// Both hemispheres of fsaverage5 (Fischl et al. 1999, Hum Brain Mapp 8:272–284).
pub(crate) struct Cortex {
    /// Vertices of each triangle, counter-clockwise seen from outside; the same on both sides.
    pub(crate) triangles: Vec<[u16; 3]>,
    /// Left, right.
    pub(crate) hemispheres: [Hemisphere; 2],
    pub(crate) finer: Finer,
}

/// The cortex with each triangle cut into four: its vertices, then the middle of each edge; the same on both sides.
pub(crate) struct Finer {
    pub(crate) triangles: Vec<[u16; 3]>,
    /// The two vertices between which each further one lies.
    middles: Vec<[u16; 2]>,
}

impl Finer {
    fn new(triangles: &[[u16; 3]], vertices: usize) -> Option<Finer> {
        let mut known: HashMap<[u16; 2], u16> = HashMap::new();
        let mut middles = Vec::new();
        let mut cut = Vec::with_capacity(4 * triangles.len());
        for &[a, b, c] in triangles {
            let mut middle = |p: u16, q: u16| -> Option<u16> {
                let edge = [p.min(q), p.max(q)];
                if let Some(vertex) = known.get(&edge) {
                    return Some(*vertex);
                }
                let vertex = u16::try_from(vertices + middles.len()).ok()?;
                middles.push(edge);
                known.insert(edge, vertex);
                Some(vertex)
            };
            let (ab, bc, ca) = (middle(a, b)?, middle(b, c)?, middle(c, a)?);
            cut.extend([[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]);
        }
        Some(Finer { triangles: cut, middles })
    }

    /// What the vertices have, followed by what lies in the middle of each edge.
    pub(crate) fn extended<T: Copy>(&self, values: &[T], middle: impl Fn(T, T) -> T) -> Vec<T> {
        let between = self.middles.iter().map(|edge| edge.map(|v| values[usize::from(v)]));
        values.iter().copied().chain(between.map(|[a, b]| middle(a, b))).collect()
    }

    /// Points of a surface and the middles of its edges.
    pub(crate) fn points(&self, points: &[[f32; 3]]) -> Vec<[f32; 3]> {
        self.extended(points, |a, b| std::array::from_fn(|axis| 0.5 * (a[axis] + b[axis])))
    }
}

impl Cortex {
    /// The shipped surfaces; unpacked once.
    pub(crate) fn fsaverage5() -> Result<&'static Cortex> {
        static CORTEX: OnceLock<Option<Cortex>> = OnceLock::new();
        CORTEX.get_or_init(read).as_ref().ok_or_else(|| {
            Error::value("the shipped surfaces cannot be read", "build neurocell again from clean sources")
        })
    }
}

fn read() -> Option<Cortex> {
    let mut bytes = Vec::new();
    GzDecoder::new(FILE).read_to_end(&mut bytes).ok()?;
    let mut rest = bytes.as_slice();
    let mut take = |length: usize| -> Option<&[u8]> {
        let (part, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(part)
    };
    let long = |bytes: &[u8]| bytes.try_into().ok().map(u32::from_le_bytes).map(|n| n as usize);
    let vertices = long(take(4)?)?;
    let triangles = long(take(4)?)?;
    let corners = take(6 * triangles)?;
    let corner = |at: &[u8], n: usize| u16::from_le_bytes([at[2 * n], at[2 * n + 1]]);
    let triangles: Vec<[u16; 3]> = corners.chunks_exact(6).map(|at| std::array::from_fn(|n| corner(at, n))).collect();
    if triangles.iter().flatten().any(|vertex| usize::from(*vertex) >= vertices) {
        return None;
    }
    let number = |at: &[u8], n: usize, unit: f32| f32::from(i16::from_le_bytes([at[2 * n], at[2 * n + 1]])) / unit;
    let mut hemisphere = || -> Option<Hemisphere> {
        let mut points = || -> Option<Vec<[f32; 3]>> {
            let bytes = take(6 * vertices)?;
            Some(bytes.chunks_exact(6).map(|at| std::array::from_fn(|n| number(at, n, 200.0))).collect())
        };
        let (white, pial, inflated) = (points()?, points()?, points()?);
        let depth = take(2 * vertices)?.chunks_exact(2).map(|at| number(at, 0, 10_000.0)).collect();
        Some(Hemisphere { white, pial, inflated, depth })
    };
    let hemispheres = [hemisphere()?, hemisphere()?];
    let finer = Finer::new(&triangles, vertices)?;
    Some(Cortex { triangles, hemispheres, finer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_left_hemisphere_lies_left_and_the_triangles_turn_outwards() {
        let cortex = Cortex::fsaverage5().unwrap();
        assert_eq!(cortex.triangles.len(), 20_480);
        for (side, hemisphere) in [-1.0, 1.0].into_iter().zip(&cortex.hemispheres) {
            assert_eq!(hemisphere.white.len(), 10_242);
            let mean = hemisphere.pial.iter().map(|p| f64::from(p[0])).sum::<f64>() / 10_242.0;
            assert!((20.0..50.0).contains(&(side * mean)), "{mean}");
            // Six times the volume that the surface encloses: positive if its triangles turn outwards.
            let volume: f64 =
                cortex.triangles.iter().map(|t| determinant(t.map(|v| hemisphere.pial[usize::from(v)]))).sum();
            assert!((250_000.0..600_000.0).contains(&(volume / 6.0)), "{}", volume / 6.0);
        }
    }

    #[test]
    fn cut_into_four_the_triangles_have_the_same_area_and_a_vertex_more_for_each_edge() {
        let cortex = Cortex::fsaverage5().unwrap();
        // A closed surface without holes: vertices − edges + triangles = 2.
        assert_eq!(cortex.finer.middles.len(), 10_242 + 20_480 - 2);
        let fine = cortex.finer.points(&cortex.hemispheres[0].pial);
        let volume = |points: &[[f32; 3]], triangles: &[[u16; 3]]| -> f64 {
            triangles.iter().map(|t| determinant(t.map(|v| points[usize::from(v)]))).sum()
        };
        let coarse = volume(&cortex.hemispheres[0].pial, &cortex.triangles);
        assert!((volume(&fine, &cortex.finer.triangles) / coarse - 1.0).abs() < 1e-6);
    }

    fn determinant([a, b, c]: [[f32; 3]; 3]) -> f64 {
        let [a, b, c] = [a, b, c].map(|v| v.map(f64::from));
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    }
}
