//! banded_cv beside himalaya, and encode_banded beside plain numpy.

use super::{Banded, BandedCv, Spaces, banded_cv, encode_banded};
use crate::clock::Clock;
use crate::encoding::tests::{bold, matrix};
use crate::encoding::{Features, Folds, Ridge};
use ndarray::{Array2, s};

pub(super) fn wide(name: &str) -> Array2<f64> {
    let path = format!("{}/tests/reference/encoding/{name}.npy", env!("CARGO_MANIFEST_DIR"));
    ndarray_npy::read_npy(path).unwrap()
}

pub(super) fn parts(x: &Array2<f32>, sizes: &[usize]) -> Vec<Array2<f32>> {
    let mut first = 0;
    let of = |size: &usize| {
        first += size;
        x.slice(s![.., first - size..first]).to_owned()
    };
    sizes.iter().map(of).collect()
}

fn cv(name: &str, sizes: &[usize], runs: &[usize]) -> BandedCv {
    let xs = parts(&matrix(&format!("{name}_x")), sizes);
    let folds = Folds::runs(&Clock::new(2.0, runs).unwrap()).unwrap();
    let banded = Banded::default().folds(folds).gammas(wide(&format!("{name}_gammas")));
    banded_cv(&xs.iter().collect::<Vec<_>>(), &matrix(&format!("{name}_y")), banded).unwrap()
}

/// Names, sizes of spaces and runs of the cases in make_banded.py; in each the first target does not vary.
const CASES: [(&str, &[usize], &[usize]); 5] = [
    ("banded_tall", &[8, 20, 5], &[60, 70, 50]),
    ("banded_wide", &[60, 50, 40], &[40, 30, 35]),
    ("banded_ill", &[30, 1], &[50; 3]),
    ("banded_twins", &[12, 12], &[40; 3]),
    ("banded_between", &[35, 25], &[45; 2]),
];

#[test]
fn choices_and_scores_equal_himalayas_random_search_in_every_shape() {
    for (name, sizes, runs) in CASES {
        let (fit, found) = (cv(name, sizes, runs), wide(&format!("{name}_found")));
        let scores = wide(&format!("{name}_scores"));
        for target in 1..found.ncols() {
            let apart = (f64::from(fit.cv_scores()[target]) - found[[2, target]]).abs();
            assert!(apart < 1e-5, "{name}: target {target} scores {apart:.1e} apart");
            let (ours, theirs) = (fit.candidates()[target], found[[0, target]] as usize);
            // Candidates near the same corner of the simplex are one model: himalaya's own scores of the two are then equal.
            let tied = ours != theirs && found[[2, target]] - scores[[ours, target]] < 1e-6;
            let same = ours == theirs && (fit.alphas()[target] / found[[1, target]] - 1.0).abs() < 1e-3;
            assert!(same || tied, "{name}: target {target} took {ours}, himalaya {theirs}");
        }
    }
}

#[test]
fn weights_of_regressors_equal_himalayas_by_sums_and_by_kernels() {
    for (name, sizes, runs) in &CASES[..2] {
        let (fit, expected) = (cv(name, sizes, runs), matrix(&format!("{name}_weights")));
        let most = expected.iter().fold(0f32, |most, w| most.max(w.abs()));
        let mut first = 0;
        for weights in fit.weights() {
            let expected = expected.slice(s![first..first + weights.nrows(), ..]);
            first += weights.nrows();
            let worst = (weights - &expected).iter().fold(0f32, |most, d| most.max(d.abs()));
            assert!(worst < 1e-4 * most, "{name}: {worst:.1e} of {most:.1e}");
        }
        assert_eq!(first, expected.nrows());
    }
}

