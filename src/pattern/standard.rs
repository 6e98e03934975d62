//! The series as every method sees it: columns that vary, z-scored within each run.

use crate::activation::NeuronSeries;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::{BLOCK, ColumnBlocks, in_pool, vectorised};
use ndarray::{Array2, ArrayView2, ArrayViewMut1, s};
use rayon::prelude::*;
use std::ops::Range;

/// Spread below this share of the largest magnitude is rounding of f32 values, not a course.
const CONSTANT: f64 = 1e-6;

/// Neurons that vary, z-scored within each run.
pub(super) struct Standardised {
    /// Time × live neuron.
    pub data: ColumnBlocks,
    /// Columns of the series that `data` holds.
    pub live: Vec<usize>,
    /// Columns that do not vary in any run.
    pub left_out: Vec<usize>,
}

impl Standardised {
    /// z-scores each neuron within each run (a run in which it does not vary becomes 0) and leaves out those that never vary.
    pub fn new(series: &NeuronSeries) -> Result<Standardised> {
        let (time, neurons) = series.data().dim();
        if time < 2 {
            return Err(Error::value(
                format!("the series has {time} time point"),
                "a temporal pattern needs at least two; give a longer text or scan",
            ));
        }
        let moments = Moments::of(series.data(), series.clock());
        let (live, left_out): (Vec<usize>, Vec<usize>) = (0..neurons).partition(|&neuron| moments.varies(neuron));
        if live.is_empty() {
            return Err(Error::value(
                format!("all {neurons} neurons are constant within every run"),
                "look at how the series was made: are the words inside the scan, and are runs longer than one volume?",
            ));
        }
        let data = moments.zscored(series.data(), &live);
        Ok(Standardised { data, live, left_out })
    }

    /// Time points.
    pub fn time(&self) -> usize {
        self.data.rows()
    }

    /// "; 3 constant neurons left out", or nothing.
    pub fn note(&self) -> String {
        match self.left_out.len() {
            0 => String::new(),
            1 => "; 1 constant neuron left out (loading 0)".to_owned(),
            n => format!("; {n} constant neurons left out (loading 0)"),
        }
    }
}

/// Mean and standard deviation of some columns within a run; `None` where one does not vary.
type OfRun = Vec<Option<(f64, f64)>>;

/// Mean and standard deviation of each column within each run.
pub(crate) struct Moments {
    runs: Vec<Range<usize>>,
    /// By block of columns, then by run.
    blocks: Vec<Vec<OfRun>>,
}

impl Moments {
    /// Of a series time × column.
    pub(crate) fn of(data: &Array2<f32>, clock: &Clock) -> Moments {
        let columns = data.ncols();
        let runs: Vec<_> = (0..clock.runs()).map(|run| clock.rows(run)).collect();
        let of_columns = |columns: Range<usize>| -> Vec<OfRun> {
            runs.iter().map(|rows| moments(data.slice(s![rows.clone(), columns.clone()]))).collect()
        };
        let blocks = in_pool(|| {
            let block = |n: usize| of_columns(n * BLOCK..((n + 1) * BLOCK).min(columns));
            (0..columns.div_ceil(BLOCK)).into_par_iter().map(block).collect()
        });
        Moments { runs, blocks }
    }

    fn moment(&self, run: usize, column: usize) -> Option<(f64, f64)> {
        self.blocks[column / BLOCK][run][column % BLOCK]
    }

    /// Whether a column varies within any run.
    pub(crate) fn varies(&self, column: usize) -> bool {
        (0..self.runs.len()).any(|run| self.moment(run, column).is_some())
    }

    /// The given columns, ascending, z-scored within each run; a run in which a column does not vary becomes 0.
    pub(crate) fn zscored(&self, data: &Array2<f32>, chosen: &[usize]) -> ColumnBlocks {
        ColumnBlocks::of(data.nrows(), chosen.len(), |columns| {
            let mut block = Array2::zeros((data.nrows(), columns.len()));
            let chosen = &chosen[columns];
            for (run, rows) in self.runs.iter().enumerate() {
                let (means, factors): (Vec<f64>, Vec<f64>) = chosen
                    .iter()
                    .map(|&column| self.moment(run, column).map_or((0.0, 0.0), |(mean, spread)| (mean, 1.0 / spread)))
                    .unzip();
                for row in rows.clone() {
                    let (source, mut out) = (data.row(row), block.row_mut(row));
                    match chosen[chosen.len() - 1] - chosen[0] + 1 == chosen.len() {
                        true => out.assign(&source.slice(s![chosen[0]..chosen[0] + chosen.len()])),
                        false => out.iter_mut().zip(chosen).for_each(|(out, &column)| *out = source[column]),
                    }
                    if let Some(out) = out.into_slice() {
                        scale(out, &means, &factors);
                    }
                }
            }
            block
        })
    }
}

/// x ← (x − mean) · factor, number by number; 0 where the factor is 0.
fn scale(values: &mut [f32], means: &[f64], factors: &[f64]) {
    vectorised(
        #[inline(always)]
        || {
            for ((x, mean), factor) in values.iter_mut().zip(means).zip(factors) {
                let scaled = ((f64::from(*x) - mean) * factor) as f32;
                *x = if *factor == 0.0 { 0.0 } else { scaled };
            }
        },
    );
}

/// Of the columns of some rows.
fn moments(rows: ArrayView2<f32>) -> OfRun {
    let (count, columns) = rows.dim();
    let (mut mean, mut square, mut largest) = (vec![0f64; columns], vec![0f64; columns], vec![0f32; columns]);
    for row in rows.rows() {
        let row = row.as_standard_layout();
        let row = row.as_slice().unwrap_or_default();
        vectorised(
            #[inline(always)]
            || {
                for ((&x, sum), largest) in row.iter().zip(&mut mean).zip(&mut largest) {
                    *sum += f64::from(x);
                    *largest = if x.abs() > *largest { x.abs() } else { *largest };
                }
            },
        );
    }
    mean.iter_mut().for_each(|sum| *sum /= count as f64);
    // A second pass: the square of a sum would cancel where the mean is large.
    for row in rows.rows() {
        let row = row.as_standard_layout();
        let row = row.as_slice().unwrap_or_default();
        vectorised(
            #[inline(always)]
            || {
                for ((&x, mean), square) in row.iter().zip(&mean).zip(&mut square) {
                    let apart = f64::from(x) - mean;
                    *square += apart * apart;
                }
            },
        );
    }
    let deviations = square.into_iter().map(|sum| (sum / count as f64).sqrt());
    mean.into_iter()
        .zip(deviations)
        .zip(largest)
        .map(|((mean, deviation), largest)| (deviation > CONSTANT * f64::from(largest)).then_some((mean, deviation)))
        .collect()
}

/// z-scores a course in place, and gives what its standard deviation was; `None` if it does not vary.
pub(crate) fn zscore(mut course: ArrayViewMut1<f32>) -> Option<f64> {
    let count = course.len() as f64;
    let mean = course.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let deviation = (course.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count).sqrt();
    let largest = course.iter().fold(0f64, |m, &x| m.max(f64::from(x).abs()));
    if deviation <= CONSTANT * largest {
        return None;
    }
    course.mapv_inplace(|x| ((f64::from(x) - mean) / deviation) as f32);
    Some(deviation)
}
