//! A stretch of a story along the axis of time, with its words where they were heard.

use super::axis::{Plot, Scale};
use super::font;
use super::sheet::{Anchor, FRAME, GRID, SOFT, Sheet, TICK, Text};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::stimulus::Stimulus;
use std::fmt;

/// The widest word that stands upright below the plot, in pixels.
const LONGEST: f64 = 110.0;
/// Space between the plot and the words.
const GAP: f64 = 10.0;
/// Font size of words.
const SIZE: f64 = 0.88 * TICK;

/// The part of a story that a figure with words shows.
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

/// A stretch on a scan's clock.
#[derive(Clone, Debug)]
pub(super) struct Part {
    run: usize,
    runs: usize,
    from: f64,
    to: f64,
    tr: f64,
    first: usize,
    /// Volumes whose middle lies inside.
    pub rows: Vec<usize>,
}

impl Part {
    /// The stretch, cut to its run; without a beginning it lies around the highest value of `course`.
    pub fn of(clock: &Clock, course: &[f64], stretch: &Stretch) -> Result<Part> {
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
        let to = (from + stretch.seconds).min(length(run));
        let mut part =
            Part { run, runs: clock.runs(), from, to, tr: clock.tr(), first: clock.rows(run).start, rows: Vec::new() };
        part.rows = clock.rows(run).filter(|row| (from..=to).contains(&part.time(*row))).collect();
        Ok(part)
    }

    /// Seconds from the run's first volume to the middle of this one.
    pub fn time(&self, row: usize) -> f64 {
        self.tr * ((row - self.first) as f64 + 0.5)
    }

    pub fn seconds(&self) -> Scale {
        Scale::linear(self.from, self.to)
    }
}

/// "run 2, 20 to 80 s from its first volume".
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.runs > 1 {
            write!(f, "run {}, ", self.run + 1)?;
        }
        write!(f, "{:.0} to {:.0} s from the first volume", self.from, self.to)
    }
}

/// The words of a stretch, and which of them have room below the axis.
pub(super) struct WordAxis {
    words: Vec<(f64, String)>,
    written: Vec<bool>,
}

impl WordAxis {
    /// The words of `part`, which is drawn from `left` to `right`; the longest ones get room first.
    pub fn new(stimulus: &Stimulus, part: &Part, [left, right]: [f64; 2]) -> Result<WordAxis> {
        if stimulus.words().iter().all(|word| word.onset.is_none()) {
            return Err(Error::value(
                format!("no word of `{}` has a time", stimulus.name()),
                "give it times first: `spoken_at(…)`, or a file with onsets",
            ));
        }
        let timed = stimulus.words().iter().filter(|word| word.run == part.run);
        let words: Vec<(f64, String)> = timed
            .filter_map(|word| Some((word.onset?, word.text.clone())))
            .filter(|(onset, _)| (part.from..part.to).contains(onset))
            .collect();
        let x = |onset: f64| left + (right - left) * part.seconds().share(onset);
        let mut order: Vec<usize> = (0..words.len()).collect();
        order.sort_by_key(|n| std::cmp::Reverse(words[*n].1.chars().count()));
        let mut written = vec![false; words.len()];
        let mut taken: Vec<f64> = Vec::new();
        for n in order {
            let x = x(words[n].0);
            written[n] = taken.iter().all(|other| (other - x).abs() >= 1.15 * SIZE) && x + 0.6 * SIZE < right;
            if written[n] {
                taken.push(x);
            }
        }
        Ok(WordAxis { words, written })
    }

    /// Space below the plot, without that of the axis of time.
    pub fn height(&self) -> f64 {
        GAP + LONGEST
    }

    /// The words as running text.
    pub fn text(&self) -> String {
        self.words.iter().map(|(_, word)| word.as_str()).collect::<Vec<&str>>().join(" ")
    }

    /// Faint lines through the plot at the words that are written.
    pub fn guides(&self, sheet: &mut Sheet, plot: &Plot) {
        for ((onset, _), _) in self.words.iter().zip(&self.written).filter(|(_, written)| **written) {
            sheet.line([plot.px(*onset), plot.top], [plot.px(*onset), plot.bottom()], 0.6, GRID);
        }
    }

    /// Words read upwards below the plot, a tick for each, and the axis of time below them.
    pub fn draw(&self, sheet: &mut Sheet, plot: &Plot) {
        let top = plot.bottom() + GAP;
        for ((onset, word), written) in self.words.iter().zip(&self.written) {
            let x = plot.px(*onset);
            let long = if *written { 7.0 } else { 4.0 };
            sheet.line([x, plot.bottom()], [x, plot.bottom() + long], 1.0, FRAME);
            if *written {
                let text = font::shorten(word, SIZE, false, LONGEST - 8.0);
                sheet.centred([x, top], Text::new(text, SIZE).colour(SOFT).anchor(Anchor::End).upward());
            }
        }
        sheet.line([plot.left, plot.bottom()], [plot.right(), plot.bottom()], 1.0, FRAME);
        Plot { height: plot.height + self.height(), ..*plot }.bottom_axis(sheet, "time (s)", false);
    }
}

/// "120 of 158 words written at their onset, a tick for each other".
impl fmt::Display for WordAxis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = self.written.iter().filter(|written| **written).count();
        match self.words.len() {
            0 => write!(f, "no word was heard here"),
            all if written < all => {
                write!(f, "{written} of {all} words written, at their onset; a tick stands for each other")
            }
            all => write!(f, "{all} words at their onset"),
        }
    }
}
