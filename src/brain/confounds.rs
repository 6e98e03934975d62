//! The confounds table that fMRIPrep writes beside each run.

use super::table::Table;
use crate::error::{Error, ErrorKind, Result};
use ndarray::Array2;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Radius in mm of the sphere on which rotations are measured (Power et al. 2012).
const HEAD: f64 = 50.0;

/// Confounds of one run: one named course per column, one row per volume; clones are cheap.
#[derive(Clone, Debug)]
pub struct Confounds {
    table: Arc<Table>,
}

/// How far the head moved from the volume before, in mm; 0 at the first volume.
#[derive(Clone, Debug, PartialEq)]
pub struct Displacement {
    mm: Arc<[f64]>,
    computed: bool,
}

impl Displacement {
    /// One value per volume, in mm.
    pub fn mm(&self) -> &[f64] {
        &self.mm
    }

    /// Whether it was computed here from the six motion parameters, because the table has no `framewise_displacement`.
    pub fn computed(&self) -> bool {
        self.computed
    }
}

impl Confounds {
    /// Reads a `desc-confounds_timeseries.tsv`.
    ///
    /// # Errors
    /// If the file cannot be read, or its rows have not all the same number of cells.
    pub fn read(path: impl AsRef<Path>) -> Result<Confounds> {
        Ok(Confounds { table: Arc::new(Table::read(path.as_ref())?) })
    }

    /// The table that a file would hold; `path` is what errors call it.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Confounds> {
        Ok(Confounds { table: Arc::new(Table::parse(text, path)?) })
    }

    /// The columns' names.
    pub fn names(&self) -> &[String] {
        self.table.names()
    }

    /// Number of rows: one per volume.
    pub fn rows(&self) -> usize {
        self.table.len()
    }

    pub(super) fn path(&self) -> &Path {
        self.table.path()
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

    /// Framewise displacement of each volume in mm: the column `framewise_displacement`, or where the table has none
    ///
    /// FD(t) = Σ |Δ translation| + 50 mm · Σ |Δ rotation|
    ///
    /// of the six motion parameters (Power et al. 2012, NeuroImage 59:2142).
    ///
    /// # Errors
    /// If the table has neither the column nor all motion parameters, or a cell after the first is no number.
    pub fn framewise_displacement(&self) -> Result<Displacement> {
        const COLUMN: &str = "framewise_displacement";
        if self.table.has(COLUMN) {
            return Ok(Displacement { mm: self.differences(COLUMN)?.into(), computed: false });
        }
        let mut mm = vec![0.0; self.rows()];
        for (axis, name) in super::cleaning::MOTION.iter().enumerate() {
            if !self.table.has(name) {
                return Err(Error::new(
                    ErrorKind::Unknown,
                    format!("{}: there is neither {COLUMN} nor {name}", self.path().display()),
                    "displacement needs one of them: fetch the table that fMRIPrep wrote, or scrub without it: \
                     `Scrub::default().fd(None)`",
                ));
            }
            let unit = if axis < 3 { 1.0 } else { HEAD };
            let values = self.column(name)?;
            mm.iter_mut().skip(1).zip(values.windows(2)).for_each(|(mm, pair)| *mm += unit * (pair[1] - pair[0]).abs());
        }
        Ok(Displacement { mm: mm.into(), computed: true })
    }

    /// Standardised DVARS of each volume, 0 at the first; `None` if the table has no column `std_dvars`.
    ///
    /// # Errors
    /// If a cell after the first is no number.
    pub fn std_dvars(&self) -> Result<Option<Vec<f64>>> {
        self.table.has("std_dvars").then(|| self.differences("std_dvars")).transpose()
    }

    /// A column of differences: there is none at the first volume.
    fn differences(&self, name: &str) -> Result<Vec<f64>> {
        let mut values = self.table.numbers_or_missing(name)?;
        if let Some(first @ None) = values.first_mut() {
            *first = Some(0.0);
        }
        match values.iter().position(Option::is_none) {
            None => Ok(values.into_iter().flatten().collect()),
            Some(row) => Err(Error::format(
                self.path(),
                format!("column {name} has no value in row {row}"),
                "only the first row may be n/a: fetch the table again",
            )),
        }
    }

    /// The volumes that fMRIPrep took before the scanner was in its steady state (`non_steady_state_outlier…`).
    ///
    /// # Errors
    /// If a cell is no number.
    pub fn non_steady_state(&self) -> Result<Vec<usize>> {
        let mut volumes = Vec::new();
        for name in self.names().iter().filter(|name| name.contains("non_steady_state")) {
            let values = self.table.numbers(name)?;
            volumes.extend(values.iter().enumerate().filter(|(_, v)| **v != 0.0).map(|(n, _)| n));
        }
        volumes.sort_unstable();
        volumes.dedup();
        Ok(volumes)
    }

    /// In which mask each of some components of CompCor was found, from the JSON file beside the table: "combined", "WM" or "CSF".
    pub(super) fn component_masks(&self, names: &[String]) -> Result<Vec<String>> {
        let Some(first) = names.first() else { return Ok(Vec::new()) };
        let beside: PathBuf = self.path().with_extension("json");
        let meaning = super::json::read(&beside).map_err(|cause| match cause.kind() {
            ErrorKind::File => Error::new(
                ErrorKind::File,
                format!("{} is not there, which says in which mask {first} was found", beside.display()),
                "fetch it from fMRIPrep's output (version 1.4 or later), or take temporal CompCor: \
                 `compcor(CompCor::Temporal, None)`",
            )
            .caused_by(cause),
            _ => cause,
        })?;
        let mask = |name: &String| match meaning.get(name).and_then(|about| about.get("Mask")?.as_str()) {
            Some(mask) => Ok(mask.to_owned()),
            None => Err(Error::format(
                &beside,
                format!("it does not say in which mask {name} was found"),
                "fetch both files of the same run from fMRIPrep's output",
            )),
        };
        names.iter().map(mask).collect()
    }
}

impl fmt::Display for Confounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.path().file_name().unwrap_or_default().to_string_lossy();
        write!(
            f,
            "Confounds: {} volumes × {} columns\n{name}\n{}",
            self.rows(),
            self.names().len(),
            self.names().join(", ")
        )
    }
}
