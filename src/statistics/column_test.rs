//! A test for each column: is the correlation of prediction and data more than chance?

use super::lookup::{Found, Lookup, family_wise};
use super::phase::{Transforms, check_rows};
use super::{Null, Sides, unit_runs};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array2, s};
use rayon::prelude::*;
use std::fmt;
use std::ops::Range;
use std::sync::Mutex;

/// Columns of a block; each block belongs to one thread.
const WIDTH: usize = 256;

/// Correlations of two series, column by column, and their p values: [`correlation_test`].
#[derive(Clone, Debug)]
pub struct ColumnTest {
    r: Vec<f64>,
    p: Vec<f64>,
    max_p: Option<Vec<f64>>,
    about: String,
}

impl ColumnTest {
    /// Pearson r of each column, mean over runs.
    pub fn r(&self) -> &[f64] {
        &self.r
    }

    /// p of each column, not corrected for their number.
    pub fn p(&self) -> &[f64] {
        &self.p
    }

    /// Family-wise p of each column by the maximum over columns in each draw; none under [`Null::Phase`], which draws nothing.
    pub fn max_p(&self) -> Option<&[f64]> {
        self.max_p.as_deref()
    }

    /// The null, the sides, and how many draws.
    pub fn about(&self) -> &str {
        &self.about
    }
}

impl fmt::Display for ColumnTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = self.p.iter().copied().fold(1.0, f64::min);
        write!(f, "ColumnTest: {} columns, smallest p {least:.1e}; {}", self.r.len(), self.about)
    }
}

/// Is the correlation of each column of `prediction` with the same column of `data` more than chance?
///
/// Both are time × column on `clock`. r is the mean over runs of Pearson's r in each; a run in which a column does not vary counts as r = 0, and a
/// column that never does has p = 1.
///
/// Under [`Null::Phase`] r is a sum of cosines of random phases, whose tail is known in closed form (see [`phase_null_sd`](super::phase_null_sd)):
/// P(mean of r ≥ r₀) by the saddle point of Lugannani and Rice, right to some 5 % however small it is; below 2e-308 that number is given. It
/// supposes that runs are stationary and without gaps. Series of which three or four frequencies hold all power are at its limit.
///
/// Under [`Null::BlockPermutation`] blocks of the data change places within their run; volumes at a run's end that do not fill a block stay where
/// they are, which costs a little power and no validity. Blocks must be longer than the series remember: with blocks of 2 volumes
/// and AR(1) noise of φ = 0.9 on both sides, p is below 0.05 in more than 10 % of cases. Under [`Null::CircularShift`] runs of the data are turned,
/// each by its own shift, which is what to take where censored volumes are left out; where a run's end meets its begin memory is cut, so that
/// short and very slow runs have p too small (8 % below 0.05 for 150 volumes at φ = 0.9; right at φ = 0.6). For both p = (1 + draws with r as large) / (1 + draws), and
/// [`ColumnTest::max_p`] compares with the largest r over columns of the same draws (Nichols & Holmes 2002, Hum Brain Mapp 15).
///
/// **The predictions are taken as given**, or learned from other data than these. Held-out predictions of a cross-validation, of which each fold
/// has learned from the other folds' data, stray further: [`significance`](crate::encoding::significance) knows of that. The best of several lags or
/// models is not covered either: correct for the number searched.
///
/// ```
/// use neurocell::prelude::*;
/// use neurocell::statistics::{Null, Sides, correlation_test};
/// let clock = Clock::new(2.0, &[100, 100])?;
/// let wave = |t: usize, n: usize| ((t * t * (n + 3)) as f32).sin();
/// let data = ndarray::Array2::from_shape_fn((200, 4), |(t, n)| wave(t, n));
/// let prediction = ndarray::Array2::from_shape_fn((200, 4), |(t, n)| wave(t, n) + 2.0 * wave(t, n + 9));
/// let found = correlation_test(&prediction, &data, &clock, &Null::Phase, Sides::Greater)?;
/// assert!(found.p().iter().all(|p| *p < 1e-3));
/// println!("{found}");
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If the arrays differ in shape or rows are not the clock's volumes; a value is NaN or infinite; runs are too short for the blocks or shifts; or it
/// is stopped.
pub fn correlation_test(
    prediction: &Array2<f32>,
    data: &Array2<f32>,
    clock: &Clock,
    null: &Null,
    sides: Sides,
) -> Result<ColumnTest> {
    if prediction.ncols() != data.ncols() {
        return Err(Error::shape(
            format!("the prediction has {} columns, and the data {}", prediction.ncols(), data.ncols()),
            "give a prediction of each column of the data",
        ));
    }
    check_rows("the prediction", prediction.view(), clock)?;
    check_rows("the data", data.view(), clock)?;
    test_in_blocks(clock, data.ncols(), null, sides, 1.0, |columns| {
        Ok((prediction.slice(s![.., columns.clone()]).to_owned(), data.slice(s![.., columns]).to_owned()))
    })
}

/// [`correlation_test`] of columns that are fetched some at a time, on the rows of `clock`: prediction and data. Chance is `spread` times as wide as the null
/// has it: what holds for predictions that are given does not for ones that were learned from each other's data.
pub(crate) fn test_in_blocks(
    clock: &Clock,
    count: usize,
    null: &Null,
    sides: Sides,
    spread: f64,
    fetch: impl Fn(Range<usize>) -> Result<(Array2<f32>, Array2<f32>)> + Sync,
) -> Result<ColumnTest> {
    null.check()?;
    let lookup = Lookup::new(clock, null)?;
    let transforms = Transforms::new(clock);
    let progress = Mutex::new(Progress::new("voxels tested", count as u64));
    let one = |block: usize| -> Result<(Found, Vec<f64>)> {
        check_cancelled("the test")?;
        let columns = block * WIDTH..((block + 1) * WIDTH).min(count);
        let (prediction, data) = fetch(columns.clone())?;
        let (x, y) = (unit_runs(prediction.view(), clock), unit_runs(data.view(), clock));
        let found = match &lookup {
            Some(lookup) => {
                let found = lookup.test(x.view(), y.view(), sides, spread);
                let p = found.p().collect();
                (found, p)
            }
            None => {
                let (x, y) = (x.t().as_standard_layout().into_owned(), y.t().as_standard_layout().into_owned());
                let each = (0..columns.len()).map(|n| transforms.test(x.row(n), y.row(n), sides, spread));
                let (r, p) = each.unzip();
                (Found { r, reached: Vec::new(), largest: Vec::new() }, p)
            }
        };
        // A poisoned lock only means that another block failed, which is reported by itself.
        progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).advance(columns.len() as u64);
        Ok(found)
    };
    let blocks: Vec<(Found, Vec<f64>)> =
        in_pool(|| (0..count.div_ceil(WIDTH)).into_par_iter().map(one).collect::<Result<_>>())?;

    let (mut r, mut p) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut largest = vec![f32::NEG_INFINITY; lookup.as_ref().map_or(0, Lookup::count)];
    for (found, block_p) in blocks {
        r.extend(found.r);
        p.extend(block_p);
        largest.iter_mut().zip(found.largest).for_each(|(most, of_block)| *most = most.max(of_block));
    }
    let null = lookup.as_ref().map_or_else(|| "random phases in closed form".to_owned(), Lookup::words);
    let max_p = lookup.is_some().then(|| family_wise(&r, largest, sides, spread));
    Ok(ColumnTest { r, p, max_p, about: format!("{null}, {sides}") })
}
