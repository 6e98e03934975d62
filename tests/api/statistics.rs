//! Statistics beside scipy and statsmodels, through the public API.

use crate::reference::array;
use ndarray::{Array1, Array2, Array3, s};
use neurocell::statistics::{Sides, SignFlip, benjamini_hochberg, benjamini_yekutieli, naive_p, sign_flip, spearman};

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
