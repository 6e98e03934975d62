//! Made onsets: a text as it might be read aloud, by a simple rule for the speaking rate.

use super::{Stimulus, Timing, Word};
use crate::error::{Error, Result};
use crate::provenance::{Provenance, digest_of};

/// How fast a text is read in [`Stimulus::from_text`].
///
/// A word takes one unit to begin and one for each letter or digit, a comma (also `;`, `:`, a dash) adds a pause of `comma`
/// units, the end of a sentence one of `sentence`, that of a paragraph one of `paragraph` more. A unit lasts as long as it must for
/// the whole text to be read at `words_per_minute`. A word without letter or digit is not spoken and has no time.
#[derive(Clone, Debug, PartialEq)]
pub struct Speaking {
    /// Spoken words a minute, pauses included.
    pub words_per_minute: f64,
    /// Pause at a comma, in units (a letter's length).
    pub comma: f64,
    /// Pause at the end of a sentence, in units.
    pub sentence: f64,
    /// What the end of a paragraph (an empty line) adds, in units.
    pub paragraph: f64,
    /// Onset of the first word, in seconds.
    pub lead_in: f64,
}

impl Default for Speaking {
    /// 150 words a minute; at usual word lengths the pauses are about 0.25, 0.6 and 0.6 s.
    fn default() -> Speaking {
        Speaking { words_per_minute: 150.0, comma: 4.0, sentence: 10.0, paragraph: 10.0, lead_in: 0.0 }
    }
}

impl Speaking {
    /// Spoken words a minute, pauses included.
    pub fn words_per_minute(mut self, rate: f64) -> Speaking {
        self.words_per_minute = rate;
        self
    }

    /// Onset of the first word, in seconds.
    pub fn lead_in(mut self, seconds: f64) -> Speaking {
        self.lead_in = seconds;
        self
    }

    /// Pauses at a comma, at the end of a sentence, and what the end of a paragraph adds, in units (a letter's length).
    pub fn pauses(mut self, comma: f64, sentence: f64, paragraph: f64) -> Speaking {
        (self.comma, self.sentence, self.paragraph) = (comma, sentence, paragraph);
        self
    }

    fn check(&self) -> Result<()> {
        if !(self.words_per_minute.is_finite() && self.words_per_minute > 0.0) {
            return Err(Error::value(
                format!("a speaking rate of {} words a minute", self.words_per_minute),
                "give a positive number; people read aloud at about 150",
            ));
        }
        let pauses = [("comma", self.comma), ("sentence", self.sentence), ("paragraph", self.paragraph)];
        for (name, pause) in pauses {
            if !(pause.is_finite() && pause >= 0.0) {
                return Err(Error::value(format!("a {name} pause of {pause} units"), "give 0 or more"));
            }
        }
        match self.lead_in.is_finite() {
            true => Ok(()),
            false => Err(Error::value(format!("a lead-in of {} s", self.lead_in), "give a finite number of seconds")),
        }
    }
}

impl Stimulus {
    /// A text with *made* onsets, as one run: words are what stands between spaces, each with the punctuation attached to it.
    ///
    /// # Errors
    /// If the text has no word, or a setting of `speaking` is not a number that it can be.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let text = Stimulus::from_text("a sentence", "The tide came in.", Speaking::default().words_per_minute(120.0))?;
    /// assert_eq!(text.words()[3].text, "in.");
    /// assert_eq!(text.words()[0].onset, Some(0.0));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn from_text(name: impl Into<String>, text: &str, speaking: Speaking) -> Result<Stimulus> {
        speaking.check()?;
        // (word, units of speech, units of silence after it)
        let mut plan: Vec<(&str, f64, f64)> = Vec::new();
        let mut last_line_empty = false;
        for line in text.lines() {
            if line.trim().is_empty() {
                if !last_line_empty && let Some(last) = plan.last_mut() {
                    last.2 += speaking.paragraph;
                }
                last_line_empty = true;
                continue;
            }
            last_line_empty = false;
            for word in line.split_whitespace() {
                let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
                let pause = match () {
                    () if ends_sentence(word) => speaking.sentence,
                    () if ends_clause(word) => speaking.comma,
                    () => 0.0,
                };
                plan.push((word, if letters == 0 { 0.0 } else { 1.0 + letters as f64 }, pause));
            }
        }
        let spoken = plan.iter().filter(|(_, units, _)| *units > 0.0).count();
        let units: f64 = plan.iter().map(|(_, speech, pause)| speech + pause).sum();
        // Not used where nothing is spoken: no word has a time then.
        let unit = spoken as f64 * 60.0 / speaking.words_per_minute / units.max(1.0);
        let mut now = 0.0;
        let words = plan.into_iter().map(|(text, speech, pause)| {
            let time = (speech > 0.0).then_some((now, now + speech));
            now += speech + pause;
            let seconds = |units: f64| speaking.lead_in + units * unit;
            Word {
                text: text.to_owned(),
                run: 0,
                onset: time.map(|(start, _)| seconds(start)),
                offset: time.map(|(_, end)| seconds(end)),
            }
        });
        let text = Provenance::content("text", &digest_of(text.as_bytes()));
        Ok(Stimulus::new(name, words.collect(), Timing::Made)?.made(speaking.made().input("text", &text)))
    }
}

impl Speaking {
    pub(super) fn made(&self) -> Provenance {
        Provenance::step("made word times").options_of(self, &[])
    }
}

/// Marks that may stand behind the mark that ends a sentence or a clause.
const CLOSING: [char; 8] = ['"', '\'', '”', '’', '»', ')', ']', '*'];

/// Whether a word is the last of its sentence, by its punctuation; titles before a name ("Mr.") are not.
pub(crate) fn ends_sentence(word: &str) -> bool {
    let bare = word.trim_end_matches(CLOSING);
    let title = ["mr.", "mrs.", "ms.", "dr.", "st.", "prof."].contains(&bare.to_lowercase().as_str());
    bare.ends_with(['.', '!', '?', '…', '。', '！', '？']) && !title
}

fn ends_clause(word: &str) -> bool {
    word.trim_end_matches(CLOSING).ends_with([',', ';', ':', '—', '–', '、', '，']) || word == "-"
}