#[test]
fn held_out_scores_splits_and_weights_equal_those_of_plain_numpy() {
    for (name, sizes, runs) in
        [("banded_nested", vec![6, 15], vec![40, 36, 44, 40]), ("banded_nested_wide", vec![50, 45], vec![30, 26, 34])]
    {
        let clock = Clock::new(2.0, &runs).unwrap();
        let xs = parts(&matrix(&format!("{name}_x")), &sizes);
        let spaces = xs.iter().zip(["a", "b"]).fold(Spaces::new(), |spaces, (x, name)| {
            spaces.with(name, &Features::new(name, x.clone(), &clock).unwrap()).unwrap()
        });
        let options = Banded::default().alphas(&Ridge::grid(0.0, 4.0, 7)).gammas(wide(&format!("{name}_gammas")));
        let fit = encode_banded(&spaces, &bold(matrix(&format!("{name}_y")), &clock), options).unwrap();
        let (found, split) = (wide(&format!("{name}_found")), wide(&format!("{name}_split")));
        let gammas = wide(&format!("{name}_gammas"));
        for voxel in 0..found.ncols() {
            let near = |what: &str, a: f32, b: f64| {
                assert!((f64::from(a) - b).abs() < 2e-5, "{name}: {what} of voxel {voxel}: {a} against {b}")
            };
            assert!((f64::from(fit.alphas()[voxel]) / found[[1, voxel]] - 1.0).abs() < 1e-4, "{name}: α of {voxel}");
            for space in 0..2 {
                near("γ", fit.gammas()[[space, voxel]], gammas[[found[[0, voxel]] as usize, space]]);
                near("R² of a space", fit.split_r2()[[space, voxel]], split[[space, voxel]]);
                near("r of a space", fit.split_r()[[space, voxel]], split[[2 + space, voxel]]);
            }
            near("R²", fit.r2()[voxel], found[[2, voxel]]);
            near("r", fit.r()[voxel], found[[3, voxel]]);
        }
        let worst =
            (fit.joint().weights() - &matrix(&format!("{name}_weights"))).iter().fold(0f32, |m, d| m.max(d.abs()));
        assert!(worst < 2e-5, "{name}: {worst:.1e}");
    }
}

#[test]
fn refined_penalties_reach_the_score_that_scipys_optimiser_finds() {
    let name = "banded_tall";
    let xs = parts(&matrix(&format!("{name}_x")), &[8, 20, 5]);
    let folds = Folds::runs(&Clock::new(2.0, &[60, 70, 50]).unwrap()).unwrap();
    let banded = Banded::default().folds(folds).gammas(wide(&format!("{name}_gammas")));
    let y = matrix(&format!("{name}_y"));
    let targets: Vec<usize> = (1..200).step_by(10).collect();
    let y = y.select(ndarray::Axis(1), &targets);
    let xs: Vec<&Array2<f32>> = xs.iter().collect();
    let (before, fit) = (banded_cv(&xs, &y, banded.clone()).unwrap(), banded_cv(&xs, &y, banded.refine(60)).unwrap());
    let expected = wide(&format!("{name}_refined"));
    let mut gained = 0;
    for (n, best) in expected.row(0).iter().enumerate() {
        let (before, after) = (f64::from(before.cv_scores()[n]), f64::from(fit.cv_scores()[n]));
        assert!(
            after >= before - 1e-6 && best - after < 5e-4,
            "target {n}: {before} to {after}, and {best} is possible"
        );
        gained += usize::from(best - before > 2e-3);
    }
    assert!(gained >= 5, "{gained}");
}

#[test]
fn penalties_of_each_voxels_own_fit_as_those_of_its_candidate() {
    // Conjugate gradients give the weights that components give for the same penalties.
    let name = "banded_nested_wide";
    let clock = Clock::new(2.0, &[30, 26, 34]).unwrap();
    let xs = parts(&matrix(&format!("{name}_x")), &[50, 45]);
    let y = matrix(&format!("{name}_y"));
    let folds = Folds::runs(&clock).unwrap();
    let given = |gammas: Array2<f64>| Banded::default().alphas(&[10.0]).folds(folds.clone()).gammas(gammas);
    let gammas = ndarray::array![[0.3, 0.7]];
    let xs: Vec<&Array2<f32>> = xs.iter().collect();
    let y = (&y - 50.0) / 3.0;
    let refined = banded_cv(&xs, &y, given(gammas).refine(1)).unwrap();
    for target in 0..y.ncols() {
        let own = refined.gammas().column(target).mapv(f64::from);
        let own = own.into_shape_with_order((1, 2)).unwrap();
        let one = y.slice(s![.., target..target + 1]).to_owned();
        let alone = banded_cv(&xs, &one, given(own).alphas(&[refined.alphas()[target]])).unwrap();
        for (a, b) in refined.weights().iter().zip(alone.weights()) {
            let worst = (&a.column(target) - &b.column(0)).iter().fold(0f32, |m, d| m.max(d.abs()));
            assert!(worst < 1e-5, "{worst:.1e}");
        }
        assert!((refined.cv_scores()[target] - alone.cv_scores()[0]).abs() < 1e-3);
    }
}
