//! A stretch of a run in windows that overlap.

use super::{Cut, Window};
use std::ops::Range;

/// Where the windows over `length` tokens begin: at even distances of at most `stride`.
fn begins(length: usize, width: usize, stride: usize) -> Vec<usize> {
    let spare = length.saturating_sub(width);
    let count = 1 + spare.div_ceil(stride.max(1));
    (0..count).map(|i| if count == 1 { 0 } else { i * spare / (count - 1) }).collect()
}

/// Windows of which the centres are kept, for a model that sees both sides of a word.
pub(super) fn centred(run: usize, stretch: Range<usize>, width: usize, cut: &mut Cut) {
    let begins = begins(stretch.len(), width, width.div_ceil(2));
    let mut kept = stretch.start;
    for (i, begin) in begins.iter().enumerate().filter(|_| !stretch.is_empty()) {
        let start = stretch.start + begin;
        let reads = start..(start + width).min(stretch.end);
        // The border to the next window is the middle of what both read.
        let next = begins.get(i + 1).map(|next| stretch.start + next);
        let end = next.map_or(stretch.end, |next| (next + reads.end).div_ceil(2));
        if i > 0 {
            cut.saw(kept - reads.start);
        }
        if next.is_some() {
            cut.saw(reads.end - end);
        }
        cut.windows.push(Window { run, reads, keeps: kept..end });
        kept = end;
    }
}

/// Windows of which all is kept that the window before has not read, for a model that sees only what stands before a word.
pub(super) fn causal(run: usize, stretch: Range<usize>, width: usize, cut: &mut Cut) {
    let mut kept = stretch.start;
    for begin in begins(stretch.len(), width, width / 2).into_iter().filter(|_| !stretch.is_empty()) {
        let start = stretch.start + begin;
        let reads = start..(start + width).min(stretch.end);
        if begin > 0 {
            cut.saw(kept - start);
        }
        let keeps = kept..reads.end;
        kept = reads.end;
        cut.windows.push(Window { run, reads, keeps });
    }
}
