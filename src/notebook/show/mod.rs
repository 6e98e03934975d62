//! How each result shows itself when it is a cell's last expression: what it is, its shape, its units, a picture.
//!
//! A room's type gets its face here: `show(&text, vec![figure_of(self)])` in an inherent `evcxr_display`.

mod coupling;
mod encoding;
mod experiment;
mod meaning;
mod simulate;

use super::display;
use crate::activation::NeuronSeries;
use crate::brain::{BrainMap, Mask, NetworkSeries, Networks, SurfaceMap, VoxelFile, VoxelSeries};
use crate::error::Result;
use crate::extract::{DualRegression, Extraction};
use crate::figure::{
    Cuts, Dendrogram, Figure, Look, courses, dendrogram, k_curve, mosaic_grid, neuron_carpet, pattern_courses,
    pattern_summary, spectrum_curve, voxel_carpet,
};
use crate::pattern::{Hierarchy, KCurve, Patterns, Spectrum};
use crate::stimulus::{Stimulus, Timing};

/// Shows a text, its first line as the heading, and figures below; a figure that could not be drawn shows its error instead.
pub(super) fn show(text: &str, figures: Vec<Result<Figure>>) {
    show_as(html(text), text, figures);
}

pub(super) fn show_as(html: String, text: &str, figures: Vec<Result<Figure>>) {
    display(&[("text/html", html.as_bytes()), ("text/plain", text.as_bytes())]);
    for figure in figures {
        match figure {
            Ok(figure) => figure.evcxr_display(),
            Err(error) => display(&[("text/plain", format!("no picture: {error}").as_bytes())]),
        }
    }
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The first line bold, the others below it.
fn html(text: &str) -> String {
    let escaped = escape(text);
    let (first, rest) = escaped.split_once('\n').unwrap_or((&escaped, ""));
    let rest = rest.replace('\n', "<br>");
    format!("<div style=\"line-height:1.45\"><b>{first}</b><br><span style=\"opacity:0.75\">{rest}</span></div>")
}

/// A whole number with thin spaces between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) && digits.len() > 4 {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

impl NeuronSeries {
    /// Shows the series in a notebook: what it is, and a carpet of a sample of its neurons.
    pub fn evcxr_display(&self) {
        show(&neuron_text(self), vec![neuron_carpet(self)]);
    }
}

fn neuron_text(series: &NeuronSeries) -> String {
    let axis = series.neurons();
    let copies = match axis.copies.is_empty() {
        true => String::new(),
        false => format!(" × {} ({})", axis.copies.len(), axis.copies.join(", ")),
    };
    format!(
        "NeuronSeries: {} time points × {} neurons{copies}\n{}, site {}, {} layers of {} units\n{}",
        grouped(series.data().nrows()),
        grouped(axis.neurons()),
        axis.model,
        axis.site,
        axis.layers,
        grouped(axis.units),
        series.clock()
    )
}

impl Patterns {
    /// Shows the patterns in a notebook: what they are, the courses of the first eight, and what all of them are worth.
    pub fn evcxr_display(&self) {
        show(&pattern_text(self), vec![pattern_courses(self), pattern_summary(self)]);
    }
}

fn pattern_text(patterns: &Patterns) -> String {
    format!(
        "Patterns: {} patterns of {} neurons over {} time points\n{}, {:.1} % of the variance explained\n{}",
        patterns.count(),
        grouped(patterns.loadings().ncols()),
        grouped(patterns.courses().nrows()),
        patterns.method(),
        100.0 * patterns.explained(),
        patterns.clock()
    )
}

impl Hierarchy {
    /// Shows the tree in a notebook: what it is of, and its dendrogram.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![dendrogram(self, Dendrogram::default())]);
    }
}

impl KCurve {
    /// Shows the curves in a notebook: which number of clusters they speak for and why, and the curves.
    pub fn evcxr_display(&self) {
        show(&format!("KCurve: {}\n{}", self.reason(), self.method()), vec![k_curve(self)]);
    }
}

impl Spectrum {
    /// Shows the spectrum in a notebook: where the rules stop, and the curve beside chance.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![spectrum_curve(self)]);
    }
}

