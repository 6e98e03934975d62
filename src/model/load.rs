//! Loading a model by name, folder, file or hub id.

use super::bert::Bert;
use super::compute::Compute;
use super::config::Config;
use super::digest::noted_sha256;
use super::files::{Files, WeightFiles};
use super::gguf::gguf_content;
use super::gguf_tokenizer::gguf_tokenizer;
use super::llama::Llama;
use super::locate::locate;
use super::network::Network;
use super::tokenizer::{Words, from_file};
use super::weights::{Gguf, Random, Safetensors, Source, Torch, Weights};
use super::{Intervention, Model};
use crate::error::Result;
use crate::hex::hex;
use crate::linalg::in_pool;
use crate::notebook::state_memory;
use crate::provenance::{Provenance, Traced, file};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;

/// What all copies of a model share.
pub(super) struct Inner {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    pub(super) source: String,
    /// SHA-256 of the weights; of seed and sizes where they are random.
    pub(super) digest: String,
    /// SHA-256 of weights, configuration and tokenizer.
    pub(super) identity: String,
    pub(super) config: Config,
    /// Where it computes, in words.
    pub(super) compute: String,
    pub(super) on_cpu: bool,
    pub(super) words: Arc<Words>,
    pub(super) network: Network,
    /// What it is made of.
    pub(super) made: Provenance,
}

