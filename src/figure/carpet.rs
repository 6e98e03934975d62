//! Whole series at a glance: each row a neuron or a voxel, time to the right.

use super::axis::{BELOW, Plot, Scale};
use super::colour::diverging;
use super::colour_bar::colour_bar;
use super::courses::{run_borders, run_labels_height, seconds};
use super::drawn::Figure;
use super::sheet::{Anchor, Colour, FRAME, Heading, INK, LABEL, MARGIN, PAPER, Pixels, SOFT, Sheet, TICK, Text};
use crate::activation::NeuronSeries;
use crate::brain::VoxelSeries;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::Array2;
use std::ops::Range;

const WIDTH: f64 = 900.0;
/// Rows that are drawn at most.
const MOST: usize = 240;
/// The scale ends here, in standard deviations.
pub(super) const LIMIT: f64 = 2.5;

/// Volumes that are left out.
pub(super) const CENSORED: Colour = [0xc8, 0xc8, 0xc8];

/// A neuron series as a carpet: a sample of neurons, evenly spaced over the layers, each z-scored for the picture.
///
/// # Errors
/// If there is no neuron.
pub fn neuron_carpet(series: &NeuronSeries) -> Result<Figure> {
    let axis = series.neurons();
    let title = match axis.copies.len() {
        0 => format!("{} neurons of {}, site {}", axis.neurons(), axis.model, axis.site),
        several => format!("{several} regressors of {} neurons of {}, site {}", axis.neurons(), axis.model, axis.site),
    };
    let shown = sample(axis.total());
    // Blocks of rows: the layers, or the regressors where each neuron has several (all neurons of the first come first).
    let (each, label) = if axis.copies.is_empty() { ("neuron", "layer") } else { ("column", "regressor") };
    let block = |column: usize| match axis.copies.is_empty() {
        true => axis.neuron(column).layer,
        false => 1 + column / axis.neurons().max(1),
    };
    let mut borders: Vec<(usize, String)> = Vec::new();
    for (row, &column) in shown.iter().enumerate() {
        if row == 0 || block(shown[row - 1]) != block(column) {
            borders.push((row, block(column).to_string()));
        }
    }
    let kept = vec![true; series.data().nrows()];
    let figure = carpet((series.data(), &kept), series.clock(), &shown, &title, each, label, &borders)?;
    Ok(figure.made(Provenance::step("neuron_carpet").input("series", series)))
}

/// A voxel series as a carpet: a sample of voxels, from the lowest slice to the highest, each z-scored for the picture; censored volumes are grey.
///
/// # Errors
/// If there is no voxel.
pub fn voxel_carpet(series: &VoxelSeries) -> Result<Figure> {
    let mut title = format!("{}: {} voxels", series.name(), series.mask().count());
    title.extend(series.censoring().map(|said| format!(", {said}")));
    let shown = sample(series.mask().count());
    let data = (series.data(), series.kept());
    let figure = carpet(data, series.clock(), &shown, &title, "voxel", "voxel", &[])?;
    Ok(figure.made(Provenance::step("voxel_carpet").input("series", series)))
}

/// Evenly spaced columns, all of them if they are few.
pub(super) fn sample(total: usize) -> Vec<usize> {
    let count = total.min(MOST);
    (0..count).map(|n| (2 * n + 1) * total / (2 * count)).collect()
}

/// Columns of `data` as rows of a picture, each z-scored over the kept rows of each stretch; rows that are not kept are grey where they are to be hidden.
pub(super) fn pixels(
    data: &Array2<f32>,
    kept: &[bool],
    stretches: &[Range<usize>],
    shown: &[usize],
    hide: bool,
) -> Pixels {
    let mut pixels = Pixels::new(data.nrows(), shown.len());
    for (row, &column) in shown.iter().enumerate() {
        let values = data.column(column);
        for stretch in stretches {
            let used = || stretch.clone().filter(|time| kept[*time]).map(|time| f64::from(values[time]));
            let count = used().count().max(1) as f64;
            let mean = used().sum::<f64>() / count;
            let sd = (used().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt();
            for time in stretch.clone() {
                // A constant course has no deviation and stays white.
                let z = if sd > 0.0 { (f64::from(values[time]) - mean) / sd } else { 0.0 };
                pixels.set(time, row, if hide && !kept[time] { CENSORED } else { diverging(z / LIMIT) });
            }
        }
    }
    pixels
}

fn carpet(
    (data, kept): (&Array2<f32>, &[bool]),
    clock: &Clock,
    shown: &[usize],
    title: &str,
    each: &str,
    label: &str,
    borders: &[(usize, String)],
) -> Result<Figure> {
    if shown.is_empty() {
        return Err(Error::value(format!("{title}: there is nothing to draw"), "give a series that has columns"));
    }
    let step = ((data.ncols() as f64 / shown.len() as f64).round() as usize).max(2);
    let which = match shown.len() < data.ncols() {
        true => format!("one {each} in {step}"),
        false => format!("each {each}"),
    };
    let remark = format!("{which} is a row, z-scored over time for the picture; {clock}");
    let heading = Heading::new(title, &remark, WIDTH);
    let left = MARGIN + 58.0;
    let plot = Plot {
        left,
        top: heading.height() + run_labels_height(clock),
        width: WIDTH - left - MARGIN - 84.0,
        height: (shown.len() as f64 * 1.25).clamp(120.0, 300.0),
        x: seconds(clock),
        y: Scale::linear(0.0, 1.0),
    };
    let mut sheet = Sheet::new(WIDTH, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    let pixels = pixels(data, kept, std::slice::from_ref(&(0..data.nrows())), shown, true);
    sheet.picture([plot.left, plot.top], [plot.width, plot.height], pixels, false);
    sheet.frame([plot.left, plot.top], [plot.width, plot.height], FRAME);
    plot.bottom_axis(&mut sheet, "time (s)", false);
    let pitch = plot.height / shown.len() as f64;
    let mut free = f64::NEG_INFINITY;
    for (n, (row, name)) in borders.iter().enumerate() {
        let end = borders.get(n + 1).map_or(shown.len(), |b| b.0);
        let (from, to) = (plot.top + pitch * *row as f64, plot.top + pitch * end as f64);
        if n > 0 {
            sheet.line([plot.left - 6.0, from], [plot.left, from], 1.0, FRAME);
            sheet.line([plot.left, from], [plot.right(), from], 0.7, PAPER);
        }
        if 0.5 * (from + to) - 0.5 * TICK > free {
            let text = Text::new(name, TICK).colour(SOFT).anchor(Anchor::End);
            sheet.centred([plot.left - 9.0, 0.5 * (from + to)], text);
            free = 0.5 * (from + to) + 0.5 * TICK + 1.0;
        }
    }
    let text = Text::new(label, LABEL).anchor(Anchor::Middle).upward();
    sheet.centred([MARGIN + 14.0, plot.top + 0.5 * plot.height], text);
    run_borders(&mut sheet, &plot, clock, INK, true);
    let scale = Scale::linear(-LIMIT, LIMIT);
    let corner = [plot.right() + 22.0, plot.top];
    colour_bar(&mut sheet, corner, plot.height.min(200.0), 70.0, scale, "z", |v| diverging(v / LIMIT));
    Ok(Figure::new(sheet, format!("{title}: {remark}")))
}
