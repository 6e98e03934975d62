use super::assert_says;
use super::images::small_mask;
use crate::reference;
use ndarray::Array2;
use neurocell::Error;
use neurocell::brain::{Affine, Aroma, Cleaning, Event, Mask, Subject, write_series};
use std::path::PathBuf;
use tempfile::TempDir;

/// A dataset of one subject with two runs of 20 volumes, which tests then spoil.
struct Dataset {
    folder: TempDir,
}

impl Dataset {
    fn new(name: &str) -> Dataset {
        let dataset = Dataset { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(dataset.func("")).unwrap();
        std::fs::write(dataset.folder.path().join("dataset_description.json"), format!("{{\"Name\": \"{name}\"}}"))
            .unwrap();
        for run in [1, 2] {
            dataset.write_run(run, &small_mask(), 20, 1.5);
            let rows: String = (0..20).map(|t| format!("{}\t{}\n", (t * t) % 7, t % 3)).collect();
            std::fs::write(
                dataset.func(&format!("sub-01_task-tale_run-{run}_desc-confounds_timeseries.tsv")),
                format!("csf\tglobal\n{rows}"),
            )
            .unwrap();
        }
        dataset
    }

    fn write_run(&self, run: usize, mask: &Mask, volumes: usize, tr: f64) {
        let data = Array2::from_shape_fn((volumes, mask.count()), |(t, v)| 500.0 + ((t * (v + 2)) % 23) as f32);
        write_series(&self.image(run, "preproc_bold"), mask, &data, tr).unwrap();
        mask.write(self.image(run, "brain_mask")).unwrap();
    }

    fn func(&self, name: &str) -> PathBuf {
        self.folder.path().join("derivatives/fmriprep/sub-01/func").join(name)
    }

    fn image(&self, run: usize, what: &str) -> PathBuf {
        self.func(&format!("sub-01_task-tale_run-{run}_space-MNI152NLin2009cAsym_desc-{what}.nii.gz"))
    }

    fn subject(&self) -> Subject {
        Subject::open(self.folder.path(), "01").unwrap()
    }

    fn bold_error(&self) -> Error {
        self.subject().bold("tale").unwrap_err()
    }
}

#[test]
fn a_subject_shows_its_tasks_and_bold_its_runs() {
    let subject = Subject::open(reference::path("brain/dataset"), "sub-07").unwrap();
    assert_eq!(subject.tasks(), ["tale"]);
    let bold = subject.bold("tale").unwrap();
    let text = bold.to_string();
    assert!(text.contains("run-1: 120 volumes") && text.contains("run-2: 90 volumes"), "{text}");
}

#[test]
fn the_mask_is_what_the_runs_have_in_common() {
    let bold = Subject::open(reference::path("brain/dataset"), "07").unwrap().bold("tale").unwrap();
    let folder = reference::path("brain/dataset/derivatives/fmriprep/sub-07/func");
    let masks = [1, 2].map(|run| {
        Mask::read(
            folder.join(format!("sub-07_task-tale_run-{run}_space-MNI152NLin2009cAsym_res-4_desc-brain_mask.nii.gz")),
        )
        .unwrap()
    });
    assert!(bold.mask().count() < masks[0].count().min(masks[1].count()));
    assert!(bold.mask().voxels().iter().all(|v| masks.iter().all(|mask| mask.voxels().contains(v))));
}

#[test]
fn runs_come_in_the_order_of_their_numbers() {
    let dataset = Dataset::new("numbers");
    dataset.write_run(10, &small_mask(), 21, 1.5);
    assert_eq!(dataset.subject().bold("tale").unwrap().clock().volumes(2), 21);
}

#[test]
fn a_simulated_dataset_is_called_simulated_in_every_name() {
    let subject = Dataset::new("neurocell SIMULATED dataset");
    let bold = subject.subject().bold("tale").unwrap();
    let series = bold.clean(Cleaning::default()).unwrap();
    assert!(subject.subject().simulated() && subject.subject().to_string().starts_with("simulated sub-01"));
    assert!(bold.name().starts_with("simulated sub-01") && series.name().starts_with("simulated sub-01"));
    assert!(!Dataset::new("measured").subject().bold("tale").unwrap().name().contains("simulated"));
}

#[test]
fn events_are_read_for_each_run_with_what_is_not_there_as_none() {
    let events = Subject::open(reference::path("brain/dataset"), "07").unwrap().events("tale").unwrap();
    let music = Event { onset: 0.0, duration: Some(4.0), trial_type: Some("music".into()), stim_file: None };
    assert_eq!(events[1][0], music);
    assert_eq!(events[0][1].stim_file.as_deref(), Some("tale_audio.wav"));
}

#[test]
fn a_story_is_found_by_its_recording_with_its_onset_in_each_run() {
    let stories = Subject::open(reference::path("brain/dataset"), "07").unwrap().stories("tale").unwrap();
    let onsets: Vec<f64> = stories.iter().map(|run| run[0].onset).collect();
    assert_eq!(onsets, [3.5, 4.5]);
    assert!(stories[0][0].name == "tale" && stories[0][0].align.is_file());
}

#[test]
fn the_words_heard_in_each_run_are_on_the_scans_clock() {
    let heard = Subject::open(reference::path("brain/dataset"), "07").unwrap().stimulus("tale").unwrap();
    let onsets: Vec<(usize, f64)> = heard.words().iter().map(|w| (w.run, w.onset.unwrap())).collect();
    // align.csv has the words at 0.5 and 0.8 s; the story begins at 3.5 s in the first run and 4.5 s in the second.
    assert_eq!(onsets.iter().map(|(run, _)| *run).collect::<Vec<_>>(), [0, 0, 1, 1]);
    for ((_, onset), expected) in onsets.iter().zip([4.0, 4.3, 5.0, 5.3]) {
        assert!((onset - expected).abs() < 1e-9, "{onset} is not {expected}");
    }
}

#[test]
fn unknown_subjects_and_tasks_list_what_is_there() {
    let dataset = Dataset::new("numbers");
    let error = Subject::open(dataset.folder.path(), "02").unwrap_err();
    assert_says(&error, &["unknown subject", "`02`", "did you mean `01`"]);
    let error = dataset.subject().bold("tail").unwrap_err();
    assert_says(&error, &["unknown task of sub-01 `tail`", "did you mean `tale`"]);
    assert_says(&dataset.subject().events("tale").unwrap_err(), &["no events.tsv", "sub-01/func"]);
}

#[test]
fn folders_that_are_no_dataset_say_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("derivatives/afni")).unwrap();
    assert_says(&Subject::open(folder.path(), "01").unwrap_err(), &["no derivatives/fmriprep", "afni"]);
    assert_says(&Subject::open(folder.path().join("none"), "01").unwrap_err(), &["no dataset folder"]);
}

