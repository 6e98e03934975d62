//! Windows: which tokens the model reads together, and which of their values are kept.

mod incremental;
mod pieces;
mod stretch;
#[cfg(test)]
mod tests;

use super::network::Reading;
use crate::error::{Error, Result};
pub(crate) use pieces::{Piece, pieces};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// How much of the text around a word the model sees when the word is read.
///
/// | plan | a word is read with | cost, in tokens computed for each kept |
/// |---|---|---|
/// | [`Windows`](Context::Windows) | BERT: at least a quarter of a window on each side; a causal model: at least half a window before it | about 2 |
/// | [`Sentences`](Context::Sentences) | its own sentence | 1 |
/// | [`WholeRun`](Context::WholeRun) | the whole text of its run | 1 |
/// | [`Incremental`](Context::Incremental) | the tokens before it and nothing after it | up to `context` |
///
/// No window crosses from one run into another: the text of one fold would get into the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Context {
    /// Windows that overlap by about half, of which the centres are kept (of a causal model: the second halves).
    #[default]
    Windows,
    /// Each sentence by itself, as its punctuation ends it. A sentence longer than a window is read in windows as above.
    Sentences,
    /// Each run at once; an error where one is longer than a window.
    WholeRun,
    /// Each word at the end of a window of its own, the usual way of studies that feed a story word by word.
    Incremental {
        /// Tokens of text in a window at most, the word's own included.
        context: usize,
        /// Words by which a window's beginning moves at once; the words of one step share their beginning, which is where the last of
        /// them needs it. 1 gives every word all the context that it may have.
        stride: usize,
    },
}

impl Context {
    /// [`Context::Incremental`] with a window of its own for each word: stride 1.
    pub fn incremental(context: usize) -> Context {
        Context::Incremental { context, stride: 1 }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Context::Windows => write!(f, "windows"),
            Context::Sentences => write!(f, "sentence by sentence"),
            Context::WholeRun => write!(f, "each run whole"),
            Context::Incremental { context, stride: 1 } => write!(f, "word by word with {context} tokens"),
            Context::Incremental { context, stride } => {
                write!(f, "word by word with {context} tokens, moving by {stride} words")
            }
        }
    }
}

/// One stretch of a run's tokens that the model reads at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The run.
    pub run: usize,
    /// The tokens of the run that the model reads, counted from the run's first; what frames a text (`[CLS]` and `[SEP]`) comes on top.
    pub reads: Range<usize>,
    /// The tokens whose values are kept.
    pub keeps: Range<usize>,
}

/// How the runs of a text are cut into windows: by default ([`Context::Windows`]) into windows that overlap by about half, of which
/// only the centres are kept.
///
/// Whatever the plan, each token is kept exactly once, and no window crosses from one run into another.
///
/// ```
/// use neurocell::model::WindowPlan;
/// let plan = WindowPlan::new(&[1200, 300], 512)?;
/// assert_eq!(plan.windows().len(), 5);
/// assert_eq!((plan.tokens(), plan.computed()), (1500, 4 * 510 + 300));
/// println!("{plan}");
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowPlan {
    windows: Arc<[Window]>,
    plan: Context,
    longest: usize,
    frame: usize,
    tokens: usize,
    context: Option<usize>,
    cut: usize,
}

/// What a BERT adds to each window: `[CLS]` and `[SEP]`.
const BERT_FRAME: usize = 2;
/// Tokens in a window of a causal model unless told otherwise: what long models can read would be slow, and more than the field's habit.
const CAUSAL_WINDOW: usize = 1024;
/// Tokens that the model gets in one call, unless one window alone has more: enough for matrix products to be fast.
pub(crate) const BATCH: usize = 4096;

/// The windows that a plan has so far.
#[derive(Default)]
pub(super) struct Cut {
    windows: Vec<Window>,
    /// The least context that a kept token has where more text stands beside it.
    context: Option<usize>,
    /// Sentences that had to be cut.
    cut: usize,
}

impl Cut {
    fn saw(&mut self, context: usize) {
        self.context = Some(self.context.map_or(context, |least| least.min(context)));
    }
}

impl WindowPlan {
    /// Windows of a BERT, of at most `longest` tokens, `[CLS]` and `[SEP]` included, over runs of so many tokens each.
    ///
    /// A run that fits into one window is read in one; else windows begin at even distances of at most half their length, and the
    /// border between what two of them keep is the middle of what both read.
    ///
    /// # Errors
    /// If `longest` leaves no room for a token between `[CLS]` and `[SEP]`.
    pub fn new(tokens: &[usize], longest: usize) -> Result<WindowPlan> {
        let width = width(longest, BERT_FRAME)?;
        let mut cut = Cut::default();
        for (run, &length) in tokens.iter().enumerate() {
            stretch::centred(run, 0..length, width, &mut cut);
        }
        Ok(WindowPlan::made(cut, Context::Windows, longest, BERT_FRAME, tokens.iter().sum()))
    }

