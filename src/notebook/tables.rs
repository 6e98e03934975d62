//! How results that are tables or lists show themselves: columns stay aligned, a picture below where one helps.

use super::show::{escape, show, show_as};
use crate::activation::Activations;
use crate::brain::{
    Bold, Cleaning, CleaningReport, Confounds, Dataset, DatasetSummary, NetworkTable, Overlap, Participants, Subject,
    Suggestions,
};
use crate::coupling::{NetworkMatch, Places, SubGroups};
use crate::encoding::{Folds, RoiCorrelations, RoiScores};
use crate::error::Result;
use crate::figure::{Figure, HeatMap, Histogram, LayerHistogram, MatchMatrix};
use crate::figure::{bars, folds_figure, heat_map, histogram, layer_histograms, match_matrix, roi_scatter};
use crate::model::{Intervention, Logits, Loss, Model, WindowPlan};
use crate::simulate::{Recovery, Simulated};
use crate::statistics::LaggedR;

/// A table whose first line is its heading.
pub(super) fn table(text: &str, figures: Vec<Result<Figure>>) {
    let text = text.trim_end();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let style = "line-height:1.35;background:none;padding:0;margin:0.4em 0";
    let html = format!("<div><b>{}</b><pre style=\"{style}\">{}</pre></div>", escape(first), escape(rest));
    show_as(html, text, figures);
}

impl Model {
    /// Shows the model in a notebook: its name, layers and where its weights lie.
    pub fn evcxr_display(&self) {
        show(&format!("Model: {self}"), Vec::new());
    }
}

impl Loss {
    /// Shows the loss in a notebook: its mean, and how it is spread over the tokens.
    pub fn evcxr_display(&self) {
        let nats: Vec<f32> = self.tokens().iter().map(|token| token.nats).collect();
        let picture = histogram(&nats, "How badly each token was guessed", "loss (nats)", Histogram::default());
        show(&self.to_string(), vec![picture]);
    }
}

impl Logits {
    /// Shows in a notebook the likeliest words at each token.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl Intervention {
    /// Shows the intervention in a notebook: what it does, and to which units.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl WindowPlan {
    /// Shows the plan in a notebook: which tokens each window reads and keeps.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl Activations {
    /// Shows the activations in a notebook: which neurons, how many words, and words that no token stands for.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Subject {
    /// Shows the subject in a notebook: where it is, its tasks and runs.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Bold {
    /// Shows the runs in a notebook: whose, how many volumes, which grid.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl NetworkTable {
    /// Shows in a notebook each network's peak, place and size.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl Cleaning {
    /// Shows in a notebook what is taken out.
    pub fn evcxr_display(&self) {
        show(&format!("Cleaning: {self}"), Vec::new());
    }
}

impl Confounds {
    /// Shows in a notebook which columns the table has.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl CleaningReport {
    /// Shows in a notebook, as a table, what leaves each run and what is left.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl Overlap {
    /// Shows in a notebook in which regions each network lies, and Dice of all pairs if they are few.
    pub fn evcxr_display(&self) {
        const READABLE: usize = 40;
        let few = self.networks().len().max(self.regions().len()) <= READABLE;
        table(&self.to_string(), if few { vec![dice_map(self)] } else { Vec::new() });
    }
}

fn dice_map(overlap: &Overlap) -> Result<Figure> {
    let options = HeatMap::default().title("Networks × regions").unit("Dice").axes("network", "region").one_sided();
    heat_map(&overlap.dice(), overlap.networks(), overlap.regions(), options)
}

impl Suggestions {
    /// Shows in a notebook the best and the second match of each network, and the names that are suggested.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl Dataset {
    /// Shows the dataset in a notebook: where it is, and its subjects.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl DatasetSummary {
    /// Shows in a notebook, as tables, what is there of each scan.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl Simulated {
    /// Shows in a notebook where the simulated subject lies and what was planted in general terms.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Participants {
    /// Shows the first participants in a notebook.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl RoiScores {
    /// Shows in a notebook each region's mean over subjects, as a table and, if they are few enough to read, as bars.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), vec![region_bars(self)]);
    }
}

/// The regions' means, the best first.
fn region_bars(scores: &RoiScores) -> Result<Figure> {
    const MOST: usize = 40;
    let means = scores.over_subjects();
    let mut known: Vec<(&str, f64)> =
        scores.regions().iter().zip(means).map(|(name, (mean, ..))| (name.as_str(), mean)).collect();
    known.retain(|(_, mean)| !mean.is_nan());
    known.sort_by(|a, b| b.1.total_cmp(&a.1));
    let all = known.len();
    known.truncate(MOST);
    let (names, values): (Vec<&str>, Vec<f64>) = known.into_iter().unzip();
    let which = if all > MOST { format!(", the best {MOST} of {all} regions") } else { String::new() };
    let s = if scores.subjects().len() == 1 { "" } else { "s" };
    let title = format!("Mean score by region, {} subject{s}{which}", scores.subjects().len());
    bars(&names, &values, &title, scores.unit())
}

impl RoiCorrelations {
    /// Shows in a notebook each region's correlation, as a table, and the pairs of the regions with the least p.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), vec![roi_scatter(self)]);
    }
}

impl Folds {
    /// Shows the folds in a notebook: which rows train and which test, as a table and over time.
    pub fn evcxr_display(&self) {
        table(&format!("Folds: {}, {}\n{}", self.words(), self.clock(), self.table()), vec![folds_figure(self)]);
    }
}

impl NetworkMatch {
    /// Shows the match in a notebook: each network's best pattern, and r of all pairs with those above chance marked.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), vec![match_matrix(self, MatchMatrix::default())]);
    }
}

impl SubGroups {
    /// Shows the groups in a notebook: each network's first neurons, and in which layers its first hundred lie, beside chance.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), vec![layer_histograms(self, LayerHistogram::default())]);
    }
}

impl Places {
    /// Shows in a notebook how many neurons lie where, and what chance gives.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl LaggedR {
    /// Shows in a notebook r at lag 0 and the greatest one.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Recovery {
    /// Shows in a notebook what was found beside what had been planted.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}
