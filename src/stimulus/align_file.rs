//! Alignment files: the `align.csv` of the Gentle forced aligner, as the Narratives collection has it.
//!
//! No header; a row is `word, lower-case word, onset s, offset s`. A word that the aligner did not find in the recording has
//! its other columns empty: it is kept as text, without time. Fields with a comma or a quote are quoted as in any CSV.

use super::separated::{Row, quoted, rows};
use super::text_file::{stem, utf8};
use super::word::Order;
use super::{Stimulus, Timing, Word};
use crate::error::{Error, Result};
use crate::provenance::{Provenance, file};
use crate::replace::{replace, unwritten};
use std::path::Path;

impl Stimulus {
    /// Reads an alignment file (`align.csv` of Gentle, no header: word, lower-case word, onset s, offset s) as one run.
    ///
    /// Times are seconds from the start of the audio; [`Stimulus::starting_at`] moves them to the scan's clock. The name
    /// is that of the folder for a file called `align.csv`, else that of the file.
    ///
    /// # Errors
    /// If the file cannot be read, is empty or not UTF-8; with the line's number, if a row has not four columns, a quote is
    /// not closed, a time is no finite number, stands alone, ends before it begins, or goes backwards.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("align.csv");
    /// std::fs::write(&path, "Once,once,0.20,0.51\nupon,,,\na,a,0.62,0.70\n").unwrap();
    /// let story = Stimulus::from_align(&path)?.starting_at(12.0);
    /// assert_eq!(story.words()[0].onset, Some(12.2));
    /// assert_eq!(story.words()[1].onset, None);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn from_align(path: impl AsRef<Path>) -> Result<Stimulus> {
        let path = path.as_ref();
        let advice = "give the path of an align.csv: word, lower-case word, onset, offset";
        let mut words = Vec::new();
        let mut order = Order::default();
        for Row { line, fields } in rows(path, &utf8(path, advice)?, ',')? {
            let checked = word(&fields).and_then(|word| match order.next(&word) {
                Ok(()) => Ok(word),
                Err(problem) => Err(format!("`{}` {problem}", word.text)),
            });
            words.push(checked.map_err(|problem| {
                let advice = "a row is `word,lower-case word,onset,offset` in seconds, without header; leave both times empty where they are not known";
                Error::format(path, format!("line {line}: {problem}"), advice)
            })?);
        }
        if words.is_empty() {
            return Err(Error::format(path, "the file has no row", advice));
        }
        let made = Provenance::step("words of a file").input("file", &file(path)?);
        Ok(Stimulus::new(name(path), words, Timing::Measured)?.made(made))
    }

    /// Writes the stimulus in the form that [`Stimulus::from_align`] reads; it must have one run.
    ///
    /// Times are written with all their digits. The file appears whole or not at all. It cannot say whether the times are made or
    /// measured: a stimulus read from it says measured, unless [`Stimulus::with_timing`] tells it better.
    ///
    /// # Errors
    /// If the stimulus has several runs (write each by [`Stimulus::run`]), or the file cannot be written.
    pub fn to_align(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if self.runs() != 1 {
            return Err(Error::value(
                format!("`{}` has {} runs, and an alignment file holds one", self.name, self.runs()),
                "write one file a run: `story.run(0)?.to_align(…)`",
            ));
        }
        let mut text = String::new();
        for word in self.words() {
            let time = |t: Option<f64>| t.map_or(String::new(), |t| t.to_string());
            let lower = word.text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            let fields = [quoted(&word.text), quoted(&lower), time(word.onset), time(word.offset)];
            text.push_str(&fields.join(","));
            text.push('\n');
        }
        replace(path, text.as_bytes()).map_err(|cause| unwritten(path, cause))
    }
}

/// That of the folder for a file called `align.csv`.
fn name(path: &Path) -> String {
    let stem = stem(path);
    let folder = path.parent().and_then(Path::file_name).map(|s| s.to_string_lossy().into_owned());
    match folder {
        Some(folder) if stem == "align" => folder,
        _ => stem,
    }
}

fn word(fields: &[String]) -> std::result::Result<Word, String> {
    let [text, _, onset, offset] = fields else {
        return Err(format!("{} columns where four are expected", fields.len()));
    };
    let time = |field: &str, what: &str| match field.trim() {
        "" => Ok(None),
        number => number.parse::<f64>().map(Some).map_err(|_| format!("the {what} `{number}` is not a number")),
    };
    Ok(Word { text: text.trim().to_owned(), run: 0, onset: time(onset, "onset")?, offset: time(offset, "offset")? })
}
