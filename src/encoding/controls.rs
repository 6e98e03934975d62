//! What a story does to a brain whatever it tells: regressors against which a model's units have to prove their worth.
//!
//! | control | x of volume k, before the response |
//! |---|---|
//! | [`WordRate`](Control::WordRate) | words that begin in the volume, divided by TR: words per second |
//! | [`Letters`](Control::Letters) | mean number of letters and digits of its words |
//! | [`Duration`](Control::Duration) | mean duration of its words, in seconds |
//! | [`LogFrequency`](Control::LogFrequency) | mean log frequency of its words, as Zipf values ([`word_frequency`]) |
//! | [`StoryOn`](Control::StoryOn) | share of the volume between the run's first word's onset and its last word's offset |
//! | [`StoryOnset`](Control::StoryOnset) | 1 in the volume in which the run's first word begins, else 0 |
//!
//! They are put on the scan's clock by the [`Sampling`] that the neurons had, with its response, trimming and z-score. Letters, duration and
//! frequency are sampled as a neuron with these values would be (also where [`Sampling`] says sum or Lanczos). Rate and story onset are sums
//! where neurons are means, and Lanczos sums where neurons are Lanczos sums (the rate then is cutoff/TR · Σ L); to them, and to the story that is
//! on, silence is 0.

use super::Features;
use crate::activation::{Downsampling, Sampling, Silence, WordValues, same_runs, volumes_on_clock};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use crate::stimulus::{RAREST, Stimulus, Word, word_frequency};
use ndarray::{Array2, Axis, concatenate, s};
use std::fmt;

/// One regressor that knows nothing of what a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Control {
    /// Words per second.
    WordRate,
    /// Letters and digits of a word.
    Letters,
    /// Seconds for which a word lasts.
    Duration,
    /// Zipf value of a word: log₁₀ of its occurrences in a billion words. Words that are not in the table have its floor, 3, and are
    /// counted in the [notes](Features::notes).
    LogFrequency,
    /// The story is on, from the run's first word to the end of its last.
    StoryOn,
    /// The story begins.
    StoryOnset,
}

impl Control {
    /// All of them.
    pub fn all() -> Vec<Control> {
        use Control::{Duration, Letters, LogFrequency, StoryOn, StoryOnset, WordRate};
        vec![WordRate, Letters, Duration, LogFrequency, StoryOn, StoryOnset]
    }

    /// This control alone, as [`Controls::features`].
    ///
    /// # Errors
    /// As there.
    pub fn features(self, stimulus: &Stimulus, clock: &Clock, sampling: &Sampling) -> Result<Features> {
        Controls::of(&[self]).features(stimulus, clock, sampling)
    }

    /// Volume × regressor, with what is to be known of it.
    fn on_clock(self, stimulus: &Stimulus, clock: &Clock, sampling: &Sampling) -> Result<(Array2<f32>, Vec<String>)> {
        let counting = match sampling.downsampling {
            Downsampling::Mean => sampling.clone().sum(),
            _ => sampling.clone(),
        };
        let counting = counting.silence(Silence::Zero);
        // What makes of a sum a rate.
        let cutoff = match sampling.downsampling {
            Downsampling::Lanczos { cutoff, .. } => cutoff,
            _ => 1.0,
        };
        let rate = (cutoff / clock.tr()) as f32;
        let (value, scale, sampling): (fn(&Word) -> f32, f32, &Sampling) = match self {
            Control::WordRate => (|_| 1.0, rate, &counting),
            Control::Letters => (letters, 1.0, sampling),
            Control::Duration => (duration, 1.0, sampling),
            Control::LogFrequency => (|word| word_frequency(&word.text).unwrap_or(RAREST), 1.0, sampling),
            Control::StoryOn => {
                let found = volumes_on_clock(story_on(stimulus, clock, sampling)?.view(), clock, sampling, "controls")?;
                return Ok((found.data, found.notes));
            }
            Control::StoryOnset => (|_| 0.0, 1.0, &counting),
        };
        let words = stimulus.words();
        let mut values = Array2::from_shape_fn((words.len(), 1), |(n, _)| scale * value(&words[n]));
        if self == Control::StoryOnset {
            for run in 0..stimulus.runs() {
                if let Some(first) = words.iter().position(|word| word.run == run && word.onset.is_some()) {
                    values[[first, 0]] = 1.0;
                }
            }
        }
        let words = WordValues { stimulus, values: values.view(), valueless: &[], what: "controls" };
        let found = words.on_clock(clock, sampling)?;
        let mut notes = found.notes;
        if self == Control::LogFrequency {
            notes.extend(unknown(stimulus));
        }
        Ok((found.data, notes))
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Control::WordRate => "word rate",
            Control::Letters => "word letters",
            Control::Duration => "word duration",
            Control::LogFrequency => "log word frequency",
            Control::StoryOn => "story on",
            Control::StoryOnset => "story onset",
        })
    }
}

