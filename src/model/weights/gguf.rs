//! GGUF files: one file with the configuration, the tokenizer and the weights, often quantised; weights are de-quantised as they are read.

use super::{AGAIN, Source};
use crate::error::{Error, Result};
use crate::model::config::Config;
use crate::model::config::bert;
use crate::model::config::llama::{self, RopeConfig, Scaling};
use crate::model::ops::Activation;
use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, Value};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

pub(in crate::model) struct Gguf {
    path: PathBuf,
    content: Content,
    reader: Mutex<BufReader<File>>,
    /// From transformers' name to the name in the file.
    names: HashMap<String, String>,
    /// Heads of queries and of keys, by which llama.cpp has ordered the rows of their projections; none for other architectures.
    heads: Option<(usize, usize)>,
}

impl Gguf {
    /// A file whose header was read and checked, and the configuration in it.
    pub(in crate::model) fn open(path: &Path, content: Content) -> Result<(Gguf, Config)> {
        let file = File::open(path).map_err(|e| Error::file("read", path, e, "give the path of a GGUF file"))?;
        let metadata = Metadata { path, content: &content };
        let (config, heads) = match metadata.text("general.architecture")?.as_str() {
            "llama" => {
                let config = metadata.llama()?;
                let heads = (config.num_attention_heads, config.num_key_value_heads);
                (Config::Llama(config), Some(heads))
            }
            "bert" => (Config::Bert(metadata.bert()?), None),
            other => {
                let problem = format!("general.architecture is `{other}`; `llama` and `bert` are computed here");
                return Err(Error::format(path, problem, "give a model of one of these architectures"));
            }
        };
        let names = content.tensor_infos.keys().filter(|name| *name != ROPE_FACTORS);
        let names = names.map(|name| (transformers_name(name, heads.is_some()), name.clone())).collect();
        let reader = Mutex::new(BufReader::new(file));
        Ok((Gguf { path: path.to_owned(), content, reader, names, heads }, config))
    }

    fn reader(&self) -> MutexGuard<'_, BufReader<File>> {
        self.reader.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn raw(&self, name: &str) -> candle_core::Result<Vec<f32>> {
        let tensor = self.content.tensor(&mut *self.reader(), name, &Device::Cpu)?;
        tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()
    }
}

impl Source for Gguf {
    fn names(&self) -> Option<Vec<String>> {
        Some(self.names.keys().cloned().collect())
    }

    fn shape(&self, name: &str) -> Result<Vec<usize>> {
        let info = self.names.get(name).and_then(|name| self.content.tensor_infos.get(name));
        let missing = || Error::format(&self.path, format!("the tensor `{name}` is missing"), AGAIN);
        info.map(|info| info.shape.dims().to_vec()).ok_or_else(missing)
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let inside = self.names.get(name).map_or(name, String::as_str);
        let values = self.raw(inside).map_err(|e| {
            Error::format(&self.path, format!("the tensor `{inside}` cannot be read: {e}"), AGAIN).caused_by(e)
        })?;
        let heads = match self.heads {
            Some((queries, _)) if name.contains("q_proj") => queries,
            Some((_, keys)) if name.contains("k_proj") => keys,
            _ => return Ok(values),
        };
        Ok(halves_from_neighbours(&values, shape[0], heads))
    }

    fn file(&self, _name: &str) -> &Path {
        &self.path
    }
}

/// llama.cpp turns neighbouring dimensions of a head together and orders rows accordingly; transformers turns j and j + d/2.
fn halves_from_neighbours(values: &[f32], rows: usize, heads: usize) -> Vec<f32> {
    let columns = values.len() / rows.max(1);
    let (width, half) = (rows / heads, rows / heads / 2);
    let row = |n: usize| {
        let (head, dimension) = (n / width, n % width);
        let from = head * width + 2 * (dimension % half) + dimension / half;
        &values[from * columns..][..columns]
    };
    (0..rows).flat_map(|n| row(n).iter().copied()).collect()
}

/// Divisors of the rotary frequencies.
const ROPE_FACTORS: &str = "rope_freqs.weight";

