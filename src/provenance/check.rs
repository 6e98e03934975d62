//! Whether what went into a result is still the same.

use super::Provenance;
use super::privacy::{USER, user_names};
use super::step::CODE;
use super::tree::{brief, code, size};
use crate::brain::{Mask, Networks};
use crate::error::Result;
use crate::model::{hub_cache, noted_sha256};
use crate::stimulus::Stimulus;
use std::fmt;
use std::path::{Path, PathBuf};

/// The step that stands for data that come with the program.
pub(super) const SHIPPED: &str = "shipped";

/// What has become of the files, the shipped data and the code that went into a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// One for each input, in the order of the steps.
    pub findings: Vec<Finding>,
    /// Folders in which files were looked for.
    pub places: Vec<PathBuf>,
}

/// What has become of one input.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The file's name, or what else it is.
    pub name: String,
    /// Whether it is still the same.
    pub state: State,
}

/// Whether an input is still the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    Same,
    /// It is there, and is another: what it was, and what it is.
    Changed {
        /// What it was.
        was: String,
        /// What it is.
        is: String,
    },
    /// It is not in any of the places.
    NotFound,
    /// Values that were given in a cell: there is nothing to compare with.
    Given,
}

impl Check {
    /// Whether every input and the code are the same; values that were given in a cell count as such.
    pub fn all_same(&self) -> bool {
        self.findings.iter().all(|finding| matches!(finding.state, State::Same | State::Given))
    }
}

impl Provenance {
    /// Looks for every input, and compares it with what it was: files by their digests, data that come with the program with this program's, the
    /// code's version with this one's.
    ///
    /// A file is looked for by its name below each of `places`, in the folder of what neurocell keeps, and in the hub's cache. Below the first
    /// place it may also lie less deep: with the folder of a dataset that was renamed, or with the files' own folder.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let made = Networks::yeo7()?.map("Visual")?.provenance();
    /// assert!(made.check(&[])?.all_same());
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a file is there and cannot be read.
    pub fn check(&self, places: &[PathBuf]) -> Result<Check> {
        let mut all = places.to_vec();
        all.extend([crate::home::home().ok(), hub_cache()].into_iter().flatten());
        let mut findings = vec![self.code_now()];
        for step in self.steps_from_files() {
            if let Some((name, bytes, digest)) = step.as_file() {
                let state = file_now(name, bytes, digest, &all, !places.is_empty())?;
                findings.push(Finding { name: name.to_owned(), state });
            } else if step.what() == SHIPPED {
                findings.push(shipped_now(&step));
            } else if step.options().contains_key("sha256") {
                findings.push(Finding { name: step.what().to_owned(), state: State::Given });
            }
        }
        Ok(Check { findings, places: all })
    }

    /// Whether all steps were taken by this program's code.
    fn code_now(&self) -> Finding {
        let other = self.steps_from_files().into_iter().find(|step| !step.is_of_this_code());
        let state = other.map_or(State::Same, |step| State::Changed { was: code(step.code()), is: code(CODE) });
        Finding { name: "code of neurocell".to_owned(), state }
    }
}

fn file_now(name: &str, bytes: u64, digest: &str, places: &[PathBuf], shorter_in_first: bool) -> Result<State> {
    let mut candidates: Vec<PathBuf> = places.iter().map(|place| place.join(name)).collect();
    if shorter_in_first {
        let parts: Vec<&str> = name.split('/').collect();
        candidates.extend((1..parts.len()).map(|n| places[0].join(parts[n..].join("/"))));
    }
    // A user's name was taken out of the file's.
    let whole = candidates.clone();
    for user in user_names().iter().filter(|_| name.contains(USER)) {
        let file = Path::new(name).file_name().unwrap_or_default().to_string_lossy().replace(USER, user);
        candidates.extend(whole.iter().map(|path| path.with_file_name(&file)));
    }
    let mut changed = None;
    for path in candidates.iter().filter(|path| path.is_file()) {
        let is = noted_sha256(path)?;
        if is == digest {
            return Ok(State::Same);
        }
        if changed.is_none() {
            let now = path.metadata().map(|about| about.len()).unwrap_or_default();
            let said = |size_of: u64, digest: &str| match now == bytes {
                true => format!("sha256 {}…", brief(digest)),
                false => format!("{} ({size_of} B), sha256 {}…", size(size_of), brief(digest)),
            };
            changed = Some(State::Changed { was: said(bytes, digest), is: said(now, &is) });
        }
    }
    Ok(changed.unwrap_or(State::NotFound))
}

