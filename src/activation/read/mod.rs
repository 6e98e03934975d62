//! From a model and a stimulus to the value of each neuron at each word.

mod options;
mod pass;
mod words;

use super::Activations;
use super::activations::ReadFrom;
use super::store::{CODE, Claim, Meta, Parts, Reached, Store, Stored, activations_folder};
use super::values::Values;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::model::{Aligned, Context, Loss, Masking, Model, NeuronAxis, Site, WindowPlan, window};
use crate::notebook::check_cancelled;
use crate::provenance::Provenance;
use crate::stimulus::Stimulus;
use ndarray::Array2;
pub use options::{Pooling, ReadOptions};
use pass::{Pass, Sink};
use std::cell::RefCell;
use std::sync::Arc;

impl Model {
    /// Reads a site of every block at every word: the mean over a word's sub-tokens. [`Model::activations_with`] with the default options.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::from_text("a line", "The harbour lay still.", Speaking::default())?;
    /// let acts = Model::load("minilm-l6")?.activations(&story, Site::FfnOut)?;
    /// assert_eq!(acts.values().dim(), (4, 6 * 384));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn activations(&self, stimulus: &Stimulus, site: Site) -> Result<Activations> {
        let mut read = self.activations_with(stimulus, &[site], &ReadOptions::default())?;
        Ok(read.remove(0))
    }

    /// Reads several sites of every block at every word, in one forward pass, and gives them in the order asked for.
    ///
    /// Each run's text (words joined by spaces) is read by itself, in windows as [`ReadOptions::context`] plans them
    /// ([`Model::windows_with`] shows the plan); all words are read, with time or without. A word's value is the mean, last or sum of
    /// the values of its tokens ([`ReadOptions::pooling`]).
    ///
    /// The values (words × neurons × 4 bytes a site) go to disk as they come, into the store's folder
    /// ([`activations_folder`](crate::activation::activations_folder)), under a digest of all that they depend on: code, weights, text and
    /// times, site, plan, pooling. The same asked again is there at once; a reading that was stopped is gone on with where it was; and where
    /// another process reads the same, its result is waited for. Without a store, or where its folder cannot be written, they stay in memory.
    ///
    /// Memory: the values of some windows at a time, at most [`ReadOptions::memory_gb`], however long the text; the tokens, and the
    /// tensors of the model's forward pass come on top.
    ///
    /// # Errors
    /// If the tokenizer cannot read the text, a window has no room for a word or a run that is to be read whole, the memory does not
    /// suffice for one window, the disk has no room for the values, the model computes a value that is not finite, or the user stops the step.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::from_text("a line", "The harbour lay still. Nobody spoke.", Speaking::default())?;
    /// let options = ReadOptions::default().context(Context::Sentences).pooling(Pooling::Last);
    /// let read = Model::load("minilm-l6")?.activations_with(&story, &[Site::FfnOut, Site::FfnHidden], &options)?;
    /// assert_eq!(read[0].values().dim(), (6, 6 * 384));
    /// assert_eq!(read[1].values().dim(), (6, 6 * 1536));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn activations_with(
        &self,
        stimulus: &Stimulus,
        sites: &[Site],
        options: &ReadOptions,
    ) -> Result<Vec<Activations>> {
        check_cancelled("reading the model")?;
        let memory = options.memory()?;
        if stimulus.words().is_empty() {
            return Err(Error::value(
                format!("the stimulus `{}` has no word", stimulus.name()),
                "give it at least one",
            ));
        }
        let mut different: Vec<Site> = sites.to_vec();
        different.sort();
        different.dedup();
        let mut asked = Vec::new();
        for site in different {
            asked.push(Asked { site, neurons: self.neurons(site), key: self.key(stimulus, site, options)? });
        }
        // In one order for all processes: none waits for a key while another waits for one of its.
        asked.sort_by(|a, b| a.key.cmp(&b.key));
        let read = Reader { model: self, stimulus, options, memory, store: store(options) }.read(&asked)?;
        let of = |site: &Site| read.iter().find(|acts| acts.neurons().site == *site).cloned();
        Ok(sites.iter().filter_map(of).collect())
    }

    /// Values of a site, in memory, and how well each token is guessed: in one pass where the model is causal and the windows are those of
    /// [`Model::loss`], else in two.
    pub(crate) fn activations_and_loss(
        &self,
        stimulus: &Stimulus,
        site: Site,
        options: &ReadOptions,
        masking: Masking,
    ) -> Result<(Activations, Loss)> {
        let options = options.clone().without_store();
        let usual = options.context == Context::Windows && options.window.is_none();
        if !self.reading().causal || !usual {
            let acts = self.activations_with(stimulus, &[site], &options)?.remove(0);
            return Ok((acts, self.loss_masking(stimulus, masking)?));
        }
        let aligned = in_pool(|| self.align(stimulus))?;
        let plan = self.plan(stimulus, &aligned, Context::Windows, None)?;
        let (neurons, words, memory) = (self.neurons(site), stimulus.words().len(), options.memory()?);
        let batch = pass::batch(&plan, neurons.total(), memory)?;
        let reader = Reader { model: self, stimulus, options: &options, memory, store: None };
        reader.fits(words as u64 * neurons.total() as u64 * 4)?;
        let mut sinks = [Sink::Memory(Array2::zeros((words, neurons.total())))];
        let nats = RefCell::new(Vec::new());
        let asked = Asked { site, neurons, key: self.key(stimulus, site, &options)? };
        let pass = Pass { aligned: &aligned, plan: &plan, pooling: options.pooling, words, batch };
        let done = pass.run(&mut sinks, |windows| {
            let (values, of_windows) = self.read_guessing(windows, site)?;
            nats.borrow_mut().extend(of_windows);
            Ok(vec![values])
        });
        done.map_err(|error| reader.named(error, &[&asked]))?;
        let [Sink::Memory(values)] = sinks else {
            return Err(Error::value("values that were to stay in memory went to disk", "report this"));
        };
        let nats = nats.into_inner();
        let (mut tokens, mut offset) = (Vec::new(), 0);
        for window in plan.windows() {
            for token in window.keeps.clone() {
                let found = nats[offset + token - window.reads.start];
                if !found.is_nan() {
                    tokens.push((aligned.ids[window.run][token], aligned.words[window.run][token], found));
                }
            }
            offset += window.reads.len();
        }
        let acts = reader.activations(&asked, values.into(), &aligned.unmatched, &aligned.unknown, plan.to_string());
        Ok((acts, self.next_token_losses(tokens)))
    }

    /// How a stimulus is cut into windows for this model with these options.
    ///
    /// # Errors
    /// If the tokenizer cannot read the text, or the plan cannot be made: a window longer than the model's, a word longer than a
    /// window, a run longer than a window that is to be read whole.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::example()?;
    /// let bert = Model::load("minilm-l6")?;
    /// let plan = bert.windows_with(&story, &ReadOptions::default().context(Context::Sentences))?;
    /// assert!(plan.computed() == plan.tokens() && plan.windows().len() > 80, "{plan}");
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn windows_with(&self, stimulus: &Stimulus, options: &ReadOptions) -> Result<WindowPlan> {
        self.plan(stimulus, &in_pool(|| self.align(stimulus))?, options.context, options.window)
    }

    fn key(&self, stimulus: &Stimulus, site: Site, options: &ReadOptions) -> Result<String> {
        let window = window(options.window, options.context, self.reading())?;
        let (context, pooling) = (options.context, options.pooling);
        Ok(Parts { code: CODE, identity: self.identity(), site, stimulus, context, window, pooling }.key())
    }
}

