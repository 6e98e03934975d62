//! When which story was heard.

use super::Subject;
use super::bids::{self, BidsFile, listed};
use super::events::{Event, Story};
use crate::error::{Error, ErrorKind, Result};
use std::path::PathBuf;

impl Subject {
    /// The events of each run of a task, in the order of the runs.
    ///
    /// # Errors
    /// If there is no such task, a run has no `events.tsv`, or a table cannot be read.
    pub fn events(&self, task: &str) -> Result<Vec<Vec<Event>>> {
        let scans = self.scans(task)?;
        scans.iter().map(|scan| Event::read(&self.events_file(scan)?)).collect()
    }

    pub(super) fn events_file(&self, scan: &BidsFile) -> Result<PathBuf> {
        if let Some(file) = bids::about(scan, &self.raw, "events", "tsv") {
            return Ok(file.path.clone());
        }
        let there: Vec<String> = self.raw.iter().filter(|f| f.suffix == "events").map(BidsFile::name).collect();
        Err(Error::new(
            ErrorKind::File,
            format!("{} has no events.tsv in the raw dataset; there: {}", scan.name(), listed(&there)),
            format!("it belongs into {}", self.dataset.join(format!("sub-{}/func", self.id())).display()),
        ))
    }

    /// The stories that were heard in each run of a task: for each event whose recording has its words in
    /// `stimuli/gentle`, where these are and when the recording began.
    ///
    /// # Errors
    /// If there is no such task, a run has no events, or none of its events has words (the stories there are listed).
    pub fn stories(&self, task: &str) -> Result<Vec<Vec<Story>>> {
        let mut stories = Vec::new();
        for (run, scan) in self.scans(task)?.iter().enumerate() {
            let found = self.stories_of(scan)?;
            if found.is_empty() {
                let events = Event::read(&self.events_file(scan)?)?;
                let named: Vec<String> = events.iter().flat_map(|event| event.story_names(task)).collect();
                let gentle = self.gentle();
                return Err(Error::new(
                    ErrorKind::Unknown,
                    format!(
                        "no event of run {run} (of {}) has words; its events name {}, {} has {}",
                        self.name(),
                        listed(&named),
                        gentle.display(),
                        listed(&bids::folders(&gentle, "")?)
                    ),
                    "name the story's folder in the events' stim_file",
                ));
            }
            stories.push(found);
        }
        Ok(stories)
    }

    /// The stories of one scan; none if no event's recording has words.
    pub(super) fn stories_of(&self, scan: &BidsFile) -> Result<Vec<Story>> {
        let gentle = self.gentle();
        let known = bids::folders(&gentle, "")?;
        let task = scan.get("task").unwrap_or_default();
        let story = |event: &Event| {
            let name = event.story_names(task).into_iter().find(|name| known.contains(name))?;
            Some(Story { align: gentle.join(&name).join("align.csv"), name, onset: event.onset })
        };
        Ok(Event::read(&self.events_file(scan)?)?.iter().filter_map(story).collect())
    }

    fn gentle(&self) -> PathBuf {
        self.dataset.join("stimuli").join("gentle")
    }
}
