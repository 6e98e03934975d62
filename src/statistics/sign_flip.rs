//! Is the mean over subjects, runs or blocks above 0? By turning signs.

use super::Sides;
use super::student::two_sided_t;
use crate::error::{Error, Result};
use crate::linalg::{in_pool, multiply_alone};
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array2, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use std::fmt;
use std::sync::Mutex;

/// Columns of a block, and turns whose sums are looked at together.
const WIDTH: usize = 256;
const TURNS: usize = 256;
/// Sums in f32 that are this near, in units of the root of the summed squares, count as equal.
const ROUNDING: f32 = 1e-5;

/// Options of [`sign_flip`].
///
/// ```
/// use neurocell::statistics::{Sides, SignFlip};
/// let options = SignFlip::default().flips(5000).sides(Sides::Both);
/// assert_eq!(options.flips, 5000);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SignFlip {
    /// Turns of signs that are drawn, 10,000 by default; if there are no more (2ⁿ for n rows), all are taken.
    pub flips: usize,
    /// The same seed draws the same signs.
    pub seed: u64,
    /// Which means count as extreme: above 0 by default.
    pub sides: Sides,
}

impl Default for SignFlip {
    fn default() -> SignFlip {
        SignFlip { flips: 10_000, seed: 0, sides: Sides::Greater }
    }
}

impl SignFlip {
    /// Sets how many turns are drawn.
    pub fn flips(self, flips: usize) -> SignFlip {
        SignFlip { flips, ..self }
    }

    /// Sets the seed.
    pub fn seed(self, seed: u64) -> SignFlip {
        SignFlip { seed, ..self }
    }

    /// Sets which means count as extreme.
    pub fn sides(self, sides: Sides) -> SignFlip {
        SignFlip { sides, ..self }
    }
}

/// Means of columns and their p values: [`sign_flip`].
#[derive(Clone, Debug)]
pub struct GroupTest {
    mean: Vec<f64>,
    t: Vec<f64>,
    p: Vec<f64>,
    max_p: Vec<f64>,
    p_t: Vec<f64>,
    rows: usize,
    turns: usize,
    exact: bool,
    sides: Sides,
}

/// Is the mean of each column (row × column: subject × voxel, or block × voxel) more than chance, by turning the signs of rows?
///
/// If the true values lie symmetrically about 0, each row might as well have had the other sign. The statistic is t = mean/(sd/√n), with the same
/// signs for all columns, so that [`GroupTest::max_p`] compares each column with the largest of all (Nichols & Holmes 2002, Hum Brain Mapp 15).
/// If there are no more than [`SignFlip::flips`] turns of n rows (2ⁿ), all are taken and p is exact: the share of them whose t is as large. Else
/// p = (1 + turns drawn with t as large) / (1 + turns). **n rows cannot give a p below 2⁻ⁿ** (twice that on two sides): 0.03 for 5 subjects; what is
/// printed says so. Correlations go in as [`fisher_z`](super::fisher_z).
///
/// ```
/// use neurocell::statistics::{SignFlip, sign_flip};
/// let z = ndarray::array![[0.2, -0.1], [0.3, 0.1], [0.1, 0.0], [0.4, -0.2], [0.2, 0.2], [0.3, 0.1]];
/// let found = sign_flip(&z, SignFlip::default())?;
/// assert_eq!(found.p()[0], 1.0 / 64.0);
/// println!("{found}");
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If there are fewer than 2 rows; a value is NaN or infinite; no turns are asked for; or it is stopped.
pub fn sign_flip(values: &Array2<f32>, options: SignFlip) -> Result<GroupTest> {
    sign_flip_spread(values, options, 1.0)
}

