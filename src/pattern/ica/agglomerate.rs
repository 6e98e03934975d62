//! Average linkage.

use ndarray::Array2;

/// The cluster of each of some things, by average linkage on their similarities down to k clusters, numbered by their first member.
///
/// The chain of nearest neighbours (Murtagh 1983) finds all mergers in time in the square of the number of things; the ones of
/// greatest similarity are then taken first.
pub(super) fn clusters(mut similarity: Array2<f32>, k: usize) -> Vec<usize> {
    let count = similarity.nrows();
    let mut sizes = vec![1f32; count];
    let mut mergers: Vec<(f32, usize, usize)> = Vec::with_capacity(count);
    let mut chain: Vec<usize> = Vec::new();
    while mergers.len() + 1 < count {
        let top = match chain.last() {
            Some(&top) => top,
            None => {
                chain.extend((0..count).find(|&i| sizes[i] > 0.0));
                continue;
            }
        };
        let before = chain.len().checked_sub(2).map(|at| chain[at]);
        // Of equally near ones the one before in the chain, so that it ends.
        let mut nearest = before;
        for other in (0..count).filter(|&other| other != top && sizes[other] > 0.0) {
            if nearest.is_none_or(|nearest| similarity[[top, other]] > similarity[[top, nearest]]) {
                nearest = Some(other);
            }
        }
        let Some(nearest) = nearest else { break };
        if before != Some(nearest) {
            chain.push(nearest);
            continue;
        }
        chain.truncate(chain.len() - 2);
        mergers.push((similarity[[top, nearest]], top, nearest));
        let total = sizes[top] + sizes[nearest];
        for other in 0..count {
            let mean = (sizes[top] * similarity[[top, other]] + sizes[nearest] * similarity[[nearest, other]]) / total;
            similarity[[top, other]] = mean;
            similarity[[other, top]] = mean;
        }
        (sizes[top], sizes[nearest]) = (total, 0.0);
    }
    mergers.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut parents: Vec<usize> = (0..count).collect();
    fn root(parents: &[usize], mut of: usize) -> usize {
        while parents[of] != of {
            of = parents[of];
        }
        of
    }
    for &(_, a, b) in mergers.iter().take(count.saturating_sub(k)) {
        let (a, b) = (root(&parents, a), root(&parents, b));
        parents[a.max(b)] = a.min(b);
    }
    let mut names: Vec<usize> = Vec::new();
    let mut name = |root: usize| match names.iter().position(|&n| n == root) {
        Some(at) => at,
        None => {
            names.push(root);
            names.len() - 1
        }
    };
    (0..count).map(|i| name(root(&parents, i))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_similar_things_are_clusters() {
        // 0, 3, 4 alike; 1, 5 alike; 2 alone and nearer to 1 and 5.
        let group = [0, 1, 2, 0, 0, 1];
        let similarity = Array2::from_shape_fn((6, 6), |(i, j)| match (group[i], group[j]) {
            (a, b) if a == b => 0.9 + 0.01 * (i + j) as f32 / 10.0,
            (0, _) | (_, 0) => 0.1,
            _ => 0.4,
        });
        assert_eq!(clusters(similarity.clone(), 3), [0, 1, 2, 0, 0, 1]);
        assert_eq!(clusters(similarity.clone(), 2), [0, 1, 1, 0, 0, 1]);
        assert_eq!(clusters(similarity, 6), [0, 1, 2, 3, 4, 5]);
    }

    // By scipy 1.17.1: fcluster(linkage(1 - similarity, "average"), k, "maxclust"), similarity of 12 numbers 37 i² mod 101 as
    // 1 / (1 + |x − y|).
    #[test]
    fn clusters_are_those_of_scipy() {
        let x: Vec<f32> = (0..12).map(|i| (37 * i * i % 101) as f32).collect();
        let similarity = Array2::from_shape_fn((12, 12), |(i, j)| 1.0 / (1.0 + (x[i] - x[j]).abs()));
        assert_eq!(clusters(similarity.clone(), 4), SCIPY_4);
        assert_eq!(clusters(similarity, 7), SCIPY_7);
    }
    const SCIPY_4: [usize; 12] = [0, 1, 1, 1, 2, 0, 0, 2, 1, 3, 3, 1];
    const SCIPY_7: [usize; 12] = [0, 1, 2, 1, 3, 4, 4, 5, 2, 6, 6, 1];
}