impl Model {
    /// Loads a model: a name of the [`registry`](super::registry()) (`"minilm-l6"`), a folder that holds `config.json`, `tokenizer.json` and
    /// weights (`model.safetensors`, its shards, or an older `pytorch_model.bin`), a `.gguf` file, or a hub id
    /// (`"google-bert/bert-base-uncased"`, with `@revision` behind it for a certain one).
    ///
    /// Registered models are fetched when they are not on this machine ([`fetch`](super::fetch())); hub ids are
    /// kept in the hub's own cache. A folder of the name `owner/name` is taken before the hub. BERT and Llama are computed, with weights as f32
    /// whatever the file holds.
    ///
    /// # Errors
    /// If the name is not known, files are missing or cannot be fetched, the configuration asks for something that is not
    /// computed here, or a weight is missing, of another shape than the configuration says, not finite, or one too many.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let bert = Model::load("minilm-l6")?;
    /// println!("{bert}");
    /// assert!(Model::load("minilm-l7").unwrap_err().advice().contains("minilm-l6"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn load(name: &str) -> Result<Model> {
        Model::load_on(name, Compute::Auto)
    }

    /// Loads a model onto a device.
    ///
    /// # Errors
    /// As [`Model::load`], or if there is no such device.
    pub fn load_on(name: &str, compute: Compute) -> Result<Model> {
        let device = compute.device()?;
        let found = locate(name)?;
        let files = Files::of(&found.path)?;
        let (config, tokenizer, source): (Config, _, Box<dyn Source>) = match &files {
            Files::Folder { config, tokenizer, weights } => {
                let config = Config::read(config)?;
                let words = Words::new(from_file(tokenizer)?, &config, tokenizer)?;
                let source: Box<dyn Source> = match weights {
                    WeightFiles::Safetensors(paths) => Box::new(Safetensors::open(paths)?),
                    WeightFiles::Torch(paths) => Box::new(Torch::open(paths)?),
                };
                (config, words, source)
            }
            Files::Gguf(path) => {
                let content = gguf_content(path)?;
                let tokenizer = gguf_tokenizer(&content, path)?;
                let (source, config) = Gguf::open(path, content)?;
                let words = Words::new(tokenizer, &config, path)?;
                (config, words, Box::new(source))
            }
        };
        let digest = digest(files.weights())?;
        let made = Provenance::step("model").option("name", &found.name).option("source", &found.source);
        let mut made = made.option("weights sha256", &digest);
        for path in files.weights() {
            made = made.input("weights", &file(path)?);
        }
        for path in files.others() {
            made = made.input("settings", &file(path)?);
        }
        let mut identity = Sha256::new().chain_update(&digest);
        for path in files.others() {
            identity.update(noted_sha256(path)?);
        }
        state_memory(&format!("{}, with weights as f32,", found.name), config.weight_bytes());
        let weights = Weights::new(source, device.clone())?;
        let network = network(&config, &weights)?;
        weights.finish()?;
        Ok(Model::of(Inner {
            name: found.name,
            folder: files.folder(),
            source: found.source,
            digest,
            identity: hex(identity),
            config,
            compute: place(&device),
            on_cpu: device.is_cpu(),
            words: Arc::new(tokenizer),
            network,
            made,
        }))
    }

    /// A model of the same sizes and with the same tokenizer whose weights are random: what training adds is missing, what the
    /// architecture does by itself is there. Used as a baseline.
    ///
    /// Weights are normal with the configuration's `initializer_range`, norms 1 and biases 0, as a training begins in transformers. The same seed
    /// gives the same weights.
    ///
    /// # Errors
    /// If there is not enough memory.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let bert = Model::load("minilm-l6")?;
    /// let random = Model::random_like(&bert, 1)?;
    /// assert_eq!(random.neurons(Site::FfnOut).total(), bert.neurons(Site::FfnOut).total());
    /// assert!(random.to_string().contains("random weights"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn random_like(model: &Model, seed: u64) -> Result<Model> {
        let inner = model.inner();
        let device = Compute::Auto.device()?;
        let deviation = match &inner.config {
            Config::Bert(config) => config.initializer_range,
            Config::Llama(config) => config.initializer_range,
        };
        let weights = Weights::new(Box::new(Random::new(seed, deviation)), device.clone())?;
        let network = network(&inner.config, &weights)?;
        let what = format!("random weights, seed {seed}, deviation {deviation}, like {}", inner.identity);
        Ok(Model::of(Inner {
            name: format!("{}, random weights (seed {seed})", inner.name),
            folder: inner.folder.clone(),
            source: format!("random weights of seed {seed}"),
            digest: hex(Sha256::new().chain_update(&what)),
            identity: hex(Sha256::new().chain_update(format!("{what}, identity"))),
            config: inner.config.clone(),
            compute: place(&device),
            on_cpu: device.is_cpu(),
            words: inner.words.clone(),
            network,
            made: Provenance::step("random weights")
                .option("seed", seed)
                .option("deviation", deviation)
                .input("like", &model.provenance()),
        }))
    }

    /// The model with units changed in its forward pass, in the order given and after those that it has already.
    ///
    /// # Errors
    /// If the model has no such unit at that site, or a value is not finite.
    pub fn with(&self, interventions: &[Intervention]) -> Result<Model> {
        let mut all = self.interventions().to_vec();
        all.extend_from_slice(interventions);
        let mut changes = Vec::new();
        for intervention in &all {
            changes.extend(intervention.changes(&self.neurons(intervention.site))?);
        }
        Ok(self.changed(all, changes))
    }
}

fn network(config: &Config, weights: &Weights) -> Result<Network> {
    in_pool(|| match config {
        Config::Bert(config) => Ok(Network::Bert(Bert::load(config, weights)?)),
        Config::Llama(config) => Ok(Network::Llama(Llama::load(config, weights)?)),
    })
}

/// SHA-256 of one file; of several, that of their digests.
fn digest(paths: &[PathBuf]) -> Result<String> {
    let mut digests = paths.iter().map(|path| noted_sha256(path)).collect::<Result<Vec<String>>>()?;
    Ok(match digests.len() {
        1 => digests.remove(0),
        _ => hex(Sha256::new().chain_update(digests.concat())),
    })
}

fn place(device: &candle_core::Device) -> String {
    match device.is_cpu() {
        true => "the CPU".to_owned(),
        false => format!("{:?}", device.location()),
    }
}
