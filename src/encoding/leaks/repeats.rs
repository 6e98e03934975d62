//! Runs that are there twice: the scan, or the stimulus.

use super::{Leak, refused};
use crate::clock::Clock;
use crate::encoding::{Folds, Predictors, Targets};
use crate::error::Result;
use crate::notebook::check_cancelled;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis, concatenate, s};

/// Regressors with which no model can know a story by heart.
const TOO_FEW: usize = 2;
/// Columns that are compared, and those by which a lag is found.
const SAMPLE: usize = 32;
const SKETCH: usize = 6;
/// Places of the mask from which the voxels of the sample come.
const PLACES: usize = 8;
/// Seconds by which one of two equal runs may begin later.
const SHIFT_SECONDS: f64 = 15.0;
/// Median |r| from which on regressors of two runs are the same.
const SAME_STORY: f64 = 0.95;
/// Median r from which on voxels of two runs are the same scan, in differences from volume to volume: drift does not count, and other cleaning does no harm.
pub(super) const SAME_SCAN: f64 = 0.9;
/// Fewest volumes that two runs must have in common.
const SHORTEST: usize = 20;

/// Two runs with the same courses: volume v of run `a` is volume v + `lag` of run `b`.
pub(super) struct Twins {
    pub a: usize,
    pub b: usize,
    lag: isize,
    r: f64,
}

/// An error if a scan is there twice, and one of both is tested while the other trains.
pub(super) fn check_bold(bold: &dyn Targets, sample: &Array2<f32>, folds: &Folds) -> Result<()> {
    let courses = differences(bold.clock(), bold.kept(), sample);
    for twins in twins(bold.clock(), courses.view(), SAME_SCAN)? {
        if let Some(fold) = split_by(folds, &twins) {
            let Twins { a, b, r, .. } = twins;
            return Err(refused(
                Leak::RepeatedRun,
                format!(
                    "runs {a} and {b} of {} are one scan (differences from volume to volume correlate by {r:.3} in a sample of voxels), and fold {fold} tests on what it trains on",
                    bold.name()
                ),
                format!("leave one of both out; was the file of run {a} given twice?"),
            ));
        }
    }
    Ok(())
}

/// An error if two runs have the same regressors, and one of both is tested while the other trains.
pub(super) fn check_stories(x: &dyn Predictors, folds: &Folds) -> Result<()> {
    let clock = x.clock();
    if clock.runs() < 2 {
        return Ok(());
    }
    let courses = x.courses();
    // One or two regressors (the story is on, the story begins) may be the same in each run, and cannot know a story by heart.
    if courses.ncols() <= TOO_FEW {
        return Ok(());
    }
    let columns: Vec<usize> = evenly(courses.ncols(), SAMPLE);
    let found = twins(clock, courses.select(Axis(1), &columns).view(), SAME_STORY)?;
    let Some((twins, fold)) = found.iter().find_map(|twins| Some((twins, split_by(folds, twins)?))) else {
        return Ok(());
    };
    let Twins { a, b, lag, r } = *twins;
    let later = match lag {
        0 => String::new(),
        _ => format!(", one {} volumes later", lag.abs()),
    };
    let names = names(clock.runs(), &found);
    let listed = match names.len() {
        0..=12 => format!("&{names:?}"),
        _ => "&names".to_owned(),
    };
    let advice = match names.iter().all(|name| *name == names[0]) {
        true => format!(
            "hold out parts of the story, the same in each run: `Folds::story_parts(&clock, {listed}, 5, 10.0)?`"
        ),
        false => format!(
            "hold the runs of a story out together, with one name for each run: `Folds::stories(&clock, {listed})?`"
        ),
    };
    Err(refused(
        Leak::RepeatedStory,
        format!(
            "runs {a} and {b} have the same {} (|r| = {r:.2}{later}): one story heard twice, and fold {fold} tests on a story that it trains on, whose response the model can know by heart",
            x.kind()
        ),
        advice,
    ))
}

/// The first fold that tests a volume of one run and trains on its twin in the other.
fn split_by(folds: &Folds, twins: &Twins) -> Option<usize> {
    let clock = folds.clock();
    let (of_a, of_b) = (clock.rows(twins.a), clock.rows(twins.b));
    let pairs: Vec<(usize, usize)> = of_a
        .clone()
        .filter_map(|row| {
            let twin = of_b.start.checked_add_signed((row - of_a.start) as isize + twins.lag)?;
            of_b.contains(&twin).then_some((row, twin))
        })
        .collect();
    (0..folds.count()).find(|n| {
        let fold = folds.fold(*n);
        let split = |test: usize, train: usize| {
            fold.test().binary_search(&test).is_ok() && fold.train().binary_search(&train).is_ok()
        };
        pairs.iter().any(|(a, b)| split(*a, *b) || split(*b, *a))
    })
}