#[test]
fn a_missing_brain_mask_lists_the_masks_there() {
    let dataset = Dataset::new("numbers");
    std::fs::remove_file(dataset.image(2, "brain_mask")).unwrap();
    assert_says(&dataset.bold_error(), &["run-2", "no desc-brain_mask", "run-1_space"]);
}

#[test]
fn missing_confounds_are_an_error_unless_none_are_wanted() {
    let dataset = Dataset::new("numbers");
    std::fs::remove_file(dataset.func("sub-01_task-tale_run-2_desc-confounds_timeseries.tsv")).unwrap();
    let bold = dataset.subject().bold("tale").unwrap();
    let error = bold.clean(Cleaning::default()).unwrap_err();
    assert_says(&error, &["run-2", "desc-confounds_timeseries.tsv", "no_confounds()", "run-1_desc-confounds"]);
    bold.clean(Cleaning::default().no_confounds()).unwrap();
}

#[test]
fn a_table_without_motion_parameters_is_said() {
    let series = Dataset::new("numbers").subject().bold("tale").unwrap().clean(Cleaning::default()).unwrap();
    assert!(series.name().contains("no motion parameters in the confounds"), "{}", series.name());
}

#[test]
fn a_confounds_table_of_another_length_shows_both() {
    let dataset = Dataset::new("numbers");
    let rows = "1\t2\n".repeat(19);
    std::fs::write(
        dataset.func("sub-01_task-tale_run-2_desc-confounds_timeseries.tsv"),
        format!("csf\tglobal\n{rows}"),
    )
    .unwrap();
    let bold = dataset.subject().bold("tale").unwrap();
    assert_says(&bold.clean(Cleaning::default()).unwrap_err(), &["run-2", "19 rows", "20 volumes"]);
}

#[test]
fn a_confound_that_is_missing_in_a_later_row_is_named() {
    let dataset = Dataset::new("numbers");
    let rows: Vec<String> = (0..20).map(|t| if t == 5 { "n/a\t1".into() } else { format!("{t}\t1") }).collect();
    let text = format!("csf\tglobal\n{}\n", rows.join("\n"));
    std::fs::write(dataset.func("sub-01_task-tale_run-1_desc-confounds_timeseries.tsv"), text).unwrap();
    let error = dataset.subject().bold("tale").unwrap().clean(Cleaning::default().confounds(&["csf"])).unwrap_err();
    assert_says(&error, &["column csf has no value in row 5"]);
}

