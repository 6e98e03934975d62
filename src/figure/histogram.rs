//! How values are spread: held-out scores, and which α were chosen.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief};
use super::drawn::Figure;
use super::sheet::{Anchor, Colour, Heading, INK, MARGIN, SOFT, Sheet, TICK, Text};
use crate::encoding::EncodingFit;
use crate::error::{Error, Result};
use crate::provenance::{Provenance, Traced};

/// Options of [`histogram`].
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Number of bars; their edges are round numbers, so that there may be a few more or fewer. Default 40.
    pub bins: usize,
    /// What is counted, for the vertical axis. Default "count".
    pub counted: String,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { bins: 40, counted: "count".to_owned() }
    }
}

impl Histogram {
    /// About this many bars.
    pub fn bins(self, bins: usize) -> Histogram {
        Histogram { bins, ..self }
    }

    /// What is counted: "voxels", "neurons".
    pub fn counted(self, counted: impl Into<String>) -> Histogram {
        Histogram { counted: counted.into(), ..self }
    }
}

/// A histogram of `values`, the median marked; `label` names the horizontal axis with its unit.
///
/// # Errors
/// If there is no value, a value is NaN or infinite, or less than 2 or more than 500 bars are asked for.
///
/// ```
/// use neurocell::figure::{Histogram, histogram};
/// let r: Vec<f32> = (0..500).map(|n| (n as f32 * 0.7).sin() * 0.2).collect();
/// let figure = histogram(&r, "Held-out scores", "r", Histogram::default().counted("voxels"))?;
/// assert!(figure.svg()?.contains("median"));
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn histogram(values: &[f32], title: &str, label: &str, options: Histogram) -> Result<Figure> {
    if let Some(bad) = values.iter().position(|v| !v.is_finite()) {
        return Err(Error::value(
            format!("value {bad} of {} is {}", values.len(), values[bad]),
            "leave it out of the histogram",
        ));
    }
    let bins = Bins::new(values, options.bins)?;
    let heading = Heading::new(title, "", 640.0);
    let height = 300.0;
    let mut sheet = Sheet::new(640.0, heading.height() + height);
    sheet.heading(&heading);
    bins.draw(&mut sheet, [MARGIN, heading.height()], [640.0 - 2.0 * MARGIN, height - MARGIN], label, &options.counted);
    let alt = format!("{title}: histogram of {} values of {label}, median {}", values.len(), brief(bins.median));
    let made = Provenance::step("histogram").option("title", title).option("label", label);
    let made = made.option("bins", options.bins).option("counted", &options.counted);
    Ok(Figure::new(sheet, alt).made(made.input("values", &values.provenance())))
}

/// Two histograms of a fitted encoding model: held-out r over voxels, and the α that were chosen.
///
/// The α axis is logarithmic with a bar at each value of the grid; the grid's two ends are orange, since an optimum
/// there may lie beyond the grid. Voxels whose r is not a number are left out, and their number is said.
///
/// # Errors
/// If no voxel has a score, or the grid is empty or not positive.
pub fn score_histograms(fit: &EncodingFit) -> Result<Figure> {
    let scores: Vec<f32> = fit.r().iter().copied().filter(|r| r.is_finite()).collect();
    let left_out = fit.r().len() - scores.len();
    if scores.is_empty() {
        return Err(Error::value(
            format!("none of {} voxels has a held-out score", fit.r().len()),
            "look at the data: are courses constant?",
        ));
    }
    let grid = fit.grid();
    if grid.is_empty() || grid.iter().any(|a| !a.is_finite() || *a <= 0.0) {
        return Err(Error::value(format!("the α grid is {grid:?}"), "α are positive numbers"));
    }
    let above = 100.0 * scores.iter().filter(|r| **r > 0.0).count() as f64 / scores.len() as f64;
    let mut remark = format!("{}; r > 0 in {above:.0} % of {} voxels", fit.about(), scores.len());
    if left_out > 0 {
        remark.push_str(&format!(", {left_out} voxels without a score left out"));
    }
    let (width, height) = (900.0, 300.0);
    let title = "Held-out scores and chosen α";
    let heading = Heading::new(title, &remark, width);
    let mut sheet = Sheet::new(width, heading.height() + height);
    let top = sheet.heading(&heading);
    let half = 0.5 * (width - 2.0 * MARGIN - 24.0);
    let bins = Bins::new(&scores, 40)?;
    bins.draw(&mut sheet, [MARGIN, top], [half, height - MARGIN], "held-out r", "voxels");
    alphas(&mut sheet, fit, [MARGIN + half + 24.0, top], [half, height - MARGIN]);
    let alt = format!("{title}: median r {} over {} voxels; {}", brief(bins.median), scores.len(), fit.about());
    Ok(Figure::new(sheet, alt).made(Provenance::step("score_histograms").input("fit", fit)))
}

/// Counts between round edges.
pub(super) struct Bins {
    first: f64,
    step: f64,
    counts: Vec<usize>,
    median: f64,
}

