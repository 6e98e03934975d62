//! Tab-separated tables, as BIDS has them.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// A table with a header line; cells are text.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    path: PathBuf,
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn read(path: &Path) -> Result<Table> {
        let advice = "check the path; relative paths begin where the notebook runs";
        let bytes = std::fs::read(path).map_err(|cause| Error::file("read", path, cause, advice))?;
        let text = String::from_utf8(bytes)
            .map_err(|cause| Error::format(path, "the table is not UTF-8 text", "save it as UTF-8").caused_by(cause))?;
        Table::parse(&text, path)
    }

    pub(crate) fn parse(text: &str, path: &Path) -> Result<Table> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
        let cells = |line: &str| line.split('\t').map(|cell| cell.trim().to_owned()).collect::<Vec<String>>();
        let names = match lines.next() {
            Some((_, line)) => cells(line),
            None => return Err(Error::format(path, "the table is empty", "fetch or make it again")),
        };
        if let Some((_, name)) = names.iter().enumerate().find(|(n, name)| names[..*n].contains(name)) {
            return Err(Error::format(path, format!("two columns are called `{name}`"), "give each its own name"));
        }
        let mut rows = Vec::new();
        for (number, line) in lines {
            let row = cells(line);
            if row.len() != names.len() {
                return Err(Error::format(
                    path,
                    format!("line {} has {} cells, the header {}", number + 1, row.len(), names.len()),
                    "cells are separated by one tab each; an empty cell is written n/a",
                ));
            }
            rows.push(row);
        }
        Ok(Table { path: path.to_owned(), names, rows })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The columns' names.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|n| n == name)
    }

    fn position(&self, name: &str) -> Result<usize> {
        let found = self.names.iter().position(|n| n == name);
        found.ok_or_else(|| Error::unknown(&format!("column of {}", self.path.display()), name, &self.names))
    }

    /// A column's cells.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>> {
        let column = self.position(name)?;
        Ok(self.rows.iter().map(|row| row[column].clone()).collect())
    }

    /// A column of numbers in which `n/a` is allowed.
    pub(crate) fn numbers_or_missing(&self, name: &str) -> Result<Vec<Option<f64>>> {
        let column = self.position(name)?;
        let number = |(n, row): (usize, &Vec<String>)| match row[column].as_str() {
            "n/a" | "" | "NaN" | "nan" | "NA" => Ok(None),
            cell => match cell.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Some(value)),
                _ => Err(Error::format(
                    &self.path,
                    format!("`{cell}` in row {n} of column {name} is no number"),
                    "write a number, or n/a where there is none",
                )),
            },
        };
        self.rows.iter().enumerate().map(number).collect()
    }

    /// A column of numbers, all of them there.
    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        let numbers = self.numbers_or_missing(name)?;
        match numbers.iter().position(Option::is_none) {
            None => Ok(numbers.into_iter().flatten().collect()),
            Some(row) => Err(Error::format(
                &self.path,
                format!("column {name} has no value in row {row}"),
                "fill it in: this column must be complete",
            )),
        }
    }
}