#[test]
fn runs_on_different_grids_show_both() {
    let dataset = Dataset::new("numbers");
    let mut affine = *small_mask().affine();
    affine.0[2][3] = 99.0;
    dataset.write_run(2, &Mask::new([5, 4, 3], affine, &[true; 60]).unwrap(), 20, 1.5);
    assert_says(&dataset.bold_error(), &["run-1", "run-2", "3 10]", "3 99]"]);
}

#[test]
fn runs_of_different_tr_are_refused() {
    let dataset = Dataset::new("numbers");
    dataset.write_run(2, &small_mask(), 20, 2.0);
    assert_says(&dataset.bold_error(), &["different TRs", "1.5 s", "2 s"]);
}

#[test]
fn a_sidecar_that_contradicts_the_header_is_refused_unless_the_user_decides() {
    let dataset = Dataset::new("numbers");
    std::fs::write(dataset.folder.path().join("task-tale_bold.json"), "{\"RepetitionTime\": 0.75}").unwrap();
    assert_says(&dataset.bold_error(), &["1.5 s in its header", "0.75 s in task-tale_bold.json"]);
    assert_eq!(dataset.subject().with_tr(0.75).bold("tale").unwrap().clock().tr(), 0.75);
}

#[test]
fn a_sidecars_tr_in_milliseconds_of_zero_or_as_a_text_names_the_file() {
    let dataset = Dataset::new("numbers");
    for said in ["1500", "0", "\"1.5\"", "null"] {
        let sidecar = format!("{{\"RepetitionTime\": {said}}}");
        std::fs::write(dataset.folder.path().join("task-tale_bold.json"), sidecar).unwrap();
        let error = dataset.bold_error();
        assert_says(&error, &["task-tale_bold.json", &format!("RepetitionTime is {said};"), "between 0.01 and 30"]);
        assert_says(&error, &["BIDS wants seconds"]);
    }
    std::fs::write(dataset.folder.path().join("task-tale_bold.json"), "{\"RepetitionTime\": 1.5").unwrap();
    assert_says(&dataset.bold_error(), &["task-tale_bold.json", "no JSON"]);
}

#[test]
fn an_empty_brain_mask_and_one_of_another_shape_name_the_file() {
    let dataset = Dataset::new("numbers");
    let path = dataset.image(2, "brain_mask");
    let other = Mask::new([5, 4, 2], *small_mask().affine(), &[true; 40]).unwrap();
    other.write(&path).unwrap();
    assert_says(&dataset.bold_error(), &["run-2", "5 × 4 × 2", "5 × 4 × 3"]);
    let plain = dataset.func("mask.nii");
    small_mask().write(&plain).unwrap();
    let mut bytes = std::fs::read(&plain).unwrap();
    let voxels = super::bad_images::voxels_at(&bytes);
    bytes[voxels..].fill(0);
    std::fs::write(&path, bytes).unwrap();
    assert_says(&dataset.bold_error(), &["run-2", "desc-brain_mask.nii.gz", "mask is empty"]);
}

#[test]
fn a_mean_in_the_place_of_a_series_is_named() {
    let dataset = Dataset::new("numbers");
    small_mask().write(dataset.image(1, "preproc_bold")).unwrap();
    assert_says(&dataset.bold_error(), &["run-1", "preproc_bold", "4-D image is needed", "3-D"]);
}

#[test]
fn a_confounds_table_that_is_no_table_names_line_column_and_cell() {
    let dataset = Dataset::new("numbers");
    let path = dataset.func("sub-01_task-tale_run-1_desc-confounds_timeseries.tsv");
    let rows = "1\t2\n".repeat(18);
    let clean = || {
        let bold = dataset.subject().bold("tale").unwrap();
        bold.clean(Cleaning::default().confounds(&["csf"])).unwrap_err()
    };
    for (text, parts) in [
        (format!("csf\tglobal\n1\t2\n1\n{rows}"), ["line 3 has 1 cells, the header 2", "n/a"]),
        (format!("csf\tglobal\n1\t2\none\t2\n{rows}"), ["`one` in row 1 of column csf", "write a number"]),
        (format!("csf\tcsf\n1\t2\n1\t2\n{rows}"), ["two columns are called `csf`", "own name"]),
        (format!("csf\tglobal\nn/a\t2\nn/a\t2\n{rows}"), ["column csf has no value in row 0", "leave the column out"]),
        (String::new(), ["the table is empty", "again"]),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = clean();
        assert_says(&error, &["run-1_desc-confounds_timeseries.tsv"]);
        assert_says(&error, &parts);
    }
}

#[test]
fn another_space_is_an_error_that_lists_the_spaces() {
    let error = Dataset::new("numbers").subject().in_space("T1w").bold("tale").unwrap_err();
    assert_says(&error, &["MNI152NLin2009cAsym", "not in T1w"]);
}

