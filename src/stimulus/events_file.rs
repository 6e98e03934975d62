//! Words in the `events.tsv` of a BIDS dataset.

use super::table_file::{Headed, Reading};
use super::text_file::stem;
use super::{Stimulus, Timing};
use crate::error::{Error, Result};
use crate::provenance::{Provenance, file};
use std::path::Path;

/// Which rows of an `events.tsv` are words, and where the word stands.
///
/// A row is a word if its word column is neither `n/a` nor empty, nor one of `leave_out`, and if it has the value that `only` asks for.
///
/// ```
/// use neurocell::stimulus::EventWords;
/// // Words in the column `value`, of rows whose trial_type is "word".
/// let words = EventWords::default().column("value").only("trial_type", "word").leave_out(&["+"]);
/// assert_eq!(words.column.as_deref(), Some("value"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventWords {
    /// The column of the words; `None` for the first that is there of `word`, `value`, `trial_type`. Default `None`.
    pub column: Option<String>,
    /// A column, and the value that it has in rows that are words. Default: any row.
    pub only: Option<(String, String)>,
    /// What may stand in the word column and is no word. Default: nothing.
    pub leave_out: Vec<String>,
}

impl EventWords {
    /// The column of the words.
    pub fn column(self, name: impl Into<String>) -> EventWords {
        EventWords { column: Some(name.into()), ..self }
    }

    /// Rows are words if this column has this value.
    pub fn only(self, column: impl Into<String>, value: impl Into<String>) -> EventWords {
        EventWords { only: Some((column.into(), value.into())), ..self }
    }

    /// What may stand in the word column and is no word.
    pub fn leave_out(self, values: &[&str]) -> EventWords {
        EventWords { leave_out: values.iter().map(|value| value.to_string()).collect(), ..self }
    }
}

/// Columns in which words are looked for, in this order.
const WORD_COLUMNS: [&str; 3] = ["word", "value", "trial_type"];

impl Stimulus {
    /// Reads the words of a BIDS `events.tsv` (tab-separated, columns `onset` and `duration` in seconds from the run's first volume) as
    /// one run; [`Stimulus::join`] makes several runs one stimulus.
    ///
    /// Rows that are no words are left out by the rule of [`EventWords`]. A word whose onset is `n/a` is text without time; a duration of
    /// `n/a` counts as 0.
    ///
    /// # Errors
    /// As [`Stimulus::from_table`]; if no row is a word by the rule, or there is no column that might hold words (those there are listed).
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("sub-01_task-read_events.tsv");
    /// std::fs::write(&path, "onset\tduration\ttrial_type\tword\n0.0\t2\tfixation\tn/a\n2.0\t0.4\tword\tOnce\n").unwrap();
    /// let words = Stimulus::from_events(&path, &EventWords::default())?;
    /// assert_eq!((words.words().len(), words.words()[0].onset), (1, Some(2.0)));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn from_events(path: impl AsRef<Path>, rule: &EventWords) -> Result<Stimulus> {
        let path = path.as_ref();
        let table = Headed::read(path, '\t')?;
        let (onset, duration) = (table.column("onset")?, table.column("duration")?);
        let word = match &rule.column {
            Some(name) => table.column(name)?,
            None => WORD_COLUMNS.iter().find_map(|name| table.column(name).ok()).ok_or_else(|| {
                Error::format(
                    path,
                    format!(
                        "none of the columns {} is there; there are {}",
                        WORD_COLUMNS.join(", "),
                        table.names.join(", ")
                    ),
                    "name the column of the words: `EventWords::default().column(\"…\")`",
                )
            })?,
        };
        let only = match &rule.only {
            Some((name, value)) => Some((table.column(name)?, value)),
            None => None,
        };
        let mut reading = Reading::new(&table);
        for row in &table.rows {
            let text = row.fields[word].trim();
            let is_word = !text.is_empty()
                && text != "n/a"
                && !rule.leave_out.iter().any(|left| left == text)
                && only.is_none_or(|(column, value)| row.fields[column].trim() == value);
            if is_word {
                let onset = reading.time(row, onset)?;
                let offset = match onset {
                    Some(onset) => Some(onset + reading.time(row, duration)?.unwrap_or(0.0)),
                    None => None,
                };
                reading.push(row, text, "", onset, offset)?;
            }
        }
        if reading.words.is_empty() {
            let problem = format!(
                "none of the {} rows is a word: {rule:?}, read from column `{}`",
                table.rows.len(),
                table.names[word]
            );
            return Err(Error::format(path, problem, "see the rule of `EventWords`: column, only, leave_out"));
        }
        let made = Provenance::step("words of a file").options_of(rule, &[]).input("file", &file(path)?);
        Ok(Stimulus::new(stem(path), reading.words, Timing::Measured)?.made(made))
    }
}
