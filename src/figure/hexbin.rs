//! Many points against one another: how many lie where, in hexagons.

use super::axis::{BELOW, Plot, Scale, brief};
use super::colour::sequential;
use super::colour_bar::colour_bar;
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, Colour, FRAME, Heading, INK, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use crate::encoding::NormalisedScores;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use std::collections::BTreeMap;

/// Height and, where both axes are alike, width of the plot.
const SIDE: f64 = 420.0;
/// Width of the page beside the plot.
const BAR: f64 = 110.0;

/// Options of [`hexbin`].
#[derive(Clone, Debug)]
pub struct HexBin {
    /// Number of hexagons across. Default 40.
    pub across: usize,
    /// What is counted, above the colour bar. Default "count".
    pub counted: String,
    /// One scale for both axes, and a dashed line where x = y. Default no.
    pub diagonal: bool,
    /// A dashed vertical line at this x, and what it is. Default none.
    pub line: Option<(f64, String)>,
}

impl Default for HexBin {
    fn default() -> HexBin {
        HexBin { across: 40, counted: "count".to_owned(), diagonal: false, line: None }
    }
}

impl HexBin {
    /// Number of hexagons across.
    pub fn across(self, across: usize) -> HexBin {
        HexBin { across, ..self }
    }

    /// What is counted: "voxels".
    pub fn counted(self, counted: impl Into<String>) -> HexBin {
        HexBin { counted: counted.into(), ..self }
    }

    /// One scale for both axes, and a dashed line where x = y.
    pub fn diagonal(self) -> HexBin {
        HexBin { diagonal: true, ..self }
    }

    /// A dashed vertical line at `x`; `label` says what it is.
    pub fn line(self, x: f64, label: impl Into<String>) -> HexBin {
        HexBin { line: Some((x, label.into())), ..self }
    }
}

/// How many of many points lie where, in hexagons coloured by their number (on a logarithmic scale if a hexagon has 100 or more); `labels` name the two axes with their units.
///
/// # Errors
/// If x and y differ in number, there is no point, one is NaN or infinite (the first is named), or less than 5 or more than 200 hexagons are asked for.
///
/// ```
/// use neurocell::figure::{HexBin, hexbin};
/// let x: Vec<f32> = (0..900).map(|n| (n as f32 * 0.37).sin() * 0.3).collect();
/// let y: Vec<f32> = x.iter().enumerate().map(|(n, x)| 0.6 * x + (n as f32 * 1.7).cos() * 0.1).collect();
/// let options = HexBin::default().counted("voxels").diagonal();
/// let figure = hexbin(&x, &y, "Two models", ["r of the one", "r of the other"], options)?;
/// assert!(figure.svg()?.contains("voxels"));
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn hexbin(x: &[f32], y: &[f32], title: &str, labels: [&str; 2], options: HexBin) -> Result<Figure> {
    let made = Provenance::step("hexbin").options_of(&options, &[]).option("title", title);
    let made = made.option("labels", labels.join(", ")).input("x", &x).input("y", &y);
    Ok(draw(x, y, title, "", labels, options)?.made(made))
}

/// Scores against their noise ceiling, a hexagon coloured by its number of voxels: below the diagonal is what the model has not reached; voxels left of
/// the dashed vertical line are left out of the normalised scores. For R², the ceiling is the explainable variance.
///
/// # Errors
/// If a score is NaN or infinite.
pub fn ceiling_hexbin(scores: &NormalisedScores) -> Result<Figure> {
    let ceiling = scores.ceiling();
    let unit = scores.scores().unit();
    let (x, line) = match unit {
        "R²" => (ceiling.variance(), f64::from(scores.floor()).powi(2)),
        _ => (ceiling.r(), f64::from(scores.floor())),
    };
    let labels = [format!("noise ceiling ({unit})"), format!("score ({unit})")];
    let options = HexBin::default().counted("voxels").diagonal().line(line, format!("floor {}", brief(line)));
    let remark = format!(
        "{}; ceiling: {}; {} of {} voxels below the floor",
        scores.scores().label(),
        ceiling.about(),
        scores.left_out(),
        x.len()
    );
    let title = "Scores and their noise ceiling";
    let figure = draw(x, scores.scores().values(), title, &remark, [&labels[0], &labels[1]], options)?;
    Ok(figure.made(Provenance::step("ceiling_hexbin").input("scores", scores)))
}

