//! An objective that falls from epoch to epoch.

use super::axis::{BELOW, PALETTE, Plot, Scale};
use super::drawn::Figure;
use super::sheet::{Heading, MARGIN, Sheet};
use crate::error::{Error, Result};
use crate::provenance::Provenance;

/// The objective after each epoch; `what` is its formula.
///
/// # Errors
/// If there is no epoch, or a value is not finite.
pub(crate) fn objective_curve(values: &[f64], title: &str, what: &str) -> Result<Figure> {
    let finite = values.iter().all(|value| value.is_finite());
    let (Some(&first), Some(&last), true) = (values.first(), values.last(), finite) else {
        return Err(Error::value("an objective without a finite value", "look at the series: does it hold NaN?"));
    };
    let (low, high) = values.iter().fold((first, first), |(l, h), v| (l.min(*v), h.max(*v)));
    // A curve that does not move lies in the middle.
    let air = if high > low { 0.06 * (high - low) } else { 0.5 * high.abs().max(1e-3) };
    let width = 640.0;
    let epochs = values.len();
    let s = if epochs == 1 { "" } else { "s" };
    let remark = format!("{what}: {last:.5} after {epochs} epoch{s}");
    let heading = Heading::new(title, &remark, width);
    let left = MARGIN + 78.0;
    let plot = Plot {
        left,
        top: heading.height() + 8.0,
        width: width - left - MARGIN - 14.0,
        height: 200.0,
        x: Scale::counted(1.0, epochs.max(2) as f64),
        y: Scale::linear(low - air, high + air),
    };
    let mut sheet = Sheet::new(width, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.left_axis(&mut sheet, "objective");
    plot.bottom_axis(&mut sheet, "epoch", false);
    let points: Vec<[f64; 2]> = (1..).zip(values).map(|(epoch, v)| [plot.px(f64::from(epoch)), plot.py(*v)]).collect();
    sheet.path(points.clone(), 1.8, PALETTE[0]);
    if epochs <= 60 {
        points.iter().for_each(|point| sheet.disc(*point, 2.6, PALETTE[0]));
    }
    let made = Provenance::step("objective_curve")
        .option("title", title)
        .input("objective", &ndarray::Array2::from_shape_fn((1, epochs), |(_, n)| values[n]));
    Ok(Figure::new(sheet, format!("{title}: {remark}")).made(made))
}
