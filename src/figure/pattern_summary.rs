//! What a decomposition is worth, on one page: each pattern's share, density, stability and layers; neurons; the objective.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief};
use super::colour::sequential;
use super::colour_bar::colour_bar;
use super::courses::order;
use super::drawn::Figure;
use super::font;
use super::histogram::Bins;
use super::sheet::{Anchor, Colour, FRAME, Heading, LABEL, MARGIN, Pixels, SOFT, Sheet, TICK, Text};
use crate::error::{Error, Result};
use crate::pattern::Patterns;
use crate::provenance::Provenance;
use ndarray::s;

const WIDTH: f64 = 900.0;
/// Height of a panel of bars.
const PANEL: f64 = 74.0;
/// Height of the row of histograms.
const ROW: f64 = 250.0;
/// Patterns that are drawn one by one.
const MOST: usize = 400;

/// A decomposition on one page.
///
/// Above, pattern by pattern: the share of the series' variance that it explains by itself (%), the share of neurons that load on it (%, where the method
/// makes loadings zero), how well it came back over restarts (0 to 1, where there were restarts), and its layers: each layer's share of Σ loading² (%). Below: how much of each neuron's
/// variance all patterns together explain, and what was minimised, after each iteration, where the method has such a thing.
///
/// Of more than 400 patterns the first 400 are drawn.
///
/// ```
/// use neurocell::prelude::*;
/// use neurocell::figure::pattern_summary;
/// # let data = ndarray::Array2::from_shape_fn((60, 6), |(t, n)| (t as f32 * if n < 3 { 0.2 } else { 0.9 }).sin());
/// # let series = NeuronSeries::new(data, Clock::new(1.5, &[60])?, NeuronAxis::new("simulated", Site::FfnOut, 1, 6))?;
/// let figure = pattern_summary(&series.patterns(KMeans::new(2))?)?;
/// assert!(figure.svg()?.contains("of the variance"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no pattern.
pub fn pattern_summary(patterns: &Patterns) -> Result<Figure> {
    let (count, report) = (patterns.count(), patterns.report());
    if count == 0 {
        return Err(Error::value("there are 0 patterns", "ask the decomposition for at least one"));
    }
    let percent = |shares: Vec<f64>| shares.into_iter().map(|s| 100.0 * s).collect::<Vec<f64>>();
    let density = percent(patterns.density());
    let mut panels = vec![("variance (%)", percent(report.explained_by.to_vec()), None)];
    if density.iter().any(|d| *d < 100.0) {
        panels.push(("neurons (%)", density, None));
    }
    if let Some(stability) = &report.stability {
        panels.push(("stability", stability.to_vec(), Some(1.0)));
    }
    let shown = count.min(MOST);
    panels.iter_mut().for_each(|(_, values, _)| values.truncate(shown));
    let title = format!("{count} patterns: share of the variance, neurons, layers");
    let which = match shown < count {
        true => format!("the first {shown} of {count} patterns, {}; ", order(patterns)),
        false => String::new(),
    };
    let remark = format!(
        "{which}{}; {:.1} % of the variance of {} explained by all together",
        patterns.method(),
        100.0 * patterns.explained(),
        patterns.neurons()
    );
    let heading = Heading::new(&title, &remark, WIDTH);
    let layers = patterns.neurons().layers;
    let map = (layers as f64 * 16.0).clamp(30.0, 240.0);
    let left = MARGIN + 78.0;
    let width = WIDTH - left - MARGIN - 70.0;
    let x = Scale::counted(0.0, shown as f64 - 1.0);
    let above = panels.len() as f64 * (PANEL + 16.0) + map + BELOW + 24.0;
    let mut sheet = Sheet::new(WIDTH, heading.height() + above + ROW + MARGIN);
    let mut top = sheet.heading(&heading) + 4.0;
    for (label, values, most) in &panels {
        let highest = most.unwrap_or_else(|| values.iter().copied().fold(0.0, f64::max)).max(1e-9);
        let plot = Plot { left, top, width, height: PANEL, x, y: Scale::linear(0.0, 1.05 * highest) };
        plot.left_axis(&mut sheet, label);
        vertical_bars(&mut sheet, &plot, values, PALETTE[0]);
        sheet.line([left, plot.bottom()], [plot.right(), plot.bottom()], 1.0, FRAME);
        top += PANEL + 16.0;
    }
    layer_map(&mut sheet, patterns, Plot { left, top, width, height: map, x, y: Scale::linear(0.0, layers as f64) });
    top += map + BELOW + 24.0;
    let half = 0.5 * (WIDTH - 2.0 * MARGIN - 24.0);
    let explained: Vec<f32> = patterns.explained_by_neuron().iter().map(|share| 100.0 * share).collect();
    let explained: Vec<f32> = explained
        .into_iter()
        .enumerate()
        .filter(|(neuron, share)| share.is_finite() && report.left_out.binary_search(neuron).is_err())
        .map(|(_, share)| share)
        .collect();
    if !explained.is_empty() {
        let label = "variance explained of a neuron (%)";
        Bins::new(&explained, 40)?.draw(&mut sheet, [MARGIN, top], [half, ROW], label, "neurons");
    }
    if report.objective.len() > 1 {
        objective(&mut sheet, patterns, [MARGIN + half + 24.0, top], [half, ROW]);
    }
    let alt = format!(
        "{title}; the first explains {} % of the variance, the last one shown {} %; {}",
        brief(panels[0].1[0]),
        brief(panels[0].1[shown - 1]),
        patterns.method()
    );
    Ok(Figure::new(sheet, alt).made(Provenance::step("pattern_summary").input("patterns", patterns)))
}

