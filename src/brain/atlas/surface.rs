//! Labels of a surface's vertices painted into voxels.

use std::collections::HashMap;

/// For each place wanted, in mm, the label that most vertices within `reach` mm carry (a tie goes to the nearest vertex's label); 0 where no vertex is
/// near or most have none, and at places that are not wanted.
pub(super) fn paint(points: &[[f64; 3]], labels: &[u32], places: &[[f64; 3]], wanted: &[bool], reach: f64) -> Vec<u32> {
    // Vertices by cubes as wide as the reach: those within it are in the 27 cubes around.
    let cube = |mm: &[f64; 3]| mm.map(|v| (v / reach).floor() as i64);
    let mut cubes: HashMap<[i64; 3], Vec<usize>> = HashMap::new();
    for (vertex, point) in points.iter().enumerate() {
        cubes.entry(cube(point)).or_default().push(vertex);
    }
    let most = labels.iter().copied().max().unwrap_or(0) as usize;
    let mut votes = vec![0usize; most + 1];
    places
        .iter()
        .zip(wanted)
        .map(|(place, wanted)| {
            if !wanted {
                return 0;
            }
            votes.fill(0);
            let mut nearest = (f64::INFINITY, 0);
            let [i, j, k] = cube(place);
            for n in 0..27 {
                let around = [i + n / 9 - 1, j + n / 3 % 3 - 1, k + n % 3 - 1];
                for vertex in cubes.get(&around).into_iter().flatten() {
                    let far: f64 = points[*vertex].iter().zip(place).map(|(a, b)| (a - b).powi(2)).sum();
                    if far <= reach * reach {
                        votes[labels[*vertex] as usize] += 1;
                        if far < nearest.0 {
                            nearest = (far, labels[*vertex]);
                        }
                    }
                }
            }
            let best = votes.iter().copied().max().unwrap_or(0);
            let mut winners = (0u32..).zip(&votes).filter(|(_, n)| **n == best).map(|(label, _)| label);
            match (best, winners.next(), winners.next()) {
                (0, ..) => 0,
                (_, Some(label), None) => label,
                _ => nearest.1,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_vertices_decide_and_a_tie_goes_to_the_nearest() {
        let points = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0], [9.0, 0.0, 0.0], [-9.5, 0.0, 0.0]];
        let labels = [1, 2, 2, 3, 0];
        let places = [[1.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [9.0, 0.0, 3.9], [9.0, 0.0, 4.1], [-9.0, 0.0, 0.0], [0.0; 3]];
        let wanted = [true, true, true, true, true, false];
        assert_eq!(paint(&points, &labels, &places, &wanted, 4.0), [2, 2, 3, 0, 0, 0]);
        assert_eq!(paint(&points, &labels, &places, &wanted, 2.1), [2, 1, 0, 0, 0, 0]);
    }
}
