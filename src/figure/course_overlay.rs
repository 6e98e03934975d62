//! A neuron's course and a network's on top of one another.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief, number};
use super::courses::{draw_legend, finite, legend_rows, run_borders, run_labels_height, seconds};
use super::drawn::Figure;
use super::font;
use super::sheet::{FRAME, GRID, Heading, MARGIN, Sheet, TICK};
use super::word_axis::{Part, Stretch, WordAxis};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use crate::statistics::{LaggedR, lagged_r, phase_null_sd, running_r, unit_runs};
use crate::stimulus::Stimulus;
use ndarray::{Array2, Axis};

const WIDTH: f64 = 900.0;
/// Heights of the courses and of the running correlation, and the space between them.
const COURSES: f64 = 210.0;
const STRIP: f64 = 74.0;
const GAP: f64 = 16.0;

/// Options of [`course_overlay`].
#[derive(Clone, Debug)]
pub struct CourseOverlay {
    /// The title. Default: the two names.
    pub title: Option<String>,
    /// The greatest |r| is looked for up to so many volumes either way. Default 4.
    pub lags: usize,
    /// Seconds of the running correlation's window; `None` leaves it out. Default 60.
    pub window: Option<f64>,
    /// The words, written below the axis; with them a stretch is shown. Default none.
    pub words: Option<Stimulus>,
    /// The part that is shown. Default: all, or with words sixty seconds around the first course's highest value.
    pub stretch: Option<Stretch>,
}

impl Default for CourseOverlay {
    fn default() -> CourseOverlay {
        CourseOverlay { title: None, lags: 4, window: Some(60.0), words: None, stretch: None }
    }
}

impl CourseOverlay {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> CourseOverlay {
        CourseOverlay { title: Some(title.into()), ..self }
    }

    /// Looks for the greatest |r| up to so many volumes either way.
    pub fn lags(self, volumes: usize) -> CourseOverlay {
        CourseOverlay { lags: volumes, ..self }
    }

    /// Seconds of the running correlation's window; `None` leaves it out.
    pub fn window(self, seconds: impl Into<Option<f64>>) -> CourseOverlay {
        CourseOverlay { window: seconds.into(), ..self }
    }

    /// Writes the words below the axis.
    pub fn words(self, stimulus: &Stimulus) -> CourseOverlay {
        CourseOverlay { words: Some(stimulus.clone()), ..self }
    }

    /// Shows only this part.
    pub fn stretch(self, stretch: Stretch) -> CourseOverlay {
        CourseOverlay { stretch: Some(stretch), ..self }
    }
}

