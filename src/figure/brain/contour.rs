//! Lines where a value on a plane crosses a level: marching squares, and lines that a reader tells from warm and cold colours.

use crate::figure::contour_ink::{CORES, RIM, WIDTHS};
use crate::figure::sheet::Sheet;
use std::collections::HashMap;

/// Values at the nodes of a lattice on a plane, row by row.
pub(super) struct Lattice {
    pub columns: usize,
    pub rows: usize,
    pub values: Vec<f64>,
}

impl Lattice {
    /// `value` gives the value at column and row.
    pub fn new(columns: usize, rows: usize, value: impl Fn(usize, usize) -> f64) -> Lattice {
        let values = (0..rows * columns).map(|n| value(n % columns, n / columns)).collect();
        Lattice { columns, rows, values }
    }

    fn at(&self, column: usize, row: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    /// The lines that part values on the level's far side from 0 (or at it) from the others, in columns and rows of the lattice;
    /// a line that ends where it began is closed. Between two nodes values are taken to change in proportion.
    ///
    /// Marching squares (Lorensen and Cline 1987 in the plane); where two corners of a square that face each other are inside,
    /// the mean of all four says whether they are joined.
    pub fn lines(&self, level: f64) -> Vec<Vec<[f64; 2]>> {
        let inside = |value: f64| {
            if level > 0.0 {
                value >= level
            } else if level < 0.0 {
                value <= level
            } else {
                value > 0.0
            }
        };
        // The two edges that a piece of line joins, for each square that it crosses.
        let mut pieces: Vec<[usize; 2]> = Vec::new();
        for row in 0..self.rows.saturating_sub(1) {
            for column in 0..self.columns.saturating_sub(1) {
                // Corners clockwise from the upper left, and the edges between each and the next.
                let corners = [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(c, r)| self.at(column + c, row + r));
                let is = corners.map(inside);
                if is == [is[0]; 4] {
                    continue;
                }
                let edges = [
                    self.edge(column, row, false),
                    self.edge(column + 1, row, true),
                    self.edge(column, row + 1, false),
                    self.edge(column, row, true),
                ];
                let crossed: Vec<usize> = (0..4).filter(|n| is[*n] != is[(n + 1) % 4]).collect();
                if let [a, b] = crossed[..] {
                    pieces.push([edges[a], edges[b]]);
                    continue;
                }
                let joined = inside(0.25 * corners.iter().sum::<f64>()) == is[0];
                let pairs = if joined { [[0, 1], [2, 3]] } else { [[3, 0], [1, 2]] };
                pieces.extend(pairs.map(|pair| pair.map(|n| edges[n])));
            }
        }
        self.joined(&pieces, level)
    }

    /// The number of the edge to the right of a node, or below it.
    fn edge(&self, column: usize, row: usize, below: bool) -> usize {
        2 * (row * self.columns + column) + usize::from(below)
    }

    /// Where the level lies on an edge.
    fn crossing(&self, edge: usize, level: f64) -> [f64; 2] {
        let (node, below) = (edge / 2, edge % 2 == 1);
        let (column, row) = (node % self.columns, node / self.columns);
        let next = if below { self.at(column, row + 1) } else { self.at(column + 1, row) };
        let share = ((level - self.values[node]) / (next - self.values[node])).clamp(0.0, 1.0);
        let (column, row) = (column as f64, row as f64);
        if below { [column, row + share] } else { [column + share, row] }
    }

    /// Pieces that share an edge become one line.
    fn joined(&self, pieces: &[[usize; 2]], level: f64) -> Vec<Vec<[f64; 2]>> {
        let mut of_edge: HashMap<usize, Vec<usize>> = HashMap::new();
        for (n, piece) in pieces.iter().enumerate() {
            piece.iter().for_each(|edge| of_edge.entry(*edge).or_default().push(n));
        }
        let mut used = vec![false; pieces.len()];
        let walk = |start: usize, used: &mut Vec<bool>| {
            let mut edges = vec![start];
            let mut at = start;
            while let Some(piece) = of_edge[&at].iter().copied().find(|n| !used[*n]) {
                used[piece] = true;
                let [a, b] = pieces[piece];
                at = if a == at { b } else { a };
                edges.push(at);
            }
            edges
        };
        let mut lines = Vec::new();
        for n in 0..pieces.len() {
            if used[n] {
                continue;
            }
            let ahead = walk(pieces[n][0], &mut used);
            // A line that leaves the lattice at both ends is walked the other way too.
            let mut line = walk(pieces[n][0], &mut used);
            line.reverse();
            line.extend(&ahead[1..]);
            lines.push(line.into_iter().map(|edge| self.crossing(edge, level)).collect());
        }
        lines
    }
}

/// Draws a line of contour number `n`.
pub(super) fn stroke(sheet: &mut Sheet, points: &[[f64; 2]], n: usize) {
    let points = simpler(points, 0.12);
    sheet.path(points.clone(), WIDTHS[1], RIM);
    sheet.path(points, WIDTHS[0], CORES[n % CORES.len()].1);
}

/// The line with the fewest of its points from which none of the others is farther than `most` (Ramer 1972, Douglas and Peucker 1973).
pub(super) fn simpler(points: &[[f64; 2]], most: f64) -> Vec<[f64; 2]> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut kept = vec![false; points.len()];
    kept[0] = true;
    kept[points.len() - 1] = true;
    let mut open = vec![(0, points.len() - 1)];
    while let Some((first, last)) = open.pop() {
        let (from, to) = (points[first], points[last]);
        let chord = [to[0] - from[0], to[1] - from[1]];
        let length = chord[0].hypot(chord[1]);
        let off = |p: [f64; 2]| {
            let d = [p[0] - from[0], p[1] - from[1]];
            // The two ends of a closed line are one point.
            if length < 1e-9 { d[0].hypot(d[1]) } else { (chord[0] * d[1] - chord[1] * d[0]).abs() / length }
        };
        let far = (first + 1..last).map(|n| (n, off(points[n]))).max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((n, distance)) = far
            && distance > most
        {
            kept[n] = true;
            open.extend([(first, n), (n, last)]);
        }
    }
    points.iter().zip(kept).filter(|(_, kept)| *kept).map(|(point, _)| *point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contour_of_a_cone_is_a_closed_circle() {
        let lattice = Lattice::new(41, 41, |c, r| 20.0 - (c as f64 - 20.0).hypot(r as f64 - 20.0));
        let lines = lattice.lines(8.0);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        for [x, y] in &lines[0] {
            // On an edge of the lattice the cone is straight but for its bend.
            assert!(((x - 20.0).hypot(y - 20.0) - 12.0).abs() < 0.03, "{x} {y}");
        }
        assert!(lattice.lines(21.0).is_empty());
    }

    #[test]
    fn a_line_over_the_border_is_one_open_line() {
        let lattice = Lattice::new(6, 5, |c, _| c as f64);
        let lines = lattice.lines(2.25);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].len(), 5);
        assert!(lines[0].iter().all(|p| (p[0] - 2.25).abs() < 1e-12));
        // The same field from its other side.
        let mirrored = Lattice::new(6, 5, |c, _| -(c as f64)).lines(-2.25);
        assert_eq!(mirrored, lines);
    }

    #[test]
    fn corners_that_face_each_other_are_joined_if_the_middle_is_inside() {
        let apart = Lattice { columns: 2, rows: 2, values: vec![1.0, 0.0, 0.0, 1.0] };
        assert_eq!(apart.lines(0.9).len(), 2);
        let corner = |line: &Vec<[f64; 2]>, at: [f64; 2]| line.iter().all(|p| (p[0] - at[0]).hypot(p[1] - at[1]) < 0.3);
        assert!(apart.lines(0.9).iter().all(|line| corner(line, [0.0, 0.0]) || corner(line, [1.0, 1.0])));
        assert!(apart.lines(0.1).iter().all(|line| corner(line, [1.0, 0.0]) || corner(line, [0.0, 1.0])));
    }

    #[test]
    fn a_simpler_line_keeps_its_corners() {
        let line = [[0.0, 0.0], [1.0, 0.01], [2.0, 0.0], [2.0, 1.0], [2.0, 2.0]];
        assert_eq!(simpler(&line, 0.1), [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0]]);
    }
}
