//! The glass of a glass brain: its surface, darker where it turns away from the reader, and its outline.

use super::contour::Lattice;
use super::projection::{Projection, Sampled};
use super::view::{VIEWS, View};
use crate::error::Result;
use crate::figure::template::template;
use crate::linalg::in_pool;
use rayon::prelude::*;
use std::sync::OnceLock;

/// The template's surface as it is seen from one side, on a lattice of 1 mm.
pub(super) struct Shell {
    columns: usize,
    rows: usize,
    /// How far the surface is turned away: 0 faces the reader, 1 is its rim; 0 where there is no brain.
    turned: Vec<f32>,
    /// The outline, in mm from the picture's upper left corner.
    pub outline: Vec<Vec<[f64; 2]>>,
}

/// The surface from one side; found once for all.
pub(super) fn shell(view: View) -> Result<&'static Shell> {
    static COVER: OnceLock<Sampled> = OnceLock::new();
    static SHELLS: [OnceLock<Shell>; 4] = [const { OnceLock::new() }; 4];
    let place = VIEWS.iter().position(|v| *v == view).unwrap_or(0);
    let cover = &template()?.cover;
    Ok(SHELLS[place].get_or_init(|| {
        let size = view.direction().size();
        let [columns, rows] = size.map(|mm| mm as usize);
        let middle = |n: usize| [(n % columns) as f64 + 0.5, (n / columns) as f64 + 0.5];
        let [near, far] = view.depth();
        let (steps, toward) = ((near - far).abs() as usize, (far - near).signum());
        // How far the surface lies behind the nearest plane, in mm; NaN where there is none.
        let mut depth = vec![f32::NAN; columns * rows];
        in_pool(|| {
            depth.par_iter_mut().enumerate().for_each(|(n, depth)| {
                let mut before = 0.0;
                for step in 0..=steps {
                    let (here, _) = cover.at(view.mm(middle(n), near + toward * step as f64));
                    if here >= 0.5 {
                        *depth = (step as f64 - (here - 0.5) / (here - before).max(1e-9)) as f32;
                        break;
                    }
                    before = here;
                }
            })
        });
        let turned = (0..columns * rows).map(|n| turned(&depth, columns, rows, n)).collect();
        let projection = Projection::of(COVER.get_or_init(|| Sampled::of(cover)), view);
        let lattice = Lattice::new(columns + 1, rows + 1, |column, row| {
            projection.at(view.plane([column as f64, row as f64])).map_or(0.0, |[high, _]| high)
        });
        Shell { columns, rows, turned, outline: lattice.lines(0.5) }
    }))
}

/// 1 minus the cosine between the surface and the line of sight.
fn turned(depth: &[f32], columns: usize, rows: usize, n: usize) -> f32 {
    let here = depth[n];
    if here.is_nan() {
        return 0.0;
    }
    let (column, row) = (n % columns, n / columns);
    // Differences over both neighbours, or the one that is there; at the rim the surface is seen edge on.
    let slope = |before: Option<usize>, after: Option<usize>| match (before.map(|n| depth[n]), after.map(|n| depth[n]))
    {
        (Some(a), Some(b)) if !a.is_nan() && !b.is_nan() => 0.5 * (b - a),
        _ => f32::INFINITY,
    };
    let across = slope(column.checked_sub(1).map(|_| n - 1), (column + 1 < columns).then_some(n + 1));
    let down = slope(row.checked_sub(1).map(|_| n - columns), (row + 1 < rows).then(|| n + columns));
    1.0 - 1.0 / (1.0 + across * across + down * down).sqrt()
}

impl Shell {
    /// How far the surface is turned away at a place in mm from the picture's upper left corner.
    pub fn at(&self, [right, down]: [f64; 2]) -> f64 {
        let (x, y) = (right - 0.5, down - 0.5);
        let (column, row) = (x.floor(), y.floor());
        let mut sum = 0.0;
        for (dr, wr) in [(0.0, 1.0 - (y - row)), (1.0, y - row)] {
            for (dc, wc) in [(0.0, 1.0 - (x - column)), (1.0, x - column)] {
                let (r, c) = (row + dr, column + dc);
                if r >= 0.0 && c >= 0.0 && r < self.rows as f64 && c < self.columns as f64 {
                    sum += wr * wc * f64::from(self.turned[r as usize * self.columns + c as usize]);
                }
            }
        }
        sum
    }
}
