//! Nulls in which every draw is a sum of a few numbers that are computed once.
//!
//! A permutation of blocks keeps mean and length of both courses, so that r = Σ_i G[i, π(i)] with G[i, j] the inner product of block i of one course
//! with block j of the other: 150 additions in the place of a pass over 1,500 volumes. A circular shift by s is one number for each run,
//! Σ_t x[t]·y[t + s].

use super::turns::Turns;
use super::{Null, Sides};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::vectorised;
use crate::notebook::check_cancelled;
use ndarray::ArrayView2;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::Range;

/// Columns that are treated side by side, one a vector lane.
pub(super) const LANES: usize = 16;
type Lanes = [f32; LANES];

/// Sums of a draw and of the data themselves may differ in their last bits; what is this near counts as reached.
pub(super) const ROUNDING: f32 = 2e-6;

/// More blocks a run than this would take more memory for their products than the series.
const MOST_BLOCKS: usize = 1024;

/// Which products are needed, and which of them each draw adds up.
pub(super) struct Lookup {
    kind: Kind,
    runs: Vec<Range<usize>>,
    /// draw × terms: places in the table of products.
    draws: Vec<u32>,
    terms: usize,
}

enum Kind {
    /// Volumes in a block.
    Blocks(usize),
    Shifts(Turns),
}

/// What was found for some columns.
pub(super) struct Found {
    pub r: Vec<f64>,
    /// Draws that reach each column's r.
    pub reached: Vec<u32>,
    /// The largest r of any of these columns in each draw.
    pub largest: Vec<f32>,
}

impl Lookup {
    /// `None` for a null that draws nothing.
    pub(super) fn new(clock: &Clock, null: &Null) -> Result<Option<Lookup>> {
        match *null {
            Null::Phase => Ok(None),
            Null::PhaseSurrogates { surrogates, .. } => Err(Error::value(
                format!("{surrogates} surrogates with random phases for a test that has their limit in closed form"),
                "take `Null::Phase`; surrogates are drawn for all pairs, by `correlate_pairs_by`, as a check",
            )),
            Null::BlockPermutation { block_seconds, permutations, seed } => {
                Lookup::blocks(clock, block_seconds, permutations, seed).map(Some)
            }
            Null::CircularShift { least_seconds, shifts, seed } => {
                Ok(Some(Lookup::shifts(clock, Turns::new(clock, least_seconds, 0, shifts, seed)?)))
            }
        }
    }

    fn blocks(clock: &Clock, seconds: f64, permutations: usize, seed: u64) -> Result<Lookup> {
        let length = ((seconds / clock.tr()).round() as usize).max(1);
        let runs: Vec<Range<usize>> = (0..clock.runs()).map(|run| clock.rows(run)).collect();
        let counts: Vec<usize> = runs.iter().map(|rows| rows.len() / length).collect();
        if counts.iter().all(|count| *count < 2) {
            return Err(Error::value(
                format!("blocks of {seconds} s are {length} volumes, and no run of {clock} has two of them"),
                "ask for shorter blocks: `Null::BlockPermutation { block_seconds: 10.0, permutations: 1000, seed: 0 }`",
            ));
        }
        if let Some(most) = counts.iter().max().filter(|count| **count > MOST_BLOCKS) {
            return Err(Error::value(
                format!("blocks of {seconds} s are {length} volumes, which makes {most} blocks in a run of {clock}"),
                format!("ask for blocks so long that a run has at most {MOST_BLOCKS}"),
            ));
        }
        let terms: usize = counts.iter().sum();
        let mut draws = Vec::with_capacity(terms * permutations);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        for n in 0..permutations {
            if n % 256 == 0 {
                check_cancelled("the permutation test")?;
            }
            let mut start = 0;
            for &count in &counts {
                let mut order: Vec<usize> = (0..count).collect();
                order.shuffle(&mut rng);
                draws.extend(order.iter().enumerate().map(|(i, j)| (start + i * count + j) as u32));
                start += count * count;
            }
        }
        Ok(Lookup { kind: Kind::Blocks(length), runs, draws, terms })
    }

    fn shifts(clock: &Clock, turns: Turns) -> Lookup {
        let runs: Vec<Range<usize>> = (0..clock.runs()).map(|run| clock.rows(run)).collect();
        let mut starts = vec![0];
        turns.allowed.iter().for_each(|range| starts.push(starts[starts.len() - 1] + range.len()));
        let place = |(run, shift): (usize, &usize)| (starts[run] + shift - turns.allowed[run].start) as u32;
        let draws = turns.draws().flat_map(|shifts| shifts.iter().enumerate().map(place)).collect();
        let terms = runs.len();
        Lookup { runs, draws, terms, kind: Kind::Shifts(turns) }
    }

    /// How many draws there are.
    pub(super) fn count(&self) -> usize {
        self.draws.len() / self.terms
    }

    /// The null in words.
    pub(super) fn words(&self) -> String {
        match &self.kind {
            Kind::Blocks(length) => {
                let left = self.runs.iter().map(|rows| rows.len() % length).max().unwrap_or(0);
                let rest = match left {
                    0 => String::new(),
                    _ => format!(", up to {left} volumes at a run's end stay in place"),
                };
                format!("{} permutations of blocks of {length} volumes within runs{rest}", self.count())
            }
            Kind::Shifts(turns) => turns.words(),
        }
    }

