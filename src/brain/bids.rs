//! File names that say what a file is: BIDS entities, parsed.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Entities that say in which form a scan comes, not which scan it is.
const FORM: [&str; 7] = ["space", "cohort", "res", "den", "desc", "label", "hemi"];

/// A BIDS file: `sub-01_task-rest_run-2_bold.nii.gz` has the entities sub, task and run, the suffix bold and the
/// extension nii.gz.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BidsFile {
    pub(super) path: PathBuf,
    entities: Vec<(String, String)>,
    pub(super) suffix: String,
    pub(super) extension: String,
}

impl BidsFile {
    /// Parses a file's name; `None` if it is not of that form.
    pub(super) fn parse(path: &Path) -> Option<BidsFile> {
        let name = path.file_name()?.to_str()?;
        let (stem, extension) = name.split_once('.')?;
        let (entities, suffix) = stem.rsplit_once('_')?;
        let entities: Option<Vec<(String, String)>> = entities.split('_').map(entity).collect();
        match suffix.contains('-') || suffix.is_empty() {
            true => None,
            false => Some(BidsFile {
                path: path.to_owned(),
                entities: entities?,
                suffix: suffix.to_owned(),
                extension: extension.to_owned(),
            }),
        }
    }

    /// An entity's value.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.entities.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_image(&self) -> bool {
        self.extension == "nii.gz" || self.extension == "nii"
    }

    /// The file's name.
    pub(super) fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether both are the same scan in the same space: all entities but desc agree.
    pub(super) fn same_image(&self, other: &BidsFile) -> bool {
        self.agrees(other, &["desc"]) && other.agrees(self, &["desc"])
    }

    /// Whether both belong to the same scan, in whatever space.
    pub(super) fn same_scan(&self, other: &BidsFile) -> bool {
        self.agrees(other, &FORM) && other.agrees(self, &FORM)
    }

    /// Whether this preprocessed image was made from `raw`: fMRIPrep combines echoes, and takes the magnitude alone.
    pub(super) fn made_from(&self, raw: &BidsFile) -> bool {
        let combined = [&FORM[..], &["echo", "part"]].concat();
        self.agrees(raw, &combined) && raw.agrees(self, &combined)
    }

    /// BIDS' inheritance: whether this file speaks about `scan`, because all its entities are the scan's too.
    pub(super) fn applies_to(&self, scan: &BidsFile) -> bool {
        self.agrees(scan, &FORM)
    }

    fn agrees(&self, other: &BidsFile, but: &[&str]) -> bool {
        self.entities.iter().all(|(key, value)| but.contains(&key.as_str()) || other.get(key) == Some(value))
    }

    /// Order of runs: session, then run by number, then name.
    pub(super) fn order(&self) -> (String, u64, String) {
        let session = self.get("ses").unwrap_or_default().to_owned();
        (session, self.get("run").and_then(|run| run.parse().ok()).unwrap_or(0), self.name())
    }

    /// "ses-A run-2", or the task if the scan has neither.
    pub(super) fn run_label(&self) -> String {
        let part = |key: &str| self.get(key).map(|value| format!("{key}-{value}"));
        let parts: Vec<String> = ["ses", "run"].into_iter().filter_map(part).collect();
        match parts.is_empty() {
            true => part("task").unwrap_or_default(),
            false => parts.join(" "),
        }
    }
}

/// "run-02" as ("run", "2"): an index may be padded with zeros in one file and not in another.
fn entity(part: &str) -> Option<(String, String)> {
    let (key, value) = part.split_once('-')?;
    let value = match key {
        "run" | "echo" if value.chars().any(|c| c != '0') => value.trim_start_matches('0'),
        _ => value,
    };
    (!key.is_empty()).then(|| (key.to_owned(), value.to_owned()))
}

/// The BIDS files of some folders, ordered by name; folders that are not there have none.
pub(super) fn files(folders: &[PathBuf]) -> Result<Vec<BidsFile>> {
    let mut found = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        found.extend(entries(folder)?.iter().filter_map(|path| BidsFile::parse(path)));
    }
    Ok(found)
}