/// All pairs of runs whose columns agree, in the median over columns that vary in both, to `same` or more.
pub(super) fn twins(clock: &Clock, data: ArrayView2<f32>, same: f64) -> Result<Vec<Twins>> {
    let farthest = (SHIFT_SECONDS / clock.tr()) as isize;
    let sketch = data.select(Axis(1), &evenly(data.ncols(), SKETCH));
    let scaled: Vec<Array2<f32>> = (0..clock.runs()).map(|run| unit(sketch.slice(s![clock.rows(run), ..]))).collect();
    let mut found = Vec::new();
    for a in 0..clock.runs() {
        check_cancelled("looking for runs that are there twice")?;
        for b in a + 1..clock.runs() {
            let rows = |lag: isize| overlap(clock.volumes(a), clock.volumes(b), lag);
            let alike = |lag: &isize| {
                let (of_a, of_b) = rows(*lag)?;
                let (x, y) = (scaled[a].slice(s![of_a.clone(), ..]), scaled[b].slice(s![of_b, ..]));
                let products = x
                    .columns()
                    .into_iter()
                    .zip(y.columns())
                    .map(|(x, y)| f64::from(x.dot(&y)).abs() / of_a.len() as f64);
                Some((median(products.collect())?, *lag))
            };
            let best = (-farthest..=farthest)
                .filter_map(|lag| alike(&lag))
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.abs().cmp(&a.1.abs())));
            // A cheap look first; what overlaps in part is scaled by its whole run here, and exactly below.
            let Some((_, lag)) = best.filter(|(alike, _)| *alike > 0.7 * same) else { continue };
            let Some((of_a, of_b)) = rows(lag) else { continue };
            let (start_a, start_b) = (clock.rows(a).start, clock.rows(b).start);
            let x = data.slice(s![start_a + of_a.start..start_a + of_a.end, ..]);
            let y = data.slice(s![start_b + of_b.start..start_b + of_b.end, ..]);
            let each =
                x.columns().into_iter().zip(y.columns()).filter_map(|(x, y)| correlation(x, y)).map(f64::abs).collect();
            if let Some(r) = median(each).filter(|r| *r >= same) {
                found.push(Twins { a, b, lag, r });
            }
        }
    }
    Ok(found)
}

/// Volumes of two runs that meet when the second is shifted; none if these are few.
fn overlap(a: usize, b: usize, lag: isize) -> Option<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let start = (-lag).max(0);
    let end = (a as isize).min(b as isize - lag);
    let common = usize::try_from(end - start).ok()?;
    if common < SHORTEST || 2 * common < a.min(b) {
        return None;
    }
    let range = |from: isize| from as usize..from as usize + common;
    Some((range(start), range(start + lag)))
}

/// A name for each run, the same for runs that are twins.
fn names(runs: usize, found: &[Twins]) -> Vec<String> {
    let mut first: Vec<usize> = (0..runs).collect();
    for Twins { a, b, .. } in found {
        let (to, from) = (first[*a].min(first[*b]), first[*a].max(first[*b]));
        first.iter_mut().filter(|first| **first == from).for_each(|first| *first = to);
    }
    first.iter().map(|first| format!("story{first}")).collect()
}

/// Columns with mean 0 and mean square 1; constant ones become 0.
fn unit(data: ArrayView2<f32>) -> Array2<f32> {
    let mut out = data.to_owned();
    for mut column in out.columns_mut() {
        let mean = column.mean().unwrap_or(0.0);
        column -= mean;
        let size = (column.dot(&column) / column.len().max(1) as f32).sqrt();
        column.mapv_inplace(|v| if size > 0.0 { v / size } else { 0.0 });
    }
    out
}

/// Pearson r in f64; none where one side does not vary.
fn correlation(x: ArrayView1<f32>, y: ArrayView1<f32>) -> Option<f64> {
    let centred = |course: ArrayView1<f32>| {
        let mean = course.iter().map(|v| f64::from(*v)).sum::<f64>() / course.len() as f64;
        course.mapv(|v| f64::from(v) - mean)
    };
    let (x, y) = (centred(x), centred(y));
    let norm = (x.dot(&x) * y.dot(&y)).sqrt();
    (norm > 0.0).then(|| x.dot(&y) / norm)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// At most `most` numbers below `count`, evenly spaced.
fn evenly(count: usize, most: usize) -> Vec<usize> {
    let taken = count.min(most);
    (0..taken).map(|n| n * count / taken).collect()
}

/// Every row of a sample of voxels: neighbours at a few places, which a file gives at once.
pub(in crate::encoding) fn sampled(bold: &dyn Targets) -> Result<Array2<f32>> {
    let voxels = bold.mask().count();
    let places = evenly(voxels, PLACES).into_iter();
    let columns = places.map(|v| bold.columns(v..(v + SAMPLE / PLACES).min(voxels))).collect::<Result<Vec<_>>>()?;
    let views: Vec<ArrayView2<f32>> = columns.iter().map(|column| column.view()).collect();
    Ok(concatenate(Axis(1), &views).unwrap_or_default())
}

/// What changes from one kept volume to the next of a run; 0 at a run's begin and at censored volumes.
pub(super) fn differences(clock: &Clock, kept: &[bool], courses: &Array2<f32>) -> Array2<f32> {
    let mut out = Array2::zeros(courses.dim());
    for run in 0..clock.runs() {
        for row in clock.rows(run).skip(1).filter(|row| kept[*row] && kept[*row - 1]) {
            out.row_mut(row).assign(&(&courses.row(row) - &courses.row(row - 1)));
        }
    }
    out
}
