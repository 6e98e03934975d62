//! How models organise their units after the brain's networks, model beside model.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, FRAME, GRID, Heading, Ink, LABEL, MARGIN, PAPER, SOFT, Sheet, TICK, Text};
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::Array2;

const WIDTH: f64 = 900.0;
/// Models that are drawn at most.
const MOST: usize = 40;
const ROW: f64 = 30.0;
const GAP: f64 = 26.0;

/// A value and the two ends of its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Measured {
    /// A value with its interval.
    pub fn new(value: f64, low: f64, high: f64) -> Measured {
        Measured { value, low, high }
    }
}

/// The three figures of a model's organisation (Sun et al. 2024).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Organisation {
    /// Diversity: exp of the entropy of the networks' shares of matched patterns, a number of networks.
    pub diversity: Measured,
    /// Consistency: mean spatial r of a pattern's map between subjects.
    pub consistency: Measured,
    /// Compactness: share of a pattern's |loading| that its top 1 % of neurons hold, 0 to 1.
    pub compactness: Measured,
}

impl Organisation {
    fn all(&self) -> [Measured; 3] {
        [self.diversity, self.consistency, self.compactness]
    }
}

/// A model's organisation, and that of the same architecture with random weights.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelOrganisation {
    /// The model's name.
    pub model: String,
    /// As it was trained.
    pub trained: Organisation,
    /// With random weights: what the architecture and the text give by themselves.
    pub twin: Option<Organisation>,
}

/// Options of [`organisation_panel`].
#[derive(Clone, Debug, Default)]
pub struct OrganisationPanel {
    /// The title. Default: what is shown.
    pub title: Option<String>,
    /// A line below it: how many subjects, what the intervals are. Default none.
    pub remark: String,
}

impl OrganisationPanel {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> OrganisationPanel {
        OrganisationPanel { title: Some(title.into()), ..self }
    }

    /// A line below the title.
    pub fn remark(self, remark: impl Into<String>) -> OrganisationPanel {
        OrganisationPanel { remark: remark.into(), ..self }
    }
}

/// Diversity, consistency and compactness, a panel each, a row for each model in the order given; filled dots are trained models, hollow ones their twins
/// with random weights, bars the intervals.
///
/// Of more than 40 models the first 40 are drawn, and it is said of how many.
///
/// ```
/// use neurocell::figure::{Measured, ModelOrganisation, Organisation, OrganisationPanel, organisation_panel};
/// let of = |d: f64, r: f64, c: f64| Organisation {
///     diversity: Measured::new(d, d - 0.4, d + 0.4),
///     consistency: Measured::new(r, r - 0.05, r + 0.05),
///     compactness: Measured::new(c, c - 0.02, c + 0.02),
/// };
/// let model = |name: &str, trained| ModelOrganisation { model: name.into(), trained, twin: Some(of(2.1, 0.11, 0.06)) };
/// let models = [model("a small model", of(3.8, 0.31, 0.14)), model("a large model", of(5.2, 0.42, 0.17))];
/// let figure = organisation_panel(&models, OrganisationPanel::default().title("Made numbers"))?;
/// assert!(figure.svg()?.contains("random weights"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no model, a value is NaN or infinite, or an interval is the wrong way round.
pub fn organisation_panel(models: &[ModelOrganisation], options: OrganisationPanel) -> Result<Figure> {
    check(models)?;
    let shown = &models[..models.len().min(MOST)];
    let title =
        options.title.clone().unwrap_or_else(|| "Organisation of units after brain networks, by model".to_owned());
    let mut said: Vec<String> = Vec::new();
    if !options.remark.is_empty() {
        said.push(options.remark.clone());
    }
    if shown.len() < models.len() {
        said.push(format!("the first {MOST} of {} models", models.len()));
    }
    let remark = said.join("; ");
    let heading = Heading::new(&title, &remark, WIDTH);
    let names: Vec<String> = shown.iter().map(|m| font::shorten(&m.model, LABEL, false, 210.0)).collect();
    let widest = names.iter().map(|name| font::width(name, LABEL, false)).fold(0.0, f64::max);
    let left = MARGIN + widest + 14.0;
    let width = (WIDTH - left - MARGIN - 10.0 - 2.0 * GAP) / 3.0;
    let legend = 24.0;
    let top = heading.height() + legend + 1.5 * LABEL;
    let height = ROW * shown.len() as f64 + 8.0;
    let mut sheet = Sheet::new(WIDTH, top + height + BELOW + MARGIN);
    sheet.heading(&heading);
    key(&mut sheet, [left, heading.height() + 8.0], shown.iter().any(|m| m.twin.is_some()));
    for (n, name) in names.iter().enumerate() {
        let y = top + 4.0 + ROW * (n as f64 + 0.5);
        sheet.centred([left - 12.0, y], Text::new(name, LABEL).anchor(Anchor::End));
    }
    let panels = [
        ("diversity", "networks"),
        ("consistency", "spatial r between subjects"),
        ("compactness", "% held by top 1 % of units"),
    ];
    for (part, (name, unit)) in panels.into_iter().enumerate() {
        // A share is shown in percent.
        let times = if part == 2 { 100.0 } else { 1.0 };
        let of = |organisation: &Organisation| {
            let Measured { value, low, high } = organisation.all()[part];
            [value, low, high].map(|v| times * v)
        };
        let all: Vec<f64> =
            shown.iter().flat_map(|m| std::iter::once(&m.trained).chain(&m.twin)).flat_map(of).collect();
        let high = all.iter().copied().fold(0.0f64, f64::max);
        let low = all.iter().copied().fold(0.0f64, f64::min);
        let edge = 0.06 * (high - low).max(1e-9);
        let plot = Plot {
            left: left + (width + GAP) * part as f64,
            top,
            width,
            height,
            // All three begin at zero, so that lengths can be compared, unless values lie below it.
            x: Scale::linear(if low < 0.0 { low - edge } else { 0.0 }, high + edge),
            y: Scale::linear(0.0, 1.0),
        };
        panel(&mut sheet, &plot, shown, name, unit, of);
    }
    let made = Provenance::step("organisation_panel").option("title", options.title.unwrap_or_default());
    let made = made.option("models", models.iter().map(|m| m.model.as_str()).collect::<Vec<&str>>().join(", "));
    Ok(Figure::new(sheet, alt(&title, shown)).made(made.input("values", &table(models))))
}

