//! Which words make which volume, and with what weight.

use super::{Downsampling, Response, Sampling, WordTime};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::stimulus::{Stimulus, Word};

/// The words of one run that are used, and what each adds to each volume.
pub(super) struct Placed {
    /// Numbers of the words.
    pub(super) words: Vec<usize>,
    /// For each volume the words that make it: place in `words`, and weight.
    pub(super) volumes: Vec<Vec<(usize, f64)>>,
}

impl Placed {
    /// One value for each volume, numbered from `first`, in the place of words.
    pub(super) fn volume_by_volume(first: usize, volumes: usize) -> Placed {
        let words = (first..first + volumes).collect();
        Placed { words, volumes: (0..volumes).map(|volume| vec![(volume, 1.0)]).collect() }
    }
}

/// A word of the run, by number and time from the run's first volume.
type Timed = (usize, f64);

/// Places the words of every run but those that have no value, and says what is to be known of those that have no place.
pub(super) fn placed(
    stimulus: &Stimulus,
    valueless: &[usize],
    clock: &Clock,
    sampling: &Sampling,
) -> Result<(Vec<Placed>, Vec<String>)> {
    let Words { timed, early, behind } = timed(stimulus, valueless, clock, sampling)?;
    let (mut early, mut far) = (early, 0);
    let placed: Vec<Placed> = timed
        .into_iter()
        .enumerate()
        .map(|(run, words)| match sampling.downsampling {
            Downsampling::Lanczos { lobes, cutoff } => {
                let window = Lanczos::new(lobes, cutoff, clock.tr(), sampling);
                let (placed, unused) = window.place(&words, clock.volumes(run));
                let before = unused.iter().filter(|time| **time < 0.0).count();
                early += before;
                far += unused.len() - before;
                placed
            }
            Downsampling::Mean => bins(&words, clock, run, |count| 1.0 / count as f64),
            Downsampling::Sum => bins(&words, clock, run, |_| 1.0),
        })
        .collect();
    let mut notes = Vec::new();
    if early > 0 {
        notes.push(format!("{early} words before the first volume of their run are not used"));
    }
    if behind > 0 {
        notes.push(format!("{behind} words whose middle lies behind the last volume of their run are not used"));
    }
    if far > 0 {
        notes.push(format!("{far} words are further from every volume than the Lanczos window reaches, and not used"));
    }
    if !valueless.is_empty() {
        notes.push(format!("{} words without a token are not used", valueless.len()));
    }
    for run in (0..clock.runs()).filter(|run| placed[*run].words.is_empty()) {
        notes.push(format!("run {run} has no word with a time"));
    }
    Ok((placed, notes))
}

/// The words with time and value of each run, on the scan's clock.
fn timed(stimulus: &Stimulus, valueless: &[usize], clock: &Clock, sampling: &Sampling) -> Result<Words> {
    let reaches_in = matches!(sampling.downsampling, Downsampling::Lanczos { .. });
    let mut found = Words { timed: vec![Vec::new(); clock.runs()], early: 0, behind: 0 };
    let (mut late, mut excess, mut worst) = (0, 0.0_f64, 0);
    for (i, word) in stimulus.words().iter().enumerate() {
        let Some((onset, time)) = times(i, word, sampling)? else { continue };
        let end = clock.volumes(word.run) as f64 * clock.tr();
        if onset >= end {
            late += 1;
            if onset - end >= excess {
                (excess, worst) = (onset - end, word.run);
            }
        } else if time >= end && !reaches_in {
            found.behind += 1;
        } else if time < 0.0 && !reaches_in {
            found.early += 1;
        } else if valueless.binary_search(&i).is_err() {
            found.timed[word.run].push((i, time));
        }
    }
    if late > 0 {
        let within = match sampling.scan_start {
            0.0 => "stimulus.within(&clock)?".to_owned(),
            start => format!("stimulus.starting_at({}).within(&clock)?` with `scan_start(0.0)", -start),
        };
        return Err(Error::value(
            format!(
                "{late} words of `{}` begin after their run's last volume has ended, by up to {excess:.2} s (run {worst}); the clock has {clock}",
                stimulus.name()
            ),
            format!("see that TR and story onset are right; to leave these words without time, read `{within}`"),
        ));
    }
    Ok(found)
}

