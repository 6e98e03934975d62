//! A checkpoint's configuration, read field by field: what is not computed here is refused by its name.

pub(super) mod bert;
pub(super) mod llama;

use super::ops::Activation;
use crate::error::{Error, Result};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Fields that change nothing in the forward pass: bookkeeping, training, and how text is generated.
const WITHOUT_EFFECT: &[&str] = &[
    "architectures",
    "attention_dropout",
    "attention_probs_dropout_prob",
    "attn_implementation",
    "bad_words_ids",
    "begin_suppress_tokens",
    "bos_token_id",
    "classifier_dropout",
    "decoder_start_token_id",
    "directionality",
    "diversity_penalty",
    "do_sample",
    "dtype",
    "early_stopping",
    "encoder_no_repeat_ngram_size",
    "eos_token_id",
    "exponential_decay_length_penalty",
    "finetuning_task",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "gradient_checkpointing",
    "hidden_dropout_prob",
    "id2label",
    "initializer_range",
    "label2id",
    "length_penalty",
    "max_length",
    "min_length",
    "model_type",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_return_sequences",
    "output_attentions",
    "output_hidden_states",
    "output_scores",
    "pad_token_id",
    "prefix",
    "pretraining_tp",
    "pooler_fc_size",
    "pooler_num_attention_heads",
    "pooler_num_fc_layers",
    "pooler_size_per_head",
    "pooler_type",
    "problem_type",
    "remove_invalid_values",
    "repetition_penalty",
    "return_dict",
    "return_dict_in_generate",
    "sep_token_id",
    "suppress_tokens",
    "task_specific_params",
    "temperature",
    "tf_legacy_loss",
    "tokenizer_class",
    "top_k",
    "top_p",
    "torch_dtype",
    "torchscript",
    "transformers.js_config",
    "transformers_version",
    "typical_p",
    "unsloth_fixed",
    "unsloth_version",
    "use_bfloat16",
    "use_cache",
];

/// The families of models that are computed here.
#[derive(Clone)]
pub(super) enum Config {
    Bert(bert::Config),
    Llama(llama::Config),
}

impl Config {
    /// Reads `config.json`.
    pub(super) fn read(path: &Path) -> Result<Config> {
        let fields = Fields::read(path)?;
        match fields.text("model_type", "")?.as_str() {
            "bert" => Ok(Config::Bert(bert::Config::from_fields(&fields)?)),
            "llama" => Ok(Config::Llama(llama::Config::from_fields(&fields)?)),
            "" if fields.get("rms_norm_eps").is_some() => Ok(Config::Llama(llama::Config::from_fields(&fields)?)),
            "" if fields.get("layer_norm_eps").is_some() => Ok(Config::Bert(bert::Config::from_fields(&fields)?)),
            "" => Err(fields.refuse("model_type", "write \"bert\" or \"llama\"")),
            _ => Err(fields.refuse("model_type", "\"bert\" and \"llama\" are computed here")),
        }
    }

    /// Bytes of the weights as f32; norms and biases are not counted.
    pub(super) fn weight_bytes(&self) -> u64 {
        let elements = match self {
            Config::Bert(c) => {
                let embeddings = (c.vocab_size + c.max_position_embeddings + c.type_vocab_size) * c.hidden_size;
                embeddings + c.num_hidden_layers * c.hidden_size * (4 * c.hidden_size + 2 * c.intermediate_size)
            }
            Config::Llama(c) => {
                let tables = if c.tie_word_embeddings { 1 } else { 2 };
                let attention = 2 * (c.num_attention_heads + c.num_key_value_heads) * c.head_dim;
                let block = c.hidden_size * (attention + 3 * c.intermediate_size);
                tables * c.vocab_size * c.hidden_size + c.num_hidden_layers * block
            }
        };
        4 * elements as u64
    }

    pub(super) fn vocab_size(&self) -> usize {
        match self {
            Config::Bert(config) => config.vocab_size,
            Config::Llama(config) => config.vocab_size,
        }
    }

    pub(super) fn layers(&self) -> usize {
        match self {
            Config::Bert(config) => config.num_hidden_layers,
            Config::Llama(config) => config.num_hidden_layers,
        }
    }

    pub(super) fn positions(&self) -> usize {
        match self {
            Config::Bert(config) => config.max_position_embeddings,
            Config::Llama(config) => config.max_position_embeddings,
        }
    }
}

/// A JSON object whose fields are asked for one by one; what nobody has asked for in the end is refused.
pub(super) struct Fields {
    path: PathBuf,
    object: Map<String, Value>,
    asked: RefCell<BTreeSet<String>>,
}