    /// The windows in which a text is read, its runs given as words with their tokens.
    ///
    /// # Errors
    /// If the window asked for is longer than the model's or has no room for a token; a word has more tokens than a window; a run is longer
    /// than a window and was to be read whole; or an incremental context does not fit or is 0.
    pub(crate) fn of(
        plan: Context,
        asked: Option<usize>,
        reading: Reading,
        runs: &[Vec<Piece<'_>>],
    ) -> Result<WindowPlan> {
        let longest = window(asked, plan, reading)?;
        let width = width(longest, reading.frame)?;
        let mut cut = Cut::default();
        for (run, pieces) in runs.iter().enumerate() {
            let Some(last) = pieces.last() else { continue };
            let all = 0..last.tokens.end;
            if let Some(long) = pieces.iter().find(|piece| piece.tokens.len() > width) {
                return Err(long.too_long(width));
            }
            let into_windows = if reading.causal { stretch::causal } else { stretch::centred };
            match plan {
                Context::Windows => into_windows(run, all, width, &mut cut),
                Context::Sentences => {
                    for sentence in pieces::sentences(pieces) {
                        cut.cut += usize::from(sentence.len() > width);
                        into_windows(run, sentence, width, &mut cut);
                    }
                }
                Context::WholeRun if all.end > width => {
                    return Err(Error::value(
                        format!("run {run} has {} tokens, and a window takes {width}", all.end),
                        "read it in windows (`Context::Windows`), or cut the stimulus into shorter runs: `story.in_runs(…)?`",
                    ));
                }
                Context::WholeRun => cut.windows.push(Window { run, reads: all.clone(), keeps: all }),
                Context::Incremental { context, stride } => {
                    incremental::check(context, stride, width)?;
                    if let Some(long) = pieces.iter().find(|piece| piece.tokens.len() > context) {
                        return Err(long.too_long(context));
                    }
                    incremental::windows(run, pieces, context, stride, reading.causal, &mut cut);
                }
            }
        }
        let tokens = runs.iter().filter_map(|pieces| Some(pieces.last()?.tokens.end)).sum();
        let longest = match plan {
            Context::Incremental { context, .. } => longest.min(context.saturating_add(reading.frame)),
            _ => longest,
        };
        Ok(WindowPlan::made(cut, plan, longest, reading.frame, tokens))
    }

    fn made(cut: Cut, plan: Context, longest: usize, frame: usize, tokens: usize) -> WindowPlan {
        let Cut { windows, context, cut } = cut;
        WindowPlan { windows: windows.into(), plan, longest, frame, tokens, context, cut }
    }

    /// The windows, run after run and from left to right.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// Number of tokens in the text: those that are kept.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Number of tokens that the model computes, those included that are not kept; what frames each window is not counted.
    pub fn computed(&self) -> usize {
        self.windows.iter().map(|window| window.reads.len()).sum()
    }

    /// The least context that a kept token has on a side where the plan had to cut off text; `None` if it cut off none.
    pub fn context(&self) -> Option<usize> {
        self.context
    }

    /// Tokens in the longest window, its frame included.
    pub(crate) fn widest(&self) -> usize {
        self.windows.iter().map(|window| window.reads.len() + self.frame).max().unwrap_or(0)
    }

    /// The windows, as many at a time as have at most `limit` tokens with their frames; one that has more comes alone.
    pub(crate) fn batches(&self, limit: usize) -> Vec<Range<usize>> {
        let mut batches: Vec<Range<usize>> = Vec::new();
        let mut tokens = 0;
        for (number, window) in self.windows.iter().enumerate() {
            let more = window.reads.len() + self.frame;
            match batches.last_mut() {
                Some(batch) if tokens + more <= limit => batch.end = number + 1,
                _ => {
                    batches.push(number..number + 1);
                    tokens = 0;
                }
            }
            tokens += more;
        }
        batches
    }
}

/// Tokens in a window, its frame included: those asked for, else the model's own number.
pub(crate) fn window(asked: Option<usize>, plan: Context, reading: Reading) -> Result<usize> {
    match asked {
        Some(asked) if asked > reading.longest => Err(Error::value(
            format!("windows of {asked} tokens, and the model reads {} at once", reading.longest),
            format!("give at most {}", reading.longest),
        )),
        Some(asked) => Ok(asked),
        // The others say themselves how long they want to be.
        None if reading.causal && matches!(plan, Context::Windows) => Ok(reading.longest.min(CAUSAL_WINDOW)),
        None => Ok(reading.longest),
    }
}

/// Tokens of text in a window.
fn width(longest: usize, frame: usize) -> Result<usize> {
    match longest > frame {
        true => Ok(longest - frame),
        false => Err(Error::value(
            format!("windows of {longest} tokens, {frame} of which frame the text"),
            format!("give a length of at least {}; a BERT has 512", frame + 1),
        )),
    }
}

impl fmt::Display for WindowPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.windows.iter().map(|w| w.run).collect::<std::collections::BTreeSet<_>>().len();
        let s = |n: usize| if n == 1 { "" } else { "s" };
        let count = self.windows.len();
        write!(f, "{} tokens of {runs} run{} in {count} window{}", self.tokens, s(runs), s(count))?;
        write!(f, " of at most {} tokens", self.longest)?;
        match (self.plan, self.context) {
            (Context::Windows, Some(context)) => {
                write!(f, ", at least {context} tokens of context where the run goes on")?;
            }
            (Context::Windows, None) => write!(f, ", each run whole")?,
            (plan, _) => write!(f, ", {plan}")?,
        }
        match self.cut {
            0 => {}
            1 => write!(f, "; one sentence is longer than a window and is read in several")?,
            cut => write!(f, "; {cut} sentences are longer than a window and are read in several")?,
        }
        let share = self.computed() as f64 / self.tokens.max(1) as f64;
        match self.computed() == self.tokens {
            true => write!(f, "; each token is computed once"),
            false => write!(f, "; {} tokens computed, {share:.1} for each", self.computed()),
        }
    }
}
