//! Windows: how a text longer than the model's input is read.

use crate::error::{Error, Result};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// One stretch of a run's tokens that the model reads at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The run.
    pub run: usize,
    /// The tokens of the run that the model reads, counted from the run's first; `[CLS]` and `[SEP]` come on top.
    pub reads: Range<usize>,
    /// The tokens whose values are kept: the centre, and the ends of the run.
    pub keeps: Range<usize>,
}

/// How the runs of a text are cut into windows that overlap by about half, of which only the centres are kept.
///
/// Each token is kept exactly once, with the same context left and right where the run has it. No window crosses from one run
/// into another: BERT sees both sides of a word, and would carry the text of one fold into the next.
///
/// ```
/// use neurocell::model::WindowPlan;
/// let plan = WindowPlan::new(&[1200, 300], 512)?;
/// assert_eq!(plan.windows().len(), 5);
/// println!("{plan}");
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowPlan {
    windows: Arc<[Window]>,
    longest: usize,
    tokens: usize,
    context: Option<usize>,
}

/// `[CLS]` and `[SEP]`, which every window has besides its text.
const FRAME: usize = 2;

impl WindowPlan {
    /// Windows of at most `longest` tokens, `[CLS]` and `[SEP]` included, over runs of so many tokens each.
    ///
    /// A run that fits into one window is read in one; else windows begin at even distances of at most half their length.
    ///
    /// # Errors
    /// If `longest` leaves no room for a token between `[CLS]` and `[SEP]`.
    pub fn new(tokens: &[usize], longest: usize) -> Result<WindowPlan> {
        if longest <= FRAME {
            return Err(Error::value(
                format!("windows of {longest} tokens, two of which are [CLS] and [SEP]"),
                "give a length of at least 3; a BERT has 512",
            ));
        }
        let width = longest - FRAME;
        let stride = width.div_ceil(2);
        let mut windows = Vec::new();
        let mut context: Option<usize> = None;
        for (run, &length) in tokens.iter().enumerate() {
            if length == 0 {
                continue;
            }
            let spare = length.saturating_sub(width);
            let count = 1 + spare.div_ceil(stride);
            let begin = |i: usize| if count == 1 { 0 } else { i * spare / (count - 1) };
            let mut kept = 0;
            for i in 0..count {
                let reads = begin(i)..(begin(i) + width).min(length);
                // The border to the next window is the middle of what both read.
                let end = if i + 1 == count { length } else { (begin(i + 1) + reads.end).div_ceil(2) };
                if i > 0 {
                    let left = kept - reads.start;
                    context = Some(context.map_or(left, |c| c.min(left)));
                }
                if i + 1 < count {
                    let right = reads.end - end;
                    context = Some(context.map_or(right, |c| c.min(right)));
                }
                windows.push(Window { run, reads, keeps: kept..end });
                kept = end;
            }
        }
        Ok(WindowPlan { windows: windows.into(), longest, tokens: tokens.iter().sum(), context })
    }

    /// The windows, run after run and from left to right.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// Number of tokens in the text.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// The least context that a kept token has on a side on which the run goes on; `None` if each run fits into one window.
    pub fn context(&self) -> Option<usize> {
        self.context
    }
}

impl fmt::Display for WindowPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.windows.iter().filter(|w| w.reads.start == 0).count();
        let s = |n: usize| if n == 1 { "" } else { "s" };
        let count = self.windows.len();
        write!(f, "{} tokens of {runs} run{} in {count} window{}", self.tokens, s(runs), s(count))?;
        write!(f, " of at most {} tokens", self.longest)?;
        match self.context {
            Some(context) => write!(f, ", at least {context} tokens of context where the run goes on"),
            None => write!(f, ", each run whole"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_kept_once_and_inside_what_its_window_reads() {
        for longest in [3, 4, 5, 8, 13, 40] {
            for length in 0..150 {
                let plan = WindowPlan::new(&[7, length, 1], longest).unwrap();
                for (run, tokens) in [7, length, 1].into_iter().enumerate() {
                    let mut next = 0;
                    for window in plan.windows().iter().filter(|w| w.run == run) {
                        assert_eq!(window.keeps.start, next, "longest {longest}, run of {tokens}");
                        assert!(window.reads.start <= window.keeps.start && window.keeps.end <= window.reads.end);
                        assert!(window.reads.len() + 2 <= longest);
                        next = window.keeps.end;
                    }
                    assert_eq!(next, tokens, "longest {longest}");
                }
            }
        }
    }

    #[test]
    fn inner_tokens_have_about_a_quarter_of_a_window_as_context() {
        let plan = WindowPlan::new(&[5000], 512).unwrap();
        assert!((127..=140).contains(&plan.context().unwrap()), "{plan}");
    }

    #[test]
    fn a_run_that_fits_is_one_window() {
        let plan = WindowPlan::new(&[510], 512).unwrap();
        assert_eq!(plan.windows(), [Window { run: 0, reads: 0..510, keeps: 0..510 }]);
        assert_eq!(WindowPlan::new(&[511], 512).unwrap().windows().len(), 2);
    }

    #[test]
    fn a_window_without_room_for_text_is_refused() {
        assert!(WindowPlan::new(&[5], 2).is_err());
    }
}
