//! Datasets as they come: whole, broken, and named by people.

use super::assert_says;
use super::images::small_mask;
use crate::reference;
use ndarray::Array2;
use neurocell::brain::{Dataset, ScanEntry, write_series};
use neurocell::error::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SPACE: &str = "space-MNI152NLin2009cAsym";

/// A dataset that grows file by file.
struct Tree(TempDir);

impl Tree {
    fn new() -> Tree {
        Tree(tempfile::tempdir().unwrap())
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn image(&self, name: &str, volumes: usize) {
        let path = self.write(name, "");
        let mask = small_mask();
        let data = Array2::from_shape_fn((volumes, mask.count()), |(t, v)| 500.0 + ((t * (v + 2)) % 23) as f32);
        write_series(&path, &mask, &data, 1.5).unwrap();
    }

    /// One complete scan: `folder` "sub-01" or "sub-01/ses-a", `stem` "sub-01_task-tale_run-1".
    fn scan(&self, folder: &str, stem: &str, volumes: usize) {
        let func = format!("derivatives/fmriprep/{folder}/func/{stem}");
        self.image(&format!("{func}_{SPACE}_desc-preproc_bold.nii.gz"), volumes);
        let mask = self.write(&format!("{func}_{SPACE}_desc-brain_mask.nii.gz"), "");
        small_mask().write(mask).unwrap();
        let rows: String = (0..volumes).map(|t| format!("{t}\n")).collect();
        self.write(&format!("{func}_desc-confounds_timeseries.tsv"), &format!("csf\n{rows}"));
        self.write(&format!("{func}_desc-confounds_timeseries.json"), "{}");
        self.write(&format!("{folder}/func/{stem}_bold.json"), "{\"RepetitionTime\": 1.5}");
        let events = "onset\tduration\ttrial_type\tstim_file\n3\t20\tstory\ttale_audio.wav\n";
        self.write(&format!("{folder}/func/{stem}_events.tsv"), events);
        self.write("stimuli/gentle/tale/align.csv", "Once,once,0.5,0.8\n");
    }

    fn scans(&self) -> Vec<ScanEntry> {
        Dataset::open(self.root()).unwrap().summary().unwrap().scans().to_vec()
    }

    fn text(&self) -> String {
        Dataset::open(self.root()).unwrap().summary().unwrap().to_string()
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.root().join(name)).unwrap();
    }
}

