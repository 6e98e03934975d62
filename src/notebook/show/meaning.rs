//! How what networks mean, where they lie and how models are organised show themselves.

use super::super::tables::table;
use super::show;
use crate::coupling::{
    BrainOrganisation, DiceTable, Enrichment, Interpretation, InterpretedNetwork, LayerTests, Meaning, NetworkMeaning,
    OrganisationStudy, SignificantMatch, WordClasses, WordKind,
};
use crate::error::Result;
use crate::figure::{Figure, HeatMap, WordBars, WordCloud, bars, heat_map, word_bars, word_cloud};
use crate::stimulus::word_class;
use ndarray::Array2;

/// Networks that a heat map still shows readably.
const READABLE: usize = 60;

impl WordClasses {
    /// Shows in a notebook how many neurons prefer each kind of words, and in which layers they lie.
    pub fn evcxr_display(&self) {
        let layers: Vec<String> = (0..self.neurons().layers).map(|layer| layer.to_string()).collect();
        let options =
            HeatMap::default().title("Neurons that are higher at words of a kind, by layer").unit("% of neurons");
        let options =
            options.remark(format!("{}; q < 0.05", self.neurons())).one_sided().axes("layer", "kind of words");
        table(&self.to_string(), vec![heat_map(&(100.0 * self.by_layer()), &layers, &names(self.kinds()), options)]);
    }
}

impl Enrichment {
    /// Shows the test in a notebook.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl NetworkMeaning {
    /// Shows in a notebook the network's words as a cloud, coloured by class, and the places in the text where it is highest.
    pub fn evcxr_display(&self) {
        let title = format!("Words of {}", self.network);
        let mut figures = Vec::new();
        if !self.words.is_empty() {
            figures.push(cloud(self, title));
        }
        if !self.contexts.is_empty() {
            let options = WordBars::default().title(format!("Places of {}", self.network)).unit("mean z");
            figures.push(word_bars(&self.contexts, options));
        }
        table(&self.to_string(), figures);
    }
}

fn cloud(meaning: &NetworkMeaning, title: String) -> Result<Figure> {
    let words: Vec<(&str, f64)> = meaning.words.iter().map(|word| (word.word.as_str(), word.mean)).collect();
    let class = |word: &str| word_class(word).map_or(WordKind::NoClass.to_string(), |class| class.to_string());
    let classes: Vec<String> = words.iter().map(|(word, _)| class(word)).collect();
    let classes: Vec<&str> = classes.iter().map(String::as_str).collect();
    word_cloud(&words, WordCloud::default().title(title).unit("mean z").classes(&classes))
}

impl Meaning {
    /// Shows in a notebook each network's words and kinds of words, and the differences of all networks × kinds with those that count marked.
    pub fn evcxr_display(&self) {
        let with: Vec<usize> = (0..self.networks().len()).filter(|n| self.networks()[*n].members > 0).collect();
        let figures = match with.is_empty() || with.len() > READABLE {
            true => Vec::new(),
            false => vec![kinds_map(self, &with)],
        };
        table(&self.to_string(), figures);
    }
}

fn kinds_map(meaning: &Meaning, with: &[usize]) -> Result<Figure> {
    let rows: Vec<String> = with.iter().map(|n| meaning.networks()[*n].network.clone()).collect();
    let select = |all: Array2<f64>| all.select(ndarray::Axis(0), with);
    let marks = select(meaning.q()).mapv(|q| q < meaning.level());
    let said = format!("q < {} over networks × kinds", meaning.level());
    let options =
        HeatMap::default().title("Networks by kind of word").unit("difference (sd)").axes("network", "kind of words");
    heat_map(&select(meaning.difference()), &rows, &names(meaning.kinds()), options.marks(marks, said))
}

fn names(kinds: &[WordKind]) -> Vec<String> {
    kinds.iter().map(WordKind::to_string).collect()
}

impl LayerTests {
    /// Shows in a notebook each network's layers against a random draw.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl DiceTable {
    /// Shows in a notebook Dice of each network with its best pattern at several thresholds.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl SignificantMatch {
    /// Shows in a notebook Dice of maps that were thresholded by a test over subjects.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl InterpretedNetwork {
    /// Shows in a notebook where the network lies and what its neurons respond to.
    pub fn evcxr_display(&self) {
        let figures = match self.meaning.words.is_empty() {
            true => Vec::new(),
            false => vec![cloud(&self.meaning, format!("Words of {}", self.network))],
        };
        table(&self.to_string(), figures);
    }
}

impl Interpretation {
    /// Shows the table in a notebook: for each network where it lies, its words, and its layers.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), vec![self.layers_figure()]);
    }
}

impl BrainOrganisation {
    /// Shows in a notebook the model's figures, and each network's share of the matched patterns.
    pub fn evcxr_display(&self) {
        let held: Vec<(&str, f64)> = self
            .shares()
            .iter()
            .filter(|(_, share)| *share > 0.0)
            .map(|(name, share)| (name.as_str(), 100.0 * share))
            .collect();
        let (names, values): (Vec<&str>, Vec<f64>) = held.into_iter().unzip();
        let figures = match names.is_empty() {
            true => Vec::new(),
            false => vec![bars(&names, &values, "Networks of the matched patterns", "% of matched patterns")],
        };
        table(&self.to_string(), figures);
    }
}

impl OrganisationStudy {
    /// Shows in a notebook all models' figures, as a table and side by side.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), vec![self.figure()]);
    }
}
