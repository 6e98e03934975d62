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
    let (mut live, explained) = match loadings {
        Loadings::Membership(labels) => membership(&courses, &standard.data, labels),
        loadings => {
            let live = match loadings {
                Loadings::Codes(codes) => codes * &Array1::from(deviations).insert_axis(Axis(1)),
                _ => regression(&courses, &standard.data)?,
            };
            let explained = explained(&standard.data, &courses, &live);
            (live, explained)
        }
    };

    let strength: Vec<f64> =
        live.rows().into_iter().map(|row| row.iter().map(|&l| f64::from(l).powi(2)).sum()).collect();
    let mut order: Vec<usize> = (0..strength.len()).collect();
    // Sorting is stable, so that equal patterns keep the method's order.
    order.sort_by(|&a, &b| strength[b].total_cmp(&strength[a]));
    courses = courses.select(Axis(1), &order);
    live = live.select(Axis(0), &order);
    report.stability = report.stability.map(|stability| order.iter().map(|&k| stability[k]).collect());
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

/// l = x·d / T of each neuron with its own course d, and the share that these explain: a neuron that is regressed on one course of squared
/// norm T leaves ‖x‖² − T·l².
fn membership(courses: &Array2<f32>, data: &ColumnBlocks, labels: &[usize]) -> (Array2<f32>, f64) {
    let time = data.rows() as f64;
    let parts = data.map(|first, block| {
        let labels = &labels[first..first + block.ncols()];
        let (mut sums, mut total) = (vec![0f64; block.ncols()], 0f64);
        for (row, course) in block.rows().into_iter().zip(courses.rows()) {
            for ((sum, &x), &label) in sums.iter_mut().zip(row).zip(labels) {
                *sum += f64::from(x) * f64::from(course[label]);
            }
            total += row.iter().map(|&x| f64::from(x * x)).sum::<f64>();
        }
        (sums, total)
    });
    let mut loadings = Array2::zeros((courses.ncols(), data.columns()));
    let mut explained = 0.0;
    for (neuron, (&label, sum)) in labels.iter().zip(parts.iter().flat_map(|(sums, _)| sums)).enumerate() {
        // A z-scored course has Σ d² = number of time points.
        loadings[[label, neuron]] = (sum / time) as f32;
        explained += sum * sum / time;
    }
    (loadings, explained / parts.iter().map(|(_, total)| total).sum::<f64>())
}

/// 1 − ‖S − D·L‖² / ‖S‖².
fn explained(data: &ColumnBlocks, courses: &Array2<f32>, loadings: &Array2<f32>) -> f64 {
    let parts = data.map(|first, block| {
        let mut fitted = Array2::zeros(block.dim());
        let loadings = loadings.slice(s![.., first..first + block.ncols()]);
        multiply_into(fitted.view_mut(), courses.view(), loadings, Par::Seq);
        block.iter().zip(&fitted).fold((0.0, 0.0), |(residual, total), (&s, &f)| {
            (residual + f64::from(s - f).powi(2), total + f64::from(s).powi(2))
        })
    });
    let (residual, total) = parts.iter().fold((0.0, 0.0), |(r, t), part| (r + part.0, t + part.1));
    1.0 - residual / total
}
