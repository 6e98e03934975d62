//! From a model and a stimulus to the value of each neuron at each word.

use super::Activations;
use crate::error::Result;
use crate::linalg::in_pool;
use crate::model::{Model, Site};
use crate::notebook::{Progress, check_cancelled};
use crate::stimulus::Stimulus;
use ndarray::{Array2, Zip};
use rayon::prelude::*;
use std::sync::Mutex;

impl Model {
    /// Reads a site of every block at every word: the mean over a word's sub-tokens.
    ///
    /// Each run's text (words joined by spaces) is read by itself, in overlapping windows of the model's length if it is longer
    /// ([`WindowPlan`](crate::model::WindowPlan)); all words are read, with time or without. Memory: words × neurons × 4 bytes, and
    /// one window's tensors for each core.
    ///
    /// # Errors
    /// If the tokenizer cannot read the text, or the user stops the step.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::from_text("a line", "The harbour lay still.", Speaking::default())?;
    /// let acts = Model::load("minilm-l6")?.activations(&story, Site::FfnOut)?;
    /// assert_eq!(acts.values().dim(), (4, 6 * 384));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn activations(&self, stimulus: &Stimulus, site: Site) -> Result<Activations> {
        check_cancelled("reading the model")?;
        let aligned = in_pool(|| self.align(stimulus))?;
        let plan = self.plan(&aligned)?;
        let neurons = self.neurons(site);
        let words = stimulus.words().len();
        let bytes = words as f64 * neurons.total() as f64 * 4.0;
        if bytes > 1e9 {
            println!("{words} words × {} neurons take {:.1} GB of memory", neurons.total(), bytes / 1e9);
        }
        let mut values: Array2<f32> = Array2::zeros((words, neurons.total()));
        let mut counts = vec![0_u32; words];
        let progress = Mutex::new(Progress::new("windows read", plan.windows().len() as u64));
        in_pool(|| {
            // As many windows at a time as there are threads, so that memory does not grow with the text.
            for windows in plan.windows().chunks(rayon::current_num_threads().max(1)) {
                let read = windows.par_iter().map(|window| {
                    let values = self.read(&[&aligned.ids[window.run][window.reads.clone()]], &[site])?.remove(0);
                    progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).advance(1);
                    Ok(values)
                });
                let read: Vec<Array2<f32>> = read.collect::<Result<_>>()?;
                for (window, tokens) in windows.iter().zip(&read) {
                    for token in window.keeps.clone() {
                        if let Some(word) = aligned.words[window.run][token] {
                            Zip::from(values.row_mut(word))
                                .and(tokens.row(token - window.reads.start))
                                .for_each(|sum, value| *sum += value);
                            counts[word] += 1;
                        }
                    }
                }
            }
            Ok::<(), crate::Error>(())
        })?;
        for (mut row, count) in values.rows_mut().into_iter().zip(&counts) {
            if *count > 1 {
                row /= *count as f32;
            }
        }
        Ok(Activations {
            values: values.into(),
            stimulus: stimulus.clone(),
            neurons,
            unmatched: aligned.unmatched.into(),
            unknown: aligned.unknown.into(),
            windows: plan.to_string(),
        })
    }
}
