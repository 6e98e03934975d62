//! In which layers the neurons of a network lie.

use super::axis::{BELOW, PALETTE, Plot, Scale, brief};
use super::drawn::Figure;
use super::font;
use super::sheet::{Anchor, Heading, INK, Ink, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use crate::coupling::{Places, SubGroups, layer_counts};
use crate::error::{Error, Result};
use crate::model::{Neuron, NeuronAxis};
use crate::provenance::Provenance;
use ndarray::Array2;

const WIDTH: f64 = 900.0;
/// Panels that one figure holds, and in a row.
const MOST: usize = 24;
const COLUMNS: usize = 4;
/// Space for the axis and its label left of a row of panels, and above a panel for its name.
const LEFT: f64 = 62.0;
const ABOVE: f64 = 24.0;

/// Options of [`layer_histogram`] and [`layer_histograms`].
#[derive(Clone, Debug)]
pub struct LayerHistogram {
    /// The title. Default: what is counted.
    pub title: Option<String>,
    /// How many of the network's first neurons are counted. Default 100, or all if there are fewer.
    pub members: usize,
}

impl Default for LayerHistogram {
    fn default() -> LayerHistogram {
        LayerHistogram { title: None, members: 100 }
    }
}

impl LayerHistogram {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> LayerHistogram {
        LayerHistogram { title: Some(title.into()), ..self }
    }

    /// So many of the network's first neurons.
    pub fn members(self, members: usize) -> LayerHistogram {
        LayerHistogram { members, ..self }
    }
}

/// How many of a network's first neurons lie in each layer, beside what a random draw of as many would give.
///
/// The line is the mean of random draws, the band holds a layer's number in 95 % of them (hypergeometric; each layer by itself, so that of twenty layers
/// one lies outside by chance). Layers with more than chance at q < 0.05 over all layers are orange.
///
/// ```no_run
/// use neurocell::prelude::*;
/// # fn run(groups: SubGroups) -> Result<()> {
/// layer_histogram(&groups, "Default", LayerHistogram::default().members(50))?.save("layers.svg")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there is no network of that name, or no member is asked for.
pub fn layer_histogram(groups: &SubGroups, network: &str, options: LayerHistogram) -> Result<Figure> {
    draw(groups, &[network.to_owned()], options, &format!("Layers of the neurons of {network}"))
}

/// [`layer_histogram`] for each network, as small multiples with one scale; of more than 24 networks the first 24, in the atlas' order.
///
/// ```no_run
/// use neurocell::prelude::*;
/// # fn run(groups: SubGroups) -> Result<()> {
/// layer_histograms(&groups, LayerHistogram::default())?.save("layers.svg")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If no member is asked for.
pub fn layer_histograms(groups: &SubGroups, options: LayerHistogram) -> Result<Figure> {
    let all = groups.networks();
    let shown = &all[..all.len().min(MOST)];
    let which = match shown.len() < all.len() {
        true => format!("the first {MOST} of {} networks of {}", all.len(), groups.atlas()),
        false => format!("the networks of {}", groups.atlas()),
    };
    draw(groups, shown, options, &format!("Layers of the neurons of {which}"))
}

/// The same for any lists of neurons, a panel each: the anchors of networks, the members of clusters. Of more than 24 lists the first 24 are drawn; all members count.
///
/// ```
/// use neurocell::prelude::*;
/// let axis = NeuronAxis::new("made", Site::FfnOut, 4, 100);
/// let early: Vec<Neuron> = (0..12).map(|unit| Neuron::new(0, unit)).collect();
/// let spread: Vec<Neuron> = (0..12).map(|n| Neuron::new(n % 4, n)).collect();
/// let figure = member_histograms(&[("early", early), ("spread", spread)], &axis, LayerHistogram::default())?;
/// assert!(figure.svg()?.contains("early"));
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there is no list, one is empty, or a neuron is not of this axis or comes twice in a list.
pub fn member_histograms(
    members: &[(&str, Vec<Neuron>)],
    neurons: &NeuronAxis,
    options: LayerHistogram,
) -> Result<Figure> {
    let shown = &members[..members.len().min(MOST)];
    let each = shown.iter().map(|(name, list)| Ok(((*name).to_owned(), layer_counts(list, neurons)?)));
    let each: Vec<(String, Places)> = each.collect::<Result<_>>()?;
    let title = options.title.clone().unwrap_or_else(|| format!("Layers of neurons of {}", neurons.model));
    let which = match shown.len() < members.len() {
        true => format!("the first {MOST} of {} groups; ", members.len()),
        false => String::new(),
    };
    let made = Provenance::step("member_histograms").option("neurons", neurons);
    panels(&each, neurons, &title, &format!("{which}{neurons}"), made)
}

fn draw(groups: &SubGroups, networks: &[String], options: LayerHistogram, title: &str) -> Result<Figure> {
    let neurons = groups.series().neurons();
    let members = options.members.min(neurons.neurons());
    if members == 0 {
        return Err(Error::value(
            format!("0 neurons of {} networks", networks.len()),
            "count at least one: `LayerHistogram::default().members(100)`",
        ));
    }
    let each = networks.iter().map(|network| {
        // Where a neuron has several regressors its first place in the ranking counts.
        let ranked = groups.subgroup(network, (members * neurons.copies.len().max(1)).min(neurons.total()))?;
        let mut seen = std::collections::HashSet::new();
        let first: Vec<_> = ranked.into_iter().filter(|neuron| seen.insert(*neuron)).take(members).collect();
        Ok((network.clone(), layer_counts(&first, neurons)?))
    });
    let each: Vec<(String, Places)> = each.collect::<Result<_>>()?;
    let title = options.title.clone().unwrap_or_else(|| title.to_owned());
    let fewest = each.iter().map(|(_, places)| places.members()).min().unwrap_or(0);
    let counted = if fewest < members { format!("{fewest} to {members}") } else { members.to_string() };
    let remark = format!("the first {counted} of {} neurons, {}; {neurons}", neurons.neurons(), groups.reading());
    let made = Provenance::step("layer_histogram").option("members", members).option("reading", groups.reading());
    panels(&each, neurons, &title, &remark, made.input("groups", groups))
}

/// A panel for each group, all with one scale.
fn panels(
    groups: &[(String, Places)],
    neurons: &NeuronAxis,
    title: &str,
    remark: &str,
    made: Provenance,
) -> Result<Figure> {
    if groups.is_empty() {
        return Err(Error::value("0 groups of neurons", "give at least one"));
    }
    let heading = Heading::new(title, remark, WIDTH);

    let columns = groups.len().min(COLUMNS);
    let rows = groups.len().div_ceil(columns);
    let high = if rows == 1 { if columns == 1 { 230.0 } else { 170.0 } } else { 110.0 };
    let room = WIDTH - 2.0 * MARGIN - LEFT;
    let cell = room / columns as f64;
    let legend = 26.0;
    let pitch = ABOVE + high + 28.0;
    let top = heading.height() + legend;
    let height = top + (rows - 1) as f64 * pitch + ABOVE + high + BELOW + MARGIN;
    let mut sheet = Sheet::new(WIDTH, height);
    sheet.heading(&heading);
    let most = groups
        .iter()
        .flat_map(|(_, places)| places.counts().iter().copied().chain([places.range()[1]]))
        .max()
        .unwrap_or(1);
    let y = Scale { whole: true, ..Scale::linear(0.0, 1.06 * most.max(1) as f64) };
    for (n, (network, places)) in groups.iter().enumerate() {
        let (column, row) = (n % columns, n / columns);
        let plot = Plot {
            left: MARGIN + LEFT + cell * column as f64,
            top: top + ABOVE + pitch * row as f64,
            width: cell - if columns > 1 { 40.0 } else { 8.0 },
            height: high,
            x: Scale::counted(0.0, (neurons.layers.max(1) - 1) as f64),
            y,
        };
        let alike = groups.iter().all(|(_, other)| other.members() == places.members());
        let name = match (groups.len(), alike) {
            (1, _) => String::new(),
            (_, true) => network.clone(),
            _ => format!("{}, n = {}", font::shorten(network, LABEL, true, plot.width - 70.0), places.members()),
        };
        // Axes have their labels once: at the left, and where nothing follows below.
        let labels = [column == 0, n + columns >= groups.len()];
        panel(&mut sheet, &plot, places, &name, labels);
    }
    key(&mut sheet, [MARGIN + LEFT, heading.height() + 9.0], groups);
    let names: Vec<&str> = groups.iter().map(|(name, _)| name.as_str()).collect();
    let counts =
        Array2::from_shape_fn((groups.len(), neurons.layers), |(n, layer)| groups[n].1.counts()[[layer, 0]] as f64);
    let made = made.option("groups", names.join(", ")).input("counts", &counts);
    Ok(Figure::new(sheet, format!("{title}: {remark}; {}", names.join(", "))).made(made))
}

fn panel(sheet: &mut Sheet, plot: &Plot, places: &Places, name: &str, [left, bottom]: [bool; 2]) {
    let name = font::shorten(name, LABEL, true, plot.width);
    sheet.words([plot.left, plot.top - 8.0], Text::new(name, LABEL).bold());
    let [low, high] = places.range().map(|count| plot.py(count as f64));
    plot.left_axis(sheet, if left { "neurons" } else { "" });
    sheet.block([plot.left, high], [plot.width, (low - high).max(1.0)], Ink::Tint(PALETTE[6]));
    let wide = (plot.width / places.counts().len() as f64 * 0.72).min(56.0);
    for (layer, (count, q)) in places.counts().iter().zip(places.q()).enumerate() {
        let (x, y) = (plot.px(layer as f64), plot.py(*count as f64));
        let colour = if *q < 0.05 { PALETTE[1] } else { PALETTE[0] };
        if *count > 0 {
            sheet.block([x - 0.5 * wide, y], [wide, plot.bottom() - y], colour);
        }
    }
    let expected = plot.py(places.expected());
    sheet.dashed([plot.left, expected], [plot.right(), expected], 1.4, INK);
    plot.bottom_axis(sheet, if bottom { "layer" } else { "" }, false);
}

/// What colours, band and line mean; with numbers where they are the same in all panels.
fn key(sheet: &mut Sheet, [mut x, y]: [f64; 2], groups: &[(String, Places)]) {
    let first = &groups[0].1;
    let [low, high] = first.range();
    let alike = groups.iter().all(|(_, places)| places.members() == first.members());
    let (band, line) = match alike {
        true => (
            format!("{low} to {high} in 95 % of random draws"),
            format!("expected by chance: {}", brief(first.expected())),
        ),
        false => ("95 % of random draws".to_owned(), "expected by chance".to_owned()),
    };
    let entries = [
        (Ink::Own(PALETTE[1]), "more than chance, q < 0.05"),
        (Ink::Own(PALETTE[0]), "not more"),
        (Ink::Tint(PALETTE[6]), band.as_str()),
    ];
    for (ink, text) in entries {
        sheet.block([x, y - 6.0], [18.0, 12.0], ink);
        sheet.centred([x + 25.0, y], Text::new(text, TICK).colour(SOFT));
        x += 25.0 + font::width(text, TICK, false) + 22.0;
    }
    sheet.dashed([x, y], [x + 23.0, y], 1.4, INK);
    sheet.centred([x + 30.0, y], Text::new(line, TICK).colour(SOFT).anchor(Anchor::Start));
}
