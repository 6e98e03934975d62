//! Which networks the matched patterns fall to.

use crate::coupling::NetworkMatch;

/// For each network the number of patterns that are matched with it: those whose greatest |r| above chance is with it.
pub(super) fn matched(matched: &NetworkMatch) -> Vec<usize> {
    let (r, q) = (matched.r(), matched.q());
    let mut counts = vec![0; matched.networks().len()];
    for pattern in 0..matched.patterns() {
        let above = (0..counts.len()).filter(|n| q[[pattern, *n]] < matched.level());
        // The first of equals.
        let best = above.reduce(|a, b| if r[[pattern, b]].abs() > r[[pattern, a]].abs() { b } else { a });
        best.into_iter().for_each(|n| counts[n] += 1);
    }
    counts
}

/// Each network's share of the matched patterns of some subjects; 0 throughout if there is none.
pub(super) fn shares(counts: &[Vec<usize>], subjects: &[usize]) -> Vec<f64> {
    let networks = counts.first().map_or(0, Vec::len);
    let sums: Vec<usize> = (0..networks).map(|n| subjects.iter().map(|subject| counts[*subject][n]).sum()).collect();
    let all = sums.iter().sum::<usize>().max(1) as f64;
    sums.into_iter().map(|sum| sum as f64 / all).collect()
}

/// exp of the entropy; 0 where nothing is matched.
pub(super) fn diversity(shares: &[f64]) -> f64 {
    let held: Vec<f64> = shares.iter().copied().filter(|share| *share > 0.0).collect();
    match held.is_empty() {
        true => 0.0,
        false => held.iter().map(|share| -share * share.ln()).sum::<f64>().exp(),
    }
}
