//! The configuration of a Llama, in the form of transformers 4 (`rope_theta`, `rope_scaling`) and of transformers 5 (`rope_parameters`).

use super::{Fields, refuse_common};
use crate::error::{Error, Result};
use crate::model::ops::Activation;
use serde_json::{Value, json};
use std::f64::consts::PI;

/// Sizes and choices of a Llama, by the names of its `config.json`.
#[derive(Clone, Debug)]
pub(in crate::model) struct Config {
    pub(in crate::model) vocab_size: usize,
    pub(in crate::model) hidden_size: usize,
    pub(in crate::model) num_hidden_layers: usize,
    pub(in crate::model) num_attention_heads: usize,
    pub(in crate::model) num_key_value_heads: usize,
    pub(in crate::model) head_dim: usize,
    pub(in crate::model) intermediate_size: usize,
    pub(in crate::model) hidden_act: Activation,
    pub(in crate::model) max_position_embeddings: usize,
    pub(in crate::model) rms_norm_eps: f64,
    pub(in crate::model) rope: RopeConfig,
    pub(in crate::model) attention_bias: bool,
    pub(in crate::model) mlp_bias: bool,
    pub(in crate::model) tie_word_embeddings: bool,
    /// Standard deviation of fresh weights.
    pub(in crate::model) initializer_range: f64,
}

/// The base of the rotary embedding's frequencies, and how they are stretched for long texts.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::model) struct RopeConfig {
    pub(in crate::model) theta: f64,
    pub(in crate::model) scaling: Scaling,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::model) enum Scaling {
    None,
    /// All positions divided by a factor.
    Linear {
        factor: f64,
    },
    /// Llama 3.1: slow frequencies divided by a factor, fast ones kept, those between in part.
    Llama3 {
        factor: f64,
        low: f64,
        high: f64,
        original: f64,
    },
    /// A divisor of each frequency, as GGUF files have them.
    Factors(Vec<f32>),
}

impl Config {
    pub(in crate::model) fn from_fields(fields: &Fields) -> Result<Config> {
        refuse_common(fields)?;
        let off = [json!(false)];
        fields.only("rope_interleaved", &off, "dimensions are turned in halves here, not in neighbours")?;
        fields.only("sliding_window", &[], "attention over a sliding window is not computed here")?;
        fields.only("use_sliding_window", &off, "attention over a sliding window is not computed here")?;
        fields.only("partial_rotary_factor", &[json!(1.0), json!(1)], "heads are turned whole here")?;
        fields.only("is_decoder", &[json!(true), json!(false)], "true or false is expected")?;
        fields.only("is_llama_config", &[json!(true)], "true is expected")?;
        let heads = fields.size("num_attention_heads", None)?;
        let hidden_size = fields.size("hidden_size", None)?;
        if !hidden_size.is_multiple_of(heads) && fields.get("head_dim").is_none() {
            let problem = format!("hidden_size {hidden_size} is no multiple of num_attention_heads {heads}");
            return Err(Error::format(&fields.path, problem, super::ADVICE));
        }
        let config = Config {
            vocab_size: fields.size("vocab_size", None)?,
            hidden_size,
            num_hidden_layers: fields.size("num_hidden_layers", None)?,
            num_attention_heads: heads,
            num_key_value_heads: fields.size("num_key_value_heads", Some(heads))?,
            head_dim: fields.size("head_dim", Some(hidden_size / heads))?,
            intermediate_size: fields.size("intermediate_size", None)?,
            hidden_act: fields.activation("hidden_act", "silu")?,
            max_position_embeddings: fields.size("max_position_embeddings", Some(2048))?,
            rms_norm_eps: fields.positive("rms_norm_eps", Some(1e-6))?,
            rope: rope(fields)?,
            attention_bias: fields.flag("attention_bias", false)?,
            mlp_bias: fields.flag("mlp_bias", false)?,
            tie_word_embeddings: fields.flag("tie_word_embeddings", false)?,
            initializer_range: fields.positive("initializer_range", Some(0.02))?,
        };
        fields.finish()?;
        if !heads.is_multiple_of(config.num_key_value_heads) {
            return Err(fields.refuse("num_key_value_heads", &format!("it must divide num_attention_heads, {heads}")));
        }
        if !config.head_dim.is_multiple_of(2) {
            let problem = format!("head_dim is {}: dimensions are turned in pairs", config.head_dim);
            return Err(Error::format(&fields.path, problem, super::ADVICE));
        }
        Ok(config)
    }
}

fn rope(fields: &Fields) -> Result<RopeConfig> {
    let outer = fields.get("rope_theta").is_some().then(|| fields.positive("rope_theta", None)).transpose()?;
    let (older, newer) = (fields.inside("rope_scaling")?, fields.inside("rope_parameters")?);
    let Some(inside) = newer.or(older) else {
        return Ok(RopeConfig { theta: outer.unwrap_or(10_000.0), scaling: Scaling::None });
    };
    let theta = inside.positive("rope_theta", Some(outer.unwrap_or(10_000.0)))?;
    inside.only("partial_rotary_factor", &[json!(1.0), json!(1)], "heads are turned whole here")?;
    let kind = match inside.get("rope_type").or_else(|| inside.get("type")) {
        None => "default".to_owned(),
        Some(Value::String(kind)) => kind.clone(),
        Some(_) => return Err(inside.refuse("rope_type", "a text is expected")),
    };
    // The older name may stand beside the newer.
    inside.get("type");
    let scaling = match kind.as_str() {
        "default" => Scaling::None,
        "linear" => Scaling::Linear { factor: inside.positive("factor", None)? },
        "llama3" => {
            let scaling = Scaling::Llama3 {
                factor: inside.positive("factor", None)?,
                low: inside.positive("low_freq_factor", None)?,
                high: inside.positive("high_freq_factor", None)?,
                original: inside.positive("original_max_position_embeddings", None)?,
            };
            if let Scaling::Llama3 { low, high, .. } = scaling
                && low >= high
            {
                return Err(inside.refuse("low_freq_factor", &format!("it must be below high_freq_factor, {high}")));
            }
            scaling
        }
        _ => {
            let name = if inside.get("rope_type").is_some() { "rope_type" } else { "type" };
            return Err(inside.refuse(name, "\"default\", \"linear\" and \"llama3\" are computed here"));
        }
    };
    inside.finish()?;
    Ok(RopeConfig { theta, scaling })
}

impl RopeConfig {
    /// θⱼ = base^(−2j/d) for j below d/2, stretched; in f32 as transformers computes them.
    pub(in crate::model) fn frequencies(&self, width: usize) -> Vec<f32> {
        let plain = |j: usize| 1.0 / (self.theta as f32).powf((2 * j) as f32 / width as f32);
        let stretched = |(j, frequency): (usize, f32)| match &self.scaling {
            Scaling::None => frequency,
            Scaling::Linear { factor } => frequency / *factor as f32,
            Scaling::Factors(factors) => frequency / factors[j],
            Scaling::Llama3 { factor, low, high, original } => {
                let wavelength = 2.0 * PI / f64::from(frequency);
                let turns = original / wavelength;
                let share = ((turns - low) / (high - low)).clamp(0.0, 1.0) as f32;
                (1.0 - share) * frequency / *factor as f32 + share * frequency
            }
        };
        (0..width / 2).map(plain).enumerate().map(stretched).collect()
    }
}
