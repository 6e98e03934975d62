//! How many networks the data hold: parallel analysis beside surrogates that keep the smoothness of noise.

use super::subjects::{Subject, Subjects};
use crate::brain::Mask;
use crate::error::{Error, Result};
use crate::pattern::{ParallelAnalysis, beside_chance, shifted};
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::Range;

/// The number of networks, and each subject's.
pub(super) struct Order {
    pub networks: usize,
    /// Components above chance of the subject that has fewest, and of the one that has most.
    pub range: (usize, usize),
}

/// For each subject the number of leading principal components that explain more than those of surrogates, in which patches of `patch`³ voxels have each
/// been shifted in time; the median over subjects, at least 1.
pub(super) fn order(subjects: &Subjects, analysis: &ParallelAnalysis, patch: usize) -> Result<Order> {
    if patch == 0 {
        return Err(Error::value(
            "patches of 0 voxels",
            "give their side in voxels, 3 by default; 1 takes noise for white",
        ));
    }
    let mut counts = Vec::with_capacity(subjects.count);
    subjects.each("subjects, parallel analysis", |number, subject| {
        counts.push(above_chance(&subject, number as u64, analysis, patch)?);
        Ok(())
    })?;
    counts.sort_unstable();
    let range = (counts[0], counts[counts.len() - 1]);
    // Of an even number of subjects the larger of the two in the middle.
    Ok(Order { networks: counts[counts.len() / 2].max(1), range })
}

fn above_chance(subject: &Subject, number: u64, analysis: &ParallelAnalysis, patch: usize) -> Result<usize> {
    let clock = subject.series.clock();
    let runs: Vec<Range<usize>> = (0..clock.runs()).map(|run| clock.rows(run)).collect();
    let (patches, count) = patches(subject.series.mask(), patch);
    let most = analysis.most.min(subject.freedom()).min(subject.data.columns());
    let (own, chance) = beside_chance(&subject.data, most, analysis, |surrogate, first, block| {
        let mut made = Array2::zeros(block.dim());
        for (run, rows) in runs.iter().enumerate() {
            let shifts = shifts([analysis.seed, number, surrogate, run as u64], count, rows.len());
            let of_voxels: Vec<usize> =
                patches[first..first + block.ncols()].iter().map(|&patch| shifts[patch as usize]).collect();
            shifted(&mut made, block, rows, &of_voxels);
        }
        made
    })?;
    Ok(own.iter().zip(&chance).take_while(|(own, chance)| own > chance).count())
}

/// A shift for each patch, which depends on the four numbers only.
fn shifts(of: [u64; 4], patches: usize, volumes: usize) -> Vec<usize> {
    let seed = of.iter().fold(0u64, |seed, number| Xoshiro256PlusPlus::seed_from_u64(seed ^ number).r#gen());
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..patches).map(|_| rng.gen_range(0..volumes)).collect()
}

/// The cube of `side`³ voxels of the grid in which each voxel of the mask lies, and how many cubes there are.
fn patches(mask: &Mask, side: usize) -> (Vec<u32>, usize) {
    let [x, y, z] = mask.shape().map(|n| n.div_ceil(side));
    let of = |n: usize| {
        let [i, j, k] = mask.position(n).map(|v| v / side);
        (i + x * (j + y * k)) as u32
    };
    ((0..mask.count()).map(of).collect(), x * y * z)
}
