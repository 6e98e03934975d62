//! The confounds table that fMRIPrep writes beside each run.

use super::table::Table;
use crate::error::{Error, Result};
use ndarray::Array2;
use std::path::Path;
use std::sync::Arc;

/// Confounds of one run: one named course per column, one row per volume; clones are cheap.
#[derive(Clone, Debug)]
pub struct Confounds {
    table: Arc<Table>,
}

impl Confounds {
    /// Reads a `desc-confounds_timeseries.tsv`.
    ///
    /// # Errors
    /// If the file cannot be read, or its rows have not all the same number of cells.
    pub fn read(path: impl AsRef<Path>) -> Result<Confounds> {
        Ok(Confounds { table: Arc::new(Table::read(path.as_ref())?) })
    }

    /// The columns' names.
    pub fn names(&self) -> &[String] {
        self.table.names()
    }

    /// Number of rows: one per volume.
    pub fn rows(&self) -> usize {
        self.table.len()
    }

    /// One column. A derivative has no value at the first volume (`n/a`): it takes the second volume's, as nilearn
    /// does.
    ///
    /// # Errors
    /// If there is no such column (near names are proposed), a cell is no number, or a later row has no value.
    pub fn column(&self, name: &str) -> Result<Vec<f64>> {
        let mut values = self.table.numbers_or_missing(name)?;
        if let [first @ None, Some(second), ..] = &mut values[..] {
            *first = Some(*second);
        }
        match values.iter().position(Option::is_none) {
            None => Ok(values.into_iter().flatten().collect()),
            Some(row) => Err(Error::format(
                self.table.path(),
                format!("column {name} has no value in row {row}"),
                "only a first row may be n/a: leave the column out of the confounds",
            )),
        }
    }

    /// Several columns: time × confound.
    ///
    /// # Errors
    /// As [`Confounds::column`].
    pub fn columns(&self, names: &[&str]) -> Result<Array2<f64>> {
        let mut columns = Array2::zeros((self.rows(), names.len()));
        for (n, name) in names.iter().enumerate() {
            columns.column_mut(n).assign(&ndarray::Array1::from(self.column(name)?));
        }
        Ok(columns)
    }
}
