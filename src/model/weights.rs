//! A checkpoint's configuration and weights, checked before a model is built of them.

use crate::error::{Error, Result};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::Config;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Reads `config.json` of a BERT, and refuses what the architecture here does not compute.
pub(super) fn config(path: &Path) -> Result<Config> {
    let advice = "give a checkpoint of the BERT family as transformers writes it";
    let text = std::fs::read_to_string(path).map_err(|e| Error::file("read", path, e, advice))?;
    let mut json: Value = serde_json::from_str(&text).map_err(|e| Error::format(path, &e, advice).caused_by(e))?;
    let field = |name: &str| json.get(name).filter(|v| !v.is_null());
    let refuse = |name: &str, what: &str| {
        let value = field(name).map_or("null".to_owned(), Value::to_string);
        Error::format(path, format!("{name} is {value}; {what}"), advice)
    };
    let text_of = |name: &str, default: &str| match field(name) {
        None => Some(default.to_owned()),
        Some(value) => value.as_str().map(str::to_owned),
    };
    if text_of("model_type", "bert").as_deref() != Some("bert") {
        return Err(refuse("model_type", "only \"bert\" is read here"));
    }
    if text_of("position_embedding_type", "absolute").as_deref() != Some("absolute") {
        return Err(refuse("position_embedding_type", "only \"absolute\" is computed here"));
    }
    for decoder in ["is_decoder", "add_cross_attention"] {
        if field(decoder).is_some_and(|v| v.as_bool() != Some(false)) {
            return Err(refuse(decoder, "only encoders, which see both sides of a word, are computed here"));
        }
    }
    // transformers' names of the activation functions, and candle's names of the same ones.
    let activation = match text_of("hidden_act", "gelu").as_deref() {
        Some("gelu") => "gelu",
        Some("gelu_new" | "gelu_pytorch_tanh") => "geluapproximate",
        Some("relu") => "relu",
        _ => {
            return Err(refuse(
                "hidden_act",
                "\"gelu\", \"gelu_new\", \"gelu_pytorch_tanh\" and \"relu\" are computed here",
            ));
        }
    };
    let Some(object) = json.as_object_mut() else {
        return Err(Error::format(path, "the file holds no JSON object", advice));
    };
    object.insert("hidden_act".to_owned(), activation.into());
    object.insert("position_embedding_type".to_owned(), "absolute".into());
    // Only training uses these; a configuration may lack them.
    for (name, unused) in
        [("hidden_dropout_prob", 0.0.into()), ("initializer_range", 0.02.into()), ("pad_token_id", 0.into())]
    {
        if object.get(name).is_none_or(Value::is_null) {
            object.insert(name.to_owned(), Value::clone(&unused));
        }
    }
    if object.get("use_cache").is_some_and(Value::is_null) {
        object.remove("use_cache");
    }
    let config: Config = serde_json::from_value(json).map_err(|e| Error::format(path, &e, advice).caused_by(e))?;
    let sizes = [
        ("vocab_size", config.vocab_size),
        ("hidden_size", config.hidden_size),
        ("num_hidden_layers", config.num_hidden_layers),
        ("num_attention_heads", config.num_attention_heads),
        ("intermediate_size", config.intermediate_size),
        ("type_vocab_size", config.type_vocab_size),
    ];
    if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
        return Err(Error::format(path, format!("{name} is 0"), advice));
    }
    if config.max_position_embeddings < 3 {
        let problem = format!(
            "max_position_embeddings is {}: no room for a token between [CLS] and [SEP]",
            config.max_position_embeddings
        );
        return Err(Error::format(path, problem, advice));
    }
    if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
        let problem = format!(
            "hidden_size {} is no multiple of num_attention_heads {}",
            config.hidden_size, config.num_attention_heads
        );
        return Err(Error::format(path, problem, advice));
    }
    Ok(config)
}

