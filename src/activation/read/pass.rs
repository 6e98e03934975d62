//! One pass over a text: windows in batches, tokens pooled to words, rows written as words get complete.

use super::Pooling;
use super::words::Words;
use crate::activation::store::{Filling, Reached};
use crate::error::{Error, Result};
use crate::model::{Aligned, BATCH, WindowPlan};
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array2, ArrayView1};

#[cfg(test)]
mod tests;

/// Where the values of one site go.
pub(super) enum Sink {
    Memory(Array2<f32>),
    Store(Box<Filling>),
}

/// What one pass is about.
pub(super) struct Pass<'a> {
    pub(super) aligned: &'a Aligned,
    pub(super) plan: &'a WindowPlan,
    pub(super) pooling: Pooling,
    /// Number of words.
    pub(super) words: usize,
    /// Tokens in one call of the model.
    pub(super) batch: usize,
}

/// Why a pass ended early.
pub(super) enum Stopped {
    By(Error),
    NotFinite { word: usize, site: usize, column: usize, value: f32 },
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Stopped {
        Stopped::By(error)
    }
}

/// Tokens in one call of the model, so that their values of `row` neurons keep within `memory` bytes.
pub(super) fn batch(plan: &WindowPlan, row: usize, memory: u64) -> Result<usize> {
    let token = 4 * row as u64;
    // A word's sum goes with each row of a batch.
    let room = usize::try_from(memory / token.max(1)).unwrap_or(usize::MAX).saturating_sub(1);
    let widest = plan.widest();
    match room >= widest {
        true => Ok(room.min(BATCH.max(widest))),
        false => {
            // Rounded up: what the advice says is enough.
            let least = (((widest as u64 + 1) * token) as f64 / 1e3).ceil() / 1e6;
            Err(Error::value(
                format!(
                    "{:.6} GB of memory to read with, and one window of {widest} tokens × {row} neurons takes {least:.6} GB",
                    memory as f64 / 1e9,
                ),
                format!(
                    "give at least that (`.memory_gb({least:.6})`), or read fewer sites at once or in shorter windows"
                ),
            ))
        }
    }
}

impl Pass<'_> {
    /// Reads what the sinks do not have yet. However it ends, what is complete by then is noted.
    pub(super) fn run(
        &self,
        sinks: &mut [Sink],
        model: impl Fn(&[&[u32]]) -> Result<Vec<Array2<f32>>>,
    ) -> Result<(), Stopped> {
        let before: Vec<Reached> = sinks.iter().map(Sink::reached).collect();
        // The batches of the reading that is gone on with, so that every value is what it would have been without the stop.
        let batch = before.iter().filter(|r| r.words > 0).map(|r| r.batch).fold(self.batch, usize::min).max(1);
        let first = before.iter().map(|reached| reached.words).min().unwrap_or(0);
        let mut words = Words::new(self.pooling, self.tokens_from(first));
        let mut reached = Reached { words: first, batch };
        let done = self.windows(sinks, &before, &mut reached, &mut words, model);
        let noted = note(sinks, reached, true);
        done?;
        Ok(noted?)
    }

    /// Tokens of each word, none for words before `first`.
    fn tokens_from(&self, first: usize) -> Vec<u32> {
        let mut tokens = vec![0; self.words];
        for word in self.aligned.words.iter().flatten().flatten().filter(|word| **word >= first) {
            tokens[*word] += 1;
        }
        tokens
    }

    fn windows(
        &self,
        sinks: &mut [Sink],
        before: &[Reached],
        reached: &mut Reached,
        words: &mut Words,
        model: impl Fn(&[&[u32]]) -> Result<Vec<Array2<f32>>>,
    ) -> Result<(), Stopped> {
        let windows = self.plan.windows();
        let first = reached.words;
        let wanted = |window: &crate::model::Window| {
            self.aligned.words[window.run][window.keeps.clone()].iter().flatten().any(|word| *word >= first)
        };
        let mut progress = Progress::new("tokens read", self.plan.computed() as u64);
        let mut started = false;
        for numbers in self.plan.batches(reached.batch) {
            let batch_windows = &windows[numbers];
            let computed: usize = batch_windows.iter().map(|window| window.reads.len()).sum();
            started = started || batch_windows.iter().any(wanted);
            if started {
                check_cancelled("reading the model")?;
                let ids = |w: &crate::model::Window| &self.aligned.ids[w.run][w.reads.clone()];
                let ids: Vec<&[u32]> = batch_windows.iter().map(ids).collect();
                let values = model(&ids)?;
                let mut offset = 0;
                for window in batch_windows {
                    for token in window.keeps.clone() {
                        let Some(word) = self.aligned.words[window.run][token].filter(|word| *word >= first) else {
                            continue;
                        };
                        let row = offset + token - window.reads.start;
                        let rows: Vec<ArrayView1<'_, f32>> = values.iter().map(|site| site.row(row)).collect();
                        if let Some(rows) = words.add(word, &rows) {
                            put(sinks, before, word, &rows)?;
                        }
                    }
                    offset += window.reads.len();
                }
                // Only now: all of these words are written.
                reached.words = words.complete();
                note(sinks, *reached, false)?;
            }
            progress.advance(computed as u64);
        }
        Ok(())
    }
}

fn put(sinks: &mut [Sink], before: &[Reached], word: usize, rows: &[Vec<f32>]) -> Result<(), Stopped> {
    for (site, ((sink, row), before)) in sinks.iter_mut().zip(rows).zip(before).enumerate() {
        if word < before.words {
            continue;
        }
        if let Some(column) = row.iter().position(|value| !value.is_finite()) {
            return Err(Stopped::NotFinite { word, site, column, value: row[column] });
        }
        match sink {
            Sink::Memory(values) => values.row_mut(word).assign(&ndarray::aview1(row)),
            Sink::Store(filling) => filling.put(word, row)?,
        }
    }
    Ok(())
}

fn note(sinks: &mut [Sink], reached: Reached, now: bool) -> Result<()> {
    for sink in sinks {
        if let Sink::Store(filling) = sink {
            filling.note(reached, now)?;
        }
    }
    Ok(())
}
