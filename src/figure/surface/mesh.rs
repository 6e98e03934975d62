//! The surfaces that are drawn, with a normal at each vertex.

use super::options::SurfaceShape;
use crate::brain::{Cortex, Hemisphere};

/// Air between the hemispheres where both are seen inflated, in mm.
const GAP: f32 = 6.0;

/// Points with outward normals of length 1.
pub(super) struct Mesh {
    pub points: Vec<[f32; 3]>,
    pub normals: Vec<[f32; 3]>,
}

impl Mesh {
    /// Triangles turn counter-clockwise, seen from outside.
    pub fn new(points: Vec<[f32; 3]>, triangles: &[[u16; 3]]) -> Mesh {
        let mut normals = vec![[0.0; 3]; points.len()];
        for triangle in triangles {
            let [a, b, c] = triangle.map(|v| points[usize::from(v)]);
            // As long as twice the triangle's area: large triangles count more.
            let normal = cross(difference(b, a), difference(c, a));
            for vertex in triangle {
                let sum: &mut [f32; 3] = &mut normals[usize::from(*vertex)];
                sum.iter_mut().zip(normal).for_each(|(sum, n)| *sum += n);
            }
        }
        normals.iter_mut().for_each(|normal| *normal = unit(*normal));
        Mesh { points, normals }
    }

    /// Both hemispheres in a shape, each triangle cut into four; inflated ones, each around a middle of its own, are set side by side.
    pub fn hemispheres(cortex: &Cortex, shape: SurfaceShape) -> [Mesh; 2] {
        let between = |h: &Hemisphere| -> Vec<[f32; 3]> {
            let pairs = h.white.iter().zip(&h.pial);
            pairs.map(|(w, p)| std::array::from_fn(|axis| 0.5 * (w[axis] + p[axis]))).collect()
        };
        let [left, right] = &cortex.hemispheres;
        [(left, -1.0), (right, 1.0)].map(|(hemisphere, side)| {
            let points = match shape {
                SurfaceShape::Inflated => hemisphere.inflated.clone(),
                SurfaceShape::Pial => hemisphere.pial.clone(),
                SurfaceShape::White => hemisphere.white.clone(),
                SurfaceShape::Mid => between(hemisphere),
            };
            let normals = cortex.finer.points(&Mesh::new(points.clone(), &cortex.triangles).normals);
            let mut points = cortex.finer.points(&points);
            if shape == SurfaceShape::Inflated {
                let inner = points.iter().map(|p| -side * p[0]).fold(f32::NEG_INFINITY, f32::max);
                points.iter_mut().for_each(|p| p[0] += side * (inner + 0.5 * GAP));
            }
            Mesh { points, normals }
        })
    }
}

pub(super) fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn difference(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    std::array::from_fn(|axis| a[axis] - b[axis])
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The vector with length 1; one without length stays as it is.
pub(super) fn unit(v: [f32; 3]) -> [f32; 3] {
    let length = dot(v, v).sqrt();
    if length > 0.0 { v.map(|x| x / length) } else { v }
}