/// [`sign_flip`] where chance is `spread` times as wide as the signs have it.
pub(crate) fn sign_flip_spread(values: &Array2<f32>, options: SignFlip, spread: f64) -> Result<GroupTest> {
    let (rows, columns) = values.dim();
    if rows < 2 {
        return Err(Error::value(
            format!("a test over {rows} subject (or block): with one there is nothing to compare its size with"),
            "add subjects, 6 or more; for one subject test its own voxels: `significance(&fit, &bold, Significance::default())`",
        ));
    }
    if options.flips == 0 {
        return Err(Error::value("a test with 0 turns of signs", "ask for 10,000, say"));
    }
    if let Some(((row, column), bad)) = values.indexed_iter().find(|(_, v)| !v.is_finite()) {
        return Err(Error::value(
            format!("column {column} of row {row} has the value {bad}"),
            "leave the column out, or mend what made it",
        ));
    }
    let every =
        u32::try_from(rows).ok().and_then(|n| 1_usize.checked_shl(n)).filter(|all| *all <= options.flips && rows < 63);
    let turns = every.unwrap_or(options.flips);
    let signs = signs(rows, turns, every.is_some(), options.seed);
    // Lengths are kept by a turn, so that the sum over them grows as t does.
    let lengths: Vec<f64> =
        values.columns().into_iter().map(|c| c.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt()).collect();
    let progress = Mutex::new(Progress::new("voxels tested", columns as u64));
    let both = options.sides == Sides::Both;
    let one = |block: usize| -> Result<(Vec<u32>, Vec<f32>)> {
        let range = block * WIDTH..((block + 1) * WIDTH).min(columns);
        let mut unit = values.slice(s![.., range.clone()]).to_owned();
        for (mut column, length) in unit.columns_mut().into_iter().zip(&lengths[range.clone()]) {
            let scale = if *length > 0.0 { (1.0 / length) as f32 } else { 0.0 };
            column.mapv_inplace(|v| v * scale);
        }
        let side = |v: f32| if both { v.abs() } else { v };
        let observed: Vec<f32> = unit.columns().into_iter().map(|c| side(c.sum() / spread as f32)).collect();
        let (mut reached, mut largest) = (vec![0_u32; range.len()], vec![f32::NEG_INFINITY; turns]);
        let mut sums = Array2::zeros((TURNS, range.len()));
        for start in (0..turns).step_by(TURNS) {
            check_cancelled("the test")?;
            let end = (start + TURNS).min(turns);
            let mut sums = sums.slice_mut(s![..end - start, ..]);
            multiply_alone(sums.view_mut(), false, signs.slice(s![start..end, ..]), unit.view());
            for (row, largest) in sums.rows().into_iter().zip(&mut largest[start..end]) {
                for ((sum, observed), reached) in row.iter().zip(&observed).zip(&mut reached) {
                    let sum = side(*sum);
                    *reached += u32::from(sum >= observed - ROUNDING);
                    *largest = largest.max(sum);
                }
            }
        }
        progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).advance(range.len() as u64);
        Ok((reached, largest))
    };
    let blocks: Vec<(Vec<u32>, Vec<f32>)> =
        in_pool(|| (0..columns.div_ceil(WIDTH)).into_par_iter().map(one).collect::<Result<_>>())?;
    let mut largest = vec![f32::NEG_INFINITY; turns];
    let mut reached = Vec::with_capacity(columns);
    for (of_block, most) in blocks {
        reached.extend(of_block);
        largest.iter_mut().zip(most).for_each(|(all, most)| *all = all.max(most));
    }
    largest.sort_by(f32::total_cmp);

    // All turns have the given signs among them.
    let given = usize::from(every.is_none());
    let share = |count: usize| (given + count) as f64 / (given + turns) as f64;
    let n = rows as f64;
    let (mut mean, mut t, mut max_p, mut p_t) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (column, length) in values.columns().into_iter().zip(&lengths) {
        let of = column.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let variance = column.iter().map(|v| (f64::from(*v) - of).powi(2)).sum::<f64>() / (n - 1.0);
        let of_t = if of == 0.0 { 0.0 } else { of / (variance / n).sqrt() };
        let two = two_sided_t(of_t / spread, n - 1.0);
        p_t.push(match options.sides {
            Sides::Both => two,
            Sides::Greater if of_t > 0.0 => two / 2.0,
            Sides::Greater => 1.0 - two / 2.0,
        });
        let observed = if *length > 0.0 { (n * of / length / spread) as f32 } else { 0.0 };
        let observed = if both { observed.abs() } else { observed };
        max_p.push(share(turns - largest.partition_point(|most| *most < observed - ROUNDING)));
        mean.push(of);
        t.push(of_t);
    }
    let p = reached.iter().map(|&count| share(count as usize)).collect();
    Ok(GroupTest { mean, t, p, max_p, p_t, rows, turns, exact: every.is_some(), sides: options.sides })
}