fn draw(x: &[f32], y: &[f32], title: &str, remark: &str, labels: [&str; 2], options: HexBin) -> Result<Figure> {
    if x.len() != y.len() || x.is_empty() {
        return Err(Error::shape(
            format!("{} values of {} against {} of {}", x.len(), labels[0], y.len(), labels[1]),
            "give as many of both, at least one",
        ));
    }
    for (values, label) in [(x, labels[0]), (y, labels[1])] {
        if let Some(bad) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::value(format!("value {bad} of {label} is {}", values[bad]), "leave the point out"));
        }
    }
    if !(5..=200).contains(&options.across) {
        return Err(Error::value(format!("{} hexagons across", options.across), "ask for 5 to 200; 40 are usual"));
    }
    let width = MARGIN + 70.0 + SIDE + 24.0 + BAR + MARGIN;
    let heading = Heading::new(title, remark, width);
    let (mut across, mut up) = (span(x, options.across), span(y, options.across));
    if options.diagonal {
        across = Scale::linear(across.low.min(up.low), across.high.max(up.high));
        up = across;
    }
    let top = heading.height() + if options.line.is_some() { TICK + 6.0 } else { 0.0 };
    let plot = Plot { left: MARGIN + 70.0, top, width: SIDE, height: SIDE, x: across, y: up };
    let mut sheet = Sheet::new(width, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.left_axis(&mut sheet, labels[1]);
    plot.bottom_axis(&mut sheet, labels[0], true);
    let pitch = SIDE / options.across as f64;
    let points = x.iter().zip(y).map(|(x, y)| [plot.px(f64::from(*x)), plot.py(f64::from(*y))]);
    let counts = counted(points, pitch);
    let most = counts.values().copied().max().unwrap_or(1) as f64;
    let numbers = numbers(most);
    for (place, count) in &counts {
        let [cx, cy] = centre(*place, pitch);
        // A little over the pitch, so that no seams show between neighbours.
        let size = 1.02 * pitch;
        let corner = |n: i32| {
            let angle = std::f64::consts::FRAC_PI_3 * (f64::from(n) + 0.5);
            [cx + size / 3f64.sqrt() * angle.cos(), cy + size / 3f64.sqrt() * angle.sin()]
        };
        sheet.polygon((0..6).map(corner).collect(), counted_colour(numbers.share(*count as f64)));
    }
    if options.diagonal {
        sheet.dashed([plot.left, plot.bottom()], [plot.right(), plot.top], 1.5, INK);
    }
    if let Some((at, label)) = options.line.filter(|(at, _)| (across.low..=across.high).contains(at)) {
        sheet.dashes(plot.px(at), plot.top, plot.bottom(), SOFT);
        let half = 0.5 * font::width(&label, TICK, false);
        let x = plot.px(at).clamp(plot.left + half, plot.right() - half);
        sheet.words([x, plot.top - 6.0], Text::new(label, TICK).colour(SOFT).anchor(Anchor::Middle));
    }
    sheet.line([plot.left, plot.top], [plot.left, plot.bottom()], 1.0, FRAME);
    bar(&mut sheet, &plot, most, &options.counted);
    let alt = format!("{title}: {} points, {} against {}", x.len(), labels[1], labels[0]);
    Ok(Figure::new(sheet, alt))
}

/// The scale of the colours: by powers of ten where there are some.
fn numbers(most: f64) -> Scale {
    match most < 100.0 {
        true => Scale { whole: true, ..Scale::linear(1.0, most) },
        false => Scale::logarithmic(1.0, most),
    }
}

/// The colour of a number by its share of the scale: the darkest part of the scale is left out, since a hexagon of one
/// point is to be seen on a dark page too.
fn counted_colour(share: f64) -> Colour {
    const FROM: f64 = 0.28;
    sequential(FROM + (1.0 - FROM) * share)
}

/// The colours' numbers; where every hexagon has one point there is nothing to tell.
fn bar(sheet: &mut Sheet, plot: &Plot, most: f64, counted: &str) {
    let corner = [plot.right() + 24.0, plot.top];
    if most <= 1.0 {
        let text = Text::new(format!("1 {}", counted.trim_end_matches('s')), LABEL);
        return sheet.words([corner[0], corner[1] + LABEL], text);
    }
    let scale = numbers(most);
    // The bar asks for colours in equal steps between the ends, which are equal steps of the share too.
    let colour = |value: f64| counted_colour((value - scale.low) / (scale.high - scale.low));
    colour_bar(sheet, corner, 220.0, BAR, scale, counted, colour);
}

/// A scale with room for a hexagon beyond the outermost points; 0 is on it if it is near.
fn span(values: &[f32], across: usize) -> Scale {
    let (mut low, mut high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(f64::from(*v)), h.max(f64::from(*v))));
    if low > 0.0 && low < 0.5 * high {
        low = 0.0;
    }
    if high < 0.0 && high > 0.5 * low {
        high = 0.0;
    }
    let air = (1.2 * (high - low) / across as f64).max(1e-6 * high.abs().max(1e-6));
    Scale::linear(low - air, high + air)
}

/// A hexagon by twice its column and its row: odd rows are shifted by half a pitch.
type Place = (i64, i64);

fn centre((column, row): Place, pitch: f64) -> [f64; 2] {
    [0.5 * pitch * column as f64, 0.5 * 3f64.sqrt() * pitch * row as f64]
}

/// The number of points in each hexagon: that whose centre is nearest.
fn counted(points: impl Iterator<Item = [f64; 2]>, pitch: f64) -> BTreeMap<Place, usize> {
    let mut counts = BTreeMap::new();
    let high = 3f64.sqrt() * pitch;
    for [x, y] in points {
        // The nearest of even rows, and the nearest of odd ones.
        let even = (2 * (x / pitch).round() as i64, 2 * (y / high).round() as i64);
        let odd = (2 * (x / pitch).floor() as i64 + 1, 2 * (y / high).floor() as i64 + 1);
        let far = |place: Place| {
            let [cx, cy] = centre(place, pitch);
            (x - cx).powi(2) + (y - cy).powi(2)
        };
        *counts.entry(if far(even) <= far(odd) { even } else { odd }).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_point_lies_in_the_hexagon_whose_centre_is_nearest() {
        for n in 0..400 {
            let point = [f64::from(n % 20) * 3.3 + 1.0, f64::from(n / 20) * 2.9 + 1.0];
            let place = *counted(std::iter::once(point), 8.0).keys().next().unwrap();
            let far = |place| {
                let [x, y] = centre(place, 8.0);
                (x - point[0]).hypot(y - point[1])
            };
            let all = (-2..40).flat_map(|c| (-2..40).map(move |r| (c, r))).filter(|(c, r)| (c + r) % 2 == 0);
            let nearest = all.map(far).fold(f64::INFINITY, f64::min);
            assert!((far(place) - nearest).abs() < 1e-9, "{point:?}");
        }
    }
}
