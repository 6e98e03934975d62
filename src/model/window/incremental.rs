//! Each word at the end of a window of its own.
//!
//! Word i, whose last token is at eᵢ − 1, is read in the window [bᵢ, eᵢ). Words are taken `stride` at a time; all words of one step
//! begin where its last word needs it, b = max(0, e_last − context). In a causal model a token's value does not depend on what
//! comes after it, so all words that begin at the same token have in one window the values that each would have in its own.

use super::{Cut, Piece, Window};
use crate::error::{Error, Result};

pub(super) fn check(context: usize, stride: usize, width: usize) -> Result<()> {
    if context == 0 || stride == 0 {
        return Err(Error::value(
            format!("words are to be read with {context} tokens of context, moving by {stride} words"),
            "both are at least 1: a word's own tokens count as context",
        ));
    }
    match context <= width {
        true => Ok(()),
        false => Err(Error::value(
            format!("a context of {context} tokens, and a window takes {width}"),
            format!("give at most {width}"),
        )),
    }
}

pub(super) fn windows(run: usize, pieces: &[Piece<'_>], context: usize, stride: usize, causal: bool, cut: &mut Cut) {
    let mut first = 0;
    while first < pieces.len() {
        let from = pieces[first].tokens.start;
        // A step ends early where its first word would not have itself as context any more.
        let fits = pieces[first..].iter().take(stride).take_while(|piece| piece.tokens.end - from <= context).count();
        let step = &pieces[first..first + fits.max(1)];
        let begin = step[step.len() - 1].tokens.end.saturating_sub(context);
        for piece in step {
            if begin > 0 {
                cut.saw(piece.tokens.start.saturating_sub(begin));
            }
            let reads = begin.min(piece.tokens.start)..piece.tokens.end;
            match cut.windows.last_mut() {
                Some(last) if causal && last.run == run && last.reads.start == reads.start => {
                    (last.reads.end, last.keeps.end) = (reads.end, piece.tokens.end);
                }
                _ => cut.windows.push(Window { run, reads, keeps: piece.tokens.clone() }),
            }
        }
        first += step.len();
    }
}
