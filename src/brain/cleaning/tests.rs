//! Which columns leave and which volumes are censored, and what is left then, beside nilearn.

use super::*;
use crate::brain::Confounds;
use crate::error::Result;
use crate::signal::clean_in_place;
use ndarray::{Array1, Array2};

const TR: f64 = 2.0;

fn path(name: &str) -> String {
    format!("{}/tests/reference/confounds/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn table() -> Confounds {
    Confounds::read(path("sub-01_task-made_desc-confounds_timeseries.tsv")).unwrap()
}

fn leaving(cleaning: &Cleaning) -> Result<Leaving> {
    cleaning.leaving((0, "run-1"), 150, TR, cleaning.needs_confounds().then(table).as_ref())
}

/// Courses cleaned by us.
fn cleaned(cleaning: &Cleaning) -> Array2<f32> {
    let mut courses: Array2<f32> = ndarray_npy::read_npy(path("courses.npy")).unwrap();
    let Leaving { before, basis, .. } = leaving(cleaning).unwrap();
    clean_in_place(courses.view_mut(), &basis, &before, cleaning.scales()).unwrap();
    courses
}

/// Largest difference to nilearn's courses, as a share of their largest value; censored rows must be exactly 0 in both.
fn apart(ours: &Array2<f32>, name: &str) -> f64 {
    let theirs: Array2<f64> = ndarray_npy::read_npy(path(&format!("{name}.npy"))).unwrap();
    assert_eq!(ours.dim(), theirs.dim());
    let largest = theirs.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    for (ours, theirs) in ours.rows().into_iter().zip(theirs.rows()) {
        assert_eq!(ours.iter().all(|v| *v == 0.0), theirs.iter().all(|v| *v == 0.0), "{name}");
    }
    let apart = ours.iter().zip(&theirs).fold(0.0f64, |m, (a, b)| m.max((f64::from(*a) - b).abs())) / largest;
    println!("{name}: {apart:.1e}");
    apart
}

fn kept(name: &str) -> Vec<usize> {
    let kept: Array1<i64> = ndarray_npy::read_npy(path(name)).unwrap();
    kept.iter().map(|n| *n as usize).collect()
}

#[test]
fn the_columns_and_the_kept_volumes_of_each_strategy_are_those_of_nilearn() {
    let text = std::fs::read(path("chosen.json")).unwrap();
    let theirs: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let bare = Cleaning::none;
    let mut cases: Vec<(String, Cleaning)> = Vec::new();
    for (word, expansion) in [
        ("basic", Expansion::Basic),
        ("derivatives", Expansion::Derivatives),
        ("power2", Expansion::Power2),
        ("full", Expansion::Full),
    ] {
        cases.push((format!("motion_{word}"), bare().motion(expansion)));
        cases.push((format!("wm_csf_{word}"), bare().wm_csf(expansion)));
        cases.push((format!("global_signal_{word}"), bare().global_signal(expansion)));
    }
    for (word, kind) in [
        ("anat_combined", CompCor::AnatCombined),
        ("anat_separated", CompCor::AnatSeparated),
        ("temporal", CompCor::Temporal),
        ("temporal_anat_combined", CompCor::TemporalAnatCombined),
        ("temporal_anat_separated", CompCor::TemporalAnatSeparated),
    ] {
        for (most, number) in [("all", None), ("3", Some(3))] {
            cases.push((format!("compcor_{word}_{most}"), bare().high_pass_columns().compcor(kind, number)));
        }
    }
    cases.push(("ica_aroma_basic".into(), bare().ica_aroma(Aroma::Basic)));
    cases.push(("scrub_default".into(), bare().scrub(Scrub::default())));
    let strict = Scrub::default().fd(Some(0.2)).std_dvars(Some(3.0)).shortest(8);
    cases.push(("scrub_strict".into(), bare().scrub(strict)));
    cases.push(("scrub_no_segments".into(), bare().scrub(Scrub::default().shortest(0))));
    for (word, strategy) in [
        ("simple", Strategy::Simple),
        ("scrubbing", Strategy::Scrubbing),
        ("compcor", Strategy::CompCor),
        ("ica_aroma", Strategy::IcaAroma),
    ] {
        cases.push((format!("preset_{word}"), Cleaning::strategy(strategy)));
    }
    assert_eq!(cases.len(), theirs.as_object().unwrap().len());
    for (name, cleaning) in cases {
        let table = table();
        let mut columns: Vec<String> =
            cleaning.columns(&table).unwrap().into_iter().flat_map(|(_, columns)| columns).collect();
        columns.sort();
        let words = |list: &serde_json::Value| {
            list.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(columns, words(&theirs[&name]["columns"]), "{name}");
        let leaving = cleaning.leaving((0, "run-1"), 150, TR, Some(&table)).unwrap();
        let kept: Vec<u64> = (0..150u64).filter(|n| !leaving.censored().contains(&(*n as usize))).collect();
        let expected: Vec<u64> =
            theirs[&name]["kept"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
        assert_eq!(kept, expected, "{name}");
    }
}

#[test]
fn courses_cleaned_by_each_strategy_are_those_of_nilearn() {
    for (name, strategy) in [
        ("cleaned_simple", Strategy::Simple),
        ("cleaned_scrubbing", Strategy::Scrubbing),
        ("cleaned_compcor", Strategy::CompCor),
    ] {
        assert!(apart(&cleaned(&Cleaning::strategy(strategy)), name) < 1e-5, "{name}");
    }
}

#[test]
fn courses_cleaned_by_own_cosines_around_censored_volumes_are_those_of_nilearn() {
    let cleaning = Cleaning::default().motion(Expansion::Basic).scrub(Scrub::default());
    let expected = kept("kept.npy");
    assert!((0..150).all(|n| expected.contains(&n) != leaving(&cleaning).unwrap().censored().contains(&n)));
    assert!(apart(&cleaned(&cleaning), "cleaned_cosine") < 1e-5);
    assert!(apart(&cleaned(&cleaning.detrend(false).zscore(false)), "cleaned_no_detrend") < 1e-6);
}

#[test]
fn courses_filtered_around_censored_volumes_are_those_of_nilearn_and_of_its_steps_one_by_one() {
    let chosen = [0, 1, 30, 31, 60, 61, 62, 100, 144, 145, 146, 147];
    let mirrored = [0, 1, 2, 20, 30, 31, 60, 75, 74, 89, 118, 119, 129, 147, 148, 149];
    for (name, volumes) in [("cleaned_band", &chosen[..]), ("cleaned_band_mirrored", &mirrored[..])] {
        let cleaning = Cleaning::default()
            .butterworth(Some(0.01), Some(0.1))
            .motion(Expansion::Basic)
            .keep_non_steady(true)
            .censor(0, volumes);
        assert!(apart(&cleaned(&cleaning), name) < 1e-5, "{name}");
    }
}

#[test]
fn courses_filtered_together_with_their_confounds_are_those_of_nilearn() {
    let signal = |name: &str| format!("{}/tests/reference/signal/{name}.npy", env!("CARGO_MANIFEST_DIR"));
    let confounds: Array2<f64> = ndarray_npy::read_npy(signal("confounds")).unwrap();
    let rows: String =
        confounds.rows().into_iter().map(|row| format!("{}\t{}\t{}\n", row[0], row[1], row[2])).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("confounds.tsv");
    std::fs::write(&file, format!("a\tb\tc\n{rows}")).unwrap();
    let cleaning = Cleaning::default().butterworth(Some(0.01), Some(0.08)).confounds(&["a", "b", "c"]);
    let table = Confounds::read(&file).unwrap();
    let Leaving { before, basis, .. } = cleaning.leaving((0, "run-1"), 120, TR, Some(&table)).unwrap();
    let mut courses = ndarray_npy::read_npy::<_, Array2<f64>>(signal("courses")).unwrap().mapv(|v| v as f32);
    clean_in_place(courses.view_mut(), &basis, &before, true).unwrap();
    let expected: Array2<f64> = ndarray_npy::read_npy(signal("cleaned_band")).unwrap();
    for (ours, theirs) in courses.iter().zip(&expected) {
        assert!((f64::from(*ours) - theirs).abs() < 1e-4, "{ours} for {theirs}");
    }
}

#[test]
fn what_stands_in_a_censored_volume_changes_nothing() {
    for cleaning in [
        Cleaning::strategy(Strategy::Scrubbing),
        Cleaning::default().motion24().scrub(Scrub::default()).butterworth(Some(0.01), Some(0.1)),
    ] {
        let Leaving { before, basis, .. } = leaving(&cleaning).unwrap();
        let mut courses: Array2<f32> = ndarray_npy::read_npy(path("courses.npy")).unwrap();
        for &row in &before.censored {
            courses.row_mut(row).fill(-3e7);
        }
        clean_in_place(courses.view_mut(), &basis, &before, true).unwrap();
        assert_eq!(courses, cleaned(&cleaning));
    }
}

#[test]
fn a_spike_regressor_for_each_censored_volume_is_the_same() {
    let cleaning = Cleaning::default().motion24().detrend(false).censor(0, &[10, 11, 77]).keep_non_steady(true);
    let ours = cleaned(&cleaning);
    // The same with columns that are 1 at one volume each, constant and cosines beside, in one least-squares fit of all 150 rows.
    let columns = cleaning.columns(&table()).unwrap().remove(0).1;
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let motion = table().columns(&names).unwrap();
    let cosines = crate::signal::cosine_drift(150, TR, 128.0).unwrap();
    let spikes = Array2::from_shape_fn((150, 3), |(t, c)| f64::from(u8::from(t == [10, 11, 77][c])));
    let all = ndarray::concatenate![ndarray::Axis(1), Array2::ones((150, 1)), motion, cosines, spikes];
    let basis = crate::signal::orthonormal_basis(&all);
    let courses: Array2<f32> = ndarray_npy::read_npy(path("courses.npy")).unwrap();
    let courses = courses.mapv(f64::from);
    let left = &courses - &basis.dot(&basis.t().dot(&courses));
    for (ours, left) in ours.columns().into_iter().zip(left.columns()) {
        let sd = (left.iter().map(|v| v * v).sum::<f64>() / 146.0).sqrt();
        assert!(ours.iter().zip(left).all(|(a, b)| (f64::from(*a) - b / sd).abs() < 1e-4));
    }
}

#[test]
fn too_few_volumes_are_an_error_that_counts_them() {
    let many = Scrub::default().fd(Some(0.085)).std_dvars(None).shortest(0);
    let text = leaving(&Cleaning::strategy(Strategy::Scrubbing).scrub(many)).map(|_| ()).unwrap_err().to_string();
    for part in ["run-1", "degrees of freedom of", "kept volumes", "24 motion", "censored", "scrub less"] {
        assert!(text.contains(part), "{text}");
    }
    let all = Scrub::default().fd(Some(1e-9)).std_dvars(None);
    let text = leaving(&Cleaning::default().scrub(all)).map(|_| ()).unwrap_err().to_string();
    assert!(text.contains("all 150 volumes are censored") && text.contains("149 FD"), "{text}");
    let band = Cleaning::default().butterworth(Some(0.01), Some(0.03)).motion24();
    let text = leaving(&band).map(|_| ()).unwrap_err().to_string();
    assert!(text.contains("of which the filter leaves 11 directions"), "{text}");
}

#[test]
fn compcor_without_a_filter_and_without_its_json_is_refused() {
    let cleaning = Cleaning::default().high_pass(None).compcor(CompCor::AnatCombined, None);
    let text = leaving(&cleaning).map(|_| ()).unwrap_err().to_string();
    assert!(text.contains("without a high-pass filter") && text.contains("high_pass_columns"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alone.tsv");
    std::fs::copy(path("sub-01_task-made_desc-confounds_timeseries.tsv"), &file).unwrap();
    let alone = Confounds::read(&file).unwrap();
    let of = |kind| Cleaning::strategy(Strategy::CompCor).compcor(kind, None).columns(&alone);
    let text = of(CompCor::AnatCombined).unwrap_err().to_string();
    assert!(text.contains("alone.json is not there") && text.contains("CompCor::Temporal"), "{text}");
    assert!(of(CompCor::Temporal).is_ok());
}

#[test]
fn displacement_is_computed_where_the_table_has_none_and_says_so() {
    let text = std::fs::read_to_string(path("sub-01_task-made_desc-confounds_timeseries.tsv")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.tsv");
    std::fs::write(&file, text.replace("framewise_displacement", "fd").replace("std_dvars", "other")).unwrap();
    let (with, without) = (table().framewise_displacement().unwrap(), Confounds::read(&file).unwrap());
    let computed = without.framewise_displacement().unwrap();
    assert!(computed.computed() && !with.computed() && with.mm()[0] == 0.0);
    assert!(with.mm().iter().zip(computed.mm()).all(|(a, b)| (a - b).abs() < 1e-7));
    let scrub = |scrub| Cleaning::default().scrub(scrub).leaving((0, "run-1"), 150, TR, Some(&without)).map(|_| ());
    let text = scrub(Scrub::default()).unwrap_err().to_string();
    assert!(text.contains("no column std_dvars") && text.contains("std_dvars(None)"), "{text}");
    scrub(Scrub::default().std_dvars(None)).unwrap();
}
