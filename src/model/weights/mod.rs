//! A checkpoint's tensors by name, each checked for its shape and for numbers that are not finite as it is read.
//!
//! Names are those of transformers, without what some checkpoints put in front (`bert.`, `model.`). Values become f32, one tensor at a
//! time, so that a large checkpoint is never in memory twice.

mod gguf;
mod random;
mod safetensors;
mod torch;

pub(super) use gguf::Gguf;
pub(super) use random::Random;
pub(super) use safetensors::Safetensors;
pub(super) use torch::Torch;

use crate::error::{Error, Result};
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Display;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Where tensors come from.
pub(super) trait Source: Send + Sync {
    /// The names of all tensors; `None` where any that is asked for can be made.
    fn names(&self) -> Option<Vec<String>>;
    /// A tensor's shape, for one of the names.
    fn shape(&self, name: &str) -> Result<Vec<usize>>;
    /// A tensor's values, for one of the names.
    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>>;
    /// The file to name when something is wrong with a tensor.
    fn file(&self, name: &str) -> &Path;
}

/// A checkpoint, seen from some place in its tree of names.
#[derive(Clone)]
pub(super) struct Weights {
    checkpoint: Arc<Checkpoint>,
    prefix: String,
}

struct Checkpoint {
    source: Box<dyn Source>,
    /// From a name without prefix to the name in the file.
    names: Option<HashMap<String, String>>,
    used: Mutex<BTreeSet<String>>,
    device: Device,
}

const AGAIN: &str = "fetch or save the checkpoint again";
const BELONG: &str = "see that config.json and the weights belong together";

impl Weights {
    pub(super) fn new(source: Box<dyn Source>, device: Device) -> Result<Weights> {
        let names = match source.names() {
            None => None,
            Some(found) => {
                let mut names: HashMap<String, String> = HashMap::new();
                for full in found {
                    if let Some(other) = names.insert(plain(&full), full.clone()) {
                        let problem = format!("the tensors `{other}` and `{full}` are the same one by their names");
                        return Err(Error::format(source.file(&full), problem, AGAIN));
                    }
                }
                Some(names)
            }
        };
        let checkpoint = Checkpoint { source, names, used: Mutex::default(), device };
        Ok(Weights { checkpoint: Arc::new(checkpoint), prefix: String::new() })
    }

    /// A place below this one.
    pub(super) fn at(&self, part: impl Display) -> Weights {
        let prefix = format!("{}{part}.", self.prefix);
        Weights { checkpoint: self.checkpoint.clone(), prefix }
    }

    /// A place below the root, wherever this one is.
    pub(super) fn beside(&self, part: &str) -> Weights {
        Weights { checkpoint: self.checkpoint.clone(), prefix: format!("{part}.") }
    }

    /// Whether there is a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        let name = format!("{}{name}", self.prefix);
        self.checkpoint.names.as_ref().is_none_or(|names| names.contains_key(&name))
    }

    /// The tensor of this name, which must have this shape, as f32.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let Checkpoint { source, names, used, device } = &*self.checkpoint;
        let name = format!("{}{name}", self.prefix);
        let full = match names {
            None => &name,
            Some(names) => names
                .get(&name)
                .ok_or_else(|| Error::format(source.file(&name), format!("the tensor `{name}` is missing"), BELONG))?,
        };
        if names.is_some() {
            let found = source.shape(full)?;
            if found != shape {
                let problem =
                    format!("the tensor `{name}` has the shape {found:?}, the configuration asks for {shape:?}");
                return Err(Error::format(source.file(full), problem, BELONG));
            }
        }
        let values = source.values(full, shape)?;
        if let Some(n) = values.par_iter().position_first(|v| !v.is_finite()) {
            let problem = format!("the tensor `{name}` holds the value {} (element {n})", values[n]);
            return Err(Error::format(source.file(full), problem, AGAIN));
        }
        used.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(name);
        Tensor::from_vec(values, shape, &Device::Cpu).and_then(|t| t.to_device(device)).map_err(super::parts::failed)
    }

    /// An error naming a tensor that the model has not asked for and that belongs to no head that is left out.
    pub(super) fn finish(&self) -> Result<()> {
        let Some(names) = &self.checkpoint.names else { return Ok(()) };
        let used = self.checkpoint.used.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut left: Vec<&String> = names.keys().filter(|name| !used.contains(*name) && !left_out(name)).collect();
        left.sort();
        match left.first() {
            None => Ok(()),
            Some(first) => {
                let more = if left.len() > 1 { format!(" and {} more", left.len() - 1) } else { String::new() };
                let problem =
                    format!("the tensor `{first}`{more} is in the checkpoint, and the model has no place for it");
                Err(Error::format(self.checkpoint.source.file(&names[*first]), problem, BELONG))
            }
        }
    }
}

/// A name without what some checkpoints put in front of it, and LayerNorm's parameters by their newer names.
fn plain(name: &str) -> String {
    let name = name.strip_prefix("bert.").or_else(|| name.strip_prefix("model.")).unwrap_or(name);
    match (name.strip_suffix("LayerNorm.gamma"), name.strip_suffix("LayerNorm.beta")) {
        (Some(stem), _) => format!("{stem}LayerNorm.weight"),
        (_, Some(stem)) => format!("{stem}LayerNorm.bias"),
        _ => name.to_owned(),
    }
}

/// Tensors of heads that are not computed here, and tables that are computed instead of read.
fn left_out(name: &str) -> bool {
    const HEADS: [&str; 7] =
        ["pooler.", "cls.", "classifier.", "qa_outputs.", "score.", "lm_head.", "embeddings.position_ids"];
    HEADS.iter().any(|head| name.starts_with(head))
        || name.ends_with("rotary_emb.inv_freq")
        || name == "embeddings.token_type_ids"
}