const ADVICE: &str = "give a checkpoint's config.json as transformers writes it";

impl Fields {
    fn read(path: &Path) -> Result<Fields> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::file("read", path, e, ADVICE))?;
        let json: Value = serde_json::from_str(&text).map_err(|e| Error::format(path, &e, ADVICE).caused_by(e))?;
        match json {
            Value::Object(object) => Ok(Fields::new(path, object)),
            _ => Err(Error::format(path, "the file holds no JSON object", ADVICE)),
        }
    }

    pub(super) fn new(path: &Path, object: Map<String, Value>) -> Fields {
        Fields { path: path.to_owned(), object, asked: RefCell::default() }
    }

    /// The object that a field holds, as fields of their own.
    fn inside(&self, name: &str) -> Result<Option<Fields>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Fields::new(&self.path, object.clone()))),
            Some(_) => Err(self.refuse(name, "an object is expected")),
        }
    }

    /// A field's value; `null` counts as not there.
    fn get(&self, name: &str) -> Option<&Value> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// An error that names a field and its value.
    fn refuse(&self, name: &str, what: &str) -> Error {
        let value = self.object.get(name).map_or("missing".to_owned(), |value| format!("is {value}"));
        Error::format(&self.path, format!("{name} {value}; {what}"), ADVICE)
    }

    fn text(&self, name: &str, default: &str) -> Result<String> {
        match self.get(name) {
            None => Ok(default.to_owned()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(self.refuse(name, "a text is expected")),
        }
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.get(name) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.refuse(name, "true or false is expected")),
        }
    }

    /// A whole number of at least 1 and below 2³², so that no product of two overflows.
    fn size(&self, name: &str, default: Option<usize>) -> Result<usize> {
        let found = match (self.get(name), default) {
            (None, Some(default)) => return Ok(default),
            (None, None) => None,
            (Some(value), _) => value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0),
        };
        found.map(|n| n as usize).ok_or_else(|| self.refuse(name, "a whole number above 0 is expected"))
    }

    /// A finite number above 0.
    fn positive(&self, name: &str, default: Option<f64>) -> Result<f64> {
        let found = match (self.get(name), default) {
            (None, Some(default)) => return Ok(default),
            (value, _) => value.and_then(Value::as_f64).filter(|v| v.is_finite() && *v > 0.0),
        };
        found.ok_or_else(|| self.refuse(name, "a number above 0 is expected"))
    }

    fn activation(&self, name: &str, default: &str) -> Result<Activation> {
        let computed = "\"gelu\", \"gelu_new\", \"gelu_pytorch_tanh\", \"relu\" and \"silu\" are computed here";
        Activation::named(&self.text(name, default)?).ok_or_else(|| self.refuse(name, computed))
    }

    /// An error unless a field is one of these values or not there.
    fn only(&self, name: &str, allowed: &[Value], why: &str) -> Result<()> {
        match self.get(name) {
            Some(value) if !allowed.contains(value) => Err(self.refuse(name, why)),
            _ => Ok(()),
        }
    }

    /// An error naming a field that nobody has asked for and that is not known to be without effect.
    fn finish(&self) -> Result<()> {
        let asked = self.asked.borrow();
        let known = |name: &str| asked.contains(name) || name.starts_with('_') || WITHOUT_EFFECT.contains(&name);
        match self.object.iter().find(|(name, value)| !known(name) && !value.is_null()) {
            None => Ok(()),
            Some((name, value)) => Err(Error::format(
                &self.path,
                format!("{name} is {value}: this field is not known here, so the model might be computed wrongly"),
                "if it changes nothing in the forward pass, take it out of config.json; else this model is not supported",
            )),
        }
    }
}

/// What no model here computes, whatever its family.
fn refuse_common(fields: &Fields) -> Result<()> {
    let off = [Value::Bool(false)];
    fields.only("is_encoder_decoder", &off, "encoders with a decoder are not computed here")?;
    fields.only("add_cross_attention", &off, "attention to another model's output is not computed here")?;
    fields.only("cross_attention_hidden_size", &[], "attention to another model's output is not computed here")?;
    fields.only("tie_encoder_decoder", &off, "encoders with a decoder are not computed here")?;
    let no_pruning = [Value::Object(Map::new()), Value::Array(Vec::new())];
    fields.only("pruned_heads", &no_pruning, "pruned heads are not computed here")?;
    // Feed-forward in pieces gives the same values.
    fields.get("chunk_size_feed_forward");
    fields.only("quantization_config", &[], "quantised weights are read from GGUF files only")
}
