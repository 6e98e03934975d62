//! How well scores tell members from others.

use crate::error::{Error, Result};

/// Area under the ROC curve of `scores` for telling members from the others: the share of pairs (member, other) in which
/// the member has the greater score, ties counting half.
///
/// ```
/// use neurocell::simulate::roc_auc;
/// assert_eq!(roc_auc(&[0.9, 0.2, 0.6, 0.1], &[true, false, false, false])?, 1.0);
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// If the lengths differ, a score is NaN, or there are no members or no others.
pub fn roc_auc(scores: &[f32], members: &[bool]) -> Result<f64> {
    if scores.len() != members.len() {
        return Err(Error::shape(
            format!("{} scores and {} marks of membership", scores.len(), members.len()),
            "give one of each for every item",
        ));
    }
    if let Some(at) = scores.iter().position(|s| s.is_nan()) {
        return Err(Error::value(format!("score number {at} is NaN"), "look at the step that made it"));
    }
    let inside = members.iter().filter(|m| **m).count();
    let outside = members.len() - inside;
    if inside == 0 || outside == 0 {
        return Err(Error::value(
            format!("{inside} members and {outside} others; an ROC curve needs both"),
            "there is nothing to tell apart",
        ));
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    // Mann–Whitney: the sum of the members' ranks, equal scores sharing the mean of theirs.
    let (mut rank_sum, mut start) = (0.0, 0);
    while start < order.len() {
        let equal = order[start..].iter().take_while(|&&i| scores[i] == scores[order[start]]).count();
        let rank = start as f64 + (equal as f64 + 1.0) / 2.0;
        rank_sum += rank * order[start..start + equal].iter().filter(|&&i| members[i]).count() as f64;
        start += equal;
    }
    let n = inside as f64;
    Ok((rank_sum - n * (n + 1.0) / 2.0) / (n * outside as f64))
}

/// Share of the members among as many items of greatest score, the first of equals; NaN without members.
pub(super) fn precision_at_n(scores: &[f32], members: &[bool]) -> f64 {
    let n = members.iter().filter(|m| **m).count();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order.iter().take(n).filter(|&&item| members[item]).count() as f64 / n as f64
}
