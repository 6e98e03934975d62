//! The sphere on which the cortex is registered: FreeSurfer's average brain at 10,242 vertices a hemisphere.

use crate::error::{Error, Result};
use flate2::read::GzDecoder;
use std::io::Read;
use std::sync::OnceLock;

static FILE: &[u8] = include_bytes!("../../assets/surface/fsaverage5_sphere.bin.gz");

/// Cells of the lookup along each axis of the cube around the unit sphere.
const CELLS: usize = 40;

/// The sphere of fsaverage5 (Fischl et al. 1999, Hum Brain Mapp 8:272–284), with radius 1.
///
/// Vertex n has the same place on both hemispheres; what lies mirrored in the brain lies mirrored by x → −x on the sphere.
pub(crate) struct Sphere {
    pub(crate) points: Vec<[f64; 3]>,
    /// Left, right: whether a vertex lies at the medial wall, where there is no cortex.
    pub(crate) wall: [Vec<bool>; 2],
    /// Vertices of cell c are `members[starts[c]..starts[c + 1]]`.
    starts: Vec<u32>,
    members: Vec<u16>,
}

impl Sphere {
    /// The shipped sphere; unpacked once.
    pub(crate) fn fsaverage5() -> Result<&'static Sphere> {
        static SPHERE: OnceLock<Option<Sphere>> = OnceLock::new();
        SPHERE.get_or_init(read).as_ref().ok_or_else(|| {
            Error::value("the shipped sphere cannot be read", "build neurocell again from clean sources")
        })
    }

    fn new(points: Vec<[f64; 3]>, wall: [Vec<bool>; 2]) -> Sphere {
        let cells: Vec<usize> = points.iter().map(|point| flat(cell(*point))).collect();
        let mut starts = vec![0u32; CELLS * CELLS * CELLS + 1];
        cells.iter().for_each(|cell| starts[cell + 1] += 1);
        (1..starts.len()).for_each(|n| starts[n] += starts[n - 1]);
        let mut next = starts.clone();
        let mut members = vec![0u16; points.len()];
        for (vertex, cell) in (0u16..).zip(&cells) {
            members[next[*cell] as usize] = vertex;
            next[*cell] += 1;
        }
        Sphere { points, wall, starts, members }
    }

    /// The vertex that is nearest to a point of the unit sphere, the first of equals.
    pub(crate) fn nearest(&self, point: [f64; 3]) -> usize {
        let middle = cell(point);
        let mut best = (f64::INFINITY, 0);
        let around = |axis: usize| middle[axis].saturating_sub(1)..=(middle[axis] + 1).min(CELLS - 1);
        for i in around(0) {
            for j in around(1) {
                let row = flat([i, j, 0]);
                let (first, last) = (row + *around(2).start(), row + *around(2).end());
                for &vertex in &self.members[self.starts[first] as usize..self.starts[last + 1] as usize] {
                    let far = distance(self.points[usize::from(vertex)], point);
                    if far < best.0 || (far == best.0 && usize::from(vertex) < best.1) {
                        best = (far, usize::from(vertex));
                    }
                }
            }
        }
        // What is farther away than a cell may have a nearer neighbour outside these cells.
        if best.0 > (2.0 / CELLS as f64).powi(2) {
            let all = self.points.iter().map(|other| distance(*other, point)).enumerate();
            return all.fold((0, f64::INFINITY), |a, b| if b.1 < a.1 { b } else { a }).0;
        }
        best.1
    }
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)
}

fn cell(point: [f64; 3]) -> [usize; 3] {
    // The cast takes what is below 0 to 0.
    point.map(|v| (((v + 1.0) * 0.5 * CELLS as f64) as usize).min(CELLS - 1))
}

fn flat([i, j, k]: [usize; 3]) -> usize {
    (i * CELLS + j) * CELLS + k
}

fn read() -> Option<Sphere> {
    let mut bytes = Vec::new();
    GzDecoder::new(FILE).read_to_end(&mut bytes).ok()?;
    let (count, rest) = bytes.split_at_checked(4)?;
    let count = u32::from_le_bytes(count.try_into().ok()?) as usize;
    let (points, walls) = rest.split_at_checked(6 * count)?;
    if walls.len() != 2 * count {
        return None;
    }
    let points = points.chunks_exact(6).map(|at| {
        let point: [f64; 3] = std::array::from_fn(|n| f64::from(i16::from_le_bytes([at[2 * n], at[2 * n + 1]])));
        let radius = point.iter().map(|v| v * v).sum::<f64>().sqrt();
        point.map(|v| v / radius)
    });
    let wall = |side: usize| walls[side * count..(side + 1) * count].iter().map(|b| *b == 1).collect();
    Some(Sphere::new(points.collect(), [wall(0), wall(1)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brain::Cortex;

    #[test]
    fn the_medial_wall_lies_in_the_middle_and_is_mirrored_on_the_sphere() {
        let (sphere, cortex) = (Sphere::fsaverage5().unwrap(), Cortex::fsaverage5().unwrap());
        let mut centres = Vec::new();
        for (side, hemisphere) in cortex.hemispheres.iter().enumerate() {
            let wall: Vec<usize> = (0..sphere.points.len()).filter(|v| sphere.wall[side][*v]).collect();
            assert!((700..1000).contains(&wall.len()), "{}", wall.len());
            let mean = |of: &dyn Fn(usize) -> f64| wall.iter().map(|v| of(*v)).sum::<f64>() / wall.len() as f64;
            assert!(mean(&|v| f64::from(hemisphere.white[v][0]).abs()) < 12.0);
            centres.push([0, 1, 2].map(|axis| mean(&|v| sphere.points[v][axis])));
        }
        // The same part of the brain: at mirrored places of the sphere.
        let apart = distance(centres[0].map(f64::from), [-centres[1][0], centres[1][1], centres[1][2]]);
        assert!(apart < 0.01 && centres[0][0] > 0.5 && centres[1][0] < -0.5, "{centres:?}");
    }

    #[test]
    fn the_nearest_vertex_is_that_of_a_search_through_all() {
        let sphere = Sphere::fsaverage5().unwrap();
        for n in 0..300 {
            let (a, z) = (n as f64 * 2.399963, 2.0 * (n as f64 + 0.5) / 300.0 - 1.0);
            let point = [a.cos() * (1.0 - z * z).sqrt(), a.sin() * (1.0 - z * z).sqrt(), z];
            let all = sphere.points.iter().map(|other| distance(*other, point));
            let least = all.fold(f64::INFINITY, f64::min);
            assert_eq!(distance(sphere.points[sphere.nearest(point)], point), least);
        }
    }
}
