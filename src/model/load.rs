//! Loading a model by name, folder or hub id.

use super::bert::{Bert, Tap};
use super::fetch::sha256;
use super::locate::{FILES, locate};
use super::{NeuronAxis, Site, WindowPlan, align, weights};
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::stimulus::Stimulus;
use candle_transformers::models::bert::Config;
use ndarray::Array2;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokenizers::Tokenizer;

/// A loaded transformer whose units can be read; clones are cheap.
#[derive(Clone)]
pub struct Model(Arc<Inner>);

struct Inner {
    name: String,
    folder: PathBuf,
    source: String,
    digest: String,
    config: Config,
    tokenizer: Tokenizer,
    special: Special,
    bert: Bert,
}

/// What a plan of windows depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Tokens that each window has besides its text (`[CLS]` and `[SEP]`; a Llama's begin-of-text).
    pub(crate) frame: usize,
    /// Tokens that the model can read at once, the frame included.
    pub(crate) longest: usize,
    /// Whether a token sees only what stands before it.
    pub(crate) causal: bool,
}

/// Ids of the tokens that the tokenizer adds or falls back on.
struct Special {
    begin: u32,
    end: u32,
    unknown: Option<u32>,
}

impl Model {
    /// Loads a model: a name of the [`registry`](super::registry()) (`"minilm-l6"`), a folder that holds `config.json`, `tokenizer.json` and
    /// `model.safetensors`, or a hub id (`"google-bert/bert-base-uncased"`).
    ///
    /// Registered models are fetched when they are not on this machine ([`fetch`](super::fetch())); hub ids are
    /// kept in the hub's own cache. A folder of the name `owner/name` is taken before the hub. Only the BERT architecture is
    /// read so far.
    ///
    /// # Errors
    /// If the name is not known, files are missing or cannot be fetched, the configuration asks for something that is not
    /// computed here, or a weight is missing, of another shape than the configuration says, or not finite.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let bert = Model::load("minilm-l6")?;
    /// println!("{bert}");
    /// assert!(Model::load("minilm-l7").unwrap_err().advice().contains("minilm-l6"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn load(name: &str) -> Result<Model> {
        let found = locate(name)?;
        Model::from_folder(found.name, &found.path, found.source)
    }

    fn from_folder(name: String, folder: &Path, source: String) -> Result<Model> {
        let advice = "give a folder that holds config.json, tokenizer.json and model.safetensors";
        for file in FILES {
            let path = folder.join(file);
            std::fs::metadata(&path).map_err(|e| Error::file("find", &path, e, advice))?;
        }
        let config = weights::config(&folder.join("config.json"))?;
        let (tokenizer, special) = tokenizer(&folder.join("tokenizer.json"), &config)?;
        let checkpoint = folder.join("model.safetensors");
        let digest = sha256(&checkpoint)?;
        let bert = in_pool(|| {
            let tensors = weights::tensors(&checkpoint, &config)?;
            Bert::load(&config, tensors).map_err(|e| Error::format(&checkpoint, &e, advice).caused_by(e))
        })?;
        let folder = folder.to_owned();
        Ok(Model(Arc::new(Inner { name, folder, source, digest, config, tokenizer, special, bert })))
    }

    /// The name by which it was loaded; for a folder, the folder's own name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// SHA-256 of its weights file.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// Number of transformer blocks.
    pub fn layers(&self) -> usize {
        self.0.config.num_hidden_layers
    }

    /// The neurons of a site, over all blocks.
    pub fn neurons(&self, site: Site) -> NeuronAxis {
        let units = match site {
            Site::FfnHidden => self.0.config.intermediate_size,
            _ => self.0.config.hidden_size,
        };
        let axis = NeuronAxis::new(self.name(), site, self.layers(), units);
        if site.by_head() { axis.with_heads(self.0.config.num_attention_heads) } else { axis }
    }

    /// What the planner of windows must know.
    pub(crate) fn reading(&self) -> Reading {
        Reading { frame: 2, longest: self.0.config.max_position_embeddings, causal: false }
    }

    /// A digest of all that the values depend on besides the text: weights, configuration, tokenizer.
    pub(crate) fn identity(&self) -> &str {
        &self.0.digest
    }

    /// How a stimulus is cut into windows for this model.
    ///
    /// # Errors
    /// If the tokenizer cannot read the text.
    pub fn windows(&self, stimulus: &Stimulus) -> Result<WindowPlan> {
        self.plan(&self.align(stimulus)?)
    }

    pub(crate) fn align(&self, stimulus: &Stimulus) -> Result<align::Aligned> {
        align::align(&self.0.tokenizer, self.0.special.unknown, stimulus)
    }

    pub(crate) fn plan(&self, aligned: &align::Aligned) -> Result<WindowPlan> {
        let tokens: Vec<usize> = aligned.ids.iter().map(Vec::len).collect();
        WindowPlan::new(&tokens, self.0.config.max_position_embeddings)
    }

    /// Values of each site for the tokens of some windows, token × neuron, window after window; the tokens that frame a text
    /// are added before and taken away after. Inside [`in_pool`].
    pub(crate) fn read(&self, windows: &[&[u32]], sites: &[Site]) -> Result<Vec<Array2<f32>>> {
        let mut all = Vec::new();
        for &site in sites {
            let read = windows.iter().map(|ids| self.read_window(ids, site)).collect::<Result<Vec<_>>>()?;
            let views: Vec<_> = read.iter().map(|values| values.view()).collect();
            let joined = ndarray::concatenate(ndarray::Axis(0), &views);
            all.push(joined.map_err(|e| Error::value(e.to_string(), "this is an error in neurocell: report it"))?);
        }
        Ok(all)
    }

    fn read_window(&self, ids: &[u32], site: Site) -> Result<Array2<f32>> {
        let special = &self.0.special;
        let framed: Vec<u32> = std::iter::once(special.begin).chain(ids.iter().copied()).chain([special.end]).collect();
        let mut tap = Tap::at(site);
        self.0.bert.forward(&framed, &mut tap)?;
        let axis = self.neurons(site);
        let mut values = Array2::zeros((ids.len(), axis.total()));
        for (layer, tensor) in tap.layers.iter().enumerate() {
            let read = tensor.to_vec2::<f32>().map_err(|e| {
                Error::value(format!("layer {layer} cannot be read: {e}"), "this is an error in neurocell: report it")
            })?;
            for (mut row, token) in values.rows_mut().into_iter().zip(&read[1..]) {
                let first = layer * axis.units;
                row.slice_mut(ndarray::s![first..first + axis.units]).assign(&ndarray::aview1(token));
            }
        }
        Ok(values)
    }
}

