//! The stimulus itself: words in order, each with its run and its time.

use crate::error::{Error, Result};
use crate::provenance::{Origin, Provenance};
use std::fmt;
use std::sync::Arc;

/// One word of a stimulus.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The word as the text has it, with its capitals and any punctuation attached to it.
    pub text: String,
    /// The run in which it was heard, counted from 0.
    pub run: usize,
    /// When it began, in seconds from the first volume of its run; `None` for a word whose time is not known.
    pub onset: Option<f64>,
    /// When it ended, on the same clock.
    pub offset: Option<f64>,
}

/// Where the times of a stimulus' words come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timing {
    /// Measured in a recording, as by forced alignment.
    Measured,
    /// Made by a rule for the speaking rate: nobody has spoken these words at these times.
    Made,
}

/// A text with the time of each word; clones are cheap.
///
/// A word without onset is part of the text that the model reads, but has no place on the scan's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus {
    pub(crate) name: String,
    pub(crate) words: Arc<[Word]>,
    pub(crate) timing: Timing,
    pub(crate) origin: Origin,
}

impl Stimulus {
    /// A stimulus of words in the order of the text, run after run.
    ///
    /// # Errors
    /// If there is no word, a run's number goes backwards or leaves one out, a time is not a finite number, a word has an
    /// onset without offset or the reverse, ends before it begins, or begins before the word in front of it.
    ///
    /// ```
    /// use neurocell::stimulus::{Stimulus, Timing, Word};
    /// let word = Word { text: "Once".into(), run: 0, onset: Some(0.2), offset: Some(0.5) };
    /// let story = Stimulus::new("one word", vec![word], Timing::Measured)?;
    /// assert_eq!(story.runs(), 1);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn new(name: impl Into<String>, words: Vec<Word>, timing: Timing) -> Result<Stimulus> {
        let name = name.into();
        if words.is_empty() {
            return Err(Error::value(format!("the stimulus `{name}` has no word"), "give it at least one"));
        }
        let mut order = Order::default();
        for (i, word) in words.iter().enumerate() {
            order.next(word).map_err(|problem| {
                Error::value(
                    format!("word {i} (`{}`) of the stimulus `{name}` {problem}", word.text),
                    "words stand in the order in which they were heard, with onset and offset in seconds or neither",
                )
            })?;
        }
        Ok(Stimulus { name, words: words.into(), timing, origin: Origin::given() })
    }

    /// The stimulus' name, for titles and reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All words in the order of the text.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// How many runs the words are spread over.
    pub fn runs(&self) -> usize {
        self.words.iter().map(|w| w.run + 1).max().unwrap_or(0)
    }

    /// Where the words' times come from.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// The same words, with another word on where their times come from: an alignment file cannot say that its times are made.
    pub fn with_timing(&self, timing: Timing) -> Stimulus {
        let made = Provenance::step("with timing").option("timing", format!("{timing:?}")).input("words", self);
        Stimulus { timing, origin: made.into(), ..self.clone() }
    }

    /// The same with what made it.
    pub(crate) fn made(self, made: Provenance) -> Stimulus {
        Stimulus { origin: made.into(), ..self }
    }

    /// The text of one run: its words joined by single spaces, as the model reads them.
    pub fn text(&self, run: usize) -> String {
        let words: Vec<&str> = self.words.iter().filter(|w| w.run == run).map(|w| w.text.as_str()).collect();
        words.join(" ")
    }
}

/// What has been seen of a stimulus so far, to check the next word against.
#[derive(Default)]
pub(super) struct Order {
    run: usize,
    begun: bool,
    onset: Option<f64>,
}

impl Order {
    /// What is wrong with `word` coming next, as the end of a sentence that begins with the word.
    pub(super) fn next(&mut self, word: &Word) -> std::result::Result<(), String> {
        if word.run != self.run {
            if word.run != self.run + 1 || !self.begun {
                let before = if self.begun { format!("run {}", self.run) } else { "no run".to_owned() };
                return Err(format!("stands in run {} and follows {before}; runs count 0, 1, 2 …", word.run));
            }
            self.run = word.run;
            self.onset = None;
        }
        self.begun = true;
        match (word.onset, word.offset) {
            (None, None) => Ok(()),
            (Some(onset), Some(offset)) if !onset.is_finite() || !offset.is_finite() => {
                Err(format!("has the times {onset} and {offset}, which are not finite numbers"))
            }
            (Some(onset), Some(offset)) if offset < onset => {
                Err(format!("ends at {offset} s, before it begins at {onset} s"))
            }
            (Some(onset), Some(_)) => match self.onset {
                Some(last) if onset < last => {
                    Err(format!("begins at {onset} s, earlier than the word before it ({last} s)"))
                }
                _ => {
                    self.onset = Some(onset);
                    Ok(())
                }
            },
            (Some(onset), None) => Err(format!("has an onset ({onset} s) and no offset")),
            (None, Some(offset)) => Err(format!("has an offset ({offset} s) and no onset")),
        }
    }
}

impl fmt::Display for Stimulus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timeless = self.words.iter().filter(|w| w.onset.is_none()).count();
        let mut ends = vec![0.0_f64; self.runs()];
        for word in self.words.iter() {
            ends[word.run] = ends[word.run].max(word.offset.unwrap_or(0.0));
        }
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        write!(f, "{}: {} word{}", self.name, self.words.len(), plural(self.words.len()))?;
        if timeless > 0 {
            write!(f, " ({timeless} without time)")?;
        }
        write!(f, ", {} run{}, {:.1} min", ends.len(), plural(ends.len()), ends.iter().sum::<f64>() / 60.0)?;
        f.write_str(match self.timing {
            Timing::Measured => ", measured onsets",
            Timing::Made => ", made onsets (speaking-rate rule)",
        })
    }
}