fn panel(
    sheet: &mut Sheet,
    plot: &Plot,
    models: &[ModelOrganisation],
    name: &str,
    unit: &str,
    of: impl Fn(&Organisation) -> [f64; 3],
) {
    sheet.words([plot.left, plot.top - 0.6 * LABEL], Text::new(name, LABEL).bold());
    plot.bottom_axis(sheet, unit, true);
    let at = |n: usize| plot.top + 4.0 + ROW * (n as f64 + 0.5);
    for n in 0..models.len() {
        sheet.line([plot.left, at(n)], [plot.right(), at(n)], 1.0, GRID);
    }
    sheet.line([plot.left, plot.top], [plot.left, plot.bottom()], 1.0, FRAME);
    for (n, model) in models.iter().enumerate() {
        let twin = model.twin.as_ref().map(|twin| (of(twin), 5.0, Ink::Own(PALETTE[6]), true));
        let trained = (of(&model.trained), if twin.is_some() { -5.0 } else { 0.0 }, Ink::Own(PALETTE[0]), false);
        for ([value, low, high], shift, ink, hollow) in twin.into_iter().chain([trained]) {
            let y = at(n) + shift;
            sheet.line([plot.px(low), y], [plot.px(high), y], 2.0, ink);
            sheet.disc([plot.px(value), y], 4.5, ink);
            if hollow {
                sheet.disc([plot.px(value), y], 2.7, PAPER);
            }
        }
    }
}

fn key(sheet: &mut Sheet, [mut x, y]: [f64; 2], twins: bool) {
    let entries =
        [(Ink::Own(PALETTE[0]), "trained", false), (Ink::Own(PALETTE[6]), "its twin with random weights", true)];
    for (ink, name, hollow) in entries.into_iter().take(if twins { 2 } else { 1 }) {
        sheet.line([x, y], [x + 22.0, y], 2.0, ink);
        sheet.disc([x + 11.0, y], 4.5, ink);
        if hollow {
            sheet.disc([x + 11.0, y], 2.7, PAPER);
        }
        sheet.centred([x + 29.0, y], Text::new(name, TICK).colour(SOFT));
        x += 29.0 + font::width(name, TICK, false) + 24.0;
    }
}

fn check(models: &[ModelOrganisation]) -> Result<()> {
    if models.is_empty() {
        return Err(Error::value("0 models", "give at least one"));
    }
    for model in models {
        let twin = model.twin.iter().map(|twin| (twin, " (random weights)"));
        for (organisation, which) in std::iter::once((&model.trained, "")).chain(twin) {
            for (name, Measured { value, low, high }) in
                ["diversity", "consistency", "compactness"].into_iter().zip(organisation.all())
            {
                if ![value, low, high].iter().all(|v| v.is_finite()) || low > high {
                    return Err(Error::value(
                        format!("{name} of `{}`{which} is {value}, between {low} and {high}", model.model),
                        "give finite numbers, the lower end first; leave a model out of which nothing is known",
                    ));
                }
            }
        }
    }
    Ok(())
}

/// All numbers, a row a model.
fn table(models: &[ModelOrganisation]) -> Array2<f64> {
    let numbers = |organisation: &Organisation| organisation.all().map(|m| [m.value, m.low, m.high]).concat();
    let rows: Vec<Vec<f64>> = models
        .iter()
        .map(|model| {
            let twin = model.twin.as_ref().map_or(vec![f64::NAN; 9], numbers);
            [numbers(&model.trained), twin].concat()
        })
        .collect();
    Array2::from_shape_fn((rows.len(), 18), |(row, column)| rows[row][column])
}

fn alt(title: &str, models: &[ModelOrganisation]) -> String {
    let each = models.iter().map(|m| {
        let [diversity, consistency, compactness] = m.trained.all().map(|m| m.value);
        format!(
            "{}: {} networks, r {}, {} %",
            m.model,
            brief(diversity),
            brief(consistency),
            brief(100.0 * compactness)
        )
    });
    format!("{title}. {}", each.collect::<Vec<String>>().join("; "))
}
