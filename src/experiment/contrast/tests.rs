//! Contrasts beside numpy and scipy, and their chance.

use super::brains::Rows;
use super::texts::Design;
use super::*;
use crate::clock::Clock;
use ndarray::{Array, Array3, Dimension, s};
use rand_distr::StandardNormal;

fn reference<A: ndarray_npy::ReadableElement, D: Dimension>(name: &str) -> Array<A, D> {
    let path = format!("{}/tests/reference/experiment/{name}.npy", env!("CARGO_MANIFEST_DIR"));
    ndarray_npy::read_npy(&path).unwrap_or_else(|cause| panic!("{path}: {cause}"))
}

#[test]
fn weights_of_drawn_runs_are_those_of_the_rows_repeated() {
    let clock = Clock::new(2.0, &[20, 20, 20]).unwrap();
    let (times, alphas): (Array2<f64>, Array1<f64>) = (reference("times"), reference("alphas"));
    for name in ["", "wide_"] {
        let of = |what: &str| format!("{name}{what}");
        let (x, y): (Array2<f32>, Array2<f32>) = (reference(&of("x")), reference(&of("y")));
        let (delta, expected): (Array1<f64>, Array3<f64>) = (reference(&of("delta")), reference(&of("contrast")));
        let rows = Rows::new(&x, &clock).unwrap();
        for (d, times) in times.rows().into_iter().enumerate() {
            let courses = rows.courses(&times.to_vec(), &delta.to_vec(), &alphas.to_vec()).unwrap();
            let found = courses.dot(&y.mapv(f64::from));
            let off = (&found - &expected.slice(s![.., d, ..])).mapv(f64::abs).fold(0.0, |a: f64, b| a.max(*b));
            assert!(off < 1e-5, "{name} draw {d}: {off}");
        }
    }
}

/// The reference's texts, 5 of A and 5 of B, with its covariates or others.
fn design(covariates: Vec<Vec<f64>>, options: ContrastOptions) -> Design {
    let names = Covariate::all()[..covariates.len()].to_vec();
    Design::of(covariates, [5, 5], &options.covariates(&names)).unwrap()
}

fn weighted(design: &Design, responses: &Array2<f32>) -> Vec<f64> {
    responses.mapv(f64::from).t().dot(&Array1::from(design.weights.clone())).to_vec()
}

fn p_of(design: &Design, responses: &Array2<f32>) -> Vec<f64> {
    let observed = weighted(design, responses);
    design.p(&observed, &design.others.dot(responses))
}

#[test]
fn partialling_is_the_analysis_of_covariance_and_leaves_no_difference() {
    let covariates: Array2<f64> = reference("covariates");
    let rows = covariates.rows().into_iter().map(|row| row.to_vec()).collect();
    let design = design(rows, ContrastOptions::default());
    let (responses, expected): (Array2<f32>, Array1<f64>) = (reference("responses"), reference("ancova"));
    for (found, expected) in weighted(&design, &responses).iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    }
    for one in &design.covariates {
        assert!(one.used && one.difference_after.abs() < 1e-9, "{one:?}");
    }
    assert!(design.covariates.iter().any(|one| one.difference_before.abs() > 0.3));
    assert!(design.said.contains("partialled out: words, words per second, word frequency (Zipf)"), "{}", design.said);
}

#[test]
fn permutations_of_labels_and_of_pairs_have_the_p_of_scipy() {
    let responses: Array2<f32> = reference("responses");
    let check = |design: &Design, expected: &str| {
        assert!(design.exact);
        let expected: Array1<f64> = reference(expected);
        for (found, expected) in p_of(design, &responses).iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    };
    check(&design(Vec::new(), ContrastOptions::default().as_they_are()), "plain_p");
    // Values that pair text n with text n + 5.
    let alike: Vec<f64> = (0..10).map(|n| (n % 5) as f64).collect();
    let paired = design(vec![alike], ContrastOptions::default().matching());
    assert_eq!(paired.used, [5, 5]);
    check(&paired, "pairs_p");
}

#[test]
fn matching_leaves_out_texts_without_a_partner() {
    // A: short texts and one long; B: long ones and two short.
    let lengths = vec![10.0, 11.0, 12.0, 13.0, 30.0, 10.5, 12.5, 31.0, 40.0, 42.0];
    let matched = design(vec![lengths], ContrastOptions::default().matching());
    assert_eq!(matched.used, [3, 3]);
    let one = &matched.covariates[0];
    assert!(one.difference_after.abs() < 0.25 && one.difference_before.abs() > 0.7, "{one:?}");
    let apart = vec![vec![1.0, 1.1, 1.2, 1.3, 1.4, 9.0, 9.1, 9.2, 9.3, 9.4]];
    let options = ContrastOptions::default().covariates(&[Covariate::Length]);
    let error = Design::of(apart.clone(), [5, 5], &options.clone().matching()).unwrap_err();
    assert!(error.problem().contains("no two pairs are alike"), "{error}");
    let labels = vec![vec![1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0]];
    let error = Design::of(labels, [5, 5], &options).unwrap_err();
    assert!(error.problem().contains("say which text is of A"), "{error}");
    let error = Design::of(vec![vec![1.0, 2.0, 3.0, 4.0]], [2, 2], &options).unwrap_err();
    assert!(error.problem().contains("leave 2 degrees of freedom"), "{error}");
}

#[test]
fn p_over_texts_is_uniform_where_labels_mean_nothing() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
    let mut normal = |rows: usize, columns: usize| {
        Array2::from_shape_simple_fn((rows, columns), || random.sample::<f32, _>(StandardNormal))
    };
    for balance in [Balance::Partialling, Balance::Matching, Balance::AsTheyAre] {
        let (mut low, mut half, mut all) = (0, 0, 0);
        for seed in 0..60 {
            let covariates: Vec<Vec<f64>> =
                (0..2).map(|_| normal(1, 16).iter().map(|v| f64::from(*v)).collect()).collect();
            // Responses follow the covariates, which the labels do not.
            let mut responses = normal(16, 40);
            for (n, mut row) in responses.rows_mut().into_iter().enumerate() {
                row += (covariates[0][n] + covariates[1][n]) as f32;
            }
            let options = ContrastOptions { balance, ..ContrastOptions::default() }.permutations(199).seed(seed);
            let names = [Covariate::Length, Covariate::Rate];
            let design = Design::of(covariates, [8, 8], &options.covariates(&names)).unwrap();
            for p in p_of(&design, &responses) {
                (low, half, all) = (low + usize::from(p <= 0.05), half + usize::from(p <= 0.5), all + 1);
            }
        }
        let (low, half) = (low as f64 / all as f64, half as f64 / all as f64);
        println!("{balance:?}: {low:.3} of p ≤ 0.05, {half:.3} ≤ 0.5");
        // 2,400 values of 60 sets of labels.
        assert!((0.01..0.09).contains(&low) && (0.38..0.62).contains(&half), "{balance:?}: {low} {half}");
    }
}

#[test]
fn texts_too_few_for_the_level_are_told_of() {
    let design = Design::of(Vec::new(), [2, 2], &ContrastOptions::default().covariates(&[])).unwrap();
    assert!((design.smallest_p() - 2.0 / 6.0).abs() < 1e-12);
    let error = Design::of(Vec::new(), [1, 5], &ContrastOptions::default().covariates(&[])).unwrap_err();
    assert!(error.problem().contains("1 text(s) in A"), "{error}");
}