/// Two courses on one axis, each z-scored within runs: an artificial neuron's and a brain network's. Below them r in a window that moves along.
///
/// The figure prints r (the mean over runs), how far r of two courses with these spectra strays by chance (two standard deviations under random phases,
/// [`phase_null_sd`](crate::statistics::phase_null_sd)), and the greatest |r| at other lags ([`lagged_r`](crate::statistics::lagged_r)), which is greater by chance than a single one.
/// With words, or with a stretch, these numbers are those of the whole courses, and what is drawn is a part of them.
///
/// ```
/// use neurocell::prelude::*;
/// let clock = Clock::new(1.5, &[120, 120])?;
/// let neuron: Vec<f32> = (0..240).map(|t| (t as f32 / 7.0).sin() + (t as f32 / 3.1).cos()).collect();
/// let network: Vec<f32> = neuron.iter().enumerate().map(|(t, v)| v + (t as f32 / 5.0).sin()).collect();
/// let figure = course_overlay(("L3.H5.17", &neuron), ("Default", &network), &clock, CourseOverlay::default())?;
/// assert!(figure.svg()?.contains("r = "));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If a course has not the clock's number of volumes, does not vary within a run, or holds a NaN; if a run is too short for the lags; if the stretch
/// lies outside its run, or no word has a time.
pub fn course_overlay(a: (&str, &[f32]), b: (&str, &[f32]), clock: &Clock, options: CourseOverlay) -> Result<Figure> {
    let z = scored([a, b], clock)?;
    let names = [a.0, b.0];
    let lagged = lagged_r(a.1, b.1, clock, options.lags)?;
    let courses = [a.1, b.1].map(|course| Array2::from_shape_fn((course.len(), 1), |(t, _)| course[t]));
    let chance = 2.0 * f64::from(phase_null_sd(&courses[0], &courses[1], clock)?[[0, 0]]);
    let running = running(a.1, b.1, clock, options.window)?;

    let default = options.words.is_some().then(Stretch::default);
    let part = match options.stretch.clone().or(default) {
        Some(stretch) => Some(Part::of(clock, &z[0], &stretch)?),
        None => None,
    };
    let (left, right) = (MARGIN + 70.0, WIDTH - MARGIN - 14.0);
    let words = match (&options.words, &part) {
        (Some(stimulus), Some(part)) => Some(WordAxis::new(stimulus, part, [left, right])?),
        _ => None,
    };
    let title = options.title.clone().unwrap_or_else(|| format!("{} and {}", a.0, b.0));
    let remark = remark(&lagged, chance, clock, names, &part, words.as_ref());
    let heading = Heading::new(&title, &remark, WIDTH);
    let legend = legend_rows(&names);

    let high = z.iter().flatten().fold(0.0f64, |most, v| most.max(v.abs()));
    let runs = if part.is_none() { run_labels_height(clock) } else { 0.0 };
    let plot = Plot {
        left,
        top: heading.height() + 20.0 * legend.len() as f64 + 6.0 + runs,
        width: right - left,
        height: COURSES,
        x: part.as_ref().map_or_else(|| seconds(clock), Part::seconds),
        y: Scale::linear(-1.05 * high, 1.05 * high),
    };
    let strip = Plot { top: plot.bottom() + GAP, height: STRIP, y: Scale::linear(-1.0, 1.0), ..plot };
    let last = if running.is_some() { strip } else { plot };
    let below = words.as_ref().map_or(0.0, WordAxis::height);
    let mut sheet = Sheet::new(WIDTH, last.bottom() + below + BELOW + MARGIN);
    sheet.heading(&heading);
    draw_legend(&mut sheet, [left, heading.height()], &legend, &names);
    if let Some(words) = &words {
        words.guides(&mut sheet, &Plot { height: last.bottom() - plot.top, ..plot });
    }
    plot.left_axis(&mut sheet, "z");
    sheet.line([left, plot.py(0.0)], [right, plot.py(0.0)], 1.0, FRAME);
    // Each run's points by itself, or those of the stretch.
    let lines: Vec<Vec<(usize, f64)>> = match &part {
        Some(part) => vec![part.rows.iter().map(|row| (*row, part.time(*row))).collect()],
        None => (0..clock.runs())
            .map(|run| clock.rows(run).map(|row| (row, clock.tr() * (row as f64 + 0.5))).collect())
            .collect(),
    };
    for (course, colour) in z.iter().zip(PALETTE) {
        for line in &lines {
            let points = line.iter().map(|(row, time)| [plot.px(*time), plot.py(course[*row])]).collect();
            sheet.path(points, 1.8, colour);
        }
    }
    if let Some((seconds, running)) = &running {
        draw_running(&mut sheet, &strip, &lines, running, *seconds);
    }
    if part.is_none() {
        run_borders(&mut sheet, &plot, clock, FRAME, true);
        if running.is_some() {
            run_borders(&mut sheet, &strip, clock, FRAME, false);
        }
    }
    match &words {
        Some(words) => words.draw(&mut sheet, &last),
        None => last.bottom_axis(&mut sheet, "time (s)", false),
    }
    let mut made = Provenance::step("course_overlay").option("names", names.join(" and ")).option("clock", clock);
    made = made.option("lags", options.lags).option("window", format!("{:?}", options.window));
    if let Some(part) = &part {
        made = made.option("stretch", part);
    }
    if let Some(stimulus) = &options.words {
        made = made.input("stimulus", stimulus);
    }
    for (role, course) in ["first", "second"].into_iter().zip(&courses) {
        made = made.input(role, &course.mapv(f64::from));
    }
    Ok(Figure::new(sheet, format!("{title}: {remark}")).made(made))
}