/// What [`timed`] finds.
struct Words {
    timed: Vec<Vec<Timed>>,
    early: usize,
    behind: usize,
}

/// When a word begins and when it counts, on the scan's clock; `None` for a word without time.
fn times(number: usize, word: &Word, sampling: &Sampling) -> Result<Option<(f64, f64)>> {
    let (Some(onset), Some(offset)) = (word.onset, word.offset) else { return Ok(None) };
    if !onset.is_finite() || !offset.is_finite() {
        return Err(Error::value(
            format!("word {number} (`{}`) has the onset {onset} and the offset {offset}", word.text),
            "give `starting_at` a finite number of seconds",
        ));
    }
    let time = match sampling.word_time {
        WordTime::Onset => onset,
        WordTime::Centre => 0.5 * (onset + offset),
    };
    Ok(Some((onset - sampling.scan_start, time - sampling.scan_start)))
}

/// Each word in the volume in whose TR it lies, with a weight by the number of words there.
fn bins(words: &[Timed], clock: &Clock, run: usize, weight: impl Fn(usize) -> f64) -> Placed {
    let count = clock.volumes(run);
    let mut volumes: Vec<Vec<(usize, f64)>> = vec![Vec::new(); count];
    for (place, (_, time)) in words.iter().enumerate() {
        // Rounding may put a word just before the run's end into the volume behind it.
        let volume = ((time / clock.tr()).floor() as usize).min(count - 1);
        volumes[volume].push((place, 0.0));
    }
    for volume in &mut volumes {
        let weight = weight(volume.len());
        volume.iter_mut().for_each(|(_, w)| *w = weight);
    }
    Placed { words: words.iter().map(|(i, _)| *i).collect(), volumes }
}

/// A windowed sinc at the volumes' times.
struct Lanczos {
    lobes: f64,
    /// Cutoff frequency in Hz.
    cutoff: f64,
    tr: f64,
    /// Where in its TR a volume is sampled, as a share.
    at: f64,
}

impl Lanczos {
    fn new(lobes: usize, cutoff: f64, tr: f64, sampling: &Sampling) -> Lanczos {
        // A course that a response takes up is held through the TR, and so stands for its middle.
        let at = if matches!(sampling.response, Response::Hrf(_)) { 0.5 } else { sampling.slice_reference };
        Lanczos { lobes: lobes as f64, cutoff: cutoff / tr, tr, at }
    }

    /// L(u) for a distance in seconds.
    fn weight(&self, seconds: f64) -> f64 {
        let u = seconds * self.cutoff;
        if u == 0.0 {
            return 1.0;
        }
        if u.abs() >= self.lobes {
            return 0.0;
        }
        let x = std::f64::consts::PI * u;
        self.lobes * x.sin() * (x / self.lobes).sin() / (x * x)
    }

    /// The words that reach a volume, and the times of those that reach none.
    fn place(&self, words: &[Timed], count: usize) -> (Placed, Vec<f64>) {
        let reach = self.lobes / self.cutoff;
        let mut placed = Placed { words: Vec::new(), volumes: vec![Vec::new(); count] };
        let mut unused = Vec::new();
        for (word, time) in words {
            let volume_at = |seconds: f64| seconds / self.tr - self.at;
            let first = volume_at(time - reach).ceil().max(0.0) as usize;
            let end = ((volume_at(time + reach).floor() + 1.0).max(0.0) as usize).min(count);
            if first >= end {
                unused.push(*time);
                continue;
            }
            let place = placed.words.len();
            placed.words.push(*word);
            for (volume, words) in placed.volumes.iter_mut().enumerate().take(end).skip(first) {
                words.push((place, self.weight((volume as f64 + self.at) * self.tr - time)));
            }
        }
        (placed, unused)
    }
}