/// A bar for each value, in the middle of its number on the horizontal axis.
fn vertical_bars(sheet: &mut Sheet, plot: &Plot, values: &[f64], colour: Colour) {
    let wide = (plot.width / values.len() as f64 * 0.8).min(40.0);
    for (n, value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let top = plot.py(*value).min(plot.bottom() - 1.0);
        sheet.block([plot.px(n as f64) - 0.5 * wide, top], [wide, plot.bottom() - top], colour);
    }
}

/// Layer × pattern, the first layer above.
fn layer_map(sheet: &mut Sheet, patterns: &Patterns, plot: Plot) {
    let shares = patterns.layers();
    let shares = shares.slice(s![.., ..shares.ncols().min(MOST)]);
    let (layers, count) = shares.dim();
    let most = shares.iter().copied().fold(0.0, f64::max).max(1e-9);
    let mut pixels = Pixels::new(count, layers);
    for ((layer, pattern), share) in shares.indexed_iter() {
        pixels.set(pattern, layer, sequential(share / most));
    }
    sheet.picture([plot.left, plot.top], [plot.width, plot.height], pixels, false);
    sheet.frame([plot.left, plot.top], [plot.width, plot.height], FRAME);
    let high = plot.height / layers as f64;
    let step = (14.0 / high).ceil() as usize;
    for layer in (0..layers).step_by(step) {
        let y = plot.top + high * (layer as f64 + 0.5);
        sheet.centred([plot.left - 7.0, y], Text::new(layer.to_string(), TICK).colour(SOFT).anchor(Anchor::End));
    }
    let middle = [plot.left - 46.0, plot.top + 0.5 * plot.height];
    sheet.centred(middle, Text::new("layer", LABEL).anchor(Anchor::Middle).upward());
    plot.bottom_axis(sheet, "pattern", false);
    let scale = Scale::linear(0.0, 100.0 * most);
    colour_bar(sheet, [plot.right() + 12.0, plot.top - 6.0], plot.height + 6.0, 60.0, scale, "%", |v| {
        sequential(v / (100.0 * most))
    });
}

/// What is minimised, over iterations.
fn objective(sheet: &mut Sheet, patterns: &Patterns, [x, y]: [f64; 2], [w, h]: [f64; 2]) {
    let report = patterns.report();
    let (low, high) = report.objective.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let edge = 0.06 * (high - low).max(1e-9 * high.abs());
    let last = report.objective.len() as f64;
    let left = x + 88.0;
    let plot = Plot {
        left,
        top: y + 20.0,
        width: x + w - left - 14.0,
        height: h - 20.0 - BELOW,
        x: Scale::counted(1.0, last),
        y: Scale::linear(low - edge, high + edge),
    };
    plot.left_axis(sheet, "objective");
    plot.bottom_axis(sheet, "iteration", false);
    let what = font::shorten(report.objective_is, TICK, false, plot.width);
    sheet.words([plot.left, plot.top - 6.0], Text::new(what, TICK).colour(SOFT));
    let points: Vec<[f64; 2]> =
        (1..).zip(report.objective.iter()).map(|(n, v)| [plot.px(f64::from(n)), plot.py(*v)]).collect();
    points.iter().for_each(|point| sheet.disc(*point, 2.0, PALETTE[0]));
    sheet.path(points, 1.5, PALETTE[0]);
}