/// llama.cpp's name of a tensor, in the words of transformers.
fn transformers_name(name: &str, llama: bool) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    match (parts[..].first(), llama) {
        (Some(&"blk"), _) if parts.len() >= 4 => {
            let (layer, part, end) = (parts[1], parts[2], parts[3..].join("."));
            let inside = match (part, llama) {
                ("attn_q", true) => "self_attn.q_proj",
                ("attn_k", true) => "self_attn.k_proj",
                ("attn_v", true) => "self_attn.v_proj",
                ("attn_output", true) => "self_attn.o_proj",
                ("attn_norm", true) => "input_layernorm",
                ("ffn_norm", true) => "post_attention_layernorm",
                ("ffn_gate", true) => "mlp.gate_proj",
                ("ffn_up", true) => "mlp.up_proj",
                ("ffn_down", true) => "mlp.down_proj",
                ("attn_q", false) => "attention.self.query",
                ("attn_k", false) => "attention.self.key",
                ("attn_v", false) => "attention.self.value",
                ("attn_output", false) => "attention.output.dense",
                ("attn_output_norm", false) => "attention.output.LayerNorm",
                ("ffn_up", false) => "intermediate.dense",
                ("ffn_down", false) => "output.dense",
                ("layer_output_norm", false) => "output.LayerNorm",
                _ => return name.to_owned(),
            };
            let above = if llama { "layers" } else { "encoder.layer" };
            format!("{above}.{layer}.{inside}.{end}")
        }
        _ => match (name, llama) {
            ("token_embd.weight", true) => "embed_tokens.weight".to_owned(),
            ("output_norm.weight", true) => "norm.weight".to_owned(),
            ("output.weight", true) => "lm_head.weight".to_owned(),
            ("token_embd.weight", false) => "embeddings.word_embeddings.weight".to_owned(),
            ("position_embd.weight", false) => "embeddings.position_embeddings.weight".to_owned(),
            ("token_types.weight", false) => "embeddings.token_type_embeddings.weight".to_owned(),
            ("token_embd_norm.weight", false) => "embeddings.LayerNorm.weight".to_owned(),
            ("token_embd_norm.bias", false) => "embeddings.LayerNorm.bias".to_owned(),
            _ => name.to_owned(),
        },
    }
}

/// The configuration, by llama.cpp's names.
struct Metadata<'a> {
    path: &'a Path,
    content: &'a Content,
}

const ADVICE: &str = "give a GGUF file as llama.cpp's converter writes it";

