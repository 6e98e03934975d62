//! Courses over time: patterns one above the other, and a few courses on top of one another.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, Colour, FRAME, GRID, Heading, INK, Ink, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::pattern::Patterns;
use crate::provenance::{Provenance, Traced};

const WIDTH: f64 = 900.0;
/// Patterns that one figure shows.
const MOST: usize = 8;

/// The courses of the first eight patterns (those that explain most of the variance, as decompositions order them), one above the other, over seconds.
///
/// All rows have the same scale, z; the bar at the right is two units long. Dashed lines are the borders of runs.
///
/// # Errors
/// If there is no pattern, or a course is NaN or infinite.
pub fn pattern_courses(patterns: &Patterns) -> Result<Figure> {
    let shown = patterns.count().min(MOST);
    if shown == 0 {
        return Err(Error::value("there are 0 patterns", "ask the decomposition for at least one"));
    }
    for pattern in 0..shown {
        finite(&format!("pattern {pattern}"), patterns.courses().column(pattern).iter().copied())?;
    }
    let title = match shown < patterns.count() {
        true => {
            format!("Time courses of patterns 0–{} of {}, {}", shown - 1, patterns.count(), order(patterns))
        }
        false => format!("Time courses of all {shown} patterns"),
    };
    let remark = format!(
        "{}, {:.0} % of the variance explained; z-scored, same scale in each row",
        patterns.method(),
        100.0 * patterns.explained()
    );
    let heading = Heading::new(&title, &remark, WIDTH);
    let runs = run_labels_height(patterns.clock());
    let (left, pitch) = (MARGIN + 62.0, 52.0);
    let plot = Plot {
        left,
        top: heading.height() + runs,
        width: WIDTH - left - MARGIN - 56.0,
        height: pitch * shown as f64,
        x: seconds(patterns.clock()),
        y: Scale::linear(0.0, 1.0),
    };
    let mut sheet = Sheet::new(WIDTH, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.bottom_axis(&mut sheet, "time (s)", true);
    let per_unit = per_unit((0..shown).flat_map(|p| patterns.courses().column(p).to_vec()), pitch);
    for pattern in 0..shown {
        let y = plot.top + pitch * (pattern as f64 + 0.5);
        sheet.line([plot.left, y], [plot.right(), y], 1.0, GRID);
        sheet.centred([left - 12.0, y], Text::new(pattern.to_string(), LABEL).anchor(Anchor::End));
        let course: Vec<f64> = patterns.courses().column(pattern).iter().map(|v| f64::from(*v)).collect();
        draw_course(&mut sheet, &plot, patterns.clock(), &course, |v| y - per_unit * v, PALETTE[0]);
    }
    sheet.centred(
        [MARGIN + 12.0, plot.top + 0.5 * plot.height],
        Text::new("pattern", LABEL).anchor(Anchor::Middle).upward(),
    );
    run_borders(&mut sheet, &plot, patterns.clock(), FRAME, true);
    scale_bar(&mut sheet, &plot, per_unit);
    let alt = format!("{title}: {} over {}", patterns.method(), patterns.clock());
    Ok(Figure::new(sheet, alt).made(Provenance::step("pattern_courses").input("patterns", patterns)))
}

/// By which rule the first patterns are the first.
pub(super) fn order(patterns: &Patterns) -> &'static str {
    match patterns.report().explained_by.is_sorted_by(|a, b| a >= b) {
        true => "those that explain most of the variance",
        false => "in the decomposition's order",
    }
}

/// Pixels for a z of 1: 99.5 % of the values stay inside rows that are `pitch` high; what is higher reaches into the next.
pub(super) fn per_unit(values: impl Iterator<Item = f32>, pitch: f64) -> f64 {
    let mut sizes: Vec<f32> = values.map(f32::abs).collect();
    sizes.sort_by(f32::total_cmp);
    0.5 * pitch / sizes.get(sizes.len() * 995 / 1000).map_or(1.0, |r| f64::from(*r)).max(1e-6)
}

/// A bar of two z at the right of the last row.
pub(super) fn scale_bar(sheet: &mut Sheet, plot: &Plot, per_unit: f64) {
    let (x, middle, half) = (plot.right() + 14.0, plot.bottom() - 26.0, per_unit);
    sheet.line([x, middle - half], [x, middle + half], 2.0, INK);
    for y in [middle - half, middle + half] {
        sheet.line([x - 4.0, y], [x + 4.0, y], 2.0, INK);
    }
    sheet.centred([x + 9.0, middle], Text::new("2 z", TICK).colour(SOFT));
}

