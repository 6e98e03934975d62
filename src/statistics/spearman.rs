//! Rank correlation, with its chance by permutation.

use super::student::two_sided_r;
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::fmt;

/// What [`spearman`] found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spearman {
    /// Pearson r of the ranks, −1 to 1.
    pub r: f64,
    /// Two-sided p by permutation: of all orders of y if they are few, else of the drawn ones and the given one.
    pub p: f64,
    /// Two-sided p by Student's t with n − 2 degrees of freedom, as scipy's `spearmanr` has it; too rough below some 10 pairs.
    pub p_t: f64,
    /// Number of pairs.
    pub count: usize,
    /// Orders of y that were looked at.
    pub permutations: usize,
    /// Whether these were all n! orders there are.
    pub exact: bool,
}

/// Spearman's rank correlation of two lists of numbers, with a p value by permutation.
///
/// r is the Pearson correlation of the ranks; equal values share the mean of their ranks (Spearman 1904; scipy's `spearmanr`). The null is that
/// any order of `y` is as likely: the pairs are exchangeable, as subjects are. **It is not for two time series**, whose neighbours are alike. If there are no more than
/// `permutations` orders (n! for n pairs: 7 pairs have 5,040), all of them are looked at and
/// p is exact; else p = (1 + orders drawn with |r| as large) / (1 + permutations).
///
/// ```
/// use neurocell::statistics::spearman;
/// let age = [21.0, 34.0, 28.0, 45.0, 39.0, 52.0];
/// let score = [0.11, 0.15, 0.12, 0.19, 0.22, 0.24];
/// let found = spearman(&age, &score, 10_000, 0)?;
/// assert!((found.r - 0.942_857).abs() < 1e-6 && found.exact);
/// println!("{found}");
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If the lists are not of one length, have fewer than 3 values or a value that is NaN, or are constant; if no permutations are asked for; or
/// it is stopped.
pub fn spearman(x: &[f64], y: &[f64], permutations: usize, seed: u64) -> Result<Spearman> {
    if x.len() != y.len() {
        return Err(Error::shape(
            format!("a rank correlation of {} and {} values", x.len(), y.len()),
            "give one value of each for each subject, in the same order",
        ));
    }
    if x.len() < 3 {
        return Err(Error::value(
            format!("a rank correlation of {} pairs; with fewer than 3 every order is as good as any", x.len()),
            "add subjects",
        ));
    }
    if permutations == 0 {
        return Err(Error::value("a permutation test with 0 permutations", "ask for 10,000, say"));
    }
    let (a, mut b) = (ranks("the first list", x)?, ranks("the second list", y)?);
    let square = |ranks: &[i64]| ranks.iter().map(|&rank| (rank * rank) as f64).sum::<f64>();
    let given = product(&a, &b);
    let r = (given as f64 / (square(&a) * square(&b)).sqrt()).clamp(-1.0, 1.0);

    let orders = (1..=x.len()).try_fold(1_usize, |all, n| all.checked_mul(n)).filter(|all| *all <= permutations);
    let reached = |b: &[i64]| usize::from(product(&a, b).abs() >= given.abs());
    let (p, looked_at) = match orders {
        Some(orders) => (each_order(&mut b, reached) as f64 / orders as f64, orders),
        None => {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
            let mut count = 0;
            for n in 0..permutations {
                if n % 256 == 0 {
                    check_cancelled("the permutation test")?;
                }
                b.shuffle(&mut rng);
                count += reached(&b);
            }
            ((1 + count) as f64 / (1 + permutations) as f64, permutations)
        }
    };
    let exact = orders.is_some();
    Ok(Spearman { r, p, p_t: two_sided_r(r, x.len()), count: x.len(), permutations: looked_at, exact })
}

/// Twice the rank of each value less twice the mean rank: whole numbers, so that equal sums compare as equal.
fn ranks(what: &str, values: &[f64]) -> Result<Vec<i64>> {
    if let Some(at) = values.iter().position(|v| v.is_nan()) {
        return Err(Error::value(
            format!("value {at} of {what} is NaN"),
            "leave the pair out: a subject without a value says nothing about the order",
        ));
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    let mut first = 0;
    for alike in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let end = first + alike.len();
        // Ranks first + 1 to end have the mean (first + 1 + end)/2, and all ranks (n + 1)/2.
        alike.iter().for_each(|&at| ranks[at] = (first + end) as i64 - values.len() as i64);
        first = end;
    }
    if ranks.iter().all(|rank| *rank == 0) {
        return Err(Error::value(
            format!("{what} is constant ({})", values[0]),
            "a rank correlation needs values that differ",
        ));
    }
    Ok(ranks)
}

fn product(a: &[i64], b: &[i64]) -> i64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The sum of `count` over all orders of `values` (Heap's algorithm).
fn each_order(values: &mut [i64], count: impl Fn(&[i64]) -> usize) -> usize {
    let mut turns = vec![0; values.len()];
    let mut sum = count(values);
    let mut place = 1;
    while place < values.len() {
        if turns[place] < place {
            values.swap(if place % 2 == 0 { 0 } else { turns[place] }, place);
            sum += count(values);
            turns[place] += 1;
            place = 1;
        } else {
            turns[place] = 0;
            place += 1;
        }
    }
    sum
}

impl fmt::Display for Spearman {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = if self.exact { "all" } else { "of" };
        write!(
            f,
            "Spearman r = {:.3}, p = {:.2e} ({by} {} permutations), n = {}",
            self.r, self.p, self.permutations, self.count
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_equal_values_are_shared() {
        // Ranks 3, 1, 1.5+… : 7 → 4, 2 and 2 → 1.5, 5 → 3; twice, less 5.
        assert_eq!(ranks("it", &[7.0, 2.0, 2.0, 5.0]).unwrap(), [3, -2, -2, 1]);
    }

    #[test]
    fn every_order_is_looked_at_once() {
        let mut values = [1, 2, 3, 4, 5];
        let seen = std::cell::RefCell::new(std::collections::BTreeSet::new());
        let count = each_order(&mut values, |order| usize::from(seen.borrow_mut().insert(order.to_vec())));
        assert_eq!(count, 120);
    }

    #[test]
    fn what_cannot_be_ranked_is_named() {
        let y = [1.0, 2.0, 3.0];
        let problem = |x: &[f64]| spearman(x, &y, 100, 0).unwrap_err().problem().to_owned();
        assert!(problem(&[1.0, 2.0]).contains("2 and 3 values"));
        assert!(problem(&[1.0, f64::NAN, 2.0]).contains("value 1 of the first list is NaN"));
        assert!(problem(&[4.0, 4.0, 4.0]).contains("the first list is constant (4)"));
        assert!(spearman(&y[..2], &y[..2], 100, 0).unwrap_err().problem().contains("2 pairs"));
        assert!(spearman(&y, &y, 0, 0).unwrap_err().problem().contains("0 permutations"));
    }
}
