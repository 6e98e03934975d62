//! Words in a table of one's own: a header that names the columns, one word a row.

use super::separated::{Row, rows};
use super::text_file::{stem, utf8};
use super::word::Order;
use super::{Stimulus, Timing, Word};
use crate::error::{Error, Result};
use crate::provenance::{Provenance, file};
use std::path::Path;

/// Which columns of a table hold a word and its times.
///
/// ```
/// use neurocell::stimulus::Columns;
/// let columns = Columns::default().word("token").onset("start_ms").duration("length_ms").seconds_per_unit(0.001).run("run");
/// assert_eq!(columns.onset, "start_ms");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// The column of the words. Default `word`.
    pub word: String,
    /// The column of the onsets. Default `onset`.
    pub onset: String,
    /// The column that says when a word ends. Default `offset`.
    pub end: End,
    /// The column that says in which run a word was heard; `None` if the table is one run. Default `None`.
    pub run: Option<String>,
    /// What separates the columns; `None` for a comma in `.csv`, a tab in `.tsv`, `.tab` and `.txt`. Default `None`.
    pub separator: Option<char>,
    /// How many seconds the unit of the times has: 0.001 for milliseconds. Default 1.
    pub seconds_per_unit: f64,
}

/// The column that says when a word ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It holds the time at which the word ends.
    Offset(String),
    /// It holds how long the word lasts.
    Duration(String),
}

impl Default for Columns {
    fn default() -> Columns {
        Columns {
            word: "word".to_owned(),
            onset: "onset".to_owned(),
            end: End::Offset("offset".to_owned()),
            run: None,
            separator: None,
            seconds_per_unit: 1.0,
        }
    }
}

impl Columns {
    /// The column of the words.
    pub fn word(self, name: impl Into<String>) -> Columns {
        Columns { word: name.into(), ..self }
    }

    /// The column of the onsets.
    pub fn onset(self, name: impl Into<String>) -> Columns {
        Columns { onset: name.into(), ..self }
    }

    /// The column of the times at which words end.
    pub fn offset(self, name: impl Into<String>) -> Columns {
        Columns { end: End::Offset(name.into()), ..self }
    }

    /// The column of the words' durations.
    pub fn duration(self, name: impl Into<String>) -> Columns {
        Columns { end: End::Duration(name.into()), ..self }
    }

    /// The column that says in which run a word was heard.
    pub fn run(self, name: impl Into<String>) -> Columns {
        Columns { run: Some(name.into()), ..self }
    }

    /// What separates the columns.
    pub fn separator(self, separator: char) -> Columns {
        Columns { separator: Some(separator), ..self }
    }

    /// How many seconds the unit of the times has.
    pub fn seconds_per_unit(self, seconds: f64) -> Columns {
        Columns { seconds_per_unit: seconds, ..self }
    }

    fn separator_of(&self, path: &Path) -> Result<char> {
        if let Some(separator) = self.separator {
            return Ok(separator);
        }
        match path.extension().map(|e| e.to_string_lossy().to_lowercase()).as_deref() {
            Some("csv") => Ok(','),
            Some("tsv" | "tab" | "txt") => Ok('\t'),
            other => Err(Error::value(
                format!(
                    "{} has the extension `{}`, which does not say what separates its columns",
                    path.display(),
                    other.unwrap_or("")
                ),
                "say it: `Columns::default().separator(',')`, or call the file .csv or .tsv",
            )),
        }
    }
}

impl Stimulus {
    /// Reads a table with a header, one word a row, whose columns are named by `columns`; the stimulus is called as the file.
    ///
    /// Times are in seconds, or in the unit that `columns` says, from the start of the recording or of the scan ([`Stimulus::starting_at`]
    /// shifts them). A word whose onset and end are empty or `n/a` is text without time. Runs are numbered in the order in which their
    /// labels come, whatever these are. Fields may be quoted as in CSV.
    ///
    /// # Errors
    /// If the file cannot be read, is empty, has no row or is not UTF-8; if a column is missing (those there are listed) or named twice;
    /// with line and column, if a row has another number of fields than the header, a quote is not closed, a time is no finite number,
    /// stands alone, ends before it begins or goes backwards, or a run comes back after another.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("story.tsv");
    /// std::fs::write(&path, "run\tword\tonset\tduration\n1\tOnce\t0.2\t0.3\n2\tupon\t0.1\t0.2\n").unwrap();
    /// let story = Stimulus::from_table(&path, &Columns::default().duration("duration").run("run"))?;
    /// assert_eq!((story.runs(), story.words()[0].offset), (2, Some(0.5)));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn from_table(path: impl AsRef<Path>, columns: &Columns) -> Result<Stimulus> {
        let path = path.as_ref();
        if !columns.seconds_per_unit.is_finite() || columns.seconds_per_unit <= 0.0 {
            let problem = format!("a unit of time of {} seconds", columns.seconds_per_unit);
            return Err(Error::value(problem, "give a positive number: 0.001 for milliseconds"));
        }
        let table = Headed::read(path, columns.separator_of(path)?)?;
        let word = table.column(&columns.word)?;
        let onset = table.column(&columns.onset)?;
        let (End::Offset(end) | End::Duration(end)) = &columns.end;
        let end = table.column(end)?;
        let run = columns.run.as_ref().map(|name| table.column(name)).transpose()?;
        let mut reading = Reading::new(&table);
        for row in &table.rows {
            let label = run.map_or("", |run| row.fields[run].trim());
            let onset = reading.time(row, onset)?.map(|t| t * columns.seconds_per_unit);
            let end = reading.time(row, end)?.map(|t| t * columns.seconds_per_unit);
            let offset = match (&columns.end, onset, end) {
                (End::Duration(_), Some(onset), Some(duration)) => Some(onset + duration),
                _ => end,
            };
            reading.push(row, row.fields[word].trim(), label, onset, offset)?;
        }
        let made = Provenance::step("words of a file").options_of(columns, &[]).input("file", &file(path)?);
        Ok(Stimulus::new(stem(path), reading.words, Timing::Measured)?.made(made))
    }
}

