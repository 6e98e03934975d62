//! Files as inputs: told by a relative name, known by their content.

use super::Provenance;
use super::privacy::{told, user_names};
use super::step::FILE;
use crate::error::{Error, Result};
use crate::model::{hub_cache, noted_sha256};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

/// How far above a file the top of its dataset is looked for.
const DEEP: usize = 12;

/// A file that was read. Its digest is taken from its bytes, once for each state of a large file.
///
/// # Errors
/// If the file cannot be read.
pub(crate) fn file(path: &Path) -> Result<Provenance> {
    let unreadable = |e| Error::file("read", path, e, "see that the file is there and may be read");
    let bytes = path.metadata().map_err(unreadable)?.len();
    let digest = noted_sha256(path)?;
    let file = Provenance::step(FILE).option("name", name(path)).option("bytes", bytes).option("sha256", digest);
    // An image that this project has written says what it was made of.
    let image = path.to_string_lossy().ends_with(".nii.gz") || path.extension().is_some_and(|ending| ending == "nii");
    let made = if image { Provenance::read(path).ok() } else { None };
    Ok(made.map_or_else(|| file.clone(), |made| file.input("made by", &made)))
}

/// The path of a file in its dataset; else below the folder of what the project keeps, the hub's cache, or the folder in which the program runs;
/// else its name alone.
fn name(path: &Path) -> String {
    let users = user_names();
    let alone = || told(Path::new(path.file_name().unwrap_or_default()), &users);
    let Ok(path) = std::path::absolute(path) else { return alone() };
    let kept = [crate::home::home().ok(), hub_cache(), std::env::current_dir().ok()].into_iter().flatten();
    let below = dataset_of(&path).into_iter().chain(kept);
    let relative = below.filter(|folder| folder.components().count() > 1).find_map(|folder| {
        let relative = path.strip_prefix(&folder).ok()?;
        (!relative.as_os_str().is_empty()).then(|| told(relative, &users))
    });
    relative.unwrap_or_else(alone)
}

/// The outermost folder above a file that has a `dataset_description.json`: derivatives have one of their own inside that of the data.
fn dataset_of(path: &Path) -> Option<PathBuf> {
    let above = path.ancestors().skip(1).take(DEEP);
    above.filter(|folder| folder.join("dataset_description.json").is_file()).last().map(Path::to_owned)
}

/// Files whose digests are taken while something else reads them.
pub(crate) struct FileRead(Option<JoinHandle<Result<Vec<Provenance>>>>, Vec<PathBuf>);

impl FileRead {
    /// Begins to take the digests.
    pub(crate) fn begin(paths: Vec<PathBuf>) -> FileRead {
        let theirs = paths.clone();
        let all = move || theirs.iter().map(|path| file(path)).collect();
        FileRead(std::thread::Builder::new().name("digests".to_owned()).spawn(all).ok(), paths)
    }

    /// The files, as they were given.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(crate) fn done(self) -> Result<Vec<Provenance>> {
        match self.0.and_then(|thread| thread.join().ok()) {
            Some(files) => files,
            // Where no thread can be had they are read now.
            None => self.1.iter().map(|path| file(path)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_path_in_the_dataset_or_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let func = folder.path().join("study/derivatives/fmriprep/sub-01/func");
        std::fs::create_dir_all(&func).unwrap();
        for described in ["study", "study/derivatives/fmriprep"] {
            std::fs::write(folder.path().join(described).join("dataset_description.json"), "{}").unwrap();
        }
        let (inside, outside) = (func.join("bold.tsv"), folder.path().join("alone.tsv"));
        std::fs::write(&inside, "abc").unwrap();
        std::fs::write(&outside, "abc").unwrap();
        let told = |path: &Path| file(path).unwrap().options()["name"].clone();
        assert_eq!(told(&inside), "derivatives/fmriprep/sub-01/func/bold.tsv");
        assert_eq!(told(&outside), "alone.tsv");
        let known = file(&inside).unwrap();
        assert_eq!(known, file(&outside).unwrap());
        // SHA-256 of "abc", FIPS 180-4's own example.
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(known.as_file().unwrap(), ("derivatives/fmriprep/sub-01/func/bold.tsv", 3, digest));
    }

    #[test]
    fn digests_are_taken_beside_other_work() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..3).map(|n| folder.path().join(n.to_string())).collect();
        paths.iter().for_each(|path| std::fs::write(path, path.as_os_str().as_encoded_bytes()).unwrap());
        let found = FileRead::begin(paths.clone()).done().unwrap();
        assert_eq!(found, paths.iter().map(|path| file(path).unwrap()).collect::<Vec<_>>());
        assert!(FileRead::begin(vec![folder.path().join("absent")]).done().is_err());
    }
}
