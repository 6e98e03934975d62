//! Axial slices of the template, side by side.

use super::axis::number;
use super::render::PNG_SCALE;
use super::sheet::{Anchor, Colour, Heading, LABEL, MARGIN, Pixels, SOFT, Sheet, TICK, Text};
use super::template::{Template, template};
use crate::error::Result;
use crate::linalg::in_pool;
use rayon::prelude::*;

/// Width of a figure of slices.
pub(super) const WIDTH: f64 = 900.0;
/// What a slice shows, in mm: left to right and back to front, the template with a little air.
pub(super) const X: [f64; 2] = [-75.0, 75.0];
pub(super) const Y: [f64; 2] = [-111.0, 77.0];
/// Lowest and highest slice chosen by itself, in mm.
const Z: [f64; 2] = [-46.0, 70.0];
/// Colour bar with its labels.
pub(super) const BAR: f64 = 100.0;
/// Space below a slice for its z.
const BELOW: f64 = 20.0;

/// `count` heights in equal steps between the lowest and the highest, one of them through `peak`.
pub(super) fn heights(count: usize, peak: Option<f64>) -> Vec<f64> {
    let step = ((Z[1] - Z[0]) / count.max(1) as f64).floor().max(1.0);
    let Some(peak) = peak.filter(|z| z.is_finite()) else {
        let first = (0.5 * (Z[0] + Z[1] - step * (count.max(1) - 1) as f64)).round();
        return (0..count).map(|n| first + step * n as f64).collect();
    };
    // The lowest slice that a whole number of steps below the peak still lies inside the range.
    let first = peak - step * ((peak - Z[0]) / step).floor();
    let mut z: Vec<f64> = (0..count).map(|n| first + step * n as f64).collect();
    if let Some(last) = z.last_mut()
        && peak > *last
    {
        *last = peak;
    }
    if let Some(first) = z.first_mut()
        && peak < Z[0]
    {
        *first = peak;
    }
    z.sort_by(f64::total_cmp);
    z
}

/// Where slices stand on the page.
pub(super) struct Layout {
    heading: Heading,
    pub top: f64,
    columns: usize,
    rows: usize,
    wide: f64,
    high: f64,
}

impl Layout {
    pub fn new(z: &[f64], title: &str, remark: &str, most: usize, aside: f64) -> Layout {
        let most = if z.len() > 2 * most { most + 1 } else { most };
        let columns = z.len().clamp(1, most);
        let heading = Heading::new(title, remark, WIDTH);
        let wide = ((WIDTH - 2.0 * MARGIN - aside) / columns as f64 - 6.0).min(220.0);
        let high = wide * (Y[1] - Y[0]) / (X[1] - X[0]);
        Layout { top: heading.height(), heading, columns, rows: z.len().div_ceil(columns), wide, high }
    }

    pub fn sheet(&self) -> Sheet {
        let height = self.top + self.rows as f64 * (self.high + BELOW + 8.0);
        let mut sheet = Sheet::new(WIDTH, height.max(self.top + 250.0) + MARGIN);
        sheet.heading(&self.heading);
        sheet
    }

    pub fn brains(
        &self,
        sheet: &mut Sheet,
        z: &[f64],
        colour: impl Fn([f64; 3], Colour) -> Colour + Sync,
    ) -> Result<()> {
        let pictures = axial(z, self.wide, colour)?;
        for (n, (z, pixels)) in z.iter().zip(pictures).enumerate() {
            let at = [
                MARGIN + (n % self.columns) as f64 * (self.wide + 6.0),
                self.top + (n / self.columns) as f64 * (self.high + BELOW + 8.0),
            ];
            sheet.picture(at, [self.wide, self.high], pixels, true);
            let below = at[1] + self.high + 4.0 + TICK;
            let text = Text::new(format!("z = {} mm", number(*z, 0)), TICK).colour(SOFT).anchor(Anchor::Middle);
            sheet.words([at[0] + 0.5 * self.wide, below], text);
            if n == 0 {
                sides(sheet, at, self.wide);
            }
        }
        Ok(())
    }
}

/// Marks the sides of a slice.
pub(super) fn sides(sheet: &mut Sheet, [x, y]: [f64; 2], wide: f64) {
    sheet.words([x + 2.0, y + 16.0], Text::new("L", LABEL).bold());
    sheet.words([x + wide - 2.0, y + 16.0], Text::new("R", LABEL).bold().anchor(Anchor::End));
}

/// Slices of `wide` logical pixels at the bitmap's resolution; `colour` lays a point's colour on the brain's.
pub(super) fn axial(z: &[f64], wide: f64, colour: impl Fn([f64; 3], Colour) -> Colour + Sync) -> Result<Vec<Pixels>> {
    let template = template()?;
    in_pool(|| z.par_iter().map(|z| slice(template, *z, wide, &colour)).collect())
}

fn slice(
    template: &Template,
    z: f64,
    wide: f64,
    colour: &(impl Fn([f64; 3], Colour) -> Colour + Sync),
) -> Result<Pixels> {
    crate::notebook::check_cancelled("drawing slices")?;
    let per_mm = PNG_SCALE as f64 * wide / (X[1] - X[0]);
    let mut pixels = Pixels::new((per_mm * (X[1] - X[0])).round() as usize, (per_mm * (Y[1] - Y[0])).round() as usize);
    for row in 0..pixels.rows {
        // Front above, left at the left.
        let y = Y[1] - (row as f64 + 0.5) / per_mm;
        for column in 0..pixels.columns {
            let mm = [X[0] + (column as f64 + 0.5) / per_mm, y, z];
            let (grey, known) = template.grey.at(mm);
            let inside = if known > 0.0 { template.cover.at(mm).0 } else { 0.0 };
            let grey = (45.0 + 190.0 * grey).round() as u8;
            let under = [grey; 3];
            let over = colour(mm, under);
            // A colour beyond the brain's edge stands on the page by itself.
            let cover = if over == under { (inside - 0.4) / 0.2 } else { 1.0 };
            pixels.set_sheer(column, row, over, cover);
        }
    }
    Ok(pixels)
}
