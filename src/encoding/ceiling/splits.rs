//! One half against the other.

use super::super::Targets;
use super::between::check_subjects;
use super::gram::Members;
use super::repeats::{group_words, mean_over_groups, repeats_of};
use super::{Kind, NoiseCeiling, constant_words};
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::ArrayView2;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// How halves are drawn: options of [`NoiseCeiling::split_half`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitHalf {
    /// Number of splits; all of them where there are not more. Default 100.
    pub splits: usize,
    /// Seed of the drawing. Default 0.
    pub seed: u64,
}

impl Default for SplitHalf {
    fn default() -> SplitHalf {
        SplitHalf { splits: 100, seed: 0 }
    }
}

impl SplitHalf {
    /// Number of splits.
    pub fn splits(self, splits: usize) -> SplitHalf {
        SplitHalf { splits, ..self }
    }

    /// Seed of the drawing.
    pub fn seed(self, seed: u64) -> SplitHalf {
        SplitHalf { seed, ..self }
    }
}

/// Two lists of as many courses.
type Halves = (Vec<usize>, Vec<usize>);

impl NoiseCeiling {
    /// The reliability of several subjects who heard the same stimulus in the same runs, by halves of them.
    ///
    /// Each subject's course is z-scored within each run. The subjects are split into two halves of h = ⌊n/2⌋ (with an odd number one is left out in
    /// turn), and r̄ is the mean, over splits and runs, of Pearson r between the two halves' mean courses: the reliability of a mean of h. By Spearman–Brown
    /// (1910) that of one course is ρ = r̄ / (h − (h − 1)·r̄). r = √ρ is the ceiling for a single subject; [`NoiseCeiling::of_mean`] that for the mean of all.
    ///
    /// Volumes that any subject has censored are left out of all. A voxel that is constant in a run of a subject has 0.
    ///
    /// # Errors
    /// If there are fewer than two subjects or no split, two differ in clock or mask (both are named), or fewer than 10 volumes of a run are kept in all of them.
    pub fn split_half<T: Targets>(subjects: &[T], halves: SplitHalf) -> Result<NoiseCeiling> {
        let subjects: Vec<&dyn Targets> = subjects.iter().map(|subject| subject as &dyn Targets).collect();
        check_subjects(&subjects)?;
        let clock = subjects[0].clock();
        let of_run = |run: usize| {
            let courses = (0..subjects.len()).map(|n| (n, clock.rows(run).start)).collect();
            Members::new(&subjects, courses, clock.volumes(run))
        };
        let members = (0..clock.runs()).map(of_run).collect::<Result<Vec<_>>>()?;
        let drawn = draw(subjects.len(), halves)?;
        let mask = subjects[0].mask();
        let (r, constant) = mean_over_groups(&members, mask.count(), |gram| mean_r(gram, &drawn))?;
        let about = format!(
            "split half over {} subjects, {} splits, mean over {} runs, Spearman–Brown{}",
            subjects.len(),
            drawn.len(),
            clock.runs(),
            constant_words(constant)
        );
        let half = subjects.len() / 2;
        let variance = r.into_iter().map(|r| of_one(r, half)).collect();
        let whose = format!("{} subjects", subjects.len());
        let made = Provenance::step("split half").options_of(&halves, &[]).inputs_of("subject", &subjects);
        Ok(NoiseCeiling::of_variance(variance, mask.clone(), Kind::OfOne(subjects.len()), whose, (about, made)))
    }