/// Both courses with mean 0 and variance 1 within each run.
fn scored(courses: [(&str, &[f32]); 2], clock: &Clock) -> Result<Vec<Vec<f64>>> {
    let one = |(name, course): (&str, &[f32])| {
        if course.len() != clock.total() {
            return Err(Error::shape(
                format!("the course `{name}` has {} values, its clock {clock}", course.len()),
                "take the clock of the series from which the course comes",
            ));
        }
        finite(&format!("the course `{name}`"), course.iter().copied())?;
        let column = ndarray::ArrayView1::from(course).insert_axis(Axis(1));
        let unit = unit_runs(column, clock);
        let mut z = Vec::with_capacity(course.len());
        for run in 0..clock.runs() {
            let rows = clock.rows(run);
            if rows.clone().all(|row| unit[[row, 0]] == 0.0) {
                return Err(Error::value(
                    format!("the course `{name}` does not vary in run {run}"),
                    "a constant course goes together with nothing: choose another neuron or network",
                ));
            }
            let scale = (rows.len() as f64).sqrt();
            z.extend(rows.map(|row| scale * f64::from(unit[[row, 0]])));
        }
        Ok(z)
    };
    courses.into_iter().map(one).collect()
}

/// r in a moving window, if some run is longer than it.
fn running(a: &[f32], b: &[f32], clock: &Clock, window: Option<f64>) -> Result<Option<(f64, Vec<f64>)>> {
    let Some(seconds) = window else { return Ok(None) };
    if !(seconds.is_finite() && seconds > 0.0) {
        return Err(Error::value(
            format!("a window of {seconds} s"),
            "give a positive number of seconds, 60 for example",
        ));
    }
    // An odd number has a middle.
    let volumes = ((seconds / clock.tr()).round() as usize / 2 * 2 + 1).max(5);
    let found = running_r(a, b, clock, volumes)?;
    Ok(found.iter().any(|r| r.is_finite()).then(|| (clock.tr() * volumes as f64, found)))
}

fn draw_running(sheet: &mut Sheet, strip: &Plot, lines: &[Vec<(usize, f64)>], running: &[f64], seconds: f64) {
    for r in [-1.0, 1.0] {
        sheet.line([strip.left, strip.py(r)], [strip.right(), strip.py(r)], 1.0, GRID);
    }
    strip.left_axis(sheet, &format!("r in {} s", brief(seconds)));
    sheet.line([strip.left, strip.py(0.0)], [strip.right(), strip.py(0.0)], 1.0, FRAME);
    for line in lines {
        let known = line.iter().filter(|(row, _)| running[*row].is_finite());
        let points: Vec<[f64; 2]> = known.map(|(row, time)| [strip.px(*time), strip.py(running[*row])]).collect();
        if points.len() > 1 {
            sheet.path(points, 1.6, PALETTE[2]);
        }
    }
}

/// r, chance, the best lag, and what is shown.
fn remark(
    lagged: &LaggedR,
    chance: f64,
    clock: &Clock,
    names: [&str; 2],
    part: &Option<Part>,
    words: Option<&WordAxis>,
) -> String {
    let runs = if clock.runs() > 1 { format!(", mean over {} runs", clock.runs()) } else { String::new() };
    let mut said = format!(
        "r = {}{runs}; by chance within ±{} in 95 % of cases (random phases)",
        number(lagged.at_once(), 2),
        number(chance, 2)
    );
    let short = |name: &str| font::shorten(name, TICK, false, 170.0);
    let (lag, r) = lagged.best();
    let most = lagged.lags().len() / 2;
    if most > 0 {
        let seconds = brief(lag.unsigned_abs() as f64 * clock.tr());
        let who = match lag {
            0 => "at lag 0".to_owned(),
            1.. => format!("where {} follows by {seconds} s", short(names[1])),
            _ => format!("where {} follows by {seconds} s", short(names[0])),
        };
        said += &format!("; greatest |r| within ±{most} volumes: {}, {who}", number(r, 2));
    }
    if let Some(part) = part {
        said += &format!("; shown: {part}");
    }
    if let Some(words) = words {
        said += &format!("; {words}");
    }
    said
}
