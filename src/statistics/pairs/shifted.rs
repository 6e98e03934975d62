//! All pairs under circular shifts: one product gives r at every shift of a run, and each draw adds up one row of it for each run.
//!
//! A run of T volumes has T shifts, and draws choose among them; so 1,000 draws of 1,500 volumes in 5 runs cost no more than 300. Volumes that
//! are left out turn with their course. The best of several lags is the best of neighbouring shifts, in the data as in each draw, so that the
//! search is part of the null.

use super::super::lookup::ROUNDING;
use super::super::turns::Turns;
use super::super::{Sides, unit_runs};
use super::by::{Found, PairOptions};
use crate::clock::Clock;
use crate::error::Result;
use crate::linalg::{in_pool, multiply_alone, vectorised};
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Mutex;

/// Columns of the first series that one thread treats at a time.
const WIDTH: usize = 256;
/// Of a course of length 1 that is left by the volumes kept; less is rounding, or no course at all.
const LEAST: f32 = 1e-6;

/// One run: where it lies, which of its rows the first series keeps, and what is left out of the second.
struct Run {
    rows: Range<usize>,
    /// The rows that are compared at every lag.
    window: Range<usize>,
    /// 1 for a kept volume, 0 for one that is left out, twice around; none if all are kept.
    kept: Option<Vec<f32>>,
}

/// One column of the second series in one run, turned by each shift.
struct Turned {
    /// The course about its mean, 0 where left out, twice around.
    course: Vec<f32>,
    /// For each shift, mean over the kept volumes of the window, and the inverse of the length about it.
    mean: Vec<f32>,
    scale: Vec<f32>,
}

/// What was found for one block of the first series' columns, column × second column.
struct Block {
    r: Array2<f32>,
    reached: Array2<u32>,
    lag: Array2<i16>,
}

pub(super) fn shifted(
    first: &Array2<f32>,
    second: &Array2<f32>,
    clock: &Clock,
    turns: &Turns,
    options: &PairOptions,
) -> Result<Found> {
    let lags = options.lags;
    let run = |run: usize| {
        let rows = clock.rows(run);
        let kept = (!options.kept.is_empty()).then(|| &options.kept[rows.clone()]);
        let kept = kept.filter(|kept| kept.contains(&false));
        let twice = |kept: &[bool]| kept.iter().chain(kept).map(|kept| if *kept { 1.0 } else { 0.0 }).collect();
        Run { window: lags..rows.len() - lags, kept: kept.map(twice), rows }
    };
    let runs: Vec<Run> = (0..clock.runs()).map(run).collect();
    let turned: Vec<Vec<Turned>> = second
        .columns()
        .into_iter()
        .map(|column| {
            let column: Vec<f32> = column.to_vec();
            runs.iter().map(|run| Turned::new(&column[run.rows.clone()], run)).collect()
        })
        .collect();
    let (n, m) = (first.ncols(), second.ncols());
    let progress = Mutex::new(Progress::new("neurons coupled", n as u64));
    let block = |number: usize| -> Result<Block> {
        let columns = number * WIDTH..((number + 1) * WIDTH).min(n);
        let width = columns.len();
        let unit = unit_runs(first.slice(s![.., columns]), clock);
        let windows: Vec<Window> =
            runs.iter().map(|run| Window::new(unit.slice(s![run.rows.clone(), ..]), run)).collect();
        let size = (width, m);
        let mut found = Block { r: Array2::zeros(size), reached: Array2::zeros(size), lag: Array2::zeros(size) };
        let mut tables: Vec<Array2<f32>> = runs.iter().map(|run| Array2::zeros((run.rows.len(), width))).collect();
        let mut circle = Vec::new();
        for (column, turned) in turned.iter().enumerate() {
            check_cancelled("the coupling")?;
            for ((run, turned), (window, table)) in runs.iter().zip(turned).zip(windows.iter().zip(&mut tables)) {
                window.table(run, turned, runs.len(), &mut circle, table);
            }
            let mut draws = Draws { tables: &tables, runs: &runs, lags, sides: options.sides };
            let (r, lag, reached) = vectorised(
                #[inline(always)]
                || draws.count(turns, width),
            );
            for row in 0..width {
                found.r[[row, column]] = r[row];
                found.lag[[row, column]] = lag[row];
                found.reached[[row, column]] = reached[row];
            }
        }
        // A poisoned lock only means that another block failed, which is reported by itself.
        progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).advance(width as u64);
        Ok(found)
    };
    let blocks: Vec<Block> = in_pool(|| (0..n.div_ceil(WIDTH)).into_par_iter().map(block).collect::<Result<_>>())?;
    let mut whole =
        Found { r: Array2::zeros((n, m)), p: Array2::ones((n, m)), lag: (lags > 0).then(|| Array2::zeros((n, m))) };
    let draws = turns.count() as f64;
    for (number, block) in blocks.into_iter().enumerate() {
        let rows = number * WIDTH..number * WIDTH + block.r.nrows();
        whole.p.slice_mut(s![rows.clone(), ..]).assign(&block.reached.mapv(|n| (1.0 + f64::from(n)) / (1.0 + draws)));
        whole.r.slice_mut(s![rows.clone(), ..]).assign(&block.r);
        if let Some(lag) = &mut whole.lag {
            lag.slice_mut(s![rows, ..]).assign(&block.lag);
        }
    }
    Ok(whole)
}

