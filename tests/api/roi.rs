//! Scores by region, and what they go with over subjects.

use ndarray::Array2;
use neurocell::brain::Affine;
use neurocell::error::ErrorKind;
use neurocell::prelude::*;

fn mask(voxels: usize) -> Mask {
    let affine = Affine([[3.0, 0.0, 0.0, -20.0], [0.0, 3.0, 0.0, -20.0], [0.0, 0.0, 3.0, 0.0]]);
    Mask::new([voxels, 1, 1], affine, &vec![true; voxels]).unwrap()
}

/// Three regions of 2, 3 and 1 of 8 voxels.
fn regions() -> Networks {
    let mut maps = Array2::zeros((3, 8));
    [(0, 0), (0, 1), (1, 2), (1, 3), (1, 4), (2, 7)].iter().for_each(|at| maps[*at] = 1.0);
    let names = ["Left, upper", "Right", "Small"].map(str::to_owned);
    Networks::new(maps, &mask(8), &names, "three made regions").unwrap()
}

fn map(values: &[f32], unit: &str) -> BrainMap {
    BrainMap::new(values.to_vec(), &mask(values.len()), "held-out r, made", unit).unwrap()
}

fn table(text: &str) -> (tempfile::TempDir, Participants) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("participants.tsv");
    std::fs::write(&path, text).unwrap();
    let people = Participants::read(&path).unwrap();
    (folder, people)
}

const PEOPLE: &str = "participant_id\tage\tsex\tscore\nsub-01\t21\tF\t1\nsub-02\tn/a\tM\t1\nsub-03\t34\tn/a\t1\nsub-04\t28\tM\t1\nsub-05\t45\tF\t1\nsub-06\t39\tM\t1\n";

/// Six subjects whose second region's score is in the order of their age.
fn scores() -> RoiScores {
    let of = |second: f32, third: f32| map(&[0.1, 0.3, second, second, second, 9.0, 9.0, third], "r");
    let maps = [of(0.11, 0.5), of(0.9, 0.4), of(0.14, 0.3), of(0.12, 0.5), of(0.2, f32::NAN), of(0.16, f32::NAN)];
    let ids = ["01", "02", "03", "04", "05", "06"];
    let pairs: Vec<(&str, &BrainMap)> = ids.into_iter().zip(&maps).collect();
    roi_scores(&pairs, &regions()).unwrap()
}

#[test]
fn a_regions_score_is_the_mean_over_its_voxels_that_have_one() {
    let (one, other) = (map(&[0.1, 0.3, 0.2, f32::NAN, 0.6, 9.0, 9.0, f32::NAN], "r"), map(&[0.5; 8], "r"));
    let scores = roi_scores(&[("sub-01", &one), ("02", &other)], &regions()).unwrap();
    assert_eq!(scores.subjects(), ["01", "02"]);
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-7, "{a} {b}");
    near(scores.values()[[0, 0]], 0.2);
    near(scores.values()[[0, 1]], 0.4);
    assert!(scores.values()[[0, 2]].is_nan());
    assert_eq!(scores.voxels().row(0).to_vec(), [2, 2, 0]);
    assert!(scores.values().row(1).iter().all(|v| *v == 0.5));
    assert!(scores.region("Rigth").unwrap_err().advice().contains("Right"));
    let text = scores.to_string();
    assert!(text.contains("2 subjects × 3 regions of three made regions, r") && text.contains("Small"), "{text}");
}

#[test]
fn weighted_maps_count_from_half_their_largest_value_and_may_overlap() {
    let maps = ndarray::array![[2.0, 1.0, 0.9, 0.0], [0.0, 0.6, 1.0, 0.2]];
    let names = ["one", "two"].map(str::to_owned);
    let networks = Networks::new(maps, &mask(4), &names, "weighted").unwrap();
    let scores = roi_scores(&[("01", &map(&[1.0, 3.0, 5.0, 7.0], "r"))], &networks).unwrap();
    assert_eq!(scores.values().row(0).to_vec(), [2.0, 4.0]);
}