impl Metadata<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        self.content.metadata.get(name)
    }

    fn wrong(&self, name: &str, wanted: &str) -> Error {
        let found = self.value(name).map_or("missing".to_owned(), |value| format!("is {value:?}"));
        Error::format(self.path, format!("{name} {found}; {wanted} is expected"), ADVICE)
    }

    fn text(&self, name: &str) -> Result<String> {
        match self.value(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            _ => Err(self.wrong(name, "a text")),
        }
    }

    fn size(&self, name: &str, default: Option<usize>) -> Result<usize> {
        let found = match (self.value(name), default) {
            (None, Some(default)) => return Ok(default),
            (None, None) => None,
            (Some(Value::U32(n)), _) => Some(u64::from(*n)),
            (Some(Value::U64(n)), _) => Some(*n),
            (Some(Value::I32(n)), _) => u64::try_from(*n).ok(),
            (Some(_), _) => None,
        };
        let found = found.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        found.map(|n| n as usize).ok_or_else(|| self.wrong(name, "a whole number above 0"))
    }

    fn positive(&self, name: &str, default: Option<f64>) -> Result<f64> {
        let found = match (self.value(name), default) {
            (None, Some(default)) => return Ok(default),
            (Some(Value::F32(v)), _) => Some(f64::from(*v)),
            (Some(Value::F64(v)), _) => Some(*v),
            _ => None,
        };
        found.filter(|v| v.is_finite() && *v > 0.0).ok_or_else(|| self.wrong(name, "a number above 0"))
    }

    /// How many rows a table has, which the metadata may leave out.
    fn rows(&self, tensor: &str) -> Result<usize> {
        let info = self.content.tensor_infos.get(tensor);
        let missing = || Error::format(self.path, format!("the tensor `{tensor}` is missing or empty"), ADVICE);
        info.and_then(|info| info.shape.dims().first().copied()).filter(|rows| *rows > 0).ok_or_else(missing)
    }

    fn llama(&self) -> Result<llama::Config> {
        let hidden_size = self.size("llama.embedding_length", None)?;
        let heads = self.size("llama.attention.head_count", None)?;
        let keys = self.size("llama.attention.head_count_kv", Some(heads))?;
        let head_dim = self.size("llama.attention.key_length", Some(hidden_size / heads))?;
        if !heads.is_multiple_of(keys) {
            return Err(self.wrong("llama.attention.head_count_kv", &format!("a divisor of {heads}")));
        }
        let turned = self.size("llama.rope.dimension_count", Some(head_dim))?;
        if turned != head_dim || !head_dim.is_multiple_of(2) {
            return Err(self.wrong("llama.rope.dimension_count", &format!("the whole head, {head_dim}")));
        }
        if self.value("llama.expert_count").is_some_and(|count| !matches!(count, Value::U32(0))) {
            return Err(self.wrong("llama.expert_count", "a model without experts"));
        }
        Ok(llama::Config {
            vocab_size: self.rows("token_embd.weight")?,
            hidden_size,
            num_hidden_layers: self.size("llama.block_count", None)?,
            num_attention_heads: heads,
            num_key_value_heads: keys,
            head_dim,
            intermediate_size: self.size("llama.feed_forward_length", None)?,
            hidden_act: Activation::Silu,
            max_position_embeddings: self.size("llama.context_length", None)?,
            rms_norm_eps: self.positive("llama.attention.layer_norm_rms_epsilon", None)?,
            rope: RopeConfig {
                theta: self.positive("llama.rope.freq_base", Some(10_000.0))?,
                scaling: self.scaling(head_dim)?,
            },
            attention_bias: self.content.tensor_infos.contains_key("blk.0.attn_q.bias"),
            mlp_bias: self.content.tensor_infos.contains_key("blk.0.ffn_up.bias"),
            tie_word_embeddings: !self.content.tensor_infos.contains_key("output.weight"),
            initializer_range: 0.02,
        })
    }

    fn scaling(&self, head_dim: usize) -> Result<Scaling> {
        if self.content.tensor_infos.contains_key(ROPE_FACTORS) {
            let unreadable = |e: candle_core::Error| {
                Error::format(self.path, format!("the tensor `{ROPE_FACTORS}` cannot be read: {e}"), AGAIN).caused_by(e)
            };
            let mut file = File::open(self.path).map_err(|e| Error::file("read", self.path, e, ADVICE))?;
            let factors = self.content.tensor(&mut file, ROPE_FACTORS, &Device::Cpu).map_err(unreadable)?;
            let factors = factors.dequantize(&Device::Cpu).and_then(|t| t.to_vec1::<f32>()).map_err(unreadable)?;
            if factors.len() != head_dim / 2 || factors.iter().any(|f| !f.is_finite() || *f <= 0.0) {
                let problem =
                    format!("`{ROPE_FACTORS}` holds {} factors; {} above 0 are expected", factors.len(), head_dim / 2);
                return Err(Error::format(self.path, problem, ADVICE));
            }
            return Ok(Scaling::Factors(factors));
        }
        match self.value("llama.rope.scaling.type") {
            None => Ok(Scaling::None),
            Some(Value::String(kind)) if kind == "none" => Ok(Scaling::None),
            Some(Value::String(kind)) if kind == "linear" => {
                Ok(Scaling::Linear { factor: self.positive("llama.rope.scaling.factor", None)? })
            }
            Some(_) => Err(self.wrong("llama.rope.scaling.type", "`none` or `linear`")),
        }
    }

    fn bert(&self) -> Result<bert::Config> {
        let hidden_size = self.size("bert.embedding_length", None)?;
        let heads = self.size("bert.attention.head_count", None)?;
        if !hidden_size.is_multiple_of(heads) {
            return Err(self.wrong("bert.attention.head_count", &format!("a divisor of {hidden_size}")));
        }
        Ok(bert::Config {
            vocab_size: self.rows("token_embd.weight")?,
            hidden_size,
            num_hidden_layers: self.size("bert.block_count", None)?,
            num_attention_heads: heads,
            intermediate_size: self.size("bert.feed_forward_length", None)?,
            hidden_act: Activation::Gelu,
            max_position_embeddings: self.rows("position_embd.weight")?,
            type_vocab_size: self.rows("token_types.weight")?,
            layer_norm_eps: self.positive("bert.attention.layer_norm_epsilon", None)?,
            tie_word_embeddings: true,
            initializer_range: 0.02,
        })
    }
}
