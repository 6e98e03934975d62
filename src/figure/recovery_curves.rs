//! Curves with intervals over a number that was varied: a recovery study, a growth of scores, a choice of k.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief};
use super::courses::{draw_legend, legend_rows};
use super::curve_set::{Curve, CurveKind, CurveSet};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, Colour, FRAME, GRID, Heading, INK, Ink, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use crate::error::Result;
use crate::provenance::Provenance;
use ndarray::Array2;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 300.0;
/// Curves with a colour of their own.
const MOST: usize = 8;
/// The widest name at a line's end.
const NAME: f64 = 230.0;

/// Curves with their intervals as bands, each named at its end: how well something is found over SNR, length or number.
///
/// Bounds are dashed, chance is dotted. Of more than eight curves the first eight are drawn, and it is said of how many.
///
/// ```
/// use neurocell::prelude::*;
/// let snr = [0.1, 0.3, 1.0];
/// let combined = Curve::new("combined", &snr, &[0.55, 0.78, 0.97]).between(&[0.5, 0.7, 0.95], &[0.6, 0.85, 0.99]);
/// let set = CurveSet::new("SNR (ratio of variances)", "AUC of sub-group members").title("Simulated subjects");
/// let set = set.curve(combined).curve(Curve::new("oracle", &snr, &[0.8, 0.95, 0.98]).bound()).chance(0.5).logarithmic();
/// assert!(recovery_curves(&set)?.svg()?.contains("oracle"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no curve or one without a point, a curve's parts differ in length, x does not ascend (or is not positive on a logarithmic axis), an interval is
/// the wrong way round, or a value is NaN or infinite.
pub fn recovery_curves(set: &CurveSet) -> Result<Figure> {
    set.check()?;
    let shown = &set.curves[..set.curves.len().min(MOST)];
    let mut remark = set.remark.clone();
    if shown.len() < set.curves.len() {
        let apart = if remark.is_empty() { "" } else { "; " };
        remark += &format!("{apart}the first {MOST} of {} curves", set.curves.len());
    }
    let heading = Heading::new(&set.title, &remark, WIDTH);
    let names: Vec<String> = shown.iter().map(|c| font::shorten(&c.name, LABEL, false, NAME)).collect();
    let chance = set.chance.map(|value| (value, format!("chance {}", brief(value))));
    let widths = names.iter().map(String::as_str).chain(chance.as_ref().map(|(_, name)| name.as_str()));
    let widest = widths.map(|name| font::width(name, LABEL, false)).fold(0.0, f64::max);
    let left = MARGIN + 78.0;
    let right = WIDTH - MARGIN - widest - 22.0;
    let mut plot = Plot {
        left,
        top: heading.height() + 6.0,
        width: right - left,
        height: HEIGHT,
        x: x_scale(shown, set.logarithmic),
        y: y_scale(shown, set),
    };
    // Names at the lines' ends, or above where they do not all fit.
    let wanted: Vec<f64> =
        shown.iter().map(|c| plot.py(c.y[c.y.len() - 1])).chain(chance.iter().map(|c| plot.py(c.0))).collect();
    let places = spread(&wanted, 1.25 * LABEL, plot.top, plot.bottom());
    let listed = places.is_none();
    let rows = legend_rows(&shown.iter().map(|c| c.name.as_str()).collect::<Vec<&str>>());
    if listed {
        plot.top += 20.0 * rows.len() as f64 + 6.0;
    }
    let mut sheet = Sheet::new(WIDTH, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.left_axis(&mut sheet, &set.y);
    draw_bands(&mut sheet, &plot, shown);
    if let Some((value, _)) = &chance {
        let y = plot.py(*value);
        let mut x = plot.left;
        while x < plot.right() {
            sheet.line([x, y], [(x + 2.0).min(plot.right()), y], 1.6, SOFT);
            x += 6.0;
        }
    }
    for (n, curve) in shown.iter().enumerate() {
        draw_curve(&mut sheet, &plot, curve, colour(shown, n));
    }
    match places {
        Some(places) => {
            let inks = (0..shown.len()).map(|n| ink(shown, n)).chain(chance.is_some().then_some(SOFT));
            let texts = names.iter().chain(chance.as_ref().map(|(_, name)| name));
            let ends =
                shown.iter().map(|c| plot.px(c.x[c.x.len() - 1])).chain(chance.is_some().then_some(plot.right()));
            for (((text, ink), y), (from, end)) in texts.zip(inks).zip(&places).zip(wanted.iter().zip(ends)) {
                let x = plot.right() + 14.0;
                sheet.line([end.max(plot.right() - 2.0) + 2.0, *from], [x - 3.0, *y], 1.0, ink);
                sheet.centred([x, *y], Text::new(text, LABEL).colour(ink));
            }
        }
        None => {
            let names: Vec<&str> = shown.iter().map(|c| c.name.as_str()).collect();
            draw_legend(&mut sheet, [left, heading.height()], &rows, &names);
        }
    }
    bottom(&mut sheet, &plot, shown, set);
    let mut made =
        Provenance::step("recovery_curves").option("title", &set.title).option("x", &set.x).option("y", &set.y);
    made = made.option("chance", format!("{:?}", set.chance)).option("logarithmic", set.logarithmic);
    for curve in shown {
        let columns = [&curve.x, &curve.y, &curve.low, &curve.high];
        let table =
            Array2::from_shape_fn((4, curve.x.len()), |(row, n)| columns[row].get(n).copied().unwrap_or(f64::NAN));
        made = made.input(&curve.name, &table);
    }
    let each = shown.iter().map(|c| format!("{} {} to {}", c.name, brief(c.y[0]), brief(c.y[c.y.len() - 1])));
    let alt = format!("{}: {} over {}: {}", set.title, set.y, set.x, each.collect::<Vec<String>>().join(", "));
    Ok(Figure::new(sheet, alt).made(made))
}

fn x_scale(curves: &[Curve], logarithmic: bool) -> Scale {
    let all = || curves.iter().flat_map(|curve| curve.x.iter().copied());
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    match logarithmic {
        true => {
            let side = if high > low { (high / low).powf(0.03) } else { 2.0 };
            Scale::logarithmic(low / side, high * side)
        }
        false => {
            let side = if high > low { 0.03 * (high - low) } else { 0.5 };
            Scale::linear(low - side, high + side)
        }
    }
}

fn y_scale(curves: &[Curve], set: &CurveSet) -> Scale {
    if let Some([low, high]) = set.range {
        return Scale::linear(low, high);
    }
    let all = || curves.iter().flat_map(|c| [&c.y, &c.low, &c.high]).flatten().copied().chain(set.chance);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let air = if high > low { 0.06 * (high - low) } else { (0.1 * high.abs()).max(0.1) };
    Scale::linear(low - air, high + air)
}

/// The colour of curve `n`: methods take those of the palette in turn.
fn colour(curves: &[Curve], n: usize) -> Colour {
    PALETTE[curves[..n].iter().filter(|curve| curve.kind == CurveKind::Method).count() % PALETTE.len()]
}

fn ink(curves: &[Curve], n: usize) -> Ink {
    if curves[n].kind == CurveKind::Bound { INK } else { colour(curves, n).into() }
}

/// Where a value lies on the page, at the plot's edge if it lies beyond.
fn inside(plot: &Plot, value: f64) -> f64 {
    plot.py(value).clamp(plot.top, plot.bottom())
}

/// All bands below all lines, with thin edges so that bands that overlap can be told apart.
fn draw_bands(sheet: &mut Sheet, plot: &Plot, curves: &[Curve]) {
    let banded = || curves.iter().enumerate().filter(|(_, curve)| !curve.low.is_empty());
    let edge = |curve: &Curve, ends: &[f64]| {
        curve.x.iter().zip(ends).map(|(x, y)| [plot.px(*x), inside(plot, *y)]).collect::<Vec<[f64; 2]>>()
    };
    for (n, curve) in banded().filter(|(_, curve)| curve.x.len() > 1) {
        let mut corners = edge(curve, &curve.low);
        corners.extend(edge(curve, &curve.high).into_iter().rev());
        let tint = if curve.kind == CurveKind::Bound { GRID } else { Ink::Tint(colour(curves, n)) };
        sheet.polygon(corners, tint);
    }
    for (n, curve) in banded() {
        match curve.x.len() {
            1 => {
                let x = plot.px(curve.x[0]);
                sheet.line([x, inside(plot, curve.low[0])], [x, inside(plot, curve.high[0])], 1.5, ink(curves, n));
            }
            _ => [&curve.low, &curve.high]
                .into_iter()
                .for_each(|ends| sheet.path(edge(curve, ends), 0.6, ink(curves, n))),
        }
    }
}

fn draw_curve(sheet: &mut Sheet, plot: &Plot, curve: &Curve, colour: Colour) {
    let points: Vec<[f64; 2]> = curve.x.iter().zip(&curve.y).map(|(x, y)| [plot.px(*x), inside(plot, *y)]).collect();
    if curve.kind == CurveKind::Bound {
        points.windows(2).for_each(|pair| sheet.dashed(pair[0], pair[1], 1.8, INK));
        return points.iter().for_each(|point| sheet.disc(*point, 2.5, INK));
    }
    // Many points make a line by themselves.
    if points.len() <= 40 {
        points.iter().for_each(|point| sheet.disc(*point, 3.5, colour));
    }
    if points.len() > 1 {
        sheet.path(points, 2.0, colour);
    }
}

/// Heights near the wanted ones, at least `apart` from each other and inside; `None` if they do not all fit.
fn spread(wanted: &[f64], apart: f64, top: f64, bottom: f64) -> Option<Vec<f64>> {
    if apart * (wanted.len() as f64 - 1.0) > bottom - top {
        return None;
    }
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut places: Vec<f64> = wanted.iter().map(|y| y.clamp(top, bottom)).collect();
    // Downwards each makes room for the next, then upwards from the lower edge.
    for pair in order.windows(2) {
        places[pair[1]] = places[pair[1]].max(places[pair[0]] + apart);
    }
    let mut limit = bottom;
    for n in order.iter().rev() {
        places[*n] = places[*n].min(limit);
        limit = places[*n] - apart;
    }
    Some(places)
}

/// Ticks at the points themselves where they are few, else at round numbers.
fn bottom(sheet: &mut Sheet, plot: &Plot, curves: &[Curve], set: &CurveSet) {
    let mut points: Vec<f64> = curves.iter().flat_map(|curve| curve.x.iter().copied()).collect();
    points.sort_by(f64::total_cmp);
    points.dedup();
    if points.len() > 12 {
        return plot.bottom_axis(sheet, &set.x, false);
    }
    sheet.line([plot.left, plot.bottom()], [plot.right(), plot.bottom()], 1.0, FRAME);
    let mut free = f64::NEG_INFINITY;
    for point in points {
        let (x, text) = (plot.px(point), brief(point));
        let half = 0.5 * font::width(&text, TICK, false);
        sheet.line([x, plot.bottom()], [x, plot.bottom() + 4.0], 1.0, FRAME);
        if x - half > free {
            sheet.words([x, plot.bottom() + 6.0 + TICK], Text::new(text, TICK).colour(SOFT).anchor(Anchor::Middle));
            free = x + half + 8.0;
        }
    }
    let label = font::shorten(&set.x, LABEL, false, plot.width);
    let middle = [plot.left + 0.5 * plot.width, plot.bottom() + 6.0 + TICK + 8.0 + LABEL];
    sheet.words(middle, Text::new(label, LABEL).anchor(Anchor::Middle));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_apart_near_their_lines_and_inside() {
        let places = spread(&[100.0, 101.0, 99.0, 300.0], 17.0, 10.0, 300.0).unwrap();
        let mut sorted = places.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(
            sorted.windows(2).all(|p| p[1] - p[0] >= 17.0) && sorted[0] >= 10.0 && sorted[3] <= 300.0,
            "{places:?}"
        );
        // Their order is that of the lines.
        assert!(places[2] < places[0] && places[0] < places[1] && places[1] < places[3]);
        assert_eq!(spread(&[1.0; 5], 20.0, 0.0, 70.0), None);
    }
}
