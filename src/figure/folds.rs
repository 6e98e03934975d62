//! Which volumes train, which test, and which lie between them.

use super::axis::{BELOW, PALETTE, Plot, Scale};
use super::courses::{run_borders, run_labels_height, seconds};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, FRAME, GRID, Heading, Ink, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use crate::encoding::{Fold, Folds};
use crate::error::{Error, Result};
use crate::provenance::Provenance;

const WIDTH: f64 = 900.0;
/// Folds that one figure shows.
const MOST: usize = 40;
/// Train, gap and test.
const COLOURS: [(Ink, &str); 3] =
    [(Ink::Own(PALETTE[5]), "train"), (FRAME, "gap: neither"), (Ink::Own(PALETTE[1]), "test")];
/// Rows that another fold holds out.
const OUTSIDE: Ink = GRID;

/// The design of a cross-validation: a strip over time for each fold, coloured by what its volumes are for, with the borders of runs.
///
/// ```
/// use neurocell::prelude::*;
/// let folds = Folds::blocks(&Clock::new(2.0, &[100, 100])?, 5, 10.0)?;
/// assert!(folds_figure(&folds)?.svg()?.contains("fold 4"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// Of more than 40 folds the first 40 are drawn.
///
/// # Errors
/// None are expected: folds that exist can be drawn.
pub fn folds_figure(folds: &Folds) -> Result<Figure> {
    let all: Vec<usize> = (0..folds.clock().total()).collect();
    let rows = (0..folds.count()).map(|n| (folds.label(n), folds.fold(n).clone(), all.clone())).collect();
    let title = format!("Folds: {}", folds.words());
    let figure = strips(folds, rows, &title, "each fold is scored on its test volumes, which it has not trained on")?;
    Ok(figure.made(Provenance::step("folds_figure").input("folds", folds)))
}

/// One fold, and below it the folds inside its training volumes, in which α is chosen.
///
/// # Errors
/// If there is no such fold.
pub fn inner_folds_figure(folds: &Folds, fold: usize) -> Result<Figure> {
    if fold >= folds.count() {
        return Err(Error::value(format!("fold {fold} of {}", folds.count()), "folds are counted from 0"));
    }
    let outer = folds.fold(fold).clone();
    let train = outer.train().to_vec();
    let all: Vec<usize> = (0..folds.clock().total()).collect();
    let inner =
        folds.inside(fold).into_iter().enumerate().map(|(n, inner)| (format!("inside {n}"), inner, train.clone()));
    let rows = std::iter::once((folds.label(fold), outer, all)).chain(inner).collect();
    let title = format!("Nested folds: {}", folds.words());
    let remark = "α is chosen by the folds inside, which see only what the fold above trains on";
    let made = Provenance::step("inner_folds_figure").option("fold", fold).input("folds", folds);
    Ok(strips(folds, rows, &title, remark)?.made(made))
}

/// A strip for each label, fold and the rows that it had to choose from.
fn strips(folds: &Folds, mut rows: Vec<(String, Fold, Vec<usize>)>, title: &str, remark: &str) -> Result<Figure> {
    let all = rows.len();
    rows.truncate(MOST);
    if rows.len() > MOST {
        return Err(Error::value(
            format!("{} folds; a figure of folds holds 1 to {MOST}", rows.len()),
            "`println!(\"{}\", folds.table())` has them all",
        ));
    }
    let clock = folds.clock();
    let (runs, s) = (clock.runs(), if clock.runs() == 1 { "" } else { "s" });
    let mut remark = format!("{remark}; {} volumes in {runs} run{s}, TR {} s", clock.total(), clock.tr());
    if all > MOST {
        remark += &format!("; the first {MOST} of {all} rows, the table has them all");
    }
    let heading = Heading::new(title, &remark, WIDTH);
    let labels: Vec<String> = rows.iter().map(|(label, ..)| font::shorten(label, LABEL, false, 150.0)).collect();
    let widest = labels.iter().map(|label| font::width(label, LABEL, false)).fold(0.0, f64::max);
    let pitch = if rows.len() > 14 { 18.0 } else { 26.0 };
    let (left, legend) = (MARGIN + widest + 12.0, 26.0);
    let plot = Plot {
        left,
        top: heading.height() + legend + run_labels_height(clock),
        width: WIDTH - left - MARGIN - 8.0,
        height: pitch * rows.len() as f64,
        x: seconds(clock),
        y: Scale::linear(0.0, 1.0),
    };
    let mut sheet = Sheet::new(WIDTH, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    let mut x = left;
    let strips: Vec<_> = rows.iter().map(|(_, fold, among)| folds.strips(fold, among)).collect();
    let outside = rows.iter().any(|(.., among)| among.len() < clock.total());
    let shown = |n: usize| strips.iter().any(|strips| !strips[n].is_empty());
    let entries = COLOURS.into_iter().enumerate().filter(|(n, _)| shown(*n)).map(|(_, entry)| entry);
    for (colour, name) in entries.chain(outside.then_some((OUTSIDE, "held out above"))) {
        let y = heading.height() + 9.0;
        sheet.block([x, y - 6.0], [18.0, 12.0], colour);
        sheet.centred([x + 25.0, y], Text::new(name, TICK).colour(SOFT));
        x += 25.0 + font::width(name, TICK, false) + 24.0;
    }
    for (n, (strips, label)) in strips.iter().zip(&labels).enumerate() {
        let top = plot.top + pitch * n as f64;
        sheet.centred([left - 9.0, top + 0.5 * pitch], Text::new(label, LABEL).anchor(Anchor::End));
        sheet.block([left, top + 2.0], [plot.width, pitch - 4.0], OUTSIDE);
        for (stretches, (colour, _)) in strips.iter().zip(COLOURS) {
            for stretch in stretches {
                let [from, to] = [stretch.start, stretch.end].map(|row| plot.px(clock.tr() * row as f64));
                sheet.block([from, top + 2.0], [to - from, pitch - 4.0], colour);
            }
        }
    }
    plot.bottom_axis(&mut sheet, "time (s)", false);
    run_borders(&mut sheet, &plot, clock, FRAME, false);
    for run in (0..clock.runs()).filter(|_| clock.runs() > 1) {
        let rows = clock.rows(run);
        let [from, to] = [rows.start, rows.end].map(|row| plot.px(clock.tr() * row as f64));
        let name = font::shorten(&folds.run_label(run), TICK, false, to - from - 6.0);
        if font::width(&name, TICK, false) + 6.0 <= to - from && name.chars().count() > 2 {
            let text = Text::new(name, TICK).colour(SOFT).anchor(Anchor::Middle);
            sheet.words([0.5 * (from + to), plot.top - 6.0], text);
        }
    }
    Ok(Figure::new(sheet, format!("{title}: {remark}")))
}
