//! Patterns' courses with the words that were heard along them.

use super::axis::{BELOW, PALETTE, Plot, Scale};
use super::courses::{order, per_unit, scale_bar};
use super::drawn::Figure;
use super::sheet::{Anchor, FRAME, GRID, Heading, LABEL, MARGIN, Sheet, Text};
use super::word_axis::{Part, Stretch, WordAxis};
use crate::error::{Error, Result};
use crate::pattern::Patterns;
use crate::provenance::Provenance;
use crate::stimulus::Stimulus;

const WIDTH: f64 = 900.0;
/// Patterns that one figure shows.
const MOST: usize = 8;
/// Height of each of several courses.
const PITCH: f64 = 52.0;

/// A stretch of one pattern's course (z over seconds), with the words below it at the time at which each begins.
///
/// Where a haemodynamic response was applied, the course follows the words by some five seconds. Where not all words have room the longer ones are
/// written, and a tick stands for each of the others.
///
/// ```
/// use neurocell::prelude::*;
/// use neurocell::figure::{Stretch, pattern_words};
/// let story = Stimulus::example()?;
/// let clock = Clock::new(1.5, &[400])?;
/// # let data = ndarray::Array2::from_shape_fn((400, 6), |(t, n)| (t as f32 * if n < 3 { 0.2 } else { 0.9 }).sin());
/// # let series = NeuronSeries::new(data, clock, NeuronAxis::new("simulated", Site::FfnOut, 1, 6))?;
/// let patterns = series.patterns(Pca::new(2))?;
/// let figure = pattern_words(&patterns, 0, &story, Stretch::default().from(0, 0.0).seconds(30.0))?;
/// assert!(figure.svg()?.contains("time (s)"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no such pattern or run, the stretch lies outside the run, or no word has a time.
pub fn pattern_words(patterns: &Patterns, pattern: usize, stimulus: &Stimulus, stretch: Stretch) -> Result<Figure> {
    known(patterns, pattern)?;
    let course = course(patterns, pattern);
    let part = Part::of(patterns.clock(), &course, &stretch)?;
    let title = format!("Pattern {pattern}: its course and the words of `{}`", stimulus.name());
    let (left, right) = (MARGIN + 58.0, WIDTH - MARGIN - 8.0);
    let words = WordAxis::new(stimulus, &part, [left, right])?;
    let remark = format!("{part}; {words}; {}", patterns.method());
    let heading = Heading::new(&title, &remark, WIDTH);
    let (low, high) = part.rows.iter().fold((0.0f64, 0.0f64), |(l, h), row| (l.min(course[*row]), h.max(course[*row])));
    let edge = 0.08 * (high - low).max(1e-6);
    let plot = Plot {
        left,
        top: heading.height() + 6.0,
        width: right - left,
        height: 170.0,
        x: part.seconds(),
        y: Scale::linear(low - edge, high + edge),
    };
    let mut sheet = Sheet::new(WIDTH, plot.bottom() + words.height() + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.left_axis(&mut sheet, "z");
    sheet.line([plot.left, plot.py(0.0)], [plot.right(), plot.py(0.0)], 1.0, FRAME);
    let points = part.rows.iter().map(|row| [plot.px(part.time(*row)), plot.py(course[*row])]);
    sheet.path(points.collect(), 2.0, PALETTE[0]);
    words.draw(&mut sheet, &plot);
    let made = Provenance::step("pattern_words").option("pattern", pattern).option("stretch", &part);
    let made = made.input("patterns", patterns).input("stimulus", stimulus);
    Ok(Figure::new(sheet, format!("{title}, {remark}: {}", words.text())).made(made))
}

/// A stretch of several patterns' courses, one above the other, with the words below at the time at which each begins: as [`pattern_words`] for one.
///
/// `which`: up to eight patterns in the order in which they are drawn; an empty list stands for the first eight. All rows have the same scale, z; the bar at the
/// right is two units long. Without a beginning the stretch lies around the highest value of the first of them.
///
/// ```
/// use neurocell::prelude::*;
/// let story = Stimulus::example()?;
/// let clock = Clock::new(1.5, &[400])?;
/// # let data = ndarray::Array2::from_shape_fn((400, 6), |(t, n)| (t as f32 * if n < 3 { 0.2 } else { 0.9 }).sin());
/// # let series = NeuronSeries::new(data, clock, NeuronAxis::new("simulated", Site::FfnOut, 1, 6))?;
/// let patterns = series.patterns(Pca::new(2))?;
/// let figure = pattern_courses_with_words(&patterns, &[1, 0], &story, Stretch::default().seconds(40.0))?;
/// assert!(figure.svg()?.contains("2 z"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no such pattern or run, more than eight are asked for, the stretch lies outside the run, a course is NaN or infinite, or no word has a time.
pub fn pattern_courses_with_words(
    patterns: &Patterns,
    which: &[usize],
    stimulus: &Stimulus,
    stretch: Stretch,
) -> Result<Figure> {
    let first: Vec<usize> = (0..patterns.count().min(MOST)).collect();
    let shown = if which.is_empty() { &first } else { which };
    if shown.is_empty() || shown.len() > MOST {
        return Err(Error::value(
            format!("{} patterns in one figure, which holds 1 to {MOST}", shown.len()),
            "choose the few that are to be compared: `&[0, 3, 7]`",
        ));
    }
    shown.iter().try_for_each(|pattern| known(patterns, *pattern))?;
    let courses: Vec<Vec<f64>> = shown.iter().map(|pattern| course(patterns, *pattern)).collect();
    let part = Part::of(patterns.clock(), &courses[0], &stretch)?;
    let title = format!("Courses of patterns and the words of `{}`", stimulus.name());
    let (left, right) = (MARGIN + 62.0, WIDTH - MARGIN - 56.0);
    let words = WordAxis::new(stimulus, &part, [left, right])?;
    let rule = match which.is_empty() && patterns.count() > MOST {
        true => format!("the first {MOST} of {} patterns, {}; ", patterns.count(), order(patterns)),
        false => String::new(),
    };
    let remark = format!("{rule}{part}; {words}; {}", patterns.method());
    let heading = Heading::new(&title, &remark, WIDTH);
    let plot = Plot {
        left,
        top: heading.height() + 6.0,
        width: right - left,
        height: PITCH * shown.len() as f64,
        x: part.seconds(),
        y: Scale::linear(0.0, 1.0),
    };
    let mut sheet = Sheet::new(WIDTH, plot.bottom() + words.height() + BELOW + MARGIN);
    sheet.heading(&heading);
    let values = courses.iter().flat_map(|course| part.rows.iter().map(|row| course[*row] as f32));
    let per_unit = per_unit(values, PITCH);
    words.guides(&mut sheet, &plot);
    for (place, (pattern, course)) in shown.iter().zip(&courses).enumerate() {
        let y = plot.top + PITCH * (place as f64 + 0.5);
        sheet.line([plot.left, y], [plot.right(), y], 1.0, GRID);
        sheet.centred([left - 12.0, y], Text::new(pattern.to_string(), LABEL).anchor(Anchor::End));
        let points = part.rows.iter().map(|row| [plot.px(part.time(*row)), y - per_unit * course[*row]]);
        sheet.path(points.collect(), 2.0, PALETTE[0]);
    }
    let middle = [MARGIN + 12.0, plot.top + 0.5 * plot.height];
    let label = if shown.len() > 1 { "pattern" } else { "" };
    sheet.centred(middle, Text::new(label, LABEL).anchor(Anchor::Middle).upward());
    scale_bar(&mut sheet, &plot, per_unit);
    words.draw(&mut sheet, &plot);
    let made = Provenance::step("pattern_courses_with_words").option("patterns", format!("{shown:?}"));
    let made = made.option("stretch", &part).input("patterns", patterns).input("stimulus", stimulus);
    Ok(Figure::new(sheet, format!("{title}, patterns {shown:?}, {remark}: {}", words.text())).made(made))
}

fn known(patterns: &Patterns, pattern: usize) -> Result<()> {
    if pattern >= patterns.count() {
        return Err(Error::value(
            format!("pattern {pattern} of {}", patterns.count()),
            format!("patterns are counted from 0: the last one is {}", patterns.count().saturating_sub(1)),
        ));
    }
    super::courses::finite(&format!("pattern {pattern}"), patterns.courses().column(pattern).iter().copied())
}

fn course(patterns: &Patterns, pattern: usize) -> Vec<f64> {
    patterns.courses().column(pattern).iter().map(|v| f64::from(*v)).collect()
}