#[test]
fn a_region_outside_a_subjects_mask_has_no_score_there_and_keeps_its_column() {
    let inside: Vec<bool> = (0..8).map(|n| n > 1).collect();
    let smaller = Mask::new([8, 1, 1], *mask(8).affine(), &inside).unwrap();
    let one = BrainMap::new(vec![0.25; 6], &smaller, "made", "r").unwrap();
    let scores = roi_scores(&[("01", &map(&[0.5; 8], "r")), ("02", &one)], &regions()).unwrap();
    assert!(scores.values()[[1, 0]].is_nan());
    assert_eq!((scores.values()[[1, 1]], scores.values()[[1, 2]], scores.voxels()[[1, 1]]), (0.25, 0.25, 3));
}

#[test]
fn maps_that_do_not_go_together_are_refused() {
    let (r, z) = (map(&[0.5; 8], "r"), map(&[0.5; 8], "z"));
    let error = roi_scores(&[("01", &r), ("02", &z)], &regions()).unwrap_err();
    assert!(error.problem().contains("01 is in `r`, that of 02 in `z`"), "{error}");
    assert!(
        roi_scores(&[("01", &r), ("sub-01", &r)], &regions()).unwrap_err().problem().contains("sub-01 has two maps")
    );
    assert!(roi_scores(&[], &regions()).is_err());
}

#[test]
fn scores_in_the_order_of_age_have_r_one_and_the_exact_p() {
    let (_folder, people) = table(PEOPLE);
    let found = scores().correlate(&people, "age").unwrap();
    // Sub-02 has no age. Of 5! = 120 orders two are as extreme.
    let right = &found.rows()[1];
    assert_eq!((right.r, right.n), (1.0, 5));
    assert!((right.p - 2.0 / 120.0).abs() < 1e-12, "{}", right.p);
    assert_eq!(found.left_out(), ["sub-02"]);
    // The first region's score is the same in all, the third's is known in three of those with an age: neither is tested, and FDR is over one.
    assert!(found.rows()[0].p.is_nan() && found.rows()[2].p.is_nan());
    assert_eq!((right.q, found.rows()[2].n), (right.p, 3));
    assert_eq!(found.best().len(), 1);
    let text = found.to_string();
    assert!(text.contains("1 subject without age left out: sub-02"), "{text}");
    assert!(text.contains("2 not tested, for want of scores: Left, upper, Small"), "{text}");
    assert_eq!(found.pairs("Right").unwrap()[1], (34.0, f64::from(0.14f32)));
}

#[test]
fn q_is_benjaminis_over_the_tested_regions() {
    let count = 12;
    let value = |subject: usize, region: usize| ((subject * (7 + 4 * region) + region) % 13) as f32 * 0.01;
    let maps: Vec<BrainMap> = (0..count)
        .map(|n| {
            let of = |region| value(n, region);
            map(&[of(0), of(0), of(1), of(1), of(1), 0.0, 0.0, of(2)], "r")
        })
        .collect();
    let ids: Vec<String> = (0..count).map(|n| format!("{n:02}")).collect();
    let pairs: Vec<(&str, &BrainMap)> = ids.iter().map(String::as_str).zip(&maps).collect();
    let mut text = "participant_id\tage\n".to_owned();
    (0..count).for_each(|n| text.push_str(&format!("sub-{n:02}\t{}\n", 20 + (n * 5) % 17)));
    let (_folder, people) = table(&text);
    let scores = roi_scores(&pairs, &regions()).unwrap();
    let found = scores.correlate_with(&people, "age", 2_000, 4).unwrap();
    let p: Vec<f64> = found.rows().iter().map(|row| row.p).collect();
    let mut order = [0, 1, 2];
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut least = 1.0_f64;
    for (rank, n) in order.iter().enumerate().rev() {
        least = least.min(p[*n] * 3.0 / (rank + 1) as f64);
        assert!((found.rows()[*n].q - least).abs() < 1e-12);
    }
    assert_eq!(found.rows(), scores.correlate_with(&people, "age", 2_000, 4).unwrap().rows());
}

