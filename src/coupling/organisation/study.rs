//! The organisation of several models as a table and a figure.

use super::{Bounded, BrainOrganisation};
use crate::csv;
use crate::error::Result;
use crate::figure::{Figure, ModelOrganisation, OrganisationPanel, organisation_panel};
use crate::provenance::{Provenance, Traced};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// One model of an [`OrganisationStudy`].
#[derive(Clone, Debug)]
pub struct ModelFound {
    /// The model's name.
    pub model: String,
    /// As it was trained.
    pub trained: BrainOrganisation,
    /// With random weights; none if twins were left out.
    pub twin: Option<BrainOrganisation>,
}

/// The organisation of several models: [`organisation_of_models`](super::organisation_of_models); clones are cheap.
#[derive(Clone, Debug)]
pub struct OrganisationStudy {
    pub(super) rows: Arc<[ModelFound]>,
    pub(super) about: String,
    pub(super) made: Provenance,
}

impl OrganisationStudy {
    /// The models, in the order given.
    pub fn rows(&self) -> &[ModelFound] {
        &self.rows
    }

    /// Which site, story, networks and subjects.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Diversity, consistency and compactness of all models, side by side.
    ///
    /// # Errors
    /// If there is one subject, which has no consistency.
    pub fn figure(&self) -> Result<Figure> {
        let one = |row: &ModelFound| -> Result<ModelOrganisation> {
            let twin = row.twin.as_ref().map(BrainOrganisation::measured).transpose()?;
            Ok(ModelOrganisation { model: row.model.clone(), trained: row.trained.measured()?, twin })
        };
        let rows = self.rows.iter().map(one).collect::<Result<Vec<ModelOrganisation>>>()?;
        organisation_panel(&rows, OrganisationPanel::default().remark(self.intervals()))
    }

    /// Writes a row for each model and twin as CSV: model, weights, subjects, matched maps, and each figure with the ends of its interval (empty where there is none).
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "model,weights,subjects,matched".to_owned();
        for name in ["diversity", "consistency", "compactness", "layers_covered"] {
            text.push_str(&format!(",{name},{name}_low,{name}_high"));
        }
        text.push('\n');
        for (model, weights, found) in self.lines() {
            let matched: usize = found.matched().iter().sum();
            text.push_str(&format!("{},{weights},{},{matched}", csv::cell(model), found.subjects()));
            let figures =
                [Some(found.diversity()), found.consistency(), Some(found.compactness()), Some(found.layers_covered())];
            for figure in figures {
                let value = figure.map_or(String::new(), |figure| format!("{:.6}", figure.value));
                let ends = figure.and_then(|figure| figure.interval);
                let ends = ends.map_or(",".to_owned(), |[low, high]| format!("{low:.6},{high:.6}"));
                text.push_str(&format!(",{value},{ends}"));
            }
            text.push('\n');
        }
        csv::write_traced(path.as_ref(), &text, self)
    }

    fn lines(&self) -> impl Iterator<Item = (&str, &'static str, &BrainOrganisation)> {
        self.rows.iter().flat_map(|row| {
            let twin = row.twin.iter().map(|twin| (row.model.as_str(), "random", twin));
            std::iter::once((row.model.as_str(), "trained", &row.trained)).chain(twin)
        })
    }

    fn intervals(&self) -> String {
        self.rows.first().map_or(String::new(), |row| row.trained.intervals_in_words())
    }
}

impl Traced for OrganisationStudy {
    fn provenance(&self) -> Provenance {
        self.made.clone()
    }
}

impl fmt::Display for OrganisationStudy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "OrganisationStudy: {} models; {}", self.rows.len(), self.about)?;
        let width = self.rows.iter().map(|row| row.model.chars().count()).max().unwrap_or(0).max("model".len());
        write!(
            f,
            "{:width$}  {:7}  {:>7}  {:>21}  {:>24}  {:>11}  {:>6}",
            "model", "weights", "matched", "diversity (networks)", "consistency (r)", "compactness", "layers"
        )?;
        for (model, weights, found) in self.lines() {
            let matched: usize = found.matched().iter().sum();
            let consistency = found.consistency().map_or("one subject".to_owned(), |value| format!("{value:.3}"));
            let percent = Bounded { value: 100.0 * found.compactness().value, interval: None };
            write!(
                f,
                "\n{model:width$}  {weights:7}  {matched:>7}  {:>21}  {consistency:>24}  {:>11}  {:>6}",
                format!("{:.2}", found.diversity()),
                format!("{percent:.1} %"),
                format!("{:.2}", found.layers_covered())
            )?;
        }
        write!(f, "\n{}", self.intervals())
    }
}