impl VoxelSeries {
    /// Shows the series in a notebook: whose it is, and a carpet of a sample of its voxels.
    pub fn evcxr_display(&self) {
        show(&voxel_text(self), vec![voxel_carpet(self)]);
    }
}

fn voxel_text(series: &VoxelSeries) -> String {
    format!(
        "VoxelSeries: {} volumes × {} voxels\n{}\n{}{}",
        grouped(series.data().nrows()),
        grouped(series.mask().count()),
        series.name(),
        series.clock(),
        series.censoring().map(|said| format!("\n{said}")).unwrap_or_default()
    )
}

impl VoxelFile {
    /// Shows in a notebook whose series it is, and where it lies.
    pub fn evcxr_display(&self) {
        show(&format!("VoxelFile: {self}"), vec![]);
    }
}

impl Mask {
    /// Shows the mask in a notebook: its grid, and axial slices.
    pub fn evcxr_display(&self) {
        show(&mask_text(self), vec![self.mosaic()]);
    }
}

fn mask_text(mask: &Mask) -> String {
    let [x, y, z] = mask.shape();
    let size = mask.affine().determinant().abs().cbrt();
    format!(
        "Mask: {} voxels of a {x} × {y} × {z} grid\nvoxels of {size:.2} mm (cube of the same volume)",
        grouped(mask.count())
    )
}

impl BrainMap {
    /// Shows the map in a notebook: three cuts through its peak, over the MNI template.
    pub fn evcxr_display(&self) {
        show(&map_text(self), vec![self.slices()]);
    }
}

impl SurfaceMap {
    /// Shows the values in a notebook: how many vertices have one, and the inflated cortex.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![self.figure()]);
    }
}

fn map_text(map: &BrainMap) -> String {
    format!("BrainMap: {} voxels, unit {}\n{}", grouped(map.values().len()), map.unit(), map.label())
}

impl NetworkSeries {
    /// Shows the series in a notebook: whose it is, and the courses of the first eight networks.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![network_courses(self)]);
    }
}

fn network_courses(series: &NetworkSeries) -> Result<Figure> {
    const FIRST: usize = 8;
    let names = &series.names()[..series.names().len().min(FIRST)];
    let each: Vec<(&str, Vec<f32>)> =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), series.data().column(n).to_vec())).collect();
    let title = match series.names().len() {
        0..=FIRST => "Courses of the networks".to_owned(),
        all => format!("Courses of the first {FIRST} of {all} networks"),
    };
    courses(&each, series.clock(), &title, "value")
}

impl Networks {
    /// Shows the networks in a notebook: their names and sizes, and axial slices in the atlas' colours.
    pub fn evcxr_display(&self) {
        show(&network_text(self), vec![self.mosaic()]);
    }
}

fn network_text(networks: &Networks) -> String {
    const LISTED: usize = 20;
    let listed = networks.names().iter().enumerate().take(LISTED);
    let mut each: Vec<String> =
        listed.map(|(n, name)| format!("{name} ({} voxels)", grouped(networks.voxels(n)))).collect();
    if networks.count() > LISTED {
        each.push(format!("and {} more", networks.count() - LISTED));
    }
    format!(
        "Networks: {}, {} networks on {} voxels\n{}",
        networks.atlas(),
        networks.count(),
        grouped(networks.mask().count()),
        each.join(", ")
    )
}

impl Extraction {
    /// Shows the extraction in a notebook: how it went, where each network is, and the maps of the first six if they are no labels.
    pub fn evcxr_display(&self) {
        let networks = self.networks();
        let mut figures = vec![networks.mosaic()];
        // Labels are all in the first figure.
        if self.unit() != "inside" {
            figures.push(first_maps(networks, self.unit()));
        }
        show(&format!("Extraction: {self}"), figures);
    }
}

impl DualRegression {
    /// Shows the subject's own networks in a notebook: whose they are, and the maps of the first six.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![first_maps(self.maps(), "sd per sd")]);
    }
}

/// Rows of axial slices, one for each of the first networks.
fn first_maps(networks: &Networks, unit: &str) -> Result<Figure> {
    let rows = networks.maps().rows().into_iter().zip(networks.names()).take(6);
    let maps = rows.map(|(row, name)| BrainMap::new(row.to_vec(), networks.mask(), name, unit));
    let title = format!("{}: {} of {} maps", networks.atlas(), networks.count().min(6), networks.count());
    mosaic_grid(&maps.collect::<Result<Vec<_>>>()?, Cuts::default(), Look::default().title(title))
}

