//! Values along a row of points: what the points share is worked out once.

use super::{Volume, below};

/// What is worked out for a row of points; kept, since the next row may be another one of the same places.
#[derive(Default)]
pub(crate) struct Line {
    /// The voxels along the row, each as the weighed sum of the four around the row there and the weight of those that
    /// have a value; one of nothing before the first and one after the last.
    voxels: Vec<[f64; 2]>,
    /// The place of each point among them: the one before it, and the share of the way to the next.
    places: Vec<(u32, f64)>,
    /// Of which axis, from where on and in which steps these places are.
    of: Option<(usize, f64, f64)>,
}

impl Line {
    /// The places of `count` points of an axis with `length` voxels.
    fn place(&mut self, axis: usize, first: f64, step: f64, length: usize, count: usize) {
        if self.of == Some((axis, first, step)) && self.places.len() == count {
            return;
        }
        self.of = Some((axis, first, step));
        self.places.clear();
        self.places.extend((0..count).map(|n| {
            let place = first + n as f64 * step;
            let base = below(place);
            // Beyond the grid lies the voxel of nothing at its end.
            match base >= -1.0 && base < length as f64 {
                true => ((base + 1.0) as u32, place - base),
                false => (0, 0.0),
            }
        }));
    }
}

/// A row of points whose place moves along an axis by less than this share of a voxel in all does not move along it.
const STILL: f64 = 1e-7;

impl Volume {
    /// What [`Volume::at`] gives at each of the points `from` + n · `step` (mm), but for rounding.
    ///
    /// Of a row along one of the grid's axes each point lies between two places of a line of voxels; other rows are read
    /// point by point.
    pub fn along(&self, from: [f64; 3], step: [f64; 3], line: &mut Line, found: &mut [(f64, f64)]) {
        let first = self.inverse.voxel(from);
        let next = self.inverse.voxel([0, 1, 2].map(|c| from[c] + step[c]));
        let moved = [0, 1, 2].map(|axis| next[axis] - first[axis]);
        let moves = |axis: &usize| moved[*axis].abs() * found.len() as f64 > STILL;
        let axes: Vec<usize> = (0..3).filter(moves).collect();
        let [axis] = axes[..] else {
            for (n, found) in found.iter_mut().enumerate() {
                *found = self.at([0, 1, 2].map(|c| from[c] + n as f64 * step[c]));
            }
            return;
        };
        if !self.line(axis, first, &mut line.voxels) {
            return found.fill((0.0, 0.0));
        }
        line.place(axis, first[axis], moved[axis], self.shape[axis], found.len());
        for (found, (before, share)) in found.iter_mut().zip(&line.places) {
            let near = &line.voxels[*before as usize..][..2];
            let [sum, known] = [0, 1].map(|n| near[0][n] + share * (near[1][n] - near[0][n]));
            *found = if known > 0.0 { (sum / known, known) } else { (0.0, 0.0) };
        }
    }

    /// The voxels along `axis` that lie around a place; `false` if there are none.
    fn line(&self, axis: usize, place: [f64; 3], line: &mut Vec<[f64; 2]>) -> bool {
        let strides = [1, self.shape[0], self.shape[0] * self.shape[1]];
        // Where the rows of voxels around the place begin, with their weights.
        let mut rows = vec![(0, 1.0)];
        for other in (0..3).filter(|other| *other != axis) {
            let base = below(place[other]);
            if !(base >= -1.0 && base < self.shape[other] as f64) {
                return false;
            }
            let share = place[other] - base;
            let near = [(base as isize, 1.0 - share), (base as isize + 1, share)];
            let inside = near
                .iter()
                .filter(|(at, weight)| usize::try_from(*at).is_ok_and(|at| at < self.shape[other]) && *weight > 0.0);
            let steps: Vec<(usize, f64)> =
                inside.map(|(at, weight)| (*at as usize * strides[other], *weight)).collect();
            rows = rows.iter().flat_map(|(at, w)| steps.iter().map(move |(step, s)| (at + step, w * s))).collect();
        }
        line.clear();
        line.resize(self.shape[axis] + 2, [0.0; 2]);
        let voxels = &mut line[1..=self.shape[axis]];
        for (begin, weight) in rows {
            for (n, [sum, known]) in voxels.iter_mut().enumerate() {
                let value = self.values[begin + n * strides[axis]];
                if !value.is_nan() {
                    *sum += weight * f64::from(value);
                    *known += weight;
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brain::Affine;

    #[test]
    fn a_row_has_the_values_of_its_points_whatever_the_affine_and_where_voxels_are_missing() {
        let shape = [7, 6, 5];
        let values = (0..210).map(|n| if n % 11 == 3 { f32::NAN } else { ((n * n) as f32 * 0.37).sin() });
        let values: Vec<f32> = values.collect();
        let affines = [
            [[2.0, 0.0, 0.0, -6.0], [0.0, 2.0, 0.0, -5.0], [0.0, 0.0, 2.0, -4.0]],
            [[-2.0, 0.0, 0.0, 6.0], [0.0, 0.0, 2.5, -5.0], [0.0, 3.0, 0.0, -7.0]],
            [[2.0, 0.3, -0.1, -6.0], [-0.3, 2.0, 0.2, -5.0], [0.1, -0.2, 2.0, -4.0]],
        ];
        let mut line = Line::default();
        let (mut inside, mut part) = (0, 0);
        for affine in affines {
            let volume = Volume::new(shape, &Affine(affine), values.clone()).unwrap();
            for (axis, length) in [(0, 0.31), (1, 0.27), (2, -0.33)] {
                for offset in 0..40 {
                    let mut from = [-5.3 + 0.29 * f64::from(offset), 4.1 - 0.22 * f64::from(offset), 0.17];
                    from[axis] = -20.0 * f64::signum(length) * 0.6;
                    let mut step = [0.0; 3];
                    step[axis] = length;
                    let mut found = vec![(9.0, 9.0); 77];
                    volume.along(from, step, &mut line, &mut found);
                    for (n, (value, known)) in found.into_iter().enumerate() {
                        let (expected, weight) = volume.at([0, 1, 2].map(|c| from[c] + n as f64 * step[c]));
                        assert!((known - weight).abs() < 1e-9, "{affine:?} {axis} {offset} {n}: {known} {weight}");
                        assert!(known < 1e-6 || (value - expected).abs() < 1e-6, "{value} {expected}");
                        inside += usize::from(known > 0.999);
                        part += usize::from(known > 0.0 && known < 0.999);
                    }
                }
            }
        }
        assert!(inside > 200 && part > 1000, "{inside} {part}");
    }
}