#[test]
fn tables_are_written_with_names_that_hold_a_comma() {
    let folder = tempfile::tempdir().unwrap();
    let (_people, people) = table(PEOPLE);
    let scores = scores();
    scores.to_csv(folder.path().join("scores.csv")).unwrap();
    let text = std::fs::read_to_string(folder.path().join("scores.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "participant_id,\"Left, upper\",Right,Small");
    assert_eq!((lines[1], lines[5]), ("sub-01,0.200000,0.110000,0.500000", "sub-05,0.200000,0.200000,n/a"));
    scores.correlate(&people, "age").unwrap().to_csv(folder.path().join("age.csv")).unwrap();
    let text = std::fs::read_to_string(folder.path().join("age.csv")).unwrap();
    assert_eq!(
        text,
        "region,r,p,q,n\n\"Left, upper\",n/a,n/a,n/a,5\nRight,1.000000,0.016667,0.016667,5\nSmall,n/a,n/a,n/a,3\n"
    );
    // Each with what it was made of beside it.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn columns_that_cannot_be_correlated_are_refused_with_what_there_is() {
    let (_folder, people) = table(PEOPLE);
    let scores = scores();
    let error = scores.correlate(&people, "height").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unknown);
    assert!(error.advice().contains("participant_id, age, sex, score"), "{error}");
    assert!(scores.correlate(&people, "sex").unwrap_err().problem().contains("`F` in row 0 of column sex"));
    assert!(scores.correlate(&people, "score").unwrap_err().problem().contains("`score` is 1 for all 6"));
    let (_folder, few) = table("participant_id\tage\nsub-01\t20\nsub-02\t30\nsub-03\t40\nsub-99\t50\n");
    let error = scores.correlate(&few, "age").unwrap_err();
    assert!(
        error.problem().contains("3 of 6 subjects") && error.problem().contains("sub-01, sub-02, sub-03"),
        "{error}"
    );
}

#[test]
fn participants_are_read_with_missing_values_and_units() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("participants.tsv");
    std::fs::write(&path, PEOPLE).unwrap();
    std::fs::write(path.with_extension("json"), r#"{"age": {"Units": "years"}, "sex": {"Description": "…"}}"#).unwrap();
    let people = Participants::read(&path).unwrap();
    assert_eq!(people.ids(), ["01", "02", "03", "04", "05", "06"]);
    assert_eq!(people.numbers("age").unwrap()[..3], [Some(21.0), None, Some(34.0)]);
    assert_eq!(people.texts("sex").unwrap()[1..3], [Some("M".to_owned()), None]);
    assert_eq!((people.unit("age"), people.unit("sex")), (Some("years"), None));
    assert!(people.to_string().contains("6 participants; columns participant_id, age, sex, score"), "{people}");
    let read = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Participants::read(&path).unwrap_err()
    };
    let error = read("participant\tage\nsub-01\t3\n");
    assert!(error.problem().contains("participant_id") && error.advice().contains("participant"), "{error}");
    let error = read("participant_id\tage\nsub-01\t3\n01\t4\n");
    assert!(error.problem().contains("sub-01 stands in rows 0 and 1"), "{error}");
    assert_eq!(Participants::read(folder.path().join("no.tsv")).unwrap_err().kind(), ErrorKind::File);
}

#[test]
fn scores_and_correlations_become_figures() {
    let (_folder, people) = table(PEOPLE);
    let svg = roi_scatter(&scores().correlate(&people, "age").unwrap()).unwrap().svg().unwrap();
    assert!(svg.contains("Right") && svg.contains("n = 5") && svg.contains("age"));
}
