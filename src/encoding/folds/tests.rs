//! Where folds are cut, and which are refused.

use super::*;
use crate::clock::Clock;

fn clock(runs: &[usize]) -> Clock {
    Clock::new(2.0, runs).unwrap()
}

fn problem<T: std::fmt::Debug>(found: Result<T>) -> String {
    found.unwrap_err().to_string()
}

#[test]
fn runs_of_a_story_are_held_out_together_outside_and_inside() {
    let clock = clock(&[30, 40, 30, 50, 30]);
    let folds = Folds::stories(&clock, &["a", "b", "a", "c", "a"]).unwrap();
    assert_eq!(folds.count(), 3);
    let of_a: Vec<usize> = (0..30).chain(70..100).chain(150..180).collect();
    assert_eq!(folds.fold(0).test(), of_a);
    assert_eq!(folds.fold(0).train(), (30..70).chain(100..150).collect::<Vec<_>>());
    let inside = folds.inside(1);
    assert_eq!(inside.len(), 2);
    assert_eq!((inside[0].test(), inside[0].train()), (of_a.as_slice(), (100..150).collect::<Vec<_>>().as_slice()));
    assert_eq!((inside[1].test(), inside[1].train()), ((100..150).collect::<Vec<_>>().as_slice(), of_a.as_slice()));
}

#[test]
fn where_one_repeated_story_is_left_its_parts_are_held_out_in_all_its_runs() {
    let folds = Folds::stories(&clock(&[60, 60, 40]), &["a", "a", "b"]).unwrap();
    let inside = folds.inside(1);
    assert_eq!(inside.len(), 3);
    assert_eq!(inside[1].test(), (20..40).chain(80..100).collect::<Vec<_>>());
    assert_eq!(inside[1].train(), (0..15).chain(45..75).chain(105..120).collect::<Vec<_>>());
}

#[test]
fn parts_of_a_story_are_held_out_together_in_runs_of_different_length() {
    let folds = Folds::story_parts(&clock(&[90, 80]), &["a", "a"], 3, 10.0).unwrap();
    assert_eq!(folds.fold(2).test(), (60..90).chain(150..170).collect::<Vec<_>>());
    assert_eq!(folds.fold(2).train(), (0..55).chain(90..145).collect::<Vec<_>>());
    assert!(folds.words().starts_with("3 parts of each story with a gap of 10 s"), "{}", folds.words());
}

#[test]
fn stories_need_a_name_for_each_run_and_two_names() {
    let clock = clock(&[30, 40]);
    assert!(problem(Folds::stories(&clock, &["a"])).contains("1 names of stories for 2 runs"));
    let same = problem(Folds::stories(&clock, &["a", "a"]));
    assert!(same.contains("all 2 runs are the story `a`") && same.contains("Folds::story_parts"), "{same}");
}

#[test]
fn held_out_runs_are_one_split_with_folds_by_run_inside() {
    let folds = Folds::holdout(&clock(&[30, 40, 50, 20]), &[3, 1]).unwrap();
    assert_eq!(folds.fold(0).test(), (30..70).chain(120..140).collect::<Vec<_>>());
    assert_eq!(folds.fold(0).train(), (0..30).chain(70..120).collect::<Vec<_>>());
    let inside = folds.inside(0);
    assert_eq!((inside.len(), inside[0].test().len(), inside[1].test().len()), (2, 30, 50));
    assert_eq!(folds.words(), "runs 1, 3 held out, 2 to train on");
    assert_eq!(folds.weighted(&[true; 140]), folds.fold(0).train());
}

#[test]
fn held_out_runs_must_be_there_and_leave_some() {
    let clock = clock(&[30, 40]);
    assert!(problem(Folds::holdout(&clock, &[2])).contains("run 2 of 2"));
    assert!(problem(Folds::holdout(&clock, &[1, 1])).contains("twice"));
    assert!(problem(Folds::holdout(&clock, &[])).contains("0 of 2 runs"));
    assert!(problem(Folds::holdout(&clock, &[0, 1])).contains("2 of 2 runs"));
}

