//! A whole dataset: who was scanned, and what is there of each scan.

mod summary;
mod words;

pub use summary::{DatasetSummary, ScanEntry};

use super::bids::{self, listed};
use super::{Subject, subject};
use crate::error::{Error, ErrorKind, Result};
use std::fmt;
use std::path::{Path, PathBuf};

/// A dataset in the BIDS layout, with fMRIPrep's derivatives in `derivatives/fmriprep`.
///
/// ```no_run
/// use neurocell::prelude::*;
/// let dataset = Dataset::open("ds002345")?;
/// println!("{}", dataset.summary()?);
/// let subject = dataset.subject("018")?;
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dataset {
    root: PathBuf,
    subjects: Vec<String>,
}

impl Dataset {
    /// Opens the dataset in a folder: the subjects are those of the raw data and those of fMRIPrep.
    ///
    /// # Errors
    /// If the folder is not there, or holds no subject.
    pub fn open(folder: impl AsRef<Path>) -> Result<Dataset> {
        let root = folder.as_ref();
        subject::check_dataset(root)?;
        let prepared = subject::prepared(root);
        let mut subjects = bids::folders(root, "sub-")?;
        subjects.extend(bids::folders(&prepared, "sub-")?);
        subjects.sort();
        subjects.dedup();
        if subjects.is_empty() {
            let inside = bids::folders(root, "")?;
            return Err(Error::new(
                ErrorKind::File,
                format!("{} holds no folder sub-…; it has {}", root.display(), listed(&inside)),
                "give the dataset's top folder; a subject's folder is called sub- and its id",
            ));
        }
        Ok(Dataset { root: root.to_owned(), subjects })
    }

    /// The dataset's folder.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// The subjects' ids, without "sub-", by name.
    pub fn subjects(&self) -> &[String] {
        &self.subjects
    }

    /// One subject, as [`Subject::open`] opens it.
    ///
    /// # Errors
    /// As there.
    pub fn subject(&self, id: &str) -> Result<Subject> {
        Subject::open(&self.root, id)
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.subjects.iter().map(|id| format!("sub-{id}")).collect();
        write!(f, "Dataset {}: {} subjects ({})", self.root.display(), names.len(), listed(&names))
    }
}
