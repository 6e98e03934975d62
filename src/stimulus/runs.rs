//! Moving a stimulus to the scan's clock, and its runs.

use super::speaking::ends_sentence;
use super::{Stimulus, Timing, Word};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::Provenance;

impl Stimulus {
    /// The same words, later by `seconds` in every run: from the audio's clock to the scan's, by the story's onset in the scan.
    pub fn starting_at(&self, seconds: f64) -> Stimulus {
        let later = |word: &Word| Word {
            onset: word.onset.map(|t| t + seconds),
            offset: word.offset.map(|t| t + seconds),
            ..word.clone()
        };
        let made = Provenance::step("starting at").option("seconds", seconds).input("words", self);
        Stimulus { words: self.words.iter().map(later).collect(), ..self.clone() }.made(made)
    }

    /// Several stimuli as consecutive runs of one, in the order given; each keeps its times.
    ///
    /// # Errors
    /// If there is none.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let one = Stimulus::from_text("one", "The first run.", Speaking::default())?;
    /// let two = Stimulus::from_text("two", "The second.", Speaking::default())?;
    /// assert_eq!(Stimulus::join(&[one, two])?.runs(), 2);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn join(stimuli: &[Stimulus]) -> Result<Stimulus> {
        if stimuli.is_empty() {
            return Err(Error::value("no stimulus to join", "give at least one"));
        }
        let mut words = Vec::with_capacity(stimuli.iter().map(|s| s.words.len()).sum());
        let mut first = 0;
        for stimulus in stimuli {
            words.extend(stimulus.words.iter().map(|w| Word { run: first + w.run, ..w.clone() }));
            first += stimulus.runs();
        }
        let made = stimuli.iter().any(|s| s.timing == Timing::Made);
        let names: Vec<&str> = stimuli.iter().map(Stimulus::name).collect();
        let joined = Stimulus::new(names.join(" + "), words, if made { Timing::Made } else { Timing::Measured })?;
        Ok(joined.made(Provenance::step("join stimuli").inputs_of("words", stimuli)))
    }

    /// One run cut into `runs` runs of about equal duration, at ends of sentences; each run's first word with a time begins
    /// `lead_in` seconds after its first volume.
    ///
    /// # Errors
    /// If the stimulus has more than one run already, `runs` is 0, there are too few sentences (marked by . ! ? …) to cut it
    /// so often, or `lead_in` is not a finite number.
    pub fn in_runs(&self, runs: usize, lead_in: f64) -> Result<Stimulus> {
        if self.runs() != 1 {
            return Err(Error::value(
                format!("`{}` has {} runs already", self.name, self.runs()),
                "cut a stimulus of one run, such as `story.run(0)?`",
            ));
        }
        if runs == 0 || !lead_in.is_finite() {
            return Err(Error::value(
                format!("{runs} runs with a lead-in of {lead_in} s"),
                "give at least one run and a finite number of seconds",
            ));
        }
        let places = self.sentence_starts();
        let (Some(begin), Some(end)) = (self.words.iter().find_map(|w| w.onset), self.last_offset(0)) else {
            return Err(Error::value(
                format!("no word of `{}` has a time", self.name),
                "give the words onsets, for example by `Stimulus::from_text`",
            ));
        };
        if places.len() + 1 < runs {
            return Err(Error::value(
                format!("`{}` has {} places between sentences, {runs} runs need {}", self.name, places.len(), runs - 1),
                "ask for fewer runs, or give a text with its punctuation",
            ));
        }
        // Each cut is the nearest place that leaves enough places for the cuts behind it.
        let mut cuts: Vec<(usize, f64)> = Vec::with_capacity(runs);
        let mut free = 0;
        for cut in 1..runs {
            let ideal = begin + (end - begin) * cut as f64 / runs as f64;
            let last = places.len() - (runs - 1 - cut);
            let distance = |i: &usize| (places[*i].1 - ideal).abs();
            // `free..last` is never empty: there are at least as many places left as cuts to make.
            let nearest = (free..last).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(free);
            cuts.push(places[nearest]);
            free = nearest + 1;
        }
        let mut words = Vec::with_capacity(self.words.len());
        let (mut run, mut start) = (0, begin);
        for (i, word) in self.words.iter().enumerate() {
            if let Some((_, onset)) = cuts.get(run).filter(|(first, _)| *first == i) {
                start = *onset;
                run += 1;
            }
            let moved = |t: f64| t - start + lead_in;
            words.push(Word {
                run,
                onset: word.onset.map(moved),
                offset: word.offset.map(moved),
                text: word.text.clone(),
            });
        }
        let made = Provenance::step("in runs").option("runs", runs).option("lead in", lead_in).input("words", self);
        Ok(Stimulus::new(self.name.clone(), words, self.timing)?.made(made))
    }

    /// One run as a stimulus of its own.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn run(&self, run: usize) -> Result<Stimulus> {
        self.check_run(run)?;
        let words = self.words.iter().filter(|w| w.run == run).map(|w| Word { run: 0, ..w.clone() });
        let name = if self.runs() == 1 { self.name.clone() } else { format!("{}, run {run}", self.name) };
        let made = Provenance::step("one run").option("run", run).input("words", self);
        Ok(Stimulus { name, words: words.collect(), timing: self.timing, origin: made.into() })
    }

    /// When the last word of a run ends, in seconds from the run's first volume; 0 if none of its words has a time.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn duration(&self, run: usize) -> Result<f64> {
        self.check_run(run)?;
        Ok(self.last_offset(run).unwrap_or(0.0))
    }

    /// The same text, in which words that begin outside the clock's runs have lost their time, so that they are read by the model
    /// and used nowhere on the scan's clock.
    ///
    /// # Errors
    /// If the clock has not as many runs as the stimulus.
    pub fn within(&self, clock: &Clock) -> Result<Stimulus> {
        if clock.runs() != self.runs() {
            return Err(Error::shape(
                format!("`{}` has {} runs, the clock {}: {clock}", self.name, self.runs(), clock.runs()),
                "take the stimuli of the runs that were scanned: `Stimulus::join(&[…])`",
            ));
        }
        let inside = |word: &Word| {
            let end = clock.volumes(word.run) as f64 * clock.tr();
            let inside = word.onset.filter(|t| *t >= 0.0 && *t < end);
            Word { onset: inside, offset: inside.and(word.offset), ..word.clone() }
        };
        let made = Provenance::step("within the scan").option("clock", clock).input("words", self);
        Ok(Stimulus { words: self.words.iter().map(inside).collect(), ..self.clone() }.made(made))
    }

    fn check_run(&self, run: usize) -> Result<()> {
        match run < self.runs() {
            true => Ok(()),
            false => Err(Error::value(
                format!("run {run} of `{}`, which has {}", self.name, self.runs()),
                "runs are counted from 0",
            )),
        }
    }

    fn last_offset(&self, run: usize) -> Option<f64> {
        let ends = self.words.iter().filter(|w| w.run == run).filter_map(|w| w.offset);
        ends.reduce(f64::max)
    }

    /// Where sentences begin, except the first: the word's number, and the onset of the first word from there on that has one;
    /// places before which, or from which on, no word has a time are left out, so that a run cut there is never without one.
    fn sentence_starts(&self) -> Vec<(usize, f64)> {
        let mut places: Vec<(usize, f64)> = Vec::new();
        let Some(first) = self.words.iter().position(|w| w.onset.is_some()) else { return places };
        // The onset at each word or behind it, from the back.
        let mut next = vec![None; self.words.len()];
        let mut later = None;
        for (slot, word) in next.iter_mut().zip(self.words.iter()).rev() {
            later = word.onset.or(later);
            *slot = later;
        }
        let mut since = first;
        for (i, onset) in next.into_iter().enumerate().skip(first + 1) {
            if let Some(onset) = onset
                && ends_sentence(&self.words[i - 1].text)
                && self.words[since..i].iter().any(|w| w.onset.is_some())
            {
                places.push((i, onset));
                since = i;
            }
        }
        places
    }
}
