//! From raw courses to [`Patterns`]: z-score, loadings, variance explained, order and sign.

use super::Patterns;
use super::standard::{Standardised, zscore};
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::linalg::{gram, in_pool, multiply_into, product, symmetric_eigen};
use faer::Par;
use ndarray::{Array1, Array2, Axis, s};
use rayon::prelude::*;
use std::sync::Arc;

/// Neurons whose residual is formed at once.
const BLOCK: usize = 512;

/// How loadings follow from courses.
pub(super) enum Loadings<'a> {
    /// Least squares of each neuron on all courses.
    Regression,
    /// Regression of each neuron on the one course it belongs to.
    Membership(&'a [usize]),
}

/// Patterns of the raw `courses` (time × k): z-scored, with loadings, ordered and signed by the rule of this room.
pub(super) fn assemble(
    series: &NeuronSeries,
    standard: &Standardised,
    mut courses: Array2<f32>,
    loadings: Loadings,
    method: String,
) -> Result<Patterns> {
    for (number, course) in courses.columns_mut().into_iter().enumerate() {
        if !zscore(course) {
            return Err(Error::value(
                format!("pattern {number} of {method} has a constant course"),
                "ask for fewer patterns, or try another seed",
            ));
        }
    }
    let mut live = match loadings {
        Loadings::Regression => regression(&courses, &standard.data)?,
        Loadings::Membership(labels) => membership(&courses, &standard.data, labels),
    };
    let explained = explained(&standard.data, &courses, &live);

    let strength: Vec<f64> =
        live.rows().into_iter().map(|row| row.iter().map(|&l| f64::from(l).powi(2)).sum()).collect();
    let mut order: Vec<usize> = (0..strength.len()).collect();
    // Sorting is stable, so that equal patterns keep the method's order.
    order.sort_by(|&a, &b| strength[b].total_cmp(&strength[a]));
    courses = courses.select(Axis(1), &order);
    live = live.select(Axis(0), &order);
    for (mut course, mut row) in courses.columns_mut().into_iter().zip(live.rows_mut()) {
        let largest = row.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
        if largest.is_some_and(|l| l < 0.0) {
            course.mapv_inplace(|x| -x);
            row.mapv_inplace(|x| -x);
        }
    }

    let mut all = Array2::zeros((live.nrows(), series.data().ncols()));
    for (column, &neuron) in live.columns().into_iter().zip(&standard.live) {
        all.column_mut(neuron).assign(&column);
    }
    Ok(Patterns {
        courses: Arc::new(courses),
        loadings: Arc::new(all),
        clock: series.clock().clone(),
        neurons: series.neurons().clone(),
        method: method + &standard.note(series.data().ncols()),
        explained,
    })
}

/// L = (DᵀD)⁻¹ Dᵀ S.
fn regression(courses: &Array2<f32>, data: &Array2<f32>) -> Result<Array2<f32>> {
    let eigen = symmetric_eigen(gram(courses.view()).view())?;
    let inverse =
        Array1::from_iter(eigen.values.iter().map(|&v| if v > eigen.values[0] * 1e-12 { 1.0 / v } else { 0.0 }));
    let solver = (&eigen.vectors * &inverse).dot(&eigen.vectors.t()).dot(&courses.mapv(f64::from).t());
    product(solver.mapv(|v| v as f32).view(), data.view())
}

fn membership(courses: &Array2<f32>, data: &Array2<f32>, labels: &[usize]) -> Array2<f32> {
    let (time, neurons) = data.dim();
    let mut sums = vec![0f64; neurons];
    for (row, course) in data.rows().into_iter().zip(courses.rows()) {
        for ((sum, &x), &label) in sums.iter_mut().zip(row).zip(labels) {
            *sum += f64::from(x) * f64::from(course[label]);
        }
    }
    let mut loadings = Array2::zeros((courses.ncols(), neurons));
    for (neuron, (&label, sum)) in labels.iter().zip(sums).enumerate() {
        // A z-scored course has Σ d² = number of time points.
        loadings[[label, neuron]] = (sum / time as f64) as f32;
    }
    loadings
}

/// 1 − ‖S − D·L‖² / ‖S‖².
fn explained(data: &Array2<f32>, courses: &Array2<f32>, loadings: &Array2<f32>) -> f64 {
    let neurons = data.ncols();
    let parts: Vec<(f64, f64)> = in_pool(|| {
        (0..neurons.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let columns = block * BLOCK..((block + 1) * BLOCK).min(neurons);
                let s = data.slice(s![.., columns.clone()]);
                let mut fitted = Array2::zeros(s.dim());
                multiply_into(fitted.view_mut(), courses.view(), loadings.slice(s![.., columns]), Par::Seq);
                let pairs = s.iter().zip(&fitted);
                pairs.fold((0.0, 0.0), |(residual, total), (&s, &f)| {
                    (residual + f64::from(s - f).powi(2), total + f64::from(s).powi(2))
                })
            })
            .collect()
    });
    let (residual, total) = parts.iter().fold((0.0, 0.0), |(r, t), part| (r + part.0, t + part.1));
    1.0 - residual / total
}