/// Regressors that know nothing of what a text means, ready to be a model of their own or a space beside another; all of
/// [`Control::all`] by default. The [module](self) has the equations.
///
/// ```
/// use neurocell::prelude::*;
/// let story = Stimulus::example()?.in_runs(2, 6.0)?;
/// let clock = Clock::new(1.5, &[220, 220])?;
/// let controls = Controls::default().features(&story, &clock, &Sampling::default())?;
/// assert_eq!((controls.name(), controls.data().dim()), ("controls", (440, 6)));
/// assert_eq!(controls.feature(0), "word rate");
/// println!("{controls}"); // … 31 of 1400 words are not in the table of frequencies …
/// let rate = Control::WordRate.features(&story, &clock, &Sampling::default())?;
/// assert_eq!(rate.data().column(0), controls.data().column(0));
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Controls {
    /// Which, in the order of the columns.
    pub controls: Vec<Control>,
}

impl Default for Controls {
    fn default() -> Controls {
        Controls { controls: Control::all() }
    }
}

impl Controls {
    /// Some of them.
    pub fn of(controls: &[Control]) -> Controls {
        Controls { controls: controls.to_vec() }
    }

    /// The controls on the scan's clock, sampled as the neurons were. With FIR delays or derivatives, all controls at the first delay come
    /// first, then all at the second, as neurons do.
    ///
    /// Words that are not used, and words that are not in the table of frequencies, are counted in [`Features::notes`].
    ///
    /// # Errors
    /// If no control or one twice is asked for, clock and stimulus differ in their number of runs, words begin after a run's last volume, a
    /// setting of the sampling is out of its range, or trimming leaves nothing of a run.
    pub fn features(&self, stimulus: &Stimulus, clock: &Clock, sampling: &Sampling) -> Result<Features> {
        if self.controls.is_empty() {
            return Err(Error::value("no control is asked for", "take `Controls::default()` for all of them"));
        }
        if let Some((_, twice)) = self.controls.iter().enumerate().find(|(n, one)| self.controls[..*n].contains(one)) {
            return Err(Error::value(format!("the control {twice} is asked for twice"), "name each control once"));
        }
        let kept = clock.trimmed(sampling.trim.0, sampling.trim.1)?;
        let copies = sampling.copies();
        let mut notes: Vec<String> = Vec::new();
        let mut columns = Vec::new();
        for control in &self.controls {
            let (data, said) = control.on_clock(stimulus, clock, sampling)?;
            for note in said {
                let note = note.replace("1 of 1 controls do not vary", &format!("{control} does not vary"));
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
            columns.push(data);
        }
        let each = copies.len().max(1);
        let order = (0..each).flat_map(|copy| columns.iter().map(move |data| data.slice(s![.., copy..copy + 1])));
        let data = concatenate(Axis(1), &order.collect::<Vec<_>>())
            .map_err(|cause| Error::shape(cause.to_string(), "give each control one clock"))?;
        let named = |copy: usize, control: &Control| match copies.get(copy) {
            Some(copy) => format!("{control}, {copy}"),
            None => control.to_string(),
        };
        let names: Vec<String> =
            (0..each).flat_map(|copy| self.controls.iter().map(move |one| named(copy, one))).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let name = match self.controls[..] {
            [one] => one.to_string(),
            _ => "controls".to_owned(),
        };
        let made = Provenance::step("controls").options_of(self, &[]).options_of(sampling, &[]).option("clock", clock);
        let features = Features::new(name, data, &kept)?.named(&names)?.with_notes(notes);
        Ok(features.made(made.input("stimulus", stimulus)))
    }
}

fn letters(word: &Word) -> f32 {
    word.text.chars().filter(|letter| letter.is_alphanumeric()).count() as f32
}

fn duration(word: &Word) -> f32 {
    // Only words with a time have a place on the clock.
    word.onset.zip(word.offset).map_or(0.0, |(onset, offset)| (offset - onset) as f32)
}

/// How many words with a time are not in the table of frequencies, if any.
fn unknown(stimulus: &Stimulus) -> Option<String> {
    let timed: Vec<&Word> = stimulus.words().iter().filter(|word| word.onset.is_some()).collect();
    let unknown: Vec<&str> =
        timed.iter().map(|word| word.text.as_str()).filter(|text| word_frequency(text).is_none()).collect();
    let mut named: Vec<String> = Vec::new();
    for text in &unknown {
        let text = format!("`{}`", text.trim_matches(|letter: char| !letter.is_alphanumeric()));
        if !named.contains(&text) {
            named.push(text);
        }
    }
    let more = if named.len() > 5 { ", …" } else { "" };
    (!unknown.is_empty()).then(|| {
        format!(
            "{} of {} words are not in the table of frequencies and have its floor, Zipf {RAREST}: {}{more}",
            unknown.len(),
            timed.len(),
            named[..named.len().min(5)].join(", ")
        )
    })
}

/// The share of each volume in which the story is on.
fn story_on(stimulus: &Stimulus, clock: &Clock, sampling: &Sampling) -> Result<Array2<f32>> {
    same_runs(stimulus, clock)?;
    let tr = clock.tr();
    let mut on = Array2::zeros((clock.total(), 1));
    for run in 0..clock.runs() {
        let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
        for (onset, offset) in
            stimulus.words().iter().filter(|word| word.run == run).filter_map(|word| word.onset.zip(word.offset))
        {
            first = first.min(onset - sampling.scan_start);
            last = last.max(offset - sampling.scan_start);
        }
        for (volume, row) in clock.rows(run).enumerate() {
            let (begin, end) = (volume as f64 * tr, (volume + 1) as f64 * tr);
            on[[row, 0]] = ((last.min(end) - first.max(begin)).max(0.0) / tr) as f32;
        }
    }
    Ok(on)
}
