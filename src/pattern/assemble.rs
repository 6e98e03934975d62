//! From raw courses to [`Patterns`]: z-score, loadings, variance explained, order and sign.

use super::standard::{Standardised, zscore};
use super::{Patterns, Report};
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::linalg::{ColumnBlocks, gram, multiply_into, symmetric_eigen};
use faer::Par;
use ndarray::{Array1, Array2, Axis, s};
use std::sync::Arc;

/// What a method found.
pub(super) struct Found<'a> {
    /// Time × pattern, of any scale.
    pub courses: Array2<f32>,
    pub loadings: Loadings<'a>,
    /// The method with its options, and how it ended, as one line.
    pub method: String,
    /// Stability in the order of `courses`; neurons left out are added here.
    pub report: Report,
}

/// How loadings follow from courses.
pub(super) enum Loadings<'a> {
    /// Least squares of each neuron on all courses.
    Regression,
    /// Regression of each neuron on the one course it belongs to.
    Membership(&'a [usize]),
    /// As they are, pattern × live neuron: S ≈ courses · codes, for the courses as they were given.
    Codes(Array2<f32>),
}

/// Patterns of what was found: courses z-scored, with loadings, ordered and signed by the rule of this room.
pub(super) fn assemble(series: &NeuronSeries, standard: &Standardised, found: Found) -> Result<Patterns> {
    let Found { mut courses, loadings, method, mut report } = found;
    let mut deviations = Vec::with_capacity(courses.ncols());
    for (number, course) in courses.columns_mut().into_iter().enumerate() {
        let Some(deviation) = zscore(course) else {
            return Err(Error::value(
                format!("pattern {number} of {method} has a constant course"),
                "ask for fewer patterns, or try another seed",
            ));
        };
        deviations.push(deviation as f32);
    }
    let by_regression = matches!(loadings, Loadings::Regression);
    let mut live = match loadings {
        Loadings::Regression => regression(&courses, &standard.data)?,
        Loadings::Membership(labels) => membership(&courses, &standard.data, labels),
        Loadings::Codes(codes) => codes * &Array1::from(deviations).insert_axis(Axis(1)),
    };
    let total: f64 = standard.data.squared_norms().iter().sum();
    let explained = match by_regression {
        true => fitted(&courses, &live) / total,
        false => 1.0 - residual(&standard.data, &courses, &live) / total,
    };

    let strength: Vec<f64> =
        live.rows().into_iter().map(|row| row.iter().map(|&l| f64::from(l).powi(2)).sum()).collect();
    let mut order: Vec<usize> = (0..strength.len()).collect();
    // Sorting is stable, so that equal patterns keep the method's order.
    order.sort_by(|&a, &b| strength[b].total_cmp(&strength[a]));
    courses = courses.select(Axis(1), &order);
    live = live.select(Axis(0), &order);
    report.stability = report.stability.map(|stability| order.iter().map(|&k| stability[k]).collect());
    let points = standard.time() as f64;
    report.explained_by = order.iter().map(|&k| strength[k] * points / total).collect();
    report.left_out = standard.left_out.clone().into();
    for (mut course, mut row) in courses.columns_mut().into_iter().zip(live.rows_mut()) {
        let largest = row.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
        if largest.is_some_and(|l| l < 0.0) {
            course.mapv_inplace(|x| -x);
            row.mapv_inplace(|x| -x);
        }
    }

    let mut all = Array2::zeros((live.nrows(), series.data().ncols()));
    for (mut to, row) in all.rows_mut().into_iter().zip(live.rows()) {
        for (&neuron, &loading) in standard.live.iter().zip(row) {
            to[neuron] = loading;
        }
    }
    Ok(Patterns {
        courses: Arc::new(courses),
        loadings: Arc::new(all),
        clock: series.clock().clone(),
        neurons: series.neurons().clone(),
        method: method + &standard.note(),
        explained,
        report,
    })
}

/// L = (DᵀD)⁻¹ Dᵀ S.
fn regression(courses: &Array2<f32>, data: &ColumnBlocks) -> Result<Array2<f32>> {
    let eigen = symmetric_eigen(gram(courses.view()).view())?;
    let inverse =
        Array1::from_iter(eigen.values.iter().map(|&v| if v > eigen.values[0] * 1e-12 { 1.0 / v } else { 0.0 }));
    let solver = (&eigen.vectors * &inverse).dot(&eigen.vectors.t()).dot(&courses.mapv(f64::from).t());
    Ok(data.times(solver.mapv(|v| v as f32).view()).to_matrix())
}

fn membership(courses: &Array2<f32>, data: &ColumnBlocks, labels: &[usize]) -> Array2<f32> {
    let time = data.rows() as f64;
    let sums = data.map(|first, block| {
        let labels = &labels[first..first + block.ncols()];
        let mut sums = vec![0f64; block.ncols()];
        for (row, course) in block.rows().into_iter().zip(courses.rows()) {
            for ((sum, &x), &label) in sums.iter_mut().zip(row).zip(labels) {
                *sum += f64::from(x) * f64::from(course[label]);
            }
        }
        sums
    });
    let mut loadings = Array2::zeros((courses.ncols(), data.columns()));
    for (neuron, (&label, sum)) in labels.iter().zip(sums.concat()).enumerate() {
        // A z-scored course has Σ d² = number of time points.
        loadings[[label, neuron]] = (sum / time) as f32;
    }
    loadings
}

/// ‖D·L‖² = tr(Lᵀ·DᵀD·L); for least-squares loadings it is ‖S‖² − ‖S − D·L‖².
fn fitted(courses: &Array2<f32>, loadings: &Array2<f32>) -> f64 {
    (gram(courses.view()) * gram(loadings.t())).sum()
}

/// ‖S − D·L‖².
fn residual(data: &ColumnBlocks, courses: &Array2<f32>, loadings: &Array2<f32>) -> f64 {
    let parts = data.map(|first, block| {
        let mut fitted = Array2::zeros(block.dim());
        let loadings = loadings.slice(s![.., first..first + block.ncols()]);
        multiply_into(fitted.view_mut(), courses.view(), loadings, Par::Seq);
        block.iter().zip(&fitted).map(|(&s, &f)| f64::from(s - f).powi(2)).sum::<f64>()
    });
    parts.iter().sum()
}
