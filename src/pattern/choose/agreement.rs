//! How far two partitions agree.

use crate::error::{Error, Result};
use std::collections::HashMap;

/// Adjusted Rand index of two partitions of the same items (Hubert and Arabie 1985): the share of pairs on which they agree, brought to a
/// scale on which 1 is the same partition, whatever the clusters are called, and 0 what chance gives.
///
/// ```text
/// ARI = (Σ C(n_ij, 2) − E) / (½(Σ C(a_i, 2) + Σ C(b_j, 2)) − E),   E = Σ C(a_i, 2) · Σ C(b_j, 2) / C(n, 2)
/// ```
///
/// n_ij items are in cluster i of the one and j of the other, a_i and b_j in each of them alone.
///
/// ```
/// use neurocell::pattern::adjusted_rand_index;
/// assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[5, 5, 2, 2])?, 1.0);
/// assert!(adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 0, 1])? < 0.0);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If the two have not the same number of items, or none.
pub fn adjusted_rand_index(one: &[usize], other: &[usize]) -> Result<f64> {
    if one.len() != other.len() || one.is_empty() {
        return Err(Error::shape(
            format!("partitions of {} and of {} items", one.len(), other.len()),
            "compare two partitions of the same items, at least one",
        ));
    }
    let mut together: HashMap<(usize, usize), f64> = HashMap::new();
    let (mut first, mut second): (HashMap<usize, f64>, HashMap<usize, f64>) = Default::default();
    for (&a, &b) in one.iter().zip(other) {
        *together.entry((a, b)).or_insert(0.0) += 1.0;
        *first.entry(a).or_insert(0.0) += 1.0;
        *second.entry(b).or_insert(0.0) += 1.0;
    }
    // Sums of whole numbers below 2⁵³ are exact in any order.
    let pairs = |n: f64| n * (n - 1.0) / 2.0;
    let both: f64 = together.values().map(|n| pairs(*n)).sum();
    let (a, b): (f64, f64) = (first.values().map(|n| pairs(*n)).sum(), second.values().map(|n| pairs(*n)).sum());
    let expected = if one.len() > 1 { a * b / pairs(one.len() as f64) } else { 0.0 };
    let most = 0.5 * (a + b);
    // One cluster in both, or each item by itself in both: the same partition.
    Ok(if most == expected { 1.0 } else { (both - expected) / (most - expected) })
}
