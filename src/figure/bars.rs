//! Ranked bars: word lists, layer shares.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, FRAME, Heading, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use crate::error::{Error, Result};
use crate::provenance::{Provenance, Traced};

/// Bars that are drawn at most.
const MOST: usize = 80;

/// Labels that are said of what a figure was made of.
const SAID: usize = 80;

/// Horizontal bars in the order given, the first above, each with its value; `unit` labels the axis.
///
/// Positive bars are blue, negative ones red. For the words that drive a pattern, or the share of each layer.
///
/// Of more than 80 the first 80 are drawn, and it is said of how many.
///
/// # Errors
/// If there is no bar, if labels and values differ in number, or a value is NaN or infinite.
///
/// ```
/// use neurocell::figure::bars;
/// let shares = bars(&["layer 0", "layer 1", "layer 2"], &[12.5, 40.0, 47.5], "Layers of the sub-group", "% of neurons")?;
/// assert_eq!(shares.size()[0], 640);
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn bars(labels: &[&str], values: &[f64], title: &str, unit: &str) -> Result<Figure> {
    if labels.len() != values.len() {
        return Err(Error::shape(
            format!("{} labels for {} bars", labels.len(), values.len()),
            "give one label for each value",
        ));
    }
    if values.is_empty() {
        return Err(Error::value("0 bars; a figure of bars holds 1 to 80", "give at least one label with its value"));
    }
    if let Some(bad) = values.iter().position(|v| !v.is_finite()) {
        return Err(Error::value(format!("the bar `{}` has the value {}", labels[bad], values[bad]), "leave it out"));
    }
    let (all, values) = (values.len(), &values[..values.len().min(MOST)]);
    let labels = &labels[..values.len()];
    let width = 640.0;
    let remark = if all > MOST { format!("the first {MOST} of {all}") } else { String::new() };
    let heading = Heading::new(title, &remark, width);
    let labels: Vec<String> = labels.iter().map(|l| font::shorten(l, LABEL, false, 200.0)).collect();
    let widest = labels.iter().map(|l| font::width(l, LABEL, false)).fold(0.0, f64::max);
    let pitch = if values.len() > 30 { 20.0 } else { 24.0 };
    let height = pitch * values.len() as f64 + 6.0;
    let (low, high) = values.iter().fold((0.0f64, 0.0f64), |(l, h), v| (l.min(*v), h.max(*v)));
    let span = if high > low { high - low } else { 1.0 };
    let left = MARGIN + widest + 10.0;
    let room = width - left - MARGIN - 12.0;
    // Room at the end of the longest bars for their values, in pixels and then in the values' unit.
    let widest_of = |wanted: fn(f64) -> bool| {
        let texts = values.iter().filter(|v| wanted(**v)).map(|v| font::width(&brief(*v), TICK, false) + 12.0);
        texts.fold(0.0, f64::max)
    };
    let (before, after) = (widest_of(|v| v < 0.0), widest_of(|v| v >= 0.0));
    let per_pixel = span / (room - before - after);
    let scale = Scale::linear(low - before * per_pixel, high + after * per_pixel);
    let plot = Plot { left, top: heading.height(), width: room, height, x: scale, y: Scale::linear(0.0, 1.0) };
    let mut sheet = Sheet::new(width, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.bottom_axis(&mut sheet, unit, true);
    for (n, (label, value)) in labels.iter().zip(values).enumerate() {
        let y = plot.top + 3.0 + pitch * (n as f64 + 0.5);
        let (zero, end) = (plot.px(0.0), plot.px(*value));
        let colour = if *value < 0.0 { PALETTE[1] } else { PALETTE[0] };
        sheet.block([zero.min(end), y - 0.36 * pitch], [(end - zero).abs(), 0.72 * pitch], colour);
        sheet.centred([left - 8.0, y], Text::new(label, LABEL).anchor(Anchor::End));
        let (x, anchor) = if *value < 0.0 { (end - 5.0, Anchor::End) } else { (end + 5.0, Anchor::Start) };
        sheet.centred([x, y], Text::new(brief(*value), TICK).colour(SOFT).anchor(anchor));
    }
    sheet.line([plot.px(0.0), plot.top], [plot.px(0.0), plot.bottom()], 1.0, FRAME);
    let alt = format!("{title}: {all} bars in {unit}, the first {} ({})", labels[0], brief(values[0]));
    let made = Provenance::step("bars").option("title", title).option("unit", unit);
    let made = made.option("labels", labels[..labels.len().min(SAID)].join(", ")).input("values", &values.provenance());
    Ok(Figure::new(sheet, alt).made(made))
}
