//! A pattern's course with the words that were heard along it.

use super::axis::{BELOW, PALETTE, Plot, Scale};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, FRAME, GRID, Heading, MARGIN, SOFT, Sheet, TICK, Text};
use crate::error::{Error, Result};
use crate::pattern::Patterns;
use crate::stimulus::{Stimulus, Word};

const WIDTH: f64 = 900.0;
/// The widest word that stands upright below the course, in pixels.
const LONGEST: f64 = 110.0;

/// The part of a story that [`pattern_words`] shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// Run and second at which it begins; `None` for the stretch around the course's highest value.
    pub from: Option<(usize, f64)>,
    /// Its length in seconds.
    pub seconds: f64,
}

impl Default for Stretch {
    /// Sixty seconds around the course's highest value.
    fn default() -> Stretch {
        Stretch { from: None, seconds: 60.0 }
    }
}

impl Stretch {
    /// Begins in this run at this second.
    pub fn from(self, run: usize, second: f64) -> Stretch {
        Stretch { from: Some((run, second)), ..self }
    }

    /// So many seconds long.
    pub fn seconds(self, seconds: f64) -> Stretch {
        Stretch { seconds, ..self }
    }
}

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
    if pattern >= patterns.count() {
        return Err(Error::value(
            format!("pattern {pattern} of {}", patterns.count()),
            format!("patterns are counted from 0: the last one is {}", patterns.count().saturating_sub(1)),
        ));
    }
    if stimulus.words().iter().all(|word| word.onset.is_none()) {
        return Err(Error::value(
            format!("no word of `{}` has a time", stimulus.name()),
            "give it times first: `spoken_at(…)`, or a file with onsets",
        ));
    }
    let clock = patterns.clock();
    let course: Vec<f64> = patterns.courses().column(pattern).iter().map(|v| f64::from(*v)).collect();
    let (run, from, to) = part(patterns, &course, &stretch)?;
    let rows = clock.rows(run);
    let title = format!("Pattern {pattern}: its course and the words of `{}`", stimulus.name());
    let runs = if clock.runs() > 1 { format!("run {}, ", run + 1) } else { String::new() };
    let remark =
        format!("{runs}{from:.0} to {to:.0} s from the first volume; words at their onset; {}", patterns.method());
    let heading = Heading::new(&title, &remark, WIDTH);
    let left = MARGIN + 58.0;
    let inside = |row: &usize| {
        let time = clock.tr() * ((row - rows.start) as f64 + 0.5);
        (from..=to).contains(&time)
    };
    let shown: Vec<usize> = rows.clone().filter(inside).collect();
    let (low, high) = shown.iter().fold((0.0f64, 0.0f64), |(l, h), row| (l.min(course[*row]), h.max(course[*row])));
    let edge = 0.08 * (high - low).max(1e-6);
    let plot = Plot {
        left,
        top: heading.height() + 6.0,
        width: WIDTH - left - MARGIN - 8.0,
        height: 170.0,
        x: Scale::linear(from, to),
        y: Scale::linear(low - edge, high + edge),
    };
    let words: Vec<&Word> = stimulus
        .words()
        .iter()
        .filter(|word| word.run == run && word.onset.is_some_and(|onset| (from..to).contains(&onset)))
        .collect();
    let below = plot.bottom() + 10.0;
    let mut sheet = Sheet::new(WIDTH, below + LONGEST + BELOW + MARGIN);
    sheet.heading(&heading);
    plot.left_axis(&mut sheet, "z");
    sheet.line([plot.left, plot.py(0.0)], [plot.right(), plot.py(0.0)], 1.0, FRAME);
    let points = shown.iter().map(|row| {
        let time = clock.tr() * ((row - rows.start) as f64 + 0.5);
        [plot.px(time), plot.py(course[*row])]
    });
    sheet.path(points.collect(), 2.0, PALETTE[0]);
    draw_words(&mut sheet, &plot, &words, below);
    // The axis of time stands below the words.
    Plot { height: plot.height + 10.0 + LONGEST, ..plot }.bottom_axis(&mut sheet, "time (s)", false);
    let text: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    Ok(Figure::new(sheet, format!("{title}, {remark}: {}", text.join(" "))))
}

/// Run, begin and end of the stretch, cut to the run.
fn part(patterns: &Patterns, course: &[f64], stretch: &Stretch) -> Result<(usize, f64, f64)> {
    let clock = patterns.clock();
    if !(stretch.seconds > 0.0 && stretch.seconds.is_finite()) {
        return Err(Error::value(
            format!("a stretch of {} s", stretch.seconds),
            "give a positive number of seconds, 60 for example",
        ));
    }
    let length = |run: usize| clock.tr() * clock.volumes(run) as f64;
    let (run, from) = match stretch.from {
        Some((run, from)) => (run, from),
        None => {
            let highest = (0..course.len()).max_by(|a, b| course[*a].total_cmp(&course[*b])).unwrap_or(0);
            let run = (0..clock.runs()).find(|run| clock.rows(*run).contains(&highest)).unwrap_or(0);
            let time = clock.tr() * (highest - clock.rows(run).start) as f64;
            // Two thirds before it: what was said leads to it.
            let latest = (length(run) - stretch.seconds).max(0.0);
            (run, (time - 0.67 * stretch.seconds).clamp(0.0, latest))
        }
    };
    if run >= clock.runs() {
        return Err(Error::value(
            format!("run {run} of {}", clock.runs()),
            format!("runs are counted from 0: the last one is {}", clock.runs() - 1),
        ));
    }
    if !(from >= 0.0 && from < length(run)) {
        return Err(Error::value(
            format!("a stretch from {from} s in run {run}, which has {} s", length(run)),
            "begin it inside the run",
        ));
    }
    Ok((run, from, (from + stretch.seconds).min(length(run))))
}

/// Words upright, read upwards, where there is room; the longest ones first.
fn draw_words(sheet: &mut Sheet, plot: &Plot, words: &[&Word], top: f64) {
    let size = 0.88 * TICK;
    let place = |word: &Word| plot.px(word.onset.unwrap_or_default());
    let mut order: Vec<usize> = (0..words.len()).collect();
    order.sort_by_key(|n| std::cmp::Reverse(words[*n].text.chars().count()));
    let mut taken: Vec<f64> = Vec::new();
    for n in order {
        let x = place(words[n]);
        let room = taken.iter().all(|other| (other - x).abs() >= 1.15 * size) && x + 0.6 * size < plot.right();
        sheet.line(
            [x, plot.bottom()],
            [x, plot.bottom() + if room { 7.0 } else { 4.0 }],
            1.0,
            if room { FRAME } else { GRID },
        );
        if room {
            taken.push(x);
            let text = font::shorten(&words[n].text, size, false, LONGEST - 8.0);
            sheet.centred([x, top], Text::new(text, size).colour(SOFT).anchor(Anchor::End).upward());
        }
    }
}
