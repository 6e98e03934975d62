//! The bar that says which colour is which value.

use super::axis::{Plot, Scale, brief};
use super::font;
use super::sheet::{Anchor, Colour, FRAME, INK, LABEL, Pixels, SOFT, Sheet, TICK, Text};

/// Width of the coloured part.
const WIDTH: f64 = 16.0;

/// Draws a vertical colour bar of `height` pixels whose upper left corner is at `corner`; `colour` gives the colour of
/// a value, the lines of `title` stand above it, broken where they are wider than `room` pixels.
pub(super) fn colour_bar(
    sheet: &mut Sheet,
    corner: [f64; 2],
    height: f64,
    room: f64,
    scale: Scale,
    title: &str,
    colour: impl Fn(f64) -> Colour,
) {
    marked_bar(sheet, Bar { corner, height, room, scale, marks: &[] }, title, colour);
}

/// Where a colour bar stands, and what is marked on it.
pub(super) struct Bar<'a> {
    pub corner: [f64; 2],
    pub height: f64,
    /// Width of the title.
    pub room: f64,
    pub scale: Scale,
    /// Values (a threshold) at which a line crosses the bar; each stands in bold in the place of ticks nearby.
    pub marks: &'a [f64],
}

/// Draws a colour bar with marks.
pub(super) fn marked_bar(sheet: &mut Sheet, bar: Bar<'_>, title: &str, colour: impl Fn(f64) -> Colour) {
    let Bar { corner, height, room, scale, marks } = bar;
    let [left, top] = corner;
    let lines: Vec<String> = title.lines().flat_map(|line| font::wrap(line, LABEL, false, room)).collect();
    let down = 1.3 * LABEL * lines.len() as f64;
    for (n, line) in lines.iter().enumerate() {
        sheet.words([left, top + 1.3 * LABEL * n as f64 + LABEL], Text::new(line, LABEL));
    }
    let (top, height) = (top + down + 4.0, (height - down - 4.0).max(40.0));
    let mut pixels = Pixels::new(1, (2.0 * height) as usize);
    for row in 0..pixels.rows {
        // The first and the last row are the scale's two ends.
        let share = 1.0 - row as f64 / (pixels.rows - 1) as f64;
        pixels.set(0, row, colour(scale.low + share * (scale.high - scale.low)));
    }
    sheet.picture([left, top], [WIDTH, height], pixels, false);
    sheet.frame([left, top], [WIDTH, height], FRAME);
    let plot = Plot { left, top, width: WIDTH, height, x: Scale::linear(0.0, 1.0), y: scale };
    let ticks = scale.ticks((height / 32.0).clamp(2.0, 6.0) as usize);
    for &tick in &ticks {
        let y = plot.py(tick);
        // A tick near a mark would be written over it.
        if marks.iter().any(|mark| (plot.py(*mark) - y).abs() < 1.25 * TICK) {
            continue;
        }
        sheet.line([left + WIDTH, y], [left + WIDTH + 4.0, y], 1.0, FRAME);
        let text = Text::new(scale.label(tick, &ticks), TICK).colour(SOFT).anchor(Anchor::Start);
        sheet.centred([left + WIDTH + 7.0, y], text);
    }
    let mut last: Option<f64> = None;
    for &mark in marks {
        let y = plot.py(mark);
        sheet.line([left - 3.0, y], [left + WIDTH + 4.0, y], 1.5, INK);
        // Two marks that nearly touch (± a small threshold) share the place of the first.
        if last.is_none_or(|last: f64| (last - y).abs() >= 1.25 * TICK) {
            let text = Text::new(brief(mark), TICK).bold().anchor(Anchor::Start);
            sheet.centred([left + WIDTH + 7.0, y], text);
            last = Some(y);
        }
    }
}
