//! Curves over a number: what several choices of it give.

use super::axis::{BELOW, PALETTE, Plot, Scale};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, Colour, FRAME, Heading, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use crate::error::{Error, Result};
use crate::pattern::{Distance, KCurve};
use crate::provenance::Provenance;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 150.0;
const GAP: f64 = 26.0;

/// Inertia, silhouette and stability over the number of clusters, one above the other; a dashed line marks the suggested one.
///
/// Vertical bars of the stability are one standard deviation over splits to both sides.
///
/// # Errors
/// If a value is NaN or infinite.
pub fn k_curve(curve: &KCurve) -> Result<Figure> {
    let points = curve.points();
    for point in points {
        for (name, value) in
            [("inertia", point.inertia), ("silhouette", point.silhouette), ("stability", point.stability)]
        {
            if !value.is_finite() {
                return Err(Error::value(format!("the {name} of k = {} is {value}", point.k), "leave that k out"));
            }
        }
    }
    let inertia = match curve.options().distance {
        Distance::Euclidean => "variance left (share)",
        _ => "mean 1 − r",
    };
    let spread: Vec<[f64; 2]> = points.iter().map(|p| [p.stability - p.spread, p.stability + p.spread]).collect();
    let rows = [
        Row { label: inertia, values: curve.shares(), spread: None, colour: PALETTE[0] },
        Row {
            label: "mean silhouette",
            values: points.iter().map(|p| p.silhouette).collect(),
            spread: None,
            colour: PALETTE[2],
        },
        Row {
            label: "stability (ARI)",
            values: points.iter().map(|p| p.stability).collect(),
            spread: Some(spread),
            colour: PALETTE[1],
        },
    ];
    let ks: Vec<f64> = points.iter().map(|p| p.k as f64).collect();
    let heading = Heading::new("Number of clusters", &format!("{}; {}", curve.reason(), curve.method()), WIDTH);
    let top = heading.height() + TICK + 6.0;
    let height = top + rows.len() as f64 * (HEIGHT + GAP) - GAP + BELOW + MARGIN;
    let mut sheet = Sheet::new(WIDTH, height);
    sheet.heading(&heading);
    for (n, row) in rows.iter().enumerate() {
        let plot = row.plot(&ks, top + n as f64 * (HEIGHT + GAP));
        plot.left_axis(&mut sheet, row.label);
        let suggested = plot.px(curve.suggested() as f64);
        sheet.dashes(suggested, plot.top, plot.bottom(), SOFT);
        if n == 0 {
            let text = format!("k = {}", curve.suggested());
            let half = 0.5 * font::width(&text, TICK, false);
            let x = suggested.clamp(plot.left + half, plot.right() - half);
            sheet.words([x, plot.top - 6.0], Text::new(text, TICK).colour(SOFT).anchor(Anchor::Middle));
        }
        row.draw(&mut sheet, &plot, &ks);
        match n + 1 == rows.len() {
            true => bottom(&mut sheet, &plot, &ks),
            false => sheet.line([plot.left, plot.bottom()], [plot.right(), plot.bottom()], 1.0, FRAME),
        }
    }
    let alt = format!("Number of clusters: inertia, silhouette and stability over k; {}", curve.reason());
    Ok(Figure::new(sheet, alt).made(Provenance::step("k_curve").input("curve", curve)))
}

/// Ticks at the numbers that were tried, where they do not touch.
fn bottom(sheet: &mut Sheet, plot: &Plot, ks: &[f64]) {
    sheet.line([plot.left, plot.bottom()], [plot.right(), plot.bottom()], 1.0, FRAME);
    let mut free = f64::NEG_INFINITY;
    for &k in ks {
        let (x, text) = (plot.px(k), format!("{k}"));
        let half = 0.5 * font::width(&text, TICK, false);
        sheet.line([x, plot.bottom()], [x, plot.bottom() + 4.0], 1.0, FRAME);
        if x - half > free {
            sheet.words([x, plot.bottom() + 6.0 + TICK], Text::new(text, TICK).colour(SOFT).anchor(Anchor::Middle));
            free = x + half + 8.0;
        }
    }
    let middle = plot.left + 0.5 * plot.width;
    let text = Text::new("number of clusters k", LABEL).anchor(Anchor::Middle);
    sheet.words([middle, plot.bottom() + 6.0 + TICK + 8.0 + LABEL], text);
}

/// One quantity over k.
struct Row {
    label: &'static str,
    values: Vec<f64>,
    spread: Option<Vec<[f64; 2]>>,
    colour: Colour,
}

impl Row {
    fn plot(&self, ks: &[f64], top: f64) -> Plot {
        let all = self.values.iter().chain(self.spread.iter().flatten().flatten());
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        let air = (0.08 * (high - low)).max(0.01);
        let (first, last) = (ks[0], ks[ks.len() - 1]);
        let side = 0.04 * (last - first).max(1.0);
        let left = MARGIN + 78.0;
        Plot {
            left,
            top,
            width: WIDTH - left - MARGIN - 12.0,
            height: HEIGHT,
            x: Scale::linear(first - side, last + side),
            y: Scale::linear(low - air, high + air),
        }
    }

    fn draw(&self, sheet: &mut Sheet, plot: &Plot, ks: &[f64]) {
        let at = |(k, v): (&f64, &f64)| [plot.px(*k), plot.py(*v)];
        let line: Vec<[f64; 2]> = ks.iter().zip(&self.values).map(at).collect();
        for (k, [low, high]) in ks.iter().zip(self.spread.iter().flatten()) {
            sheet.line([plot.px(*k), plot.py(*low)], [plot.px(*k), plot.py(*high)], 1.5, self.colour);
        }
        if line.len() > 1 {
            sheet.path(line.clone(), 2.0, self.colour);
        }
        line.into_iter().for_each(|point| sheet.disc(point, 3.5, self.colour));
    }
}