    /// r of each column of two series of unit runs, and how the draws compare with it if chance is `spread` times as wide as they are.
    pub(super) fn test(&self, x: ArrayView2<f32>, y: ArrayView2<f32>, sides: Sides, spread: f64) -> Found {
        let columns = x.ncols();
        let mut found = Found { r: Vec::new(), reached: Vec::new(), largest: vec![f32::NEG_INFINITY; self.count()] };
        let mut table = Vec::new();
        for start in (0..columns).step_by(LANES) {
            let width = LANES.min(columns - start);
            let lanes = |of: ArrayView2<f32>, scale: f32| -> Vec<Lanes> {
                of.rows()
                    .into_iter()
                    .map(|row| std::array::from_fn(|lane| if lane < width { scale * row[start + lane] } else { 0.0 }))
                    .collect()
            };
            let (x, y) = (lanes(x, 1.0 / self.runs.len() as f32), lanes(y, 1.0));
            let mut r = [0.0_f64; LANES];
            x.iter().zip(&y).for_each(|(x, y)| (0..LANES).for_each(|n| r[n] += f64::from(x[n]) * f64::from(y[n])));
            let fixed = self.products(&x, &y, &mut table);
            let observed: Lanes = std::array::from_fn(|lane| (r[lane] / spread) as f32);
            let reached = vectorised(
                #[inline(always)]
                || self.draw_all(&table, Observed { fixed, r: observed, sides, width }, &mut found.largest),
            );
            found.r.extend(&r[..width]);
            found.reached.extend(&reached[..width]);
        }
        found
    }

    /// Fills the table; gives the part of r that no draw changes.
    fn products(&self, x: &[Lanes], y: &[Lanes], table: &mut Vec<Lanes>) -> Lanes {
        table.clear();
        let mut fixed = [0.0; LANES];
        vectorised(
            #[inline(always)]
            || match &self.kind {
                Kind::Blocks(length) => {
                    for rows in &self.runs {
                        let (x, y) = (&x[rows.clone()], &y[rows.clone()]);
                        for x in x.chunks_exact(*length) {
                            table.extend(y.chunks_exact(*length).map(
                                #[inline(always)]
                                |y| inner(x, y),
                            ));
                        }
                        let rest = rows.len() - rows.len() % length;
                        let left = inner(&x[rest..], &y[rest..]);
                        (0..LANES).for_each(|n| fixed[n] += left[n]);
                    }
                }
                Kind::Shifts(turns) => {
                    for (rows, shifts) in self.runs.iter().zip(&turns.allowed) {
                        let (x, y) = (&x[rows.clone()], &y[rows.clone()]);
                        for shift in shifts.clone() {
                            let (one, other) =
                                (inner(&x[..x.len() - shift], &y[shift..]), inner(&x[x.len() - shift..], &y[..shift]));
                            table.push(std::array::from_fn(|n| one[n] + other[n]));
                        }
                    }
                }
            },
        );
        fixed
    }
}

/// Inner products of one block, lane by lane.
#[inline(always)]
fn inner(x: &[Lanes], y: &[Lanes]) -> Lanes {
    let mut sum = [0.0; LANES];
    for (x, y) in x.iter().zip(y) {
        for n in 0..LANES {
            sum[n] += x[n] * y[n];
        }
    }
    sum
}

/// What draws are compared with.
struct Observed {
    /// The part of r that no draw changes.
    fixed: Lanes,
    r: Lanes,
    sides: Sides,
    /// Lanes that hold a column.
    width: usize,
}

impl Lookup {
    /// How many draws reach what was observed, lane by lane; and the largest value of each draw.
    #[inline(always)]
    fn draw_all(&self, table: &[Lanes], observed: Observed, largest: &mut [f32]) -> [u32; LANES] {
        let mut reached = [0_u32; LANES];
        let both = observed.sides == Sides::Both;
        let r: Lanes = if both { observed.r.map(f32::abs) } else { observed.r };
        for (places, largest) in self.draws.chunks_exact(self.terms).zip(largest) {
            let mut sum = observed.fixed;
            for &place in places {
                let part = &table[place as usize];
                for n in 0..LANES {
                    sum[n] += part[n];
                }
            }
            if both {
                sum.iter_mut().for_each(|v| *v = v.abs());
            }
            for n in 0..LANES {
                reached[n] += u32::from(sum[n] >= r[n] - ROUNDING);
            }
            for value in &sum[..observed.width] {
                *largest = largest.max(*value);
            }
        }
        reached
    }
}

impl Found {
    /// p of each column, (1 + draws that reach its r) / (1 + draws).
    pub(super) fn p(&self) -> impl Iterator<Item = f64> + '_ {
        let draws = self.largest.len() as f64;
        self.reached.iter().map(move |&reached| (1.0 + f64::from(reached)) / (1.0 + draws))
    }
}

/// Family-wise p of each r, (1 + draws in which any column's r is as large) / (1 + draws).
pub(super) fn family_wise(r: &[f64], mut largest: Vec<f32>, sides: Sides, spread: f64) -> Vec<f64> {
    largest.sort_by(f32::total_cmp);
    let draws = largest.len();
    let of = |r: &f64| {
        let r = if sides == Sides::Both { r.abs() } else { *r };
        let below = largest.partition_point(|&most| most < (r / spread) as f32 - ROUNDING);
        (1 + draws - below) as f64 / (1 + draws) as f64
    };
    r.iter().map(of).collect()
}