impl Turned {
    fn new(column: &[f32], run: &Run) -> Turned {
        let volumes = column.len();
        let kept = |t: usize| run.kept.as_ref().is_none_or(|kept| kept[t] > 0.0);
        let here: Vec<f64> = (0..volumes).filter(|t| kept(*t)).map(|t| f64::from(column[t])).collect();
        let centre = here.iter().sum::<f64>() / here.len().max(1) as f64;
        let length = here.iter().map(|v| (v - centre).powi(2)).sum::<f64>().sqrt();
        // To rounding a constant course is constant.
        let varies = length > 1e-6 * centre.abs() * (here.len() as f64).sqrt() && length > 0.0;
        let unit = if varies { length.recip() } else { 0.0 };
        let value = |t: usize| if kept(t) { ((f64::from(column[t]) - centre) * unit) as f32 } else { 0.0 };
        let once: Vec<f32> = (0..volumes).map(value).collect();
        let course = [once.as_slice(), once.as_slice()].concat();
        if run.kept.is_none() && run.window.len() == volumes {
            // Turned, it is the same about the same mean.
            return Turned { course, mean: vec![0.0; volumes], scale: vec![1.0; volumes] };
        }
        let (mut mean, mut scale) = (Vec::with_capacity(volumes), Vec::with_capacity(volumes));
        for shift in 0..volumes {
            let (mut count, mut sum, mut square) = (0_usize, 0.0_f64, 0.0_f64);
            for t in run.window.clone() {
                let at = (t + shift) % volumes;
                if kept(at) {
                    let value = f64::from(once[at]);
                    count += 1;
                    sum += value;
                    square += value * value;
                }
            }
            let about = square - sum * sum / count.max(1) as f64;
            let inverse = if about > f64::from(LEAST) { about.sqrt().recip() } else { 0.0 };
            mean.push((sum / count.max(1) as f64) as f32);
            scale.push(inverse as f32);
        }
        Turned { course, mean, scale }
    }
}

/// Columns of the first series in one run's window.
struct Window {
    /// time × column, mean 0 and length 1.
    courses: Array2<f32>,
    /// shift × column, where volumes are left out: the sum over the volumes that are kept, and the inverse of the length about their mean.
    gaps: Option<(Array2<f32>, Array2<f32>)>,
}

impl Window {
    fn new(unit: ArrayView2<f32>, run: &Run) -> Window {
        let part = unit.slice(s![run.window.clone(), ..]);
        let alone = Clock::new(1.0, &[part.nrows()]);
        // A window is some volumes of a run, of which there are at least three.
        let courses = alone.map(|clock| unit_runs(part, &clock)).unwrap_or_else(|_| part.to_owned());
        let gaps = run.kept.as_ref().map(|kept| {
            let volumes = run.rows.len();
            let mut around = Vec::new();
            turned_rows(kept, run, |_| 1.0, &mut around);
            let circle = as_rows(&around, volumes);
            let (mut sum, mut square) =
                (Array2::zeros((volumes, unit.ncols())), Array2::zeros((volumes, unit.ncols())));
            multiply_alone(sum.view_mut(), false, circle, courses.view());
            multiply_alone(square.view_mut(), false, circle, courses.mapv(|v| v * v).view());
            for (shift, (sum, mut square)) in sum.rows().into_iter().zip(square.rows_mut()).enumerate() {
                let count = circle.row(shift).sum().max(1.0);
                square.zip_mut_with(&sum, |square, sum| {
                    let about = *square - sum * sum / count;
                    *square = if about > LEAST { about.sqrt().recip() } else { 0.0 };
                });
            }
            (sum, square)
        });
        Window { courses, gaps }
    }