impl Bins {
    /// `values` are finite.
    pub(super) fn new(values: &[f32], wanted: usize) -> Result<Bins> {
        if values.is_empty() || !(2..=500).contains(&wanted) {
            return Err(Error::value(
                format!("a histogram of {} values in {wanted} bars", values.len()),
                "give at least one value, and ask for 2 to 500 bars",
            ));
        }
        let mut sorted: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
        sorted.sort_by(f64::total_cmp);
        let median = 0.5 * (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]);
        let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
        // Equal values get a bar of a tenth of their size (of one, at zero).
        let span = if high > low { high - low } else { (0.1 * low.abs()).max(0.1) * wanted as f64 };
        let raw = span / wanted as f64;
        let power = 10f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= raw * 0.999).unwrap_or(raw);
        let first = (low / step).floor() * step;
        let count = ((high - first) / step).floor() as usize + 1;
        let mut counts = vec![0; count];
        for value in &sorted {
            counts[(((value - first) / step) as usize).min(count - 1)] += 1;
        }
        Ok(Bins { first, step, counts, median })
    }

    pub(super) fn draw(&self, sheet: &mut Sheet, corner: [f64; 2], size: [f64; 2], label: &str, counted: &str) {
        let highest = self.counts.iter().copied().max().unwrap_or(1).max(1) as f64;
        let last = self.first + self.step * self.counts.len() as f64;
        let plot = plot_in(corner, size, Scale::linear(self.first, last), highest);
        plot.left_axis(sheet, counted);
        for (n, count) in self.counts.iter().enumerate() {
            let (from, to) =
                (plot.px(self.first + self.step * n as f64), plot.px(self.first + self.step * (n + 1) as f64));
            bar(sheet, &plot, from + 0.5, to - 0.5, *count as f64, PALETTE[0]);
        }
        plot.bottom_axis(sheet, label, false);
        let x = plot.px(self.median);
        sheet.line([x, plot.top - 4.0], [x, plot.bottom()], 1.5, INK);
        let anchor = if self.median < 0.5 * (self.first + last) { Anchor::Start } else { Anchor::End };
        let shift = if anchor == Anchor::Start { 5.0 } else { -5.0 };
        let text = Text::new(format!("median {}", brief(self.median)), TICK).colour(SOFT).anchor(anchor);
        sheet.words([x + shift, plot.top - 6.0], text);
    }
}

/// The plot inside a panel, with room for its axes.
fn plot_in([x, y]: [f64; 2], [w, h]: [f64; 2], scale: Scale, highest: f64) -> Plot {
    let left = x + 74.0;
    let top = y + 20.0;
    Plot {
        left,
        top,
        width: x + w - left - 14.0,
        height: y + h - top - BELOW,
        x: scale,
        y: Scale::linear(0.0, 1.04 * highest),
    }
}

fn bar(sheet: &mut Sheet, plot: &Plot, from: f64, to: f64, count: f64, colour: Colour) {
    if count > 0.0 {
        // A single voxel must still be seen.
        let top = plot.py(count).min(plot.bottom() - 1.0);
        sheet.block([from, top], [(to - from).max(1.0), plot.bottom() - top], colour);
    }
}

/// How often each α of the grid was chosen.
fn alphas(sheet: &mut Sheet, fit: &EncodingFit, corner: [f64; 2], size: [f64; 2]) {
    let grid = fit.grid();
    let mut counts = vec![0usize; grid.len()];
    for alpha in fit.alphas().iter().filter(|a| **a > 0.0) {
        let apart = |g: f64| (g.ln() - f64::from(*alpha).ln()).abs();
        if let Some((n, _)) = grid.iter().enumerate().min_by(|a, b| apart(*a.1).total_cmp(&apart(*b.1))) {
            counts[n] += 1;
        }
    }
    let highest = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    let (low, high) = (grid[0], grid[grid.len() - 1]);
    // Half a step beyond both ends, so that the outer bars are whole.
    let half = if grid.len() > 1 { (high / low).powf(0.6 / (grid.len() - 1) as f64) } else { 10f64.sqrt() };
    let plot = plot_in(corner, size, Scale::logarithmic(low / half, high * half), highest);
    plot.left_axis(sheet, "voxels");
    let pitch = plot.width / (grid.len() as f64 + 0.2);
    let mut at_ends = 0;
    for (n, (alpha, count)) in grid.iter().zip(&counts).enumerate() {
        let end = n == 0 || n + 1 == grid.len();
        at_ends += if end { *count } else { 0 };
        let x = plot.px(*alpha);
        bar(sheet, &plot, x - 0.36 * pitch, x + 0.36 * pitch, *count as f64, if end { PALETTE[4] } else { PALETTE[0] });
    }
    plot.bottom_axis(sheet, "α (log scale)", false);
    let share = 100.0 * at_ends as f64 / fit.alphas().len().max(1) as f64;
    sheet.block([plot.right() - 10.0, plot.top - 15.0], [10.0, 10.0], PALETTE[4]);
    let text = Text::new(format!("ends of the grid: {share:.0} % of voxels"), TICK).colour(SOFT).anchor(Anchor::End);
    sheet.words([plot.right() - 16.0, plot.top - 6.0], text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once_and_edges_are_round() {
        let values: Vec<f32> = (0..1000).map(|n| n as f32 / 1000.0 - 0.25).collect();
        let bins = Bins::new(&values, 40).unwrap();
        assert_eq!(bins.counts.iter().sum::<usize>(), 1000);
        assert_eq!((bins.first, bins.step), (-0.25, 0.025));
        assert!((bins.median - 0.2495).abs() < 1e-6);
    }

    #[test]
    fn equal_values_make_one_bar() {
        let bins = Bins::new(&[0.3; 7], 40).unwrap();
        assert_eq!(bins.counts.iter().filter(|c| **c > 0).count(), 1);
    }
}
