//! Growing and shrinking a mask, and its largest piece; neighbours are the six voxels that share a face.

/// The neighbours of a voxel; `None` beyond the border.
fn neighbours(n: usize, [x, y, z]: [usize; 3]) -> [Option<usize>; 6] {
    let (i, j, k) = (n % x, n / x % y, n / (x * y));
    [
        (i > 0).then(|| n - 1),
        (i + 1 < x).then(|| n + 1),
        (j > 0).then(|| n - x),
        (j + 1 < y).then(|| n + x),
        (k > 0).then(|| n - x * y),
        (k + 1 < z).then(|| n + x * y),
    ]
}

/// Takes away what has a neighbour outside, so many times; beyond the border all is outside.
pub(super) fn eroded(mask: &[bool], shape: [usize; 3], times: usize) -> Vec<bool> {
    let mut now = mask.to_vec();
    for _ in 0..times {
        let inside = |n: usize| now[n] && neighbours(n, shape).iter().all(|m| m.is_some_and(|m| now[m]));
        now = (0..now.len()).map(inside).collect();
    }
    now
}

/// Adds all neighbours, so many times.
pub(super) fn dilated(mask: &[bool], shape: [usize; 3], times: usize) -> Vec<bool> {
    let mut now = mask.to_vec();
    for _ in 0..times {
        let inside = |n: usize| now[n] || neighbours(n, shape).iter().flatten().any(|m| now[*m]);
        now = (0..now.len()).map(inside).collect();
    }
    now
}

/// The largest of the pieces that hang together by faces; of equal ones the first.
pub(super) fn largest_piece(mask: &[bool], shape: [usize; 3]) -> Vec<bool> {
    let mut piece_of = vec![usize::MAX; mask.len()];
    let mut sizes = Vec::new();
    let mut waiting = Vec::new();
    for start in 0..mask.len() {
        if !mask[start] || piece_of[start] != usize::MAX {
            continue;
        }
        let piece = sizes.len();
        let mut size = 0;
        piece_of[start] = piece;
        waiting.push(start);
        while let Some(n) = waiting.pop() {
            size += 1;
            for m in neighbours(n, shape).into_iter().flatten() {
                if mask[m] && piece_of[m] == usize::MAX {
                    piece_of[m] = piece;
                    waiting.push(m);
                }
            }
        }
        sizes.push(size);
    }
    let most = sizes.iter().copied().max().unwrap_or(0);
    let largest = sizes.iter().position(|size| *size == most).unwrap_or(usize::MAX - 1);
    piece_of.into_iter().map(|piece| piece == largest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_piece_is_kept_and_touching_by_an_edge_does_not_count() {
        // In one plane of 4 × 3: three voxels in a row, and two that touch them only by an edge.
        let mask: Vec<bool> = "##..\n..##\n...#".chars().filter(|c| *c != '\n').map(|c| c == '#').collect();
        let kept: String = largest_piece(&mask, [4, 3, 1]).iter().map(|k| if *k { '#' } else { '.' }).collect();
        assert_eq!(kept, "......##...#");
    }

    #[test]
    fn growing_and_shrinking_give_a_block_back() {
        let shape = [9, 9, 9];
        let inside = |n: usize| [n % 9, n / 9 % 9, n / 81].iter().all(|i| (2..7).contains(i));
        let block: Vec<bool> = (0..729).map(inside).collect();
        assert_eq!(eroded(&dilated(&block, shape, 2), shape, 2), block);
        assert_eq!(eroded(&block, shape, 1).iter().filter(|v| **v).count(), 27);
    }
}
