//! How much each principal component explains, beside chance.

use super::axis::{BELOW, PALETTE, Plot, Scale};
use super::drawn::Figure;
use super::sheet::{Anchor, Heading, INK, MARGIN, SOFT, Sheet, TICK, Text};
use crate::error::{Error, Result};
use crate::pattern::Spectrum;
use crate::provenance::Provenance;

/// The share of variance of each component, what chance gives, and where the two rules would stop.
///
/// # Errors
/// If no component explains anything.
pub fn spectrum_curve(spectrum: &Spectrum) -> Result<Figure> {
    let percent = |shares: &[f64]| shares.iter().map(|share| 100.0 * share).collect::<Vec<f64>>();
    let (shares, chance) = (percent(spectrum.shares()), percent(spectrum.chance()));
    let high = shares.iter().chain(&chance).copied().filter(|v| v.is_finite()).fold(0.0f64, f64::max);
    if high <= 0.0 {
        return Err(Error::value("no component explains any variance", "look at the series: is it constant?"));
    }
    let width = 640.0;
    let title = "Variance of each principal component";
    let (kept, elbow) = (spectrum.above_chance(), spectrum.elbow());
    let remark = format!(
        "{kept} components explain more than chance ({:.0} % of the variance), the elbow is at {elbow} ({:.0} %)",
        100.0 * spectrum.explained(kept),
        100.0 * spectrum.explained(elbow)
    );
    let heading = Heading::new(title, &remark, width);
    let left = MARGIN + 70.0;
    let plot = Plot {
        left,
        top: heading.height() + 24.0,
        width: width - left - MARGIN - 14.0,
        height: 260.0,
        x: Scale::counted(1.0, shares.len() as f64),
        y: Scale::linear(0.0, 1.06 * high),
    };
    let mut sheet = Sheet::new(width, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.left_axis(&mut sheet, "variance (%)");
    plot.bottom_axis(&mut sheet, "component", false);
    let place = |n: usize, v: f64| [plot.px(n as f64 + 1.0), plot.py(v)];
    let line = |values: &[f64]| values.iter().enumerate().map(|(n, v)| place(n, *v)).collect::<Vec<[f64; 2]>>();
    sheet.path(line(&chance), 2.0, PALETTE[4]);
    // Many points make a line by themselves.
    match shares.len() {
        0..500 => line(&shares).into_iter().for_each(|point| sheet.disc(point, 2.5, PALETTE[0])),
        _ => sheet.path(line(&shares), 2.5, PALETTE[0]),
    }
    if kept > 0 && kept < shares.len() {
        let x = plot.px(kept as f64 + 0.5);
        sheet.dashes(x, plot.top, plot.bottom(), INK);
        let (shift, anchor) = if x > plot.left + 0.7 * plot.width { (-5.0, Anchor::End) } else { (5.0, Anchor::Start) };
        sheet.words(
            [x + shift, plot.top + 14.0],
            Text::new(format!("{kept} above chance"), TICK).colour(SOFT).anchor(anchor),
        );
    }
    if let Some(share) = elbow.checked_sub(1).and_then(|n| shares.get(n)) {
        let [x, y] = place(elbow - 1, *share);
        sheet.disc([x, y], 5.0, PALETTE[1]);
        sheet.words([x + 9.0, y - 5.0], Text::new("elbow", TICK).colour(PALETTE[1]));
    }
    for (n, (name, colour)) in [("the series", PALETTE[0]), ("chance", PALETTE[4])].into_iter().enumerate() {
        let at = plot.left + 110.0 * n as f64;
        sheet.block([at, plot.top - 17.0], [11.0, 11.0], colour);
        sheet.words([at + 16.0, plot.top - 7.0], Text::new(name, TICK).colour(SOFT));
    }
    let made = Provenance::step("spectrum_curve").input("spectrum", spectrum);
    Ok(Figure::new(sheet, format!("{title}: {remark}")).made(made))
}