fn says(text: &str, parts: &[&str]) {
    println!("{text}\n");
    for part in parts {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn a_complete_dataset_is_listed_by_task_and_by_scan() {
    let tree = Tree::new();
    for (id, volumes) in [("01", 20), ("02", 24)] {
        for run in [1, 2, 10] {
            tree.scan(&format!("sub-{id}"), &format!("sub-{id}_task-tale_run-{run}"), volumes);
        }
    }
    let scans = tree.scans();
    assert!(scans.iter().all(ScanEntry::complete), "{scans:?}");
    let runs: Vec<&str> = scans.iter().take(3).map(|scan| scan.run.as_deref().unwrap()).collect();
    assert_eq!(runs, ["1", "2", "10"]);
    assert!(scans.iter().all(|scan| scan.tr == Some(1.5) && scan.session.is_none()));
    let text = tree.text();
    says(&text, &["2 subjects, 6 scans, 6 complete", "20–24", "1.5 s", "MNI152NLin2009cAsym", "complete"]);
    assert!(!text.contains("note:"), "{text}");
    let dataset = Dataset::open(tree.root()).unwrap();
    assert_eq!(dataset.subjects(), ["01", "02"]);
    assert_eq!(dataset.subject("02").unwrap().bold("tale").unwrap().clock().volumes(2), 24);
}

#[test]
fn each_file_that_is_missing_is_named_at_its_scan() {
    let func = "derivatives/fmriprep/sub-01/func/sub-01_task-tale_run-1";
    let cases = [
        (format!("{func}_{SPACE}_desc-brain_mask.nii.gz"), "brain mask"),
        (format!("{func}_desc-confounds_timeseries.json"), "confounds JSON"),
        (format!("{func}_desc-confounds_timeseries.tsv"), "confounds"),
        ("stimuli/gentle/tale/align.csv".to_owned(), "words"),
        ("sub-01/func/sub-01_task-tale_run-1_events.tsv".to_owned(), "events"),
        ("sub-01/func/sub-01_task-tale_run-1_bold.json".to_owned(), "sidecar with RepetitionTime"),
    ];
    for (file, what) in cases {
        let tree = Tree::new();
        tree.scan("sub-01", "sub-01_task-tale_run-1", 20);
        tree.remove(&file);
        let scan = tree.scans().remove(0);
        assert_eq!(scan.missing, [what]);
        assert!(!scan.complete() && scan.problems.is_empty());
        says(&tree.text(), &["0 complete", &format!("no {what}")]);
    }
}

#[test]
fn missing_derivatives_are_said_with_what_is_there_instead() {
    let tree = Tree::new();
    tree.image("sub-01/func/sub-01_task-tale_bold.nii.gz", 9);
    tree.write("derivatives/fMRIPrep-20.2/sub-01/x.txt", "");
    let text = tree.text();
    says(&text, &["raw only", "not in derivatives/fmriprep", "no derivatives/fmriprep: nothing can be analysed"]);
    says(&text, &["rename or link derivatives/fMRIPrep-20.2", "1 subject, 1 scan, 0 complete"]);
    assert_eq!(tree.scans()[0].volumes, Some(9));
    let tree = Tree::new();
    tree.scan("sub-01", "sub-01_task-tale", 9);
    tree.write("sub-02/func/sub-02_task-tale_bold.nii.gz", "");
    says(&tree.text(), &["note: not in derivatives/fmriprep: sub-02", "sub-02  –        tale"]);
}

#[test]
fn empty_and_damaged_files_are_listed_with_what_is_wrong() {
    let tree = Tree::new();
    tree.scan("sub-01", "sub-01_task-tale_run-1", 20);
    tree.scan("sub-01", "sub-01_task-tale_run-2", 20);
    tree.scan("sub-01", "sub-01_task-tale_run-3", 20);
    let func = |run: usize| format!("derivatives/fmriprep/sub-01/func/sub-01_task-tale_run-{run}");
    tree.write(&format!("{}_{SPACE}_desc-preproc_bold.nii.gz", func(1)), "");
    tree.write(&format!("{}_desc-confounds_timeseries.tsv", func(2)), "");
    tree.write(&format!("{}_desc-confounds_timeseries.tsv", func(3)), "csf\n1\n2\n");
    let problems: Vec<String> = tree.scans().into_iter().map(|scan| scan.problems.join("; ")).collect();
    says(&problems[0], &["ends after 0 bytes"]);
    says(&problems[1], &["the table is empty"]);
    says(&problems[2], &["2 rows of confounds for 20 volumes"]);
    assert_eq!(tree.scans()[0].volumes, None);
}

#[test]
fn a_scan_that_comes_twice_and_spaces_that_are_mixed_are_seen() {
    let tree = Tree::new();
    tree.scan("sub-01", "sub-01_task-tale_run-1", 20);
    let func = "derivatives/fmriprep/sub-01/func";
    tree.image(&format!("{func}/sub-01_task-tale_run-01_{SPACE}_desc-preproc_bold.nii"), 20);
    tree.image(&format!("{func}/sub-01_task-tale_run-1_space-T1w_res-2_desc-preproc_bold.nii.gz"), 20);
    let scans = tree.scans();
    let twice: Vec<&str> = scans.iter().flat_map(|scan| &scan.problems).map(String::as_str).collect();
    assert_eq!(twice.len(), 1, "{twice:?}");
    says(twice[0], &["the same scan as sub-01_task-tale_run-01_space"]);
    let other = scans.iter().find(|scan| scan.space.as_deref() == Some("T1w res-2")).unwrap();
    assert_eq!(other.missing, ["brain mask"]);
    says(&tree.text(), &["T1w res-2", "MNI152NLin2009cAsym"]);
}

#[test]
fn sessions_in_some_subjects_only_and_names_that_nearly_agree_are_noted() {
    let tree = Tree::new();
    tree.scan("sub-018", "sub-018_task-tale", 9);
    tree.scan("sub-18", "sub-18_task-Tale", 9);
    tree.scan("sub-03/ses-a", "sub-03_ses-a_task-tale", 9);
    tree.write("derivatives/fmriprep/sub-03/ses-a/func/my_bold_final.nii.gz", "");
    tree.write("sub-03/ses-a/sub-03_ses-a_task-tale_bold.json", "{\"RepetitionTime\": 1.5}");
    tree.remove("sub-03/ses-a/func/sub-03_ses-a_task-tale_bold.json");
    let text = tree.text();
    says(&text, &["subjects that may be the same: 018, 18", "tasks that may be the same: Tale, tale"]);
    says(&text, &["sessions in some scans only: with sub-03, without sub-018, sub-18", "my_bold_final.nii.gz"]);
    // A session's own sidecar speaks about its scans.
    let scans = tree.scans();
    let scan = scans.iter().find(|scan| scan.session.as_deref() == Some("a")).unwrap();
    assert!(scan.complete(), "{scan:?}");
    assert_eq!(tree.scans().len(), 3);
}

#[test]
fn a_subject_without_its_zeros_is_proposed_with_them() {
    let tree = Tree::new();
    tree.scan("sub-018", "sub-018_task-tale", 9);
    tree.scan("sub-118", "sub-118_task-tale", 9);
    let error = Dataset::open(tree.root()).unwrap().subject("18").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unknown);
    assert_says(&error, &["`18`", "did you mean `018`"]);
}

#[test]
fn what_is_no_dataset_is_an_error() {
    let tree = Tree::new();
    assert_says(&Dataset::open(tree.root().join("none")).unwrap_err(), &["no dataset folder", "check the path"]);
    tree.write("data/x.txt", "");
    assert_says(&Dataset::open(tree.root()).unwrap_err(), &["no folder sub-", "it has data", "top folder"]);
}

#[test]
fn the_reference_dataset_lacks_only_what_it_lacks() {
    let summary = Dataset::open(reference::path("brain/dataset")).unwrap().summary().unwrap();
    let scans = summary.scans();
    assert_eq!(scans.iter().map(|scan| scan.volumes.unwrap()).collect::<Vec<_>>(), [120, 90]);
    assert!(scans.iter().all(|scan| scan.missing == ["confounds JSON"] && scan.problems.is_empty()), "{scans:?}");
}