impl Stimulus {
    /// Shows the stimulus in a notebook: how many words, when, and how the text begins.
    pub fn evcxr_display(&self) {
        show(&stimulus_text(self), Vec::new());
    }
}

fn stimulus_text(stimulus: &Stimulus) -> String {
    let words = stimulus.words();
    let untimed = words.iter().filter(|w| w.onset.is_none()).count();
    let mut text =
        format!("Stimulus: {}, {} words in {} run(s)", stimulus.name(), grouped(words.len()), stimulus.runs());
    if untimed > 0 {
        text.push_str(&format!(", {} of them without a time", grouped(untimed)));
    }
    if stimulus.timing() == Timing::Made {
        text.push_str("\ntimes made by a rule for the speaking rate");
    }
    for run in 0..stimulus.runs() {
        let times = words.iter().filter(|w| w.run == run).flat_map(|w| [w.onset, w.offset]).flatten();
        let (first, last) = times.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), t| (l.min(t), h.max(t)));
        if first.is_finite() {
            text.push_str(&format!("\nrun {}: {first:.1} to {last:.1} s", run + 1));
        }
    }
    let beginning: Vec<&str> = words.iter().take(14).map(|w| w.text.as_str()).collect();
    text.push_str(&format!("\n{}{}", beginning.join(" "), if words.len() > 14 { " …" } else { "" }));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::model::{NeuronAxis, Site};
    use crate::stimulus::Word;
    use ndarray::Array2;

    #[test]
    fn a_series_says_its_shape_its_tr_and_its_model() {
        let neurons = NeuronAxis::new("minilm-l6", Site::FfnOut, 6, 2);
        let clock = Clock::new(1.5, &[3, 2]).unwrap();
        let text = neuron_text(&NeuronSeries::new(Array2::zeros((5, 12)), clock, neurons).unwrap());
        for part in ["5 time points × 12 neurons", "minilm-l6", "FfnOut", "TR 1.5 s"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_series_of_several_regressors_counts_its_neurons_once() {
        let names = ["delay 1 TR".to_owned(), "delay 2 TR".to_owned()];
        let neurons = NeuronAxis::new("minilm-l6", Site::FfnOut, 6, 2).with_copies(&names);
        let series = NeuronSeries::new(Array2::zeros((5, 24)), Clock::new(1.5, &[5]).unwrap(), neurons).unwrap();
        let text = neuron_text(&series);
        assert!(text.contains("12 neurons × 2 (delay 1 TR, delay 2 TR)"), "{text}");
        assert!(neuron_carpet(&series).unwrap().alt().contains("2 regressors of 12 neurons"));
    }

    #[test]
    fn a_voxel_series_says_how_many_volumes_are_censored() {
        let mask = Mask::mni4mm().unwrap();
        let data = Array2::zeros((5, mask.count()));
        let series = VoxelSeries::new(data, mask, Clock::new(1.5, &[3, 2]).unwrap(), "made").unwrap();
        assert!(!voxel_text(&series).contains("censored"));
        let text = voxel_text(&series.censor(1, &[0]).unwrap());
        assert!(text.ends_with("TR 1.5 s\n1 of 5 volumes censored"), "{text}");
    }

    #[test]
    fn a_stimulus_says_how_many_words_have_no_time() {
        let word =
            |text: &str, onset| Word { text: text.to_owned(), run: 0, onset, offset: onset.map(|o: f64| o + 0.3) };
        let words = [word("Once", Some(1.0)), word("upon", None)];
        let stimulus = Stimulus::new("story", words.to_vec(), Timing::Made).unwrap();
        let text = stimulus_text(&stimulus);
        assert!(
            text.contains("times made")
                && text.contains("1 of them without a time")
                && text.contains("1.0 to 1.3 s")
                && text.contains("Once upon"),
            "{text}"
        );
    }

    #[test]
    fn html_of_a_text_holds_no_raw_signs() {
        assert!(html("a < b & c\nline").contains("a &lt; b &amp; c"));
        assert_eq!(grouped(1234567), "1\u{2009}234\u{2009}567");
        assert_eq!(grouped(1234), "1234");
    }
}
