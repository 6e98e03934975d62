//! From raw courses to [`Patterns`]: z-score, loadings, variance explained, order and sign.

use super::standard::{Standardised, zscore};
use super::{Patterns, Report};
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::linalg::{ColumnBlocks, gram, product, pseudo_inverse};
use crate::provenance::Provenance;
use ndarray::{Array1, Array2, Axis};
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
    let (mut live, fit) = match loadings {
        Loadings::Membership(labels) => membership(&courses, &standard.data, labels),
        loadings => {
            let (live, regressed) = match loadings {
                Loadings::Codes(codes) => (codes * &Array1::from(deviations).insert_axis(Axis(1)), false),
                _ => (regression(&courses, &standard.data)?, true),
            };
            let fit = explained(&standard.data, &courses, &live, regressed)?;
            (live, fit)
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
    let points = standard.time() as f64;
    report.explained_by = order.iter().map(|&k| strength[k] * points / fit.whole).collect();
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
    let made = Provenance::step("patterns").option("method", &method).input("series", series);
    Ok(Patterns {
        origin: made.into(),
        courses: Arc::new(courses),
        loadings: Arc::new(all),
        clock: series.clock().clone(),
        neurons: series.neurons().clone(),
        method: method + &standard.note(),
        explained: fit.overall,
        explained_by_neuron: spread(&fit.by_neuron, &standard.live, series.data().ncols()).into(),
        report,
    })
}

/// L = (DᵀD)⁻¹ Dᵀ S.
fn regression(courses: &Array2<f32>, data: &ColumnBlocks) -> Result<Array2<f32>> {
    let solver = pseudo_inverse(gram(courses.view()).view())?.dot(&courses.mapv(f64::from).t());
    Ok(data.times(solver.mapv(|v| v as f32).view()).to_matrix())
}

/// l = x·d / T of each neuron with its own course d, and the share that these explain: a neuron that is regressed on one course of squared
/// norm T leaves ‖x‖² − T·l².
fn membership(courses: &Array2<f32>, data: &ColumnBlocks, labels: &[usize]) -> (Array2<f32>, Fit) {
    let time = data.rows() as f64;
    let parts = data.map(|first, block| {
        let labels = &labels[first..first + block.ncols()];
        let mut both = vec![(0f64, 0f64); block.ncols()];
        for (row, course) in block.rows().into_iter().zip(courses.rows()) {
            for (((along, total), &x), &label) in both.iter_mut().zip(row).zip(labels) {
                *along += f64::from(x * course[label]);
                *total += f64::from(x * x);
            }
        }
        both
    });
    let mut loadings = Array2::zeros((courses.ncols(), data.columns()));
    let mut fit = Fit { overall: 0.0, by_neuron: Vec::with_capacity(data.columns()), whole: 0.0 };
    for (neuron, (&label, (along, total))) in labels.iter().zip(parts.concat()).enumerate() {
        // A z-scored course has Σ d² = number of time points.
        loadings[[label, neuron]] = (along / time) as f32;
        let explained = along * along / time;
        fit.overall += explained;
        fit.whole += total;
        fit.by_neuron.push(if total > 0.0 { (explained / total) as f32 } else { 0.0 });
    }
    fit.overall /= fit.whole;
    (loadings, fit)
}

/// How much of a series is explained.
pub(super) struct Fit {
    /// 1 − ‖S − D·L‖² / ‖S‖².
    pub overall: f64,
    /// The same for each neuron.
    pub by_neuron: Vec<f32>,
    /// ‖S‖².
    pub whole: f64,
}

/// ‖s‖² − ‖s − D·l‖² = lᵀ·(2·Dᵀs − DᵀD·l) of each neuron, as a share of ‖s‖². For least-squares loadings Dᵀs is DᵀD·l, and the series need not be read again.
pub(super) fn explained(
    data: &ColumnBlocks,
    courses: &Array2<f32>,
    loadings: &Array2<f32>,
    regressed: bool,
) -> Result<Fit> {
    let fitted = product(gram(courses.view()).mapv(|v| v as f32).view(), loadings.view())?;
    let along = match regressed {
        true => fitted.view().to_owned(),
        false => data.times(courses.t()).to_matrix(),
    };
    let mut sums = vec![0f64; data.columns()];
    for ((l, f), a) in loadings.rows().into_iter().zip(fitted.rows()).zip(along.rows()) {
        for (((sum, l), f), a) in sums.iter_mut().zip(l).zip(f).zip(a) {
            *sum += f64::from(l * (2.0 * a - f));
        }
    }
    let totals = data.squared_norms();
    let whole: f64 = totals.iter().sum();
    let overall = if whole > 0.0 { sums.iter().sum::<f64>() / whole } else { 0.0 };
    let share = |(sum, total): (f64, &f64)| if *total > 0.0 { (sum / total) as f32 } else { 0.0 };
    Ok(Fit { overall, by_neuron: sums.into_iter().zip(&totals).map(share).collect(), whole })
}

/// Values of the live neurons at their places among all; 0 elsewhere.
pub(super) fn spread(values: &[f32], live: &[usize], neurons: usize) -> Vec<f32> {
    let mut all = vec![0.0; neurons];
    live.iter().zip(values).for_each(|(&neuron, &value)| all[neuron] = value);
    all
}