/// One site that is asked for.
struct Asked {
    site: Site,
    neurons: NeuronAxis,
    key: String,
}

/// One call: what is read, how, and where it goes.
struct Reader<'a> {
    model: &'a Model,
    stimulus: &'a Stimulus,
    options: &'a ReadOptions,
    memory: u64,
    store: Option<Store>,
}

/// The folder of results that these options ask for, unless there is to be none or there can be none.
fn store(options: &ReadOptions) -> Option<Store> {
    let folder = match &options.folder {
        _ if !options.store => return None,
        Some(folder) => Ok(folder.clone()),
        None => activations_folder(),
    };
    folder.map(Store::at).inspect_err(stays_in_memory).ok()
}

fn stays_in_memory(why: &Error) {
    println!("values stay in memory, and have to be read again next time: {}", why.problem());
}

impl Reader<'_> {
    fn read(&self, asked: &[Asked]) -> Result<Vec<Activations>> {
        let words = self.stimulus.words().len();
        let mut read = Vec::new();
        let mut missing = Vec::new();
        for one in asked {
            match self.store.as_ref().and_then(|store| store.take(&one.key, words, one.neurons.total())) {
                Some(stored) => read.push(self.stored(one, stored)),
                None => missing.push(one),
            }
        }
        if missing.is_empty() {
            return Ok(read);
        }
        let aligned = in_pool(|| self.model.align(self.stimulus))?;
        let plan = self.model.plan(self.stimulus, &aligned, self.options.context, self.options.window)?;
        let row = missing.iter().map(|one| one.neurons.total()).sum();
        // Before anything is written: it may be an error.
        let batch = pass::batch(&plan, row, self.memory)?;
        let mut sinks = Vec::new();
        let mut kept_in_memory = 0;
        for one in missing {
            match self.claim(one, &aligned, &plan)? {
                Some(Claim::Whole(stored)) => read.push(self.stored(one, stored)),
                Some(Claim::Fill(filling)) => sinks.push((one, Sink::Store(Box::new(filling)))),
                Some(Claim::Unwritable(_)) | None => {
                    kept_in_memory += words as u64 * one.neurons.total() as u64 * 4;
                    self.fits(kept_in_memory)?;
                    sinks.push((one, Sink::Memory(Array2::zeros((words, one.neurons.total())))));
                }
            }
        }
        let (asked, mut sinks): (Vec<&Asked>, Vec<Sink>) = sinks.into_iter().unzip();
        let sites: Vec<Site> = asked.iter().map(|one| one.site).collect();
        if !sites.is_empty() {
            let pass = Pass { aligned: &aligned, plan: &plan, pooling: self.options.pooling, words, batch };
            let done = pass.run(&mut sinks, |windows| in_pool(|| self.model.read(windows, &sites)));
            done.map_err(|error| self.named(error, &asked))?;
        }
        for (one, sink) in asked.into_iter().zip(sinks) {
            read.push(match sink {
                Sink::Store(filling) => self.stored(one, filling.finish()?),
                Sink::Memory(values) => {
                    let (unmatched, unknown) = (&aligned.unmatched, &aligned.unknown);
                    self.activations(one, values.into(), unmatched, unknown, plan.to_string())
                }
            });
        }
        Ok(read)
    }

    /// The key as this process' own to fill; nothing where there is no store.
    fn claim(&self, one: &Asked, aligned: &Aligned, plan: &WindowPlan) -> Result<Option<Claim>> {
        let Some(store) = &self.store else { return Ok(None) };
        match store.claim(&one.key, self.meta(one, aligned, plan))? {
            Claim::Unwritable(error) if self.options.folder.is_some() => Err(error),
            Claim::Unwritable(error) => {
                stays_in_memory(&error);
                Ok(Some(Claim::Unwritable(error)))
            }
            claim => Ok(Some(claim)),
        }
    }

    /// Without a store all values are in memory.
    fn fits(&self, bytes: u64) -> Result<()> {
        match bytes <= self.memory {
            true => Ok(()),
            false => Err(Error::value(
                format!(
                    "the values take {:.3} GB, and without a store they stay in memory, of which {:.3} GB are allowed",
                    bytes as f64 / 1e9,
                    self.memory as f64 / 1e9
                ),
                "read with a store (set NEUROCELL_HOME to a folder that may be written), or allow more: `.memory_gb(…)`",
            )),
        }
    }

    fn named(&self, error: pass::Stopped, asked: &[&Asked]) -> Error {
        match error {
            pass::Stopped::By(error) => error,
            pass::Stopped::NotFinite { word, site, column, value } => Error::value(
                format!(
                    "{} at {} has the value {value} at word {word} (`{}`)",
                    asked[site].neurons.neuron(column),
                    asked[site].site,
                    self.stimulus.words()[word].text
                ),
                "look at the model's weights: a value beyond what its numbers can hold",
            ),
        }
    }

    fn meta(&self, one: &Asked, aligned: &Aligned, plan: &WindowPlan) -> Meta {
        let words = self.stimulus.words();
        let beginning: Vec<&str> = words.iter().take(12).map(|word| word.text.as_str()).collect();
        Meta {
            code: CODE.to_owned(),
            model: self.model.name().to_owned(),
            identity: self.model.identity().to_owned(),
            site: one.site.to_string(),
            stimulus: self.stimulus.name().to_owned(),
            text: beginning.join(" "),
            runs: self.stimulus.runs(),
            words: words.len(),
            neurons: one.neurons.total(),
            context: match self.options.context {
                Context::Windows => String::new(),
                other => other.to_string(),
            },
            pooling: self.options.pooling.to_string(),
            plan: plan.to_string(),
            unmatched: aligned.unmatched.clone(),
            unknown: aligned.unknown.clone(),
            provenance: self.made(one).json(),
            ..Meta::default()
        }
    }

    /// What the values are made of.
    fn made(&self, one: &Asked) -> Provenance {
        let ReadOptions { context, pooling, window, .. } = self.options;
        let step = Provenance::step("activations").option("site", one.site).option("key", &one.key);
        let step = step.option("context", context).option("pooling", pooling);
        let step = window.map_or(step.clone(), |tokens| step.option("window", tokens));
        step.input("model", self.model).input("stimulus", self.stimulus)
    }

    fn stored(&self, one: &Asked, stored: Stored) -> Activations {
        let Meta { unmatched, unknown, plan, .. } = stored.meta.clone();
        self.activations(one, stored.into(), &unmatched, &unknown, plan)
    }

    fn activations(
        &self,
        one: &Asked,
        values: Values,
        unmatched: &[usize],
        unknown: &[usize],
        plan: String,
    ) -> Activations {
        let pooled = match self.options.pooling {
            Pooling::Mean => plan,
            other => format!("{plan}; of a word {other}"),
        };
        Activations {
            values,
            stimulus: self.stimulus.clone(),
            neurons: one.neurons.clone(),
            unmatched: unmatched.into(),
            unknown: unknown.into(),
            windows: pooled,
            reading: Some(Arc::new(ReadFrom {
                options: self.options.clone(),
                identity: self.model.unchanged_identity().to_owned(),
            })),
            origin: self.made(one).into(),
        }
    }
}

impl Sink {
    /// How far it had come before this call.
    fn reached(&self) -> Reached {
        match self {
            Sink::Memory(_) => Reached::default(),
            Sink::Store(filling) => filling.reached(),
        }
    }
}
