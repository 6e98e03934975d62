//! Voxels before and after cleaning, below what moved the head.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief};
use super::carpet::{self, LIMIT};
use super::colour::diverging;
use super::colour_bar::colour_bar;
use super::courses::{draw_course, run_borders, run_labels_height, seconds};
use super::drawn::Figure;
use super::sheet::{Anchor, Colour, FRAME, Heading, INK, Ink, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use crate::brain::{CleaningReport, RunReport, VoxelSeries};
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use std::ops::Range;

const WIDTH: f64 = 900.0;
/// Heights of a trace and of a carpet, and the space between them.
const TRACE: f64 = 58.0;
const CARPET: f64 = 210.0;
const GAP: f64 = 20.0;
/// Bands behind traces where volumes are censored.
const BAND: Ink = Ink::Tint(PALETTE[1]);
/// Marks of censored volumes above a carpet.
const MARK: Colour = PALETTE[1];

/// A scan before and after cleaning: a carpet of its voxels each (a row is a voxel, time runs to the right), and above them framewise displacement and standardised DVARS
/// with the limits of scrubbing and, as in fMRIPrep's reports, the mean signals of the brain, of cerebrospinal fluid and of white matter, as far as the tables have
/// them, each with its mean and its largest value. Censored volumes are marked in all of them (Power et al. 2014; Power 2017).
///
/// ```no_run
/// use neurocell::prelude::*;
/// let bold = Subject::open("ds002345", "018")?.bold("pieman")?;
/// let cleaning = Cleaning::strategy(Strategy::Scrubbing);
/// let (before, after) = (bold.clean(Cleaning::none())?, bold.clean(cleaning.clone())?);
/// cleaning_figure(&before, &after, &bold.cleaning_report(&cleaning)?)?.save("cleaning.png")?;
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If the clocks differ, or a voxel of the cleaned series is not in the other.
pub fn cleaning_figure(before: &VoxelSeries, after: &VoxelSeries, report: &CleaningReport) -> Result<Figure> {
    before.clock().agree("the series before cleaning", after.clock(), "the cleaned one")?;
    report.clock().agree("the report", after.clock(), "the cleaned series")?;
    let clock = after.clock();
    let shown = carpet::sample(after.mask().count());
    let places: Option<Vec<usize>> =
        shown.iter().map(|column| before.mask().number(after.mask().position(*column))).collect();
    let Some(places) = places.filter(|_| before.mask().shape() == after.mask().shape()) else {
        return Err(Error::shape(
            format!("the masks differ: before {}, after {}", before.mask(), after.mask()),
            "take both series from one scan: `bold.clean(Cleaning::none())?` and `bold.clean(cleaning)?`",
        ));
    };

    let title = format!("Before and after cleaning: {}", report.name());
    let censored = after.censoring().unwrap_or_else(|| "no volume censored".to_owned());
    let which = match shown.len() < after.mask().count() {
        true => format!("one voxel in {} is a row", (after.mask().count() as f64 / shown.len() as f64).round()),
        false => "each voxel is a row".to_owned(),
    };
    let remark =
        format!("{which}, lowest slice at the top, z-scored over each run's kept volumes; {censored}; {clock}");
    let heading = Heading::new(&title, &remark, WIDTH);

    let traces = traces(report);
    let left = MARGIN + 74.0;
    let width = WIDTH - left - MARGIN - 84.0;
    let top = heading.height() + run_labels_height(clock);
    let plot_at = |top: f64, height: f64, y: Scale| Plot { left, top, width, height, x: seconds(clock), y };
    let carpets = top + traces.len() as f64 * (TRACE + GAP) + 8.0;
    let last = carpets + 2.0 * CARPET + GAP;
    let mut sheet = Sheet::new(WIDTH, last + BELOW + MARGIN);
    sheet.heading(&heading);
    let out = stretches(after.kept());

    for (n, trace) in traces.iter().enumerate() {
        let plot = plot_at(top + n as f64 * (TRACE + GAP), TRACE, trace.scale());
        for rows in &out {
            let (from, to) = ends(&plot, clock.tr(), rows);
            sheet.block([from, plot.top], [to - from, plot.height], BAND);
        }
        plot.left_axis(&mut sheet, trace.name);
        sheet.line([plot.left, plot.bottom()], [plot.right(), plot.bottom()], 1.0, FRAME);
        if let Some(limit) = trace.limit {
            let y = plot.py(limit);
            sheet.line([plot.left, y], [plot.right(), y], 1.0, MARK);
            sheet.centred([plot.right() + 7.0, y], Text::new(format!("> {}", brief(limit)), TICK).colour(MARK));
        }
        if let Some(said) = trace.said() {
            let text = Text::new(said, TICK).colour(SOFT).anchor(Anchor::End);
            sheet.words([WIDTH - MARGIN, plot.top - 5.0], text);
        }
        // A run without the column has no line.
        let course: Vec<f64> = trace.runs.iter().flatten().flatten().copied().collect();
        if course.len() == clock.total() {
            draw_course(&mut sheet, &plot, clock, &course, |v| plot.py(v), PALETTE[0]);
        }
        run_borders(&mut sheet, &plot, clock, FRAME, n == 0);
    }

    let runs: Vec<Range<usize>> = (0..clock.runs()).map(|run| clock.rows(run)).collect();
    let pictures = [
        ("before", carpet::pixels(before.data(), after.kept(), &runs, &places, false)),
        ("after", carpet::pixels(after.data(), after.kept(), &runs, &shown, true)),
    ];
    for (n, (name, pixels)) in pictures.into_iter().enumerate() {
        let plot = plot_at(carpets + n as f64 * (CARPET + GAP), CARPET, Scale::linear(0.0, 1.0));
        sheet.picture([left, plot.top], [width, CARPET], pixels, false);
        sheet.frame([left, plot.top], [width, CARPET], FRAME);
        for rows in &out {
            let (from, to) = ends(&plot, clock.tr(), rows);
            sheet.block([from, plot.top - 7.0], [to - from, 5.0], MARK);
        }
        let text = Text::new(format!("{name} (voxel)"), LABEL).anchor(Anchor::Middle).upward();
        sheet.centred([left - 20.0, plot.top + 0.5 * CARPET], text);
        run_borders(&mut sheet, &plot, clock, INK, false);
        if n == 1 {
            plot.bottom_axis(&mut sheet, "time (s)", false);
        }
    }
    if !out.is_empty() {
        let text = Text::new("censored", TICK).colour(MARK).anchor(Anchor::Start);
        sheet.centred([left + width + 7.0, carpets - 4.5], text);
    }
    let scale = Scale::linear(-LIMIT, LIMIT);
    let corner = [left + width + 22.0, carpets + 24.0];
    colour_bar(&mut sheet, corner, CARPET - 24.0, 60.0, scale, "z", |v| diverging(v / LIMIT));
    if !out.is_empty() {
        let corner = [left + width + 22.0, carpets + CARPET + GAP + 10.0];
        sheet.block(corner, [16.0, 16.0], carpet::CENSORED);
        sheet.centred([corner[0] + 22.0, corner[1] + 8.0], Text::new("left out", TICK).colour(SOFT));
    }
    let made = Provenance::step("cleaning_figure").option("report", report.name());
    let made = made.input("before", before).input("after", after);
    Ok(Figure::new(sheet, format!("{title}: {remark}")).made(made))
}

/// One course above the carpets.
struct Trace {
    name: &'static str,
    limit: Option<f64>,
    runs: Vec<Option<Vec<f64>>>,
}

impl Trace {
    fn scale(&self) -> Scale {
        let all = || self.runs.iter().flatten().flatten().copied().filter(|v| v.is_finite());
        let high = all().chain(self.limit).fold(f64::NEG_INFINITY, f64::max);
        match self.limit {
            Some(_) => Scale::linear(0.0, 1.05 * high),
            None => {
                let low = all().fold(f64::INFINITY, f64::min);
                let edge = 0.06 * (high - low);
                Scale::linear(low - edge, high + edge)
            }
        }
    }
}

impl Trace {
    /// Mean and largest value of all runs; the first volume of a run may have none.
    fn said(&self) -> Option<String> {
        let known = || self.runs.iter().flatten().flatten().copied().filter(|v| v.is_finite());
        let count = known().count();
        let mean = known().sum::<f64>() / count.max(1) as f64;
        (count > 0).then(|| format!("mean {}, max {}", brief(mean), brief(known().fold(f64::NEG_INFINITY, f64::max))))
    }
}

/// What the tables of all runs have.
fn traces(report: &CleaningReport) -> Vec<Trace> {
    let [fd, dvars] = report.limits();
    let of = |value: &dyn Fn(&RunReport) -> Option<Vec<f64>>| report.runs().iter().map(value).collect::<Vec<_>>();
    let all = [
        Trace { name: "FD (mm)", limit: fd, runs: of(&|run| Some(run.displacement.as_ref()?.mm().to_vec())) },
        Trace { name: "std. DVARS", limit: dvars, runs: of(&|run| run.std_dvars.clone()) },
        Trace { name: "global", limit: None, runs: of(&|run| run.global_signal.clone()) },
        Trace { name: "CSF", limit: None, runs: of(&|run| run.csf.clone()) },
        Trace { name: "WM", limit: None, runs: of(&|run| run.white_matter.clone()) },
    ];
    all.into_iter().filter(|trace| trace.runs.iter().all(Option::is_some)).collect()
}

/// Neighbouring rows that are not kept.
fn stretches(kept: &[bool]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for row in (0..kept.len()).filter(|row| !kept[*row]) {
        match found.last_mut() {
            Some(last) if last.end == row => last.end += 1,
            _ => found.push(row..row + 1),
        }
    }
    found
}

/// Where rows begin and end on the page, at least a pixel wide.
fn ends(plot: &Plot, tr: f64, rows: &Range<usize>) -> (f64, f64) {
    let (from, to) = (plot.px(tr * rows.start as f64), plot.px(tr * rows.end as f64));
    (from, to.max(from + 1.0))
}