    /// The reliability of one subject's repeats of the same stimulus, by halves of them, as [`NoiseCeiling::split_half`] does it with subjects. Each
    /// group names the runs, from 0, in which the same stimulus was heard; groups have as many runs each.
    ///
    /// # Errors
    /// As [`NoiseCeiling::repeats`], and if there is no split, or groups differ in their number of runs.
    pub fn split_half_repeats(bold: &dyn Targets, groups: &[&[usize]], halves: SplitHalf) -> Result<NoiseCeiling> {
        let (members, count) = repeats_of(bold, groups)?;
        if let Some((n, runs)) = groups.iter().enumerate().find(|(_, runs)| runs.len() != count) {
            return Err(Error::value(
                format!("group {n} has {} repeats, and another has {count}", runs.len()),
                "halves of different sizes have different reliabilities: name as many runs in each group, or use `NoiseCeiling::repeats`",
            ));
        }
        let drawn = draw(count, halves)?;
        let (r, constant) = mean_over_groups(&members, bold.mask().count(), |gram| mean_r(gram, &drawn))?;
        let about = format!(
            "split half over {}, {} splits, Spearman–Brown{}",
            group_words(groups),
            drawn.len(),
            constant_words(constant)
        );
        let variance = r.into_iter().map(|r| of_one(r, count / 2)).collect();
        let (mask, whose) = (bold.mask().clone(), bold.name().to_owned());
        let made = Provenance::step("split half of repeats").options_of(&halves, &[]);
        let made = made.option("groups", group_words(groups)).input("bold", bold);
        Ok(NoiseCeiling::of_variance(variance, mask, Kind::OfOne(count), whose, (about, made)))
    }
}

/// The mean over splits of r between the halves' means, from the courses' Gram matrix.
fn mean_r(gram: ArrayView2<f64>, splits: &[Halves]) -> f64 {
    let sum = |a: &[usize], b: &[usize]| a.iter().map(|i| b.iter().map(|j| gram[[*i, *j]]).sum::<f64>()).sum::<f64>();
    let r = |(a, b): &Halves| {
        let variances = sum(a, a) * sum(b, b);
        if variances > 0.0 { sum(a, b) / variances.sqrt() } else { 0.0 }
    };
    splits.iter().map(r).sum::<f64>() / splits.len() as f64
}

/// The reliability of one course from that of a mean of `half`.
fn of_one(r: f64, half: usize) -> f64 {
    let h = half as f64;
    r / (h - (h - 1.0) * r)
}

/// All splits of `count` courses if they are not more than wanted, else as many at random.
fn draw(count: usize, options: SplitHalf) -> Result<Vec<Halves>> {
    if options.splits == 0 {
        return Err(Error::value("0 splits", "100 are usual"));
    }
    let half = count / 2;
    // count! / (half! · half! · 2), and one of an odd number left out.
    let choose = |n: usize, k: usize| (1..=k).map(|i| (n - k + i) as f64 / i as f64).product::<f64>();
    let all = choose(count, half) * choose(count - half, half) / 2.0;
    if all <= options.splits as f64 + 0.5 && count <= 12 {
        return Ok(all_splits(count, half));
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut order: Vec<usize> = (0..count).collect();
    let one = |_| {
        order.shuffle(&mut random);
        (order[..half].to_vec(), order[half..2 * half].to_vec())
    };
    Ok((0..options.splits).map(one).collect())
}

/// Each pair of disjoint halves once: the first has the smallest course of both.
fn all_splits(count: usize, half: usize) -> Vec<Halves> {
    let mut found = Vec::new();
    for code in 0..3usize.pow(count as u32) {
        let place = |n: usize| code / 3usize.pow(n as u32) % 3;
        let of = |which: usize| (0..count).filter(|n| place(*n) == which).collect::<Vec<usize>>();
        let (a, b) = (of(1), of(2));
        if a.len() == half && b.len() == half && a[0] < b[0] {
            found.push((a, b));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_courses_are_split_in_all_ways_and_each_way_once() {
        for (count, ways) in [(2, 1), (3, 3), (4, 3), (5, 15), (6, 10)] {
            let splits = draw(count, SplitHalf::default()).unwrap();
            let mut different = splits.clone();
            different.sort();
            different.dedup();
            assert_eq!((splits.len(), different.len()), (ways, ways), "{count} courses");
        }
    }

    #[test]
    fn many_courses_are_split_at_random_by_seed_into_halves_that_share_nothing() {
        let draw = |seed| draw(21, SplitHalf::default().splits(50).seed(seed)).unwrap();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        for (a, b) in draw(3) {
            assert!(a.len() == 10 && b.len() == 10 && a.iter().all(|n| !b.contains(n)));
        }
    }
}