/// The same data in this program.
fn shipped_now(step: &Provenance) -> Finding {
    let option = |step: &Provenance, name: &str| step.options().get(name).cloned().unwrap_or_default();
    let name = option(step, "name");
    let was = option(step, "sha256");
    let made = match name.as_str() {
        "mni152_brain_4mm" => Mask::mni4mm().ok().map(|mask| super::Traced::provenance(&mask)),
        "The Lamp at Saint Orren" => Stimulus::example().ok().map(|story| super::Traced::provenance(&story)),
        atlas => Networks::load(atlas).ok().map(|networks| super::Traced::provenance(&networks)),
    };
    let steps = made.map(|made| made.steps()).unwrap_or_default();
    let same = steps.iter().find(|step| step.what() == SHIPPED && option(step, "name") == name);
    let state = match same.map(|step| option(step, "sha256")) {
        None => State::NotFound,
        Some(is) if is == was => State::Same,
        Some(is) => {
            let said = |digest: &str| format!("sha256 {}…", brief(digest));
            State::Changed { was: said(&was), is: said(&is) }
        }
    };
    Finding { name: format!("{name} (comes with neurocell)"), state }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { name, state } in &self.findings {
            match state {
                State::Same => writeln!(f, "same       {name}")?,
                State::Changed { was, is } => {
                    writeln!(f, "CHANGED    {name}\n             was {was}\n             is  {is}")?;
                }
                State::NotFound => writeln!(f, "NOT FOUND  {name}")?,
                State::Given => writeln!(f, "given      {name}: values from a cell, in no file")?,
            }
        }
        let count = |wanted: fn(&State) -> bool| self.findings.iter().filter(|finding| wanted(&finding.state)).count();
        let changed = count(|state| matches!(state, State::Changed { .. }));
        let lost = count(|state| *state == State::NotFound);
        if lost > 0 {
            let places: Vec<String> = self.places.iter().map(|place| place.display().to_string()).collect();
            writeln!(f, "looked in {}", places.join(", "))?;
        }
        match (changed, lost) {
            (0, 0) => write!(f, "all is as it was"),
            (changed, 0) => write!(f, "{changed} changed"),
            (0, lost) => write!(f, "{lost} not found: say where they are with `--root FOLDER`"),
            (changed, lost) => {
                write!(f, "{changed} changed, {lost} not found: say where they are with `--root FOLDER`")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn states(check: &Check) -> Vec<&State> {
        // The first is the code's.
        check.findings[1..].iter().map(|finding| &finding.state).collect()
    }

    #[test]
    fn a_changed_byte_a_lost_file_and_a_renamed_folder_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let study = folder.path().join("study");
        std::fs::create_dir_all(study.join("func")).unwrap();
        std::fs::write(study.join("dataset_description.json"), "{}").unwrap();
        let image = study.join("func/bold.nii");
        std::fs::write(&image, "abcd").unwrap();
        let made = Provenance::step("clean").input("image", &file(&image).unwrap());
        let look = |places: &[&Path]| made.check(&places.iter().map(|p| p.to_path_buf()).collect::<Vec<_>>()).unwrap();
        assert_eq!(states(&look(&[&study])), [&State::Same]);
        assert!(look(&[&study]).all_same());
        // The folder itself, the folder of the file, another place first.
        assert_eq!(states(&look(&[&study.join("func")])), [&State::Same]);
        assert_eq!(states(&look(&[folder.path(), &study])), [&State::Same]);
        assert_eq!(states(&look(&[folder.path()])), [&State::NotFound]);
        let renamed = folder.path().join("renamed");
        std::fs::rename(&study, &renamed).unwrap();
        assert_eq!(states(&look(&[&study])), [&State::NotFound]);
        assert_eq!(states(&look(&[&renamed])), [&State::Same]);
        std::fs::write(renamed.join("func/bold.nii"), "abce").unwrap();
        let check = look(&[&renamed]);
        assert!(matches!(states(&check)[..], [State::Changed { was, is }] if was != is), "{check}");
        assert!(!check.all_same() && check.to_string().contains("1 changed"));
        std::fs::write(renamed.join("func/bold.nii"), "abcde").unwrap();
        assert!(look(&[&renamed]).to_string().contains("was 4 B (4 B)"), "{}", look(&[&renamed]));
    }

    #[test]
    fn other_code_and_values_from_a_cell_are_named() {
        let old = Provenance::of("values".into(), Default::default(), Vec::new(), "0.0.1 abc".into());
        let check = Provenance::step("add").input("old", &old).check(&[]).unwrap();
        assert!(!check.all_same() && check.to_string().contains("was 0.0.1 (code abc)"), "{check}");
        let check = Provenance::step("add").input("x", &Provenance::content("values", "00")).check(&[]).unwrap();
        assert!(check.all_same() && check.to_string().contains("given      values"), "{check}");
    }

    #[test]
    fn shipped_data_are_compared_with_this_programs() {
        let made = super::super::Traced::provenance(&Networks::yeo7().unwrap());
        assert!(made.check(&[]).unwrap().all_same());
        let atlas = Provenance::step(SHIPPED).option("name", "yeo-7").option("sha256", "00");
        assert!(!Provenance::step("x").input("atlas", &atlas).check(&[]).unwrap().all_same());
    }
}
