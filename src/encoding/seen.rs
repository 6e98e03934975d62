//! Which runs a model has seen, so that it is never scored on them as if they were new.

use super::Targets;
use super::scaling::Scale;
use crate::clock::Clock;
use crate::error::{Error, Result};
use ndarray::{Array2, ArrayView2, Axis, concatenate, s};

/// Voxels by which a run is known again.
const SAMPLE: usize = 16;
/// Courses that agree to this correlation in every one of these voxels are the same scan, whatever was done to it.
const SAME: f64 = 0.999;

/// A sample of voxels of all runs that a model was trained on.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    clock: Clock,
    voxels: Vec<usize>,
    /// Time × voxel of the sample.
    courses: Array2<f32>,
    name: String,
}

impl Seen {
    pub fn of(bold: &dyn Targets) -> Result<Seen> {
        let count = bold.mask().count();
        let voxels: Vec<usize> = (0..SAMPLE.min(count)).map(|n| n * count / SAMPLE.min(count)).collect();
        let courses = sample(bold, &voxels)?;
        Ok(Seen { clock: bold.clock().clone(), voxels, courses, name: bold.name().to_owned() })
    }

    /// An error if a run of `bold`, which has the same voxels, is one of those seen.
    pub fn refuse(&self, bold: &dyn Targets) -> Result<()> {
        let new = sample(bold, &self.voxels)?;
        for run in 0..bold.clock().runs() {
            let rows = bold.clock().rows(run);
            for seen in (0..self.clock.runs()).filter(|seen| self.clock.rows(*seen).len() == rows.len()) {
                let old = self.courses.slice(s![self.clock.rows(seen), ..]);
                if same(old, new.slice(s![rows.clone(), ..])) {
                    return Err(Error::value(
                        format!(
                            "run {run} of {} is run {seen} of {}, on which the model was trained",
                            bold.name(),
                            self.name
                        ),
                        "score runs that the model has not seen; for the runs it was trained on, its held-out scores are `fit.r()`",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Whether two stretches of the same voxels are one scan.
fn same(a: ArrayView2<f32>, b: ArrayView2<f32>) -> bool {
    let rows: Vec<usize> = (0..a.nrows()).collect();
    let (of_a, of_b) = (Scale::of(a, &rows), Scale::of(b, &rows));
    let varying = |v: &usize| of_a.inverse[*v] > 0.0 && of_b.inverse[*v] > 0.0;
    let (a, b) = (of_a.applied(a, &rows), of_b.applied(b, &rows));
    let mut compared = (0..a.ncols()).filter(varying).peekable();
    compared.peek().is_some()
        && compared.all(|v| {
            let product: f64 = a.column(v).iter().zip(b.column(v)).map(|(a, b)| f64::from(a * b)).sum();
            product / rows.len() as f64 > SAME
        })
}

fn sample(bold: &dyn Targets, voxels: &[usize]) -> Result<Array2<f32>> {
    let columns = voxels.iter().map(|&v| bold.columns(v..v + 1)).collect::<Result<Vec<_>>>()?;
    let views: Vec<ArrayView2<f32>> = columns.iter().map(|column| column.view()).collect();
    Ok(concatenate(Axis(1), &views).unwrap_or_default())
}