fn tokenizer(path: &Path, config: &Config) -> Result<(Tokenizer, Special)> {
    let advice = "give the tokenizer.json that belongs to the model";
    let text = std::fs::read(path).map_err(|e| Error::file("read", path, e, advice))?;
    let mut tokenizer = Tokenizer::from_bytes(text).map_err(|e| Error::format(path, e, advice))?;
    // A published file may ask for cutting and filling up to a fixed length: whole stories are read here.
    tokenizer.with_truncation(None).map_err(|e| Error::format(path, e, advice))?;
    tokenizer.with_padding(None);
    let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0);
    if largest as usize >= config.vocab_size {
        return Err(Error::format(
            path,
            format!("the tokenizer has a token {largest}, the model {} words (vocab_size)", config.vocab_size),
            advice,
        ));
    }
    let named = |name: &str| {
        tokenizer
            .token_to_id(name)
            .ok_or_else(|| Error::format(path, format!("the tokenizer has no token {name}"), advice))
    };
    let special = Special { begin: named("[CLS]")?, end: named("[SEP]")?, unknown: tokenizer.token_to_id("[UNK]") };
    Ok((tokenizer, special))
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = &self.0.config;
        write!(
            f,
            "{}: BERT of {} blocks, hidden {}, feed-forward {}, {} heads, windows of {} tokens; from {}, {}",
            self.0.name,
            c.num_hidden_layers,
            c.hidden_size,
            c.intermediate_size,
            c.num_attention_heads,
            c.max_position_embeddings,
            self.0.source,
            self.0.folder.display()
        )
    }
}

/// The same text as `Display`: weights are not for reading.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
