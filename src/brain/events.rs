//! What happened during a run.

use super::table::Table;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// One row of a run's `events.tsv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Seconds from the run's first volume.
    pub onset: f64,
    /// Seconds; `None` if the table does not say.
    pub duration: Option<f64>,
    /// What kind of event it was.
    pub trial_type: Option<String>,
    /// The file that was played or shown, relative to the dataset's `stimuli` folder.
    pub stim_file: Option<String>,
}

/// A story that was heard in a run: the words of the run are those of `align`, `onset` seconds later.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// The folder of `stimuli/gentle` that holds its words.
    pub name: String,
    /// Its words with their times in the recording (`align.csv`).
    pub align: PathBuf,
    /// Seconds from the run's first volume to the recording's begin.
    pub onset: f64,
}

impl Event {
    pub(super) fn read(path: &Path) -> Result<Vec<Event>> {
        let table = Table::read(path)?;
        let texts = |name: &str| -> Result<Vec<Option<String>>> {
            match table.has(name) {
                true => {
                    Ok(table.texts(name)?.into_iter().map(|t| (t != "n/a" && !t.is_empty()).then_some(t)).collect())
                }
                false => Ok(vec![None; table.len()]),
            }
        };
        let onsets = table.numbers("onset")?;
        let durations = match table.has("duration") {
            true => table.numbers_or_missing("duration")?,
            false => vec![None; table.len()],
        };
        if let Some((row, bad)) = durations.iter().enumerate().find_map(|(n, d)| d.filter(|d| *d < 0.0).map(|d| (n, d)))
        {
            let problem = format!("the event in row {row} lasts {bad} s");
            return Err(Error::format(path, problem, "a duration is 0 or more seconds, or n/a"));
        }
        let (kinds, files) = (texts("trial_type")?, texts("stim_file")?);
        let rows = onsets.into_iter().zip(durations).zip(kinds.into_iter().zip(files));
        let event = |((onset, duration), (trial_type, stim_file))| Event { onset, duration, trial_type, stim_file };
        Ok(rows.map(event).collect())
    }

    /// The names under which the words of what was played may be filed: the file's name, without "_audio", the kind of
    /// event, and for a story the task.
    pub(super) fn story_names(&self, task: &str) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(stem) = self.stim_file.as_deref().and_then(|file| Path::new(file).file_stem()?.to_str()) {
            names.push(stem.to_owned());
            names.extend(stem.strip_suffix("_audio").map(str::to_owned));
        }
        names.extend(self.trial_type.clone());
        if self.trial_type.as_deref() == Some("story") {
            names.push(task.to_owned());
        }
        names
    }
}
