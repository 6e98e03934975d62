//! Features of a stimulus that the reader brings: word rate, phonemes, motion energy, embeddings.

use super::Learned;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::{Origin, Provenance};
use ndarray::Array2;
use std::fmt;
use std::sync::Arc;

/// A space of features on the scan's clock, time × feature; clones are cheap.
///
/// ```
/// use neurocell::prelude::*;
/// let clock = Clock::new(2.0, &[30, 30])?;
/// let data = ndarray::Array2::from_shape_fn((60, 2), |(t, n)| ((t * (n + 2)) % 7) as f32);
/// let features = Features::new("speech", data, &clock)?.named(&["words", "phonemes"])?;
/// assert_eq!(features.feature(1), "phonemes");
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Features {
    name: String,
    data: Arc<Array2<f32>>,
    names: Arc<[String]>,
    clock: Clock,
    notes: Arc<[String]>,
    /// What was learned to make them, and from which rows.
    learned: Arc<[Learned]>,
    pub(crate) origin: Origin,
}

impl Features {
    /// Features of the space `name`: `data` (time × feature) on `clock`.
    ///
    /// # Errors
    /// If rows are not the clock's volumes, there is no column, or a value is NaN or infinite (the first is named).
    pub fn new(name: impl Into<String>, data: Array2<f32>, clock: &Clock) -> Result<Features> {
        let name = name.into();
        if data.nrows() != clock.total() || data.ncols() == 0 {
            return Err(Error::shape(
                format!("the features {name} are {} × {}, the clock has {clock}", data.nrows(), data.ncols()),
                "rows are the volumes of all runs, one run after the other, and columns features; transpose the array if they are swapped",
            ));
        }
        finite(&data, |column| format!("feature {column} of {name}"), Some(clock))?;
        let (names, learned, notes) = ([].into(), [].into(), [].into());
        let (data, clock, origin) = (Arc::new(data), clock.clone(), Origin::given());
        Ok(Features { name, data, names, clock, learned, notes, origin })
    }

    /// The same with what made them.
    pub(super) fn made(self, made: Provenance) -> Features {
        Features { origin: made.into(), ..self }
    }

    /// The same features with a name for each.
    ///
    /// # Errors
    /// If there are not as many names as features.
    pub fn named(&self, names: &[&str]) -> Result<Features> {
        if names.len() != self.data.ncols() {
            return Err(Error::shape(
                format!("{} names for the {} features of {}", names.len(), self.data.ncols(), self.name),
                "give one name for each column",
            ));
        }
        Ok(Features { names: names.iter().map(|name| (*name).to_owned()).collect(), ..self.clone() })
    }

    pub(super) fn with_notes(self, notes: Vec<String>) -> Features {
        Features { notes: notes.into(), ..self }
    }

    /// The same features, made by something that was learned.
    pub(super) fn with_learned(&self, learned: Learned) -> Features {
        let all = self.learned.iter().cloned().chain([learned]).collect();
        Features { learned: all, ..self.clone() }
    }

    /// What was learned to make them, and from which rows; nothing for features as they were brought.
    pub fn learned(&self) -> &[Learned] {
        &self.learned
    }

    /// Time × feature.
    pub fn data(&self) -> &Array2<f32> {
        &self.data
    }

    /// The scan's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Name of the space.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of one feature, from 0; "feature 3 of speech" where none was given.
    pub fn feature(&self, n: usize) -> String {
        self.names.get(n).cloned().unwrap_or_else(|| format!("feature {n} of {}", self.name))
    }

    /// What was left out or assumed where they were made, a line each; empty if nothing was.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// An error that names the first value that is NaN or infinite.
pub(super) fn finite(data: &Array2<f32>, what: impl Fn(usize) -> String, clock: Option<&Clock>) -> Result<()> {
    let mut rows = data.rows().into_iter().enumerate();
    let Some((row, column)) = rows.find_map(|(row, values)| Some((row, values.iter().position(|v| !v.is_finite())?)))
    else {
        return Ok(());
    };
    let run =
        clock.and_then(|clock| (0..clock.runs()).map(|run| (run, clock.rows(run))).find(|(_, r)| r.contains(&row)));
    let place = match run {
        Some((run, rows)) => format!("volume {} of run {run} (row {row})", row - rows.start),
        None => format!("row {row}"),
    };
    Err(Error::value(
        format!("{} has the value {} at {place}", what(column), data[[row, column]]),
        "leave the column out, or mend the value: single holes by interpolation, a lost run by leaving it out on both sides",
    ))
}

impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Features: {}, {} features, {}", self.name, self.data.ncols(), self.clock)?;
        if !self.names.is_empty() {
            let more = if self.names.len() > 8 { ", …" } else { "" };
            write!(f, "\n  {}{more}", self.names[..self.names.len().min(8)].join(", "))?;
        }
        self.notes.iter().try_for_each(|note| write!(f, "\n  {note}"))
    }
}