/// Reads a checkpoint's tensors as f32, after a check that each one that `config` asks for is there, has its shape, and is finite.
///
/// Names may begin with `bert.` (checkpoints with a head) or not, and LayerNorm's parameters may have their old names.
pub(super) fn tensors(path: &Path, config: &Config) -> Result<VarBuilder<'static>> {
    let again = "fetch or save the checkpoint again";
    let metadata =
        std::fs::metadata(path).map_err(|e| Error::file("read", path, e, "give the folder of a whole checkpoint"))?;
    if metadata.len() == 0 {
        return Err(Error::format(path, "the file is empty", again));
    }
    let found = candle_core::safetensors::load(path, &Device::Cpu)
        .map_err(|e| Error::format(path, format!("no readable safetensors file: {e}"), again).caused_by(e))?;
    let renamed = |name: String| {
        let name = name.strip_prefix("bert.").map(str::to_owned).unwrap_or(name);
        match (name.strip_suffix("LayerNorm.gamma"), name.strip_suffix("LayerNorm.beta")) {
            (Some(stem), _) => format!("{stem}LayerNorm.weight"),
            (_, Some(stem)) => format!("{stem}LayerNorm.bias"),
            _ => name,
        }
    };
    let mut found: HashMap<String, Tensor> = found.into_iter().map(|(name, tensor)| (renamed(name), tensor)).collect();
    let mut kept = HashMap::new();
    for (name, shape) in required(config) {
        let tensor = found.remove(&name).ok_or_else(|| {
            Error::format(
                path,
                format!("the tensor `{name}` is missing"),
                "see that the checkpoint is a BERT and belongs to its config.json",
            )
        })?;
        if tensor.dims() != shape {
            return Err(Error::format(
                path,
                format!("the tensor `{name}` has the shape {:?}, config.json asks for {shape:?}", tensor.dims()),
                "see that config.json and weights belong together",
            ));
        }
        let tensor =
            finite(tensor).map_err(|problem| Error::format(path, format!("the tensor `{name}` {problem}"), again))?;
        kept.insert(name, tensor);
    }
    Ok(VarBuilder::from_tensors(kept, DType::F32, &Device::Cpu))
}

fn finite(tensor: Tensor) -> std::result::Result<Tensor, String> {
    let unreadable = |e: candle_core::Error| format!("cannot be read as numbers: {e}");
    let tensor = tensor.to_dtype(DType::F32).map_err(unreadable)?;
    let values = tensor.flatten_all().and_then(|t| t.to_vec1::<f32>()).map_err(unreadable)?;
    match values.iter().find(|v| !v.is_finite()) {
        Some(value) => Err(format!("holds the value {value}")),
        None => Ok(tensor),
    }
}

/// Every tensor that BERT's blocks use, with its shape.
fn required(config: &Config) -> Vec<(String, Vec<usize>)> {
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let mut all = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![config.vocab_size, hidden]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![config.max_position_embeddings, hidden]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![config.type_vocab_size, hidden]),
        ("embeddings.LayerNorm.weight".to_owned(), vec![hidden]),
        ("embeddings.LayerNorm.bias".to_owned(), vec![hidden]),
    ];
    for layer in 0..config.num_hidden_layers {
        let square = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"];
        let dense = square.map(|name| (name, hidden, hidden));
        let feed_forward = [("intermediate.dense", inner, hidden), ("output.dense", hidden, inner)];
        for (name, outputs, inputs) in dense.into_iter().chain(feed_forward) {
            all.push((format!("encoder.layer.{layer}.{name}.weight"), vec![outputs, inputs]));
            all.push((format!("encoder.layer.{layer}.{name}.bias"), vec![outputs]));
        }
        for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
            all.push((format!("encoder.layer.{layer}.{name}.weight"), vec![hidden]));
            all.push((format!("encoder.layer.{layer}.{name}.bias"), vec![hidden]));
        }
    }
    all
}