#[test]
fn images_that_ica_aroma_has_denoised_are_taken_by_their_description() {
    let dataset = Dataset::new("numbers");
    let stem = "sub-01_task-tale_run-1_space-MNI152NLin6Asym_desc";
    std::fs::copy(dataset.image(1, "preproc_bold"), dataset.func(&format!("{stem}-smoothAROMAnonaggr_bold.nii.gz")))
        .unwrap();
    std::fs::copy(dataset.image(1, "brain_mask"), dataset.func(&format!("{stem}-brain_mask.nii.gz"))).unwrap();
    let subject = dataset.subject().described("smoothAROMAnonaggr").in_space("MNI152NLin6Asym");
    let cleaning = Cleaning::default().confounds(&["csf"]).ica_aroma(Aroma::Full);
    let series = subject.bold("tale").unwrap().clean(cleaning).unwrap();
    assert_eq!(series.clock().runs(), 1);
    assert!(series.name().contains("images denoised by ICA-AROMA, confounds csf"), "{}", series.name());
    assert_says(
        &dataset.subject().described("denoised").bold("tale").unwrap_err(),
        &["task tale as desc-preproc, smoothAROMAnonaggr, not as denoised"],
    );
}

#[test]
fn two_resolutions_ask_for_a_choice() {
    let dataset = Dataset::new("numbers");
    for what in ["preproc_bold", "brain_mask"] {
        let name = format!("sub-01_task-tale_run-1_space-MNI152NLin2009cAsym_res-2_desc-{what}.nii.gz");
        std::fs::copy(dataset.image(1, what), dataset.func(&name)).unwrap();
    }
    assert_says(&dataset.bold_error(), &["resolutions 2, none said", "at_resolution"]);
    assert_eq!(dataset.subject().at_resolution("2").bold("tale").unwrap().clock().runs(), 1);
}

#[test]
fn a_voxel_that_never_changes_is_counted_and_may_be_left_out() {
    let dataset = Dataset::new("numbers");
    let mask = small_mask();
    let data =
        Array2::from_shape_fn((20, mask.count()), |(t, v)| if v == 3 { 7.0 } else { ((t * (v + 2)) % 23) as f32 });
    write_series(&dataset.image(2, "preproc_bold"), &mask, &data, 1.5).unwrap();
    let bold = dataset.subject().bold("tale").unwrap();
    let kept = bold.clean(Cleaning::default()).unwrap();
    assert!(kept.data().column(3).iter().skip(20).all(|v| *v == 0.0));
    assert!(
        kept.name().contains("1 of 20 voxels without variance") && kept.name().contains("[4, 1, 0]"),
        "{}",
        kept.name()
    );
    let dropped = bold.clean(Cleaning::default().drop_constant(true)).unwrap();
    assert!(dropped.mask().count() == 19 && dropped.mask().number([4, 1, 0]).is_none());
}

#[test]
fn what_is_cleaned_onto_the_disk_is_what_is_cleaned_in_memory() {
    let dataset = Dataset::new("numbers");
    let mask = small_mask();
    let data =
        Array2::from_shape_fn((20, mask.count()), |(t, v)| if v == 3 { 7.0 } else { ((t * (v + 2)) % 23) as f32 });
    write_series(&dataset.image(2, "preproc_bold"), &mask, &data, 1.5).unwrap();
    let bold = dataset.subject().bold("tale").unwrap();
    let path = dataset.folder.path().join("tale.voxels");
    for cleaning in [
        Cleaning::default(),
        Cleaning::default().censor(1, &[3, 5]),
        Cleaning::none(),
        Cleaning::default().drop_constant(true),
    ] {
        let memory = bold.clean(cleaning.clone()).unwrap();
        let file = bold.clean_to(&path, cleaning).unwrap();
        let back = file.read().unwrap();
        assert_eq!((back.data(), back.mask(), back.kept()), (memory.data(), memory.mask(), memory.kept()));
        assert_eq!((back.name(), back.clock()), (memory.name(), memory.clock()));
    }
    let beside = std::fs::read_dir(dataset.folder.path()).unwrap().count();
    assert_eq!(beside, 3, "the file, the description and the derivatives");
}

#[test]
fn a_mask_of_ones_own_cuts_the_runs_down() {
    let dataset = Dataset::new("numbers");
    let bold = dataset.subject().bold("tale").unwrap();
    let half: Vec<bool> = (0..60).map(|n| n < 30).collect();
    let part = bold.within(&Mask::new([5, 4, 3], *small_mask().affine(), &half).unwrap()).unwrap();
    assert_eq!(part.mask().count(), 10);
    let far = Mask::new([1, 1, 1], Affine([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]), &[true]);
    assert_says(&bold.within(&far.unwrap()).unwrap_err(), &["different grids"]);
}