#[test]
fn names_of_stories_group_the_inner_folds_and_refuse_a_story_on_both_sides() {
    let clock = clock(&[30, 30, 30, 30]);
    let folds = Folds::holdout(&clock, &[3]).unwrap().named(&["a", "a", "b", "c"]).unwrap();
    assert_eq!(folds.inside(0).iter().map(|fold| fold.test().len()).collect::<Vec<_>>(), [60, 30]);
    let error = problem(Folds::holdout(&clock, &[3]).unwrap().named(&["a", "b", "c", "a"]));
    assert!(error.contains("fold 0 tests run 3 and trains on run 0, and both are the story `a`"), "{error}");
}

#[test]
fn given_rows_get_a_gap_within_their_run_only() {
    let clock = clock(&[50, 50]);
    let folds = Folds::custom(&clock, vec![(20..35).collect(), (35..70).rev().collect()], 10.0).unwrap();
    assert_eq!(folds.fold(0).train(), (0..15).chain(40..100).collect::<Vec<_>>());
    assert_eq!(folds.fold(1).test(), (35..70).collect::<Vec<_>>());
    assert_eq!(folds.fold(1).train(), (0..30).chain(75..100).collect::<Vec<_>>());
    assert_eq!(folds.gap(1), (30..35).chain(70..75).collect::<Vec<_>>());
    assert_eq!(folds.shortest_gap(), Some(5));
    assert_eq!(Folds::runs(&clock).unwrap().shortest_gap(), None);
}

#[test]
fn shuffled_rows_are_refused_with_the_reason() {
    let rows = |fold: usize| (0..100).filter(|row| (row * 37 + row / 7) % 5 == fold).collect::<Vec<usize>>();
    let error = problem(Folds::custom(&clock(&[100]), (0..5).map(rows).collect(), 0.0));
    assert!(
        error.contains("they were shuffled, and neighbouring volumes share their haemodynamic response"),
        "{error}"
    );
    assert!(error.contains("Folds::runs(&clock)") && error.contains("Folds::blocks"), "{error}");
}

#[test]
fn given_rows_that_cannot_be_folds_are_refused() {
    let clock = clock(&[50, 50]);
    let custom =
        |tests: &[&[usize]], gap| problem(Folds::custom(&clock, tests.iter().map(|rows| rows.to_vec()).collect(), gap));
    let stretch: Vec<usize> = (0..20).collect();
    let all: Vec<usize> = (0..100).collect();
    assert!(custom(&[], 10.0).contains("no list"));
    assert!(custom(&[&stretch, &[]], 10.0).contains("fold 1 has no volume"));
    assert!(custom(&[&[99, 100]], 0.0).contains("tests row 100"));
    assert!(
        custom(&[&stretch, &[19, 20, 21, 22, 23, 24]], 10.0)
            .contains("row 19 is tested twice, in fold 0 and in fold 1")
    );
    assert!(
        custom(&[&stretch, &[60, 61, 62, 63, 64]], 10.0)
            .contains("fold 1 tests volumes 10 to 14 of run 1, 5 of them, and the gap of 10 s takes 5")
    );
    assert!(custom(&[&all], 10.0).contains("leaves none to train on"));
    assert!(custom(&[&stretch], -1.0).contains("a gap of -1 s"));
    assert!(custom(&[&stretch], f64::NAN).contains("a gap of NaN s"));
}

#[test]
fn one_held_out_stretch_of_a_run_has_three_blocks_inside_with_its_gap() {
    let folds = Folds::custom(&clock(&[120]), vec![(50..70).collect()], 10.0).unwrap();
    for inner in folds.inside(0) {
        let near = |row: &usize| inner.test().iter().any(|test| row.abs_diff(*test) <= 5);
        assert!(!inner.test().is_empty() && !inner.train().iter().any(near));
        assert!(inner.train().iter().chain(inner.test()).all(|row| !(45..75).contains(row)));
    }
}

#[test]
fn a_table_names_what_each_fold_tests() {
    let folds = Folds::stories(&clock(&[30, 40, 30]), &["pieman", "tunnel", "pieman"]).unwrap();
    assert_eq!(
        folds.table(),
        "        train  gap  test  tested\npieman     40    0    60  run 0 (pieman), run 2 (pieman)\ntunnel     60    0    40  run 1 (tunnel)"
    );
    let allowed = Folds::runs(&clock(&[30, 30])).unwrap().allowing(Leak::RepeatedStory);
    assert_eq!(allowed.words(), "2 folds by run, stories both trained on and tested ALLOWED");
}
