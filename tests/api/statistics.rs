//! Statistics beside scipy and statsmodels, through the public API.

use crate::reference::array;
use ndarray::{Array1, Array2, Array3, s};
use neurocell::clock::Clock;
use neurocell::statistics::{Sides, SignFlip, benjamini_hochberg, benjamini_yekutieli, naive_p, sign_flip, spearman};
use neurocell::statistics::{lagged_r, running_r};

#[test]
fn q_values_are_those_of_scipy_and_statsmodels() {
    let p: Array1<f64> = array("statistics/fdr_p");
    for (correct, name) in [
        (benjamini_hochberg as fn(&[f64]) -> neurocell::Result<Vec<f64>>, "statistics/fdr_q"),
        (benjamini_yekutieli, "statistics/fdr_by"),
    ] {
        let expected: Array1<f64> = array(name);
        for (i, (found, expected)) in correct(&p.to_vec()).unwrap().iter().zip(expected).enumerate() {
            assert!((found - expected).abs() < 1e-12, "{name} number {i} is {found}, scipy has {expected}");
        }
    }
}

#[test]
fn rank_correlations_are_those_of_scipy_and_of_every_order() {
    let (pairs, found): (Array3<f64>, Array2<f64>) =
        (array("statistics/spearman_pairs"), array("statistics/spearman_found"));
    for (pair, expected) in pairs.outer_iter().zip(found.rows()) {
        let n = expected[0] as usize;
        let [x, y] = [0, 1].map(|k| pair.slice(s![k, ..n]).to_vec());
        let rank = spearman(&x, &y, 20_000, 1).unwrap();
        assert!((rank.r - expected[1]).abs() < 1e-12, "{rank}: scipy has {}", expected[1]);
        assert!((rank.p_t / expected[2] - 1.0).abs() < 1e-9, "{}: scipy has {}", rank.p_t, expected[2]);
        match n {
            7 => assert!(rank.exact && (rank.p - expected[3]).abs() < 1e-12, "{rank}: all orders give {}", expected[3]),
            // With 40 pairs Student's t is near the truth.
            _ => assert!((rank.p - rank.p_t).abs() < 0.01 + 0.1 * rank.p_t, "{rank}, by t {}", rank.p_t),
        }
    }
}

#[test]
fn tails_of_students_t_are_those_of_scipy() {
    let grid: Array2<f64> = array("statistics/student");
    for row in grid.rows().into_iter().filter(|row| row[1].fract() == 0.0) {
        // t with v degrees of freedom is that of a correlation of v + 2 pairs.
        let (t, v) = (row[0], row[1]);
        let found = naive_p(t / (t * t + v).sqrt(), v as usize + 2);
        let tolerance = 1e-8 * row[2] + 1e-300;
        assert!((found - row[2]).abs() < tolerance, "t = {t}, {v} degrees: {found}, scipy has {}", row[2]);
    }
}

#[test]
fn a_group_test_is_scipys_t_and_every_turn_of_signs() {
    let (values, expected): (Array2<f32>, Array2<f64>) =
        (array("statistics/group_values"), array("statistics/group_found"));
    let found = sign_flip(&values, SignFlip::default().sides(Sides::Both)).unwrap();
    for column in 0..values.ncols() {
        let near = |what: &str, found: f64, expected: f64| {
            assert!(
                (found - expected).abs() < 1e-6 * (1.0 + expected.abs()),
                "{what} {column}: {found}, not {expected}"
            );
        };
        near("mean", found.mean()[column], expected[[0, column]]);
        near("t", found.t()[column], expected[[1, column]]);
        near("p of t", found.p_t()[column], expected[[2, column]]);
        near("p", found.p()[column], expected[[3, column]]);
        assert!(found.max_p()[column] >= found.p()[column]);
    }
}

#[test]
fn lagged_and_running_correlations_are_those_of_numpy_and_pandas() {
    let pair: Array2<f32> = array("statistics/course_pair");
    let (a, b) = (pair.row(0).to_vec(), pair.row(1).to_vec());
    let clock = Clock::new(1.5, &[40, 55]).unwrap();
    let found = lagged_r(&a, &b, &clock, 4).unwrap();
    let lagged: Array1<f64> = array("statistics/course_lagged");
    let apart = found.r().iter().zip(&lagged).map(|(r, known)| (r - known).abs()).fold(0.0, f64::max);
    assert!(found.lags() == (-4..=4).collect::<Vec<isize>>() && apart < 1e-6, "{apart}");
    let best = (0..9).max_by(|x, y| lagged[*x].abs().total_cmp(&lagged[*y].abs())).unwrap();
    assert_eq!(found.best(), (best as isize - 4, found.r()[best]));
    let running: Array2<f64> = array("statistics/course_running");
    for (row, window) in running.rows().into_iter().zip([15, 16]) {
        let found = running_r(&a, &b, &clock, window).unwrap();
        let same = |(r, known): (&f64, &f64)| (r.is_nan() && known.is_nan()) || (r - known).abs() < 1e-6;
        assert!(found.iter().zip(row).all(same), "window {window}: {found:?}");
    }
}

#[test]
fn courses_that_cannot_be_correlated_are_named() {
    let clock = Clock::new(2.0, &[10, 12]).unwrap();
    let error = lagged_r(&[0.0; 22], &[0.0; 21], &clock, 2).unwrap_err();
    assert!(error.problem().contains("second course has 21 values"), "{error}");
    assert!(lagged_r(&[0.0; 22], &[0.0; 22], &clock, 6).unwrap_err().problem().contains("run 0, which has 10"));
    assert_eq!(lagged_r(&[0.0; 22], &[1.0; 22], &clock, 2).unwrap().best(), (0, 0.0));
    let nan: Vec<f32> = (0..22).map(|t| if t == 7 { f32::NAN } else { 0.0 }).collect();
    assert!(running_r(&nan, &nan, &clock, 9).unwrap_err().problem().contains("NaN at volume 7"));
    assert!(running_r(&[0.0; 22], &[0.0; 22], &clock, 4).is_err());
}
