//! What a subject heard: the words of every run's stories, on the scan's clock.

use super::Subject;
use super::events::Story;
use crate::error::Result;
use crate::stimulus::{Stimulus, Timing, Word};

impl Subject {
    /// The words that were heard in all runs of a task: each story's `align.csv`, shifted by the story's onset in its run.
    ///
    /// Give it to a model with [`Model::activations`](crate::model::Model::activations). A simulated subject's times count as made.
    ///
    /// # Errors
    /// As [`Subject::stories`]; if an align file cannot be read, or a run's stories overlap.
    pub fn stimulus(&self, task: &str) -> Result<Stimulus> {
        let runs = self.stories(task)?.iter().map(|stories| one_run(stories)).collect::<Result<Vec<Stimulus>>>()?;
        let stimulus = Stimulus::join(&runs)?;
        Ok(if self.simulated() { stimulus.with_timing(Timing::Made) } else { stimulus })
    }
}

/// The stories of one run, one after the other.
fn one_run(stories: &[Story]) -> Result<Stimulus> {
    let mut words: Vec<Word> = Vec::new();
    for story in stories {
        words.extend_from_slice(Stimulus::from_align(&story.align)?.starting_at(story.onset).words());
    }
    let names: Vec<&str> = stories.iter().map(|story| story.name.as_str()).collect();
    Stimulus::new(names.join(" + "), words, Timing::Measured)
}
