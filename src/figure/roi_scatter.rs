//! Scores of regions against what subjects differ in.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief, number};
use super::drawn::Figure;
use super::font;
use super::sheet::{FRAME, Heading, Ink, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use crate::encoding::{RoiCorrelation, RoiCorrelations};
use crate::error::{Error, Result};
use crate::provenance::Provenance;

const WIDTH: f64 = 900.0;
/// Panels that are drawn, and in a row.
const PANELS: usize = 9;
const COLUMNS: usize = 3;
/// Height of a panel's plot, and of the two lines above it.
const HEIGHT: f64 = 140.0;
const ABOVE: f64 = 1.3 * LABEL + 1.3 * TICK + 8.0;
/// Room for the labels of the axes.
const LEFT: f64 = 58.0;

/// A panel for each of the (at most nine) regions with the least p: each subject's score against the column that was correlated, with Spearman's r, q over
/// all regions and the number of subjects. Regions below q = 0.05 are blue, others grey.
///
/// # Errors
/// If no region was tested.
pub fn roi_scatter(found: &RoiCorrelations) -> Result<Figure> {
    let best = found.best();
    if best.is_empty() {
        return Err(Error::value("no region was tested", "see the table: are there scores?"));
    }
    let shown = &best[..best.len().min(PANELS)];
    let which = match best.len() > PANELS {
        true => format!("the {PANELS} regions of least p of {}", best.len()),
        false => format!("{} regions", best.len()),
    };
    let title = format!("Scores by region and {}", found.column());
    let mut remark = format!("{}; {which}; Spearman r, q over all regions; a dot is a subject", found.scores().atlas());
    if !found.left_out().is_empty() {
        let s = if found.left_out().len() == 1 { "" } else { "s" };
        remark.push_str(&format!("; {} subject{s} without {} left out", found.left_out().len(), found.column()));
    }
    let heading = Heading::new(&title, &remark, WIDTH);
    let columns = shown.len().min(COLUMNS);
    let rows = shown.len().div_ceil(columns);
    let cell = (WIDTH - 2.0 * MARGIN) / columns as f64;
    // Ticks have labels below every panel, axes below the last ones.
    let pitch = ABOVE + HEIGHT + TICK + 26.0;
    let height = heading.height() + (rows - 1) as f64 * pitch + ABOVE + HEIGHT + BELOW + MARGIN;
    let mut sheet = Sheet::new(WIDTH, height);
    sheet.heading(&heading);
    for (n, row) in shown.iter().enumerate() {
        let (column, line) = (n % columns, n / columns);
        let corner = [MARGIN + cell * column as f64, heading.height() + pitch * line as f64];
        // The axes' labels stand once: at the left, and where nothing follows below.
        let labels = [column == 0, n + columns >= shown.len()];
        panel(&mut sheet, found, row, corner, cell.min(300.0), labels)?;
    }
    let first = shown[0];
    let alt =
        format!("{title}: {which}; the first is {} with r = {:.2}, q = {}", first.region, first.r, brief(first.q));
    Ok(Figure::new(sheet, alt).made(Provenance::step("roi_scatter").input("correlations", found)))
}

fn panel(
    sheet: &mut Sheet,
    found: &RoiCorrelations,
    row: &RoiCorrelation,
    [left, top]: [f64; 2],
    width: f64,
    [left_label, bottom_label]: [bool; 2],
) -> Result<()> {
    let pairs = found.pairs(&row.region)?;
    let scale = |values: Vec<f64>| {
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        let air = (0.08 * (high - low)).max(1e-9);
        Scale::linear(low - air, high + air)
    };
    let plot = Plot {
        left: left + LEFT,
        top: top + ABOVE,
        width: width - LEFT - 14.0,
        height: HEIGHT,
        x: scale(pairs.iter().map(|(value, _)| *value).collect()),
        y: scale(pairs.iter().map(|(_, score)| *score).collect()),
    };
    let name = font::shorten(&row.region, LABEL, true, plot.width);
    sheet.words([plot.left, top + LABEL], Text::new(name, LABEL).bold());
    let q = if row.q < 0.001 { "q < 0.001".to_owned() } else { format!("q = {}", number(row.q, 3)) };
    let said = format!("r = {}, {q}, n = {}", number(row.r, 2), row.n);
    sheet.words([plot.left, top + 1.3 * LABEL + TICK], Text::new(said, TICK).colour(SOFT));
    let below = match found.unit() {
        Some(unit) => format!("{} ({unit})", found.column()),
        None => found.column().to_owned(),
    };
    let unit = found.scores().unit();
    plot.left_axis(sheet, if left_label { unit } else { "" });
    plot.bottom_axis(sheet, if bottom_label { &below } else { "" }, false);
    sheet.line([plot.left, plot.top], [plot.left, plot.bottom()], 1.0, FRAME);
    let colour = if row.q < 0.05 { Ink::Own(PALETTE[0]) } else { FRAME };
    pairs.iter().for_each(|(value, score)| sheet.disc([plot.px(*value), plot.py(*score)], 3.5, colour));
    Ok(())
}