/// The paths in a folder, ordered by name.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |cause| Error::file("list", folder, cause, "check that the folder may be read");
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The names of the folders in a folder that begin with `prefix`, without it.
pub(super) fn folders(folder: &Path, prefix: &str) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let inside = entries(folder)?.into_iter().filter(|path| path.is_dir());
    let names = inside.filter_map(|path| Some(path.file_name()?.to_str()?.strip_prefix(prefix)?.to_owned()));
    Ok(names.collect())
}

/// The func folders of one subject: its own, and those of its sessions.
pub(super) fn func_folders(subject: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![subject.join("func")];
    found.extend(folders(subject, "ses-")?.iter().map(|session| subject.join(format!("ses-{session}")).join("func")));
    Ok(found)
}

/// All folders whose files speak about a subject's raw scans, the nearest first: func, the sessions' and the subject's own, the dataset's.
pub(super) fn raw_folders(dataset: &Path, subject: &str) -> Result<Vec<PathBuf>> {
    let own = dataset.join(subject);
    let mut found = func_folders(&own)?;
    found.extend(folders(&own, "ses-")?.iter().map(|session| own.join(format!("ses-{session}"))));
    found.extend([own, dataset.to_owned()]);
    Ok(found)
}

/// The nearest file that speaks about `scan`, by suffix and extension: the one that shares most entities, and of equals the first.
pub(super) fn about<'a>(scan: &BidsFile, files: &'a [BidsFile], suffix: &str, extension: &str) -> Option<&'a BidsFile> {
    let speaks = |file: &&BidsFile| file.suffix == suffix && file.extension == extension && file.applies_to(scan);
    files.iter().rev().filter(speaks).max_by_key(|file| file.entities.len())
}

/// "a, b and 7 more", for messages.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    match names.len() {
        0 => "nothing".to_owned(),
        n if n <= SHOWN => names.join(", "),
        n => format!("{} and {} more", names[..SHOWN].join(", "), n - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> BidsFile {
        BidsFile::parse(Path::new(name)).unwrap()
    }

    #[test]
    fn a_confounds_table_belongs_to_its_run_only() {
        let bold = file("sub-01_task-a_run-1_space-MNI_res-2_desc-preproc_bold.nii.gz");
        assert!(file("sub-01_task-a_run-01_desc-confounds_timeseries.tsv").same_scan(&bold));
        assert!(!file("sub-01_task-a_run-11_desc-confounds_timeseries.tsv").same_scan(&bold));
        assert!(!file("sub-01_task-a_desc-confounds_timeseries.tsv").same_scan(&bold));
    }

    #[test]
    fn a_task_is_not_a_prefix_of_another_task() {
        let bold = file("sub-01_task-pieman_desc-preproc_bold.nii.gz");
        assert!(!file("sub-01_task-piemanpni_events.tsv").applies_to(&bold));
        assert!(file("task-pieman_events.tsv").applies_to(&bold));
    }

    #[test]
    fn an_image_is_made_from_all_echoes_of_its_own_run() {
        let bold = file("sub-01_task-a_run-1_space-MNI_desc-preproc_bold.nii.gz");
        assert!(bold.made_from(&file("sub-01_task-a_run-1_echo-2_part-mag_bold.nii.gz")));
        assert!(!bold.made_from(&file("sub-01_task-a_run-2_echo-2_bold.nii.gz")));
        assert!(!bold.made_from(&file("sub-01_task-a_acq-fast_run-1_bold.nii.gz")));
    }

    #[test]
    fn names_that_are_not_bids_are_passed_over() {
        for name in ["notes.txt", "bold.nii.gz", "sub-01_bold_mask.nii.gz", "sub-01_task-a", ".hidden", "CHANGES"] {
            assert_eq!(BidsFile::parse(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn the_nearest_sidecar_wins() {
        let scan = file("sub-01_task-a_run-2_bold.nii.gz");
        let files =
            [file("task-a_bold.json"), file("sub-01_task-a_run-2_bold.json"), file("sub-01_task-a_run-1_bold.json")];
        assert_eq!(about(&scan, &files, "bold", "json"), Some(&files[1]));
    }
}