    /// r of each column with the turned course, over the number of runs: shift × column.
    fn table(&self, run: &Run, turned: &Turned, runs: usize, circle: &mut Vec<f32>, table: &mut Array2<f32>) {
        let share = 1.0 / runs as f32;
        turned_rows(&turned.course, run, |shift| share * turned.scale[shift], circle);
        multiply_alone(table.view_mut(), false, as_rows(circle, run.rows.len()), self.courses.view());
        if let Some((sums, scales)) = &self.gaps {
            let rows = table.rows_mut().into_iter().zip(sums.rows()).zip(scales.rows());
            for (shift, ((mut row, sum), scale)) in rows.enumerate() {
                let mean = share * turned.scale[shift] * turned.mean[shift];
                row.zip_mut_with(&sum, |r, sum| *r -= mean * sum);
                row.zip_mut_with(&scale, |r, scale| *r *= scale);
            }
        }
    }
}

/// Row s: the window of the course that is turned by s, times a factor of its own.
fn turned_rows(twice: &[f32], run: &Run, factor: impl Fn(usize) -> f32, rows: &mut Vec<f32>) {
    rows.clear();
    for shift in 0..run.rows.len() {
        let factor = factor(shift);
        rows.extend(twice[shift + run.window.start..shift + run.window.end].iter().map(|v| factor * v));
    }
}

fn as_rows(values: &[f32], rows: usize) -> ArrayView2<'_, f32> {
    // The values were laid out as so many rows by `turned_rows`.
    ArrayView2::from_shape((rows, values.len() / rows.max(1)), values).unwrap_or_else(|_| ArrayView2::from(&[[]]))
}

/// The tables of one course of the second series.
struct Draws<'a> {
    tables: &'a [Array2<f32>],
    runs: &'a [Run],
    lags: usize,
    sides: Sides,
}

impl Draws<'_> {
    /// r at its best lag, that lag, and how many draws reach it, column by column.
    #[inline(always)]
    fn count(&mut self, turns: &Turns, width: usize) -> (Vec<f32>, Vec<i16>, Vec<u32>) {
        let (mut sum, mut best) = (vec![0.0_f32; width], vec![0.0_f32; width]);
        let (mut r, mut lag) = (vec![0.0_f32; width], vec![0_i16; width]);
        let both = self.sides == Sides::Both;
        for at in 0..=2 * self.lags {
            self.add_up(|_| 0, at, &mut sum);
            for n in 0..width {
                let size = if both { sum[n].abs() } else { sum[n] };
                if at == 0 || size > best[n] {
                    (best[n], r[n], lag[n]) = (size, sum[n], at as i16 - self.lags as i16);
                }
            }
        }
        let observed: Vec<f32> = best.iter().map(|size| size - ROUNDING).collect();
        let mut reached = vec![0_u32; width];
        for shifts in turns.draws() {
            for at in 0..=2 * self.lags {
                self.add_up(
                    #[inline(always)]
                    |run| shifts[run],
                    at,
                    &mut sum,
                );
                if both {
                    sum.iter_mut().for_each(
                        #[inline(always)]
                        |v| *v = v.abs(),
                    );
                }
                match at {
                    0 => best.copy_from_slice(&sum),
                    _ => best.iter_mut().zip(&sum).for_each(
                        #[inline(always)]
                        |(best, v)| *best = best.max(*v),
                    ),
                }
            }
            reached.iter_mut().zip(&best).zip(&observed).for_each(
                #[inline(always)]
                |((reached, best), observed)| *reached += u32::from(best >= observed),
            );
        }
        (r, lag, reached)
    }

    /// The sum over runs of their r at a shift, and at one of the lags around it.
    #[inline(always)]
    fn add_up(&self, shift: impl Fn(usize) -> usize, at: usize, sum: &mut [f32]) {
        sum.fill(0.0);
        for (run, table) in self.tables.iter().enumerate() {
            let volumes = self.runs[run].rows.len();
            let place = (shift(run) + volumes + at - self.lags) % volumes;
            if let Some(row) = table.row(place).as_slice() {
                sum.iter_mut().zip(row).for_each(
                    #[inline(always)]
                    |(sum, r)| *sum += r,
                );
            }
        }
    }
}