/// A table with a header, each row as wide as it.
pub(super) struct Headed<'a> {
    pub(super) path: &'a Path,
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Row>,
}

impl<'a> Headed<'a> {
    pub(super) fn read(path: &'a Path, separator: char) -> Result<Headed<'a>> {
        let advice = "give the path of a table with a header and one word a row";
        let mut rows = rows(path, &utf8(path, advice)?, separator)?;
        if rows.is_empty() {
            return Err(Error::format(path, "the file is empty", advice));
        }
        let names: Vec<String> = rows.remove(0).fields.iter().map(|name| name.trim().to_owned()).collect();
        if let Some((_, twice)) = names.iter().enumerate().find(|(n, name)| names[..*n].contains(name)) {
            return Err(Error::format(path, format!("two columns are called `{twice}`"), "give each its own name"));
        }
        if rows.is_empty() {
            let problem = format!("there is no row below the header ({})", names.join(", "));
            return Err(Error::format(path, problem, advice));
        }
        if let Some(row) = rows.iter().find(|row| row.fields.len() != names.len()) {
            let problem = format!("line {} has {} fields, the header {}", row.line, row.fields.len(), names.len());
            return Err(Error::format(
                path,
                problem,
                "see that the separator is right, and quote a field that holds it",
            ));
        }
        Ok(Headed { path, names, rows })
    }

    /// The place of a column.
    pub(super) fn column(&self, name: &str) -> Result<usize> {
        let found = self.names.iter().position(|n| n == name);
        found.ok_or_else(|| Error::unknown(&format!("column of {}", self.path.display()), name, &self.names))
    }

    /// Trouble in one field.
    fn trouble(&self, row: &Row, column: usize, problem: &str, advice: &str) -> Error {
        let place = format!("line {}, column `{}`", row.line, self.names[column]);
        Error::format(self.path, format!("{place}: {problem}"), advice)
    }
}

/// Words that are being taken from a table, each checked against those before it.
pub(super) struct Reading<'a> {
    table: &'a Headed<'a>,
    /// Labels of the runs so far.
    labels: Vec<String>,
    order: Order,
    pub(super) words: Vec<Word>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(table: &'a Headed<'a>) -> Reading<'a> {
        Reading { table, labels: Vec::new(), order: Order::default(), words: Vec::new() }
    }

    /// The number in a field; `None` if it is empty or `n/a`.
    pub(super) fn time(&self, row: &Row, column: usize) -> Result<Option<f64>> {
        let field = row.fields[column].trim();
        if field.is_empty() || field == "n/a" {
            return Ok(None);
        }
        match field.parse::<f64>() {
            Ok(time) if time.is_finite() => Ok(Some(time)),
            Ok(_) => Err(self.table.trouble(
                row,
                column,
                &format!("`{field}` is not a finite number"),
                "write n/a where a time is not known",
            )),
            Err(_) => Err(self.table.trouble(
                row,
                column,
                &format!("`{field}` is not a number"),
                "write times as numbers with a point, such as 12.34",
            )),
        }
    }

    pub(super) fn push(
        &mut self,
        row: &Row,
        text: &str,
        label: &str,
        onset: Option<f64>,
        offset: Option<f64>,
    ) -> Result<()> {
        let at = |problem: String, advice: &str| {
            Err(Error::format(self.table.path, format!("line {}: {problem}", row.line), advice))
        };
        if self.labels.last().is_none_or(|last| last != label) {
            if self.labels.iter().any(|known| known == label) {
                let last = self.labels.last().map_or("", String::as_str);
                return at(
                    format!("run `{label}` comes back after run `{last}`"),
                    "sort the rows by run, then by onset",
                );
            }
            self.labels.push(label.to_owned());
        }
        let word = Word { text: text.to_owned(), run: self.labels.len() - 1, onset, offset };
        if let Err(problem) = self.order.next(&word) {
            let advice = "rows stand in the order in which the words were heard, with onset and end, or neither";
            return at(format!("`{text}` {problem}"), advice);
        }
        self.words.push(word);
        Ok(())
    }
}
