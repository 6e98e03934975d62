//! The stories that come with the project.

use super::{Speaking, Stimulus, Timing, Word};
use crate::error::Result;
use crate::provenance::{Provenance, digest_of};

/// Title and text of each story, all written for the project.
const STORIES: [(&str, &str); 4] = [
    ("The Lamp at Saint Orren", include_str!("../../assets/stories/the_lamp_at_saint_orren.txt")),
    ("The Bread Train", include_str!("../../assets/stories/the_bread_train.txt")),
    ("Eleven Kinds of Rain", include_str!("../../assets/stories/eleven_kinds_of_rain.txt")),
    ("The Map of Small Noises", include_str!("../../assets/stories/the_map_of_small_noises.txt")),
];
/// Seconds of scan before the first word of each of several runs.
const LEAD_IN: f64 = 6.0;

impl Stimulus {
    /// The story that comes with the project, some ten minutes long: written for it, with *made* onsets
    /// ([`Speaking::default`]), in one run.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::example()?;
    /// assert_eq!(story.runs(), 1);
    /// assert!((9.0..11.0).contains(&(story.duration(0)? / 60.0)));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn example() -> Result<Stimulus> {
        told(STORIES[0], Speaking::default())
    }

    /// Four stories as the four runs of one stimulus, each beginning 6 s after its run's first volume: that of [`Stimulus::example`] and three
    /// more, 1,617, 1,146, 1,210 and 1,211 words long (10.9, 7.7, 8.2 and 8.2 minutes), with *made* onsets ([`Speaking::default`]).
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let stories = Stimulus::example_runs()?;
    /// let minutes: Vec<f64> = (0..4).map(|run| stories.duration(run)).collect::<Result<Vec<f64>>>()?;
    /// assert_eq!((stories.runs(), stories.words().len()), (4, 5184));
    /// assert!(minutes.iter().all(|seconds| (450.0..660.0).contains(seconds)), "{minutes:?}");
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn example_runs() -> Result<Stimulus> {
        let speaking = Speaking::default().lead_in(LEAD_IN);
        let told = STORIES.map(|story| told(story, speaking.clone()));
        let stories = told.into_iter().collect::<Result<Vec<Stimulus>>>()?;
        let mut words: Vec<Word> = Vec::new();
        for (run, story) in stories.iter().enumerate() {
            words.extend(story.words().iter().map(|word| Word { run, ..word.clone() }));
        }
        let made = Provenance::step("join stimuli").inputs_of("words", &stories);
        Ok(Stimulus::new("Four stories", words, Timing::Made)?.made(made))
    }
}

fn told((title, text): (&'static str, &'static str), speaking: Speaking) -> Result<Stimulus> {
    let shipped = Provenance::shipped(title, &digest_of(text.as_bytes()));
    let made = speaking.made().input("text", &shipped);
    Ok(Stimulus::from_text(title, text, speaking)?.made(made))
}
