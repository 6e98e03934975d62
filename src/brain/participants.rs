//! Who took part: `participants.tsv`, as BIDS has it.

use super::columns::aligned;
use super::table::Table;
use super::{Dataset, json};
use crate::error::{Error, Result};
use crate::provenance::{Provenance, file};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Rows and columns that are shown.
const SHOWN: (usize, usize) = (10, 8);

/// A dataset's `participants.tsv`: a row a participant; clones are cheap.
///
/// ```
/// use neurocell::prelude::*;
/// # let path = std::env::temp_dir().join(format!("neurocell-participants-{}.tsv", std::process::id()));
/// std::fs::write(&path, "participant_id\tage\tsex\nsub-01\t24\tF\nsub-02\tn/a\tM\n")?;
/// let people = Participants::read(&path)?;
/// assert_eq!(people.ids(), ["01", "02"]);
/// assert_eq!(people.numbers("age")?, [Some(24.0), None]);
/// assert_eq!(people.texts("sex")?, [Some("F".to_owned()), Some("M".to_owned())]);
/// assert!(people.numbers("agee").unwrap_err().advice().contains("age"));
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Participants {
    table: Arc<Table>,
    ids: Arc<[String]>,
    units: Arc<BTreeMap<String, String>>,
    made: Provenance,
}

impl Dataset {
    /// The dataset's `participants.tsv`.
    ///
    /// # Errors
    /// As [`Participants::read`].
    pub fn participants(&self) -> Result<Participants> {
        Participants::read(self.folder().join("participants.tsv"))
    }
}

impl Participants {
    /// Reads a `participants.tsv`: tab-separated, with a header and a column `participant_id`; missing values are `n/a`. Units are taken from a
    /// `participants.json` beside it, if there is one.
    ///
    /// # Errors
    /// If the file cannot be read, is no table, has no such column (those that it has are listed), or names a participant twice.
    pub fn read(path: impl AsRef<Path>) -> Result<Participants> {
        let path = path.as_ref();
        let table = Table::read(path)?;
        let ids = table.texts("participant_id")?;
        let ids: Vec<String> = ids.iter().map(|id| id.strip_prefix("sub-").unwrap_or(id).to_owned()).collect();
        if let Some((row, id)) = ids.iter().enumerate().find(|(row, id)| ids[..*row].contains(id)) {
            let first = ids.iter().position(|other| other == id).unwrap_or(0);
            return Err(Error::format(
                path,
                format!("sub-{id} stands in rows {first} and {row}"),
                "leave one of the rows out: each participant has one",
            ));
        }
        let mut units = BTreeMap::new();
        let sidecar = path.with_extension("json");
        if sidecar.is_file() {
            let told = json::read(&sidecar)?;
            for name in table.names() {
                if let Some(unit) = told.get(name).and_then(|column| column.get("Units")).and_then(|unit| unit.as_str())
                {
                    units.insert(name.clone(), unit.to_owned());
                }
            }
        }
        let made = Provenance::step("participants").input("table", &file(path)?);
        Ok(Participants { table: Arc::new(table), ids: ids.into(), units: Arc::new(units), made })
    }

    /// What they are made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// The participants' ids without `sub-`, in the order of the rows.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The columns' names.
    pub fn columns(&self) -> &[String] {
        self.table.names()
    }

    /// A column's cells; `None` where it says `n/a` or nothing.
    ///
    /// # Errors
    /// If there is no such column; those that there are are listed.
    pub fn texts(&self, column: &str) -> Result<Vec<Option<String>>> {
        let missing = |cell: &String| cell.is_empty() || cell == "n/a";
        Ok(self.table.texts(column)?.into_iter().map(|cell| Some(cell).filter(|cell| !missing(cell))).collect())
    }

    /// A column of numbers; `None` where it says `n/a` or nothing.
    ///
    /// # Errors
    /// If there is no such column (those that there are are listed), or a cell is neither a number nor missing (the first is named).
    pub fn numbers(&self, column: &str) -> Result<Vec<Option<f64>>> {
        self.table.numbers_or_missing(column)
    }

    /// The unit of a column, if `participants.json` gives one.
    pub fn unit(&self, column: &str) -> Option<&str> {
        self.units.get(column).map(String::as_str)
    }

    /// Name of the file.
    pub fn about(&self) -> String {
        self.table.path().display().to_string()
    }
}

impl fmt::Display for Participants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, names) = (self.ids.len(), self.columns());
        let s = if count == 1 { "" } else { "s" };
        write!(f, "{}: {count} participant{s}; columns {}", self.about(), names.join(", "))?;
        let shown = &names[..names.len().min(SHOWN.1)];
        let columns: Vec<Vec<String>> = shown.iter().filter_map(|name| self.table.texts(name).ok()).collect();
        let mut rows = vec![shown.to_vec()];
        rows.extend((0..count.min(SHOWN.0)).map(|row| columns.iter().map(|cells| cells[row].clone()).collect()));
        write!(f, "\n{}", aligned(&rows))?;
        match count.checked_sub(SHOWN.0) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "\nand {more} more"),
        }
    }
}