/// A few courses on top of one another, for instance what was found and what was planted, with a legend.
///
/// `courses`: up to eight labels, each with one value per volume of `clock`; `unit` labels the vertical axis.
///
/// # Errors
/// If there is no course or more than eight, a course has not the clock's number of volumes, or a value is NaN or infinite.
///
/// ```
/// use neurocell::{clock::Clock, figure::courses};
/// let clock = Clock::new(1.5, &[40, 40])?;
/// let planted: Vec<f32> = (0..80).map(|t| (t as f32 / 6.0).sin()).collect();
/// let found: Vec<f32> = planted.iter().map(|v| 0.8 * v + 0.1).collect();
/// let figure = courses(&[("planted", planted), ("found", found)], &clock, "Language network", "z")?;
/// assert!(figure.svg()?.contains("planted"));
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn courses(courses: &[(&str, Vec<f32>)], clock: &Clock, title: &str, unit: &str) -> Result<Figure> {
    if courses.is_empty() || courses.len() > MOST {
        return Err(Error::value(
            format!("{} courses; a figure of courses holds 1 to {MOST}", courses.len()),
            "choose the few that are to be compared",
        ));
    }
    for (label, values) in courses {
        if values.len() != clock.total() {
            return Err(Error::shape(
                format!("the course `{label}` has {} values, its clock {clock}", values.len()),
                "take the clock of the series from which the course comes",
            ));
        }
        finite(&format!("the course `{label}`"), values.iter().copied())?;
    }
    let heading = Heading::new(title, "", WIDTH);
    let names: Vec<&str> = courses.iter().map(|(label, _)| *label).collect();
    let legend = legend_rows(&names);
    let all = courses.iter().flat_map(|(_, v)| v.iter().map(|v| f64::from(*v)));
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let edge = 0.05 * (high - low);
    let left = MARGIN + 70.0;
    let legend_height = 20.0 * legend.len() as f64 + 4.0;
    let plot = Plot {
        left,
        top: heading.height() + legend_height + run_labels_height(clock),
        width: WIDTH - left - MARGIN - 14.0,
        height: 250.0,
        x: seconds(clock),
        y: Scale::linear(low - edge, high + edge),
    };
    let mut sheet = Sheet::new(WIDTH, plot.bottom() + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.bottom_axis(&mut sheet, "time (s)", true);
    plot.left_axis(&mut sheet, unit);
    for (n, (_, values)) in courses.iter().enumerate() {
        let values: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
        draw_course(&mut sheet, &plot, clock, &values, |v| plot.py(v), PALETTE[n % PALETTE.len()]);
    }
    run_borders(&mut sheet, &plot, clock, FRAME, true);
    draw_legend(&mut sheet, [left, heading.height()], &legend, &names);
    let made = Provenance::step("courses").option("title", title).option("unit", unit).option("clock", clock);
    let made = courses.iter().fold(made, |made, (name, values)| made.input(name, &values.provenance()));
    let alt = format!("{title}: {} in {unit} over {clock}, {} to {}", names.join(", "), brief(low), brief(high));
    Ok(Figure::new(sheet, alt).made(made))
}

/// Legend entries in rows: number of the course, and where its entry begins.
pub(super) fn legend_rows(names: &[&str]) -> Vec<Vec<(usize, f64)>> {
    let mut rows: Vec<Vec<(usize, f64)>> = vec![Vec::new()];
    let mut x = 0.0;
    for (n, name) in names.iter().enumerate() {
        let wide = 30.0 + font::width(&font::shorten(name, LABEL, false, 300.0), LABEL, false) + 26.0;
        if x > 0.0 && x + wide > WIDTH - 120.0 {
            rows.push(Vec::new());
            x = 0.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((n, x));
        }
        x += wide;
    }
    rows
}

/// A piece of line in the course's colour and its name, for each course.
pub(super) fn draw_legend(sheet: &mut Sheet, [left, top]: [f64; 2], rows: &[Vec<(usize, f64)>], names: &[&str]) {
    for (row, entries) in rows.iter().enumerate() {
        let y = top + 20.0 * row as f64 + 10.0;
        for (n, x) in entries {
            sheet.line([left + x, y], [left + x + 24.0, y], 3.0, PALETTE[n % PALETTE.len()]);
            sheet.centred([left + x + 30.0, y], Text::new(font::shorten(names[*n], LABEL, false, 300.0), LABEL));
        }
    }
}

/// An error that names the first value that cannot be drawn.
pub(super) fn finite(what: &str, values: impl Iterator<Item = f32>) -> Result<()> {
    match values.enumerate().find(|(_, v)| !v.is_finite()) {
        None => Ok(()),
        Some((row, value)) => Err(Error::value(
            format!("{what} has the value {value} at volume {row}"),
            "find where it came from; only finite values are drawn",
        )),
    }
}

/// The time of all runs, one after the other, in seconds.
pub(super) fn seconds(clock: &Clock) -> Scale {
    Scale::linear(0.0, clock.tr() * clock.total() as f64)
}

/// One line for each run, each value in the middle of its volume.
pub(super) fn draw_course(
    sheet: &mut Sheet,
    plot: &Plot,
    clock: &Clock,
    course: &[f64],
    y: impl Fn(f64) -> f64,
    colour: Colour,
) {
    for run in 0..clock.runs() {
        let points = clock.rows(run).map(|row| [plot.px(clock.tr() * (row as f64 + 0.5)), y(course[row])]).collect();
        sheet.path(points, 1.5, colour);
    }
}

/// Space above the plot for the names of runs; none for a single run.
pub(super) fn run_labels_height(clock: &Clock) -> f64 {
    if clock.runs() > 1 { 1.4 * TICK } else { 0.0 }
}

/// Dashed lines between runs, and if `named` their numbers above where there is room.
pub(super) fn run_borders(sheet: &mut Sheet, plot: &Plot, clock: &Clock, colour: impl Into<Ink>, named: bool) {
    if clock.runs() == 1 {
        return;
    }
    let colour = colour.into();
    for run in 0..clock.runs() {
        let rows = clock.rows(run);
        let (from, to) = (plot.px(clock.tr() * rows.start as f64), plot.px(clock.tr() * rows.end as f64));
        if run > 0 {
            sheet.dashes(from, plot.top, plot.bottom(), colour);
        }
        let name = format!("run {}", run + 1);
        if named && font::width(&name, TICK, false) + 8.0 <= to - from {
            let text = Text::new(name, TICK).colour(SOFT).anchor(Anchor::Middle);
            sheet.words([0.5 * (from + to), plot.top - 6.0], text);
        }
    }
}