/// Turn × row, ±1: all of them, or drawn.
fn signs(rows: usize, turns: usize, every: bool, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    Array2::from_shape_fn((turns, rows), |(turn, row)| {
        let minus = if every { turn >> row & 1 == 1 } else { rng.r#gen::<bool>() };
        if minus { -1.0 } else { 1.0 }
    })
}

impl GroupTest {
    /// Mean of each column.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// mean / (sd/√n) of each column.
    pub fn t(&self) -> &[f64] {
        &self.t
    }

    /// p of each column by turns of signs, not corrected for their number.
    pub fn p(&self) -> &[f64] {
        &self.p
    }

    /// Family-wise p of each column, by the largest t over columns in each turn.
    pub fn max_p(&self) -> &[f64] {
        &self.max_p
    }

    /// p of each column by Student's t with n − 1 degrees of freedom: supposes normal values, but has no floor.
    pub fn p_t(&self) -> &[f64] {
        &self.p_t
    }

    /// The smallest p that so many rows and turns can give.
    pub fn smallest_p(&self) -> f64 {
        match (self.exact, self.sides) {
            (true, Sides::Greater) => 1.0 / self.turns as f64,
            (true, Sides::Both) => 2.0 / self.turns as f64,
            (false, _) => 1.0 / (1.0 + self.turns as f64),
        }
    }
}

impl fmt::Display for GroupTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let which = if self.exact { "all " } else { "" };
        let least = self.p.iter().copied().fold(1.0, f64::min);
        write!(f, "GroupTest: {} columns over {} rows, smallest p {least:.1e}; ", self.mean.len(), self.rows)?;
        write!(f, "{which}{} turns of signs, {}, ", self.turns, self.sides)?;
        write!(f, "no p can be below {:.1e}", self.smallest_p())?;
        match self.rows {
            0..6 => write!(f, ": {} rows are too few for a correction over many voxels", self.rows),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn one_subject_is_refused_and_few_are_warned_of() {
        let error = sign_flip(&array![[0.1, 0.2]], SignFlip::default()).unwrap_err();
        assert!(error.problem().contains("1 subject") && error.advice().contains("add subjects"), "{error}");
        let found = sign_flip(&array![[0.1], [0.2], [0.3], [0.2]], SignFlip::default()).unwrap();
        assert_eq!((found.p()[0], found.smallest_p()), (1.0 / 16.0, 1.0 / 16.0));
        assert!(found.to_string().contains("4 rows are too few"), "{found}");
    }

    #[test]
    fn a_column_of_zeros_is_chance() {
        let found = sign_flip(&array![[0.0, 1.0], [0.0, 2.0], [0.0, 1.5]], SignFlip::default()).unwrap();
        assert_eq!((found.p()[0], found.max_p()[0], found.t()[0], found.p_t()[0]), (1.0, 1.0, 0.0, 0.5));
    }

    #[test]
    fn drawn_turns_agree_with_all_of_them() {
        let values = Array2::from_shape_fn((12, 40), |(i, j)| ((i * 7 + j * 13) % 19) as f32 - 8.0);
        let all = sign_flip(&values, SignFlip::default().sides(Sides::Both)).unwrap();
        let drawn = sign_flip(&values, SignFlip::default().flips(4000).sides(Sides::Both)).unwrap();
        assert!(all.exact && !drawn.exact);
        for (a, b) in all.p.iter().chain(&all.max_p).zip(drawn.p.iter().chain(&drawn.max_p)) {
            assert!((a - b).abs() < 4.0 * (a * (1.0 - a) / 4000.0).sqrt() + 1e-3, "{a} {b}");
        }
    }
}
